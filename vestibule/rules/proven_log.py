"""Whether a sealed log is what was signed: every event at its place, nothing changed, nothing missing or slipped in.

The log may forget people: a personal part may be gone when an event of the same log says that its key was destroyed. It
may not forget that something happened. See ``actions/sealing.py`` for how it is made, RFC 6962 for the tree.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vestibule.ground import merkle
from vestibule.ground.merkle import Frontier
from vestibule.rules.activities import event_type
from vestibule.rules.verbs import Verb

ERASED: Final = event_type(Verb.ERASE)
DESTROYED: Final = "destroyedKey"
"""The fact of an erasure that names the key which was destroyed."""
MOST_FINDINGS: Final = 1_000


class Part(msgspec.Struct, frozen=True):
    """What a record says of a personal part: the key it is encrypted under, and the SHA-256 of the ciphertext."""

    key_id: str
    h: str


class About(msgspec.Struct, frozen=True):
    """What an event is about: kind, label, and versions around the change (0 for what has none)."""

    kind: str
    tag: str
    ver_before: int
    ver_after: int


class Record(msgspec.Struct, frozen=True):
    """The members of a record that are looked at here; it has others."""

    event_id: str
    tenant: str
    type: str
    outcome: str
    object: About
    parts: list[Part]
    facts: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event as it is kept.

    Attributes:
        place: where it stands, from 0. event_id: as it is kept beside the record.
        record: the octets that were hashed. leaf: their hash as the tiles have it, empty where no tile has it.
        parts: ciphertexts that are there, by the key they are encrypted under.
    """

    place: int
    event_id: str
    record: bytes
    leaf: bytes
    parts: Mapping[str, Sequence[bytes]]


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something that is not as it was signed: at which place (of the log, from 0), and a sentence."""

    place: int
    why: str


_decode = msgspec.json.Decoder(Record).decode


@dataclass(slots=True)
class Proving:
    """A log that is looked at from its first event to its last.

    Attributes:
        tenant_id: whose log it is. earlier: roots that were signed before, by size.
        findings: what is wrong, at most ``MOST_FINDINGS``.
    """

    tenant_id: str
    earlier: Mapping[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _frontier: Frontier = field(default_factory=Frontier)
    _known: set[str] = field(default_factory=set)
    _missing: list[tuple[int, str]] = field(default_factory=list)
    _destroyed: set[str] = field(default_factory=set)
    _versions: dict[tuple[str, str], dict[int, int]] = field(default_factory=dict)

    def take(self, entry: Entry) -> None:
        """Look at the next event."""
        place = self._frontier.size
        if entry.place != place:
            self._found(place, f"the event at place {entry.place} stands where {place} should be")
        leaf = merkle.leaf_hash(entry.record)
        if leaf != entry.leaf:
            self._found(place, "the record is not the one that was sealed")
        self._frontier.append(leaf)
        root = self.earlier.get(self._frontier.size)
        if root is not None and root != self._frontier.root():
            self._found(place, "the log up to here has another root than the one that was signed then")
        try:
            record = _decode(entry.record)
        except (msgspec.DecodeError, UnicodeDecodeError) as bad:
            self._found(place, f"the record cannot be read: {bad}")
            return
        self._check(place, entry, record)

    def _check(self, place: int, entry: Entry, record: Record) -> None:
        if record.event_id != entry.event_id or record.tenant != self.tenant_id:
            self._found(place, "the record is of another event, or of another organization")
        if record.event_id in self._known:
            self._found(place, f"event {record.event_id} is there twice")
        self._known.add(record.event_id)
        self._check_parts(place, entry, record)
        if record.type == ERASED and record.outcome == "success" and DESTROYED in record.facts:
            self._destroyed.add(str(record.facts[DESTROYED]))
        self._check_version(place, record.object)

    def _check_parts(self, place: int, entry: Entry, record: Record) -> None:
        there = {
            (key_id, hashlib.sha256(octets).hexdigest()) for key_id, some in entry.parts.items() for octets in some
        }
        said = {(part.key_id, part.h) for part in record.parts}
        if there - said:
            self._found(place, "a personal part was changed, or belongs to another event")
        self._missing += [(place, key_id) for key_id, _ in said - there]

    def _check_version(self, place: int, about: About) -> None:
        if about.ver_after <= about.ver_before or about.ver_after <= 0:
            return
        seen = self._versions.setdefault((about.kind, about.tag), {})
        if about.ver_after in seen:
            self._found(place, f"version {about.ver_after} of {about.kind} {about.tag} was written twice")
        seen[about.ver_after] = place

    def end(self, size: int, root: bytes) -> list[Finding]:
        """What is wrong, the first place first; nothing when the log is as large as was signed, and has that root."""
        found = self._frontier.size
        if found != size:
            self._found(min(found, size), f"the log has {found} events, and {size} were signed")
        elif self._frontier.root() != root and not self.findings:
            self._found(0, "the log has another root than the one that was signed")
        for place, key_id in self._missing:
            if key_id not in self._destroyed:
                self._found(place, f"a personal part is missing, and no event says that key {key_id} was destroyed")
        return sorted(set(self.findings))

    def _found(self, place: int, why: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(place, why))
