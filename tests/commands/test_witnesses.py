"""Witnesses as the operator meets them: the setting, what the worker does, ``audit verify``, ``doctor`` and figures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.commands.conftest import Desk
from tests.commands.server import client
from tests.support.ports import free_port
from tests.support.witness import Witness, running
from vestibule.settings import BadSetting, load


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    folder = tmp_path / "certificates"
    folder.mkdir()
    with running(Witness(), folder) as made:
        yield made


def settings(witness: Witness) -> dict[str, str]:
    return {"audit_witnesses": witness.setting, "allow_loopback_targets": "true", "extra_ca": witness.authority}


def introduce(desk: Desk, witness: Witness) -> None:
    """Let it know the log of Contoso, from what ``audit verify`` says, as its operator would."""
    found = desk.json("audit", "verify")
    name = found["keys"][-1].split("+")[0]
    witness.knows(f"{name}/{found['logs'][0]['tenantId']}", *found["keys"])


def about(desk: Desk, witness: Witness) -> dict[str, str]:
    """What ``doctor`` says of the witness."""
    said = json.loads(desk.run("doctor", "--json", **settings(witness)).out)
    [found] = [one for one in said["findings"] if one["what"] == "witness"]
    return dict(found)


def happen(desk: Desk) -> None:
    name = f"ann{free_port()}"
    desk.json("user", "create", "-o", "contoso.example", "--upn", f"{name}@contoso.example", "--name", "Ann")


def test_a_witness_is_asked_cosigns_and_is_told_of_everywhere(desk: Desk, witness: Witness, tmp_path: Path):
    desk.run("tick")
    introduce(desk, witness)
    desk.run("tick", **settings(witness))
    assert about(desk, witness) == {
        "what": "witness", "status": "ok", "told": "witness.example/w1 cosigns 1 log", "mend": "",
    }  # fmt: skip
    found = desk.json("audit", "verify", **settings(witness))["logs"][0]
    [signed] = found["witnesses"]
    assert (signed["name"], signed["size"], found["findings"]) == (witness.name, found["size"], [])
    said = desk.run("audit", "verify", **settings(witness)).out
    assert f"{found['size']} events cosigned by {witness.name} at " in said

    happen(desk)
    [done] = desk.json("audit", "export", "--format", "log", "--to", str(tmp_path / "log"), **settings(witness))
    assert done["size"] > found["size"], "what is carried out is shown to the witness before"
    verify = ["audit", "verify", "--from", done["folder"], "--key", done["keys"][-1], "--witness", witness.vkey]
    log = desk.json(*verify)["logs"][0]
    assert (log["witnesses"][0]["size"], log["findings"]) == (done["size"], [])
    assert desk.run(*verify, "--quorum", "1").status == 0
    other = Witness("other.example").vkey
    missing = desk.run(*verify, "--witness", other)
    assert missing.status == 1
    assert "1 of the witnesses that are believed signed the first" in missing.reason
    assert "  not cosigned by other.example" in desk.run(*verify, "--witness", other, "--quorum", "1").out


def test_what_is_said_wrongly_is_refused_with_what_would_do(desk: Desk, witness: Witness, tmp_path: Path):
    verify = ["audit", "verify", "--from", str(tmp_path)]
    assert "belong to --from" in desk.run("audit", "verify", "--witness", witness.vkey).err
    assert "name each with --witness" in desk.run(*verify, "--quorum", "1").err
    assert "more than the 1" in desk.run(*verify, "--witness", witness.vkey, "--quorum", "2").err
    assert desk.run(*verify, "--witness", "a key").reason.startswith("--witness: this is no verifier key of a witness")


def test_the_setting_is_looked_at_before_anything_is_done():
    with pytest.raises(BadSetting, match="VESTIBULE_AUDIT_WITNESSES: 'me' is no witness; say its verifier key"):
        load({"VESTIBULE_AUDIT_WITNESSES": "me"})
    inside = {"VESTIBULE_AUDIT_WITNESSES": f"{Witness().vkey} http://localhost:1/prefix"}
    with pytest.raises(BadSetting, match="does not begin with https"):
        load(inside)
    assert load({**inside, "VESTIBULE_ALLOW_LOOPBACK_TARGETS": "true"}).audit_witnesses


def test_doctor_says_what_is_wrong_with_a_witness_and_how_to_mend_it(desk: Desk, witness: Witness):
    desk.run("tick", **settings(witness))
    found = about(desk, witness)
    assert (found["status"], found["told"]) == (
        "bad",
        "witness.example/w1 does not sign 1 log: it does not know this log (404)",
    )
    assert "Give its operator the keys" in found["mend"]


def test_one_that_is_away_is_a_note(desk: Desk, witness: Witness):
    witness.instead = lambda _: (503, "text/plain", b"")
    desk.run("tick", **settings(witness))
    found = about(desk, witness)
    assert found["status"] == "note"
    assert found["told"].startswith("witness.example/w1 has not answered about 1 log since ")
    assert found["told"].endswith("UTC: it answered 503")


def test_a_conflict_is_loud(desk: Desk, witness: Witness):
    desk.run("tick")
    introduce(desk, witness)
    [origin] = witness.logs
    witness.seen[origin] = (1_000, b"r" * 32)
    desk.run("tick", **settings(witness))
    found = about(desk, witness)
    assert found["status"] == "bad"
    assert found["told"].startswith("witness.example/w1 knows 1 log otherwise: it signed 1000 events, and the log has ")
    assert "audit verify" in found["mend"]
    done = desk.run("audit", "verify", **settings(witness))
    assert done.status == 1
    assert "the witness witness.example/w1 knows another log: it signed 1000 events" in done.reason
    assert witness.seen[origin] == (1_000, b"r" * 32)


def test_whoever_serves_asks_meanwhile_and_tells_figures(desk: Desk, witness: Witness):
    desk.run("tick")
    introduce(desk, witness)
    port = free_port()
    mine = {name.upper(): value for name, value in settings(witness).items()}
    desk.serve("--port", port, METRICS="true", **mine).ready()
    with client(port) as http:
        lines = next(told for told in (figures(http) for _ in range(2_000)) if SIGNED in told)
    assert f'vestibule_audit_unwitnessed_seconds{{witness="{witness.name}"}} 0.0' in lines
    assert f'vestibule_audit_witness_logs{{state="forked",witness="{witness.name}"}} 0.0' in lines
    assert witness.seen


SIGNED = 'vestibule_audit_witness_logs{state="cosigned",witness="witness.example/w1"} 1.0'


def figures(http: Any) -> list[str]:
    return list(http.get("/metrics").text.splitlines())
