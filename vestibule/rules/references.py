"""The reference on a receipt: ``VL-XXXX-XXXX``, made to be read aloud and typed in again.

References are drawn in ``ground.chance``; here lies only what a typed one may look like.
"""

import re
from typing import Final

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and capitals without those that are read wrongly aloud or on paper: 0 O, 1 I L, U (taken for V)."""

_REFERENCE: Final = re.compile(rf"VL-[{ALPHABET}]{{4}}-[{ALPHABET}]{{4}}")
_LONGEST_TYPED: Final = 32


def is_reference(text: str) -> bool:
    """Whether ``text`` is a reference exactly as it is printed."""
    return _REFERENCE.fullmatch(text) is not None


def read_reference(typed: str) -> str | None:
    """Return the reference that somebody typed, however they spaced it, or None when it is none.

    Case, spaces and hyphens do not matter: ``vl 7kqm3xtw`` is ``VL-7KQM-3XTW``. Letters that the alphabet leaves
    out are not guessed at, because two guesses could lead to two receipts.
    """
    if len(typed) > _LONGEST_TYPED or not typed.isascii():
        return None
    bare = re.sub(r"[\s-]", "", typed).upper()
    spaced = f"{bare[:2]}-{bare[2:6]}-{bare[6:]}"
    return spaced if is_reference(spaced) else None
