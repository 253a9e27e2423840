"""What changed since last time about apps, about directory roles and who holds them, and about objects of every kind.

As ``delta``, whose tokens these are: ``/applications/delta``, ``/servicePrincipals/delta``, ``/directoryRoles/delta``
and ``/directoryObjects/delta``.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.model.app import APPLICATION, SERVICE_PRINCIPAL
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.model.role import DIRECTORY_ROLE
from vestibule.doors.graph.odata.following import MEMBERS, OBJECTS, Progress
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.preferences import page_size
from vestibule.doors.graph.routes.app_views import principal_view
from vestibule.doors.graph.routes.applications import views_of
from vestibule.doors.graph.routes.delta import (
    MEMBERS_AT_ONCE,
    OPTIONS,
    PAGE,
    answer,
    living,
    place_of,
    removed,
    shown_users,
    tied,
)
from vestibule.doors.graph.routes.role_views import role_id, role_view
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.group import GROUPS
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.doors.graph.shapes.plain import APPLICATIONS, DIRECTORY_ROLES, SERVICE_PRINCIPALS
from vestibule.doors.graph.shapes.user import USERS
from vestibule.doors.graph.shapes.wire import Values
from vestibule.doors.graph.views import group_view, readable_of
from vestibule.rules import rights
from vestibule.rules.roles import ROLES
from vestibule.rules.verbs import Verb
from vestibule.store import apps, feed, feed_more

Place = tuple[int | str, str]


@dataclass(frozen=True, slots=True)
class _Told:
    """One object that changed: where in the order of commits; ``due`` is when a deleted one is gone for good."""

    place: int
    object_id: str
    here: bool
    due: datetime | None


Shown = Mapping[str, Values]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of object: how changes are looked up, and how those that are here are shown."""

    shape: Shape[Any]
    verb: Verb
    changed: Callable[[Call, Progress, int], Awaitable[list[_Told]]]
    shown: Callable[[Call, Sequence[str], Progress], Awaitable[Shown]]


# --- Kinds ------------------------------------------------------------------------------------------------------------


def _asked(progress: Progress, limit: int) -> dict[str, Any]:
    return {"window": progress.window, "limit": limit, "after": progress.after, "ids": progress.ids}


async def _changed_users(call: Call, progress: Progress, limit: int) -> list[_Told]:
    found = await feed.users(call.reading, call.tenant_id, **_asked(progress, limit))
    return [_Told(one.place, one.user_id, one.here, one.due) for one in found]


async def _shown_users(call: Call, ids: Sequence[str], progress: Progress) -> Shown:
    acting = await call.may_read(Verb.READ_USERS)
    readable = readable_of(rights.sight(acting.by, acting.here))
    return await shown_users(call, ids, progress, readable)


async def _changed_groups(call: Call, progress: Progress, limit: int) -> list[_Told]:
    found = await feed.groups(call.reading, call.tenant_id, **_asked(progress, limit))
    return [_Told(one.place, one.group_id, one.here, one.due) for one in found]


async def _shown_groups(call: Call, ids: Sequence[str], progress: Progress) -> Shown:
    found = await living(call, list(ids))
    return {one: GROUPS.values(group_view(group), progress.select) for one, group in found.items()}


def _changed_things(kind: str) -> Callable[[Call, Progress, int], Awaitable[list[_Told]]]:
    async def changed(call: Call, progress: Progress, limit: int) -> list[_Told]:
        found = await feed_more.things(call.reading, kind, call.tenant_id, **_asked(progress, limit))
        return [_Told(one.place, one.object_id, one.here, one.due) for one in found]

    return changed


async def _shown_applications(call: Call, ids: Sequence[str], progress: Progress) -> Shown:
    wanted = set(ids)
    here = [one for one in await apps.everyone(call.reading, call.tenant_id) if one.app_id in wanted] if wanted else []
    views = await views_of(call, here)
    return {str(view["id"]): APPLICATIONS.values(view, progress.select) for view in views}


async def _shown_principals(call: Call, ids: Sequence[str], progress: Progress) -> Shown:
    wanted = set(ids)
    here = await apps.everyone(call.reading, call.tenant_id) if wanted else []
    return {
        one.service_principal_id: SERVICE_PRINCIPALS.values(principal_view(one), progress.select)
        for one in here
        if one.is_usable and one.service_principal_id in wanted
    }


_USERS: Final = _Kind(USERS, Verb.READ_USERS, _changed_users, _shown_users)
_GROUPS: Final = _Kind(GROUPS, Verb.READ_GROUPS, _changed_groups, _shown_groups)
_APPLICATIONS: Final = _Kind(APPLICATIONS, Verb.READ_APPS, _changed_things(feed_more.APPLICATION), _shown_applications)
_PRINCIPALS: Final = _Kind(SERVICE_PRINCIPALS, Verb.READ_APPS, _changed_things(feed_more.PRINCIPAL), _shown_principals)
_ALL: Final = (_USERS, _GROUPS, _APPLICATIONS, _PRINCIPALS)


# --- Objects ----------------------------------------------------------------------------------------------------------


def _follow(name: str, kinds: Sequence[_Kind], *, typed: bool = False) -> Handler:
    """A list of changes of these kinds, one kind after the other; those that the caller may not read are left out."""

    async def followed(call: Call) -> Reply:
        allowed = [kind for kind in kinds if await call.is_allowed(kind.verb)]
        if not allowed:
            await call.may_read(kinds[0].verb)
        followers, progress = await place_of(call, name)
        items: list[Values] = []
        room = page_size(call.headers, PAGE)
        for stage in range(progress.stage, len(kinds)):
            kind = kinds[stage]
            progress = progress if stage == progress.stage else replace(progress, stage=stage, after=None)
            if kind not in allowed:
                continue
            told, more = await _some(call, kind, progress, room - len(items), typed=typed)
            items += told
            if more is not None:
                later = replace(progress, after=more)
                return answer(call, name, items, progress, next_page=followers.next_page(later))
        return answer(call, name, items, progress, next_round=followers.next_round(progress, call.reading.now))

    return followed


async def _some(
    call: Call, kind: _Kind, progress: Progress, room: int, *, typed: bool
) -> tuple[list[Values], Place | None]:
    """What is told of one kind, as far as there is room, and behind which one to go on; None when this was all."""
    found = await kind.changed(call, progress, room + 1)
    here = found[:room]
    shown = await kind.shown(call, [one.object_id for one in here if one.here], progress)
    items = []
    for one in here:
        values = removed(one.object_id, one.due, call.reading.now) if not one.here else shown.get(one.object_id)
        if values is not None:
            items.append(call.wire.item(kind.shape.entity, {"id": one.object_id, **values}, typed=typed))
    if len(found) <= room:
        return items, None
    return items, (here[-1].place, here[-1].object_id) if here else progress.after or (progress.window.since, "")


# --- Roles ------------------------------------------------------------------------------------------------------------


async def roles_delta(call: Call) -> Reply:
    """Directory roles, and who was given one or lost it. The roles themselves are always the same."""
    await call.may_read(Verb.READ_ROLES)
    followers, progress = await place_of(call, "directoryRoles")
    items: dict[str, Values] = {}
    if progress.stage == OBJECTS:
        if progress.window.is_first:
            items = {one: _role(call, one, progress) for one in ROLES if _is_asked(call, one, progress)}
        progress = replace(progress, stage=MEMBERS, after=None)
    if progress.select is None or "members" in progress.select:
        found = await feed_more.holders(
            call.reading,
            call.tenant_id,
            progress.window,
            limit=MEMBERS_AT_ONCE + 1,
            after=progress.after,  # type: ignore[arg-type]  # of holders it is two ids
        )
        page = found[:MEMBERS_AT_ONCE]
        for one in page:
            if one.role_id in ROLES and _is_asked(call, one.role_id, progress):
                told = items.setdefault(one.role_id, _role(call, one.role_id, progress))
                told.setdefault("members@delta", []).append(tied(one.user_id, here=one.here))
        if len(found) > MEMBERS_AT_ONCE:
            later = replace(progress, after=(page[-1].role_id, page[-1].user_id))
            link = followers.next_page(later)
            return answer(call, "directoryRoles", list(items.values()), progress, next_page=link)
    after = followers.next_round(progress, call.reading.now)
    return answer(call, "directoryRoles", list(items.values()), progress, next_round=after)


def _is_asked(call: Call, template_id: str, progress: Progress) -> bool:
    return progress.ids is None or role_id(call.tenant_id, template_id) in progress.ids


def _role(call: Call, template_id: str, progress: Progress) -> Values:
    values = DIRECTORY_ROLES.values(role_view(call.tenant_id, ROLES[template_id]), progress.select)
    return call.wire.item(DIRECTORY_ROLE, {"id": role_id(call.tenant_id, template_id), **values})


# --- Routes -----------------------------------------------------------------------------------------------------------

ROUTES: Final[list[Route[Handler]]] = [
    Route[Handler](
        "GET",
        "/applications/delta()",
        _follow("applications", [_APPLICATIONS]),
        verb=Verb.READ_APPS,
        query=Collection(APPLICATION, options=OPTIONS),
        summary="Follow what changes about applications",
    ),
    Route[Handler](
        "GET",
        "/servicePrincipals/delta()",
        _follow("servicePrincipals", [_PRINCIPALS]),
        verb=Verb.READ_APPS,
        query=Collection(SERVICE_PRINCIPAL, options=OPTIONS),
        summary="Follow what changes about service principals",
    ),
    Route[Handler](
        "GET",
        "/directoryRoles/delta()",
        roles_delta,
        verb=Verb.READ_ROLES,
        query=Collection(DIRECTORY_ROLE, options=OPTIONS, selectable=("members",)),
        summary="Follow who is given directory roles and loses them",
    ),
    Route[Handler](
        "GET",
        "/directoryObjects/delta()",
        _follow("directoryObjects", _ALL, typed=True),
        verb=Verb.READ_USERS,
        query=Collection(DIRECTORY_OBJECT, options=OPTIONS),
        summary="Follow what changes about users, groups, applications and service principals",
    ),
]
