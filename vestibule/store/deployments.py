"""The one row of the deployment: emulator stamp, generation, the clock's offset, the worker's switch."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal_column, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import deployment
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is true of the whole database.

    Attributes:
        emulator: stamped at creation, for ever. generation: raised by a reset, and when a backup is restored.
        clock_offset: microseconds by which lifecycle time runs ahead of the machine.
        scrub_wanted, scrub_done: how many erasures asked for a scrub of the disk, and how many were served.
        worker_seen: machine time of the worker's last round.
        feed, feed_position: see ``feed``.
    """

    id: int
    emulator: bool
    generation: str
    clock_offset: int
    worker_on: bool
    scrub_wanted: int
    scrub_done: int
    worker_seen: datetime | None
    created_at: datetime
    feed: str = ""
    feed_position: int = 0


_ROWS = Records(deployment, Deployment)
_FIND = _ROWS.where(deployment.c.id == given("id"))
_ADVANCE = Change(
    update(deployment)
    .where(deployment.c.id == literal_column("1"), deployment.c.clock_offset == given("if_offset"))
    .values(clock_offset=given("offset"))
)
_SWITCH = Change(update(deployment).where(deployment.c.id == literal_column("1")).values(worker_on=given("on")))
_GENERATION = Change(
    update(deployment)
    .where(deployment.c.id == literal_column("1"))
    .values(generation=given("generation"), worker_seen=given("nobody"))
)
_SEEN = Change(update(deployment).where(deployment.c.id == literal_column("1")).values(worker_seen=given("at")))


async def find(reading: Reading) -> Deployment | None:
    """The row, or None in a database that was never prepared."""
    return await _ROWS.one(reading, _FIND, id=1)


def advance(unit: Unit, before: Deployment, offset: int) -> None:
    """Move lifecycle time forward; the unit is stale when somebody else moved it meanwhile."""
    unit.write(_ADVANCE, if_offset=before.clock_offset, offset=offset)


def switch_worker(unit: Unit, *, on: bool) -> None:
    """Let due work rest, or go on."""
    unit.write(_SWITCH, on=on)


def worker_seen(unit: Unit) -> None:
    """The worker was here."""
    unit.write(_SEEN, at=to_us(unit.moment.machine))


def begin_generation(unit: Unit, generation: str) -> None:
    """Every session, token and code of before is dead; no worker was seen yet."""
    unit.write(_GENERATION, generation=generation, nobody=None)
