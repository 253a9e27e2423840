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


MISSING = "import pytest\npytest.importorskip('no_such_organ')\n"

COUNTED = """
import os

def test_counts():
    assert int(os.environ["PYTEST_XDIST_WORKER_COUNT"]) == min(len(os.sched_getaffinity(0)), 4)
"""

SHARED = ("-p", "xdist.plugin", "-n", "auto")
"""Several processes share the tests."""


def _alone() -> dict[str, str]:
    """The environment without what says that this run shares its tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST_")}


def _run(folder: Path, text: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_small.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.support.manners", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *options, "--rootdir", str(folder), "-c", os.devnull, str(folder)],
        cwd=ROOT,
        # No other plugins: only the manners are tried here.
        env=_alone() | environment | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("options", [(), SHARED])
def test_a_skip_says_how_to_get_what_is_missing(tmp_path: Path, options: tuple[str, ...]) -> None:
    run = _run(tmp_path, TWO_TESTS, *options, VESTIBULE_DATA="/somewhere")

    assert run.returncode == 0, run.stdout
    assert "1 test: needs an organ; to get it: sudo apt-get install organ" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("1 passed, 1 skipped in")


@pytest.mark.parametrize("options", [(), SHARED])
def test_nothing_may_skip_in_the_full_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    run = _run(tmp_path, TWO_TESTS, *options, VESTIBULE_TEST_ALL="1")

    assert run.returncode == 1
    assert "skipped, where nothing may be: needs an organ" in run.stdout
    assert run.stdout.splitlines()[-1].startswith("1 passed, 1 error in")


@pytest.mark.parametrize(("everything", "status"), [("0", 5), ("1", 2)])
def test_a_whole_module_that_skips_counts_too(tmp_path: Path, everything: str, status: int) -> None:
    run = _run(tmp_path, MISSING, VESTIBULE_TEST_ALL=everything)

    assert run.returncode == status, run.stdout
    assert "no_such_organ" in run.stdout


def test_a_whole_module_that_skips_fails_the_run_of_several_processes_too(tmp_path: Path) -> None:
    run = _run(tmp_path, MISSING, *SHARED, VESTIBULE_TEST_ALL="1")

    assert run.returncode != 0
    assert "skipped, where nothing may be: could not import 'no_such_organ'" in run.stdout


def test_there_is_a_process_for_each_core_and_at_most_four(tmp_path: Path) -> None:
    run = _run(tmp_path, COUNTED, *SHARED)

    assert run.returncode == 0, run.stdout


def test_a_run_in_one_process_needs_nothing_that_shares(tmp_path: Path) -> None:
    run = _run(tmp_path, "import os\n\ndef test_alone():\n    assert 'PYTEST_XDIST_WORKER' not in os.environ\n")

    assert run.returncode == 0, run.stdout
