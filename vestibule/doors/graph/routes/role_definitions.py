"""``roleManagement/directory/roleDefinitions``: the built-in roles, and those that the organization makes itself."""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import role_definitions
from vestibule.actions.role_definitions import RoleChanges
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.role import ROLE_DEFINITION
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routes.role_views import definition_view, find_definition, own_definition_view
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import ROLE_DEFINITIONS, Plain
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.filters import Ordering
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import ROLES
from vestibule.rules.verbs import Verb
from vestibule.store import role_definitions as kept

_OF: Final = "roleManagement/directory/roleDefinitions"
_PERMISSIONS: Final = "rolePermissions"


async def list_definitions(call: Call) -> Reply:
    """Every role there is."""
    await call.may_read(Verb.READ_ROLES)
    found = [definition_view(role) for role in ROLES.values()]
    found += [own_definition_view(one) for one in await kept.everyone(call.reading, call.tenant_id)]
    return answer_small(call, _OF, [(ROLE_DEFINITIONS, view) for view in found], orders=(Ordering(("displayName",)),))


async def get_definition(call: Call) -> Reply:
    """One role, by its id."""
    await call.may_read(Verb.READ_ROLES)
    found = await find_definition(call.reading, call.tenant_id, call.parameters["role"])
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return call.single(_OF, ROLE_DEFINITION, ROLE_DEFINITIONS.values(found, call.asked.select))


async def create_definition(call: Call) -> Reply:
    """Make a role."""
    await call.insist(Verb.CREATE_ROLE)
    values = (await call.body(ROLE_DEFINITION, Mode.CREATE)).values
    made = await role_definitions.create_role(call.house, tenant_id=call.tenant_id, new=_changes(values), by=call.by)
    shown = ROLE_DEFINITIONS.values(own_definition_view(made))
    return call.single(_OF, ROLE_DEFINITION, shown, status=201, headers=call.location(f"/{_OF}/{made.role_id}"))


async def update_definition(call: Call) -> Reply:
    """Change a role."""
    found = await _changeable(call, Verb.UPDATE_ROLE)
    current = as_sent(ROLE_DEFINITIONS.everything(found))
    values = (await call.body(ROLE_DEFINITION, Mode.UPDATE, current)).values
    await role_definitions.update_role(
        call.house, tenant_id=call.tenant_id, role_id=found["id"], changes=_changes(values), by=call.by
    )
    return NO_CONTENT


async def delete_definition(call: Call) -> Reply:
    """Delete a role."""
    found = await _changeable(call, Verb.DELETE_ROLE)
    await role_definitions.delete_role(call.house, tenant_id=call.tenant_id, role_id=found["id"], by=call.by)
    return NO_CONTENT


async def _changeable(call: Call, verb: Verb) -> Plain:
    """The organization's own role in the path. Raises Refused; GraphError (400) for a built-in one."""
    await call.insist(verb)
    found = await find_definition(call.reading, call.tenant_id, call.parameters["role"])
    if found is None:
        raise await call.missing(verb)
    if found["isBuiltIn"]:
        raise errors.invalid("A built-in role cannot be changed or deleted.", target="isBuiltIn")
    return found


def _changes(values: Mapping[str, Any]) -> RoleChanges:
    return RoleChanges(
        display_name=values.get("displayName"),
        description=_cleared(values, "description"),
        label=_cleared(values, "version"),
        actions=_actions(values[_PERMISSIONS]) if _PERMISSIONS in values else None,
        enabled=values.get("isEnabled"),
    )


def _cleared(values: Mapping[str, Any], name: str) -> str | None:
    """What was given; an empty text when it is cleared, None when nothing is said about it."""
    return (values[name] or "") if name in values else None


def _actions(permissions: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """The actions in all entries together. Raises GraphError (400) for what a role here cannot say."""
    for one in permissions:
        for name in ("excludedResourceActions", "condition"):
            if one.get(name):
                raise errors.invalid_value(f"{_PERMISSIONS}/{name}", ROLE_DEFINITION.title)
    return tuple(name for one in permissions for name in one.get("allowedResourceActions") or () if name)


_QUERY: Final = frozenset({"select", "filter", "orderby", "top", "count", "search", "skiptoken", "format"})
_LISTED: Final = Collection(ROLE_DEFINITION, options=_QUERY, page=999, directory=False)
_ONE: Final = Collection(ROLE_DEFINITION, options=frozenset({"select", "format"}), single=True)
_AT: Final = f"/{_OF}/{{role}}"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", f"/{_OF}", list_definitions, verb=Verb.READ_ROLES, query=_LISTED, summary="Every role there is"),
    Route(
        "POST",
        f"/{_OF}",
        create_definition,
        verb=Verb.CREATE_ROLE,
        body=ROLE_DEFINITION,
        status=201,
        summary="Make a role of the organization's own",
    ),
    Route("GET", _AT, get_definition, verb=Verb.READ_ROLES, query=_ONE, summary="Get a role"),
    Route(
        "PATCH",
        _AT,
        update_definition,
        verb=Verb.UPDATE_ROLE,
        body=ROLE_DEFINITION,
        status=204,
        summary="Change a role of the organization's own",
    ),
    Route(
        "DELETE",
        _AT,
        delete_definition,
        verb=Verb.DELETE_ROLE,
        status=204,
        summary="Delete a role of the organization's own",
    ),
]
