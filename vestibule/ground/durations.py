"""Lengths of time as people and programs write them: ``P30D``, ``PT1H``, ``30d``, ``1h``, ``90s``, ``2w``.

The long form is that of ISO 8601 (grammar in RFC 3339, appendix A), the short one a number and a unit, several of them
from large to small: ``1d12h``. Months and years are refused, since they have no fixed length.
"""

import re
from datetime import timedelta
from typing import Final

LONGEST: Final = timedelta(days=36_525)
"""The longest duration that is read: a hundred years."""

_NUMBER = r"[0-9]{1,12}"
_SECONDS = rf"{_NUMBER}(?:\.[0-9]{{1,6}})?"

_LONG: Final = re.compile(
    rf"P(?:(?P<weeks>{_NUMBER})W"
    rf"|(?:(?P<days>{_NUMBER})D)?"
    rf"(?:T(?=[0-9])(?:(?P<hours>{_NUMBER})H)?(?:(?P<minutes>{_NUMBER})M)?(?:(?P<seconds>{_SECONDS})S)?)?)"
)
_SHORT: Final = re.compile(
    rf"(?:(?P<weeks>{_NUMBER})w)?(?:(?P<days>{_NUMBER})d)?(?:(?P<hours>{_NUMBER})h)?(?:(?P<minutes>{_NUMBER})m)?"
    rf"(?:(?P<seconds>{_SECONDS})s)?"
)
_CALENDAR: Final = re.compile(r"P[^T]*[YM].*|[0-9]+ ?(mo|months?|y|years?)", re.IGNORECASE)


class BadDuration(ValueError):
    """The text is not a duration that is read here; the message says what to write instead."""


def parse_duration(text: str) -> timedelta:
    """Read a duration from zero to a hundred years, exact to the microsecond.

    Raises:
        BadDuration: another form, months or years, a sign, or too long.
    """
    if text.startswith(("-", "+")):
        raise _bad(text, "a duration has no sign")
    match = _LONG.fullmatch(text) or _SHORT.fullmatch(text)
    if match is None or not any(match.groups()):
        if _CALENDAR.fullmatch(text):
            raise _bad(text, "months and years have no fixed length, write days (P30D)")
        raise _bad(text, "write it like P30D, PT1H, 30d, 1h, 90s or 2w")
    length = _add_up({unit: number for unit, number in match.groupdict().items() if number})
    if length is None:
        raise _bad(text, f"longer than {LONGEST.days} days")
    return length


def _add_up(parts: dict[str, str]) -> timedelta | None:
    seconds, _, fraction = parts.pop("seconds", "0").partition(".")
    microseconds = int(fraction.ljust(6, "0"))
    try:
        length = timedelta(seconds=int(seconds), microseconds=microseconds, **{k: int(v) for k, v in parts.items()})
    except OverflowError:
        return None
    return length if length <= LONGEST else None


def _bad(text: str, why: str) -> BadDuration:
    return BadDuration(f"{text[:40]!r} is not a duration here: {why}")
