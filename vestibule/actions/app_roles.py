"""What apps may do for themselves: permissions of the Graph API, and roles at the APIs of other apps.

Giving a permission of the Graph API takes more than managing apps: whoever could give it to an app of their own would
have it themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app, insist_on, save, tell
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import apps as rules
from vestibule.rules.actors import Actor
from vestibule.rules.graph_objects import graph_assignment_id, permission_of_role
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import app_permissions, apps
from vestibule.store.app_permissions import AppPermission
from vestibule.store.apps import App
from vestibule.store.unit import Reading, Unit

_WAY: Final = "app"


@dataclass(frozen=True, slots=True)
class Granted:
    """A role that an app has. ``resource_id``: the application object of the API; empty for the Graph API."""

    app: App
    resource_id: str
    app_role_id: str
    assignment_id: str
    since: datetime


async def set_permissions(
    house: House, *, tenant_id: str, app_id: str, application_permissions: Iterable[str], by: Actor
) -> App:
    """Say which permissions of the Graph API the app has for itself: these and no others.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED to whoever may not give the permissions of the API itself; BAD_VALUE.
    """
    wanted = rules.application_permissions(application_permissions)

    async def work(unit: Unit) -> App:
        before = await apps.find(unit, tenant_id, app_id) or await apps.find_by_principal(unit, tenant_id, app_id)
        more = set(wanted) - set(before.permissions if before else ())
        verb = Verb.ASSIGN_APP_ROLE if more else Verb.UNASSIGN_APP_ROLE
        if before is None:
            await authorise_on(unit, by, verb, OnApp(tenant_id, None, owned=False, grants_api=True, powerful=False))
            raise Refused(Reason.NOT_FOUND, objectId=app_id)
        await insist_on(unit, by, verb, tenant_id, app_id, before, grants_api=True)
        if sorted(before.permissions) == sorted(wanted):
            return before
        return await _set(house, unit, verb, before, wanted, by=by)

    return await attempt(house, Verb.ASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id, way=_WAY)


async def grant_role(
    house: House, *, tenant_id: str, app_id: str, resource_id: str, app_role_id: str, by: Actor
) -> Granted:
    """Give an app a permission of the Graph API (``resource_id`` empty), or a role at the API of another app.

    Args:
        house: the house. tenant_id: where. app_id, resource_id: application objects. app_role_id: which. by: who.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; BAD_VALUE for a role that there is not, and for a public app; ALREADY_THERE.
    """

    async def work(unit: Unit) -> Granted:
        on_graph = not resource_id
        app = await find_app(unit, by, Verb.ASSIGN_APP_ROLE, tenant_id, app_id, grants_api=on_graph)
        if app.public:
            raise Refused(Reason.BAD_VALUE, property="principalId", why="keepsNoSecret")
        if on_graph:
            return await _grant_permission(house, unit, app, app_role_id, by=by)
        return await _grant_at(house, unit, app, resource_id, app_role_id, by=by)

    return await attempt(house, Verb.ASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id, way=_WAY)


async def revoke_role(house: House, *, tenant_id: str, app_id: str, assignment_id: str, by: Actor) -> None:
    """Take a permission of the Graph API, or a role at an API, away from an app.

    Raises:
        Refused: NOT_FOUND for app or assignment; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        held = await app_permissions.find_by_id(unit, tenant_id, assignment_id)
        app = await find_app(unit, by, Verb.UNASSIGN_APP_ROLE, tenant_id, app_id, grants_api=held is None)
        if held is not None and held.app_id == app.app_id:
            app_permissions.drop(unit, held)
            apps.guard(unit, app)
            await _tell(house, unit, Verb.UNASSIGN_APP_ROLE, app, held.app_role_id, by=by)
            return
        kept = [one for one in app.permissions if one != _permission(app, assignment_id)]
        if len(kept) == len(app.permissions):
            raise Refused(Reason.NOT_FOUND, objectId=assignment_id)
        await _set(house, unit, Verb.UNASSIGN_APP_ROLE, app, kept, by=by)

    await attempt(house, Verb.UNASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id, way=_WAY)


async def roles_of(reading: Reading, app: App) -> list[Granted]:
    """Every permission of the Graph API and role at an API that an app has."""
    held = await app_permissions.of_app(reading, app.tenant_id, app.app_id)
    return [*graph_roles_of(app), *(_as_granted(app, one) for one in held)]


def graph_roles_of(app: App) -> list[Granted]:
    """The permissions of the Graph API that an app has for itself, as assignments."""
    ids = [rules.application_permission_id(name) for name in app.permissions]
    return [Granted(app, "", id_, graph_assignment_id(app.app_id, id_), app.created_at) for id_ in ids]


async def role_values(reading: Reading, app: App, api: App) -> list[str] | None:
    """The values of the roles that an app has at an API, as its token says them; None when it has no access."""
    held = {one.app_role_id for one in await app_permissions.of_app(reading, app.tenant_id, app.app_id)
            if one.resource_id == api.app_id}  # fmt: skip
    if not held:
        return None
    return [role["value"] for role in api.app_roles if role["id"] in held and role["isEnabled"] and role["value"]]


async def _grant_permission(house: House, unit: Unit, app: App, role_id: str, *, by: Actor) -> Granted:
    name = permission_of_role(role_id)
    if name is None:
        raise Refused(Reason.BAD_VALUE, property="appRoleId")
    if name in app.permissions:
        raise Refused(Reason.ALREADY_THERE, property="appRoleAssignments")
    saved = await _set(house, unit, Verb.ASSIGN_APP_ROLE, app, [*app.permissions, name], by=by)
    return Granted(saved, "", role_id, graph_assignment_id(app.app_id, role_id), app.created_at)


async def _grant_at(house: House, unit: Unit, app: App, resource_id: str, role_id: str, *, by: Actor) -> Granted:
    api = await apps.find(unit, app.tenant_id, resource_id)
    if api is None or not api.is_usable:
        raise Refused(Reason.NOT_FOUND, objectId=resource_id)
    role = rules.role_for(api.app_roles, role_id, "Application")
    if await app_permissions.find(unit, app.tenant_id, app.app_id, resource_id, role) is not None:
        raise Refused(Reason.ALREADY_THERE, property="appRoleAssignments")
    made = AppPermission(app.tenant_id, app.app_id, resource_id, role, house.chance.guid(), unit.now)
    app_permissions.insert(unit, made)
    for seen in {one.app_id: one for one in (app, api)}.values():
        apps.guard(unit, seen)
    await _tell(house, unit, Verb.ASSIGN_APP_ROLE, app, role, by=by)
    return _as_granted(app, made)


async def _set(house: House, unit: Unit, verb: Verb, before: App, wanted: list[str], *, by: Actor) -> App:
    if before.public and wanted:
        raise Refused(Reason.BAD_VALUE, property="public", why="keepsNoSecret")
    facts = {"old": before.permissions, "new": wanted}
    return await save(house, unit, before, replace(before, permissions=wanted), by=by, verb=verb, facts=facts, way=_WAY)


def _permission(app: App, assignment_id: str) -> str | None:
    found = (one for one in graph_roles_of(app) if one.assignment_id == assignment_id)
    return next((permission_of_role(one.app_role_id) for one in found), None)


def _as_granted(app: App, held: AppPermission) -> Granted:
    return Granted(app, held.resource_id, held.app_role_id, held.assignment_id, held.since)


async def _tell(house: House, unit: Unit, verb: Verb, app: App, role_id: str, *, by: Actor) -> None:
    organization = await find_organization(unit, app.tenant_id)
    await tell(house, unit, verb, organization, app, app, by=by, facts={"appRoleId": role_id}, way=_WAY)
