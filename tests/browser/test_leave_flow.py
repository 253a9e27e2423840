"""Leaving, by pointer and by keyboard, with scripts and without; and the other things our script does."""

import re

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.stories import ADATUM

LIST = "/myaccount/organizations"


async def focused(page: Page) -> str:
    text: str = await page.evaluate("() => document.activeElement.textContent.trim() || document.activeElement.id")
    return text


async def test_the_dialog_by_keyboard(page, gallery):
    console = listen(page)
    await page.goto(gallery + LIST)
    opener = page.get_by_role("link", name="Leave Adatum Corporation", exact=True)
    await opener.focus()
    await page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Leave Adatum Corporation?", exact=True)
    await expect(dialog).to_be_visible()
    assert await dialog.get_attribute("id") == "leave-dialog"
    heading = dialog.get_by_role("heading", name="Leave Adatum Corporation?", level=2)
    await expect(heading).to_be_focused()
    assert await heading.get_attribute("id") == "leave-title"
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_visible()  # Enter on the heading leaves nothing
    for name in ("What you'll lose", "What happens next"):
        await expect(dialog.get_by_role("heading", name=name, exact=True)).to_be_visible()

    await page.keyboard.press("Tab")
    assert await page.evaluate("() => document.activeElement.className") == "dialog-text"
    await page.keyboard.press("Tab")
    await expect(dialog.get_by_role("textbox", name="Tell Adatum Corporation why (optional)")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(dialog.get_by_role("button", name="Leave", exact=True)).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(dialog.get_by_role("link", name="Cancel", exact=True)).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()

    await page.keyboard.press("Enter")
    await dialog.get_by_role("link", name="Cancel", exact=True).click()
    await expect(dialog).to_have_count(0)
    await expect(opener).to_be_focused()
    assert page.url == gallery + LIST
    assert console.complaints == []


@pytest.mark.parametrize("width", [320, 1280])
async def test_the_dialog_is_accessible_and_holds_its_size(page, gallery, width):
    await page.set_viewport_size({"width": width, "height": 560})
    await page.goto(gallery + LIST)
    await page.get_by_role("link", name="Leave Adatum Corporation", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    assert await accessibility(page) == []
    assert [finding for finding in await layout(page) if "over" not in finding] == []
    # The text scrolls, the buttons stay.
    scrolls = await page.evaluate(
        "() => { const text = document.querySelector('.dialog-text'); return text.scrollHeight > text.clientHeight }"
    )
    assert scrolls
    await expect(dialog.get_by_role("button", name="Leave", exact=True)).to_be_in_viewport(ratio=1)
    leave = await dialog.get_by_role("button", name="Leave", exact=True).bounding_box()
    cancel = await dialog.get_by_role("link", name="Cancel", exact=True).bounding_box()
    assert leave is not None
    assert cancel is not None
    assert (leave["y"], leave["x"]) < (cancel["y"], cancel["x"])  # Leave before Cancel on the screen too


async def test_leaving_from_the_dialog_sends_one_request(page, gallery):
    await page.goto(gallery + LIST)
    await page.get_by_role("link", name="Leave Adatum Corporation", exact=True).click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    posts = []
    page.on("request", lambda request: posts.append(request) if request.method == "POST" else None)
    # The script stops a second submit of the same form; the first one's answer is held back meanwhile.
    await page.evaluate("""() => {
      const form = document.querySelector("#leave-dialog form");
      form.addEventListener("submit", (event) => event.preventDefault(), { once: true });
    }""")
    leave = dialog.locator("button")
    await leave.click()
    await expect(leave).to_have_text("Leaving…")
    await expect(leave).to_have_attribute("aria-disabled", "true")
    await leave.click(force=True)
    assert posts == []
    await page.reload()
    await page.get_by_role("link", name="Leave Adatum Corporation", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="Leave", exact=True).click()
    await expect(page.get_by_role("heading", name="You left Adatum Corporation", level=1)).to_be_visible()
    assert len(posts) == 1
    sent = posts[0].post_data or ""
    assert "form_token=gallery-form-token" in sent
    assert "idempotency_key=gallery-idempotency-key" in sent


async def test_rows_that_cannot_be_left_open_no_dialog(page, gallery):
    await page.goto(gallery + LIST)
    for name in ("Litware", "Woodgrove", "Blue Yonder"):
        link = page.get_by_role("link", name=f"Leave {name}", exact=True)
        assert await link.get_attribute("data-dialog") is None


async def test_a_dialog_that_cannot_be_fetched_gives_way_to_the_page(page, gallery):
    await page.route(
        "**/leave",
        lambda route: route.abort() if "vestibule-fragment" in route.request.headers else route.continue_(),
    )
    await page.goto(gallery + LIST)
    await page.get_by_role("link", name="Leave Adatum Corporation", exact=True).click()
    await expect(page.get_by_role("heading", name="Leave Adatum Corporation?", level=1)).to_be_visible()


async def test_the_whole_flow_without_scripts(browser: Browser, gallery):
    async with await browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800}) as context:
        page = await context.new_page()
        await page.goto(gallery + LIST)
        menu = page.get_by_role("button", name="Menu", exact=True)
        navigation = page.get_by_role("navigation", name="My Account")
        await expect(navigation).to_be_hidden()
        await menu.click()
        await expect(navigation.get_by_role("link", name="Organizations", exact=True)).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(navigation).to_be_hidden()
        account = page.get_by_role("button", name="Account menu for Adele Vance", exact=True)
        await account.click()
        await expect(page.get_by_role("link", name="Organization settings", exact=True)).to_be_visible()
        await page.keyboard.press("Escape")

        await page.get_by_role("link", name="Leave Adatum Corporation", exact=True).click()
        await expect(page.get_by_role("heading", name="Leave Adatum Corporation?", level=1)).to_be_visible()
        await expect(page).to_have_title("Leave Adatum Corporation? - My Account - Vestibule")
        await page.get_by_role("button", name="Leave", exact=True).click()
        await expect(page.get_by_role("heading", name="You left Adatum Corporation", level=1)).to_be_visible()
        await expect(page.get_by_role("button", name="Copy reference")).to_have_count(0)


async def test_cancel_without_scripts_goes_back_to_the_row(browser: Browser, gallery):
    async with await browser.new_context(java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(f"{gallery}{LIST}/{ADATUM}/leave")
        await page.get_by_role("link", name="Cancel", exact=True).click()
        await expect(page).to_have_url(re.compile(f"#org-{ADATUM}$"))
        await expect(page.locator(f"#org-{ADATUM}")).to_be_in_viewport()


async def test_a_password_can_be_shown_and_a_reference_copied(page, gallery):
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.goto(f"{gallery}/gallery/en/light/enter-password")
    field = page.get_by_role("textbox", name="Password", exact=True)
    await field.fill("correct horse")
    await page.get_by_role("button", name="Show password").click()
    await expect(field).to_have_attribute("type", "text")
    await page.goto(f"{gallery}/gallery/en/light/error-server")
    await page.get_by_role("button", name="Copy reference").click()
    await expect(page.get_by_role("status")).to_have_text("Reference copied.")
    assert await page.evaluate("() => navigator.clipboard.readText()") == "01J9Z3K8Q2"


async def test_a_page_of_its_own_goes_on_by_itself(page, gallery):
    await page.goto(f"{gallery}/gallery/en/light/go-on")
    await expect(page).to_have_url(f"{gallery}/gallery-landing")


async def test_the_error_summary_is_focused_and_leads_to_the_field(page, gallery):
    await page.goto(f"{gallery}/gallery/en/light/check-email-wrong")
    alert = page.get_by_role("alert", name="There is a problem")
    await expect(alert).to_be_focused()
    assert await alert.get_attribute("id") == "error-summary"
    await alert.get_by_role("link", name="That code didn't work. Check it, or send a new one.").click()
    field = page.get_by_role("textbox", name="Code", exact=True)
    await expect(field).to_be_focused()
    described = (await field.get_attribute("aria-describedby") or "").split()
    words = [await page.locator(f"#{part}").inner_text() for part in described]
    assert words == ["You have 4 tries left.", "That code didn't work. Check it, or send a new one."]


async def test_the_skip_link_comes_first_and_works(page, gallery):
    await page.goto(gallery + LIST)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main#main")).to_be_focused()
