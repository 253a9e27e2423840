"""How the run behaves: what it says about skipped tests, and what it keeps away from them.

``VESTIBULE_TEST_ALL=1`` turns every skip into a failure. All ``VESTIBULE_*`` settings of the person who runs the
tests are taken out of the environment, so that a test and the programs it starts see only what the test says.

Run with ``-n auto`` (``make test`` does), several processes share the tests: one for each core, at most four.
"""

import os
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.network import stay_on_this_machine

# Each process has its own PostgreSQL and its own browser; more than this many outgrow the memory of small machines.
_MOST_PROCESSES = 4
_NOTHING_MAY_SKIP = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    # A process that shares the tests of another is told; its environment is emptied already.
    told = getattr(config, "workerinput", {})
    config.stash[_NOTHING_MAY_SKIP] = told.get("nothing_may_skip", os.environ.get("VESTIBULE_TEST_ALL") == "1")
    for name in [name for name in os.environ if name.startswith("VESTIBULE_")]:
        del os.environ[name]
    stay_on_this_machine()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a process that will share the tests what this one was told."""
    node.workerinput["nothing_may_skip"] = node.config.stash[_NOTHING_MAY_SKIP]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many processes ``-n auto`` means: the cores this process may use, within reason."""
    return min(len(os.sched_getaffinity(0)), _MOST_PROCESSES)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.config.stash[_NOTHING_MAY_SKIP]:
        _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if collector.config.stash[_NOTHING_MAY_SKIP]:
        _fail_if_skipped(report)
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was skipped, by reason, in words that say how to run it."""
    skipped: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = _reason(report)
        skipped[reason] = skipped.get(reason, 0) + 1
    if not skipped:
        return
    terminalreporter.section("not run on this machine")
    for reason, count in sorted(skipped.items()):
        terminalreporter.line(f"{count} test{'s' if count > 1 else ''}: {reason}")


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped:
        report.longrepr = f"skipped, where nothing may be: {_reason(report)}"
        report.outcome = "failed"


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    where = report.longrepr
    text = where[2] if isinstance(where, tuple) else str(where)
    return text.removeprefix("Skipped: ")


# The same generated values on every run: a failure in CI is a failure here. --hypothesis-profile=explore looks further.
# No deadline and no slowness, since no test asserts a time.
settings.register_profile(
    "same",
    deadline=None,
    derandomize=True,
    print_blob=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "explore", deadline=None, max_examples=2_000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")
