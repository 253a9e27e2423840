"""Asking to be erased: with the leave, after it, instead of it; granted, refused, extended, withdrawn."""

from collections.abc import Awaitable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    answering_erasure,
    asking,
    asking_erasure,
    erasing,
    guest_settings,
    holding,
    leaving,
    policies,
    removing,
    restoring,
)
from vestibule.actions.house import House
from vestibule.actions.leaving import Departure
from vestibule.actions.posting import LetterKind, open_letter
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Actor, operator
from vestibule.rules.lifecycle import Cause, Deleted, Erased, Present, Purged
from vestibule.rules.person_requests import Ground, Kind
from vestibule.rules.policy import ErasureOnLeave
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import memberships, outbox, requests
from vestibule.store.holds import Hold
from vestibule.store.memberships import Membership
from vestibule.store.requests import GuestRequest

MONTH = timedelta(days=28)


def push(house: House, step: timedelta) -> None:
    """Let time pass."""
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def refusal(awaitable: Awaitable[object]) -> Refused:
    with pytest.raises(Refused) as caught:
        await awaitable
    return caught.value


async def at_once(place: Place) -> None:
    await guest_settings.change_guest_settings(
        place.house, tenant_id=place.id, by=place.admin, erasure_on_leave=ErasureOnLeave.AT_ONCE
    )


async def forbid(place: Place) -> None:
    await policies.change_leave_setting(place.house, tenant_id=place.id, guests_may_leave=False, by=place.admin)


async def leave(place: Place, guest: Membership, *, erase: bool = True, key: str = "k1") -> Departure:
    return await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key=key, erase=erase)


async def now(place: Place, guest: Membership) -> Membership:
    found = await memberships.find(await place.house.store.read(), place.id, guest.user_id)
    assert found is not None
    return found


async def asked_of(place: Place, guest: Membership) -> GuestRequest | None:
    found = await requests.of_membership(await place.house.store.read(), place.id, guest.user_id)
    return found.get(Kind.ERASURE)


async def open_request(place: Place, guest: Membership) -> GuestRequest:
    found = await asked_of(place, guest)
    assert found is not None
    assert found.answer is None
    return found


async def told(place: Place) -> list[str]:
    return sorted(letter.kind for letter in await outbox.waiting(await place.house.store.read(), 100))


async def facts_of(place: Place, kind: LetterKind) -> dict[str, Any]:
    waiting = await outbox.waiting(await place.house.store.read(), 100)
    [letter] = [one for one in waiting if one.kind == kind]
    return open_letter(place.house, letter).facts


def of(place: Place, guest: Membership, by: Actor | None = None) -> dict[str, Any]:
    return {"tenant_id": place.id, "user_id": guest.user_id, "by": by or place.admin}


async def on_hold(place: Place, guest: Membership) -> Hold:
    return await holding.set_hold(place.house, **of(place, guest), reason="A claim is under way")


async def test_whoever_is_on_hold_leaves_all_the_same_and_is_deleted_when_it_is_lifted_and_granted(
    house: House, contoso: Place, sam: Membership
):
    await at_once(contoso)
    hold = await on_hold(contoso, sam)
    done = await leave(contoso, sam)
    assert done.answer["state"] == "deleted"
    assert isinstance((await now(contoso, sam)).stage, Deleted)
    assert (await open_request(contoso, sam)).reason == "withLeave"
    granting = answering_erasure.grant_erasure(house, **of(contoso, sam), if_version=(await now(contoso, sam)).version)
    assert (await refusal(granting)).reason is Reason.ON_HOLD
    await holding.lift_hold(house, hold_id=hold.hold_id, reason="The claim was settled", **of(contoso, sam))
    granting = answering_erasure.grant_erasure(house, **of(contoso, sam), if_version=(await now(contoso, sam)).version)
    await granting
    assert isinstance((await now(contoso, sam)).stage, Purged)


# --- With the leave ---------------------------------------------------------------------------------------------------


async def test_after_review_is_what_holds_until_somebody_changes_it(house: House, contoso: Place, sam: Membership):
    done = await leave(contoso, sam)
    after = await now(contoso, sam)
    assert isinstance(after.stage, Deleted)
    assert (done.answer["state"], done.receipt.restorable_until) == ("deleted", after.stage.purge_due)
    asked = await open_request(contoso, sam)
    assert (asked.reason, asked.asked_at, asked.answer_due.day) == ("withLeave", after.stage.at, asked.asked_at.day)
    types = [event.type for event in await world.events(contoso)][-2:]
    assert types == ["membership.leave", "membership.askErasure"]
    assert {LetterKind.YOU_LEFT, LetterKind.REMOVAL_REQUEST_RECEIVED} <= set(await told(contoso))
    assert (await facts_of(contoso, LetterKind.REMOVAL_REQUEST_RECEIVED))["erasure"] is True
    # the same press and another one come to the same receipt, and ask once
    assert (await leave(contoso, sam)).receipt == done.receipt
    assert (await leave(contoso, sam, key="k2")).receipt == done.receipt
    assert [event.type for event in await world.events(contoso)].count("membership.askErasure") == 1


async def test_at_once_there_is_no_moment_in_which_somebody_could_restore(
    house: House, contoso: Place, sam: Membership
):
    await at_once(contoso)
    done = await leave(contoso, sam)
    after = await now(contoso, sam)
    assert isinstance(after.stage, Purged)
    assert after.stage.cause is Cause.LEFT
    assert (done.answer["state"], done.answer["restorableUntil"]) == ("purged", None)
    assert done.receipt.data_removed_by == after.stage.removal_due
    assert await asked_of(contoso, sam) is None
    assert [event.type for event in await world.events(contoso)][-2:] == ["membership.leave", "membership.purge"]
    letters = await told(contoso)
    assert LetterKind.YOU_LEFT in letters
    assert LetterKind.PURGED not in letters  # the receipt says it
    assert "restorableUntil" not in await facts_of(contoso, LetterKind.YOU_LEFT)
    assert (await refusal(restoring.restore(house, **of(contoso, sam)))).reason is Reason.NOT_FOUND
    assert await erasing.erase(house, tenant_id=contoso.id, user_id=sam.user_id) is not None
    assert isinstance((await now(contoso, sam)).stage, Erased)
    assert LetterKind.ERASED in await told(contoso)
    assert (await leave(contoso, sam)).answer == done.answer


async def test_without_the_wish_at_once_changes_nothing(house: House, contoso: Place, sam: Membership):
    await at_once(contoso)
    await leave(contoso, sam, erase=False)
    assert isinstance((await now(contoso, sam)).stage, Deleted)
    assert await asked_of(contoso, sam) is None
    # who leaves once more to be erased is gone already: an administrator answers that
    await leave(contoso, sam, key="k2")
    assert isinstance((await now(contoso, sam)).stage, Deleted)
    assert (await open_request(contoso, sam)).reason == "afterLeave"


async def test_the_setting_is_written_down_once(house: House, contoso: Place, sam: Membership):
    await at_once(contoso)
    event = await world.last_event(contoso)
    assert event.type == "policy.changeGuestSettings"
    assert event.subject["details"]["new"] == {"erasureOnLeave": "atOnce"}
    before = len(await world.events(contoso))
    await at_once(contoso)
    assert len(await world.events(contoso)) == before
    change = guest_settings.change_guest_settings
    act: dict[str, Any] = {"tenant_id": contoso.id, "erasure_on_leave": ErasureOnLeave.AFTER_REVIEW}
    assert (await refusal(change(house, by=world.at_portal(sam), **act))).reason is Reason.NOT_ALLOWED


# --- After it, and instead of it --------------------------------------------------------------------------------------


async def test_who_left_asks_later_and_takes_it_back(house: House, contoso: Place, sam: Membership):
    await leave(contoso, sam, erase=False)
    me = of(contoso, sam, world.at_portal(sam))
    asked = await asking_erasure.ask_erasure(house, **me)
    assert asked.reason == "afterLeave"
    assert (await refusal(asking_erasure.ask_erasure(house, **me))).reason is Reason.ALREADY_THERE
    withdrawn = await asking_erasure.withdraw_erasure(house, **me)
    assert withdrawn.answer == "withdrawn"
    assert (await world.last_event(contoso)).type == "membership.withdrawErasure"
    assert (await refusal(asking_erasure.withdraw_erasure(house, **me))).reason is Reason.WRONG_STAGE
    grant = answering_erasure.grant_erasure(house, **of(contoso, sam))
    assert (await refusal(grant)).reason is Reason.WRONG_STAGE
    again = await refusal(asking_erasure.ask_erasure(house, **me))
    assert (again.reason, again.facts["again"]) == (
        Reason.ALREADY_THERE,
        (asked.asked_at + timedelta(days=7)).isoformat(),
    )
    push(house, timedelta(days=7))
    assert (await asking_erasure.ask_erasure(house, **me)).asked_at == asked.asked_at + timedelta(days=7)


async def test_the_link_of_a_receipt_asks_and_withdraws(house: House, contoso: Place, sam: Membership):
    await leave(contoso, sam, erase=False)
    holder = of(contoso, sam, world.person_at_pages("somebody"))
    assert (await refusal(asking_erasure.ask_erasure(house, **holder))).reason is Reason.NOT_FOUND
    await asking_erasure.ask_erasure(house, **holder, by_link=True)
    assert (await refusal(asking_erasure.withdraw_erasure(house, **holder))).reason is Reason.NOT_FOUND
    assert (await asking_erasure.withdraw_erasure(house, **holder, by_link=True)).answer == "withdrawn"


async def test_who_may_leave_leaves_and_who_may_not_asks(house: House, contoso: Place, sam: Membership):
    me = of(contoso, sam, world.at_portal(sam))
    assert (await refusal(asking_erasure.ask_erasure(house, **me))).reason is Reason.WRONG_STAGE
    await forbid(contoso)
    await asking.ask_removal(house, **me)
    asked = await asking_erasure.ask_erasure(house, **me)
    assert asked.reason == "organizationForbids"
    event = await world.last_event(contoso)
    assert (event.type, event.record["facts"]) == ("membership.askErasure", {"reason": "organizationForbids"})
    program = world.program(contoso, "User.ReadWrite.All")
    assert (await refusal(asking_erasure.ask_erasure(house, **of(contoso, sam, program)))).reason in {
        Reason.NEEDS_PERSON,
        Reason.NOT_ALLOWED,
    }
    assert isinstance((await now(contoso, sam)).stage, Present)


async def test_the_wish_outlives_leaving_removing_and_restoring(house: House, contoso: Place, sam: Membership):
    await forbid(contoso)
    first = await asking_erasure.ask_erasure(house, **of(contoso, sam, world.at_portal(sam)))
    await removing.remove(house, **of(contoso, sam))
    await restoring.restore(house, **of(contoso, sam))
    await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=True, by=contoso.admin)
    await leave(contoso, sam)
    assert await open_request(contoso, sam) == first  # with the clock that began with it


async def test_who_asks_to_come_back_does_not_want_to_be_erased(house: House, contoso: Place, sam: Membership):
    done = await leave(contoso, sam)
    await asking.ask_restore(house, receipt_id=done.receipt.receipt_id, by=world.at_portal(sam))
    found = await requests.of_membership(await house.store.read(), contoso.id, sam.user_id)
    assert (found["erasure"].answer, found["restore"].answer) == ("withdrawn", None)
    push(house, timedelta(days=7))
    await asking_erasure.ask_erasure(house, **of(contoso, sam, world.at_portal(sam)))
    found = await requests.of_membership(await house.store.read(), contoso.id, sam.user_id)
    assert (found["erasure"].answer, found["restore"].answer) == (None, "withdrawn")


# --- Granting ---------------------------------------------------------------------------------------------------------


async def test_granting_deletes_whoever_left_for_good(house: House, contoso: Place, sam: Membership):
    await leave(contoso, sam)
    after = await answering_erasure.grant_erasure(house, **of(contoso, sam))
    assert isinstance(after.stage, Purged)
    events = (await world.events(contoso))[-2:]
    assert [event.type for event in events] == ["membership.answerErasure", "membership.purge"]
    assert events[0].record["facts"] == {"answer": "granted"}
    assert (await facts_of(contoso, LetterKind.PURGED))["cause"] == "askedFor"
    await erasing.erase(house, tenant_id=contoso.id, user_id=sam.user_id)
    assert await asked_of(contoso, sam) is None


async def test_granting_removes_whoever_is_still_here(house: House, contoso: Place, sam: Membership):
    await forbid(contoso)
    me = of(contoso, sam, world.at_portal(sam))
    await asking.ask_removal(house, **me)
    await asking_erasure.ask_erasure(house, **me)
    after = await answering_erasure.grant_erasure(house, **of(contoso, sam))
    assert isinstance(after.stage, Purged)
    assert (await now(contoso, sam)).version == after.version
    types = [event.type for event in await world.events(contoso)][-3:]
    assert types == ["membership.answerErasure", "membership.remove", "membership.purge"]
    found = await requests.of_membership(await house.store.read(), contoso.id, sam.user_id)
    assert (found["removal"].answer, found["erasure"].answer) == ("removed", "granted")


async def test_granting_needs_the_rights_it_uses(house: House, contoso: Place, sam: Membership):
    await forbid(contoso)
    await asking_erasure.ask_erasure(house, **of(contoso, sam, world.at_portal(sam)))
    grant = answering_erasure.grant_erasure
    assert (await refusal(grant(house, **of(contoso, sam, world.at_portal(sam))))).reason is Reason.NOT_ALLOWED
    other = await world.organization(house, "Fabrikam")
    assert (await refusal(grant(house, **of(contoso, sam, other.admin)))).reason is Reason.NOT_FOUND
    before = await now(contoso, sam)
    stale = grant(house, **of(contoso, sam), if_version=before.version - 1)
    assert (await refusal(stale)).reason is Reason.VERSION_MISMATCH
    assert (await now(contoso, sam)) == before
    await open_request(contoso, sam)


async def test_the_last_administrator_is_not_erased(house: House, contoso: Place):
    adele = await world.member(contoso, "Adele Vance")
    assert (await refusal(asking_erasure.ask_erasure(house, **of(contoso, adele, world.at_portal(adele))))).reason is (
        Reason.WRONG_STAGE
    )
    assert (await refusal(answering_erasure.grant_erasure(house, **of(contoso, adele)))).reason is Reason.WRONG_STAGE


# --- Refusing and extending -------------------------------------------------------------------------------------------


async def test_refusing_says_the_ground_and_the_way_to_complain(house: House, contoso: Place, sam: Membership):
    await leave(contoso, sam)
    refuse: dict[str, Any] = {**of(contoso, sam), "ground": Ground.LEGAL_OBLIGATION, "message": "Invoices stay."}
    answered = await answering_erasure.refuse_erasure(house, **refuse)
    assert (answered.answer, answered.ground) == ("refused", "legalObligation")
    facts = await facts_of(contoso, LetterKind.ERASURE_REFUSED)
    assert (facts["ground"], facts["message"]) == ("legalObligation", "Invoices stay.")
    event = await world.last_event(contoso)
    assert event.record["facts"] == {"answer": "refused", "ground": "legalObligation"}
    assert event.subject["details"]["message"] == "Invoices stay."
    assert (await refusal(answering_erasure.refuse_erasure(house, **refuse))).reason is Reason.WRONG_STAGE
    assert isinstance((await now(contoso, sam)).stage, Deleted)


async def test_more_time_is_taken_once_and_before_the_month_is_over(house: House, contoso: Place, sam: Membership):
    await leave(contoso, sam)
    first = await open_request(contoso, sam)
    extend: dict[str, Any] = {**of(contoso, sam), "kind": Kind.ERASURE, "why": "We look through the archive."}
    for months in (0, 3, -1):
        assert (await refusal(answering_erasure.extend_request(house, **extend, months=months))).reason is (
            Reason.BAD_VALUE
        )
    for why in ("", "  ", "x" * 1001):
        bad = answering_erasure.extend_request(house, **{**extend, "why": why}, months=1)
        assert (await refusal(bad)).reason is Reason.BAD_VALUE
    extended = await answering_erasure.extend_request(house, **extend, months=2)
    assert extended.first_due == first.answer_due
    assert extended.answer_due.month == (first.asked_at.month + 2) % 12 + 1
    facts = await facts_of(contoso, LetterKind.REQUEST_EXTENDED)
    assert facts["message"] == "We look through the archive."
    assert datetime.fromisoformat(facts["answerDue"]) == extended.answer_due
    assert (await refusal(answering_erasure.extend_request(house, **extend, months=1))).reason is Reason.ALREADY_THERE


async def test_after_the_month_nobody_takes_more_time(house: House, contoso: Place, sam: Membership):
    await forbid(contoso)
    me = of(contoso, sam, world.at_portal(sam))
    asked = await asking.ask_removal(house, **me)
    extend: dict[str, Any] = {**of(contoso, sam), "kind": Kind.REMOVAL, "why": "Holidays.", "months": 1}
    push(house, asked.answer_due - asked.asked_at)
    assert (await refusal(answering_erasure.extend_request(house, **extend))).reason is Reason.TOO_LATE
    assert (await refusal(answering_erasure.extend_request(house, **{**extend, "kind": Kind.RESTORE}))).reason is (
        Reason.BAD_VALUE
    )


async def test_time_ends_the_request_with_the_thirty_days(house: House, contoso: Place, sam: Membership):
    await leave(contoso, sam)
    push(house, timedelta(days=30))
    for act in (
        answering_erasure.grant_erasure(house, **of(contoso, sam)),
        answering_erasure.refuse_erasure(house, **of(contoso, sam), ground=Ground.EXCESSIVE),
        asking_erasure.withdraw_erasure(house, **of(contoso, sam, world.at_portal(sam))),
    ):
        assert (await refusal(act)).reason in {Reason.WRONG_STAGE, Reason.NOT_FOUND}
    assert await erasing.purge_due(house, tenant_id=contoso.id, user_id=sam.user_id) is not None


async def test_the_operator_lets_somebody_leave_to_be_erased(house: House, contoso: Place, sam: Membership):
    await at_once(contoso)
    done = await leaving.leave(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator(), key="k", erase=True)
    assert done.answer["state"] == "purged"
