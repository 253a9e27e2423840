"""A house to act in: a real database of either kind, empty, with a stopped clock and seeded chance."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import create_mock_engine

from tests.support.postgres import PostgresServer
from vestibule.actions.house import House
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import Clock, StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store.deployments import Deployment
from vestibule.store.keys import KEYS_SCHEMA, StoredKeys
from vestibule.store.migrations.frozen import words_of_profiles
from vestibule.store.postgres import PostgresStore
from vestibule.store.records import Records
from vestibule.store.schema import deployment, metadata
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import POSTGRESQL, SQLITE
from vestibule.store.times import Times
from vestibule.store.unit import Unit

KINDS = ("sqlite", "postgresql")
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PUBLIC_URL = "https://vestibule.example"
_databases: "WeakKeyDictionary[PostgresServer, str]" = WeakKeyDictionary()
_kept: "WeakKeyDictionary[PostgresServer, PostgresStore]" = WeakKeyDictionary()


@asynccontextmanager
async def sqlite_house(folder: Path) -> AsyncIterator[House]:
    """A house on two SQLite files in ``folder``."""
    clock = StoppedClock(START)
    store = SqliteStore(folder / "vestibule.db", Times(clock), serving=True)
    keys = SqliteStore(folder / "keys.db", Times(clock), serving=True)
    try:
        await store.execute_script(_tables("sqlite"))
        yield await _house(store, keys, clock)
    finally:
        await store.close()
        await keys.close()


@asynccontextmanager
async def postgres_house(server: PostgresServer) -> AsyncIterator[House]:
    """A house on a database that belongs to the run; it is emptied first, which is faster than a new one."""
    clock = StoppedClock(START)
    store = await _lent(server, clock)
    try:
        await store.execute_script("".join(f"DELETE FROM {table.name};" for table in metadata.sorted_tables))
        house = await _house(store, store, clock)
        await store.execute_script(f"DELETE FROM {KEYS_SCHEMA}.subject_key")
        yield house
    finally:
        if store.pool.get_idle_size() < store.pool.get_size():
            # Whoever is still busy is waited for here, not in the next test.
            await store.close()


async def _lent(server: PostgresServer, clock: Clock) -> PostgresStore:
    """A store on connections that are kept, with the statements they know: opening them anew costs as much as a test.

    A test that closes its store has them closed; the next one gets others.
    """
    kept = _kept.get(server)
    if kept is None or kept.pool.is_closing():
        url = await asyncio.to_thread(_database, server)
        kept = _kept[server] = await PostgresStore.open(url, Times(clock), connections=8)
    return PostgresStore(kept.pool, Times(clock))


def close_kept() -> None:
    """Drop the connections that were kept, on the loop that they were made on."""
    for store in _kept.values():
        store.pool.terminate()
    _kept.clear()


def _database(server: PostgresServer) -> str:
    if server not in _databases:
        url = server.create_database()
        _prepare(url)
        _databases[server] = url
    return _databases[server]


async def _house(store: SqliteStore | PostgresStore, keys: SqliteStore | PostgresStore, clock: StoppedClock) -> House:
    chance = SeededChance("house")
    sealer = Sealer(chance.octets(32), chance)
    stored = StoredKeys(keys, sealer)
    await stored.create_table()
    await _stamp(store, clock)
    return House(store=store, keys=stored, clock=clock, chance=chance, sealer=sealer, public_url=PUBLIC_URL)


async def _stamp(store: SqliteStore | PostgresStore, clock: StoppedClock) -> None:
    """The one row of a deployment that is no emulator."""
    row = Deployment(1, False, "generation", 0, True, 0, 0, None, clock.now())

    async def work(unit: Unit) -> None:
        Records(deployment, Deployment).insert(unit, row)

    await store.change(work)


def _prepare(url: str) -> None:
    """Fill a database with empty tables. Called in a thread without an event loop."""

    async def fill() -> None:
        store = await PostgresStore.open(url, Times(StoppedClock(START)), connections=1)
        try:
            await store.execute_script(_tables("postgresql"))
        finally:
            await store.close()

    asyncio.run(fill())


@cache
def _tables(dialect: str) -> str:
    statements: list[str] = []
    compiler = SQLITE if dialect == "sqlite" else POSTGRESQL

    def collect(ddl: Any, *_: Any, **__: Any) -> None:
        statements.append(str(ddl.compile(dialect=compiler)))

    metadata.create_all(create_mock_engine(f"{dialect}://", collect), checkfirst=False)
    return ";\n".join([*statements, *words_of_profiles(dialect)]) + ";"
