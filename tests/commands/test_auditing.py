"""``vestibule audit verify``: what it says of a log that is what was signed, and of one that is not."""

import apsw
import pytest

from tests.commands.conftest import Desk
from tests.support.ports import free_port


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
