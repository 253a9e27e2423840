"""A backup: the whole house in two files, taken while it serves.

One file has every row of the main database, as it was at one moment; the other has the subject keys, without which the
personal parts of audit events stay closed. They are two files because they have two lives: whoever keeps the first for
long must not have kept the keys of people who were erased meanwhile. Both are sealed under the key-encryption key,
which is in neither.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from vestibule.actions.house import House
from vestibule.ground.clock import iso, parse_iso
from vestibule.ground.sealed_files import BadFile, SealedReader, SealedWriter
from vestibule.ground.sealing import Sealer
from vestibule.store import backups, migrate
from vestibule.store.backups import KEYS, TABLES, Rows, columns_of
from vestibule.store.opening import Opened
from vestibule.store.schema import keys_metadata
from vestibule.store.unit import Unavailable

MAIN_FILE: Final = b"vestibule backup 1\n"
KEYS_FILE: Final = b"vestibule backup keys 1\n"
_QUICK: Final = 1  # of zlib's levels: a third of the size, at a speed that the disk does not wait for
Progress = Callable[[int], None]
"""Called with a number of rows that are done."""


class SealedLog(msgspec.Struct, frozen=True, rename="camel"):
    """The audit log of an organization: how many events are sealed, and the root of their tree in hexadecimal."""

    tenant_id: str
    size: int
    root: str


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """What a backup says of itself, at its end.

    Attributes:
        id: of this backup; both files have it. taken_at: machine time, before the first row was read.
        revision: of the tables. database: the kind it was taken from. emulator: its stamp.
        generation: of the database; another one since a backup came back, or the emulator was reset.
        folder: the data folder of the house. columns: of each table. counts: rows of each table.
        logs: every sealed log.
    """

    id: str
    taken_at: str
    revision: str
    database: str
    emulator: bool
    generation: str
    folder: str
    columns: dict[str, list[str]]
    counts: dict[str, int]
    logs: list[SealedLog]

    @property
    def taken(self) -> datetime:
        """When it was taken."""
        return parse_iso(self.taken_at)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(self.counts.values())


@dataclass(slots=True)
class _Taking:
    """Rows on their way into a file: packed, counted, and looked at for what the manifest says."""

    file: SealedWriter
    progress: Progress
    counts: dict[str, int] = field(default_factory=dict)
    logs: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    generation: str = ""

    def take(self, table: str, rows: Rows) -> None:
        self.counts[table] = self.counts.get(table, 0) + len(rows)
        if table == "audit_checkpoint":
            self._look_at_checkpoints(rows)
        if table == "deployment":
            self.generation = rows[0][columns_of(TABLES[table]).index("generation")]
        self.file.write(zlib.compress(msgspec.msgpack.encode((table, rows)), _QUICK))
        self.progress(len(rows))

    def _look_at_checkpoints(self, rows: Rows) -> None:
        columns = columns_of(TABLES["audit_checkpoint"])
        of, size, root = (columns.index(name) for name in ("tenant_id", "size", "root"))
        for row in rows:
            if row[size] > self.logs.get(row[of], (0, b""))[0]:
                self.logs[row[of]] = (row[size], row[root])


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was taken: what it says, where it lies, and how large both files are (octets)."""

    manifest: Manifest
    file: Path
    keys_file: Path
    octets: int
    keys_octets: int


async def back_up(
    house: House, opened: Opened, file: Path, keys_file: Path, *, folder: str, overwrite: bool, progress: Progress
) -> Backup:
    """Write both files, while others read and write.

    Args:
        house, opened: the house. file, keys_file: where to. folder: the data folder, where a journal may be found.
        overwrite: files that are there are replaced, once the new ones are whole.

    Raises:
        Unavailable: the database cannot be read, or is a newer version's.
        FileExistsError, BlockingIOError, OSError: the files cannot be written; what was there is as it was.
    """
    revision = await migrate.current(opened.store)
    if revision != migrate.HEAD:
        raise Unavailable(
            f"the database stands at revision {revision} and this version at {migrate.HEAD}: "
            "take the backup with the version that made it"
        )
    house.journal.begin()
    about = {"id": house.chance.guid(), "takenAt": iso(house.clock.now())}
    main = SealedWriter(file, MAIN_FILE, house.sealer, about, overwrite=overwrite)
    try:
        keys = SealedWriter(keys_file, KEYS_FILE, house.sealer, about, overwrite=overwrite)
        try:
            manifest = await _write(opened, main, keys, about, folder, revision, progress)
            octets, keys_octets = main.end(), keys.end()
            keys.publish()  # a main file that is there has its keys
            main.publish()
        finally:
            keys.give_up()
    finally:
        main.give_up()
    return Backup(manifest, file, keys_file, octets, keys_octets)


async def _write(
    opened: Opened,
    main: SealedWriter,
    keys: SealedWriter,
    about: dict[str, str],
    folder: str,
    revision: str,
    progress: Progress,
) -> Manifest:
    taking, also = _Taking(main, progress), _Taking(keys, progress)
    # In this order: see ``store/backups.py``.
    await backups.read_rows(opened.store, taking.take)
    await backups.read_keys(opened.keys, also.take)
    said = Manifest(
        id=about["id"],
        taken_at=about["takenAt"],
        revision=revision,
        database=opened.store.dialect,
        emulator=opened.emulator,
        generation=taking.generation,
        folder=folder,
        columns={name: columns_of(table) for name, table in TABLES.items()},
        counts={name: taking.counts.get(name, 0) for name in TABLES},
        logs=[SealedLog(of, size, root.hex()) for of, (size, root) in sorted(taking.logs.items())],
    )
    of_keys = msgspec.structs.replace(
        said, columns={KEYS: columns_of(keys_metadata.tables[KEYS])}, counts={KEYS: also.counts.get(KEYS, 0)}, logs=[]
    )
    main.write(msgspec.msgpack.encode(said), last=True)
    keys.write(msgspec.msgpack.encode(of_keys), last=True)
    return said


# --- Reading one ------------------------------------------------------------------------------------------------------

Piece = tuple[str, list[list[Any]]]
_piece = msgspec.msgpack.Decoder(Piece).decode


def read(reader: SealedReader, sealer: Sealer, progress: Progress) -> Manifest:
    """Look at all of a file. Returns what it says at its end. Raises BadFile."""
    counts: dict[str, int] = {}
    end = b""
    for octets, last in reader.frames(sealer):
        if last:
            end = octets
            continue
        table, rows = _opened(reader, octets)
        counts[table] = counts.get(table, 0) + len(rows)
        progress(len(rows))
    try:
        manifest = msgspec.msgpack.decode(end, type=Manifest)
    except msgspec.DecodeError as bad:
        raise BadFile(f"{reader.path} cannot be read: {bad}") from bad
    if {name: count for name, count in manifest.counts.items() if count} != counts:
        raise BadFile(f"{reader.path} is damaged: it does not have as many rows as it says")
    return manifest


def pieces(reader: SealedReader, sealer: Sealer) -> Iterator[Piece]:
    """The rows of a file, table by table. Raises BadFile."""
    for octets, last in reader.frames(sealer):
        if not last:
            yield _opened(reader, octets)


def _opened(reader: SealedReader, octets: bytes) -> Piece:
    try:
        found: Piece = _piece(zlib.decompress(octets))
    except (zlib.error, msgspec.DecodeError) as bad:
        raise BadFile(f"{reader.path} cannot be read: {bad}") from bad
    return found
