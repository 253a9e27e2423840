"""Cosignatures: what a witness signs below a checkpoint, once it has seen that the log only grew (C2SP).

The form is that of C2SP tlog-cosignature. A witness is known by a verifier key of type 0x04:
``<name>+<8 hex digits of its id>+<base64 of 0x04 and the 32 octets of an Ed25519 key>``. Its signature says when it was
made, and is over that time and the whole text of the checkpoint.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from vestibule.ground.signed_notes import BadNote, key_id_of, key_text, parse_key, taken_apart

_COSIGNATURE: Final = b"\x04"
_TIME_OCTETS: Final = 8
_LATEST: Final = 253_402_300_799
"""The last second of the year 9999; no clock of a witness is there."""


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The public key of a witness (32 octets), with its name."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """What cosignatures by this key begin with."""
        return key_id_of(self.name, _COSIGNATURE + self.public)

    def __str__(self) -> str:
        """The verifier key, as text."""
        return key_text(self.name, _COSIGNATURE + self.public)

    @classmethod
    def parse(cls, text: str) -> "WitnessKey":
        """Read a verifier key. Raises BadNote."""
        wanted = "this is no verifier key of a witness: <name>+<id>+<key>, its key of the type cosignature/v1 (0x04)"
        return cls(*parse_key(text, _COSIGNATURE, wanted))


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A cosignature that was checked: whose, when (seconds since 1970, as its clock had it), and its line."""

    key: WitnessKey
    at: int
    line: str


def cosignature_in(note: str, key: WitnessKey) -> Cosignature | None:
    """The cosignature of this witness below a note, the newest if there are several; None where it has none.

    What others signed is let be.

    Raises:
        BadNote: it is no note, or a line that says it is by this witness is not.
    """
    text, signatures = taken_apart(note)
    found = [_checked(text, one.octets, one.line, key) for one in signatures if one.is_by(key.name, key.key_id)]
    return max(found, key=lambda one: one.at, default=None)


def _checked(text: str, octets: bytes, line: str, key: WitnessKey) -> Cosignature:
    at = int.from_bytes(octets[:_TIME_OCTETS], "big")
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(
            octets[_TIME_OCTETS:], f"cosignature/v1\ntime {at}\n{text}".encode()
        )
    except InvalidSignature:
        raise BadNote(f"the cosignature of {key.name} does not fit: it, or the checkpoint, was changed") from None
    if not 0 < at <= _LATEST:
        raise BadNote(f"the cosignature of {key.name} does not say when it was made")
    return Cosignature(key, at, line)


def with_lines(note: str, lines: Iterable[str]) -> str:
    """The note with these lines below it, each once."""
    return note + "".join(line for line in dict.fromkeys(lines) if f"\n{line}" not in note)
