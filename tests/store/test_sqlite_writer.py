"""Where a unit of work runs on SQLite: on the event loop while it is short, in the writer's thread when it may wait."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.store import rows
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store.opening import open_store
from vestibule.store.sqlite import SqliteStore, SqliteUnit

LONG = "INSERT INTO idempotency WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) "
LONG += "SELECT 'anna', printf('%d', i), '', '', 0 FROM n"


@pytest.fixture
def data(sqlite_template: Path, tmp_path: Path) -> Path:
    """A folder with a prepared database."""
    for file in sqlite_template.glob("*.sqlite"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
async def store(data: Path, clock: StoppedClock, sealer: Sealer) -> AsyncIterator[SqliteStore]:
    opened = await open_store(None, data, clock, sealer=sealer, serving=True)
    assert isinstance(opened.store, SqliteStore)
    yield opened.store
    await opened.close()


async def test_a_short_unit_runs_on_the_event_loop(store: SqliteStore) -> None:
    async def work(unit: SqliteUnit) -> threading.Thread:
        unit.write(rows.PUT, **rows.new("anna"))
        return threading.current_thread()

    assert await store.change(work) is threading.current_thread()
    assert await rows.seen(store, "anna") == (1, "present", True)


async def test_a_long_unit_is_undone_and_runs_again_beside_the_event_loop(store: SqliteStore) -> None:
    threads: list[threading.Thread] = []

    async def long(unit: SqliteUnit) -> int:
        threads.append(threading.current_thread())
        unit.write(rows.PUT, **rows.new("anna"))
        unit.run_script(LONG)
        return len(threads)

    async def short(unit: SqliteUnit) -> None:
        unit.write(rows.PUT, **rows.new("ben"))

    async def refused(_unit: SqliteUnit) -> None:
        raise LookupError

    one, two, three = await asyncio.gather(
        store.change(short), store.change(long), store.change(refused), return_exceptions=True
    )
    assert one is None
    assert two == 2
    assert isinstance(three, LookupError)
    assert threads[0] is threading.current_thread()
    assert threads[1] is not threading.current_thread()
    assert await rows.seen(store, "anna") == await rows.seen(store, "ben") == (1, "present", True)
    kept = store._reader().execute("SELECT count(*) FROM idempotency").fetchone()
    assert kept == (40_000,)


async def test_the_event_loop_goes_on_while_another_process_writes(store: SqliteStore) -> None:
    other = await asyncio.to_thread(SqliteStore, store.path, store.times)
    other._writer._connection.execute("BEGIN IMMEDIATE")
    try:
        writing = asyncio.ensure_future(rows.put(store, "anna"))
        await asyncio.sleep(0.2)
        assert await rows.seen(store, "anna") is None
        assert not writing.done()
    finally:
        other._writer._connection.execute("ROLLBACK")
        await other.close()
    await writing
    assert await rows.seen(store, "anna") == (1, "present", True)


async def test_a_unit_that_writes_nothing_waits_for_no_flush(store: SqliteStore) -> None:
    log = store.path.with_name(store.path.name + "-wal")
    before = log.stat().st_size

    async def work(unit: SqliteUnit) -> int:
        return len(await unit.all(rows.ALL, in_tenant=rows.TENANT))

    assert await store.change(work) == 0
    assert log.stat().st_size == before
