"""Tables of the Admin center: what an address asks for, and what stands around the rows.

Everything about a table stands in its address, so that it can be kept and shared: the filters, the order, the size of
a page, and where the page begins. A page is continued by the sort keys of its ends, never by counting rows; the keys
are signed, because they go into the database as they come.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar
from urllib.parse import urlencode

from vestibule.doors.portal.desk import Visit
from vestibule.doors.web.words import N_
from vestibule.rules.filters import Filter, Ordering, Path, Position
from vestibule.store.listing import Asked, Page

T = TypeVar("T")

SIZES: Final = (25, 50, 100)
LONGEST_SEARCH: Final = 200
COLUMN: Final = "column"
COLUMNS: Final = "columns"
_PLACE: Final = ("after", "before", "at")
_DOWN: Final = "-"


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be sorted by.

    Attributes:
        key: its name in the address. label: what stands above it, as the catalog knows it.
        path: the property of the listing; empty for a column that cannot be sorted by.
    """

    key: str
    label: str
    path: Path = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of a filter: its value in the address, its words (marked with ``N_``), and what it means.

    Its words may be somebody's name instead; then they are not ``translated``.
    """

    value: str
    label: str
    wanted: Filter | None = None
    translated: bool = True


@dataclass(frozen=True, slots=True)
class Select:
    """A filter with fixed choices; without one in the address everything is shown."""

    name: str
    label: str
    choices: tuple[Choice, ...]

    def chosen(self, value: str) -> Choice | None:
        """The choice with this value."""
        return next((choice for choice in self.choices if choice.value == value), None)


@dataclass(frozen=True, slots=True)
class Typed:
    """A filter that somebody types, such as a domain; what it means is the page's own affair."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's heading: a link that sorts by it; ``sorted`` is the value of ``aria-sort``, empty when it is not."""

    label: str
    url: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """An active filter, and the address without it."""

    label: str
    value: str
    url: str
    translated: bool = True


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part is shown: rows ``first`` to ``last`` of ``total``, with the way on and back.

    ``more`` says that there are at least as many as ``total``.
    """

    first: int
    last: int
    total: int
    more: bool = False
    previous_url: str = ""
    next_url: str = ""
    sizes: tuple[tuple[int, str], ...] = ()
    size: int = SIZES[0]


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """Everything a template needs around the rows.

    Attributes:
        rows: the rows. headings: above them. paging: where we are.
        selects: filters with choices, each with the value that is set. typed: filters with a text.
        search: what is searched for. chips: the active filters. path: the table's address without a query.
        clear_url: the same without any filter.
        export_url: the same rows as CSV. kept: what the filter form takes along (order and size).
        filters: the query of the filters alone, which a form that acts on all matching rows sends along.
        choosing: the columns that can be shown and hidden, each with whether it is shown; empty without a choice.
    """

    rows: tuple[T, ...]
    headings: tuple[Heading, ...]
    paging: Paging
    path: str
    selects: tuple[tuple[Select, str], ...] = ()
    typed: tuple[tuple[Typed, str], ...] = ()
    search: str = ""
    chips: tuple[Chip, ...] = ()
    clear_url: str = ""
    export_url: str = ""
    kept: tuple[tuple[str, str], ...] = ()
    filters: str = ""
    choosing: tuple[tuple[Column, bool], ...] = ()

    def shows(self, key: str) -> bool:
        """Whether a column is shown; the first one always is."""
        return all(shown or column.key != key for column, shown in self.choosing)

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return bool(self.chips)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table is like.

    Attributes:
        path: its address. columns: in order. selects, typed: its filters.
        order: the key it is sorted by when nobody asks, with a minus in front for downwards.
        searches: whether there is a search. export: the address of the same rows as a file; empty without one.
        chooses: whether people may choose which columns are shown, but for the first.
    """

    path: str
    columns: tuple[Column, ...]
    order: str
    selects: tuple[Select, ...] = ()
    typed: tuple[Typed, ...] = ()
    searches: bool = True
    export: str = ""
    chooses: bool = False


class Browsing:
    """What one address asks of a table."""

    def __init__(self, visit: Visit, shape: Shape, query: Mapping[str, str] | None = None) -> None:
        """Read the address; whatever cannot be understood is as if it were not there.

        Args:
            visit: the visit. shape: the table. query: instead of the address's own, when a form sent filters along.
        """
        self._visit = visit
        self.shape = shape
        self.given = dict(visit.request.query_params) if query is None else dict(query)
        self.search = self.given.get("search", "").strip()[:LONGEST_SEARCH] if shape.searches else ""
        chosen = {one.name: one.chosen(self.given.get(one.name, "")) for one in shape.selects}
        self.chosen = {name: choice for name, choice in chosen.items() if choice is not None}
        texts = {one.name: self.given.get(one.name, "").strip()[:LONGEST_SEARCH] for one in shape.typed}
        self.typed = {name: text for name, text in texts.items() if text}
        asked = self.given.get("sort", "")
        self.sort = asked if self._column(asked) is not None else shape.order
        size = self.given.get("size", "")
        self.columns = self._chosen_columns()
        self.size = int(size) if size.isdecimal() and int(size) in SIZES else SIZES[0]

    def _chosen_columns(self) -> frozenset[str] | None:
        """The keys of the columns that the address asks for, as the form sends them or as links do; None for all."""
        ticked = self._visit.request.query_params.getlist(COLUMN)
        asked = {*ticked, *self.given.get(COLUMNS, "").split(",")}
        known = frozenset(column.key for column in self.shape.columns[1:] if column.key in asked)
        chosen = self.shape.chooses and (ticked or COLUMNS in self.given)
        return known if chosen and len(known) < len(self.shape.columns) - 1 else None

    @property
    def wanted(self) -> list[Filter]:
        """What the chosen filters mean; the search is the page's own affair."""
        return [choice.wanted for choice in self.chosen.values() if choice.wanted is not None]

    @property
    def orders(self) -> tuple[Ordering, ...]:
        """How to sort."""
        column = self._column(self.sort)
        assert column is not None, "a table's own order is one of its columns"
        return (Ordering(column.path, descending=self.sort.startswith(_DOWN)),)

    # --- Reading a page ---------------------------------------------------------------------------------------------

    async def read(
        self,
        page: Callable[[Asked], Awaitable[Page[T]]],
        full_order: Callable[[Sequence[Ordering]], tuple[Ordering, ...]],
        wanted: Filter | None,
    ) -> tuple[list[T], Position | None, Position | None]:
        """The rows of this page, with the positions of the page before and of the next; None where there is none.

        Args:
            page: reads one. full_order: completes an order so that it tells all rows apart. wanted: all filters.
        """
        after, before = self._place("after"), self._place("before")
        orders = full_order(self.orders)
        if before is not None:
            found = await page(Asked(self.size, wanted, tuple(map(_turned, orders)), before))
            items = found.items[::-1]
            first, last = (None, None) if found.ends is None else (found.ends[1], found.ends[0])
            return items, first if found.position is not None else None, last
        found = await page(Asked(self.size, wanted, orders, after))
        first = found.ends[0] if found.ends is not None and after is not None else None
        return found.items, first, found.position

    def is_whole(self, following: Position | None) -> bool:
        """Whether the page that was read is all there is: nobody has to count then. ``following``: of its end."""
        return following is None and self._place("after") is None and self._place("before") is None

    @property
    def starts_at(self) -> int:
        """The number of the first row, counted when the way here was gone; only for the words above the table."""
        at = self.given.get("at", "")
        return int(at) if at.isdecimal() and len(at) < 10 and (self._place("after") or self._place("before")) else 1

    # --- What stands around the rows ----------------------------------------------------------------------------------

    def table(
        self,
        rows: Sequence[T],
        total: int,
        previous: Position | None,
        following: Position | None,
        *,
        most: int | None = None,
    ) -> Table[T]:
        """Put the table together. ``most``: where counting stopped, so that ``total`` is at least this."""
        more = most is not None and total >= most
        first = self.starts_at if more else max(1, min(self.starts_at, total))
        last = 0 if not rows else first + len(rows) - 1 if more else min(total, first + len(rows) - 1)
        paging = Paging(
            first=first if rows else 0,
            last=last,
            total=total,
            more=more,
            previous_url="" if previous is None else self._place_url("before", previous, max(1, first - self.size)),
            next_url="" if following is None else self._place_url("after", following, last + 1),
            sizes=tuple((size, self.url(size=str(size))) for size in SIZES),
            size=self.size,
        )
        return Table(
            rows=tuple(rows),
            headings=tuple(self._heading(column) for column in self.shape.columns if self._shows(column)),
            paging=paging,
            path=self.shape.path,
            selects=tuple((one, self.given.get(one.name, "")) for one in self.shape.selects),
            typed=tuple((one, self.typed.get(one.name, "")) for one in self.shape.typed),
            search=self.search,
            chips=self._chips(),
            clear_url=_joined(self.shape.path, self._order_and_size()),
            export_url=_joined(self.shape.export, self._filters() | self._sorted()) if self.shape.export else "",
            kept=tuple(self._order_and_size().items()),
            filters=urlencode(self._filters()),
            choosing=tuple((one, self._shows(one)) for one in self.shape.columns[1:]) if self.shape.chooses else (),
        )

    def _shows(self, column: Column) -> bool:
        return self.columns is None or column.key in self.columns or column is self.shape.columns[0]

    def url(self, **changes: str) -> str:
        """The table's address with something else in it, from its first page."""
        return _joined(self.shape.path, {**self._filters(), **self._order_and_size(), **changes})

    def _heading(self, column: Column) -> Heading:
        if not column.path:
            return Heading(column.label)
        up = self.sort == column.key
        down = self.sort == _DOWN + column.key
        return Heading(
            column.label,
            self.url(sort=_DOWN + column.key if up else column.key),
            "ascending" if up else "descending" if down else "",
        )

    def _chips(self) -> tuple[Chip, ...]:
        chips = []
        if self.search:
            chips.append(Chip(N_("Search"), self.search, self._without("search"), translated=False))
        for one in self.shape.selects:
            choice = self.chosen.get(one.name)
            if choice is not None:
                chips.append(Chip(one.label, choice.label, self._without(one.name), translated=choice.translated))
        for typed in self.shape.typed:
            if typed.name in self.typed:
                text = self.typed[typed.name]
                chips.append(Chip(typed.label, text, self._without(typed.name), translated=False))
        return tuple(chips)

    def _without(self, name: str) -> str:
        rest = {key: value for key, value in self._filters().items() if key != name}
        return _joined(self.shape.path, {**rest, **self._order_and_size()})

    def _filters(self) -> dict[str, str]:
        found = {"search": self.search} if self.search else {}
        return found | {name: choice.value for name, choice in self.chosen.items()} | self.typed

    def _sorted(self) -> dict[str, str]:
        return {} if self.sort == self.shape.order else {"sort": self.sort}

    def _order_and_size(self) -> dict[str, str]:
        size = {} if self.size == SIZES[0] else {"size": str(self.size)}
        return self._sorted() | size | ({} if self.columns is None else {COLUMNS: self._columns_in_order()})

    def _columns_in_order(self) -> str:
        return ",".join(one.key for one in self.shape.columns[1:] if self._shows(one))

    def _column(self, sort: str) -> Column | None:
        return next((one for one in self.shape.columns if one.path and one.key == sort.removeprefix(_DOWN)), None)

    # --- Positions in addresses ---------------------------------------------------------------------------------------

    def _place_url(self, name: str, position: Position, at: int) -> str:
        text = json.dumps(position, ensure_ascii=True, separators=(",", ":"))
        packed = urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
        return self.url(**{name: f"{packed}.{self._proof(text)}", "at": str(at)})

    def _place(self, name: str) -> Position | None:
        packed, _, proof = self.given.get(name, "").partition(".")
        if not packed or not proof:
            return None
        try:
            text = urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return None
        if not self._visit.desk.tokens.fits(proof, *self._bound(text)):
            return None
        return tuple(json.loads(text))

    def _proof(self, text: str) -> str:
        return self._visit.desk.tokens.make(*self._bound(text))

    def _bound(self, text: str) -> tuple[str, ...]:
        """A position belongs to the session, the table, its order and its filters."""
        return ("place", self._visit.who.session.form_key, self.shape.path, self.sort, urlencode(self._filters()), text)


def _turned(ordering: Ordering) -> Ordering:
    return replace(ordering, descending=not ordering.descending)


def _joined(path: str, query: Mapping[str, str]) -> str:
    kept = {name: value for name, value in query.items() if name not in _PLACE or value}
    return f"{path}?{urlencode(kept)}" if kept else path
