"""``vestibule audit``: what it says of a log that is what was signed, and of another; and what it writes out."""

import json
from pathlib import Path

import apsw
import pytest

from tests.commands.conftest import Desk
from tests.support.ports import free_port
from vestibule.program import Program
from vestibule.store import audit_log


@pytest.fixture
def sealed(desk: Desk) -> Desk:
    """Contoso, whose log the worker has sealed."""
    desk.run("tick")
    return desk


def test_a_log_that_is_what_was_signed(sealed: Desk):
    found = sealed.json("audit", "verify")
    assert found["verified"] is True
    [log] = found["logs"]
    assert (log["organization"], log["waiting"], log["findings"]) == ("Contoso", 0, [])
    assert log["size"] > 0
    assert len(found["keys"]) == 1
    assert sealed.json("audit", "verify", "--organization", "contoso.example") == found
    assert sealed.run("audit", "verify").out == f"Contoso: {log['size']} events as they were signed\n"


def test_what_is_not_sealed_yet_is_said(desk: Desk):
    assert "not sealed yet" in desk.run("audit", "verify").out


def test_an_organization_that_is_not_there(sealed: Desk):
    assert "there is no organization nobody.example" in sealed.run("audit", "verify", "-o", "nobody.example").reason


def test_a_log_that_was_changed_ends_with_status_1_and_the_first_bad_place(filed: Desk):
    """How it is changed is SQLite's; that it is found is tested on both databases."""
    sealed = filed
    sealed.run("tick")
    connection = apsw.Connection(str(sealed.data / "vestibule.sqlite"))
    connection.execute("DROP TRIGGER audit_event_no_update")
    changed = "CAST(replace(CAST(record AS TEXT), 'user', 'xser') AS BLOB)"
    at = "event_id = (SELECT event_id FROM audit_seal WHERE place = 1)"
    connection.execute(f"UPDATE audit_event SET record = {changed} WHERE {at}")
    connection.close()
    done = sealed.run("audit", "verify", "--json")
    assert done.status == 1
    assert done.reason.startswith(
        "the audit log of Contoso is not what was signed; first at place 1: the record is not"
    )
    assert '"verified":false' in done.out
    lines = sealed.run("audit", "verify").out.splitlines()
    assert lines[1] == "  place 1: the record is not the one that was sealed"


def test_whoever_serves_seals_meanwhile(desk: Desk):
    """A few times a second; the server is stopped in between, and what it sealed stays."""
    server = desk.serve("--port", free_port()).ready()
    looks = (desk.json("audit", "verify")["logs"][0] for _ in range(50))
    log = next(log for log in looks if log["size"] and not log["waiting"])
    assert log["findings"] == []
    server.kill()
    assert desk.json("audit", "verify")["verified"] is True


def test_another_key_signs_and_what_the_one_before_signed_stays_good(sealed: Desk, tmp_path: Path):
    first = sealed.json("audit", "verify")
    sealed.run("audit", "export", "--format", "log", "--to", str(tmp_path / "before"))
    new = sealed.json("audit", "rotate-key")["key"]
    assert new.split("+")[0] == first["keys"][0].split("+")[0]
    assert f"{new} from now on" not in sealed.run("audit", "rotate-key").out, "another one again"
    sealed.json("user", "create", "-o", "contoso.example", "--upn", "ann@contoso.example", "--name", "Ann")
    sealed.run("tick")
    found = sealed.json("audit", "verify")
    assert found["verified"] is True
    assert found["keys"][:2] == [first["keys"][0], new]
    assert len(found["keys"]) == 3
    assert found["logs"][0]["size"] > first["logs"][0]["size"]
    [done] = sealed.json("audit", "export", "--format", "log", "--to", str(tmp_path / "after"))
    older = ["--checkpoint", str(tmp_path / "before" / "checkpoint")]
    keys = [part for key in found["keys"] for part in ("--key", key)]
    assert sealed.json("audit", "verify", "--from", done["folder"], *keys, *older)["verified"] is True
    without = sealed.run("audit", "verify", "--from", done["folder"], "--key", found["keys"][0])
    assert without.status == 1

    async def kept(program: Program) -> list[bytes]:
        return [one.sealed_private for one in await audit_log.keys(await program.house.store.read())]

    privates = sealed.within(kept)
    assert privates[:2] == [b"", b""]
    assert privates[2] != b""


# --- Export -----------------------------------------------------------------------------------------------------------


def test_a_log_is_carried_out_and_checked_without_the_house(sealed: Desk, tmp_path: Path):
    [done] = sealed.json("audit", "export", "--format", "log", "--to", str(tmp_path / "log"))
    found = sealed.json(
        "audit", "verify", "--from", done["folder"], "--key", done["keys"][-1], data=str(tmp_path / "nothing")
    )
    assert found["verified"] is True
    assert (found["logs"][0]["tenantId"], found["logs"][0]["size"]) == (done["tenantId"], done["size"])
    said = sealed.run("audit", "verify", "--from", done["folder"])
    assert (said.status, said.out) == (0, f"{done['tenantId']}: {done['size']} events as they were signed\n")
    assert "with the keys in the folder itself" in said.err
    assert not (tmp_path / "nothing").exists()


def test_what_was_changed_in_a_folder_ends_with_status_1(sealed: Desk, tmp_path: Path):
    [done] = sealed.json("audit", "export", "--format", "log", "--to", str(tmp_path / "log"))
    entries = next((tmp_path / "log/tile/entries").rglob("[0-9]*"))
    entries = entries if entries.is_file() else next(entries.iterdir())
    entries.write_bytes(entries.read_bytes().replace(b"success", b"failure", 1))
    found = sealed.run("audit", "verify", "--from", done["folder"], "--key", done["keys"][-1])
    assert found.status == 1
    assert "is not what was signed; first at place 0: the record is not the one that was sealed" in found.reason


def test_an_older_checkpoint_has_to_be_the_beginning(sealed: Desk, tmp_path: Path):
    sealed.run("audit", "export", "--format", "log", "--to", str(tmp_path / "first"))
    kept = tmp_path / "kept"
    kept.write_bytes((tmp_path / "first/checkpoint").read_bytes())
    sealed.json("app", "create", "--name", "Tool", "-o", "contoso.example")
    sealed.run("audit", "export", "--format", "log", "--to", str(tmp_path / "second"))
    assert sealed.run("audit", "verify", "--from", str(tmp_path / "second"), "--checkpoint", str(kept)).status == 0
    later = str(tmp_path / "second/checkpoint")
    found = sealed.run("audit", "verify", "--from", str(tmp_path / "first"), "--checkpoint", later)
    assert found.status == 1
    assert "events when the older checkpoint was signed" in found.reason


def test_events_as_lines(sealed: Desk, tmp_path: Path):
    lines = [json.loads(line) for line in sealed.run("audit", "export").out.splitlines()]
    assert [line["place"] for line in lines] == list(range(len(lines)))
    assert {line["type"] for line in lines} >= {"organization.create", "user.create"}
    created = next(line for line in lines if line["type"] == "user.create")
    assert created["object"]["shown"]["userPrincipalName"] == "admin@contoso.example"
    assert created["actor"]["kind"] == "operator"
    whole = tmp_path / "events.jsonl"
    assert sealed.json("audit", "export", "--to", str(whole)) == {"file": str(whole), "events": len(lines)}
    assert [json.loads(line) for line in whole.read_text().splitlines()] == lines
    assert whole.stat().st_mode & 0o777 == 0o600
    assert sealed.run("audit", "export", "--since", "2999-01-01").out == ""
    assert sealed.run("audit", "export", "--until", "1999-01-01").out == ""
    again = sealed.run("audit", "export", "--to", str(whole))
    assert (again.status, again.reason) == (1, f"{whole} is there already; name a new file")


def test_events_for_a_siem(sealed: Desk):
    lines = [json.loads(line) for line in sealed.run("audit", "export", "--format", "ocsf").out.splitlines()]
    created = next(line for line in lines if line["metadata"]["event_code"] == "user.create")
    assert (created["class_uid"], created["activity_id"], created["type_uid"]) == (3001, 1, 300101)
    assert created["user"]["email_addr"] == "admin@contoso.example"
    assert created["status"] == "Success"
    for line in lines:
        assert line["category_uid"] == line["class_uid"] // 1000 == 3
        assert line["type_uid"] == line["class_uid"] * 100 + line["activity_id"]
        assert {"user", "entity", "group"} & line.keys()


@pytest.mark.parametrize("wrong", [
    ("export", "--format", "log"), ("export", "--format", "log", "--to", "x", "--since", "2026-01-01"),
    ("export", "--json"), ("verify", "--key", "x"), ("verify", "--from", "x", "--organization", "contoso.example"),
])  # fmt: skip
def test_options_that_do_not_go_together(sealed: Desk, wrong: tuple[str, ...]):
    assert sealed.run("audit", *wrong).status == 2


def test_what_is_no_export_is_said(sealed: Desk, tmp_path: Path):
    assert "there is no folder" in sealed.run("audit", "verify", "--from", str(tmp_path / "no")).reason
    assert "it is no exported log" in sealed.run("audit", "verify", "--from", str(tmp_path)).reason
    assert "no Ed25519 verifier key" in sealed.run("audit", "verify", "--from", str(tmp_path), "--key", "x").reason
