"""A migrated emulator database of either kind to do harm to, and houses that stand on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vestibule.actions.house import House
from vestibule.doors.letters.delivery import Delivery
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store.opening import Opened, open_store
from vestibule.worker import Worker

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEY = bytes(range(32))
PUBLIC_URL = "https://vestibule.example"


@dataclass(slots=True)
class Ground:
    """One database, and what stands on it.

    Attributes:
        url: of the PostgreSQL database; None for files in ``folder``.
        house: the house that serves it. clock: the machine's clock of every house here, stopped.
    """

    url: str | None
    folder: Path
    opened: Opened
    house: House
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(START))

    @property
    def worker(self) -> Worker:
        """A worker of the house; letters are captured."""
        return worker_of(self.house)

    def push(self, step: timedelta) -> None:
        """Let time pass, on the machine and in the life of everybody."""
        self.clock.advance(step)

    @asynccontextmanager
    async def another(self, seed: str) -> AsyncIterator[House]:
        """The same database opened once more, as another process would."""
        chance = SeededChance(seed)
        opened = await open_store(self.url, self.folder, self.clock, sealer=Sealer(KEY, chance))
        try:
            yield replace(self.house, store=opened.store, keys=opened.keys, chance=chance)
        finally:
            await opened.close()


def worker_of(house: House) -> Worker:
    """A worker whose letters are captured."""
    return Worker(house, Delivery(house, None))


def house_on(opened: Opened, clock: StoppedClock, sealer: Sealer, chance: SeededChance) -> House:
    """The house on an open database."""
    return House(opened.store, opened.keys, clock, chance, sealer, PUBLIC_URL, emulator=opened.emulator)
