"""``/openapi.json`` over SCIM: it says what the routes say, answers are as it says, what it allows is survived."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from tests.support.houses import PUBLIC_URL
from tests.support.scim import Client
from tests.support.world import Place
from tests.wire.conversations import files, read, said
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.openapi import document
from vestibule.doors.scim.openapi import ROOT, described
from vestibule.doors.scim.routing import ROUTES

DOCUMENT = document(TABLE, PUBLIC_URL, described())
PATHS, SCHEMAS = described()
SCHEMA = schemathesis.openapi.from_dict({**DOCUMENT, "paths": PATHS})
OPERATIONS = {
    f"{one.ok().method.upper()} {one.ok().path}": one.ok() for one in SCHEMA.get_all_operations() if isinstance(one, Ok)
}
TRIES = 6


def test_the_whole_description_holds_both_doors():
    assert {"/v1.0/users", f"{ROOT}/Users"} <= set(DOCUMENT["paths"])
    assert set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(DOCUMENT))) == set(
        DOCUMENT["components"]["schemas"]
    )
    names = [one["operationId"] for methods in DOCUMENT["paths"].values() for one in methods.values()]
    assert len(set(names)) == len(names)


def test_every_route_is_described_and_nothing_else():
    of_the_door = {("POST", "/Bulk")} | {
        ("GET", path)
        for path in ("/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/{name}", "/Schemas", "/Schemas/{urn}")
    }
    assert set(OPERATIONS) == {
        f"{method} {ROOT}{pattern}" for method, pattern in {(one.method, one.pattern) for one in ROUTES} | of_the_door
    }


def test_what_is_described_is_what_is_published():
    assert set(SCHEMAS["scim.User"]["properties"]) >= {"userName", "meta", "externalId", "groups", "emails"}
    assert "groups" not in SCHEMAS["scim.User.write"]["properties"], "clients do not write it"
    assert SCHEMAS["scim.User.write"]["required"] == ["schemas", "userName"]


@pytest.mark.parametrize("name", [path.stem for path in files("scim")])
def test_the_answers_of_the_conversations_are_as_described(name: str):
    checked = 0
    [path] = [one for one in files("scim") if one.stem == name]
    for exchange in read(path.read_text(encoding="utf-8"))[1]:
        status, body = said(exchange)
        method, target = exchange.lines[0].split(" ", 1)
        operation = _operation(method, target.partition("?")[0])
        if body is not None and operation is not None:
            answer = httpx.Response(status, json=body, request=httpx.Request(method, PUBLIC_URL))
            answer.elapsed = timedelta(0)
            _validate(operation, answer)
            checked += 1
    assert checked > 5


def _operation(method: str, path: str) -> APIOperation[Any, Any, Any, Any] | None:
    """The operation that an address leads to, if any; literal segments come first."""
    for name in sorted(OPERATIONS, key=lambda name: name.count("{")):
        wanted, pattern = name.split(" ", 1)
        parts = [re.escape(part) if "{" not in part else "[^/]+" for part in pattern.split("/")]
        if wanted == method and re.fullmatch("/".join(parts), path):
            return OPERATIONS[name]
    return None


def _validate(operation: APIOperation[Any, Any, Any, Any], answer: httpx.Response) -> None:
    statuses = operation.definition.raw["responses"]
    assert str(answer.status_code) in statuses, f"{operation.label} answered {answer.status_code}: {answer.text[:400]}"
    answer.headers["content-type"] = "application/scim+json"
    operation.validate_response(answer)


def _cases() -> list[Case[Any]]:
    """Requests that the description allows, the same on every run."""
    found: list[Case[Any]] = []
    for number, operation in enumerate(OPERATIONS.values()):

        @seed(20_261_125 + number)
        @settings(
            max_examples=TRIES,
            derandomize=False,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def gather(case: Case[Any]) -> None:
            found.append(case)

        gather()
    return found


async def test_no_request_breaks_the_door(client: Client, contoso: Place):
    ann = await client.create("/Users", userName="ann@contoso.example")
    crew = await client.create("/Groups", displayName="Crew", members=[{"value": ann["id"]}])
    statuses: dict[int, int] = {}
    for number, case in enumerate(_cases()):
        one = crew if "/Groups" in case.operation.path else ann
        known = {
            "tenant": contoso.id,
            "id": one["id"],
            "name": "User",
            "urn": "urn:ietf:params:scim:schemas:core:2.0:User",
        }
        if number % 4:  # one of each with whatever was made up
            case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        answer = await _send(client, case)
        statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
        where = f"{case.method} {answer.request.url} {answer.text[:400]}"
        assert answer.status_code < 500 or answer.status_code == 501, where
        if answer.content:
            assert answer.headers["content-type"].startswith("application/scim+json"), where
            _validate(case.operation, answer)
    assert sum(statuses.values()) >= len(OPERATIONS) * TRIES / 2
    assert {200, 204, 400, 403, 404, 412} <= set(statuses), statuses


async def _send(client: Client, case: Case[Any]) -> httpx.Response:
    made: dict[str, Any] = case.as_transport_kwargs(base_url=PUBLIC_URL)
    headers = {
        name: value.encode("utf-8")
        for name, value in made["headers"].items()
        if name not in {"Authorization", "Connection", "X-Schemathesis-TestCaseId"}
    }
    body = {name: made[name] for name in ("json", "content", "data") if made.get(name) is not None}
    token = {"Authorization": f"Bearer {client.token}".encode()}
    return await client.http.request(
        made["method"], made["url"], params=made.get("params") or None, headers={**headers, **token}, **body
    )
