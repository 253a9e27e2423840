"""Commands beside a server that is running, on either database: each sees at once what the other did."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.commands.conftest import Desk
from tests.commands.server import client
from tests.commands.test_users import guest
from tests.importing.conftest import TEMPLATE
from tests.support.ports import free_port

HERE = ("--organization", "contoso.example")


@pytest.fixture
def running(emulator: Desk) -> Iterator[httpx.Client]:
    """A server on the same database, and a program that asks it."""
    port = free_port()
    emulator.serve("--port", free_port(), "--http-port", port).ready()
    with client(port) as one:
        yield one


def token(running: httpx.Client, app: dict[str, str]) -> dict[str, str]:
    """The header with which an app reads the directory."""
    form = {
        "grant_type": "client_credentials",
        "client_id": app["clientId"],
        "client_secret": app["clientSecret"],
        "scope": "https://localhost:8443/.default",
    }
    answer = running.post(f"/{app['tenantId']}/oauth2/v2.0/token", data=form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def an_app(desk: Desk) -> dict[str, str]:
    granted = ("--application-permission", "User.ReadWrite.All", "--grant-admin-consent")
    made: dict[str, str] = desk.json("app", "create", *HERE, "--name", "Reader", *granted)
    return made


def test_what_a_command_does_holds_on_the_server_s_next_request(emulator: Desk, running: httpx.Client):
    app = an_app(emulator)
    user_id = guest(emulator)
    header = token(running, app)
    assert running.get(f"/v1.0/users/{user_id}", headers=header).json()["mail"] == "guest@elsewhere.example"
    emulator.json("user", "delete", user_id, *HERE)
    assert running.get(f"/v1.0/users/{user_id}", headers=header).status_code == 404
    emulator.json("user", "restore", user_id, *HERE)
    assert running.get(f"/v1.0/users/{user_id}", headers=header).status_code == 200


def test_what_the_server_does_holds_for_the_next_command(emulator: Desk, running: httpx.Client):
    header = token(running, an_app(emulator))
    body = {
        "displayName": "Ann",
        "mailNickname": "ann",
        "userPrincipalName": "ann@contoso.example",
        "accountEnabled": True,
        "passwordProfile": {"password": "correct horse battery staple"},
    }
    made = running.post("/v1.0/users", json=body, headers=header)

    assert made.status_code == 201
    assert emulator.json("user", "show", "ann@contoso.example", *HERE)["id"] == made.json()["id"]


def test_the_clock_is_one(emulator: Desk, running: httpx.Client):
    user_id = guest(emulator)
    running.post("/emulator/clock", json={"worker": "off"})
    emulator.json("user", "delete", user_id, *HERE)
    emulator.json("clock", "advance", "1h")
    assert running.get("/emulator/clock").json()["offset"] == "PT3600S"
    running.post("/emulator/clock", json={"advance": "P1D"})
    assert emulator.json("clock", "show")["offset"] == "PT90000S"
    running.post("/emulator/clock", json={"worker": "on"})
    done = emulator.json("clock", "advance", "30d")["done"]

    assert [(one["verb"], one["userId"]) for one in done] == [("purge", user_id), ("erase", user_id)]
    assert running.get("/emulator/clock").json()["next"] == []


def test_letters_of_a_command_are_sent_by_the_server_s_worker(emulator: Desk, running: httpx.Client):
    emulator.json("user", "create", *HERE, "--invite", "ann@elsewhere.example", "--send", "--message", "Welcome")
    running.post("/emulator/tick")
    (letter,) = running.get("/emulator/mail", params={"to": "ann@elsewhere.example"}).json()

    assert "Welcome" in letter["text"]


def test_an_import_beside_a_busy_server(emulator: Desk, running: httpx.Client, tmp_path: Path):
    """Nothing that either of them is asked for fails, and nothing is lost."""
    path = tmp_path / "list.csv"
    rows = "".join(f"guest{number}@elsewhere.example,https://a.example/,true,\n" for number in range(300))
    path.write_text(TEMPLATE + rows)
    header = token(running, an_app(emulator))

    def make(number: int) -> int:
        body = {
            "invitedUserEmailAddress": f"other{number}@elsewhere.example",
            "inviteRedirectUrl": "https://a.example/",
        }
        return running.post("/v1.0/invitations", json=body, headers=header).status_code

    with ThreadPoolExecutor(5) as pool:
        importing = pool.submit(emulator.program, "import", *HERE, path, "--json")
        answers = list(pool.map(make, range(100)))
        done = importing.result()

    assert (done.status, done.err) == (0, "")
    assert len(json.loads(done.out)["accepted"]) == 300
    assert set(answers) == {201}
    listed: list[dict[str, Any]] = emulator.json("user", "list", *HERE)
    assert len(listed) == 1 + 300 + 100


def test_every_reading_command_beside_it(emulator: Desk, running: httpx.Client):
    for words in (
        ("organization", "list"),
        ("organization", "show", "contoso.example"),
        ("user", "list", *HERE),
        ("app", "list", *HERE),
        ("doctor",),
        ("clock", "show"),
        ("tick",),
        ("migrate",),
    ):
        assert emulator.json(*words) is not None
    assert running.get("/readyz").status_code == 200
