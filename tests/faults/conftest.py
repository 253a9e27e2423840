"""A ground of each kind for every test of faults, made from a template that is migrated once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from tests.faults.ground import KEY, START, Ground, house_on
from tests.faults.town import Town, town_on
from tests.support import world
from tests.support.houses import KINDS
from tests.support.postgres import PostgresServer
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store import snapshot
from vestibule.store.opening import Opened, open_store, prepare

TEMPLATE = "faults"


def _prepare(url: str | None, folder: Path) -> None:
    """Migrate and stamp an emulator database. Called in a thread without an event loop."""

    async def fill() -> None:
        chance = SeededChance("template")
        opened = await open_store(url, folder, StoppedClock(START), sealer=Sealer(KEY, chance))
        try:
            await prepare(opened, emulator=True, chance=chance)
        finally:
            await opened.close()

    asyncio.run(fill())


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with prepared SQLite files, to be copied."""
    folder = tmp_path_factory.mktemp("faults")
    await asyncio.to_thread(_prepare, None, folder)
    return folder


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each test runs once on each database."""
    return str(request.param)


@dataclass(frozen=True)
class Shared:
    """A PostgreSQL database that tests use one after the other. ``at_first``: its rows when it was new."""

    url: str
    opened: Opened
    clock: StoppedClock
    at_first: bytes


@pytest.fixture(scope="session")
async def postgres_shared(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shared]:
    """Emptied before each use, which is faster than a new one."""
    folder, clock = tmp_path_factory.mktemp("shared"), StoppedClock(START)
    url = await asyncio.to_thread(postgres_server.create_from, TEMPLATE, partial(_prepare, folder=folder))
    opened = await open_store(url, folder, clock, sealer=Sealer(KEY, SeededChance("shared")))
    yield Shared(url, opened, clock, await snapshot.take(opened.store))
    await opened.close()


@pytest.fixture
def source(kind: str, request: pytest.FixtureRequest) -> Path | Shared:
    """What a ground is made from; an async fixture cannot ask for another while it runs."""
    found: Path | Shared = request.getfixturevalue("sqlite_template" if kind == "sqlite" else "postgres_shared")
    return found


@pytest.fixture
async def ground(source: Path | Shared, tmp_path: Path) -> AsyncIterator[Ground]:
    """An empty emulator database with a stopped clock and seeded chance."""
    chance = SeededChance("faults")
    sealer = Sealer(KEY, chance)
    if isinstance(source, Shared):
        opened = source.opened
        source.clock.advance(START - source.clock.now())
        await snapshot.put_back(opened.store, source.at_first, generation=opened.generation)
        await opened.keys.import_([])
        yield Ground(source.url, tmp_path, opened, house_on(opened, source.clock, sealer, chance), source.clock)
        return
    clock = StoppedClock(START)
    await asyncio.to_thread(shutil.copytree, source, tmp_path, dirs_exist_ok=True)
    opened = await open_store(None, tmp_path, clock, sealer=sealer, serving=True)
    yield Ground(None, tmp_path, opened, house_on(opened, clock, sealer, chance), clock)
    await opened.close()


@pytest.fixture
def house(ground: Ground) -> House:
    return ground.house


@pytest.fixture
async def contoso(house: House) -> Place:
    """An organization with a Global Administrator."""
    return await world.organization(house, "Contoso")


@pytest.fixture
def server(kind: str, request: pytest.FixtureRequest) -> PostgresServer | None:
    """The PostgreSQL server, where that is the kind."""
    return None if kind == "sqlite" else request.getfixturevalue("postgres_server")


@pytest.fixture
async def town(server: PostgresServer | None, tmp_path: Path) -> AsyncIterator[Town]:
    """A whole program over HTTP."""
    url = ""
    if server is not None:
        url = await asyncio.to_thread(server.create_from, TEMPLATE, partial(_prepare, folder=tmp_path))
    async with town_on(url, tmp_path) as made:
        yield made
    if server is not None:
        await asyncio.to_thread(server.drop_database, url)
