"""The door itself: tokens, the order of checks, headers, bodies that are too much, and what goes wrong on our side."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import apps, directory_users, granting
from vestibule.actions.access import TYPE
from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256
from vestibule.doors.graph.app import graph_app
from vestibule.ground import signing
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.roles import USER_ADMINISTRATOR


def _advance(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


# --- Tokens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "Access token is empty."),
        ("", "Access token is empty."),
        ("Bearer", "Access token is empty."),
        ("Bearer  ", "Access token is empty."),
        ("Basic YWxleDpwYXNz", "Access token is empty."),
        ("Bearer rubbish", "CompactToken parsing failed: this is no access token of this service."),
        ("bearer a.b.c", "CompactToken parsing failed: this is no access token of this service."),
    ],
)
async def test_no_token_and_no_token_of_ours(graph: Graph, contoso: Place, header: str | None, message: str):
    headers = {} if header is None else {"Authorization": header}
    answer = await graph.http.get("/v1.0/users", headers=headers)
    assert code_of(answer) == (401, "InvalidAuthenticationToken")
    assert answer.json()["error"]["message"] == message
    challenge = answer.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="", authorization_uri="https://vestibule.example/common/oauth2/')
    assert ('error="invalid_token"' in challenge) is ("parsing" in message)


async def test_two_tokens_are_no_token(graph: Graph, program: Caller):
    headers = [("Authorization", f"Bearer {program.token}"), ("Authorization", f"Bearer {program.token}")]
    assert (await graph.http.get("/v1.0/users", headers=headers)).status_code == 401


async def test_the_scheme_in_any_case(graph: Graph, program: Caller):
    headers = {"authorization": f"bEaReR {program.token}"}
    assert (await graph.http.get("/v1.0/users", headers=headers)).status_code == 200


async def test_a_token_ends(graph: Graph, house: House, program: Caller):
    _advance(house, timedelta(minutes=59, seconds=59))
    assert (await program.get("/v1.0/users")).status_code == 200
    _advance(house, timedelta(seconds=1))
    answer = await program.get("/v1.0/users")
    assert code_of(answer) == (401, "InvalidAuthenticationToken")
    assert answer.json()["error"]["message"] == "Access token has expired or is not yet valid."


async def test_a_token_for_somebody_else_is_not_for_us(graph: Graph, program: Caller):
    key = await graph.ring.signer(ES256)
    claims = signing.verify(program.token or "", graph.ring.public_keys, algorithms=frozenset({ES256}), typ=TYPE)
    foreign = signing.sign(key, claims | {"aud": "https://another.example"}, TYPE)
    answer = await Caller(graph.http, foreign).get("/v1.0/users")
    assert answer.json()["error"]["message"] == "Access token validation failure. Invalid audience."
    # Nor is a token of another kind, or one that another organization issued.
    for claim, typ in (({}, "JWT"), ({"iss": "https://vestibule.example/other/v2.0"}, TYPE)):
        other = signing.sign(key, claims | claim, typ)
        assert (await Caller(graph.http, other).get("/v1.0/users")).status_code == 401


async def test_a_token_dies_with_what_it_was_born_of(graph: Graph, contoso: Place, house: House, admin: Caller):
    adele = await world.member(contoso)

    async def is_dead(caller: Caller) -> bool:
        answer = await caller.get("/v1.0/me?$select=id")
        if answer.status_code == 200:
            return False
        assert code_of(answer) == (401, "InvalidAuthenticationToken")
        assert answer.json()["error"]["message"] == "Access token has been revoked. Sign in again."
        return True

    async def fresh() -> Caller:
        return await graph.person(await world.again(house, contoso.id, adele.user_id), "User.Read")

    caller = await fresh()
    assert not await is_dead(caller)
    assert (await admin.post(f"/v1.0/users/{adele.user_id}/revokeSignInSessions")).status_code == 200
    assert await is_dead(caller)

    caller = await fresh()
    new_password = {"passwordProfile": {"password": "a long way to Tipperary"}}
    assert (await admin.patch(f"/v1.0/users/{adele.user_id}", new_password)).status_code == 204
    assert await is_dead(caller)

    caller = await fresh()
    assert (await admin.patch(f"/v1.0/users/{adele.user_id}", {"accountEnabled": False})).status_code == 204
    assert await is_dead(caller)
    assert (await admin.patch(f"/v1.0/users/{adele.user_id}", {"accountEnabled": True})).status_code == 204
    assert await is_dead(caller), "enabling revives no old token"

    caller = await fresh()
    assert (await admin.delete(f"/v1.0/users/{adele.user_id}")).status_code == 204
    assert await is_dead(caller)
    assert (await admin.post(f"/v1.0/directory/deletedItems/{adele.user_id}/restore")).status_code == 200
    assert await is_dead(caller), "restoring revives no old token"


async def test_a_programs_token_carries_no_more_than_is_granted_now(graph: Graph, contoso: Place, house: House):
    made = await apps.create_app(
        house,
        NewApp("A program", application_permissions=("User.Read.All",)),
        tenant_id=contoso.id,
        by=operator(),
        grant_admin_consent=True,
    )
    issued = await granting.for_app(house, graph.ring, made.app, scope="https://graph.microsoft.com/.default")
    caller = Caller(graph.http, issued.access_token)
    assert (await caller.get("/v1.0/users")).status_code == 200
    switched_off = {"enabled": False}
    await apps.update_app(house, tenant_id=contoso.id, app_id=made.app.app_id, changes=switched_off, by=operator())
    assert code_of(await caller.get("/v1.0/users")) == (401, "InvalidAuthenticationToken")


async def test_a_role_has_no_effect_on_an_emailed_code_alone(graph: Graph, contoso: Place, house: House, admin: Caller):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    role = {"principalId": sam.user_id, "roleDefinitionId": USER_ADMINISTRATOR, "directoryScopeId": "/"}
    assert (await admin.post("/v1.0/roleManagement/directory/roleAssignments", role)).status_code == 201
    alex = await world.member(contoso, "Alex Wilber")
    weak = await graph.person(sam, *EVERYTHING, strength=Strength.EMAILED_CODE)
    refused = await weak.delete(f"/v1.0/users/{alex.user_id}")
    assert code_of(refused) == (403, "Authorization_RequestDenied")
    assert "emailed code" in refused.json()["error"]["message"]
    assert (await world.last_event(contoso)).reason == "strongerSignIn"
    strong = await graph.person(sam, *EVERYTHING, strength=Strength.FEDERATED)
    assert (await strong.delete(f"/v1.0/users/{alex.user_id}")).status_code == 204


# --- The order of checks --------------------------------------------------------------------------------------------


async def test_the_token_comes_first_the_body_last(graph: Graph, contoso: Place):
    idle = await graph.app(contoso)
    nothing = "/v1.0/users/00000000-0000-4000-8000-000000000000"
    wrong: dict[str, Any] = {"content": b"{", "headers": {"Content-Type": "application/json"}}
    assert (await graph.nobody.ask("PATCH", "/v1.0/nowhere?$top=x", **wrong)).status_code == 401
    assert (await idle.ask("PATCH", "/v1.0/nowhere?$top=x", **wrong)).status_code == 400
    assert (await idle.get("/v1.0/users?$top=x")).status_code == 400
    assert (await idle.ask("PATCH", nothing, **wrong)).status_code == 403
    may = await graph.app(contoso, "User.ReadWrite.All")
    assert (await may.ask("PATCH", nothing, **wrong)).status_code == 404
    adele = await world.member(contoso)
    assert (await may.ask("PATCH", f"/v1.0/users/{adele.user_id}", **wrong)).status_code == 400


async def test_what_leads_nowhere(program: Caller, graph: Graph):
    assert code_of(await program.get("/v1.0/nowhere")) == (400, "BadRequest")
    assert code_of(await program.get("/v1.0")) == (400, "BadRequest")
    assert code_of(await program.get("/v1.0/users/a/b/c")) == (400, "BadRequest")
    assert code_of(await program.get("/v2.0/users")) == (400, "BadRequest")
    assert code_of(await program.get("/v1.0/me/organizations")) == (400, "BadRequest"), "beta only"


async def test_a_method_that_is_not_offered(program: Caller):
    answer = await program.ask("PUT", "/v1.0/users")
    assert code_of(answer) == (405, "Request_BadRequest")
    assert answer.headers["allow"] == "GET, HEAD, POST"


async def test_head_is_get_without_the_body(program: Caller):
    head, get = await program.ask("HEAD", "/v1.0/users"), await program.get("/v1.0/users")
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["content-type"] == get.headers["content-type"]


async def test_an_id_is_compared_in_lower_case_and_segments_in_any(program: Caller, contoso: Place):
    adele = await world.member(contoso)
    shouted = f"/V1.0/USERS/{adele.user_id.upper()}?$SELECT=ID"
    answer = await program.get(shouted)
    assert answer.json() == {
        "@odata.context": "https://vestibule.example/v1.0/$metadata#users(id)/$entity",
        "id": adele.user_id,
    }


# --- Headers --------------------------------------------------------------------------------------------------------


async def test_every_answer_says_which_request_it_answers(program: Caller):
    mine = "5f1f0a4e-4c1d-4a3b-9b67-0e8d9d9c1a11"
    answer = await program.get("/v1.0/users", headers={"client-request-id": mine.upper()})
    assert answer.headers["client-request-id"] == mine
    assert answer.headers["request-id"] != mine
    assert answer.headers["odata-version"] == "4.0"
    assert answer.headers["cache-control"] == "no-store"
    without = await program.get("/v1.0/users", headers={"client-request-id": "no id\"'><script>"})
    assert without.headers["client-request-id"] == without.headers["request-id"]
    changed = await program.post("/v1.0/groups", {"displayName": 1})
    assert code_of(changed)[0] == 400


@pytest.mark.parametrize(
    ("accept", "level", "annotated"),
    [
        (None, "minimal", ["@odata.context"]),
        ("application/json;odata.metadata=none", "none", []),
        ("application/json;odata.metadata=full", "full", ["@odata.context", "@odata.type", "@odata.id"]),
        ("application/json;odata.metadata=everything", "minimal", ["@odata.context"]),
    ],
)
async def test_how_much_an_answer_says_about_itself(
    program: Caller, contoso: Place, accept: str | None, level: str, annotated: list[str]
):
    headers = {} if accept is None else {"Accept": accept}
    answer = await program.get(f"/v1.0/users/{contoso.administrator.user_id}?$select=id", headers=headers)
    assert f"odata.metadata={level};" in answer.headers["content-type"]
    assert [name for name in answer.json() if name.startswith("@")] == annotated


# --- Bodies ---------------------------------------------------------------------------------------------------------


async def _put(caller: Caller, content: bytes, kind: str | None = "application/json", **more: str) -> httpx.Response:
    headers = ({} if kind is None else {"Content-Type": kind}) | more
    return await caller.ask("POST", "/v1.0/groups", content=content, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"text"',
        b"{",
        b'{"displayName": NaN}',
        b'{"displayName": "a", "displayName": "b"}',
        b'{"displayName": "a", "DISPLAYNAME": "b"}',
        '{"displayName": "ä"}'.encode("utf-16"),
        b'\xff\xfe{"displayName": "a"}',
        b'{"displayName": "\xff"}',
        b'{"displayName": "\\ud800"}',
        b"[" * 100_000,
    ],
)
async def test_what_is_no_strict_json_object(program: Caller, body: bytes):
    assert code_of(await _put(program, body)) == (400, "BadRequest")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/xml", "application/x-www-form-urlencoded"])
async def test_what_is_no_json_at_all(program: Caller, kind: str | None):
    assert code_of(await _put(program, b"{}", kind)) == (415, "UnsupportedMediaType")


async def test_a_packed_body_is_not_unpacked(program: Caller):
    answer = await _put(program, b"{}", "application/json", **{"Content-Encoding": "gzip"})
    assert code_of(answer) == (415, "UnsupportedMediaType")


@pytest.mark.parametrize("kind", ["application/json;odata.metadata=minimal", "Application/JSON; charset=utf-8"])
async def test_json_by_its_other_names(program: Caller, kind: str):
    body = b'{"displayName":"A","mailNickname":"a","mailEnabled":false,"securityEnabled":true}'
    assert (await _put(program, body, kind)).status_code == 201


async def test_a_body_that_is_too_large(program: Caller):
    text = b'{"displayName": "' + b"a" * 262_144 + b'"}'
    assert code_of(await _put(program, text)) == (413, "RequestEntityTooLarge")

    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(300):
            yield b" " * 1_000

    answer = await program.ask("POST", "/v1.0/groups", content=slowly(), headers={"Content-Type": "application/json"})
    assert code_of(answer) == (413, "RequestEntityTooLarge")


async def test_a_client_that_hangs_up_gets_no_answer(house: House, program: Caller, graph: Graph):
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1.0/groups",
        "raw_path": b"/v1.0/groups",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {program.token}".encode()), (b"content-type", b"application/json")],
        "client": None,
    }
    await graph_app(house, graph.ring)(scope, receive, send)
    assert sent == []


# --- What goes wrong on our side ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code"), [(503, "serviceNotAvailable"), (429, "TooManyRequests")], ids=["unavailable", "too many"]
)
@pytest.mark.parametrize("step", ["audit", "commit"])
async def test_an_injected_fault_is_said_and_nothing_is_done(
    program: Caller, contoso: Place, house: House, step: str, answer: int, code: str
):
    adele = await world.member(contoso)
    before = await world.again(house, contoso.id, adele.user_id)
    house.faults.arm(step, 1, answer)
    refused = await program.delete(f"/v1.0/users/{adele.user_id}")
    assert code_of(refused) == (answer, code)
    assert int(refused.headers["retry-after"]) >= 1
    assert await world.again(house, contoso.id, adele.user_id) == before
    assert (await program.delete(f"/v1.0/users/{adele.user_id}")).status_code == 204


async def test_a_mistake_of_ours_tells_nothing_of_its_cause(
    program: Caller, contoso: Place, house: House, monkeypatch: pytest.MonkeyPatch
):
    async def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("the secret of contoso.example")

    monkeypatch.setattr(directory_users, "update_user", broken)
    answer = await program.patch(f"/v1.0/users/{contoso.administrator.user_id}", {"jobTitle": "x"})
    assert code_of(answer) == (500, "InternalServerError")
    assert "secret" not in answer.text
    assert "contoso" not in answer.text


async def test_when_the_database_is_away_the_request_may_be_sent_again(program: Caller, house: House):
    new = {"displayName": "A", "mailNickname": "a", "mailEnabled": False, "securityEnabled": True}
    await house.store.close()
    answer = await program.post("/v1.0/groups", new)
    assert code_of(answer) == (503, "serviceNotAvailable")
    assert answer.headers["retry-after"] == "2"
