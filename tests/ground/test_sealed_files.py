"""A sealed file is read as it was written, or not at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground.chance import SeededChance
from vestibule.ground.sealed_files import BadFile, SealedReader, SealedWriter, fingerprint
from vestibule.ground.sealing import Sealer

MAGIC = b"a test 1\n"


def sealer(key: int = 0) -> Sealer:
    return Sealer(bytes([key]) * 32, SeededChance("sealed files"))


def written(path: Path, frames: list[bytes], by: Sealer | None = None) -> Path:
    file = SealedWriter(path, MAGIC, by or sealer(), {"of": "test"}, overwrite=True)
    for at, octets in enumerate(frames):
        file.write(octets, last=at == len(frames) - 1)
    file.end()
    file.publish()
    return path


def read(path: Path, key: int = 0) -> list[tuple[bytes, bool]]:
    return list(SealedReader(path, MAGIC, "test").frames(sealer(key)))


def test_it_is_read_as_it_was_written(tmp_path: Path):
    frames = [b"one", b"", b"three" * 10_000]
    path = written(tmp_path / "file", frames)
    assert read(path) == [(b"one", False), (b"", False), (frames[2], True)]
    assert SealedReader(path, MAGIC, "test").header.about == {"of": "test"}
    assert b"three" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sealed") / "file", [b"a" * 40, b"b" * 40, b"end"])


@given(st.data())
def test_whatever_is_changed_is_found(file: Path, data: st.DataObject):
    octets = bytearray(file.read_bytes())
    at = data.draw(st.integers(0, len(octets) - 1))
    octets[at] ^= 1 << data.draw(st.integers(0, 7))
    other = file.with_name("changed")
    other.write_bytes(octets)
    with pytest.raises(BadFile):
        read(other)


@given(st.data())
def test_whatever_is_missing_is_found(file: Path, data: st.DataObject):
    octets = file.read_bytes()
    other = file.with_name("cut")
    other.write_bytes(octets[: data.draw(st.integers(0, len(octets) - 1))])
    with pytest.raises(BadFile):
        read(other)


def test_a_frame_of_another_file_is_found(tmp_path: Path):
    by = sealer()  # else both would have the same key
    one, other = written(tmp_path / "one", [b"x" * 9, b"end"], by), written(tmp_path / "other", [b"y" * 9, b"end"], by)
    head = len(MAGIC)
    first, second = one.read_bytes(), other.read_bytes()
    at = head + 4 + int.from_bytes(first[head : head + 4])
    one.write_bytes(first[:at] + second[at:])
    with pytest.raises(BadFile, match="was changed, or does not belong there"):
        read(one)


def test_another_key_is_said_before_anything_is_read(file: Path):
    with pytest.raises(BadFile, match=f"{fingerprint(sealer())}, and this one is {fingerprint(sealer(1))}"):
        read(file, key=1)


def test_nothing_is_there_before_it_is_published(tmp_path: Path):
    path = tmp_path / "file"
    file = SealedWriter(path, MAGIC, sealer(), {})
    with pytest.raises(BlockingIOError, match="is being written by another process"):
        SealedWriter(path, MAGIC, sealer(), {})
    file.write(b"", last=True)
    assert not path.exists()
    file.give_up()
    assert list(tmp_path.iterdir()) == []


def test_another_file_is_replaced_only_when_that_is_said(tmp_path: Path):
    path = tmp_path / "file"
    late = SealedWriter(path, MAGIC, sealer(), {})
    late.write(b"", last=True)
    path.write_text("somebody else's")
    with pytest.raises(FileExistsError):
        late.publish()
    late.give_up()
    with pytest.raises(FileExistsError):
        SealedWriter(path, MAGIC, sealer(), {})
    assert path.read_text() == "somebody else's"
    written(path, [b"mine"])
    assert read(path) == [(b"mine", True)]
