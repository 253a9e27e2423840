"""The gallery of pieces, as the emulator serves it: both displays, three languages, the narrowest and a wide page."""

import pytest
from playwright.async_api import Browser

from tests.browser.checks import accessibility, layout, listen
from tests.support.demo import ServedDemo

_BASIC = ["button", "chip", "tile", "notice", "said", "field", "radios", "pairs", "reference", "days"]
PIECES = [*_BASIC, "filters", "columns", "table", "empty", "chart", "timeline", "time"]


@pytest.mark.parametrize("display", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "nl", "sv"])
async def test_every_piece_can_be_used_by_everybody(
    served: ServedDemo, browser: Browser, language: str, display: str
) -> None:
    page = await browser.new_page()
    console = listen(page)
    for width in (320, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.goto(f"{served.origin}/gallery?lang={language}&display={display}")
        assert await page.locator("section.panel h2").all_inner_texts() == PIECES
        assert await accessibility(page) == []
        assert await layout(page) == []
    assert console.complaints == []
    await page.close()


async def test_hostile_names_stay_names(served: ServedDemo, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(f"{served.origin}/gallery")
    assert await page.locator("script:not([src])").count() == 0
    assert await page.get_by_text("<script>alert(1)</script>").count() > 2
    await page.close()
