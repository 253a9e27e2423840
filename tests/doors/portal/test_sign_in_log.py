"""What the pages write to the sign-in log when somebody does not get in, on both databases."""

from urllib.parse import urlencode

from tests.doors.portal.conftest import PASSWORD, Town
from tests.support import world
from tests.support.pages import Visitor
from tests.support.world import Place
from vestibule.actions import apps, leaving, switching
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp

CALLBACK = "http://localhost:5000/cb"
MAILBOX = "sam@mailbox.example"


async def failures(place: Place) -> list[tuple[str | None, str | None, str]]:
    """The failed sign-ins of an organization, oldest first: reason, whose, and at which program."""
    return [
        (event.record["reason_code"], event.subject.get("id"), event.record["client_id"])
        for event in await world.events(place)
        if event.type == "signIn" and event.record["outcome"] == "failure"
    ]


async def test_a_wrong_password_is_seen_by_the_person_too(town: Town, browser: Visitor) -> None:
    for email in ("adele@contoso.example", "nobody@contoso.example"):
        await browser.open("/signin")
        await browser.press("Next", email=email)
        await browser.press("Sign in", password="wrong")
    assert await failures(town.contoso) == [
        ("passwordWrong", town.adele.user_id, "vestibule-pages"),
        ("passwordWrong", town.contoso.id, "vestibule-pages"),
    ]
    assert "nobody" not in str([event.record for event in await world.events(town.contoso)])
    await town.sign_in(browser)
    page = await browser.open("/myaccount/sign-ins")
    assert "Failed" in page.text
    assert await failures(town.fabrikam) == []


async def test_who_is_turned_away_by_an_organization(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(f"/myaccount/?tenantId={town.fabrikam.id}")
    assert page.h1 == "You're not a guest of Fabrikam"
    assert await failures(town.fabrikam) == []
    assert await failures(town.contoso) == [("notFound", town.adele.user_id, "vestibule-pages")]
    guest = await town.guest(town.adele.person_id or "", "adele@contoso.example")
    await switching.disable(town.house, tenant_id=town.fabrikam.id, user_id=guest.user_id, by=operator())
    await browser.open(f"/myaccount/?tenantId={town.fabrikam.id}")
    assert await failures(town.fabrikam) == [("accountDisabled", guest.user_id, "vestibule-pages")]
    await switching.enable(town.house, tenant_id=town.fabrikam.id, user_id=guest.user_id, by=operator())
    by = world.person_at_pages(town.adele.person_id or "")
    await leaving.leave(town.house, tenant_id=town.fabrikam.id, by=by, key="k")
    page = await browser.open(f"/myaccount/?tenantId={town.fabrikam.id}")
    assert page.h1 == "You left Fabrikam"
    assert (await failures(town.fabrikam))[-1] == ("wrongStage", guest.user_id, "vestibule-pages")


async def test_a_wrong_code_where_the_organization_is_known(town: Town, browser: Visitor) -> None:
    guest = await world.guest(town.fabrikam, MAILBOX)
    await browser.open(f"/signin?tenantId={town.fabrikam.id}")
    await browser.press("Next", email=MAILBOX)
    await browser.press("Send code")
    wrong = "11111111" if await town.code() != "11111111" else "22222222"
    await browser.press("Sign in", code=wrong)
    assert await failures(town.fabrikam) == [("codeWrong", guest.user_id, "vestibule-pages")]


async def test_consent_declined_at_an_app(town: Town, browser: Visitor) -> None:
    new = NewApp("Contoso Tool", public=True, redirect_uris=(CALLBACK,))
    made = await apps.create_app(town.house, new, tenant_id=town.contoso.id, by=operator())
    asked = {
        "client_id": made.app.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid User.Read",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    await browser.open(f"/{town.contoso.id}/oauth2/v2.0/authorize?{urlencode(asked)}")
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password=PASSWORD)
    assert page.h1 == "Review permissions"
    await browser.follow("Cancel")
    assert await failures(town.contoso) == [("notAllowed", town.adele.user_id, made.app.client_id)]
