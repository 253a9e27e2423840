"""Which keys were destroyed: a file beside the database, which no restore of a backup takes back.

A line is added, durably, before a key is destroyed: ``2026-03-02T09:30:00Z 0f3c…``. Key ids are random numbers, so the
file says nothing of anybody, and may be copied wherever it is safe. Its first line says whose it is and since when it
is complete::

    vestibule erasure journal 1 <key-encryption key, as ``fingerprint`` says it> <since>
"""

import asyncio
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from vestibule.ground.clock import Clock, iso, parse_iso

NAME: Final = "erasure-journal"
_FIRST: Final = "vestibule erasure journal 1"
_LINE: Final = re.compile(r"(\S{20,40}) ([0-9a-f-]{16,64})", re.ASCII)


class BadJournal(Exception):
    """The file cannot be read as a journal; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What a journal says.

    Attributes:
        whose: the fingerprint of the key-encryption key. since: it is complete from then on.
        destroyed: when each key was destroyed, by its id.
    """

    whose: str
    since: datetime
    destroyed: dict[str, datetime]


class DestroyedKeys:
    """The journal of one house.

    Args:
        path: the file; None keeps none, for houses that no backup is taken of.
        whose: the fingerprint of the key-encryption key.
    """

    def __init__(self, path: Path | None = None, whose: str = "", clock: Clock | None = None) -> None:
        """Bind a file; it is made with the first line, or by ``begin``."""
        self.path = path
        self._whose = whose
        self._clock = clock
        self._waiting: list[str] = []
        self._asked = self._written = 0
        self._one_at_a_time = asyncio.Lock()

    async def add(self, key_ids: Sequence[str]) -> None:
        """These keys are about to be destroyed; the lines are durable when it returns. Raises OSError.

        Whoever comes while lines are being written is written with all others who do, by one flush to the disk.
        """
        if self.path is None or self._clock is None or not key_ids:
            return
        at = iso(self._clock.now())
        self._waiting += [f"{at} {key_id}\n" for key_id in key_ids]
        self._asked += 1
        mine = self._asked
        async with self._one_at_a_time:
            if self._written >= mine:
                return
            lines, upto = self._waiting, self._asked
            self._waiting = []
            try:
                await asyncio.to_thread(self._append, self.path, lines)
            except BaseException:
                self._waiting = lines + self._waiting
                raise
            self._written = upto

    def begin(self) -> None:
        """Make the file when it is not there: from now on it is complete. Raises OSError."""
        if self.path is not None and not self.path.exists():
            self._append(self.path, [])

    def forget(self) -> None:
        """The house went back to another state, so that nothing that was written down is true; begin anew."""
        if self.path is not None and self.path.exists():
            self.path.unlink()
            self.begin()

    def _append(self, path: Path, lines: Sequence[str]) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(handle).st_size == 0:
                lines = [self._first(), *lines]
            elif os.pread(handle, 1, os.fstat(handle).st_size - 1) != b"\n":
                # A line that a crash cut off: its key was not destroyed then, and comes again. End it.
                lines = ["\n", *lines]
            octets = "".join(lines).encode()
            if os.write(handle, octets) != len(octets):
                raise OSError(f"{path} cannot be written: the disk is full")
            os.fsync(handle)
        finally:
            os.close(handle)
        _keep_name(path)

    def _first(self) -> str:
        assert self._clock is not None
        return first_line(self._whose, self._clock.now())


def first_line(whose: str, since: datetime) -> str:
    """How a journal begins."""
    return f"{_FIRST} {whose} {iso(since)}\n"


def read(path: Path) -> Journal:
    """What a journal says. Raises BadJournal, OSError."""
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    first = lines[0].removeprefix(_FIRST + " ").split(" ")
    if not lines[0].startswith(_FIRST + " ") or len(first) != 2:
        raise BadJournal(f"{path} is no erasure journal: its first line does not say so")
    destroyed: dict[str, datetime] = {}
    try:
        since = parse_iso(first[1])
        for line in lines[1:]:
            found = _LINE.fullmatch(line)
            if found is not None:  # else it was cut off by a crash, before its key was destroyed
                destroyed.setdefault(found[2], parse_iso(found[1]))
    except ValueError as bad:
        raise BadJournal(f"{path} is damaged: {bad}") from bad
    return Journal(first[0], since, destroyed)


def write(path: Path, journal: Journal) -> None:
    """Write a journal anew, whole or not at all. Raises OSError."""
    draft = path.with_name(f".{path.name}.part")
    lines = sorted((at, key_id) for key_id, at in journal.destroyed.items())
    text = first_line(journal.whose, journal.since) + "".join(f"{iso(at)} {key_id}\n" for at, key_id in lines)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _keep_name(path)


def merged(journals: Iterable[Journal], whose: str, since: datetime) -> Journal:
    """All of them in one, complete since the earliest of them or ``since``."""
    found = Journal(whose, since, {})
    for one in journals:
        found.destroyed.update(one.destroyed)
        found = Journal(whose, min(found.since, one.since), found.destroyed)
    return found


def _keep_name(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
