"""Opening the store: which database, is it ours, is it ready, and what it was stamped as.

A database is stamped *emulator* or not when it is prepared for the first time, for ever.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from sqlalchemy import select

from vestibule.ground.chance import Chance
from vestibule.ground.clock import Clock, to_us
from vestibule.ground.sealing import Sealer
from vestibule.store import migrate, replacing
from vestibule.store.keys import StoredKeys
from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import deployment
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Query, given, inserting
from vestibule.store.times import Times
from vestibule.store.unit import Duplicate, Unavailable, Unit

DEFAULT_NAME: Final = "vestibule.sqlite"
DEPLOYMENT_ID: Final = 1

_STAMP: Final = Query(select(deployment.c.emulator, deployment.c.generation).where(deployment.c.id == given("id")))
_INSERT: Final = inserting(deployment)


class NotMigrated(Unavailable):
    """The database is empty or an older version's; the text says what to run."""


class WrongStamp(Exception):
    """An emulator was asked for on a database that is stamped as a real one; the text says what to do."""


class BadAddress(Exception):
    """The database's address cannot be understood; the text says what it has to look like."""


@dataclass(slots=True)
class Opened:
    """An open store.

    Attributes:
        store: the main store.
        keys: the separate store of subject keys.
        times: where the store's moments come from.
        ready: the database has this version's tables and is stamped.
        emulator: the stamp. False until the database is ready.
        generation: the database's generation when it was opened; the emulator's reset raises it. Empty until ready.
    """

    store: SqliteStore | PostgresStore
    keys: StoredKeys
    times: Times
    ready: bool = False
    emulator: bool = False
    generation: str = ""

    def require_ready(self) -> None:
        """Raise NotMigrated when the database has to be migrated first."""
        if not self.ready:
            raise NotMigrated("the database is empty or from an older version: run `vestibule migrate` first")

    async def close(self) -> None:
        """Close both stores."""
        if self.keys.store.dialect == "sqlite":
            await self.keys.store.close()
        await self.store.close()


async def open_store(
    url: str | None, data: Path, clock: Clock, *, sealer: Sealer, serving: bool = False, connections: int = 16
) -> Opened:
    """Open a database and see how far it is; nothing is written yet, except that a SQLite file is made.

    Args:
        url: ``postgresql://user@host/name`` or ``sqlite:///path`` (a relative path after three slashes, an absolute
            one after four). None or empty: ``vestibule.sqlite`` in the data folder.
        data: the data folder, which is made when it is not there.
        clock: the machine's clock.
        sealer: wraps subject keys.
        serving: this process serves a SQLite file, alone.
        connections: to PostgreSQL at most.

    Raises:
        BadAddress: the url is of neither kind.
        Unavailable: the database cannot be reached or opened, or another process serves the file.
    """
    times = Times(clock)
    path = sqlite_path(url, data)
    if path is None:
        store = await PostgresStore.open(str(url), times, connections=connections)
        keys = StoredKeys(PostgresStore(store.pool, Times(clock)), sealer)
        opened = Opened(store, keys, times)
    else:
        opened = await _open_files(path, clock, times, sealer, serving=serving)
    try:
        await _look(opened)
    except BaseException:
        await opened.close()
        raise
    return opened


async def prepare(opened: Opened, *, emulator: bool, chance: Chance) -> None:
    """Migrate the database to this version and stamp it if it has no stamp yet.

    Args:
        opened: what ``open_store`` gave; it is ready afterwards.
        emulator: the emulator was asked for. False leaves an emulator database what it is.
        chance: for the generation of a new database.

    Raises:
        WrongStamp: the emulator was asked for, and the database is stamped as a real one.
        Unavailable: the database cannot be used right now.
    """
    await migrate.upgrade(opened.store)
    await opened.keys.create_table()
    await _look(opened)
    if not opened.ready:
        await _stamp(opened, emulator=emulator, generation=chance.guid())
        await _look(opened)
    if emulator and not opened.emulator:
        raise WrongStamp(
            "this database was not created as an emulator, and never becomes one: "
            "leave --emulator out, or name another data folder or database"
        )


def sqlite_path(url: str | None, data: Path) -> Path | None:
    """The SQLite file that an address names; None for PostgreSQL. Raises BadAddress for anything else."""
    if not url:
        return data / DEFAULT_NAME
    parts = urlsplit(url)
    if parts.scheme in {"postgresql", "postgres"}:
        return None
    if parts.scheme == "sqlite" and not parts.netloc and len(parts.path) > 1 and not parts.query:
        return Path(unquote(parts.path[1:]))
    raise BadAddress(
        "the address of the database has to be postgresql://user@host/name or sqlite:///path/to/file "
        "(four slashes before an absolute path)"
    )


def keys_path(path: Path) -> Path:
    """Where the subject keys of a SQLite database lie."""
    return path.with_name("keys.sqlite" if path.name == DEFAULT_NAME else f"{path.stem}-keys.sqlite")


async def _open_files(path: Path, clock: Clock, times: Times, sealer: Sealer, *, serving: bool) -> Opened:
    try:
        replacing.finish(replacing.folder_for(path))
    except OSError as failure:
        raise Unavailable(f"the restore of {path} from a backup cannot be ended: {failure}") from failure
    _make_file(path)
    store = SqliteStore(path, times, serving=serving)
    try:
        _make_file(keys_path(path))
        beside = SqliteStore(keys_path(path), Times(clock), serving=serving)
    except BaseException:
        await store.close()
        raise
    store.beside.append(beside)
    return Opened(store, StoredKeys(beside, sealer), times)


def _make_file(path: Path) -> None:
    """Make the file for nobody else's eyes; SQLite gives its log the same rights."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as failure:
        raise Unavailable(f"{path} cannot be opened: {failure.strerror}") from failure


async def _look(opened: Opened) -> None:
    """See whether the database is ready and what it is stamped as."""
    if await migrate.needs_migration(opened.store):
        return
    row = await (await opened.store.read()).one(_STAMP, id=DEPLOYMENT_ID)
    if row is not None:
        opened.ready = True
        opened.emulator = opened.times.emulator = bool(row[0])
        opened.generation = opened.times.generation = str(row[1])


async def _stamp(opened: Opened, *, emulator: bool, generation: str) -> None:
    async def work(unit: Unit) -> None:
        unit.write(
            _INSERT,
            id=DEPLOYMENT_ID,
            emulator=emulator,
            generation=generation,
            clock_offset=0,
            worker_on=True,
            scrub_wanted=0,
            scrub_done=0,
            worker_seen=None,
            created_at=to_us(unit.moment.machine),
            feed="",
            feed_position=0,
        )

    try:
        await opened.store.change(work)
    except Duplicate:
        return  # another process was first: its stamp holds
