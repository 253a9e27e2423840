"""Fixtures for the real servers and the browser; each starts when first asked for and ends with the run."""

from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from tests.support.chromium import chromium
from tests.support.houses import close_kept
from tests.support.postgres import PostgresServer
from tests.support.smtp import MailServer
from tests.support.wanted import Missing


@pytest.fixture(scope="session", autouse=True)
async def _kept_connections() -> AsyncIterator[None]:
    """What houses keep open ends with the run."""
    yield
    close_kept()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the run."""
    try:
        server = PostgresServer()
    except Missing as missing:
        pytest.skip(str(missing))
    with server:
        yield server


@pytest.fixture(scope="module")
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty database for each test module; ``postgres_server.create_from`` makes filled ones."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the run."""
    try:
        async with chromium() as running:
            yield running
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
async def browser_context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser that remembers nothing of other tests: no cookies, no storage."""
    async with await browser.new_context() as context:
        yield context


@pytest.fixture
async def page(browser_context: BrowserContext) -> Page:
    """One empty tab in a fresh browser context."""
    return await browser_context.new_page()


@pytest.fixture(scope="session")
def _mail_server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def mail_server(_mail_server: MailServer) -> MailServer:
    """A mail server on loopback with an empty box."""
    _mail_server.clear()
    return _mail_server
