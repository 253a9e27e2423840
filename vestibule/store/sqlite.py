"""SQLite through apsw: inline reads on read-only connections, one writer with group commit.

Reads never wait for the writer; a unit of work runs inside the writer's transaction, on the event loop as long as it
is short.

One process serves a file and checkpoints it; it holds an operating-system lock that says so. Other processes
(the command line) write through SQLite's own locking and never checkpoint while somebody holds that lock.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path
from typing import Final, TypeVar

import apsw

from vestibule.store.bulk import Step
from vestibule.store.serving_lock import ServingLock
from vestibule.store.sqlite_unit import (
    OUT_OF_ORDER,
    SqliteReading,
    SqliteUnit,
    drive,
    one_snapshot,
    open_reader,
    unavailable,
)
from vestibule.store.sqlite_writer import Job, Writer
from vestibule.store.times import DEPLOYMENT, Times
from vestibule.store.unit import Moment, Unavailable

T = TypeVar("T")

SAFE_SQLITE: Final = (3, 51, 3)  # below it, a WAL database with two writers can be corrupted (the WAL-reset bug)
SCAN_DEADLINE_S: Final = 60.0


class SqliteStore:
    """One SQLite file.

    Args:
        path: the database file; its folder exists.
        times: where moments come from.
        serving: this process serves the file: it takes the serving lock and checkpoints.

    Raises:
        Unavailable: another process already serves the file, it cannot be opened, or this SQLite cannot be trusted
            with it.
    """

    dialect = "sqlite"

    def __init__(self, path: Path, times: Times, *, serving: bool = False) -> None:
        """Open the file and start the writer."""
        refuse_unsafe(apsw.sqlite_lib_version())
        self.path = path
        self.times = times
        self.beside: list[SqliteStore] = []
        self._readers = threading.local()
        self._opened: list[apsw.Connection] = []
        self._lock = ServingLock(path)
        if serving:
            self._lock.serve()
        try:
            self._writer = Writer(path, self._lock, self._moment)
        except Unavailable:
            self._lock.give_back()
            raise

    async def change(self, work: Callable[[SqliteUnit], Awaitable[T]]) -> T:
        """Run ``work`` in a unit and commit it. What it raises undoes it and comes out here.

        Raises Unavailable when the file cannot be written, Duplicate for a name that is taken, and Stale when a
        write touched another number of rows than it said.
        """
        result: T = await self._writer.run(Job(work=work))
        return result

    async def moment(self) -> Moment:
        """What time it is."""
        return (await self.read()).moment

    def holding(self) -> AbstractAsyncContextManager[Callable[[], Awaitable[None]]]:
        """Nothing to hold here; see the same function of the other store."""
        return nullcontext(_nothing_to_give_back)

    async def read(self) -> SqliteReading:
        """Reads of this moment. A read never waits for the writer."""
        try:
            reader = self._reader()
            return SqliteReading(reader, self._moment(reader))
        except OUT_OF_ORDER as failure:
            raise unavailable(failure) from failure

    async def scan(
        self, work: Callable[[SqliteReading], Awaitable[T]], *, deadline_s: float | None = SCAN_DEADLINE_S
    ) -> T:
        """Long reads (scans, exports, counts) in a thread, all of one snapshot.

        Raises Unavailable after ``deadline_s`` seconds: a snapshot that stays open lets the log grow.
        """
        running: list[apsw.Connection] = []

        def run() -> T:
            connection = self._reader()
            running.append(connection)
            with one_snapshot(connection):
                return drive(work(SqliteReading(connection, self._moment(connection))))

        scanning = asyncio.ensure_future(asyncio.to_thread(run))
        _, late = await asyncio.wait({scanning}, timeout=deadline_s)
        if late and running:
            running[0].interrupt()
        return await scanning

    async def execute_script(self, script: str) -> None:
        """Run SQL as it is, in one transaction (migrations)."""

        async def work(unit: SqliteUnit) -> None:
            unit.run_script(script)

        await self._writer.run(Job(work=work, apart=True))

    async def run_steps(self, steps: Sequence[Step]) -> None:
        """Run steps in one transaction, whole tables at once."""

        async def work(unit: SqliteUnit) -> None:
            unit.run_steps(steps)

        await self._writer.run(Job(work=work, apart=True))

    async def truncate_log(self, *, whole: bool = False) -> bool:  # noqa: ARG002 - here it is whole always
        """Take what was deleted off the disk, here and in the files opened beside this one.

        The write-ahead log is moved into the file and cut to nothing, and the unused parts of its pages are
        overwritten. Returns False when a reader is in the way or another process serves the file; try again later.
        """
        done = [await self._writer.truncate()]
        done += [await store.truncate_log() for store in self.beside]
        return all(done)

    async def close(self) -> None:
        """Finish what waits, stop the writer and give the serving lock back."""
        await asyncio.to_thread(self._writer.stop)
        for connection in self._opened:
            connection.close()
        self._opened.clear()
        self._readers = threading.local()
        self._lock.give_back()

    def _reader(self) -> apsw.Connection:
        """This thread's connection for reading."""
        connection: apsw.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = open_reader(str(self.path))
            self._readers.connection = connection
            self._opened.append(connection)
        return connection

    def _moment(self, connection: apsw.Connection) -> Moment:
        if not self.times.emulator:
            return self.times.plain()
        return self.times.pushed(connection.execute(DEPLOYMENT.for_sqlite.sql, [1]).fetchone())


async def _nothing_to_give_back() -> None:
    pass


def refuse_unsafe(version: str) -> None:
    """Raise Unavailable for a SQLite that can corrupt a database with two writers."""
    if tuple(int(part) for part in version.split(".")[:3]) < SAFE_SQLITE:
        raise Unavailable(
            f"this SQLite is {version}, which can corrupt the database when two processes write (the WAL-reset bug): "
            "install the apsw package, which brings SQLite 3.51.3 or newer"
        )


__all__ = ["SqliteReading", "SqliteStore", "SqliteUnit", "refuse_unsafe"]
