"""Reads and units of work on one SQLite connection, and how such a connection is set up.

Work functions are coroutines, so that the same action runs on both databases. Here nothing ever waits, so a
coroutine is driven by hand, without an event loop.
"""

from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeVar

import apsw

from vestibule.store import columns
from vestibule.store.bulk import Step
from vestibule.store.schema import keys_metadata, metadata
from vestibule.store.statements import Guard, Query, Row
from vestibule.store.unit import Duplicate, Moment, Pending, Stale, Unavailable

T = TypeVar("T")

_COUNT_UNIT: Final = "UPDATE deployment SET feed_position = feed_position + 1 WHERE id = 1"
BUSY_MS: Final = 30_000
STATEMENTS: Final = 512
OUT_OF_ORDER: Final = (
    apsw.BusyError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.FullError,
    apsw.InterruptError,
    apsw.IOError,
    apsw.LockedError,
    apsw.NoMemError,
    apsw.NotADBError,
    apsw.PermissionsError,
    apsw.ReadOnlyError,
)
"""Errors that are about the file or the machine, never about what was asked."""


class SqliteReading:
    """Reads on one connection, each statement on its own."""

    def __init__(self, connection: apsw.Connection, moment: Moment) -> None:
        """Bind a connection to a moment."""
        self._execute = connection.execute
        self.moment = moment

    @property
    def now(self) -> datetime:
        """Lifecycle time."""
        return self.moment.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        """The first row, or None. Raises Unavailable when the file cannot be read."""
        compiled = query.for_sqlite
        try:
            cursor = self._execute(compiled.sql, compiled.arguments(parameters))
            row: Row | None = cursor.fetchone()
            cursor.close()  # an open statement would hold its snapshot, and with it the write-ahead log
        except OUT_OF_ORDER as failure:
            raise unavailable(failure) from failure
        return row

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        """Every row. Raises Unavailable when the file cannot be read."""
        compiled = query.for_sqlite
        try:
            rows: list[Row] = list(self._execute(compiled.sql, compiled.arguments(parameters)))
        except OUT_OF_ORDER as failure:
            raise unavailable(failure) from failure
        return rows


class SqliteUnit(SqliteReading, Pending):
    """A unit of work inside the writer's transaction."""

    def __init__(self, connection: apsw.Connection, moment: Moment) -> None:
        """Bind a connection to a moment, with nothing written yet."""
        SqliteReading.__init__(self, connection, moment)
        self.writes = []
        self._connection = connection

    def flush(self) -> None:
        """Carry out the collected writes, in order. Raises Stale when one touched another number of rows."""
        if any(not isinstance(one.statement, Guard) and one.statement.for_sqlite.counts for one in self.writes):
            self._execute(_COUNT_UNIT)
        for pending in self.writes:
            if isinstance(pending.statement, Guard):
                continue
            compiled = pending.statement.for_sqlite
            self._execute(compiled.sql, compiled.arguments(pending.parameters))
            if pending.rows is not None and pending.statement.counted and self._connection.changes() != pending.rows:
                raise Stale

    def run_script(self, script: str) -> None:
        """Run statements as they are, now."""
        self._execute(script).fetchall()

    def run_steps(self, steps: Sequence[Step]) -> None:
        """Run steps, now."""
        for step in steps:
            if step.rows is None:
                self.run_script(step.sql)
            else:
                self._connection.executemany(step.sql, step.rows)


def open_reader(path: str) -> apsw.Connection:
    """A connection that only reads."""
    connection = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=STATEMENTS)
    _prepare(connection)
    return connection


def open_writer(path: str, *, checkpoints: bool) -> apsw.Connection:
    """A connection that writes, durably, and overwrites what it deletes.

    Args:
        path: the file, which is made when it is not there.
        checkpoints: closing the last connection checkpoints and removes the write-ahead log.
    """
    connection = apsw.Connection(path, statementcachesize=STATEMENTS)
    _prepare(connection)
    # One by one: apsw runs a script only as far as the first row that nobody fetches.
    connection.pragma("journal_mode", "WAL")
    connection.pragma("synchronous", "FULL")
    connection.pragma("secure_delete", True)
    connection.pragma("wal_autocheckpoint", 0)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0 if checkpoints else 1)
    return connection


def _prepare(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(BUSY_MS)
    # Else this SQLite, which is built with STAT4, plans a join anew for every value that is bound to it: a look-up of
    # a membership took 50 microseconds instead of 15. It never has the statistics that such a plan would rest on.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.pragma("temp_store", 2)  # in memory: nothing of anybody in temporary files
    connection.pragma("mmap_size", 0)
    connection.pragma("cache_size", -65_536)
    columns.install(connection)


def drive(work: Awaitable[T]) -> T:
    """Run a coroutine that never waits. Raises RuntimeError when it awaits anything but its unit."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    msg = "work inside a unit may only await the unit's own methods"
    raise RuntimeError(msg)


@contextmanager
def one_snapshot(connection: apsw.Connection) -> Iterator[None]:
    """All reads inside see the database as it was at the first of them."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def unavailable(failure: Exception) -> Unavailable:
    """What the caller is told about an error that is not theirs."""
    return Unavailable(f"the database cannot be used: {failure}")


def duplicate(broken: apsw.ConstraintError) -> Exception:
    """A broken unique index as Duplicate, by the index's name; any other constraint as it is."""
    code: int = broken.extendedresult  # type: ignore[attr-defined] # set on every error of apsw, says its manual
    if code not in {apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY}:
        return broken
    listed = str(broken).removeprefix("UNIQUE constraint failed: ")
    return Duplicate(_INDEXES.get(listed, listed))


def _unique_indexes() -> dict[str, str]:
    """What SQLite says (table.column, table.column), to the name that PostgreSQL gives the same index."""
    found: dict[str, str] = {}
    for table in (*metadata.tables.values(), *keys_metadata.tables.values()):
        found[", ".join(f"{table.name}.{column.name}" for column in table.primary_key)] = f"{table.name}_pkey"
        for index in table.indexes:
            if index.unique:
                found[", ".join(f"{table.name}.{column.name}" for column in index.columns)] = str(index.name)
    return found


_INDEXES: Final = _unique_indexes()
