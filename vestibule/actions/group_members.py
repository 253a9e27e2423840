"""Who is in a group, and who owns it.

Taking somebody out who is deleted strikes the row, so that a restore does not bring them back in. Owners change the
group's version: what an owner may do rests on it, and the last one cannot go.
"""

from collections.abc import Sequence

from vestibule.actions import journal
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import can_hold, find_live, hold_still
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.groups import MOST_OWNERS
from vestibule.rules.lifecycle import Deleted, stage_at
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import groups, memberships
from vestibule.store.groups import Group
from vestibule.store.holdings import IN_GROUPS, OWNING, InGroup, Owning
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def add_member(house: House, *, tenant_id: str, group_id: str, user_id: str, by: Actor) -> None:
    """Put somebody into a group.

    Raises:
        Refused: NOT_FOUND for group or user; NOT_ALLOWED; ALREADY_THERE.
    """

    async def work(unit: Unit) -> None:
        group = await find_live(unit, by, Verb.ADD_MEMBER, tenant_id, group_id, writes=user_id)
        user = await _find_user(unit, tenant_id, user_id)
        before = await IN_GROUPS.find(unit, tenant_id, user_id, group_id)
        if before is not None and before.struck is None:
            raise Refused(Reason.ALREADY_THERE, property="members")
        IN_GROUPS.give(unit, InGroup(tenant_id, user_id, group_id, unit.now), before=before)
        groups.guard(unit, group)
        await _tell(house, unit, Verb.ADD_MEMBER, group, user, by=by)

    await attempt(house, Verb.ADD_MEMBER, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def remove_member(house: House, *, tenant_id: str, group_id: str, user_id: str, by: Actor) -> None:
    """Take somebody out of a group, a deleted user too.

    Raises:
        Refused: NOT_FOUND for group or user; NOT_ALLOWED; NOT_THERE.
    """

    async def work(unit: Unit) -> None:
        group = await find_live(unit, by, Verb.REMOVE_MEMBER, tenant_id, group_id, writes=user_id)
        user = await _find_holder(unit, tenant_id, user_id)
        held = await IN_GROUPS.find(unit, tenant_id, user_id, group_id)
        if held is None or held.struck is not None:
            raise Refused(Reason.NOT_THERE, property="members", objectId=user_id)
        IN_GROUPS.take(unit, held, user)
        groups.guard(unit, group)
        await _tell(house, unit, Verb.REMOVE_MEMBER, group, user, by=by)

    await attempt(house, Verb.REMOVE_MEMBER, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def change_members(
    house: House, *, tenant_id: str, group_id: str, add: Sequence[str] = (), remove: Sequence[str] = (), by: Actor
) -> None:
    """Put people into a group and take others out, together or not at all. Who is in or out already is left alone.

    Raises:
        Refused: NOT_FOUND for the group or for somebody who is to be added; NOT_ALLOWED.
    """
    verb = Verb.ADD_MEMBER if add else Verb.REMOVE_MEMBER

    async def work(unit: Unit) -> None:
        own = by.user_id if by.user_id in {*add, *remove} else None
        group = await find_live(unit, by, verb, tenant_id, group_id, writes=own)
        if add and remove:
            await find_live(unit, by, Verb.REMOVE_MEMBER, tenant_id, group_id, writes=own)
        found = {one.user_id: one for one in await memberships.find_many(unit, tenant_id, [*add, *remove])}
        for user_id in dict.fromkeys(add):
            await _add(house, unit, group, found.get(user_id), user_id, by=by)
        for user_id in dict.fromkeys(remove):
            await take_out(house, unit, group, found.get(user_id), by=by)
        groups.guard(unit, group)

    await attempt(house, verb, work, by=by, tenant_id=tenant_id)


async def _add(house: House, unit: Unit, group: Group, user: Membership | None, user_id: str, *, by: Actor) -> None:
    if user is None or not can_hold(user):
        raise Refused(Reason.NOT_FOUND, objectId=user_id, property="members")
    before = await IN_GROUPS.find(unit, group.tenant_id, user.user_id, group.group_id)
    if before is not None and before.struck is None:
        return
    IN_GROUPS.give(unit, InGroup(group.tenant_id, user.user_id, group.group_id, unit.now), before=before)
    await _tell(house, unit, Verb.ADD_MEMBER, group, user, by=by)


async def take_out(house: House, unit: Unit, group: Group, user: Membership | None, *, by: Actor) -> None:
    """Take somebody out of a group in a unit; the right to it has been asked. Who is not in it is left alone."""
    held = None if user is None else await IN_GROUPS.find(unit, group.tenant_id, user.user_id, group.group_id)
    if user is None or held is None or held.struck is not None:
        return
    IN_GROUPS.take(unit, held, user)
    await _tell(house, unit, Verb.REMOVE_MEMBER, group, user, by=by)


async def add_owner(house: House, *, tenant_id: str, group_id: str, user_id: str, by: Actor) -> None:
    """Make somebody an owner of a group.

    Raises:
        Refused: NOT_FOUND for group or user; NOT_ALLOWED; ALREADY_THERE; BAD_VALUE beyond 100 owners.
    """

    async def work(unit: Unit) -> None:
        group = await find_live(unit, by, Verb.ADD_OWNER, tenant_id, group_id, writes=user_id)
        user = await _find_user(unit, tenant_id, user_id)
        before = await OWNING.find(unit, tenant_id, user_id, "group", group_id)
        if before is not None and before.struck is None:
            raise Refused(Reason.ALREADY_THERE, property="owners")
        if await OWNING.others(unit, tenant_id, group_id, user_id) >= MOST_OWNERS:
            raise Refused(Reason.BAD_VALUE, property="owners", why="tooMany")
        OWNING.give(unit, Owning(tenant_id, user_id, "group", group_id, unit.now), before=before)
        groups.save(unit, group, group)
        await _tell(house, unit, Verb.ADD_OWNER, group, user, by=by)

    await attempt(house, Verb.ADD_OWNER, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def remove_owner(house: House, *, tenant_id: str, group_id: str, user_id: str, by: Actor) -> None:
    """Take ownership of a group away. Its last owner stays.

    Raises:
        Refused: NOT_FOUND for group or user; NOT_ALLOWED; NOT_THERE; LAST_OWNER.
    """

    async def work(unit: Unit) -> None:
        group = await find_live(unit, by, Verb.REMOVE_OWNER, tenant_id, group_id, writes=user_id)
        user = await _find_holder(unit, tenant_id, user_id)
        held = await OWNING.find(unit, tenant_id, user_id, "group", group_id)
        if held is None or held.struck is not None:
            raise Refused(Reason.NOT_THERE, property="owners", objectId=user_id)
        if can_hold(user) and await OWNING.others(unit, tenant_id, group_id, user_id) == 0:
            raise Refused(Reason.LAST_OWNER, property="owners")
        OWNING.take(unit, held, user)
        groups.save(unit, group, group)
        await _tell(house, unit, Verb.REMOVE_OWNER, group, user, by=by)

    await attempt(house, Verb.REMOVE_OWNER, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def _find_user(unit: Unit, tenant_id: str, user_id: str) -> Membership:
    """Somebody who can be given something. Raises Refused (NOT_FOUND)."""
    user = await memberships.find(unit, tenant_id, user_id)
    if user is None or not can_hold(user):
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    return user


async def _find_holder(unit: Unit, tenant_id: str, user_id: str) -> Membership:
    """Somebody from whom something can be taken: a deleted user too, while a restore could bring it back."""
    user = await memberships.find(unit, tenant_id, user_id)
    if user is None or not (can_hold(user) or isinstance(stage_at(user.standing, unit.now), Deleted)):
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    return user


async def _tell(house: House, unit: Unit, verb: Verb, group: Group, user: Membership, *, by: Actor) -> None:
    """Hold the user's membership still and write the event, which is about them."""
    after = hold_still(unit, group, user)
    event = journal.Event(
        verb,
        user.tenant_id,
        journal.about(user, after),
        unit.now,
        details={"groupId": group.group_id, "group": group.display_name},
        facts={"groupId": group.group_id},
    )
    await journal.write(house, unit, event, by=by)
