from pathlib import Path

import pytest

from tests.support.wanted import HOW_TO_GET, Missing, find_program


def test_prefers_what_is_on_the_path() -> None:
    found = find_program("no-such-program", "sh", beside="/usr/lib/*/bin")

    assert found is not None
    assert found.is_absolute()
    assert found.exists()


def test_takes_the_newest_of_several_versions(tmp_path: Path) -> None:
    for version in ("9", "15", "14"):
        folder = tmp_path / version / "bin"
        folder.mkdir(parents=True)
        (folder / "no-such-program").touch()

    found = find_program("no-such-program", beside=f"{tmp_path}/*/bin")

    assert found == tmp_path / "15" / "bin" / "no-such-program"


def test_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    assert find_program("no-such-program", beside=f"{tmp_path}/*/bin") is None
    assert find_program("no-such-program") is None


@pytest.mark.parametrize("program", HOW_TO_GET)
def test_every_missing_program_says_how_to_get_it(program: str) -> None:
    assert "apt-get install" in str(Missing(program))
    assert "make test-all" in str(Missing(program))
