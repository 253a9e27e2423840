"""A reading that asks nothing twice.

One request asks for the same rows at several places that know nothing of each other: who the caller is, what they may,
what they want. All of that is one moment; what was found once is still what was found then.
"""

from datetime import datetime
from typing import Any

from vestibule.store.statements import Query, Row
from vestibule.store.unit import Moment, Reading


class Remembering:
    """A reading for one request. After something was changed, take a new one.

    Args:
        reading: where to ask.
    """

    def __init__(self, reading: Reading) -> None:
        """Nothing is known yet."""
        self._reading = reading
        self._one: dict[Any, Row | None] = {}
        self._all: dict[Any, list[Row]] = {}

    @property
    def moment(self) -> Moment:
        """The time that holds for everything in here."""
        return self._reading.moment

    @property
    def now(self) -> datetime:
        """Lifecycle time."""
        return self._reading.moment.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        """The first row, or None. Raises Unavailable when the database is away."""
        mark = _mark(query, parameters)
        if mark is None:
            return await self._reading.one(query, **parameters)
        if mark not in self._one:
            self._one[mark] = await self._reading.one(query, **parameters)
        return self._one[mark]

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        """Every row. Raises Unavailable when the database is away."""
        mark = _mark(query, parameters)
        if mark is None:
            return await self._reading.all(query, **parameters)
        if mark not in self._all:
            self._all[mark] = await self._reading.all(query, **parameters)
        return list(self._all[mark])


def _mark(query: Query, parameters: dict[str, Any]) -> Any:
    """What a question is known by; None for one with a list, which is not remembered."""
    mark = (query, *parameters.items())
    try:
        hash(mark)
    except TypeError:
        return None
    return mark
