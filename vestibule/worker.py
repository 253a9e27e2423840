"""The worker: rounds of what time asks for, letters, and a little housekeeping."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from vestibule.actions import certifying, due, housekeeping, jobs, rotating_keys, sealing
from vestibule.actions.due import Done
from vestibule.actions.house import House
from vestibule.actions.witnessing import Witnessing
from vestibule.doors.graph.notifications import Notifications
from vestibule.doors.letters.connected import Connected
from vestibule.doors.letters.delivery import Delivery
from vestibule.ground.clock import Stopwatch
from vestibule.store.unit import Unavailable

PAUSE: Final = 0.5  # seconds between two rounds
ASKED_WITHIN_S: Final = 2.0
"""So long after it was told to go on, due work is left to a tick."""
SEAL_EVERY: Final = 0.2  # seconds between two looks at what is to be sealed
WITNESS_EVERY: Final = 10.0  # seconds between two looks at what witnesses have not signed
ROUNDS_TO_TIDY: Final = 240
ROUNDS_TO_SWEEP: Final = 7200  # an hour
LAST_WORDS_S: Final = 2.0
BE_SEEN_EVERY: Final = timedelta(seconds=5)
SCRUB_EVERY: Final = timedelta(seconds=10)  # it looks at the whole file, and nobody writes meanwhile

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Worker:
    """What time asks for, for one house.

    Attributes:
        delivery: how letters go out. alone: held by whoever works; one round at a time in this process.
        seen_at, scrubbed_at: when this process last said that it works, and last took erased data off the disk.
        notifications: how programs are told of changes; None where nobody is. telling: while they are.
        connected: how connected apps are told what becomes of people; None where none is.
        jobs: does the steps of long work that somebody began on a page, and says how many; None without pages.
        working: while it does.
        witnessing: how witnesses of the audit log are asked.
        resumed: since when somebody who had stopped due work wants it to go on; None for always.
    """

    house: House
    delivery: Delivery
    alone: asyncio.Lock = field(default_factory=asyncio.Lock)
    seen_at: datetime | None = None
    scrubbed_at: datetime | None = None
    notifications: Notifications | None = None
    telling: asyncio.Task[int] | None = None
    connected: Connected | None = None
    jobs: Callable[[], Awaitable[int]] | None = None
    working: asyncio.Task[int] | None = None
    resumed: Stopwatch | None = None
    witnessing: Witnessing = field(init=False)

    def __post_init__(self) -> None:
        """Make what asks the witnesses."""
        self.witnessing = Witnessing(self.house)

    async def tick(self, first: Callable[[], Awaitable[None]] | None = None) -> list[Done]:
        """One round: everything that is due, then every letter that waits, then the disk. Returns what was done.

        ``first`` is done before it, with no other round between: whoever pushes the clock is told of everything
        that fell due by it.
        """
        async with self.alone:
            if first is not None:
                await first()
            done = await due.run_due(self.house)
            await self.delivery.deliver_waiting()
            await self._tell()
            if self.connected is not None and await self.connected.deliver_waiting():
                done += await due.run_due(self.house)  # a data removal may have waited for just these answers
                await self.delivery.deliver_waiting()
            if self.jobs is not None:
                await self.jobs()
            await sealing.seal_waiting(self.house)
            await certifying.certify_waiting(self.house)
            await housekeeping.scrub(self.house)
        await self.witnessing.turn()
        return done

    async def deliver(self) -> None:
        """Deliver every letter that waits; afterwards none is still under way in this process."""
        async with self.alone:
            await self.delivery.deliver_waiting()
            await self._tell()
            if self.connected is not None:
                await self.connected.deliver_waiting()

    async def _tell(self) -> None:
        """Tell programs of changes; afterwards none is being told in this process."""
        await self._told()
        if self.notifications is not None:
            await self.notifications.deliver_waiting()

    async def _told(self) -> None:
        """Wait until nobody is being told."""
        if self.telling is not None:
            telling, self.telling = self.telling, None
            await telling

    async def run(self, stop: asyncio.Event) -> None:
        """Go round until ``stop`` is set, and seal beside that; a database that is away is waited for."""
        beside = [asyncio.create_task(self._seal_on(stop)), asyncio.create_task(self._witness_on(stop))]
        number = 0
        while not stop.is_set():
            there_is_more = await self._round(number)
            number += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0 if there_is_more else PAUSE)
        await asyncio.gather(*beside)
        await self._let_be()

    async def _seal_on(self, stop: asyncio.Event) -> None:
        """Seal what was written, a few times a second, whatever else there is to do."""
        while not stop.is_set():
            with _going_on():
                await sealing.seal_waiting(self.house)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), SEAL_EVERY)

    async def _witness_on(self, stop: asyncio.Event) -> None:
        """Ask the witnesses about what was sealed; nobody waits for them."""
        while not stop.is_set():
            self.witnessing.begin()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), WITNESS_EVERY)

    async def _let_be(self) -> None:
        """Whoever is being told has a moment to answer; the rest is done by whoever works next."""
        going = {task for task in (self.telling, self.working) if task is not None}
        if going:
            _, late = await asyncio.wait(going, timeout=LAST_WORDS_S)
            for task in late:
                task.cancel()
        await self.witnessing.let_be(LAST_WORDS_S)
        if self.connected is not None:
            await self.connected.let_be(LAST_WORDS_S)

    async def _round(self, number: int) -> bool:
        """One round, of no more than one batch of due things. Returns whether more of them wait."""
        there_is_more = False
        with _going_on():
            await self._be_seen()
            there_is_more = await self._some()
            if number % ROUNDS_TO_TIDY == ROUNDS_TO_TIDY - 1:
                await housekeeping.tidy(self.house)
                await jobs.forget_jobs(self.house)
            if number % ROUNDS_TO_SWEEP == ROUNDS_TO_TIDY:  # early, so that one who is started often sweeps too
                await housekeeping.sweep(self.house)
                await housekeeping.sweep_keys(self.house)
                await rotating_keys.rotate_due(self.house)
        return there_is_more

    async def _be_seen(self) -> None:
        now = self.house.clock.now()
        if _is_time(self.seen_at, BE_SEEN_EVERY, now):
            await housekeeping.was_seen(self.house)
            self.seen_at = now

    async def _some(self) -> bool:
        async with self.alone:
            done = [] if self._is_asked_first() else await due.run_due(self.house, batches=1)
            await self.delivery.deliver_waiting()
            if self.connected is not None:
                await self.connected.begin()  # each in a task of its own
            if self.notifications is not None and (self.telling is None or self.telling.done()):
                await self._told()
                # Beside the rounds: a program that answers slowly keeps nothing else waiting.
                self.telling = asyncio.create_task(self.notifications.deliver_waiting())
            await certifying.certify_waiting(self.house)
            self._work()
            now = self.house.clock.now()
            if _is_time(self.scrubbed_at, SCRUB_EVERY, now):
                await housekeeping.scrub(self.house)
                self.scrubbed_at = now
        return len(done) >= due.BATCH

    def resume(self) -> None:
        """Due work goes on. Whoever asks for a round at once does it, and is told what was done."""
        self.resumed = Stopwatch()

    def _is_asked_first(self) -> bool:
        return self.resumed is not None and self.resumed.seconds() < ASKED_WITHIN_S

    def _work(self) -> None:
        """Beside the rounds: a long list keeps nothing else waiting. What failed was told in the log of its job."""
        if self.jobs is None or (self.working is not None and not self.working.done()):
            return
        if self.working is not None and self.working.exception() is not None:
            log.warning("worker_waits_for_database", reason=str(self.working.exception()))
        self.working = asyncio.ensure_future(self.jobs())


@contextlib.contextmanager
def _going_on() -> Iterator[None]:
    """A round that fails is said, and the next one comes."""
    try:
        yield
    except Unavailable as away:
        log.warning("worker_waits_for_database", reason=str(away))
    except Exception:
        log.exception("worker_goes_on_after_failure")


def _is_time(last: datetime | None, every: timedelta, now: datetime) -> bool:
    """Whether that long has passed, or the machine's clock was set back, so that nobody can tell."""
    return last is None or abs(now - last) >= every
