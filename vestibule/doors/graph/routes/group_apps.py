"""Assignments of a group to apps: whoever is in it is assigned."""

from typing import Final

from vestibule.actions import assigning_groups
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.model.app import APP_ROLE_ASSIGNMENT
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.finding import is_limited
from vestibule.doors.graph.routes.group_members import find_group
from vestibule.doors.graph.routes.groups import readable_group
from vestibule.doors.graph.routes.principal_roles import OF, answer_assignments, asked_of, assign_group
from vestibule.doors.graph.routing import Route
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import group_assignments
from vestibule.store.groups import Group


async def list_of_group(call: Call) -> Reply:
    """The apps a group is assigned to."""
    group, acting = await readable_group(call)
    if is_limited(acting, Verb.READ_GROUPS):
        raise Refused(Reason.NOT_ALLOWED)  # who knows a group by its id does not learn what it opens
    held = await group_assignments.of_groups(call.reading, call.tenant_id, [group.group_id])
    return await answer_assignments(call, [(one, group.display_name) for one in held])


async def assign_to_group(call: Call) -> Reply:
    """Assign a group to an app."""
    await call.insist(Verb.ASSIGN_APP_ROLE)
    group = await _group(call, Verb.ASSIGN_APP_ROLE)
    app, role_id = await asked_of(call, group.group_id)
    return await assign_group(call, group, app, role_id)


async def unassign_from_group(call: Call) -> Reply:
    """Take an assignment of a group away."""
    await call.insist(Verb.UNASSIGN_APP_ROLE)
    group = await _group(call, Verb.UNASSIGN_APP_ROLE)
    found = guid(call.parameters["assignment"])
    held = None if found is None else await group_assignments.find_by_id(call.reading, call.tenant_id, found)
    if held is None or held.group_id != group.group_id:
        raise await call.missing(Verb.UNASSIGN_APP_ROLE, call.parameters["assignment"])
    await assigning_groups.unassign_group(
        call.house, tenant_id=call.tenant_id, assignment_id=held.assignment_id, by=call.by
    )
    return NO_CONTENT


async def _group(call: Call, verb: Verb) -> Group:
    group = await find_group(call)
    if group is None:
        raise await call.missing(verb)
    return group


_LISTED: Final = Collection(APP_ROLE_ASSIGNMENT, options=LISTED - {"expand", "search"}, directory=False)
_AT: Final = f"/groups/{{group}}/{OF}"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", _AT, list_of_group, verb=Verb.READ_GROUPS, query=_LISTED, summary="Apps of a group"),
    Route(
        "POST",
        _AT,
        assign_to_group,
        verb=Verb.ASSIGN_APP_ROLE,
        body=APP_ROLE_ASSIGNMENT,
        status=201,
        summary="Assign a group to an app",
    ),
    Route(
        "DELETE",
        f"{_AT}/{{assignment}}",
        unassign_from_group,
        verb=Verb.UNASSIGN_APP_ROLE,
        status=204,
        summary="Take an assignment of a group to an app away",
    ),
]
