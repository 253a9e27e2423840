"""Addresses that an app may register to be sent back to after a sign-in or sign-out.

What is registered is compared letter by letter later on (``grants.redirect_matches``), so everything that two readers
could take for two different addresses is refused here: user info, backslashes, control characters, fragments,
wildcards (RFC 9700, section 2.1; RFC 6749, section 3.1.2).
"""

import re
from collections.abc import Iterable
from typing import Final

from vestibule.rules.links import LONGEST_REDIRECT, read_link
from vestibule.rules.refusals import Reason, Refused

MOST: Final = 256
"""Addresses of one kind for one app."""

# RFC 8252, section 7.1: a scheme of the app's own. Letters beyond ASCII, spaces and signs of markup never fit.
_PRIVATE: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*):/{1,3}[A-Za-z0-9._~/?=&%:+-]*")
_NEVER: Final = frozenset(
    {
        "about", "blob", "chrome", "content", "data", "file", "filesystem", "ftp", "http", "https", "intent",
        "jar", "javascript", "livescript", "mailto", "mocha", "resource", "sms", "tel", "urn", "vbscript",
        "view-source", "ws", "wss",
    }
)  # fmt: skip
"""Schemes that run something, read something or belong to somebody else."""


def web_address(text: str, *, what: str) -> str:
    """Return ``text`` when a browser may be sent there: https, or http on a loopback address.

    Raises:
        Refused: BAD_VALUE with the property ``what``.
    """
    link = read_link(text) if len(text) <= LONGEST_REDIRECT else None
    if link is None or "#" in text or "*" in text:
        raise Refused(Reason.BAD_VALUE, property=what, why="redirect")
    if link.scheme != "https" and not (link.scheme == "http" and link.is_loopback):
        raise Refused(Reason.BAD_VALUE, property=what, why="redirect")
    return text


def app_address(text: str, *, what: str) -> str:
    """Return ``text`` when a program on somebody's own device may be called back there: also by a scheme of its own.

    Raises:
        Refused: BAD_VALUE with the property ``what``.
    """
    private = _PRIVATE.fullmatch(text) if len(text) <= LONGEST_REDIRECT else None
    if private is not None and private["scheme"] not in _NEVER:
        return text
    return web_address(text, what=what)


def web_addresses(given: Iterable[str], *, what: str) -> list[str]:
    """Several of ``web_address``, without repetitions. Raises Refused (BAD_VALUE)."""
    return _several([web_address(text, what=what) for text in given], what)


def app_addresses(given: Iterable[str], *, what: str) -> list[str]:
    """Several of ``app_address``, without repetitions. Raises Refused (BAD_VALUE)."""
    return _several([app_address(text, what=what) for text in given], what)


def _several(found: list[str], what: str) -> list[str]:
    if len(found) > MOST:
        raise Refused(Reason.BAD_VALUE, property=what, why="tooMany")
    return list(dict.fromkeys(found))
