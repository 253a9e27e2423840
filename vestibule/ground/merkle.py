"""Merkle trees over a log that only grows: roots, proofs, and the tiles in which the tree is kept.

Hashes, roots and proofs are those of RFC 6962, section 2.1, with SHA-256. Tiles are 256 hashes wide, as in C2SP
tlog-tiles: level 0 holds the hashes of leaves, each level above the roots of full tiles below it. The *edge* is the
last tile of each level as far as it is filled; it is all that appending needs.

Every hash here is 32 octets.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

HASH_OCTETS: Final = 32
TILE_WIDTH: Final = 256
_TILE_BITS: Final = 8
EMPTY: Final = hashlib.sha256(b"").digest()
"""The root of a log without anything in it."""

Tile = tuple[int, int]
"""Level and number of a tile."""
NodeOf = Callable[[int, int], bytes]
"""The root of a full subtree, by its height and by how many such subtrees stand to its left."""


class BadProof(Exception):
    """A proof does not show what it should; the message says what is wrong with it."""


def leaf_hash(record: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(hashes: Sequence[bytes]) -> bytes:
    """The root over these hashes: of leaves, or of full subtrees of one size, of which the last may be smaller."""
    frontier = Frontier()
    for one in hashes:
        frontier.append(one)
    return frontier.root()


@dataclass(slots=True)
class Frontier:
    """The full subtrees of a log, largest first: enough to append, and to say the root.

    Attributes:
        size: how many leaves there are. nodes: one root for each bit of the size.
    """

    size: int = 0
    nodes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> None:
        """Take the hash of one more leaf."""
        self.nodes.append(leaf)
        done = self.size
        while done & 1:
            right = self.nodes.pop()
            self.nodes[-1] = node_hash(self.nodes[-1], right)
            done >>= 1
        self.size += 1

    def root(self) -> bytes:
        """The root over everything so far."""
        if not self.nodes:
            return EMPTY
        found = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            found = node_hash(left, found)
        return found


# --- Tiles ------------------------------------------------------------------------------------------------------------


def edge_of(size: int) -> Iterator[tuple[Tile, int]]:
    """The tiles on the right edge of a log of this size that are not full, with how many hashes each holds."""
    level = 0
    while size >> (_TILE_BITS * level):
        entries = size >> (_TILE_BITS * level)
        if entries % TILE_WIDTH:
            yield (level, entries // TILE_WIDTH), entries % TILE_WIDTH
        level += 1


def hashes_in(octets: bytes) -> list[bytes]:
    """The hashes of a tile."""
    return [octets[at : at + HASH_OCTETS] for at in range(0, len(octets), HASH_OCTETS)]


class Edge:
    """The right edge of a log, to which leaves are appended.

    ``size`` is how many leaves there are; ``tiles`` are those of ``edge_of(size)``.

    Raises:
        BadProof: a tile is missing, or holds another number of hashes than the size says.
    """

    def __init__(self, size: int = 0, tiles: Mapping[Tile, bytes] | None = None) -> None:
        """Take up a log where it ends."""
        self.size = size
        self.touched: dict[Tile, bytes] = {}
        self._levels: list[list[bytes]] = []
        for tile, width in edge_of(size):
            level, _ = tile
            while len(self._levels) <= level:
                self._levels.append([])
            found = hashes_in((tiles or {}).get(tile, b""))
            if len(found) != width:
                msg = f"tile {tile} holds {len(found)} hashes and not {width}"
                raise BadProof(msg)
            self._levels[level] = found

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Take the hashes of further leaves; ``touched`` says which tiles are new or longer, whole."""
        for leaf in leaves:
            self.size += 1
            self._append(0, leaf)
        for tile, _ in edge_of(self.size):
            if self._levels[tile[0]]:
                self.touched[tile] = b"".join(self._levels[tile[0]])

    def _append(self, level: int, one: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
        here = self._levels[level]
        here.append(one)
        if len(here) == TILE_WIDTH:
            number = (self.size >> (_TILE_BITS * level)) // TILE_WIDTH - 1
            self.touched[level, number] = b"".join(here)
            self._levels[level] = []
            self._append(level + 1, root_of(here))

    def root(self) -> bytes:
        """The root over everything so far."""
        smaller: bytes | None = None
        for here in self._levels:
            nodes = here if smaller is None else [*here, smaller]
            smaller = root_of(nodes) if nodes else None
        return EMPTY if smaller is None else smaller


# --- Proofs -----------------------------------------------------------------------------------------------------------


def inclusion_proof(index: int, size: int, node_of: NodeOf) -> list[bytes]:
    """What shows that a leaf is in a log of this size: PATH of RFC 6962, section 2.1.1."""
    if not 0 <= index < size:
        msg = f"there is no leaf {index} among {size}"
        raise BadProof(msg)
    proof: list[bytes] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            proof.append(_root_between(middle, high, node_of))
            high = middle
        else:
            proof.append(_root_between(low, middle, node_of))
            low = middle
    return proof[::-1]


def consistency_proof(old: int, size: int, node_of: NodeOf) -> list[bytes]:
    """What shows that a log of this size begins with what it was at ``old``: PROOF of RFC 6962, section 2.1.2."""
    if not 0 < old <= size:
        msg = f"a log of {size} was never one of {old} with a root of its own"
        raise BadProof(msg)
    proof: list[bytes] = []
    low, high, whole = 0, size, True
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            proof.append(_root_between(middle, high, node_of))
            high = middle
        else:
            proof.append(_root_between(low, middle, node_of))
            low, whole = middle, False
    if not whole:
        proof.append(_root_between(low, high, node_of))
    return proof[::-1]


def _split(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


def _root_between(low: int, high: int, node_of: NodeOf) -> bytes:
    size = high - low
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return node_of(height, low >> height)
    middle = low + _split(size)
    return node_hash(_root_between(low, middle, node_of), _root_between(middle, high, node_of))


def check_inclusion(leaf: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a leaf is where a proof says it is. Raises BadProof. RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        msg = f"there is no leaf {index} among {size}"
        raise BadProof(msg)
    at, last, found = index, size - 1, leaf
    for one in proof:
        if last == 0:
            msg = "the proof is too long"
            raise BadProof(msg)
        if at & 1 or at == last:
            found = node_hash(one, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, one)
        at, last = at >> 1, last >> 1
    if last or found != root:
        msg = "the leaf is not in the log of this root" if not last else "the proof is too short"
        raise BadProof(msg)


def check_consistency(old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that a log begins with what it was. Raises BadProof. RFC 9162, section 2.1.4.2."""
    if not 0 < old <= size:
        msg = f"a log of {size} was never one of {old} with a root of its own"
        raise BadProof(msg)
    if old == size:
        _same(not proof and old_root == root)
        return
    steps = list(proof)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        msg = "the proof is empty"
        raise BadProof(msg)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = steps[0]
    for one in steps[1:]:
        if last == 0:
            msg = "the proof is too long"
            raise BadProof(msg)
        if at & 1 or at == last:
            before, after = node_hash(one, before), node_hash(one, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, one)
        at, last = at >> 1, last >> 1
    _same(last == 0 and before == old_root and after == root)


def _same(holds: bool) -> None:
    if not holds:
        msg = "the log does not begin with what it was"
        raise BadProof(msg)
