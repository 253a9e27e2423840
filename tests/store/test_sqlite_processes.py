"""Several processes on one SQLite file, and the end of one that nobody announced."""

import asyncio
import fcntl
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest
from sqlalchemy import literal_column, select

from tests.store import rows
from tests.store.rows import TENANT
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store.opening import Opened, open_store
from vestibule.store.serving_lock import ServingLock
from vestibule.store.statements import Query
from vestibule.store.unit import Reading, Unavailable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def data(sqlite_template: Path, tmp_path: Path) -> Path:
    """A folder with a prepared database that nobody has open."""
    for file in sqlite_template.glob("*.sqlite"):
        shutil.copy(file, tmp_path)
    return tmp_path


@pytest.fixture
async def server(data: Path, clock: StoppedClock, sealer: Sealer) -> AsyncIterator[Opened]:
    """The same database, served by this process."""
    opened = await open_store(None, data, clock, sealer=sealer, serving=True)
    yield opened
    await opened.close()


@contextmanager
def process(data: Path, what: str, count: int = 0) -> Iterator["subprocess.Popen[str]"]:
    """Another process, ready to begin; it begins when it reads a line and is killed at the end of the block."""
    command = [sys.executable, "-m", "tests.store.process", str(data), what, str(count)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert _line(child) == "ready"
            yield child
        finally:
            child.kill()


def _line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def _begin(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def _wal(data: Path, name: str = "vestibule.sqlite-wal") -> int:
    file = data / name
    return file.stat().st_size if file.exists() else 0


async def test_a_command_beside_a_server_loses_nothing(data: Path, server: Opened) -> None:
    await rows.put(server.store, "anna")
    with process(data, "raise", 60) as one, process(data, "raise", 60) as other:
        _begin(one)
        _begin(other)
        for _ in range(60):
            await rows.raise_version(server.store, "anna")
        assert await asyncio.to_thread(one.wait, 60) == 0
        assert await asyncio.to_thread(other.wait, 60) == 0
    assert await rows.seen(server.store, "anna") == (181, "present", True)


async def test_the_server_sees_what_a_command_wrote_as_soon_as_it_is_written(data: Path, server: Opened) -> None:
    with process(data, "pairs") as command:
        _begin(command)
        for number in range(50):
            said = await asyncio.to_thread(_line, command)
            assert said == str(number)
            assert await rows.seen(server.store, f"b{number:06}") is not None


async def test_a_second_server_is_refused_and_told_who_serves(data: Path, server: Opened) -> None:
    command = [sys.executable, "-m", "tests.store.process", str(data), "serve"]
    said = await asyncio.to_thread(subprocess.check_output, command, cwd=ROOT, text=True, input="\n", timeout=60)
    assert said.startswith(f"refused: another process ({os.getpid()}) already serves {data}/vestibule.sqlite: ")
    assert await rows.seen(server.store, "anna") is None


async def test_a_killed_servers_lock_is_free(data: Path, clock: StoppedClock, sealer: Sealer) -> None:
    with process(data, "serve") as other:
        with pytest.raises(Unavailable, match=f"another process \\({other.pid}\\)"):
            await open_store(None, data, clock, sealer=sealer, serving=True)
        other.kill()
        await asyncio.to_thread(other.wait, 30)
        await (await open_store(None, data, clock, sealer=sealer, serving=True)).close()


async def test_a_command_never_checkpoints_while_somebody_serves(data: Path, server: Opened) -> None:
    assert await server.store.truncate_log()
    before = (data / "vestibule.sqlite").read_bytes()
    with process(data, "burst", 40) as command:
        _begin(command)
        assert await asyncio.to_thread(command.wait, 60) == 0
    with process(data, "truncate") as command:
        _begin(command)
        assert await asyncio.to_thread(_line, command) == "False"
    assert (data / "vestibule.sqlite").read_bytes() == before
    assert _wal(data) > 40 * 20_000
    assert await server.store.truncate_log()
    assert _wal(data) == 0
    assert await rows.seen(server.store, "burst0039") is not None


async def test_a_command_alone_leaves_a_tidy_file(data: Path) -> None:
    with process(data, "burst", 5) as command:
        _begin(command)
        assert await asyncio.to_thread(command.wait, 60) == 0
    assert _wal(data) == _wal(data, "keys.sqlite-wal") == 0
    with process(data, "truncate") as command:
        _begin(command)
        assert await asyncio.to_thread(_line, command) == "True"


async def test_a_server_waits_for_a_command_that_is_tidying_up(data: Path, clock: StoppedClock, sealer: Sealer) -> None:
    handle = os.open(data / "vestibule.sqlite.serving", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_SH)
    threading.Timer(0.3, os.close, [handle]).start()
    await (await open_store(None, data, clock, sealer=sealer, serving=True)).close()


def test_only_a_server_keeps_commands_from_tidying_up(tmp_path: Path) -> None:
    database = tmp_path / "x.sqlite"
    server, one, other = ServingLock(database), ServingLock(database), ServingLock(database)
    with one.briefly() as mine, other.briefly() as also_mine:
        assert mine
        assert also_mine
    server.serve()
    assert server.held
    with server.briefly() as mine, one.briefly() as not_mine:
        assert mine
        assert not not_mine
    server.give_back()
    server.give_back()
    with one.briefly() as mine:
        assert mine


async def test_what_was_committed_survives_a_kill_and_nothing_is_half(
    data: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    for length in (1, 7, 20, 45):
        _empty(data)
        with process(data, "pairs") as writer:
            _begin(writer)
            said = [await asyncio.to_thread(_line, writer) for _ in range(length)]
            writer.kill()
            rest, _ = await asyncio.to_thread(writer.communicate)
        committed = [*said, *rest.split()]
        opened = await open_store(None, data, clock, sealer=sealer, serving=True)
        try:
            there = {row[0] for row in await (await opened.store.read()).all(rows.ALL, in_tenant=TENANT)}
            for number in committed[:-1]:
                assert f"a{int(number):06}" in there
            assert {name[1:] for name in there if name[0] == "a"} == {name[1:] for name in there if name[0] == "b"}
            assert _integrity(data) == "ok"
        finally:
            await opened.close()


def _empty(data: Path) -> None:
    connection = apsw.Connection(str(data / "vestibule.sqlite"))
    connection.execute("DELETE FROM membership")
    connection.close()


def _integrity(data: Path) -> object:
    connection = apsw.Connection(str(data / "vestibule.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.pragma("integrity_check")
    finally:
        connection.close()


async def test_a_full_disk_is_unavailable_and_heals(server: Opened) -> None:
    async def limit(unit: object) -> int:
        connection = unit._connection  # type: ignore[attr-defined]
        pages = connection.pragma("page_count")
        return int(connection.pragma("max_page_count", pages + 5))

    await rows.put(server.store, "anna")
    await server.store.change(limit)
    outcomes = await asyncio.gather(
        *(rows.put(server.store, f"u{n}", stage="x" * 9000) for n in range(5)), return_exceptions=True
    )
    assert Unavailable in {type(outcome) for outcome in outcomes}
    there = [await rows.seen(server.store, f"u{n}") is not None for n in range(5)]
    assert there == [outcome is None for outcome in outcomes]

    async def lift(unit: object) -> None:
        unit._connection.pragma("max_page_count", 1_000_000)  # type: ignore[attr-defined]

    await server.store.change(lift)
    await rows.put(server.store, "bea", stage="x" * 90_000)
    assert await rows.seen(server.store, "bea") is not None


async def test_a_scan_that_takes_too_long_is_broken_off(server: Opened) -> None:
    for_ever = Query(
        select(
            literal_column(
                "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)"
            ).label("i")
        )
    )

    async def work(reading: Reading) -> object:
        return await reading.one(for_ever)

    with pytest.raises(Unavailable):
        await server.store.scan(work, deadline_s=0.2)
    await rows.put(server.store, "anna")
    assert await server.store.truncate_log()


async def test_a_reader_in_the_way_of_truncation_is_not_waited_for_long(server: Opened) -> None:
    await rows.put(server.store, "anna")
    release = threading.Event()
    reading = threading.Event()

    async def work(snapshot: Reading) -> None:
        await rows.find(snapshot, "anna")
        reading.set()
        release.wait(30)

    scan = asyncio.ensure_future(server.store.scan(work))
    await asyncio.to_thread(reading.wait, 30)
    await rows.put(server.store, "bea")
    assert not await server.store.truncate_log()
    await rows.put(server.store, "carl")
    release.set()
    await scan
    assert await server.store.truncate_log()
