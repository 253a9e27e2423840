"""Roles at an app: who is assigned to it, and what the app itself may do at others.

What is granted is either a role at the API of an app, or a permission of this API, whose own service principal stands
for it.
"""

from collections.abc import Sequence
from typing import Final

from vestibule.actions import app_roles, assigning, assigning_groups
from vestibule.actions.app_roles import Granted
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.app import APP_ROLE_ASSIGNMENT
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.app_finding import (
    PRINCIPALS_AT,
    Resource,
    app_target,
    insist_on_app,
    may_read_app,
    names_graph,
    principal,
    principal_in,
    resource,
    resource_in,
)
from vestibule.doors.graph.routes.app_views import assignment_view, role_view
from vestibule.doors.graph.routes.finding import find_living, is_limited
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import APP_ROLE_ASSIGNMENTS, Plain
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp, Target
from vestibule.rules.verbs import Verb
from vestibule.store import app_permissions, apps, group_assignments, groups, holdings
from vestibule.store.apps import App
from vestibule.store.group_assignments import GroupAssigned
from vestibule.store.groups import Group
from vestibule.store.holdings import ASSIGNED, Assigned
from vestibule.store.users import User

OF: Final = "appRoleAssignments"


async def list_assigned(call: Call) -> Reply:
    """Who is assigned to an app: people, groups, and other apps."""
    found = await resource_in(call)
    acting = await may_read_app(call, None if found is None else found.app)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    if is_limited(acting, Verb.READ_APPS):
        raise Refused(Reason.NOT_ALLOWED)  # who knows an app by its id does not learn who uses it
    views = await _on_graph(call) if found.app is None else await _on_app(call, found.app)
    return answer_small(call, OF, [(APP_ROLE_ASSIGNMENTS, view) for view in views])


async def list_own(call: Call) -> Reply:
    """What an app may do for itself at others."""
    app = await principal_in(call)
    acting = await may_read_app(call, app)
    if app is None and not names_graph(call):
        raise Refused(Reason.NOT_FOUND)
    if is_limited(acting, Verb.READ_APPS):
        raise Refused(Reason.NOT_ALLOWED)
    held = [] if app is None else await app_roles.roles_of(call.reading, app)
    apis = await apps.find_many(call.reading, call.tenant_id, [one.resource_id for one in held if one.resource_id])
    by_id = {api.app_id: api for api in apis}
    here = [one for one in held if not one.resource_id or one.resource_id in by_id]
    views = [role_view(one, by_id.get(one.resource_id)) for one in here]
    return answer_small(call, OF, [(APP_ROLE_ASSIGNMENTS, view) for view in views])


async def assign_to(call: Call) -> Reply:
    """Assign somebody to the app in the path: a person, a group, or an app."""
    found = await resource_in(call)
    on_graph = found is not None and found.app is None
    await call.insist(Verb.ASSIGN_APP_ROLE, await _target(call, found))
    values = (await call.body(APP_ROLE_ASSIGNMENT, Mode.CREATE)).values
    if found is None:
        raise await call.missing(Verb.ASSIGN_APP_ROLE)
    named = await resource(call, values["resourceId"])
    if named is None or named.id != found.id or (named.app is None) is not on_graph:
        raise errors.invalid_value("resourceId", APP_ROLE_ASSIGNMENT.title)
    program = await principal(call, values["principalId"])
    if program is not None:
        return await _grant(call, program, found, values["appRoleId"])
    user = await find_living(call, values["principalId"])
    if user is not None and found.app is not None:
        return await assign_user(call, user, found.app, values["appRoleId"])
    group = await groups.find(call.reading, call.tenant_id, values["principalId"])
    if group is None or not group.is_live or found.app is None:
        raise await call.missing(Verb.ASSIGN_APP_ROLE, values["principalId"])
    return await assign_group(call, group, found.app, values["appRoleId"])


async def assign_own(call: Call) -> Reply:
    """Give the app in the path a role at another, or a permission of this API."""
    app = await principal_in(call)
    values = (await call.body(APP_ROLE_ASSIGNMENT, Mode.CREATE)).values
    found = await resource(call, values["resourceId"])
    await call.insist(Verb.ASSIGN_APP_ROLE, await app_target(call, app, grants_api=_is_graph(found)))
    if app is None:
        raise await call.missing(Verb.ASSIGN_APP_ROLE)
    if values["principalId"] != app.service_principal_id:
        raise errors.invalid_value("principalId", APP_ROLE_ASSIGNMENT.title)
    if found is None:
        raise await call.missing(Verb.ASSIGN_APP_ROLE, values["resourceId"])
    return await _grant(call, app, found, values["appRoleId"])


async def unassign_from(call: Call) -> Reply:
    """Take an assignment to the app in the path away."""
    found = await resource_in(call)
    await call.insist(Verb.UNASSIGN_APP_ROLE, await _target(call, found))
    if found is None:
        raise await call.missing(Verb.UNASSIGN_APP_ROLE)
    given = guid(call.parameters["assignment"]) or ""
    program = await _holder(call, found, given)
    if program is not None:
        return await _revoke(call, program, given)
    held = await holdings.find_assignment(call.reading, call.tenant_id, given) if given else None
    of_group = await group_assignments.find_by_id(call.reading, call.tenant_id, given) if given else None
    one = held or of_group
    if one is None or one.app_id != found.id:
        raise await call.missing(Verb.UNASSIGN_APP_ROLE, call.parameters["assignment"])
    unassign = assigning.unassign_app if of_group is None else assigning_groups.unassign_group
    await unassign(call.house, tenant_id=call.tenant_id, assignment_id=one.assignment_id, by=call.by)
    return NO_CONTENT


async def unassign_own(call: Call) -> Reply:
    """Take a role at another app, or a permission of this API, away from the app in the path."""
    app = await principal_in(call)
    given = guid(call.parameters["assignment"]) or ""
    held = await app_permissions.find_by_id(call.reading, call.tenant_id, given) if given else None
    app = await insist_on_app(call, Verb.UNASSIGN_APP_ROLE, app, grants_api=held is None)
    return await _revoke(call, app, given)


async def asked_of(call: Call, principal_id: str) -> tuple[App, str]:
    """The app and the role in the body, which names the user or group in the path as the principal.

    Raises Refused, GraphError (400).
    """
    values = (await call.body(APP_ROLE_ASSIGNMENT, Mode.CREATE)).values
    if values["principalId"] != principal_id:
        raise errors.invalid_value("principalId", APP_ROLE_ASSIGNMENT.title)
    app = await apps.find_by_principal(call.reading, call.tenant_id, values["resourceId"])
    if app is None:
        raise await call.missing(Verb.ASSIGN_APP_ROLE, values["resourceId"])
    return app, values["appRoleId"]


async def assign_user(call: Call, user: User, app: App, role_id: str) -> Reply:
    """Assign a user to an app, and show the assignment."""
    made = await assigning.assign_app(
        call.house,
        tenant_id=call.tenant_id,
        app_id=app.app_id,
        user_id=user.membership.user_id,
        by=call.by,
        app_role_id=role_id,
    )
    return _made(call, assignment_view(made, user.profile.display_name, app))


async def assign_group(call: Call, group: Group, app: App, role_id: str) -> Reply:
    """Assign a group to an app, and show the assignment."""
    made = await assigning_groups.assign_group(
        call.house,
        tenant_id=call.tenant_id,
        app_id=app.app_id,
        group_id=group.group_id,
        by=call.by,
        app_role_id=role_id,
    )
    return _made(call, assignment_view(made, group.display_name, app))


async def answer_assignments(call: Call, held: Sequence[tuple[Assigned | GroupAssigned, str]]) -> Reply:
    """Assignments of people or groups, each with what the principal is called, at the apps that are there."""
    found = await apps.find_many(call.reading, call.tenant_id, [one.app_id for one, _ in held]) if held else []
    by_id = {app.app_id: app for app in found}
    views = [assignment_view(one, called, by_id[one.app_id]) for one, called in held if one.app_id in by_id]
    return answer_small(call, OF, [(APP_ROLE_ASSIGNMENTS, view) for view in views])


async def _grant(call: Call, app: App, at: Resource, role_id: str) -> Reply:
    made = await app_roles.grant_role(
        call.house, tenant_id=call.tenant_id, app_id=app.app_id, resource_id=at.id, app_role_id=role_id, by=call.by
    )
    return _made(call, role_view(made, at.app))


async def _revoke(call: Call, app: App, assignment_id: str) -> Reply:
    await app_roles.revoke_role(
        call.house, tenant_id=call.tenant_id, app_id=app.app_id, assignment_id=assignment_id, by=call.by
    )
    return NO_CONTENT


def _made(call: Call, view: Plain) -> Reply:
    return call.single(OF, APP_ROLE_ASSIGNMENT, APP_ROLE_ASSIGNMENTS.values(view), status=201)


def _is_graph(found: Resource | None) -> bool:
    return found is not None and found.app is None


async def _target(call: Call, found: Resource | None) -> Target:
    """What rights are asked about: for this API, that a permission of it is given."""
    if _is_graph(found):
        return OnApp(call.tenant_id, None, owned=False, grants_api=True, powerful=False)
    return await app_target(call, None if found is None else found.app)


async def _holder(call: Call, at: Resource, assignment_id: str) -> App | None:
    """The app that has this assignment at a resource."""
    if at.app is None:
        every = await apps.everyone(call.reading, call.tenant_id)
        return next((app for app in every if _has(app, assignment_id)), None)
    held = await app_permissions.find_by_id(call.reading, call.tenant_id, assignment_id) if assignment_id else None
    if held is None or held.resource_id != at.id:
        return None
    return await apps.find(call.reading, call.tenant_id, held.app_id)


def _has(app: App, assignment_id: str) -> bool:
    return app.is_usable and any(one.assignment_id == assignment_id for one in app_roles.graph_roles_of(app))


async def _on_graph(call: Call) -> list[Plain]:
    every = [app for app in await apps.everyone(call.reading, call.tenant_id) if app.is_usable]
    return [role_view(one, None) for app in every for one in app_roles.graph_roles_of(app)]


async def _on_app(call: Call, app: App) -> list[Plain]:
    views: list[Plain] = []
    for held in await ASSIGNED.of_thing(call.reading, call.tenant_id, app.app_id):
        user = await find_living(call, held.user_id)
        if user is not None:
            views.append(assignment_view(held, user.profile.display_name, app))
    of_groups = await group_assignments.of_app(call.reading, call.tenant_id, app.app_id)
    views += [assignment_view(held, group.display_name, app) for held, group in of_groups]
    programs = await app_permissions.of_resource(call.reading, call.tenant_id, app.app_id)
    holders = await apps.find_many(call.reading, call.tenant_id, [one.app_id for one in programs])
    by_id = {holder.app_id: holder for holder in holders}
    for one in programs:
        if one.app_id in by_id:
            granted = Granted(by_id[one.app_id], one.resource_id, one.app_role_id, one.assignment_id, one.since)
            views.append(role_view(granted, app))
    return views


_LISTED: Final = Collection(APP_ROLE_ASSIGNMENT, options=LISTED - {"expand", "search"}, directory=False)


def _routes(at: str, handlers: tuple[Handler, Handler, Handler], what: tuple[str, str, str]) -> list[Route[Handler]]:
    listed, assign, unassign = handlers
    return [
        Route("GET", at, listed, verb=Verb.READ_APPS, query=_LISTED, summary=what[0]),
        Route("POST", at, assign, verb=Verb.ASSIGN_APP_ROLE, body=APP_ROLE_ASSIGNMENT, status=201, summary=what[1]),
        Route("DELETE", f"{at}/{{assignment}}", unassign, verb=Verb.UNASSIGN_APP_ROLE, status=204, summary=what[2]),
    ]


_TO: Final = ("Who is assigned to an app", "Assign somebody to an app", "Take an assignment to an app away")
_OWN: Final = ("What an app may do for itself", "Let an app do something for itself", "Take a right of an app away")
ROUTES: Final[list[Route[Handler]]] = [
    route
    for at in PRINCIPALS_AT
    for route in (
        *_routes(f"{at}/appRoleAssignedTo", (list_assigned, assign_to, unassign_from), _TO),
        *_routes(f"{at}/{OF}", (list_own, assign_own, unassign_own), _OWN),
    )
]
