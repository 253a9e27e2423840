"""Asking for one's data without an account, and the desk that answers, in the served demo: with scripts and without."""

from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo

ANA = "ana@nowhere.example"
WORDS = "I once rented a room."


async def newest(demo: ServedDemo, subject: str) -> dict[str, object]:
    """The youngest letter to Ana whose subject begins so, once it has gone out."""
    async with AsyncClient(base_url=demo.origin) as http:
        for _ in range(100):
            mail = (await http.get("/emulator/mail", params={"to": ANA})).json()
            found = [one for one in mail if str(one["subject"]).startswith(subject)]
            if found:
                return dict(found[0])
            await demo.opened.program.worker.tick()
    raise AssertionError("no such letter came")


async def looked_at(page: Page, *, scripts: bool) -> None:
    if scripts:
        assert await accessibility(page) == []
    if scripts and not await page.get_by_role("dialog").count():  # a dialog lies over the page that it is opened on
        assert await layout(page) == []


def in_question(page: Page, name: str) -> Locator:
    """The button of the dialog, or of the page that it is without scripts."""
    return page.locator("dialog, form.confirm").get_by_role("button", name=name, exact=True)


async def ask(page: Page, demo: ServedDemo, *, scripts: bool) -> None:
    """From the page of public links to the request."""
    await page.goto(f"{demo.origin}/privacy")
    await page.get_by_role("main").get_by_role("link", name="Ask an organization about your data").click()
    await looked_at(page, scripts=scripts)
    await page.get_by_role("textbox", name="Organization domain").fill("fabrikam.example")
    await page.get_by_role("button", name="Next", exact=True).click()
    await expect(page.get_by_role("heading", name="Ask fabrikam.example about your data", level=1)).to_be_visible()
    await looked_at(page, scripts=scripts)
    await page.get_by_role("radio", name="Tell me whether you have data about me").check()
    await page.get_by_role("textbox", name="Your email", exact=True).fill(ANA)
    await page.get_by_role("textbox", name="What should they know?").fill(WORDS)
    await page.get_by_role("button", name="Send code", exact=True).click()
    await expect(page.get_by_role("heading", name="Check your email", level=1)).to_be_visible()
    await looked_at(page, scripts=scripts)
    code = str((await newest(demo, "Your code"))["code"])
    await page.get_by_role("textbox", name="Code", exact=True).fill(f"{code[:4]} {code[4:]}")
    await page.get_by_role("button", name="Send request", exact=True).click()
    await expect(page.get_by_role("heading", name="Your request was sent", level=1)).to_be_visible()
    await looked_at(page, scripts=scripts)


@pytest.mark.parametrize(
    ("scripts", "width", "scheme"), [(True, 320, "dark"), (True, 1280, "light"), (False, 1280, "light")]
)
async def test_from_the_question_to_the_answer(
    browser: Browser, demo: ServedDemo, scripts: bool, width: int, scheme: Literal["light", "dark"]
) -> None:
    async def context() -> BrowserContext:
        return await browser.new_context(
            java_script_enabled=scripts,
            locale="en-GB",
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
        )

    async with await context() as stranger:
        page = await stranger.new_page()
        console = listen(page)
        await ask(page, demo, scripts=scripts)
        assert console.complaints == []
    async with await context() as desk:
        page = await desk.new_page()
        console = listen(page)
        boss = demo.opened.tenant("fabrikam")["admin"]
        await page.goto(f"{demo.origin}/signin?next=/admin/requests")
        await by_password(page, boss["userPrincipalName"], boss["password"])
        await expect(page.get_by_role("row", name=ANA)).to_contain_text("No account here")
        await looked_at(page, scripts=scripts)
        await page.get_by_role("link", name=ANA, exact=True).click()
        await expect(page.get_by_role("heading", name=f"Copy of data: {ANA}", level=1)).to_be_visible()
        await expect(page.get_by_role("main")).to_contain_text(WORDS)
        await looked_at(page, scripts=scripts)
        await page.get_by_role("link", name="Answer", exact=True).click()
        await expect(page.get_by_role("heading", name=f"Give {ANA} a copy?")).to_be_visible()
        await looked_at(page, scripts=scripts)
        await page.get_by_role("textbox", name="Message to them").fill("We found nothing.")
        await in_question(page, "Send answer").click()
        await expect(page.get_by_role("status")).to_contain_text(f"{ANA} was told that there is no data about them.")
        await looked_at(page, scripts=scripts)
        assert console.complaints == []
    letter = await newest(demo, "Fabrikam answered")
    assert "There is no data under your address in the directory of Fabrikam." in str(letter["text"])


async def test_withdrawn_by_the_link_of_the_letter(page: Page, demo: ServedDemo) -> None:
    console = listen(page)
    await ask(page, demo, scripts=True)
    letter = await newest(demo, "We sent your request")
    link = next(one for one in str(letter["text"]).split() if "/data-request/" in one)
    demo.opened.clock.advance(timedelta(seconds=1))  # letters of one moment have no order
    before = (await newest(demo, "Your code"))["code"]
    await page.goto(demo.origin + urlsplit(link).path + "?" + urlsplit(link).query)
    await page.get_by_role("button", name="Withdraw request", exact=True).click()
    await expect(page.get_by_role("heading", name="Check your email", level=1)).to_be_visible()
    code = (await newest(demo, "Your code"))["code"]
    for _ in range(100):
        if code != before:
            break
        await demo.opened.program.worker.tick()
        code = (await newest(demo, "Your code"))["code"]
    await page.get_by_role("textbox", name="Code", exact=True).fill(str(code))
    await page.get_by_role("button", name="Withdraw request", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("Your request was withdrawn.")
    assert await layout(page) == []
    assert console.complaints == []
