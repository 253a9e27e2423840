"""In which groups and roles somebody is, asked by ids: the four actions that Graph has for it.

``getMemberGroups`` and ``getMemberObjects`` list the ids, ``checkMemberGroups`` and ``checkMemberObjects`` say which of
up to twenty given ids are among them. Groups do not nest here, so that being in one directly is all there is, and a
group itself is in none.
"""

from collections.abc import Callable
from typing import Final

from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.model.actions import CHECK_GROUPS, CHECK_OBJECTS, MEMBER_GROUPS, MEMBER_OBJECTS
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.routes.finding import find_living, readable_user
from vestibule.doors.graph.routes.groups import readable_group
from vestibule.doors.graph.routes.objects import find_object
from vestibule.doors.graph.routes.role_views import role_id
from vestibule.doors.graph.routes.user_relations import shown_groups
from vestibule.doors.graph.routing import Route, for_me
from vestibule.rules.names import guid
from vestibule.rules.roles import ROLES
from vestibule.rules.verbs import Verb
from vestibule.store import hanging

MOST: Final = 11_000
"""Ids that one answer lists at most (Graph, *getMemberGroups*)."""


async def _groups_of(call: Call, user_id: str | None, *, only_security: bool = False) -> list[str]:
    if user_id is None:
        return []
    found = await shown_groups(call, user_id)
    return [group.group_id for group in found if group.security_enabled or not only_security]


async def _objects_of(call: Call, user_id: str | None, *, only_security: bool = False) -> list[str]:
    if user_id is None:
        return []
    held = await hanging.roles(call.reading, call.tenant_id, user_id)
    roles = [role_id(call.tenant_id, one) for one in sorted(held) if one in ROLES]
    return [*await _groups_of(call, user_id, only_security=only_security), *roles]


async def _subject(call: Call) -> str | None:
    """The user in the path, whom the caller may read closely; None for a group or another object, which is in none."""
    if {"group", "unique_name"} & call.parameters.keys():
        await readable_group(call)
        return None
    given = call.parameters.get("object")
    if given is None:
        return await readable_user(call)
    await find_object(call, guid(given) or "")
    if await find_living(call, given) is None:
        return None
    call.parameters = {**call.parameters, "user": given}
    return await readable_user(call)


def _lists(objects: bool) -> Handler:
    async def listed(call: Call) -> Reply:
        user_id = await _subject(call)
        only_security = bool((await call.action_body(MEMBER_GROUPS)).values.get("securityEnabledOnly"))
        found = await (_objects_of if objects else _groups_of)(call, user_id, only_security=only_security)
        if len(found) > MOST:
            raise errors.GraphError(
                400, "Directory_ResultSizeLimitExceeded", f"The answer would list more than {MOST} ids."
            )
        return Reply(values=call.wire.scalar("Collection(Edm.String)", found))

    return listed


def _checks(objects: bool) -> Handler:
    model, name = (CHECK_OBJECTS, "ids") if objects else (CHECK_GROUPS, "groupIds")

    async def checked(call: Call) -> Reply:
        user_id = await _subject(call)
        asked = (await call.body(model, Mode.CREATE)).values[name]
        found = set(await (_objects_of if objects else _groups_of)(call, user_id))
        ids = [one for one in dict.fromkeys(map(guid, asked)) if one in found]
        return Reply(values=call.wire.scalar("Collection(Edm.String)", ids))

    return checked


_ACTIONS: Final[list[tuple[str, Callable[[bool], Handler], bool, Entity, str]]] = [
    ("getMemberGroups", _lists, False, MEMBER_GROUPS, "Ids of the groups that it is in"),
    ("getMemberObjects", _lists, True, MEMBER_OBJECTS, "Ids of the groups and roles that it is in"),
    ("checkMemberGroups", _checks, False, CHECK_GROUPS, "Which of these groups it is in"),
    ("checkMemberObjects", _checks, True, CHECK_OBJECTS, "Which of these groups and roles it is in"),
]


def _routes(pattern: str, verb: Verb) -> list[Route[Handler]]:
    return [
        Route("POST", f"{pattern}/{name}", made(objects), verb=verb, body=body, summary=summary)
        for name, made, objects, body, summary in _ACTIONS
    ]


ROUTES: Final[list[Route[Handler]]] = [
    *_routes("/users/{user}", Verb.READ_USERS),
    *_routes(for_me("/users/{user}"), Verb.READ_USERS),
    *_routes("/groups/{group}", Verb.READ_GROUPS),
    *_routes("/directoryObjects/{object}", Verb.READ_USERS),
]
