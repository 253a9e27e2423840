"""Putting the two files of a SQLite database in place at once, although two renames are two steps.

New files are made in a folder beside the database. When they are whole and durable, a mark is written into it; from
then on they are what holds, and whoever finds the mark ends the move before opening anything. Before the mark nothing
has happened, whenever the process is killed.
"""

import fcntl
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

MARK: Final = "whole"
"""The file that says that everything beside it is to be moved into place."""


def folder_for(path: Path) -> Path:
    """The folder in which new files of this database are made."""
    return path.with_name(f".{path.name}.restoring")


def begin(folder: Path) -> None:
    """An empty folder; what a killed process left there is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)


def publish(folder: Path, files: Iterable[tuple[Path, Path]]) -> None:
    """Move new files (from the folder, to their places); they are closed, and nobody has the old ones open."""
    targets = []
    for new, target in files:
        log = new.with_name(f"{new.name}-wal")
        if log.exists() and log.stat().st_size:
            msg = f"{new} is not whole: a part of it is still in its log"
            raise OSError(msg)
        _flush(new)
        targets.append(f"{new.name}\n{target}\n")
    draft = folder / f".{MARK}"
    draft.write_text("".join(targets), encoding="utf-8")
    _flush(draft)
    _flush(folder)
    _flush(folder.parent)
    draft.rename(folder / MARK)
    _flush(folder)
    finish(folder)


def finish(folder: Path) -> None:
    """End a move that was begun, by whomever; nothing when there is none. Raises OSError."""
    try:
        mark = os.open(folder / MARK, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        fcntl.flock(mark, fcntl.LOCK_EX)  # of two processes that find it, one moves and the other one waits
        if not os.fstat(mark).st_nlink:
            return
        lines = os.pread(mark, 65_536, 0).decode().splitlines()
        for name, target in zip(lines[::2], lines[1::2], strict=True):
            _move(folder / name, Path(target))
        shutil.rmtree(folder)
    finally:
        os.close(mark)
    _flush(folder.parent)


def give_up(folder: Path) -> None:
    """Take away what was made, unless it holds already."""
    if not (folder / MARK).exists():
        shutil.rmtree(folder, ignore_errors=True)


def _move(new: Path, target: Path) -> None:
    if not new.exists():
        return
    for end in ("-wal", "-shm"):  # of the old file; its log would be taken for the new one's
        with suppress(FileNotFoundError):
            target.with_name(target.name + end).unlink()
    new.rename(target)
    _flush(target.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
