"""Access reviews from the beginning to the last deletion: by time, in order, and done once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.houses import START
from tests.support.world import Place
from vestibule.actions import applying, deciding, due, erasing, restoring, review_rounds, reviewing, switching
from vestibule.actions.apps import create_app
from vestibule.actions.assigning import assign_app, assign_role
from vestibule.actions.assigning_groups import assign_group
from vestibule.actions.deciding import Where
from vestibule.actions.group_members import add_member
from vestibule.actions.grouping import create_group
from vestibule.actions.house import House
from vestibule.actions.posting import open_letter
from vestibule.actions.removing import remove
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Actor, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Cause, Deleted, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.reviews import Decision
from vestibule.rules.roles import HELPDESK_ADMINISTRATOR
from vestibule.store import activity, group_assignments, holdings, outbox, review_decisions, reviews, sponsors
from vestibule.store.groups import Group
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Unit

GUESTS = "microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')"
BLOCKS = [{"@odata.type": "#microsoft.graph.disableAndDeleteUserApplyAction"}]


def push(house: House, **time: float) -> datetime:
    clock = house.clock
    assert isinstance(clock, StoppedClock)
    return clock.advance(timedelta(**time))


def of_group(group: Group) -> dict[str, Any]:
    return {"query": f"/groups/{group.group_id}/transitiveMembers/{GUESTS}", "queryType": "MicrosoftGraph"}


def user(who: Membership) -> dict[str, Any]:
    return {"query": f"/users/{who.user_id}", "queryType": "MicrosoftGraph"}


async def readers(place: Place, *people: Membership, owner: Membership | None = None, **more: Any) -> Group:
    new = NewGroup("Readers", f"readers{place.house.chance.guid()[:8]}", **more)
    owners = [] if owner is None else [owner.user_id]
    made = await create_group(place.house, new, tenant_id=place.id, by=operator(), owner_ids=owners)
    for who in people:
        await add_member(place.house, tenant_id=place.id, group_id=made.group_id, user_id=who.user_id, by=operator())
    return made


async def make(place: Place, scope: Any, *reviewers: Any, more: Any = None, **settings: Any) -> Review:
    given = {"displayName": "Guests", "scope": scope, "reviewers": list(reviewers), **(more or {})}
    given["settings"] = {"instanceDurationInDays": 7, **settings}
    return await reviewing.create_review(place.house, given, tenant_id=place.id, by=place.admin)


async def begun(place: Place, *args: Any, **more: Any) -> tuple[Review, Instance]:
    review = await make(place, *args, **more)
    await due.run_due(place.house)
    [instance] = await instances(place, review)
    return review, instance


async def instances(place: Place, review: Review) -> list[Instance]:
    return await reviews.instances_of(await place.house.store.read(), place.id, review.review_id)


async def decisions(place: Place, instance: Instance) -> dict[str, Decided]:
    found = await review_decisions.in_instance(await place.house.store.read(), place.id, instance.instance_id)
    return {one.user_id: one for one in found}


async def decide(
    place: Place, instance: Instance, who: Membership, decision: Decision, by: Actor, why: str = ""
) -> None:
    found = (await decisions(place, instance))[who.user_id]
    where = Where(place.id, instance.review_id, instance.instance_id)
    await deciding.decide(place.house, where, found.decision_id, decision=decision, justification=why or None, by=by)


async def refused(attempt: Any, reason: Reason) -> None:
    with pytest.raises(Refused) as caught:
        await attempt
    assert caught.value.reason is reason


async def signed_in(place: Place, who: Membership, at: datetime) -> None:
    async def work(unit: Unit) -> None:
        await activity.note(unit, place.id, who.user_id, last_success_at=at)

    await place.house.store.change(work)


async def letters(house: House) -> list[tuple[str, str]]:
    waiting = await outbox.waiting(await house.store.read(), 100)
    opened = [(one.kind, open_letter(house, one).recipient) for one in waiting]
    return sorted(one for one in opened if one[0].startswith("review"))


@pytest.fixture
async def adele(contoso: Place) -> Membership:
    return await world.member(contoso, "Adele Vance")


async def test_who_is_denied_loses_the_group_when_the_review_ends(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership
):
    group = await readers(contoso, sam, robin, adele)
    review, instance = await begun(
        contoso, of_group(group), user(adele), autoApplyDecisionsEnabled=True, mailNotificationsEnabled=True
    )
    assert set(await decisions(contoso, instance)) == {sam.user_id, robin.user_id}, "members are not reviewed"
    assert await letters(house) == [("reviewAsked", "adele@contoso.example")] or adele.contact is None
    by = world.at_portal(adele)
    await decide(contoso, instance, sam, Decision.DENY, by, "left the project")
    await decide(contoso, instance, robin, Decision.APPROVE, by)
    push(house, days=6, hours=23)
    assert await due.run_due(house) == []
    end = push(house, hours=1)
    done = await due.run_due(house)
    assert [(one.at, one.verb.value) for one in done] == [
        (end, "stopAccessReview"),
        (end, "removeMember"),
        (end, "applyAccessReview"),
    ]
    held = [
        one.user_id for one in await holdings.IN_GROUPS.of_thing(await house.store.read(), contoso.id, group.group_id)
    ]
    assert sorted(held) == sorted([robin.user_id, adele.user_id])
    found = await decisions(contoso, instance)
    assert {one.result for one in found.values()} == {"AppliedSuccessfully"}
    assert found[sam.user_id].reviewed_by == adele.user_id
    [after] = await instances(contoso, review)
    assert after.state == "applied"
    types = [told.type for told in await world.events(contoso) if told.type.startswith("review.")]
    assert types[:2] == ["review.create", "review.start"]
    assert set(types[2:]) == {"review.deny", "review.approve", "review.end", "review.autoApply", "review.applyDecision"}
    assert await due.run_due(house) == []


async def test_who_is_denied_is_blocked_for_30_days_then_deleted_restorably(
    house: House, contoso: Place, sam: Membership, robin: Membership
):
    group = await readers(contoso, sam, robin)
    review, instance = await begun(contoso, of_group(group), user(contoso.administrator), applyActions=BLOCKS)
    await decide(contoso, instance, sam, Decision.DENY, contoso.admin)
    where = {"tenant_id": contoso.id, "review_id": instance.review_id, "instance_id": instance.instance_id}
    await refused(applying.apply_decisions(house, by=contoso.admin, **where), Reason.WRONG_STAGE)
    await reviewing.stop_instance(house, by=contoso.admin, **where)
    await refused(decide(contoso, instance, robin, Decision.DENY, contoso.admin), Reason.WRONG_STAGE)
    await applying.apply_decisions(house, by=contoso.admin, **where)
    await due.run_due(house)
    blocked = await world.again(house, contoso.id, sam.user_id)
    assert not blocked.standing.enabled_here
    assert isinstance(blocked.stage, Present)
    assert (await world.again(house, contoso.id, robin.user_id)).standing.enabled_here
    [waiting] = await instances(contoso, review)
    assert waiting.state == "applying", "it goes on until the last one is deleted"
    push(house, days=30, milliseconds=-1)
    assert await due.run_due(house) == []
    at = push(house, milliseconds=1)
    assert [(one.at, one.verb.value, one.object_id) for one in await due.run_due(house)] == [
        (at, "remove", sam.user_id)
    ]
    gone = await world.again(house, contoso.id, sam.user_id)
    assert isinstance(gone.stage, Deleted)
    assert (gone.stage.cause, gone.stage.at, gone.stage.purge_due) == (Cause.REVIEWED, at, at + timedelta(days=30))
    [after] = await instances(contoso, review)
    assert after.state == "applied"
    await restoring.restore(house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    assert isinstance((await world.again(house, contoso.id, sam.user_id)).stage, Present)


async def test_one_big_jump_does_everything_in_its_order(house: House, contoso: Place, sam: Membership):
    group = await readers(contoso, sam)
    house.emulator = True
    await make(
        contoso,
        of_group(group),
        user(contoso.administrator),
        applyActions=BLOCKS,
        autoApplyDecisionsEnabled=True,
        defaultDecisionEnabled=True,
        defaultDecision="Deny",
        reminderNotificationsEnabled=True,
    )
    push(house, days=100)
    done = [(one.at - START, one.verb.value) for one in await due.run_due(house)]
    day = timedelta(days=1)
    assert done == [
        (0 * day, "startAccessReview"),
        (3.5 * day, "remindReviewers"),
        (7 * day, "stopAccessReview"),
        (7 * day, "disable"),
        (37 * day, "remove"),
        (67 * day, "purge"),
        (67 * day, "erase"),
    ]
    assert await review_decisions.blocked_next(await house.store.read(), 5) == []


async def test_who_is_unblocked_meanwhile_is_not_deleted(house: House, contoso: Place, sam: Membership):
    group = await readers(contoso, sam)
    review, instance = await begun(
        contoso, of_group(group), user(contoso.administrator), applyActions=BLOCKS, autoApplyDecisionsEnabled=True
    )
    await decide(contoso, instance, sam, Decision.DENY, contoso.admin)
    push(house, days=7)
    await due.run_due(house)
    await switching.enable(house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    push(house, days=31)
    assert await due.run_due(house) == []
    assert isinstance((await world.again(house, contoso.id, sam.user_id)).stage, Present)
    [after] = await instances(contoso, review)
    assert after.state == "applied"


async def test_members_and_guests_with_power_over_others_are_not_blocked(
    house: House, contoso: Place, sam: Membership, adele: Membership
):
    group = await readers(contoso, sam, adele)
    await assign_role(house, tenant_id=contoso.id, role_id=HELPDESK_ADMINISTRATOR, user_id=sam.user_id, by=operator())
    everybody = {"query": f"/groups/{group.group_id}/transitiveMembers", "queryType": "MicrosoftGraph"}
    _, instance = await begun(
        contoso, everybody, user(contoso.administrator), applyActions=BLOCKS, autoApplyDecisionsEnabled=True,
        defaultDecisionEnabled=True, defaultDecision="Deny",
    )  # fmt: skip
    push(house, days=7)
    await due.run_due(house)
    assert {one.result for one in (await decisions(contoso, instance)).values()} == {"ApplyNotSupported"}
    assert (await world.again(house, contoso.id, sam.user_id)).standing.enabled_here


async def test_recommendations_follow_the_sign_ins(house: House, contoso: Place, sam: Membership, robin: Membership):
    push(house, days=90)
    newcomer = await world.guest(contoso, "new@elsewhere.example")
    await signed_in(contoso, sam, house.clock.now() - timedelta(days=29))
    await signed_in(contoso, robin, house.clock.now() - timedelta(days=30))
    group = await readers(contoso, sam, robin, newcomer)
    _, instance = await begun(contoso, of_group(group), user(contoso.administrator), recommendationsEnabled=True)
    found = await decisions(contoso, instance)
    assert {who.user_id: found[who.user_id].recommendation for who in (sam, robin, newcomer)} == {
        sam.user_id: "Approve",
        robin.user_id: "Deny",
        newcomer.user_id: "NoInfoAvailable",
    }
    where = Where(contoso.id, instance.review_id, instance.instance_id)
    assert await deciding.accept_recommendations(house, where, by=contoso.admin) == 2
    assert (await decisions(contoso, instance))[newcomer.user_id].decision == "NotReviewed"
    assert await deciding.reset_decisions(house, where, by=contoso.admin) == 2
    assert {one.decision for one in (await decisions(contoso, instance)).values()} == {"NotReviewed"}


async def test_inactive_guests_of_the_organization(house: House, contoso: Place, sam: Membership, robin: Membership):
    push(house, days=120)
    await signed_in(contoso, robin, house.clock.now() - timedelta(days=10))
    scope = {
        "@odata.type": "#microsoft.graph.accessReviewInactiveUsersQueryScope",
        "query": "/users?$filter=(userType eq 'Guest')",
        "queryType": "MicrosoftGraph",
        "inactiveDuration": "P90D",
    }
    _, instance = await begun(contoso, scope, user(contoso.administrator))
    assert set(await decisions(contoso, instance)) == {sam.user_id}


async def test_all_groups_with_guests_have_an_instance_each_and_their_owners_decide(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership
):
    unified: dict[str, Any] = {"mail_enabled": True, "security_enabled": False, "types": ("Unified",)}
    first = await readers(contoso, sam, owner=adele, **unified)
    second = await readers(contoso, robin, **unified)
    await readers(contoso, sam)
    await readers(contoso, adele, **unified)
    review = await make(
        contoso,
        {"query": f"./members/{GUESTS}", "queryType": "MicrosoftGraph"},
        {"query": "./owners", "queryType": "MicrosoftGraph", "queryRoot": None},
        more={
            "instanceEnumerationScope": {
                "query": "/groups?$filter=(groupTypes/any(c:c eq 'Unified'))&$count=true",
                "queryType": "MicrosoftGraph",
            },
            "fallbackReviewers": [user(contoso.administrator)],
        },
    )
    await due.run_due(house)
    found = {one.group_id: one for one in await instances(contoso, review)}
    assert set(found) == {first.group_id, second.group_id}
    await decide(contoso, found[first.group_id], sam, Decision.DENY, world.at_portal(adele))
    await refused(
        decide(contoso, found[second.group_id], robin, Decision.DENY, world.at_portal(adele)), Reason.NOT_ALLOWED
    )
    await decide(contoso, found[second.group_id], robin, Decision.DENY, contoso.admin)


async def test_guests_are_asked_themselves_and_only_about_themselves(
    house: House, contoso: Place, sam: Membership, robin: Membership
):
    group = await readers(contoso, sam, robin)
    _, instance = await begun(
        contoso, of_group(group), mailNotificationsEnabled=True, justificationRequiredOnApproval=True
    )
    assert await letters(house) == [
        ("reviewAsked", "robin@elsewhere.example"),
        ("reviewAsked", "sam@elsewhere.example"),
    ]
    by = world.at_portal(sam)
    await refused(decide(contoso, instance, sam, Decision.APPROVE, by), Reason.MISSING_VALUE)
    await decide(contoso, instance, sam, Decision.APPROVE, by, "still on the project")
    await refused(decide(contoso, instance, robin, Decision.DENY, by), Reason.NOT_FOUND)
    stranger = world.at_portal(await world.guest(contoso, "stranger@elsewhere.example"))
    await refused(decide(contoso, instance, robin, Decision.DENY, stranger), Reason.NOT_ALLOWED)
    program = world.program(contoso, "AccessReview.ReadWrite.All")
    await refused(decide(contoso, instance, robin, Decision.DENY, program), Reason.NEEDS_PERSON)


async def test_sponsors_are_asked_about_their_guests_else_the_fallback(
    house: House, contoso: Place, sam: Membership, robin: Membership, adele: Membership
):
    async def stands_for(unit: Unit) -> None:
        sponsors.insert(unit, contoso.id, sam.user_id, adele.user_id)

    await house.store.change(stands_for)
    alex = await world.member(contoso, "Alex Wilber")
    group = await readers(contoso, sam, robin)
    _, instance = await begun(
        contoso,
        of_group(group),
        {"query": "./sponsors", "queryType": "MicrosoftGraph", "queryRoot": "decisions"},
        more={"fallbackReviewers": [user(alex)]},
    )
    await decide(contoso, instance, sam, Decision.APPROVE, world.at_portal(adele))
    await refused(decide(contoso, instance, robin, Decision.DENY, world.at_portal(adele)), Reason.NOT_FOUND)
    await decide(contoso, instance, robin, Decision.DENY, world.at_portal(alex))


async def test_who_is_assigned_to_an_app_loses_the_assignment(house: House, contoso: Place, sam: Membership):
    app = (await create_app(house, NewApp("Travel"), tenant_id=contoso.id, by=operator())).app
    await assign_app(house, tenant_id=contoso.id, app_id=app.app_id, user_id=sam.user_id, by=operator())
    scope = {
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [{"query": "/users?$filter=(userType eq 'Guest')", "queryType": "MicrosoftGraph"}],
        "resourceScopes": [{"query": f"/servicePrincipals/{app.service_principal_id}", "queryType": "MicrosoftGraph"}],
    }
    _, instance = await begun(contoso, scope, user(contoso.administrator), autoApplyDecisionsEnabled=True)
    await decide(contoso, instance, sam, Decision.DENY, contoso.admin)
    push(house, days=7)
    done = [one.verb.value for one in await due.run_due(house)]
    assert done == ["stopAccessReview", "unassignAppRole", "applyAccessReview"]
    assert await holdings.ASSIGNED.of_user(await house.store.read(), contoso.id, sam.user_id) == []


async def test_access_that_comes_through_a_group_is_looked_at_and_left_to_whoever_looks_after_the_group(
    house: House, contoso: Place, sam: Membership, robin: Membership
):
    app = (await create_app(house, NewApp("Travel"), tenant_id=contoso.id, by=operator())).app
    group = await readers(contoso, sam, robin)
    here: dict[str, Any] = {"tenant_id": contoso.id, "app_id": app.app_id, "by": operator()}
    await assign_group(house, group_id=group.group_id, **here)
    await assign_app(house, user_id=robin.user_id, **here)
    kim = await world.guest(contoso, "kim@elsewhere.example", "Kim")
    await assign_app(house, user_id=kim.user_id, **here)
    scope = {
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [{"query": "/users?$filter=(userType eq 'Guest')", "queryType": "MicrosoftGraph"}],
        "resourceScopes": [{"query": f"/servicePrincipals/{app.service_principal_id}", "queryType": "MicrosoftGraph"}],
    }
    _, instance = await begun(contoso, scope, user(contoso.administrator), autoApplyDecisionsEnabled=True)
    assert set(await decisions(contoso, instance)) == {sam.user_id, robin.user_id, kim.user_id}
    for who in (sam, robin, kim):
        await decide(contoso, instance, who, Decision.DENY, contoso.admin)
    push(house, days=7)
    done = [(one.verb.value, one.object_id) for one in await due.run_due(house)]
    assert {object_id for verb, object_id in done if verb == "unassignAppRole"} == {robin.user_id, kim.user_id}
    found = await decisions(contoso, instance)
    assert {who.user_id: found[who.user_id].result for who in (sam, robin, kim)} == {
        sam.user_id: "ApplyNotSupported",
        robin.user_id: "ApplyNotSupported",
        kim.user_id: "AppliedSuccessfully",
    }
    reading = await house.store.read()
    assert await holdings.ASSIGNED.of_user(reading, contoso.id, robin.user_id) == []
    assert await group_assignments.everybody_at(reading, contoso.id, app.app_id) == sorted([sam.user_id, robin.user_id])


async def test_it_comes_round_until_it_is_stopped(house: House, contoso: Place, sam: Membership):
    group = await readers(contoso, sam)
    review = await make(
        contoso,
        of_group(group),
        recurrence={
            "pattern": {"type": "weekly", "interval": 2},
            "range": {"type": "noEnd", "startDate": "2026-03-09"},
        },
    )
    assert review.next_at is not None
    push(house, days=36)
    starts = [one.at.date().isoformat() for one in await due.run_due(house) if one.verb.value == "startAccessReview"]
    assert starts == ["2026-03-09", "2026-03-23", "2026-04-06"]
    await reviewing.stop_review(house, tenant_id=contoso.id, review_id=review.review_id, by=contoso.admin)
    push(house, days=100)
    assert [one.verb.value for one in await due.run_due(house)] == []
    stop = reviewing.stop_review(house, tenant_id=contoso.id, review_id=review.review_id, by=contoso.admin)
    await refused(stop, Reason.WRONG_STAGE)


async def test_reviewers_are_reminded_while_something_is_left(
    house: House, contoso: Place, sam: Membership, robin: Membership
):
    group = await readers(contoso, sam, robin)
    _, instance = await begun(contoso, of_group(group), reminderNotificationsEnabled=True)
    await decide(contoso, instance, sam, Decision.APPROVE, world.at_portal(sam))
    push(house, days=3.5)
    [reminded] = await due.run_due(house)
    assert reminded.verb.value == "remindReviewers"
    assert await letters(house) == [("reviewReminder", "robin@elsewhere.example")]
    where = Where(contoso.id, instance.review_id, instance.instance_id)
    await deciding.send_reminder(house, where, by=contoso.admin)
    assert await letters(house) == [("reviewReminder", "robin@elsewhere.example")] * 2


async def test_nothing_about_somebody_erased_stays_in_a_review(
    house: House, contoso: Place, sam: Membership, robin: Membership
):
    group = await readers(contoso, sam, robin)
    everything = {"query": f"/groups/{group.group_id}/members", "queryType": "MicrosoftGraph"}
    _, instance = await begun(contoso, everything, user(sam))
    by = world.at_portal(sam)
    await decide(contoso, instance, robin, Decision.APPROVE, by, "words of Sam")
    await decide(contoso, instance, sam, Decision.APPROVE, by, "more words")
    await remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    await erasing.purge(house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    await due.run_due(house)
    found = await decisions(contoso, instance)
    assert set(found) == {robin.user_id}
    assert (found[robin.user_id].reviewed_by, found[robin.user_id].justification) == (None, None)
    assert await reviews.asked_in(await house.store.read(), contoso.id, instance.instance_id) == []


async def test_rights(house: House, contoso: Place, sam: Membership, adele: Membership):
    group = await readers(contoso, sam)
    given = {"displayName": "G", "scope": of_group(group), "settings": {}}
    by = world.at_portal(adele)
    await refused(reviewing.create_review(house, given, tenant_id=contoso.id, by=by), Reason.NOT_ALLOWED)
    reads = world.program(contoso, "AccessReview.Read.All")
    await refused(reviewing.create_review(house, given, tenant_id=contoso.id, by=reads), Reason.NOT_ALLOWED)
    writes = world.program(contoso, "AccessReview.ReadWrite.All")
    made = await reviewing.create_review(house, given, tenant_id=contoso.id, by=writes)
    powerful = await readers(contoso, sam, assignable_to_role=True)
    given = {**given, "scope": of_group(powerful)}
    await refused(reviewing.create_review(house, given, tenant_id=contoso.id, by=writes), Reason.NOT_ALLOWED)
    changed = {"displayName": "Another name", "settings": {"instanceDurationInDays": 3}}
    here: dict[str, Any] = {"tenant_id": contoso.id, "review_id": made.review_id, "by": writes}
    after = await reviewing.update_review(house, changed, **here)
    assert (after.display_name, after.definition["settings"]["instanceDurationInDays"]) == ("Another name", 3)
    assert await reviewing.update_review(house, changed, **here) == after
    moved = {"scope": {**of_group(group), "query": f"/groups/{group.group_id}/members"}}
    await refused(reviewing.update_review(house, moved, **here), Reason.READ_ONLY)
    await reviewing.delete_review(house, **here)
    assert await reviews.find(await house.store.read(), contoso.id, made.review_id) is None


async def test_what_was_begun_twice_at_once_is_there_once(house: House, contoso: Place, sam: Membership):
    group = await readers(contoso, sam)
    review = await make(contoso, of_group(group))
    here = {"tenant_id": contoso.id, "review_id": review.review_id}
    assert await review_rounds.open_due(house, **here) == START
    assert await review_rounds.open_due(house, **here) is None
    assert len(await instances(contoso, review)) == 1
