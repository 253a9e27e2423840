"""No room is left on the disk, in the middle of anything: a clear error, nothing half done, and it heals by itself."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from soak import laws, rounds
from tests.faults.ground import KEY, START, Ground, house_on
from tests.support import world
from vestibule.actions import erasing, inviting, leaving, redeeming, removing, restoring
from vestibule.actions.house import House
from vestibule.doors.letters.delivery import LEASE
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store.opening import Opened, open_store
from vestibule.store.sqlite import SqliteStore
from vestibule.store.sqlite_unit import SqliteUnit
from vestibule.store.unit import Unavailable

PLENTY = 1_073_741_823


@pytest.fixture
async def ground(sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Ground]:
    """SQLite only: PostgreSQL's disk is the server's own."""
    await asyncio.to_thread(shutil.copytree, sqlite_template, tmp_path, dirs_exist_ok=True)
    clock, chance = StoppedClock(START), SeededChance("full")
    sealer = Sealer(KEY, chance)
    opened = await open_store(None, tmp_path, clock, sealer=sealer, serving=True)
    yield Ground(None, tmp_path, opened, house_on(opened, clock, sealer, chance), clock)
    await opened.close()


async def _leave_room(opened: Opened, pages: int | None) -> None:
    """Let both files grow by so many pages and no more; by any number when it is None."""

    async def work(unit: SqliteUnit) -> None:
        used = int(str(unit._connection.pragma("page_count")))
        unit._connection.pragma("max_page_count", PLENTY if pages is None else used + pages)

    for store in (opened.store, opened.keys.store):
        assert isinstance(store, SqliteStore)
        await store.change(work)


async def _tried(act: Awaitable[Any]) -> bool:
    """Whether it was done; if not, the caller was told that the database is in trouble."""
    try:
        await act
    except Unavailable as away:
        if "full" not in str(away):
            raise
        return False
    return True


@pytest.mark.parametrize("pages", [0, 1, 2, 3, 5, 8, 13])
async def test_nothing_is_half_done_when_the_disk_is_full(ground: Ground, pages: int):
    house = ground.house
    place = await world.organization(house, "Contoso")
    guests = [await world.guest(place, f"guest{number}@elsewhere.example") for number in range(6)]
    gone = [await world.guest(place, f"gone{number}@elsewhere.example") for number in range(6)]
    links = [await world.invited(place, f"waiting{number}@elsewhere.example") for number in range(6)]
    readers = [await world.mailbox_person(house, f"waiting{number}@elsewhere.example") for number in range(6)]
    for one in gone:
        await removing.remove(house, tenant_id=place.id, user_id=one.user_id, by=place.admin)
    await _leave_room(ground.opened, pages)
    done: list[bool] = []
    for number in range(6):
        to: dict[str, Any] = {"tenant_id": place.id, "user_id": gone[number].user_id, "by": place.admin}
        back: Callable[..., Awaitable[Any]] = restoring.restore if number % 2 else erasing.purge
        done.append(await _tried(leaving.leave(house, tenant_id=place.id, by=world.at_portal(guests[number]), key="k")))
        done.append(await _tried(back(house, **to)))
        done.append(await _tried(_redeem(house, readers[number], links[number][1])))
        asked = inviting.check(f"new{number}@elsewhere.example", "https://apps.example/", sends=True)
        done.append(await _tried(inviting.invite(house, asked, tenant_id=place.id, by=place.admin)))
        assert list(laws.of_stages(await laws.look(house))) == []
    assert not all(done), "there was room enough"
    await _leave_room(ground.opened, None)
    for guest in guests:
        await leaving.leave(house, tenant_id=place.id, by=world.at_portal(guest), key="k")
    await ground.worker.tick()
    facts = await laws.look(house)
    assert list(laws.of_stages(facts)) == []
    assert facts.tables["letter"] == []
    assert rounds.integrity(rounds.Field(ground.folder, None)) == []


async def _redeem(house: House, person_id: str, ticket: str) -> None:
    await redeeming.redeem(house, person_id=person_id, ticket=ticket, by=world.person_at_pages(person_id))


async def test_a_worker_goes_on_when_there_is_room_again(ground: Ground):
    house = ground.house
    place = await world.organization(house, "Contoso")
    for number in range(8):
        guest = await world.guest(place, f"guest{number}@elsewhere.example")
        await removing.remove(house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
        await erasing.purge(house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    for pages in range(4):
        await _leave_room(ground.opened, pages)
        assert not await _tried(ground.worker.tick()) or pages
        assert list(laws.of_stages(await laws.look(house))) == []
    await _leave_room(ground.opened, None)
    ground.push(LEASE + timedelta(seconds=1))  # of letters that were taken and could not be kept
    await ground.worker.tick()
    facts = await laws.look(house)
    assert [*laws.of_stages(facts), *laws.when_all_is_done(facts)] == []
    assert laws.totals(facts)["membership.erase"] == 8
