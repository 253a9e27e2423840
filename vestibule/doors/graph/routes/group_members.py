"""Members and owners of a group."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from vestibule.actions import group_members
from vestibule.actions.authorising import Acting
from vestibule.actions.grouping import owns
from vestibule.doors.graph.bodies import read_reference
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import Expander, Source, answer_count, answer_page, expanded
from vestibule.doors.graph.model import USER
from vestibule.doors.graph.model.references import REFERENCE
from vestibule.doors.graph.odata.options import COUNTED, LISTED, Collection
from vestibule.doors.graph.routes.finding import holds_role_for, sight_of_users
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.user import USERS, UserView
from vestibule.doors.graph.views import user_view
from vestibule.rules.filters import Filter, fold
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnGroup, Target
from vestibule.rules.verbs import Verb
from vestibule.store import groups, listing, users
from vestibule.store.groups import Group
from vestibule.store.holdings import IN_GROUPS
from vestibule.store.listing import Page, Scope
from vestibule.store.unit import Reading
from vestibule.store.users import MEMBERS_OF, OWNERS_OF, User

Change = Callable[..., Awaitable[Any]]
HIDDEN_MEMBERSHIP: Final = "HiddenMembership"
"""The visibility of a group that shows its members to its members only."""


async def find_group(call: Call) -> Group | None:
    """The group that the path names by its id or its unique name, while it is not deleted."""
    name = call.parameters.get("unique_name")
    if name is not None:
        group = await groups.by_unique_name(call.reading, call.tenant_id, fold(name))
        return group if group is not None and group.is_live else None
    found = guid(call.parameters["group"])
    group = None if found is None else await groups.find(call.reading, call.tenant_id, found)
    return group if group is not None and group.is_live else None


async def group_target(call: Call, group: Group | None) -> Target:
    """The group as a target of rights; what stands for anything when there is none."""
    if group is None:
        return call.anything
    owned = await owns(call.reading, call.by, call.tenant_id, "group", group.group_id)
    return OnGroup(call.tenant_id, group.group_id, owned=owned, role_assignable=group.assignable_to_role)


def _list(scope: Scope, of: str) -> Handler:
    async def listed(call: Call) -> Reply:
        source = await _source(call, scope, of)
        readable = await sight_of_users(call)
        call.narrowed(readable)
        return await answer_page(call, source, readable=readable)

    return listed


def _count(scope: Scope) -> Handler:
    async def counted(call: Call) -> Reply:
        source = await _source(call, scope, "users")
        call.narrowed(await sight_of_users(call))
        return await answer_count(call, source)

    return counted


async def _source(call: Call, scope: Scope, of: str) -> Source[User, UserView]:
    group = await find_group(call)
    acting = await call.may_read(Verb.READ_GROUPS, await group_target(call, group))
    if group is None:
        raise Refused(Reason.NOT_FOUND)
    await _check_hidden(call, acting, group)
    group_id = group.group_id

    async def page(asked: listing.Asked) -> Page[User]:
        return await users.page(call.reading, call.tenant_id, asked, scope=scope, of=group_id)

    async def count(wanted: Filter | None) -> int:
        return await users.count(call.reading, call.tenant_id, wanted, scope=scope, of=group_id)

    return Source(of, USERS, user_view, page, count, users.FIELDS, typed=True)


async def shows_members(call: Call, acting: Acting, group: Group) -> bool:
    """Who is in a group with hidden members is shown to those who are in it too, to its owners, and by role."""
    return await shows_members_to(call.reading, acting, group)


async def shows_members_to(reading: Reading, acting: Acting, group: Group) -> bool:
    """The same for somebody who does not ask at this moment."""
    if group.visibility != HIDDEN_MEMBERSHIP or holds_role_for(acting, Verb.READ_GROUPS):
        return True
    by = acting.by
    inside = await IN_GROUPS.find(reading, group.tenant_id, by.user_id or "", group.group_id)
    if inside is not None and inside.struck is None:
        return True
    return await owns(reading, by, group.tenant_id, "group", group.group_id)


async def _check_hidden(call: Call, acting: Acting, group: Group) -> None:
    if not await shows_members(call, acting, group):
        raise Refused(Reason.NOT_ALLOWED)


def _add(verb: Verb, change: Change) -> Handler:
    async def added(call: Call) -> Reply:
        group = await _changeable(call, verb)
        user_id = read_reference(await call.json_object())
        await change(call.house, tenant_id=call.tenant_id, group_id=group.group_id, user_id=user_id, by=call.by)
        return NO_CONTENT

    return added


def _remove(verb: Verb, change: Change) -> Handler:
    async def removed(call: Call) -> Reply:
        group = await _changeable(call, verb)
        user_id = guid(call.parameters["member"])
        if user_id is None:
            raise await call.missing(verb, call.parameters["member"])
        await change(call.house, tenant_id=call.tenant_id, group_id=group.group_id, user_id=user_id, by=call.by)
        return NO_CONTENT

    return removed


async def _changeable(call: Call, verb: Verb) -> Group:
    group = await find_group(call)
    await call.insist(verb, await group_target(call, group))
    if group is None:
        raise await call.missing(verb)
    return group


def _expand(scope: Scope) -> Expander:
    async def along(call: Call, group_id: str) -> object:
        group = await groups.find(call.reading, call.tenant_id, group_id)
        if group is None:
            return []
        acting = await call.may_read(Verb.READ_GROUPS, await group_target(call, group))
        if not await shows_members(call, acting, group):
            return []  # one such group among many is no reason to refuse the list
        page = await users.page(call.reading, call.tenant_id, listing.Asked(20), scope=scope, of=group_id)
        return expanded(call, [(USERS, user_view(user)) for user in page.items], await sight_of_users(call))

    return along


async def _expand_nothing(_call: Call, _group_id: str) -> object:
    return []


EXPANDERS: Final[dict[str, Expander]] = {
    "members": _expand(MEMBERS_OF),
    "transitiveMembers": _expand(MEMBERS_OF),
    "owners": _expand(OWNERS_OF),
    "memberOf": _expand_nothing,
    "transitiveMemberOf": _expand_nothing,
}
"""Groups do not nest here."""

_LISTED: Final = Collection(USER, options=LISTED - {"expand"}, reference=True)
_COUNTED: Final = Collection(USER, options=COUNTED, reference=True, counted=True)
_AT: Final = "/groups/{group}"


def _reads(name: str, scope: Scope, what: str) -> list[Route[Handler]]:
    return [
        Route(
            "GET", f"{_AT}/{name}", _list(scope, "directoryObjects"), verb=Verb.READ_GROUPS, query=_LISTED, summary=what
        ),
        Route(
            "GET", f"{_AT}/{name}/graph.user", _list(scope, "users"), verb=Verb.READ_GROUPS, query=_LISTED, summary=what
        ),
        Route("GET", f"{_AT}/{name}/$count", _count(scope), verb=Verb.READ_GROUPS, query=_COUNTED, summary="Count"),
        Route(
            "GET",
            f"{_AT}/{name}/graph.user/$count",
            _count(scope),
            verb=Verb.READ_GROUPS,
            query=_COUNTED,
            summary="Count",
        ),
    ]


def _writes(name: str, add: tuple[Verb, Change], remove: tuple[Verb, Change]) -> list[Route[Handler]]:
    return [
        Route(
            "POST",
            f"{_AT}/{name}/$ref",
            _add(*add),
            verb=add[0],
            body=REFERENCE,
            status=204,
            summary=f"Add one of the {name} of a group",
        ),
        Route(
            "DELETE",
            f"{_AT}/{name}/{{member}}/$ref",
            _remove(*remove),
            verb=remove[0],
            status=204,
            summary=f"Remove one of the {name} of a group",
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    *_reads("members", MEMBERS_OF, "Members of a group"),
    *_reads("transitiveMembers", MEMBERS_OF, "Members of a group"),
    *_reads("owners", OWNERS_OF, "Owners of a group"),
    *_writes("members", (Verb.ADD_MEMBER, group_members.add_member), (Verb.REMOVE_MEMBER, group_members.remove_member)),
    *_writes("owners", (Verb.ADD_OWNER, group_members.add_owner), (Verb.REMOVE_OWNER, group_members.remove_owner)),
]
