"""A store of each kind: real files, a real server, migrated, with a stopped clock."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.store.rows import Store
from tests.support.postgres import PostgresServer
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store import snapshot
from vestibule.store.opening import Opened, open_store, prepare


@dataclass(frozen=True)
class Shared:
    """A PostgreSQL database that many tests use one after the other."""

    url: str
    opened: Opened
    at_first: bytes


KINDS = ("sqlite", "postgresql")
START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
KEY = bytes(range(32))


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(START)


@pytest.fixture
def chance() -> SeededChance:
    return SeededChance("store")


@pytest.fixture
def sealer(chance: SeededChance) -> Sealer:
    return Sealer(KEY, chance)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """Each test that asks for a store runs once on each database."""
    return str(request.param)


@pytest.fixture
async def empty_url(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[str | None]:
    """The address of an empty database; None is the default, a file in the data folder."""
    if kind == "sqlite":
        yield None
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = await asyncio.to_thread(server.create_database)
    yield url
    await asyncio.to_thread(server.drop_database, url)


@pytest.fixture(scope="session")
async def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with prepared SQLite files, to be copied."""
    folder = tmp_path_factory.mktemp("template")
    chance = SeededChance("store")
    opened = await open_store(None, folder, StoppedClock(START), sealer=Sealer(KEY, chance))
    await prepare(opened, emulator=False, chance=chance)
    await opened.close()
    return folder


@pytest.fixture(scope="session")
async def postgres_shared(postgres_server: PostgresServer) -> AsyncIterator[Shared]:
    """A prepared PostgreSQL database for all tests that leave it in order."""
    chance = SeededChance("store")
    url = await asyncio.to_thread(postgres_server.create_database)
    opened = await open_store(url, Path(), StoppedClock(START), sealer=Sealer(KEY, chance))
    await prepare(opened, emulator=False, chance=chance)
    yield Shared(url, opened, await snapshot.take(opened.store))
    await opened.close()


@pytest.fixture
def prepared(kind: str, request: pytest.FixtureRequest) -> Path | Shared:
    """What ``opened`` begins with; asked for here because an async fixture cannot ask for another while it runs."""
    found: Path | Shared = request.getfixturevalue("sqlite_template" if kind == "sqlite" else "postgres_shared")
    return found


@pytest.fixture
async def opened(prepared: Path | Shared, tmp_path: Path, clock: StoppedClock, sealer: Sealer) -> AsyncIterator[Opened]:
    """An open store with empty tables, not an emulator."""
    if isinstance(prepared, Path):
        _copy_files(prepared, tmp_path)
        opened = await open_store(None, tmp_path, clock, sealer=sealer, serving=True)
        yield opened
        await opened.close()
    else:
        shared = prepared.opened
        await snapshot.put_back(shared.store, prepared.at_first, generation=shared.generation)
        await shared.keys.import_([])
        yield shared


@pytest.fixture
async def beside(
    prepared: Path | Shared, opened: Opened, tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> AsyncIterator[Opened]:
    """The same database opened once more, as a command does beside a running server."""
    url = None if isinstance(prepared, Path) else prepared.url
    again = await open_store(url, tmp_path, clock, sealer=sealer)
    yield again
    await again.close()


@pytest.fixture
def store(opened: Opened) -> Store:
    return opened.store


def _copy_files(folder: Path, to: Path) -> None:
    for file in folder.glob("*.sqlite"):
        shutil.copy(file, to)
