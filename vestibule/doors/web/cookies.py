"""Names and attributes of our cookies, and the three wishes a browser keeps in them.

Every cookie has the ``__Host-`` prefix: bound to one host, to ``/``, and to secure transport (browsers count loopback
names as secure). Cookies ignore ports, so on a loopback name, where several programs share one host, the name carries
the listener's port.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from starlette.responses import Response

from vestibule.doors.web.frame import Display

LANGUAGE: Final = "language"
DISPLAY: Final = "display"
SHORTCUTS: Final = "shortcuts"
_A_YEAR: Final = 365 * 86_400


def cookie_name(purpose: str, *, host: str, port: int) -> str:
    """The name of a cookie.

    Args:
        purpose: what it is for.
        host: the host name the browser sees.
        port: the port of the listener that answers.
    """
    return f"__Host-vestibule-{port}-{purpose}" if is_loopback(host) else f"__Host-vestibule-{purpose}"


def is_loopback(host: str) -> bool:
    """Whether a host name always means this machine (RFC 6761, section 6.3; RFC 1122; RFC 4291)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Wishes:
    """What this browser was told once.

    Attributes:
        language: a tag, or empty.
        display: light, dark or as the system.
        shortcuts: keyboard shortcuts act.
    """

    language: str = ""
    display: Display = Display.SYSTEM
    shortcuts: bool = True


def read_wishes(cookies: Mapping[str, str], *, host: str, port: int) -> Wishes:
    """The wishes in a request's cookies; one that cannot be read counts as not there."""

    def value(purpose: str) -> str:
        return cookies.get(cookie_name(purpose, host=host, port=port), "")

    display = value(DISPLAY)
    return Wishes(
        language=value(LANGUAGE),
        display=Display(display) if display in set(Display) else Display.SYSTEM,
        shortcuts=value(SHORTCUTS) != "off",
    )


def keep_wish(response: Response, purpose: str, value: str, *, host: str, port: int) -> None:
    """Set one wish on the answer, for a year."""
    response.set_cookie(
        cookie_name(purpose, host=host, port=port),
        value,
        max_age=_A_YEAR,
        path="/",
        secure=True,
        httponly=True,
        samesite="lax",
    )
