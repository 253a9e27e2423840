"""Roles of an organization's own: made, changed, deleted.

Nobody makes a role that lets people do more than they may do themselves, and nobody adds to one what they may not do:
whoever gives roles would otherwise write themselves another one. What a role lets people do is asked at every act, in
the act's own transaction, so a change counts on the next request.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from vestibule.actions import journal
from vestibule.actions.assigning import lose_role
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import rights, texts
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.role_actions import read_actions, verbs_of
from vestibule.rules.roles import ROLES
from vestibule.rules.verbs import Verb
from vestibule.store import organizations, role_definitions
from vestibule.store.holdings import ROLES as HELD
from vestibule.store.role_definitions import RoleDefinition
from vestibule.store.unit import Unit

MOST_ROLES: Final = 100
LONGEST_NAME: Final = 256
LONGEST_ABOUT: Final = 1024
LONGEST_LABEL: Final = 64
_BUILT_IN: Final = frozenset(role.name.casefold() for role in ROLES.values())


@dataclass(frozen=True, slots=True)
class RoleChanges:
    """What a role is to be; None leaves something as it is.

    Attributes:
        actions: by their names (``role_actions``). label: Graph's ``version``.
        description, label: an empty text for none.
    """

    display_name: str | None = None
    description: str | None = None
    label: str | None = None
    actions: tuple[str, ...] | None = None
    enabled: bool | None = None


async def create_role(house: House, *, tenant_id: str, new: RoleChanges, by: Actor) -> RoleDefinition:
    """Make a role; nobody holds it yet.

    Raises:
        Refused: NOT_ALLOWED, also (``why`` is ``handsOn``, with the ``action``) for what the maker may not do
            themselves; BAD_VALUE with the property; DUPLICATE_VALUE for a name that a role has.
    """
    role_id = house.chance.guid()

    async def work(unit: Unit) -> RoleDefinition:
        actor = await authorise(unit, by, Verb.CREATE_ROLE, tenant_id)
        organization = await find_organization(unit, tenant_id)
        others = await role_definitions.everyone(unit, tenant_id)
        if len(others) >= MOST_ROLES:
            raise Refused(Reason.BAD_VALUE, property="roleDefinitions", why="tooMany")
        blank = RoleDefinition(tenant_id, role_id, "", "", "", [], enabled=True, made_at=unit.now, version=1)
        given = replace(new, display_name=new.display_name or "", actions=new.actions or ())
        made = _changed(blank, given, others)
        _insist_own(actor, made, NOTHING_BEFORE)
        role_definitions.insert(unit, made)
        organizations.guard(unit, organization)
        subject = journal.about_thing(organization, "role", role_id, made.display_name, 0, made.version)
        event = journal.Event(Verb.CREATE_ROLE, tenant_id, subject, unit.now, facts={"actions": made.actions})
        await journal.write(house, unit, event, by=by)
        return made

    return await attempt(house, Verb.CREATE_ROLE, work, by=by, tenant_id=tenant_id)


async def update_role(house: House, *, tenant_id: str, role_id: str, changes: RoleChanges, by: Actor) -> RoleDefinition:
    """Change a role for everybody who holds it. Nothing is written when nothing changes.

    Raises:
        Refused: NOT_FOUND for a built-in one too; NOT_ALLOWED, BAD_VALUE, DUPLICATE_VALUE as ``create_role``.
    """

    async def work(unit: Unit) -> RoleDefinition:
        actor = await authorise(unit, by, Verb.UPDATE_ROLE, tenant_id)
        organization = await find_organization(unit, tenant_id)
        others = await role_definitions.everyone(unit, tenant_id)
        before = await _find(unit, tenant_id, role_id)
        after = _changed(before, changes, [one for one in others if one.role_id != role_id])
        if after == before:
            return before
        _insist_own(actor, after, before.verbs)
        saved = role_definitions.save(unit, before, after)
        organizations.guard(unit, organization)
        fields = ("display_name", "description", "label", "actions", "enabled")
        changed = tuple(_SHOWN[name] for name in fields if getattr(before, name) != getattr(after, name))
        subject = journal.about_thing(organization, "role", role_id, saved.display_name, before.version, saved.version)
        event = journal.Event(
            Verb.UPDATE_ROLE, tenant_id, subject, unit.now, changes=changed, facts={"actions": saved.actions}
        )
        await journal.write(house, unit, event, by=by)
        return saved

    return await attempt(house, Verb.UPDATE_ROLE, work, by=by, tenant_id=tenant_id)


async def delete_role(house: House, *, tenant_id: str, role_id: str, by: Actor) -> None:
    """Delete a role for good; whoever holds it has nothing from it any more, deleted users after a restore neither.

    Raises:
        Refused: NOT_FOUND for a built-in one too; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.DELETE_ROLE, tenant_id)
        organization = await find_organization(unit, tenant_id)
        gone = await _find(unit, tenant_id, role_id)
        for held in await HELD.of_thing(unit, tenant_id, role_id):
            await lose_role(house, unit, held, gone.display_name, by=by)
        HELD.thing_gone(unit, tenant_id, role_id, gone.display_name)
        role_definitions.drop(unit, gone)
        subject = journal.about_thing(organization, "role", role_id, gone.display_name, gone.version, gone.version + 1)
        await journal.write(house, unit, journal.Event(Verb.DELETE_ROLE, tenant_id, subject, unit.now), by=by)

    await attempt(house, Verb.DELETE_ROLE, work, by=by, tenant_id=tenant_id)


NOTHING_BEFORE: Final[frozenset[Verb]] = frozenset()
_SHOWN: Final = {
    "display_name": "displayName",
    "description": "description",
    "label": "version",
    "actions": "rolePermissions",
    "enabled": "isEnabled",
}


async def _find(unit: Unit, tenant_id: str, role_id: str) -> RoleDefinition:
    found = await role_definitions.find(unit, tenant_id, role_id)
    if found is None:
        raise Refused(Reason.NOT_FOUND, objectId=role_id)
    return found


def _changed(before: RoleDefinition, changes: RoleChanges, others: Iterable[RoleDefinition]) -> RoleDefinition:
    after = before
    if changes.display_name is not None:
        name = texts.text_line(changes.display_name, limit=LONGEST_NAME, what="displayName")
        taken = _BUILT_IN | {one.display_name.casefold() for one in others}
        if name.casefold() in taken:
            raise Refused(Reason.DUPLICATE_VALUE, property="displayName")
        after = replace(after, display_name=name)
    if changes.description is not None:
        after = replace(after, description=_text(changes.description, LONGEST_ABOUT, "description"))
    if changes.label is not None:
        after = replace(after, label=_text(changes.label, LONGEST_LABEL, "version"))
    if changes.actions is not None:
        after = replace(after, actions=list(read_actions(changes.actions)))
    return after if changes.enabled is None else replace(after, enabled=changes.enabled)


def _text(given: str, limit: int, what: str) -> str:
    return texts.text_lines(given, limit=limit, what=what) if given else ""


def _insist_own(actor: Actor, after: RoleDefinition, before: frozenset[Verb]) -> None:
    """Insist that what is added is nothing that the actor may not do."""
    missing = after.verbs - before - rights.may_hand_on(actor)
    if missing:
        action = next(one for one in after.actions if not missing.isdisjoint(verbs_of([one])))
        raise Refused(Reason.NOT_ALLOWED, why="handsOn", action=action)
