"""``/openapi.json``: it says what the table says, answers are as it says, and whatever it allows is survived."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case
from schemathesis.core.result import Ok

from tests.support.graph import Caller, Graph, graph_door
from tests.support.houses import PUBLIC_URL, sqlite_house
from tests.support.stage import Stage, stage
from tests.wire.conversations import Exchange, files, read
from tests.wire.conversations import said as said_to
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.openapi import document
from vestibule.doors.graph.routing import BOTH, Route

DOCUMENT = document(TABLE, PUBLIC_URL)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {
    f"{one.ok().method.upper()} {one.ok().path}": one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)
}
TRIES = 4
"""Requests for each operation; ``make soak`` makes the many."""


def _path(route: Route[Handler], version: str) -> str:
    described = route.pattern.replace("={", "='{").replace("})", "}')")
    return f"/{version}{described}"


# --- The description --------------------------------------------------------------------------------------------------


async def test_it_is_served_to_everybody(graph: Graph):
    answer = await graph.http.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == json.loads(json.dumps(DOCUMENT))
    assert (await graph.http.get("/OpenAPI.JSON")).status_code == 200
    assert (await graph.http.head("/openapi.json")).content == b""
    refused = await graph.http.post("/openapi.json")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


def test_every_route_is_described_and_nothing_else():
    routes = {
        (_path(route, version), route.method.lower(), route.status) for route in TABLE for version in route.versions
    }
    described = {
        (path, method, int(next(status for status in operation["responses"] if status.startswith("2"))))
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
    }
    of_the_door = {(f"/{version}/$batch", "post", 200) for version in BOTH}
    assert described == routes | of_the_door


def test_operations_have_names_of_their_own():
    names = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[A-Za-z0-9_.]+", name)] == []


def test_every_reference_leads_somewhere_and_every_schema_is_used():
    text = json.dumps(DOCUMENT)
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert used == set(DOCUMENT["components"]["schemas"])


def test_every_parameter_of_a_path_is_described():
    for path, methods in DOCUMENT["paths"].items():
        wanted = re.findall(r"{(\w+)}", path)
        for operation in methods.values():
            given_ = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
            assert given_ == wanted, path


def test_required_bodies_are_said_to_be():
    post = DOCUMENT["paths"]["/v1.0/users"]["post"]["requestBody"]
    assert post["required"] is True
    required = DOCUMENT["components"]["schemas"]["user.create"]["required"]
    assert {"accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName"} == set(required)
    restore = DOCUMENT["paths"]["/v1.0/directory/deletedItems/{object}/restore"]["post"]["requestBody"]
    assert restore["required"] is False


def test_a_password_is_described_where_it_is_written_only():
    schemas = DOCUMENT["components"]["schemas"]
    assert "password" in json.dumps(schemas["user.create"]["properties"]["passwordProfile"])
    assert schemas["invitation.create"]["properties"]["startFresh"] == {"type": ["boolean", "null"]}
    assert "startFresh" not in schemas["invitation"]["properties"]


# --- Answers are as described -----------------------------------------------------------------------------------------


def _spoken() -> list[tuple[str, Exchange, Route[Handler], str]]:
    """Every exchange of the conversations that leads to a route, with the version it was asked under."""
    found = []
    for path in files("graph"):
        for exchange in read(path.read_text(encoding="utf-8"))[1]:
            method, target = exchange.lines[0].split(" ", 1)
            version, _, below = target.removeprefix("/").partition("?")[0].partition("/")
            if version.lower() not in BOTH or below == "$batch":  # another door; no route: its parts are
                continue
            try:
                plain = f"/{below}".replace("{{", "x-").replace("}}", "-x").encode()
                match = TABLE.match(version.lower(), method, plain)
            except GraphError:
                continue
            if match.facet is None:  # a property, references or a number are no answers of their own
                found.append((path.stem, exchange, match.route, version.lower()))
    return found


@pytest.mark.parametrize("name", sorted({stem for stem, *_ in _spoken()}))
def test_the_answers_of_the_conversations_are_as_described(name: str):
    checked = 0
    for stem, exchange, route, version in _spoken():
        status, body = said_to(exchange)
        if stem != name or body is None:
            continue
        operation = OPERATIONS[f"{route.method} {_path(route, version)}"]
        request = httpx.Request(route.method, PUBLIC_URL)
        if "error" in body:
            ids = {"request-id": "r", "client-request-id": "c"}
            body["error"]["innerError"] |= ids  # not written down, since they are new every time
        answer = httpx.Response(status, json=body, request=request)
        answer.elapsed = timedelta(0)
        operation.validate_response(answer)
        checked += 1
    assert checked > 3


# --- Whatever it allows is survived -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
async def on(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """One stage for everything that is tried."""
    async with sqlite_house(tmp_path_factory.mktemp("openapi")) as house, graph_door(house) as graph:
        yield await stage(graph)


def _cases() -> list[Case[Any]]:
    """Requests that the description allows, the same on every run; each route under one of its versions."""
    found: list[Case[Any]] = []
    for number, route in enumerate(TABLE):
        version = route.versions[number % len(route.versions)]

        @seed(20_260_302 + number)
        @settings(
            max_examples=TRIES,
            derandomize=False,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=OPERATIONS[f"{route.method} {_path(route, version)}"].as_strategy())
        def gather(case: Case[Any]) -> None:
            found.append(case)

        gather()
    return found


async def test_no_request_breaks_the_door(on: Stage):
    program = await on.caller("program")
    ids = on.names() | {
        "user": on.adele.user_id,
        "group": on.readers.group_id,
        "member": on.sam.user_id,
        "organization": on.contoso.id,
        "role": "95e79109-95c0-4d8e-aee3-d01accf2d47b",
        "app": on.travel.app_id,
        "client": on.travel.client_id,
        "principal": on.travel.service_principal_id,
        "object": on.alex.user_id,
        "domain": on.contoso.domain,
    }
    statuses: dict[int, int] = {}
    for number, case in enumerate(_cases()):
        if number % TRIES:  # one of each with whatever was made up for an id
            known = {name: ids[name] for name in case.path_parameters or {} if name in ids}
            case.path_parameters = {**(case.path_parameters or {}), **known}
        # A person signs in anew each time, since one of the calls ends their sessions.
        answer = await _send(await on.caller("admin") if number % 2 else program, case)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        where = f"{case.method} {answer.request.url} {answer.text[:400]}"
        assert answer.status_code < 500 or answer.status_code == 501, where
        if answer.content and "json" in answer.headers["content-type"] and case.method != "HEAD":
            case.operation.validate_response(answer)
    assert sum(statuses.values()) == len(list(TABLE)) * TRIES
    assert {200, 204, 400, 403, 404} == set(statuses) - {201, 304, 409, 410, 412, 422, 501}, statuses


async def _send(caller: Caller, case: Case[Any]) -> httpx.Response:
    made: dict[str, Any] = case.as_transport_kwargs(base_url=PUBLIC_URL)
    headers = {
        name: value.encode("utf-8")
        for name, value in made["headers"].items()
        if name not in {"Authorization", "Connection", "X-Schemathesis-TestCaseId"}
    }
    body = {name: made[name] for name in ("json", "content", "data") if made.get(name) is not None}
    token = {"Authorization": f"Bearer {caller.token}".encode()}
    return await caller.http.request(
        made["method"], made["url"], params=made.get("params") or None, headers={**headers, **token}, **body
    )
