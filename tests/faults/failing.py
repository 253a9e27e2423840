"""A house whose n-th step fails once: each question to the store, each statement that changes it, each key.

A statement fails in the database itself, after those before it in its unit were carried out there. Everything else
is the real store.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, literal_column, update

from vestibule.actions.house import House, Store
from vestibule.store.schema import deployment
from vestibule.store.statements import Change, Guard, Query, Row
from vestibule.store.unit import Moment, Reading, Unavailable, Unit, Write

T = TypeVar("T")

# The root of a negative number: an error in PostgreSQL, nothing in SQLite, where the column cannot be nothing.
BROKEN = Change(update(deployment).values(clock_offset=func.sqrt(literal_column("-1") - deployment.c.id)))


@dataclass(slots=True)
class Steps:
    """Counts steps, and lets one of them fail, once.

    Attributes:
        left: how many steps are still to come before the one that fails; None when none shall. taken: their names.
    """

    left: int | None = None
    taken: list[str] = field(default_factory=list)

    def arm(self, nth: int) -> None:
        """Let the ``nth`` step from now fail."""
        self.left = nth
        self.taken.clear()

    def fails(self, name: str) -> bool:
        """Whether this step is the one."""
        self.taken.append(name)
        if self.left is None:
            return False
        self.left -= 1
        if self.left:
            return False
        self.left = None
        return True

    def take(self, name: str) -> None:
        """Pass a step. Raises Unavailable when it is the one."""
        if self.fails(name):
            raise Unavailable(f"the test lets {name} fail")


def failing(house: House) -> tuple[House, Steps]:
    """The house on a store whose steps are counted and fail when they are told to."""
    steps = Steps()
    return replace(house, store=_Store(house.store, steps), keys=_Keys(house.keys, steps)), steps


@dataclass(slots=True)
class _Reading:
    real: Reading
    steps: Steps

    @property
    def moment(self) -> Moment:
        return self.real.moment

    @property
    def now(self) -> datetime:
        return self.real.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        self.steps.take("a read")
        return await self.real.one(query, **parameters)

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        self.steps.take("a read")
        return await self.real.all(query, **parameters)


@dataclass(slots=True)
class _Unit(_Reading):
    unit: Unit

    @property
    def writes(self) -> list[Write]:
        return self.unit.writes

    def write(self, change: Change, *, rows: int | None = 1, **parameters: Any) -> None:
        if self.steps.fails(f"a change of {change.construct.table}"):  # type: ignore[attr-defined] # every change has one
            self.unit.write(BROKEN, rows=None)
        else:
            self.unit.write(change, rows=rows, **parameters)

    def guard(self, guard: Guard, **parameters: Any) -> None:
        if self.steps.fails("a guard"):
            self.unit.write(BROKEN, rows=None)
        else:
            self.unit.guard(guard, **parameters)


@dataclass(slots=True)
class _Store:
    real: Store
    steps: Steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    async def read(self) -> Reading:
        self.steps.take("a look")
        return _Reading(await self.real.read(), self.steps)

    async def change(self, work: Callable[[Unit], Awaitable[T]]) -> T:
        async def counted(unit: Unit) -> T:
            return await work(_Unit(unit, self.steps, unit))

        return await self.real.change(counted)


@dataclass(slots=True)
class _Keys:
    real: Any
    steps: Steps

    def __getattr__(self, name: str) -> Any:
        self.steps.take(f"keys.{name}")
        return getattr(self.real, name)
