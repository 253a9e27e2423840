"""Recipes for the routes about other organizations, and about access reviews."""

from datetime import timedelta
from typing import Any

from tests.nothing_forgotten.every_route_asked import STORAGE, Attempt, new_guest, new_member, recipe
from tests.support.stage import Stage
from tests.support.world import Place
from vestibule.actions import (
    apps,
    connecting,
    cross_tenant,
    deciding,
    guest_settings,
    review_histories,
    review_rights,
    review_rounds,
    reviewing,
)
from vestibule.actions.deciding import Where
from vestibule.actions.group_members import add_member
from vestibule.actions.grouping import create_group
from vestibule.ground.clock import iso
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.rules.reviews import Decision
from vestibule.store import cross_tenant as kept
from vestibule.store import organizations, review_decisions, reviews
from vestibule.store.cross_tenant import TRUST
from vestibule.store.memberships import Membership
from vestibule.store.reviews import Instance

_POLICY = "/policies/crossTenantAccessPolicy"
_DEFAULT = f"{_POLICY}/default"
_PARTNERS = f"{_POLICY}/partners"
_DEFINITIONS = "/identityGovernance/accessReviews/definitions"
_REVIEW = f"{_DEFINITIONS}/{{review}}"
_INSTANCES = f"{_REVIEW}/instances"
_INSTANCE = f"{_INSTANCES}/{{instance}}"
_DECISIONS = f"{_INSTANCE}/decisions"
_INBOUND = "/directory/inboundSharedUserProfiles/{user}"
_OUTBOUND = "/directory/outboundSharedUserProfiles/{user}"
_OPEN = {
    "usersAndGroups": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]},
    "applications": {"accessType": "allowed", "targets": [{"target": "AllApplications", "targetType": "application"}]},
}


# --- Other organizations ----------------------------------------------------------------------------------------------


async def _other_trust(on: Stage, partner_id: str) -> dict[str, Any]:
    """A change that is one, whatever holds now."""
    found = await kept.find(await on.house.store.read(), on.contoso.id, partner_id)
    now = None if found is None else found.setting.get(TRUST)
    return {TRUST: {"isMfaAccepted": not (now or {}).get("isMfaAccepted", False)}}


async def _partner(on: Stage) -> str:
    await cross_tenant.set_partner(
        on.house,
        tenant_id=on.contoso.id,
        partner_id=on.fabrikam.id,
        changes=await _other_trust(on, on.fabrikam.id),
        by=operator(),
    )
    return f"{_PARTNERS}/{on.fabrikam.id}"


@recipe("PATCH", _POLICY)
async def _update_policy(_on: Stage) -> Attempt:
    return Attempt(_POLICY, {"displayName": "CrossTenantAccessPolicy", "allowedCloudEndpoints": []})


@recipe("PATCH", _DEFAULT)
async def _update_default(on: Stage) -> Attempt:
    return Attempt(_DEFAULT, await _other_trust(on, kept.DEFAULT))


@recipe("POST", f"{_DEFAULT}/resetToSystemDefault")
async def _reset_default(on: Stage) -> Attempt:
    changes = await _other_trust(on, kept.DEFAULT)
    await cross_tenant.set_default(on.house, tenant_id=on.contoso.id, changes=changes, by=operator())
    return Attempt(f"{_DEFAULT}/resetToSystemDefault")


@recipe("POST", _PARTNERS)
async def _add_partner(on: Stage) -> Attempt:
    await _partner(on)
    await cross_tenant.delete_partner(on.house, tenant_id=on.contoso.id, partner_id=on.fabrikam.id, by=operator())
    return Attempt(_PARTNERS, {"tenantId": on.fabrikam.id})


@recipe("GET", f"{_PARTNERS}/{{partner}}")
@recipe("DELETE", f"{_PARTNERS}/{{partner}}")
async def _one_partner(on: Stage) -> Attempt:
    return Attempt(await _partner(on))


@recipe("PATCH", f"{_PARTNERS}/{{partner}}")
async def _update_partner(on: Stage) -> Attempt:
    return Attempt(await _partner(on), await _other_trust(on, on.fabrikam.id))


@recipe("GET", "/tenantRelationships/findTenantInformationByTenantId(tenantId={tenant})")
async def _by_id(on: Stage) -> Attempt:
    return Attempt(f"/tenantRelationships/findTenantInformationByTenantId(tenantId='{on.fabrikam.id}')")


@recipe("GET", "/tenantRelationships/findTenantInformationByDomainName(domainName={domain})")
async def _by_domain(on: Stage) -> Attempt:
    return Attempt(f"/tenantRelationships/findTenantInformationByDomainName(domainName='{on.fabrikam.domain}')")


@recipe("GET", "/policies/b2bManagementPolicies/{policy}")
async def _b2b(_on: Stage) -> Attempt:
    return Attempt("/policies/b2bManagementPolicies/b2bManagementPolicy")


@recipe("PATCH", "/policies/b2bManagementPolicies/{policy}")
async def _update_b2b(on: Stage) -> Attempt:
    found = await organizations.find(await on.house.store.read(), on.contoso.id)
    assert found is not None
    days = 31 if guest_settings.invitation_days_of(found) == 30 else 30
    return Attempt("/policies/b2bManagementPolicies/b2bManagementPolicy", {"invitationDays": days})


async def _connected(on: Stage, home: Place, there: Place, who: Membership) -> Membership:
    """Somebody at home in one organization uses an app of the other by direct connect."""
    for place, partner, way in ((home, there, "b2bDirectConnectOutbound"), (there, home, "b2bDirectConnectInbound")):
        await cross_tenant.set_partner(
            on.house, tenant_id=place.id, partner_id=partner.id, changes={way: _OPEN}, by=operator()
        )
    made = await apps.create_app(on.house, NewApp("Shared"), tenant_id=there.id, by=operator(), with_secret=False)
    of: dict[str, Any] = {"person_id": who.person_id or "", "client_id": made.app.client_id, "by": operator()}
    return await connecting.connect(on.house, tenant_id=there.id, **of)


async def _inbound(on: Stage) -> str:
    who = await new_member(on, on.fabrikam)
    return f"/directory/inboundSharedUserProfiles/{(await _connected(on, on.fabrikam, on.contoso, who)).user_id}"


async def _outbound(on: Stage) -> str:
    who = await new_member(on)
    await _connected(on, on.contoso, on.fabrikam, who)
    return f"/directory/outboundSharedUserProfiles/{who.user_id}"


@recipe("GET", _INBOUND)
async def _get_inbound(on: Stage) -> Attempt:
    return Attempt(await _inbound(on))


@recipe("POST", f"{_INBOUND}/exportPersonalData")
async def _export_inbound(on: Stage) -> Attempt:
    return Attempt(f"{await _inbound(on)}/exportPersonalData", STORAGE)


@recipe("POST", f"{_INBOUND}/removePersonalData")
async def _remove_inbound(on: Stage) -> Attempt:
    return Attempt(f"{await _inbound(on)}/removePersonalData")


@recipe("GET", _OUTBOUND)
async def _get_outbound(on: Stage) -> Attempt:
    return Attempt(await _outbound(on))


@recipe("GET", f"{_OUTBOUND}/tenants")
async def _tenants(on: Stage) -> Attempt:
    return Attempt(f"{await _outbound(on)}/tenants")


@recipe("POST", f"{_OUTBOUND}/tenants/{{tenant}}/removePersonalData")
async def _remove_outbound(on: Stage) -> Attempt:
    return Attempt(f"{await _outbound(on)}/tenants/{on.fabrikam.id}/removePersonalData")


# --- Access reviews ---------------------------------------------------------------------------------------------------


async def _given(on: Stage) -> dict[str, Any]:
    guest = await new_guest(on)
    new = NewGroup("Reviewed", f"reviewed{on.house.chance.guid()[:8]}")
    group = await create_group(on.house, new, tenant_id=on.contoso.id, by=operator())
    of: dict[str, Any] = {"tenant_id": on.contoso.id, "group_id": group.group_id, "by": operator()}
    await add_member(on.house, user_id=guest.user_id, **of)
    whom = "microsoft.graph.user/?$count=true&$filter=(userType eq 'Guest')"
    return {
        "displayName": "Guests",
        "scope": {"query": f"/groups/{group.group_id}/transitiveMembers/{whom}", "queryType": "MicrosoftGraph"},
        "reviewers": [{"query": f"/users/{on.alex.user_id}", "queryType": "MicrosoftGraph"}],
        "settings": {"mailNotificationsEnabled": True, "recommendationsEnabled": True},
    }


async def _begun(on: Stage) -> Instance:
    made = await reviewing.create_review(on.house, await _given(on), tenant_id=on.contoso.id, by=operator())
    await review_rounds.open_due(on.house, tenant_id=on.contoso.id, review_id=made.review_id)
    [instance] = await reviews.instances_of(await on.house.store.read(), on.contoso.id, made.review_id)
    return instance


def _where(instance: Instance) -> Where:
    return Where(instance.tenant_id, instance.review_id, instance.instance_id)


def _at(instance: Instance, pattern: str, decision: str = "") -> str:
    values = {"review": instance.review_id, "instance": instance.instance_id, "decision": decision, "on": "'reviewer'"}
    for name, value in values.items():
        pattern = pattern.replace(f"{{{name}}}", value)
    return pattern


async def _decision(on: Stage, instance: Instance) -> str:
    [found] = await review_decisions.in_instance(await on.house.store.read(), on.contoso.id, instance.instance_id)
    return found.decision_id


def _plain(method: str, pattern: str, body: Any = None) -> None:
    """A request about a review that has begun."""

    @recipe(method, pattern)
    async def made(on: Stage) -> Attempt:
        return Attempt(_at(await _begun(on), pattern), body)


_MINE = "filterByCurrentUser(on={on})"
for _pattern in (
    f"{_DEFINITIONS}/{_MINE}",
    _REVIEW,
    _INSTANCES,
    f"{_INSTANCES}/{_MINE}",
    _INSTANCE,
    _DECISIONS,
    f"{_DECISIONS}/{_MINE}",
    f"{_INSTANCE}/contactedReviewers",
):
    _plain("GET", _pattern)
_plain("PATCH", _REVIEW, {"displayName": "Another name"})
_plain("PUT", _REVIEW, {"displayName": "Another name"})
_plain("DELETE", _REVIEW)
_plain("POST", f"{_REVIEW}/stop")
_plain("POST", f"{_INSTANCE}/stop")
_plain("POST", f"{_INSTANCE}/sendReminder")
_plain("POST", f"{_INSTANCE}/batchRecordDecisions", {"decision": "Approve"})


_STAGE = f"{_INSTANCE}/stages/{{stage}}"


async def _staged(on: Stage) -> tuple[Instance, str]:
    given = await _given(on)
    stages = [{"stageId": "1", "durationInDays": 2, "reviewers": given["reviewers"]}]
    stages.append({**stages[0], "stageId": "2", "dependsOn": ["1"]})
    of: dict[str, Any] = {"tenant_id": on.contoso.id, "by": operator()}
    made = await reviewing.create_review(on.house, {**given, "stageSettings": stages}, **of)
    await review_rounds.open_due(on.house, tenant_id=on.contoso.id, review_id=made.review_id)
    reading = await on.house.store.read()
    [instance] = await reviews.instances_of(reading, on.contoso.id, made.review_id)
    return instance, (await reviews.stages_of(reading, on.contoso.id, instance.instance_id))[0].stage_id


def _in_stage(method: str, pattern: str, body: Any = None) -> None:
    """A request about a review that is in its first stage of two."""

    @recipe(method, pattern)
    async def made(on: Stage) -> Attempt:
        instance, stage_id = await _staged(on)
        decision = await _decision(on, instance)
        return Attempt(_at(instance, pattern, decision).replace("{stage}", stage_id), body)


for _pattern in (
    f"{_INSTANCE}/stages",
    f"{_INSTANCE}/stages/{_MINE}",
    _STAGE,
    f"{_STAGE}/decisions",
    f"{_STAGE}/decisions/{_MINE}",
    f"{_STAGE}/decisions/{{decision}}",
):
    _in_stage("GET", _pattern)
_in_stage("PATCH", _STAGE, {"reviewers": []})
_in_stage("POST", f"{_STAGE}/stop")
_in_stage("PATCH", f"{_STAGE}/decisions/{{decision}}", {"decision": "Approve", "justification": "Still here."})
_in_stage("POST", f"{_STAGE}/batchRecordDecisions", {"decision": "Approve"})
_in_stage("POST", f"{_STAGE}/acceptRecommendations")


@recipe("POST", _DEFINITIONS)
async def _create(on: Stage) -> Attempt:
    return Attempt(_DEFINITIONS, await _given(on))


@recipe("GET", f"{_DECISIONS}/{{decision}}")
async def _get_decision(on: Stage) -> Attempt:
    instance = await _begun(on)
    return Attempt(_at(instance, f"{_DECISIONS}/{{decision}}", await _decision(on, instance)))


@recipe("PATCH", f"{_DECISIONS}/{{decision}}")
async def _decide(on: Stage) -> Attempt:
    return Attempt((await _get_decision(on)).path, {"decision": "Approve", "justification": "Still here."})


@recipe("POST", f"{_INSTANCE}/acceptRecommendations")
async def _accept(on: Stage) -> Attempt:
    # Who has just come is neither kept nor let go; that leaves nothing to decide, and no event.
    return Attempt(_at(await _begun(on), f"{_INSTANCE}/acceptRecommendations"))


@recipe("POST", f"{_INSTANCE}/resetDecisions")
async def _reset(on: Stage) -> Attempt:
    instance = await _begun(on)
    everybody: dict[str, Any] = {"decision": Decision.DENY, "justification": None, "by": operator()}
    await deciding.decide_all(on.house, _where(instance), **everybody)
    return Attempt(_at(instance, f"{_INSTANCE}/resetDecisions"))


@recipe("POST", f"{_INSTANCE}/applyDecisions")
async def _apply(on: Stage) -> Attempt:
    instance = await _begun(on)
    of: dict[str, Any] = {"tenant_id": on.contoso.id, "review_id": instance.review_id, "by": operator()}
    await reviewing.stop_instance(on.house, instance_id=instance.instance_id, **of)
    return Attempt(_at(instance, f"{_INSTANCE}/applyDecisions"))


# --- Histories of access reviews, and the policy ----------------------------------------------------------------------


def _history(on: Stage) -> dict[str, Any]:
    now = on.house.clock.now()
    return {
        "displayName": "Last month",
        "scopes": [{"query": "/identityGovernance/accessReviews/definitions", "queryType": "MicrosoftGraph"}],
        "reviewHistoryPeriodStartDateTime": iso(now - timedelta(days=30)),
        "reviewHistoryPeriodEndDateTime": iso(now),
    }


async def _made_history(on: Stage, pattern: str) -> str:
    made = await review_histories.create_history(on.house, _history(on), tenant_id=on.contoso.id, by=operator())
    [run] = await review_histories.runs_of(await on.house.store.read(), made)
    return pattern.replace("{history}", made.history_id).replace("{instance}", run.run_id)


def _of_history(method: str, pattern: str) -> None:
    @recipe(method, pattern)
    async def made(on: Stage) -> Attempt:
        return Attempt(await _made_history(on, pattern))


_HISTORIES = "/identityGovernance/accessReviews/historyDefinitions"
for _pattern in ("", "/instances", "/instances/{instance}"):
    _of_history("GET", f"{_HISTORIES}/{{history}}{_pattern}")
_of_history("DELETE", f"{_HISTORIES}/{{history}}")
_of_history("POST", f"{_HISTORIES}/{{history}}/instances/{{instance}}/generateDownloadUri")


@recipe("POST", _HISTORIES)
async def _create_history(on: Stage) -> Attempt:
    return Attempt(_HISTORIES, _history(on))


def _of_policy(path: str) -> None:
    @recipe("PATCH", path)
    async def made(on: Stage) -> Attempt:
        # A change that is one, whatever holds now, and for whoever asks it of the other organization as well.
        organization = await organizations.find(await on.house.store.read(), on.contoso.id)
        assert organization is not None
        now = review_rights.owners_manage(organization)
        await review_rights.change_review_policy(on.house, tenant_id=on.fabrikam.id, owners=now, by=operator())
        return Attempt(path, {"isGroupOwnerManagementEnabled": not now})


_of_policy("/identityGovernance/accessReviews/policy")
_of_policy("/policies/accessReviewPolicy")
