"""People around a user: manager, direct reports, sponsors, for whom they stand, who invited them; and what they own."""

from typing import Any, Final

from vestibule.actions import relating
from vestibule.actions.authorising import acting_as
from vestibule.doors.graph.bodies import read_reference
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.errors import not_found, unknown_property
from vestibule.doors.graph.lists import Expander, Source, answer_page, answer_small, expanded
from vestibule.doors.graph.model import USER
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.model.references import REFERENCE
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.app_views import application_view, principal_view
from vestibule.doors.graph.routes.finding import (
    find_user,
    insist_close,
    may_read_groups,
    readable_user,
    sight_of_users,
    user_target,
)
from vestibule.doors.graph.routing import BETA, Route, for_me
from vestibule.doors.graph.shapes.group import GROUPS
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.doors.graph.shapes.plain import APPLICATIONS, SERVICE_PRINCIPALS
from vestibule.doors.graph.shapes.user import USERS, UserView
from vestibule.doors.graph.views import NOTHING_BUT_ID, group_view, user_view
from vestibule.rules.filters import Filter, Ordering
from vestibule.rules.lifecycle import Invited, Present
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps, groups, listing, managers, sponsors, users
from vestibule.store.holdings import OWNING
from vestibule.store.listing import Page, Scope
from vestibule.store.users import REPORTING_TO, STOOD_FOR_BY, User

Shown = tuple[Shape[Any], Any]

_BY_NAME: Final = (Ordering(("displayName",)),)
_OPTIONS: Final = LISTED - {"expand"}
_USERS: Final = Collection(USER, options=_OPTIONS, reference=True)
_MIXED: Final = Collection(DIRECTORY_OBJECT, options=_OPTIONS, reference=True)
_ONE: Final = Collection(USER, options=frozenset({"select", "format"}), single=True)


# --- Reading ------------------------------------------------------------------------------------------------------


async def get_manager(call: Call) -> Reply:
    """Who manages the user; 404 when nobody does."""
    user_id = await readable_user(call)
    found = await manager_of(call, user_id)
    if found is None:
        raise not_found("manager")
    values = USERS.values(user_view(found), call.asked.select, readable=await sight_of_users(call))
    return call.single("directoryObjects", USER, values, typed=True)


async def get_inviter(call: Call) -> Reply:
    """Who invited the guest: a user, or the program that did; 404 when nobody did, or they are gone."""
    user_id = await readable_user(call)
    found = await _inviter(call, user_id)
    if found is None:
        raise not_found("invitedBy")
    shape, view = found
    readable = await sight_of_users(call) if shape is USERS else None
    values = shape.values(view, call.asked.select, readable=readable)
    return call.single("directoryObjects", shape.entity, values, typed=True)


async def list_sponsors(call: Call) -> Reply:
    """Who stands for a guest."""
    user_id = await readable_user(call)
    readable = await sight_of_users(call)
    call.narrowed(readable)
    found = await sponsors_of(call, user_id)
    return answer_small(call, "directoryObjects", found, orders=_BY_NAME, typed=True, readable=readable)


def _people(scope: Scope) -> Handler:
    async def listed(call: Call) -> Reply:
        user_id = await readable_user(call)
        readable = await sight_of_users(call)
        call.narrowed(readable)
        return await answer_page(call, _source(call, scope, user_id), readable=readable)

    return listed


def _source(call: Call, scope: Scope, user_id: str) -> Source[User, UserView]:
    async def page(asked: listing.Asked) -> Page[User]:
        return await users.page(call.reading, call.tenant_id, asked, scope=scope, of=user_id)

    async def count(wanted: Filter | None) -> int:
        return await users.count(call.reading, call.tenant_id, wanted, scope=scope, of=user_id)

    return Source("directoryObjects", USERS, user_view, page, count, users.FIELDS, typed=True)


async def list_owned(call: Call) -> Reply:
    """Groups and apps that the user owns."""
    found = await owned_by(call, await readable_user(call))
    readable = None if await may_read_groups(call) else NOTHING_BUT_ID
    return answer_small(call, "directoryObjects", found, orders=_BY_NAME, typed=True, readable=readable)


async def list_nothing(call: Call) -> Reply:
    """Of devices, and of who created what, nothing is kept: an empty list, as of somebody who has none."""
    await readable_user(call)
    return answer_small(call, "directoryObjects", [], typed=True)


async def manager_of(call: Call, user_id: str) -> User | None:
    """Who manages a user and is here."""
    found = await managers.of(call.reading, call.tenant_id, user_id)
    user = None if found is None else await users.find(call.reading, call.tenant_id, found)
    return user if user is not None and _is_here(user) else None


async def sponsors_of(call: Call, user_id: str) -> list[Shown]:
    """Who stands for a guest and is here: users, and the groups among them for whoever reads groups."""
    ids = await sponsors.of(call.reading, call.tenant_id, user_id)
    if not ids:
        return []
    found: list[Shown] = [
        (USERS, user_view(user)) for user in await users.find_many(call.reading, call.tenant_id, ids) if _is_here(user)
    ]
    if await may_read_groups(call):
        several = await groups.find_many(call.reading, call.tenant_id, ids)
        found += [(GROUPS, group_view(group)) for group in several if group.is_live]
    return found


async def owned_by(call: Call, user_id: str) -> list[Shown]:
    """What a user owns and is not deleted: groups, applications, and the service principals of these."""
    found: list[Shown] = [
        (GROUPS, group_view(group)) for group in await groups.owned_by(call.reading, call.tenant_id, user_id)
    ]
    held = await OWNING.of_user(call.reading, call.tenant_id, user_id)
    ids = [one.object_id for one in held if one.object_kind == "app"]
    for app in await apps.find_many(call.reading, call.tenant_id, ids) if ids else []:
        if app.is_live:
            found.append((APPLICATIONS, application_view(app)))
        if app.is_usable:
            found.append((SERVICE_PRINCIPALS, principal_view(app)))
    return found


async def _inviter(call: Call, user_id: str) -> Shown | None:
    user = await users.find(call.reading, call.tenant_id, user_id)
    by = None if user is None else user.profile.attributes.get("invitedBy")
    if not isinstance(by, str):
        return None
    person = await users.find(call.reading, call.tenant_id, by)
    if person is not None:
        return (USERS, user_view(person)) if _is_here(person) else None
    app = await apps.find_by_client_id(call.reading, by)
    if app is None or app.tenant_id != call.tenant_id or not app.is_usable:
        return None
    return SERVICE_PRINCIPALS, principal_view(app)


def _is_here(user: User) -> bool:
    return isinstance(user.membership.stage, Invited | Present)


# --- Changing -----------------------------------------------------------------------------------------------------


async def put_manager(call: Call) -> Reply:
    """Say who manages the user."""
    user_id = await _changeable(call)
    manager_id = read_reference(await call.json_object())
    await relating.set_manager(call.house, tenant_id=call.tenant_id, user_id=user_id, manager_id=manager_id, by=call.by)
    return NO_CONTENT


async def delete_manager(call: Call) -> Reply:
    """Nobody manages the user any longer."""
    user_id = await _changeable(call)
    await relating.set_manager(call.house, tenant_id=call.tenant_id, user_id=user_id, manager_id=None, by=call.by)
    return NO_CONTENT


async def add_sponsor(call: Call) -> Reply:
    """Somebody more stands for the guest."""
    user_id = await _changeable(call)
    sponsor_id = read_reference(await call.json_object())
    await relating.add_sponsor(call.house, tenant_id=call.tenant_id, user_id=user_id, sponsor_id=sponsor_id, by=call.by)
    return NO_CONTENT


async def remove_sponsor(call: Call) -> Reply:
    """Somebody stands for the guest no longer."""
    user_id = await _changeable(call)
    sponsor_id = guid(call.parameters["sponsor"])
    if sponsor_id is None:
        raise await call.missing(Verb.UPDATE_USER, call.parameters["sponsor"])
    await relating.remove_sponsor(
        call.house, tenant_id=call.tenant_id, user_id=user_id, sponsor_id=sponsor_id, by=call.by
    )
    return NO_CONTENT


async def _changeable(call: Call) -> str:
    user = await find_user(call)
    user_id = None if user is None else user.membership.user_id
    await call.insist(Verb.UPDATE_USER, await user_target(call, user, Verb.UPDATE_USER), user_id=user_id)
    if user_id is None:
        raise await call.missing(Verb.UPDATE_USER)
    return user_id


# --- Along with a user --------------------------------------------------------------------------------------------


async def _close(call: Call, user_id: str) -> None:
    user = await users.find(call.reading, call.tenant_id, user_id)
    if user is None:
        raise Refused(Reason.NOT_FOUND)
    insist_close(call, await acting_as(call.reading, call.by, call.tenant_id), user)


async def _expand_manager(call: Call, user_id: str) -> object:
    await _close(call, user_id)
    found = await manager_of(call, user_id)
    shown = [] if found is None else [(USERS, user_view(found))]
    return next(iter(expanded(call, shown, await sight_of_users(call))), None)


async def _expand_inviter(call: Call, user_id: str) -> object:
    if not call.beta:
        raise unknown_property("invitedBy", USER.type)
    await _close(call, user_id)
    found = await _inviter(call, user_id)
    return next(iter(expanded(call, [] if found is None else [found], await sight_of_users(call))), None)


async def _expand_sponsors(call: Call, user_id: str) -> object:
    await _close(call, user_id)
    return expanded(call, await sponsors_of(call, user_id), await sight_of_users(call))


async def _expand_owned(call: Call, user_id: str) -> object:
    await _close(call, user_id)
    readable = None if await may_read_groups(call) else NOTHING_BUT_ID
    return expanded(call, await owned_by(call, user_id), readable)


def _expand_people(scope: Scope) -> Expander:
    async def along(call: Call, user_id: str) -> object:
        await _close(call, user_id)
        page = await users.page(call.reading, call.tenant_id, listing.Asked(20), scope=scope, of=user_id)
        return expanded(call, [(USERS, user_view(user)) for user in page.items], await sight_of_users(call))

    return along


EXPANDERS: Final[dict[str, Expander]] = {
    "manager": _expand_manager,
    "invitedBy": _expand_inviter,
    "sponsors": _expand_sponsors,
    "ownedObjects": _expand_owned,
    "directReports": _expand_people(REPORTING_TO),
    "sponsorOf": _expand_people(STOOD_FOR_BY),
}


# --- Routes -------------------------------------------------------------------------------------------------------


def _reads(pattern: str) -> list[Route[Handler]]:
    found: list[tuple[str, Handler, Collection, str]] = [
        ("manager", get_manager, _ONE, "Who manages a user"),
        ("directReports", _people(REPORTING_TO), _USERS, "Whom a user manages"),
        ("sponsors", list_sponsors, _MIXED, "Who stands for a guest"),
        ("sponsorOf", _people(STOOD_FOR_BY), _USERS, "For whom a user stands"),
        ("ownedObjects", list_owned, _MIXED, "Groups and apps that a user owns"),
        ("createdObjects", list_nothing, _MIXED, "What a user created: not kept, so nothing"),
        ("ownedDevices", list_nothing, _MIXED, "Devices of a user: none are kept"),
    ]
    inviter: Route[Handler] = Route(
        "GET",
        f"{pattern}/invitedBy",
        get_inviter,
        versions=(BETA,),
        verb=Verb.READ_USERS,
        query=_ONE,
        summary="Who invited a guest",
    )
    return [
        *(
            Route[Handler]("GET", f"{pattern}/{name}", handler, verb=Verb.READ_USERS, query=query, summary=summary)
            for name, handler, query, summary in found
        ),
        inviter,
    ]


def _writes(pattern: str) -> list[Route[Handler]]:
    found: list[tuple[str, str, Handler, Any, str]] = [
        ("PUT", "manager/$ref", put_manager, REFERENCE, "Say who manages a user"),
        ("DELETE", "manager/$ref", delete_manager, None, "Nobody manages a user any longer"),
        ("POST", "sponsors/$ref", add_sponsor, REFERENCE, "Somebody more stands for a guest"),
        ("DELETE", "sponsors/{sponsor}/$ref", remove_sponsor, None, "Somebody stands for a guest no longer"),
    ]
    return [
        Route[Handler](
            method,
            f"{pattern}/{name}",
            handler,
            verb=Verb.UPDATE_USER,
            body=body,
            status=204,
            summary=summary,
        )
        for method, name, handler, body, summary in found
    ]


_AT: Final = "/users/{user}"
ROUTES: Final[list[Route[Handler]]] = [*_reads(_AT), *_writes(_AT), *_reads(for_me(_AT))]
