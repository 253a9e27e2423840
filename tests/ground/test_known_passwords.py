import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground.known_passwords import BadPasswordFile, KnownPasswords


def _written(folder: Path, passwords: list[str], *, end: str = "\r\n") -> Path:
    file = folder / "breached.txt"
    hashes = sorted(hashlib.sha1(one.encode(), usedforsecurity=False).hexdigest().upper() for one in passwords)
    file.write_bytes("".join(f"{one}:{place}{end}" for place, one in enumerate(hashes, 1)).encode())
    return file


@pytest.mark.parametrize("password", ["password", "Password", "123456", "qwertyuiop"])
def test_common_passwords_are_known(password: str) -> None:
    assert KnownPasswords().contains(password)


def test_a_password_of_ones_own_is_not_known() -> None:
    assert not KnownPasswords().contains("seven otters under one lamp")


@pytest.mark.parametrize("count", [1, 2, 3, 10, 1000])
def test_every_breached_password_of_the_file_is_found_and_no_other(tmp_path: Path, count: int) -> None:
    breached = [f"breached number {number}" for number in range(count)]
    known = KnownPasswords(_written(tmp_path, breached))
    assert all(known.contains(one) for one in breached)
    assert not any(known.contains(f"kept number {number}") for number in range(count))


@given(st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=40), st.text(max_size=8))
def test_the_search_says_what_the_list_says(tmp_path_factory: pytest.TempPathFactory, listed: set[str], one: str):
    file = _written(tmp_path_factory.mktemp("list"), sorted(listed), end="\n")
    known = KnownPasswords(file)
    assert all(known.contains(each) for each in listed)
    assert known.contains(one) or one not in listed


def test_another_file_is_refused_with_the_reason(tmp_path: Path) -> None:
    other = tmp_path / "words.txt"
    other.write_text("hunter2\n")
    with pytest.raises(BadPasswordFile, match="no list of SHA-1 hashes"):
        KnownPasswords(other)
    with pytest.raises(BadPasswordFile, match="cannot be read"):
        KnownPasswords(tmp_path / "missing.txt")
