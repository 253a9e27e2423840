"""SQLite through apsw: inline reads on read-only connections, one writer with group commit.

The writer is a thread with the only writing connection of the process. It takes what waits (up to sixteen
units), runs each in a savepoint of its own and commits them together, so that one flush to disk serves them all.
A unit that fails undoes its own savepoint and nobody else's.

Work functions are coroutines, so that the same action runs on both databases. Here nothing ever waits, so the
writer drives a coroutine by hand, without an event loop.

One process serves a file and checkpoints it; it holds an operating-system lock that says so. Other processes
(the command line) write through SQLite's own locking and never checkpoint while somebody holds that lock.
"""

import asyncio
import fcntl
import os
import queue
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from vestibule.store.statements import Change, Guard, Query, Row
from vestibule.store.times import DEPLOYMENT, Times
from vestibule.store.unit import Duplicate, Moment, Pending, Stale, Unavailable

T = TypeVar("T")

SAFE_SQLITE: Final = (3, 51, 3)  # below it, a WAL database with two writers can be corrupted (the WAL-reset bug)
GROUP: Final = 16
CHECKPOINT_PAGES: Final = 16_000
BUSY_MS: Final = 30_000


class SqliteReading:
    """Reads on one connection, each statement on its own."""

    def __init__(self, connection: apsw.Connection, moment: Moment) -> None:
        """Bind a connection to a moment."""
        self._execute = connection.execute
        self.moment = moment

    @property
    def now(self) -> Any:
        """Lifecycle time."""
        return self.moment.now

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        """The first row, or None."""
        compiled = query.for_sqlite
        cursor = self._execute(compiled.sql, compiled.arguments(parameters))
        row: Row | None = cursor.fetchone()
        return row

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        """Every row."""
        compiled = query.for_sqlite
        return self._execute(compiled.sql, compiled.arguments(parameters)).fetchall()


class SqliteUnit(SqliteReading, Pending):  # type: ignore[misc] # ``moment`` is an attribute in both
    """A unit of work inside the writer's transaction."""

    def __init__(self, connection: apsw.Connection, moment: Moment) -> None:
        """Bind a connection to a moment, with nothing written yet."""
        SqliteReading.__init__(self, connection, moment)
        self.writes = []
        self._connection = connection

    def flush(self) -> None:
        """Carry out the collected writes, in order. Raises Stale when one touched another number of rows."""
        for pending in self.writes:
            if isinstance(pending.statement, Guard):
                continue
            compiled = pending.statement.for_sqlite
            self._execute(compiled.sql, compiled.arguments(pending.parameters))
            if pending.rows is not None and pending.statement.counted and self._connection.changes() != pending.rows:
                raise Stale


class SqliteStore:
    """One SQLite file.

    Args:
        path: the database file; its folder exists.
        times: where moments come from.
        serving: this process serves the file: it takes the serving lock and checkpoints.

    Raises:
        Unavailable: another process already serves the file, or this SQLite cannot be trusted with it.
    """

    dialect = "sqlite"

    def __init__(self, path: Path, times: Times, *, serving: bool = False) -> None:
        """Open the file and start the writer."""
        if apsw.sqlite_lib_version() and tuple(map(int, apsw.sqlite_lib_version().split("."))) < SAFE_SQLITE:
            raise Unavailable(f"SQLite {apsw.sqlite_lib_version()} can corrupt this database; 3.51.3 or newer is needed")
        self.path = path
        self.times = times
        self._lock = _ServingLock(path.with_name(path.name + ".serving"))
        self.checkpoints = self._lock.take()
        if serving and not self.checkpoints:
            raise Unavailable(f"another process already serves {path}")
        self._local = threading.local()
        self._waiting: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._wal_pages = 0
        self._thread = threading.Thread(target=self._write_for_ever, name="sqlite-writer", daemon=True)
        self._started = threading.Event()
        self._broken: BaseException | None = None
        self._thread.start()
        self._started.wait()
        if self._broken is not None:
            raise Unavailable(str(self._broken)) from self._broken

    async def change(self, work: Callable[[SqliteUnit], Awaitable[T]]) -> T:
        """Run ``work`` in a unit and commit it. What it raises undoes it and comes out here."""
        loop = asyncio.get_running_loop()
        job = _Job(work, loop, loop.create_future())
        self._waiting.put(job)
        result: T = await job.future
        return result

    @contextmanager
    def _reader(self) -> Iterator[apsw.Connection]:
        connection: apsw.Connection | None = getattr(self._local, "reader", None)
        if connection is None:
            connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
            _prepare(connection)
            self._local.reader = connection
        yield connection

    async def moment(self) -> Moment:
        """What time it is."""
        with self._reader() as connection:
            return self._moment(connection)

    async def read(self) -> SqliteReading:
        """Reads of this moment. A read never waits for the writer."""
        with self._reader() as connection:
            return SqliteReading(connection, self._moment(connection))

    async def scan(self, work: Callable[[SqliteReading], Awaitable[T]]) -> T:
        """Long reads (scans, exports, counts) off the event loop, each on a connection of their thread."""
        return await asyncio.to_thread(self._scan, work)

    def _scan(self, work: Callable[[SqliteReading], Awaitable[T]]) -> T:
        with self._reader() as connection:
            return _drive(work(SqliteReading(connection, self._moment(connection))))

    async def execute_script(self, script: str) -> None:
        """Run SQL as it is, in one transaction (migrations)."""

        def run(unit: SqliteUnit) -> None:
            unit._connection.execute(script)

        async def work(unit: SqliteUnit) -> None:
            run(unit)

        await self.change(work)

    async def truncate_log(self) -> bool:
        """Move everything from the write-ahead log into the file and cut the log to nothing.

        After an erasure this is what takes the old pages off the disk. Returns False when a reader is in the way
        or another process is the one that checkpoints.
        """
        if not self.checkpoints:
            return False
        loop = asyncio.get_running_loop()
        job = _Job(None, loop, loop.create_future())
        self._waiting.put(job)
        done: bool = await job.future
        return done

    async def close(self) -> None:
        """Finish what waits, stop the writer and give the serving lock back."""
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)
        connection = getattr(self._local, "reader", None)
        if connection is not None:
            connection.close()
            self._local.reader = None
        self._lock.give_back()

    def _moment(self, connection: apsw.Connection) -> Moment:
        if not self.times.emulator:
            return self.times.plain()
        compiled = DEPLOYMENT.for_sqlite
        return self.times.pushed(connection.execute(compiled.sql, [1]).fetchone())

    # --- the writer's thread ---

    def _write_for_ever(self) -> None:
        try:
            connection = apsw.Connection(str(self.path))
            _prepare(connection)
            _prepare_writer(connection, checkpoints=self.checkpoints)
            connection.set_wal_hook(self._count_pages)
        except apsw.Error as broken:
            self._broken = broken
            return
        finally:
            self._started.set()
        while (jobs := self._take()) is not None:
            self._commit_together(connection, jobs)
            if self.checkpoints and self._wal_pages >= CHECKPOINT_PAGES:
                _checkpoint(connection, "PASSIVE")
                self._wal_pages = 0
        connection.close()

    def _count_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _take(self) -> list["_Job"] | None:
        """The jobs of the next commit; None at the end. Waits for the first, takes what is there of the rest."""
        first = self._waiting.get()
        if first is None:
            return None
        jobs = [first]
        with suppress(queue.Empty):
            while len(jobs) < GROUP:
                following = self._waiting.get_nowait()
                if following is None:
                    self._waiting.put(None)
                    break
                jobs.append(following)
        return jobs

    def _commit_together(self, connection: apsw.Connection, jobs: list["_Job"]) -> None:
        units = [job for job in jobs if job.work is not None]
        if units:
            self._run(connection, units)
        for job in jobs:
            if job.work is None:
                job.outcome = (_checkpoint(connection, "TRUNCATE"), None)
        _answer(jobs)

    def _run(self, connection: apsw.Connection, jobs: list["_Job"]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                self._run_one(connection, job)
            connection.execute("COMMIT")
        except (apsw.Error, OSError) as failure:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            told = Unavailable(f"the database could not commit: {failure}")
            for job in jobs:
                if job.outcome is None or job.outcome[1] is None:
                    job.outcome = (None, told)

    def _run_one(self, connection: apsw.Connection, job: "_Job") -> None:
        connection.execute("SAVEPOINT unit")
        try:
            unit = SqliteUnit(connection, self._moment(connection))
            result = _drive(job.work(unit))  # type: ignore[misc] # jobs without work never come here
            unit.flush()
        except apsw.ConstraintError as broken:
            job.outcome = (None, _duplicate(broken))
            connection.execute("ROLLBACK TO unit; RELEASE unit")
        except (apsw.FullError, apsw.IOError, apsw.BusyError, apsw.CorruptError):
            raise
        except Exception as refused:  # noqa: BLE001 - whatever the work raises belongs to its caller
            job.outcome = (None, refused)
            connection.execute("ROLLBACK TO unit; RELEASE unit")
        else:
            job.outcome = (result, None)
            connection.execute("RELEASE unit")


class _Job:
    __slots__ = ("future", "loop", "outcome", "work")

    def __init__(
        self,
        work: Callable[[SqliteUnit], Awaitable[Any]] | None,
        loop: asyncio.AbstractEventLoop,
        future: asyncio.Future[Any],
    ) -> None:
        self.work = work
        self.loop = loop
        self.future = future
        self.outcome: tuple[Any, BaseException | None] | None = None


class _ServingLock:
    """An operating-system lock on a file beside the database; it goes when its process goes, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def take(self) -> bool:
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def give_back(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _prepare(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(BUSY_MS)
    connection.execute("PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA cache_size=-65536")


def _prepare_writer(connection: apsw.Connection, *, checkpoints: bool) -> None:
    connection.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0 if checkpoints else 1)


def _checkpoint(connection: apsw.Connection, mode: str) -> bool:
    try:
        busy, _log, _done = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    except apsw.BusyError:
        return False
    return not busy


def _drive(work: Awaitable[T]) -> T:
    """Run a coroutine that never waits. Raises RuntimeError when it awaits anything but its unit."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as end:
        result: T = end.value
        return result
    msg = "work inside a unit may only await the unit's own methods"
    raise RuntimeError(msg)


def _duplicate(broken: apsw.ConstraintError) -> Exception:
    """Which unique index refused: SQLite names the columns, the schema knows the index."""
    if broken.extendedresult not in {apsw.SQLITE_CONSTRAINT_UNIQUE, apsw.SQLITE_CONSTRAINT_PRIMARYKEY}:
        return broken
    return Duplicate(str(broken).removeprefix("UNIQUE constraint failed: "))


def _answer(jobs: list[_Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, answered in by_loop.items():
        with suppress(RuntimeError):  # the loop is gone: nobody waits for the answer any more
            loop.call_soon_threadsafe(_set_outcomes, answered)


def _set_outcomes(jobs: list[_Job]) -> None:
    for job in jobs:
        if job.future.cancelled() or job.outcome is None:
            continue
        result, failure = job.outcome
        if failure is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(failure)


__all__ = ["Change", "SqliteReading", "SqliteStore", "SqliteUnit"]
