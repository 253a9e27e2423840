"""The way to another identity provider in a real browser, which asks our policy whether a form may end there."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.support.demo import served_demo
from tests.support.provider import CLIENT, SECRET, served_provider
from vestibule.actions import providers
from vestibule.actions.providers import NewProvider
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator


@pytest.mark.parametrize("scripts", [True, False])
async def test_button_and_address_lead_to_the_provider(browser: Browser, tmp_path: Path, scripts: bool) -> None:
    async with served_demo(tmp_path) as demo, served_provider(demo.opened.clock) as foreign:
        house = demo.opened.program.house
        house.outgoing = Outgoing(allow_loopback=True)
        new = NewProvider("Partner", foreign.metadata_url, CLIENT, SECRET, ("partner.example",))
        tenant_id = demo.opened.tenant("fabrikam")["id"]
        await providers.create_provider(house, new, tenant_id=tenant_id, by=operator())
        async with await browser.new_context(java_script_enabled=scripts, locale="en-GB") as context:
            page = await context.new_page()
            await page.goto(f"{demo.origin}/signin?tenantId=fabrikam.example")
            await page.get_by_role("button", name="Sign in with Partner", exact=True).click()
            await page.wait_for_url(f"{foreign.issuer}/authorize?**")
            await page.goto(f"{demo.origin}/signin?tenantId=fabrikam.example")
            await page.get_by_role("textbox", name="Email", exact=True).fill("pat@partner.example")
            await page.get_by_role("button", name="Next", exact=True).click()
            await page.wait_for_url(f"{foreign.issuer}/authorize?**login_hint=pat**")
