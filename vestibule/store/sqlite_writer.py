"""The writer of a SQLite file: one thread, one connection, group commit.

It takes what waits (up to ``GROUP`` units), runs each in a savepoint of its own and commits them together, so
that one flush to disk serves them all. A unit that fails undoes its own savepoint and nobody else's.
"""

import asyncio
import contextvars
import queue
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import apsw

from vestibule.store import scrubbing
from vestibule.store.serving_lock import ServingLock
from vestibule.store.sqlite_unit import BUSY_MS, OUT_OF_ORDER, SqliteUnit, drive, duplicate, open_writer, unavailable
from vestibule.store.unit import Moment, Unavailable

GROUP: Final = 16
CHECKPOINT_PAGES: Final = 16_000
_SCRUB_TRIES: Final = 3
_CHECKPOINT_WAIT_MS: Final = 250


class Job:
    """Something for the writer's thread: a unit of work, or an errand that runs between two commits."""

    __slots__ = ("context", "errand", "future", "loop", "outcome", "work")

    def __init__(
        self,
        work: Callable[[SqliteUnit], Awaitable[Any]] | None = None,
        errand: Callable[[apsw.Connection], Any] | None = None,
    ) -> None:
        """Exactly one of the two is given. Call it on the event loop that waits for the outcome."""
        self.work = work
        self.errand = errand
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.context = contextvars.copy_context()
        self.outcome: tuple[Any, BaseException | None] | None = None


class Writer:
    """The thread and its connection.

    Args:
        path: the database file.
        lock: the file's serving lock; whoever holds it checkpoints.
        moment: tells what time it is, given the connection.

    Raises:
        Unavailable: the file cannot be opened.
    """

    def __init__(self, path: Path, lock: ServingLock, moment: Callable[[apsw.Connection], Moment]) -> None:
        """Start the thread and wait until its connection is open."""
        self._path = path
        self._lock = lock
        self._moment = moment
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._set_aside: list[Job | None] = []
        self._closed = False
        self._wal_pages = 0
        self._started = threading.Event()
        self._broken: list[BaseException] = []
        self._thread = threading.Thread(target=self._live, name=f"writer of {path.name}", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._broken:
            self._thread.join()
            raise Unavailable(f"{path} cannot be opened: {self._broken[0]}") from self._broken[0]

    async def run(self, job: Job) -> Any:
        """Hand over a job and wait for its outcome. Raises Unavailable when the writer has stopped."""
        if self._closed:
            raise Unavailable("the database is closed")
        self._waiting.put(job)
        return await job.future

    def stop(self) -> None:
        """Finish what waits, then end the thread. Blocks."""
        self._closed = True
        self._waiting.put(None)
        self._thread.join()

    # --- everything below runs in the writer's thread ---

    def _live(self) -> None:
        try:
            connection = open_writer(str(self._path), checkpoints=self._lock.held)
            connection.set_wal_hook(self._count_pages)
        except (apsw.Error, OSError) as broken:
            self._broken.append(broken)
            return
        finally:
            self._started.set()
        try:
            self._serve(connection)
            self._checkpoint_at_end(connection)
            connection.close()
        finally:
            self._closed = True
            self._turn_away()

    def _serve(self, connection: apsw.Connection) -> None:
        while (jobs := self._take()) is not None:
            try:
                if jobs[0].errand is not None:
                    self._run_errand(connection, jobs[0])
                else:
                    self._commit_together(connection, jobs)
            finally:
                _answer(jobs)
            if self._wal_pages >= CHECKPOINT_PAGES:
                with self._lock.briefly() as mine:
                    if mine:
                        checkpoint(connection, "PASSIVE")
                self._wal_pages = 0

    def _take(self) -> list[Job] | None:
        """The units of the next commit, or one errand; None at the end. Waits for the first."""
        first = self._set_aside.pop() if self._set_aside else self._waiting.get()
        if first is None:
            return None
        if first.errand is not None:
            return [first]
        jobs = [first]
        with suppress(queue.Empty):
            while len(jobs) < GROUP:
                following = self._waiting.get_nowait()
                if following is None or following.errand is not None:
                    self._set_aside.append(following)  # its turn comes right after this commit
                    break
                jobs.append(following)
        return jobs

    def _commit_together(self, connection: apsw.Connection, jobs: list[Job]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                self._run_unit(connection, job)
            connection.execute("COMMIT")
        except (apsw.Error, OSError) as failure:
            _undo(connection)
            told = unavailable(failure)
            for job in jobs:
                if job.outcome is None or job.outcome[1] is None:
                    job.outcome = (None, told)

    def _run_unit(self, connection: apsw.Connection, job: Job) -> None:
        if job.future.cancelled() or job.work is None:  # nobody waits for it, and nothing of it was done
            return
        connection.execute("SAVEPOINT unit")
        try:
            unit = SqliteUnit(connection, self._moment(connection))
            result = job.context.run(drive, job.work(unit))
            unit.flush()
        except OUT_OF_ORDER:
            raise
        except apsw.ConstraintError as broken:
            self._undo_unit(connection, job, duplicate(broken))
        except BaseException as refused:  # noqa: BLE001 - whatever the work raises belongs to its caller
            self._undo_unit(connection, job, refused)
        else:
            job.outcome = (result, None)
            connection.execute("RELEASE unit")

    @staticmethod
    def _undo_unit(connection: apsw.Connection, job: Job, failure: BaseException) -> None:
        job.outcome = (None, failure)
        connection.execute("ROLLBACK TO unit; RELEASE unit")

    @staticmethod
    def _run_errand(connection: apsw.Connection, job: Job) -> None:
        try:
            job.outcome = (job.errand and job.errand(connection), None)
        except (apsw.Error, OSError) as failure:
            _undo(connection)
            job.outcome = (None, unavailable(failure))
        except Exception as failure:  # noqa: BLE001 - it belongs to whoever sent the errand
            _undo(connection)
            job.outcome = (None, failure)

    def truncate(self, connection: apsw.Connection) -> bool:
        """Errand: cut the write-ahead log to nothing and wipe what deletions left behind in the file.

        Returns False when another process serves the file or a reader is in the way.
        """
        with self._lock.briefly() as mine:
            if not mine:
                return False
            for _ in range(_SCRUB_TRIES):
                if not checkpoint(connection, "TRUNCATE"):
                    return False
                self._wal_pages = 0
                if self._wipe(connection):
                    return True
        return False

    def _wipe(self, connection: apsw.Connection) -> bool:
        """Wipe the file behind an empty log; False when another process wrote to the log in between."""
        # The cache may hold old bytes of pages that are about to be wiped, and would write them again.
        connection.execute("PRAGMA shrink_memory")
        connection.execute("BEGIN IMMEDIATE")
        try:
            if _size(self._path.with_name(self._path.name + "-wal")):
                return False
            scrubbing.wipe(self._path)
        finally:
            _undo(connection)
        return True

    def _checkpoint_at_end(self, connection: apsw.Connection) -> None:
        if not self._lock.held:
            with self._lock.briefly() as mine, suppress(apsw.Error):
                if mine:
                    checkpoint(connection, "TRUNCATE")

    def _count_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._wal_pages = pages
        return apsw.SQLITE_OK

    def _turn_away(self) -> None:
        """Answer whoever came after the end."""
        late: list[Job] = []
        with suppress(queue.Empty):
            while True:
                job = self._waiting.get_nowait()
                if job is not None:
                    job.outcome = (None, Unavailable("the database is closed"))
                    late.append(job)
        _answer(late)


def checkpoint(connection: apsw.Connection, mode: str) -> bool:
    """Move the write-ahead log into the file; whether all of it was moved."""
    connection.set_busy_timeout(_CHECKPOINT_WAIT_MS)
    try:
        row = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    except apsw.BusyError:
        return False
    finally:
        connection.set_busy_timeout(BUSY_MS)
    return row is not None and row[0] == 0


def _undo(connection: apsw.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _answer(jobs: list[Job]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[Job]] = {}
    for job in jobs:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, answered in by_loop.items():
        with suppress(RuntimeError):  # the loop is gone: nobody waits for the answer any more
            loop.call_soon_threadsafe(_set_outcomes, answered)


def _set_outcomes(jobs: list[Job]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        result, failure = job.outcome or (None, Unavailable("the writer of the database broke down"))
        if failure is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(failure)
