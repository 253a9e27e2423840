"""*Check a receipt or certificate* in the served demo: WebCrypto finds genuine what is, and says why it is not."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.checks import accessibility, layout, listen
from tests.support.demo import ServedDemo
from vestibule.actions import emulating, leaving, receipt_keys
from vestibule.demo import cast
from vestibule.ground import signing
from vestibule.rules.actors import operator
from vestibule.rules.certificates import CERTIFICATE_TYPE, RECEIPT_TYPE
from vestibule.store import certificates

ADDRESS = "/verify"
GENUINE, NOT = "This file is genuine", "This file can't be believed"


@pytest.fixture
async def files(demo: ServedDemo) -> dict[str, str]:
    """Adele left Fabrikam, and a month went by: a receipt and a certificate."""
    program = demo.opened.program
    house, tenant_id = program.house, demo.opened.tenant("fabrikam")["id"]
    adele = next(one for one in demo.opened.known["people"] if one["name"] == cast.ADELE.name)
    user_id = next(one["userId"] for one in adele["memberships"] if one["tenant"] == "fabrikam")
    done = await leaving.leave(house, tenant_id=tenant_id, by=operator(), key="key", user_id=user_id)
    await emulating.advance(house, timedelta(days=30))
    await program.worker.tick()
    found = await certificates.find(await house.store.read(), tenant_id, user_id)
    assert found is not None
    return {RECEIPT_TYPE: done.receipt.signed or "", CERTIFICATE_TYPE: found.signed or ""}


@pytest.fixture
async def page(browser: Browser, demo: ServedDemo) -> AsyncIterator[Page]:
    """The page, in a browser that is signed in nowhere."""
    async with await browser.new_context(locale="en-GB") as context:
        made = await context.new_page()
        await made.goto(demo.origin + ADDRESS)
        yield made


async def check(page: Page, text: str) -> None:
    await page.get_by_label("Or paste what is in the file").fill(text)
    await page.get_by_role("button", name="Check", exact=True).click()


@pytest.mark.parametrize("typ", [RECEIPT_TYPE, CERTIFICATE_TYPE])
async def test_what_is_genuine_is_found_so(page: Page, files: dict[str, str], typ: str, tmp_path: Path) -> None:
    console = listen(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await check(page, files[typ])
    result = page.locator("#verify-result")
    await expect(result.get_by_role("heading", name=GENUINE)).to_be_visible()
    await expect(result).to_have_attribute("data-verified", typ)
    await expect(result).to_contain_text("Fabrikam")
    if typ == CERTIFICATE_TYPE:
        await expect(result).to_contain_text("The key of the audit log signed that log.")
        await expect(result).to_contain_text("the guest's profile: 1")
    (tmp_path / "file.jws").write_text(files[typ])
    await page.goto(page.url)
    asked.clear()
    await page.get_by_label("Signed receipt or certificate", exact=True).set_input_files(tmp_path / "file.jws")
    await page.get_by_role("button", name="Check", exact=True).click()
    await expect(result.get_by_role("heading", name=GENUINE)).to_be_visible()
    assert [one for one in asked if "favicon" not in one] == []
    assert console.complaints == []


async def test_what_was_changed_is_refused(page: Page, files: dict[str, str], demo: ServedDemo) -> None:
    key = await receipt_keys.signer(demo.opened.program.house)
    claims = signing.verify(
        files[CERTIFICATE_TYPE], {key.kid: key.public}, algorithms=frozenset({"ES256"}), typ=CERTIFICATE_TYPE
    )
    log = claims["log"]

    def with_log(**changed: object) -> str:
        return signing.sign(key, claims | {"log": log | changed}, CERTIFICATE_TYPE)

    receipt = files[RECEIPT_TYPE]
    middle = len(receipt) // 2
    swapped = json.dumps(json.loads(log["record"]) | {"type": "membership.leave"})
    refused = {
        "hello": "It is no signed receipt or certificate.",
        receipt[:middle]
        + ("A" if receipt[middle] != "A" else "B")
        + receipt[middle + 1 :]: "The signature doesn't fit",
        signing.sign(signing.generate_es256(key.kid), claims, CERTIFICATE_TYPE): "The signature doesn't fit",
        signing.sign(signing.generate_es256("x"), claims, CERTIFICATE_TYPE): "None of the keys signed it.",
        signing.sign(key, claims, "JWT"): "neither a receipt nor a certificate",
        signing.sign(signing.generate_rs256(key.kid), claims, RECEIPT_TYPE): "It isn't signed with ES256.",
        signing.sign(key, {"iss": "x"}, RECEIPT_TYPE): "doesn't say what such a file says",
        with_log(index=log["index"] - 1): "The proof that the removal is in the audit log doesn't fit.",
        with_log(inclusionProof=log["inclusionProof"][:-1]): "The proof that the removal is in the audit log",
        with_log(record=swapped): "The record in the audit log doesn't fit the certificate.",
        with_log(
            checkpoint=log["checkpoint"].replace("\n\n", "x\n\n", 1)
        ): "The signature of the audit log doesn't fit",
        with_log(treeSize=log["treeSize"] + 1): "The signature of the audit log doesn't fit",
        "": "Choose a file, or paste what is in it.",
    }
    for text, why in refused.items():
        await check(page, text)
        result = page.locator("#verify-result")
        await expect(result).to_contain_text(why)
        await expect(result.get_by_role("heading", name=NOT)).to_be_visible()


async def test_the_page_may_connect_to_nobody(page: Page, demo: ServedDemo) -> None:
    answer = await page.request.get(demo.origin + ADDRESS)
    assert "connect-src 'none'" in answer.headers["content-security-policy"]
    tried = "fetch('/.well-known/vestibule-receipt-keys.json').then(() => 'sent', () => 'refused')"
    assert await page.evaluate(tried) == "refused"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_it_fits_and_can_be_read(page: Page, files: dict[str, str], width: int, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": width, "height": 800})
    await check(page, files[CERTIFICATE_TYPE])
    await expect(page.get_by_role("heading", name=GENUINE)).to_be_visible()
    assert await layout(page) == []
    assert await accessibility(page) == []


async def test_without_scripts_it_says_how_else(browser: Browser, demo: ServedDemo) -> None:
    async with await browser.new_context(java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto(demo.origin + ADDRESS)
        await expect(page.get_by_text("This page needs JavaScript and https")).to_be_visible()
        await expect(page.get_by_text("vestibule receipt verify FILE --key")).to_be_visible()
        await expect(page.get_by_role("button", name="Check", exact=True)).to_be_hidden()
