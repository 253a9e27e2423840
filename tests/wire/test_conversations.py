"""What the Graph door says lies beside this test, word for word: a changed answer is a changed file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.wire.conversations import files, programs, read, replay
from tests.wire.scene import scene
from vestibule.actions.house import House
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.routing import Route

AGREED = {f"{path.parent.name}/{path.stem}": path.read_text(encoding="utf-8") for path in files()}


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """An empty house on each database."""
    if request.param == "sqlite":
        async with sqlite_house(tmp_path) as made:
            yield made
    else:
        async with postgres_house(request.getfixturevalue("postgres_server")) as made:
            yield made


@pytest.mark.parametrize("name", AGREED)
async def test_the_answers_are_those_that_were_agreed(name: str, house: House):
    hint = "answers changed; `python -m tests.wire.conversations` writes them down"
    async with scene(house, programs(AGREED[name])) as on:
        assert await replay(AGREED[name], on) == AGREED[name], hint


def test_every_route_is_spoken_to():
    spoken: set[int] = set()
    for agreed in AGREED.values():
        for exchange in read(agreed)[1]:
            method, target = exchange.lines[0].split(" ", 1)
            version, _, below = target.removeprefix("/").partition("?")[0].partition("/")
            if version.lower() in {"v1.0", "beta"} and method != "HEAD":
                route = _route(version.lower(), method, f"/{below}")
                spoken |= set() if route is None else {id(route)}
    silent = [f"{route.method} {route.pattern}" for route in TABLE if id(route) not in spoken]
    assert silent == []


def _route(version: str, method: str, path: str) -> Route[Handler] | None:
    # Names in braces stand for ids, which are cut at the same places.
    try:
        return TABLE.match(version, method, path.replace("{{", "x-").replace("}}", "-x").encode()).route
    except GraphError:  # some lead nowhere, on purpose
        return None
