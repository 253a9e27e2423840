"""Groups and directory roles that a user is in."""

from collections.abc import Sequence
from typing import Any, Final

from vestibule.actions.authorising import acting_as
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.lists import Expander, answer_small, answer_small_count, expanded
from vestibule.doors.graph.model import GROUP
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.model.role import DIRECTORY_ROLE
from vestibule.doors.graph.odata.options import COUNTED, LISTED, Collection
from vestibule.doors.graph.routes import user_people
from vestibule.doors.graph.routes.finding import (
    insist_close,
    may_read_groups,
    readable_user,
)
from vestibule.doors.graph.routes.group_members import HIDDEN_MEMBERSHIP, shows_members
from vestibule.doors.graph.routes.role_views import role_view
from vestibule.doors.graph.routing import Route, for_me
from vestibule.doors.graph.shapes.group import GROUPS
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.doors.graph.shapes.plain import DIRECTORY_ROLES
from vestibule.doors.graph.views import NOTHING_BUT_ID, group_view
from vestibule.rules.filters import Ordering
from vestibule.rules.roles import ROLES
from vestibule.rules.verbs import Verb
from vestibule.store import groups, hanging, users
from vestibule.store.groups import Group

Shown = tuple[Shape[Any], Any]

_OPTIONS: Final = LISTED - {"expand"}
_MIXED: Final = Collection(DIRECTORY_OBJECT, options=_OPTIONS, reference=True)
_COUNTED: Final = Collection(DIRECTORY_OBJECT, options=COUNTED, reference=True, counted=True)
_GROUPS: Final = Collection(GROUP, options=_OPTIONS, reference=True)
_ROLES: Final = Collection(DIRECTORY_ROLE, options=_OPTIONS, reference=True)
_BY_NAME: Final = (Ordering(("displayName",)),)


async def member_of(call: Call) -> Reply:
    """Groups and directory roles the user is in."""
    user_id = await readable_user(call)
    found = [*await _groups_of(call, user_id), *await _roles_of(call, user_id)]
    return await _answer(call, "directoryObjects", found)


async def member_of_groups(call: Call) -> Reply:
    """The groups only."""
    return await _answer(call, "groups", await _groups_of(call, await readable_user(call)))


async def member_of_roles(call: Call) -> Reply:
    """The directory roles only."""
    return await _answer(call, "directoryRoles", await _roles_of(call, await readable_user(call)))


async def count_member_of(call: Call) -> Reply:
    """How many groups and directory roles."""
    user_id = await readable_user(call)
    return answer_small_count(call, [*await _groups_of(call, user_id), *await _roles_of(call, user_id)])


async def _answer(call: Call, of: str, found: Sequence[Shown]) -> Reply:
    readable = None if await may_read_groups(call) else NOTHING_BUT_ID
    return answer_small(call, of, found, orders=_BY_NAME, typed=True, readable=readable)


async def _groups_of(call: Call, user_id: str) -> list[Shown]:
    return [(GROUPS, group_view(group)) for group in await shown_groups(call, user_id)]


async def shown_groups(call: Call, user_id: str) -> list[Group]:
    """The groups of a user, without those whose members the caller may not see; everybody sees all of their own."""
    found = await groups.of_user(call.reading, call.tenant_id, user_id)
    if user_id == call.by.user_id or all(group.visibility != HIDDEN_MEMBERSHIP for group in found):
        return found
    acting = await acting_as(call.reading, call.by, call.tenant_id)
    return [group for group in found if await shows_members(call, acting, group)]


async def _roles_of(call: Call, user_id: str) -> list[Shown]:
    held = await hanging.roles(call.reading, call.tenant_id, user_id)
    return [(DIRECTORY_ROLES, role_view(call.tenant_id, ROLES[role])) for role in held if role in ROLES]


# --- Along with a user --------------------------------------------------------------------------------------------


async def _expand_member_of(call: Call, user_id: str) -> object:
    await _check_close(call, user_id)
    readable = None if await may_read_groups(call) else NOTHING_BUT_ID
    return expanded(call, [*await _groups_of(call, user_id), *await _roles_of(call, user_id)], readable)


async def _check_close(call: Call, user_id: str) -> None:
    user = await users.find(call.reading, call.tenant_id, user_id)
    if user is not None:
        insist_close(call, await acting_as(call.reading, call.by, call.tenant_id), user)


EXPANDERS: Final[dict[str, Expander]] = {
    "memberOf": _expand_member_of,
    "transitiveMemberOf": _expand_member_of,
    **user_people.EXPANDERS,
}
"""Groups do not nest here, so that being in one directly is all there is."""


def _routes(pattern: str) -> list[Route[Handler]]:
    listed = [
        ("memberOf", member_of, _MIXED, "Groups and directory roles of a user"),
        ("memberOf/graph.group", member_of_groups, _GROUPS, "Groups of a user"),
        ("memberOf/graph.directoryRole", member_of_roles, _ROLES, "Directory roles of a user"),
        ("memberOf/$count", count_member_of, _COUNTED, "Count groups and directory roles of a user"),
        ("transitiveMemberOf", member_of, _MIXED, "Groups and directory roles of a user"),
        ("transitiveMemberOf/graph.group", member_of_groups, _GROUPS, "Groups of a user"),
        ("transitiveMemberOf/graph.directoryRole", member_of_roles, _ROLES, "Directory roles of a user"),
    ]
    return [
        *(
            Route[Handler]("GET", f"{pattern}/{name}", handler, verb=Verb.READ_USERS, query=query, summary=summary)
            for name, handler, query, summary in listed
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [*_routes("/users/{user}"), *_routes(for_me("/users/{user}"))]
