"""``vestibule receipt verify``, ``keys`` and ``rotate-key``: with a database, and with nothing but a file of keys."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.commands.conftest import Desk
from tests.support import world
from vestibule.actions import erasing, leaving, sealing
from vestibule.actions.certifying import certify_waiting
from vestibule.program import Program
from vestibule.store import certificates


@dataclass
class Files:
    """A receipt, the certificate of the removal that followed, and the published keys."""

    receipt: Path
    certificate: Path
    keys: Path


@pytest.fixture
def alone(tmp_path: Path) -> Desk:
    """A command line where there is no database."""
    return Desk(tmp_path / "nothing")


@pytest.fixture
def files(desk: Desk, tmp_path: Path) -> Files:
    """Somebody left Fabrikam, was deleted permanently by an administrator, and their data was removed."""

    async def happen(program: Program) -> tuple[str | None, str | None]:
        house = program.house
        place = await world.organization(house, "Fabrikam")
        guest = await world.guest(place)
        here = {"tenant_id": place.id, "user_id": guest.user_id}
        receipt = (await leaving.leave(house, tenant_id=place.id, by=world.at_portal(guest), key="key")).receipt
        await erasing.purge(house, **here, by=place.admin)
        await erasing.erase(house, **here)
        await sealing.seal_waiting(house)
        await certify_waiting(house)
        found = await certificates.find(await house.store.read(), *here.values())
        return receipt.signed, None if found is None else found.signed

    made = Files(*(tmp_path / name for name in ("receipt.jws", "certificate.jws", "keys.json")))
    receipt, certificate = desk.within(happen)
    assert receipt is not None
    assert certificate is not None
    made.receipt.write_text(receipt + "\n")
    made.certificate.write_text(certificate)
    made.keys.write_text(desk.run("receipt", "keys", "--json").out)
    return made


def test_without_a_database_it_takes_the_keys_of_the_file(alone: Desk, files: Files):
    lines: list[str] = []
    for file, what in ((files.receipt, "a receipt of a leave"), (files.certificate, "a certificate of a data removal")):
        done = alone.run("receipt", "verify", file, "--key", files.keys)
        assert (done.status, done.err) == (0, "")
        lines = done.out.splitlines()
        assert lines[0] == f"genuine: {what}"
        assert lines[1].endswith(f"found in: {files.keys}")
    assert "Removed:" in lines
    assert "  the guest's profile: 1" in lines
    found = alone.json("receipt", "verify", files.receipt, "--key", files.keys)
    assert (found["verified"], found["type"]) == (True, "vestibule-leave-receipt+jwt")
    assert found["claims"]["reference"].startswith("VL-")
    assert not (alone.data / "vestibule.sqlite").exists()


def test_without_keys_it_takes_those_of_the_deployment_and_says_so(desk: Desk, files: Files):
    found = desk.json("receipt", "verify", files.certificate)
    assert found["keysFrom"] == "this deployment"
    assert desk.run("receipt", "verify", "-", stdin=files.receipt.read_text()).status == 0


def test_without_either_it_says_where_keys_are(alone: Desk, files: Files):
    done = alone.run("receipt", "verify", files.receipt)
    assert (done.status, done.out) == (1, "")
    assert "--key" in done.reason
    assert "/.well-known/vestibule-receipt-keys.json" in done.reason


def test_what_was_changed_is_refused_with_the_reason(alone: Desk, files: Files):
    text = files.receipt.read_text()
    at = text.index(".") + 9
    files.receipt.write_text(text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :])
    done = alone.run("receipt", "verify", files.receipt, "--key", files.keys, "--json")
    assert (done.status, done.out) == (1, "")
    assert "the signature does not fit" in done.reason
    files.receipt.write_text("grüezi")
    assert "no signed receipt" in alone.run("receipt", "verify", files.receipt, "--key", files.keys).reason
    files.receipt.unlink()
    assert "No such file" in alone.run("receipt", "verify", files.receipt, "--key", files.keys).reason


def test_keys_of_somebody_else(alone: Desk, files: Files):
    keys = json.loads(files.keys.read_text())
    files.keys.write_text(json.dumps({"keys": keys["keys"][1:]}))
    assert "no public key of receipts" in alone.run("receipt", "verify", files.receipt, "--key", files.keys).reason
    other = dict(keys["keys"][0], kid="other")
    files.keys.write_text(json.dumps(other))
    assert "none of these keys" in alone.run("receipt", "verify", files.receipt, "--key", files.keys).reason


def test_what_an_earlier_key_signed_stays_good(desk: Desk, files: Files):
    before = desk.json("receipt", "keys")["keys"]
    new = desk.json("receipt", "rotate-key")
    assert desk.json("receipt", "keys")["keys"] == [new, *before]
    assert new["kid"] in desk.run("receipt", "keys").out
    assert "are signed with" in desk.run("receipt", "rotate-key").out
    assert desk.json("receipt", "verify", files.receipt)["kid"] == before[0]["kid"]
