"""Versions of objects as entity tags: what a GET says, and what a change insists on (RFC 9110, sections 8.8.3, 13.1.1).

Tags are weak: an object of one version can be written in several ways, by what was selected of it.
"""

import re
from typing import Final

from vestibule.doors.graph.call import Call

UNMATCHED: Final = -1
"""A version that nothing has."""

_VERSION: Final = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def tag(version: int) -> dict[str, str]:
    """The header that says which version this is."""
    return {"ETag": f'W/"{version}"'}


def wanted(call: Call, version: int) -> int | None:
    """The version that ``If-Match`` insists on: None for any, UNMATCHED when it is not the one there is."""
    header = call.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    return version if version in {int(found) for found in _VERSION.findall(header)} else UNMATCHED
