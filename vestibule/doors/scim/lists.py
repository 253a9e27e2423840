"""Lists: by query (RFC 7644, section 3.4.2), by search (3.4.3), counted in pages or followed by cursor (RFC 9865)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from vestibule.doors.scim.binding import Lookup, Names, bound, looked_up
from vestibule.doors.scim.bodies import insist_on_schema, member
from vestibule.doors.scim.call import Call, Reply
from vestibule.doors.scim.cursors import Cursor, open_cursor, seal
from vestibule.doors.scim.discovery import LARGEST_PAGE, LIST, PAGE
from vestibule.doors.scim.errors import ScimError, invalid_value
from vestibule.doors.scim.grammar import parse_filter
from vestibule.doors.scim.model import Kind
from vestibule.doors.scim.projecting import Wanted, project, read_wanted
from vestibule.rules.filters import Filter, Ordering
from vestibule.store import listing
from vestibule.store.listing import Page
from vestibule.store.unit import Reading

T = TypeVar("T")

SEARCH: Final = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
_LAST_PLACE: Final = 2**31


@dataclass(frozen=True)
class Collection(Generic[T]):
    """A kind of resource that can be listed.

    Attributes:
        kind: the kind. names: where its attributes lie.
        page, count: ask the store, in the name of a client.
        shown: the resources of a page, with what is wanted of them.
        lookups: attributes that say who it is.
    """

    kind: Kind
    names: Names
    page: Callable[[Reading, str, str, listing.Asked], Awaitable[Page[T]]]
    count: Callable[[Reading, str, str, Filter | None], Awaitable[int]]
    shown: Callable[[Call, Sequence[T], Wanted], Awaitable[list[dict[str, Any]]]]
    lookups: Callable[[Call], Mapping[str, Lookup]]


@dataclass(frozen=True)
class Search:
    """What is asked of a list.

    Attributes:
        start: from 1. count: the most items of the page. cursor: None for pages that are counted, empty at the first.
    """

    wanted: Wanted
    filter: str | None = None
    sort_by: str | None = None
    descending: bool = False
    start: int = 1
    count: int = PAGE
    cursor: str | None = None

    @property
    def question(self) -> str:
        """What a cursor belongs to."""
        return f"{self.filter}\n{self.sort_by}\n{self.descending}"


@dataclass
class _Page:
    items: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0
    following: Cursor | None = None


@dataclass(frozen=True)
class _Ready(Generic[T]):
    """A collection with the question that is put to it."""

    collection: Collection[T]
    filter: Filter | None
    orders: tuple[Ordering, ...]

    async def page(self, call: Call, limit: int, *, skip: int = 0, after: Any = None) -> Page[T]:
        asked = listing.Asked(limit, self.filter, self.orders, after, skip)
        return await self.collection.page(call.reading, call.tenant_id, call.by.client_id, asked)

    async def count(self, call: Call) -> int:
        async def counting(reading: Reading) -> int:
            return await self.collection.count(reading, call.tenant_id, call.by.client_id, self.filter)

        return await call.house.store.scan(counting)

    async def shown(self, call: Call, items: Sequence[T], wanted: Wanted) -> list[dict[str, Any]]:
        found = await self.collection.shown(call, items, wanted)
        return [project(one, wanted, self.collection.kind) for one in found]


# --- What is asked ----------------------------------------------------------------------------------------------------


def search_of_query(call: Call) -> Search:
    """The question in a query string. Raises ScimError (400)."""
    return _search({name: call.query.get(name.lower()) for name in _PARAMETERS}, call.wanted)


async def search_of_body(call: Call) -> Search:
    """The question in the body of a search. Raises ScimError (400)."""
    given = await call.body()
    insist_on_schema(given, SEARCH)
    wanted = read_wanted(member(given, "attributes"), member(given, "excludedAttributes"))
    return _search({name: member(given, name) for name in _PARAMETERS}, wanted)


_PARAMETERS: Final = ("filter", "sortBy", "sortOrder", "startIndex", "count", "cursor")


def _search(given: Mapping[str, Any], wanted: Wanted) -> Search:
    for name in ("filter", "sortBy", "sortOrder", "cursor"):
        if not isinstance(given[name], str | None):
            raise invalid_value(f"'{name}' is a text.")
    order = (given["sortOrder"] or "ascending").lower()
    if order not in {"ascending", "descending"}:
        raise invalid_value("'sortOrder' is ascending or descending.")
    count = _whole(given["count"], "count")
    start = _whole(given["startIndex"], "startIndex")
    return Search(
        wanted,
        given["filter"] or None,
        given["sortBy"] or None,
        order == "descending",
        1 if start is None else min(max(start, 1), _LAST_PLACE),
        PAGE if count is None else min(max(count, 0), LARGEST_PAGE),
        given["cursor"],
    )


def _whole(value: Any, name: str) -> int | None:
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not isinstance(value, int | str) or len(text) > 19 or not text.isascii():
        raise _no_number(name)
    try:
        return int(text)
    except ValueError:
        raise _no_number(name) from None


def _no_number(name: str) -> ScimError:
    return ScimError(400, f"'{name}' is a whole number.", "invalidCount" if name == "count" else "invalidValue")


async def _ready(call: Call, collection: Collection[T], search: Search) -> _Ready[T]:
    """Raises ScimError (400) for a question that this kind of resource cannot be asked."""
    wanted = None
    if search.filter is not None:
        given = parse_filter(search.filter, collection.kind)
        wanted = bound(await looked_up(given, collection.lookups(call)), collection.names)
    return _Ready(collection, wanted, _orders(collection, search))


def _orders(collection: Collection[Any], search: Search) -> tuple[Ordering, ...]:
    if search.sort_by is None:
        return ()
    found = collection.kind.find(search.sort_by)
    path = None if found is None else collection.names.plain.get(found.path)
    if path is None and found is not None and found.path[0] in collection.names.slots:
        first = collection.names.slots[found.path[0]][0]
        path = None if first.many else first.parts.get("value")
    if path is None:
        raise invalid_value(f"'{search.sort_by[:80]}' is nothing to sort by.")
    return (Ordering(path, search.descending),)


# --- What is answered -------------------------------------------------------------------------------------------------


async def answer(call: Call, collections: Sequence[Collection[Any]], search: Search) -> Reply:
    """A page of one or more kinds of resources, one kind after the other. Raises ScimError (400)."""
    ready = await _all_ready(call, collections, search)
    page = await (_counted(call, ready, search) if search.cursor is None else _followed(call, ready, search))
    values: dict[str, Any] = {"schemas": [LIST], "totalResults": page.total, "itemsPerPage": len(page.items)}
    if search.cursor is None:
        values["startIndex"] = search.start
    values["Resources"] = page.items
    if page.following is not None:
        values["nextCursor"] = seal(call.house.sealer, page.following, _question(call, search))
    return Reply(values=values)


async def _all_ready(call: Call, collections: Sequence[Collection[Any]], search: Search) -> list[_Ready[Any]]:
    """The kinds that can be asked: a search over several leaves out those that do not have the attributes."""
    found: list[_Ready[Any]] = []
    refused: ScimError | None = None
    for collection in collections:
        try:
            found.append(await _ready(call, collection, search))
        except ScimError as error:
            refused = refused or error
    if refused is not None and not found:
        raise refused
    return found


async def _counted(call: Call, ready: Sequence[_Ready[Any]], search: Search) -> _Page:
    page = _Page()
    skip, room = search.start - 1, search.count
    for one in ready:
        found = await one.page(call, room, skip=skip) if room else None
        if found is not None and skip == 0 and found.position is None:
            many = len(found.items)
        else:
            many = await one.count(call)
        if found is not None and found.items:
            page.items += await one.shown(call, found.items, search.wanted)
        page.total += many
        skip, room = max(0, skip - many), search.count - len(page.items)
    return page


async def _followed(call: Call, ready: Sequence[_Ready[Any]], search: Search) -> _Page:
    begin = Cursor(0, (), -1)
    if search.cursor:
        begin = open_cursor(call.house.sealer, search.cursor, _question(call, search))
    page = _Page(total=begin.total)
    stage = begin.stage
    after: Any = begin.position or None
    while stage < len(ready) and len(page.items) < search.count:
        found = await ready[stage].page(call, search.count - len(page.items), after=after)
        page.items += await ready[stage].shown(call, found.items, search.wanted)
        stage, after = (stage, found.position) if found.position is not None else (stage + 1, None)
    if page.total < 0:
        page.total = len(page.items) if stage >= len(ready) else sum([await one.count(call) for one in ready])
    if stage < len(ready) and search.count:
        page.following = Cursor(stage, after or (), page.total)
    return page


def _question(call: Call, search: Search) -> str:
    """A cursor is good for the organization, the client and the list that it was made for."""
    return f"{call.tenant_id}\n{call.by.client_id}\n{call.query.get(' path', '')}\n{search.question}"
