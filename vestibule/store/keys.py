"""The store of subject keys: what opens the personal parts of audit events, and nothing else.

It lies outside the main backup: a file of its own beside a SQLite database, a schema of its own in PostgreSQL. A key
is stored wrapped, under a random id that says nothing of whose it is. Destroying it makes every ciphertext under it
unreadable, in every backup of the main database too.

Two stores do not commit as one. So a key is created, durably, before the first event that uses it is written, and
destroyed before the rows that mention it go; whatever falls between is an orphan, and ``sweep`` destroys it.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import MetaData, Table, delete, select

from vestibule.ground.clock import to_us
from vestibule.ground.sealing import Sealer
from vestibule.store.bulk import Step, emptying, filling
from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import subject_key
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Change, Query, among, given, inserting
from vestibule.store.unit import Reading, Unit

KEYS_SCHEMA: Final = "vestibule_keys"
AT_A_TIME: Final = 500

SCRIPTS: Final = {
    "sqlite": """
        CREATE TABLE IF NOT EXISTS subject_key (
            key_id TEXT NOT NULL PRIMARY KEY,
            wrapped BLOB NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
    """,
    "postgresql": f"""
        SELECT pg_advisory_xact_lock(8600251107);
        CREATE SCHEMA IF NOT EXISTS {KEYS_SCHEMA};
        CREATE TABLE IF NOT EXISTS {KEYS_SCHEMA}.subject_key (
            key_id TEXT NOT NULL PRIMARY KEY,
            wrapped BYTEA NOT NULL,
            created_at BIGINT NOT NULL
        );
    """,
}
"""What makes the table, once. It has stayed the same since the first version."""


class SubjectKeys(Protocol):
    """Where subject keys are kept."""

    async def create(self, key_id: str) -> bytes:
        """A new random key of 32 octets, kept durably before it is returned. Raises Duplicate for an id in use."""

    async def find(self, key_id: str) -> bytes | None:
        """The key, or None when it was destroyed. Raises CannotOpen when it was wrapped with another key."""

    async def find_many(self, key_ids: Collection[str]) -> dict[str, bytes]:
        """Those keys that still exist, by id."""

    async def destroy(self, key_ids: Iterable[str]) -> None:
        """Delete keys for ever, durably before it returns; ids without a key are no error."""

    async def all_ids(self) -> set[str]:
        """The ids of all keys."""

    async def ids_between(self, since: datetime, before: datetime) -> list[str]:
        """The ids of keys created from ``since`` on and before ``before`` (machine time)."""

    async def make_anew(self, key_ids: Iterable[str]) -> None:
        """A new key under each of these ids, whose old one is lost: what that one closed stays closed."""

    async def export(self) -> list[tuple[str, bytes, int]]:
        """Every row as it is stored, wrapped: (id, wrapped key, created at)."""

    async def import_(self, rows: Iterable[tuple[str, bytes, int]]) -> None:
        """Replace everything by what ``export`` gave."""


class StoredKeys:
    """Subject keys in a table of either database.

    Args:
        store: the store that holds the table; its times are plain machine time.
        sealer: wraps keys with the deployment's key.
    """

    def __init__(self, store: SqliteStore | PostgresStore, sealer: Sealer) -> None:
        """Bind a store and a sealer."""
        self.store = store
        self._sealer = sealer
        self._says = _STATEMENTS[store.dialect]

    async def create_table(self) -> None:
        """Make the table if it is not there."""
        await self.store.execute_script(SCRIPTS[self.store.dialect])

    async def create(self, key_id: str) -> bytes:
        """A new random key of 32 octets, kept durably before it is returned. Raises Duplicate for an id in use."""
        key = self._sealer.new_key()
        wrapped = self._sealer.wrap(key)

        async def work(unit: Unit) -> None:
            unit.write(self._says.insert, key_id=key_id, wrapped=wrapped, created_at=to_us(unit.moment.machine))

        await self.store.change(work)
        return key

    async def find(self, key_id: str) -> bytes | None:
        """The key, or None when it was destroyed. Raises CannotOpen when it was wrapped with another key."""
        reading: Reading = await self.store.read()
        row = await reading.one(self._says.find, key_id=key_id)
        return None if row is None else self._sealer.unwrap(row[0])

    async def find_many(self, key_ids: Collection[str]) -> dict[str, bytes]:
        """Those keys that still exist, by id."""
        reading: Reading = await self.store.read()
        rows = await reading.all(self._says.find_many, key_ids=list(key_ids))
        return {key_id: self._sealer.unwrap(wrapped) for key_id, wrapped in rows}

    async def destroy(self, key_ids: Iterable[str]) -> None:
        """Delete keys for ever, durably before it returns; ids without a key are no error.

        Old pages still hold them until the store's ``truncate_log``.
        """
        ids = list(key_ids)

        async def work(unit: Unit) -> None:
            unit.write(self._says.destroy, rows=None, key_ids=ids)

        if ids:
            await self.store.change(work)

    async def all_ids(self) -> set[str]:
        """The ids of all keys."""
        return {row[0] for row in await self._scan(self._says.all_ids)}

    async def ids_between(self, since: datetime, before: datetime) -> list[str]:
        """The ids of keys created from ``since`` on and before ``before`` (machine time)."""
        return [row[0] for row in await self._scan(self._says.ids_between, since=to_us(since), before=to_us(before))]

    async def make_anew(self, key_ids: Iterable[str]) -> None:
        """A new key under each of these ids, whose old one is lost: what that one closed stays closed."""
        at = to_us((await self.store.moment()).machine)
        rows = [(key_id, self._sealer.wrap(self._sealer.new_key()), at) for key_id in key_ids]
        if rows:
            await self.store.run_steps([filling(self._says.table, self.store.dialect, rows)])

    async def export(self) -> list[tuple[str, bytes, int]]:
        """Every row as it is stored, wrapped: (id, wrapped key, created at)."""
        return [(row[0], row[1], row[2]) for row in await self._scan(self._says.rows)]

    async def import_(self, rows: Iterable[tuple[str, bytes, int]]) -> None:
        """Replace everything by what ``export`` gave."""
        dialect, table = self.store.dialect, self._says.table
        steps: list[Step] = [emptying(table, dialect), filling(table, dialect, list(rows))]
        await self.store.run_steps(steps)

    async def _scan(self, query: Query, **parameters: Any) -> list[Any]:
        async def work(reading: Reading) -> list[Any]:
            return list(await reading.all(query, **parameters))

        return await self.store.scan(work)


async def sweep(
    keys: SubjectKeys, mentioned: Callable[[list[str]], Awaitable[set[str]]], *, since: datetime, before: datetime
) -> set[str]:
    """Destroy keys that nothing mentions; returns their ids. A key that was mentioned once is destroyed by name.

    Args:
        keys: the store of keys.
        mentioned: which of these ids rows of the main database mention.
        since, before: machine time; a key made later may be about to be used for the first time.
    """
    made = await keys.ids_between(since, before)
    orphans: set[str] = set()
    for first in range(0, len(made), AT_A_TIME):
        some = made[first : first + AT_A_TIME]
        orphans |= set(some) - await mentioned(some)
    await keys.destroy(sorted(orphans))
    return orphans


class _Statements:
    """The statements on one of the two tables."""

    def __init__(self, table: Table) -> None:
        columns = table.c
        self.table = table
        self.insert = inserting(table)
        self.find = Query(select(columns.wrapped).where(columns.key_id == given("key_id")))
        self.find_many = Query(select(columns.key_id, columns.wrapped).where(among(columns.key_id, "key_ids")))
        self.destroy = Change(delete(table).where(among(columns.key_id, "key_ids")))
        self.all_ids = Query(select(columns.key_id))
        self.ids_between = Query(
            select(columns.key_id).where(columns.created_at >= given("since"), columns.created_at < given("before"))
        )
        self.rows = Query(select(columns.key_id, columns.wrapped, columns.created_at).order_by(columns.key_id))


_STATEMENTS: Final = {
    "sqlite": _Statements(subject_key),
    "postgresql": _Statements(subject_key.to_metadata(MetaData(), schema=KEYS_SCHEMA)),
}
