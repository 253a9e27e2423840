"""Tests speak to this machine only.

An audit hook sees every address that Python code looks up or connects to, whichever library asks, and refuses
what is not loopback. Programs that tests start are not covered; the browser has its own rule (``chromium.py``).
"""

import ipaddress
import sys
from typing import Any

_LOOKUPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_SENDS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class LeavesThisMachine(RuntimeError):
    """A test tried to reach another machine. It needs a server of its own on loopback."""

    def __init__(self, host: object) -> None:
        super().__init__(f"tests speak to this machine only, not to {host!r}")


def is_loopback(host: object) -> bool:
    """Whether a host as sockets take it (name, address, bytes, or nothing) is this machine."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host == "":
        return True
    if not isinstance(host, str):
        return False
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def stay_on_this_machine() -> None:
    """Refuse every other address from now on, until this process ends."""
    sys.addaudithook(_watch)


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _LOOKUPS:
        host = arguments[0]
    elif event in _SENDS and isinstance(arguments[1], tuple):
        # A Unix socket's address is text or bytes, a connected one's is None: neither leaves the machine.
        host = arguments[1][0]
    else:
        return
    if not is_loopback(host):
        raise LeavesThisMachine(host)
