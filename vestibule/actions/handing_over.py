"""Handing over what somebody owns alone, in the transaction that takes them away.

Whoever leaves names for each group or app one of the people who are in it; whoever deletes a user names anybody who
could be made an owner. What is handed over to nobody stays without an owner, and administrators look after it: the
Admin center says so. It never keeps anybody from leaving.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vestibule.actions import journal
from vestibule.actions.finding_apps import find_app
from vestibule.actions.finding_apps import save as save_app
from vestibule.actions.grouping import can_hold, find_live, hold_still
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Present
from vestibule.rules.permissions import is_powerful
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, group_assignments, groups, hanging, memberships
from vestibule.store.apps import App
from vestibule.store.groups import Group
from vestibule.store.hanging import Kind
from vestibule.store.holdings import IN_GROUPS, OWNING, Owning
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading, Unit

MOST_HEIRS: Final = 100
_GROUP: Final = "group"
_APP: Final = "app"

HandOver = Mapping[str, str]
"""To whom what goes: the object id of a group or app, and the user id of its new owner."""


@dataclass(frozen=True, slots=True)
class Heir:
    """Somebody who could own it; ``name`` is their display name, else their address."""

    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Alone:
    """Something that nobody else owns.

    Attributes:
        kind: ``group`` or ``app``. name: its display name.
        heirs: who is in it and could own it, by name; at most 100.
    """

    object_id: str
    kind: str
    name: str
    heirs: tuple[Heir, ...]


async def owned_alone(reading: Reading, guest: Membership, *, leaving: bool = False) -> list[Alone]:
    """What has no owner any more once this person is gone, by name.

    ``leaving``: they go on their own; of what only administrators may hand over nobody is named as an heir.
    """
    found = []
    for thing in await hanging.everything(reading, guest.tenant_id, guest.user_id):
        if thing.kind is not Kind.OWNED or thing.struck or not thing.name:
            continue
        if await OWNING.others(reading, guest.tenant_id, thing.target_id, guest.user_id):
            continue
        heirs: tuple[Heir, ...] = ()
        if not (leaving and await _is_powerful(reading, guest.tenant_id, thing.detail, thing.target_id)):
            heirs = await _heirs(reading, guest, thing.detail, thing.target_id)
        found.append(Alone(thing.target_id, thing.detail, thing.name, heirs))
    return sorted(found, key=lambda one: (one.name.casefold(), one.object_id))


async def hand_over(
    house: House, unit: Unit, guest: Membership, wanted: HandOver, *, by: Actor, leaving: bool = False
) -> None:
    """Make others owners of what somebody owns, in the unit that takes that person away.

    Args:
        house: the house. unit: the unit. guest: who goes. wanted: what goes to whom.
        by: who does it. leaving: the person goes on their own: owning it is their right to hand it over, to somebody
            who is in it already; for anybody else the right to name owners is asked, thing by thing.

    Raises:
        Refused: NOT_FOUND with ``objectId`` for a thing that the person does not own or that is gone, and for an heir
            who is not there; NOT_ALLOWED for a group that may hold roles and an app with powerful permissions when the
            person leaves, and as ``authorise``.
    """
    for object_id, user_id in wanted.items():
        kind = await _kind_owned(unit, guest, object_id)
        heir = await memberships.find(unit, guest.tenant_id, user_id)
        if heir is None or not can_hold(heir) or heir.user_id == guest.user_id:
            raise Refused(Reason.NOT_FOUND, objectId=user_id, property="handOver")
        if leaving and await _is_powerful(unit, guest.tenant_id, kind, object_id):
            raise Refused(Reason.NOT_ALLOWED, objectId=object_id, property="handOver")
        if leaving and user_id not in {one.user_id for one in await _heirs(unit, guest, kind, object_id)}:
            raise Refused(Reason.NOT_FOUND, objectId=user_id, property="handOver")
        if kind == _GROUP:
            await _give_group(house, unit, guest, object_id, heir, by=by, leaving=leaving)
        else:
            await _give_app(house, unit, guest, object_id, heir, by=by, leaving=leaving)


async def _kind_owned(unit: Unit, guest: Membership, object_id: str) -> str:
    for kind in (_GROUP, _APP):
        owning = await OWNING.find(unit, guest.tenant_id, guest.user_id, kind, object_id)
        if owning is not None and owning.struck is None:
            return kind
    raise Refused(Reason.NOT_FOUND, objectId=object_id, property="handOver")


async def _give_group(
    house: House, unit: Unit, guest: Membership, group_id: str, heir: Membership, *, by: Actor, leaving: bool
) -> None:
    group = await _group(unit, guest, group_id, heir, by=by, leaving=leaving)
    await _own(unit, guest, _GROUP, group_id, heir)
    groups.save(unit, group, group)
    after = hold_still(unit, group, heir)
    event = journal.Event(
        Verb.ADD_OWNER,
        guest.tenant_id,
        journal.about(heir, after),
        unit.now,
        details={"groupId": group_id, "group": group.display_name},
        facts={"groupId": group_id, "handedOver": True},
    )
    await journal.write(house, unit, event, by=by)


async def _group(unit: Unit, guest: Membership, group_id: str, heir: Membership, *, by: Actor, leaving: bool) -> Group:
    if not leaving:
        return await find_live(unit, by, Verb.ADD_OWNER, guest.tenant_id, group_id, writes=heir.user_id)
    group = await groups.find(unit, guest.tenant_id, group_id)
    if group is None or not group.is_live:
        raise Refused(Reason.NOT_FOUND, objectId=group_id, property="handOver")
    return group


async def _give_app(
    house: House, unit: Unit, guest: Membership, app_id: str, heir: Membership, *, by: Actor, leaving: bool
) -> None:
    app = await _app(unit, guest, app_id, by=by, leaving=leaving)
    await _own(unit, guest, _APP, app_id, heir)
    memberships.guard(unit, heir)
    facts = {"ownerId": heir.user_id, "handedOver": True}
    await save_app(house, unit, app, app, by=by, verb=Verb.ADD_APP_OWNER, facts=facts)


async def _app(unit: Unit, guest: Membership, app_id: str, *, by: Actor, leaving: bool) -> App:
    if not leaving:
        return await find_app(unit, by, Verb.ADD_APP_OWNER, guest.tenant_id, app_id)
    app = await apps.find(unit, guest.tenant_id, app_id)
    if app is None:
        raise Refused(Reason.NOT_FOUND, objectId=app_id, property="handOver")
    return app


async def _is_powerful(reading: Reading, tenant_id: str, kind: str, object_id: str) -> bool:
    """Whether owning it makes somebody powerful, so that only administrators name its owners."""
    if kind == _GROUP:
        group = await groups.find(reading, tenant_id, object_id)
        return group is not None and group.assignable_to_role
    app = await apps.find(reading, tenant_id, object_id)
    return app is not None and is_powerful(app.permissions)


async def _own(unit: Unit, guest: Membership, kind: str, object_id: str, heir: Membership) -> None:
    before = await OWNING.find(unit, guest.tenant_id, heir.user_id, kind, object_id)
    if before is None or before.struck is not None:
        OWNING.give(unit, Owning(guest.tenant_id, heir.user_id, kind, object_id, unit.now), before=before)


async def _heirs(reading: Reading, guest: Membership, kind: str, object_id: str) -> tuple[Heir, ...]:
    """Who is in a group, or assigned to an app (themselves or through a group), and could own it."""
    if kind == _GROUP:
        inside = [one.user_id for one in await IN_GROUPS.of_thing(reading, guest.tenant_id, object_id)]
    else:
        inside = await group_assignments.everybody_at(reading, guest.tenant_id, object_id)
    ids = [one for one in dict.fromkeys(inside) if one != guest.user_id]
    found = await memberships.find_many(reading, guest.tenant_id, ids) if ids else []
    able = [
        Heir(one.user_id, one.display_name or one.contact or one.user_id)
        for one in found
        if can_hold(one) and isinstance(one.stage, Present)
    ]
    return tuple(sorted(able, key=lambda one: (one.name.casefold(), one.user_id))[:MOST_HEIRS])
