"""Deleted users, groups and apps: list, get, restore, delete for good.

Whether something can still be restored is asked of its deadline, whether or not a worker has come by: from that
moment on it is in no list and found under no id.
"""

from typing import Final

from vestibule.actions import erasing, grouping, restoring
from vestibule.actions.authorising import Acting
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import Source, answer_count, answer_page
from vestibule.doors.graph.model import GROUP, USER
from vestibule.doors.graph.model.actions import OWNED_OBJECTS, RESTORE
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.odata.options import COUNTED, LISTED, SINGLE, Collection
from vestibule.doors.graph.routes import deleted_apps
from vestibule.doors.graph.routes.finding import find_living, user_target
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.group import GROUPS, GroupView
from vestibule.doors.graph.shapes.user import USERS, UserView
from vestibule.doors.graph.views import group_view, user_view
from vestibule.rules import rights
from vestibule.rules.filters import Filter
from vestibule.rules.lifecycle import Deleted, stage_at
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnGroup
from vestibule.rules.verbs import Verb
from vestibule.store import group_lists, groups, listing, users
from vestibule.store.groups import Group
from vestibule.store.holdings import OWNING
from vestibule.store.listing import Page
from vestibule.store.users import User

_OPTIONS: Final = LISTED - {"expand"}
_USERS: Final = Collection(USER, options=_OPTIONS)
_GROUPS: Final = Collection(GROUP, options=_OPTIONS)
_ONE: Final = Collection(DIRECTORY_OBJECT, options=SINGLE - {"expand"}, single=True)
_MORE: Final = ("deletedDateTime",)
_MOST_OWNED: Final = 1_000


async def list_users(call: Call) -> Reply:
    """A page of the deleted users."""
    return await answer_page(call, _deleted_users(call, await call.may_read(Verb.READ_DELETED)))


async def count_users(call: Call) -> Reply:
    """How many deleted users."""
    return await answer_count(call, _deleted_users(call, await call.may_read(Verb.READ_DELETED)))


async def list_groups(call: Call) -> Reply:
    """A page of the deleted groups."""
    await call.may_read(Verb.READ_DELETED_GROUPS)
    return await answer_page(call, _deleted_groups(call))


async def count_groups(call: Call) -> Reply:
    """How many deleted groups."""
    await call.may_read(Verb.READ_DELETED_GROUPS)
    return await answer_count(call, _deleted_groups(call))


async def list_owned(call: Call) -> Reply:
    """The deleted groups that a user owns (Graph, *List deleted items owned by a user*): all at once."""
    await call.may_read(Verb.READ_DELETED_GROUPS)
    values = (await call.body(OWNED_OBJECTS, Mode.CREATE)).values
    if str(values["type"]).lower().removeprefix("microsoft.graph.") != "group":
        raise errors.invalid_value("type", "DirectoryObject")
    user = await find_living(call, values["userId"])
    if user is None:
        raise Refused(Reason.NOT_FOUND, objectId=values["userId"])
    owned = await OWNING.of_user(call.reading, call.tenant_id, user.membership.user_id)
    ids = [one.object_id for one in owned if one.object_kind == "group"]
    found = await groups.find_many(call.reading, call.tenant_id, ids) if ids else []
    gone = sorted((one for one in found if one.is_restorable(call.reading.now)), key=lambda one: one.group_id)
    items = [call.wire.item(GROUP, GROUPS.values(group_view(group)), typed=True) for group in gone[:_MOST_OWNED]]
    return Reply(values=call.wire.listed("directoryObjects", items))


async def get_one(call: Call) -> Reply:
    """One deleted user, group, application or service principal."""
    app = await deleted_apps.find_deleted(call)
    if app is not None:
        await call.may_read(Verb.READ_APPS)
        return await deleted_apps.show(call, app)
    user, group = await _find(call)
    if group is not None:
        await call.may_read(Verb.READ_DELETED_GROUPS)
        return _show_group(call, group)
    try:
        acting = await call.may_read(Verb.READ_DELETED, await user_target(call, user, Verb.READ_DELETED))
    except Refused:
        if user is None:
            await call.may_read(Verb.READ_DELETED_GROUPS)  # who reads deleted groups may hear that there is none
            raise Refused(Reason.NOT_FOUND) from None
        raise
    if user is None or not _reaches(acting, user):
        raise Refused(Reason.NOT_FOUND)
    return _show_user(call, user)


async def restore(call: Call) -> Reply:
    """Bring a deleted user, group, application or service principal back."""
    app = await deleted_apps.find_deleted(call)
    if app is not None:
        return await deleted_apps.restore_app(call, app)
    user, group = await _find(call)
    await _may_change(call, user, group, of_user=Verb.RESTORE, of_group=Verb.RESTORE_GROUP)
    body = await call.action_body(RESTORE)
    if group is not None:
        await grouping.restore_group(call.house, tenant_id=call.tenant_id, group_id=group.group_id, by=call.by)
        back = await groups.find(await call.fresh(), call.tenant_id, group.group_id)
        return _show_group(call, back or group)
    if user is None:
        raise await call.missing(Verb.RESTORE)
    user_id = user.membership.user_id
    upn = body.values.get("newUserPrincipalName")
    await restoring.restore(call.house, tenant_id=call.tenant_id, user_id=user_id, by=call.by, new_upn=upn)
    return _show_user(call, await users.find(await call.fresh(), call.tenant_id, user_id) or user)


async def purge(call: Call) -> Reply:
    """Delete a deleted user, group, application or service principal for good."""
    app = await deleted_apps.find_deleted(call)
    if app is not None:
        return await deleted_apps.purge_app(call, app)
    user, group = await _find(call)
    await _may_change(call, user, group, of_user=Verb.PURGE, of_group=Verb.PURGE_GROUP)
    if group is not None:
        await grouping.purge_group(call.house, tenant_id=call.tenant_id, group_id=group.group_id, by=call.by)
        return NO_CONTENT
    if user is None:
        raise await call.missing(Verb.PURGE)
    await erasing.purge(call.house, tenant_id=call.tenant_id, user_id=user.membership.user_id, by=call.by)
    return NO_CONTENT


async def _find(call: Call) -> tuple[User | None, Group | None]:
    """The restorable user or group that the path names."""
    found = guid(call.parameters["object"])
    if found is None:
        return None, None
    user = await users.find(call.reading, call.tenant_id, found)
    if user is not None and isinstance(stage_at(user.membership.standing, call.reading.now), Deleted):
        return user, None
    group = await groups.find(call.reading, call.tenant_id, found)
    return None, group if group is not None and group.is_restorable(call.reading.now) else None


async def _may_change(call: Call, user: User | None, group: Group | None, *, of_user: Verb, of_group: Verb) -> None:
    """Insist on the right; for an id that leads nowhere, on the right to either kind."""
    if group is not None:
        on = OnGroup(call.tenant_id, group.group_id, owned=False, role_assignable=group.assignable_to_role)
        await call.insist(of_group, on)
    elif user is not None:
        await call.insist(of_user, await user_target(call, user), user_id=user.membership.user_id)
    else:
        try:
            await call.may_read(of_group)
        except Refused:
            await call.insist(of_user)


def _reaches(acting: Acting, user: User) -> bool:
    external = user.membership.standing.tie.value != "home"
    return external or rights.reaches_members(acting.by, Verb.READ_DELETED)


def _deleted_users(call: Call, acting: Acting) -> Source[User, UserView]:
    external_only = not rights.reaches_members(acting.by, Verb.READ_DELETED)

    async def page(asked: listing.Asked) -> Page[User]:
        return await users.page_deleted(call.reading, call.tenant_id, asked, external_only=external_only)

    async def count(wanted: Filter | None) -> int:
        return await users.count_deleted(call.reading, call.tenant_id, wanted, external_only=external_only)

    return Source("users", USERS, user_view, page, count, users.DELETED_FIELDS, typed=True, more=_MORE)


def _deleted_groups(call: Call) -> Source[Group, GroupView]:
    async def page(asked: listing.Asked) -> Page[Group]:
        return await group_lists.page_deleted(call.reading, call.tenant_id, asked)

    async def count(wanted: Filter | None) -> int:
        return await group_lists.count_deleted(call.reading, call.tenant_id, wanted)

    return Source("groups", GROUPS, group_view, page, count, group_lists.FIELDS, typed=True)


def _show_user(call: Call, user: User) -> Reply:
    values = USERS.values(user_view(user), call.asked.select, more=_MORE)
    return call.single("directoryObjects", USER, values, typed=True)


def _show_group(call: Call, group: Group) -> Reply:
    return call.single("directoryObjects", GROUP, GROUPS.values(group_view(group), call.asked.select), typed=True)


_AT: Final = "/directory/deletedItems"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", f"{_AT}/graph.user", list_users, verb=Verb.READ_DELETED, query=_USERS, summary="List deleted users"),
    Route(
        "GET",
        f"{_AT}/graph.user/$count",
        count_users,
        verb=Verb.READ_DELETED,
        query=Collection(USER, options=COUNTED, counted=True),
        summary="Count deleted users",
    ),
    Route(
        "GET", f"{_AT}/graph.group", list_groups, verb=Verb.READ_DELETED_GROUPS, query=_GROUPS, summary="Deleted groups"
    ),
    Route(
        "GET",
        f"{_AT}/graph.group/$count",
        count_groups,
        verb=Verb.READ_DELETED_GROUPS,
        query=Collection(GROUP, options=COUNTED, counted=True),
        summary="Count deleted groups",
    ),
    *deleted_apps.ROUTES,
    Route("GET", f"{_AT}/{{object}}", get_one, verb=Verb.READ_DELETED, query=_ONE, summary="Get a deleted item"),
    Route(
        "POST", f"{_AT}/{{object}}/restore", restore, verb=Verb.RESTORE, body=RESTORE, summary="Restore a deleted item"
    ),
    Route(
        "POST",
        f"{_AT}/getUserOwnedObjects",
        list_owned,
        verb=Verb.READ_DELETED_GROUPS,
        body=OWNED_OBJECTS,
        summary="Deleted groups that a user owns",
    ),
    Route("DELETE", f"{_AT}/{{object}}", purge, verb=Verb.PURGE, status=204, summary="Delete a deleted item for good"),
]
