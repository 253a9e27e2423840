"""The write-ahead log of a SQLite file: when it is moved into the file, and how what was deleted is taken off the disk.

Everything here runs in the writer's thread, between two commits.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

import apsw

from vestibule.store import scrubbing
from vestibule.store.serving_lock import ServingLock

CHECKPOINT_PAGES: Final = 16_000
_SCRUB_TRIES: Final = 3
_WAIT_MS: Final = 250


class Log:
    """The log of one file, as the connection that writes it sees it.

    Args:
        path: the database file. lock: its serving lock; whoever holds it checkpoints. connection: the writer's.
    """

    def __init__(self, path: Path, lock: ServingLock, connection: apsw.Connection) -> None:
        """Begin to count the pages in the log."""
        self._path = path
        self._lock = lock
        self._connection = connection
        self._pages = 0
        connection.set_wal_hook(self._count_pages)

    def checkpoint_when_long(self) -> None:
        """Move the log into the file when it has grown long; rarely, because commits wait for it."""
        if self._pages < CHECKPOINT_PAGES:
            return
        with self._lock.briefly() as mine:
            if mine:
                checkpoint(self._connection, "PASSIVE")
        self._pages = 0

    def checkpoint_at_end(self) -> None:
        """Move all of it, when nobody serves the file."""
        if not self._lock.held:
            with self._lock.briefly() as mine, suppress(apsw.Error):
                if mine:
                    checkpoint(self._connection, "TRUNCATE")

    def truncate(self) -> bool:
        """Cut the log to nothing and wipe what deletions left behind in the file.

        Returns False when another process serves the file or a reader is in the way.
        """
        with self._lock.briefly() as mine:
            if not mine:
                return False
            for _ in range(_SCRUB_TRIES):
                if not checkpoint(self._connection, "TRUNCATE"):
                    return False
                self._pages = 0
                if self._wipe():
                    return True
        return False

    def _wipe(self) -> bool:
        """Wipe the file behind an empty log; False when another process wrote to the log in between."""
        # The cache may hold old bytes of pages that are about to be wiped, and would write them again.
        self._connection.execute("PRAGMA shrink_memory")
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if _size(self._path.with_name(self._path.name + "-wal")):
                return False
            scrubbing.wipe(self._path)
        finally:
            undo(self._connection)
        return True

    def _count_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK


def checkpoint(connection: apsw.Connection, mode: str) -> bool:
    """Move the write-ahead log into the file; whether all of it was moved."""
    connection.set_busy_timeout(_WAIT_MS)
    try:
        row = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
    except apsw.BusyError:
        return False
    return row is not None and row[0] == 0


def undo(connection: apsw.Connection) -> None:
    """Roll back whatever is open."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
