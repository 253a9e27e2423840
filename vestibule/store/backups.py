"""Every row of a database as a stream, and back: for backups.

Rows go by table and in pieces, as plain values, so that nothing is ever all in memory, and what one kind of database
gave goes into the other. All tables of the main database are of one moment; the subject keys are read after it. A key
is made before the first row that mentions it and destroyed before the last one goes, so every key that the rows of
people who are still there mention is among them.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, select

from vestibule.store import migrate
from vestibule.store.bulk import Step
from vestibule.store.keys import KEYS_SCHEMA, SCRIPTS, StoredKeys
from vestibule.store.opening import Opened
from vestibule.store.postgres import PostgresStore
from vestibule.store.postgres_line import connection_of
from vestibule.store.postgres_unit import told_apart
from vestibule.store.schema import deployment, erasure_journal, keys_metadata, membership, metadata, organization
from vestibule.store.sqlite import SqliteStore
from vestibule.store.sqlite_unit import OUT_OF_ORDER, one_snapshot, open_reader, unavailable
from vestibule.store.statements import Query
from vestibule.store.unit import Reading

Rows = Sequence[Sequence[Any]]
Take = Callable[[str, Rows], None]
"""What is called with a table's name and some of its rows."""

AT_A_TIME: Final = 1_000
PIECES_AT_ONCE: Final = 50
"""So many pieces are written in one transaction: a flush to the disk takes as long as writing a few of them."""
MADE_ANEW: Final = frozenset({"profile_word"})
"""Tables that the database keeps by itself: words of names follow the profiles."""
TABLES: Final[dict[str, Table]] = {str(name): table for name, table in metadata.tables.items() if name not in MADE_ANEW}
KEYS: Final = "subject_key"
_LONG_S: Final = 86_400.0


def columns_of(table: Table) -> list[str]:
    """The names of a table's columns, in the order in which rows have them."""
    return [str(column.name) for column in table.columns]


# --- Out --------------------------------------------------------------------------------------------------------------


async def read_rows(store: SqliteStore | PostgresStore, take: Take) -> None:
    """Hand over every row of the main database, as it was at one moment. Raises Unavailable."""
    await _read(store, [(name, _selecting(table)) for name, table in TABLES.items()], take)


async def read_keys(keys: StoredKeys, take: Take) -> None:
    """Hand over every subject key, wrapped as it is stored. Raises Unavailable."""
    schema = f'"{KEYS_SCHEMA}".' if keys.store.dialect == "postgresql" else ""
    await _read(keys.store, [(KEYS, _selecting(keys_metadata.tables[KEYS], schema))], take)


def _selecting(table: Table, schema: str = "") -> str:
    return f"SELECT {_named(columns_of(table))} FROM {schema}{_quoted(table.name)}"


async def _read(store: SqliteStore | PostgresStore, questions: list[tuple[str, str]], take: Take) -> None:
    if isinstance(store, SqliteStore):
        await asyncio.to_thread(_read_file, store.path, questions, take)
        return
    with told_apart():
        async with (
            connection_of(store.pool) as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            # The store's own connections do not read whole tables from end to end; here that is what is wanted.
            await connection.execute("SET LOCAL enable_seqscan = on; SET LOCAL statement_timeout = 0")
            for name, sql in questions:
                cursor = await connection.cursor(sql, timeout=_LONG_S)
                while rows := await cursor.fetch(AT_A_TIME, timeout=_LONG_S):
                    take(name, [tuple(row) for row in rows])


def _read_file(path: Path, questions: list[tuple[str, str]], take: Take) -> None:
    try:
        with closing(open_reader(str(path))) as connection, one_snapshot(connection):
            for name, sql in questions:
                for rows in _pieces(connection.execute(sql)):
                    take(name, rows)
    except OUT_OF_ORDER as failure:
        raise unavailable(failure) from failure


def _pieces(rows: Iterable[Any]) -> Iterator[list[Any]]:
    some: list[Any] = []
    for row in rows:
        some.append(row)
        if len(some) == AT_A_TIME:
            yield some
            some = []
    if some:
        yield some


# --- In ---------------------------------------------------------------------------------------------------------------


async def fill_file(opened: Opened, revision: str, pieces: Iterable[tuple[str, list[str], Rows]]) -> None:
    """Fill an empty SQLite database with what ``read_rows`` and ``read_keys`` gave.

    The indexes are made when the rows are there: sorting once is less work than finding the place of each row in all
    of them.

    Args:
        opened: an empty database; it stands at ``revision`` afterwards.
        revision: at which the rows were read.
        pieces: table, names of the columns, rows.

    Raises:
        Unavailable: the file cannot be written.
    """
    await migrate.upgrade(opened.store, revision)
    await opened.keys.create_table()
    indexes = _indexes(opened.store.path) if isinstance(opened.store, SqliteStore) else {}
    await opened.store.run_steps([Step(f"DROP INDEX {_quoted(name)}") for name in indexes])
    waiting: list[Step] = []
    last: SqliteStore | PostgresStore = opened.store
    for name, columns, rows in pieces:
        store = opened.keys.store if name == KEYS else opened.store
        if store is not last or len(waiting) == PIECES_AT_ONCE:
            await last.run_steps(waiting)
            waiting, last = [], store
        marks = ", ".join("?" * len(columns))
        waiting.append(Step(f"INSERT INTO {_quoted(name)} ({_named(columns)}) VALUES ({marks})", rows))
    await last.run_steps(waiting)
    for sql in indexes.values():
        await opened.store.run_steps([Step(sql)])


def _indexes(path: Path) -> dict[str, str]:
    """The indexes of the tables that are filled, and how each is made; keys of the tables are none of them."""
    with closing(open_reader(str(path))) as connection:
        found = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' AND sql != ''")
        return {str(name): str(sql) for name, table, sql in found if table not in MADE_ANEW}


async def copy_to_postgres(path: Path, keys: Path, store: PostgresStore, *, replace: bool, count: Take) -> None:
    """Carry two SQLite files at this version's revision into a PostgreSQL database, in one transaction.

    Args:
        path, keys: the files. store: an empty database, or one at this revision whose rows are replaced.
        replace: the latter. count: called with what was written.

    Raises:
        Unavailable: the database is as it was.
    """
    with told_apart():
        async with connection_of(store.pool) as connection, connection.transaction():
            if replace:
                await connection.execute(_emptying(), timeout=_LONG_S)
            else:
                await connection.execute(migrate.script("postgresql", None), timeout=_LONG_S)
                await connection.execute(SCRIPTS["postgresql"], timeout=_LONG_S)
            for table in TABLES.values():
                await _copy(connection, path, table, None, count)
            await _copy(connection, keys, keys_metadata.tables[KEYS], KEYS_SCHEMA, count)
            if replace:
                await connection.execute("ALTER TABLE audit_event ENABLE TRIGGER USER")
    async with connection_of(store.pool) as connection:
        await connection.execute("ANALYZE", timeout=_LONG_S)


def _emptying() -> str:
    tables = [_quoted(name) for name in metadata.tables] + [f'"{KEYS_SCHEMA}".{_quoted(KEYS)}']
    # The log's rows are never changed; the restore of a backup is an exception, as long as its transaction runs.
    return f"ALTER TABLE audit_event DISABLE TRIGGER USER; TRUNCATE {', '.join(tables)};"


async def _copy(connection: Any, path: Path, table: Table, schema: str | None, count: Take) -> None:
    flags = [at for at, column in enumerate(table.columns) if column.info.get("kind") == "flag"]
    with closing(open_reader(str(path))) as reader:
        for rows in _pieces(reader.execute(_selecting(table))):
            some = [_with_flags(row, flags) for row in rows] if flags else rows
            await connection.copy_records_to_table(
                table.name, schema_name=schema, columns=columns_of(table), records=some, timeout=_LONG_S
            )
            count(table.name, rows)


def _with_flags(row: Sequence[Any], flags: list[int]) -> list[Any]:
    """SQLite gives flags as 0 and 1, PostgreSQL wants them true or false."""
    return [bool(value) if at in flags else value for at, value in enumerate(row)]


# --- What a database says of itself -----------------------------------------------------------------------------------

_LIVING_KEYS: Final = tuple(
    Query(select(table.c.subject_key_id).where(table.c.subject_key_id.is_not(None)))
    for table in (organization, membership)
)
_OF_KEYS: Final = Query(
    select(membership.c.tenant_id, membership.c.user_id, membership.c.subject_key_id).where(
        membership.c.subject_key_id.is_not(None)
    )
)
_JOURNAL: Final = Query(select(erasure_journal.c.key_id))
_GENERATION: Final = Query(select(deployment.c.generation))


async def living_keys(reading: Reading) -> set[str]:
    """The ids of the keys of every organization and of everybody who is not erased."""
    return {str(row[0]) for query in _LIVING_KEYS for row in await reading.all(query)}


async def members_by_key(reading: Reading) -> dict[str, tuple[str, str]]:
    """Whose key it is: (organization, user) by the key's id."""
    return {str(key): (str(tenant_id), str(user_id)) for tenant_id, user_id, key in await reading.all(_OF_KEYS)}


async def journalled(reading: Reading) -> tuple[str, set[str]]:
    """The generation of this database, and the keys that it says were destroyed."""
    found = await reading.one(_GENERATION)
    return "" if found is None else str(found[0]), {str(row[0]) for row in await reading.all(_JOURNAL)}


async def journal_of_file(path: Path) -> tuple[str, set[str]]:
    """The same of a SQLite file that nobody serves, and that is about to be replaced. Raises apsw.Error."""
    with closing(open_reader(str(path))) as connection:
        found = connection.execute(_GENERATION.for_sqlite.sql).fetchone()
        return "" if found is None else str(found[0]), {
            str(row[0]) for row in connection.execute(_JOURNAL.for_sqlite.sql)
        }


async def other_connections(store: PostgresStore) -> int:
    """How many connections somebody else of ours has to this database: a server, a worker, a command."""
    sql = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND application_name = 'vestibule' AND pid <> pg_backend_pid()"
    )
    with told_apart():
        async with connection_of(store.pool) as connection:
            return int(await connection.fetchval(sql)) - (store.pool.get_size() - 1)


async def is_empty(store: PostgresStore) -> bool:
    """Whether nothing of ours is in the database."""
    sql = "SELECT to_regclass('alembic_version') IS NULL AND to_regclass($1) IS NULL"
    with told_apart():
        async with connection_of(store.pool) as connection:
            return bool(await connection.fetchval(sql, f"{KEYS_SCHEMA}.{KEYS}"))


def _named(columns: Iterable[str]) -> str:
    return ", ".join(_quoted(one) for one in columns)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
