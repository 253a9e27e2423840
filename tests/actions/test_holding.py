"""Legal holds: nothing is deleted while one stands, whoever wants it; what was due follows when the last is lifted."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from soak.removal_breakages import hold_not_read, hold_stops_time_alone, release_forgotten, removal_begins_unsaid
from tests.faults.lines import connected
from tests.support import world
from tests.support.broken import broken
from tests.support.world import Place
from vestibule.actions import (
    assigning,
    converting,
    due,
    erasing,
    holding,
    housekeeping,
    inviting,
    leaving,
    removing,
    restoring,
    switching,
)
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, open_letter
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.holds import LONGEST_REASON
from vestibule.rules.lifecycle import REMOVAL_TAKES_AT_MOST, RESTORABLE_FOR, Deleted, Erased, Present, Purged
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import COMPLIANCE_ADMINISTRATOR
from vestibule.store import audit, certificates, erasures, holds, memberships, outbox, profiles
from vestibule.store.holds import Hold
from vestibule.store.memberships import Membership

WHY = "Claim 17 of the landlord"


async def hold(place: Place, who: Membership, reason: str = WHY, **more: Any) -> Hold:
    """A hold, set by the administrator unless somebody else does."""
    given: dict[str, Any] = {"by": place.admin, "reason": reason} | more
    return await holding.set_hold(place.house, tenant_id=place.id, user_id=who.user_id, **given)


async def lift(place: Place, one: Hold, reason: str = "The claim was settled", **more: Any) -> Hold:
    """Lift it."""
    given: dict[str, Any] = {"by": place.admin, "reason": reason} | more
    return await holding.lift_hold(place.house, tenant_id=place.id, user_id=one.user_id, hold_id=one.hold_id, **given)


async def refused(work: Any) -> Reason:
    """Why it was refused."""
    with pytest.raises(Refused) as raised:
        await work
    return raised.value.reason


def pushed(house: House, by: timedelta) -> StoppedClock:
    """The house's clock, that much later."""
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(by)
    return house.clock


@broken(hold_not_read, hold_stops_time_alone, release_forgotten)
async def test_the_deadline_passes_and_nothing_goes_until_the_hold_is_lifted(
    house: House, contoso: Place, sam: Membership
) -> None:
    at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": sam.user_id}
    one = await hold(contoso, sam, reference="2027-17")
    await removing.remove(house, by=contoso.admin, **at)
    deleted = await world.again(house, contoso.id, sam.user_id)
    assert isinstance(deleted.stage, Deleted)
    assert await due.upcoming(house) == []
    assert await refused(erasing.purge(house, by=contoso.admin, **at)) is Reason.ON_HOLD
    told = await world.last_event(contoso)
    assert (told.type, told.reason) == ("membership.purge", "onHold")

    clock = pushed(house, RESTORABLE_FOR)
    assert await refused(restoring.restore(house, by=contoso.admin, **at)) is Reason.NOT_FOUND
    assert await erasing.purge_due(house, **at) is None
    assert await due.run_due(house) == []
    pushed(house, timedelta(days=200))
    assert await due.run_due(house) == []
    there = await world.again(house, contoso.id, sam.user_id)
    assert there.standing == deleted.standing
    assert there.display_name == "Sam Rivers"
    assert await house.keys.find(sam.subject_key_id or "") is not None

    await lift(contoso, one)
    lifted = clock.now()
    assert [(found.at, found.verb.value) for found in await due.upcoming(house)] == [(lifted, "purge")]
    pushed(house, timedelta(hours=2))
    done = await due.run_due(house)
    assert [(found.at, found.verb.value) for found in done] == [(lifted, "purge"), (lifted, "erase")]
    gone = await world.again(house, contoso.id, sam.user_id)
    assert gone.stage == Erased(lifted)
    assert gone.display_name == ""
    ended = await erasures.find(await house.store.read(), **at)
    assert ended is not None
    assert (ended.started_at, ended.due_by, ended.state) == (lifted, lifted + REMOVAL_TAKES_AT_MOST, "done")
    assert await holds.of_user(await house.store.read(), **at) == []
    assert await refused(holding.set_hold(house, reason=WHY, by=contoso.admin, **at)) is Reason.TOO_LATE


async def test_setting_and_lifting_are_written_down_for_whoever_may_read_it(
    house: House, contoso: Place, sam: Membership
) -> None:
    one = await hold(contoso, sam, reference=" 2027-17 ")
    told = await world.last_event(contoso)
    assert (told.type, told.record["facts"]) == ("membership.setHold", {"holdId": one.hold_id})
    assert told.subject["details"] == {"reason": WHY, "reference": "2027-17"}
    assert WHY not in str(told.record)
    done = await lift(contoso, one, by=operator())
    told = await world.last_event(contoso)
    assert (told.type, told.subject["details"]["reason"]) == ("membership.liftHold", "The claim was settled")
    assert await holds.of_user(await house.store.read(), contoso.id, sam.user_id) == [done]
    assert (done.set_by, done.lifted_by, done.stands) == (contoso.administrator.user_id, None, False)
    assert await refused(lift(contoso, one)) is Reason.NOT_FOUND


async def test_what_is_wrong_with_a_hold_is_said(house: House, contoso: Place, sam: Membership) -> None:
    member = await world.member(contoso, "Uma User")
    for given, reason in (
        ({"reason": " "}, Reason.MISSING_VALUE),
        ({"reason": "x" * (LONGEST_REASON + 1)}, Reason.BAD_VALUE),
        ({"reason": "two\nlines"}, Reason.BAD_VALUE),
        ({"reference": "x" * 101}, Reason.BAD_VALUE),
        ({"by": world.at_portal(member)}, Reason.NOT_ALLOWED),
        ({"by": world.at_portal(sam)}, Reason.NOT_ALLOWED),
        ({"by": world.program(contoso, "User.ReadWrite.All", "User.DeleteRestore.All")}, Reason.NEEDS_PERSON),
    ):
        assert await refused(hold(contoso, sam, **{"reason": WHY} | given)) is reason
    assert await refused(hold(contoso, replace(sam, user_id=contoso.id))) is Reason.NOT_FOUND
    other = await world.organization(house, "Fabrikam")
    assert await refused(hold(contoso, sam, by=other.admin)) is Reason.NOT_FOUND
    assert (await world.again(house, contoso.id, sam.user_id)).standing == sam.standing


async def test_several_holds_stand_side_by_side(house: House, contoso: Place, sam: Membership) -> None:
    first, second = await asyncio.gather(hold(contoso, sam), hold(contoso, sam, "Another claim"))
    await lift(contoso, first)
    assert (await world.again(house, contoso.id, sam.user_id)).standing.held
    await removing.remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    pushed(house, RESTORABLE_FOR)
    assert await due.run_due(house) == []
    await lift(contoso, second)
    assert [one.verb.value for one in await due.run_due(house)] == ["purge", "erase"]


async def test_a_held_guest_leaves_comes_back_and_is_switched_as_ever(
    house: House, contoso: Place, sam: Membership
) -> None:
    at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": sam.user_id, "by": contoso.admin}
    one = await hold(contoso, sam)
    await switching.disable(house, **at)
    await switching.enable(house, **at)
    person = world.person_at_pages(sam.person_id or "")
    departure = await leaving.leave(house, tenant_id=contoso.id, by=person, key="one")
    assert departure.answer["state"] == "deleted"
    await restoring.restore(house, **at)
    here = await world.again(house, contoso.id, sam.user_id)
    assert isinstance(here.stage, Present)
    assert here.standing.held
    await lift(contoso, one)
    assert not (await world.again(house, contoso.id, sam.user_id)).standing.held


async def test_a_hold_lifted_in_time_leaves_no_trace_on_the_deadline(
    house: House, contoso: Place, sam: Membership
) -> None:
    one = await hold(contoso, sam)
    await removing.remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    deadline = pushed(house, timedelta(days=3)).now() + RESTORABLE_FOR - timedelta(days=3)
    await lift(contoso, one)
    assert [found.at for found in await due.upcoming(house)] == [deadline]
    pushed(house, RESTORABLE_FOR)
    assert [found.at for found in await due.run_due(house)] == [deadline, deadline]


async def test_who_they_are_is_kept(house: House, contoso: Place, sam: Membership) -> None:
    one = await hold(contoso, sam)
    convert: dict[str, Any] = {
        "tenant_id": contoso.id,
        "user_id": sam.user_id,
        "user_principal_name": "sam@contoso.example",
    }
    assert await refused(converting.convert_to_internal(house, by=contoso.admin, **convert)) is Reason.ON_HOLD
    reset = inviting.check("sam@elsewhere.example", "https://apps.example/", reset_of=sam.user_id)
    assert await refused(inviting.invite(house, reset, tenant_id=contoso.id, by=contoso.admin)) is Reason.ON_HOLD
    await lift(contoso, one)
    await converting.convert_to_internal(house, by=contoso.admin, **convert)


async def test_a_removal_that_has_not_begun_is_held_and_one_that_has_is_not(
    house: House, contoso: Place, sam: Membership, robin: Membership
) -> None:
    for who in (sam, robin):
        at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": who.user_id, "by": operator()}
        await removing.remove(house, **at)
        await erasing.purge(house, **at)
    purged = pushed(house, timedelta(minutes=1)).now() - timedelta(minutes=1)
    one = await hold(contoso, sam)
    done = await due.run_due(house)
    assert [(found.object_id, found.verb.value) for found in done] == [(robin.user_id, "erase")]
    assert await refused(hold(contoso, robin)) is Reason.TOO_LATE
    told = await world.last_event(contoso)
    assert (told.type, told.reason) == ("membership.setHold", "tooLate")
    reading = await house.store.read()
    held = await erasures.find(reading, contoso.id, sam.user_id)
    assert held is not None
    assert (held.state, held.started_at) == ("onHold", purged)
    assert await profiles.find(reading, contoso.id, sam.user_id) is not None
    assert await erasing.erase(house, tenant_id=contoso.id, user_id=sam.user_id) is None
    assert await certificates.find(reading, contoso.id, sam.user_id) is None

    pushed(house, timedelta(days=40))
    await lift(contoso, one)
    lifted = pushed(house, timedelta(hours=1)).now() - timedelta(hours=1)
    assert [(found.at, found.verb.value) for found in await due.run_due(house) if found.verb.value == "erase"] == [
        (lifted, "erase")
    ]
    ended = await erasures.find(await house.store.read(), contoso.id, sam.user_id)
    assert ended is not None
    assert (ended.started_at, ended.finished_at) == (purged, lifted)
    assert await certificates.find(await house.store.read(), contoso.id, sam.user_id) is not None


async def test_a_direct_connect_user_leaves_and_their_data_waits(house: House, contoso: Place) -> None:
    user = await connected(contoso)
    at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": user.user_id}
    one = await hold(contoso, user)
    by = world.person_at_pages(user.person_id or "")
    left = await leaving.leave(house, tenant_id=contoso.id, by=by, key="one")
    assert left.answer["state"] == "purged"
    pushed(house, timedelta(days=31))
    assert [found.verb.value for found in await due.run_due(house) if found.object_id == user.user_id] == []
    waits = await erasures.find(await house.store.read(), **at)
    assert waits is not None
    assert waits.state == "onHold"
    assert (await world.again(house, **at)).person_id == user.person_id
    [letter] = [one for one in await letters(house) if one.kind == LetterKind.DEADLINE_AT_RISK]
    assert (letter.facts["people"], letter.facts["onHold"], letter.facts["failed"]) == (1, 1, [])

    await lift(contoso, one)
    lifted = house.clock.now()
    done = [found for found in await due.run_due(house) if found.object_id == user.user_id]
    assert [(found.at, found.verb.value) for found in done] == [(lifted, "erase")]
    assert isinstance((await world.again(house, **at)).stage, Erased)


async def letters(house: House) -> list[Any]:
    """What waits to be sent."""
    return [open_letter(house, letter) for letter in await outbox.waiting(await house.store.read(), 1_000)]


async def test_whoever_set_a_hold_is_a_label_once_their_own_data_is_removed(
    house: House, contoso: Place, sam: Membership, robin: Membership
) -> None:
    role: dict[str, Any] = {"role_id": COMPLIANCE_ADMINISTRATOR, "user_id": robin.user_id}
    await assigning.assign_role(house, tenant_id=contoso.id, by=contoso.admin, **role)
    strong = world.at_portal(await world.again(house, contoso.id, robin.user_id))
    one = await hold(contoso, sam, by=strong)
    await lift(contoso, one, by=strong)
    await hold(contoso, sam, "Still needed")
    at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": robin.user_id, "by": contoso.admin}
    await removing.remove(house, **at)
    await erasing.purge(house, **at)
    await due.run_due(house)
    first, _ = await holds.of_user(await house.store.read(), contoso.id, sam.user_id)
    assert (first.set_by, first.lifted_by) == (robin.audit_tag, robin.audit_tag)


async def test_sweeping_and_scrubbing_take_nothing_that_is_held(house: House, contoso: Place, sam: Membership) -> None:
    await hold(contoso, sam)
    await removing.remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    pushed(house, timedelta(days=400))
    await housekeeping.tidy(house)
    await housekeeping.sweep(house)
    await housekeeping.sweep_keys(house)
    reading = await house.store.read()
    assert await profiles.find(reading, contoso.id, sam.user_id) is not None
    assert await audit.of_object(reading, contoso.id, sam.audit_tag) != []
    assert await house.keys.find(sam.subject_key_id or "") is not None
    assert isinstance((await memberships.find(reading, contoso.id, sam.user_id) or sam).stage, Deleted)


async def test_a_hold_in_an_old_backup_does_not_bring_back_who_was_erased_since(
    house: House, contoso: Place, sam: Membership
) -> None:
    await hold(contoso, sam)
    assert await erasing.erase_again(house, tenant_id=contoso.id, user_id=sam.user_id)
    gone = await world.again(house, contoso.id, sam.user_id)
    assert isinstance(gone.stage, Erased)
    assert not gone.standing.held
    assert await holds.of_user(await house.store.read(), contoso.id, sam.user_id) == []


@broken(removal_begins_unsaid, case="purged")
@pytest.mark.parametrize("stage", ["deleted", "purged"])
async def test_of_a_hold_and_a_removal_at_once_one_wins_wholly(house: House, contoso: Place, stage: str) -> None:
    """Many pairs at once: the hold stands and nothing is gone, or it is refused and everything goes."""
    people = [await world.guest(contoso, f"p{n}@elsewhere.example") for n in range(50)]
    for who in people:
        await removing.remove(house, tenant_id=contoso.id, user_id=who.user_id, by=operator())
        if stage == "purged":
            await erasing.purge(house, tenant_id=contoso.id, user_id=who.user_id, by=operator())
    pushed(house, RESTORABLE_FOR)

    async def held(who: Membership) -> bool:
        outcome = (await asyncio.gather(hold(contoso, who, by=operator()), return_exceptions=True))[0]
        assert isinstance(outcome, Hold) or str(outcome) == "tooLate"
        return isinstance(outcome, Hold)

    async def ended(who: Membership) -> None:
        at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": who.user_id}
        await erasing.purge_due(house, **at)
        await erasing.erase(house, **at)

    acts = [(held(who), ended(who)) if n % 2 else (ended(who), held(who)) for n, who in enumerate(people)]
    await asyncio.gather(*(act for pair in acts for act in pair))
    for who in people:
        at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": who.user_id}
        now = await world.again(house, **at)
        key = await house.keys.find(who.subject_key_id or "")
        stands = [one.stands for one in await holds.of_user(await house.store.read(), **at)]
        assert stands == ([True] if now.standing.held else [])
        if stands:
            assert isinstance(now.stage, Deleted | Purged)
            assert now.mail == who.mail
            assert key is not None
        else:
            assert isinstance(now.stage, Erased)
            assert now.mail is None
            assert key is None
