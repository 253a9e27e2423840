"""One connection for all that a request or a unit asks, and none while it waits for somebody else."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import literal_column, select

from tests.store import rows
from vestibule.ground.clock import StoppedClock
from vestibule.store import migrate
from vestibule.store.postgres import PostgresStore
from vestibule.store.statements import Query
from vestibule.store.times import Times
from vestibule.store.unit import Reading, Unit

BACKEND = Query(select(literal_column("pg_backend_pid()").label("pid")))


@pytest.fixture(scope="module")
def migrated_url(postgres_url: str) -> str:
    async def fill() -> None:
        store = await PostgresStore.open(postgres_url, _times(), connections=1)
        await migrate.upgrade(store)
        await rows.put(store, "anna")
        await store.close()

    asyncio.run(fill())
    return postgres_url


@pytest.fixture
async def store(migrated_url: str) -> AsyncIterator[PostgresStore]:
    """A store with no more than two connections."""
    store = await PostgresStore.open(migrated_url, _times(), connections=2)
    yield store
    await store.close()


def _times() -> Times:
    return Times(StoppedClock(datetime(2026, 3, 2, tzinfo=UTC)))


async def backend(reading: Reading) -> int:
    row = await reading.one(BACKEND)
    assert row is not None
    return int(row[0])


async def test_a_request_asks_over_one_connection(store: PostgresStore) -> None:
    async def in_unit(unit: Unit) -> int:
        assert await rows.find(unit, "anna") is not None
        return await backend(unit)

    async with store.holding():
        first = await backend(await store.read())
        async with store.pool.acquire(), store.holding():
            assert await backend(await store.read()) == first
            assert await store.change(in_unit) == first
            assert await store.scan(backend) == first


async def test_two_questions_at_once_do_not_meet(store: PostgresStore) -> None:
    async with store.holding():
        reading = await store.read()
        first = await backend(reading)
        assert len(set(await asyncio.gather(backend(reading), backend(reading)))) == 2
        assert await backend(reading) == first


async def test_what_waits_for_a_slow_client_holds_no_connection(store: PostgresStore) -> None:
    async with store.holding() as give_back:
        await backend(await store.read())
        await give_back()
        await give_back()
        async with store.pool.acquire(), store.pool.acquire():
            pass
        assert await rows.seen(store, "anna") == (1, "present", True)
    async with store.pool.acquire(), store.pool.acquire():
        pass


async def test_a_connection_that_was_lost_is_replaced(store: PostgresStore) -> None:
    async with store.holding():
        reading = await store.read()
        lost = await backend(reading)
        async with store.pool.acquire() as other:
            await other.fetchval("select pg_terminate_backend($1)", lost)
        await rows.until_lines(store.pool, 1)
        assert await backend(reading) != lost
