"""A filter with the caller's names becomes one with the model's, when it may be asked at all.

Checked in this order, so that nothing can be learnt about a property that may not be read: the property exists, this
caller may ask for it, it can be asked in this way, the value is of its type.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vestibule.doors.graph.errors import GraphError, bad_request, unknown_property, unsupported_query
from vestibule.doors.graph.model.property import Entity, Is, Property, Tests
from vestibule.doors.graph.odata.tokens import Guid
from vestibule.rules.filters import And, Compare, Count, Filter, Not, OneOf, Op, Or, Path, Some, Test, Text

_NEEDED: Final = {
    Op.EQ: Tests.EQ,
    Op.NE: Tests.NE,
    Op.GT: Tests.GE,
    Op.GE: Tests.GE,
    Op.LT: Tests.LE,
    Op.LE: Tests.LE,
}
_EXAMINED: Final = {
    Test.STARTS_WITH: Tests.STARTS,
    Test.ENDS_WITH: Tests.ENDS,
    Test.CONTAINS: Tests.CONTAINS,
}
_KINDS: Final = {
    Op.EQ: "Equal",
    Op.NE: "NotEqual",
    Op.GT: "GreaterThan",
    Op.GE: "GreaterThanOrEqual",
    Op.LT: "LessThan",
    Op.LE: "LessThanOrEqual",
}
_ADVICE: Final = (
    " This is an advanced query: it needs the header 'ConsistencyLevel: eventual' and the query parameter $count=true."
)


@dataclass(frozen=True, slots=True)
class Asker:
    """What this caller may ask of a kind of object.

    Attributes:
        entity: the kind of object.
        beta: the caller speaks to ``/beta``.
        advanced: the query is an advanced one.
        readable: the properties that the caller may read; None for all. Nothing can be found out about the others.
    """

    entity: Entity
    beta: bool = False
    advanced: bool = False
    readable: AbstractSet[str] | None = None

    def find(self, name: str) -> Property:
        """The property of that name. Raises GraphError (400) when there is none."""
        found = self.entity.find(name, beta=self.beta)
        if found is None:
            raise unknown_property(name, self.entity.type)
        return found

    def may_ask(self, found: Property) -> bool:
        """Whether a value of the property may show in which objects are found, and in which order."""
        return not found.secret and (self.readable is None or found.name in self.readable)


def bind_filter(given: Filter, asker: Asker) -> Filter:
    """The filter in the model's names.

    Args:
        given: as ``grammar.parse_filter`` read it.
        asker: what may be asked.

    Raises GraphError (400) for an unknown name, a test that is not offered, or a value of another type.
    """
    return _bind(given, _Top(asker), Tests.NONE)


class _Top:
    """Names of the object itself."""

    def __init__(self, asker: Asker) -> None:
        self.asker = asker

    def resolve(self, path: Path) -> tuple[Path, Property, Property]:
        """The path as the model spells it, its first property, and the property that it ends at."""
        first = self.asker.find(path[0])
        if not self.asker.may_ask(first) or (first.many and len(path) > 1):
            raise _never(first, self.asker)
        names, last = _down(first, path[1:], self.asker)
        return (first.name, *names), first, last


class _Element:
    """Names inside ``any``: of a list's element."""

    def __init__(self, asker: Asker, listed: Property) -> None:
        self.asker = asker
        self._listed = listed

    def resolve(self, path: Path) -> tuple[Path, Property, Property]:
        """The path below the element, and the property that it ends at."""
        if not path and self._listed.type is not Is.COMPLEX:
            return (), self._listed, self._listed
        names, last = _down(self._listed, path, self.asker)
        if not names:
            raise _never(self._listed, self.asker)
        return names, self._listed, last


_Names = _Top | _Element


def _down(start: Property, path: Path, asker: Asker) -> tuple[Path, Property]:
    names: list[str] = []
    last = start
    for name in path:
        found = last.member(name) if last.type is Is.COMPLEX else None
        if found is None or (names and last.many):
            raise unknown_property(name, asker.entity.type)
        names.append(found.name)
        last = found
    return tuple(names), last


def _bind(given: Filter, names: _Names, besides: Tests) -> Filter:
    match given:
        case And(parts):
            return And(tuple(_bind(part, names, besides) for part in parts))
        case Or(parts):
            return Or(tuple(_bind(part, names, besides) for part in parts))
        case Not(part):
            return Not(_bind(part, names, besides | Tests.NOT))
        case Some(path, inner):
            return _bind_some(path, inner, names, besides)
        case _:
            return _bind_test(given, names, besides)


def _bind_some(path: Path, inner: Filter | None, names: _Names, besides: Tests) -> Filter:
    bound, _, listed = names.resolve(path)
    if not listed.many or not (listed.tests or listed.members):
        raise _never(listed, names.asker)
    if inner is None:
        _allow(Tests.COUNT | besides, listed, names.asker)
        return Some(bound)
    return Some(bound, _bind(inner, _Element(names.asker, listed), besides))


def _bind_test(given: Compare | OneOf | Text | Count, names: _Names, besides: Tests) -> Filter:
    bound, start, last = names.resolve(given.path)
    inside = isinstance(names, _Element) and start is last
    if last.many and not inside and not isinstance(given, Count):
        raise _never(last, names.asker)
    match given:
        case Count(_, op, number):
            if not last.many:
                raise _never(last, names.asker)
            _allow(Tests.COUNT | besides, last, names.asker)
            return Count(bound, op, number)
        case Text(_, test, text):
            _allow(_EXAMINED.get(test, Tests.NONE) | besides, last, names.asker, offered=test in _EXAMINED)
            _insist_on_type(last, text, Op.EQ)
            return Text(bound, test, text)
        case OneOf(_, values):
            _allow(Tests.IN | besides, last, names.asker)
            return OneOf(bound, tuple(_insist_on_type(last, value, Op.EQ) for value in values))
        case Compare(_, op, value):
            _allow(_needed(op, value) | besides, last, names.asker)
            return Compare(bound, op, None if value is None else _insist_on_type(last, value, op))


def _needed(op: Op, value: object) -> Tests:
    return Tests.NULL if value is None and op is Op.EQ else _NEEDED[op]


def _allow(needed: Tests, asked: Property, asker: Asker, *, offered: bool = True) -> None:
    """Raise GraphError (400) unless the property can be asked in this way in this query."""
    if not offered or needed & ~asked.tests:
        raise _never(asked, asker)
    if asker.advanced or not needed & ~asked.plain:
        return
    if Tests.NE in needed:
        raise unsupported_query(f"Unsupported property filter clause operator 'NotEqualsMatch'.{_ADVICE}")
    if Tests.NOT in needed and not needed & ~asked.plain & ~Tests.NOT:
        raise unsupported_query(f"Unsupported property filter clause operator 'Not'.{_ADVICE}")
    raise unsupported_query(f"Unsupported Query.{_ADVICE}")


def _never(asked: Property, asker: Asker) -> GraphError:
    return unsupported_query(
        "Unsupported or invalid query filter clause specified for property"
        f" '{asked.name}' of resource '{asker.entity.title}'."
    )


def _insist_on_type(asked: Property, value: object, op: Op) -> str | int | bool | datetime:
    kind = _type_of(value)
    if kind is asked.type or (asked.type is Is.GUID and kind is Is.STRING):
        return str(value) if isinstance(value, str) else value  # type: ignore[return-value] # of the kind just checked
    raise bad_request(
        "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types"
        f" '{asked.type.value}' and '{'null' if kind is None else kind.value}' for operator kind '{_KINDS[op]}'."
    )


def _type_of(value: object) -> Is | None:
    match value:
        case Guid():
            return Is.GUID
        case str():
            return Is.STRING
        case bool():
            return Is.BOOLEAN
        case int():
            return Is.INTEGER
        case datetime():
            return Is.TIME
        case _:
            return None
