"""The run's manners, tried on small runs of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

TWO_TESTS = """
import os
import pytest

def test_runs():
    assert not [name for name in os.environ if name.startswith("VESTIBULE_")]

@pytest.fixture(scope="session")
def missing():
    pytest.skip("needs an organ; to get it: sudo apt-get install organ")

def test_plays(missing):
    pass
"""


def _run(folder: Path, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_small.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.manners", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "--rootdir", str(folder), "-c", os.devnull, str(folder)],
        cwd=ROOT,
        # No other plugins: only the manners are tried here.
        env=os.environ | environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_says_how_to_get_what_is_missing(tmp_path: Path) -> None:
    run = _run(tmp_path, TWO_TESTS, VESTIBULE_DATA="/somewhere")

    assert run.returncode == 0, run.stdout
    assert "1 test: needs an organ; to get it: sudo apt-get install organ" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("1 passed, 1 skipped in")


def test_nothing_may_skip_in_the_full_run(tmp_path: Path) -> None:
    run = _run(tmp_path, TWO_TESTS, VESTIBULE_TEST_ALL="1")

    assert run.returncode == 1
    assert "skipped, where nothing may be: needs an organ" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("1 passed, 1 error in")


@pytest.mark.parametrize(("everything", "status"), [("0", 5), ("1", 2)])
def test_a_whole_module_that_skips_counts_too(tmp_path: Path, everything: str, status: int) -> None:
    run = _run(tmp_path, "import pytest\npytest.importorskip('no_such_organ')\n", VESTIBULE_TEST_ALL=everything)

    assert run.returncode == status, run.stdout
    assert "no_such_organ" in run.stdout
