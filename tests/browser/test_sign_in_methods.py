"""Every way in from its first page to its last, in a real browser, with scripts and without.

Passwords to an app are in ``test_sign_in.py``, passkeys and codes of an app in ``test_passkeys.py``, SAML in
``test_saml.py``.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from httpx import AsyncClient
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.browser.signing_in import by_password
from tests.browser.test_passkeys import heading, sign_out, to_password, to_security_info, with_device
from tests.support.demo import ServedDemo, served_demo
from tests.support.provider import CLIENT, SECRET, ForeignProvider, served_provider
from vestibule.actions import inviting, providers
from vestibule.actions.providers import NewProvider
from vestibule.demo import cast
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator

MAILBOX = "quinn@mailbox.example"
PAT = "pat@partner.example"


@dataclass
class Served:
    """The demo, and a provider elsewhere."""

    demo: ServedDemo
    foreign: ForeignProvider


@pytest.fixture(scope="module")
async def served(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """Both on ports, one for the module."""
    folder: Path = tmp_path_factory.mktemp("demo")
    async with served_demo(folder) as demo, served_provider(demo.opened.clock) as foreign:
        house = demo.opened.program.house
        house.outgoing = Outgoing(allow_loopback=True)
        house.public_url = demo.origin  # the address that the browser knows us by
        yield Served(demo, foreign)


@pytest.fixture
async def demo(served: Served) -> ServedDemo:
    """The demo in its seeded state."""
    await served.demo.opened.reset()
    return served.demo


async def code_for(demo: ServedDemo, address: str) -> str:
    """The code in the youngest letter to a mailbox, once it has gone out."""
    async with AsyncClient(base_url=demo.origin) as http:
        for _ in range(100):
            mail = (await http.get("/emulator/mail", params={"to": address})).json()
            if mail and mail[0]["code"]:
                return str(mail[0]["code"])
            await demo.opened.program.worker.tick()
    raise AssertionError("no code came")


async def test_an_emailed_code(context: BrowserContext, demo: ServedDemo) -> None:
    page = await context.new_page()
    console = listen(page)
    await page.goto(f"{demo.origin}/signin")
    await page.get_by_role("textbox", name="Email", exact=True).fill(MAILBOX)
    await page.get_by_role("button", name="Next", exact=True).click()
    await heading(page, "Get a code by email")
    await page.get_by_role("button", name="Send code", exact=True).click()
    await heading(page, "Check your email")
    field = page.get_by_role("textbox", name="Code", exact=True)
    code = await code_for(demo, MAILBOX)
    await field.fill("11111111" if code != "11111111" else "22222222")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("That code didn't work.")
    await expect(alert).to_be_focused()
    await field.fill(f"{code[:4]} - {code[4:]}")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await heading(page, "Overview")
    assert console.complaints == []


async def at_provider(page: Page, foreign: ForeignProvider) -> None:
    """Sign in there, which sends the browser back with a code."""
    await page.wait_for_url(f"{foreign.issuer}/authorize?**")
    back = foreign.sign_in(page.url, "pat", email=PAT, email_verified=True, name="Pat Stone")
    address = dict(parse_qsl(urlsplit(page.url).query))["redirect_uri"]
    await page.goto(f"{address}?{urlencode(back)}")


async def test_a_provider(context: BrowserContext, served: Served, demo: ServedDemo) -> None:
    house, fabrikam = demo.opened.program.house, demo.opened.tenant("fabrikam")["id"]
    new = NewProvider("Partner", served.foreign.metadata_url, CLIENT, SECRET, ("partner.example",))
    await providers.create_provider(house, new, tenant_id=fabrikam, by=operator())
    asked = inviting.check(PAT, f"{demo.origin}/myaccount/organizations", display_name="Pat Stone")
    sent = await inviting.invite(house, asked, tenant_id=fabrikam, by=operator())
    page = await context.new_page()
    await page.goto(sent.redeem_url)
    await page.get_by_role("button", name="Accept invitation", exact=True).click()
    await at_provider(page, served.foreign)
    await heading(page, "Review permissions")
    await page.get_by_role("button", name="Accept", exact=True).click()
    await heading(page, "Organizations")
    await sign_out(page, demo)
    await page.goto(f"{demo.origin}/signin?tenantId={fabrikam}&next=/myaccount/organizations")
    await page.get_by_role("link", name="Use a different account").click()
    await page.get_by_role("button", name="Sign in with Partner", exact=True).click()
    await at_provider(page, served.foreign)
    await heading(page, "Organizations")


async def test_a_device(context: BrowserContext, demo: ServedDemo) -> None:
    fabrikam = demo.opened.tenant("fabrikam")
    form = {"client_id": fabrikam["publicClientId"], "scope": "User.Read"}
    async with AsyncClient(base_url=demo.origin) as http:
        begun = (await http.post(f"/{fabrikam['id']}/oauth2/v2.0/devicecode", data=form)).json()
    page = await context.new_page()
    console = listen(page)
    await page.goto(f"{demo.origin}/signin/device")
    await by_password(page, fabrikam["admin"]["userPrincipalName"], fabrikam["admin"]["password"])
    await heading(page, "Sign in on a device")
    await page.get_by_role("textbox", name="Code", exact=True).fill(begun["user_code"].lower())
    await page.get_by_role("button", name="Next", exact=True).click()
    await heading(page, "Did you start this?")
    await page.get_by_role("button", name="Approve", exact=True).click()
    await heading(page, "You're signed in on the device")
    assert console.complaints == []


async def test_a_passkey_and_what_a_browser_without_it_offers(browser: Browser, demo: ServedDemo) -> None:
    """A passkey takes scripts: without them the page says that it cannot be used, and has another way."""
    async with await browser.new_context(locale="en-GB") as made:
        page = await made.new_page()
        await with_device(page)
        await to_password(page, demo, cast.ADELE)
        await to_security_info(page)
        await expect(page.get_by_text("This browser can't add a passkey here.")).to_have_count(0)
        await page.get_by_role("button", name="Add a passkey").click()
        await heading(page, "Save your recovery codes")
        codes = await page.locator("#recovery-codes li").all_text_contents()
    async with await browser.new_context(java_script_enabled=False, locale="en-GB") as made:
        page = await made.new_page()
        await to_password(page, demo, cast.ADELE)
        await heading(page, "Verify it's you")
        await expect(page.get_by_text("This browser can't use your passkey here. Use another way.")).to_be_visible()
        await expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
        await page.get_by_role("textbox", name="Recovery code").fill(codes[0].strip())
        await page.get_by_role("button", name="Sign in with the recovery code").click()
        await heading(page, "Overview")
        await to_security_info(page)
        await expect(page.get_by_text("This browser can't add a passkey here.")).to_be_visible()


async def test_pages_that_turn_somebody_away_say_which_account_it_is(page: Page, demo: ServedDemo) -> None:
    woodgrove, litware = (demo.opened.tenant(key)["id"] for key in ("woodgrove", "litware"))
    asked = inviting.check("somebody@mailbox.example", f"{demo.origin}/myaccount/organizations")
    sent = await inviting.invite(demo.opened.program.house, asked, tenant_id=woodgrove, by=operator())
    await page.set_viewport_size({"width": 320, "height": 700})
    await to_password(page, demo, cast.ALEX)
    await heading(page, "Overview")
    said = page.get_by_text(f"You're signed in as {cast.ALEX.email}.")
    for address, title in (
        (f"{demo.origin}/myaccount/?tenantId=woodgrove.example", "You're not a guest of Woodgrove"),
        (f"{demo.origin}/myaccount/?tenantId={litware}", "Your account is disabled"),
        (sent.redeem_url, "This invitation is for a different email"),
    ):
        await page.goto(address)
        if "invitations" in address:
            await page.get_by_role("button", name="Accept invitation").click()
        await heading(page, title)
        await expect(said).to_be_visible()
        assert [*await accessibility(page), *await layout(page)] == []


async def test_what_is_meant_for_the_makers_of_an_app_is_marked_as_english(page: Page, demo: ServedDemo) -> None:
    contoso = demo.opened.tenant("contoso")
    await page.goto(f"{demo.origin}/{contoso['id']}/oauth2/v2.0/authorize?client_id={contoso['id']}&lang=nl")
    await expect(page.get_by_role("heading", name="Dit aanmeldingsverzoek is niet geldig")).to_be_visible()
    await expect(page.locator('.reference [lang="en"]')).to_have_text(re.compile("AADSTS[0-9]+: "))


async def test_fields_of_a_form_stand_apart(page: Page, demo: ServedDemo) -> None:
    await to_password(page, demo, cast.ADELE)
    await heading(page, "Overview")
    await page.goto(f"{demo.origin}/myaccount/security-info/password")
    for width in (320, 1280):
        await page.set_viewport_size({"width": width, "height": 700})
        boxes = [await field.bounding_box() for field in await page.locator(".settings > .field").all()]
        assert len(boxes) == 3
        for above, below in pairwise(boxes):
            assert above is not None
            assert below is not None
            assert below["y"] - (above["y"] + above["height"]) >= 16
