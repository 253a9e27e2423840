"""Groups: list, count, get, create, update, delete."""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import group_members, grouping
from vestibule.actions.authorising import Acting
from vestibule.doors.graph import errors, versions
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import Source, answer_count, answer_page, expand_one
from vestibule.doors.graph.model import GROUP
from vestibule.doors.graph.odata.options import COUNTED, SINGLE, Collection
from vestibule.doors.graph.routes.finding import find_living
from vestibule.doors.graph.routes.group_members import EXPANDERS, find_group, group_target
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.group import GROUPS, GroupView
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.doors.graph.views import group_view
from vestibule.rules.filters import Filter
from vestibule.rules.groups import NewGroup
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import group_lists, listing
from vestibule.store.groups import Group
from vestibule.store.holdings import IN_GROUPS, OWNING, InGroup, Owning
from vestibule.store.listing import Page

_COLUMNS: Final = {
    "displayName",
    "mailNickname",
    "mailEnabled",
    "securityEnabled",
    "groupTypes",
    "description",
    "visibility",
    "isAssignableToRole",
}
_OFFERED: Final = frozenset({"members", "owners"})


async def list_groups(call: Call) -> Reply:
    """A page of the groups."""
    await call.may_read(Verb.READ_GROUPS)
    return await answer_page(call, _source(call), expanders=EXPANDERS)


async def count_groups(call: Call) -> Reply:
    """How many groups."""
    await call.may_read(Verb.READ_GROUPS)
    return await answer_count(call, _source(call))


def _source(call: Call) -> Source[Group, GroupView]:
    async def page(asked: listing.Asked) -> Page[Group]:
        return await group_lists.page(call.reading, call.tenant_id, asked)

    async def count(wanted: Filter | None) -> int:
        return await group_lists.count(call.reading, call.tenant_id, wanted)

    return Source("groups", GROUPS, group_view, page, count, group_lists.FIELDS)


async def get_group(call: Call) -> Reply:
    """One group."""
    group, _ = await readable_group(call)
    values = GROUPS.values(group_view(group), call.asked.select)
    values = await expand_one(call, GROUP, group.group_id, values, EXPANDERS)
    return call.single("groups", GROUP, values, headers=versions.tag(group.version))


async def readable_group(call: Call) -> tuple[Group, Acting]:
    """The group in the path. Raises Refused when the caller may not read it, or there is none."""
    group = await find_group(call)
    acting = await call.may_read(Verb.READ_GROUPS, await group_target(call, group))
    if group is None:
        raise Refused(Reason.NOT_FOUND)
    return group, acting


async def create_group(call: Call) -> Reply:
    """Make a group, with its first owners and members."""
    await call.insist(Verb.CREATE_GROUP)
    body = await call.body(GROUP, Mode.CREATE)
    _only_offered(body.binds)
    values = body.values
    new = NewGroup(
        display_name=values["displayName"],
        mail_nickname=values["mailNickname"],
        mail_enabled=values["mailEnabled"],
        security_enabled=values["securityEnabled"],
        types=tuple(values.get("groupTypes") or ()),
        description=values.get("description"),
        visibility=values.get("visibility"),
        assignable_to_role=bool(values.get("isAssignableToRole")),
        properties={name: value for name, value in values.items() if name not in _COLUMNS},
    )
    made = await grouping.create_group(
        call.house,
        new,
        tenant_id=call.tenant_id,
        by=call.by,
        owner_ids=body.binds.get("owners", ()),
        member_ids=body.binds.get("members", ()),
    )
    values_shown = GROUPS.values(group_view(made))
    return call.single("groups", GROUP, values_shown, status=201, headers=call.location(f"/groups/{made.group_id}"))


async def update_group(call: Call) -> Reply:
    """Change properties of a group, or add up to 20 members at once (``members@odata.bind``)."""
    group = await find_group(call)
    on = await group_target(call, group)
    try:
        await call.may_read(Verb.ADD_MEMBER, on)
    except Refused:
        await call.insist(Verb.UPDATE_GROUP, on)
    if group is None:
        raise await call.missing(Verb.UPDATE_GROUP)
    insisted = versions.wanted(call, group.version)
    if insisted == versions.UNMATCHED:
        raise errors.version_mismatch()
    current = as_sent(GROUPS.everything(group_view(group), beta=call.beta))
    body = await call.body(GROUP, Mode.UPDATE, current)
    _only_offered(body.binds)
    await _check_members(call, group, body.binds)
    if body.values or not body.binds:
        await grouping.update_group(
            call.house,
            tenant_id=call.tenant_id,
            group_id=group.group_id,
            changes=body.values,
            by=call.by,
            if_version=insisted,
        )
    for relationship, add in (("members", group_members.add_member), ("owners", group_members.add_owner)):
        for user_id in dict.fromkeys(body.binds.get(relationship, ())):
            await add(call.house, tenant_id=call.tenant_id, group_id=group.group_id, user_id=user_id, by=call.by)
    return NO_CONTENT


async def delete_group(call: Call) -> Reply:
    """Delete a group, restorably."""
    group = await find_group(call)
    await call.insist(Verb.DELETE_GROUP, await group_target(call, group))
    if group is None:
        raise await call.missing(Verb.DELETE_GROUP)
    insisted = versions.wanted(call, group.version)
    await grouping.delete_group(
        call.house, tenant_id=call.tenant_id, group_id=group.group_id, by=call.by, if_version=insisted
    )
    return NO_CONTENT


def _only_offered(binds: Mapping[str, Any]) -> None:
    for name in binds.keys() - _OFFERED:
        raise errors.invalid(f"'{name}@odata.bind' is not supported on resource 'Group'.", target=name)


async def _check_members(call: Call, group: Group, binds: Mapping[str, tuple[str, ...]]) -> None:
    """Everybody who is to be added is there and not in yet: then either all are added or nobody."""
    for relationship, user_ids in binds.items():
        for user_id in user_ids:
            if await find_living(call, user_id) is None:
                raise Refused(Reason.NOT_FOUND, objectId=user_id)
            if await _holds(call, group, relationship, user_id):
                raise Refused(Reason.ALREADY_THERE, property=relationship)


async def _holds(call: Call, group: Group, relationship: str, user_id: str) -> bool:
    held: InGroup | Owning | None
    if relationship == "members":
        held = await IN_GROUPS.find(call.reading, call.tenant_id, user_id, group.group_id)
    else:
        held = await OWNING.find(call.reading, call.tenant_id, user_id, "group", group.group_id)
    return held is not None and held.struck is None


_LISTED: Final = Collection(GROUP)
_COUNTED: Final = Collection(GROUP, options=COUNTED, counted=True)
_ONE: Final = Collection(GROUP, options=SINGLE, single=True)
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/groups", list_groups, verb=Verb.READ_GROUPS, query=_LISTED, summary="List groups"),
    Route("GET", "/groups/$count", count_groups, verb=Verb.READ_GROUPS, query=_COUNTED, summary="Count groups"),
    Route("POST", "/groups", create_group, verb=Verb.CREATE_GROUP, body=GROUP, status=201, summary="Create a group"),
    Route("GET", "/groups/{group}", get_group, verb=Verb.READ_GROUPS, query=_ONE, summary="Get a group"),
    Route(
        "PATCH", "/groups/{group}", update_group, verb=Verb.UPDATE_GROUP, body=GROUP, status=204, summary="Update it"
    ),
    Route("DELETE", "/groups/{group}", delete_group, verb=Verb.DELETE_GROUP, status=204, summary="Delete a group"),
]
