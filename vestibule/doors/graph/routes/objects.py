"""Objects of any kind by their ids."""

from collections.abc import Set as AbstractSet
from typing import Any, Final

from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.model.actions import BY_IDS
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.odata.options import SELECTED, Collection
from vestibule.doors.graph.routes.app_views import application_view, principal_view
from vestibule.doors.graph.routes.finding import find_living, readable_of_user, user_target
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.group import GROUPS
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.doors.graph.shapes.plain import APPLICATIONS, SERVICE_PRINCIPALS
from vestibule.doors.graph.shapes.user import USERS
from vestibule.doors.graph.views import group_view, readable_of, user_view
from vestibule.rules import rights
from vestibule.rules.lifecycle import Invited, Present
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, groups, users

Shown = tuple[Shape[Any], Any, AbstractSet[str] | None]


async def get_object(call: Call) -> Reply:
    """One object: a user, group, application or service principal."""
    given = call.parameters["object"]
    shape, view, readable = await find_object(call, guid(given) or "")
    values = shape.values(view, call.asked.select, readable=readable)
    return call.single("directoryObjects", shape.entity, values, typed=True)


async def find_object(call: Call, object_id: str) -> Shown:
    """The object with this id, as far as the caller may read it. Raises Refused."""
    user = await find_living(call, object_id) if object_id else None
    if user is not None:
        acting = await call.may_read(Verb.READ_USERS, await user_target(call, user, Verb.READ_USERS))
        return USERS, user_view(user), readable_of_user(acting, user)
    group = await groups.find(call.reading, call.tenant_id, object_id)
    if group is not None and group.is_live:
        await call.may_read(Verb.READ_GROUPS)
        return GROUPS, group_view(group), None
    for shape, view in await _apps(call, [object_id]):
        await call.may_read(Verb.READ_APPS)
        return shape, view, None
    await _may_read_something(call)
    raise Refused(Reason.NOT_FOUND)


async def get_by_ids(call: Call) -> Reply:
    """Those of these objects that there are and that the caller may read."""
    allowed = await _may_read_something(call)
    values = (await call.body(BY_IDS, Mode.CREATE)).values
    ids = list(dict.fromkeys(one for one in map(guid, values["ids"]) if one is not None))
    wanted = {str(one).lower().removeprefix("microsoft.graph.") for one in values.get("types") or ()}
    found: list[Shown] = []
    if Verb.READ_USERS in allowed and _is_wanted("user", wanted):
        acting = allowed[Verb.READ_USERS]
        readable = readable_of(rights.sight(acting.by, acting.here))
        several_users = await users.find_many(call.reading, call.tenant_id, ids)
        here = [user for user in several_users if isinstance(user.membership.stage, Invited | Present)]
        found += [(USERS, user_view(user), readable) for user in here]
    if Verb.READ_GROUPS in allowed and _is_wanted("group", wanted):
        several = await groups.find_many(call.reading, call.tenant_id, ids)
        found += [(GROUPS, group_view(group), None) for group in several if group.is_live]
    if Verb.READ_APPS in allowed:
        for shape, view in await _apps(call, ids):
            if _is_wanted(shape.entity.name.lower(), wanted):
                found.append((shape, view, None))
    items = [
        call.wire.item(shape.entity, shape.values(view, call.asked.select, readable=readable), typed=True)
        for shape, view, readable in found
    ]
    return Reply(values=call.wire.listed("directoryObjects", items, call.asked.select))


def _is_wanted(kind: str, wanted: set[str]) -> bool:
    return not wanted or kind in wanted or "directoryobject" in wanted


async def _apps(call: Call, ids: list[str]) -> list[tuple[Shape[Any], Any]]:
    named = set(ids)
    found: list[tuple[Shape[Any], Any]] = []
    for app in await apps.everyone(call.reading, call.tenant_id):
        if app.app_id in named:
            found.append((APPLICATIONS, application_view(app)))
        if app.is_usable and app.service_principal_id in named:
            found.append((SERVICE_PRINCIPALS, principal_view(app)))
    return found


async def _may_read_something(call: Call) -> dict[Verb, Any]:
    """The kinds that the caller reads in lists. Raises Refused when there is none."""
    allowed: dict[Verb, Any] = {}
    last: Refused | None = None
    for verb in (Verb.READ_USERS, Verb.READ_GROUPS, Verb.READ_APPS):
        try:
            allowed[verb] = await call.may_read(verb)
        except Refused as refused:
            last = refused
    if not allowed and last is not None:
        raise last
    return allowed


ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        "/directoryObjects/{object}",
        get_object,
        verb=Verb.READ_USERS,
        query=Collection(DIRECTORY_OBJECT, options=SELECTED, single=True),
        summary="Get an object of any kind",
    ),
    Route(
        "POST",
        "/directoryObjects/getByIds",
        get_by_ids,
        verb=Verb.READ_USERS,
        query=Collection(DIRECTORY_OBJECT, options=SELECTED),
        body=BY_IDS,
        summary="Objects of any kind by their ids",
    ),
]
