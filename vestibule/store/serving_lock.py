"""Who serves a SQLite file: one process, which is also the one that checkpoints it.

The claim is an operating-system lock on a file beside the database. It goes when its process goes, however that
ends, so there is nothing to clean up after a crash.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vestibule.store.unit import Unavailable

_LOOKS: Final = 200
_BETWEEN_LOOKS_S: Final = 0.05


class ServingLock:
    """The serving lock of one database file.

    A server holds it for as long as it lives, alone. Any other process takes a share of it for the length of one
    checkpoint, which it only gets while nobody serves.
    """

    def __init__(self, database: Path) -> None:
        """Name the lock of a database; nothing is taken yet."""
        self._database = database
        self._path = database.with_name(database.name + ".serving")
        self._held: int | None = None

    @property
    def held(self) -> bool:
        """This process serves the file."""
        return self._held is not None

    def serve(self) -> None:
        """Take the lock for good. Raises Unavailable when another process serves the file."""
        handle = self._open()
        if not self._wait_for(handle):
            who = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
            os.close(handle)
            raise Unavailable(
                f"another process{f' ({who})' if who else ''} already serves {self._database}: "
                "stop it first, or use PostgreSQL to serve from several processes"
            )
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._held = handle

    @contextmanager
    def briefly(self) -> Iterator[bool]:
        """Whether this process may checkpoint inside the block."""
        if self._held is not None:
            yield True
            return
        handle = self._open()
        try:
            yield _flock(handle, fcntl.LOCK_SH)
        finally:
            os.close(handle)

    def give_back(self) -> None:
        """Serve no longer."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _open(self) -> int:
        return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    @staticmethod
    def _wait_for(handle: int) -> bool:
        """Take the lock; wait for checkpoints of passing processes, but not for a server."""
        pause = threading.Event()
        for _ in range(_LOOKS):
            if _flock(handle, fcntl.LOCK_EX):
                return True
            if not _flock(handle, fcntl.LOCK_SH):
                return False
            fcntl.flock(handle, fcntl.LOCK_UN)
            pause.wait(_BETWEEN_LOOKS_S)
        return False


def _flock(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
