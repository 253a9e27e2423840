"""PostgreSQL through asyncpg: reads on their own, all writes of a unit as one statement.

A unit reads without locks and collects its writes. At the end they become one statement, a chain of ``WITH``
parts, which PostgreSQL carries out as one transaction: one round trip, whatever the verb writes. Every part that
has to touch a certain number of rows is counted; when a count is off the statement divides by zero, so nothing
of it stays, and the work runs again on what is there now. That is what versions in the ``WHERE`` are for.

A unit with very many writes (an import, a purge of thousands) runs them in a transaction instead.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any, Final, TypeVar

import asyncpg

from vestibule.store.statements import Change, Guard, Query, Row
from vestibule.store.times import DEPLOYMENT, Times
from vestibule.store.unit import Duplicate, Moment, Pending, Stale, Unavailable, Write

T = TypeVar("T")

TRIES: Final = 60
COMBINE_AT_MOST: Final = 24
_PARAMETER: Final = re.compile(r"\$(\d+)")
_GONE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.TooManyConnectionsError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    OSError,
    TimeoutError,
)
_AGAIN: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError)


class PostgresReading:
    """Reads, each a statement of its own on a connection of the pool."""

    def __init__(self, pool: "asyncpg.Pool[Any]", moment: Moment) -> None:
        """Bind the pool to a moment."""
        self._pool = pool
        self.moment = moment

    @property
    def now(self) -> Any:
        """Lifecycle time."""
        return self.moment.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        """The first row, or None."""
        compiled = query.for_postgresql
        row: Row | None = await self._pool.fetchrow(compiled.sql, *compiled.arguments(parameters))
        return row

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        """Every row."""
        compiled = query.for_postgresql
        rows: list[Row] = await self._pool.fetch(compiled.sql, *compiled.arguments(parameters))
        return rows


class PostgresUnit(PostgresReading, Pending):  # type: ignore[misc] # ``moment`` is an attribute in both
    """A unit of work: unlocked reads, then one guarded statement."""

    def __init__(self, pool: "asyncpg.Pool[Any]", moment: Moment) -> None:
        """Bind the pool to a moment, with nothing written yet."""
        PostgresReading.__init__(self, pool, moment)
        self.writes = []

    async def flush(self) -> None:
        """Carry out the collected writes together. Raises Stale when a guard failed, Duplicate for a taken name."""
        if not self.writes:
            return
        try:
            if len(self.writes) <= COMBINE_AT_MOST:
                await self._flush_as_one()
            else:
                await self._flush_in_transaction()
        except asyncpg.DivisionByZeroError as off:
            raise Stale from off
        except asyncpg.UniqueViolationError as taken:
            raise Duplicate(taken.constraint_name or "") from taken

    async def _flush_as_one(self) -> None:
        sql = combined(tuple((write.statement, write.rows) for write in self.writes))
        arguments: list[Any] = []
        for write in self.writes:
            arguments += write.statement.for_postgresql.arguments(write.parameters)
        await self._pool.fetchval(sql, *arguments)

    async def _flush_in_transaction(self) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            for write in self.writes:
                await _carry_out(connection, write)


class PostgresStore:
    """One PostgreSQL database.

    Args:
        pool: connections, kept without a reset between uses.
        times: where moments come from.
    """

    dialect = "postgresql"
    checkpoints = False

    def __init__(self, pool: "asyncpg.Pool[Any]", times: Times) -> None:
        """Keep the pool."""
        self.pool = pool
        self.times = times

    @classmethod
    async def open(cls, url: str, times: Times, *, connections: int = 16) -> "PostgresStore":
        """Connect. Raises Unavailable when nobody answers at ``url``."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=connections,
                statement_cache_size=2048,
                max_cached_statement_lifetime=0,
                command_timeout=30,
                reset=_keep_as_it_is,
                server_settings={"application_name": "vestibule", "timezone": "UTC", "jit": "off"},
            )
        except (*_GONE, asyncpg.PostgresError) as failure:
            raise Unavailable(f"PostgreSQL cannot be reached: {failure}") from failure
        return cls(pool, times)

    async def moment(self) -> Moment:
        """What time it is."""
        if not self.times.emulator:
            return self.times.plain()
        return self.times.pushed(await self.pool.fetchrow(DEPLOYMENT.for_postgresql.sql, 1))

    async def read(self) -> PostgresReading:
        """Reads of this moment, from the primary only."""
        try:
            return PostgresReading(self.pool, await self.moment())
        except _GONE as failure:
            raise Unavailable(f"PostgreSQL cannot be reached: {failure}") from failure

    async def scan(self, work: Callable[[PostgresReading], Awaitable[T]]) -> T:
        """Long reads; the driver already waits off the loop."""
        return await work(await self.read())

    async def change(self, work: Callable[[PostgresUnit], Awaitable[T]]) -> T:
        """Run ``work`` in a unit and commit it, again when what it read has changed meanwhile.

        Raises what the work raises, Unavailable when the database is away or too busy, and Duplicate for a name
        that is still taken after a second look.
        """
        taken = 0
        for attempt in range(TRIES):
            try:
                unit = PostgresUnit(self.pool, await self.moment())
                result = await work(unit)
                await unit.flush()
            except (Stale, *_AGAIN):
                await asyncio.sleep(min(0.001 * attempt, 0.05))
            except Duplicate:
                taken += 1
                if taken > 2:  # noqa: PLR2004 - a second look decides; the work itself names what is taken
                    raise
            except _GONE as failure:
                raise Unavailable(f"PostgreSQL is away: {failure}") from failure
            else:
                return result
        raise Unavailable("too many changes of the same thing at once")

    async def execute_script(self, script: str) -> None:
        """Run SQL as it is, in one transaction (migrations)."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(script)

    async def truncate_log(self) -> bool:
        """Take dead rows off the pages after an erasure (the write-ahead log is recycled by the server itself)."""
        async with self.pool.acquire() as connection:
            await connection.execute("VACUUM")
        return True

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()


async def _keep_as_it_is(_connection: Any) -> None:
    """Nothing is left on a connection: every unit is a single statement or a closed transaction."""


async def _carry_out(connection: Any, write: Write) -> None:
    compiled = write.statement.for_postgresql
    status: str = await connection.execute(compiled.sql, *compiled.arguments(write.parameters))
    counted = isinstance(write.statement, Guard) or write.statement.counted
    if write.rows is not None and counted and int(status.rsplit(" ", 1)[-1]) != write.rows:
        raise Stale


@lru_cache(maxsize=4096)
def combined(writes: tuple[tuple[Change | Guard, int | None], ...]) -> str:
    """One statement that carries out all of them, or none.

    Every part becomes ``wN AS (…)``; the counted ones return a row per row touched. The last line compares the
    counts and divides by zero when one is off, which undoes the whole statement.
    """
    parts: list[str] = []
    checks: list[str] = []
    shift = 0
    for number, (statement, rows) in enumerate(writes):
        compiled = statement.for_postgresql
        sql = _PARAMETER.sub(lambda found, by=shift: f"${int(found[1]) + by}", compiled.sql)
        shift += len(compiled.order)
        if isinstance(statement, Guard):
            checks.append(f"(SELECT count(*) FROM w{number}) = {rows}")
        elif statement.counted and rows is not None:
            sql += " RETURNING 1"
            checks.append(f"(SELECT count(*) FROM w{number}) = {rows}")
        parts.append(f"w{number} AS ({sql})")
    check = " AND ".join(checks) or "true"
    return f"WITH {', '.join(parts)} SELECT 1 / (CASE WHEN {check} THEN 1 ELSE 0 END)"
