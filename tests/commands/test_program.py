"""Putting the parts together: what is opened, stamped, refused, and closed again when it cannot be."""

from pathlib import Path

import pytest

from tests.support.houses import START
from tests.support.ports import free_port
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.mail import BadMailUrl
from vestibule.ground.sealing import BadKeyFile
from vestibule.program import Program, open_program
from vestibule.settings import Settings
from vestibule.store.opening import BadAddress, NotMigrated, WrongStamp
from vestibule.store.unit import Unavailable


async def closed(program: Program) -> Program:
    await program.close()
    return program


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a folder that is not there yet."""
    return Settings(data=tmp_path / "data", public_url="https://id.example.org/", service_name="Gästbok")


async def test_the_house_is_told_what_the_settings_say(settings: Settings):
    clock, chance = StoppedClock(START), SeededChance("program")
    program = await closed(await open_program(settings, migrate=True, clock=clock, chance=chance))

    house = program.house
    assert (house.public_url, house.service_name) == ("https://id.example.org", "Gästbok")
    assert (house.clock, house.chance, house.emulator) == (clock, chance, False)
    assert settings.data.stat().st_mode & 0o077 == 0
    assert (settings.data / "key-encryption-key").stat().st_mode & 0o077 == 0


async def test_nothing_is_migrated_unless_it_is_asked_for_or_a_file_is_served(settings: Settings):
    with pytest.raises(NotMigrated, match="vestibule migrate"):
        await open_program(settings)
    await closed(await open_program(settings, serving=True))
    await closed(await open_program(settings))


async def test_a_database_server_is_not_migrated_by_serving(settings: Settings, postgres_url: str):
    there = Settings(data=settings.data, database_url=postgres_url)
    with pytest.raises(NotMigrated):
        await open_program(there, serving=True)
    await closed(await open_program(there, migrate=True))
    await closed(await open_program(there, serving=True))


async def test_a_new_database_is_stamped_and_an_old_one_keeps_its_stamp(settings: Settings, tmp_path: Path):
    emulator = await closed(await open_program(settings, emulator_wanted=True))
    assert emulator.house.emulator
    assert (await closed(await open_program(settings))).house.emulator
    real = Settings(data=tmp_path / "real")
    await closed(await open_program(real, migrate=True))
    with pytest.raises(WrongStamp):
        await open_program(real, emulator_wanted=True)


async def test_two_processes_do_not_serve_one_file(settings: Settings):
    first = await open_program(settings, serving=True)
    with pytest.raises(Unavailable, match="already serves"):
        await open_program(settings, serving=True)
    beside = await open_program(settings)
    await beside.close()
    await first.close()
    await closed(await open_program(settings, serving=True))


@pytest.mark.parametrize(
    ("more", "refusal"),
    [
        ({"smtp_url": "nonsense"}, BadMailUrl),
        ({"database_url": "mysql://x"}, BadAddress),
        ({"database_url": f"postgresql://vestibule@127.0.0.1:{free_port()}/x"}, Unavailable),
    ],
)
async def test_what_cannot_be_opened_leaves_nothing_open(
    settings: Settings, more: dict[str, str], refusal: type[Exception]
):
    with pytest.raises(refusal):
        await open_program(Settings(data=settings.data, **more))  # type: ignore[arg-type] # each is a text
    await closed(await open_program(settings, serving=True))


async def test_another_key_opens_nothing(settings: Settings):
    await closed(await open_program(settings, migrate=True))
    (settings.data / "key-encryption-key").write_text("no key")
    with pytest.raises(BadKeyFile):
        await open_program(settings)
