"""Users and the signed-in person: list, count, get, create, update, delete."""

from collections.abc import Awaitable, Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final

from vestibule.actions import credentials, directory_users, removing
from vestibule.actions.authorising import Acting
from vestibule.actions.credentials import HashedPassword
from vestibule.actions.user_objects import NewMember
from vestibule.doors.graph import activity, errors, versions
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import Source, answer_count, answer_page, expand_one
from vestibule.doors.graph.model import USER
from vestibule.doors.graph.odata.options import COUNTED, SINGLE, Collection
from vestibule.doors.graph.routes.finding import find_user, readable_of_user, user_target
from vestibule.doors.graph.routes.user_relations import EXPANDERS
from vestibule.doors.graph.routing import Route, for_me
from vestibule.doors.graph.shapes.user import USERS, UserView
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.doors.graph.views import readable_of, user_view
from vestibule.ground.clock import iso
from vestibule.rules import rights
from vestibule.rules.filters import Filter
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import active_users, listing, users
from vestibule.store.activity import Activity
from vestibule.store.listing import Page
from vestibule.store.users import User

_LISTED: Final = Collection(USER)
_COUNTED: Final = Collection(USER, options=COUNTED, counted=True)
_ONE: Final = Collection(USER, options=SINGLE, single=True)
_PASSWORD: Final = "passwordProfile"  # noqa: S105 - the name of a property


async def list_users(call: Call) -> Reply:
    """A page of the users who are invited or present."""
    readable = await _list_rights(call)
    await activity.insist(call)
    return await answer_page(call, _source(call), readable=readable, expanders=EXPANDERS)


async def count_users(call: Call) -> Reply:
    """How many users are invited or present."""
    await _list_rights(call)
    await activity.insist(call)
    return await answer_count(call, _source(call))


async def _list_rights(call: Call) -> AbstractSet[str] | None:
    acting = await call.may_read(Verb.READ_USERS)
    readable = readable_of(rights.sight(acting.by, acting.here))
    call.narrowed(readable)
    return readable


def _source(call: Call) -> Source[User, UserView]:
    last: dict[str, Activity] = {}
    asks = activity.is_asked(call.asked.filter)
    listed: Callable[..., Awaitable[Page[User]]] = active_users.page if asks else users.page
    counted: Callable[..., Awaitable[int]] = active_users.count if asks else users.count

    async def page(asked: listing.Asked) -> Page[User]:
        found = await listed(call.reading, call.tenant_id, asked)
        last.update(await activity.of_users(call, found.items))
        return found

    async def count(wanted: Filter | None) -> int:
        return await counted(call.reading, call.tenant_id, wanted)

    fields = active_users.FIELDS if asks else users.FIELDS
    return Source("users", USERS, lambda user: activity.view(user, last), page, count, fields)


async def get_user(call: Call) -> Reply:
    """One user object, by id or user principal name."""
    user = await find_user(call)
    acting = await call.may_read(Verb.READ_USERS, await user_target(call, user, Verb.READ_USERS))
    if user is None:
        raise Refused(Reason.NOT_FOUND)
    await activity.insist(call)
    readable = readable_of_user(acting, user)
    shown = activity.view(user, await activity.of_users(call, [user]))
    values = USERS.values(shown, call.asked.select, readable=readable)
    values = await expand_one(call, USER, user.membership.user_id, values, EXPANDERS)
    return call.single("users", USER, values, headers=versions.tag(user.membership.version))


async def create_user(call: Call) -> Reply:
    """Make a member."""
    await call.insist(Verb.CREATE_USER)
    body = await call.body(USER, Mode.CREATE)
    values = dict(body.values)
    if values.pop("userType", None) == "Guest":
        raise errors.invalid("Guests are invited: POST /invitations.", target="userType")
    given = {name: values.pop(name) for name in ("displayName", "userPrincipalName", "mailNickname", "accountEnabled")}
    password = await _hashed(call, values.pop(_PASSWORD), [given["userPrincipalName"], given["displayName"]])
    new = NewMember(
        display_name=given["displayName"],
        user_principal_name=given["userPrincipalName"],
        mail_nickname=given["mailNickname"],
        password=password,
        enabled=given["accountEnabled"],
        properties=_as_kept(values),
    )
    made = await directory_users.create_user(call.house, new, tenant_id=call.tenant_id, by=call.by)
    user = await users.find(await call.fresh(), call.tenant_id, made.user_id)
    if user is None:
        raise Refused(Reason.NOT_FOUND, objectId=made.user_id)
    headers = call.location(f"/users/{made.user_id}") | versions.tag(user.membership.version)
    return call.single("users", USER, USERS.values(user_view(user)), status=201, headers=headers)


async def update_user(call: Call) -> Reply:
    """Change properties of a user object; ``accountEnabled`` and a password by verbs of their own."""
    user = await find_user(call)
    acting = await _may_update(call, user)
    if user is None:
        raise await call.missing(Verb.UPDATE_USER)
    known = readable_of_user(acting, user) is None
    current = as_sent(USERS.everything(user_view(user), beta=call.beta)) if known else {}
    body = await call.body(USER, Mode.UPDATE, current)
    values = dict(body.values)
    profile = values.pop(_PASSWORD, None)
    shown = [user.profile.user_principal_name, user.profile.display_name]
    await directory_users.update_user(
        call.house,
        tenant_id=call.tenant_id,
        user_id=user.membership.user_id,
        changes=_as_kept(values),
        by=call.by,
        password=await _hashed(call, profile, shown),
        if_version=versions.wanted(call, user.membership.version),
    )
    return NO_CONTENT


async def delete_user(call: Call) -> Reply:
    """Delete a user object, restorably."""
    user = await find_user(call)
    user_id = None if user is None else user.membership.user_id
    await call.insist(Verb.REMOVE, await user_target(call, user), user_id=user_id)
    if user is None or user_id is None:
        raise await call.missing(Verb.REMOVE)
    insisted = versions.wanted(call, user.membership.version)
    await removing.remove(call.house, tenant_id=call.tenant_id, user_id=user_id, by=call.by, if_version=insisted)
    return NO_CONTENT


async def _may_update(call: Call, user: User | None) -> Acting:
    """Whether anything at all of this user may be changed; what exactly is asked with the body, by the action."""
    on = await user_target(call, user)
    user_id = None if user is None else user.membership.user_id
    for verb in (Verb.ENABLE, Verb.DISABLE, Verb.SET_PASSWORD):
        try:
            return await call.may_read(verb, on)
        except Refused:
            continue
    return await call.insist(Verb.UPDATE_USER, on, user_id=user_id)


async def _hashed(call: Call, profile: Mapping[str, Any] | None, shown: list[str]) -> HashedPassword | None:
    if not profile or "password" not in profile:
        return None
    return await credentials.hashed(call.desk.passwords, profile["password"], names=shown)


def _as_kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """Moments as the rules take them: as texts."""
    return {name: iso(value) if isinstance(value, datetime) else value for name, value in values.items()}


ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/users", list_users, verb=Verb.READ_USERS, query=_LISTED, summary="List users"),
    Route("GET", "/users/$count", count_users, verb=Verb.READ_USERS, query=_COUNTED, summary="Count users"),
    Route("POST", "/users", create_user, verb=Verb.CREATE_USER, body=USER, status=201, summary="Create a member"),
    *(
        route
        for pattern in ("/users/{user}", for_me("/users/{user}"))
        for route in (
            Route[Handler]("GET", pattern, get_user, verb=Verb.READ_USERS, query=_ONE, summary="Get a user"),
            Route[Handler](
                "PATCH", pattern, update_user, verb=Verb.UPDATE_USER, body=USER, status=204, summary="Update a user"
            ),
        )
    ),
    Route("DELETE", "/users/{user}", delete_user, verb=Verb.REMOVE, status=204, summary="Delete a user, restorably"),
]
