"""Signing in by password and by emailed code, on the pages, over HTTP."""

from datetime import timedelta

import pytest

from soak.sign_in_breakages import code_without_end, sign_in_of_another_browser
from soak.sign_in_breakages_proofs import code_of_any_sign_in, unknown_accounts_told, unknown_mailboxes_told
from tests.doors.portal.conftest import PASSWORD, Town
from tests.support import world
from tests.support.broken import broken
from tests.support.pages import Visitor
from vestibule.actions import switching
from vestibule.rules.actors import operator

MAILBOX = "sam@mailbox.example"


async def test_by_password(town: Town, browser: Visitor) -> None:
    page = await browser.open("/signin")
    assert (page.h1, page.title, page.status) == ("Sign in", "Sign in - Sign in - Vestibule", 200)
    page = await browser.press("Next", email="Adele@contoso.example")
    assert (page.h1, page.path.partition("?")[0]) == ("Enter password", "/signin/password")
    assert "Adele@contoso.example" in page.text
    page = await browser.press("Sign in", password=PASSWORD)
    assert page.path == "/myaccount/"
    assert browser.http.cookies["__Host-vestibule-session"]
    event = await world.last_event(town.contoso)
    assert (event.type, event.record["actor"]["auth_strength"]) == ("signIn", "password")


@broken(unknown_accounts_told)
async def test_a_wrong_password_keeps_the_page_and_says_nothing_of_who_exists(town: Town, browser: Visitor) -> None:
    said = []
    for email in ("adele@contoso.example", "nobody@contoso.example"):
        await browser.open("/signin")
        await browser.press("Next", email=email)
        page = await browser.press("Sign in", password="wrong")
        assert (page.status, page.h1, page.title) == (
            400,
            "Enter password",
            "Error: Enter password - Sign in - Vestibule",
        )
        said.append(page.problem)
        assert "wrong" not in page.forms[0].fields.values()
    assert said[0] == said[1] == "There is a problem That email and password don't match."
    assert "__Host-vestibule-session" not in browser.http.cookies
    assert (await browser.press("Sign in", password="")).problem == "There is a problem Enter your password."


async def test_too_many_wrong_passwords(town: Town, browser: Visitor) -> None:
    await browser.open("/signin")
    await browser.press("Next", email="adele@contoso.example")
    for _ in range(10):
        assert (await browser.press("Sign in", password="wrong")).status == 400
    page = await browser.press("Sign in", password="wrong")
    assert (page.status, page.h1) == (429, "Too many attempts")
    assert "Try again after 2 March 2026 at 09:35 UTC." in page.text
    await browser.open("/signin")
    await browser.press("Next", email="adele@contoso.example")
    assert (await browser.press("Sign in", password=PASSWORD)).status == 429
    town.clock().advance(timedelta(minutes=6))
    await browser.open("/signin")
    await browser.press("Next", email="adele@contoso.example")
    assert (await browser.press("Sign in", password=PASSWORD)).path == "/myaccount/"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter your email address."),
        ("adele", "Enter an email address like name@contoso.example."),
        ("a@b@c", "Enter an email address like name@contoso.example."),
        ("x" * 400 + "@contoso.example", "Enter an email address like name@contoso.example."),
    ],
)
async def test_an_address_that_is_none(town: Town, browser: Visitor, typed: str, said: str) -> None:
    await browser.open("/signin")
    page = await browser.press("Next", email=typed)
    assert (page.status, page.problem) == (400, f"There is a problem {said}")
    assert page.forms[0].fields["email"] == typed[:320]


async def test_disabled_at_home(town: Town, browser: Visitor) -> None:
    await switching.disable(town.house, tenant_id=town.contoso.id, user_id=town.adele.user_id, by=operator())
    page = await town.sign_in(browser)
    assert (page.status, page.h1) == (403, "Your account is disabled")
    assert "privacy@contoso.example" in page.text
    await browser.open("/signin")
    await browser.press("Next", email="adele@contoso.example")
    assert (await browser.press("Sign in", password="wrong")).status == 400  # said only to who knows the password


# --- By code ----------------------------------------------------------------------------------------------------------


async def test_by_code_into_the_only_organization(town: Town, browser: Visitor) -> None:
    guest = await world.guest(town.fabrikam, MAILBOX)
    await browser.open("/signin")
    page = await browser.press("Next", email=MAILBOX)
    assert (page.h1, page.path.partition("?")[0]) == ("Get a code by email", "/signin/code")
    assert "s•••@mailbox.example" in page.text
    page = await browser.press("Send code")
    assert page.h1 == "Check your email"
    assert "It works until 09:40 UTC." in page.text
    code = await town.code()
    page = await browser.press("Sign in", code=f"{code[:4]} {code[4:]}")
    assert page.path == "/myaccount/"
    signed = [event for event in await world.events(town.fabrikam) if event.type == "signIn"]
    assert [event.subject["id"] for event in signed] == [guest.user_id]


@broken(unknown_mailboxes_told)
async def test_an_unknown_mailbox_sees_the_same_pages(town: Town) -> None:
    """What is shown, with which status and how many tries, does not tell whether somebody is known."""
    await world.guest(town.fabrikam, MAILBOX)
    seen = {}
    for email in (MAILBOX, "who@mailbox.example"):
        browser = town.browser()
        await browser.open("/signin")
        pages = [await browser.press("Next", email=email), await browser.press("Send code")]
        pages += [await browser.press("Sign in", code="00000000") for _ in range(6)]
        pages.append(await browser.press("Send a new code"))
        pages.append(await browser.press("Sign in", code="00000000"))
        seen[email] = [(page.status, page.title, page.text.replace(email[0], "?", 0)) for page in pages]
    masked = [[(status, title, text.replace("s•••", "w•••")) for status, title, text in row] for row in seen.values()]
    assert masked[0] == masked[1]
    assert len(await town.letters()) == 2


async def test_wrong_codes_are_counted_and_burn_the_code(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX)
    await browser.open("/signin")
    await browser.press("Next", email=MAILBOX)
    await browser.press("Send code")
    code = await town.code()
    wrong = "11111111" if code != "11111111" else "22222222"
    for left in (4, 3, 2, 1):
        page = await browser.press("Sign in", code=wrong)
        assert (page.status, page.h1) == (400, "Check your email")
        assert page.problem == "There is a problem That code didn't work. Check it, or send a new one."
        assert (f"You have {left} tries left." if left > 1 else "You have 1 try left.") in page.text
    page = await browser.press("Sign in", code=wrong)
    assert page.problem == "There is a problem That code is no longer valid. Send a new one."
    page = await browser.press("Sign in", code=code)
    assert (page.status, page.h1) == (400, "Check your email")
    page = await browser.press("Send a new code")
    assert "We sent a new code." in page.text
    assert (await browser.press("Sign in", code=code)).status == 400
    assert (await browser.press("Sign in", code=await town.code())).path == "/myaccount/"


@broken(code_without_end)
async def test_an_expired_code(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX)
    await browser.open("/signin")
    await browser.press("Next", email=MAILBOX)
    await browser.press("Send code")
    town.clock().advance(timedelta(minutes=10))
    page = await browser.press("Sign in", code=await town.code())
    assert (page.status, page.problem) == (400, "There is a problem That code is no longer valid. Send a new one.")
    assert (await browser.press("Sign in", code=" ")).problem == "There is a problem Enter the code from the email."


async def test_too_many_codes(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX)
    await browser.open("/signin")
    await browser.press("Next", email=MAILBOX)
    await browser.press("Send code")
    for _ in range(19):
        assert (await browser.press("Send a new code")).status == 200
    page = await browser.press("Send a new code")
    assert (page.status, page.h1) == (429, "Too many attempts")
    assert "Try again after 3 March 2026 at 09:30 UTC." in page.text


@broken(code_of_any_sign_in, sign_in_of_another_browser)
async def test_a_code_works_only_in_the_browser_that_asked(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX)
    other = town.browser()
    for one in (browser, other):
        await one.open("/signin")
        await one.press("Next", email=MAILBOX)
        await one.press("Send code")
    code = await town.code()  # the other browser's
    assert (await browser.press("Sign in", code=code)).status == 400
    handle = browser.here.forms[0].fields["flow"]
    page = await other.open(f"/signin/code?flow={handle}")
    assert (page.path, page.h1) == ("/signin", "Sign in")  # the sign-in under way belongs to the first browser
    page = await other.open(f"/signin?flow={handle}")
    assert (page.status, page.h1) == (410, "This link no longer works")
    page = await browser.open(f"/signin?flow={handle}")
    assert page.forms[0].fields["email"] == MAILBOX


async def test_nobody_belongs_anywhere(town: Town, browser: Visitor) -> None:
    """A proven mailbox without organizations: which one is meant?"""
    await world.mailbox_person(town.house, MAILBOX)
    page = await town.sign_in_by_code(browser, MAILBOX)
    assert (page.path, page.h1) == ("/signin/organization", "Which organization do you want to sign in to?")
    page = await browser.press("Next", domain="fabrikam.example")
    assert (page.status, page.h1) == (403, "You're not a guest of Fabrikam")
