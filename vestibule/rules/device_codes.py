"""Codes for signing in on a device without a keyboard (RFC 8628): what they look like, and how long they are good.

Somebody can be talked into typing a code that an attacker's device shows, so a code is short-lived and the page says
which app asks, for what and from where (RFC 8628, section 5.4; RFC 10027).
"""

from datetime import timedelta
from typing import Final

ALPHABET: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty consonants: no vowels, so that no words come out, and no digits to be mistaken (RFC 8628, section 6.1)."""

LENGTH: Final = 8
"""About 34.5 bits: with five tries for each person in ten minutes, one guess in five billion is right."""

CODES: Final = len(ALPHABET) ** LENGTH
"""How many there are."""

LIFE: Final = timedelta(minutes=10)
INTERVAL: Final = 5
"""Seconds between two questions of the device."""
SLOWER: Final = 5
"""Seconds that each question asked too soon adds (RFC 8628, section 3.5)."""

TRIES: Final = 5
"""Wrong codes that a person may type within ``LIFE``."""

_SEPARATORS: Final = " -\u2010\u2011\u2012\u2013\u2014\u00a0\t"


def from_number(number: int) -> str:
    """The code that stands for a number from 0 to ``CODES - 1``."""
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    return "".join(letters)


def shown(code: str) -> str:
    """The code as people read it: ``WDJB-MJHT``."""
    return f"{code[:4]}-{code[4:]}"


def read(typed: str) -> str | None:
    """The code that somebody typed, however they spaced it; None when it cannot be one."""
    if len(typed) > 64:
        return None
    bare = "".join(sign for sign in typed if sign not in _SEPARATORS).upper()
    return bare if len(bare) == LENGTH and set(bare) <= set(ALPHABET) else None
