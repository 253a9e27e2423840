"""The writer of a SQLite file: one connection, group commit.

It takes what waits (up to ``GROUP`` units), runs each in a savepoint of its own and commits them together, so that
one flush to disk serves them all. A unit that fails undoes its own savepoint and nobody else's.

Units are short, and run right on the event loop, as reads do: two threads that take turns with many short statements
spend most of their time waiting for each other. What may wait runs in a thread: the commit, whatever finds another
process writing, and a unit that turns out to be long. That one is undone first, with those beside it, and all of them
run again there.
"""

import asyncio
import contextvars
import queue
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import apsw

from vestibule.store.serving_lock import ServingLock
from vestibule.store.sqlite_log import Log, undo
from vestibule.store.sqlite_unit import BUSY_MS, OUT_OF_ORDER, SqliteUnit, drive, duplicate, open_writer, unavailable
from vestibule.store.unit import Moment, Unavailable

GROUP: Final = 16
LOOK_EVERY: Final = 50_000
"""So many steps of SQLite's machine, half a millisecond or more, between two looks at whether a group is long."""
LOOKS: Final = 8
"""A group that is looked at more often than this is long: it holds up the event loop."""


class Job:
    """Something for the writer: a unit of work, or an errand that runs between two commits.

    Attributes:
        apart: it may wait or be long, so that it runs in the thread from the beginning. Errands do.
    """

    __slots__ = ("apart", "context", "errand", "future", "loop", "outcome", "work")

    def __init__(
        self,
        work: Callable[[SqliteUnit], Awaitable[Any]] | None = None,
        errand: Callable[[], Any] | None = None,
        *,
        apart: bool = False,
    ) -> None:
        """Exactly one of the two is given. Call it on the event loop that waits for the outcome."""
        self.work = work
        self.errand = errand
        self.apart = apart or errand is not None
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.context = contextvars.copy_context()
        self.outcome: tuple[Any, BaseException | None] | None = None


class Writer:
    """The connection, what waits for it, and the thread.

    Whoever sets ``_busy`` has the connection, and hands both on: to the loop of the next job, to the thread, or to
    nobody.

    Args:
        path: the database file.
        lock: the file's serving lock; whoever holds it checkpoints.
        moment: tells what time it is, given the connection.

    Raises:
        Unavailable: the file cannot be opened.
    """

    def __init__(self, path: Path, lock: ServingLock, moment: Callable[[apsw.Connection], Moment]) -> None:
        """Open the connection and start the thread."""
        self._moment = moment
        self._guard = threading.Lock()
        self._waiting: deque[Job] = deque()
        self._busy = self._closed = False
        self._idle = threading.Event()
        self._idle.set()
        self._looks_left: int | None = None
        try:
            self._connection = open_writer(str(path), checkpoints=lock.held)
            self._log = Log(path, lock, self._connection)
        except (apsw.Error, OSError) as broken:
            raise Unavailable(f"{path} cannot be opened: {broken}") from broken
        self._connection.set_busy_timeout(0)
        self._connection.set_progress_handler(self._look, LOOK_EVERY)
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._live, name=f"writer of {path.name}", daemon=True)
        self._thread.start()

    async def run(self, job: Job) -> Any:
        """Hand over a job and wait for its outcome. Raises Unavailable when the writer has stopped."""
        with self._guard:
            if self._closed:
                raise Unavailable("the database is closed")
            self._waiting.append(job)
            mine, self._busy = not self._busy, True
            self._idle.clear()
        if mine:
            # Not at once: whoever else is about to write in this round of the loop comes along.
            job.loop.call_soon(self._turn)
        return await job.future

    async def truncate(self) -> bool:
        """Take what was deleted off the disk; see ``Log.truncate``."""
        return bool(await self.run(Job(errand=self._log.truncate)))

    def stop(self) -> None:
        """Finish what waits, then end the thread. Blocks; the event loops of what waits must go on meanwhile."""
        with self._guard:
            self._closed = True
        self._idle.wait()
        self._tasks.put(None)
        self._thread.join()

    # --- on the event loop ---

    def _turn(self) -> None:
        """Run the next group, as far as it does not wait."""
        jobs = self._take()
        if not jobs:
            return
        try:
            where = self._group(jobs)
        except BaseException:
            undo(self._connection)
            self._answer(jobs)
            raise
        if where is None:
            self._answer(jobs)
        else:
            self._tasks.put(partial(where, jobs))

    def _take(self) -> list[Job]:
        """The units of the next commit, or one job that runs apart; nothing when nothing waits."""
        with self._guard:
            jobs: list[Job] = []
            while self._waiting and len(jobs) < GROUP and not (jobs and (jobs[0].apart or self._waiting[0].apart)):
                jobs.append(self._waiting.popleft())
            if not jobs:
                self._busy = False
                self._idle.set()
            return jobs

    def _group(self, jobs: list[Job]) -> Callable[[list[Job]], None] | None:
        """Run the units here. Returns what the thread has to do with them, or None when they are done."""
        if jobs[0].apart:
            return self._apart
        written = self._connection.total_changes()
        self._looks_left = LOOKS
        failure = self._try(jobs)
        long, self._looks_left = self._looks_left < 0, None
        if long or isinstance(failure, apsw.BusyError):  # busy: another process is writing
            undo(self._connection)
            return self._apart
        if failure is None and self._connection.total_changes() != written:
            return self._commit
        if failure is not None:
            self._give_up(jobs, failure)
        undo(self._connection)  # nothing to keep, so nothing to wait for
        return None

    def _try(self, jobs: list[Job]) -> Exception | None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            self._run_units(jobs)
        except (apsw.Error, OSError) as failure:
            return failure
        return None

    def _look(self) -> bool:
        """SQLite asks now and then: whether to interrupt, because a group on the event loop is long."""
        if self._looks_left is None:
            return False
        self._looks_left -= 1
        return self._looks_left < 0

    # --- in the thread ---

    def _live(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
        self._log.checkpoint_at_end()
        self._connection.close()

    def _commit(self, jobs: list[Job]) -> None:
        """Commit what was run on the loop."""
        try:
            self._connection.execute("COMMIT")
        except (apsw.Error, OSError) as failure:
            self._give_up(jobs, failure)
        finally:
            self._answer(jobs, self._log.checkpoint_when_long)

    def _apart(self, jobs: list[Job]) -> None:
        """Run jobs from the beginning; another process's writing is waited for."""
        self._connection.set_busy_timeout(BUSY_MS)
        try:
            if jobs[0].errand is not None:
                self._run_errand(jobs[0], jobs[0].errand)
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._run_units(jobs)
            self._connection.execute("COMMIT")
        except (apsw.Error, OSError) as failure:
            self._give_up(jobs, failure)
        finally:
            self._answer(jobs, self._log.checkpoint_when_long)

    # --- on either side ---

    def _answer(self, jobs: list[Job], then: Callable[[], None] | None = None) -> None:
        """Say what came of it, do what has to follow, and give the connection to whoever waits next."""
        _answer(jobs)
        try:
            with suppress(apsw.Error, OSError):  # the next commit tells whoever it concerns
                if then is not None:
                    then()
                self._connection.set_busy_timeout(0)
        finally:
            self._go_on()

    def _go_on(self) -> None:
        """Hand the connection to the loop of whoever waits next."""
        while True:
            with self._guard:
                if not self._waiting:
                    self._busy = False
                    self._idle.set()
                    return
                loop = self._waiting[0].loop
            try:
                loop.call_soon_threadsafe(self._turn)
                return
            except RuntimeError:  # that loop is gone, and with it whoever waited on it
                with self._guard:
                    self._waiting.popleft()

    def _run_units(self, jobs: list[Job]) -> None:
        for job in jobs:
            job.outcome = None
            self._run_unit(job)
            if self._looks_left is not None and self._looks_left < 0:
                return

    def _run_unit(self, job: Job) -> None:
        if job.future.cancelled() or job.work is None:  # nobody waits for it, and nothing of it was done
            return
        connection = self._connection
        connection.execute("SAVEPOINT unit")
        try:
            unit = SqliteUnit(connection, self._moment(connection))
            result = job.context.run(drive, job.work(unit))
            unit.flush()
        except OUT_OF_ORDER:
            raise
        except apsw.ConstraintError as broken:
            self._undo_unit(job, duplicate(broken))
        except BaseException as refused:  # noqa: BLE001 - whatever the work raises belongs to its caller
            self._undo_unit(job, refused)
        else:
            job.outcome = (result, None)
            connection.execute("RELEASE unit")

    def _undo_unit(self, job: Job, failure: BaseException) -> None:
        job.outcome = (None, failure)
        self._connection.execute("ROLLBACK TO unit; RELEASE unit")

    def _run_errand(self, job: Job, errand: Callable[[], Any]) -> None:
        try:
            job.outcome = (errand(), None)
        except (apsw.Error, OSError) as failure:
            undo(self._connection)
            job.outcome = (None, unavailable(failure))
        except Exception as failure:  # noqa: BLE001 - it belongs to whoever sent the errand
            undo(self._connection)
            job.outcome = (None, failure)

    def _give_up(self, jobs: list[Job], failure: Exception) -> None:
        """Nothing of the group stays; those who were not refused are told."""
        with suppress(apsw.Error):  # a failure may have undone everything already
            undo(self._connection)
        told = unavailable(failure)
        for job in jobs:
            if job.outcome is None or job.outcome[1] is None:
                job.outcome = (None, told)


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
