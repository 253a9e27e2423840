"""Lines of access reviews, and of what direct connect shares."""

from datetime import timedelta
from typing import Any

from tests.faults.lines import ADDRESS, Act, connected, line, push
from tests.support import world
from tests.support.world import Place
from vestibule.actions import (
    applying,
    assigning,
    data_exports,
    deciding,
    group_members,
    grouping,
    review_histories,
    review_rights,
    review_rounds,
    review_stages,
    reviewing,
    sharing,
)
from vestibule.actions.deciding import Where
from vestibule.actions.review_stages import WhichStage
from vestibule.ground.clock import iso
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.reviews import Decision
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR
from vestibule.store import review_decisions, reviews
from vestibule.store.review_histories import History
from vestibule.store.reviews import Instance, Review

GUESTS = "microsoft.graph.user/?$filter=(userType eq 'Guest')"
BLOCKS = [{"@odata.type": "#microsoft.graph.disableAndDeleteUserApplyAction"}]


async def _given(place: Place, **settings: Any) -> dict[str, Any]:
    guest = await world.guest(place, ADDRESS)
    group = await grouping.create_group(place.house, NewGroup("Readers", "readers"), tenant_id=place.id, by=operator())
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": group.group_id, "by": operator()}
    await group_members.add_member(place.house, user_id=guest.user_id, **of)
    return {
        "displayName": "Guests",
        "scope": {"query": f"/groups/{group.group_id}/transitiveMembers/{GUESTS}", "queryType": "MicrosoftGraph"},
        "reviewers": [{"query": f"/users/{place.administrator.user_id}", "queryType": "MicrosoftGraph"}],
        "settings": {"instanceDurationInDays": 2, "mailNotificationsEnabled": True, **settings},
    }


async def _made(place: Place, **settings: Any) -> Review:
    given = await _given(place, **settings)
    return await reviewing.create_review(place.house, given, tenant_id=place.id, by=place.admin)


async def _begun(place: Place, **settings: Any) -> Instance:
    review = await _made(place, **settings)
    await review_rounds.open_due(place.house, tenant_id=place.id, review_id=review.review_id)
    [instance] = await reviews.instances_of(await place.house.store.read(), place.id, review.review_id)
    return instance


def _of(instance: Instance) -> dict[str, str]:
    return {
        "tenant_id": instance.tenant_id,
        "review_id": instance.review_id,
        "instance_id": instance.instance_id,
    }


async def _decided(place: Place, instance: Instance) -> str:
    [found] = await review_decisions.in_instance(await place.house.store.read(), place.id, instance.instance_id)
    return found.decision_id


@line("review.create")
async def _create(place: Place) -> Act:
    given = await _given(place)
    return lambda house: reviewing.create_review(house, given, tenant_id=place.id, by=place.admin)


@line("review.start")
async def _start(place: Place) -> Act:
    review = await _made(place)
    return lambda house: review_rounds.open_due(house, tenant_id=place.id, review_id=review.review_id)


@line("review.update")
async def _update(place: Place) -> Act:
    review = await _made(place)
    of: dict[str, Any] = {"tenant_id": place.id, "review_id": review.review_id, "by": place.admin}
    return lambda house: reviewing.update_review(house, {"displayName": "Others"}, **of)


@line("review.delete")
async def _delete(place: Place) -> Act:
    instance = await _begun(place)
    of: dict[str, Any] = {"tenant_id": place.id, "review_id": instance.review_id, "by": place.admin}
    return lambda house: reviewing.delete_review(house, **of)


@line("review.end of a review")
async def _stop(place: Place) -> Act:
    instance = await _begun(place)
    of: dict[str, Any] = {"tenant_id": place.id, "review_id": instance.review_id, "by": place.admin}
    return lambda house: reviewing.stop_review(house, **of)


@line("review.end of an instance")
async def _stop_instance(place: Place) -> Act:
    instance = await _begun(place)
    return lambda house: reviewing.stop_instance(house, **_of(instance), by=place.admin)


@line("review.end by time")
async def _end(place: Place) -> Act:
    instance = await _begun(place)
    push(place.house, timedelta(days=2))
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    return lambda house: review_rounds.go_on_due(house, **of)


@line("review.autoApply")
async def _auto_apply(place: Place) -> Act:
    instance = await _begun(place, autoApplyDecisionsEnabled=True)
    push(place.house, timedelta(days=2))
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    return lambda house: review_rounds.go_on_due(house, **of)


@line("review.remind by time")
async def _remind_due(place: Place) -> Act:
    instance = await _begun(place, reminderNotificationsEnabled=True)
    push(place.house, timedelta(days=1))
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    return lambda house: review_rounds.go_on_due(house, **of)


@line("review.remind")
async def _remind(place: Place) -> Act:
    instance = await _begun(place)
    return lambda house: deciding.send_reminder(house, Where(**_of(instance)), by=place.admin)


def _decide(decision: Decision) -> Any:
    async def prepare(place: Place) -> Act:
        instance = await _begun(place)
        decision_id = await _decided(place, instance)
        of: dict[str, Any] = {"decision": decision, "justification": "because", "by": place.admin}
        return lambda house: deciding.decide(house, Where(**_of(instance)), decision_id, **of)

    return prepare


line("review.approve")(_decide(Decision.APPROVE))
line("review.deny")(_decide(Decision.DENY))
line("review.dontKnow")(_decide(Decision.DONT_KNOW))


@line("review.reset")
async def _reset(place: Place) -> Act:
    instance = await _begun(place)
    where = Where(**_of(instance))
    await deciding.decide_all(place.house, where, decision=Decision.DENY, justification=None, by=place.admin)
    return lambda house: deciding.reset_decisions(house, where, by=place.admin)


@line("review.approve as recommended")
async def _accept(place: Place) -> Act:
    push(place.house, timedelta(days=1))
    instance = await _begun(place, recommendationsEnabled=True, recommendationLookBackDuration="P1D")
    where = Where(**_of(instance))
    everybody: dict[str, Any] = {"decision": Decision.APPROVE, "justification": None, "by": place.admin}
    return lambda house: deciding.decide_all(house, where, **everybody)


async def _denied(place: Place, **settings: Any) -> Instance:
    instance = await _begun(place, **settings)
    where = Where(**_of(instance))
    await deciding.decide_all(place.house, where, decision=Decision.DENY, justification=None, by=place.admin)
    await reviewing.stop_instance(place.house, **_of(instance), by=place.admin)
    return instance


@line("review.apply")
async def _apply(place: Place) -> Act:
    instance = await _denied(place)
    return lambda house: applying.apply_decisions(house, **_of(instance), by=place.admin)


@line("review.applyDecision", in_steps=True)
async def _apply_due(place: Place) -> Act:
    instance = await _denied(place)
    await applying.apply_decisions(place.house, **_of(instance), by=place.admin)
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    return lambda house: applying.apply_due(house, **of)


@line("review.applyDecision by blocking", in_steps=True)
async def _block_due(place: Place) -> Act:
    instance = await _denied(place, applyActions=BLOCKS)
    await applying.apply_decisions(place.house, **_of(instance), by=place.admin)
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    return lambda house: applying.apply_due(house, **of)


@line("membership.remove of somebody who was denied and blocked")
async def _delete_due(place: Place) -> Act:
    instance = await _denied(place, applyActions=BLOCKS)
    await applying.apply_decisions(place.house, **_of(instance), by=place.admin)
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    await applying.apply_due(place.house, **of)
    push(place.house, timedelta(days=30))
    decision_id = await _decided(place, instance)
    return lambda house: applying.delete_due(house, **of, decision_id=decision_id)


async def _staged(place: Place) -> tuple[Instance, WhichStage]:
    """In its first stage; the guest is kept, and asked about anew in the second, by the same person."""
    given = await _given(place)
    stages = [
        {"stageId": "1", "durationInDays": 1, "reviewers": given["reviewers"]},
        {"stageId": "2", "dependsOn": ["1"], "durationInDays": 1, "reviewers": given["reviewers"]},
    ]
    of: dict[str, Any] = {"tenant_id": place.id, "by": place.admin}
    review = await reviewing.create_review(place.house, {**given, "stageSettings": stages}, **of)
    await review_rounds.open_due(place.house, tenant_id=place.id, review_id=review.review_id)
    reading = await place.house.store.read()
    [instance] = await reviews.instances_of(reading, place.id, review.review_id)
    first = (await reviews.stages_of(reading, place.id, instance.instance_id))[0]
    which = WhichStage(**_of(instance), stage_id=first.stage_id)
    everybody: dict[str, Any] = {"decision": Decision.APPROVE, "justification": "because", "by": place.admin}
    await deciding.decide_all(place.house, Where(**_of(instance)), **everybody)
    return instance, which


@line("review.endStage")
async def _stop_stage(place: Place) -> Act:
    _, which = await _staged(place)
    return lambda house: review_stages.stop_stage(house, which, by=place.admin)


@line("review.endStage by time")
async def _end_stage(place: Place) -> Act:
    instance, _ = await _staged(place)
    push(place.house, timedelta(days=1))
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    return lambda house: review_rounds.go_on_due(house, **of)


@line("review.deny in a stage")
async def _decide_in_stage(place: Place) -> Act:
    instance, which = await _staged(place)
    where = Where(**_of(instance), stage_id=which.stage_id)
    everybody: dict[str, Any] = {"decision": Decision.DENY, "justification": None, "by": place.admin}
    return lambda house: deciding.decide_all(house, where, **everybody)


@line("review.update of a stage")
async def _update_stage(place: Place) -> Act:
    _, which = await _staged(place)
    return lambda house: review_stages.update_stage(house, which, {"reviewers": []}, by=place.admin)


@line("review.applyDecision by taking a role", in_steps=True)
async def _take_role_due(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    role = GLOBAL_ADMINISTRATOR
    await assigning.assign_role(place.house, tenant_id=place.id, role_id=role, user_id=guest.user_id, by=operator())
    query = {"queryType": "MicrosoftGraph"}
    given = {
        "displayName": "Administrators",
        "scope": {
            "@odata.type": "#microsoft.graph.principalResourceMembershipsScope",
            "principalScopes": [{"query": "/users?$filter=(userType eq 'Guest')", **query}],
            "resourceScopes": [{"query": f"/roleManagement/directory/roleDefinitions/{role}", **query}],
        },
        "reviewers": [{"query": f"/users/{place.administrator.user_id}", **query}],
        "settings": {"instanceDurationInDays": 2},
    }
    review = await reviewing.create_review(place.house, given, tenant_id=place.id, by=place.admin)
    await review_rounds.open_due(place.house, tenant_id=place.id, review_id=review.review_id)
    [instance] = await reviews.instances_of(await place.house.store.read(), place.id, review.review_id)
    where = Where(**_of(instance))
    await deciding.decide_all(place.house, where, decision=Decision.DENY, justification=None, by=place.admin)
    await reviewing.stop_instance(place.house, **_of(instance), by=place.admin)
    await applying.apply_decisions(place.house, **_of(instance), by=place.admin)
    of = {"tenant_id": place.id, "instance_id": instance.instance_id}
    return lambda house: applying.apply_due(house, **of)


@line("review.end told to further people")
async def _stop_and_tell(place: Place) -> Act:
    whom = {"query": f"/users/{place.administrator.user_id}", "queryType": "MicrosoftGraph"}
    told = {"notificationTemplateType": "CompletedAdditionalRecipients", "notificationRecipientScope": whom}
    given = await _given(place) | {"additionalNotificationRecipients": [told]}
    review = await reviewing.create_review(place.house, given, tenant_id=place.id, by=place.admin)
    await review_rounds.open_due(place.house, tenant_id=place.id, review_id=review.review_id)
    of: dict[str, Any] = {"tenant_id": place.id, "review_id": review.review_id, "by": place.admin}
    return lambda house: reviewing.stop_review(house, **of)


@line("review.create by an owner")
async def _create_as_owner(place: Place) -> Act:
    given = await _given(place)
    owner = await world.member(place, "Owner")
    group_id = given["scope"]["query"].split("/")[2]
    of: dict[str, Any] = {"tenant_id": place.id, "group_id": group_id, "user_id": owner.user_id, "by": operator()}
    await group_members.add_owner(place.house, **of)
    await review_rights.change_review_policy(place.house, tenant_id=place.id, owners=True, by=place.admin)
    return lambda house: reviewing.create_review(house, given, tenant_id=place.id, by=world.at_portal(owner))


@line("review.changePolicy")
async def _change_policy(place: Place) -> Act:
    return lambda house: review_rights.change_review_policy(house, tenant_id=place.id, owners=True, by=place.admin)


# --- Histories --------------------------------------------------------------------------------------------------------

HISTORY: dict[str, Any] = {
    "displayName": "All",
    "scopes": [{"query": "/identityGovernance/accessReviews/definitions"}],
    "reviewHistoryPeriodStartDateTime": "2026-01-01T00:00:00Z",
}


async def _history(place: Place, days: int = 0) -> History:
    given = {**HISTORY, "reviewHistoryPeriodEndDateTime": iso(place.house.clock.now() + timedelta(days=days))}
    return await review_histories.create_history(place.house, given, tenant_id=place.id, by=place.admin)


@line("review.createHistory")
async def _create_history(place: Place) -> Act:
    given = {**HISTORY, "reviewHistoryPeriodEndDateTime": iso(place.house.clock.now())}
    return lambda house: review_histories.create_history(house, given, tenant_id=place.id, by=place.admin)


@line("review.makeHistory")
async def _make_history(place: Place) -> Act:
    history = await _history(place, days=1)
    push(place.house, timedelta(days=1))
    of = {"tenant_id": place.id, "history_id": history.history_id}
    return lambda house: review_histories.make_due(house, **of)


@line("review.downloadHistory")
async def _download_history(place: Place) -> Act:
    history = await _history(place)
    [run] = await review_histories.runs_of(await place.house.store.read(), history)
    of: dict[str, Any] = {"tenant_id": place.id, "history_id": history.history_id, "by": place.admin}
    return lambda house: review_histories.give_address(house, run_id=run.run_id, **of)


@line("review.deleteHistory")
async def _delete_history(place: Place) -> Act:
    history = await _history(place)
    of: dict[str, Any] = {"tenant_id": place.id, "history_id": history.history_id, "by": place.admin}
    return lambda house: review_histories.delete_history(house, **of)


# --- What direct connect shares ---------------------------------------------------------------------------------------


@line("membership.exportShared")
async def _export_inbound(place: Place) -> Act:
    guest = await connected(place)
    of: dict[str, Any] = {"tenant_id": place.id, "user_id": guest.user_id, "by": place.admin}
    return lambda house: data_exports.export_shared_profile(house, location="https://storage.example/here", **of)


@line("membership.removeShared")
async def _remove_inbound(place: Place) -> Act:
    guest = await connected(place)
    return lambda house: sharing.remove_inbound(house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)


@line("membership.removeShared from the home organization")
async def _remove_outbound(place: Place) -> Act:
    guest = await connected(place)
    guest = await world.again(place.house, place.id, guest.user_id)
    of: dict[str, Any] = {"tenant_id": guest.home_tenant, "user_id": guest.home_user, "by": operator()}
    return lambda house: sharing.remove_outbound(house, shared_with=place.id, **of)
