"""The other pages of My Account: overview, apps, personal info, sign-ins, privacy, language."""

from datetime import timedelta
from typing import Any

import pytest

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import DAY, MAILBOX, ORGANIZATIONS
from tests.doors.portal.account.reading import checked, rows, statuses, table, times
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import assigning, assigning_groups, grouping, leaving, redeeming, removing
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.store import apps, people

EVERY_PAGE = [
    (paths.OVERVIEW, "Overview"),
    (ORGANIZATIONS, "Organizations"),
    (paths.APPS, "Apps"),
    (paths.PERSONAL_INFO, "Personal info"),
    (paths.SECURITY_INFO, "Security info"),
    (paths.SIGN_INS, "Sign-ins"),
    (paths.PRIVACY, "Privacy"),
    (paths.LANGUAGE, "Language"),
]


async def assigned(place: world.Place, user_id: str, name: str, **facts: object) -> None:
    """Somebody is assigned to a new app."""
    app = await cast.app_of(place, name, **facts)
    await assigning.assign_app(place.house, tenant_id=place.id, app_id=app.app_id, user_id=user_id, by=operator())


@pytest.mark.parametrize(("path", "name"), EVERY_PAGE)
async def test_every_page_from_the_navigation(town: Town, browser: Visitor, path: str, name: str) -> None:
    await town.sign_in(browser)
    page = await (browser.open(path) if name == "Privacy" else browser.follow(name))  # the footer has a Privacy too
    assert (page.status, page.h1, page.path) == (200, name, path)
    assert page.title == f"{name} - My Account - Vestibule"
    assert page.response.headers["cache-control"] == "no-store"
    assert "Vestibule" in page.links
    for language, in_it in (("nl", "Mijn account"), ("sv", "Mitt konto")):
        page = await browser.open(path, **{"accept-language": language})
        assert (page.status, page.language, in_it in page.title) == (200, language, True)
    nobody = await town.browser().open(path)
    assert nobody.h1 == "Sign in"


# --- Overview -------------------------------------------------------------------------------------------------------


async def test_overview_counts_and_greets(town: Town, browser: Visitor) -> None:
    for name in ("Adatum", "Blue", "Coho"):
        place, guest = await cast.visiting(town, name)
        await assigned(place, guest.user_id, f"{name} Payroll")
    gone, guest = await cast.visiting(town, "Alpine")
    await cast.left(gone, guest)
    page = await town.sign_in(browser)
    assert (page.path, page.h1) == (paths.OVERVIEW, "Overview")
    for said in (
        "Hello Adele Vance.",
        "You belong to 4 organizations. Contoso Adatum Blue Manage organizations",
        "You can use 3 apps. Adatum Payroll in Adatum Blue Payroll in Blue Coho Payroll in Coho",
        "2 March 2026 at 09:30 UTC Contoso",
        "You have 1 receipt.",
    ):
        assert said in page.text, said
    assert (await browser.follow("Manage organizations")).h1 == "Organizations"


async def test_overview_warns_when_a_restore_ends_in_three_days(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Alpine")
    receipt = await cast.left(place, guest)
    town.clock().advance(27 * DAY - timedelta(seconds=1))
    page = await town.sign_in(browser)
    assert "can be restored only until" not in page.text
    town.clock().advance(timedelta(seconds=1))
    page = await browser.open(paths.OVERVIEW)
    assert "Your account in Alpine can be restored only until 1 April 2026 at 09:30 UTC." in page.text
    assert page.links["View receipt for Alpine"] == paths.receipt(receipt.receipt_id)
    assert receipt.restorable_until in times(page)
    town.clock().advance(3 * DAY)
    await town.sign_in(browser)
    assert "can be restored only until" not in (await browser.open(paths.OVERVIEW)).text


async def test_overview_of_somebody_who_belongs_nowhere(town: Town, browser: Visitor) -> None:
    await cast.left(town.fabrikam, await world.guest(town.fabrikam, MAILBOX, "Sam"))
    page = await town.sign_in_by_code(browser, MAILBOX)
    for said in (
        f"Hello {MAILBOX}.",
        "You don't belong to any organization now.",
        "No apps yet.",
        "No sign-ins to show.",
    ):
        assert said in page.text, said


async def test_overview_shows_three_sign_ins_to_where_the_person_still_is(town: Town, browser: Visitor) -> None:
    for _ in range(3):
        await town.sign_in(browser)
        town.clock().advance(timedelta(minutes=1))
    place, guest = await cast.visiting(town, "Alpine")
    await cast.signed_in_there(browser, place)
    await cast.left(place, guest)
    page = await browser.open(paths.OVERVIEW)
    assert page.text.count("UTC Contoso") == 3
    assert "Alpine" not in page.text


# --- Apps -----------------------------------------------------------------------------------------------------------


async def test_apps_stand_under_their_organizations(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    await assigned(place, guest.user_id, "Wiki")
    await assigned(
        place, guest.user_id, "Expenses", properties={"homePageUrl": "https://expenses.adatum.example/start"}
    )
    await assigned(place, guest.user_id, "Phone", redirect_uris=("msal://phone",), public=True)
    connected, _ = await cast.connected(town, "Tailspin")
    await cast.app_of(await world.organization(town.house, "Woodgrove"), "Not for Adele")
    await town.sign_in(browser)
    page = await browser.open(paths.APPS)
    apps = {name: page.links[name] for name in page.links if " in " in name and "Sign in" not in name}
    assert apps == {
        "Expenses in Adatum": "https://expenses.adatum.example/start",
        "Wiki in Adatum": "https://apps.adatum.example/",
        "Tailspin Boards in Tailspin": f"https://apps.{connected.domain}/",
    }
    assert "No apps yet. Contoso hasn't shared any apps with you." in page.text
    assert "Phone" in page.text  # it has no address to lead to
    assert "Not for Adele" not in page.text


async def test_apps_go_with_the_membership(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    await assigned(place, guest.user_id, "Wiki")
    await town.sign_in(browser)
    assert "Wiki in Adatum" in (await browser.open(paths.APPS)).links
    await removing.remove(town.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    page = await browser.open(paths.APPS)
    assert ("Wiki in Adatum" in page.links, "Adatum" in page.text) == (False, False)


async def test_apps_of_a_group_are_there_once_and_go_with_the_group(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    await assigned(place, guest.user_id, "Wiki")
    here: dict[str, Any] = {"tenant_id": place.id, "by": operator()}
    new = NewGroup("Partners", "partners")
    group = await grouping.create_group(town.house, new, member_ids=[guest.user_id], **here)
    [wiki] = [one for one in await apps.everyone(await town.house.store.read(), place.id) if one.is_usable]
    for app in (wiki, await cast.app_of(place, "Boards")):
        await assigning_groups.assign_group(town.house, app_id=app.app_id, group_id=group.group_id, **here)
    await town.sign_in(browser)
    page = await browser.open(paths.APPS)
    assert [name for name in page.links if name.endswith(" in Adatum")] == ["Boards in Adatum", "Wiki in Adatum"]
    await grouping.delete_group(town.house, group_id=group.group_id, **here)
    page = await browser.open(paths.APPS)
    assert [name for name in page.links if name.endswith(" in Adatum")] == ["Wiki in Adatum"]


# --- Personal info ----------------------------------------------------------------------------------------------------


async def test_personal_info_says_who_looks_after_it(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(paths.PERSONAL_INFO)
    assert table(page) == {
        "Name": "Adele Vance Managed by Contoso",
        "Email": "adele@contoso.example Managed by Contoso",
        "Preferred language": "Not chosen Change preferred language",
    }
    assert "Contoso looks after your name and email." in page.text


async def test_personal_info_without_a_home(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX, "Sam")
    await town.sign_in_by_code(browser, MAILBOX)
    page = await browser.open(paths.PERSONAL_INFO)
    assert (table(page)["Name"], table(page)["Email"]) == ("Sam", MAILBOX)
    assert "no organization looks after these" in page.text


# --- Sign-ins ---------------------------------------------------------------------------------------------------------


async def test_sign_ins_latest_first_and_by_organization(town: Town, browser: Visitor) -> None:
    place, _ = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    for _ in range(3):  # not so long at a time that nobody seems to be there
        town.clock().advance(timedelta(minutes=40))
        await browser.open(paths.SIGN_INS)
    await cast.signed_in_there(browser, place)
    page = await browser.open(paths.SIGN_INS)
    assert times(page) == [town.clock().now(), town.clock().now() - timedelta(hours=2)]
    assert "2 March 2026 at 11:30 UTC Adatum My Account Python HTTPX " in page.text
    assert "Unknown Signed in" in page.text
    page = await browser.open(f"{paths.SIGN_INS}?organization={town.contoso.id.upper()}")
    assert times(page) == [town.clock().now() - timedelta(hours=2)]
    for odd in (town.fabrikam.id, "x", ""):
        page = await browser.open(f"{paths.SIGN_INS}?organization={odd}")
        assert len(times(page)) == 2


async def test_sign_out_everywhere(town: Town, browser: Visitor) -> None:
    place, _ = await cast.visiting(town, "Adatum")
    elsewhere = town.browser()
    for one in (browser, elsewhere):
        await town.sign_in(one)
        await cast.signed_in_there(one, place)
    await browser.open(paths.SIGN_INS)
    page = await browser.press("Sign out everywhere")
    assert (page.path, page.h1) == (paths.SIGNED_OUT, "You're signed out")
    assert "__Host-vestibule-session" not in browser.http.cookies
    assert (await elsewhere.open(ORGANIZATIONS)).h1 == "Sign in"
    event = await world.last_event(town.contoso)
    assert (event.type, event.reason, event.actor["id"]) == ("session.endAll", None, town.adele.user_id)
    assert "session.endAll" not in [one.type for one in await world.events(place)]
    await town.sign_in(browser)  # nothing is locked
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert list(row.links) == ["Sign in to leave this organization: Adatum"]


async def test_sign_out_everywhere_without_a_home(town: Town, browser: Visitor) -> None:
    litware = await world.organization(town.house, "Litware")
    guests = [await world.guest(place, MAILBOX) for place in (town.fabrikam, litware)]
    elsewhere = town.browser()
    for one in (browser, elsewhere):
        await town.sign_in_by_code(one, MAILBOX)
    await browser.open(paths.SIGN_INS)
    await browser.press("Sign out everywhere")
    assert (await elsewhere.open(ORGANIZATIONS)).h1 == "Sign in"
    for place, guest in zip((town.fabrikam, litware), guests, strict=True):
        event = await world.last_event(place)
        assert (event.type, event.subject["id"], event.actor["id"]) == ("session.endAll", guest.user_id, guest.user_id)


async def test_signing_out_everywhere_needs_our_own_form(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.post(paths.SIGN_OUT_EVERYWHERE, {"form_token": "x"})
    assert page.status == 403
    assert (await browser.open(ORGANIZATIONS)).h1 == "Organizations"


# --- Privacy ----------------------------------------------------------------------------------------------------------


async def test_privacy_says_whom_to_ask(town: Town, browser: Visitor) -> None:
    await cast.visiting(town, "Litware", privacy_contact=None, privacy_statement=None)
    await town.sign_in(browser)
    page = await browser.open(paths.PRIVACY)
    assert page.links["privacy@contoso.example"] == "mailto:privacy@contoso.example"
    assert page.links["https://contoso.example/privacy"] == "https://contoso.example/privacy"
    assert "Litware has not provided a privacy statement or a privacy contact." in page.text
    assert "You haven't left any organization." in page.text
    assert "Organizations that may not invite you" not in page.text


async def test_who_was_blocked_may_be_allowed_again(town: Town, browser: Visitor) -> None:
    _, ticket = await world.invited(town.fabrikam, "adele@contoso.example")
    await redeeming.block(town.house, ticket=ticket, by=world.at_portal(town.adele))
    await town.sign_in(browser)
    page = await browser.open(paths.PRIVACY)
    assert "Organizations that may not invite you" in page.text
    first = page
    page = await browser.press("Allow Fabrikam to invite me again")
    assert statuses(page) == ["Fabrikam can invite you again."]
    assert "Organizations that may not invite you" not in page.text
    assert (await world.last_event(town.fabrikam)).type == "invitation.allow"
    browser.page = first
    assert statuses(await browser.press("Allow Fabrikam to invite me again")) == []
    for forged in ({"tenantId": town.fabrikam.id, "form_token": "x"}, {"tenantId": "x"}):
        fields = first.button("Allow Fabrikam to invite me again")[0].fields | forged
        assert (await browser.post(paths.PRIVACY, fields)).status in {403, 404}
    assert "can invite you again" not in (await browser.open(f"{paths.PRIVACY}?allowed={town.fabrikam.id}.x")).text


# --- Language ---------------------------------------------------------------------------------------------------------


async def test_language_display_and_shortcuts_are_kept(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(paths.LANGUAGE)
    assert checked(page) == {"language": "en", "display": "system", "shortcuts": "on"}
    page = await browser.press("Save", language="sv", display="dark", shortcuts="off")
    assert (page.h1, page.language, statuses(page)) == ("Språk", "sv", ["Sparat."])
    assert checked(page) == {"language": "sv", "display": "dark", "shortcuts": "off"}
    assert 'data-display="dark"' in page.response.text
    assert town.adele.person_id is not None
    person = await people.find(await town.house.store.read(), town.adele.person_id)
    assert person is not None
    assert person.preferred_language == "sv"
    other = town.browser()
    page = await town.sign_in(other)
    assert (page.language, page.h1) == ("sv", "Översikt")  # with the person; display and shortcuts stay in the browser
    assert "data-display" not in page.response.text
    assert checked(await other.open(paths.LANGUAGE)) == {"language": "sv", "display": "system", "shortcuts": "on"}


async def test_letters_come_in_the_language_that_was_chosen(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    await browser.open(f"{ORGANIZATIONS}?lang=nl")
    await leaving.leave(town.house, tenant_id=place.id, by=world.at_portal(guest), key="key")
    letter = [one for one in await town.letters() if one.kind == LetterKind.YOU_LEFT][-1]
    assert letter.languages[0] == "nl"


async def test_a_link_on_another_site_chooses_for_this_browser_alone(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(f"{ORGANIZATIONS}?lang=nl", **{"sec-fetch-site": "cross-site"})
    assert page.language == "nl"
    page = await town.sign_in(town.browser())
    assert page.language == "en"


@pytest.mark.parametrize("language", ["", "de", "en-XA", "sv' --", "x" * 100])
async def test_another_language_is_not_taken(town: Town, browser: Visitor, language: str) -> None:
    await town.sign_in(browser)
    await browser.open(paths.LANGUAGE)
    page = await browser.press("Save", language=language, display="dark", shortcuts="off")
    assert (page.status, page.problem) == (400, "There is a problem Choose one of the languages.")
    assert checked(page) == {"display": "dark", "shortcuts": "off"}
    assert (await browser.open(paths.LANGUAGE)).language == "en"


async def test_odd_values_fall_back(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open(paths.LANGUAGE)
    page = await browser.press("Save", language="en", display="neon", shortcuts="perhaps")
    assert checked(page) == {"language": "en", "display": "system", "shortcuts": "on"}


async def test_a_form_that_is_not_ours_saves_nothing(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.post(paths.LANGUAGE, {"language": "sv", "form_token": "x"})
    assert page.status == 403
    assert (await town.sign_in(town.browser())).language == "en"
