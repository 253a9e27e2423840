"""How much a program may ask at once: told in units, limited where the operator says so."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.doors.graph.app import graph_app
from vestibule.ground.clock import StoppedClock


@pytest.mark.parametrize(
    ("method", "path", "units"),
    [
        ("GET", "/users", "2"),
        ("GET", "/users?$select=id", "1"),
        ("GET", "/users?$select=id&$top=5", "1"),
        ("GET", "/users?$top=19", "1"),
        ("GET", "/users/{}", "1"),
        ("GET", "/users/{}?$expand=sponsors", "2"),
        ("POST", "/directoryObjects/getByIds", "3"),
    ],
)
async def test_what_a_request_costs(program: Caller, contoso: Place, method: str, path: str, units: str):
    body: dict[str, Any] = {"json": {"ids": []}} if method == "POST" else {}
    answer = await program.ask(method, f"/v1.0{path.format(contoso.administrator.user_id)}", **body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-ms-resource-unit"] == units
    assert "ratelimit-limit" not in answer.headers


async def test_a_limit_for_each_program_and_organization(graph: Graph, contoso: Place, house: House):
    assert isinstance(house.clock, StoppedClock)
    clock = house.clock
    one, other = [await graph.app(contoso, *EVERYTHING) for _ in range(2)]
    transport = httpx.ASGITransport(app=graph_app(house, graph.ring, limit=10))
    async with httpx.AsyncClient(transport=transport, base_url=house.public_url) as http:
        one.http = other.http = http
        for turn in range(1, 6):
            answer = await one.get("/v1.0/users")
            assert answer.status_code == 200
            assert answer.headers["ratelimit-limit"] == "10"
            assert answer.headers["ratelimit-remaining"] == str(10 - 2 * turn)
            assert ("x-ms-throttle-limit-percentage" in answer.headers) is (turn >= 4)
        refused = await one.get("/v1.0/users")
        assert code_of(refused) == (429, "TooManyRequests")
        assert 1 <= int(refused.headers["retry-after"]) <= 10
        assert refused.headers["x-ms-throttle-scope"].startswith("Tenant_Application/ReadWrite/")
        assert refused.json()["error"]["innerError"]["status"] == "429"
        assert (await other.get("/v1.0/users")).status_code == 200
        clock.advance(timedelta(seconds=int(refused.headers["retry-after"])))
        assert (await one.get("/v1.0/users")).status_code == 200


async def test_each_part_of_a_batch_is_limited_by_itself(graph: Graph, contoso: Place, house: House):
    caller = await graph.app(contoso, *EVERYTHING)
    await world.member(contoso, "Sam")
    transport = httpx.ASGITransport(app=graph_app(house, graph.ring, limit=3))
    async with httpx.AsyncClient(transport=transport, base_url=house.public_url) as http:
        caller.http = http
        parts = [{"id": number, "method": "GET", "url": "/users?$select=id"} for number in range(5)]
        answer = await caller.post("/v1.0/$batch", {"requests": parts})
    found = answer.json()["responses"]
    assert [one["status"] for one in found] == [200, 200, 200, 429, 429]
    assert "Retry-After" in found[-1]["headers"]


async def test_the_callers_own_id_of_a_request_comes_back(program: Caller, contoso: Place):
    own = "7d9c8f0e-2f5b-4c1e-9d77-0c1f6a1b2c3d"
    answer = await program.get("/v1.0/users", headers={"client-request-id": own.upper()})
    assert answer.headers["client-request-id"] == own
    part = {"id": "1", "method": "GET", "url": "/users", "headers": {"client-request-id": own}}
    batch = await program.post("/v1.0/$batch", {"requests": [part]})
    assert batch.json()["responses"][0]["headers"]["client-request-id"] == own
