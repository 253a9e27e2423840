"""Every page of the gallery: accessible, nothing overlaps or is cut off, nothing breaks the content policy.

Each page is looked at once by axe in a language, display and width that turn from page to page, the pages of leaving
and signing in in more of them; layout is checked at all four widths. The whole product of the four is what
``python -m tests.browser.gallery`` is for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle, product

from playwright.async_api import Browser, Page

from tests.browser.checks import accessibility, layout, listen
from tests.browser.gallery import LANGUAGES, WIDTHS, stories_in
from tests.browser.pseudo import LANGUAGE as PSEUDO
from vestibule.doors.web.words import NAMES

PAGES = [name for name in stories_in("en") if name != "go-on"]
MOST_SEEN = ("organizations-every-row", "confirm", "permission", "receipt", "sign-in", "check-email-wrong")
AT_ONCE = 3

Look = tuple[str, str, int, str]
"""Language, display, width and page."""


def turning(pages: Sequence[str]) -> list[Look]:
    # The three wheels have different sizes, so neighbours meet every combination in time.
    languages, displays, widths = cycle(NAMES), cycle(("light", "light", "dark", "dark")), cycle((320, 1280, 375, 768))
    return [(next(languages), next(displays), next(widths), page) for page in pages]


async def over(
    browser: Browser, origin: str, looks: Sequence[Look], check: Callable[[Page, Look], Awaitable[list[str]]]
):
    """Run a check over pages, a few at a time; returns what was found, with what the browser complained about."""
    found: list[str] = []
    waiting = list(reversed(looks))

    async def work() -> None:
        async with await browser.new_context() as context:
            page = await context.new_page()
            console = listen(page)
            while waiting:
                look = waiting.pop()
                language, display, width, name = look
                await page.set_viewport_size({"width": width, "height": 800})
                await page.goto(f"{origin}/gallery/{language}/{display}/{name}")
                found.extend(f"{language} {display} {width} {name}: {finding}" for finding in await check(page, look))
            found.extend(console.complaints)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return found


async def test_axe_finds_nothing(browser, gallery):
    async def check(page: Page, look: Look) -> list[str]:
        return await accessibility(page)

    looks = turning(PAGES)
    looks += [
        (language, display, width, name)
        for language, display, width, name in product(["en"], ["light", "dark"], [320, 1280], MOST_SEEN)
        if (language, display, width, name) not in looks
    ]
    assert await over(browser, gallery, looks, check) == []


async def test_nothing_overlaps_and_nothing_scrolls_sideways(browser, gallery):
    async def check(page: Page, look: Look) -> list[str]:
        found = []
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 800})
            found += [f"at {width}: {finding}" for finding in await layout(page)]
        return found

    # The pseudo-language is 40 percent longer than English: whatever holds for it holds for the others.
    assert await over(browser, gallery, [(PSEUDO, "light", 320, name) for name in PAGES], check) == []
    some = [(language, "dark", 320, name) for language, name in product(LANGUAGES, MOST_SEEN)]
    assert await over(browser, gallery, some, check) == []


async def test_text_may_be_spaced_out_and_doubled(browser, gallery):
    """WCAG 2.2, 1.4.4 (200 percent) and 1.4.12 (text spacing)."""

    async def check(page: Page, look: Look) -> list[str]:
        # Rules made through the object model are the reader's, not the page's: the content policy does not see them.
        await page.evaluate("""() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(`html { font-size: 200% }
            * { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }
            p { margin-block-end: 2em !important }`);
          document.adoptedStyleSheets.push(sheet);
        }""")
        return [finding for finding in await layout(page) if "overlap" not in finding or "text" in finding]

    looks = [(language, "light", 640, name) for language, name in product(NAMES, MOST_SEEN)]
    assert await over(browser, gallery, looks, check) == []


async def test_the_checks_see_what_is_wrong(page, gallery):
    await page.goto(f"{gallery}/gallery/en/light/permission")
    await page.evaluate("""() => {
      document.querySelector("main h1").insertAdjacentHTML("afterend", "<img src='/x.png'>");
      const button = document.querySelector("main .actions a");
      button.className = "";
      button.attributeStyleMap.set("margin-left", "-4rem");
      button.attributeStyleMap.set("display", "block");
      document.querySelector("main").attributeStyleMap.set("min-width", "3000px");
      document.querySelector("footer a").attributeStyleMap.set("min-height", "20px");
    }""")
    assert any(finding.startswith("image-alt") for finding in await accessibility(page))
    found = " ".join(await layout(page))
    assert "scrolls sideways" in found
    assert "lower than 40 px" in found
