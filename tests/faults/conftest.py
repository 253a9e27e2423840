"""A ground of each kind for every test of faults, made from a template that is migrated once."""

import asyncio
import shutil
from collections.abc import AsyncIterator
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
from vestibule.store.opening import open_store, prepare


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


@pytest.fixture
def source(kind: str, request: pytest.FixtureRequest) -> Path | PostgresServer:
    """What a ground is made from; an async fixture cannot ask for another while it runs."""
    found: Path | PostgresServer = request.getfixturevalue("sqlite_template" if kind == "sqlite" else "postgres_server")
    return found


@pytest.fixture
async def ground(source: Path | PostgresServer, tmp_path: Path) -> AsyncIterator[Ground]:
    """An empty emulator database with a stopped clock and seeded chance."""
    clock, chance = StoppedClock(START), SeededChance("faults")
    sealer = Sealer(KEY, chance)
    url: str | None = None
    if isinstance(source, Path):
        await asyncio.to_thread(shutil.copytree, source, tmp_path, dirs_exist_ok=True)
    else:
        url = await asyncio.to_thread(source.create_from, "faults", lambda made: _prepare(made, tmp_path))
    opened = await open_store(url, tmp_path, clock, sealer=sealer, serving=True)
    yield Ground(url, tmp_path, opened, house_on(opened, clock, sealer, chance), clock)
    await opened.close()
    if isinstance(source, PostgresServer) and url is not None:
        await asyncio.to_thread(source.drop_database, url)


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
    async with town_on(server, tmp_path) as made:
        yield made
