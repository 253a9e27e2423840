"""A guest's life through the actions: invited, redeemed, left, restored, purged, erased; on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from soak.sign_in_breakages_invitations import end_of_an_invitation_forgotten
from tests.support import world
from tests.support.broken import broken
from tests.support.world import Place
from vestibule.actions import (
    asking,
    due,
    erasing,
    group_members,
    grouping,
    inviting,
    leaving,
    policies,
    redeeming,
    removing,
    restoring,
    switching,
)
from vestibule.actions.assigning import assign_role
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, open_letter
from vestibule.ground.clock import StoppedClock
from vestibule.rules import roles
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Cause, Deleted, Erased, Invited, Present, Purged
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import erasures, hanging, memberships, outbox, people, profiles, receipts, requests
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.memberships import Membership

ADDRESS = "guest@elsewhere.example"
THIRTY_DAYS = timedelta(days=30)
MOMENT = timedelta(milliseconds=1)


def push(house: House, step: timedelta) -> None:
    """Let time pass."""
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def leave(place: Place, guest: Membership, key: str = "key-1") -> leaving.Departure:
    return await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key=key)


async def refusal(awaitable: object) -> Refused:
    with pytest.raises(Refused) as caught:
        await awaitable  # type: ignore[misc]
    return caught.value


# --- Inviting and redeeming -----------------------------------------------------------------------------------


async def test_an_invited_guest_waits_and_a_redeemed_one_is_present(house: House, contoso: Place) -> None:
    waiting, ticket = await world.invited(contoso, ADDRESS)
    assert isinstance(waiting.stage, Invited)
    assert waiting.user_principal_name == "guest_elsewhere.example#EXT#@contoso.example"
    person_id = await world.mailbox_person(house, ADDRESS)
    done = await redeeming.redeem(house, person_id=person_id, ticket=ticket, by=world.person_at_pages(person_id))
    assert isinstance(done.membership.stage, Present)
    assert done.membership.person_id == person_id
    profile = await profiles.find(await house.store.read(), contoso.id, waiting.user_id)
    assert profile is not None
    assert profile.external_user_state == "Accepted"


async def test_fifty_parallel_acceptances_are_one(house: House, contoso: Place) -> None:
    guest, ticket = await world.invited(contoso, ADDRESS)
    person_id = await world.mailbox_person(house, ADDRESS)
    by = world.person_at_pages(person_id)
    results = await asyncio.gather(
        *(redeeming.redeem(house, person_id=person_id, ticket=ticket, by=by) for _ in range(50)),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    reasons = {result.reason for result in results if isinstance(result, Refused)}
    assert reasons == {Reason.INVITATION_USED}
    accepted = [
        event for event in await world.events(contoso) if event.type == "membership.redeem" and event.reason is None
    ]
    assert len(accepted) == 1
    assert (await world.again(house, contoso.id, guest.user_id)).version == 2


async def test_the_wrong_person_binds_nothing(house: House, contoso: Place) -> None:
    guest, ticket = await world.invited(contoso, ADDRESS)
    other = await world.mailbox_person(house, "other@elsewhere.example")
    refused = await refusal(redeeming.redeem(house, person_id=other, ticket=ticket, by=world.person_at_pages(other)))
    assert refused.reason is Reason.WRONG_PERSON
    assert refused.facts["invited"] == "g•••@elsewhere.example"
    assert (await world.again(house, contoso.id, guest.user_id)).person_id is None


@broken(end_of_an_invitation_forgotten)
async def test_an_expired_invitation_is_refused_without_any_worker(house: House, contoso: Place) -> None:
    _guest, ticket = await world.invited(contoso, ADDRESS)
    person_id = await world.mailbox_person(house, ADDRESS)
    push(house, timedelta(days=30))
    refused = await refusal(
        redeeming.redeem(house, person_id=person_id, ticket=ticket, by=world.person_at_pages(person_id))
    )
    assert refused.reason is Reason.INVITATION_EXPIRED


async def test_a_withdrawn_invitation_stays_dead_even_after_a_restore(house: House, contoso: Place) -> None:
    guest, ticket = await world.invited(contoso, ADDRESS)
    person_id = await world.mailbox_person(house, ADDRESS)
    by = world.person_at_pages(person_id)
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert (await refusal(redeeming.redeem(house, person_id=person_id, ticket=ticket, by=by))).reason is (
        Reason.INVITATION_DEAD
    )
    await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert (await refusal(redeeming.redeem(house, person_id=person_id, ticket=ticket, by=by))).reason is (
        Reason.INVITATION_DEAD
    )


async def test_declining_takes_the_user_object_away_restorably(house: House, contoso: Place) -> None:
    guest, ticket = await world.invited(contoso, ADDRESS)
    by = world.person_at_pages("nobody")
    await removing.decline(house, ticket_hash=inviting.ticket_hash(ticket), by=by)
    after = await world.again(house, contoso.id, guest.user_id)
    assert isinstance(after.stage, Deleted)
    assert after.stage.cause is Cause.DECLINED
    assert after.stage.was == guest.stage


async def test_inviting_somebody_again_keeps_the_object_and_kills_the_old_link(house: House, contoso: Place) -> None:
    guest, old = await world.invited(contoso, ADDRESS)
    again, _new = await world.invited(contoso, ADDRESS)
    assert again.user_id == guest.user_id
    person_id = await world.mailbox_person(house, ADDRESS)
    refused = await refusal(
        redeeming.redeem(house, person_id=person_id, ticket=old, by=world.person_at_pages(person_id))
    )
    assert refused.reason is Reason.INVITATION_DEAD


async def test_inviting_a_deleted_guest_is_never_silent(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    await leave(contoso, guest)
    asked = inviting.check(ADDRESS, "https://apps.example/")
    refused = await refusal(inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin))
    assert refused.reason is Reason.STILL_DELETED
    assert refused.facts["objectId"] == guest.user_id
    fresh = await inviting.invite(house, replace(asked, start_fresh=True), tenant_id=contoso.id, by=contoso.admin)
    assert fresh.user_id != guest.user_id


async def test_an_address_of_the_own_domain_is_no_guest(house: House, contoso: Place) -> None:
    asked = inviting.check("somebody@contoso.example", "https://apps.example/")
    refused = await refusal(inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin))
    assert refused.reason is Reason.INVITEE_IS_MEMBER


async def test_the_twenty_first_invitation_mail_of_a_day_is_refused_and_makes_nothing(
    house: House, contoso: Place
) -> None:
    asked = inviting.check(ADDRESS, "https://apps.example/", sends=True)
    for _ in range(20):
        await inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin)
    refused = await refusal(inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin))
    assert refused.reason is Reason.TOO_MANY_TRIES
    assert 0 < int(refused.facts["retryAfter"] or 0) <= 86_401
    push(house, timedelta(days=1))
    await inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin)


# --- Leaving --------------------------------------------------------------------------------------------------


async def test_leaving_gives_a_receipt_with_both_deadlines(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    gone = await leave(contoso, guest)
    left_at = gone.receipt.left_at
    assert gone.receipt.restorable_until == left_at + timedelta(seconds=30 * 86_400)
    assert gone.receipt.data_removed_by == left_at + timedelta(seconds=60 * 86_400)
    assert gone.answer["state"] == "deleted"
    assert gone.answer["kind"] == "guest"
    after = await world.again(house, contoso.id, guest.user_id)
    assert isinstance(after.stage, Deleted)
    assert (after.epoch, after.version) == (guest.epoch + 1, guest.version + 1)
    assert after.upn_key is None


async def test_fifty_parallel_leaves_are_one_departure_with_one_answer(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    keys = ["the same"] * 25 + [f"key-{number}" for number in range(25)]
    gone = await asyncio.gather(*(leave(contoso, guest, key) for key in keys))
    assert len({departure.receipt.reference for departure in gone}) == 1
    assert len({str(departure.answer) for departure in gone}) == 1
    left = [event for event in await world.events(contoso) if event.type == "membership.leave"]
    assert len(left) == 1
    assert left[0].record["facts"]["selfService"] is True
    waiting = await house.store.read()
    assert guest.person_id is not None
    assert len(await receipts.of_person(waiting, guest.person_id)) == 1


async def test_the_same_key_for_another_organization_is_refused(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    fabrikam = await world.organization(house, "Fabrikam")
    other = await world.guest(fabrikam, ADDRESS)
    await leave(contoso, guest, "key")
    refused = await refusal(leave(fabrikam, other, "key"))
    assert refused.reason is Reason.KEY_REUSED
    assert isinstance((await world.again(house, fabrikam.id, other.user_id)).stage, Present)


async def test_no_key_is_refused(contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    by = world.at_portal(guest)
    refused = await refusal(leaving.leave(contoso.house, tenant_id=contoso.id, by=by, key=None))
    assert refused.reason is Reason.KEY_MISSING


async def test_an_organization_that_forbids_it_keeps_the_guest_and_the_refusal_is_written_down(
    house: House, contoso: Place
) -> None:
    guest = await world.guest(contoso, ADDRESS)
    await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=False, by=contoso.admin)
    assert (await refusal(leave(contoso, guest))).reason is Reason.ORGANIZATION_FORBIDS
    assert await world.again(house, contoso.id, guest.user_id) == guest
    refused = (await world.last_event(contoso)).record
    assert (refused["type"], refused["outcome"], refused["reason_code"]) == (
        "membership.leave",
        "failure",
        "organizationForbids",
    )


async def test_a_disabled_guest_cannot_leave(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    await switching.disable(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert (await refusal(leave(contoso, guest))).reason is Reason.ACCOUNT_DISABLED


async def test_a_member_cannot_leave_home(contoso: Place) -> None:
    member = await world.member(contoso)
    assert (await refusal(leave(contoso, member))).reason is Reason.HOME_ORGANIZATION


async def test_a_guest_of_elsewhere_cannot_leave_for_somebody_else(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    other = await world.guest(contoso, "other@elsewhere.example")
    by = world.at_portal(guest)
    refused = await refusal(leaving.leave(house, tenant_id=contoso.id, by=by, key="k", user_id=other.user_id))
    assert refused.reason is Reason.NOT_FOUND


async def test_the_first_receipt_until_an_administrators_deletion_follows(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    first = await leave(contoso, guest, "one")
    assert (await leave(contoso, guest, "two")).receipt == first.receipt
    await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert (await refusal(leave(contoso, guest, "three"))).reason is Reason.WRONG_STAGE


# --- Restoring ------------------------------------------------------------------------------------------------


async def test_a_restore_brings_back_groups_and_roles(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    group = await grouping.create_group(
        house,
        NewGroup("Partners", "partners", mail_enabled=False, security_enabled=True),
        tenant_id=contoso.id,
        by=contoso.admin,
    )
    await group_members.add_member(
        house, tenant_id=contoso.id, group_id=group.group_id, user_id=guest.user_id, by=contoso.admin
    )
    await assign_role(
        house, tenant_id=contoso.id, role_id=roles.DIRECTORY_READERS, user_id=guest.user_id, by=contoso.admin
    )
    await leave(contoso, guest)
    report = await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert {(item.thing.kind, item.why_not) for item in report.items} == {(Kind.GROUP, None), (Kind.ROLE, None)}
    held = await hanging.everything(await house.store.read(), contoso.id, guest.user_id)
    assert {thing.kind for thing in held} == {Kind.GROUP, Kind.ROLE}
    after = await world.again(house, contoso.id, guest.user_id)
    assert isinstance(after.stage, Present)
    assert after.upn_key == guest.upn_key


async def test_what_was_revoked_or_deleted_meanwhile_does_not_return_and_is_named(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    kept, gone = [
        await grouping.create_group(
            house,
            NewGroup(name, name.lower(), mail_enabled=False, security_enabled=True),
            tenant_id=contoso.id,
            by=contoso.admin,
        )
        for name in ("Kept", "Gone")
    ]
    for group in (kept, gone):
        await group_members.add_member(
            house, tenant_id=contoso.id, group_id=group.group_id, user_id=guest.user_id, by=contoso.admin
        )
    await leave(contoso, guest)
    await grouping.delete_group(house, tenant_id=contoso.id, group_id=gone.group_id, by=contoso.admin)
    await grouping.purge_group(house, tenant_id=contoso.id, group_id=gone.group_id, by=contoso.admin)
    await group_members.remove_member(
        house, tenant_id=contoso.id, group_id=kept.group_id, user_id=guest.user_id, by=contoso.admin
    )
    report = await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert {item.thing.name: item.why_not for item in report.items} == {"Gone": "gone", "Kept": "revoked"}
    assert await hanging.everything(await house.store.read(), contoso.id, guest.user_id) == []


async def test_rights_the_restorer_could_not_grant_are_withheld(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    await assign_role(house, tenant_id=contoso.id, role_id=roles.GUEST_INVITER, user_id=guest.user_id, by=contoso.admin)
    await leave(contoso, guest)
    helper = await world.member(contoso)
    await assign_role(
        house, tenant_id=contoso.id, role_id=roles.USER_ADMINISTRATOR, user_id=helper.user_id, by=contoso.admin
    )
    report = await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=world.at_portal(helper))
    assert [item.why_not for item in report.items] == ["withheld"]
    assert await hanging.roles(await house.store.read(), contoso.id, guest.user_id) == frozenset()


async def test_a_part_comes_back_and_what_they_own_always_does(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    here: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    made = []
    for name in ("North", "South"):
        new = NewGroup(name, name.lower(), mail_enabled=False, security_enabled=True)
        made.append(await grouping.create_group(house, new, **here, member_ids=[guest.user_id]))
    await group_members.add_owner(house, **here, group_id=made[1].group_id, user_id=guest.user_id)
    await assign_role(house, **here, role_id=roles.GUEST_INVITER, user_id=guest.user_id)
    await leave(contoso, guest)

    def north(thing: Hanging) -> bool:
        return thing.target_id == made[0].group_id

    report = await restoring.restore(house, user_id=guest.user_id, wants=north, **here)
    why = {(one.thing.kind, one.thing.name): one.why_not for one in report.items}
    assert why == {
        (Kind.GROUP, "North"): None,
        (Kind.GROUP, "South"): "leftOut",
        (Kind.ROLE, "Guest Inviter"): "leftOut",
        (Kind.OWNED, "South"): None,
    }
    held = await hanging.everything(await house.store.read(), contoso.id, guest.user_id)
    assert {(one.kind, one.name) for one in held} == {(Kind.GROUP, "North"), (Kind.OWNED, "South")}
    await removing.remove(house, user_id=guest.user_id, **here)
    again = await restoring.restore(house, user_id=guest.user_id, **here)
    assert {one.thing.name for one in again.items} == {"North", "South"}, "what was left out is gone for good"
    assert {one.thing.kind for one in again.items} == {Kind.GROUP, Kind.OWNED}


async def test_a_disabled_account_stays_disabled(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    await switching.disable(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    report = await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    assert not report.membership.standing.enabled_here


async def test_a_name_taken_meanwhile_is_a_conflict_with_a_way_out(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    await leave(contoso, guest)
    asked = replace(inviting.check(ADDRESS, "https://apps.example/"), start_fresh=True)
    fresh = await inviting.invite(house, asked, tenant_id=contoso.id, by=contoso.admin)
    refused = await refusal(restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin))
    assert refused.reason is Reason.NAME_TAKEN
    assert refused.facts["objectId"] == fresh.user_id
    report = await restoring.restore(
        house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin, new_upn="old_one#EXT#@contoso.example"
    )
    assert report.membership.upn_key == "old_one#ext#@contoso.example"


async def test_the_thirty_days_are_exact_to_the_millisecond_and_need_no_worker(house: House, contoso: Place) -> None:
    early = await world.guest(contoso, ADDRESS)
    late = await world.guest(contoso, "late@elsewhere.example")
    await leave(contoso, early)
    await leave(contoso, late, "other")
    push(house, THIRTY_DAYS - MOMENT)
    await restoring.restore(house, tenant_id=contoso.id, user_id=early.user_id, by=contoso.admin)
    push(house, MOMENT)
    refused = await refusal(restoring.restore(house, tenant_id=contoso.id, user_id=late.user_id, by=contoso.admin))
    assert refused.reason is Reason.NOT_FOUND
    row = await world.again(house, contoso.id, late.user_id)
    assert isinstance(row.stage, Deleted), "no worker ran: the row still says deleted"


async def test_restore_and_purge_race_to_one_outcome(house: House, contoso: Place) -> None:
    for number in range(6):
        guest = await world.guest(contoso, f"racer{number}@elsewhere.example")
        await leave(contoso, guest, f"race-{number}")
        act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": contoso.admin}
        results = await asyncio.gather(
            restoring.restore(house, **act), erasing.purge(house, **act), return_exceptions=True
        )
        assert sum(isinstance(result, Refused) for result in results) == 1
        after = await world.again(house, contoso.id, guest.user_id)
        assert isinstance(after.stage, Present | Purged)


# --- Purging and erasing --------------------------------------------------------------------------------------


async def test_time_purges_and_erases_with_its_due_time_and_nothing_of_the_profile_stays(
    house: House, contoso: Place
) -> None:
    guest = await world.guest(contoso, ADDRESS, "Canary Name")
    gone = await leave(contoso, guest)
    push(house, timedelta(days=31))
    done = await due.run_due(house)
    deadline = gone.receipt.restorable_until
    assert [(one.at, one.verb.value) for one in done] == [(deadline, "purge"), (deadline, "erase")]
    after = await world.again(house, contoso.id, guest.user_id)
    assert isinstance(after.stage, Erased)
    assert after.stage.at == deadline
    assert (after.person_id, after.subject_key_id, after.mail, after.display_name) == (None, None, None, "")
    reading = await house.store.read()
    assert await profiles.find(reading, contoso.id, guest.user_id) is None
    assert guest.subject_key_id is not None
    assert await house.keys.find(guest.subject_key_id) is None
    running = await erasures.find(reading, contoso.id, guest.user_id)
    assert running is not None
    assert (running.state, running.sealed_contact) == ("done", None)
    told = [event for event in await world.events(contoso) if event.record["object"]["tag"] == guest.audit_tag]
    assert {event.type.rpartition(".")[2] for event in told} >= {"invite", "redeem", "leave", "purge", "erase"}
    assert all(event.subject == {} for event in told), "the audit rows stand, unreadable"
    versions = [event.record["object"]["ver_after"] for event in told if event.record["outcome"] == "success"]
    assert sorted(set(versions)) == list(range(1, max(versions) + 1))


async def test_the_receipt_outlives_the_erasure(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    gone = await leave(contoso, guest)
    push(house, timedelta(days=31))
    await due.run_due(house)
    assert guest.person_id is not None
    reading = await house.store.read()
    assert [kept.reference for kept in await receipts.of_person(reading, guest.person_id)] == [gone.receipt.reference]
    mailbox = (await people.mailboxes(reading, guest.person_id))[0]
    assert mailbox.address is None, "with the last membership the address itself goes"


async def test_an_administrator_purges_once_and_for_good(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    await leave(contoso, guest)
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": contoso.admin}
    await erasing.purge(house, **act)
    assert (await refusal(erasing.purge(house, **act))).reason is Reason.NOT_FOUND
    assert (await refusal(restoring.restore(house, **act))).reason is Reason.NOT_FOUND
    assert [one.verb.value for one in await due.run_due(house)] == ["erase"]


async def test_somebody_without_the_right_cannot_purge(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    member = await world.member(contoso)
    await leave(contoso, guest)
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id}
    assert (await refusal(erasing.purge(house, by=world.at_portal(member), **act))).reason is Reason.NOT_ALLOWED
    other = await world.organization(house, "Fabrikam")
    assert (await refusal(erasing.purge(house, by=other.admin, **act))).reason is Reason.NOT_FOUND


async def test_two_workers_at_once_do_everything_once(house: House, contoso: Place) -> None:
    guests = [await world.guest(contoso, f"many{number}@elsewhere.example") for number in range(5)]
    for number, guest in enumerate(guests):
        await leave(contoso, guest, f"many-{number}")
    push(house, timedelta(days=31))
    rounds = await asyncio.gather(*(due.run_due(house) for _ in range(4)))
    assert sorted(one.verb.value for done in rounds for one in done) == ["erase"] * 5 + ["purge"] * 5
    types = [event.type for event in await world.events(contoso)]
    assert (types.count("membership.purge"), types.count("membership.erase")) == (5, 5)


# --- Asking and the settings ----------------------------------------------------------------------------------


async def test_who_may_not_leave_may_ask_to_be_removed_once_a_week(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    ask: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id, "by": world.at_portal(guest)}
    assert (await refusal(asking.ask_removal(house, **ask))).reason is Reason.WRONG_STAGE, "they could just leave"
    await policies.change_leave_setting(house, tenant_id=contoso.id, guests_may_leave=False, by=contoso.admin)
    asked = await asking.ask_removal(house, **ask)
    assert asked.answer_due > asked.asked_at + timedelta(days=27)
    assert (await refusal(asking.ask_removal(house, **ask))).reason is Reason.ALREADY_THERE
    await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    kept = await requests.of_membership(await house.store.read(), contoso.id, guest.user_id)
    assert kept["removal"].answer == "removed"


async def test_who_left_by_mistake_may_ask_until_the_deadline(house: House, contoso: Place) -> None:
    guest = await world.guest(contoso, ADDRESS)
    gone = await leave(contoso, guest)
    nobody = world.person_at_pages("")
    await asking.ask_restore(house, receipt_id=gone.receipt.receipt_id, by=replace(nobody, person_id=None))
    push(house, THIRTY_DAYS)
    refused = await refusal(
        asking.ask_restore(house, receipt_id=gone.receipt.receipt_id, by=replace(nobody, person_id=None))
    )
    assert refused.reason is Reason.TOO_LATE


@pytest.mark.parametrize(("chose", "asks"), [(True, False), (True, True), (False, False)])
async def test_a_restore_that_nobody_asked_for_is_marked(house: House, contoso: Place, chose: bool, asks: bool) -> None:
    """In the log, and in the letter to whoever had left by choice."""
    guest = await world.guest(contoso, ADDRESS)
    if chose:
        gone = await leave(contoso, guest)
        if asks:
            nobody = replace(world.person_at_pages(""), person_id=None)
            await asking.ask_restore(house, receipt_id=gone.receipt.receipt_id, by=nobody)
    else:
        await removing.remove(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    await restoring.restore(house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
    told = (await world.last_event(contoso)).record
    assert (told["type"], told["facts"]["asked"]) == ("membership.restore", asks)
    waiting = await outbox.waiting(await house.store.read(), 100)
    [letter] = [open_letter(house, one) for one in waiting if one.kind == LetterKind.RESTORED]
    assert letter.facts["unasked"] is (chose and not asks)


async def test_the_leave_setting_leans_on_privacy_information(house: House) -> None:
    bare = await world.organization(house, "Litware", privacy_contact=None, privacy_statement=None)
    change: dict[str, Any] = {"tenant_id": bare.id, "guests_may_leave": False, "by": bare.admin}
    refused = await refusal(policies.change_leave_setting(house, **change))
    assert refused.reason is Reason.PRIVACY_INFORMATION_MISSING
    await policies.change_privacy(
        house,
        tenant_id=bare.id,
        contact="privacy@litware.example",
        statement="https://litware.example/p",
        by=bare.admin,
    )
    await policies.change_leave_setting(house, **change)
    refused = await refusal(
        policies.change_privacy(
            house, tenant_id=bare.id, contact=None, statement="https://litware.example/p", by=bare.admin
        )
    )
    assert refused.reason is Reason.PRIVACY_INFORMATION_NEEDED


async def test_the_last_administrator_can_neither_be_removed_nor_disabled(house: House, contoso: Place) -> None:
    act: dict[str, Any] = {"tenant_id": contoso.id, "user_id": contoso.administrator.user_id, "by": operator()}
    assert (await refusal(removing.remove(house, **act))).reason is Reason.ONLY_ADMINISTRATOR
    assert (await refusal(switching.disable(house, **act))).reason is Reason.ONLY_ADMINISTRATOR
    assert await memberships.find(await house.store.read(), contoso.id, contoso.administrator.user_id)


async def test_disabled_at_home_ends_everything_and_forbids_leaving(house: House, contoso: Place) -> None:
    fabrikam = await world.organization(house, "Fabrikam")
    member = await world.member(contoso)
    _waiting, ticket = await world.invited(fabrikam, "adele@contoso.example")
    assert member.person_id is not None
    done = await redeeming.redeem(house, person_id=member.person_id, ticket=ticket, by=world.at_portal(member))
    await switching.disable(house, tenant_id=contoso.id, user_id=member.user_id, by=contoso.admin)
    guest = await world.again(house, fabrikam.id, done.membership.user_id)
    assert not guest.standing.enabled_at_home
    assert guest.home_epoch == member.epoch + 1
    assert (await refusal(leave(fabrikam, guest))).reason is Reason.ACCOUNT_DISABLED
