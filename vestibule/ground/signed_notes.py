"""Signed notes and checkpoints: how a log says what it is, so that tools which are not ours can check it.

A note is a text with signatures below it (C2SP signed-note), by Ed25519 (RFC 8032). A checkpoint is a note that says
the origin, size and root of a log (C2SP tlog-checkpoint). Whoever checks one has the key as a line of text, the
*verifier key*: ``<name>+<8 hex digits of its id>+<base64 of 0x01 and the 32 octets of the public key>``.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519: Final = b"\x01"
_ID_OCTETS: Final = 4
_DASH: Final = "\N{EM DASH} "
MOST_OCTETS: Final = 16_384


class BadNote(Exception):
    """A note, checkpoint or verifier key that cannot be believed; the message says why."""


def _refused(why: str) -> BadNote:
    return BadNote(why)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name; ``key_id`` is 4 octets of a hash of both."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """What signatures by this key begin with."""
        return key_id_of(self.name, _ED25519 + self.public)

    def __str__(self) -> str:
        """The verifier key, as text."""
        return key_text(self.name, _ED25519 + self.public)

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Read a verifier key. Raises BadNote."""
        return cls(*parse_key(text, _ED25519, "this is no Ed25519 verifier key: <name>+<id>+<key>"))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself: its origin (a name that is unique to it), how many leaves it has, and its root."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a note. Raises BadNote. Further lines, which others may add, are let be."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0]:
            raise _refused("this is no checkpoint: it takes an origin, a size and a root")
        size, root = lines[1], _octets(lines[2])
        if not (size.isascii() and size.isdecimal()) or (size[0] == "0" and size != "0") or len(root) != 32:
            raise _refused("this is no checkpoint: its size or root cannot be read")
        return cls(lines[0], int(size), root)


def key_id_of(name: str, key: bytes) -> bytes:
    """The 4 octets that signatures by a key begin with; ``key`` is its type, one octet, and its public half."""
    return hashlib.sha256(name.encode() + b"\n" + key).digest()[:_ID_OCTETS]


def key_text(name: str, key: bytes) -> str:
    """A verifier key as text; ``key`` as for ``key_id_of``."""
    return f"{name}+{key_id_of(name, key).hex()}+{_base64(key)}"


def parse_key(text: str, kind: bytes, otherwise: str) -> tuple[str, bytes]:
    """The name and the 32 octets of a verifier key of this type.

    Raises:
        BadNote: it is none (with the sentence ``otherwise``), or its id is not that of its name and key.
    """
    name, _, rest = text.strip().partition("+")
    key_id, _, key = rest.partition("+")
    octets = _octets(key)
    if not is_name(name) or octets[:1] != kind or len(octets) != 33:
        raise _refused(otherwise)
    if key_id_of(name, octets).hex() != key_id:
        raise _refused("the id of this verifier key is not that of its name and key")
    return name, octets[1:]


def is_name(text: str) -> bool:
    """Whether a key can be called so: something without spaces and plus signs."""
    return bool(text) and "+" not in text and not any(one.isspace() for one in text)


def sign(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """The note with this text, signed by a key of this name. ``text`` ends with a line feed."""
    verifier = Verifier(name, private.public_key().public_bytes_raw())
    return f"{text}\n{_DASH}{name} {_base64(verifier.key_id + private.sign(text.encode()))}\n"


def open_note(note: str, verifier: Verifier) -> str:
    """The text of a note that this key signed; what other keys signed below it is let be.

    Raises:
        BadNote: it is no note, it is not signed by this key, or somebody changed it.
    """
    text, signatures = taken_apart(note)
    public = Ed25519PublicKey.from_public_bytes(verifier.public)
    known = False
    for one in signatures:
        if one.is_by(verifier.name, verifier.key_id):
            try:
                public.verify(one.octets, text.encode())
            except InvalidSignature:
                raise _refused(f"the signature of {one.name} does not fit: the note was changed") from None
            known = True
    if not known:
        raise _refused(f"this note is not signed by {verifier.name}")
    return text


@dataclass(frozen=True, slots=True)
class Signature:
    """A line below a note: whose name and key id (4 octets) it says, what follows them, and the line with its end."""

    name: str
    key_id: bytes
    octets: bytes
    line: str

    def is_by(self, name: str, key_id: bytes) -> bool:
        """Whether it says that it is by this key."""
        return (self.name, self.key_id) == (name, key_id)


def taken_apart(note: str) -> tuple[str, list[Signature]]:
    """The text of a note, with its end, and what stands below it. Nothing is believed yet. Raises BadNote."""
    if len(note.encode()) > MOST_OCTETS:
        raise _refused("this note is too long")
    text, found, signatures = note.rpartition("\n\n")
    if not found or not signatures.endswith("\n") or any(one < " " and one != "\n" for one in note):
        raise _refused("this is no signed note")
    return f"{text}\n", [_signature(line) for line in signatures.removesuffix("\n").split("\n")]


def _signature(line: str) -> Signature:
    name, _, signature = line.removeprefix(_DASH).partition(" ")
    octets = _octets(signature)
    if not line.startswith(_DASH) or not is_name(name) or len(octets) <= _ID_OCTETS:
        raise _refused("this is no signed note: a line of its signatures cannot be read")
    return Signature(name, octets[:_ID_OCTETS], octets[_ID_OCTETS:], f"{line}\n")


def signed_by_one_of(note: str, verifiers: Sequence[Verifier], origin_of: Callable[[Verifier], str]) -> Checkpoint:
    """The checkpoint of a note that one of these keys signed, for the log that has this origin with that key.

    Raises:
        BadNote: none of them signed it, or it is of another log.
    """
    why = BadNote("there is no key to check the checkpoint with")
    for verifier in reversed(verifiers):
        try:
            found = Checkpoint.parse(open_note(note, verifier))
        except BadNote as bad:
            why = bad
            continue
        if found.origin != origin_of(verifier):
            msg = f"the checkpoint is of another log: {found.origin}"
            raise BadNote(msg)
        return found
    raise why


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _octets(text: str) -> bytes:
    """Base64 in the only form that ``_base64`` writes; nothing where it is another."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return found if _base64(found) == text else b""
