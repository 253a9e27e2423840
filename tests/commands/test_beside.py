"""Commands beside a server that is running, on either database: each sees at once what the other did."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.commands.conftest import Desk, Templates, closing
from tests.commands.server import client
from tests.commands.test_users import guest
from tests.importing.conftest import TEMPLATE
from tests.support.houses import KINDS
from tests.support.ports import free_port

HERE = ("--organization", "contoso.example")


@dataclass
class Beside:
    """A command line, and a server that runs on the same database."""

    desk: Desk
    http: httpx.Client


def beside(desk: Desk) -> Iterator[Beside]:
    port = free_port()
    desk.serve("--port", free_port(), "--http-port", port).ready()
    with client(port) as one:
        yield Beside(desk, one)


@pytest.fixture(scope="module", params=KINDS)
def town(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, templates: Templates
) -> Iterator[Beside]:
    """One server for all tests here that leave its clock alone."""
    server = None if request.param == "sqlite" else request.getfixturevalue("postgres_server")
    for desk in closing(templates.copy(tmp_path_factory.mktemp("town") / "data", emulator=True, server=server)):
        yield from beside(desk)


@pytest.fixture
def own(emulator: Desk) -> Iterator[Beside]:
    """A server of the test's own."""
    yield from beside(emulator)


def token(http: httpx.Client, app: dict[str, str]) -> dict[str, str]:
    """The header with which an app reads the directory."""
    form = {
        "grant_type": "client_credentials",
        "client_id": app["clientId"],
        "client_secret": app["clientSecret"],
        "scope": "https://localhost:8443/.default",
    }
    answer = http.post(f"/{app['tenantId']}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def an_app(desk: Desk) -> dict[str, str]:
    granted = ("--application-permission", "User.ReadWrite.All", "--grant-admin-consent")
    made: dict[str, str] = desk.json("app", "create", *HERE, "--name", "Reader", *granted)
    return made


def test_what_a_command_does_holds_on_the_server_s_next_request(town: Beside):
    app = an_app(town.desk)
    user_id = guest(town.desk)
    header = token(town.http, app)
    assert town.http.get(f"/v1.0/users/{user_id}", headers=header).json()["mail"] == "guest@elsewhere.example"
    town.desk.json("user", "delete", user_id, *HERE)
    assert town.http.get(f"/v1.0/users/{user_id}", headers=header).status_code == 404
    town.desk.json("user", "restore", user_id, *HERE)
    assert town.http.get(f"/v1.0/users/{user_id}", headers=header).status_code == 200


def test_what_the_server_does_holds_for_the_next_command(town: Beside):
    header = token(town.http, an_app(town.desk))
    body = {
        "displayName": "Ann",
        "mailNickname": "ann",
        "userPrincipalName": "ann@contoso.example",
        "accountEnabled": True,
        "passwordProfile": {"password": "correct horse battery staple"},
    }
    made = town.http.post("/v1.0/users", json=body, headers=header)

    assert made.status_code == 201
    assert town.desk.json("user", "show", "ann@contoso.example", *HERE)["id"] == made.json()["id"]


def test_the_clock_is_one(own: Beside):
    user_id = guest(own.desk)
    own.http.post("/emulator/clock", json={"worker": "off"})
    own.desk.json("user", "delete", user_id, *HERE)
    own.desk.json("clock", "advance", "1h")
    assert own.http.get("/emulator/clock").json()["offset"] == "PT3600S"
    own.http.post("/emulator/clock", json={"advance": "P1D"})
    assert own.desk.json("clock", "show")["offset"] == "PT90000S"
    own.http.post("/emulator/clock", json={"worker": "on"})
    own.desk.json("clock", "advance", "30d")
    own.http.post("/emulator/tick")

    # Either of the two did it, whoever came first.
    assert own.desk.json("user", "show", user_id, *HERE)["state"] == "erased"
    assert own.http.get("/emulator/clock").json()["next"] == []


def test_letters_of_a_command_are_sent_by_the_server_s_worker(town: Beside):
    town.desk.json("user", "create", *HERE, "--invite", "ann@elsewhere.example", "--send", "--message", "Welcome")
    town.http.post("/emulator/tick")
    (letter,) = town.http.get("/emulator/mail", params={"to": "ann@elsewhere.example"}).json()

    assert "Welcome" in letter["text"]


def test_an_import_beside_a_busy_server(town: Beside, tmp_path: Path):
    """Nothing that either of them is asked for fails, and nothing is lost."""
    path = tmp_path / "list.csv"
    rows = "".join(f"guest{number}@elsewhere.example,https://a.example/,true,\n" for number in range(300))
    path.write_text(TEMPLATE + rows)
    header = token(town.http, an_app(town.desk))

    def make(number: int) -> int:
        body = {
            "invitedUserEmailAddress": f"other{number}@elsewhere.example",
            "inviteRedirectUrl": "https://a.example/",
        }
        return town.http.post("/v1.0/invitations", json=body, headers=header).status_code

    with ThreadPoolExecutor(5) as pool:
        importing = pool.submit(town.desk.program, "import", *HERE, path, "--json")
        answers = list(pool.map(make, range(100)))
        done = importing.result()

    assert (done.status, done.err) == (0, "")
    assert len(json.loads(done.out)["accepted"]) == 300
    assert set(answers) == {201}
    listed = {one["mail"] for one in town.desk.json("user", "list", *HERE)}
    assert {f"guest{number}@elsewhere.example" for number in range(300)} <= listed
    assert {f"other{number}@elsewhere.example" for number in range(100)} <= listed


def test_keys_that_a_command_makes_are_published_and_sign(town: Beside):
    app = an_app(town.desk)
    made = {one["kid"] for one in town.desk.json("key", "rotate")}
    published = town.http.get("/common/discovery/v2.0/keys").json()["keys"]

    assert made <= {one["kid"] for one in published}
    header = token(town.http, app)
    assert town.http.get("/v1.0/users", headers=header).status_code == 200


def test_every_reading_command_beside_it(town: Beside):
    for words in (
        ("organization", "list"),
        ("organization", "show", "contoso.example"),
        ("user", "list", *HERE),
        ("app", "list", *HERE),
        ("key", "list"),
        ("doctor",),
        ("clock", "show"),
        ("tick",),
        ("migrate",),
    ):
        assert town.desk.json(*words) is not None
    assert town.http.get("/readyz").status_code == 200
