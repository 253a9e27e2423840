"""Ways to look at what an address gives, and which addresses can be looked at so (``facets`` does it)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from vestibule.doors.graph.model.property import Property
from vestibule.doors.graph.odata.options import Collection

DEEPEST: Final = 3
"""Names from an object down to a property."""


class Way(Enum):
    """How an address may be looked at that is no route of its own (``facets``)."""

    PROPERTY = auto()
    REFERENCES = auto()
    COUNT = auto()


WAYS: Final = {"$ref": Way.REFERENCES, "$count": Way.COUNT}
_ONE_OTHER: Final = frozenset({"manager", "invitedBy"})
"""Addresses of one other object, to which there can be a reference."""


@dataclass(frozen=True, slots=True)
class Facet:
    """A way to look at what a route gives: for one property its names from the object down, ``raw`` for ``$value``."""

    way: Way
    names: tuple[str, ...] = ()
    raw: bool = False


def is_fit(query: Collection | None, pattern: str, way: Way) -> bool:
    """Whether what a reading route gives can be counted, or referred to."""
    if query is None or query.counted:
        return False
    if way is Way.COUNT:
        return not query.single and "count" in query.options
    hangs = query.reference or pattern.rpartition("/")[2] in _ONE_OTHER
    return hangs and "select" in query.options


def names_of(query: Collection | None, given: Sequence[str], *, beta: bool) -> tuple[str, ...] | None:
    """The property of a route's object, from the object down, as the model spells it; None when there is none."""
    if query is None or not query.single or "select" not in query.options:
        return None
    names: list[str] = []
    found: Property | None = None
    for name in given:
        found = query.entity.find(name, beta=beta) if not names else _member(found, name)
        if found is None or found.secret:
            return None
        names.append(found.name)
    return tuple(names)


def _member(of: Property | None, name: str) -> Property | None:
    return None if of is None or of.many else of.member(name)
