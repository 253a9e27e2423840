"""Provisioning: another directory keeps this one in step. It brings people and groups, names them, takes them away.

Each step is the verb that it is for everybody else, with the same rights, events and letters. What is added here: the
client's own id for whom it knows, and two limits. A client decides about the people that it brought and no others
(``rules/provisioning``), and who left by choice is not brought back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from vestibule.actions import directory_users, group_members, grouping, inviting, removing, switching
from vestibule.actions.authorising import authorise, authorise_reading, on_user
from vestibule.actions.carry_out import journal_refusal
from vestibule.actions.directory_users import Beside
from vestibule.actions.grouping import can_hold
from vestibule.actions.house import House
from vestibule.actions.inviting import Asked
from vestibule.actions.user_objects import NewMember
from vestibule.rules import provisioning as rules
from vestibule.rules import texts, user_properties
from vestibule.rules.actors import Actor
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Deleted, Tie, stage_at
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything
from vestibule.rules.user_properties import ACCOUNT_ENABLED
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, provisioned
from vestibule.store.groups import Group
from vestibule.store.memberships import Membership
from vestibule.store.provisioned import GROUP, USER, Provisioned
from vestibule.store.unit import Reading, Unit

EXTERNAL_ID: Final = "externalId"
PORTION: Final = 50
"""People who are put into a group, or taken out of it, in one transaction."""


def check_external_id(external_id: str | None) -> str | None:
    """Return what a client calls somebody, when it can be kept. Raises Refused (BAD_VALUE)."""
    if external_id is None:
        return None
    return texts.text_line(external_id, limit=rules.LONGEST_EXTERNAL_ID, what=EXTERNAL_ID)


# --- People -----------------------------------------------------------------------------------------------------------


async def create_guest(
    house: House, asked: Asked, *, external_id: str | None, enabled: bool, tenant_id: str, by: Actor
) -> str:
    """Bring a guest: an invitation without a letter, which the person finds when they sign in. Returns the user's id.

    Raises:
        Refused: as ``inviting.invite``; LEFT_BY_CHOICE; ALREADY_THERE with the object's id; BAD_VALUE.
    """
    checked = user_properties.read(asked.properties)
    called = check_external_id(external_id)
    await _insist_on_newcomer(house, Verb.INVITE, called, by=by, tenant_id=tenant_id)

    async def then(unit: Unit, guest: Membership) -> None:
        provisioned.insert(unit, _new(unit, guest.user_id, USER, called, by=by, tenant_id=tenant_id, brought=True))
        if not enabled:
            await authorise(unit, by, Verb.DISABLE, tenant_id, guest)
            await switching.switch(house, unit, guest, enabled=False, by=by)

    pushed = replace(asked, only_new=True, sends=False, properties=checked)
    sent = await inviting.invite(house, pushed, tenant_id=tenant_id, by=by, then=then)
    return sent.user_id


async def create_member(
    house: House, new: NewMember, *, external_id: str | None, tenant_id: str, by: Actor
) -> Membership:
    """Bring a member.

    Raises:
        Refused: as ``directory_users.create_user``; LEFT_BY_CHOICE, STILL_DELETED; BAD_VALUE.
    """
    called = check_external_id(external_id)
    await _insist_on_newcomer(house, Verb.CREATE_USER, called, by=by, tenant_id=tenant_id)

    async def then(unit: Unit, made: Membership) -> None:
        provisioned.insert(unit, _new(unit, made.user_id, USER, called, by=by, tenant_id=tenant_id, brought=True))

    return await directory_users.create_user(house, new, tenant_id=tenant_id, by=by, then=then)


async def update_user(
    house: House,
    *,
    tenant_id: str,
    user_id: str,
    changes: Mapping[str, Any],
    by: Actor,
    external_id: tuple[str | None] | None = None,
    if_version: int | None = None,
) -> Membership:
    """Change properties of a user, and what the client calls them.

    Args:
        house: the house. tenant_id, user_id: whose. by: who changes it. changes: by Graph's names; None clears one.
        external_id: the new id in brackets; None when it stays as it is.
        if_version: refuse when the user object is not as the caller saw it.

    Raises:
        Refused: as ``directory_users.update_user``; NOT_ALLOWED with ``why`` notBrought for what is not the client's
            to decide.
    """
    called = None if external_id is None else (check_external_id(external_id[0]),)

    async def beside(unit: Unit, user: Membership) -> Beside:
        known = await provisioned.find(unit, tenant_id, by.client_id, user.user_id)
        _insist_brought(by, known, changes)
        return {} if called is None else _call(unit, user.user_id, USER, known, called[0], by=by, tenant_id=tenant_id)

    return await directory_users.update_user(
        house,
        tenant_id=tenant_id,
        user_id=user_id,
        changes=changes,
        by=by,
        if_version=if_version,
        beside=beside,
    )


async def remove(house: House, *, tenant_id: str, user_id: str, by: Actor, if_version: int | None = None) -> Membership:
    """Delete a user, restorably.

    Raises:
        Refused: as ``removing.remove``; NOT_ALLOWED with ``why`` notBrought.
    """
    reading = await house.store.read()
    # Who brought somebody is written once, with the user object, and never changes: it can be asked beforehand.
    known = await provisioned.find(reading, tenant_id, by.client_id, user_id)
    guest = await memberships.find(reading, tenant_id, user_id)
    if guest is not None:
        try:
            _insist_brought(by, known, (ACCOUNT_ENABLED,))
        except Refused as refused:
            await journal_refusal(house, Verb.REMOVE, refused, by=by, tenant_id=tenant_id, user_id=user_id)
            raise
    return await removing.remove(house, tenant_id=tenant_id, user_id=user_id, by=by, if_version=if_version)


async def refuse_gone(house: House, verb: Verb, *, tenant_id: str, user_id: str, by: Actor) -> Refused:
    """The refusal for a change to somebody who is not here, after writing it down.

    It is LEFT_BY_CHOICE for somebody who left on their own and could still be restored, when the client may know.

    Raises:
        Refused: when ``by`` may not do ``verb`` at all.
    """
    reading = await house.store.read()
    guest = await memberships.find(reading, tenant_id, user_id)
    left = guest is not None and guest.self_service and isinstance(stage_at(guest.standing, reading.now), Deleted)
    refused = Refused(Reason.LEFT_BY_CHOICE if left else Reason.NOT_FOUND, objectId=user_id)
    try:
        on = Anything(tenant_id) if guest is None else await on_user(reading, guest, verb=verb)
        await authorise_reading(reading, by, verb, on)
    except Refused as not_allowed:
        await journal_refusal(house, verb, not_allowed, by=by, tenant_id=tenant_id)
        raise
    await journal_refusal(house, verb, refused, by=by, tenant_id=tenant_id, user_id=user_id if left else None)
    return refused


# --- Groups -----------------------------------------------------------------------------------------------------------


async def create_group(
    house: House,
    new: NewGroup,
    *,
    external_id: str | None,
    member_ids: Sequence[str] = (),
    tenant_id: str,
    by: Actor,
) -> Group:
    """Bring a group with its first members.

    Raises:
        Refused: as ``grouping.create_group``; BAD_VALUE.
    """
    called = check_external_id(external_id)

    async def then(unit: Unit, made: Group) -> None:
        provisioned.insert(unit, _new(unit, made.group_id, GROUP, called, by=by, tenant_id=tenant_id, brought=True))

    return await grouping.create_group(house, new, tenant_id=tenant_id, by=by, member_ids=member_ids, then=then)


async def update_group(
    house: House,
    *,
    tenant_id: str,
    group_id: str,
    changes: Mapping[str, Any],
    by: Actor,
    external_id: tuple[str | None] | None = None,
    if_version: int | None = None,
) -> Group:
    """Change properties of a group, and what the client calls it (in brackets; None when that stays as it is).

    Raises:
        Refused: as ``grouping.update_group``; BAD_VALUE.
    """
    called = None if external_id is None else (check_external_id(external_id[0]),)

    async def beside(unit: Unit, group: Group) -> Beside:
        if called is None:
            return {}
        known = await provisioned.find(unit, tenant_id, by.client_id, group.group_id)
        return _call(unit, group.group_id, GROUP, known, called[0], by=by, tenant_id=tenant_id)

    return await grouping.update_group(
        house,
        tenant_id=tenant_id,
        group_id=group_id,
        changes=changes,
        by=by,
        beside=beside,
        if_version=if_version,
    )


async def change_members(
    house: House, *, tenant_id: str, group_id: str, add: Sequence[str], remove: Sequence[str], by: Actor
) -> None:
    """Put people into a group and take others out, however many.

    They go in portions, each of them whole. That everybody is there is asked before the first one, so a portion fails
    only when something changes meanwhile; the same call again then does the rest.

    Raises:
        Refused: as ``group_members.change_members``.
    """
    await _insist_all_there(house, add, by=by, tenant_id=tenant_id)
    steps = [(user_id, True) for user_id in dict.fromkeys(add)] + [
        (user_id, False) for user_id in dict.fromkeys(remove)
    ]
    for start in range(0, len(steps), PORTION):
        portion = steps[start : start + PORTION]
        await group_members.change_members(
            house,
            tenant_id=tenant_id,
            group_id=group_id,
            add=[user_id for user_id, comes in portion if comes],
            remove=[user_id for user_id, comes in portion if not comes],
            by=by,
        )


async def _insist_all_there(house: House, user_ids: Sequence[str], *, by: Actor, tenant_id: str) -> None:
    reading = await house.store.read()
    found = {one.user_id for one in await memberships.find_many(reading, tenant_id, list(user_ids)) if can_hold(one)}
    missing = next((user_id for user_id in user_ids if user_id not in found), None)
    if missing is None:
        return
    refused = Refused(Reason.NOT_FOUND, objectId=missing, property="members")
    try:
        await authorise_reading(reading, by, Verb.ADD_MEMBER, Anything(tenant_id))
    except Refused as not_allowed:
        refused = not_allowed
    await journal_refusal(house, Verb.ADD_MEMBER, refused, by=by, tenant_id=tenant_id)
    raise refused


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _insist_on_newcomer(house: House, verb: Verb, called: str | None, *, by: Actor, tenant_id: str) -> None:
    """Raise Refused when this client brought the same guest before and they are deleted, under whatever name.

    A member who is deleted belongs to the organization all the same: the client makes a new user object.
    """
    if called is None:
        return
    reading = await house.store.read()
    gone = await _gone(reading, called, by=by, tenant_id=tenant_id)
    if gone is None:
        return
    refused = Refused(Reason.LEFT_BY_CHOICE if gone.self_service else Reason.STILL_DELETED, objectId=gone.user_id)
    try:
        await authorise_reading(reading, by, verb, Anything(tenant_id))
    except Refused as not_allowed:
        refused = not_allowed
    await journal_refusal(house, verb, refused, by=by, tenant_id=tenant_id)
    raise refused


async def _gone(reading: Reading, called: str, *, by: Actor, tenant_id: str) -> Membership | None:
    known = await provisioned.by_external_id(reading, tenant_id, by.client_id, USER, called)
    found = await memberships.find_many(reading, tenant_id, [one.object_id for one in known])
    external = (one for one in found if one.standing.tie is not Tie.HOME)
    return next((one for one in external if isinstance(stage_at(one.standing, reading.now), Deleted)), None)


def _insist_brought(by: Actor, known: Provisioned | None, fields: Mapping[str, Any] | tuple[str, ...]) -> None:
    brought = known is not None and known.brought
    if not rules.may_decide(by, brought=brought, fields=fields):
        raise Refused(Reason.NOT_ALLOWED, why="notBrought")


def _call(
    unit: Unit,
    object_id: str,
    kind: str,
    known: Provisioned | None,
    called: str | None,
    *,
    by: Actor,
    tenant_id: str,
) -> Beside:
    """Write what the client calls an object from now on, when that is something new."""
    before = None if known is None else known.external_id
    if called == before:
        return {}
    if known is not None:
        provisioned.rename(unit, known, called)
    else:
        provisioned.insert(unit, _new(unit, object_id, kind, called, by=by, tenant_id=tenant_id, brought=False))
    return {EXTERNAL_ID: (before, called)}


def _new(
    unit: Unit, object_id: str, kind: str, called: str | None, *, by: Actor, tenant_id: str, brought: bool
) -> Provisioned:
    return Provisioned(tenant_id, by.client_id, object_id, kind, called, brought, unit.now)
