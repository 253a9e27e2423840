"""``vestibule backup`` and ``vestibule restore-backup``: equal elsewhere, and whoever was erased stays erased."""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.commands.conftest import PASSWORD, PROGRAM, Desk, Done, closing
from tests.commands.server import client
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from vestibule.actions import journal
from vestibule.ground import destroyed_keys
from vestibule.program import Program
from vestibule.store import audit, backups, migrate, organizations, replacing
from vestibule.store.backups import Rows
from vestibule.store.bulk import filling
from vestibule.store.schema import seed_snapshot

HERE = ("--organization", "contoso.example")
CANARY = re.compile(rb"canary[a-z]+\d", re.IGNORECASE)
KEY = "key-encryption-key"
OF_TODAY = Path(__file__).parent / "backups"
CHANGED_BY_THE_RETURN = {
    "audit_event", "audit_payload", "audit_pending", "audit_seal", "audit_tile", "audit_checkpoint", "audit_key",
    "letter", "vanished", "rate",
}  # fmt: skip
"""The log goes on with an event about the return; letters that waited, and what vanished, are not told again."""


@dataclass
class Moving:
    """A house, its backup, and where that may come back.

    Attributes:
        house: where it lives. folder: where backups lie. elsewhere: makes another machine, on an empty database.
    """

    house: Desk
    folder: Path
    elsewhere: Callable[[], Desk]

    @property
    def file(self) -> Path:
        return self.folder / "monday"

    def back_up(self, *more: object) -> dict[str, Any]:
        found: dict[str, Any] = self.house.json("backup", self.file, *more)
        return found


@pytest.fixture
def moving(desk: Desk, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Moving]:
    """On either database, from and to."""
    others: list[Desk] = []

    def elsewhere() -> Desk:
        server: PostgresServer | None = request.getfixturevalue("postgres_server") if desk.url else None
        others.append(another(desk, tmp_path / f"elsewhere-{len(others)}", server))
        return others[-1]

    (tmp_path / "safe").mkdir()
    yield Moving(desk, tmp_path / "safe", elsewhere)
    for one in others:
        for server in one.servers:
            server.kill()


def another(house: Desk, data: Path, server: PostgresServer | None) -> Desk:
    """An empty database, and a data folder with nothing but the key-encryption key."""
    data.mkdir(mode=0o700)
    shutil.copy(house.data / KEY, data)
    return Desk(data, "" if server is None else server.create_database())


def invite(desk: Desk, address: str, *more: str) -> str:
    return str(desk.json("user", "create", *HERE, "--invite", address, *more)["id"])


def erase(desk: Desk, user_id: str) -> None:
    """Delete somebody for good, data and all."""
    desk.json("user", "delete", user_id, *HERE)
    desk.json("user", "purge", user_id, *HERE)
    desk.json("tick")
    assert desk.json("user", "show", user_id, *HERE)["state"] == "erased"


def rows_of(desk: Desk) -> dict[str, int]:
    """How many rows each table has."""

    async def work(program: Program) -> dict[str, int]:
        found: Counter[str] = Counter()

        def take(table: str, rows: Rows) -> None:
            found[table] += len(rows)

        await backups.read_rows(program.opened.store, take)
        return dict(found)

    return desk.within(work)


def names(desk: Desk) -> set[str]:
    return {one["mail"] or one["userPrincipalName"] for one in desk.json("user", "list", *HERE)}


# --- Elsewhere --------------------------------------------------------------------------------------------------------


def test_elsewhere_it_is_equal_and_people_sign_in(moving: Moving):
    house = moving.house
    house.json("user", "create", *HERE, "--upn", "ann@contoso.example", "--name", "Ann", "--password-file", "-",
               stdin=PASSWORD + "\n")  # fmt: skip
    for n in range(5):
        invite(house, f"guest{n}@elsewhere.example")
    app = house.json("app", "create", *HERE, "--name", "Old tool", "--public", "--password-grant",
                     "--delegated-permission", "User.Read", "--grant-admin-consent")  # fmt: skip
    house.json("tick")
    taken = moving.back_up()
    assert taken["counts"] == {name: rows_of(house).get(name, 0) for name in taken["counts"]}
    (log,) = taken["logs"]
    assert log["size"] == house.json("audit", "verify")["logs"][0]["size"]

    other = moving.elsewhere()
    back = other.json("restore-backup", moving.file)
    assert (back["counts"], back["logs"]) == (taken["counts"], taken["logs"])
    assert (back["erasedAgain"], back["keysMadeAnew"]) == (0, 0)
    there = rows_of(other)
    for name, count in taken["counts"].items():
        if name not in CHANGED_BY_THE_RETURN:
            assert there.get(name, 0) == count, name
    assert names(other) == names(house)
    verified = other.json("audit", "verify")
    assert (verified["verified"], verified["logs"][0]["findings"]) == (True, [])
    assert root_at(other, log["size"]) == log["root"]

    port = free_port()
    other.serve("--port", port).ready()
    with client(port) as http:
        form = {"grant_type": "password", "client_id": app["clientId"], "username": "ann@contoso.example",
                "password": PASSWORD, "scope": "https://localhost:8443/User.Read"}  # fmt: skip
        answer = http.post(f"/{app['tenantId']}/oauth2/v2.0/token", data=form)
        assert answer.status_code == 200, answer.text
        header = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert http.get("/v1.0/me", headers=header).json()["displayName"] == "Ann"


def root_at(desk: Desk, size: int) -> str:
    """The root that was signed for the first ``size`` events."""

    async def work(program: Program) -> str:
        found: list[str] = []

        def take(table: str, rows: Rows) -> None:
            if table == "audit_checkpoint":
                found.extend(bytes(row[2]).hex() for row in rows if row[1] == size)

        await backups.read_rows(program.opened.store, take)
        return found[0]

    return desk.within(work)


def test_what_was_given_before_is_void_afterwards(moving: Moving):
    house, port = moving.house, free_port()
    app = house.json("app", "create", *HERE, "--name", "Reader", "--application-permission", "User.Read.All",
                     "--grant-admin-consent")  # fmt: skip
    form = {"grant_type": "client_credentials", "client_id": app["clientId"], "client_secret": app["clientSecret"],
            "scope": "https://localhost:8443/.default"}  # fmt: skip

    def token(http: Any) -> dict[str, str]:
        answer = http.post(f"/{app['tenantId']}/oauth2/v2.0/token", data=form)
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    house.serve("--port", port).ready()
    with client(port) as http:
        old = token(http)
        assert http.get("/v1.0/users", headers=old).status_code == 200
    moving.back_up()
    other, again = moving.elsewhere(), free_port()
    other.json("restore-backup", moving.file)
    other.serve("--port", again).ready()
    with client(again) as http:
        assert http.get("/v1.0/users", headers=old).status_code == 401
        assert http.get("/v1.0/users", headers=token(http)).status_code == 200


def test_eight_who_write_meanwhile_disturb_nothing(moving: Moving):
    """The backup is another process; people come and are erased all the time."""
    house, port = moving.house, free_port()
    granted = ("User.ReadWrite.All", "User.Invite.All", "User.DeleteRestore.All")
    words = [word for one in granted for word in ("--application-permission", one)]
    app = house.json("app", "create", *HERE, "--name", "Writer", *words, "--grant-admin-consent")
    house.serve("--port", port).ready()
    ended: list[bool] = []
    made: list[str] = []

    def write(who: int) -> int:
        form = {"grant_type": "client_credentials", "client_id": app["clientId"],
                "client_secret": app["clientSecret"], "scope": "https://localhost:8443/.default"}  # fmt: skip
        with client(port) as http:
            answer = http.post(f"/{app['tenantId']}/oauth2/v2.0/token", data=form)
            http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
            n = 0
            while not ended or n < 12:
                body = {"invitedUserEmailAddress": f"canary{who}x{n}@elsewhere.example",
                        "inviteRedirectUrl": "https://apps.example/", "sendInvitationMessage": False}  # fmt: skip
                answer = http.post("/v1.0/invitations", json=body)
                assert answer.status_code == 201, answer.text
                user_id = answer.json()["invitedUser"]["id"]
                if n % 3 == 0:
                    assert http.delete(f"/v1.0/users/{user_id}").status_code == 204
                    assert http.delete(f"/v1.0/directory/deletedItems/{user_id}").status_code == 204
                else:
                    made.append(user_id)
                n += 1
            return n

    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write, who) for who in range(8)]
        taken = []
        try:
            for n in range(3):
                done = house.program("backup", moving.folder / f"number-{n}", "--json")
                taken.append(done.value)
        finally:
            ended.append(True)
        assert sum(one.result() for one in writers) >= 8 * 12
    house.servers[0].stop()
    house.json("tick")
    assert house.json("audit", "verify")["verified"]
    for n, one in enumerate(taken):
        other = moving.elsewhere()
        back = other.json("restore-backup", moving.folder / f"number-{n}", "--journal", house.data / "erasure-journal")
        assert (back["counts"], back["logs"]) == (one["counts"], one["logs"])
        assert back["keysMadeAnew"] == 0
        verified = other.json("audit", "verify")
        assert verified["verified"], verified
        for log in one["logs"]:
            assert root_at(other, log["size"]) == log["root"]
        gone = {user["id"] for user in everybody(house) if user["state"] == "erased"}
        assert {user["id"] for user in everybody(other) if user["state"] != "erased"} & gone == set()


def everybody(desk: Desk) -> list[dict[str, Any]]:
    """Every membership there ever was, in whichever stage."""

    async def work(program: Program) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        columns = backups.columns_of(backups.TABLES["membership"])

        def take(table: str, rows: Rows) -> None:
            if table == "membership":
                found.extend(dict(zip(columns, row, strict=True)) for row in rows)

        await backups.read_rows(program.opened.store, take)
        return [{"id": one["user_id"], "state": one["stage"]} for one in found]

    return desk.within(work)


# --- Erased meanwhile -------------------------------------------------------------------------------------------------


def test_whoever_was_erased_since_is_nowhere_afterwards(moving: Moving):
    house = moving.house
    kept = invite(house, "kept@elsewhere.example")
    gone = invite(house, "canarymail1@canarydomain2.example", "--name", "Canaryname3 Canarysurname4")
    house.json("user", "disable", gone, *HERE)
    house.json("tick")
    moving.back_up()
    assert left(house)
    erase(house, gone)
    assert left(house) == set()

    other = moving.elsewhere()
    back = other.json("restore-backup", moving.file)
    assert back["erasedAgain"] == 1
    assert back["journals"] == [str(house.data / "erasure-journal")]
    assert left(other) == set()
    assert other.json("user", "show", gone, *HERE)["state"] == "erased"
    assert other.json("user", "show", kept, *HERE)["state"] == "invited"
    assert other.json("audit", "verify")["verified"]
    # It goes on: the next one comes back from another backup here, and both stay erased.
    erase(other, kept)
    third = moving.elsewhere()
    assert third.json("restore-backup", moving.file, "--journal", other.data / "erasure-journal")["erasedAgain"] == 2
    assert left(third) == set()


def left(desk: Desk) -> set[str]:
    """Every unique text that is found in a file of the data folder, or in a row of the server."""
    octets = [path.read_bytes() for path in desk.data.rglob("*") if path.is_file()]
    found = {one.decode().lower() for content in octets for one in CANARY.findall(content)}
    return found | (desk.within(lambda _: _in_rows(desk.url)) if desk.url else set())


async def _in_rows(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        found: set[str] = set()
        for schema, table in await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'vestibule_keys')"
        ):
            rows = await connection.fetch(f'SELECT t::text FROM "{schema}"."{table}" t')
            text = "\n".join(_decoded(row[0]) for row in rows)
            found |= {one.decode().lower() for one in CANARY.findall(text.encode())}
        return found
    finally:
        await connection.close()


def _decoded(row: str) -> str:
    return re.sub(r"\\\\x([0-9a-f]*)", lambda found: bytes.fromhex(found[1]).decode("latin-1"), row)


def test_over_what_is_there(moving: Moving):
    """An old backup over a newer database, which knows by itself whom it erased."""
    house = moving.house
    gone = invite(house, "canarymail1@canarydomain2.example")
    moving.back_up()
    erase(house, gone)
    invite(house, "later@elsewhere.example")
    (house.data / "erasure-journal").unlink()
    refused = house.run("restore-backup", moving.file)
    assert "there is a database already" in refused.reason
    back = house.json("restore-backup", moving.file, "--replace")
    assert (back["erasedAgain"], back["journals"]) == (1, [])
    assert left(house) == set()
    assert names(house) == {"admin@contoso.example"}
    assert house.json("audit", "verify")["verified"]
    assert destroyed_keys.read(house.data / "erasure-journal").destroyed


def test_while_somebody_serves_nothing_comes_back(moving: Moving):
    house = moving.house
    moving.back_up()
    house.serve("--port", free_port()).ready()
    refused = house.run("restore-backup", moving.file, "--replace")
    assert refused.status == 1
    assert "already serves" in refused.reason or "other connections of Vestibule use this database" in refused.reason


def test_letters_that_waited_then_are_not_sent_again(moving: Moving):
    invite(moving.house, "guest@elsewhere.example", "--send")
    moving.back_up()
    other = moving.elsewhere()
    assert other.json("restore-backup", moving.file)["lettersDropped"] == 1
    assert rows_of(other).get("letter", 0) == 0


def test_without_the_keys_earlier_events_lose_their_names_and_later_ones_have_them(moving: Moving):
    house = moving.house
    user = invite(house, "guest@elsewhere.example", "--name", "Guest")
    house.json("tick")
    moving.back_up()
    (moving.folder / "monday.keys").unlink()
    other = moving.elsewhere()
    assert "there is no" in other.run("restore-backup", moving.file).reason
    back = other.json("restore-backup", moving.file, "--without-keys")
    assert back["keysMadeAnew"] == 3  # the organization, its administrator, the guest
    other.json("user", "disable", user, *HERE)
    other.json("tick")
    assert other.json("audit", "verify")["verified"]
    shown = other.within(_names_in_log)
    assert shown["membership.invite"] == {""}
    assert shown["membership.disable"] == {"Guest"}


async def _names_in_log(program: Program) -> dict[str, set[str]]:
    reading = await program.house.store.read()
    (one,) = await organizations.everyone(reading)
    found: dict[str, set[str]] = {}
    for event in await audit.page(reading, one.tenant_id, *_always(), 100):
        parts = (await audit.parts_of(reading, one.tenant_id, [event.event_id])).get(event.event_id, [])
        opened = await journal.open_parts(program.house, event, parts)
        found.setdefault(event.type, set()).add(opened.get("subject", {}).get("displayName", ""))
    return found


def _always() -> tuple[Any, Any]:
    return datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


# --- Who knows of erasures --------------------------------------------------------------------------------------------


@pytest.fixture
def filed_moving(filed: Desk, tmp_path: Path) -> Moving:
    """From file to file: for what does not depend on the database."""
    others: list[Desk] = []

    def elsewhere() -> Desk:
        others.append(another(filed, tmp_path / f"elsewhere-{len(others)}", None))
        return others[-1]

    (tmp_path / "safe").mkdir()
    return Moving(filed, tmp_path / "safe", elsewhere)


def test_without_a_journal_nothing_comes_back_unless_that_is_said(filed_moving: Moving):
    invite(filed_moving.house, "guest@elsewhere.example")
    taken = filed_moving.back_up()
    (filed_moving.house.data / "erasure-journal").unlink()
    other = filed_moving.elsewhere()
    refused = other.run("restore-backup", filed_moving.file)
    assert refused.reason.startswith(f"nobody knows who was erased since {taken['takenAt']}")
    assert nothing_but_the_key(other)
    done = other.run("restore-backup", filed_moving.file, "--without-journal")
    assert done.status == 0
    assert "warning: whoever was erased since" in done.err


def test_a_journal_that_began_later_is_not_enough(filed_moving: Moving):
    house = filed_moving.house
    gone = invite(house, "guest@elsewhere.example")
    filed_moving.back_up()
    (house.data / "erasure-journal").unlink()
    erase(house, gone)
    other = filed_moving.elsewhere()
    refused = other.run("restore-backup", filed_moving.file)
    assert f"{house.data / 'erasure-journal'} begins at " in refused.reason
    assert nothing_but_the_key(other)


def test_a_journal_of_another_house_is_refused(filed_moving: Moving, tmp_path: Path):
    filed_moving.back_up()
    foreign = tmp_path / "journal"
    foreign.write_text("vestibule erasure journal 1 0123456789abcdef 2020-01-01T00:00:00Z\n")
    other = filed_moving.elsewhere()
    assert "of another house" in other.run("restore-backup", filed_moving.file, "--journal", foreign).reason
    foreign.write_text("something else\n")
    assert "is no erasure journal" in other.run("restore-backup", filed_moving.file, "--journal", foreign).reason
    assert nothing_but_the_key(other)


def nothing_but_the_key(desk: Desk) -> bool:
    return {path.name for path in desk.data.iterdir()} <= {KEY, "vestibule.sqlite.serving"}


# --- Damaged ----------------------------------------------------------------------------------------------------------


def _flip(at: float) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        octets = bytearray(file.read_bytes())
        octets[int(at * (len(octets) - 1))] ^= 1
        file.write_bytes(octets)

    return damage


def _cut(at: float) -> Callable[[Path], None]:
    return lambda file: _write(file, file.read_bytes()[: int(at * file.stat().st_size)])


def _write(file: Path, octets: bytes) -> None:
    file.write_bytes(octets)


def _longer(file: Path) -> None:
    _write(file, file.read_bytes() + b"\0")


def _swapped(file: Path) -> None:
    """Two frames change places, each of them whole."""
    octets = file.read_bytes()
    at, places = octets.index(b"\n") + 1, []
    while at < len(octets):
        size = 4 + int.from_bytes(octets[at : at + 4])
        places.append(octets[at : at + size])
        at += size
    places[2], places[3] = places[3], places[2]
    _write(file, octets[: octets.index(b"\n") + 1] + b"".join(places))


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (_cut(0), "is no backup of Vestibule"),
    "another file": (lambda file: _write(file, b"PK" * 1000), "is no backup of Vestibule"),
    "cut in its header": (_cut(0.005), "is cut off: its header is not all there"),
    "cut in the middle": (_cut(0.5), "is cut off: what begins at octet"),
    "cut before its end": (lambda file: _write(file, file.read_bytes()[:-1]), "is cut off: what begins at octet"),
    "its first line changed": (_flip(0), "is no backup of Vestibule"),
    "a bit changed in the middle": (_flip(0.5), "is damaged: what begins at octet"),
    "its last octet changed": (_flip(1), "is damaged: what begins at octet"),
    "something added": (_longer, "is damaged: something follows its end"),
    "frames swapped": (_swapped, "is damaged: what begins at octet"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_file_is_refused_and_nothing_was_done(filed_moving: Moving, name: str):
    damage, reason = DAMAGES[name]
    filed_moving.back_up()
    damage(filed_moving.file)
    other = filed_moving.elsewhere()
    assert reason in other.run("restore-backup", filed_moving.file).reason
    assert nothing_but_the_key(other)


def test_the_last_frame_left_out_is_found(filed_moving: Moving):
    filed_moving.back_up()
    octets = filed_moving.file.read_bytes()
    at = octets.index(b"\n") + 1
    while (after := at + 4 + int.from_bytes(octets[at : at + 4])) < len(octets):
        at = after
    _write(filed_moving.file, octets[:at])
    other = filed_moving.elsewhere()
    assert (
        f"is cut off: what begins at octet {at} is not all there"
        in other.run("restore-backup", filed_moving.file).reason
    )


def test_keys_that_belong_to_another_backup_are_refused(filed_moving: Moving):
    filed_moving.back_up()
    tuesday = filed_moving.folder / "tuesday"
    filed_moving.house.json("backup", tuesday)
    other = filed_moving.elsewhere()
    refused = other.run("restore-backup", filed_moving.file, "--keys", f"{tuesday}.keys")
    assert "belongs to another backup" in refused.reason
    assert "is no file of subject keys" in other.run("restore-backup", tuesday, "--keys", tuesday).reason
    _flip(0.9)(Path(f"{tuesday}.keys"))
    assert "is damaged" in other.run("restore-backup", tuesday).reason
    assert nothing_but_the_key(other)


def test_another_key_encryption_key_or_none_is_said(filed_moving: Moving, tmp_path: Path):
    filed_moving.back_up()
    empty = Desk(tmp_path / "nothing")
    refused = empty.run("restore-backup", filed_moving.file)
    assert refused.reason.startswith(f"there is no key file {empty.data / KEY}: copy {KEY} of the house")
    assert not empty.data.exists()
    other = filed_moving.elsewhere()
    (other.data / KEY).write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    assert "was sealed under another key-encryption key" in other.run("restore-backup", filed_moving.file).reason
    assert nothing_but_the_key(other)


def test_the_key_file_may_be_elsewhere(filed_moving: Moving, tmp_path: Path):
    filed_moving.back_up()
    empty = Desk(tmp_path / "nothing")
    empty.json("restore-backup", filed_moving.file, key_file=str(filed_moving.house.data / KEY))
    assert not (empty.data / KEY).exists()


def test_nothing_personal_and_no_key_can_be_read_in_a_backup(filed_moving: Moving):
    invite(filed_moving.house, "canarymail1@canarydomain2.example")
    filed_moving.back_up()
    for file in (filed_moving.file, Path(f"{filed_moving.file}.keys")):
        octets = file.read_bytes()
        assert CANARY.search(octets) is None
        assert (filed_moving.house.data / KEY).read_bytes().strip() not in octets
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_replaced_only_when_that_is_said(filed_moving: Moving):
    filed_moving.back_up()
    before = filed_moving.file.read_bytes()
    assert "say --overwrite" in filed_moving.house.run("backup", filed_moving.file).reason
    assert filed_moving.file.read_bytes() == before
    filed_moving.back_up("--overwrite")
    assert filed_moving.file.read_bytes() != before
    assert sorted(path.name for path in filed_moving.folder.iterdir()) == ["monday", "monday.keys"]


# --- Killed, and no room ----------------------------------------------------------------------------------------------

KILLING = """
import os, signal, sys
left = int(sys.argv.pop(1))
def hook(event, _arguments):
    global left
    if event in ("os.rename", "os.link", "os.remove", "os.mkdir", "os.rmdir", "open", "os.truncate", "fcntl.flock"):
        if ready[0]:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
ready = [False]
sys.addaudithook(hook)
from vestibule.cli import main
ready[0] = True
main()
"""


def killed_at(desk: Desk, steps: int, *words: object) -> int:
    """Run a command that is killed at its so-manieth step that touches a file; its status."""
    command = [sys.executable, "-c", KILLING, str(steps), *(str(word) for word in words)]
    environment = desk._for_programs({})
    return subprocess.run(command, env=environment, capture_output=True, timeout=120, check=False).returncode


KILLED = -9


def test_killed_while_it_is_written_a_backup_is_not_there(moving: Moving):
    """Or it is whole. What is left besides is written over by the next one."""
    house = moving.house
    killed = 0
    for steps in (3, 9, 15, 21, 27, 60):
        status = killed_at(house, steps, "backup", moving.file)
        killed += status == KILLED
        if moving.file.exists():
            assert moving.elsewhere().json("restore-backup", moving.file)["restored"]
            moving.file.unlink()
        (moving.folder / "monday.keys").unlink(missing_ok=True)
        if status == 0:
            break
    assert killed > 2
    moving.back_up()
    assert sorted(path.name for path in moving.folder.iterdir()) == ["monday", "monday.keys"]


def test_killed_while_it_comes_back_it_is_not_there_or_all_of_it(moving: Moving):
    house = moving.house
    gone = invite(house, "canarymail1@canarydomain2.example")
    moving.back_up()
    erase(house, gone)
    outcomes: Counter[str] = Counter()
    other = moving.elsewhere()
    steps = 10
    while outcomes["done"] == 0:
        status = killed_at(other, steps, "restore-backup", moving.file)
        assert status in {0, KILLED}
        outcomes["done" if status == 0 else "killed"] += 1
        done = other.run("user", "list", *HERE, "--json")
        if done.status == 0:  # then it is there, and nobody who was erased
            assert CANARY.search(done.out.encode()) is None
            assert json.loads(done.out)[0]["userPrincipalName"] == "admin@contoso.example"
            assert left(other) == set()
            break
        steps += 70
    assert outcomes["killed"] >= 2, outcomes
    if outcomes["done"] == 0:
        assert other.run("restore-backup", moving.file).status == 1  # it is there already
    assert other.json("audit", "verify")["verified"]


@pytest.mark.parametrize("after", ["the mark", "one file", "both files"])
def test_killed_between_the_two_renames_the_next_one_ends_them(
    filed_moving: Moving, monkeypatch: pytest.MonkeyPatch, after: str
):
    """Over a database that is there: its keys and its rows change together."""
    house = filed_moving.house
    filed_moving.back_up()
    invite(house, "later@elsewhere.example")
    moved: list[Path] = []
    move = replacing._move

    def dying(new: Path, target: Path) -> None:
        if len(moved) == {"the mark": 0, "one file": 1, "both files": 2}[after]:
            raise KeyboardInterrupt
        moved.append(target)
        move(new, target)
        if after == "both files" and len(moved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(replacing, "_move", dying)
    assert house.run("restore-backup", filed_moving.file, "--replace").status == 130
    monkeypatch.undo()
    assert names(house) == {"admin@contoso.example"}
    assert house.json("audit", "verify")["verified"]
    assert not list(house.data.glob(".*restoring"))
    taken = house.json("backup", filed_moving.folder / "after")
    assert taken["counts"]["membership"] == 1


def test_no_room_for_a_backup(filed_moving: Moving):
    async def fill(program: Program) -> None:
        await program.opened.store.run_steps([filling(seed_snapshot, "sqlite", [(1, os.urandom(60_000))])])

    filed_moving.house.within(fill)
    filed_moving.back_up()
    before = filed_moving.file.read_bytes()
    done = with_room(filed_moving.house, 40_000, "backup", filed_moving.file, "--overwrite")
    assert done.status == 1
    assert "File too large" in done.reason
    assert filed_moving.file.read_bytes() == before
    assert sorted(path.name for path in filed_moving.folder.iterdir()) == ["monday", "monday.keys"]


def test_no_room_for_what_comes_back(filed_moving: Moving):
    filed_moving.back_up()
    other = filed_moving.elsewhere()
    done = with_room(other, 500_000, "restore-backup", filed_moving.file)
    assert done.status == 1
    assert nothing_but_the_key(other)
    other.json("restore-backup", filed_moving.file)


def with_room(desk: Desk, octets: int, *words: object) -> Done:
    """Run the real program, which may write no file beyond so many octets."""

    def narrow() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))

    command = [*PROGRAM, *(str(word) for word in words)]
    ran = subprocess.run(
        command, env=desk._for_programs({}), capture_output=True, text=True, timeout=120, check=False,
        preexec_fn=narrow,
    )  # fmt: skip
    return Done(ran.returncode, ran.stdout, ran.stderr)


# --- From one kind to another, and from earlier versions --------------------------------------------------------------


def test_from_one_kind_of_database_to_the_other(moving: Moving, tmp_path: Path, postgres_server: PostgresServer):
    gone = invite(moving.house, "canarymail1@canarydomain2.example")
    kept = invite(moving.house, "kept@elsewhere.example")
    moving.house.json("tick")
    taken = moving.back_up()
    erase(moving.house, gone)
    for other in closing(another(moving.house, tmp_path / "other", None if moving.house.url else postgres_server)):
        back = other.json("restore-backup", moving.file)
        assert (back["counts"], back["erasedAgain"]) == (taken["counts"], 1)
        assert other.json("audit", "verify")["verified"]
        assert left(other) == set()
        other.json("user", "disable", kept, *HERE)
        other.json("tick")
        assert other.json("audit", "verify")["verified"]


def test_an_emulator_stays_one_and_keeps_its_time(emulator: Desk, tmp_path: Path, request: pytest.FixtureRequest):
    emulator.json("clock", "advance", "P3D")
    emulator.json("backup", tmp_path / "backup")
    server = request.getfixturevalue("postgres_server") if emulator.url else None
    for other in closing(another(emulator, tmp_path / "other", server)):
        assert other.json("restore-backup", tmp_path / "backup")["emulator"]
        assert other.json("clock", "show")["offset"] == "PT259200S"


def test_a_backup_of_the_first_version_that_took_one_comes_back(empty: Desk):
    """Kept in the repository: whatever migrates later, it is brought to that."""
    empty.data.mkdir(mode=0o700)
    shutil.copy(OF_TODAY / "key", empty.data / KEY)
    (empty.data / KEY).chmod(0o600)
    back = empty.json("restore-backup", OF_TODAY / "0037", "--journal", OF_TODAY / "journal")
    assert back["erasedAgain"] == 1
    assert empty.json("audit", "verify")["verified"]
    assert names(empty) == {"admin@contoso.example", "kept@elsewhere.example"}
    assert empty.within(lambda program: migrate.current(program.opened.store)) == migrate.HEAD


def test_a_backup_of_a_later_version_is_refused(filed_moving: Moving, monkeypatch: pytest.MonkeyPatch):
    filed_moving.back_up()
    monkeypatch.setattr(migrate, "REVISIONS", migrate.REVISIONS[:-1])
    other = filed_moving.elsewhere()
    assert "is of a newer version of Vestibule" in other.run("restore-backup", filed_moving.file).reason
    assert nothing_but_the_key(other)


@pytest.mark.parametrize(
    "words",
    [
        ("restore-backup", "/no/such/file"),
        ("restore-backup", __file__, "--keys", __file__, "--without-keys"),
        ("restore-backup", __file__, "--journal", __file__, "--without-journal"),
    ],
    ids=" ".join,
)
def test_wrong_usage(empty: Desk, words: tuple[str, ...]):
    done = empty.run(*words)
    assert (done.status, done.out) == (2, "")
    assert not empty.data.exists()
