"""Asking to be erased in My Account: with the leave, from the receipt and its link, from where nobody may leave."""

import pytest

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import ORGANIZATIONS
from tests.doors.portal.account.reading import rows
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import answering_erasure, guest_settings, leaving
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.person_requests import Ground, Kind
from vestibule.rules.policy import ErasureOnLeave
from vestibule.store import memberships, receipts, requests
from vestibule.store.memberships import Membership
from vestibule.store.requests import GuestRequest

ASK = "Ask Adatum to remove my data without waiting"


async def confirm_page(town: Town, browser: Visitor) -> tuple[world.Place, Membership]:
    """Adele, a guest of Adatum and signed in there, in front of its confirm page."""
    place, guest = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    await browser.open(paths.sign_in_to_leave(place.id))
    return place, guest


async def request_of(town: Town, guest: Membership) -> GuestRequest | None:
    found = await requests.of_membership(await town.house.store.read(), guest.tenant_id, guest.user_id)
    return found.get(Kind.ERASURE)


async def receipt_of(town: Town, guest: Membership) -> str:
    found = await receipts.latest(await town.house.store.read(), guest.tenant_id, guest.user_id)
    assert found is not None
    return found.receipt_id


async def left(town: Town, browser: Visitor) -> tuple[world.Place, Membership]:
    """Adele in front of the receipt of a leave."""
    place, guest = await cast.visiting(town, "Adatum")
    await leaving.leave(town.house, tenant_id=place.id, by=world.at_portal(guest), key="k")
    await town.sign_in(browser)
    await browser.open(paths.receipt(await receipt_of(town, guest)))
    return place, guest


async def test_after_review_the_leave_is_restorable_and_the_wish_stands(town: Town, browser: Visitor) -> None:
    place, guest = await confirm_page(town, browser)
    assert "We send this as a request to Adatum, which answers within a month." in browser.here.text
    page = await browser.press("Leave", erase="yes")
    assert page.h1 == "You left Adatum"
    assert "You asked Adatum on 2 March 2026 to remove your data. It answers by 2 April 2026." in page.text
    asked = await request_of(town, guest)
    assert asked is not None
    assert (asked.reason, asked.answer) == ("withLeave", None)
    row = rows(await browser.open(ORGANIZATIONS))[f"left-{place.id}"]
    assert "You asked Adatum on 2 March 2026 to remove your data." in row.text
    page = await browser.open(paths.PRIVACY)
    assert "Removal of data: Adatum" in page.text
    assert "The answer is due by 2 Apr 2026." in page.text
    page = await browser.follow("Open your request to Adatum")
    page = await browser.press("Withdraw request")
    assert "You took back your request to Adatum on 2 March 2026." in page.text
    assert "You can ask again from 9 March 2026." in page.text
    assert "Withdrawn" in (await browser.open(paths.PRIVACY)).text


async def test_at_once_the_receipt_says_that_nothing_brings_it_back(town: Town, browser: Visitor) -> None:
    place, guest = await confirm_page(town, browser)
    await guest_settings.change_guest_settings(
        town.house, tenant_id=place.id, by=operator(), erasure_on_leave=ErasureOnLeave.AT_ONCE
    )
    page = await browser.open(paths.leave(place.id))
    assert "Your account is permanently deleted as you leave, and nobody can restore it." in page.text
    page = await browser.press("Leave", erase="yes")
    assert "You asked for your data to be removed without waiting." in page.text
    assert "Permanently deleted" in page.text
    assert "Can be restored until" not in page.text
    assert ASK not in page.links
    page = await browser.open(paths.request_erasure(await receipt_of(town, guest)))
    assert "There is nothing left to ask for." in page.text
    assert all("act" not in form.fields for form in page.forms)


async def test_from_the_receipt_and_only_once(town: Town, browser: Visitor) -> None:
    place, guest = await left(town, browser)
    page = await browser.follow(ASK)
    assert page.h1 == "Ask Adatum to remove your data"
    stale = page
    page = await browser.press("Send request")
    assert "You asked Adatum on 2 March 2026 to remove your data." in page.text
    browser.page = stale  # a second tab
    await browser.press("Send request")
    types = [event.type for event in await world.events(place) if event.reason is None]
    assert types.count("membership.askErasure") == 1
    told = {one.kind: one.recipient for one in await town.letters()}
    assert told[LetterKind.ADMIN_ERASURE_ASKED] == "privacy@adatum.example"
    await answering_erasure.refuse_erasure(
        town.house, tenant_id=place.id, user_id=guest.user_id, by=operator(), ground=Ground.LEGAL_OBLIGATION
    )
    page = await browser.open(paths.receipt(await receipt_of(town, guest)))
    assert "Adatum refused on 2 March 2026 to remove your data." in page.text
    assert "Reason: The law obliges the organization to keep the data." in page.text
    assert "You can complain to a data protection authority, and you can go to court." in page.text


async def test_the_link_of_the_mail_opens_it_and_no_other_link_does(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    await leaving.leave(town.house, tenant_id=place.id, by=world.at_portal(guest), key="k")
    receipt_id = await receipt_of(town, guest)
    key = leaving.receipt_key(town.house, receipt_id)
    page = await browser.open(paths.request_erasure(receipt_id, key))
    await browser.press("Send request")
    assert (await request_of(town, guest)) is not None
    other, someone = await cast.visiting(town, "Woodgrove")
    await leaving.leave(town.house, tenant_id=other.id, by=world.at_portal(someone), key="k2")
    theirs = await receipt_of(town, someone)
    page = await browser.open(paths.request_erasure(theirs, key))
    assert page.status == 404
    stranger = town.browser()
    await stranger.open(paths.request_erasure(receipt_id, key))
    [form] = [one for one in stranger.here.forms if "act" in one.fields]
    answer = await stranger.post(paths.request_erasure(theirs, key), {**form.fields, "act": "ask"})
    assert answer.status == 404
    assert (await request_of(town, someone)) is None


async def test_where_nobody_may_leave_on_their_own(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Woodgrove", guests_may_leave=False)
    await town.sign_in(browser)
    await browser.open(paths.permission(place.id))
    page = await browser.press("Ask Woodgrove to remove my data")
    assert (page.status, page.path) == (200, paths.permission(place.id))
    assert "You asked Woodgrove on 2 March 2026 to remove your data." in page.text
    assert rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"].chips == ["Removal of data requested"]
    await browser.open(paths.permission(place.id))
    page = await browser.press("Withdraw request")
    assert "You took back your request to Woodgrove on 2 March 2026." in page.text
    found = await memberships.find(await town.house.store.read(), place.id, guest.user_id)
    assert found is not None


@pytest.mark.parametrize("address", ["receipt", "organization"])
async def test_a_forged_form_asks_for_nothing(town: Town, browser: Visitor, address: str) -> None:
    place, guest = await cast.visiting(town, "Woodgrove", guests_may_leave=address == "receipt")
    path = paths.request_erasure_here(place.id)
    if address == "receipt":
        await leaving.leave(town.house, tenant_id=place.id, by=world.at_portal(guest), key="k")
        path = paths.request_erasure(await receipt_of(town, guest))
    await town.sign_in(browser)
    answer = await browser.post(path, {"act": "ask"})
    assert answer.status == 403
    assert (await request_of(town, guest)) is None
