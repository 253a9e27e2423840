"""An exported log is checked from its folder alone: fine as it is, and whatever is done to it is found where it was."""

from pathlib import Path
from random import Random

import pytest

from tests.support import world
from tests.support.logs import fill
from tests.support.tampering import KINDS, Tamperer, read
from tests.support.world import Place
from vestibule.actions import exported_log, exporting_log, sealing
from vestibule.actions.exporting_log import Exported, NotEmpty
from vestibule.actions.house import House
from vestibule.ground.signed_notes import BadNote, Verifier
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
