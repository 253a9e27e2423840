"""``vestibule doctor``: what it looks at, what it finds wrong, and how it says to mend it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from tests.commands.conftest import Desk
from tests.support.ports import free_port
from tests.support.smtp import MailServer
from vestibule.actions import housekeeping
from vestibule.ground import certificates
from vestibule.ground.clock import SystemClock, to_us
from vestibule.program import Program
from vestibule.store.schema import deployment
from vestibule.store.statements import Change, given
from vestibule.store.unit import Unit


def findings(desk: Desk, **settings: str) -> dict[str, dict[str, str]]:
    """What was found, by what was looked at."""
    done = desk.run("doctor", "--json", **settings)
    assert done.out.count("\n") == 1
    value = json.loads(done.out)
    bad = any(one["status"] == "bad" for one in value["findings"])
    assert value["healthy"] is not bad
    assert done.status == (1 if bad else 0)
    assert all(set(one) == {"what", "status", "told", "mend"} for one in value["findings"])
    assert all(one["mend"] for one in value["findings"] if one["status"] != "ok")
    return {one["what"]: one for one in value["findings"]}


def test_a_healthy_deployment_that_nobody_serves_yet(desk: Desk):
    found = findings(desk)

    assert {what: one["status"] for what, one in found.items()} == {
        "configuration": "ok",
        "database": "ok",
        "worker": "note",
        "clock": "ok",
        "mail": "note",
        "certificates": "ok",
    }
    assert found["database"]["told"].startswith("postgresql" if desk.url else "sqlite")
    assert "vestibule serve" in found["worker"]["mend"]
    assert "VESTIBULE_SMTP_URL" in found["mail"]["mend"]


def test_a_worker_that_was_seen_and_one_that_was_not_for_long(filed: Desk):
    async def seen(program: Program) -> None:
        await housekeeping.was_seen(program.house)

    filed.within(seen)
    assert findings(filed)["worker"]["told"] == "seen within the last minute"
    change(filed, worker_seen=to_us(SystemClock().now() - timedelta(hours=1)))
    assert findings(filed)["worker"]["told"].startswith("was last seen at ")


def change(desk: Desk, **columns: int) -> None:
    """Write into the deployment's row."""
    statement = Change(update(deployment).values({name: given(name) for name in columns}))

    async def work(program: Program) -> None:
        async def write(unit: Unit) -> None:
            unit.write(statement, rows=1, **columns)

        await program.house.store.change(write)

    desk.within(work)


def test_a_clock_that_went_back(filed: Desk):
    change(filed, created_at=to_us(SystemClock().now() + timedelta(days=2)))
    clock = findings(filed)["clock"]

    assert clock["status"] == "bad"
    assert "timedatectl" in clock["mend"]


def test_an_emulator_whose_clock_was_pushed(emulator: Desk):
    emulator.json("clock", "advance", "30d")
    found = findings(emulator)

    assert found["clock"]["told"].endswith("lifecycle time is 30 days, 0:00:00 ahead")
    assert found["database"]["told"].endswith("an emulator database")


def test_no_database_yet(empty: Desk):
    found = findings(empty)

    assert found["database"]["status"] == "bad"
    assert "vestibule init" in found["database"]["mend"]
    assert not empty.data.exists()


def test_a_database_that_is_not_migrated(empty: Desk):
    empty.data.mkdir()
    (empty.data / "vestibule.sqlite").touch()

    assert findings(empty)["database"]["mend"] == "Run `vestibule migrate`."


def test_a_database_server_that_is_away(empty: Desk):
    found = findings(empty, database_url=f"postgresql://vestibule@127.0.0.1:{free_port()}/nothing")

    assert found["database"]["status"] == "bad"
    assert "VESTIBULE_DATABASE_URL" in found["database"]["mend"]


def test_an_address_of_a_database_that_is_none(empty: Desk):
    found = findings(empty, database_url="sqlite:///")

    assert found["database"]["status"] == "bad"
    assert "sqlite:///path/to/file" in found["database"]["told"]


def test_a_key_that_is_none(filed: Desk):
    (filed.data / "key-encryption-key").write_text("nothing")
    found = findings(filed)

    assert found["database"]["status"] == "bad"
    assert "VESTIBULE_KEY_FILE" in found["database"]["mend"]


@pytest.mark.parametrize(
    "settings",
    [
        {"public_url": "http://id.example"},
        {"smtp": "x"},
        {"smtp_url": "smtp://127.0.0.1:99999"},
        {"smtp_url": "nonsense"},
        {"trusted_proxies": "somewhere"},
        {"metrics": "perhaps"},
    ],
)
def test_a_setting_that_cannot_be_used(filed: Desk, settings: dict[str, str]):
    found = findings(filed, **settings)

    assert set(found) == {"configuration"}
    assert found["configuration"]["status"] == "bad"
    assert next(iter(settings)).upper() in found["configuration"]["told"]


def test_mail_that_answers_and_mail_that_does_not(filed: Desk, mail_server: MailServer):
    assert findings(filed, smtp_url=mail_server.url)["mail"]["status"] == "ok"
    mail = findings(filed, smtp_url=f"smtp://127.0.0.1:{free_port()}")["mail"]

    assert mail["status"] == "bad"
    assert "VESTIBULE_SMTP_URL" in mail["mend"]


def test_certificates_that_are_good_end_soon_have_ended_or_are_none(filed: Desk):
    now = SystemClock().now()
    told: dict[str, Any] = {}
    for name, began in (("good", now), ("soon", now - timedelta(days=80)), ("ended", now - timedelta(days=4000))):
        for file in filed.data.glob("*.pem"):
            file.unlink()
        certificates.for_development(filed.data, began)
        told[name] = findings(filed)["certificates"]
    (filed.data / "localhost.pem").write_text("no certificate")
    told["none"] = findings(filed)["certificates"]

    assert told["good"]["told"].startswith("localhost.pem is good until ")
    assert told["ended"]["status"] == "bad"
    assert told["none"]["status"] == "bad"
    assert "--tls-dev" in told["ended"]["mend"]


def test_further_authorities(filed: Desk, tmp_path: Path):
    (tmp_path / "more.pem").write_text("nothing")
    bad = findings(filed, extra_ca=str(tmp_path / "more.pem"))["certificates"]
    certificates.for_development(tmp_path, SystemClock().now())
    good = findings(filed, extra_ca=str(tmp_path / "ca.pem"))["certificates"]

    assert (bad["status"], good["status"]) == ("bad", "ok")
    assert "VESTIBULE_EXTRA_CA" in bad["mend"]


def test_in_words_each_finding_has_what_to_do_below_it(filed: Desk):
    (filed.data / "key-encryption-key").write_text("nothing")
    done = filed.run("doctor")

    assert done.status == 1
    assert done.reason == "something is wrong; the lines above say how to mend it"
    lines = done.out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("bad   database: "))
    assert lines[place + 1] == "      Check VESTIBULE_KEY_FILE, and who owns the data folder."
