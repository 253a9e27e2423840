"""Access reviews of directory roles, of groups by their owners, and letters to further people when one ends."""

from typing import Any

import pytest

from tests.actions.test_reviews import (
    BLOCKS,
    begun,
    decide,
    decisions,
    instances,
    of_group,
    push,
    readers,
    refused,
    user,
)
from tests.support import world
from tests.support.world import Place
from vestibule.actions import due, review_stages, reviewing, role_definitions
from vestibule.actions.assigning import assign_role
from vestibule.actions.deciding import Where, decide_all
from vestibule.actions.group_members import add_owner, remove_owner
from vestibule.actions.house import House
from vestibule.actions.posting import open_letter
from vestibule.actions.review_rights import change_review_policy
from vestibule.actions.review_stages import WhichStage
from vestibule.actions.role_definitions import RoleChanges
from vestibule.rules.actors import Actor, Strength, operator
from vestibule.rules.refusals import Reason
from vestibule.rules.reviews import Decision
from vestibule.rules.roles import (
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    HELPDESK_ADMINISTRATOR,
    IDENTITY_GOVERNANCE_ADMINISTRATOR,
    PRIVILEGED_ROLE_ADMINISTRATOR,
)
from vestibule.store import hanging, outbox, reviews
from vestibule.store.memberships import Membership
from vestibule.store.reviews import Review

QUERY = {"queryType": "MicrosoftGraph"}


def of_role(role_id: str, whom: str = "/users", **more: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
        "principalScopes": [{"query": whom, **QUERY, **more}],
        "resourceScopes": [{"query": f"/roleManagement/directory/roleDefinitions/{role_id}", **QUERY}],
    }


async def give(place: Place, who: Membership, role_id: str) -> None:
    await assign_role(place.house, tenant_id=place.id, role_id=role_id, user_id=who.user_id, by=operator())


async def held(place: Place, who: Membership) -> frozenset[str]:
    return await hanging.roles(await place.house.store.read(), place.id, who.user_id)


async def holding(place: Place, role_id: str, name: str = "Robin") -> Actor:
    who = await world.member(place, name)
    await give(place, who, role_id)
    return world.at_portal(who)


async def create(place: Place, scope: Any, by: Actor, **settings: Any) -> Review:
    given = {"displayName": "Holders", "scope": scope, "reviewers": [user(place.administrator)], "settings": settings}
    return await reviewing.create_review(place.house, given, tenant_id=place.id, by=by)


@pytest.fixture
async def adele(contoso: Place) -> Membership:
    return await world.member(contoso, "Adele Vance")


# --- Roles ------------------------------------------------------------------------------------------------------------


async def test_who_is_denied_loses_the_role_and_nothing_else(
    house: House, contoso: Place, sam: Membership, adele: Membership
):
    for who in (sam, adele):
        await give(contoso, who, HELPDESK_ADMINISTRATOR)
    await give(contoso, adele, GLOBAL_READER)
    _, instance = await begun(
        contoso, of_role(HELPDESK_ADMINISTRATOR), user(contoso.administrator), autoApplyDecisionsEnabled=True
    )
    assert set(await decisions(contoso, instance)) == {sam.user_id, adele.user_id}
    await decide(contoso, instance, adele, Decision.DENY, contoso.admin)
    await decide(contoso, instance, sam, Decision.APPROVE, contoso.admin)
    end = push(house, days=7)
    assert [(one.at, one.verb.value) for one in await due.run_due(house)] == [
        (end, "stopAccessReview"),
        (end, "unassignRole"),
        (end, "applyAccessReview"),
    ]
    assert await held(contoso, adele) == {GLOBAL_READER}
    assert await held(contoso, sam) == {HELPDESK_ADMINISTRATOR}
    types = [told.type for told in await world.events(contoso)]
    assert {"role.unassign", "review.applyDecision", "review.autoApply"} <= set(types)
    assert (await world.again(house, contoso.id, adele.user_id)).standing.enabled_here


async def test_guests_alone_or_those_who_do_not_sign_in(
    house: House, contoso: Place, sam: Membership, adele: Membership
):
    for who in (sam, adele):
        await give(contoso, who, HELPDESK_ADMINISTRATOR)
    guests = of_role(HELPDESK_ADMINISTRATOR, "/users?$filter=(userType eq 'Guest')")
    _, instance = await begun(contoso, guests, user(contoso.administrator))
    assert set(await decisions(contoso, instance)) == {sam.user_id}
    idle = {"@odata.type": "#microsoft.graph.accessReviewInactiveUsersQueryScope", "inactiveDuration": "P30D"}
    _, instance = await begun(contoso, of_role(HELPDESK_ADMINISTRATOR, **idle), user(contoso.administrator))
    assert await decisions(contoso, instance) == {}, "they came today"
    push(house, days=31)
    _, instance = await begun(contoso, of_role(HELPDESK_ADMINISTRATOR, **idle), user(contoso.administrator))
    assert set(await decisions(contoso, instance)) == {sam.user_id, adele.user_id}


async def test_the_last_global_administrator_stays(house: House, contoso: Place, adele: Membership):
    await give(contoso, adele, GLOBAL_ADMINISTRATOR)
    review, instance = await begun(
        contoso,
        of_role(GLOBAL_ADMINISTRATOR),
        user(contoso.administrator),
        autoApplyDecisionsEnabled=True,
        defaultDecisionEnabled=True,
        defaultDecision="Deny",
    )
    push(house, days=7)
    await due.run_due(house)
    results = {one.user_id: one.result for one in (await decisions(contoso, instance)).values()}
    assert sorted(results.values()) == ["AppliedSuccessfully", "ApplyNotSupported"]
    [left] = [user_id for user_id, result in results.items() if result == "ApplyNotSupported"]
    for who in (adele, contoso.administrator):
        assert (GLOBAL_ADMINISTRATOR in await held(contoso, who)) is (who.user_id == left)
    [after] = await instances(contoso, review)
    assert after.state == "applied"


async def test_who_lost_the_role_meanwhile_is_gone(house: House, contoso: Place, sam: Membership, adele: Membership):
    made = await role_definitions.create_role(
        house,
        new=RoleChanges(display_name="Readers", actions=("microsoft.directory/auditLogs/allProperties/read",)),
        tenant_id=contoso.id,
        by=contoso.admin,
    )
    for who in (sam, adele):
        await give(contoso, who, made.role_id)
    _, instance = await begun(
        contoso,
        of_role(made.role_id),
        user(contoso.administrator),
        autoApplyDecisionsEnabled=True,
        defaultDecisionEnabled=True,
        defaultDecision="Deny",
    )
    assert set(await decisions(contoso, instance)) == {sam.user_id, adele.user_id}
    await role_definitions.delete_role(house, tenant_id=contoso.id, role_id=made.role_id, by=contoso.admin)
    push(house, days=7)
    await due.run_due(house)
    assert {one.result for one in (await decisions(contoso, instance)).values()} == {
        "AppliedSuccessfullyButObjectNotFound"
    }
    missing = create(contoso, of_role(made.role_id), contoso.admin)
    await refused(missing, Reason.NOT_FOUND)


async def test_holders_of_a_role_are_not_blocked(house: House, contoso: Place, sam: Membership):
    await give(contoso, sam, HELPDESK_ADMINISTRATOR)
    _, instance = await begun(
        contoso,
        of_role(HELPDESK_ADMINISTRATOR),
        user(contoso.administrator),
        applyActions=BLOCKS,
        autoApplyDecisionsEnabled=True,
    )
    await decide(contoso, instance, sam, Decision.DENY, contoso.admin)
    push(house, days=7)
    await due.run_due(house)
    assert (await decisions(contoso, instance))[sam.user_id].result == "ApplyNotSupported"
    assert HELPDESK_ADMINISTRATOR in await held(contoso, sam)


async def test_who_may_review_roles(contoso: Place, sam: Membership, adele: Membership):
    await give(contoso, sam, HELPDESK_ADMINISTRATOR)
    scope = of_role(HELPDESK_ADMINISTRATOR)
    of_roles = await holding(contoso, PRIVILEGED_ROLE_ADMINISTRATOR, "Roles")
    governs = await holding(contoso, IDENTITY_GOVERNANCE_ADMINISTRATOR, "Governs")
    await refused(create(contoso, scope, governs), Reason.NOT_ALLOWED)
    review = await create(contoso, scope, of_roles)
    others = await create(contoso, of_group(await readers(contoso, sam)), governs)
    await refused(create(contoso, of_group(await readers(contoso, sam)), of_roles), Reason.NOT_ALLOWED)
    await due.run_due(contoso.house)
    change: dict[str, Any] = {"given": {"displayName": "Other"}, "tenant_id": contoso.id}
    for target, refuses, allows in ((review, governs, of_roles), (others, of_roles, governs)):
        of = {**change, "review_id": target.review_id}
        await refused(reviewing.update_review(contoso.house, **of, by=refuses), Reason.NOT_ALLOWED)
        stop = {"tenant_id": contoso.id, "review_id": target.review_id}
        await refused(reviewing.stop_review(contoso.house, **stop, by=refuses), Reason.NOT_ALLOWED)
        [instance] = await instances(contoso, target)
        where = Where(contoso.id, target.review_id, instance.instance_id)
        everybody: dict[str, Any] = {"decision": Decision.DENY, "justification": None}
        await refused(decide_all(contoso.house, where, **everybody, by=refuses), Reason.NOT_ALLOWED)
        assert await decide_all(contoso.house, where, **everybody, by=allows) == 1
        await reviewing.update_review(contoso.house, **of, by=allows)
    reading = await contoso.house.store.read()
    everything = await reviews.everything(reading, contoso.id)
    seen = {
        name: {one.review_id for one in await reviewing.readable(reading, by, everything)}
        for name, by in (("roles", of_roles), ("governs", governs), ("member", world.at_portal(adele)))
    }
    assert seen == {"roles": {review.review_id}, "governs": {review.review_id, others.review_id}, "member": set()}


async def test_a_program_needs_the_permission_to_take_roles(contoso: Place, sam: Membership):
    await give(contoso, sam, HELPDESK_ADMINISTRATOR)
    scope = of_role(HELPDESK_ADMINISTRATOR)
    weak = world.program(contoso, "AccessReview.ReadWrite.All")
    await refused(create(contoso, scope, weak), Reason.NOT_ALLOWED)
    token = world.with_token(contoso.administrator, "AccessReview.ReadWrite.All")
    await refused(create(contoso, scope, token), Reason.NOT_ALLOWED)
    both = ("AccessReview.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
    review = await create(contoso, scope, world.program(contoso, *both))
    await create(contoso, scope, world.with_token(contoso.administrator, *both))
    reading = await contoso.house.store.read()
    reads = world.program(contoso, "AccessReview.Read.All")
    assert await reviewing.readable(reading, reads, [review]) == [review]
    await due.run_due(contoso.house)
    [instance] = await instances(contoso, review)
    await decide(contoso, instance, sam, Decision.DENY, token)  # whoever is asked answers with any token to review


# --- Owners -----------------------------------------------------------------------------------------------------------


async def test_owners_review_their_own_group_where_they_may(
    house: House, contoso: Place, sam: Membership, adele: Membership
):
    group = await readers(contoso, sam, owner=adele)
    other = await readers(contoso, sam)
    by = world.at_portal(adele)
    await refused(create(contoso, of_group(group), by), Reason.NOT_ALLOWED)
    await change_review_policy(house, tenant_id=contoso.id, owners=True, by=contoso.admin)
    told = await world.last_event(contoso)
    assert told.type == "review.changePolicy"
    await change_review_policy(house, tenant_id=contoso.id, owners=True, by=contoso.admin)
    assert await world.last_event(contoso) == told, "nothing changed"
    review = await create(contoso, of_group(group), by)
    for scope in (of_group(other), of_role(HELPDESK_ADMINISTRATOR), {"query": "/users?$filter=(userType eq 'Guest')"}):
        await refused(create(contoso, scope, by), Reason.NOT_ALLOWED)
    of: dict[str, Any] = {"tenant_id": contoso.id, "review_id": review.review_id}
    await reviewing.update_review(house, {"displayName": "Mine"}, **of, by=by)
    await due.run_due(house)
    [instance] = await instances(contoso, review)
    await decide(contoso, instance, sam, Decision.DENY, by)
    theirs = await create(contoso, of_group(other), contoso.admin)
    reading = await house.store.read()
    assert await reviewing.readable(reading, by, [review, theirs]) == [review]
    await change_review_policy(house, tenant_id=contoso.id, owners=False, by=contoso.admin)
    await refused(reviewing.stop_review(house, **of, by=by), Reason.NOT_ALLOWED)
    await change_review_policy(house, tenant_id=contoso.id, owners=True, by=contoso.admin)
    await reviewing.stop_review(house, **of, by=by)
    await add_owner(
        house, tenant_id=contoso.id, group_id=group.group_id, user_id=contoso.administrator.user_id, by=operator()
    )
    await remove_owner(house, tenant_id=contoso.id, group_id=group.group_id, user_id=adele.user_id, by=operator())
    await refused(reviewing.delete_review(house, **of, by=by), Reason.NOT_ALLOWED)


async def test_an_owner_blocks_nobody_and_reviews_no_group_that_may_hold_roles(
    house: House, contoso: Place, sam: Membership, adele: Membership
):
    await change_review_policy(house, tenant_id=contoso.id, owners=True, by=contoso.admin)
    group = await readers(contoso, sam, owner=adele)
    by = world.at_portal(adele)
    await refused(create(contoso, of_group(group), by, applyActions=BLOCKS), Reason.NOT_ALLOWED)
    review = await create(contoso, of_group(group), by)
    of: dict[str, Any] = {"tenant_id": contoso.id, "review_id": review.review_id}
    blocks = {"settings": {"applyActions": BLOCKS}}
    await refused(reviewing.update_review(house, blocks, **of, by=by), Reason.NOT_ALLOWED)
    await reviewing.update_review(house, blocks, **of, by=contoso.admin)
    await refused(reviewing.update_review(house, {"settings": {}}, **of, by=by), Reason.NOT_ALLOWED)
    powerful = await readers(contoso, sam, owner=adele, assignable_to_role=True)
    await refused(create(contoso, of_group(powerful), by), Reason.NOT_ALLOWED)


async def test_who_may_change_the_policy(house: House, contoso: Place):
    for role, allowed in ((IDENTITY_GOVERNANCE_ADMINISTRATOR, True), (PRIVILEGED_ROLE_ADMINISTRATOR, False)):
        change = change_review_policy(
            house, tenant_id=contoso.id, owners=True, by=await holding(contoso, role, role[:8])
        )
        if allowed:
            await change
        else:
            await refused(change, Reason.NOT_ALLOWED)
    code = world.at_portal(contoso.administrator, Strength.EMAILED_CODE)
    await refused(change_review_policy(house, tenant_id=contoso.id, owners=False, by=code), Reason.STRONGER_SIGN_IN)


# --- Further people ---------------------------------------------------------------------------------------------------


async def completed(house: House) -> list[tuple[str, dict[str, Any]]]:
    waiting = await outbox.waiting(await house.store.read(), 100)
    opened = [open_letter(house, one) for one in waiting if one.kind == "reviewCompleted"]
    return sorted((one.recipient, one.facts) for one in opened)


def recipients(*scopes: dict[str, Any]) -> dict[str, Any]:
    kind = "CompletedAdditionalRecipients"
    return {
        "additionalNotificationRecipients": [
            {"notificationTemplateType": kind, "notificationRecipientScope": scope} for scope in scopes
        ]
    }


@pytest.mark.parametrize("way", ["by time", "stopped", "its instance stopped"])
async def test_further_people_hear_that_it_has_ended(
    house: House, contoso: Place, sam: Membership, adele: Membership, way: str
):
    robin = await world.guest(contoso, "robin@elsewhere.example", "Robin Counts")
    lee = await world.member(contoso, "Lee", mail="lee@contoso.example")
    group = await readers(contoso, sam, robin, owner=lee)
    owners = {"query": f"/groups/{group.group_id}/owners", **QUERY}
    twice = recipients(owners, {"query": f"/users/{lee.user_id}", **QUERY})
    review, instance = await begun(contoso, of_group(group), user(adele), more=twice)
    await decide(contoso, instance, sam, Decision.DENY, contoso.admin)
    assert await completed(house) == []
    of: dict[str, Any] = {"tenant_id": contoso.id, "review_id": review.review_id, "by": contoso.admin}
    if way == "by time":
        end = push(house, days=7)
        push(house, days=1)
        await due.run_due(house)
    else:
        end = push(house, days=1)
        if way == "stopped":
            await reviewing.stop_review(house, **of)
        else:
            await reviewing.stop_instance(house, instance_id=instance.instance_id, **of)
    [(recipient, facts)] = await completed(house)
    assert recipient == "lee@contoso.example"
    assert (facts["kept"], facts["denied"], facts["undecided"]) == (0, 1, 1)
    assert facts["endedAt"] == end.isoformat().replace("+00:00", "Z")
    assert facts["reviewLink"].endswith(f"/admin/access-reviews/{review.review_id}")
    push(house, days=30)
    await due.run_due(house)
    assert len(await completed(house)) == 1


async def test_further_people_hear_of_the_last_stage_alone(house: House, contoso: Place, sam: Membership):
    lee = await world.member(contoso, "Lee", mail="lee@contoso.example")
    group = await readers(contoso, sam)
    asks = [user(lee)]
    stages = [
        {"stageId": "1", "durationInDays": 1, "reviewers": asks},
        {"stageId": "2", "dependsOn": ["1"], "durationInDays": 1, "reviewers": asks},
    ]
    more = recipients({"query": f"/users/{lee.user_id}", **QUERY}) | {"stageSettings": stages}
    review, instance = await begun(contoso, of_group(group), more=more)
    reading = await house.store.read()
    for stage in await reviews.stages_of(reading, contoso.id, instance.instance_id):
        assert await completed(house) == []
        which = WhichStage(contoso.id, review.review_id, instance.instance_id, stage.stage_id)
        await review_stages.stop_stage(house, which, by=contoso.admin)
    [(recipient, _)] = await completed(house)
    assert recipient == "lee@contoso.example"


async def test_only_what_is_offered(contoso: Place, sam: Membership):
    group = await readers(contoso, sam)
    wrong: list[Any] = [
        recipients({"query": "./manager", **QUERY, "queryRoot": "decisions"}),
        recipients({"query": "/users", **QUERY}),
        {"additionalNotificationRecipients": [{"notificationTemplateType": "Begun"}]},
        {"additionalNotificationRecipients": "Lee"},
    ]
    for more in wrong:
        given = {"displayName": "G", "scope": of_group(group), "settings": {}, **more}
        made = reviewing.create_review(contoso.house, given, tenant_id=contoso.id, by=contoso.admin)
        await refused(made, Reason.BAD_VALUE)
    review = await create(contoso, of_group(group), contoso.admin)
    assert reviewing.meaning_of(review).recipients == ()
