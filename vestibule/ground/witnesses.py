"""Witnesses of a log: who they are, and how one is asked to cosign a checkpoint (C2SP tlog-witness, add-checkpoint).

A witness is told the name of the log, its size and its root, and the hashes that show that it only grew. It signs that,
or says what it knows instead.
"""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from vestibule.ground.cosignatures import Cosignature, WitnessKey, cosignature_in
from vestibule.ground.outgoing import Answer, OutgoingFailure
from vestibule.ground.signed_notes import BadNote, taken_apart

MOST: Final = 16
"""So many witnesses: whoever reads a note has to take that many signatures (C2SP signed-note)."""

LARGEST_ANSWER: Final = 12 * 1024
"""Octets; with the checkpoint it has to fit into a note."""

ADD: Final = "/add-checkpoint"
SIZE_TYPE: Final = "text/x.tlog.size"
_ENTRY: Final = re.compile(r"(?P<key>[^\s+]+\+[0-9a-f]+\+[A-Za-z0-9+/=]+)(?:\s+|@)(?P<url>\S+)")
_MOST_DIGITS: Final = 15


class BadWitness(Exception):
    """What was said about a witness cannot be used; the message says why, and what would do."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its public key, and the address (its *submission prefix*) at which it is asked."""

    key: WitnessKey
    url: str

    @property
    def name(self) -> str:
        """What its key is called."""
        return self.key.name


def read_witnesses(text: str, check: Callable[[str], Any]) -> tuple[Witness, ...]:
    """Read a list of witnesses: one a line, or by comma, each its verifier key, a space or ``@``, and its address.

    Args:
        text: the list. check: takes an address, and raises OutgoingFailure for one that may not be asked.

    Raises:
        BadWitness: with which one, and what would do.
    """
    found: dict[str, Witness] = {}
    for entry in filter(None, (one.strip() for one in re.split(r"[,\n]", text))):
        witness = _read(entry, check)
        if witness.name in found:
            raise BadWitness(f"{witness.name} is there twice; name each witness once")
        found[witness.name] = witness
    if len(found) > MOST:
        raise BadWitness(f"{len(found)} witnesses are too many; name at most {MOST}")
    return tuple(found.values())


def _read(entry: str, check: Callable[[str], Any]) -> Witness:
    parts = _ENTRY.fullmatch(entry)
    if parts is None:
        wanted = (
            "its verifier key, a space, and its address: witness.example+1a2b3c4d+BAAB… https://witness.example/prefix"
        )
        raise BadWitness(f"{_short(entry)} is no witness; say {wanted}")
    try:
        key = WitnessKey.parse(parts["key"])
    except BadNote as bad:
        raise BadWitness(f"{_short(entry)}: {bad}; copy the key as the witness's operator gives it") from bad
    try:
        check(parts["url"])
    except OutgoingFailure as bad:
        raise BadWitness(f"{key.name}: {bad}; say an https address") from bad
    if "?" in parts["url"]:
        raise BadWitness(f"{key.name}: its address has a question; say the address before /add-checkpoint")
    return Witness(key, parts["url"].rstrip("/").removesuffix(ADD))


def _short(entry: str) -> str:
    return repr(entry if len(entry) <= 60 else f"{entry[:60]}…")


# --- Asking -----------------------------------------------------------------------------------------------------------


class Told(StrEnum):
    """What a witness answered.

    Attributes:
        COSIGNED: it signed. SIZE: it knows the log at another size than was said.
        UNKNOWN: it does not know the log. REFUSED: it does not take it. NOT_GROWN: the log is not what it knows, grown.
        AWAY: ask again later. WRONG: an answer that nobody can use.
    """

    COSIGNED = "cosigned"
    SIZE = "size"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    NOT_GROWN = "notGrown"
    AWAY = "away"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as it was understood: what, in words why, the size it knows, its cosignature."""

    told: Told
    why: str = ""
    size: int = 0
    cosignature: Cosignature | None = None


def asking(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """What is sent: the size that the witness knows, the proof that the log grew from there, and the checkpoint."""
    lines = [f"old {old}", *(base64.b64encode(one).decode() for one in proof), "", note]
    return "\n".join(lines).encode()


_PLAIN: Final = {
    403: Said(Told.REFUSED, "it does not know the key that signed the checkpoint (403)"),
    404: Said(Told.UNKNOWN, "it does not know this log (404)"),
    422: Said(Told.NOT_GROWN, "the log is not the one it signed before, grown (422)"),
}


def understood(answer: Answer, note: str, key: WitnessKey) -> Said:
    """What a witness answered to a checkpoint, with its cosignature checked."""
    if answer.status == 200:
        return _cosigned(answer.body, note, key)
    if answer.status == 409:
        return _size(answer)
    if answer.status == 429 or answer.status >= 500:
        return Said(Told.AWAY, f"it answered {answer.status}")
    return _PLAIN.get(answer.status, Said(Told.REFUSED, f"it answered {answer.status}"))


def _cosigned(body: bytes, note: str, key: WitnessKey) -> Said:
    try:
        whole = note + body.decode()
        if taken_apart(whole)[0] != taken_apart(note)[0]:
            return Said(Told.WRONG, "its answer is more than signatures")
        found = cosignature_in(whole, key)
    except UnicodeDecodeError:
        return Said(Told.WRONG, "its answer cannot be read")
    except BadNote as bad:
        return Said(Told.WRONG, str(bad))
    if found is None:
        return Said(Told.WRONG, "its answer has no cosignature by the key that is set")
    return Said(Told.COSIGNED, cosignature=found)


def _size(answer: Answer) -> Said:
    kind = answer.headers.get("content-type", "").partition(";")[0].strip()
    digits = answer.body.removesuffix(b"\n")
    is_number = digits.isdigit() and len(digits) <= _MOST_DIGITS and (digits == b"0" or digits[:1] != b"0")
    if kind != SIZE_TYPE or not is_number:
        return Said(Told.WRONG, "it does not say at which size it knows the log (409)")
    return Said(Told.SIZE, size=int(digits))
