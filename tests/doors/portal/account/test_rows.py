"""The Organizations page: every row state of a person's organizations, and what each control leads to."""

from datetime import timedelta

import pytest

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import DAY, MAILBOX, ORGANIZATIONS
from tests.doors.portal.account.reading import headings, rows, times
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import asking, due, erasing, inviting, restoring, switching
from vestibule.actions.redeeming import redeem
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator

LINE = "For your safety we ask you to sign in to {} before you leave it."


async def test_home_has_no_leave_and_says_why(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.open(ORGANIZATIONS)
    assert (page.h1, page.title) == ("Organizations", "Organizations - My Account - Vestibule")
    assert headings(page) == {
        "home-organization": "Home organization",
        "other-organizations": "Other organizations you collaborate with",
    }
    row = rows(page)[f"org-{town.contoso.id}"]
    assert (row.heading, row.chips, row.links, row.buttons) == ("Contoso", ["Signed in"], {}, [])
    assert "This organization owns your account. Only its administrator can remove you." in row.text
    assert "contoso.example Member since 2 Mar 2026 Last sign-in today" in row.text
    assert "You don't collaborate with any other organization." in page.text


async def test_a_guest_who_is_not_signed_in_there_signs_in_first(town: Town, browser: Visitor) -> None:
    place, _ = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert LINE.format("Adatum") in row.text
    assert list(row.links) == ["Sign in to leave this organization: Adatum"]
    page = await browser.follow("Sign in to leave this organization: Adatum")
    assert (page.h1, page.path) == ("Leave Adatum?", paths.leave(place.id))
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert (row.chips, list(row.links)) == (["Signed in"], ["Leave Adatum"])
    assert "adatum.example Guest since 2 Mar 2026 Last sign-in today" in row.text
    assert row.links["Leave Adatum"] == paths.leave(place.id)


async def test_the_row_says_how_long_ago_the_last_sign_in_was(town: Town, browser: Visitor) -> None:
    place, _ = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    await cast.signed_in_there(browser, place)
    town.clock().advance(timedelta(days=3))
    await town.sign_in(browser)
    assert "Last sign-in 3 days ago" in rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"].text


async def test_an_organization_that_forbids_leads_to_whom_to_ask(town: Town, browser: Visitor) -> None:
    place, _ = await cast.visiting(town, "Woodgrove", guests_may_leave=False)
    await town.sign_in(browser)
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert (row.chips, row.links) == ([], {"Leave Woodgrove": paths.permission(place.id)})
    assert LINE.format("Woodgrove") not in row.text
    page = await browser.follow("Leave Woodgrove")
    assert (page.status, page.h1) == (200, "You need permission to leave Woodgrove")


async def test_a_disabled_account_is_never_asked_to_sign_in(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Litware")
    await switching.disable(town.house, tenant_id=place.id, user_id=guest.user_id, by=operator())
    await town.sign_in(browser)
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert (row.chips, row.links) == (["Account disabled"], {"Leave Litware": paths.permission(place.id)})
    assert "Litware disabled your account there." in row.text
    page = await browser.follow("Leave Litware")
    assert page.h1 == "You need permission to leave Litware"


async def test_the_only_administrator_hears_it_here(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Blue Yonder", domain="blueyonder.example")
    await town.sign_in(browser)  # before the role, which asks for a second factor at the next sign-in
    await cast.only_administrator(place, guest)
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert list(row.links) == ["Leave Blue Yonder"]
    assert "You're the only administrator of Blue Yonder." in row.text
    page = await browser.follow("Leave Blue Yonder")
    assert (page.status, page.h1) == (200, "You can't leave Blue Yonder yet")
    assert "Give the role Global Administrator to another user of Blue Yonder." in page.text


async def test_direct_connect_needs_no_sign_in_there(town: Town, browser: Visitor) -> None:
    place, _ = await cast.connected(town, "Tailspin")
    await town.sign_in(browser)
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert (row.chips, list(row.links)) == (["Direct connect"], ["Leave Tailspin"])
    assert "You use shared apps without an account there." in row.text
    page = await browser.follow("Leave Tailspin")
    assert page.h1 == "Leave Tailspin?"
    assert "Data removal starts straight away. This can't be undone." in page.text


async def test_an_external_member_is_a_member(town: Town, browser: Visitor) -> None:
    place = await world.organization(town.house, "Proseware")
    asked = inviting.check("adele@contoso.example", "https://apps.example/", user_type="Member")
    sent = await inviting.invite(town.house, asked, tenant_id=place.id, by=operator())
    assert town.adele.person_id is not None
    by = world.person_at_pages(town.adele.person_id)
    await redeem(town.house, person_id=town.adele.person_id, ticket=sent.redeem_url.rpartition("/")[2], by=by)
    await town.sign_in(browser)
    row = rows(await cast.signed_in_there(browser, place))[f"org-{place.id}"]
    assert list(row.links) == ["Leave Proseware"]
    assert "proseware.example Member since 2 Mar 2026" in row.text


async def test_a_request_that_is_open_and_one_that_was_answered(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Woodgrove", guests_may_leave=False)
    await asking.ask_removal(town.house, tenant_id=place.id, user_id=guest.user_id, by=world.at_portal(guest))
    await town.sign_in(browser)
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert row.chips == ["Removal requested"]
    assert "You asked to be removed on 2 Mar 2026." in row.text
    await cast.keep(town.house, guest)
    row = rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"]
    assert row.chips == []
    assert "Woodgrove answered your request on 2 Mar 2026: kept." in row.text
    overview = await browser.open(paths.OVERVIEW)
    assert "Woodgrove answered your request on 2 March 2026: kept." in overview.text


async def test_a_restored_account(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Coho")
    await cast.left(place, guest)
    town.clock().advance(DAY)
    await restoring.restore(town.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    await town.sign_in(browser)
    page = await cast.signed_in_there(browser, place)
    row = rows(page)[f"org-{place.id}"]
    assert row.chips == ["Signed in", "Restored"]
    assert "Coho restored your account on 3 Mar 2026." in row.text
    assert (list(row.links), f"left-{place.id}" in rows(page)) == (["Leave Coho"], False)
    town.clock().advance(60 * DAY)
    await town.sign_in(browser)
    assert "Restored" not in rows(await browser.open(ORGANIZATIONS))[f"org-{place.id}"].chips


async def test_what_was_left_from_the_first_day_to_the_sixtieth(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Alpine")
    receipt = await cast.left(place, guest)
    key = f"left-{place.id}"
    await town.sign_in(browser)
    page = await browser.open(ORGANIZATIONS)
    assert headings(page)["left-organizations"] == "Organizations you left"
    assert f"org-{place.id}" not in rows(page)
    assert rows(page)[key].chips == ["30 days left to restore"]
    assert rows(page)[key].links == {"View receipt for Alpine": paths.receipt(receipt.receipt_id)}
    assert rows(page)[key].times == [receipt.restorable_until]
    for pushed, said in (
        (18 * DAY, "12 days left to restore"),
        (11 * DAY + timedelta(hours=1), "1 day left to restore"),
    ):
        town.clock().advance(pushed)
        await town.sign_in(browser)
        row = rows(await browser.open(ORGANIZATIONS))[key]
        assert row.chips == [said]
        assert "Changed your mind? Ask Alpine to restore your account before 1 April 2026." in row.text
    town.clock().advance(DAY)  # no worker has run: time alone decides
    await town.sign_in(browser)
    row = rows(await browser.open(ORGANIZATIONS))[key]
    assert (row.chips, row.times) == (["Permanently deleted"], [receipt.data_removed_by])
    assert "Your data is removed by 1 May 2026." in row.text
    await due.run_due(town.house)
    row = rows(await browser.open(ORGANIZATIONS))[key]
    assert (row.chips, row.times) == (["Data removed"], [receipt.restorable_until])
    assert "Your data was removed on 1 April 2026." in row.text
    town.clock().advance(receipt.left_at + 60 * DAY - town.clock().now() - timedelta(microseconds=1))
    await town.sign_in(browser)
    assert key in rows(await browser.open(ORGANIZATIONS))
    town.clock().advance(timedelta(microseconds=1))
    page = await browser.open(ORGANIZATIONS)
    assert (key in rows(page), "left-organizations" in headings(page)) == (False, False)
    page = await browser.open(paths.PRIVACY)
    assert "View receipt for Alpine" in page.links


async def test_direct_connect_that_was_left_cannot_be_restored(town: Town, browser: Visitor) -> None:
    place, there = await cast.connected(town, "Tailspin")
    await cast.left(place, there)
    await town.sign_in(browser)
    assert rows(await browser.open(ORGANIZATIONS))[f"left-{place.id}"].chips == ["Permanently deleted"]
    await due.run_due(town.house)
    assert rows(await browser.open(ORGANIZATIONS))[f"left-{place.id}"].chips == ["Data removed"]


async def test_an_administrator_ended_it_early(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Alpine")
    await cast.left(place, guest)
    town.clock().advance(DAY)
    await erasing.purge(town.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    await town.sign_in(browser)
    row = rows(await browser.open(ORGANIZATIONS))[f"left-{place.id}"]
    assert row.chips == ["Permanently deleted"]
    assert "Your data is removed by 2 April 2026." in row.text


async def test_who_comes_back_afresh_sees_both(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Alpine")
    receipts = [await cast.left(place, guest, "key-1")]
    assert town.adele.person_id is not None
    for number in (2, 3):
        asked = inviting.check("adele@contoso.example", "https://apps.example/", start_fresh=True)
        sent = await inviting.invite(town.house, asked, tenant_id=place.id, by=operator())
        ticket = sent.redeem_url.rpartition("/")[2]
        by = world.person_at_pages(town.adele.person_id)
        done = await redeem(town.house, person_id=town.adele.person_id, ticket=ticket, by=by)
        if number == 2:
            town.clock().advance(DAY)
            receipts.append(await cast.left(place, done.membership, "key-2"))
    await town.sign_in(browser)
    shown = rows(await browser.open(ORGANIZATIONS))
    assert {f"org-{place.id}", f"left-{place.id}"} <= set(shown)
    assert shown[f"left-{place.id}"].links == {"View receipt for Alpine": paths.receipt(receipts[1].receipt_id)}
    page = await browser.open(paths.PRIVACY)
    links = [row.links["View receipt for Alpine"] for row in rows(page).values() if row.links]
    assert links == [paths.receipt(one.receipt_id) for one in reversed(receipts)]


# --- The list -------------------------------------------------------------------------------------------------------


async def test_without_a_home_organization(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX)
    await town.sign_in_by_code(browser, MAILBOX)
    page = await browser.open(ORGANIZATIONS)
    assert headings(page) == {"other-organizations": "Organizations"}
    row = rows(page)[f"org-{town.fabrikam.id}"]
    assert (row.chips, list(row.links)) == (["Signed in"], ["Leave Fabrikam"])


async def test_two_organizations_of_one_name_show_their_domains(town: Town, browser: Visitor) -> None:
    for domain in ("east.example", "west.example"):
        await cast.visiting(town, "Northwind", domain=domain)
    await town.sign_in(browser)
    shown = [row.heading for row in rows(await browser.open(ORGANIZATIONS)).values()]
    assert sorted(shown) == ["Contoso", "Northwind (east.example)", "Northwind (west.example)"]


@pytest.mark.parametrize("many", [8, 9])
async def test_more_than_eight_can_be_searched(town: Town, browser: Visitor, many: int) -> None:
    for number in range(many):
        await cast.visiting(town, f"Place {number}", domain=f"p{number}.example")
    await town.sign_in(browser)
    page = await browser.open(ORGANIZATIONS)
    searchable = any("Find" in form.buttons for form in page.forms)
    assert searchable is (many > 8)
    if not searchable:
        return
    page = await browser.open(f"{ORGANIZATIONS}?find=place+3")
    assert [row.heading for row in rows(page).values()] == ["Contoso", "Place 3"]
    page = await browser.open(f"{ORGANIZATIONS}?find=zebra")
    assert "No organization matches “zebra”." in page.text


async def test_more_than_fifty_come_in_pages(town: Town, browser: Visitor) -> None:
    for number in range(52):
        await cast.visiting(town, f"Place {number:02d}", domain=f"p{number}.example")
    await town.sign_in(browser)
    page = await browser.open(ORGANIZATIONS)
    assert len(rows(page)) == 51
    assert "1–50 of 52" in page.text
    page = await browser.follow("Next page")
    assert [row.heading for row in rows(page).values()] == ["Contoso", "Place 50", "Place 51"]
    assert "Previous page" in page.links
    assert (await browser.open(f"{ORGANIZATIONS}?page=x")).status == 200


async def test_the_whole_page_says_its_moments_with_zone(town: Town, browser: Visitor) -> None:
    await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    shown = times(await browser.open(ORGANIZATIONS))
    assert shown
    assert all(moment.tzinfo is not None for moment in shown)


async def test_nobody_is_sent_to_sign_in_and_comes_back(town: Town, browser: Visitor) -> None:
    page = await browser.open(ORGANIZATIONS)
    assert page.h1 == "Sign in"
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password="correct horse battery staple")
    assert page.path == ORGANIZATIONS
