"""Which language a page is in.

Wishes are asked in order and the first that can be fulfilled wins: what was chosen in this browser, what the request
asks for, what the person prefers, what the browser accepts, how the organization notifies its people, English. A wish
is a list of language ranges; each is matched by the lookup of RFC 4647, section 3.4, so ``sv-FI`` gives Swedish. A
range that means nothing here is skipped and is never an error.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from vestibule.doors.web.words import NAMES, SOURCE_LANGUAGE

_RANGE: Final = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*", re.ASCII)
_QUALITY: Final = re.compile(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", re.ASCII | re.IGNORECASE)
_LONGEST_HEADER: Final = 1_000


@dataclass(frozen=True, slots=True)
class Choice:
    """The outcome.

    Attributes:
        language: a shipped language.
        american: English dates and hours are written as in the United States.
    """

    language: str
    american: bool = False


def for_sign_in(*, chosen: str = "", ui_locales: str = "", accept_language: str = "", organization: str = "") -> Choice:
    """The language of a sign-in page. What the person stored is not asked: nobody has signed in yet.

    Args:
        chosen: the language cookie of this browser.
        ui_locales: tags from the request, separated by spaces (OpenID Connect Core 1.0, section 3.1.2.1).
        accept_language: the header (RFC 9110, section 12.5.4).
        organization: the organization's notification language.
    """
    return _choose([chosen], ui_locales.split(), accepted(accept_language), [organization], header=accept_language)


def for_portal(*, chosen: str = "", preferred: str = "", accept_language: str = "", organization: str = "") -> Choice:
    """The language of a portal page.

    Args:
        chosen: the language cookie of this browser.
        preferred: the language the person stored.
        accept_language: the header (RFC 9110, section 12.5.4).
        organization: the organization's notification language.
    """
    return _choose([chosen], [preferred], accepted(accept_language), [organization], header=accept_language)


def accepted(header: str) -> list[str]:
    """The ranges of an ``Accept-Language`` header, most wanted first; unreadable and refused ones (q=0) left out."""
    ranges: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(","):
        tag, _, parameter = part.strip().partition(";")
        quality = _QUALITY.fullmatch(parameter) if parameter else None
        if parameter and quality is None:
            continue
        weight = float(quality[1]) if quality else 1.0
        if 0 < weight <= 1:
            ranges.append((weight, tag.strip()))
    return [tag for _, tag in sorted(ranges, key=lambda item: -item[0])]


def lookup(wish: str) -> str | None:
    """The shipped language that fulfils one range, or None."""
    tag = wish.strip().lower().replace("_", "-")
    if not _RANGE.fullmatch(tag):
        return None
    while tag:
        if tag in NAMES:
            return tag
        tag = tag.rpartition("-")[0]
    return None


def _choose(*wishes: Iterable[str], header: str) -> Choice:
    american = header.strip().lower().startswith("en-us")
    for wish in wishes:
        for one in wish:
            language = lookup(one)
            if language is not None:
                return Choice(language, american)
    return Choice(SOURCE_LANGUAGE, american)
