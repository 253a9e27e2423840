"""What the right to an access review depends on: whether it is about a role, and whether its group's owner asks.

Owners review their own groups where the organization lets them (Graph, *accessReviewPolicy*). What they may do with
it is what they may do to their group anyway: take somebody out. A review that blocks and deletes people is not theirs,
nor is one of a group that may hold directory roles.
"""

from dataclasses import replace
from typing import Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise, authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization, owns
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.reviews import Over, Scope, Settings
from vestibule.rules.targets import OnReview
from vestibule.rules.verbs import Verb
from vestibule.store import groups, holdings, organizations
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading, Unit

OWNERS_MANAGE: Final = "groupOwnersManageReviews"
"""Its name among the organization's settings; off until somebody turns it on."""


def owners_manage(organization: Organization) -> bool:
    """Whether owners review their own groups here."""
    return organization.settings.get(OWNERS_MANAGE) is True


async def on_review(
    reading: Reading, by: Actor, tenant_id: str, scope: Scope, settings: Settings, *, reviewer: bool
) -> OnReview:
    """A review as the rules see it when ``by`` does something with it."""
    owned = not settings.blocks and await _owned(reading, by, tenant_id, scope)
    return OnReview(tenant_id, reviewer, of_role=scope.over is Over.ROLE, owned=owned)


async def on_new(reading: Reading, by: Actor, tenant_id: str) -> OnReview | None:
    """The review that ``by`` could make most easily, asked about before it is known which: of a group of theirs.

    None when they own no group, or owners review nothing here: then it is a thing like any other.
    """
    if by.kind is not ActorKind.PERSON or by.tenant_id != tenant_id or by.user_id is None:
        return None
    organization = await organizations.find(reading, tenant_id)
    if organization is None or not owners_manage(organization):
        return None
    held = await holdings.OWNING.of_user(reading, tenant_id, by.user_id)
    if not any(one.object_kind == "group" for one in held):
        return None
    return OnReview(tenant_id, reviewer=False, of_role=False, owned=True)


async def insist_on(unit: Unit, by: Actor, verb: Verb, on: OnReview, scope: Scope | None = None) -> None:
    """Insist on the right in the unit that needs it. An owner's rests on the policy and the group, which are guarded.

    Raises:
        Refused: as ``authorise_on``.
    """
    await authorise_on(unit, by, verb, on)
    if not on.owned or scope is None:
        return
    organizations.guard(unit, await find_organization(unit, on.tenant_id))
    group = await groups.find(unit, on.tenant_id, scope.target)
    if group is not None:
        groups.guard(unit, group)


async def _owned(reading: Reading, by: Actor, tenant_id: str, scope: Scope) -> bool:
    if scope.over is not Over.GROUP or by.kind is not ActorKind.PERSON or by.tenant_id != tenant_id:
        return False
    organization = await organizations.find(reading, tenant_id)
    if organization is None or not owners_manage(organization):
        return False
    group = await groups.find(reading, tenant_id, scope.target)
    if group is None or not group.is_live or group.assignable_to_role:
        return False
    return await owns(reading, by, tenant_id, "group", group.group_id)


async def change_review_policy(house: House, *, tenant_id: str, owners: bool, by: Actor) -> Organization:
    """Say whether owners review their own groups. What they made stays; they reach it again when it is turned on.

    Raises:
        Refused: NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Organization:
        await authorise(unit, by, Verb.CHANGE_REVIEW_POLICY, tenant_id)
        before = await find_organization(unit, tenant_id)
        if owners_manage(before) is owners:
            return before
        after = organizations.save(unit, before, replace(before, settings={**before.settings, OWNERS_MANAGE: owners}))
        event = journal.Event(
            Verb.CHANGE_REVIEW_POLICY,
            tenant_id,
            journal.about_organization(before, after, kind="policy"),
            unit.now,
            changes=("isGroupOwnerManagementEnabled",),
            facts={"old": not owners, "new": owners},
        )
        await journal.write(house, unit, event, by=by)
        return after

    return await attempt(house, Verb.CHANGE_REVIEW_POLICY, work, by=by, tenant_id=tenant_id)
