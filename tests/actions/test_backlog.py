"""Many things that are due at once: in batches, the worker seen meanwhile, nothing done twice."""

from datetime import timedelta

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import due, removing
from vestibule.actions.house import House
from vestibule.doors.letters.delivery import Delivery
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.verbs import Verb
from vestibule.store import deployments
from vestibule.worker import BE_SEEN_EVERY, Worker

ALL = 12


@pytest.fixture
async def overdue(contoso: Place) -> list[str]:
    """Members whose thirty days are over, in the order in which they were deleted."""
    clock = contoso.house.clock
    assert isinstance(clock, StoppedClock)
    gone = []
    for number in range(ALL):
        member = await world.member(contoso, f"Member{number} Vance")
        await removing.remove(contoso.house, tenant_id=contoso.id, user_id=member.user_id, by=operator())
        clock.advance(timedelta(seconds=1))
        gone.append(member.user_id)
    clock.advance(timedelta(days=30))
    return gone


async def test_a_batch_ends_where_it_is_full_and_the_next_goes_on(
    house: House, overdue: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "BATCH", 5)
    done = []
    for expected in (5, 5, 2, 0):
        some = await due.run_due(house, batches=1)
        assert [one.verb for one in some] == [Verb.PURGE, Verb.ERASE] * expected
        done += [one.object_id for one in some if one.verb is Verb.PURGE]
    assert done == overdue


async def test_the_worker_is_seen_before_a_backlog_is_done(
    house: House, overdue: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "BATCH", 5)
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    worker = Worker(house, Delivery(house, None))
    seen = []
    for there_is_more in (True, True, False):
        assert await worker._round(1) is there_is_more
        found = await deployments.find(await house.store.read())
        assert found is not None
        seen.append(found.worker_seen)
        clock.advance(BE_SEEN_EVERY)
    assert seen == [clock.now() - BE_SEEN_EVERY * left for left in (3, 2, 1)]
    assert await due.run_due(house) == []
    assert len(overdue) == ALL


async def test_whoever_lets_due_work_go_on_is_told_what_was_done(
    house: House, overdue: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that goes round beside them leaves it to the tick that follows; without one it does it by itself."""
    worker = Worker(house, Delivery(house, None))
    worker.resume()
    await worker._round(1)
    assert [one.verb for one in await worker.tick()] == [Verb.PURGE, Verb.ERASE] * ALL
    again = await world.member(await world.organization(house, "Fabrikam"))
    await removing.remove(house, tenant_id=again.tenant_id, user_id=again.user_id, by=operator())
    house.clock.advance(timedelta(days=30))  # type: ignore[attr-defined]
    monkeypatch.setattr("vestibule.worker.ASKED_WITHIN_S", 0.0)
    worker.resume()
    await worker._round(1)
    assert await worker.tick() == []
    assert len(overdue) == ALL
