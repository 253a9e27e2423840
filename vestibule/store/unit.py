"""The unit of work: what an action may do to the store.

A unit **reads first and writes last**. Writes are collected and carried out together when the work is done: in
SQLite inside the writer's transaction, in PostgreSQL as one statement. So a unit does not see its own pending
writes, and a work function is a plain sequence: read, decide, say what to write.

Whatever the decision rested on is guarded by the version of the row it was read from. When a guard fails, the
unit is thrown away and the work runs again on what is there now.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from vestibule.store.statements import Change, Guard, Query, Row


class Unavailable(Exception):
    """The database cannot be used right now; nothing was changed, or the outcome is unknown."""


class Stale(Unavailable):
    """A guarded row is not as it was read; the work has to run again. Comes out only when that did not help."""


class Duplicate(Exception):
    """A unique name is taken. ``index`` is the name of the index that says so."""

    def __init__(self, index: str) -> None:
        """Keep the index's name."""
        super().__init__(index)
        self.index = index


@dataclass(frozen=True, slots=True)
class Moment:
    """What time it is, for everybody in the unit.

    Attributes:
        now: lifecycle time: the machine's clock plus the emulator's offset. Aware, UTC.
        machine: the machine's clock. Aware, UTC.
        offset: how far lifecycle time runs ahead; zero outside emulator databases.
        generation: the database's generation; tokens and sessions of an older one are dead.
    """

    now: datetime
    machine: datetime
    offset: timedelta
    generation: str


@dataclass(slots=True)
class Write:
    """One pending write: the statement, its parameters and how many rows it must touch (None: any number)."""

    statement: Change | Guard
    parameters: dict[str, Any]
    rows: int | None


class Reading(Protocol):
    """What can be read, in a unit or outside of one."""

    @property
    def moment(self) -> Moment:
        """The time that holds for everything in here."""

    @property
    def now(self) -> datetime:
        """Lifecycle time; short for ``moment.now``."""

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        """The first row, or None."""

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        """Every row."""


class Unit(Reading, Protocol):
    """A unit of work: reads, and writes that are carried out together at its end."""

    @property
    def writes(self) -> list[Write]:
        """What was said to write so far, in order."""

    def write(self, change: Change, *, rows: int | None = 1, **parameters: Any) -> None:
        """Say what to write. ``rows`` is how many rows it must touch, else the unit is stale."""

    def guard(self, guard: Guard, **parameters: Any) -> None:
        """Insist that one row is at the end as it was when it was read."""


Work = Callable[[Any], Awaitable[Any]]


@dataclass(slots=True)
class Pending:
    """The part of a unit that both databases share: the moment and the collected writes."""

    moment: Moment
    writes: list[Write] = field(default_factory=list)

    @property
    def now(self) -> datetime:
        """Lifecycle time."""
        return self.moment.now

    def write(self, change: Change, *, rows: int | None = 1, **parameters: Any) -> None:
        """Collect a write."""
        self.writes.append(Write(change, parameters, rows))

    def guard(self, guard: Guard, **parameters: Any) -> None:
        """Collect a guard."""
        self.writes.append(Write(guard, parameters, 1))


def named(query: Query, row: Row) -> dict[str, Any]:
    """A row as a dictionary by column name."""
    return dict(zip(query.columns, row, strict=True))
