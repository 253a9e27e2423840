"""What every command keeps to: one JSON value on standard output, one line of refusal, three exit statuses."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands.conftest import PASSWORD, Desk, initialise
from vestibule.cli import application
from vestibule.commands.wording import SENTENCES, sentence
from vestibule.rules.refusals import Reason, Refused

GUID = "00000000-0000-4000-8000-000000000000"
ORGANIZATION = ("--organization", "contoso.example")
MEMBER = ("user", "create", *ORGANIZATION, "--upn")
GUEST = ("user", "create", *ORGANIZATION, "--invite")
APP = ("app", "create", *ORGANIZATION, "--name", "Tool")


def commands() -> set[str]:
    """Every command, by the words that name it."""
    from typer.main import get_command

    found = set()
    root = get_command(application)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {name} if inner is None else {f"{name} {one}" for one in inner}
    return found


SUCCEED: dict[str, tuple[str, ...]] = {
    "migrate": (),
    "organization create": ("--name", "Fabrikam", "--domain", "fabrikam.example"),
    "organization list": (),
    "organization show": ("contoso.example",),
    "organization set": ("contoso.example", "--device-sign-in-for-guests", "yes"),
    "user create": (*ORGANIZATION, "--upn", "ann@contoso.example", "--name", "Ann"),
    "user list": ORGANIZATION,
    "user show": ("admin@contoso.example", *ORGANIZATION),
    "app create": (*ORGANIZATION, "--name", "Tool"),
    "hold list": ORGANIZATION,
    "app list": ORGANIZATION,
    "import": (*ORGANIZATION, "{file}"),
    "key list": (),
    "audit verify": (),
    "receipt keys": (),
    "tick": (),
    "scrub": ("--rewrite",),
    "backup": ("{file}.backup",),
    "doctor": (),
}
"""What each command is given to succeed on a fresh database; the others are tried in tests of their own."""

ELSEWHERE = {
    "serve": "test_serving.py",
    "worker": "test_serving.py",
    "init": "test_organizations.py",
    "organization add-domain": "test_apps.py",
    "app show": "test_apps.py",
    "app update": "test_apps.py",
    "app delete": "test_apps.py",
    "app add-secret": "test_apps.py",
    "app end-sign-ins": "test_apps.py",
    "organization end-sign-ins": "test_organizations.py",
    "user disable": "test_users.py",
    "user enable": "test_users.py",
    "user leave": "test_users.py",
    "user delete": "test_users.py",
    "user restore": "test_users.py",
    "user purge": "test_users.py",
    "hold set": "test_holds.py",
    "hold lift": "test_holds.py",
    "user reset-sign-in": "test_users.py",
    "audit export": "test_auditing.py",
    "audit rotate-key": "test_auditing.py",
    "restore-backup": "test_backups.py",
    "key rotate": "test_keys.py",
    "key retire": "test_keys.py",
    "receipt verify": "test_receipts.py",
    "receipt rotate-key": "test_receipts.py",
    "clock show": "test_clock.py",
    "clock advance": "test_clock.py",
}


def test_every_command_is_tried():
    assert commands() == set(SUCCEED) | set(ELSEWHERE)
    here = Path(__file__).parent
    for name, file in ELSEWHERE.items():
        words, text = ", ".join(f'"{word}"' for word in name.split()), (here / file).read_text()
        assert words in text or f".{name}(" in text, f"{name} is not tried in {file}"


@pytest.mark.parametrize("name", sorted(SUCCEED))
def test_with_json_a_command_prints_one_value_and_nothing_else(filed: Desk, tmp_path: Path, name: str):
    (tmp_path / "empty.json").write_text("[]")
    given = [one.replace("{file}", str(tmp_path / "empty.json")) for one in SUCCEED[name]]
    done = filed.program(*name.split(), *given, "--json")

    assert (done.status, done.err) == (0, "")
    assert isinstance(json.loads(done.out), dict | list)
    assert done.out.endswith("\n")
    assert done.out.count("\n") == 1


@pytest.mark.parametrize("name", sorted(SUCCEED))
def test_without_it_a_command_speaks_to_people(filed: Desk, tmp_path: Path, name: str):
    (tmp_path / "empty.json").write_text("[]")
    done = filed.run(*name.split(), *(one.replace("{file}", str(tmp_path / "empty.json")) for one in SUCCEED[name]))

    assert (done.status, done.err) == (0, "")
    assert done.out.strip()
    assert not done.out.startswith(("{", "["))


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_says_what_it_is_for(empty: Desk, name: str):
    done = empty.run(*name.split(), "--help")

    assert (done.status, done.err) == (0, "")
    assert f"vestibule {name}" in done.out
    assert "--json" in done.out
    assert not empty.data.exists()


def test_the_installed_program_is_this_one(filed: Desk):
    program = Path(sys.executable).with_name("vestibule")
    done = subprocess.run(
        [program, "organization", "list", "--json"],
        capture_output=True,
        env={"PATH": "/usr/bin"} | filed.environment,
        check=True,
        timeout=60,
    )
    assert json.loads(done.stdout)[0]["domain"] == "contoso.example"


# --- Refused: 1, and one line -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("organization", "show", "nowhere.example"), "there is no organization nowhere.example; "),
        (("user", "list", "-o", GUID), f"there is no organization {GUID}; "),
        (("user", "show", "nobody@contoso.example", *ORGANIZATION), "there is no user nobody@contoso.example; "),
        (("user", "show", GUID, *ORGANIZATION), f"there is no user {GUID}; "),
        (("user", "leave", "admin@contoso.example", *ORGANIZATION), "nobody leaves their home organization; "),
        (("user", "delete", "admin@contoso.example", *ORGANIZATION), "this is the only Global Administrator; "),
        (("user", "disable", "admin@contoso.example", *ORGANIZATION), "this is the only Global Administrator; "),
        (("user", "enable", "admin@contoso.example", *ORGANIZATION), "it is so already; "),
        (("user", "restore", "admin@contoso.example", *ORGANIZATION), "that is not possible in this stage"),
        (("user", "purge", "admin@contoso.example", *ORGANIZATION), "that is not possible in this stage"),
        ((*MEMBER, "ann@elsewhere.example", "--name", "Ann"), "the user principal name: its domain is none of this"),
        ((*MEMBER, "admin@contoso.example", "--name", "A"), "the user principal name: the value is in use already"),
        ((*GUEST, "no address"), "the address: this is no mail address"),
        ((*GUEST, "a@contoso.example"), "the address belongs to the organization"),
        (("organization", "create", "--name", "A", "--domain", "contoso.example"), "the domain: the value is in use"),
        ((*APP, "--application-permission", "Nothing.At.All"), "applicationPermissions: "),
        ((*APP, "--redirect-uri", "http://a.example"), "redirectUris: it has to be an https address"),
        (("clock", "show"), "this is no emulator database"),
        (("clock", "advance", "P1D"), "this is no emulator database"),
        (("migrate", "--emulator"), "this database was not created as an emulator"),
    ],
)
def test_a_refusal_is_one_line_that_says_why_and_status_1(filed: Desk, words: tuple[str, ...], reason: str):
    for form in ((), ("--json",)):
        done = filed.run(*words, *form)
        assert (done.status, done.out) == (1, "")
        assert done.reason.startswith(reason)


def test_a_refusal_of_the_real_program(filed: Desk):
    done = filed.program("user", "show", "nobody@contoso.example", *ORGANIZATION, "--json")

    assert (done.status, done.out) == (1, "")
    assert done.reason.startswith("there is no user nobody@contoso.example")


@pytest.mark.parametrize(
    "words", [("user", "list", *ORGANIZATION), ("tick",), ("worker",), ("import", *ORGANIZATION, __file__)]
)
def test_a_command_in_the_wrong_folder_says_so_and_makes_nothing(empty: Desk, words: tuple[str, ...]):
    done = empty.run(*words)

    assert (done.status, done.out) == (1, "")
    assert done.reason.startswith(f"there is no database {empty.data}/vestibule.sqlite: run `vestibule init`")
    assert not empty.data.exists()


def test_a_database_of_nothing_has_to_be_migrated_first(empty: Desk):
    empty.data.mkdir()
    (empty.data / "vestibule.sqlite").touch()
    done = empty.run("user", "list", *ORGANIZATION)

    assert done.status == 1
    assert "run `vestibule migrate` first" in done.reason


def test_a_database_server_that_is_away(empty: Desk):
    done = empty.run("organization", "list", database_url="postgresql://vestibule@127.0.0.1:1/nothing")

    assert done.status == 1
    assert done.reason.startswith("PostgreSQL cannot be reached")


def test_a_data_folder_that_cannot_be_one(empty: Desk):
    empty.data.write_text("a file")
    done = empty.run("migrate")

    assert done.status == 1
    assert str(empty.data) in done.reason


def test_the_wrong_key_file(filed: Desk):
    (filed.data / "key-encryption-key").write_text("no key")
    done = filed.run("user", "list", *ORGANIZATION)

    assert done.status == 1
    assert "key" in done.reason


def test_every_reason_has_a_sentence_in_one_line():
    assert set(SENTENCES) == set(Reason)
    for reason in Reason:
        told = sentence(Refused(reason))
        assert told == SENTENCES[reason]
        assert "\n" not in told
        assert told[0].islower() or told.startswith("`")


def test_a_sentence_names_what_it_is_about():
    refused = Refused(Reason.BAD_VALUE, property="invitedUserEmailAddress", why="address")
    assert sentence(refused) == "the address: this is no mail address that invitations can go to"
    assert sentence(Refused(Reason.BAD_VALUE, property="city", why="tooLong", most=128)) == "city: it is too long"
    assert sentence(Refused(Reason.STILL_DELETED, objectId=GUID)).endswith(
        f"`vestibule user restore` (objectId {GUID})"
    )
    assert sentence(Refused(Reason.BAD_VALUE, property="x", why="odd")) == "x: a value cannot be used (why odd)"


# --- Misused: 2 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ("nothing",),
        ("user",),
        ("user", "nothing"),
        ("user", "list"),
        ("user", "list", "--nothing"),
        ("user", "create", *ORGANIZATION),
        ("user", "create", *ORGANIZATION, "--upn", "a@contoso.example"),
        ("user", "create", *ORGANIZATION, "--upn", "a@contoso.example", "--invite", "b@fabrikam.example"),
        ("init", "--organization", "Contoso"),
        ("clock", "advance", "soon"),
        ("clock", "advance", "-1d"),
        ("import", *ORGANIZATION),
        ("import", *ORGANIZATION, "/no/such/file"),
        ("import", *ORGANIZATION, "/"),
        ("serve", "--port", "0"),
        ("serve", "--port", "70000"),
        ("serve", "--tls-cert", "cert.pem"),
        ("serve", "--tls-dev", "--tls-cert", __file__, "--tls-key", __file__),
        ("serve", "--tls-cert", "/no/such/cert", "--tls-key", "/no/such/key"),
        ("serve", "--workers", "2"),
        ("serve", "--workers", "0"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_status_2_and_changes_nothing(empty: Desk, words: tuple[str, ...]):
    done = empty.run(*words)

    assert (done.status, done.out) == (2, "")
    assert done.err.strip()
    assert not empty.data.exists()


def test_no_command_at_all_shows_which_there_are(empty: Desk):
    done = empty.run()

    assert done.status == 2
    assert "organization" in done.out + done.err


# --- Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("PUBLICURL", "PUBLIC_URL"),
        ("SMTP", "SMTP_URL"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
    ],
)
def test_an_unknown_setting_suggests_the_nearest(filed: Desk, name: str, nearest: str):
    done = filed.run("organization", "list", **{name: "x"})

    assert done.status == 1
    assert done.reason == f"there is no setting VESTIBULE_{name}; the nearest is VESTIBULE_{nearest}"


def test_settings_from_a_file_and_the_environment_wins(empty: Desk, tmp_path: Path):
    file = tmp_path / "vestibule.toml"
    file.write_text(f'data = "{tmp_path / "elsewhere"}"\npublic_url = "https://file.example"\n')
    done = empty.run("migrate", "--json", config=str(file))

    assert done.value == {"migrated": True, "emulator": False}
    assert (empty.data / "vestibule.sqlite").exists()
    assert not (tmp_path / "elsewhere").exists()
    told = empty.run("doctor", config=str(file)).out
    assert "links say https://file.example" in told


def test_a_first_look_at_the_whole(empty: Desk):
    assert initialise(empty).value["admin"]["userPrincipalName"] == "admin@contoso.example"
    assert PASSWORD not in json.dumps(empty.json("user", "list", *ORGANIZATION))
