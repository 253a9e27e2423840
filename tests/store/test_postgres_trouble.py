"""PostgreSQL goes away, comes back, says no; a connection that did not end cleanly is never used again."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest
from sqlalchemy import literal_column, select

from tests.store import rows
from tests.support.postgres import PostgresServer
from tests.support.wanted import Missing
from vestibule.ground.clock import StoppedClock
from vestibule.store import migrate
from vestibule.store.postgres import PostgresStore
from vestibule.store.postgres_line import connection_of
from vestibule.store.postgres_unit import combined
from vestibule.store.statements import Query
from vestibule.store.times import Times
from vestibule.store.unit import Reading, Unavailable, Unit

_SLEEPS = (
    "select exists (select from pg_stat_activity"
    " where state = 'active' and query like '%pg_sleep(60)%' and pid <> pg_backend_pid())"
)
SLEEP = Query(select(literal_column("pg_sleep(60)").label("slept")))


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """A server that these tests may stop."""
    try:
        server = PostgresServer()
    except Missing as missing:
        pytest.skip(str(missing))
    with server:
        yield server


@pytest.fixture
async def store(own_server: PostgresServer) -> AsyncIterator[PostgresStore]:
    url = await asyncio.to_thread(own_server.create_database)
    store = await PostgresStore.open(url, Times(StoppedClock(datetime(2026, 3, 2, tzinfo=UTC))), connections=4)
    await migrate.upgrade(store)
    await rows.put(store, "anna")
    yield store
    await store.close()


async def backends(store: PostgresStore) -> set[int]:
    """The server's processes behind the pool."""
    async with store.pool.acquire() as raw:
        own = await raw.fetchval("select pg_backend_pid()")
        found = await raw.fetch(
            "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'"
        )
    return {row[0] for row in found} | {own}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_a_restart_is_unavailable_and_heals(
    own_server: PostgresServer, store: PostgresStore, how: signal.Signals
) -> None:
    await asyncio.gather(*(rows.raise_version(store, "anna") for _ in range(8)))
    await asyncio.to_thread(own_server.stop, how)
    with pytest.raises(Unavailable):
        await rows.raise_version(store, "anna")
    with pytest.raises(Unavailable):
        await rows.seen(store, "anna")
    with pytest.raises(Unavailable):
        await store.scan(_look)
    with pytest.raises(Unavailable):
        await store.truncate_log()
    await asyncio.to_thread(own_server.start)
    assert await rows.raise_version(store, "anna") == 10
    assert await asyncio.gather(*(rows.seen(store, "anna") for _ in range(8))) == [(10, "present", True)] * 8


async def _look(reading: Reading) -> object:
    return await rows.find(reading, "anna")


async def test_a_restart_in_the_middle_of_everything(own_server: PostgresServer, store: PostgresStore) -> None:
    """Whoever was told that it is done finds it done; whoever was told Unavailable may or may not."""
    done: asyncio.Queue[int] = asyncio.Queue()

    async def busy() -> None:
        while True:
            with suppress(Unavailable):
                done.put_nowait(await rows.raise_version(store, "anna"))
            await asyncio.sleep(0)

    acknowledged: list[int] = []
    workers = [asyncio.create_task(busy()) for _ in range(4)]
    for how in (signal.SIGINT, signal.SIGQUIT):
        acknowledged += [await done.get() for _ in range(40)]
        await asyncio.to_thread(own_server.stop, how)
        await asyncio.to_thread(own_server.start)
    acknowledged += [await done.get() for _ in range(40)]
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    while not done.empty():
        acknowledged.append(done.get_nowait())
    found = await rows.seen(store, "anna")
    assert found is not None
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(range(2, found[0] + 1))


async def test_cancelled_work_costs_its_connection_not_the_next_ones_answer(store: PostgresStore) -> None:
    async def slow(reading: Reading) -> object:
        return await reading.one(SLEEP)

    task = asyncio.create_task(store.scan(slow))
    while not await store.pool.fetchval(_SLEEPS):  # until the server has begun
        assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.gather(*(rows.seen(store, "anna") for _ in range(8))) == [(1, "present", True)] * 8
    with pytest.raises(Unavailable):
        await store.scan(slow, deadline_s=0.2)
    assert await rows.raise_version(store, "anna") == 2


async def test_a_connection_whose_transaction_did_not_end_is_closed(store: PostgresStore) -> None:
    async with store.pool.acquire() as raw:
        before = await raw.fetchval("select pg_backend_pid()")

    async def leave_it_open() -> None:
        async with connection_of(store.pool) as connection:
            assert await connection.fetchval("select pg_backend_pid()") == before
            await connection.execute("BEGIN")
            await connection.execute("UPDATE membership SET stage = 'half'")
            raise ValueError("left")

    with pytest.raises(ValueError, match="left"):
        await leave_it_open()
    assert await rows.seen(store, "anna") == (1, "present", True)
    assert before not in await backends(store)


async def test_a_killed_backend_is_unavailable_once(store: PostgresStore) -> None:
    async def killed(unit: Unit) -> None:
        found = await rows.find(unit, "anna")
        assert found is not None
        async with store.pool.acquire() as raw:
            await raw.fetch("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()")
            with pytest.raises(asyncpg.PostgresError):
                await raw.fetchval("select pg_terminate_backend(pg_backend_pid())")
        await rows.until_lines(store.pool, 0)
        rows.save(unit, "anna", found[0])

    await store.change(killed)  # the connection is made anew; nothing was under way on the old one
    assert await rows.seen(store, "anna") == (2, "present", True)


async def test_a_server_that_only_reads_is_unavailable_for_changes(store: PostgresStore) -> None:
    async with store.pool.acquire() as raw:
        await raw.execute("ALTER DATABASE " + await raw.fetchval("select current_database()") + _READ_ONLY)
    await store.pool.expire_connections()
    with pytest.raises(Unavailable):
        await rows.raise_version(store, "anna")
    assert await rows.seen(store, "anna") == (1, "present", True)


_READ_ONLY = " SET default_transaction_read_only = on"


async def test_a_full_server_is_unavailable(own_server: PostgresServer, store: PostgresStore) -> None:
    url = own_server.url(await _name(store))
    async with store.pool.acquire() as raw:
        await raw.execute(f'ALTER DATABASE "{await _name(store)}" CONNECTION LIMIT 1')
        await raw.execute("CREATE ROLE plain LOGIN")
    with pytest.raises(Unavailable, match="too many connections"):
        await PostgresStore.open(url.replace("vestibule@", "plain@"), store.times)


async def _name(store: PostgresStore) -> str:
    return str(await store.pool.fetchval("select current_database()"))


def _writes(*parts: tuple[Any, int | None]) -> str | None:
    return combined(tuple(parts))


def test_writes_to_different_tables_are_one_statement() -> None:
    sql = _writes((rows.UNCHANGED, 1), (rows.SAVE, 1), (rows.PUT_OCTETS, 1))
    assert sql is not None
    assert sql.count(" RETURNING 1)") == 2
    assert sql.endswith(
        "SELECT 1 / (CASE WHEN (SELECT count(*) FROM w0) = 1 AND (SELECT count(*) FROM w1) = 1 "
        "AND (SELECT count(*) FROM w2) >= 0 THEN 1 ELSE 0 END)"
    )
    numbers = [f"${number}" for number in range(1, 14)]
    assert all(number in sql for number in numbers)


def test_a_change_that_would_have_to_see_another_goes_alone() -> None:
    assert _writes((rows.PUT, 1), (rows.PUT, 1)) is not None
    assert _writes((rows.DROP, 1), (rows.PUT, 1)) is not None
    assert _writes((rows.PUT, 1), (rows.SAVE, 1)) is None
    assert _writes((rows.SAVE, 1), (rows.DROP, None)) is None
    assert _writes(*[(rows.PUT, 1)] * 25) is None
