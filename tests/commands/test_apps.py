"""Commands about apps: what comes out has the shape that others rely on."""

from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Desk
from tests.doors.oidc.test_client_assertions import CERTIFICATE
from vestibule.program import Program
from vestibule.store import apps, consents, organizations
from vestibule.store.apps import App

HERE = ("--organization", "contoso.example")
CALLBACK = "http://localhost:5000/cb"
GUID = "00000000-0000-4000-8000-00000000abcd"


def create(desk: Desk, *more: str) -> Any:
    return desk.json("app", "create", *HERE, "--name", "Tool", *more)


def consented(desk: Desk, client_id: str) -> list[str]:
    """The delegated permissions that were consented to for everybody."""

    async def work(program: Program) -> list[str]:
        reading = await program.house.store.read()
        app = await apps.find_by_client_id(reading, client_id)
        assert app is not None
        return [
            name for one in await consents.of_app(reading, app.tenant_id, app.app_id) for name in one.scopes.split()
        ]

    return desk.within(work)


def everyone(desk: Desk) -> list[App]:
    async def work(program: Program) -> list[App]:
        reading = await program.house.store.read()
        (here,) = await organizations.everyone(reading)
        return await apps.everyone(reading, here.tenant_id)

    return desk.within(work)


def test_a_confidential_app_gets_a_secret_that_is_shown_once(desk: Desk):
    made = create(
        desk,
        *("--redirect-uri", CALLBACK, "--redirect-uri", "https://tool.example/cb", "--logout-uri", CALLBACK),
        *("--application-permission", "User.Read.All", "--application-permission", "Group.Read.All"),
        *("--delegated-permission", "User.Read", "--grant-admin-consent"),
    )
    assert list(made) == ["clientId", "clientSecret", "servicePrincipalId", "tenantId"]
    assert made["tenantId"] == desk.json("organization", "show", "contoso.example")["id"]
    assert len(made["clientSecret"]) >= 32
    (listed,) = desk.json("app", "list", *HERE)
    assert listed == {
        "clientId": made["clientId"],
        "displayName": "Tool",
        "servicePrincipalId": made["servicePrincipalId"],
        "tenantId": made["tenantId"],
        "public": False,
        "enabled": True,
        "redirectUris": [CALLBACK, "https://tool.example/cb"],
        "applicationPermissions": ["User.Read.All", "Group.Read.All"],
        "grantedPermissions": ["User.Read.All", "Group.Read.All"],
        "delegatedPermissions": ["User.Read"],
    }
    assert consented(desk, made["clientId"]) == ["User.Read"]


def test_without_admin_consent_nothing_is_granted(filed: Desk):
    made = create(filed, "--application-permission", "User.Read.All", "--delegated-permission", "User.Read")
    (listed,) = filed.json("app", "list", *HERE)

    assert (listed["applicationPermissions"], listed["grantedPermissions"]) == (["User.Read.All"], [])
    assert consented(filed, made["clientId"]) == []


def test_a_public_app_gets_no_secret(desk: Desk):
    made = create(
        desk, "--public", "--device-code", "--spa-redirect-uri", CALLBACK, "--redirect-uri", "http://localhost"
    )

    assert list(made) == ["clientId", "servicePrincipalId", "tenantId"]
    assert desk.json("app", "list", *HERE)[0]["public"] is True


def test_what_only_the_operator_gives_is_given(filed: Desk):
    made = create(filed, "--public", "--device-code", "--password-grant")

    async def work(program: Program) -> tuple[bool, bool]:
        found = await apps.find_by_client_id(await program.house.store.read(), made["clientId"])
        assert found is not None
        return found.device_code, found.password_grant

    assert filed.within(work) == (True, True)


def test_a_client_id_of_one_s_own_choice_once(filed: Desk):
    assert create(filed, "--client-id", GUID.upper())["clientId"] == GUID
    again = filed.run("app", "create", *HERE, "--name", "Other", "--client-id", GUID)

    assert again.status == 1
    assert "in use already" in again.reason


@pytest.mark.parametrize(
    "wrong",
    [
        ("--client-id", "not-a-guid"),
        ("--public", "--application-permission", "User.Read.All"),
        ("--delegated-permission", "Nothing.At.All"),
        ("--spa-redirect-uri", "http://tool.example/cb"),
        ("--logout-uri", "javascript:alert(1)"),
    ],
    ids=" ".join,
)
def test_what_an_app_cannot_be_makes_none(filed: Desk, wrong: tuple[str, ...]):
    done = filed.run("app", "create", *HERE, "--name", "Tool", *wrong)

    assert (done.status, done.out) == (1, "")
    assert done.reason
    assert filed.json("app", "list", *HERE) == []


def test_in_words_the_secret_is_there_too_and_the_list_is_a_table(filed: Desk):
    told = filed.run("app", "create", *HERE, "--name", "Tool").out
    listed = filed.run("app", "list", *HERE).out.splitlines()

    assert [line.split()[0] for line in told.splitlines()] == [
        "clientId",
        "clientSecret",
        "servicePrincipalId",
        "tenantId",
    ]
    assert listed[0].split() == ["CLIENT", "ID", "KIND", "NAME"]
    assert listed[1].split()[1:] == ["confidential", "Tool"]


def _certificate_file(folder: Path) -> Path:
    path = folder / "robot.pem"
    path.write_bytes(CERTIFICATE)
    return path


def test_an_app_with_a_certificate_gets_no_secret(desk: Desk, tmp_path: Path):
    made = create(desk, "--certificate", str(_certificate_file(tmp_path)))
    assert list(made) == ["clientId", "servicePrincipalId", "tenantId"]
    shown = desk.json("app", "show", made["clientId"], *HERE)
    assert shown["secrets"] == []
    [certificate] = shown["certificates"]
    assert certificate["displayName"] == "robot"
    assert len(certificate["thumbprint"]) == 27
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    for path, said in ((wrong, "certificate"), (tmp_path / "nowhere.pem", "cannot be read")):
        refused = desk.run("app", "create", *HERE, "--name", "Tool", "--certificate", str(path))
        assert refused.status == 1
        assert said in refused.err
    assert len(desk.json("app", "list", *HERE)) == 1


def test_an_app_is_shown_changed_and_deleted(desk: Desk):
    made = create(desk, "--redirect-uri", CALLBACK)
    at = (made["clientId"], *HERE)
    changed = desk.json(
        *("app", "update", *at, "--name", "Renamed", "--redirect-uri", "https://tool.example/cb", "--disable"),
        *("--application-permission", "User.Read.All", "--delegated-permission", "User.Read"),
    )
    assert changed["displayName"] == "Renamed"
    assert changed["redirectUris"] == ["https://tool.example/cb"]
    assert changed["enabled"] is False
    assert changed["grantedPermissions"] == changed["applicationPermissions"] == ["User.Read.All"]
    assert consented(desk, made["clientId"]) == ["User.Read"]
    assert changed == desk.json("app", "show", changed["id"], *HERE)
    secret = desk.json("app", "add-secret", *at, "--name", "second")
    shown = desk.json("app", "show", *at)["secrets"]
    assert {one["hint"] for one in shown} == {made["clientSecret"][:3], secret["clientSecret"][:3]}
    assert secret["clientSecret"] not in str(shown)
    ended = desk.json("app", "end-sign-ins", *at)
    assert (ended["clientId"], ended["displayName"]) == (made["clientId"], "Renamed")
    assert [one.epoch for one in everyone(desk)] == [2], "switching it off had ended everything before"
    gone = desk.json("app", "delete", *at)
    assert gone["clientId"] == made["clientId"]
    assert gone["restorableUntil"].endswith("Z")
    assert desk.json("app", "list", *HERE) == []
    for command in (
        ("show", *at),
        ("delete", *at),
        ("add-secret", *at),
        ("end-sign-ins", *at),
        ("update", *at, "--name", "x"),
    ):
        refused = desk.run("app", *command)
        assert (refused.status, "there is no app" in refused.err) == (1, True)


def test_an_update_names_what_to_change(desk: Desk):
    made = create(desk)
    assert desk.run("app", "update", made["clientId"], *HERE).status == 2
    refused = desk.run("app", "update", made["clientId"], *HERE, "--application-permission", "Nothing.Such")
    assert refused.status == 1
    assert desk.json("app", "show", made["clientId"], *HERE)["applicationPermissions"] == []


def test_the_operators_word_adds_a_domain(desk: Desk):
    added = desk.json("organization", "add-domain", "contoso.example", "contoso-two.example")
    assert added["domain"] == "contoso-two.example"
    assert desk.json("organization", "show", "contoso-two.example")["domains"] == [
        "contoso-two.example",
        "contoso.example",
    ]
    assert desk.run("organization", "add-domain", "contoso.example", "contoso-two.example").status == 1


def test_how_an_app_is_told_is_set_shown_and_ended(desk: Desk, tmp_path: Path):
    made = create(desk)
    named = ("app", "update", made["clientId"], *HERE)
    shown = desk.json(*named, "--webhook", "https://tool.example/told", "--told-of", "everyone", "--removals-wait")
    secret = shown["webhookSecret"]
    assert secret.startswith("whsec_")
    assert shown["connections"] == [
        {
            "kind": "webhook",
            "address": "https://tool.example/told",
            "toldOf": "everyone",
            "required": True,
            "leftAloneUntil": None,
            "deliveries": {},
        }
    ]
    (tmp_path / "token").write_text("hush-hush\n")
    more = desk.json(*named, "--scim", "https://tool.example/scim", "--scim-token", str(tmp_path / "token"))
    assert [one["kind"] for one in more["connections"]] == ["scim", "webhook"]
    assert "webhookSecret" not in more
    later = desk.run("app", "show", made["clientId"], *HERE, "--json")
    assert "hush-hush" not in later.out
    assert secret not in later.out
    assert desk.json(*named, "--new-webhook-secret")["webhookSecret"] != secret
    eased = desk.json(*named, "--no-removals-wait")
    assert [one["required"] for one in eased["connections"]] == [False, False]
    gone = desk.json(*named, "--webhook", "", "--scim", "")
    assert gone["connections"] == []


def test_a_stream_is_set_up_paused_and_removed(filed: Desk, tmp_path: Path):
    made = create(filed)
    named = ("app", "update", made["clientId"], *HERE)
    (tmp_path / "header").write_text("Bearer hush-hush\n")
    header = ("--stream-authorization", str(tmp_path / "header"))
    [shown] = filed.json(*named, "--stream", "https://tool.example/told", *header, "--removals-wait")["connections"]
    assert {name: value for name, value in shown.items() if name != "streamId"} == {
        "kind": "ssf",
        "address": "https://tool.example/told",
        "toldOf": "connected",
        "required": True,
        "delivery": "push",
        "status": "enabled",
        "reason": None,
        "leftAloneUntil": None,
        "deliveries": {},
    }
    assert "hush-hush" not in filed.run("app", "show", made["clientId"], *HERE, "--json").out
    [paused] = filed.json(*named, "--stream-status", "paused", "--told-of", "everyone")["connections"]
    assert paused == shown | {"status": "paused", "toldOf": "everyone"}
    [polled] = filed.json(*named, "--stream", "poll")["connections"]
    assert polled == paused | {"delivery": "poll", "address": ""}
    assert filed.json(*named, "--stream", "")["connections"] == []


def test_provider_commands_are_set_up_and_removed(filed: Desk):
    made = create(filed)
    named = ("app", "update", made["clientId"], *HERE)
    [shown] = filed.json(*named, "--commands", "https://tool.example/command", "--removals-wait")["connections"]
    assert shown == {
        "kind": "commands",
        "address": "https://tool.example/command",
        "toldOf": "connected",
        "required": True,
        "commands": None,
        "claims": None,
        "askedAt": None,
        "answer": None,
        "leftAloneUntil": None,
        "deliveries": {},
    }
    [eased] = filed.json(*named, "--no-removals-wait")["connections"]
    assert eased == shown | {"required": False}
    assert filed.json(*named, "--commands", "")["connections"] == []


def test_a_connection_that_cannot_be_is_refused_in_one_line(filed: Desk, tmp_path: Path):
    made = create(filed)
    named = ("app", "update", made["clientId"], *HERE)
    for wrong in (
        ("--webhook", "http://tool.example/told"),
        ("--scim", "https://tool.example/scim"),
        ("--scim-token", str(tmp_path / "nowhere")),
        ("--new-webhook-secret",),
        ("--webhook", ""),
        ("--stream", "http://tool.example/told"),
        ("--stream", ""),
        ("--stream-status", "paused"),
        ("--commands", "http://tool.example/command"),
        ("--commands", ""),
        ("--stream-authorization", str(tmp_path / "token")),
    ):
        done = filed.run(*named, *wrong)
        assert done.status == 1, wrong
        assert done.out == ""
        assert done.err.count("\n") == 1
