"""Assignments of a user to apps: their own, and those of the groups they are in."""

from typing import Final

from vestibule.actions import assigning
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.model.app import APP_ROLE_ASSIGNMENT
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.finding import find_user, insist_close, user_target
from vestibule.doors.graph.routes.principal_roles import OF, answer_assignments, asked_of, assign_user
from vestibule.doors.graph.routes.user_relations import shown_groups
from vestibule.doors.graph.routing import Route, for_me
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import group_assignments, holdings
from vestibule.store.group_assignments import GroupAssigned
from vestibule.store.holdings import ASSIGNED, Assigned
from vestibule.store.users import User


async def list_of_user(call: Call) -> Reply:
    """The apps a user is assigned to, themselves or with a group, which is the principal then."""
    user = await find_user(call)
    acting = await call.may_read(Verb.READ_USERS, await user_target(call, user, Verb.READ_USERS))
    if user is None:
        raise Refused(Reason.NOT_FOUND)
    insist_close(call, acting, user)
    own = await ASSIGNED.of_user(call.reading, call.tenant_id, user.membership.user_id)
    called = {one.group_id: one.display_name for one in await shown_groups(call, user.membership.user_id)}
    of_groups = await group_assignments.of_groups(call.reading, call.tenant_id, list(called))
    held: list[tuple[Assigned | GroupAssigned, str]] = [(one, user.profile.display_name) for one in own]
    by_name = list(called).index
    held += [(one, called[one.group_id]) for one in sorted(of_groups, key=lambda one: by_name(one.group_id))]
    return await answer_assignments(call, held)


async def assign_to_user(call: Call) -> Reply:
    """Assign a user to an app."""
    await call.insist(Verb.ASSIGN_APP_ROLE)
    user = await _user(call, Verb.ASSIGN_APP_ROLE)
    app, role_id = await asked_of(call, user.membership.user_id)
    return await assign_user(call, user, app, role_id)


async def unassign_from_user(call: Call) -> Reply:
    """Take an assignment of a user away."""
    await call.insist(Verb.UNASSIGN_APP_ROLE)
    user = await _user(call, Verb.UNASSIGN_APP_ROLE)
    found = guid(call.parameters["assignment"])
    held = None if found is None else await holdings.find_assignment(call.reading, call.tenant_id, found)
    if held is None or held.user_id != user.membership.user_id:
        raise await call.missing(Verb.UNASSIGN_APP_ROLE, call.parameters["assignment"])
    await assigning.unassign_app(call.house, tenant_id=call.tenant_id, assignment_id=held.assignment_id, by=call.by)
    return NO_CONTENT


async def _user(call: Call, verb: Verb) -> User:
    user = await find_user(call)
    if user is None:
        raise await call.missing(verb)
    return user


_LISTED: Final = Collection(APP_ROLE_ASSIGNMENT, options=LISTED - {"expand", "search"}, directory=False)
_AT: Final = f"/users/{{user}}/{OF}"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", _AT, list_of_user, verb=Verb.READ_USERS, query=_LISTED, summary="Apps of a user"),
    Route(
        "POST",
        _AT,
        assign_to_user,
        verb=Verb.ASSIGN_APP_ROLE,
        body=APP_ROLE_ASSIGNMENT,
        status=201,
        summary="Assign somebody to an app",
    ),
    Route(
        "DELETE",
        f"{_AT}/{{assignment}}",
        unassign_from_user,
        verb=Verb.UNASSIGN_APP_ROLE,
        status=204,
        summary="Take an assignment to an app away",
    ),
    Route(
        "GET",
        for_me(_AT),
        list_of_user,
        verb=Verb.READ_USERS,
        query=_LISTED,
        summary="Apps of the signed-in person",
    ),
]
