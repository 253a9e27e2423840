"""Debian's Chromium under Playwright: quiet, without a sandbox (CI runs as root), and unable to leave this machine."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect

from tests.support.wanted import Missing, find_program

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Containers give /dev/shm little room.
    "--disable-dev-shm-usage",
    # A page that asks for anything but this machine gets no address.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]

# Beside other tests a page may take its time; what never comes is still said.
expect.set_options(timeout=20_000)


def find_chromium() -> Path | None:
    """The executable, under any of the names that distributions give it, or None."""
    return find_program("chromium", "chromium-browser", "google-chrome")


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running headless browser; each test makes its own context in it.

    Raises ``Missing`` where Chromium is not installed. Playwright never downloads one.
    """
    executable = find_chromium()
    if executable is None:
        raise Missing("Chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, headless=True, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()
