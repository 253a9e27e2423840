"""The answer never comes, and nobody knows whether it was done: asking again with the same key settles it, once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from soak import laws
from tests.faults.ground import Ground
from tests.support import world
from tests.support.world import Place
from vestibule.actions import leaving
from vestibule.actions.house import House
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unavailable

GUESTS = 24
TRIES = 200


@pytest.fixture
async def guests(contoso: Place) -> list[Membership]:
    return [await world.guest(contoso, f"guest{number}@elsewhere.example") for number in range(GUESTS)]


async def _leave(place: Place, guest: Membership) -> leaving.Departure:
    by = world.at_portal(guest)
    return await leaving.leave(place.house, tenant_id=place.id, by=by, key=guest.user_id)


async def _went_once(house: House) -> None:
    facts = await laws.look(house)
    assert list(laws.of_stages(facts)) == []
    assert laws.totals(facts)["membership.leave"] == len(facts.tables["receipt"]) == GUESTS
    assert sum(row["kind"] == "youLeft" for row in facts.tables["letter"]) == GUESTS


async def test_whoever_gave_up_waiting_asks_again(house: House, contoso: Place, guests: list[Membership]):
    """Requests are dropped at every moment of their way; the same ones are sent again."""
    tasks = [asyncio.create_task(_leave(contoso, guest)) for guest in guests]
    for turns, task in enumerate(tasks):
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    gone = [await _leave(contoso, guest) for guest in guests]
    again = [await _leave(contoso, guest) for guest in guests]
    assert [one.answer for one in gone] == [one.answer for one in again]
    await _went_once(house)


@contextlib.asynccontextmanager
async def _cutting(url: str) -> AsyncIterator[list[int]]:
    """Every connection of ours to the database is cut, again and again. Yields how many were, so far."""
    cut = [0]

    async def work() -> None:
        connection = await asyncpg.connect(url, server_settings={"application_name": "the test"})
        try:
            while True:
                rows: list[Any] = await connection.fetch(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND application_name = 'vestibule' AND random() < 0.2"
                )
                cut[0] += len(rows)
                await asyncio.sleep(0.02)
        finally:
            await connection.close()

    task = asyncio.create_task(work())
    try:
        yield cut
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_whose_connection_was_cut_asks_again(ground: Ground, contoso: Place, guests: list[Membership]):
    assert ground.url is not None

    async def until_answered(guest: Membership) -> leaving.Departure:
        for _ in range(TRIES):
            with contextlib.suppress(Unavailable):
                return await _leave(contoso, guest)
            await asyncio.sleep(0.002)
        raise AssertionError("it never came through")

    async with _cutting(ground.url) as cut:
        gone = await asyncio.gather(*map(until_answered, guests))
    assert cut[0], "no connection was cut"
    again = [await until_answered(guest) for guest in guests]  # one more connection of the pool may be a cut one
    assert [one.answer for one in gone] == [one.answer for one in again]
    await _went_once(ground.house)
