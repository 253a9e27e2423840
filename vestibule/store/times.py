"""The two clocks: the machine's, and lifecycle time, which an emulator database may have pushed forward.

The offset lies in the database and is read for every unit, never cached, so that a command beside a running
server and the server itself always agree.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from vestibule.ground.clock import Clock
from vestibule.store.schema import deployment
from vestibule.store.statements import Query, given
from vestibule.store.unit import Moment

DEPLOYMENT = Query(
    select(deployment.c.emulator, deployment.c.generation, deployment.c.clock_offset).where(
        deployment.c.id == given("id")
    )
)


@dataclass(slots=True)
class Times:
    """Where units take their moment from.

    Attributes:
        clock: the machine's clock.
        emulator: whether lifecycle time can run ahead (then the row is read each time).
        generation: the database's generation when it is not an emulator database.
    """

    clock: Clock
    emulator: bool = False
    generation: str = ""

    def plain(self) -> Moment:
        """The moment of a database whose time cannot be pushed."""
        now = self.clock.now()
        return Moment(now=now, machine=now, offset=timedelta(0), generation=self.generation)

    def pushed(self, row: Any) -> Moment:
        """The moment of an emulator database, from its DEPLOYMENT row."""
        machine, offset = self.clock.now(), timedelta(microseconds=row[2])
        return Moment(now=machine + offset, machine=machine, offset=offset, generation=row[1])
