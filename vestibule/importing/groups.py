"""Bringing in groups, and who is in them and owns them."""

import re
from typing import Any, Final

from vestibule.actions import group_members, grouping
from vestibule.importing import present, wishes
from vestibule.importing.journey import Journey
from vestibule.importing.sources import Said
from vestibule.importing.wishes import Kind, Tie
from vestibule.rules.actors import operator
from vestibule.rules.groups import UNIFIED, WRITABLE, NewGroup
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.holdings import IN_GROUPS, OWNING

_LONGEST_NICKNAME: Final = 64
_NOT_IN_NICKNAMES: Final = re.compile(r"[^A-Za-z0-9._-]+")
_OF_COLUMNS: Final = frozenset({"displayName", "mailNickname", "description"})
_UNKNOWN: Final = "the {what} {id} stands in none of the files, or was refused there"


async def group(journey: Journey, said: Said, wish: wishes.NewGroup) -> None:
    """Make one group."""
    twice = journey.told_before(said.place, {} if wish.old_id is None else {f"group {wish.old_id}": "the id"})
    if twice is not None:
        journey.refuse(said, twice)
        return
    try:
        new = _new_group(wish)
        there, gone = journey.present.groups, journey.present.deleted_groups
        if found := _taken((gone if wish.deleted else there), new):
            journey.there(said, found)
            return
        if not wish.deleted and (found := _taken(gone, new)):
            journey.refuse_deleted(said, found)
            return
        made = await grouping.create_group(
            journey.house, new, tenant_id=journey.tenant_id, by=operator(), deleted=wish.deleted
        )
    except Refused as refused:
        journey.refuse(said, refused)
        return
    journey.accept(said, made.group_id)


async def tie(journey: Journey, said: Said, wish: Tie) -> None:
    """Put one user into a group, or make them an owner."""
    problem = _unknown(journey, wish)
    called = "owner of the group" if wish.kind is Kind.OWNERS else "member of the group"
    twice = journey.told_before(said.place, {f"{wish.kind} {wish.group_id} {wish.user_id}": f"the {called}"})
    if problem is not None or twice is not None:
        journey.refuse(said, problem or twice or "")
        return
    group_id, user_id = journey.ledger.groups[wish.group_id], journey.ledger.users[wish.user_id]
    if group_id is None or user_id is None:  # a rehearsal: one of them would be new, so nothing is in the way
        journey.accept(said, None)
        return
    if await _holds(journey, wish.kind, group_id, user_id):
        journey.there(said, user_id, f"is {called} already")
        return
    add = group_members.add_owner if wish.kind is Kind.OWNERS else group_members.add_member
    try:
        await add(journey.house, tenant_id=journey.tenant_id, group_id=group_id, user_id=user_id, by=operator())
    except Refused as refused:
        journey.refuse(said, refused)
        return
    journey.accept(said, user_id)


def _new_group(wish: wishes.NewGroup) -> NewGroup:
    """The group to be made. Raises Refused for what a group cannot be."""
    values = dict(wish.values)
    types = _types(values.get("groupTypes", []))
    return NewGroup(
        display_name=wish.display_name,
        mail_nickname=_text(values, "mailNickname") or _nickname(wish.display_name),
        mail_enabled=_flag(values, "mailEnabled", unsaid=UNIFIED in types),
        security_enabled=_flag(values, "securityEnabled", unsaid=UNIFIED not in types),
        types=types,
        description=_text(values, "description"),
        visibility=_text(values, "visibility"),
        assignable_to_role=_flag(values, "isAssignableToRole", unsaid=False),
        properties={name: value for name, value in values.items() if name in WRITABLE - _OF_COLUMNS},
    )


def _types(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused(Reason.BAD_VALUE, property="groupTypes", why="type")
    return tuple(value)


def _text(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(Reason.BAD_VALUE, property=name, why="type")
    return value


def _flag(values: dict[str, Any], name: str, *, unsaid: bool) -> bool:
    value = values.get(name, unsaid)
    if not isinstance(value, bool):
        raise Refused(Reason.BAD_VALUE, property=name, why="type")
    return value


def _nickname(display_name: str) -> str:
    """A mail nickname for a group whose export does not tell it."""
    return _NOT_IN_NICKNAMES.sub("-", display_name).strip("-.")[:_LONGEST_NICKNAME] or "group"


def _taken(known: "dict[present.GroupKey, Any]", new: NewGroup) -> str | None:
    """Take one group out that is the same; None when there is none left."""
    key = present.group_key(
        new.display_name,
        new.mail_nickname,
        new.types,
        security=new.security_enabled,
        roles=new.assignable_to_role,
    )
    left = known.get(key)
    return str(left.popleft()) if left else None


def _unknown(journey: Journey, wish: Tie) -> str | None:
    """Why the two ends of a tie are not both there."""
    known = journey.ledger
    if wish.group_id not in known.groups:
        return _UNKNOWN.format(what="group", id=wish.group_id)
    if wish.user_id not in known.users:
        return _UNKNOWN.format(what="user", id=wish.user_id)
    if wish.group_id in known.ended:
        return "the group is deleted"
    return "the user is deleted" if wish.user_id in known.ended else None


async def _holds(journey: Journey, kind: Kind, group_id: str, user_id: str) -> bool:
    reading = await journey.house.store.read()
    if kind is Kind.OWNERS:
        owning = await OWNING.find(reading, journey.tenant_id, user_id, "group", group_id)
        return owning is not None and owning.struck is None
    held = await IN_GROUPS.find(reading, journey.tenant_id, user_id, group_id)
    return held is not None and held.struck is None
