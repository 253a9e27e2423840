"""You need permission: whom to ask, asking once in seven days, and what becomes of the request."""

from datetime import timedelta
from typing import Any

import pytest

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import DAY, ORGANIZATIONS
from tests.doors.portal.account.reading import rows, statuses, table, times
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import policies, switching
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator

ASK = "Ask to be removed"


async def at_woodgrove(town: Town, browser: Visitor, **facts: Any) -> tuple[world.Place, str]:
    """Adele in front of the permission page of an organization that lets nobody go."""
    place, guest = await cast.visiting(town, "Woodgrove", guests_may_leave=False, **facts)
    await town.sign_in(browser)
    await browser.open(paths.permission(place.id))
    return place, guest.user_id


async def test_whom_to_ask(town: Town, browser: Visitor) -> None:
    place, _ = await at_woodgrove(town, browser, technical_contact="it@woodgrove.example")
    page = browser.here
    assert (page.status, page.h1) == (200, "You need permission to leave Woodgrove")
    assert page.title == "You need permission to leave Woodgrove - My Account - Vestibule"
    assert (
        "Woodgrove doesn't let guests remove themselves. Ask one of these contacts to remove you. "
        "You keep your access until they do." in page.text
    )
    assert table(page) == {
        "Privacy contact": "privacy@woodgrove.example",
        "Administrator": "it@woodgrove.example",
        "Privacy statement": "https://woodgrove.example/privacy",
    }
    assert page.links["https://woodgrove.example/privacy"] == "https://woodgrove.example/privacy"
    assert page.links["Back to Organizations"] == paths.organization_row(place.id)


async def test_an_organization_without_any_contact(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Litware", privacy_contact=None, privacy_statement=None)
    await switching.disable(town.house, tenant_id=place.id, user_id=guest.user_id, by=operator())
    await town.sign_in(browser)
    page = await browser.open(paths.permission(place.id))
    assert (
        "Litware hasn't given contact details. "
        "Use the button below and we'll deliver your request to its administrators." in page.text
    )
    assert statuses(await browser.press(ASK)) == ["We sent your request to Litware on 2 March 2026."]


async def test_asking_is_told_and_tracked(town: Town, browser: Visitor) -> None:
    place, user_id = await at_woodgrove(town, browser)
    page = await browser.press(ASK)
    assert (page.status, page.path) == (200, paths.permission(place.id))
    assert statuses(page) == ["We sent your request to Woodgrove on 2 March 2026."]
    now = town.clock().now()
    assert times(page) == [now, now + 7 * DAY]
    assert "You can ask again from 9 March 2026." in page.text
    assert all(ASK not in form.buttons for form in page.forms)
    event = await world.last_event(place)
    assert (event.type, event.reason) == ("membership.askRemoval", None)
    assert (event.subject["id"], event.actor["id"]) == (user_id, user_id)
    told = {one.kind: one.recipient for one in await town.letters()}
    assert told[LetterKind.REMOVAL_REQUEST_RECEIVED] == "adele@contoso.example"
    assert told[LetterKind.ADMIN_REMOVAL_ASKED] == "privacy@woodgrove.example"
    assert rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"].chips == ["Removal requested"]


async def test_once_in_seven_days_to_the_microsecond(town: Town, browser: Visitor) -> None:
    place, _ = await at_woodgrove(town, browser)
    first = browser.here
    await browser.press(ASK)
    browser.page = first  # a second tab, or pressed twice: the same answer, and no second request
    assert statuses(await browser.press(ASK)) == ["We sent your request to Woodgrove on 2 March 2026."]
    asked = [event.type for event in await world.events(place) if event.reason is None]
    assert asked.count("membership.askRemoval") == 1
    town.clock().advance(7 * DAY - timedelta(microseconds=1))
    await town.sign_in(browser)
    page = await browser.open(paths.permission(place.id))
    assert all(ASK not in form.buttons for form in page.forms)
    town.clock().advance(timedelta(microseconds=1))
    await browser.open(paths.permission(place.id))
    page = await browser.press(ASK)
    assert statuses(page) == ["We sent your request to Woodgrove on 9 March 2026."]


async def test_a_request_that_was_answered_can_be_repeated(town: Town, browser: Visitor) -> None:
    place, user_id = await at_woodgrove(town, browser)
    await browser.press(ASK)
    await cast.keep(town.house, await world.again(town.house, place.id, user_id))
    page = await browser.open(paths.permission(place.id))
    assert "Woodgrove answered your request on 2 March 2026: kept." in page.text
    town.clock().advance(7 * DAY)
    await town.sign_in(browser)
    await browser.open(paths.permission(place.id))
    assert statuses(await browser.press(ASK)) == ["We sent your request to Woodgrove on 9 March 2026."]


async def test_who_may_leave_is_sent_on_to_leave(town: Town, browser: Visitor) -> None:
    place, _ = await at_woodgrove(town, browser)
    open_page = browser.here
    await policies.change_leave_setting(town.house, tenant_id=place.id, guests_may_leave=True, by=place.admin)
    assert (await browser.open(paths.permission(place.id))).h1 == "Leave Woodgrove?"
    browser.page = open_page
    assert (await browser.press(ASK)).h1 == "Leave Woodgrove?"  # nothing needs to be asked any more
    assert all(event.type != "membership.askRemoval" or event.reason for event in await world.events(place))


async def test_a_form_that_is_not_ours_asks_nothing(town: Town, browser: Visitor) -> None:
    place, _ = await at_woodgrove(town, browser)
    page = await browser.post(paths.request_removal(place.id), {"form_token": "x"})
    assert (page.status, page.h1) == (403, "This form is no longer valid")
    assert [one for one in await town.letters() if one.kind == LetterKind.ADMIN_REMOVAL_ASKED] == []


@pytest.mark.parametrize("at", ["audit", "commit"])
async def test_a_request_that_fails_says_so_and_can_be_sent_again(town: Town, browser: Visitor, at: str) -> None:
    place, _ = await at_woodgrove(town, browser)
    town.house.faults.arm(at, 1, 503)
    page = await browser.press(ASK)
    assert (page.status, page.problem) == (
        503,
        "There is a problem We couldn't send your request. Nothing was changed.",
    )
    assert page.title == "Error: You need permission to leave Woodgrove - My Account - Vestibule"
    page = await browser.open(page.path)  # as after changing the language there
    assert page.path == paths.permission(place.id)
    assert statuses(await browser.press(ASK)) == ["We sent your request to Woodgrove on 2 March 2026."]


async def test_in_dutch_and_swedish(town: Town, browser: Visitor) -> None:
    place, _ = await at_woodgrove(town, browser)
    page = await browser.open(f"{paths.permission(place.id)}?lang=nl")
    assert (page.h1, page.language) == ("U hebt toestemming nodig om Woodgrove te verlaten", "nl")
    page = await browser.open(f"{paths.permission(place.id)}?lang=sv")
    assert (page.h1, page.language) == ("Du behöver tillstånd för att lämna Woodgrove", "sv")
    page = await browser.press("Be om att bli borttagen")
    assert statuses(page) == ["Vi skickade din begäran till Woodgrove den 2 mars 2026."]
