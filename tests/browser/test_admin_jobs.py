"""Background work in the served demo: begun, followed, fetched; scripts or not, two widths."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.test_admin_logs import enter
from tests.support.demo import ServedDemo
from vestibule.doors.portal.admin import exports


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("width", [320, 1280])
async def test_a_long_export_is_followed_and_fetched(
    demo: ServedDemo, browser: Browser, monkeypatch: pytest.MonkeyPatch, width: int, scripts: bool
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    async with await browser.new_context(java_script_enabled=scripts, locale="en-GB") as context:
        page = await context.new_page()
        console = listen(page)
        await page.set_viewport_size({"width": width, "height": 800})
        await enter(page, demo, "/admin/users")
        await page.get_by_role("link", name="Export CSV", exact=True).click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Export CSV")
        await expect(page.get_by_role("progressbar")).to_be_visible()
        done = page.get_by_role("status").filter(has_text="Done.")
        while not scripts and not await done.count():
            await page.reload()
        await expect(done).to_be_visible(timeout=30_000)
        if scripts:
            assert await accessibility(page) == []
            assert await layout(page) == []
        async with page.expect_download() as coming:
            await page.get_by_role("link", name="Download the file", exact=True).click()
        assert (await (await coming.value).path()).read_bytes().startswith(b"\xef\xbb\xbfObject ID,Name")
        await page.goto(f"{demo.origin}/admin/jobs")
        await expect(page.get_by_role("link", name="Export CSV", exact=True).first).to_be_visible()
        if scripts:
            assert await accessibility(page) == []
            assert await layout(page) == []
        assert console.complaints == []
