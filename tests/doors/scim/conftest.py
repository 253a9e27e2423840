"""The SCIM door on each database, with an organization and a client of it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.scim import Client, Scim, scim_door
from tests.support.world import Place
from vestibule.actions.house import House


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """An empty house; the test runs once on each database."""
    if request.param == "sqlite":
        async with sqlite_house(tmp_path) as made:
            yield made
    else:
        async with postgres_house(request.getfixturevalue("postgres_server")) as made:
            yield made


@pytest.fixture
async def contoso(house: House) -> Place:
    """An organization with a Global Administrator."""
    return await world.organization(house, "Contoso")


@pytest.fixture
async def scim(house: House) -> AsyncIterator[Scim]:
    """The door over HTTP."""
    async with scim_door(house) as door:
        yield door


@pytest.fixture
async def client(scim: Scim, contoso: Place) -> Client:
    """A client that may write Contoso's users and groups."""
    return await scim.client(contoso)
