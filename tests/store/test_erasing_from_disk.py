"""What was deleted is gone from every file, wherever SQLite had put it meanwhile."""

import random
import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store import rows
from tests.store.rows import TENANT, Store
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store import scrubbing
from vestibule.store.opening import Opened, open_store
from vestibule.store.unit import Unit

CANARY = re.compile(rb"canary-\d{6}")


class Canaries:
    """Unique texts, and those that are gone."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a pattern to be repeated
        self.made = 0
        self.living: dict[str, list[str]] = {}
        self.dead: set[str] = set()

    def text(self, size: int) -> str:
        self.made += 1
        canary = f"canary-{self.made:06}"
        return canary + ("." * size + canary if size else "")

    def values(self, user_id: str) -> dict[str, str]:
        size = self.chance.choice([0, 0, 0, 30, 200, 2_500, 9_000])
        values = {"stage": self.text(size), "cause": self.text(0), "upn_key": self.text(0)}
        self.bury(user_id)
        self.living[user_id] = [text[:13] for text in values.values()]
        return values

    def bury(self, user_id: str) -> None:
        self.dead.update(self.living.pop(user_id, []))


@pytest.fixture
async def opened(sqlite_template: Path, tmp_path: Path, clock: StoppedClock, sealer: Sealer) -> AsyncIterator[Opened]:
    """SQLite only: PostgreSQL's files are the server's, which reuses the room in its own time."""
    for file in _files(sqlite_template):
        shutil.copy(file, tmp_path)
    opened = await open_store(None, tmp_path, clock, sealer=sealer, serving=True)
    yield opened
    await opened.close()


@pytest.fixture
def store(opened: Opened) -> Store:
    return opened.store


def _files(folder: Path) -> list[Path]:
    return list(folder.glob("*.sqlite*"))


def on_disk(folder: Path) -> set[str]:
    """Every canary in any file."""
    return {found.decode() for file in folder.iterdir() for found in CANARY.findall(file.read_bytes())}


def integrity(folder: Path) -> object:
    connection = apsw.Connection(str(folder / "vestibule.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.pragma("integrity_check")
    finally:
        connection.close()


def one_by_one(canaries: Canaries) -> str:
    """Ids in no order: pages split in the middle."""
    return f"{canaries.chance.getrandbits(64):016x}"


def in_a_row(canaries: Canaries) -> str:
    """Ids that grow, as the time in them does: pages split at the end."""
    return f"{canaries.made:016}"


async def live(store: Store, canaries: Canaries, name: Callable[[Canaries], str], units: int) -> None:
    """Insert, update and delete at random, several rows in a unit."""
    for _ in range(units):

        async def work(unit: Unit) -> None:
            for _ in range(canaries.chance.randrange(1, 8)):
                known = list(canaries.living)
                if len(known) < 40 or canaries.chance.random() < 0.45:
                    user_id = name(canaries)
                    unit.write(rows.PUT, **rows.new(user_id, **canaries.values(user_id)))
                elif canaries.chance.random() < 0.5:
                    replace(unit, canaries, canaries.chance.choice(known))
                else:
                    drop(unit, canaries, canaries.chance.choice(known))

        await store.change(work)


def replace(unit: Unit, canaries: Canaries, user_id: str) -> None:
    drop_row(unit, user_id)
    unit.write(rows.PUT, **rows.new(user_id, **canaries.values(user_id)))


def drop(unit: Unit, canaries: Canaries, user_id: str) -> None:
    drop_row(unit, user_id)
    canaries.bury(user_id)


def drop_row(unit: Unit, user_id: str) -> None:
    unit.write(rows.DROP, in_tenant=TENANT, of_user=user_id)


@pytest.mark.parametrize("name", [one_by_one, in_a_row])
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_was_deleted_is_in_no_file(
    store: Store, tmp_path: Path, seed: int, name: Callable[[Canaries], str]
) -> None:
    canaries = Canaries(seed)
    for _ in range(3):
        await live(store, canaries, name, 250)
        assert await store.truncate_log()
        found = on_disk(tmp_path)
        assert found == {canary for living in canaries.living.values() for canary in living}
    assert len(canaries.dead) > 1000
    assert integrity(tmp_path) == "ok"


async def test_secure_delete_alone_would_not_do(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If this fails, SQLite has learnt to wipe what it moves, and the scrubbing can go."""
    monkeypatch.setattr(scrubbing, "wipe", lambda _path: 0)
    canaries = Canaries(1)
    await live(store, canaries, one_by_one, 1200)
    assert await store.truncate_log()
    left = on_disk(tmp_path) & canaries.dead
    assert 0 < len(left) < len(canaries.dead) / 100
    monkeypatch.undo()
    assert await store.truncate_log()
    assert not on_disk(tmp_path) & canaries.dead


async def test_pages_wiped_on_disk_do_not_come_back_from_memory(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer's cache held the old bytes; the next change of such a page must not write them again."""
    canaries = Canaries(4)
    await live(store, canaries, one_by_one, 1200)
    assert await store.truncate_log()
    monkeypatch.setattr(scrubbing, "wipe", lambda _path: 0)
    dead = set(canaries.dead)

    async def touch_all(unit: Unit) -> None:
        unit.write(rows.SAVE_ALL, rows=None, in_tenant=TENANT, stage="touched")

    await store.change(touch_all)
    assert await store.truncate_log()
    assert not on_disk(tmp_path) & dead


async def test_a_whole_organization_leaves_nothing(store: Store, tmp_path: Path) -> None:
    canaries = Canaries(5)
    await live(store, canaries, one_by_one, 300)

    async def work(unit: Unit) -> None:
        unit.write(rows.DROP_AMONG, rows=None, in_tenant=TENANT, user_ids=list(canaries.living))

    await store.change(work)
    assert on_disk(tmp_path)
    assert await store.truncate_log()
    assert on_disk(tmp_path) == set()


async def test_destroyed_keys_are_in_no_file(opened: Opened, tmp_path: Path) -> None:
    ids = [f"canary-{number:06}" for number in range(200)]
    for key_id in ids:
        await opened.keys.create(key_id)
    wrapped = {key_id: bytes(row) for key_id, row, _ in await opened.keys.export()}
    await opened.keys.destroy(ids[::2])
    assert await opened.store.truncate_log()
    octets = (tmp_path / "keys.sqlite").read_bytes()
    assert on_disk(tmp_path) == set(ids[1::2])
    for key_id in ids:
        assert (wrapped[key_id] in octets) == (key_id in ids[1::2])


async def test_reads_go_on_while_the_file_is_wiped(store: Store, tmp_path: Path) -> None:
    canaries = Canaries(6)
    await live(store, canaries, one_by_one, 600)
    before = [tuple(row) for row in await (await store.read()).all(rows.ALL, in_tenant=TENANT)]
    for _ in range(5):
        assert await store.truncate_log()
        assert [tuple(row) for row in await (await store.read()).all(rows.ALL, in_tenant=TENANT)] == before


# --- the wiping itself, on files of all shapes ---


def contents(path: Path) -> list[tuple[object, ...]]:
    connection = apsw.Connection(str(path))
    try:
        assert connection.pragma("integrity_check") == "ok"
        return [tuple(row) for row in connection.execute("SELECT rowid, * FROM t ORDER BY 1")]
    finally:
        connection.close()


@settings(max_examples=40, deadline=None)
@given(
    page_size=st.sampled_from([512, 1024, 4096, 65_536]),
    reserved=st.sampled_from([0, 16]),
    sizes=st.lists(st.integers(0, 6000), min_size=1, max_size=120),
    drop_every=st.integers(2, 5),
)
def test_wiping_changes_nothing_that_can_be_read(
    tmp_path_factory: pytest.TempPathFactory, page_size: int, reserved: int, sizes: list[int], drop_every: int
) -> None:
    path = tmp_path_factory.mktemp("pages") / "x.sqlite"
    connection = apsw.Connection(str(path))
    connection.pragma("page_size", page_size)
    connection.reserve_bytes(None, reserved)
    connection.execute("CREATE TABLE t(a TEXT, b BLOB, PRIMARY KEY (a, b)); CREATE INDEX i ON t(b)")
    connection.executemany("INSERT INTO t VALUES (?, ?)", [(f"{n}" * 9, b"x" * size) for n, size in enumerate(sizes)])
    connection.execute("DELETE FROM t WHERE rowid % ? = 0", [drop_every])
    connection.execute("UPDATE t SET a = a || 'longer' WHERE rowid % 2")
    connection.close()
    before = contents(path)
    scrubbing.wipe(path)
    assert contents(path) == before
    assert scrubbing.wipe(path) == 0


@pytest.mark.parametrize("octets", [b"x" * 4096, b"SQLite format 3\0" + b"\x10\x00" + b"\0" * 100])
def test_what_is_no_database_is_not_touched(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "x.sqlite"
    path.write_bytes(octets)
    with pytest.raises(scrubbing.Malformed):
        scrubbing.wipe(path)
    assert path.read_bytes() == octets


def test_a_page_that_contradicts_itself_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    connection = apsw.Connection(str(path))
    connection.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)")
    connection.close()
    octets = bytearray(path.read_bytes())
    octets[4096 + 3 : 4096 + 5] = b"\xff\xff"  # as many cells as no page can hold
    path.write_bytes(octets)
    with pytest.raises(scrubbing.Malformed):
        scrubbing.wipe(path)
    assert path.read_bytes() == octets


def test_an_empty_file_has_nothing_to_wipe(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    path.touch()
    assert scrubbing.wipe(path) == 0
