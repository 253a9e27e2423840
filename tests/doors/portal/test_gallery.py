"""The gallery of pieces belongs to emulators; that it is there in one is seen in a browser."""

from tests.support.pages import Visitor


async def test_it_is_nowhere_but_in_an_emulator(browser: Visitor) -> None:
    assert (await browser.open("/gallery")).status == 404
