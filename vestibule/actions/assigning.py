"""Assigning: people to apps, directory roles to people, and taking it back.

What is taken from a deleted user is struck, so that a restore does not bring it back. Who holds which directory role
is part of what others may do to them, so it changes their version.
"""

from dataclasses import replace
from typing import Any

from vestibule.actions import journal, telling_connected
from vestibule.actions.authorising import authorise, authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app, on_app
from vestibule.actions.grouping import can_hold
from vestibule.actions.house import House
from vestibule.actions.removing import keep_an_administrator
from vestibule.rules import apps as app_rules
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Deleted, stage_at
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, ROLES
from vestibule.rules.targets import Anything
from vestibule.rules.verbs import Verb
from vestibule.store import apps, holdings, memberships, role_definitions
from vestibule.store.apps import App
from vestibule.store.holdings import ASSIGNED, Assigned, HoldingRole
from vestibule.store.holdings import ROLES as HELD
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def assign_app(
    house: House,
    *,
    tenant_id: str,
    app_id: str,
    user_id: str,
    by: Actor,
    app_role_id: str = app_rules.DEFAULT_ROLE,
) -> Assigned:
    """Assign somebody to an app, named by its application object or service principal, with one of its roles.

    Raises:
        Refused: NOT_FOUND for app or user; NOT_ALLOWED; BAD_VALUE for a role the app does not have; ALREADY_THERE.
    """

    async def work(unit: Unit) -> Assigned:
        app = await find_app(unit, by, Verb.ASSIGN_APP_ROLE, tenant_id, app_id)
        user = await memberships.find(unit, tenant_id, user_id)
        if user is None or not can_hold(user):
            raise Refused(Reason.NOT_FOUND, objectId=user_id)
        role = app_rules.role_for(app.app_roles, app_role_id, "User")
        before = await ASSIGNED.find(unit, tenant_id, user_id, app.app_id, role)
        if before is not None and before.struck is None:
            raise Refused(Reason.ALREADY_THERE, property="appRoleAssignments")
        assignment_id = house.chance.guid() if before is None else before.assignment_id
        made = Assigned(tenant_id, user_id, app.app_id, role, assignment_id, unit.now)
        ASSIGNED.give(unit, made, before=before)
        apps.guard(unit, app)
        memberships.guard(unit, user)
        await telling_connected.tell_assigned(house, unit, user, app)
        await _tell(house, unit, Verb.ASSIGN_APP_ROLE, user, user, by=by, **_of_app(app, role))
        return made

    return await attempt(house, Verb.ASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def unassign_app(house: House, *, tenant_id: str, assignment_id: str, by: Actor) -> Assigned:
    """Take an assignment to an app away, from a deleted user too.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Assigned:
        held = await holdings.find_assignment(unit, tenant_id, assignment_id)
        app = None if held is None else await apps.find(unit, tenant_id, held.app_id)
        if app is None:
            await authorise_on(unit, by, Verb.UNASSIGN_APP_ROLE, Anything(tenant_id))
        else:
            await authorise_on(unit, by, Verb.UNASSIGN_APP_ROLE, await on_app(unit, by, app))
        user = None if held is None else await memberships.find(unit, tenant_id, held.user_id)
        if held is None or app is None or user is None or not _can_lose(user, held.struck, unit):
            raise Refused(Reason.NOT_FOUND, objectId=assignment_id)
        ASSIGNED.take(unit, held, user)
        memberships.guard(unit, user)
        await _tell(house, unit, Verb.UNASSIGN_APP_ROLE, user, user, by=by, **_of_app(app, held.app_role_id))
        return held

    return await attempt(house, Verb.UNASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id)


async def assign_role(house: House, *, tenant_id: str, role_id: str, user_id: str, by: Actor) -> HoldingRole:
    """Give somebody a directory role, named by its template id, or one that the organization made, by its id.

    Raises:
        Refused: NOT_FOUND for user or role; NOT_ALLOWED, STRONGER_SIGN_IN; ALREADY_THERE.
    """

    async def work(unit: Unit) -> HoldingRole:
        user = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.ASSIGN_ROLE, tenant_id, user)
        role = await find_role(unit, tenant_id, role_id)
        if user is None or not can_hold(user):
            raise Refused(Reason.NOT_FOUND, objectId=user_id)
        before = await HELD.find(unit, tenant_id, user_id, role_id)
        if before is not None and before.struck is None:
            raise Refused(Reason.ALREADY_THERE, property="roleAssignments")
        assignment_id = house.chance.guid() if before is None else before.assignment_id
        made = HoldingRole(tenant_id, user_id, role_id, assignment_id, unit.now)
        HELD.give(unit, made, before=before)
        await _tell(house, unit, Verb.ASSIGN_ROLE, user, _touched(unit, user), by=by, **_of_role(role_id, role))
        return made

    return await attempt(house, Verb.ASSIGN_ROLE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def unassign_role(
    house: House, *, tenant_id: str, by: Actor, assignment_id: str | None = None, role_id: str = "", user_id: str = ""
) -> HoldingRole:
    """Take a directory role away, from a deleted user too: named by the assignment, or by role and user.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED, STRONGER_SIGN_IN; NOT_THERE; ONLY_ADMINISTRATOR.
    """

    async def work(unit: Unit) -> HoldingRole:
        if assignment_id is None:
            held = await HELD.find(unit, tenant_id, user_id, role_id)
        else:
            held = await holdings.find_role_assignment(unit, tenant_id, assignment_id)
        holder_id = user_id if held is None else held.user_id
        user = await memberships.find(unit, tenant_id, holder_id)
        await authorise(unit, by, Verb.UNASSIGN_ROLE, tenant_id, user)
        if held is None or user is None or not _can_lose(user, held.struck, unit):
            raise Refused(Reason.NOT_FOUND, objectId=assignment_id or user_id)
        if held.role_id == GLOBAL_ADMINISTRATOR:
            await keep_an_administrator(unit, user)
        HELD.take(unit, held, user)
        role = await find_role(unit, tenant_id, held.role_id)
        await _tell(house, unit, Verb.UNASSIGN_ROLE, user, _touched(unit, user), by=by, **_of_role(held.role_id, role))
        return held

    return await attempt(house, Verb.UNASSIGN_ROLE, work, by=by, tenant_id=tenant_id, user_id=user_id or None)


async def lose_role(house: House, unit: Unit, held: HoldingRole, name: str, *, by: Actor) -> None:
    """Somebody holds a role no more: there is no such role of the organization's own any more, or a review took it."""
    user = await memberships.find(unit, held.tenant_id, held.user_id)
    if user is not None:
        HELD.take(unit, held, user)
        await _tell(house, unit, Verb.UNASSIGN_ROLE, user, _touched(unit, user), by=by, **_of_role(held.role_id, name))


def _can_lose(user: Membership, struck: str | None, unit: Unit) -> bool:
    return struck is None and (can_hold(user) or isinstance(stage_at(user.standing, unit.now), Deleted))


def _touched(unit: Unit, user: Membership) -> Membership:
    memberships.touch(unit, user, seen=False)
    return replace(user, version=user.version + 1)


def _of_app(app: App, role_id: str) -> dict[str, dict[str, Any]]:
    """What an event tells of an app: ids for ever, its name under the user's key."""
    ids = {"servicePrincipalId": app.service_principal_id, "appRoleId": role_id}
    return {"facts": ids, "details": {**ids, "app": app.display_name}}


async def find_role(unit: Unit, tenant_id: str, role_id: str) -> str:
    """What the role is called, which stays as it is until the unit commits. Raises Refused (NOT_FOUND)."""
    if role_id in ROLES:
        return ROLES[role_id].name
    made = await role_definitions.find(unit, tenant_id, role_id)
    if made is None:
        raise Refused(Reason.NOT_FOUND, objectId=role_id)
    role_definitions.guard(unit, made)
    return made.display_name


def _of_role(role_id: str, name: str) -> dict[str, dict[str, Any]]:
    return {"facts": {"roleId": role_id, "role": name}, "details": {}}


async def _tell(
    house: House,
    unit: Unit,
    verb: Verb,
    user: Membership,
    after: Membership,
    *,
    by: Actor,
    facts: dict[str, Any],
    details: dict[str, Any],
) -> None:
    event = journal.Event(verb, user.tenant_id, journal.about(user, after), unit.now, facts=facts, details=details)
    await journal.write(house, unit, event, by=by)
