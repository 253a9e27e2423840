from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.browser.gallery import serving
from tests.support.demo import ServedDemo, served_demo


@pytest.fixture(scope="session")
async def gallery() -> AsyncIterator[str]:
    """The gallery's origin."""
    async with serving() as origin:
        yield origin


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ServedDemo]:
    """The demo on a port, one for the module."""
    async with served_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
async def demo(served: ServedDemo) -> ServedDemo:
    """The same in its seeded state."""
    await served.opened.reset()
    return served


@pytest.fixture(params=[True, False], ids=["scripts", "no scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Whether the browser runs scripts."""
    return bool(request.param)


@pytest.fixture
async def context(scripts: bool, browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh browser, with scripts and without."""
    async with await browser.new_context(java_script_enabled=scripts, locale="en-GB", accept_downloads=True) as made:
        yield made
