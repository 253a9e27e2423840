"""``vestibule import`` as somebody at a shell meets it: what it prints where, its exit status, and its progress bar.

What is imported as what, and every reason for a refusal, is tried in ``tests/importing``.
"""

import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import PROGRAM, Desk
from tests.importing.conftest import TEMPLATE, group, guest, guid, user

HERE = ("--organization", "contoso.example")
LINK = "https://apps.contoso.example/"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Three files: one without a fault, one with two, one that is no export."""
    content: dict[str, Any] = {
        "good.json": [user(1), guest(2), group(3, members=[guid(1), guid(2)])],
        "list.csv": f"{TEMPLATE}ann@fabrikam.example,{LINK},true,Hi\nnobody,{LINK}\nann@fabrikam.example,{LINK}\n",
        "notes.txt": "Dear all,\n",
    }
    for name, said in content.items():
        (tmp_path / name).write_text(said if isinstance(said, str) else json.dumps(said))
    return {name.partition(".")[0]: tmp_path / name for name in content}


def test_accepted_lines_and_the_map(desk: Desk, files: dict[str, Path]):
    done = desk.json("import", *HERE, files["good"])

    assert list(done) == [
        "dryRun",
        "tenantId",
        "lines",
        "accepted",
        "alreadyThere",
        "refused",
        "map",
        "leftOut",
        "notes",
    ]
    assert (done["dryRun"], done["lines"], done["alreadyThere"], done["refused"]) == (False, 5, [], [])
    assert done["tenantId"] == desk.json("organization", "show", "contoso.example")["id"]
    assert set(done["map"]) == {guid(1), guid(2), guid(3)}
    ann, stranger, people, *ties = done["accepted"]
    assert ann == {
        "file": str(files["good"]),
        "line": 1,
        "kind": "user",
        "who": "user1@contoso.example",
        "oldId": guid(1),
        "newId": done["map"][guid(1)],
    }
    assert stranger["inviteRedeemUrl"].startswith("https://localhost:8443/invitations/")
    assert (people["kind"], [one["kind"] for one in ties]) == ("group", ["members", "members"])
    assert desk.json("user", "show", done["map"][guid(2)], *HERE)["mail"] == "guest2@fabrikam.example"
    assert desk.json("import", *HERE, files["good"])["map"] == done["map"]


def test_refused_lines_are_told_and_end_with_status_1(desk: Desk, files: dict[str, Path]):
    done = desk.run("import", *HERE, files["list"], files["good"], files["notes"], "--json")
    told = json.loads(done.out)

    assert done.status == 1
    assert done.out.count("\n") == 1
    assert done.reason == (
        f"3 of 9 lines were refused, the first in {files['list']}, line 4: "
        "the address: this is no mail address that invitations can go to"
    )
    assert [(one["line"], one["code"], one["reason"]) for one in told["refused"]] == [
        (4, "badValue", "the address: this is no mail address that invitations can go to"),
        (5, "lineNotTaken", "the address stands in line 3 already"),
        (1, "lineNotTaken", "neither a bulk-invite list (its first line is version:v1.0) nor JSON"),
    ]
    assert [one["file"] for one in told["refused"]] == [str(files["list"])] * 2 + [str(files["notes"])]
    assert len(told["accepted"]) == 6
    assert len(desk.json("user", "list", *HERE)) == 4


def test_running_it_again_ends_well(filed: Desk, files: dict[str, Path]):
    first = filed.json("import", *HERE, files["good"])
    again = filed.json("import", *HERE, files["good"])

    assert again["accepted"] == []
    assert [one["reason"] for one in again["alreadyThere"]] == [
        "is there already",
        "is invited already",
        "is there already",
        "is member of the group already",
        "is member of the group already",
    ]
    assert again["map"] == first["map"]


def test_a_dry_run_writes_nothing_and_refuses_the_same(desk: Desk, files: dict[str, Path]):
    words = ("import", *HERE, files["list"], files["good"], files["notes"], "--json")
    before = desk.json("user", "list", *HERE)
    tried = desk.run(*words, "--dry-run")
    between = desk.json("user", "list", *HERE)
    done = desk.run(*words)

    assert (tried.status, done.status) == (1, 1)
    assert between == before
    assert json.loads(tried.out)["refused"] == json.loads(done.out)["refused"]
    assert json.loads(tried.out)["dryRun"] is True
    assert json.loads(tried.out)["map"] == {}


def test_in_words(filed: Desk, files: dict[str, Path]):
    filed.json("import", *HERE, files["good"])
    (files["good"].parent / "more.json").write_text(json.dumps([user(1), user(4, createdDateTime="2020"), user(4)]))
    done = filed.run("import", *HERE, files["good"].parent / "more.json")
    told = done.out.replace(str(files["good"].parent) + "/", "").splitlines()

    assert done.status == 1
    assert told[0] == "more.json:1: user1@contoso.example: is there already"
    assert told[1] == "more.json:1: user4@contoso.example: refused: the id stands in line 1 already"
    assert [line.split()[0] for line in told[2:4]] == [guid(1), guid(4)]
    assert told[4] == "not taken over: createdDateTime (1 times)"
    assert told[5] == "3 lines: 1 accepted, 1 there already, 1 refused"
    tried = filed.run("import", *HERE, "--dry-run", files["good"].parent / "more.json").out.splitlines()
    assert tried[-1] == "3 lines: 0 would be accepted, 2 there already, 1 refused"


def test_further_pages_are_told_of(filed: Desk, tmp_path: Path):
    (tmp_path / "page.json").write_text(json.dumps({"value": [user(1)], "@odata.nextLink": "https://graph.example/x"}))
    done = filed.json("import", *HERE, tmp_path / "page.json")

    assert done["notes"] == [
        {
            "file": str(tmp_path / "page.json"),
            "line": 1,
            "told": "the answer has further pages (@odata.nextLink), which are not in this file",
        }
    ]


def test_an_unknown_organization_imports_nothing(filed: Desk, files: dict[str, Path]):
    done = filed.run("import", "-o", "nowhere.example", files["good"])

    assert (done.status, done.out) == (1, "")
    assert done.reason.startswith("there is no organization nowhere.example")


def test_without_a_terminal_there_is_no_progress_bar(filed: Desk, files: dict[str, Path]):
    done = filed.program("import", *HERE, files["good"])

    assert (done.status, done.err) == (0, "")


def test_on_a_terminal_there_is_one_and_it_stays_off_standard_output(filed: Desk, files: dict[str, Path]):
    screen, terminal = pty.openpty()
    environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "PYTHONPATH": str(Path.cwd()), **filed.environment}
    with subprocess.Popen(
        [*PROGRAM, "import", *HERE, str(files["good"]), "--json"],
        stdout=subprocess.PIPE,
        stderr=terminal,
        stdin=subprocess.DEVNULL,
        env=environment,
    ) as process:
        os.close(terminal)
        shown = _everything(screen)
        out = process.communicate(timeout=60)[0]
    os.close(screen)

    assert process.returncode == 0
    assert json.loads(out)["lines"] == 5
    assert b"importing" in shown
    assert b"5/5" in shown


def _everything(screen: int) -> bytes:
    """What a terminal was shown until its other end was closed."""
    shown = b""
    while True:
        try:
            part = os.read(screen, 65_536)
        except OSError:  # Linux says so when nobody holds the other end any more
            return shown
        if not part:
            return shown
        shown += part
