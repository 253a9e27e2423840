"""The demo organizations with a stopped clock: in this process, or served on a port of this machine."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.houses import PUBLIC_URL, START
from tests.support.serving import served
from vestibule import seeded
from vestibule.app import front
from vestibule.demo import cast, document
from vestibule.demo.seeding import BEGINS_BEFORE, seed
from vestibule.demo.stage import Stage
from vestibule.ground.chance import Chance
from vestibule.ground.clock import StoppedClock
from vestibule.program import Program, open_program
from vestibule.settings import Settings


@dataclass(frozen=True, slots=True)
class OpenedDemo:
    """The demo organizations, with everything around them.

    Attributes:
        known: what ``demo.json`` says.
    """

    program: Program
    clock: StoppedClock
    known: dict[str, Any]

    def front(self, *, plain_port: int | None = None) -> Any:
        """The application."""
        return front(self.program, reset=self.reset, plain_port=plain_port)

    async def reset(self) -> None:
        """Back to the seeded state."""
        await seeded.reset(self.program)

    def tenant(self, key: str) -> dict[str, Any]:
        """One organization, as ``demo.json`` tells of it."""
        found: dict[str, Any] = self.known["tenants"][key]
        return found


@asynccontextmanager
async def opened_demo(
    folder: Path,
    *,
    database: str = "",
    public_url: str = PUBLIC_URL,
    now: datetime = START,
    chance: Chance | None = None,
) -> AsyncIterator[OpenedDemo]:
    """Seed the demo organizations; their story ends ``now``, where the clock stands.

    Args:
        folder: the data folder. database: the address of an empty one; empty for a file in the folder.
        public_url: the origin of generated links. now: the present. chance: the machine's own unless it is given.
    """
    clock = StoppedClock(now - BEGINS_BEFORE)
    settings = Settings(data=folder, database_url=database, public_url=public_url, operated_by=cast.CONTOSO.name)
    program = await open_program(settings, serving=True, emulator_wanted=True, clock=clock, chance=chance)
    try:
        known = document.facts(await seed(Stage(program, clock), now))
        await seeded.keep(program)
        yield OpenedDemo(program, clock, known)
    finally:
        await program.close()


@dataclass(frozen=True, slots=True)
class ServedDemo:
    """The demo on a port. ``origin`` is for a browser: plain http on a loopback name."""

    opened: OpenedDemo
    origin: str


@asynccontextmanager
async def served_demo(
    folder: Path, *, now: datetime = START, chance: Chance | None = None
) -> AsyncIterator[ServedDemo]:
    """Serve the demo on a free port of this machine, with its worker."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        async with opened_demo(folder, public_url="https://localhost", now=now, chance=chance) as opened:
            stop = asyncio.Event()
            working = asyncio.create_task(opened.program.worker.run(stop))
            try:
                async with served(opened.front(plain_port=port), listener):
                    yield ServedDemo(opened, f"http://localhost:{port}")
            finally:
                stop.set()
                await working
