"""Requests that do not say plainly whom they are for are answered before anything else looks at them.

Addresses in pages, letters and tokens come from the configured public address, never from a request; a request whose
``Host`` is missing, there twice, or no host is still refused (RFC 9112, section 3.2), so that nobody on the way can
read it in two ways.
"""

import re
from typing import Final

from starlette.types import Scope

_HOST: Final = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
"""RFC 3986, section 3.2.2, without user information: a name, or an address (IPv6 in brackets), and a port."""


def says_its_host(scope: Scope) -> bool:
    """Whether a request names exactly one host; one of HTTP/1.0 may name none."""
    found = [value for name, value in scope["headers"] if name == b"host"]
    if not found:
        return str(scope.get("http_version")) == "1.0"
    return len(found) == 1 and _HOST.fullmatch(found[0]) is not None
