"""PostgreSQL through asyncpg: reads on their own, all writes of a unit as one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeVar

import asyncpg

from vestibule.store.bulk import Step
from vestibule.store.postgres_line import ask, connection_of, holding
from vestibule.store.postgres_unit import AGAIN, PostgresReading, PostgresUnit, told_apart
from vestibule.store.schema import keys_metadata, metadata
from vestibule.store.times import DEPLOYMENT, Times
from vestibule.store.unit import Duplicate, Moment, Stale, Unavailable

T = TypeVar("T")

TRIES: Final = 60
LOOKS_AT_A_TAKEN_NAME: Final = 3
SCAN_DEADLINE_S: Final = 60.0
_LONG_S: Final = 3600.0
_SETTINGS: Final = {
    "application_name": "vestibule",
    "timezone": "UTC",
    "jit": "off",
    # Pages of lists follow an index and stop. At the cost that a disk with a moving arm would have, PostgreSQL would
    # rather fetch and sort everything first.
    "random_page_cost": "1.1",
    # Every question has its index. A plan that was made while a table was nearly empty would go on reading all of it
    # when it is full, until somebody gathers statistics.
    "enable_seqscan": "off",
}


class PostgresStore:
    """One PostgreSQL database.

    Args:
        pool: connections, kept without a reset between uses.
        times: where moments come from.
    """

    dialect = "postgresql"

    def __init__(self, pool: "asyncpg.Pool[Any]", times: Times) -> None:
        """Keep the pool."""
        self.pool = pool
        self.times = times
        self._second_tries = asyncio.Lock()

    @classmethod
    async def open(cls, url: str, times: Times, *, connections: int = 16) -> "PostgresStore":
        """Connect. Raises Unavailable when nobody answers at ``url``, or not to us."""
        try:
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=connections,
                statement_cache_size=2048,
                max_cached_statement_lifetime=0,
                command_timeout=30,
                timeout=10,
                reset=_keep_as_it_is,
                server_settings=_SETTINGS,
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, ValueError) as failure:
            raise Unavailable(f"PostgreSQL cannot be reached: {str(failure) or type(failure).__name__}") from failure
        return cls(pool, times)

    async def moment(self) -> Moment:
        """What time it is. Raises Unavailable when the server is away."""
        if not self.times.emulator:
            return self.times.plain()
        with told_apart():
            return self.times.pushed(await ask(self.pool, "fetchrow", DEPLOYMENT.for_postgresql.sql, (1,)))

    def holding(self) -> AbstractAsyncContextManager[Callable[[], Awaitable[None]]]:
        """Whatever is read and changed inside, one thing after the other, goes over one connection.

        Gives a function that gives it back early: call it before waiting for somebody who may be slow.
        """
        return holding(self.pool)

    async def read(self) -> PostgresReading:
        """Reads of this moment, from the primary only."""
        return PostgresReading(self.pool, await self.moment())

    async def scan(
        self, work: Callable[[PostgresReading], Awaitable[T]], *, deadline_s: float | None = SCAN_DEADLINE_S
    ) -> T:
        """Long reads (scans, exports, counts), all of one snapshot. Raises Unavailable after ``deadline_s`` seconds."""
        moment = await self.moment()
        with told_apart():
            async with (
                asyncio.timeout(deadline_s),
                connection_of(self.pool) as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await work(PostgresReading(connection, moment))

    async def change(self, work: Callable[[PostgresUnit], Awaitable[T]]) -> T:
        """Run ``work`` in a unit and commit it, again when what it read has changed meanwhile.

        Raises what the work raises, Unavailable when the database is away, Stale when it keeps changing, and
        Duplicate for a name that is still taken after another look.
        """
        failure: Exception
        try:
            return await self._once(work)
        except (Stale, Duplicate, *AGAIN) as first:
            failure = first
        taken = int(isinstance(failure, Duplicate))
        # One at a time: whoever lost a race does not have to race against all other losers again.
        async with self._second_tries:
            for _ in range(TRIES):
                try:
                    return await self._once(work)
                except (Stale, *AGAIN) as next_one:
                    failure = next_one
                except Duplicate as still:
                    failure = still
                    taken += 1
                    if taken == LOOKS_AT_A_TAKEN_NAME:
                        raise
        if isinstance(failure, Duplicate):
            raise failure
        raise Stale("too many changes of the same thing at once") from failure

    async def _once(self, work: Callable[[PostgresUnit], Awaitable[T]]) -> T:
        async with self.holding():
            unit = PostgresUnit(self.pool, await self.moment())
            result = await work(unit)
            await unit.flush()
        return result

    async def execute_script(self, script: str) -> None:
        """Run SQL as it is, in one transaction (migrations)."""
        with told_apart():
            async with connection_of(self.pool) as connection, connection.transaction():
                await connection.execute(script, timeout=_LONG_S)

    async def run_steps(self, steps: Sequence[Step]) -> None:
        """Run steps in one transaction, whole tables at once."""
        with told_apart():
            async with connection_of(self.pool) as connection, connection.transaction():
                for step in steps:
                    if step.rows is None:
                        await connection.execute(step.sql, timeout=_LONG_S)
                    else:
                        await connection.executemany(step.sql, step.rows, timeout=_LONG_S)

    async def truncate_log(self, *, whole: bool = False) -> bool:
        """Take dead rows off the pages after an erasure (the write-ahead log is recycled by the server itself).

        Their octets stay in the free space of pages until the server writes there again. ``whole``: every table and
        index is written anew, without them; each is locked meanwhile, for as long as copying it takes.
        """
        tables = [f'"{name}"' for name in metadata.tables]
        tables += [f'vestibule_keys."{name}"' for name in keys_metadata.tables]
        with told_apart():
            async with connection_of(self.pool) as connection:
                if not whole:
                    await connection.execute(f"VACUUM {', '.join(tables)}", timeout=_LONG_S)
                for table in tables if whole else []:
                    await connection.execute(f"VACUUM (FULL) {table}", timeout=_LONG_S)
        return True

    async def close(self) -> None:
        """Close every connection."""
        await self.pool.close()


async def _keep_as_it_is(_connection: Any) -> None:
    """Nothing is left on a connection: every unit is a single statement or a closed transaction."""


__all__ = ["PostgresReading", "PostgresStore", "PostgresUnit"]
