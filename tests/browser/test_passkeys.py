"""Passkeys in a real browser with a device of Chromium's own, and the second step with scripts and without."""

import base64

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.support.demo import ServedDemo
from vestibule.demo import cast
from vestibule.ground import one_time


async def with_device(page: Page) -> None:
    """Give the page's browser a device that keeps passkeys and verifies whoever touches it."""
    client = await page.context.new_cdp_session(page)
    await client.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    await client.send("WebAuthn.addVirtualAuthenticator", {"options": options})


async def to_password(page: Page, demo: ServedDemo, who: cast.Somebody) -> None:
    await page.goto(f"{demo.origin}/signin")
    await by_password(page, who.email, who.password)


async def heading(page: Page, name: str) -> None:
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


async def to_security_info(page: Page) -> None:
    navigation = page.get_by_role("navigation", name="My Account")
    await navigation.get_by_role("link", name="Security info", exact=True).click()
    await heading(page, "Security info")


async def sign_out(page: Page, demo: ServedDemo) -> None:
    await page.goto(f"{demo.origin}/signout")
    await page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    await heading(page, "You're signed out")


async def test_a_passkey_is_made_signs_in_and_is_removed(browser: Browser, demo: ServedDemo) -> None:
    async with await browser.new_context(locale="en-GB") as context:
        page = await context.new_page()
        console = listen(page)
        await with_device(page)
        await to_password(page, demo, cast.ADELE)
        await to_security_info(page)
        await page.get_by_role("textbox", name="Name of the new passkey").fill("This laptop")
        await page.get_by_role("button", name="Add a passkey").click()
        await heading(page, "Save your recovery codes")
        await page.get_by_role("link", name="Continue").click()
        await expect(page.get_by_role("heading", name="This laptop")).to_be_visible()
        assert [*await accessibility(page), *await layout(page)] == []
        await sign_out(page, demo)
        await page.goto(f"{demo.origin}/signin")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await heading(page, "Overview")
        await sign_out(page, demo)
        await to_password(page, demo, cast.ADELE)
        await heading(page, "Verify it's you")
        assert [*await accessibility(page), *await layout(page)] == []
        await page.get_by_role("button", name="Use a passkey").click()
        await heading(page, "Overview")
        await to_security_info(page)
        await page.get_by_role("link", name="Remove This laptop").click()
        await page.get_by_role("button", name="Remove", exact=True).click()
        await expect(page.get_by_role("status")).to_have_text("It was removed.")
        await sign_out(page, demo)
        await page.goto(f"{demo.origin}/signin")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("That passkey didn't work.")
        assert console.complaints == [] or all("400" in one for one in console.complaints)


async def test_who_has_no_passkey_here_stays_on_the_page(browser: Browser, demo: ServedDemo) -> None:
    async with await browser.new_context(locale="en-GB") as context:
        page = await context.new_page()
        await with_device(page)
        await page.goto(f"{demo.origin}/signin")
        await page.get_by_role("button", name="Sign in with a passkey").click()
        await expect(page.get_by_role("alert")).to_contain_text("That didn't work, or was cancelled.", timeout=15_000)
        await expect(page.get_by_role("textbox", name="Email", exact=True)).to_be_enabled()


async def secret_of(page: Page) -> bytes:
    shown = await page.locator("#key").text_content()
    bare = (shown or "").replace(" ", "")
    return base64.b32decode(bare + "=" * (-len(bare) % 8))


async def test_an_authenticator_app_and_a_recovery_code(context: BrowserContext, demo: ServedDemo) -> None:
    page = await context.new_page()
    clock = demo.opened.program.house.clock
    await to_password(page, demo, cast.ADELE)
    await to_security_info(page)
    await page.get_by_role("link", name="Add authenticator app").click()
    await heading(page, "Add authenticator app")
    await expect(page.get_by_role("img", name="QR code with the same key as below")).to_be_visible()
    secret = await secret_of(page)
    step = one_time.step_at(clock.now())
    await page.get_by_role("textbox", name="Code").fill(one_time.code_of(secret, step))
    await page.get_by_role("button", name="Confirm").click()
    await heading(page, "Save your recovery codes")
    codes = await page.locator("#recovery-codes li").all_text_contents()
    await sign_out(page, demo)
    await to_password(page, demo, cast.ADELE)
    await heading(page, "Verify it's you")
    await page.get_by_role("textbox", name="Code", exact=True).fill(one_time.code_of(secret, step + 1))
    await page.get_by_role("button", name="Verify").click()
    await heading(page, "Overview")
    await sign_out(page, demo)
    await to_password(page, demo, cast.ADELE)
    await page.get_by_text("Use a recovery code").click()
    await page.get_by_role("textbox", name="Recovery code").fill(codes[0])
    await page.get_by_role("button", name="Sign in with the recovery code").click()
    await heading(page, "Overview")


async def test_without_scripts_nothing_speaks_of_passkeys_on_the_way_in(browser: Browser, demo: ServedDemo) -> None:
    async with await browser.new_context(java_script_enabled=False, locale="en-GB") as context:
        page = await context.new_page()
        await page.goto(f"{demo.origin}/signin")
        await expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
        await expect(page.get_by_role("button", name="Next", exact=True)).to_be_visible()
