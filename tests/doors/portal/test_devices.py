"""The page on which a person types the code that a device shows, on both databases."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.doors.portal.conftest import PASSWORD, Town
from tests.support import world
from tests.support.pages import Page, Visitor
from vestibule.actions import apps, guest_settings, switching
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.store import consents

MAILBOX = "sam@mailbox.example"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass
class Screen:
    """A device of an organization that runs an app nobody consented to."""

    town: Town
    tenant_id: str
    client_id: str
    app_id: str
    begun: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        """What it shows."""
        return str(self.begun["user_code"])

    async def begin(self, scope: str = "openid profile User.Read") -> str:
        """Ask for a code."""
        self.begun = await self._post("devicecode", scope=scope)
        return self.code

    async def poll(self) -> dict[str, Any]:
        """Ask whether somebody agreed."""
        return await self._post("token", grant_type=DEVICE_GRANT, device_code=self.begun["device_code"])

    async def _post(self, endpoint: str, **form: str) -> dict[str, Any]:
        at = f"/{self.tenant_id}/oauth2/v2.0/{endpoint}"
        http = self.town.browser().http
        found: dict[str, Any] = (await http.post(at, data={"client_id": self.client_id, **form})).json()
        return found


async def screen_of(town: Town, tenant_id: str) -> Screen:
    new = NewApp("Meeting screen", public=True, device_code=True)
    made = await apps.create_app(town.house, new, tenant_id=tenant_id, by=operator())
    screen = Screen(town, tenant_id, made.app.client_id, made.app.app_id)
    await screen.begin()
    return screen


@pytest.fixture
async def screen(town: Town) -> Screen:
    """A device of Contoso, which waits."""
    return await screen_of(town, town.contoso.id)


async def type_code(browser: Visitor, code: str) -> Page:
    await browser.open("/signin/device")
    return await browser.press("Next", user_code=code)


async def test_sign_in_first_then_the_code_then_the_question(town: Town, browser: Visitor, screen: Screen) -> None:
    page = await browser.open(f"/signin/device?user_code={screen.code}")
    assert (page.h1, page.path.partition("?")[0]) == ("Sign in", "/signin")
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password=PASSWORD)
    assert (page.h1, page.forms[0].fields["user_code"]) == ("Sign in on a device", screen.code)
    assert (await screen.poll())["error"] == "authorization_pending", "an address agrees to nothing"
    page = await browser.press("Next")
    assert page.h1 == "Did you start this?"
    for text in ("Meeting screen of Contoso", screen.code, "09:30 UTC", "127.0.0.1", "Read your profile", "adele@"):
        assert text in page.text, text
    town.clock().advance(timedelta(seconds=5))
    assert (await screen.poll())["error"] == "authorization_pending"
    page = await browser.press("Approve")
    assert (page.status, page.h1) == (200, "You're signed in on the device")
    town.clock().advance(timedelta(seconds=10))
    assert "access_token" in await screen.poll()
    given = await consents.find(await town.house.store.read(), town.contoso.id, screen.app_id, town.adele.user_id)
    assert given is not None
    assert set(given.names) == {"User.Read", "openid", "profile"}
    event = await world.last_event(town.contoso)
    assert (event.type, event.record["facts"]["deviceCode"]) == ("signIn", True)
    assert "Meeting screen" in (await browser.follow("See your sign-ins")).text


async def test_decline_gives_the_device_nothing(town: Town, browser: Visitor, screen: Screen) -> None:
    await town.sign_in(browser)
    await type_code(browser, screen.code.lower().replace("-", " "))
    page = await browser.press("Decline")
    assert page.h1 == "You declined"
    assert (await screen.poll())["error"] in {"authorization_declined", "access_denied"}
    event = await world.last_event(town.contoso)
    assert (event.type, event.record["outcome"], event.record["facts"]["declined"]) == ("signIn", "failure", True)
    page = await type_code(browser, screen.code)
    assert (page.status, page.problem) == (
        400,
        "There is a problem No device waits for that code. Check it, or start again on the device.",
    )


async def test_nothing_is_approved_by_an_address_or_by_a_foreign_form(
    town: Town, browser: Visitor, screen: Screen
) -> None:
    await town.sign_in(browser)
    page = await browser.open(f"/signin/device?user_code={screen.code}&answer=approve")
    assert page.h1 == "Sign in on a device"
    page = await browser.post("/signin/device", {"user_code": screen.code, "answer": "approve"})
    assert page.status == 403, "no form token"
    await type_code(browser, screen.code)
    form, _ = browser.here.button("Approve")
    sent = {**form.fields, "answer": "approve"}
    page = await browser.post("/signin/device", sent, origin="https://evil.example", **{"sec-fetch-site": "cross-site"})
    assert page.status == 403
    assert (await screen.poll())["error"] == "authorization_pending"


async def test_five_wrong_codes_and_no_more(town: Town, browser: Visitor, screen: Screen) -> None:
    await town.sign_in(browser)
    assert (await type_code(browser, "")).problem == "There is a problem Enter the code that the device shows."
    for _ in range(5):
        assert (await type_code(browser, "BBBB-BBBB")).status == 400
    other = town.browser()
    await town.sign_in(other)
    for again in (browser, other):  # the count is the person's, whichever the browser
        page = await type_code(again, screen.code)
        assert (page.status, page.h1) == (429, "Too many attempts")
    town.clock().advance(timedelta(minutes=11))
    await screen.begin()
    assert (await type_code(browser, screen.code)).h1 == "Did you start this?"


async def test_a_code_is_good_for_ten_minutes(town: Town, browser: Visitor, screen: Screen) -> None:
    await town.sign_in(browser)
    await type_code(browser, screen.code)
    town.clock().advance(timedelta(minutes=10))
    page = await browser.press("Approve")
    assert (page.status, page.h1) == (400, "Sign in on a device")
    assert (await screen.poll())["error"] == "expired_token"


async def test_a_guest_only_where_the_organization_lets_guests(town: Town, browser: Visitor) -> None:
    await town.guest(town.adele.person_id or "", "adele@contoso.example")
    screen = await screen_of(town, town.fabrikam.id)
    await town.sign_in(browser)
    assert (await type_code(browser, screen.code)).h1 == "Did you start this?"
    page = await browser.press("Approve")
    assert (page.status, page.h1) == (403, "Guests can't sign in on devices here")
    assert "Fabrikam" in page.text
    assert (await screen.poll())["error"] == "authorization_pending"
    mine = [event for event in await world.events(town.fabrikam) if event.type == "consent.give"]
    assert mine == [], "nobody consents to what does not let them in"
    await guest_settings.change_guest_settings(
        town.house, tenant_id=town.fabrikam.id, by=operator(), device_sign_in=True
    )
    await type_code(browser, screen.code)
    assert (await browser.press("Approve")).h1 == "You're signed in on the device"
    town.clock().advance(timedelta(seconds=10))
    assert "access_token" in await screen.poll()


async def test_who_does_not_belong_there_or_is_disabled(town: Town, browser: Visitor) -> None:
    screen = await screen_of(town, town.fabrikam.id)
    await town.sign_in(browser)
    await type_code(browser, screen.code)
    page = await browser.press("Approve")
    assert (page.status, page.h1) == (403, "You're not a guest of Fabrikam")
    guest = await town.guest(town.adele.person_id or "", "adele@contoso.example")
    await switching.disable(town.house, tenant_id=town.fabrikam.id, user_id=guest.user_id, by=operator())
    await type_code(browser, screen.code)
    page = await browser.press("Approve")
    assert (page.status, page.h1) == (403, "Your account is disabled")
    assert (await screen.poll())["error"] == "authorization_pending"


async def test_somebody_without_a_home_organization_signs_in_on_no_device(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX)
    screen = await screen_of(town, town.fabrikam.id)
    await town.sign_in_by_code(browser, MAILBOX)
    await type_code(browser, screen.code)
    assert (await browser.press("Approve")).h1 == "Guests can't sign in on devices here"
    assert (await screen.poll())["error"] == "authorization_pending"
