"""The Graph door on each database, with an organization and its Global Administrator."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, graph_door
from tests.support.houses import KINDS, postgres_house, sqlite_house
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
async def fabrikam(house: House) -> Place:
    """Another organization."""
    return await world.organization(house, "Fabrikam")


@pytest.fixture
async def graph(house: House) -> AsyncIterator[Graph]:
    """The door over HTTP."""
    async with graph_door(house) as door:
        yield door


@pytest.fixture
async def admin(graph: Graph, contoso: Place) -> Caller:
    """Contoso's Global Administrator behind a program that may do everything for them."""
    return await graph.person(contoso.administrator, *EVERYTHING)


@pytest.fixture
async def program(graph: Graph, contoso: Place) -> Caller:
    """A program of Contoso with every application permission there is a use for."""
    return await graph.app(contoso, *EVERYTHING)
