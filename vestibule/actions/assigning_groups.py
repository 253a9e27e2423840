"""Assigning groups to apps, and taking it back.

Who is in the group counts as assigned from then on, for as long as they are in it and the group is there. Nobody's
membership is written, and nothing that is signed in ends with it: as with a person's own assignment it is asked at the
next sign-in and at the next refresh.
"""

from vestibule.actions import journal
from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app, on_app
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import apps as app_rules
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything
from vestibule.rules.verbs import Verb
from vestibule.store import apps, group_assignments, groups
from vestibule.store.apps import App
from vestibule.store.group_assignments import GroupAssigned
from vestibule.store.groups import Group
from vestibule.store.unit import Unit

_WAY = "group"


async def assign_group(
    house: House,
    *,
    tenant_id: str,
    app_id: str,
    group_id: str,
    by: Actor,
    app_role_id: str = app_rules.DEFAULT_ROLE,
) -> GroupAssigned:
    """Assign a group to an app, named by its application object or service principal, with one of its roles.

    Raises:
        Refused: NOT_FOUND for app or group; NOT_ALLOWED; BAD_VALUE for a role the app does not have for people;
            ALREADY_THERE.
    """

    async def work(unit: Unit) -> GroupAssigned:
        app = await find_app(unit, by, Verb.ASSIGN_APP_ROLE, tenant_id, app_id)
        group = await groups.find(unit, tenant_id, group_id)
        if group is None or not group.is_live:
            raise Refused(Reason.NOT_FOUND, objectId=group_id)
        role = app_rules.role_for(app.app_roles, app_role_id, "User")
        if await group_assignments.find(unit, tenant_id, group_id, app.app_id, role) is not None:
            raise Refused(Reason.ALREADY_THERE, property="appRoleAssignments")
        made = GroupAssigned(tenant_id, group_id, app.app_id, role, house.chance.guid(), unit.now)
        group_assignments.insert(unit, made)
        apps.guard(unit, app)
        groups.guard(unit, group)
        await _tell(house, unit, Verb.ASSIGN_APP_ROLE, group, app, role, by=by)
        return made

    return await attempt(house, Verb.ASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id, way=_WAY)


async def unassign_group(house: House, *, tenant_id: str, assignment_id: str, by: Actor) -> GroupAssigned:
    """Take a group's assignment to an app away, a deleted group's too: then its restore does not bring it back.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> GroupAssigned:
        held = await group_assignments.find_by_id(unit, tenant_id, assignment_id)
        app = None if held is None else await apps.find(unit, tenant_id, held.app_id)
        on = Anything(tenant_id) if app is None else await on_app(unit, by, app)
        await authorise_on(unit, by, Verb.UNASSIGN_APP_ROLE, on)
        group = None if held is None else await groups.find(unit, tenant_id, held.group_id)
        if held is None or app is None or group is None:
            raise Refused(Reason.NOT_FOUND, objectId=assignment_id)
        group_assignments.drop(unit, held)
        groups.guard(unit, group)
        await _tell(house, unit, Verb.UNASSIGN_APP_ROLE, group, app, held.app_role_id, by=by)
        return held

    return await attempt(house, Verb.UNASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id, way=_WAY)


async def _tell(house: House, unit: Unit, verb: Verb, group: Group, app: App, role_id: str, *, by: Actor) -> None:
    organization = await find_organization(unit, group.tenant_id)
    version = group.version
    subject = journal.about_thing(organization, "group", group.group_id, group.display_name, version, version)
    ids = {"servicePrincipalId": app.service_principal_id, "appRoleId": role_id}
    details = {**ids, "app": app.display_name}
    event = journal.Event(verb, group.tenant_id, subject, unit.now, facts=ids, details=details, way=_WAY)
    await journal.write(house, unit, event, by=by)
