"""*Terms of use* on the way in: signing in, switching, redeeming, an app, a device; and never on the way out."""

from urllib.parse import parse_qsl

import pytest

from tests.doors.portal.conftest import LANDING, PASSWORD, Town
from tests.doors.portal.test_consent import CALLBACK, Tool, answered
from tests.doors.portal.test_consent import tool as tool
from tests.doors.portal.test_devices import screen_of, type_code
from tests.support import world
from tests.support.pages import Page, Visitor
from tests.support.world import Place
from vestibule.actions import terms
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted
from vestibule.rules.terms import Document
from vestibule.store.memberships import Membership

TEXT = "Be kind to <b>others</b>.\n\nBring your own cup."
CODE_MAIL = "sam@mailbox.example"


async def ask(place: Place, **documents: Document | None) -> None:
    """The organization asks people to accept something."""
    given = documents or {"en": Document(text=TEXT)}
    await terms.change_terms_of_use(place.house, tenant_id=place.id, documents=given, by=operator())


def is_terms(page: Page) -> bool:
    return page.h1 == "Terms of use" and page.path.partition("?")[0] == "/signin/terms"


async def adele_at_fabrikam(town: Town) -> Membership:
    return await town.guest(town.adele.person_id or "", "adele@contoso.example")


# --- At home ----------------------------------------------------------------------------------------------------------


async def test_a_member_accepts_and_goes_on_to_where_they_wanted(town: Town, browser: Visitor) -> None:
    await ask(town.contoso)
    page = await town.sign_in(browser, at="/signin?next=/myaccount/apps")
    assert is_terms(page)
    assert page.title == "Terms of use - Sign in - Vestibule"
    for text in ("adele@contoso.example", "Be kind to <b>others</b>.", "Bring your own cup.", "Signing in to Contoso"):
        assert text in page.text
    assert "<b>" not in page.response.text
    assert page.response.headers["cache-control"] == "no-store"
    page = await browser.press("Accept")
    assert (page.h1, page.path) == ("Apps", "/myaccount/apps")
    (home,) = (await browser.http.get("/myaccount/privacy/my-data.json")).json()["organizations"]
    assert home["termsOfUse"] == [{"version": 1, "acceptedAt": "2026-03-02T09:30:00Z"}]
    assert not is_terms(await town.sign_in(town.browser()))


async def test_stepping_around_the_page_leads_back_to_it(town: Town, browser: Visitor) -> None:
    await ask(town.contoso)
    await town.sign_in(browser)
    for path in ("/myaccount/", "/myaccount/personal-info", "/MyAccount/apps"):
        assert is_terms(await browser.open(path)), path
    for path in ("/myaccount/organizations", "/myaccount/privacy", "/myaccount/privacy/my-data.json"):
        assert (await browser.open(path)).path == path, "nobody agrees to anything to see where they stand"
    await browser.open("/myaccount/apps")
    assert (await browser.press("Accept")).path == "/myaccount/apps"


async def test_who_declines_at_home_is_signed_out(town: Town, browser: Visitor) -> None:
    await ask(town.contoso)
    await town.sign_in(browser)
    page = await browser.press("Decline")
    assert (page.h1, page.path) == ("You're signed out", "/signed-out?why=terms")
    assert "You didn't accept your organization's terms of use" in page.text
    assert (await browser.open("/myaccount/")).h1 == "Sign in"
    await town.sign_in(browser)
    assert (await browser.press("Accept")).path == "/myaccount/"


async def test_a_change_is_asked_for_with_the_next_click(town: Town, browser: Visitor) -> None:
    await ask(town.contoso)
    await town.sign_in(browser)
    await browser.press("Accept")
    await ask(town.contoso, en=Document(text="Something else."))
    page = await browser.open("/myaccount/apps")
    assert is_terms(page)
    assert "Contoso changed its terms of use." in page.text
    await ask(town.contoso, en=Document(text="Something else again."))
    page = await browser.press("Accept")
    assert (page.status, page.h1) == (409, "Terms of use")
    assert "Something else again." in page.text
    assert (await browser.press("Accept")).path == "/myaccount/apps"
    await ask(town.contoso, en=None)
    assert (await browser.open("/myaccount/apps")).status == 200


@pytest.mark.parametrize(
    ("language", "heading", "accept", "decline", "shown"),
    [
        ("en", "Terms of use", "Accept", "Decline", "en"),
        ("nl", "Gebruiksvoorwaarden", "Accepteren", "Weigeren", "nl"),
        ("sv", "Användningsvillkor", "Acceptera", "Tacka nej", "en"),
    ],
)
async def test_each_reader_sees_their_language_when_there_is_one(
    town: Town, browser: Visitor, language: str, heading: str, accept: str, decline: str, shown: str
) -> None:
    await ask(town.contoso, en=Document(text="Be kind."), nl=Document(link="https://contoso.example/nl"))
    browser.http.headers["accept-language"] = language
    await browser.open("/signin")
    (next_,) = browser.here.forms[0].buttons
    await browser.press(next_, email="adele@contoso.example")
    (sign_in,) = (
        name for form in browser.here.forms for name in form.buttons if name.startswith(("Sign", "Aan", "Logga"))
    )
    page = await browser.press(sign_in, password=PASSWORD)
    assert page.h1 == heading
    assert {accept, decline} <= set(page.forms[0].buttons)
    if shown == "nl":
        assert "https://contoso.example/nl" in page.links.values()
    else:
        assert 'lang="en" dir="auto"' in page.response.text


# --- Elsewhere --------------------------------------------------------------------------------------------------------


async def test_switching_asks_and_declining_leaves_everything_as_it_was(town: Town, browser: Visitor) -> None:
    await adele_at_fabrikam(town)
    await ask(town.fabrikam)
    await town.sign_in(browser)
    await browser.open("/switch")
    assert is_terms(await browser.press("Switch to Fabrikam"))
    page = await browser.press("Decline")
    assert (page.status, page.h1) == (403, "You didn't accept the terms of use of Fabrikam")
    assert {"Read the terms of use again", "Leave Fabrikam", "Go to My Account"} <= set(page.links)
    assert (await browser.follow("Go to My Account")).path == "/myaccount/"
    assert 'Signed in to <bdi dir="auto">Contoso' in browser.here.response.text
    assert [(one.type, one.reason) for one in await world.events(town.fabrikam)][-2:] in (
        [("terms.decline", None), ("signIn", "termsNotAccepted")],
        [("signIn", "termsNotAccepted"), ("terms.decline", None)],
    )
    await browser.open("/switch")
    await browser.press("Switch to Fabrikam")
    await browser.press("Decline")
    assert is_terms(await browser.follow("Read the terms of use again"))
    page = await browser.press("Accept")
    assert page.path == "/myaccount/"
    assert 'Signed in to <bdi dir="auto">Fabrikam' in page.response.text


async def test_leaving_never_takes_it(town: Town, browser: Visitor) -> None:
    guest = await adele_at_fabrikam(town)
    await ask(town.fabrikam)
    await ask(town.contoso)
    leave = f"/myaccount/organizations/{town.fabrikam.id}/leave"
    await browser.open(leave)
    assert browser.here.h1 == "Sign in"
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password=PASSWORD)
    if page.path != leave:
        page = await browser.follow("Sign in to leave this organization")
    assert (page.h1, page.path) == ("Leave Fabrikam?", leave)
    page = await browser.press("Leave")
    assert page.h1 == "You left Fabrikam"
    gone = await world.again(town.house, town.fabrikam.id, guest.user_id)
    assert isinstance(gone.stage, Deleted)


async def test_the_way_from_declining_to_leaving(town: Town, browser: Visitor) -> None:
    await adele_at_fabrikam(town)
    await ask(town.fabrikam)
    await town.sign_in(browser, at=f"/signin?tenantId={town.fabrikam.id}")
    assert is_terms(browser.here)
    await browser.press("Decline")
    page = await browser.follow("Leave Fabrikam")
    assert page.h1 == "Leave Fabrikam?"
    assert (await browser.press("Leave")).h1 == "You left Fabrikam"


async def test_without_a_home_one_is_signed_in_nowhere_until_one_accepts(town: Town, browser: Visitor) -> None:
    person_id = await world.mailbox_person(town.house, CODE_MAIL)
    await town.guest(person_id, CODE_MAIL)
    await ask(town.fabrikam)
    assert is_terms(await town.sign_in_by_code(browser, CODE_MAIL))
    page = await browser.press("Decline")
    assert page.h1 == "You didn't accept the terms of use of Fabrikam"
    page = await browser.open("/myaccount/")
    assert page.path == "/myaccount/"
    assert "Signed in to" not in page.response.text
    page = await browser.open(f"/myaccount/apps?tenantId={town.fabrikam.id}")
    page = await browser.press(next(name for form in page.forms for name in form.buttons if CODE_MAIL in name))
    assert is_terms(page)
    assert (await browser.press("Accept")).path == "/myaccount/apps"


async def test_an_invitation_leads_where_it_should_after_the_terms(town: Town, browser: Visitor) -> None:
    await ask(town.fabrikam)
    path, user_id = await town.invite("adele@contoso.example")
    await browser.open(path)
    await browser.press("Accept invitation")
    await browser.press("Sign in", password=PASSWORD)
    assert browser.here.h1 == "Review permissions"
    page = await browser.press("Accept")
    assert is_terms(page)
    assert (await world.again(town.house, town.fabrikam.id, user_id)).person_id == town.adele.person_id
    page = await browser.press("Accept")
    assert page.refresh == LANDING


# --- Apps -------------------------------------------------------------------------------------------------------------


async def test_an_app_gets_its_code_after_consent_and_terms(town: Town, tool: Tool, browser: Visitor) -> None:
    await ask(town.contoso)
    await browser.open(tool.ask(login_hint="adele@contoso.example"))
    await browser.press("Next")
    page = await browser.press("Sign in", password=PASSWORD)
    assert page.h1 == "Review permissions"
    page = await browser.press("Accept")
    assert is_terms(page)
    assert f"form-action 'self' {CALLBACK[:-3]};" in page.response.headers["content-security-policy"]
    silent = Page(await browser.http.get(tool.ask(prompt="none")))
    assert answered(silent)["error"] == "interaction_required"
    assert is_terms(await browser.open(tool.ask())), "asking again is no way around"
    assert answered(await browser.press("Accept"))["code"]
    assert answered(Page(await browser.http.get(tool.ask(prompt="none"))))["code"]


async def test_an_app_hears_that_the_person_declined(town: Town, tool: Tool, browser: Visitor) -> None:
    await ask(town.contoso)
    await browser.open(tool.ask(login_hint="adele@contoso.example"))
    await browser.press("Next")
    await browser.press("Sign in", password=PASSWORD)
    await browser.press("Accept")
    page = await browser.press("Decline")
    assert (page.status, page.h1) == (403, "You didn't accept the terms of use of Contoso")
    assert "Leave Contoso" not in page.links
    answer = answered(await browser.follow("Go back to the app"))
    assert answer["error"] == "access_denied"
    assert "code" not in dict(parse_qsl(browser.here.location))


async def test_a_device_waits_for_the_terms(town: Town, browser: Visitor) -> None:
    screen = await screen_of(town, town.contoso.id)
    await town.sign_in(browser)
    await ask(town.contoso)
    await type_code(browser, screen.code)
    page = await browser.press("Approve")
    assert is_terms(page)
    assert (await screen.poll())["error"] == "authorization_pending"
    page = await browser.press("Accept")
    assert page.path.partition("?")[0] == "/signin/device"
    await browser.press("Next")
    await browser.press("Approve")
    assert "access_token" in await screen.poll()


async def test_what_somebody_is_nobody_in_shows_no_terms(town: Town, browser: Visitor) -> None:
    await ask(town.fabrikam)
    await town.sign_in(browser)
    for tenant in (town.fabrikam.id, "00000000-0000-0000-0000-000000000000", "nonsense"):
        page = await browser.open(f"/signin/terms?tenantId={tenant}")
        assert page.status == 404, tenant
        assert "Fabrikam" not in page.response.text
    assert (await browser.open("/signin/terms?flow=nonsense")).status == 410
    assert (await town.browser().open(f"/signin/terms?tenantId={town.fabrikam.id}")).h1 == "Sign in"
