"""What a caller may ask of a list: a small language of filters and orders, and what each of them means.

A door parses its own notation (OData's ``$filter``, SCIM's ``filter``) into these values; the store turns them
into SQL. ``matches`` says what they mean: whatever the store answers has to be what this function answers.

The rules of meaning, the same for every door and database:

* Text is compared without regard to case (``fold``), by code point, never by a language's sorting rules.
* Every test is true or false. A property without a value fails every test but ``eq null`` and ``ne`` something;
  ``not`` is the exact opposite of what it negates.
* A collection without a value is an empty one.
* Sorted upwards, things without a value come first (OData 4.01 Part 2, section 5.1.1.8).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Final

Value = str | int | bool | datetime | None
Path = tuple[str, ...]

#: The path of a collection's element itself, inside ``any``.
ITSELF: Final[Path] = ()


class Op(StrEnum):
    """How a property is compared with a value."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"


class Test(StrEnum):
    """How a text is examined."""

    __test__ = False  # not a test class of pytest

    STARTS_WITH = "startsWith"
    ENDS_WITH = "endsWith"
    CONTAINS = "contains"
    #: Some word of the text begins with the value; words are what spaces separate.
    HAS_WORD = "hasWord"


@dataclass(frozen=True, slots=True)
class Compare:
    """``path op value``."""

    path: Path
    op: Op
    value: Value


@dataclass(frozen=True, slots=True)
class OneOf:
    """``path in (values)``."""

    path: Path
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """``startswith(path, value)`` and its kin."""

    path: Path
    test: Test
    value: str


@dataclass(frozen=True, slots=True)
class Some:
    """``path/any(x: inner)``; the paths of ``inner`` begin at the element. Without ``inner``: not empty."""

    path: Path
    inner: "Filter | None" = None


@dataclass(frozen=True, slots=True)
class Count:
    """``path/$count op value``."""

    path: Path
    op: Op
    value: int


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of them."""

    parts: "tuple[Filter, ...]"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite."""

    part: "Filter"


Filter = Compare | OneOf | Text | Some | Count | And | Or | Not


@dataclass(frozen=True, slots=True)
class Ordering:
    """Sort by one property."""

    path: Path
    descending: bool = False


#: Where a page ended: one sort key per ordering (text folded, a moment as it is).
Position = tuple[Value, ...]


def fold(text: str) -> str:
    """The form in which texts are compared: upper and lower case are the same, and so are the two small sigmas.

    Upper first, so that ``STRASSE`` finds ``Straße``. It differs from Unicode's case folding in two corners (dotless i,
    Cherokee), because this is what both databases can do to a column as well (``store/columns``).
    """
    return text.replace("ẞ", "ß").upper().lower().replace("ς", "σ")


def matches(wanted: Filter, item: object) -> bool:
    """Whether the item is one of those wanted: the reference for every other way to find out.

    Args:
        wanted: a filter whose paths name the item's own members.
        item: a mapping from property names to texts, numbers, booleans, aware datetimes, None, mappings and lists
            of these; inside ``any`` also a bare value.
    """
    match wanted:
        case And(parts):
            return all(matches(part, item) for part in parts)
        case Or(parts):
            return any(matches(part, item) for part in parts)
        case Not(part):
            return not matches(part, item)
        case Some(path, inner):
            return any(inner is None or matches(inner, element) for element in _elements(item, path))
        case Count(path, op, value):
            return _holds(op, sum(1 for _ in _elements(item, path)), value)
        case OneOf(path, values):
            return any(_equal(_find(item, path), value) for value in values)
        case Text(path, test, value):
            return _examine(test, _find(item, path), value)
        case Compare(path, op, value):
            return _holds(op, _find(item, path), value)


def in_order(items: Iterable[Mapping[str, object]], orderings: Sequence[Ordering]) -> list[Mapping[str, object]]:
    """The items sorted as asked; items that the orderings do not tell apart keep their order."""
    found = list(items)
    for ordering in reversed(orderings):
        ranked = [(_rank(_find(item, ordering.path)), item) for item in found]
        ranked.sort(key=itemgetter(0), reverse=ordering.descending)
        found = [item for _, item in ranked]
    return found


def position(item: Mapping[str, object], orderings: Sequence[Ordering]) -> Position:
    """Where the item stands in that order: what the next page has to begin after."""
    return tuple(_key(_find(item, ordering.path)) for ordering in orderings)


def split(wanted: Filter, can: Callable[[Path], bool]) -> tuple[Filter | None, Filter | None]:
    """Cut a filter in two that hold together exactly when it holds: what ``can`` answer, and the rest.

    Args:
        wanted: the filter.
        can: whether a property can be examined where the first half will run.
    """
    parts = wanted.parts if isinstance(wanted, And) else (wanted,)
    able = [part for part in parts if all(can(path) for path in paths(part))]
    rest = [part for part in parts if part not in able]
    return all_of(able), all_of(rest)


def paths(wanted: Filter) -> frozenset[Path]:
    """Every property that the filter looks at; inside ``any`` with the collection's path in front."""
    match wanted:
        case And(parts) | Or(parts):
            return frozenset().union(*(paths(part) for part in parts))
        case Not(part):
            return paths(part)
        case Some(path, inner) if inner is not None:
            return frozenset({path, *((*path, *below) for below in paths(inner))})
        case Some(path) | Count(path) | OneOf(path) | Text(path) | Compare(path):
            return frozenset({path})


def asked_of(wanted: Filter, path: Path, other: Path) -> Filter:
    """The same filter, where what is asked of the text ``path`` is asked of ``other`` instead."""
    match wanted:
        case And(parts):
            return And(tuple(asked_of(part, path, other) for part in parts))
        case Or(parts):
            return Or(tuple(asked_of(part, path, other) for part in parts))
        case Not(part):
            return Not(asked_of(part, path, other))
        case Text(here, test, value) if here == path:
            return Text(other, test, value)
        case _:
            return wanted


def all_of(parts: Sequence[Filter]) -> Filter | None:
    """All of them as one filter; None when there is none."""
    if len(parts) > 1:
        return And(tuple(parts))
    return parts[0] if parts else None


def _find(item: object, path: Path) -> object:
    for name in path:
        item = item.get(name) if isinstance(item, Mapping) else None
    return item


def _elements(item: object, path: Path) -> Iterable[object]:
    found = _find(item, path)
    return found if isinstance(found, list | tuple) else ()


def _key(value: object) -> Value:
    if isinstance(value, str):
        return fold(value)
    return value if isinstance(value, int | datetime) else None


def _rank(value: object) -> tuple[bool, object]:
    key = _key(value)
    return (key is not None, 0 if key is None else key)


def _equal(stored: object, value: Value) -> bool:
    if isinstance(stored, str) and isinstance(value, str):
        return fold(stored) == fold(value)
    return type(stored) is type(value) and stored == value


def _holds(op: Op, stored: object, value: Value) -> bool:
    if op is Op.EQ:
        return _equal(stored, value)
    if op is Op.NE:
        return not _equal(stored, value)
    return _in_relation(op, _key(stored), _key(value))


def _in_relation(op: Op, left: Value, right: Value) -> bool:
    if left is None or right is None or type(left) is not type(right):
        return False
    match op:
        case Op.GT:
            return left > right  # type: ignore[operator] # the same type on both sides, see above
        case Op.GE:
            return left >= right  # type: ignore[operator]
        case Op.LT:
            return left < right  # type: ignore[operator]
        case _:
            return left <= right  # type: ignore[operator]


def _examine(test: Test, stored: object, value: str) -> bool:
    if not isinstance(stored, str):
        return False
    text, part = fold(stored), fold(value)
    match test:
        case Test.STARTS_WITH:
            return text.startswith(part)
        case Test.ENDS_WITH:
            return text.endswith(part)
        case Test.CONTAINS:
            return part in text
        case Test.HAS_WORD:
            return f" {part}" in f" {text}"
