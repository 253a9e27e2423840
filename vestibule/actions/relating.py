"""Who answers for whom: the manager of a user, and the sponsors of a guest.

Both are changes of the user object they hang on. Neither gives anybody a right.
"""

from dataclasses import replace
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import find_user
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import groups, managers, memberships, sponsors
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit

MOST_SPONSORS: Final = 5
_MANAGER: Final = "manager"
_SPONSORS: Final = "sponsors"


async def set_manager(house: House, *, tenant_id: str, user_id: str, manager_id: str | None, by: Actor) -> None:
    """Say who manages a user; None for nobody. What is so already changes nothing.

    Raises:
        Refused: NOT_FOUND for the user or the manager; NOT_ALLOWED; BAD_VALUE for somebody as their own manager.
    """

    async def work(unit: Unit) -> None:
        user = await _find(unit, by, tenant_id, user_id, _MANAGER)
        before = await managers.of(unit, tenant_id, user_id)
        if before == manager_id:
            return
        if manager_id is None:
            managers.remove(unit, tenant_id, user_id, before=before)
        else:
            await _check_person(unit, user, manager_id, _MANAGER)
            managers.put(unit, tenant_id, user_id, manager_id, before=before)
        await _write(house, unit, user, "manager", _MANAGER, (before, manager_id), by=by)

    await attempt(house, Verb.UPDATE_USER, work, by=by, tenant_id=tenant_id, user_id=user_id, way="manager")


async def add_sponsor(house: House, *, tenant_id: str, user_id: str, sponsor_id: str, by: Actor) -> None:
    """Somebody more stands for a guest, or a group of people.

    Raises:
        Refused: NOT_FOUND for either; NOT_ALLOWED; ALREADY_THERE; BAD_VALUE for themselves, and beyond five.
    """

    async def work(unit: Unit) -> None:
        user = await _find(unit, by, tenant_id, user_id, _SPONSORS)
        group = await groups.find(unit, tenant_id, sponsor_id)
        if group is None or not group.is_live:
            await _check_person(unit, user, sponsor_id, _SPONSORS)
        there = await sponsors.of(unit, tenant_id, user_id)
        if sponsor_id in there:
            raise Refused(Reason.ALREADY_THERE, property=_SPONSORS)
        if len(there) >= MOST_SPONSORS:
            raise Refused(Reason.BAD_VALUE, property=_SPONSORS)
        sponsors.insert(unit, tenant_id, user_id, sponsor_id)
        await _write(house, unit, user, "addSponsor", _SPONSORS, (None, sponsor_id), by=by)

    await attempt(house, Verb.UPDATE_USER, work, by=by, tenant_id=tenant_id, user_id=user_id, way="addSponsor")


async def remove_sponsor(house: House, *, tenant_id: str, user_id: str, sponsor_id: str, by: Actor) -> None:
    """Somebody stands for a guest no longer.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; NOT_THERE.
    """

    async def work(unit: Unit) -> None:
        user = await _find(unit, by, tenant_id, user_id, _SPONSORS)
        if sponsor_id not in await sponsors.of(unit, tenant_id, user_id):
            raise Refused(Reason.NOT_THERE, property=_SPONSORS, objectId=sponsor_id)
        sponsors.remove(unit, tenant_id, user_id, sponsor_id)
        await _write(house, unit, user, "removeSponsor", _SPONSORS, (sponsor_id, None), by=by)

    await attempt(house, Verb.UPDATE_USER, work, by=by, tenant_id=tenant_id, user_id=user_id, way="removeSponsor")


async def _find(unit: Unit, by: Actor, tenant_id: str, user_id: str, field: str) -> Membership:
    user, _ = await find_user(unit, by, Verb.UPDATE_USER, tenant_id, user_id, fields=frozenset({field}))
    if not _is_here(user):
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    return user


async def _check_person(unit: Unit, user: Membership, other_id: str, field: str) -> None:
    if other_id == user.user_id:
        raise Refused(Reason.BAD_VALUE, property=field, why="oneself")
    other = await memberships.find(unit, user.tenant_id, other_id)
    if other is None or not _is_here(other):
        raise Refused(Reason.NOT_FOUND, objectId=other_id, property=field)


def _is_here(user: Membership) -> bool:
    return isinstance(user.stage, Invited | Present) and user.standing.tie is not Tie.DIRECT_CONNECT


async def _write(
    house: House, unit: Unit, user: Membership, way: str, field: str, values: tuple[Any, Any], *, by: Actor
) -> None:
    after = replace(user, version=user.version + 1)
    memberships.touch(unit, user)
    event = journal.Event(
        Verb.UPDATE_USER,
        user.tenant_id,
        journal.about(user, after),
        unit.now,
        changes=(field,),
        details={"old": {field: values[0]}, "new": {field: values[1]}},
        way=way,
    )
    await journal.write(house, unit, event, by=by)
