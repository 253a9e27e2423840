"""Runs a test on broken builds too: ``@broken(breakage, ...)``.

A test so marked runs on the build as it is, and once more on a build without each of the named checks. There it has to
fail, by an assertion or a refusal and not by a crash of the breakage itself. A broken build is made before the test's
other fixtures, and runs on SQLite only. Of a test with cases, ``case="..."`` says in which one it shows that the check
is missing: a part of the test's id.
"""

from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar, cast

import pytest

Breakage = Callable[[Callable[[Any, str, Any], None]], None]
_Test = TypeVar("_Test", bound=Callable[..., Any])

MARK: Final = "broken"
_BUILD: Final = "the_build"
_CRASHES: Final = (NameError, AttributeError, TypeError, ImportError)


def broken(*breakages: Breakage, case: str = "") -> Callable[[_Test], _Test]:
    """The test has to fail without each of these checks; where it has cases, in those whose id has ``case`` in it."""

    def marked(test: _Test) -> _Test:
        # What a test uses is made before what it names as arguments.
        first = pytest.mark.usefixtures(_BUILD)(test)
        return cast("_Test", getattr(pytest.mark, MARK).with_args(*breakages, case=case)(first))

    return marked


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(breakage, ..., case=''): has to fail on a build without this check")


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Once on the build as it is, and once on each broken one."""
    builds = [
        pytest.param((breakage, mark.kwargs.get("case", "")), id=f"without {breakage.__name__}")
        for mark in reversed(list(metafunc.definition.iter_markers(MARK)))
        for breakage in mark.args
    ]
    if builds:
        metafunc.parametrize(_BUILD, [pytest.param(None, id="whole"), *builds], indirect=True)


@pytest.fixture
def the_build(request: pytest.FixtureRequest) -> Generator[None]:
    """The build to be tested; what is broken is mended afterwards."""
    given: tuple[Breakage, str] | None = getattr(request, "param", None)
    with pytest.MonkeyPatch.context() as patch:
        if given is not None:
            given[0](patch.setattr)
        yield


def _broken(item: pytest.Item) -> tuple[Breakage, str] | None:
    callspec = getattr(item, "callspec", None)
    return None if callspec is None else callspec.params.get(_BUILD)


def _is_wanted(item: pytest.Item) -> bool:
    given = _broken(item)
    if given is None:
        return True
    callspec = item.callspec  # type: ignore[attr-defined]
    others = [one for name, one in callspec.params.items() if name != _BUILD]
    return "postgresql" not in others and given[1] in callspec.id.replace(given[0].__name__, "")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Broken builds are tried on SQLite, and in the case that is for them."""
    items[:] = [item for item in items if _is_wanted(item)]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    given = _broken(item)
    if given is None or report.skipped:
        return report
    if report.when == "call" and call.excinfo is None:
        report.outcome = "failed"
        report.longrepr = f"the broken build {given[0].__name__!r} was not noticed"
    elif call.excinfo is not None and not call.excinfo.errisinstance(_CRASHES):
        report.outcome, report.longrepr = "passed", None
    return report
