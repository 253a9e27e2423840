"""Entering organizations: ``tenantId``, switching, the account picker, signing out."""

from datetime import timedelta

import pytest

from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import leaving, removing, switching
from vestibule.rules.actors import operator
from vestibule.store.memberships import Membership

SESSION = "__Host-vestibule-session"


async def _adele_in_fabrikam(town: Town) -> Membership:
    assert town.adele.person_id is not None
    return await town.guest(town.adele.person_id, "adele@contoso.example")


# --- tenantId ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tenantId", "tenantid", "tenant", "TENANTID"])
async def test_signed_in_there_just_sees_the_page(town: Town, browser: Visitor, name: str) -> None:
    await town.sign_in(browser)
    for value in (town.contoso.id, town.contoso.id.upper(), "contoso.example", "Contoso.Example", " contoso.example "):
        answer = await browser.http.get("/myaccount/organizations", params={name: value, "find": "x"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/myaccount/organizations?find=x")


async def test_signed_out_signs_in_and_lands_in_its_context(town: Town, browser: Visitor) -> None:
    await _adele_in_fabrikam(town)
    page = await browser.open("/myaccount/organizations?tenantId=Fabrikam.example")
    assert (page.h1, page.path.partition("?")[0]) == ("Sign in", "/signin")
    assert "Signing in to Fabrikam.example" in page.text  # as it was typed, not as the organization calls itself
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password="correct horse battery staple")
    assert page.path == "/myaccount/organizations"
    signed = [event.type for event in await world.events(town.fabrikam)]
    assert signed[-1] == "signIn"
    page = await browser.open("/switch")
    assert list(page.forms[0].buttons) == ["Switch to Contoso"]
    assert "FabrikamYou're signed in here now." in page.text


async def test_signed_in_elsewhere_picks_the_account_first(town: Town, browser: Visitor) -> None:
    await _adele_in_fabrikam(town)
    await town.sign_in(browser)
    page = await browser.open("/myaccount/?tenantId=fabrikam.example")
    assert (page.h1, page.status) == ("Pick an account", 200)
    assert "Signing in to Fabrikam" in page.text
    page = await browser.press("Adele Vance, adele@contoso.example")
    assert page.path == "/myaccount/"


async def test_signed_out_with_known_accounts_picks_first(town: Town, browser: Visitor) -> None:
    await _adele_in_fabrikam(town)
    await town.sign_in(browser)
    await browser.open("/signout")
    await browser.press("Sign out")
    page = await browser.open("/myaccount/?tenantId=fabrikam.example")
    assert page.h1 == "Pick an account"
    assert "Signing in to fabrikam.example" in page.text
    page = await browser.press("Adele Vance, adele@contoso.example")
    assert page.h1 == "Enter password"
    assert (await browser.press("Sign in", password="correct horse battery staple")).path == "/myaccount/"


@pytest.mark.parametrize(
    "value",
    [
        "never.example",
        "00000000-0000-4000-8000-000000000000",
        "common",
        "9188040d-6c67-4c5b-b112-36a304b66dad",
        "<script>",
        "x" * 5000,
        "../admin",
        "contoso",
    ],
)
async def test_an_unknown_organization(town: Town, browser: Visitor, value: str) -> None:
    answers = [await browser.http.get("/myaccount/", params={"tenantId": value})]
    await town.sign_in(browser)
    answers.append(await browser.http.get("/myaccount/", params={"tenantId": value}))
    answers.append(await browser.http.get("/signin", params={"tenantId": value}))
    for answer in answers:
        assert answer.status_code == 404
        assert "<h1>We can't find that organization</h1>".replace("'", "&#39;") in answer.text
        assert "<script>alert" not in answer.text


async def test_try_again_after_an_unknown_organization(town: Town, browser: Visitor) -> None:
    await browser.open("/myaccount/?tenantId=fabrikan.example")
    page = await browser.press("Next", domain="still.wrong.example")
    assert (page.status, page.h1) == (404, "We can't find that organization")
    page = await browser.press("Next", domain="fabrikam.example")
    assert page.h1 == "Sign in"
    assert "Signing in to fabrikam.example" in page.text


async def test_no_guest_there(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open("/myaccount/?tenantId=fabrikam.example")
    assert (page.status, page.h1) == (403, "You're not a guest of Fabrikam")
    assert page.title == "You're not a guest of Fabrikam - My Account - Vestibule"
    assert (await browser.follow("Use a different account")).h1 == "Pick an account"
    await browser.open("/myaccount/?tenantId=fabrikam.example")
    assert (await browser.press("Sign out")).h1 == "You're signed out"


async def test_no_guest_there_is_said_after_sign_in_only(town: Town, browser: Visitor) -> None:
    page = await town.sign_in(browser, at="/myaccount/?tenantId=fabrikam.example")
    assert (page.status, page.h1) == (403, "You're not a guest of Fabrikam")
    assert browser.http.cookies[SESSION]


async def test_after_leaving(town: Town, browser: Visitor) -> None:
    guest = await _adele_in_fabrikam(town)
    by = world.at_portal(guest)
    left = await leaving.leave(town.house, tenant_id=town.fabrikam.id, by=by, key="a key")
    page = await town.sign_in(browser, at="/myaccount/?tenantId=fabrikam.example")
    assert (page.status, page.h1) == (403, "You left Fabrikam")
    assert "It can restore your account until 1 April 2026 at 09:30 UTC, if you ask." in page.text
    receipt = f"/myaccount/receipts/{left.receipt.receipt_id}"
    assert page.links["View receipt for Fabrikam"] == receipt
    assert page.links["Ask Fabrikam to restore my account"] == f"{receipt}/request-restore"
    assert "privacy@fabrikam.example" in page.text
    town.clock().advance(timedelta(days=30))
    page = await town.sign_in(town.browser(), at="/myaccount/?tenantId=fabrikam.example")
    assert page.h1 == "You're not a guest of Fabrikam"  # from that moment it cannot be restored


async def test_after_being_removed(town: Town, browser: Visitor) -> None:
    guest = await _adele_in_fabrikam(town)
    await removing.remove(town.house, tenant_id=town.fabrikam.id, user_id=guest.user_id, by=town.fabrikam.admin)
    page = await town.sign_in(browser, at="/myaccount/?tenantId=fabrikam.example")
    assert (page.status, page.h1) == (403, "You don't have access to Fabrikam")


async def test_disabled_there(town: Town, browser: Visitor) -> None:
    guest = await _adele_in_fabrikam(town)
    await switching.disable(town.house, tenant_id=town.fabrikam.id, user_id=guest.user_id, by=operator())
    for page in (
        await town.sign_in(browser, at="/myaccount/?tenantId=fabrikam.example"),
        await browser.open("/myaccount/?tenantId=fabrikam.example"),
        await browser.open("/signin?tenantId=fabrikam.example"),
    ):
        assert (page.status, page.h1) == (403, "Your account is disabled")
        assert "Fabrikam disabled your account there" in page.text
        assert "privacy@fabrikam.example" in page.text


async def test_invited_there(town: Town, browser: Visitor) -> None:
    await town.invite("adele@contoso.example")
    page = await town.sign_in(browser, at="/signin?tenantId=fabrikam.example")
    assert page.path == "/myaccount/organizations"


async def test_signing_in_to_leave_asks_nothing_of_who_is_signed_in_at_home(town: Town, browser: Visitor) -> None:
    await _adele_in_fabrikam(town)
    await town.sign_in(browser)
    leave = f"/myaccount/organizations/{town.fabrikam.id}/leave"
    answer = await browser.http.get("/signin", params={"tenantId": town.fabrikam.id, "next": leave})
    assert (answer.status_code, answer.headers["location"]) == (303, leave)
    assert (await world.last_event(town.fabrikam)).type == "signIn"
    # Otherwise it asks for one sign-in.
    other = town.browser()
    page = await town.sign_in(other, at=f"/signin?tenantId={town.fabrikam.id}&next={leave}")
    assert page.path == leave


async def test_the_wish_survives_a_change_of_language(town: Town, browser: Visitor) -> None:
    await _adele_in_fabrikam(town)
    await browser.open("/myaccount/organizations?tenantId=fabrikam.example")
    page = await browser.open(f"{browser.here.path}&lang=sv")
    assert (page.language, page.h1) == ("sv", "Logga in")
    assert "lang" not in page.path
    await browser.press("Nästa", email="adele@contoso.example")
    page = await browser.press("Logga in", password="correct horse battery staple")
    assert page.path == "/myaccount/organizations"


# --- Languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "language", "h1"),
    [
        ("sv-FI, en;q=0.5", "sv", "Logga in"),
        ("nl-BE", "nl", "Aanmelden"),
        ("xx, de", "en", "Sign in"),
        ("en-US", "en", "Sign in"),
    ],
)
async def test_the_browsers_language(town: Town, browser: Visitor, accepted: str, language: str, h1: str) -> None:
    page = await browser.open("/signin", **{"accept-language": accepted})
    assert (page.language, page.h1, page.response.headers["content-language"]) == (language, h1, language)
    assert page.response.headers["vary"] == "Accept-Language, Cookie"


@pytest.mark.parametrize(
    ("language", "next_", "sign_in"),
    [("en", "Next", "Sign in"), ("nl", "Volgende", "Aanmelden"), ("sv", "Nästa", "Logga in")],
)
async def test_a_whole_sign_in_in_each_language(
    town: Town, browser: Visitor, language: str, next_: str, sign_in: str
) -> None:
    await browser.open(f"/signin?lang={language}")
    assert browser.here.path == "/signin"
    page = await browser.press(next_, email="adele@contoso.example")
    assert page.language == language
    page = await browser.press(sign_in, password="wrong")
    assert page.language == language
    page = await browser.press(sign_in, password="correct horse battery staple")
    assert page.path == "/myaccount/"


async def test_the_organizations_language_when_nothing_else_is_wished(town: Town, browser: Visitor) -> None:
    litware = await world.organization(town.house, "Litware", notification_language="nl")
    page = await browser.open(f"/signin?tenantId={litware.domain}")
    assert page.language == "nl"
    assert litware.organization.notification_language == "nl"


# --- Picking and switching --------------------------------------------------------------------------------------------


async def test_forgetting_an_account(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, "sam@mailbox.example", "Sam Okafor")
    await town.sign_in(browser)
    await town.sign_in_by_code(browser, "sam@mailbox.example")
    page = await browser.open("/signin/accounts")
    accounts = [name for name in page.forms[0].buttons if ", " in name]
    assert accounts == ["Sam Okafor, sam@mailbox.example", "Adele Vance, adele@contoso.example"]
    page = await browser.press("Forget adele@contoso.example")
    assert [name for name in page.forms[0].buttons if ", " in name] == accounts[:1]
    assert (await browser.open("/switch")).status == 200
    await browser.open("/signin/accounts")
    page = await browser.press("Forget sam@mailbox.example")
    assert page.path == "/signin"
    assert SESSION not in browser.http.cookies


async def test_the_picker_shows_nobody_to_another_browser(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    stolen = browser.http.cookies["__Host-vestibule-accounts"]
    other = town.browser()
    other.http.cookies.set("__Host-vestibule-accounts", stolen, domain="vestibule.example")
    assert (await other.open("/signin/accounts")).path == "/signin"


async def test_switching(town: Town, browser: Visitor) -> None:
    await _adele_in_fabrikam(town)
    await town.sign_in(browser)
    page = await browser.open("/switch")
    assert page.h1 == "Choose an organization"
    page = await browser.press("Switch to Fabrikam")
    assert page.path == "/myaccount/"
    page = await browser.open("/switch")
    assert list(page.forms[0].buttons) == ["Switch to Contoso"]


async def test_switching_to_where_one_does_not_belong(town: Town, browser: Visitor) -> None:
    await _adele_in_fabrikam(town)
    await town.sign_in(browser)
    litware = await world.organization(town.house, "Litware")
    form = (await browser.open("/switch")).forms[0]
    page = await browser.post("/switch", form.fields | {"tenantId": litware.id})
    assert (page.status, page.h1) == (403, "You're not a guest of Litware")
    page = await browser.post("/switch", form.fields | {"tenantId": "nowhere.example"})
    assert (page.status, page.h1) == (404, "Page not found")


# --- Signing out ------------------------------------------------------------------------------------------------------


async def test_signing_out_ends_the_session(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    token = browser.http.cookies[SESSION]
    page = await browser.open("/signout")
    assert (page.h1, page.status) == ("Sign out?", 200)
    assert "adele@contoso.example" in page.text
    page = await browser.press("Sign out")
    assert (page.h1, page.path) == ("You're signed out", "/signed-out")
    assert SESSION not in browser.http.cookies
    browser.http.cookies.set(SESSION, token, domain="vestibule.example")
    assert (await browser.open("/switch")).path == "/signin?next=%2Fswitch"
    assert (await browser.open("/signed-out")).links["Sign in again"] == "/signin"


async def test_nobody_is_signed_out_from_elsewhere(town: Town, browser: Visitor) -> None:
    """A link or a form of another site only leads to the question."""
    await town.sign_in(browser)
    page = await browser.post("/signout", {}, origin="https://evil.example")
    assert (page.status, page.h1) == (403, "Sign out?")
    assert browser.http.cookies[SESSION]
    assert (await browser.open("/switch")).h1 == "Choose an organization"
    assert (await browser.open("/signed-out")).path == "/signout"


async def test_signing_out_twice(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    form = (await browser.open("/signout")).forms[0]
    await browser.press("Sign out")
    assert (await browser.post("/signout", form.fields)).h1 == "You're signed out"
    assert (await browser.open("/signout")).h1 == "You're signed out"


async def test_a_new_password_or_disabling_ends_the_session(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    await switching.disable(town.house, tenant_id=town.contoso.id, user_id=town.adele.user_id, by=operator())
    assert (await browser.open("/switch")).h1 == "Sign in"
