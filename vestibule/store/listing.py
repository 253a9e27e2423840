"""Lists in pages: filtered, sorted, counted, and continued from where the page before ended.

A page is continued by *position*, the sort keys of its last item, never by counting rows: who leaves or comes
meanwhile neither repeats nor hides anybody else. Statements are kept by what was asked, so that asking again, or for
the next page, compiles nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, Select, bindparam, func, literal_column, select, tuple_

from vestibule.rules.filters import Filter, Ordering, Path, Position, Value, paths
from vestibule.store import filtering
from vestibule.store.filtering import Fields, Parameters, Single
from vestibule.store.statements import Query, Row, given
from vestibule.store.unit import Reading

T = TypeVar("T")

_KEPT: Final = 512
_POSITION: Final = "position"


@dataclass(frozen=True, eq=False)
class Scope:
    """Which items a list is about, before any filter: everybody, the deleted ones, the members of a group.

    Attributes:
        name: for people who debug.
        conditions: on the listing's tables; their parameters are given to ``page`` and ``count``.
        orders: how it is sorted when nobody asks for an order; the identifying order is added by the listing.
    """

    name: str
    conditions: tuple[ColumnElement[bool], ...] = ()
    orders: tuple[Ordering, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a list.

    Attributes:
        limit: the most items of a page.
        wanted: a filter whose paths the listing knows; None for all.
        orders: how to sort; empty for the scope's own order.
        after: the position at which the page before ended.
        skip: how many items are left out in front, for readers who count; it costs what reading them would.
    """

    limit: int
    wanted: Filter | None = None
    orders: tuple[Ordering, ...] = ()
    after: Position | None = None
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page.

    Attributes:
        items: what is on it.
        position: where the next one begins, None when there is none.
        ends: the positions of its first and its last item; None for an empty page. A page that is read in the
            opposite order from the first one is the page before.
    """

    items: list[T]
    position: Position | None
    ends: tuple[Position, Position] | None = None


@dataclass(frozen=True, slots=True)
class _Prepared:
    query: Query
    values: dict[str, Any] = field(default_factory=dict)


class Listing(Generic[T]):
    """A kind of item that can be listed.

    Args:
        base: selects the columns of an item, with ``tenant_id`` already asked for.
        width: how many columns those are.
        make: a row of them as an item.
        fields: the properties that can be filtered and sorted by.
        identity: the property that tells all items apart.
        never_missing: properties that every listed item has though their columns may be empty.
        counted: the same items without joins that only columns and ``joined`` need, for counting. joined: properties
            that cannot be asked of ``counted``.
    """

    def __init__(
        self,
        base: Select[Any],
        *,
        width: int,
        make: Callable[[Row], T],
        fields: Fields,
        identity: Path = ("id",),
        never_missing: frozenset[Path] = frozenset(),
        counted: Select[Any] | None = None,
        joined: frozenset[Path] = frozenset(),
    ) -> None:
        """Keep what it is made of, and remember the statements it makes."""
        self.fields = fields
        self._base = base
        self._width = width
        self._make = make
        self._identity = identity
        self._never_missing = never_missing
        self._counted = base if counted is None else counted
        self._joined = joined
        self._prepare_page = lru_cache(_KEPT)(self._page_statement)
        self._prepare_count = lru_cache(_KEPT)(self._count_statement)

    def knows(self, path: Path) -> bool:
        """Whether the property can be filtered by."""
        return path in self.fields

    async def page(self, reading: Reading, scope: Scope, asked: Asked, **parameters: Any) -> Page[T]:
        """One page.

        Raises:
            KeyError: a property that ``knows`` does not know, or a parameter of the scope that is missing.
            ValueError: a position of another order than this one.
        """
        orders = self.orders(scope, asked.orders)
        after = asked.after
        if after is not None and len(after) != len(orders):
            msg = "this position belongs to another order"
            raise ValueError(msg)
        beginning = None if after is None else tuple(value is None for value in after)
        prepared = self._prepare_page(scope, asked.wanted, orders, beginning, skips=asked.skip > 0)
        values = {**prepared.values, **_position_values(after), **parameters, "limit": asked.limit + 1}
        if asked.skip:
            values["skip"] = asked.skip
        rows = await reading.all(prepared.query, **values)
        items = [self._make(row[: self._width]) for row in rows[: asked.limit]]
        keys = [tuple(row[self._width :]) for row in rows[: asked.limit]]
        more = len(rows) > asked.limit
        return Page(items, keys[-1] if more else None, (keys[0], keys[-1]) if keys else None)

    def page_query(
        self, scope: Scope, wanted: Filter | None, orders: Sequence[Ordering] = (), *, further: bool = False
    ) -> Query:
        """The statement of a first or a ``further`` page, for who wants to know how the database goes about it."""
        full = self.orders(scope, orders)
        return self._prepare_page(scope, wanted, full, (False,) * len(full) if further else None, skips=False).query

    def count_query(self, scope: Scope, wanted: Filter | None) -> Query:
        """The statement that counts, for who wants to know what it looks at."""
        return self._prepare_count(scope, wanted).query

    async def count(self, reading: Reading, scope: Scope, wanted: Filter | None = None, **parameters: Any) -> int:
        """How many there are. A long read over large lists."""
        prepared = self._prepare_count(scope, wanted)
        row = await reading.one(prepared.query, **prepared.values, **parameters)
        return 0 if row is None else int(row[0])

    async def count_up_to(
        self, most: int, reading: Reading, scope: Scope, wanted: Filter | None = None, **parameters: Any
    ) -> int:
        """How many there are, without counting on beyond ``most``: for lists where the exact number is not worth it."""
        prepared = self._prepare_count(scope, wanted, limited=True)
        row = await reading.one(prepared.query, **prepared.values, **parameters, most=most)
        return 0 if row is None else int(row[0])

    def orders(self, scope: Scope, orders: Sequence[Ordering]) -> tuple[Ordering, ...]:
        """The order that is really used: as asked, else the scope's own, and the identity last.

        The identity follows the direction of what stands before it, so that one index gives both, from either end.
        """
        found = tuple(orders) or scope.orders
        if any(ordering.path == self._identity for ordering in found):
            return found
        return (*found, Ordering(self._identity, descending=bool(found) and found[-1].descending))

    def _page_statement(
        self,
        scope: Scope,
        wanted: Filter | None,
        orders: tuple[Ordering, ...],
        beginning: tuple[bool, ...] | None,
        *,
        skips: bool,
    ) -> _Prepared:
        parameters = Parameters()
        chosen = self._chosen(self._base, scope, wanted, parameters)
        keys = filtering.sort_keys(orders, self.fields)
        if beginning is not None:
            chosen = chosen.where(self._beyond(orders, keys, beginning))
        named = [key.label(f"key{number}") for number, key in enumerate(keys)]
        sorted_by = [self._sorted(ordering, key) for ordering, key in zip(orders, keys, strict=True)]
        ordered = chosen.add_columns(*named).order_by(*sorted_by).limit(given("limit"))
        return _Prepared(Query(ordered.offset(given("skip")) if skips else ordered), parameters.values)

    def _count_statement(self, scope: Scope, wanted: Filter | None, *, limited: bool = False) -> _Prepared:
        parameters = Parameters()
        base = self._counted if wanted is None or paths(wanted).isdisjoint(self._joined) else self._base
        chosen = self._chosen(base, scope, wanted, parameters)
        if limited:
            one: ColumnElement[int] = literal_column("1").label("one")
            found = chosen.with_only_columns(one, maintain_column_froms=True).limit(given("most")).subquery()
            return _Prepared(Query(select(func.count()).select_from(found)), parameters.values)
        return _Prepared(Query(chosen.with_only_columns(func.count(), maintain_column_froms=True)), parameters.values)

    def _chosen(self, base: Select[Any], scope: Scope, wanted: Filter | None, parameters: Parameters) -> Select[Any]:
        chosen = base.where(*scope.conditions)
        return chosen if wanted is None else chosen.where(filtering.where(wanted, self.fields, parameters))

    def _sorted(self, ordering: Ordering, key: ColumnElement[Any]) -> ColumnElement[Any]:
        """A sort expression. Saying where missing values go keeps PostgreSQL from its index, so it is said only
        where values can be missing.
        """
        if self._may_be_missing(ordering):
            return key.desc().nulls_last() if ordering.descending else key.asc().nulls_first()
        return key.desc() if ordering.descending else key.asc()

    def _may_be_missing(self, ordering: Ordering) -> bool:
        single = self.fields[ordering.path]
        if ordering.path in self._never_missing:
            return False
        return not (isinstance(single, Single) and isinstance(single.value, Column) and not single.value.nullable)

    def _beyond(
        self, orders: tuple[Ordering, ...], keys: Sequence[ColumnElement[Any]], beginning: tuple[bool, ...]
    ) -> ColumnElement[bool]:
        """The rows after the position: as one comparison of whole rows where that says the same, for then an index
        can begin there.
        """
        directions = {ordering.descending for ordering in orders}
        # Upwards, missing values come first: behind a value there are none, and a comparison leaves them out.
        open_ends = directions == {True} and any(self._may_be_missing(ordering) for ordering in orders)
        if len(directions) > 1 or any(beginning) or open_ends:
            placeholders = tuple(None if is_missing else 0 for is_missing in beginning)
            return filtering.after(orders, placeholders, self.fields, Parameters(prefix=_POSITION))
        here = [bindparam(f"{_POSITION}{number}", type_=key.type) for number, key in enumerate(keys)]
        return tuple_(*keys) < tuple_(*here) if directions.pop() else tuple_(*keys) > tuple_(*here)


def _position_values(after: Position | None) -> dict[str, Value]:
    """The values of a position under the names that ``filtering.after`` gives them."""
    there = [value for value in after or () if value is not None]
    return {f"{_POSITION}{number}": value for number, value in enumerate(there)}
