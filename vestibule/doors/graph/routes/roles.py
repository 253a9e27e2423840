"""Directory roles: what there is, who holds them, giving and taking them, in both of Graph's ways."""

from typing import Final

from vestibule.actions import assigning
from vestibule.doors.graph.bodies import Mode, read_reference
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import Source, answer_page, answer_small_along, expand_one
from vestibule.doors.graph.model import USER
from vestibule.doors.graph.model.references import REFERENCE
from vestibule.doors.graph.model.role import DIRECTORY_ROLE, ROLE_ASSIGNMENT
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.finding import find_living, sight_of_users, user_target
from vestibule.doors.graph.routes.role_expanders import OF_ASSIGNMENT, OF_ROLE
from vestibule.doors.graph.routes.role_views import (
    assignment_view,
    find_role,
    role_view,
)
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import DIRECTORY_ROLES, ROLE_ASSIGNMENTS
from vestibule.doors.graph.shapes.user import USERS, UserView
from vestibule.doors.graph.views import user_view
from vestibule.rules.filters import Filter, Ordering
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import ROLES, Role
from vestibule.rules.verbs import Verb
from vestibule.store import holdings, listing, users
from vestibule.store.holdings import ROLES as HELD
from vestibule.store.listing import Page
from vestibule.store.users import HOLDERS_OF, User

_BY_NAME: Final = (Ordering(("displayName",)),)


# --- directoryRoles -----------------------------------------------------------------------------------------------


async def list_roles(call: Call) -> Reply:
    """Every directory role."""
    await call.may_read(Verb.READ_ROLES)
    found = [role_view(call.tenant_id, role) for role in ROLES.values()]
    return await answer_small_along(call, "directoryRoles", DIRECTORY_ROLES, found, OF_ROLE, orders=_BY_NAME)


async def get_role(call: Call) -> Reply:
    """One directory role, by its id or its template's."""
    await call.may_read(Verb.READ_ROLES)
    return await _show_role(call, _role(call))


async def activate_role(call: Call) -> Reply:
    """Name a role by its template; every role is there from the start."""
    await call.insist(Verb.ASSIGN_ROLE)
    body = await call.body(DIRECTORY_ROLE, Mode.CREATE)
    role = ROLES.get(body.values["roleTemplateId"].lower())
    if role is None:
        raise await call.missing(Verb.ASSIGN_ROLE, body.values["roleTemplateId"])
    return await _show_role(call, role, status=201)


async def list_holders(call: Call) -> Reply:
    """Who holds a role."""
    await call.may_read(Verb.READ_ROLES)
    template_id = _role(call).template_id
    readable = await sight_of_users(call)

    async def page(asked: listing.Asked) -> Page[User]:
        return await users.page(call.reading, call.tenant_id, asked, scope=HOLDERS_OF, of=template_id)

    async def count(wanted: Filter | None) -> int:
        return await users.count(call.reading, call.tenant_id, wanted, scope=HOLDERS_OF, of=template_id)

    source: Source[User, UserView] = Source("directoryObjects", USERS, user_view, page, count, users.FIELDS, typed=True)
    return await answer_page(call, source, readable=readable)


async def give_role(call: Call) -> Reply:
    """Give somebody the role in the path."""
    await call.insist(Verb.ASSIGN_ROLE)
    role = await _role_to_change(call, Verb.ASSIGN_ROLE)
    user_id = read_reference(await call.json_object())
    await assigning.assign_role(
        call.house, tenant_id=call.tenant_id, role_id=role.template_id, user_id=user_id, by=call.by
    )
    return NO_CONTENT


async def take_role(call: Call) -> Reply:
    """Take the role in the path away from somebody."""
    await call.insist(Verb.UNASSIGN_ROLE)
    role = await _role_to_change(call, Verb.UNASSIGN_ROLE)
    user_id = guid(call.parameters["member"])
    if user_id is None:
        raise await call.missing(Verb.UNASSIGN_ROLE, call.parameters["member"])
    await assigning.unassign_role(
        call.house, tenant_id=call.tenant_id, role_id=role.template_id, user_id=user_id, by=call.by
    )
    return NO_CONTENT


def _role(call: Call) -> Role:
    found = find_role(call.tenant_id, call.parameters["role"])
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def _role_to_change(call: Call, verb: Verb) -> Role:
    found = find_role(call.tenant_id, call.parameters["role"])
    if found is None:
        raise await call.missing(verb)
    return found


async def _show_role(call: Call, role: Role, *, status: int = 200) -> Reply:
    view = role_view(call.tenant_id, role)
    values = DIRECTORY_ROLES.values(view, call.asked.select)
    values = await expand_one(call, DIRECTORY_ROLE, view["id"], values, OF_ROLE)
    return call.single("directoryRoles", DIRECTORY_ROLE, values, status=status)


# --- roleManagement/directory/roleAssignments ---------------------------------------------------------------------


async def list_assignments(call: Call) -> Reply:
    """Who holds which role."""
    await call.may_read(Verb.READ_ROLES)
    found = [assignment_view(one) for one in await HELD.everybody(call.reading, call.tenant_id)]
    of = "roleManagement/directory/roleAssignments"
    return await answer_small_along(call, of, ROLE_ASSIGNMENTS, found, OF_ASSIGNMENT)


async def get_assignment(call: Call) -> Reply:
    """One assignment."""
    await call.may_read(Verb.READ_ROLES)
    found = guid(call.parameters["assignment"])
    held = None if found is None else await holdings.find_role_assignment(call.reading, call.tenant_id, found)
    if held is None or held.struck is not None or await find_living(call, held.user_id) is None:
        raise Refused(Reason.NOT_FOUND)
    values = ROLE_ASSIGNMENTS.values(assignment_view(held), call.asked.select)
    values = await expand_one(call, ROLE_ASSIGNMENT, held.assignment_id, values, OF_ASSIGNMENT)
    return call.single("roleManagement/directory/roleAssignments", ROLE_ASSIGNMENT, values)


async def create_assignment(call: Call) -> Reply:
    """Give somebody a role."""
    await call.insist(Verb.ASSIGN_ROLE)
    values = (await call.body(ROLE_ASSIGNMENT, Mode.CREATE)).values
    user = await find_living(call, values["principalId"])
    if user is None:
        raise await call.missing(Verb.ASSIGN_ROLE, values["principalId"])
    user_id = user.membership.user_id
    await call.insist(Verb.ASSIGN_ROLE, await user_target(call, user), user_id=user_id)
    role_id = values["roleDefinitionId"].lower()
    made = await assigning.assign_role(
        call.house, tenant_id=call.tenant_id, role_id=role_id, user_id=user_id, by=call.by
    )
    shown = ROLE_ASSIGNMENTS.values(assignment_view(made))
    headers = call.location(f"/roleManagement/directory/roleAssignments/{made.assignment_id}")
    of = "roleManagement/directory/roleAssignments"
    return call.single(of, ROLE_ASSIGNMENT, shown, status=201, headers=headers)


async def delete_assignment(call: Call) -> Reply:
    """Take a role away."""
    await call.insist(Verb.UNASSIGN_ROLE)
    found = guid(call.parameters["assignment"])
    if found is None:
        raise await call.missing(Verb.UNASSIGN_ROLE)
    await assigning.unassign_role(call.house, tenant_id=call.tenant_id, assignment_id=found, by=call.by)
    return NO_CONTENT


# --- Routes -------------------------------------------------------------------------------------------------------

_QUERY: Final = frozenset({"select", "filter", "orderby", "top", "count", "search", "skiptoken", "format"})
_ONE_QUERY: Final = frozenset({"select", "format"})
_ROLES_LISTED: Final = Collection(DIRECTORY_ROLE, options=_QUERY | {"expand"}, page=999)
_ROLE_ONE: Final = Collection(DIRECTORY_ROLE, options=_ONE_QUERY | {"expand"}, single=True)
_HOLDERS: Final = Collection(USER, options=LISTED - {"expand"}, reference=True)
_ASSIGNMENTS: Final = Collection(ROLE_ASSIGNMENT, options=_QUERY | {"expand"}, page=999, directory=False)
_ASSIGNMENT_ONE: Final = Collection(ROLE_ASSIGNMENT, options=_ONE_QUERY | {"expand"}, single=True)
_MANAGED: Final = "/roleManagement/directory"


def _one_role(at: str) -> list[Route[Handler]]:
    return [
        Route("GET", at, get_role, verb=Verb.READ_ROLES, query=_ROLE_ONE, summary="Get a directory role"),
        Route("GET", f"{at}/members", list_holders, verb=Verb.READ_ROLES, query=_HOLDERS, summary="Who holds a role"),
        Route(
            "POST",
            f"{at}/members/$ref",
            give_role,
            verb=Verb.ASSIGN_ROLE,
            body=REFERENCE,
            status=204,
            summary="Give somebody a role",
        ),
        Route(
            "DELETE",
            f"{at}/members/{{member}}/$ref",
            take_role,
            verb=Verb.UNASSIGN_ROLE,
            status=204,
            summary="Take a role away",
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/directoryRoles", list_roles, verb=Verb.READ_ROLES, query=_ROLES_LISTED, summary="Directory roles"),
    Route(
        "POST",
        "/directoryRoles",
        activate_role,
        verb=Verb.ASSIGN_ROLE,
        body=DIRECTORY_ROLE,
        status=201,
        summary="Name a directory role by its template",
    ),
    *_one_role("/directoryRoles/{role}"),
    *_one_role("/directoryRoles(roleTemplateId={role})"),
    Route(
        "GET",
        f"{_MANAGED}/roleAssignments",
        list_assignments,
        verb=Verb.READ_ROLES,
        query=_ASSIGNMENTS,
        summary="Who holds which role",
    ),
    Route(
        "POST",
        f"{_MANAGED}/roleAssignments",
        create_assignment,
        verb=Verb.ASSIGN_ROLE,
        body=ROLE_ASSIGNMENT,
        status=201,
        summary="Give somebody a role",
    ),
    Route(
        "GET",
        f"{_MANAGED}/roleAssignments/{{assignment}}",
        get_assignment,
        verb=Verb.READ_ROLES,
        query=_ASSIGNMENT_ONE,
        summary="Get an assignment of a role",
    ),
    Route(
        "DELETE",
        f"{_MANAGED}/roleAssignments/{{assignment}}",
        delete_assignment,
        verb=Verb.UNASSIGN_ROLE,
        status=204,
        summary="Take a role away",
    ),
]
