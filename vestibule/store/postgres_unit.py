"""Reads and units of work on PostgreSQL.

A unit reads without locks and collects its writes. At the end they become one statement, a chain of ``WITH``
parts, which PostgreSQL carries out as one transaction: one round trip, whatever the verb writes. Every part is
counted; when a count is off the statement divides by zero, so nothing of it stays, and the work runs again on what
is there now. That is what versions in the ``WHERE`` are for.

The parts of such a statement do not see each other's work. A unit that changes the same table twice, or with very
many writes (an import, a purge of thousands), therefore runs them one after the other in a transaction.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import asyncpg
from sqlalchemy import Delete, Update

from vestibule.store.postgres_line import ask, connection_of, nothing_was_sent
from vestibule.store.statements import Change, Compiled, Guard, Query, Row
from vestibule.store.unit import Duplicate, Moment, Pending, Stale, Unavailable, Write

COMBINE_AT_MOST: Final = 24
_PARAMETER: Final = re.compile(r"\$(\d+)")
AGAIN: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)
_MISTAKES: Final = (
    asyncpg.DataError,
    asyncpg.UnsupportedClientFeatureError,
    asyncpg.UnsupportedServerFeatureError,
)
_AWAY: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresSystemError,
    OSError,
    TimeoutError,
)


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn what says that the server is away, too busy or read-only into Unavailable, and a taken name into Duplicate.

    Our own mistakes stay what they are.
    """
    try:
        yield
    except asyncpg.UniqueViolationError as taken:
        raise Duplicate(taken.constraint_name or "") from taken
    except _MISTAKES:
        raise
    except _AWAY as failure:
        raise Unavailable(f"PostgreSQL cannot be used: {str(failure) or type(failure).__name__}") from failure


class PostgresReading:
    """Reads, each a statement of its own.

    Args:
        source: the pool, or one connection inside a transaction.
        moment: the time that holds for all of them.
    """

    def __init__(self, source: Any, moment: Moment) -> None:
        """Bind a source of rows to a moment."""
        self._source = source
        self.moment = moment

    @property
    def now(self) -> datetime:
        """Lifecycle time."""
        return self.moment.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        """The first row, or None. Raises Unavailable when the server is away."""
        compiled = query.for_postgresql
        with told_apart():
            row: Row | None = await ask(self._source, "fetchrow", compiled.sql, compiled.arguments(parameters))
        return row

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        """Every row. Raises Unavailable when the server is away."""
        compiled = query.for_postgresql
        with told_apart():
            rows: list[Row] = await ask(self._source, "fetch", compiled.sql, compiled.arguments(parameters))
        return rows


class PostgresUnit(PostgresReading, Pending):
    """A unit of work: unlocked reads, then one guarded statement."""

    def __init__(self, pool: "asyncpg.Pool[Any]", moment: Moment) -> None:
        """Bind the pool to a moment, with nothing written yet."""
        PostgresReading.__init__(self, pool, moment)
        self.writes = []
        self._pool = pool

    async def flush(self) -> None:
        """Carry out the collected writes together.

        Raises Stale when a guard failed, Duplicate for a taken name, Unavailable when the server is away (then
        nobody knows whether they were carried out).
        """
        if not self.writes:
            return
        try:
            with told_apart():
                await self._carry_out()
        except asyncpg.DivisionByZeroError as off:
            raise Stale from off

    async def _carry_out(self) -> None:
        # Guards take their locks first: a row that this unit changes could not be locked by it any more.
        writes = sorted(self.writes, key=lambda write: not isinstance(write.statement, Guard))
        sql = combined(tuple((write.statement, write.rows) for write in writes))
        try:
            await self._send(sql, writes)
        except asyncpg.InternalClientError as failure:
            if not nothing_was_sent(failure):
                raise
            await self._send(sql, writes)

    async def _send(self, sql: str | None, writes: list[Write]) -> None:
        async with connection_of(self._pool) as connection:
            if sql is None:
                async with connection.transaction():
                    for write in writes:
                        await _carry_out_one(connection, write)
            else:
                arguments: list[Any] = []
                for write in writes:
                    arguments += write.statement.for_postgresql.arguments(write.parameters)
                await connection.fetchval(sql, *arguments)


async def _carry_out_one(connection: Any, write: Write) -> None:
    compiled = write.statement.for_postgresql
    status: str = await connection.execute(compiled.sql, *compiled.arguments(write.parameters))
    if _is_counted(write.statement, write.rows) and int(status.rsplit(" ", 1)[-1]) != write.rows:
        raise Stale


def _is_counted(statement: Change | Guard, rows: int | None) -> bool:
    return rows is not None and (isinstance(statement, Guard) or statement.counted)


@lru_cache(maxsize=4096)
def combined(writes: tuple[tuple[Change | Guard, int | None], ...]) -> str | None:
    """One statement that carries out all of them in this order, or none; None when they have to go one by one.

    Every part becomes ``wN AS (… RETURNING 1)``. The last line counts each part's rows, which also makes PostgreSQL
    run the parts in their order, and divides by zero when a count is off, which undoes the whole statement.
    """
    if len(writes) > COMBINE_AT_MOST or _looks_back(writes):
        return None
    parts: list[str] = []
    checks: list[str] = []
    shift = 0
    for number, (statement, rows) in enumerate(writes):
        compiled = statement.for_postgresql
        returning = "" if isinstance(statement, Guard) else " RETURNING 1"
        parts.append(f"w{number} AS ({_shifted(compiled, shift)}{returning})")
        wanted = f"= {rows}" if _is_counted(statement, rows) else ">= 0"
        checks.append(f"(SELECT count(*) FROM w{number}) {wanted}")
        shift += len(compiled.order)
    return f"WITH {', '.join(parts)} SELECT 1 / (CASE WHEN {' AND '.join(checks)} THEN 1 ELSE 0 END)"


def _shifted(compiled: Compiled, by: int) -> str:
    def replaced(found: re.Match[str]) -> str:
        return f"${int(found[1]) + by}"

    return _PARAMETER.sub(replaced, compiled.sql)


def _looks_back(writes: tuple[tuple[Change | Guard, int | None], ...]) -> bool:
    """An update or delete comes after another write to its table, which it would have to see."""
    written: set[Any] = set()
    for statement, _ in writes:
        table = getattr(statement.construct, "table", None)
        if isinstance(statement, Guard):
            continue
        if isinstance(statement.construct, Update | Delete) and table in written:
            return True
        written.add(table)
    return False
