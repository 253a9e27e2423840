"""What changed since last time: ``/users/delta`` and ``/groups/delta`` (Graph, *Use delta query*).

A first round tells of everything that is there, page by page, and ends with a link; whoever follows that link is told
of what changed meanwhile, each change once, and gets the next link. Which changes those are is the store's to say
(``store.feed``). Whoever may list users or groups may follow them, and reads of them what a list shows.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from typing import Final

from vestibule.actions.authorising import Acting
from vestibule.doors.graph import errors
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.model import GROUP, USER
from vestibule.doors.graph.odata.following import MEMBERS, OBJECTS, Followers, Progress, beginning
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.preferences import MINIMAL, page_size, prefers_minimal
from vestibule.doors.graph.routes.group_members import shows_members
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.group import GROUPS
from vestibule.doors.graph.shapes.user import USERS
from vestibule.doors.graph.shapes.wire import Values
from vestibule.doors.graph.views import group_view, readable_of, user_view
from vestibule.rules import rights
from vestibule.rules.filters import Compare, Filter, OneOf, Op, Or
from vestibule.rules.lifecycle import Invited, Present
from vestibule.rules.names import guid
from vestibule.rules.verbs import Verb
from vestibule.store import feed, feed_more, groups, users
from vestibule.store.feed import ChangedGroup, ChangedMember, ChangedUser
from vestibule.store.groups import Group

MOST_IDS: Final = 50
"""Objects that ``$filter`` may name (Graph, *Use delta query*)."""
PAGE: Final = 100
MEMBERS_AT_ONCE: Final = 1_000

_LATEST: Final = "latest"
DELETED: Final = "deleted"  # Graph's word for what does not come back
_CHANGED: Final = "changed"  # and for what may
OPTIONS: Final = frozenset({"select", "filter", "skiptoken", "deltatoken", "format"})
_UNSUPPORTED: Final = "The query of a delta is part of its token; only a first request has $select and $filter."


# --- Users ------------------------------------------------------------------------------------------------------------


async def users_delta(call: Call) -> Reply:
    """User objects that came, changed or went."""
    acting = await call.may_read(Verb.READ_USERS)
    readable = readable_of(rights.sight(acting.by, acting.here))
    followers, progress = await place_of(call, "users")
    size = page_size(call.headers, PAGE)
    found = await feed.users(
        call.reading,
        call.tenant_id,
        progress.window,
        limit=size + 1,
        after=progress.after,  # type: ignore[arg-type]  # of users it is a place and an id
        ids=progress.ids,
    )
    here = found[:size]
    items = await _users(call, here, progress, readable)
    if readable is None and (progress.select is None or "manager" in progress.select):
        await _add_managers(call, items, progress)
    if len(found) > size:
        later = replace(progress, after=(here[-1].place, here[-1].user_id))
        return answer(call, "users", items, progress, next_page=followers.next_page(later))
    return answer(call, "users", items, progress, next_round=followers.next_round(progress, call.reading.now))


async def _users(
    call: Call, changed: Sequence[ChangedUser], progress: Progress, readable: AbstractSet[str] | None
) -> list[Values]:
    shown = await shown_users(call, [one.user_id for one in changed if one.here], progress, readable)
    items: list[Values] = []
    for one in changed:
        if not one.here:
            items.append(removed(one.user_id, one.due, call.reading.now))
        elif one.user_id in shown:
            items.append(call.wire.item(USER, {"id": one.user_id, **shown[one.user_id]}))
    return items


async def shown_users(
    call: Call, user_ids: Sequence[str], progress: Progress, readable: AbstractSet[str] | None
) -> dict[str, Values]:
    """What is told of these users, as far as they are here."""
    found = await users.find_many(call.reading, call.tenant_id, user_ids)
    return {
        one.membership.user_id: USERS.values(user_view(one), progress.select, readable=readable)
        for one in found
        if isinstance(one.membership.stage, Invited | Present)
    }


async def _add_managers(call: Call, items: Sequence[Values], progress: Progress) -> None:
    """Whose manager is another one, or none any more: ``manager@delta``. A new manager changes the user as well."""
    here = [str(one["id"]) for one in items if "@removed" not in one]
    changed = await feed_more.managers(call.reading, call.tenant_id, progress.window, here)
    for item in items:
        told = [tied(one.manager_id, here=one.here) for one in changed.get(str(item["id"]), [])]
        if told:
            item["manager@delta"] = told


# --- Groups -----------------------------------------------------------------------------------------------------------


async def groups_delta(call: Call) -> Reply:
    """Groups that came, changed or went, and who came into them or went out of them."""
    acting = await call.may_read(Verb.READ_GROUPS)
    followers, progress = await place_of(call, "groups")
    items: dict[str, Values] = {}
    if progress.stage == OBJECTS:
        more = await _changed_groups(call, progress, items)
        if more is not None:
            return answer(call, "groups", list(items.values()), progress, next_page=followers.next_page(more))
        progress = replace(progress, stage=MEMBERS, after=None)
    if progress.select is None or "members" in progress.select:
        more = await _changed_members(call, acting, progress, items)
        if more is not None:
            return answer(call, "groups", list(items.values()), progress, next_page=followers.next_page(more))
    after = followers.next_round(progress, call.reading.now)
    return answer(call, "groups", list(items.values()), progress, next_round=after)


async def _changed_groups(call: Call, progress: Progress, items: dict[str, Values]) -> Progress | None:
    """Tell of the groups themselves. Returns where to go on; None when this was all."""
    size = page_size(call.headers, PAGE)
    found = await feed.groups(
        call.reading,
        call.tenant_id,
        progress.window,
        limit=size + 1,
        after=progress.after,  # type: ignore[arg-type]  # of groups it is a place and an id
        ids=progress.ids,
        moved_only=_is_about_members(progress),
    )
    page = found[:size]
    alive = await living(call, [one.group_id for one in page if one.here])
    for one in page:
        if not one.here:
            items[one.group_id] = removed(one.group_id, one.due, call.reading.now)
        elif one.group_id in alive:
            items[one.group_id] = _group(call, alive[one.group_id], progress)
    last: ChangedGroup | None = found[size - 1] if len(found) > size else None
    return None if last is None else replace(progress, after=(last.place, last.group_id))


async def _changed_members(call: Call, acting: Acting, progress: Progress, items: dict[str, Values]) -> Progress | None:
    """Tell of who came and went. Returns where to go on; None when this was all."""
    found = await feed.members(
        call.reading,
        call.tenant_id,
        progress.window,
        limit=MEMBERS_AT_ONCE + 1,
        after=progress.after,  # type: ignore[arg-type]  # of members it is two ids
        ids=progress.ids,
    )
    page = found[:MEMBERS_AT_ONCE]
    shown = await _shown(call, acting, page)
    for one in page:
        group = shown.get(one.group_id)
        if group is None:
            continue
        if one.group_id not in items:
            only_id = prefers_minimal(call.headers) or not group.is_live
            items[one.group_id] = {"id": one.group_id} if only_id else _group(call, group, progress)
        items[one.group_id].setdefault("members@delta", []).append(tied(one.user_id, here=one.here))
    last = page[-1] if len(found) > MEMBERS_AT_ONCE else None
    return None if last is None else replace(progress, after=(last.group_id, last.user_id))


async def _shown(call: Call, acting: Acting, changed: Sequence[ChangedMember]) -> Mapping[str, Group]:
    """The groups of these whose members the caller may see."""
    wanted = list(dict.fromkeys(one.group_id for one in changed))
    found = await groups.find_many(call.reading, call.tenant_id, wanted)
    return {one.group_id: one for one in found if await shows_members(call, acting, one)}


async def living(call: Call, group_ids: list[str]) -> dict[str, Group]:
    found = await groups.find_many(call.reading, call.tenant_id, group_ids)
    return {one.group_id: one for one in found if one.is_live}


def _is_about_members(progress: Progress) -> bool:
    """Nothing but members is asked for, so that a group is told of only when it came or went."""
    return progress.select is not None and not set(progress.select) - {"id", "members"}


def _group(call: Call, group: Group, progress: Progress) -> Values:
    values = GROUPS.values(group_view(group), progress.select)
    return call.wire.item(GROUP, {"id": group.group_id, **values})


def tied(user_id: str, *, here: bool) -> Values:
    """Somebody who is tied to an object in a list of changes, or is no longer."""
    told: Values = {"@odata.type": f"#{USER.type}", "id": user_id}
    return told if here else told | {"@removed": {"reason": DELETED}}


# --- Both -------------------------------------------------------------------------------------------------------------


def removed(object_id: str, due: datetime | None, now: datetime) -> Values:
    """What is gone: for good, or for as long as it can be restored."""
    reason = DELETED if due is None or now >= due else _CHANGED
    return {"id": object_id, "@removed": {"reason": reason}}


async def place_of(call: Call, name: str) -> tuple[Followers, Progress]:
    """Where the caller is. Raises GraphError: 400 for a token of another list, 410 for one that is too old."""
    asked = call.asked
    order, until = await feed.horizon(call.reading)
    order = f"{call.reading.moment.generation}/{order}"
    address = f"{call.wire.root}/{name}/delta"
    followers = Followers(call.desk.tokens, call.tenant_id, address, f"{call.wire.version} {name} delta")
    token = asked.skiptoken or asked.deltatoken
    now = call.reading.now
    if token is None or (token.lower() == _LATEST and asked.skiptoken is None):
        progress = beginning(order, until, now, from_now=token is not None)
        return followers, replace(progress, select=asked.select, ids=_ids(asked.filter))
    if asked.select is not None or asked.filter is not None or (asked.skiptoken and asked.deltatoken):
        raise errors.unsupported_query(_UNSUPPORTED)
    return followers, followers.open(token, order, until, now, new_round=asked.skiptoken is None)


def _ids(wanted: Filter | None) -> tuple[str, ...] | None:
    """The ids that a filter names. Raises GraphError (400) for any other filter, and for too many."""
    if wanted is None:
        return None
    found = tuple(dict.fromkeys(_named(wanted)))
    if len(found) > MOST_IDS:
        raise errors.unsupported_query(f"A delta is about at most {MOST_IDS} objects, or about all.")
    return found


def _named(wanted: Filter) -> list[str]:
    match wanted:
        case Compare(("id",), Op.EQ, str(text)):
            return [guid(text) or text]
        case OneOf(("id",), values):
            return [guid(str(value)) or str(value) for value in values]
        case Or(parts):
            return [one for part in parts for one in _named(part)]
        case _:
            raise errors.unsupported_query("The $filter of a delta is id eq '…', joined by or.")


def answer(
    call: Call,
    of: str,
    items: list[Values],
    progress: Progress,
    *,
    next_page: str | None = None,
    next_round: str | None = None,
) -> Reply:
    select = progress.select
    values = call.wire.listed(of, items, select, next_link=next_page, delta_link=next_round)
    applied = {"Preference-Applied": MINIMAL} if prefers_minimal(call.headers) else {}
    return Reply(values=values, headers=applied)


ROUTES: Final[list[Route[Handler]]] = [
    Route[Handler](
        "GET",
        "/users/delta()",
        users_delta,
        verb=Verb.READ_USERS,
        query=Collection(USER, options=OPTIONS, selectable=("manager",)),
        summary="Follow what changes about users, and who manages them",
    ),
    Route[Handler](
        "GET",
        "/groups/delta()",
        groups_delta,
        verb=Verb.READ_GROUPS,
        query=Collection(GROUP, options=OPTIONS, selectable=("members",)),
        summary="Follow what changes about groups, and who is in them",
    ),
]
