"""Requests that mean no good: every door answers each of them in its own words.

A slice with a fixed seed; ``make soak PART=fuzz`` goes on for longer.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from soak import fuzz
from soak.fuzzing import breakages, checks
from soak.fuzzing.asking import Answered, Asked
from soak.fuzzing.breakages import Patch
from soak.rounds import Field, Progress
from tests.support.postgres import PostgresServer

REQUESTS = 3_000
TO_FIND_IT = 1_200
OVER_SOCKETS = 400

GRAPH = Asked("graph", "GET", "/v1.0/users")
IDS = {"request-id": "1", "client-request-id": "1", "content-type": "application/json"}


async def _played(
    server: PostgresServer | None, folder: Path, requests: int, *, over_sockets: bool = False
) -> tuple[list[str], Progress]:
    where = Field(folder, server, "" if server is None else server.create_database())
    progress = Progress("slice")
    try:
        found = await fuzz.play(where, progress, "slice", requests, over_sockets=over_sockets)
    finally:
        where.drop()
    return found, progress


async def test_no_request_breaks_a_door(server: PostgresServer | None, tmp_path: Path):
    found, progress = await _played(server, tmp_path, REQUESTS)
    assert found == []
    answers = progress.acknowledged
    assert sum(count for name, count in answers.items() if name.startswith(("graph ", "scim ", "oidc "))) == REQUESTS
    assert all(answers[f"{door} {status}"] for door in ("graph", "scim", "oidc") for status in (200, 400, 404))
    assert all(answers[name] for name in ("graph 204", "scim 201", "scim 204", "oidc 303"))


async def test_nor_over_sockets(tmp_path: Path):
    found, progress = await _played(None, tmp_path, OVER_SOCKETS, over_sockets=True)
    assert found == []
    assert progress.acknowledged["graph 200"]


@pytest.mark.parametrize(
    ("broken", "found_as"),
    [
        (breakages.a_filter_raises, "graph_request_failed"),
        (breakages.an_address_raises, "no such address"),
        (breakages.the_inside_is_told, "it tells of the inside"),
        (breakages.no_envelope, "no error of SCIM's"),
        (breakages.no_number, "an error without its number"),
    ],
)
async def test_a_broken_build_is_found(
    broken: Callable[[Patch], None], found_as: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    broken(monkeypatch.setattr)
    found, _ = await _played(None, tmp_path, TO_FIND_IT)
    assert any(found_as in one for one in found), found[:3]


@pytest.mark.parametrize(
    ("answered", "wrong"),
    [
        (Answered(0), "status 0"),
        (Answered(200, IDS, b'{"value": []}', 1.5), "it took 1.50 s"),
        (Answered(200, IDS, b'{"value": [], "value": []}'), "a name comes twice"),
        (Answered(200, IDS, b'{"value": NaN}'), "NaN is no JSON"),
        (Answered(404, IDS, b'{"error": "notFound"}'), "no error of Graph's"),
        (Answered(204, IDS, b"{}"), "a body where there is none"),
        (Answered(200, {"content-type": "application/json"}, b"{}"), "no request-id"),
        (Answered(503, IDS, b"{}"), "status 503"),
    ],
)
def test_what_is_wrong_with_an_answer(answered: Answered, wrong: str):
    assert any(wrong in one for one in checks.of_answer(GRAPH, answered))


def test_a_door_is_known_by_its_path():
    paths = ("/V1.0/me", "/beta", "/scim/x/v2", "/", "//v1.0", "/signin", "/common/oauth2/v2.0/token", "/%76%31.0/me")
    expected = ["graph", "graph", "scim", "pages", "pages", "pages", "oidc", "graph"]
    assert [checks.door_of(path) for path in paths] == expected
