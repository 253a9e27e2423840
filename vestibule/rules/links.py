"""Addresses of pages that people give us: the one strict reader, and what each kind of link must be.

``urllib.parse`` forgives what browsers read otherwise (tabs inside a scheme, backslashes, user info), so it is
not asked here. A link that passes reads the same to us and to every browser.
"""

import re
from dataclasses import dataclass
from typing import Final

from vestibule.rules.domains import read_domain
from vestibule.rules.refusals import Reason, Refused

LONGEST_STATEMENT: Final = 255
LONGEST_REDIRECT: Final = 2048

# RFC 3986, appendix A, without user info. No space, control character, backslash or letter beyond ASCII fits.
_LINK: Final = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://"
    r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:\?(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?"
    r"(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*)?)"
)
_IPV4: Final = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.|$)){4}(?<!\.)")
_LONGEST_GROUP: Final = 4
_GROUPS: Final = 8
_HIGHEST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Link:
    """A link with a host, taken apart.

    Attributes:
        text: exactly as it was given.
        scheme: in lower case.
        host: in lower case; an IPv6 address in its brackets.
        port: the one that was written, or None.
    """

    text: str
    scheme: str
    host: str
    port: int | None

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to the machine on which it is opened (RFC 8252, section 7.3)."""
        return self.host in {"localhost", "[::1]"} or (self.host.startswith("127.") and _is_ipv4(self.host))


def read_link(text: str) -> Link | None:
    """Return the link that ``text`` is, or None when any reader could stumble over it."""
    found = _LINK.fullmatch(text)
    if found is None:
        return None
    host, port = found["host"].lower(), int(found["port"]) if found["port"] else None
    if not _is_host(host) or (port is not None and not 1 <= port <= _HIGHEST_PORT):
        return None
    return Link(text, found["scheme"].lower(), host, port)


def privacy_statement(text: str, *, plain_http: bool) -> str:
    """Return ``text`` when it may be an organization's privacy statement: at most 255 characters, a web page.

    Args:
        text: what was given.
        plain_http: whether ``http`` passes too, as Graph's ``privacyProfile`` allows; the Admin center asks for https.

    Raises:
        Refused: BAD_VALUE with the property ``statementUrl``.
    """
    link = read_link(text) if len(text) <= LONGEST_STATEMENT else None
    if link is None or link.scheme not in ({"https", "http"} if plain_http else {"https"}):
        raise Refused(Reason.BAD_VALUE, property="statementUrl", why="link")
    return text


def invite_redirect(text: str) -> str:
    """Return ``text`` when a person may be sent there after redeeming: https, or http on a loopback address.

    Raises:
        Refused: BAD_VALUE with the property ``inviteRedirectUrl``.
    """
    link = read_link(text) if len(text) <= LONGEST_REDIRECT else None
    if link is None or not (link.scheme == "https" or (link.scheme == "http" and link.is_loopback)):
        raise Refused(Reason.BAD_VALUE, property="inviteRedirectUrl", why="link")
    return text


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _is_ipv6(host[1:-1])
    if host == "localhost" or _is_ipv4(host):
        return True
    return read_domain(host) is not None


def _is_ipv4(host: str) -> bool:
    """Four plain decimal numbers: browsers read ``0x7f.1`` and ``2130706433`` as addresses too, so those fall."""
    return _IPV4.fullmatch(host) is not None


def _is_ipv6(text: str) -> bool:
    """RFC 4291, section 2.2: eight groups, ``::`` once for some of them, an IPv4 address for the last two."""
    head, double, tail = text.partition("::")
    if "::" in tail or ":::" in text:
        return False
    groups = [group for part in (head, tail) if part for group in part.split(":")]
    if groups and _is_ipv4(groups[-1]):
        groups[-1:] = ["0", "0"]
    wellformed = all(0 < len(group) <= _LONGEST_GROUP and re.fullmatch("[0-9a-fA-F]+", group) for group in groups)
    return wellformed and (len(groups) < _GROUPS if double else len(groups) == _GROUPS)
