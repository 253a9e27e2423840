"""How the run behaves: what it says about skipped tests, and what it keeps away from them.

``VESTIBULE_TEST_ALL=1`` turns every skip into a failure. All ``VESTIBULE_*`` settings of the person who runs the
tests are taken out of the environment, so that a test and the programs it starts see only what the test says.
"""

import os
from collections.abc import Generator

import pytest
from hypothesis import HealthCheck, settings

from tests.support.network import stay_on_this_machine

_NOTHING_MAY_SKIP = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_NOTHING_MAY_SKIP] = os.environ.get("VESTIBULE_TEST_ALL") == "1"
    for name in [name for name in os.environ if name.startswith("VESTIBULE_")]:
        del os.environ[name]
    stay_on_this_machine()


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
# No deadline, since no test asserts a time.
settings.register_profile("same", deadline=None, derandomize=True, print_blob=True, database=None)
settings.register_profile(
    "explore", deadline=None, max_examples=2_000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("same")
