"""An exported log is checked from its folder alone: fine as it is, and whatever is done to it is found where it was."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support import world
from tests.support.logs import behind_its_back, fill
from tests.support.tampering import KINDS, Tamperer, read
from tests.support.witness import Witness, running
from tests.support.world import Place
from vestibule.actions import exported_log, exporting_log, proving_log, sealing, witnessing
from vestibule.actions.exported_log import Witnessed
from vestibule.actions.exporting_log import Exported, NotEmpty
from vestibule.actions.house import House
from vestibule.ground import signed_notes
from vestibule.ground.cosignatures import WitnessKey
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.signed_notes import BadNote, Verifier
from vestibule.ground.witnesses import read_witnesses
from vestibule.store import audit_log

PEOPLE = 140


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def findings(folder: Path, trusted: list[Verifier]) -> list[tuple[int, str]]:
    proof = await exported_log.verify(folder, trusted)
    return [(one.place, one.why) for one in proof.findings]


@pytest.fixture
async def exported(house: House, contoso: Place, tmp_path: Path) -> Exported:
    await fill(house, contoso, PEOPLE)
    return await exporting_log.export(house, contoso.id, tmp_path / "log")


async def test_an_export_is_what_was_signed(house: House, contoso: Place, tmp_path: Path):
    first = await fill(house, contoso, PEOPLE)
    done = await exporting_log.export(house, contoso.id, tmp_path / "log")
    keys = [Verifier.parse(one) for one in done.keys]
    proof = await exported_log.verify(tmp_path / "log", keys)
    assert (proof.tenant_id, proof.size, proof.findings) == (contoso.id, done.size, [])
    assert done.size > 256
    assert (await exported_log.verify(tmp_path / "log")).findings == []
    there = b"".join(read(tmp_path / "log").values())
    for personal in ("first@", "First", "guest1@", first.user_id, "Guest 1"):
        assert personal.encode() not in there, "nobody can be read in it"
    assert not [name for name in names(tmp_path) if name.startswith(".log")]


async def test_a_log_without_events_is_exported_too(house: House, contoso: Place, tmp_path: Path):
    other = await world.organization(house, "Fabrikam")
    done = await exporting_log.export(house, "00000000-0000-7000-8000-000000000000", tmp_path / "log")
    assert (done.size, await findings(tmp_path / "log", [])) == (0, [])
    assert other.id != contoso.id


async def test_a_folder_that_is_in_use_is_left_alone(house: House, contoso: Place, tmp_path: Path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    with pytest.raises(NotEmpty, match="not empty"):
        await exporting_log.export(house, contoso.id, folder)
    assert names(folder) == ["mine"]


async def test_another_key_is_not_believed(house: House, contoso: Place, tmp_path: Path):
    await exporting_log.export(house, contoso.id, tmp_path / "log")
    with pytest.raises(BadNote, match="not signed by"):
        await exported_log.verify(tmp_path / "log", [Verifier("vestibule.example/audit", bytes(32))])


async def test_a_log_that_goes_on_under_another_name_is_one_log(house: House, contoso: Place, tmp_path: Path):
    """As after the restore of a backup: what was signed before is believed by the key of then."""
    await sealing.seal_waiting(house)
    before = await audit_log.head(await house.store.read(), contoso.id)
    assert before is not None
    await sealing.begin_again(house)
    await world.guest(contoso)
    done = await exporting_log.export(house, contoso.id, tmp_path / "log")
    assert len(done.keys) == 2
    assert names(tmp_path / "log/checkpoints") == [str(before.size)]
    proof = await exported_log.verify(tmp_path / "log", [Verifier.parse(one) for one in done.keys], [before.note])
    assert proof.findings == []


@pytest.mark.parametrize("name", ["export", "keys"])
async def test_what_is_no_export_is_said(house: House, contoso: Place, tmp_path: Path, name: str):
    await exporting_log.export(house, contoso.id, tmp_path / "log")
    (tmp_path / "log" / name).unlink()
    with pytest.raises(exported_log.NoExport, match=f"has no {name}"):
        await exported_log.verify(tmp_path / "log")
    with pytest.raises(exported_log.NoExport, match="there is no folder"):
        await exported_log.verify(tmp_path / "nothing")


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_whatever_is_done_to_an_export_is_found_where_it_was(exported: Exported):
    """20 times each; ``make soak PART=tampering`` does it 100,000 times."""
    tamperer = Tamperer(exported.folder, Random("export"))  # noqa: S311 - the same on every run
    assert [miss for what in KINDS for _ in range(20) if (miss := await tamperer.miss(what, exported.keys))] == []
    assert await findings(exported.folder, []) == []


# --- Witnesses --------------------------------------------------------------------------------------------------------


@pytest.fixture
def witnesses(house: House, tmp_path: Path) -> Iterator[list[Witness]]:
    """Two, that know every log that they are shown by its name in these tests."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    both = [Witness(f"w{number}.example", private(number), now=house.clock.now) for number in (1, 2)]
    with running(both[0], folder), running(both[1], folder):
        house.outgoing = Outgoing(allow_loopback=True, extra_ca=both[0].authority)
        house.witnesses = read_witnesses(",".join(one.setting for one in both), house.outgoing.check)
        yield both


def private(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


async def introduce(house: House, place: Place, *known: Witness) -> None:
    origin = sealing.origin_of((await sealing.signer(house)).name, place.id)
    for one in known:
        one.knows(origin, *(str(key) for key in await sealing.verifiers(house)))


def believed(*known: Witness, quorum: int | None = None, events: int | None = None) -> Witnessed:
    return Witnessed([WitnessKey.parse(one.vkey) for one in known], quorum, events)


async def said_of(folder: Path, witnessed: Witnessed) -> list[tuple[int, str]]:
    return [(one.place, one.why) for one in (await exported_log.verify(folder, (), (), witnessed)).findings]


async def test_what_is_carried_out_is_cosigned_and_checked_without_the_house(
    house: House, contoso: Place, witnesses: list[Witness], tmp_path: Path
):
    await introduce(house, contoso, *witnesses)
    await world.guest(contoso)
    done = await exporting_log.export(house, contoso.id, tmp_path / "log")
    proof = await exported_log.verify(
        tmp_path / "log", [Verifier.parse(one) for one in done.keys], (), believed(*witnesses)
    )
    assert proof.findings == []
    assert [(one.witness, one.size, one.at) for one in proof.cosigned] == [
        (one.name, done.size, house.clock.now()) for one in witnesses
    ]
    stranger = Witness("stranger.example", private(3))
    [(place, why)] = await said_of(tmp_path / "log", believed(*witnesses, stranger))
    assert place == 0
    assert "2 of the witnesses that are believed signed the first" in why
    assert await said_of(tmp_path / "log", believed(*witnesses, stranger, quorum=2)) == []


async def test_what_came_after_the_last_cosignature_is_said(
    house: House, contoso: Place, witnesses: list[Witness], tmp_path: Path
):
    await introduce(house, contoso, *witnesses)
    first = (await exporting_log.export(house, contoso.id, tmp_path / "first")).size
    witnesses[1].instead = lambda _: (503, "text/plain", b"")
    await world.guest(contoso)
    size = (await exporting_log.export(house, contoso.id, tmp_path / "log")).size
    assert size > first
    assert (tmp_path / f"log/checkpoints/{first}").read_text("utf-8").count("w2.example") == 1
    assert await said_of(tmp_path / "log", believed(*witnesses, quorum=1)) == []
    assert await said_of(tmp_path / "log", believed(*witnesses, events=first)) == []
    [(place, why)] = await said_of(tmp_path / "log", believed(*witnesses))
    assert (place, why.partition("; ")[2]) == (first, f"the first {first} are signed by as many")
    assert [place for place, _ in await said_of(tmp_path / "log", believed(witnesses[1], events=first + 1))] == [first]


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_a_bit_of_a_cosignature_cannot_be_changed(
    house: House, contoso: Place, witnesses: list[Witness], tmp_path: Path
):
    """Nor with sums and statement made anew by whoever has the key of the log: the witness's own key is another."""
    await introduce(house, contoso, *witnesses)
    await exporting_log.export(house, contoso.id, tmp_path / "log")
    file = tmp_path / "log/checkpoint"
    whole = file.read_bytes()
    start = whole.index(b"w1.example")
    end = whole.index(b"\n", start)
    for at in range(start, end):
        for bit in range(8):
            file.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
            await resign(house, tmp_path / "log")
            assert await said_of(tmp_path / "log", believed(witnesses[0])), (at, bit)
    file.write_bytes(whole)
    await resign(house, tmp_path / "log")
    assert await said_of(tmp_path / "log", believed(witnesses[0])) == []


async def resign(house: House, folder: Path) -> None:
    """Make the sums of an export and its statement anew, as only the house can."""
    key = await sealing.signer(house)
    write_anew(folder, key.name, sealing.private_half(house, key))


def write_anew(folder: Path, name: str, key: Ed25519PrivateKey) -> None:
    statement = folder / exporting_log.STATEMENT
    there = sorted(path for path in folder.rglob("*") if path.is_file() and path != statement)
    sums = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in there
        if path.name != exporting_log.SUMS
    ).encode()
    (folder / exporting_log.SUMS).write_bytes(sums)
    said = statement.read_text("utf-8").split("\n")
    text = "\n".join([*said[:3], hashlib.sha256(sums).hexdigest(), ""])
    statement.write_text(signed_notes.sign(text, name, key), "utf-8")


async def test_a_log_written_anew_by_the_house_itself_lacks_the_cosignatures(
    house: House, contoso: Place, witnesses: list[Witness], tmp_path: Path
):
    """Everything of it fits together and is signed; only the witness did not sign it."""
    await introduce(house, contoso, *witnesses)
    await exporting_log.export(house, contoso.id, tmp_path / "before")
    for statement in (
        "DELETE FROM audit_cosignature",
        "DELETE FROM audit_witness",
        "INSERT INTO audit_pending SELECT tenant_id, event_id FROM audit_seal WHERE place > 0",
        "DELETE FROM audit_seal",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_checkpoint",
    ):
        await behind_its_back(house, statement)
    await world.guest(contoso)
    await exporting_log.export(house, contoso.id, tmp_path / "log")
    assert await findings(tmp_path / "log", []) == []
    [(place, why)] = await said_of(tmp_path / "log", believed(*witnesses, quorum=1))
    assert place == 0
    assert why.startswith("0 of the witnesses")
    found = await proving_log.verify(house, contoso.id)
    assert [one.why.partition(": ")[0] for one in found.findings if "witness" in one.why] == [
        f"the witness {one.name} knows another log" for one in witnesses
    ]


async def test_a_cosigned_checkpoint_of_another_log_of_the_same_size_does_not_count(
    house: House, contoso: Place, witnesses: list[Witness], tmp_path: Path
):
    """The house seals the same events in another order, signs that, and adds the checkpoint that was cosigned."""
    await introduce(house, contoso, *witnesses)
    size = (await exporting_log.export(house, contoso.id, tmp_path / "before")).size
    first = "SELECT tenant_id, min(event_id) FROM audit_event GROUP BY tenant_id"
    for statement in (
        "DELETE FROM audit_cosignature",
        "DELETE FROM audit_witness",
        "INSERT INTO audit_pending SELECT tenant_id, event_id FROM audit_seal WHERE place > 0",
        "DELETE FROM audit_seal",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_checkpoint",
    ):
        await behind_its_back(house, statement)
    await sealing.seal_log(house, contoso.id)
    await behind_its_back(house, f"INSERT INTO audit_pending {first}")
    done = await exporting_log.export(house, contoso.id, tmp_path / "log")
    assert done.size == size
    copy(tmp_path / "before/checkpoint", tmp_path / f"log/checkpoints/{size}")
    await resign(house, tmp_path / "log")
    found = await said_of(tmp_path / "log", believed(*witnesses))
    assert [why.partition(" signed ")[0] for _, why in found] == ["0 of the witnesses that are believed"]


async def test_a_checkpoint_that_is_larger_than_the_log_says_that_its_end_is_missing(
    house: House, contoso: Place, witnesses: list[Witness], tmp_path: Path
):
    await introduce(house, contoso, *witnesses)
    first = (await exporting_log.export(house, contoso.id, tmp_path / "log")).size
    await world.guest(contoso)
    last = (await exporting_log.export(house, contoso.id, tmp_path / "whole")).size
    copy(tmp_path / "whole/checkpoint", tmp_path / f"log/checkpoints/{last}")
    await resign(house, tmp_path / "log")
    found = await said_of(tmp_path / "log", believed(witnesses[0]))
    assert found == [(first, f"checkpoints/{last}: w1.example signed {last} events, and the log has {first}")]


def copy(file: Path, to: Path) -> None:
    to.parent.mkdir(exist_ok=True)
    to.write_bytes(file.read_bytes())


async def test_a_log_whose_checkpoint_was_changed_is_carried_out_all_the_same(
    house: House, contoso: Place, witnesses: list[Witness], tmp_path: Path
):
    await introduce(house, contoso, *witnesses)
    await sealing.seal_log(house, contoso.id)
    await behind_its_back(house, "UPDATE audit_checkpoint SET note = 'a note'")
    await exporting_log.export(house, contoso.id, tmp_path / "log")
    assert [why for _, why in await findings(tmp_path / "log", [])] == ["checkpoint: this is no signed note"]
    assert all(not one.seen for one in witnesses)


async def test_the_house_looks_at_what_was_cosigned_too(house: House, contoso: Place, witnesses: list[Witness]):
    await introduce(house, contoso, *witnesses)
    await sealing.seal_log(house, contoso.id)
    await witnessing.offer_log(house, contoso.id)
    proof = await proving_log.verify(house, contoso.id)
    assert (proof.findings, [one.size for one in proof.cosigned]) == ([], [proof.size, proof.size])
    await behind_its_back(house, "UPDATE audit_cosignature SET line = replace(line, 'w1.example', 'w3.example')")
    [finding] = (await proving_log.verify(house, contoso.id)).findings
    assert finding.why == f"the cosigned checkpoint of {proof.size} events is another one than its row says"
