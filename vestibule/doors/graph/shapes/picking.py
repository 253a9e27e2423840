"""Which properties of an object an answer holds, and where each comes from."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.doors.graph.shapes.wire import Values
from vestibule.ground.clock import from_us

V = TypeVar("V")
Getter = Callable[[V], Any]
_KEPT_PLANS: Final = 512


class Shape(Generic[V]):
    """Turns views of one kind into values by property name.

    Args:
        entity: the model.
        getters: where a property's value is found in a view.
        attributes: where the values are that have no getter, by property name; moments there are integer
            microseconds.

    Raises:
        ValueError: a getter for a property that the model does not have.
    """

    def __init__(
        self,
        entity: Entity,
        getters: Mapping[str, Getter[V]],
        attributes: Callable[[V], Mapping[str, Any]] = lambda _view: {},
    ) -> None:
        """Keep the table."""
        unknown = getters.keys() - {each.name for each in entity.properties}
        if unknown:
            msg = f"{entity.name} has no {sorted(unknown)}"
            raise ValueError(msg)
        self.entity = entity
        self._getters = getters
        self._attributes = attributes
        self._plan = lru_cache(_KEPT_PLANS)(self._make_plan)

    def values(
        self,
        view: V,
        select: Sequence[str] | None = None,
        *,
        readable: AbstractSet[str] | None = None,
        more: Sequence[str] = (),
    ) -> Values:
        """The object as it is answered.

        Args:
            view: what is known of it.
            select: the properties asked for, in the model's spelling; None for the default ones.
            readable: the properties that the caller may read; the others are left out. None for all.
            more: answered beside the default ones.
        """
        names = (*self.entity.default, *more) if select is None else tuple(select)
        plan = self._plan(names, None if readable is None else frozenset(readable))
        return {name: get(view) for name, get in plan}

    def everything(self, view: V, *, beta: bool = False) -> Values:
        """Every property, for filters and to compare what is sent back."""
        return self.values(view, [each.name for each in self.entity.all(beta=beta)])

    def _make_plan(self, names: tuple[str, ...], readable: frozenset[str] | None) -> list[tuple[str, Getter[V]]]:
        wanted = [each for name in names if (each := self.entity.find(name, beta=True)) is not None]
        return [(each.name, self._getter(each)) for each in wanted if readable is None or each.name in readable]

    def _getter(self, asked: Property) -> Getter[V]:
        if asked.secret:
            return lambda _view: None
        given = self._getters.get(asked.name)
        if given is not None:
            return given
        attributes, name, absent = self._attributes, asked.name, asked.absent
        if asked.type is Is.TIME:
            return lambda view: _moment(attributes(view).get(name))
        return lambda view: attributes(view).get(name, absent)


def _moment(stored: object) -> datetime | None:
    return from_us(stored) if isinstance(stored, int) else None
