"""What a caller would rather have: the header ``Prefer`` (RFC 7240)."""

import re
from collections.abc import Mapping
from typing import Final

MINIMAL: Final = "return=minimal"
_SIZE: Final = re.compile(r"odata\.maxpagesize=\"?([0-9]{1,9})\"?|maxpagesize=\"?([0-9]{1,9})\"?")
_MOST: Final = 999


def preferences(headers: Mapping[str, str]) -> list[str]:
    """Each preference without its parameters, in lower case and without spaces."""
    given = headers.get("prefer", "")
    return ["".join(one.partition(";")[0].split()).lower() for one in given.split(",")]


def prefers_minimal(headers: Mapping[str, str]) -> bool:
    """Whether as little as possible is wanted."""
    return MINIMAL in preferences(headers)


def page_size(headers: Mapping[str, str], usual: int) -> int:
    """How many objects a page holds: the caller's wish, as far as it can be granted, or what is usual."""
    for one in preferences(headers):
        found = _SIZE.fullmatch(one)
        if found is not None:
            return min(max(int(found[1] or found[2]), 1), _MOST)
    return usual
