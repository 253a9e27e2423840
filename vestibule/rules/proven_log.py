"""Whether a sealed log is what was signed: every event at its place, nothing changed, nothing missing or slipped in.

The log may forget people: a personal part may be gone when an event of the same log says that its key was destroyed. It
may not forget that something happened. See ``actions/sealing.py`` for how it is made, RFC 6962 for the tree.
"""

import hashlib
from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vestibule.ground import merkle
from vestibule.ground.merkle import HASH_OCTETS, TILE_WIDTH, Edge, Frontier, Tile
from vestibule.rules.activities import event_type
from vestibule.rules.verbs import Verb

ERASED: Final = event_type(Verb.ERASE)
ENDED: Final = event_type(Verb.END_DATA_REQUEST)
_DESTROYING: Final = frozenset({ERASED, ENDED})
"""The events that tell of a key which was destroyed."""
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
    _tree: Frontier = field(default_factory=Frontier)
    _longer: list[int] = field(default_factory=list)
    _edge: Edge = field(default_factory=Edge)
    _leaves: list[bytes] = field(default_factory=list)
    _sound: int = 0
    _suspects: list[tuple[int, int, str]] = field(default_factory=list)
    _doubts: list[Finding] = field(default_factory=list)
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
        self._leaves.append(leaf)
        root = self.earlier.get(self._frontier.size)
        if root is not None:
            self._check_root(root, "an earlier root that was signed is another one")
        try:
            record = _decode(entry.record)
        except (msgspec.DecodeError, UnicodeDecodeError) as bad:
            self._found(place, f"the record cannot be read: {bad}")
            return
        self._check(place, entry, record)

    def leaves(self, hashes: Sequence[bytes], width: int) -> None:
        """Take the hashes of a tile of level 0: where these are what was signed, every event has its place by them.

        ``width`` is how many there should be.
        """
        for one in hashes[:width]:
            self._tree.append(one)
        if len(hashes) > width:
            self._longer.append(self._tree.size)

    def tiles(self, *, last: bool) -> dict[Tile, bytes]:
        """The tiles above level 0 that became full since this was asked last, as they have to be.

        Asked after every 256 events. ``last``: with those that will not become full any more. Tiles of level 0 are
        looked at leaf by leaf.
        """
        self._edge.touched.clear()
        self._edge.extend(self._leaves)
        self._leaves.clear()
        full = TILE_WIDTH * HASH_OCTETS
        return {tile: found for tile, found in self._edge.touched.items() if tile[0] and (last or len(found) == full)}

    def check_tile(self, tile: Tile, wanted: bytes, found: bytes) -> None:
        """Look at a tile of ``tiles``."""
        if wanted != found:
            level, number = tile
            span = TILE_WIDTH ** (level + 1)
            self.suspect(number * span, (number + 1) * span, f"tile {number} of level {level} is not that of the log")

    def suspect(self, first: int, beyond: int, why: str) -> None:
        """Something between two places is wrong; said at the first of them when nothing is found there otherwise."""
        self._suspects.append((first, beyond, why))

    def _check_root(self, root: bytes, why: str) -> None:
        if root == self._frontier.root():
            self._sound = self._frontier.size
        else:
            self.suspect(self._sound, self._frontier.size, why)

    def _check(self, place: int, entry: Entry, record: Record) -> None:
        if record.event_id != entry.event_id or record.tenant != self.tenant_id:
            self._found(place, "the record is of another event, or of another organization")
        if record.event_id in self._known:
            self._doubt(place, f"event {record.event_id} is there twice")
        self._known.add(record.event_id)
        self._check_parts(place, entry, record)
        if record.type in _DESTROYING and record.outcome == "success" and DESTROYED in record.facts:
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
            self._doubt(place, f"version {about.ver_after} of {about.kind} {about.tag} was written twice")
        seen[about.ver_after] = place

    def end(self, size: int, root: bytes) -> list[Finding]:
        """What is wrong, the first place first; nothing when the log is as large as was signed, and has that root."""
        found = self._frontier.size
        if found != size:
            self.findings.append(Finding(min(found, size), f"the log has {found} events, and {size} were signed"))
            if not self._has_tree(size, root):
                self.suspect(self._sound, min(found, size), "it is another log, not only a shorter or longer one")
        else:
            self._check_root(root, "the log has another root than the one that was signed")
            if self._frontier.root() == root:
                self._say_what_a_whole_log_says()
        if self._has_tree(size, root):
            self.findings += [Finding(max(0, at - 1), "a tile is longer than the log") for at in self._longer]
        self._say_suspects()
        return sorted(set(self.findings))[:MOST_FINDINGS]

    def _has_tree(self, size: int, root: bytes) -> bool:
        return self._tree.size == size and self._tree.root() == root

    def _say_what_a_whole_log_says(self) -> None:
        """What is there twice, and personal parts that nobody erased. In a log that is not whole, either may be because
        of what was slipped in or is missing, at another place.
        """
        self.findings += self._doubts
        lost = [(place, key_id) for place, key_id in self._missing if key_id not in self._destroyed]
        for place, key_id in lost[:MOST_FINDINGS]:
            why = f"a personal part is missing, and no event says that key {key_id} was destroyed"
            self.findings.append(Finding(place, why))

    def _say_suspects(self) -> None:
        """What is only known to be somewhere in a stretch, unless it was found there; the shortest stretch first."""
        places = sorted({finding.place for finding in self.findings})
        for first, beyond, why in sorted(self._suspects, key=lambda one: (one[1] - one[0], one)):
            at = bisect_left(places, first)
            if at == len(places) or places[at] >= max(beyond, first + 1):
                insort(places, first)
                where = f"; it begins between places {first} and {beyond - 1}" if beyond - first > 1 else ""
                self.findings.append(Finding(first, why + where))

    def _doubt(self, place: int, why: str) -> None:
        if len(self._doubts) < MOST_FINDINGS:
            self._doubts.append(Finding(place, why))

    def _found(self, place: int, why: str) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(place, why))
