"""A house on each database for every test of actions."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.store.memberships import Membership


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
async def sam(contoso: Place) -> Membership:
    """A guest of Contoso's."""
    return await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")


@pytest.fixture
async def robin(contoso: Place) -> Membership:
    """Another."""
    return await world.guest(contoso, "robin@elsewhere.example", "Robin Counts")
