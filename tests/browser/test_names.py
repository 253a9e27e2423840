"""Roles, accessible names and ids that others rely on: programs that walk the pages find things by them."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.stories import ADATUM, ALPINE, FABRIKAM, NORTHWIND

# story, role, accessible name, id, level; "" and 0 stand for: not promised.
EVERYWHERE = [
    ("link", "Skip to main content", ""),
    ("navigation", "My Account", ""),
    ("banner", "", ""),
    ("contentinfo", "", ""),
    ("main", "", "main"),
    ("button", "Account menu for Adele Vance", "account-menu"),
    ("link", "Vestibule", ""),
    ("combobox", "Language", ""),
    ("button", "Change language", ""),
    ("link", "Help", ""),
]
NAVIGATION = ["Overview", "Organizations", "Apps", "Personal info", "Security info", "Sign-ins", "Privacy", "Language"]
PARTS = [
    ("overview", "heading", "Organizations", ""),
    ("overview", "link", "Manage organizations", ""),
    ("organizations", "heading", "Home organization", "home-organization"),
    ("organizations", "heading", "Other organizations you collaborate with", "other-organizations"),
    ("organizations-no-home", "heading", "Organizations", "other-organizations"),
    ("organizations", "heading", "Invitations", "invitations"),
    ("organizations", "heading", "Organizations you left", "left-organizations"),
    ("organizations", "listitem", "", f"org-{NORTHWIND}"),
    ("organizations", "listitem", "", f"left-{ALPINE}"),
    ("organizations", "heading", "Adatum Corporation", ""),
    ("organizations", "link", "Leave Adatum Corporation", ""),
    ("organizations", "link", "Sign in to leave this organization: Fabrikam", ""),
    ("organizations", "link", "View receipt for Alpine Ski House", ""),
    ("organizations", "button", "Accept invitation from Woodgrove", ""),
    ("organizations", "button", "Decline invitation from Woodgrove", ""),
    ("organizations-every-row", "searchbox", "Find an organization", ""),
    ("organizations-every-row", "heading", "Fabrikam (fabrikam-west.example)", ""),
    ("organizations-failed", "link", "Try again", ""),
    ("organizations-many", "link", "Next page", ""),
    ("organizations-many", "link", "Previous page", ""),
    ("confirm", "heading", "Leave Adatum Corporation?", "leave-title"),
    ("confirm", "heading", "What you'll lose", ""),
    ("confirm", "heading", "What happens next", ""),
    ("confirm-reason", "textbox", "Tell Adatum Corporation why (optional)", ""),
    ("confirm", "button", "Leave", ""),
    ("confirm", "link", "Cancel", ""),
    ("confirm-failed", "alert", "There is a problem", "error-summary"),
    ("permission", "heading", "You need permission to leave Woodgrove", ""),
    ("permission", "heading", "Who to contact", ""),
    ("permission", "row", "Privacy contact privacy@woodgrove.example", ""),
    ("permission", "row", "Administrator it@woodgrove.example", ""),
    ("permission", "button", "Ask to be removed", ""),
    ("permission", "link", "Back to Organizations", ""),
    ("permission", "link", "Help", ""),
    ("receipt", "heading", "You left Adatum Corporation", ""),
    ("receipt", "heading", "Receipt", "receipt"),
    ("receipt", "row", "Reference VL-7KQ2-M9XT", ""),
    ("receipt", "row", "Left on 20 November 2026 at 19:00 UTC", ""),
    ("receipt", "row", "Can be restored until 20 December 2026 at 19:00 UTC", ""),
    ("receipt", "row", "Data removed by 19 January 2027 at 19:00 UTC", ""),
    ("receipt", "row", "State Deleted, can be restored", ""),
    ("receipt", "link", "Ask Adatum Corporation to restore my account", ""),
    ("receipt", "link", "Download receipt", ""),
    ("receipt", "link", "Back to Organizations", ""),
    ("request-restore", "heading", "Ask Adatum Corporation to restore your account", ""),
    ("request-restore", "button", "Send request", ""),
    ("request-restore", "link", "Cancel", ""),
    ("apps", "link", "Payroll in Fabrikam", ""),
    ("language", "group", "Language", ""),
    ("language", "group", "Display", ""),
    ("language", "group", "Keyboard shortcuts", ""),
    ("language", "radio", "Svenska", ""),
    ("privacy", "button", "Allow Tailspin Toys to invite me again", ""),
    ("sign-in", "textbox", "Email", ""),
    ("sign-in", "button", "Next", ""),
    ("sign-in", "link", "Sign in to an organization", ""),
    ("sign-in-domain", "button", "Sign in with Woodgrove ID", ""),
    ("which-organization", "textbox", "Organization domain", ""),
    ("which-organization", "heading", "Which organization do you want to sign in to?", ""),
    ("enter-password", "textbox", "Password", ""),
    ("enter-password", "button", "Show password", ""),
    ("enter-password", "button", "Sign in", ""),
    ("pick-account", "button", "Adele Vance, adele@northwind.example", ""),
    ("pick-account", "button", "Forget adele@northwind.example", ""),
    ("pick-account", "link", "Use a different account", ""),
    ("get-code", "button", "Send code", ""),
    ("check-email", "textbox", "Code", ""),
    ("check-email", "button", "Sign in", ""),
    ("check-email", "button", "Send a new code", ""),
    ("check-email", "link", "Use a different account", ""),
    ("review-permissions", "heading", "Review permissions", ""),
    ("review-permissions", "button", "Accept", ""),
    ("review-permissions", "link", "Cancel", ""),
    ("review-permissions", "link", "Fabrikam's privacy statement", ""),
    ("invitation", "button", "Accept invitation", ""),
    ("invitation", "link", "Decline", ""),
    ("invitation", "link", "Block invitations from Fabrikam", ""),
    ("choose-organization", "button", "Switch to Fabrikam", ""),
    ("signed-out", "link", "Sign in again", ""),
    ("signed-out-idle", "link", "Sign in again", ""),
    ("stay-signed-in", "button", "Stay signed in", ""),
    ("stay-signed-in-over", "link", "Sign in again", ""),
    ("terms-of-use", "button", "Accept", ""),
    ("terms-of-use", "button", "Decline", ""),
    ("terms-of-use", "region", "Terms of use of Fabrikam", ""),
    ("terms-of-use-link", "link", "Terms of use of Fabrikam", ""),
    ("error-invitation-expired", "button", "Ask for a new invitation", ""),
    ("error-invitation-accepted", "link", "Continue to Woodgrove", ""),
    ("error-unknown-organization", "textbox", "Organization domain", ""),
    ("error-not-a-guest", "link", "Use a different account", ""),
    ("error-not-a-guest", "button", "Sign out", ""),
]


async def found(page: Page, role: str, name: str, id_: str) -> bool:
    wanted = page.get_by_role(role, name=name, exact=True) if name else page.get_by_role(role)  # type: ignore[arg-type]
    if not id_:
        return await wanted.first.is_visible()
    return await wanted.and_(page.locator(f"[id='{id_}']")).is_visible()


async def test_every_promised_name_is_there(page, gallery):
    missing = []
    for story in dict.fromkeys(story for story, *_ in PARTS):
        await page.goto(f"{gallery}/gallery/en/light/{story}")
        missing += [part for part in PARTS if part[0] == story and not await found(page, *part[1:])]
    assert missing == []


async def test_the_frame_is_the_same_on_every_page(page, gallery):
    for story in ("overview", "organizations", "permission", "language"):
        await page.goto(f"{gallery}/gallery/en/light/{story}")
        for role, name, id_ in EVERYWHERE:
            wanted = page.get_by_role(role, name=name, exact=True) if name else page.get_by_role(role)
            await expect(wanted).to_have_count(1)
            assert not id_ or await wanted.get_attribute("id") == id_
        navigation = page.get_by_role("navigation", name="My Account")
        assert await navigation.get_by_role("link").all_inner_texts() == NAVIGATION
        await expect(navigation.locator("[aria-current=page]")).to_have_count(1)


async def test_headings_have_their_levels(page, gallery):
    await page.goto(f"{gallery}/gallery/en/light/organizations")
    levels = [
        (await heading.evaluate("e => Number(e.tagName[1])"), (await heading.inner_text()).split("\n")[0])
        for heading in await page.locator("main").get_by_role("heading").all()
    ]
    assert levels == [
        (1, "Organizations"),
        (2, "Invitations"),
        (3, "Woodgrove"),
        (2, "Home organization"),
        (3, "Northwind Traders"),
        (2, "Other organizations you collaborate with 5"),
        (3, "Adatum Corporation"),
        (3, "Fabrikam"),
        (3, "Litware"),
        (3, "Tailspin Toys"),
        (3, "Woodgrove"),
        (2, "Organizations you left"),
        (3, "Alpine Ski House"),
    ]


async def test_home_cannot_be_left(page, gallery):
    await page.goto(f"{gallery}/gallery/en/light/organizations")
    row = page.locator(f"#org-{NORTHWIND}")
    await expect(row.get_by_role("link")).to_have_count(0)
    await expect(row).to_contain_text("This organization owns your account. Only its administrator can remove you.")


@pytest.mark.parametrize(
    ("language", "leave", "sign_in_first", "accept", "receipt"),
    [
        (
            "nl",
            "Verlaten: Adatum Corporation",
            "Meld u aan om deze organisatie te verlaten: Fabrikam",
            "Accepteren: uitnodiging van Woodgrove",
            "Ontvangstbewijs bekijken: Alpine Ski House",
        ),
        (
            "sv",
            "Lämna Adatum Corporation",
            "Logga in för att lämna den här organisationen: Fabrikam",
            "Acceptera inbjudan från Woodgrove",
            "Visa kvitto för Alpine Ski House",
        ),
    ],
)
async def test_names_in_dutch_and_swedish_begin_with_what_is_seen(
    page, gallery, language, leave, sign_in_first, accept, receipt
):
    await page.goto(f"{gallery}/gallery/{language}/light/organizations")
    for role, name in (("link", leave), ("link", sign_in_first), ("button", accept), ("link", receipt)):
        control = page.get_by_role(role, name=name, exact=True)
        await expect(control).to_have_count(1)
        assert name.startswith(await control.inner_text())


async def test_what_a_row_is_for_is_in_its_address(page, gallery):
    await page.goto(f"{gallery}/gallery/en/light/organizations")

    async def address(name: str) -> str | None:
        href: str | None = await page.get_by_role("link", name=name, exact=True).get_attribute("href")
        return href

    base = "/myaccount/organizations"
    assert await address("Leave Adatum Corporation") == f"{base}/{ADATUM}/leave"
    signing_in = f"/signin?tenantId={FABRIKAM}&next={base}/{FABRIKAM}/leave"
    assert await address("Sign in to leave this organization: Fabrikam") == signing_in
    assert (await address("Leave Litware") or "").endswith("/permission")
    assert (await address("Leave Woodgrove") or "").endswith("/permission")
    assert (await address("Leave Tailspin Toys") or "").endswith("/leave")


async def test_status_messages_are_announced(page, gallery):
    for story, text in (
        ("language-saved", "Saved."),
        ("permission-asked", "We sent your request to Woodgrove on 20 November 2026."),
        ("receipt", "You left Adatum Corporation"),
        ("request-restore-sent", "We asked Adatum Corporation on 20 November 2026."),
        ("organizations-declined", "You declined the invitation from Woodgrove."),
    ):
        await page.goto(f"{gallery}/gallery/en/light/{story}")
        await expect(page.get_by_role("status")).to_have_text(text)
