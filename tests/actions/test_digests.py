"""The digest of who left, and the warning of removals that are not done: what time writes, once, and to whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support import asked_by_address as stranger
from tests.support import world
from tests.support.world import Place
from vestibule.actions import asking, asking_erasure, digests, due, erasing, leaving, organizing, policies, removing
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, open_letter
from vestibule.ground.clock import StoppedClock, iso
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import RESTORABLE_FOR
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import erasures, organizations, outbox

WANTED = {LetterKind.GUEST_DIGEST.value, LetterKind.DEADLINE_AT_RISK.value}


async def _letters(house: House) -> list[tuple[str, dict[str, Any]]]:
    """Recipient and facts of the letters to contacts, oldest first."""
    waiting = await outbox.waiting(await house.store.read(), 1_000)
    opened = [open_letter(house, letter) for letter in sorted(waiting, key=lambda one: one.written_at)]
    return [(one.recipient, one.facts) for one in opened if one.kind in WANTED]


async def _switch(place: Place, value: str, **more: Any) -> None:
    await organizing.update_organization(
        place.house, tenant_id=place.id, changes={"guestDigest": value, **more}, by=operator()
    )


async def _leave(place: Place, address: str, why: str | None = None) -> str:
    guest = await world.guest(place, address)
    await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key=address, why=why)
    return guest.user_id


def _advance(house: House, by: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(by)


async def test_who_left_in_a_week_is_told_on_monday_and_never_again(house: House, contoso: Place) -> None:
    await _switch(contoso, "week", asksWhy=True, timeZone="Europe/Amsterdam")
    left_at = house.clock.now()
    await _leave(contoso, "ann@elsewhere.example", "The project is over.")
    await _leave(contoso, "bob@elsewhere.example")
    (planned,) = [one for one in await due.upcoming(house, 50) if one.verb is Verb.SEND_DIGEST]
    assert await _letters(house) == []

    _advance(house, planned.at - house.clock.now())
    done = await due.run_due(house)
    assert [(one.verb, one.at, one.object_id) for one in done] == [(Verb.SEND_DIGEST, planned.at, contoso.id)]
    assert done[0].as_json() == {
        "at": iso(planned.at),
        "verb": "sendGuestDigest",
        "tenantId": contoso.id,
        "userId": None,
    }
    ((recipient, facts),) = await _letters(house)
    assert recipient == "privacy@contoso.example"
    assert (facts["leftCount"], facts["period"]) == (2, "week")
    until = iso(left_at + RESTORABLE_FOR)
    assert [one["restorableUntil"] for one in facts["left"]] == [until, until]
    assert [one.get("reason") for one in facts["left"]] == ["The project is over.", None]
    assert await due.run_due(house) == []

    _advance(house, timedelta(days=7, hours=2))
    assert [one.verb for one in await due.run_due(house)] == [Verb.SEND_DIGEST]
    assert len(await _letters(house)) == 1, "nobody left in the second week, so nothing is written"
    told = [event for event in await world.events(contoso) if event.type == "organization.sendDigest"]
    assert [event.record["facts"] for event in told] == [{"period": "week", "leftCount": 2}]


async def test_a_digest_tells_who_waits_for_an_answer(house: House, contoso: Place) -> None:
    await _switch(contoso, "day")
    guest = await world.guest(contoso, "ann@elsewhere.example")
    await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=False, by=operator())
    await asking.ask_removal(house, tenant_id=contoso.id, user_id=guest.user_id, by=world.at_portal(guest))
    _advance(house, timedelta(days=1))
    await due.run_due(house)
    ((_, facts),) = await _letters(house)
    assert (facts["leftCount"], facts["left"], facts["restoresAsked"]) == (0, [], [])
    ((name, asked),) = [(one["name"], one["askedAt"]) for one in facts["removalsAsked"]]
    assert (name, asked) == (guest.display_name or guest.mail, iso(house.clock.now() - timedelta(days=1)))


async def test_a_worker_that_was_away_writes_one_digest_and_an_emulator_each(house: House, contoso: Place) -> None:
    await _switch(contoso, "day")
    for day in range(5):
        await _leave(contoso, f"guest{day}@elsewhere.example")
        _advance(house, timedelta(days=1))
    emulating = replace(house, emulator=True)
    served = [one for one in await due.run_due(house) if one.verb is Verb.SEND_DIGEST]
    assert len(served) == 1
    assert [facts["leftCount"] for _, facts in await _letters(house)] == [1]
    for day in range(5, 10):
        await _leave(contoso, f"guest{day}@elsewhere.example")
        _advance(house, timedelta(days=1))
    await due.run_due(emulating)
    assert [facts["leftCount"] for _, facts in await _letters(house)] == [1] * 6


async def test_the_digest_is_switched_by_whoever_may_and_comes_when_it_says(house: House, contoso: Place) -> None:
    reading = await house.store.read()
    before = await organizations.find(reading, contoso.id)
    assert before is not None
    assert (digests.period_of(before).value, before.digest_at) == ("off", None)
    with pytest.raises(Refused) as refused:
        await _switch(contoso, "month")
    assert refused.value.reason is Reason.BAD_VALUE
    await _switch(contoso, "week")
    on = await organizations.find(await house.store.read(), contoso.id)
    await _switch(contoso, "week", timeZone="Asia/Tokyo")
    moved = await organizations.find(await house.store.read(), contoso.id)
    await _switch(contoso, "off")
    off = await organizations.find(await house.store.read(), contoso.id)
    assert on is not None
    assert moved is not None
    assert off is not None
    assert on.digest_at is not None
    assert moved.digest_at is not None
    assert moved.digest_at != on.digest_at, "seven in the morning is another moment in Tokyo"
    assert off.digest_at is None
    _advance(house, timedelta(days=30))
    assert await due.run_due(house) == []


async def test_removals_that_are_not_done_are_told_of_three_times(
    house: House, contoso: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A removal that stands still: after 15, 22.5 and 27 days, all of an organization in one letter."""
    for name in ("ann", "bob"):
        guest = await world.guest(contoso, f"{name}@elsewhere.example")
        await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
        await erasing.purge(house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
    began = house.clock.now()

    async def stands_still(*_: Any, **__: Any) -> None:
        return None

    monkeypatch.setattr(erasing, "erase", stands_still)
    told = []
    for _ in range(31 * 2):
        _advance(house, timedelta(hours=12))
        told += [(one.at - began) / timedelta(days=1) for one in await due.run_due(house)]
    assert told == [15, 22.5, 27]
    letters = await _letters(house)
    assert [(to, facts["people"], facts["dueBy"]) for to, facts in letters] == [
        ("privacy@contoso.example", 2, iso(began + timedelta(days=30)))
    ] * 3
    assert letters[0][1]["failed"] == [{"system": "key"}]
    monkeypatch.undo()
    await due.run_due(house)
    assert await erasures.alarming(await house.store.read(), house.clock.now() + timedelta(days=99), 9) == []


async def test_a_removal_that_is_done_in_time_is_told_to_nobody(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, "ann@elsewhere.example")
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
    await erasing.purge(house, tenant_id=contoso.id, user_id=guest.user_id, by=operator())
    await due.run_due(house)
    _advance(house, timedelta(days=31))
    assert await due.run_due(house) == []
    assert await _letters(house) == []


async def test_without_anybody_to_write_to_the_schedule_goes_on(house: House, contoso: Place) -> None:
    await policies.change_privacy(house, tenant_id=contoso.id, contact=None, statement=None, by=operator())
    await _switch(contoso, "day")
    await _leave(contoso, "ann@elsewhere.example")
    _advance(house, timedelta(days=1))
    assert [one.verb for one in await due.run_due(house)] == [Verb.SEND_DIGEST]
    assert await _letters(house) == []


async def test_of_who_is_erased_meanwhile_a_digest_names_nobody(house: House, contoso: Place) -> None:
    await _switch(contoso, "week")
    user_id = await _leave(contoso, "ann@elsewhere.example", "secret")
    await erasing.purge(house, tenant_id=contoso.id, user_id=user_id, by=operator())
    await due.run_due(house)
    _advance(house, timedelta(days=7))
    await due.run_due(house)
    ((_, facts),) = await _letters(house)
    assert [(one["name"], one.get("reason")) for one in facts["left"]] == [("", None)]


async def test_two_workers_write_one_digest(house: House, contoso: Place) -> None:
    await _switch(contoso, "day")
    await _leave(contoso, "ann@elsewhere.example")
    _advance(house, timedelta(days=1))
    reading = await house.store.read()
    first, second = (await digests.due(house, reading, 9))[0], (await digests.due(house, reading, 9))[0]
    assert [len(await one.act()) for one in (first[0], second[0])] == [1, 0]
    assert len(await _letters(house)) == 1


async def test_a_digest_tells_who_asks_to_be_erased_and_comes_again_when_it_presses(
    house: House, contoso: Place
) -> None:
    await _switch(contoso, "day")
    guest = await world.guest(contoso, "ann@elsewhere.example")
    await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=False, by=operator())
    asked = await asking_erasure.ask_erasure(
        house, tenant_id=contoso.id, user_id=guest.user_id, by=world.at_portal(guest)
    )
    _advance(house, timedelta(days=1))
    await due.run_due(house)
    ((_, facts),) = await _letters(house)
    assert [one["due"] for one in facts["erasuresAsked"]] == [iso(asked.answer_due)]
    assert facts["requestsLink"].endswith("/admin/requests")
    _advance(house, timedelta(days=1))
    await due.run_due(house)
    assert len(await _letters(house)) == 1, "nothing is new, and there is time"
    _advance(house, asked.answer_due - house.clock.now() - timedelta(days=6))
    await due.run_due(house)
    _advance(house, timedelta(days=10))
    await due.run_due(house)
    told = await _letters(house)
    assert len(told) > 2, "due within a week, and late"
    assert {one["due"] for _, facts in told for one in facts["erasuresAsked"]} == {iso(asked.answer_due)}


async def test_a_digest_counts_who_asks_by_a_confirmed_address(house: House, contoso: Place) -> None:
    await _switch(contoso, "day")
    asked = (await stranger.file(contoso, "ana@nowhere.example", "erasure")).request
    _advance(house, timedelta(days=1))
    await due.run_due(house)
    ((_, facts),) = await _letters(house)
    assert facts["byAddress"] == 1
    assert "ana@" not in str(facts)
    _advance(house, asked.answer_due - house.clock.now() + timedelta(days=1))
    await due.run_due(house)
    assert len(await _letters(house)) > 1, "nothing is new, and it is late"
