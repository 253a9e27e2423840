"""What a password must be: long. No composition rules, no expiry (NIST SP 800-63B-4, section 3.1.1.2)."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

LEAST: Final = 15
"""Characters, where the password is the only factor."""

LEAST_WITH_SECOND_FACTOR: Final = 8
MOST: Final = 1024
"""Characters. Beyond it a password is refused, never cut: a cut password accepts everything that begins like it."""

_SPACES: Final = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_SHORTEST_NAME: Final = 4


class Weakness(StrEnum):
    """What is wrong with a password."""

    TOO_SHORT = "tooShort"
    TOO_LONG = "tooLong"
    CONTROL_CHARACTER = "controlCharacter"
    REPEATS_ITSELF = "repeatsItself"
    IS_A_NAME = "isAName"
    IS_KNOWN = "isKnown"


def prepared(password: str) -> str:
    """Return the form that is hashed, so that the same keys give the same password on each machine.

    Composed characters and plain spaces, case and width left alone (RFC 8265, section 4.2, OpaqueString).
    """
    return unicodedata.normalize("NFC", _SPACES.sub(" ", password))


def weakness(password: str, *, names: Iterable[str] = (), second_factor: bool = False) -> Weakness | None:
    """Return what is wrong with a new password, or None.

    Args:
        password: as typed; each code point of its prepared form counts as one character.
        names: what is known of the person and the organization (address, user principal name, display names,
            domains): a password that is one of them, or is made of nothing but one, is the first that gets tried.
        second_factor: whether the person also signs in with something else.
    """
    if len(password) > MOST:  # before any work on it
        return Weakness.TOO_LONG
    form = prepared(password)
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in form):
        return Weakness.CONTROL_CHARACTER
    if len(form) < (LEAST_WITH_SECOND_FACTOR if second_factor else LEAST):
        return Weakness.TOO_SHORT
    if _repeats(form):
        return Weakness.REPEATS_ITSELF
    folded = form.casefold()
    if any(_is_made_of(folded, prepared(name).casefold()) for name in names):
        return Weakness.IS_A_NAME
    return None


def _repeats(form: str) -> bool:
    """Whether it is one to three characters over and over: a text that lies in its own double, shifted."""
    return any(form == (form[:size] * len(form))[: len(form)] for size in (1, 2, 3))


def _is_made_of(folded: str, name: str) -> bool:
    """Whether the password is the name, once or repeated, with nothing but digits and signs around it."""
    if len(name) < _SHORTEST_NAME or name not in folded:
        return False
    rest = folded.replace(name, "")
    return not any(sign.isalpha() for sign in rest)
