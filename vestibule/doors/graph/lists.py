"""Lists in pages: those that the database filters and sorts, and small ones that are held in memory."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeVar

from vestibule.doors.graph import errors
from vestibule.doors.graph.call import Call, Reply
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.odata.paging import Place, next_link
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.doors.graph.shapes.wire import Values
from vestibule.rules import filters, names
from vestibule.rules.filters import And, Compare, Filter, Not, OneOf, Op, Or, Ordering, Path, Some, Test, Text
from vestibule.rules.sids import object_of
from vestibule.store import listing
from vestibule.store.listing import Page

T = TypeVar("T")
V = TypeVar("V")

MOST_EXPANDED: Final = 20
"""Objects along one ``$expand`` (Graph, *Use query parameters*)."""

Expander = Callable[[Call, str], Awaitable[object]]


class _Pages(Protocol[T]):
    async def __call__(self, asked: listing.Asked) -> Page[T]: ...


class _Counts(Protocol):
    async def __call__(self, wanted: Filter | None) -> int: ...


@dataclass(frozen=True, slots=True)
class Source(Generic[T, V]):
    """A list that the database keeps.

    Attributes:
        of: what ``@odata.context`` calls it.
        shape, view: how an item is shown.
        page, count: ask the database.
        fields: the properties it can filter and sort by.
        typed: items say their type.
        more: answered beside the default properties.
    """

    of: str
    shape: Shape[V]
    view: Callable[[T], V]
    page: _Pages[T]
    count: _Counts
    fields: Mapping[Path, Any]
    typed: bool = False
    more: tuple[str, ...] = ()


# --- From the database ----------------------------------------------------------------------------------------------


async def answer_page(
    call: Call,
    source: Source[T, V],
    *,
    readable: AbstractSet[str] | None = None,
    expanders: Mapping[str, Expander] | None = None,
) -> Reply:
    """A page of a list, with the address of the next one.

    What the database cannot filter by is filtered here, page by page: a page may then hold fewer than asked for, and
    even none, while the next link still leads on.
    """
    asked = call.asked
    able, rest = _split(asked.filter, source.fields)
    after = open_place(call)
    page = await source.page(listing.Asked(asked.top, able, asked.order, after))
    views = [source.view(item) for item in page.items]
    if rest is not None:
        views = [view for view in views if filters.matches(rest, source.shape.everything(view, beta=True))]
    items = [_shown(call, source.shape, view, source.typed, readable, source.more) for view in views]
    await _expand(call, source.shape, views, items, expanders)
    counted = await _count(source, able, rest) if asked.count and asked.skiptoken is None else None
    link = None if page.position is None else page_link(call, page.position)
    return Reply(values=call.wire.listed(source.of, items, asked.select, count=counted, next_link=link))


async def answer_count(call: Call, source: Source[T, V]) -> Reply:
    """How many, as plain text (``/$count``). Raises GraphError (400) without the header it needs."""
    if not call.eventual:
        raise errors.invalid("$count is not currently supported.")
    able, rest = _split(call.asked.filter, source.fields)
    return Reply(text=str(await _count(source, able, rest)))


async def _count(source: Source[T, V], able: Filter | None, rest: Filter | None) -> int:
    if rest is None:
        return await source.count(able)
    found, after = 0, None
    while True:
        page = await source.page(listing.Asked(999, able, (), after))
        shown = (source.shape.everything(source.view(item), beta=True) for item in page.items)
        found += sum(filters.matches(rest, values) for values in shown)
        if page.position is None:
            return found
        after = page.position


def _split(wanted: Filter | None, fields: Mapping[Path, Any]) -> tuple[Filter | None, Filter | None]:
    if wanted is None:
        return None, None

    def can(path: Path) -> bool:
        return path in fields or path[:1] in fields

    return filters.split(_as_stored(wanted), can)


def _as_stored(wanted: Filter) -> Filter:
    """What a filter names as it is stored."""
    match wanted:
        case And(parts):
            return And(tuple(_as_stored(part) for part in parts))
        case Or(parts):
            return Or(tuple(_as_stored(part) for part in parts))
        case Not(part):
            return Not(_as_stored(part))
        case Some(path, inner) if inner is not None:
            return Some(path, _as_stored(inner))
        case _:
            return _stored_test(wanted)


def _stored_test(wanted: Filter) -> Filter:
    """A security identifier is an id, and the domain of a mail address may have been written in another script."""
    match wanted:
        case Compare(("mail",), (Op.EQ | Op.NE) as op, str(text)):
            return Compare(("mail",), op, _plain(text))
        case OneOf(("mail",), values):
            return OneOf(("mail",), tuple(_plain(one) if isinstance(one, str) else one for one in values))
        case Text(("mail",), Test.ENDS_WITH, text) if text.startswith("@"):
            return Text(("mail",), Test.ENDS_WITH, _plain(f"a{text}")[1:])
        case Compare(("securityIdentifier",), (Op.EQ | Op.NE) as op, str(text)):
            return Compare(("id",), op, object_of(text) or "")
        case OneOf(("securityIdentifier",), values):
            return OneOf(("id",), tuple(object_of(one) or "" for one in values if isinstance(one, str)))
        case _:
            return wanted


def _plain(text: str) -> str:
    address = names.read_address(text)
    return text if address is None else address.key


# --- In memory ------------------------------------------------------------------------------------------------------


def answer_small(
    call: Call,
    of: str,
    found: Sequence[tuple[Shape[Any], Any]],
    *,
    orders: Sequence[Ordering] = (),
    typed: bool = False,
    readable: AbstractSet[str] | None = None,
) -> Reply:
    """A page of a list that is short enough to be filtered and sorted here.

    Args:
        call: the request. of: what ``@odata.context`` calls it. found: each item's shape and view.
        orders: how it is sorted when nobody asks for an order.
        typed: items say their type. readable: the properties that may be read; None for all.
    """
    asked = call.asked
    wanted = _chosen(call, found, orders)
    begin = _begin(wanted, open_place(call))
    here = wanted[begin : begin + asked.top]
    items = [_shown(call, shape, view, typed, readable, ()) for _, shape, view in here]
    more = begin + asked.top < len(wanted)
    link = page_link(call, (str(here[-1][0]["id"]), begin + asked.top)) if more else None
    counted = len(wanted) if asked.count and asked.skiptoken is None else None
    return Reply(values=call.wire.listed(of, items, asked.select, count=counted, next_link=link))


async def answer_small_along(
    call: Call,
    of: str,
    shape: Shape[V],
    views: Sequence[V],
    expanders: Mapping[str, Expander],
    *,
    orders: Sequence[Ordering] = (),
) -> Reply:
    """The same for items of one kind, along with which a relationship may be asked for."""
    reply = answer_small(call, of, [(shape, view) for view in views], orders=orders)
    if call.asked.expand is None or reply.values is None:
        return reply
    wanted = _chosen(call, [(shape, view) for view in views], orders)
    begin = _begin(wanted, open_place(call))
    here = wanted[begin : begin + call.asked.top]
    items: list[Values] = reply.values["value"]
    for place, (everything, _, _) in enumerate(here):
        items[place] = await expand_one(call, shape.entity, str(everything["id"]), items[place], expanders)
    return reply


def answer_small_count(call: Call, found: Sequence[tuple[Shape[Any], Any]]) -> Reply:
    """How many, as plain text. Raises GraphError (400) without the header it needs."""
    if not call.eventual:
        raise errors.invalid("$count is not currently supported.")
    return Reply(text=str(len(_chosen(call, found, ()))))


_Chosen = list[tuple[Mapping[str, Any], Shape[Any], Any]]


def _chosen(call: Call, found: Sequence[tuple[Shape[Any], Any]], orders: Sequence[Ordering]) -> _Chosen:
    wanted = call.asked.filter
    everything = [(shape.everything(view, beta=True), shape, view) for shape, view in found]
    kept = [item for item in everything if wanted is None or filters.matches(wanted, item[0])]
    order = [*(call.asked.order or orders), Ordering(("id",))]
    places = {id(item[0]): item for item in kept}
    return [places[id(values)] for values in filters.in_order([item[0] for item in kept], order)]


def _begin(wanted: _Chosen, place: Place | None) -> int:
    """Where the page begins: behind the last item of the page before, or where that was when it is gone."""
    if place is None:
        return 0
    last, offset = place
    found = next((number for number, item in enumerate(wanted) if item[0]["id"] == last), None)
    return found + 1 if found is not None else min(int(offset or 0), len(wanted))


# --- Shared ---------------------------------------------------------------------------------------------------------


def _shown(
    call: Call,
    shape: Shape[V],
    view: V,
    typed: bool,
    readable: AbstractSet[str] | None,
    more: tuple[str, ...],
) -> Values:
    values = shape.values(view, call.asked.select, readable=readable, more=more)
    return call.wire.item(shape.entity, values, typed=typed)


def open_place(call: Call) -> Place | None:
    """Where the page begins, None at the first. Raises GraphError (400) for a token of another list."""
    token = call.asked.skiptoken
    return None if token is None else call.desk.tokens.open(token, tenant_id=call.tenant_id, question=_question(call))


def page_link(call: Call, place: Any) -> str:
    """The address of the page that begins behind ``place``."""
    token = call.desk.tokens.seal(place, tenant_id=call.tenant_id, question=_question(call))
    return next_link(f"{call.wire.root}{call.path.rstrip('/')}", call.asked.repeated, token)


def _question(call: Call) -> str:
    return f"{call.wire.version}{call.path.rstrip('/')}\n{call.asked.question}"


async def expand_one(
    call: Call, entity: Entity, object_id: str, values: Values, expanders: Mapping[str, Expander] | None
) -> Values:
    """The object with the relationship that ``$expand`` asks for. Raises GraphError (400) when it is not offered."""
    expand = call.asked.expand
    if expand is None:
        return values
    expander = (expanders or {}).get(expand.navigation)
    if expander is None:
        raise errors.bad_request(f"Expanding '{expand.navigation}' of '{entity.title}' is not supported.")
    return values | {expand.navigation: await expander(call, object_id)}


async def _expand(
    call: Call,
    shape: Shape[V],
    views: Sequence[V],
    items: list[Values],
    expanders: Mapping[str, Expander] | None,
) -> None:
    if call.asked.expand is None:
        return
    for place, view in enumerate(views):
        object_id = str(shape.values(view, ("id",))["id"])
        items[place] = await expand_one(call, shape.entity, object_id, items[place], expanders)


def expanded(
    call: Call, found: Sequence[tuple[Shape[Any], Any]], readable: AbstractSet[str] | None = None
) -> list[Values]:
    """Objects along an expanded relationship, at most as many as Graph gives, each with its type."""
    select = None if call.asked.expand is None else call.asked.expand.select
    return [
        call.wire.item(shape.entity, shape.values(view, select, readable=readable), typed=True)
        for shape, view in found[:MOST_EXPANDED]
    ]
