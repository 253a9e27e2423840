"""Groups: create, update, delete, restore, and delete for good.

Every kind of group is deleted restorably for 30 days. Deleting one touches nobody's row: who was in it is in it again
when it is restored, in whatever order people and groups are deleted and revived. Only when a group goes for good do
its rows go, and deleted guests keep its name for the report of their own restore.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt, insist_version
from vestibule.actions.house import House
from vestibule.rules import groups as rules
from vestibule.rules.actors import Actor, ActorKind, system
from vestibule.rules.filters import fold
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import RESTORABLE_FOR, Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything, OnGroup
from vestibule.rules.verbs import Verb
from vestibule.store import group_assignments, groups, memberships, organizations, provisioned, sponsors
from vestibule.store.groups import Group
from vestibule.store.holdings import IN_GROUPS, OWNING, InGroup, Owning
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading, Unit

_COLUMNS: Final = {"displayName": "display_name", "mailNickname": "mail_nickname", "description": "description"}
_UNIQUE_NAME: Final = "uniqueName"
_KEPT_ONCE: Final = {
    "groupTypes": "group_types",
    "isAssignableToRole": "assignable_to_role",
    "mailEnabled": "mail_enabled",
    "securityEnabled": "security_enabled",
}


async def create_group(
    house: House,
    new: NewGroup,
    *,
    tenant_id: str,
    by: Actor,
    owner_ids: Sequence[str] = (),
    member_ids: Sequence[str] = (),
    deleted: bool = False,
    then: Callable[[Unit, Group], Awaitable[object]] | None = None,
) -> Group:
    """Make a group, with its first owners and members. A person who makes one owns it.

    ``deleted``: delete it in the same unit; it comes from elsewhere, where it was deleted. ``then`` is what else
    happens in that unit.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE with the property; NOT_FOUND for an owner or member who is not there.
    """
    rules.check_new(new)

    async def work(unit: Unit) -> Group:
        made = _group(house, new, tenant_id, unit)
        on = OnGroup(tenant_id, None, owned=False, role_assignable=new.assignable_to_role)
        owners = dict.fromkeys([*_maker(by, tenant_id), *owner_ids])
        await authorise_on(unit, by, Verb.CREATE_GROUP, on, writes=next(iter(owners), None))
        organization = await find_organization(unit, tenant_id)
        groups.insert(unit, made)
        if len(owners) > rules.MOST_OWNERS:
            raise Refused(Reason.BAD_VALUE, property="owners", why="tooMany")
        await _fill(unit, made, list(owners), list(dict.fromkeys(member_ids)))
        details = {"owners": list(owners), "members": list(dict.fromkeys(member_ids))}
        await write_event(house, unit, Verb.CREATE_GROUP, organization, None, made, by=by, details=details)
        if then is not None:
            await then(unit, made)
        return await _delete(house, unit, made, by=by) if deleted else made

    return await attempt(house, Verb.CREATE_GROUP, work, by=by, tenant_id=tenant_id)


async def update_group(
    house: House,
    *,
    tenant_id: str,
    group_id: str,
    changes: Mapping[str, Any],
    by: Actor,
    beside: Callable[[Unit, Group], Awaitable[Mapping[str, Any]]] | None = None,
    if_version: int | None = None,
) -> Group:
    """Change properties of a group, by Graph's names; None clears one. What changes nothing writes nothing.

    ``beside`` writes what else changes in the same unit, and says what that is; it is told of in the same event.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE or READ_ONLY with the property; VERSION_MISMATCH when
            ``if_version`` is not the version.
    """
    once = {name: value for name, value in changes.items() if name in rules.SET_ONCE}
    shown = {name: value for name, value in changes.items() if name == "visibility"}
    plain = rules.read({name: value for name, value in changes.items() if name not in once | shown})

    async def work(unit: Unit) -> Group:
        before = await find_live(unit, by, Verb.UPDATE_GROUP, tenant_id, group_id)
        insist_version(before.version, if_version)
        for name, value in once.items():
            if value != getattr(before, _KEPT_ONCE[name]):
                raise Refused(Reason.READ_ONLY, property=name)
        after = _changed(before, plain)
        if shown:
            unified = rules.UNIFIED in before.group_types
            visible = rules.check_visibility(before.visibility, shown["visibility"], unified=unified)
            after = replace(after, visibility=visible)
        more = {} if beside is None else await beside(unit, before)
        if after == before and not more:
            return before
        told = tuple(sorted({*changes, *more}))
        return await _save(house, unit, Verb.UPDATE_GROUP, before, after, by=by, changes=told)

    return await attempt(house, Verb.UPDATE_GROUP, work, by=by, tenant_id=tenant_id)


async def delete_group(
    house: House, *, tenant_id: str, group_id: str, by: Actor, if_version: int | None = None
) -> Group:
    """Delete a group, restorably for 30 days.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; VERSION_MISMATCH when ``if_version`` is not the version.
    """

    async def work(unit: Unit) -> Group:
        before = await find_live(unit, by, Verb.DELETE_GROUP, tenant_id, group_id)
        insist_version(before.version, if_version)
        return await _delete(house, unit, before, by=by)

    return await attempt(house, Verb.DELETE_GROUP, work, by=by, tenant_id=tenant_id)


async def restore_group(house: House, *, tenant_id: str, group_id: str, by: Actor) -> Group:
    """Bring a deleted group back, with everybody who was in it and is still here.

    Raises:
        Refused: NOT_FOUND when there is no such deleted group (never, no longer, or the 30 days are over);
            NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Group:
        before = await _find_deleted(unit, by, Verb.RESTORE_GROUP, tenant_id, group_id)
        after = replace(before, deleted_at=None, purge_due=None)
        return await _save(house, unit, Verb.RESTORE_GROUP, before, after, by=by)

    return await attempt(house, Verb.RESTORE_GROUP, work, by=by, tenant_id=tenant_id)


async def purge_group(house: House, *, tenant_id: str, group_id: str, by: Actor) -> None:
    """Delete a deleted group for good, before time does.

    Raises:
        Refused: NOT_FOUND when there is no such deleted group; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        gone = await _find_deleted(unit, by, Verb.PURGE_GROUP, tenant_id, group_id)
        await _purge(house, unit, gone, unit.now, by=by)

    await attempt(house, Verb.PURGE_GROUP, work, by=by, tenant_id=tenant_id)


async def purge_group_due(house: House, *, tenant_id: str, group_id: str) -> datetime | None:
    """Time deletes a deleted group for good. Returns when that was, or None when it is not (or no longer) due."""

    async def work(unit: Unit) -> datetime | None:
        gone = await groups.find(unit, tenant_id, group_id)
        if gone is None or gone.purge_due is None or unit.now < gone.purge_due:
            return None
        await _purge(house, unit, gone, gone.purge_due, by=system())
        return gone.purge_due

    return await house.change(work)


# --- For the other verbs of groups ------------------------------------------------------------------------------------


async def find_live(
    unit: Unit, by: Actor, verb: Verb, tenant_id: str, group_id: str, *, writes: str | None = None
) -> Group:
    """The group with this id, when it is not deleted and ``by`` may do ``verb`` to it.

    ``writes`` is the user whose membership the unit writes, if it writes one.

    Raises:
        Refused: NOT_FOUND; as ``authorise``.
    """
    found = await groups.find(unit, tenant_id, group_id)
    await _authorise(unit, by, verb, tenant_id, found if found is not None and found.is_live else None, writes)
    if found is None or not found.is_live:
        raise Refused(Reason.NOT_FOUND, objectId=group_id)
    return found


async def owns(reading: Reading, by: Actor, tenant_id: str, kind: str, object_id: str) -> bool:
    """Whether the actor is an owner of this group or app."""
    if by.kind is not ActorKind.PERSON or by.tenant_id != tenant_id or by.user_id is None:
        return False
    owning = await OWNING.find(reading, tenant_id, by.user_id, kind, object_id)
    return owning is not None and owning.struck is None


async def find_organization(unit: Unit, tenant_id: str) -> Organization:
    """The organization. Raises Refused (NOT_FOUND)."""
    organization = await organizations.find(unit, tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    return organization


async def write_event(
    house: House,
    unit: Unit,
    verb: Verb,
    organization: Organization,
    before: Group | None,
    after: Group,
    *,
    by: Actor,
    at: datetime | None = None,
    changes: tuple[str, ...] = (),
    details: Mapping[str, Any] | None = None,
) -> None:
    """Tell of a change of the group itself; its name is readable with the organization's key."""
    versions = (0 if before is None else before.version, after.version)
    subject = journal.about_thing(organization, "group", after.group_id, after.display_name, *versions)
    event = journal.Event(verb, organization.tenant_id, subject, at or unit.now, changes=changes, details=details or {})
    await journal.write(house, unit, event, by=by)


def can_hold(user: Membership | None) -> bool:
    """Whether somebody can be given something: a user object that is invited or present."""
    return (
        user is not None and isinstance(user.stage, Invited | Present) and user.standing.tie is not Tie.DIRECT_CONNECT
    )


def hold_still(unit: Unit, group: Group, user: Membership) -> Membership:
    """Keep a membership as it is while it is tied to a group, or untied. Returns it as it will be.

    A group that may hold roles makes people privileged: whoever decides about them rests on their version, so it
    goes up. For other groups it is enough that they are not erased meanwhile.
    """
    if not group.assignable_to_role:
        memberships.guard(unit, user)
        return user
    memberships.touch(unit, user, seen=False)
    return replace(user, version=user.version + 1)


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _authorise(
    unit: Unit, by: Actor, verb: Verb, tenant_id: str, found: Group | None, writes: str | None
) -> None:
    if found is None:
        await authorise_on(unit, by, verb, Anything(tenant_id), writes=writes)
        return
    owned = await owns(unit, by, tenant_id, "group", found.group_id)
    on = OnGroup(tenant_id, found.group_id, owned=owned, role_assignable=found.assignable_to_role)
    await authorise_on(unit, by, verb, on, writes=writes)


async def _find_deleted(unit: Unit, by: Actor, verb: Verb, tenant_id: str, group_id: str) -> Group:
    found = await groups.find(unit, tenant_id, group_id)
    there = found if found is not None and found.is_restorable(unit.now) else None
    await _authorise(unit, by, verb, tenant_id, there, None)
    if there is None:
        raise Refused(Reason.NOT_FOUND, objectId=group_id)
    return there


async def _save(
    house: House,
    unit: Unit,
    verb: Verb,
    before: Group,
    after: Group,
    *,
    by: Actor,
    changes: tuple[str, ...] = (),
) -> Group:
    organization = await find_organization(unit, before.tenant_id)
    saved = groups.save(unit, before, after)
    details = {"old": {"displayName": before.display_name}} if after.display_name != before.display_name else {}
    await write_event(house, unit, verb, organization, before, saved, by=by, changes=changes, details=details)
    return saved


async def _delete(house: House, unit: Unit, before: Group, *, by: Actor) -> Group:
    after = replace(before, deleted_at=unit.now, purge_due=unit.now + RESTORABLE_FOR)
    return await _save(house, unit, Verb.DELETE_GROUP, before, after, by=by)


async def _purge(house: House, unit: Unit, gone: Group, at: datetime, *, by: Actor) -> None:
    organization = await find_organization(unit, gone.tenant_id)
    groups.drop(unit, gone)
    provisioned.forget(unit, gone.tenant_id, gone.group_id)
    sponsors.sponsor_gone(unit, gone.tenant_id, gone.group_id)
    group_assignments.group_gone(unit, gone.tenant_id, gone.group_id)
    IN_GROUPS.thing_gone(unit, gone.tenant_id, gone.group_id, gone.display_name)
    OWNING.thing_gone(unit, gone.tenant_id, gone.group_id, gone.display_name)
    after = replace(gone, version=gone.version + 1)
    await write_event(house, unit, Verb.PURGE_GROUP, organization, gone, after, by=by, at=at)


def _maker(by: Actor, tenant_id: str) -> list[str]:
    is_here = by.kind is ActorKind.PERSON and by.tenant_id == tenant_id and by.user_id is not None
    return [by.user_id or ""] if is_here else []


async def _fill(unit: Unit, made: Group, owner_ids: list[str], member_ids: list[str]) -> None:
    """The first owners and members. Raises Refused (NOT_FOUND) when one is not there."""
    ids = list(dict.fromkeys([*owner_ids, *member_ids]))
    found = {user.user_id: user for user in await memberships.find_many(unit, made.tenant_id, ids)}
    for user_id in ids:
        user = found.get(user_id)
        if user is None or not can_hold(user):
            what = "owners" if user_id in owner_ids else "members"
            raise Refused(Reason.NOT_FOUND, objectId=user_id, property=what)
        hold_still(unit, made, user)
    for user_id in owner_ids:
        OWNING.give(unit, Owning(made.tenant_id, user_id, "group", made.group_id, unit.now), before=None)
    for user_id in member_ids:
        IN_GROUPS.give(unit, InGroup(made.tenant_id, user_id, made.group_id, unit.now), before=None)


def _group(house: House, new: NewGroup, tenant_id: str, unit: Unit) -> Group:
    return Group(
        tenant_id=tenant_id,
        group_id=house.chance.guid(),
        display_name=new.display_name,
        display_name_key=fold(new.display_name),
        mail_nickname=new.mail_nickname,
        description=new.description,
        mail_enabled=new.mail_enabled,
        security_enabled=new.security_enabled,
        assignable_to_role=new.assignable_to_role,
        group_types=list(new.types),
        visibility=new.visibility or ("Public" if rules.UNIFIED in new.types else None),
        attributes={name: value for name, value in (new.properties or {}).items() if value is not None},
        created_at=unit.now,
        deleted_at=None,
        purge_due=None,
        version=1,
        unique_name_key=_unique_key(new.properties or {}),
    )


def _changed(before: Group, changes: Mapping[str, Any]) -> Group:
    columns: dict[str, Any] = {}
    attributes = dict(before.attributes)
    for name, value in changes.items():
        column = _COLUMNS.get(name)
        if column is not None:
            columns[column] = value
        elif value is None:
            attributes.pop(name, None)
        else:
            attributes[name] = value
    if "display_name" in columns:
        columns["display_name_key"] = fold(columns["display_name"])
    if before.unique_name_key is not None and _unique_key(attributes) != before.unique_name_key:
        raise Refused(Reason.READ_ONLY, property=_UNIQUE_NAME)
    return replace(before, **columns, attributes=attributes, unique_name_key=_unique_key(attributes))


def _unique_key(properties: Mapping[str, Any]) -> str | None:
    """The name that no other group may have: given once, and kept as long as the group can come back."""
    name = properties.get(_UNIQUE_NAME)
    return None if name is None else fold(name)
