"""The store of subject keys: created before use, gone for good when destroyed, in a place of its own."""

from datetime import timedelta
from pathlib import Path

import pytest

from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import CannotOpen, Sealer
from vestibule.store.keys import StoredKeys, sweep
from vestibule.store.opening import Opened
from vestibule.store.schema import metadata
from vestibule.store.times import Times
from vestibule.store.unit import Duplicate


async def test_a_key_is_found_again(opened: Opened) -> None:
    keys = opened.keys
    one, other = await keys.create("one"), await keys.create("other")
    assert len(one) == len(other) == 32
    assert one != other
    assert await keys.find("one") == one
    assert await keys.find("none") is None
    assert await keys.find_many(["one", "none", "other"]) == {"one": one, "other": other}
    assert await keys.find_many([]) == {}
    assert await keys.all_ids() == {"one", "other"}


async def test_a_key_is_stored_wrapped_only(opened: Opened) -> None:
    key = await opened.keys.create("one")
    ((key_id, wrapped, created_at),) = await opened.keys.export()
    assert key_id == "one"
    assert key not in bytes(wrapped)
    assert created_at == 1_772_443_800_000_000


async def test_a_key_is_there_for_another_process_once_it_is_returned(opened: Opened, beside: Opened) -> None:
    key = await opened.keys.create("one")
    assert await beside.keys.find("one") == key


async def test_an_id_is_used_once(opened: Opened) -> None:
    key = await opened.keys.create("one")
    with pytest.raises(Duplicate):
        await opened.keys.create("one")
    assert await opened.keys.find("one") == key


async def test_a_destroyed_key_is_gone(opened: Opened, beside: Opened) -> None:
    keys = opened.keys
    for key_id in ("one", "two", "three"):
        await keys.create(key_id)
    await keys.destroy(["one", "three", "none"])
    await keys.destroy([])
    assert await keys.find("one") is None
    assert await beside.keys.all_ids() == {"two"}


async def test_another_deployments_key_opens_nothing(opened: Opened, chance: SeededChance) -> None:
    await opened.keys.create("one")
    thief = StoredKeys(opened.keys.store, Sealer(bytes(32), chance))
    with pytest.raises(CannotOpen):
        await thief.find("one")


async def test_keys_lie_outside_the_main_database(opened: Opened) -> None:
    await opened.keys.create("one")
    assert "subject_key" not in metadata.tables
    if opened.store.dialect == "sqlite":
        assert _holds_table(opened.keys.store.path, "subject_key")  # type: ignore[union-attr]
        assert not _holds_table(opened.store.path, "subject_key")  # type: ignore[union-attr]
    else:
        count = "select count(*) from vestibule_keys.subject_key where key_id = 'one'"
        assert await opened.store.pool.fetchval(count) == 1  # type: ignore[union-attr]


def _holds_table(path: Path, table: str) -> bool:
    return f"CREATE TABLE {table}".encode() in path.read_bytes()


async def test_orphans_are_swept_but_not_what_may_be_about_to_be_used(
    opened: Opened, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = opened.keys
    monkeypatch.setattr(keys.store, "times", Times(clock))
    await keys.create("long ago")
    clock.advance(timedelta(hours=1))
    since = clock.now()
    await keys.create("used")
    await keys.create("orphan")
    clock.advance(timedelta(hours=1))
    await keys.create("young")

    async def mentioned(key_ids: list[str]) -> set[str]:
        assert sorted(key_ids) == sorted({"used", "orphan"} & await keys.all_ids())
        return {"used"}

    assert await sweep(keys, mentioned, since=since, before=clock.now()) == {"orphan"}
    assert await keys.all_ids() == {"long ago", "used", "young"}
    assert await sweep(keys, mentioned, since=since, before=clock.now()) == set()


async def test_keys_are_carried_as_they_are_stored(opened: Opened) -> None:
    keys = opened.keys
    one = await keys.create("one")
    rows = await keys.export()
    await keys.destroy(["one"])
    await keys.create("later")
    await keys.import_(rows)
    assert await keys.all_ids() == {"one"}
    assert await keys.find("one") == one
    await keys.import_([])
    assert await keys.all_ids() == set()
