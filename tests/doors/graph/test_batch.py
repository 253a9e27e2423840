"""Several requests in one: each part as if it had come alone, in the order of what depends on what."""

import base64
from typing import Any

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place

JSON = {"Content-Type": "application/json"}


async def _ask(who: Caller, *requests: dict[str, Any], version: str = "v1.0") -> dict[str, dict[str, Any]]:
    """The answers by id."""
    answer = await who.post(f"/{version}/$batch", {"requests": list(requests)})
    assert answer.status_code == 200, answer.text
    return {one["id"]: one for one in answer.json()["responses"]}


def _get(id_: Any, url: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "method": "GET", "url": url, **more}


def _member(id_: str, name: str, **more: Any) -> dict[str, Any]:
    body = {
        "accountEnabled": True,
        "displayName": name,
        "mailNickname": name.lower(),
        "userPrincipalName": f"{name.lower()}@contoso.example",
        "passwordProfile": {"password": "long lilac Lantern 91"},
    }
    return {"id": id_, "method": "POST", "url": "/users", "headers": JSON, "body": body, **more}


async def test_parts_are_answered_like_single_requests(program: Caller, contoso: Place):
    found = await _ask(
        program,
        _get("1", "/users?$select=id,displayName"),
        _get(2, "https://vestibule.example/v1.0/users/nobody@contoso.example"),  # as the batch client of an SDK does
        _get("c", "/users/$count", headers={"ConsistencyLevel": "eventual"}),
        {"id": "g", "method": "post", "url": "/groups", "headers": JSON, "body": {"displayName": "Alone"}},
        _get("o", "/organization", headers={"Accept": "application/json;odata.metadata=none"}),
        _get("x", "/nowhere/at/all"),
    )
    alone = (await program.get("/v1.0/users?$select=id,displayName")).json()
    assert found["1"]["status"] == 200
    assert found["1"]["body"] == alone
    assert found["1"]["headers"]["Content-Type"].startswith("application/json;odata.metadata=minimal")
    assert (found["2"]["status"], found["2"]["body"]["error"]["code"]) == (404, "Request_ResourceNotFound")
    assert (found["c"]["status"], base64.b64decode(found["c"]["body"])) == (200, b"1")
    assert found["c"]["headers"]["Content-Type"] == "text/plain"
    assert (found["g"]["status"], found["g"]["body"]["error"]["code"]) == (400, "Request_BadRequest")
    assert "@odata.context" not in found["o"]["body"]
    assert (found["x"]["status"], found["x"]["body"]["error"]["code"]) == (400, "BadRequest")
    ids = {one["headers"]["request-id"] for one in found.values()}
    assert len(ids) == len(found)
    assert found["x"]["body"]["error"]["innerError"]["request-id"] == found["x"]["headers"]["request-id"]


async def test_both_versions(program: Caller, contoso: Place):
    policy = _get("1", "/policies/externalIdentitiesPolicy")
    assert (await _ask(program, policy, version="beta"))["1"]["status"] == 200
    assert (await _ask(program, policy))["1"]["status"] == 400
    assert (await program.post("/V1.0/%24Batch/", {"requests": [_get("1", "/users")]})).status_code == 200


async def test_what_depends_on_something_comes_after_it(program: Caller, contoso: Place):
    found = await _ask(
        program,
        _get("third", "/users/zoe@contoso.example", depends_on=["second"]),
        _member("first", "Zoe"),
        {
            "id": "second",
            "method": "PATCH",
            "url": "/users/zoe@contoso.example",
            "headers": JSON,
            "body": {"jobTitle": "Buyer"},
            "dependsOn": ["first"],
        },
        _get("on all", "/users?$select=jobTitle&$filter=jobTitle eq 'Buyer'", dependsOn=["first", "third", "second"]),
    )
    assert {id_: one["status"] for id_, one in found.items()} == {
        "first": 201,
        "second": 204,
        "third": 200,
        "on all": 200,
    }
    assert "body" not in found["second"]
    assert "jobTitle" in found["third"]["body"]
    assert found["on all"]["body"]["value"] == [{"jobTitle": "Buyer"}]


async def test_what_depends_on_a_failure_fails_and_the_rest_does_not(program: Caller, contoso: Place):
    found = await _ask(
        program,
        _get("1", "/users/gone@contoso.example"),
        _member("2", "Ida", dependsOn=["1"]),
        _get("3", "/users", dependsOn=["2"]),
        _member("4", "Oda"),
        _get("5", "/users/oda@contoso.example", dependsOn=["4"]),
    )
    assert {id_: one["status"] for id_, one in found.items()} == {"1": 404, "2": 424, "3": 424, "4": 201, "5": 200}
    assert found["3"]["body"]["error"]["code"] == "FailedDependency"
    assert (await program.get("/v1.0/users/ida@contoso.example")).status_code == 404


BAD: dict[str, tuple[Any, str]] = {
    "no requests": ({}, "'requests'"),
    "an empty list": ({"requests": []}, "'requests'"),
    "no list": ({"requests": {"id": "1"}}, "'requests'"),
    "no object in the list": ({"requests": ["GET /users"]}, "request 1"),
    "too many": ({"requests": [_get(str(number), "/users") for number in range(21)]}, "at most 20"),
    "the same id twice": ({"requests": [_get("1", "/users"), _get(1, "/users")]}, "more than once"),
    "no id": ({"requests": [{"method": "GET", "url": "/users"}]}, "no id"),
    "an empty id": ({"requests": [_get("", "/users")]}, "no id"),
    "a flag for an id": ({"requests": [_get(True, "/users")]}, "no id"),
    "no method": ({"requests": [{"id": "1", "url": "/users"}]}, "no method"),
    "two words for a method": ({"requests": [{"id": "1", "method": "GET /", "url": "/users"}]}, "no method"),
    "no url": ({"requests": [{"id": "1", "method": "GET"}]}, "no url"),
    "another version": ({"requests": [_get("1", "https://vestibule.example/beta/users")]}, "relative"),
    "an address that only begins like ours": (
        {"requests": [_get("1", "https://vestibule.example/v1.0.x")]},
        "relative",
    ),
    "two slashes after ours": ({"requests": [_get("1", "https://vestibule.example/v1.0//a.example/")]}, "relative"),
    "an absolute url elsewhere": ({"requests": [_get("1", "http://169.254.169.254/latest")]}, "relative"),
    "another host": ({"requests": [_get("1", "//elsewhere.example/users")]}, "relative"),
    "a fragment": ({"requests": [_get("1", "/users/a_b.com#EXT#@contoso.example")]}, "%23"),
    "a batch in a batch": ({"requests": [{"id": "1", "method": "POST", "url": "/$batch"}]}, "a batch in a batch"),
    "a disguised batch": ({"requests": [{"id": "1", "method": "POST", "url": "%24BATCH?x=1"}]}, "a batch in a batch"),
    "a circle": (
        {"requests": [_get("1", "/users", dependsOn=["2"]), _get("2", "/users", dependsOn=["1"])]},
        "in a circle",
    ),
    "itself": ({"requests": [_get("1", "/users", dependsOn=["1"])]}, "in a circle"),
    "something that is not there": ({"requests": [_get("1", "/users", dependsOn=["2"])]}, "depends on '2'"),
    "no list of dependencies": ({"requests": [_get("1", "/users", dependsOn="2")]}, "list of ids"),
    "a token of its own": ({"requests": [_get("1", "/users", headers={"authorization": "Bearer x"})]}, "token"),
    "headers that are no texts": ({"requests": [_get("1", "/users", headers={"Prefer": 1})]}, "texts"),
    "a header with a line break": ({"requests": [_get("1", "/users", headers={"A": "b\r\nC: d"})]}, "texts"),
    "an atomicity group": ({"requests": [_get("1", "/users", atomicityGroup="g")]}, "atomicity"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_batch_that_cannot_be_read(program: Caller, contoso: Place, case: str):
    body, about = BAD[case]
    answer = await program.post("/v1.0/$batch", body)
    assert code_of(answer) == (400, "BadRequest")
    assert about in answer.json()["error"]["message"]


async def test_what_is_no_batch_at_all(graph: Graph, program: Caller, contoso: Place):
    requests = {"requests": [_get("1", "/users")]}
    assert (await graph.nobody.post("/v1.0/$batch", requests)).status_code == 401
    assert (await program.get("/v1.0/$batch")).headers["allow"] == "POST"
    assert (await program.ask("POST", "/v1.0/$batch", content=b"{}", headers={})).status_code == 415
    assert (await program.ask("POST", "/v1.0/$batch", content=b"[", headers=JSON)).status_code == 400


async def test_bodies_are_judged_part_by_part(program: Caller, contoso: Place):
    given = _member("1", "Una")
    packed = base64.b64encode(b'{"displayName": 7}').decode()
    found = await _ask(
        program,
        {**given, "headers": {}},
        {**given, "id": "2", "body": ["a", "list"]},
        {**given, "id": "3", "body": packed},
        _get("4", "/users?$bad=1"),
    )
    assert {id_: one["status"] for id_, one in found.items()} == {"1": 415, "2": 400, "3": 400, "4": 400}
    assert "'displayName'" in found["3"]["body"]["error"]["message"]


async def test_each_part_has_its_own_right_and_its_own_line_in_the_log(graph: Graph, contoso: Place):
    reader = await graph.person(await world.member(contoso, "Rita Reads"), *EVERYTHING)
    made = await world.guest(contoso, "gus@elsewhere.example", "Gus")
    before = len(await world.events(contoso))
    found = await _ask(
        reader,
        _get("1", f"/users/{made.user_id}"),
        {"id": "2", "method": "DELETE", "url": f"/users/{made.user_id}"},
        _member("3", "Ada"),
    )
    assert {id_: one["status"] for id_, one in found.items()} == {"1": 200, "2": 403, "3": 403}
    written = (await world.events(contoso))[before:]
    assert [one.reason for one in written] == ["notAllowed", "notAllowed"]
    assert {one.record["request_id"] for one in written} == {found[id_]["headers"]["request-id"] for id_ in ("2", "3")}


async def test_who_is_gone_in_one_part_is_nobody_in_the_next(graph: Graph, contoso: Place):
    leaver = await world.guest(contoso, "lea@elsewhere.example", "Lea")
    caller = await graph.person(leaver, "User.Read", "Organizations.Leave")
    found = await _ask(
        caller,
        _get("1", "/me"),
        {
            "id": "2",
            "method": "POST",
            "url": f"/me/organizations/{contoso.id}/leave",
            "headers": {"Idempotency-Key": "in-a-batch"},
        },
        _get("3", "/me"),
        version="beta",
    )
    assert {id_: one["status"] for id_, one in found.items()} == {"1": 200, "2": 200, "3": 401}
