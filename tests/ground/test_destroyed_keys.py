"""The journal of destroyed keys: every acknowledged line is there, whoever writes at once and whatever crashed."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.houses import START
from vestibule.ground import destroyed_keys
from vestibule.ground.clock import StoppedClock
from vestibule.ground.destroyed_keys import BadJournal, DestroyedKeys, Journal, merged

WHOSE = "0123456789abcdef"


def key(n: int) -> str:
    return f"{n:032x}"


def journal(path: Path, clock: StoppedClock | None = None) -> DestroyedKeys:
    return DestroyedKeys(path, WHOSE, clock or StoppedClock(START))


async def test_what_was_added_is_read(tmp_path: Path):
    path, clock = tmp_path / "journal", StoppedClock(START)
    one = journal(path, clock)
    one.begin()
    clock.advance(timedelta(hours=1))
    await one.add([key(1), key(2)])
    await journal(path, clock).add([key(3)])
    at = START + timedelta(hours=1)
    assert destroyed_keys.read(path) == Journal(WHOSE, START, {key(1): at, key(2): at, key(3): at})
    assert path.stat().st_mode & 0o777 == 0o600


async def test_many_at_once_are_all_there_and_share_the_flushes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    flushed: list[int] = []
    flush = os.fsync

    def counted(handle: int) -> None:
        flushed.append(handle)
        flush(handle)

    monkeypatch.setattr(os, "fsync", counted)
    one = journal(tmp_path / "journal")
    await asyncio.gather(*(one.add([key(n)]) for n in range(200)))
    assert set(destroyed_keys.read(tmp_path / "journal").destroyed) == {key(n) for n in range(200)}
    assert len(flushed) < 20


async def test_a_line_that_a_crash_cut_off_spoils_nothing(tmp_path: Path):
    path = tmp_path / "journal"
    await journal(path).add([key(1), key(2)])
    path.write_bytes(path.read_bytes()[:-20])
    assert set(destroyed_keys.read(path).destroyed) == {key(1)}
    await journal(path).add([key(2), key(3)])
    assert set(destroyed_keys.read(path).destroyed) == {key(1), key(2), key(3)}


async def test_what_cannot_be_written_is_said_and_written_later(tmp_path: Path):
    path = tmp_path / "folder" / "journal"
    one = journal(path)
    with pytest.raises(FileNotFoundError):
        await one.add([key(1)])
    path.parent.mkdir()
    await one.add([key(2)])
    assert set(destroyed_keys.read(path).destroyed) == {key(1), key(2)}


async def test_a_house_without_a_file_keeps_none():
    none = DestroyedKeys()
    await none.add([key(1)])
    none.begin()
    none.forget()
    assert none.path is None


@pytest.mark.parametrize("text", ["", "something\n", "vestibule erasure journal 1 x soon\n"])
def test_what_is_no_journal_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "journal"
    path.write_text(text)
    with pytest.raises(BadJournal):
        destroyed_keys.read(path)


def test_several_become_one_since_the_earliest(tmp_path: Path):
    early, late = START, START + timedelta(days=1)
    found = merged([Journal(WHOSE, late, {key(1): late}), Journal(WHOSE, early, {key(2): late})], WHOSE, late)
    assert found == Journal(WHOSE, early, {key(1): late, key(2): late})
    destroyed_keys.write(tmp_path / "journal", found)
    assert destroyed_keys.read(tmp_path / "journal") == found
