"""Filters and orders as SQL.

A list that can be filtered says in a table which property lies in which column (``Fields``). ``where`` turns a
filter into a condition that is true for exactly the rows that ``rules.filters.matches`` would pick, with every
value a named parameter; ``order_by`` and ``after`` do the same for sorting and for where the next page begins.

A negation is carried down to the single test, where it becomes "no value, or the opposite": nothing relies on
NULL being false, and what is not negated stays plain enough for an index.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Text,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal_column,
    or_,
    true,
)
from sqlalchemy.sql.expression import FromClause, not_

from vestibule.ground.clock import to_us
from vestibule.rules import filters
from vestibule.rules.filters import (
    And,
    Compare,
    Count,
    Filter,
    Not,
    OneOf,
    Op,
    Ordering,
    Path,
    Position,
    Some,
    Test,
    Value,
)
from vestibule.store import columns

_LAST: Final = 0x10FFFF
_SURROGATES: Final = (0xD800, 0xE000)


class Kind(Enum):
    """What a column holds."""

    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Single:
    """A property with one value.

    Attributes:
        kind: what the column holds; times are integer microseconds.
        value: the column.
        key: for texts, the column that holds the same text folded; the column itself when it only ever holds
            folded text (ids). Without it the column is folded on the spot, which no index serves.
        found: another condition that the text is this (folded) value, where that finds the rows faster.
    """

    kind: Kind
    value: ColumnElement[Any]
    key: ColumnElement[Any] | None = None
    found: Callable[[ColumnElement[str]], ColumnElement[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A property with many values, kept as a JSON list inside a JSON text.

    Attributes:
        document: the column with the JSON text.
        path: where the list lies in it.
        members: for a list of objects, the members that may be asked for; empty for a list of texts.
    """

    document: ColumnElement[Any]
    path: tuple[str, ...]
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows:
    """A property with many values, kept as rows of another table.

    Attributes:
        source: the table.
        condition: which of its rows belong to the item.
        fields: the values of one row; the path ``()`` is the element itself.
    """

    source: FromClause
    condition: ColumnElement[bool]
    fields: "Fields"


@dataclass(frozen=True, slots=True)
class Told:
    """A text that no column holds: it is worked out from several, and asked only whether it is a certain value.

    Attributes:
        equals: the condition that it is this (folded) value.
    """

    equals: Callable[[ColumnElement[str]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Worded:
    """The words of an item, kept in a table of their own, which are asked only how one of them begins.

    Attributes:
        some: the condition that some word of the item fulfils the condition on it.
    """

    some: Callable[[Callable[[ColumnElement[str]], ColumnElement[bool]]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class One:
    """A property with many values of which every item has exactly one, whose members lie in columns of the item."""

    fields: "Fields"


Field = Single | Listed | Rows | Told | One | Worded
Fields = Mapping[Path, Field]


@dataclass(slots=True)
class Parameters:
    """The values of a condition, by the names under which they stand in it."""

    prefix: str = "f"
    values: dict[str, Any] = field(default_factory=dict)
    lists: int = 0

    def add(self, value: Any, type_: Any) -> ColumnElement[Any]:
        """Name a value and return the parameter that stands for it."""
        name = f"{self.prefix}{len(self.values)}"
        self.values[name] = value
        return bindparam(name, type_=type_)

    def alias(self) -> str:
        """A new name for the element of a list."""
        self.lists += 1
        return f"{self.prefix}_element{self.lists}"


def text(column: ColumnElement[Any], key: ColumnElement[Any] | None = None) -> Single:
    """A text; ``key`` is the column with the same text folded, if there is one."""
    return Single(Kind.TEXT, column, key)


def keyword(column: ColumnElement[Any]) -> Single:
    """A text of ASCII letters that this service chose: folded by the database itself, which is far quicker."""
    return text(column, func.lower(column))


def identifier(column: ColumnElement[Any]) -> Single:
    """A text that only ever holds its folded form: a GUID in lower case, a code."""
    return Single(Kind.TEXT, column, column)


def flag(column: ColumnElement[Any]) -> Single:
    """True or false."""
    return Single(Kind.FLAG, column)


def number(column: ColumnElement[Any]) -> Single:
    """A whole number."""
    return Single(Kind.NUMBER, column)


def time(column: ColumnElement[Any]) -> Single:
    """A moment, kept as integer microseconds."""
    return Single(Kind.TIME, column)


def in_json(kind: Kind, document: ColumnElement[Any], *path: str) -> Single:
    """A value inside a JSON text; times are integer microseconds there as well."""
    types = {Kind.TEXT: Text(), Kind.FLAG: Boolean()}
    return Single(kind, columns.member(document, path, types.get(kind, BigInteger())))


def where(wanted: Filter, fields: Fields, parameters: Parameters) -> ColumnElement[bool]:
    """The condition that holds for exactly the rows that the filter wants.

    Args:
        wanted: a filter whose values have the kinds of their columns.
        fields: where each property lies.
        parameters: takes the values; give them to the query when it runs.

    Raises KeyError for a property without a column and TypeError for a value of another kind; both mean that the
    door let something through that it should have refused.
    """
    return _where(wanted, fields, parameters, wanted_true=True)


def order_by(orderings: Sequence[Ordering], fields: Fields) -> list[ColumnElement[Any]]:
    """The sort expressions: upwards things without a value first, downwards last."""
    return [
        key.desc().nulls_last() if ordering.descending else key.asc().nulls_first()
        for ordering, key in zip(orderings, sort_keys(orderings, fields), strict=True)
    ]


def sort_keys(orderings: Sequence[Ordering], fields: Fields) -> list[ColumnElement[Any]]:
    """What the rows are sorted by; select these to know where a page ended (``Position`` in database form)."""
    return [_comparable(_single(fields, ordering.path)) for ordering in orderings]


def after(
    orderings: Sequence[Ordering], position: Position, fields: Fields, parameters: Parameters
) -> ColumnElement[bool]:
    """The condition that holds for the rows that come after ``position``.

    The last ordering has to be one that tells all rows apart (the id). Values are as ``sort_keys`` gave them:
    folded texts, integers, booleans and None.
    """
    keys = sort_keys(orderings, fields)
    kinds = [_single(fields, ordering.path).kind for ordering in orderings]
    later: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for ordering, key, kind, value in zip(orderings, keys, kinds, position, strict=True):
        beyond, equal = _beyond(key, kind, value, parameters, descending=ordering.descending)
        later.append(and_(*same, beyond))
        same.append(equal)
    return or_(*later)


def _beyond(
    key: ColumnElement[Any], kind: Kind, value: Value, parameters: Parameters, *, descending: bool
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The rows beyond a value, and those at it."""
    if value is None:
        return (false() if descending else key.is_not(None)), key.is_(None)
    given = parameters.add(value, _TYPES[kind])
    if descending:
        return or_(key < given, key.is_(None)), key == given
    return key > given, key == given


_TYPES: Final = {Kind.TEXT: Text(), Kind.FLAG: Boolean(), Kind.NUMBER: BigInteger(), Kind.TIME: BigInteger()}


def _where(  # noqa: PLR0911 - one answer for each kind of filter
    wanted: Filter, fields: Fields, parameters: Parameters, *, wanted_true: bool
) -> ColumnElement[bool]:
    match wanted:
        case And(parts) | filters.Or(parts):
            below = [_where(part, fields, parameters, wanted_true=wanted_true) for part in parts]
            return _joined(below, every=isinstance(wanted, And) is wanted_true)
        case Not(part):
            return _where(part, fields, parameters, wanted_true=not wanted_true)
        case Compare(_, Op.NE, _):
            opposite = Compare(wanted.path, Op.EQ, wanted.value)
            return _where(opposite, fields, parameters, wanted_true=not wanted_true)
        case Some(path, inner) if isinstance(only := fields[path], One):
            if inner is None:
                return true() if wanted_true else false()
            return _where(inner, only.fields, parameters, wanted_true=wanted_true)
        case Some() | Count():
            condition = _about_list(wanted, fields, parameters)
            return condition if wanted_true else not_(condition)
        case Compare(path, Op.EQ, str(value)) if isinstance(told := fields[path], Told):
            condition = told.equals(parameters.add(filters.fold(value), Text()))
            return condition if wanted_true else not_(func.coalesce(condition, false()))
        case filters.Text(path, Test.HAS_WORD) if isinstance(worded := fields[path], Worded):
            return _about_words(wanted, worded, parameters, wanted_true=wanted_true)
        case _:
            return _about_value(wanted, _single(fields, wanted.path), parameters, wanted_true=wanted_true)


def _about_words(
    wanted: filters.Text, worded: Worded, parameters: Parameters, *, wanted_true: bool
) -> ColumnElement[bool]:
    begins = partial(_prefixed, part=filters.fold(wanted.value), parameters=parameters)
    condition = worded.some(lambda word: begins(columns.by_code_point(word)))
    return condition if wanted_true else not_(condition)


def _joined(conditions: Iterable[ColumnElement[bool]], *, every: bool) -> ColumnElement[bool]:
    found = list(conditions)
    if not found:
        return true() if every else false()
    return and_(*found) if every else or_(*found)


def _about_value(
    wanted: Compare | OneOf | filters.Text, single: Single, parameters: Parameters, *, wanted_true: bool
) -> ColumnElement[bool]:
    value = _comparable(single)
    if isinstance(wanted, Compare) and wanted.value is None:
        if wanted.op is not Op.EQ:  # nothing is greater or smaller than no value
            return false() if wanted_true else true()
        return value.is_(None) if wanted_true else value.is_not(None)
    if isinstance(wanted, OneOf):
        each = [Compare(wanted.path, Op.EQ, one) for one in wanted.values]
        below = [_about_value(one, single, parameters, wanted_true=wanted_true) for one in each]
        return _joined(below, every=not wanted_true)
    if wanted_true and single.found is not None and isinstance(wanted, Compare) and wanted.op is Op.EQ:
        return single.found(parameters.add(_stored(single.kind, wanted), _TYPES[single.kind]))
    condition = _test(wanted, single, value, parameters)
    return condition if wanted_true else or_(value.is_(None), not_(condition))


def _test(
    wanted: Compare | filters.Text, single: Single, value: ColumnElement[Any], parameters: Parameters
) -> ColumnElement[bool]:
    if isinstance(wanted, filters.Text):
        if single.kind is not Kind.TEXT:
            raise _other_kind(wanted)
        return _examined(wanted, value, parameters)
    given = parameters.add(_stored(single.kind, wanted), _TYPES[single.kind])
    match wanted.op:
        case Op.EQ:
            return value == given
        case Op.GT:
            return value > given
        case Op.GE:
            return value >= given
        case Op.LT:
            return value < given
        case _:
            return value <= given


def _examined(wanted: filters.Text, value: ColumnElement[Any], parameters: Parameters) -> ColumnElement[bool]:
    part = filters.fold(wanted.value)
    match wanted.test:
        case Test.STARTS_WITH:
            return _prefixed(value, part, parameters)
        case Test.ENDS_WITH:
            return columns.at_the_end(value, parameters.add(part, Text()))
        case Test.CONTAINS:
            return columns.within(value, parameters.add(part, Text()))
        case Test.HAS_WORD:
            return columns.within(value, parameters.add(f" {part}", Text()), by_word=True)


def _prefixed(value: ColumnElement[Any], part: str, parameters: Parameters) -> ColumnElement[bool]:
    """A range instead of LIKE: an index can serve it, and nothing in the text has to be escaped."""
    begins = value >= parameters.add(part, Text())
    end = beyond(part)
    return begins if end is None else and_(begins, value < parameters.add(end, Text()))


def beyond(part: str) -> str | None:
    """The first text beyond all that begin with ``part``, by code point; None when there is none."""
    shorter = part.rstrip(chr(_LAST))
    if not shorter:
        return None
    following = ord(shorter[-1]) + 1
    if _SURROGATES[0] <= following < _SURROGATES[1]:
        following = _SURROGATES[1]
    return shorter[:-1] + chr(following)


def _about_list(wanted: Some | Count, fields: Fields, parameters: Parameters) -> ColumnElement[bool]:
    listed = fields[wanted.path]
    if isinstance(wanted, Count):
        if not isinstance(listed, Listed):
            msg = f"cannot be counted: {wanted.path}"
            raise TypeError(msg)
        many = Single(Kind.NUMBER, columns.length(listed.document, listed.path))
        return _where(Compare((), wanted.op, wanted.value), {(): many}, parameters, wanted_true=True)
    match listed:
        case Listed():
            alias = parameters.alias()
            inner = _inner(wanted, _element_fields(listed, alias), parameters)
            return columns.any_element(listed.document, listed.path, alias, inner)
        case Rows():
            inner = _inner(wanted, listed.fields, parameters)
            return exists(literal_column("1")).select_from(listed.source).where(listed.condition, inner)
        case Single() | Told() | One() | Worded():
            msg = f"not a collection: {wanted.path}"
            raise TypeError(msg)


def _inner(wanted: Some, fields: Fields, parameters: Parameters) -> ColumnElement[bool]:
    return true() if wanted.inner is None else _where(wanted.inner, fields, parameters, wanted_true=True)


def _element_fields(listed: Listed, alias: str) -> Fields:
    element = columns.element(alias)
    if not listed.members:
        return {filters.ITSELF: text(element)}
    return {(name,): text(columns.member(element, (name,))) for name in listed.members}


def _single(fields: Fields, path: Path) -> Single:
    found = fields[path]
    if not isinstance(found, Single):
        msg = f"a collection has no single value: {path}"
        raise TypeError(msg)
    return found


def _comparable(single: Single) -> ColumnElement[Any]:
    """The expression that is compared and sorted by."""
    if single.kind is not Kind.TEXT:
        return single.value
    return columns.by_code_point(columns.folded(single.value) if single.key is None else single.key)


def _stored(kind: Kind, wanted: Compare) -> Any:
    """The value as the column holds it."""
    value = wanted.value
    match kind:
        case Kind.TEXT if isinstance(value, str):
            return filters.fold(value)
        case Kind.TIME if isinstance(value, datetime):
            return to_us(value)
        case Kind.FLAG if isinstance(value, bool):
            return value
        case Kind.NUMBER if isinstance(value, int) and not isinstance(value, bool):
            return value
        case _:
            raise _other_kind(wanted)


def _other_kind(wanted: Filter) -> TypeError:
    return TypeError(f"a value of another kind than its column: {wanted}")
