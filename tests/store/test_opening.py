"""Opening a database: which one, is it ready, and the stamp that stays for ever."""

import asyncio
import stat
from pathlib import Path

import apsw
import pytest

from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store import memberships
from vestibule.store.opening import (
    BadAddress,
    NotMigrated,
    Opened,
    WrongStamp,
    keys_path,
    open_store,
    prepare,
    sqlite_path,
)
from vestibule.store.sqlite import SqliteStore, refuse_unsafe
from vestibule.store.unit import Unavailable


async def test_an_empty_database_says_what_to_run(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    opened = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    try:
        assert not opened.ready
        with pytest.raises(NotMigrated, match="run `vestibule migrate` first"):
            opened.require_ready()
    finally:
        await opened.close()


@pytest.mark.parametrize("emulator", [True, False])
async def test_the_stamp_stays(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer, chance: SeededChance, emulator: bool
) -> None:
    opened = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    await prepare(opened, emulator=emulator, chance=chance)
    opened.require_ready()
    assert opened.emulator is opened.times.emulator is emulator
    generation = opened.generation
    assert (await opened.store.moment()).generation == generation != ""
    await opened.close()

    again = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    again.require_ready()
    assert (again.emulator, again.generation) == (emulator, generation)
    await prepare(again, emulator=False, chance=chance)
    assert (again.emulator, again.generation) == (emulator, generation)
    if emulator:
        await prepare(again, emulator=True, chance=chance)
    else:
        with pytest.raises(WrongStamp, match="never becomes one"):
            await prepare(again, emulator=True, chance=chance)
        assert again.emulator is again.times.emulator is False
    await again.close()


async def test_many_may_prepare_one_database_at_once(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer, chance: SeededChance
) -> None:
    opened = [await open_store(empty_url, tmp_path, clock, sealer=sealer) for _ in range(3)]
    try:
        await asyncio.gather(*(prepare(one, emulator=True, chance=chance) for one in opened))
        assert len({one.generation for one in opened}) == 1
        assert all(one.ready and one.emulator for one in opened)
    finally:
        for one in opened:
            await one.close()


async def test_pushed_time_is_seen_by_everybody_at_once(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer, chance: SeededChance
) -> None:
    server = await open_store(empty_url, tmp_path, clock, sealer=sealer, serving=True)
    await prepare(server, emulator=True, chance=chance)
    command = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    try:
        await command.store.execute_script("UPDATE deployment SET clock_offset = 86400000000")
        moment = await server.store.moment()
        assert (moment.now - moment.machine).days == moment.offset.days == 1
        assert (await server.store.read()).now == moment.now
        assert moment.machine == clock.now()
    finally:
        await command.close()
        await server.close()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        (None, "data/vestibule.sqlite"),
        ("", "data/vestibule.sqlite"),
        ("sqlite:///some/file.sqlite", "some/file.sqlite"),
        ("sqlite:////some/file.sqlite", "/some/file.sqlite"),
        ("sqlite:////with%20space", "/with space"),
    ],
)
def test_which_file_an_address_names(url: str | None, path: str) -> None:
    assert sqlite_path(url, Path("data")) == Path(path)


@pytest.mark.parametrize("url", ["postgresql://vestibule@db/vestibule", "postgres://db/vestibule"])
def test_postgresql_names_no_file(url: str) -> None:
    assert sqlite_path(url, Path("data")) is None


@pytest.mark.parametrize("url", ["mysql://db/x", "sqlite://host/file", "sqlite:///", "file.sqlite", "sqlite:///a?b=c"])
def test_any_other_address_is_explained(url: str) -> None:
    with pytest.raises(BadAddress, match="postgresql://user@host/name or sqlite:///path"):
        sqlite_path(url, Path("data"))


def test_each_database_in_a_folder_has_keys_of_its_own() -> None:
    assert keys_path(Path("data/vestibule.sqlite")) == Path("data/keys.sqlite")
    assert keys_path(Path("data/other.db")) == Path("data/other-keys.sqlite")


async def test_nobody_else_may_read_the_files(
    tmp_path: Path, clock: StoppedClock, sealer: Sealer, chance: SeededChance
) -> None:
    data = tmp_path / "new" / "data"
    opened = await open_store(None, data, clock, sealer=sealer, serving=True)
    await prepare(opened, emulator=False, chance=chance)
    try:
        _assert_private(data)
    finally:
        await opened.close()


def _assert_private(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = {file.name for file in folder.iterdir()}
    assert names >= {"vestibule.sqlite", "vestibule.sqlite-wal", "keys.sqlite", "keys.sqlite-wal"}
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_a_file_that_is_no_database_is_said_so(tmp_path: Path, clock: StoppedClock, sealer: Sealer) -> None:
    (tmp_path / "vestibule.sqlite").write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(Unavailable, match=r"cannot be opened.*not a database"):
        await open_store(None, tmp_path, clock, sealer=sealer)
    (tmp_path / "vestibule.sqlite").unlink()
    (tmp_path / "vestibule.sqlite").mkdir()
    with pytest.raises(Unavailable, match="cannot be opened"):
        await open_store(None, tmp_path, clock, sealer=sealer)


async def test_a_server_that_does_not_answer_is_said_so_without_the_password(
    tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    with pytest.raises(Unavailable, match="PostgreSQL cannot be reached") as failure:
        await open_store("postgresql://vestibule:hunter2@127.0.0.1:1/x", tmp_path, clock, sealer=sealer)
    assert "hunter2" not in str(failure.value)


async def test_a_failed_opening_gives_the_serving_lock_back(
    tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    (tmp_path / "keys.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(Unavailable):
        await open_store(None, tmp_path, clock, sealer=sealer, serving=True)
    (tmp_path / "keys.sqlite").unlink()
    opened = await open_store(None, tmp_path, clock, sealer=sealer, serving=True)
    await opened.close()


@pytest.mark.parametrize("version", ["3.40.1", "3.51.1", "3.51.2", "3.7.17"])
def test_a_sqlite_that_can_corrupt_the_file_is_refused(version: str) -> None:
    with pytest.raises(Unavailable, match="install the apsw package"):
        refuse_unsafe(version)


async def test_the_store_asks_which_sqlite_it_is(
    tmp_path: Path, clock: StoppedClock, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    with pytest.raises(Unavailable, match=r"this SQLite is 3\.40\.1"):
        await open_store(None, tmp_path, clock, sealer=sealer)


@pytest.mark.parametrize("version", ["3.51.3", "3.54.1", "4.0", "3.51.3.1"])
def test_a_sound_sqlite_is_taken(version: str) -> None:
    refuse_unsafe(version)


async def test_what_every_connection_of_sqlite_is_set_to(opened: Opened) -> None:
    store = opened.store
    if not isinstance(store, SqliteStore):
        return

    def settings(connection: object) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "secure_delete", "wal_autocheckpoint", "temp_store", "mmap_size")
        return {name: connection.pragma(name) for name in names}  # type: ignore[attr-defined]

    async def work(unit: object) -> dict[str, object]:
        return settings(unit._connection)  # type: ignore[attr-defined]

    writes = await store.change(work)
    assert writes == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "wal_autocheckpoint": 0,
        "temp_store": 2,
        "mmap_size": 0,
    }
    assert settings(store._reader())["temp_store"] == 2
    assert store._reader().readonly("main")


async def test_a_look_up_is_planned_once_whatever_it_looks_for(opened: Opened) -> None:
    store = opened.store
    if not isinstance(store, SqliteStore):
        return
    reading, connection = await store.read(), store._reader()

    async def memory_asked_for(user_id: str) -> int:
        kinds = (apsw.SQLITE_DBSTATUS_LOOKASIDE_HIT, apsw.SQLITE_DBSTATUS_LOOKASIDE_MISS_FULL)
        before = sum(connection.status(kind)[1] for kind in kinds)
        await memberships.find(reading, "contoso", user_id)
        return sum(connection.status(kind)[1] for kind in kinds) - before

    planned, again = await memory_asked_for("anna"), await memory_asked_for("ben")
    assert again < planned / 4
