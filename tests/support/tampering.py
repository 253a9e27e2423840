"""Whatever can be done to an exported log: which files change, and at which places of the log that has to be found."""

import base64
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from vestibule.actions import exported_log
from vestibule.actions.exported_log import NoExport
from vestibule.actions.exporting_log import EARLIER, STATEMENT, SUMS
from vestibule.ground import log_files, merkle
from vestibule.ground.log_files import PARTS
from vestibule.ground.merkle import TILE_WIDTH, Edge, Tile
from vestibule.ground.signed_notes import BadNote, Verifier

Span = tuple[int, int]
"""The first and the last place at which the first finding may be."""


@dataclass(slots=True)
class Log:
    """An export in memory: its records, the lines of parts that belong to them, and every other file."""

    records: list[bytes]
    parts: list[bytes]
    rest: dict[str, bytes]

    @classmethod
    def of(cls, files: dict[str, bytes]) -> "Log":
        """Take an export apart."""
        size = int(files[STATEMENT].split(b"\n")[2])
        records: list[bytes] = []
        parts: list[bytes] = []
        for number in range(-(-size // TILE_WIDTH)):
            width = min(TILE_WIDTH, size - number * TILE_WIDTH)
            records += log_files.records_in(files[log_files.numbered(log_files.ENTRIES, number, width)])
            parts += files[log_files.numbered(PARTS, number, width) + ".jsonl"].splitlines()
        assert len(records) == len(parts) == size
        rest = {name: octets for name, octets in files.items() if not name.startswith(("tile/", f"{PARTS}/", SUMS))}
        return cls(records, parts, rest)

    def files(self, leaves: list[bytes] | None = None) -> dict[str, bytes]:
        """Put it together again, with a tree and sums that fit; ``leaves``: with this tree instead."""
        hashes = leaves if leaves is not None else [merkle.leaf_hash(one) for one in self.records]
        files = dict(self.rest)
        for tile, octets in tree(hashes).items():
            files[log_files.tile_name(tile, len(octets) // merkle.HASH_OCTETS)] = octets
        for first in range(0, len(self.records), TILE_WIDTH):
            some = slice(first, first + TILE_WIDTH)
            width, number = len(self.records[some]), first // TILE_WIDTH
            files[log_files.numbered(log_files.ENTRIES, number, width)] = log_files.bundle(self.records[some])
            lines = b"".join(line + b"\n" for line in self.parts[some])
            files[log_files.numbered(PARTS, number, width) + ".jsonl"] = lines
        sums = {name: hashlib.sha256(octets).hexdigest() for name, octets in files.items() if name != STATEMENT}
        files[SUMS] = "".join(f"{value}  {name}\n" for name, value in sorted(sums.items())).encode()
        return files


def tree(leaves: list[bytes]) -> dict[Tile, bytes]:
    """Every tile over these leaves."""
    edge, tiles = Edge(), {}
    for first in range(0, len(leaves), TILE_WIDTH):
        edge.extend(leaves[first : first + TILE_WIDTH])
        tiles.update(edge.touched)
    return tiles


def read(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@dataclass(slots=True)
class Tamperer:
    """Changes an export at random.

    Attributes:
        folder: where it is; whole again after each ``undo``. chance: decides. whole: its files. log: the same, apart.
    """

    folder: Path
    chance: random.Random
    whole: dict[str, bytes] = field(default_factory=dict)
    log: Log = field(default_factory=lambda: Log([], [], {}))

    def __post_init__(self) -> None:
        """Read what is there."""
        self.whole = read(self.folder)
        self.log = Log.of(self.whole)
        assert self.log.files() == self.whole, "an export that is put together again is the same"

    @property
    def size(self) -> int:
        """How many events there are."""
        return len(self.log.records)

    def tamper(self, kind: str) -> Span:
        """Do something of this kind. Returns where it has to be found."""
        files, span = KINDS[kind](self)
        for name in self.whole.keys() - files.keys():
            (self.folder / name).unlink()
        for name, octets in files.items():
            if self.whole.get(name) != octets:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_bytes(octets)
        return span

    def undo(self) -> None:
        """Put everything back."""
        there = read(self.folder)
        for name in there.keys() - self.whole.keys():
            (self.folder / name).unlink()
        for name, octets in self.whole.items():
            if there.get(name) != octets:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_bytes(octets)

    async def miss(self, kind: str, keys: list[str]) -> str | None:
        """Do something of this kind, look, and undo it. Returns what was wrong with what was found, if anything."""
        first, last = self.tamper(kind)
        try:
            proof = await exported_log.verify(self.folder, [Verifier.parse(one) for one in keys])
        except (BadNote, NoExport) as refused:
            return None if STATEMENT in str(refused) else f"{kind}: {refused}"
        finally:
            self.undo()
        if not proof.findings:
            return f"{kind} between {first} and {last} was not found"
        place, why = proof.findings[0].place, proof.findings[0].why
        return None if first <= place <= last else f"{kind} between {first} and {last} was found at {place}: {why}"

    # --- What can be done ---------------------------------------------------------------------------------------------

    def bit(self) -> tuple[dict[str, bytes], Span]:
        """A bit of any file is another."""
        name = self.chance.choice(sorted(self.whole))
        octets = bytearray(self.whole[name])
        at = self.chance.randrange(len(octets))
        octets[at] ^= 1 << self.chance.randrange(8)
        return {**self.whole, name: bytes(octets)}, self._around(name, at)

    def octets(self) -> tuple[dict[str, bytes], Span]:
        """Some octets of a file are left out, or slipped in."""
        name = self.chance.choice(sorted(self.whole))
        octets = self.whole[name]
        at = self.chance.randrange(len(octets))
        end = at + self.chance.randrange(1, 40)
        new = octets[:at] + octets[end:] if self.chance.random() < 0.5 else octets[:end] + octets[at:]
        first, last = self._around(name, at)
        return {**self.whole, name: new}, (first, self.size if new != octets and last < self.size else last)

    def file(self) -> tuple[dict[str, bytes], Span]:
        """A file is missing, is another one, or is there that does not belong there."""
        name, other = self.chance.sample(sorted(self.whole), 2)
        files = dict(self.whole)
        how = self.chance.randrange(3)
        if how == 0:
            del files[name]
        elif how == 1:
            files[name] = self.whole[other]
        else:
            files[f"tile/0/{self.chance.randrange(1000):03d}.p/255"] = self.whole[name]
        return files, (0, self.size)

    def swap(self) -> tuple[dict[str, bytes], Span]:
        """Two events change places."""
        one, other = sorted(self.chance.sample(range(self.size), 2))
        records, parts = list(self.log.records), list(self.log.parts)
        records[one], records[other] = records[other], records[one]
        parts[one], parts[other] = parts[other], parts[one]
        return self._with(records, parts, one)

    def insert(self) -> tuple[dict[str, bytes], Span]:
        """An event that never happened is slipped in; the last one goes for it, or not."""
        at = self.chance.randrange(self.size)
        records, parts = list(self.log.records), list(self.log.parts)
        made = json.loads(records[self.chance.randrange(self.size)])
        made["event_id"] = "made up"
        records.insert(at, json.dumps(made).encode())
        parts.insert(at, b'{"event_id":"made up","parts":[]}')
        if self.chance.random() < 0.5:
            del records[-1], parts[-1]
        return self._with(records, parts, at)

    def delete(self) -> tuple[dict[str, bytes], Span]:
        """An event is left out."""
        at = self.chance.randrange(self.size)
        return self._with(
            self.log.records[:at] + self.log.records[at + 1 :], self.log.parts[:at] + self.log.parts[at + 1 :], at
        )

    def truncate(self) -> tuple[dict[str, bytes], Span]:
        """The end is cut off."""
        left = self.chance.randrange(1, self.size)
        return self._with(self.log.records[:left], self.log.parts[:left], left)

    def fork(self) -> tuple[dict[str, bytes], Span]:
        """From some place on, another history, with a tree and sums that fit."""
        at = self.chance.randrange(self.size)
        records = list(self.log.records)
        for place in range(at, self.size):
            record = json.loads(records[place])
            record["facts"] = {**record["facts"], "other": place}
            records[place] = json.dumps(record, sort_keys=True, separators=(",", ":")).encode()
        return Log(records, self.log.parts, self.log.rest).files(), self._forked(at)

    def lose_key(self) -> tuple[dict[str, bytes], Span]:
        """The personal parts of somebody are gone, and nobody says that they were erased."""
        keys = sorted({key for line in self.log.parts for _, key, _ in json.loads(line)["parts"]})
        lost, parts, places = self.chance.choice(keys), [], []
        for place, line in enumerate(self.log.parts):
            content = json.loads(line)
            left = [part for part in content["parts"] if part[1] != lost]
            if left != content["parts"]:
                places.append(place)
            content["parts"] = left
            parts.append(json.dumps(content, sort_keys=True, separators=(",", ":")).encode())
        return Log(self.log.records, parts, self.log.rest).files(), (places[0], places[0])

    def change_part(self) -> tuple[dict[str, bytes], Span]:
        """An encrypted part is another."""
        with_parts = [place for place, line in enumerate(self.log.parts) if json.loads(line)["parts"]]
        at = self.chance.choice(with_parts)
        content = json.loads(self.log.parts[at])
        octets = bytearray(base64.b64decode(content["parts"][0][2]))
        octets[self.chance.randrange(len(octets))] ^= 1 << self.chance.randrange(8)
        content["parts"][0][2] = base64.b64encode(bytes(octets)).decode()
        parts = list(self.log.parts)
        parts[at] = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
        return Log(self.log.records, parts, self.log.rest).files(), (at, at)

    # --- Where it has to be found -------------------------------------------------------------------------------------

    def _with(self, records: list[bytes], parts: list[bytes], at: int) -> tuple[dict[str, bytes], Span]:
        """Other events, with the tree of old, or with one that fits them."""
        log = Log(records, parts, self.log.rest)
        if self.chance.random() < 0.5:
            return log.files(), self._forked(at)
        return log.files([merkle.leaf_hash(one) for one in self.log.records]), (at, at)

    def _forked(self, at: int) -> Span:
        """Somewhere behind the last checkpoint that still fits."""
        sizes = [int(name.removeprefix(f"{EARLIER}/")) for name in self.whole if name.startswith(f"{EARLIER}/")]
        return max([size for size in sizes if size <= at], default=0), at

    def _around(self, name: str, at: int) -> Span:
        found = log_files.number_in(name)
        if found is None:
            return 0, self.size
        stem, number = found
        first = number * TILE_WIDTH
        if stem == "tile/0":
            return (first + at // merkle.HASH_OCTETS,) * 2
        if stem == log_files.ENTRIES:
            return (first + self._entry_at(self.whole[name], at),) * 2
        if stem == PARTS:  # names of parts are in the sums alone, and those are of whole files
            return first, first + self.whole[name][:at].count(b"\n")
        return 0, self.size

    def _entry_at(self, octets: bytes, at: int) -> int:
        end = 0
        for number, record in enumerate(log_files.records_in(octets)):
            end += 2 + len(record)
            if at < end:
                return number
        raise AssertionError("behind the last entry")


KINDS: dict[str, Callable[[Tamperer], tuple[dict[str, bytes], Span]]] = {
    "bit": Tamperer.bit,
    "octets": Tamperer.octets,
    "file": Tamperer.file,
    "swap": Tamperer.swap,
    "insert": Tamperer.insert,
    "delete": Tamperer.delete,
    "truncate": Tamperer.truncate,
    "fork": Tamperer.fork,
    "a key is lost": Tamperer.lose_key,
    "a part is changed": Tamperer.change_part,
}
