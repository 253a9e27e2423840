"""Leaving with a form: three steps, pressed twice, in two tabs, refused, failed; on both databases, without scripts."""

import asyncio
from datetime import timedelta

import pytest

from tests.doors.portal.account import cast
from tests.doors.portal.account.cast import DAY, MAILBOX, ORGANIZATIONS
from tests.doors.portal.account.reading import rows, table, times
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Page, Visitor
from vestibule.actions import (
    assigning,
    assigning_groups,
    directory_users,
    due,
    group_members,
    grouping,
    organizing,
    removing,
    switching,
)
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Deleted, Present, Purged
from vestibule.rules.refusals import Reason
from vestibule.rules.roles import DIRECTORY_READERS
from vestibule.store.holdings import OWNING
from vestibule.store.memberships import Membership

NOBODYS = "00000000-0000-4000-8000-000000000000"


async def confirm_page(town: Town, browser: Visitor, name: str = "Adatum") -> tuple[world.Place, Membership, Page]:
    """Adele, a guest of a new organization and signed in there, in front of its confirm page."""
    place, guest = await cast.visiting(town, name)
    await town.sign_in(browser)
    return place, guest, await browser.open(paths.sign_in_to_leave(place.id))


async def stage_of(town: Town, guest: Membership) -> type:
    return type((await world.again(town.house, guest.tenant_id, guest.user_id)).stage)


async def test_three_steps(town: Town, browser: Visitor) -> None:
    place, guest, _ = await confirm_page(town, browser)
    await browser.open(paths.OVERVIEW)
    await browser.follow("Organizations")
    page = await browser.follow("Leave Adatum")
    assert (page.h1, page.title) == ("Leave Adatum?", "Leave Adatum? - My Account - Vestibule")
    assert "You'll be signed out of Adatum and lose access straight away." in page.text
    assert "You have no apps, groups or roles in Adatum." in page.text
    assert page.links["Cancel"] == paths.organization_row(place.id)
    now = town.clock().now()
    assert times(page) == [now + 30 * DAY, now + 60 * DAY]
    page = await browser.press("Leave")
    assert (page.status, page.h1) == (200, "You left Adatum")
    assert await stage_of(town, guest) is Deleted
    letters = [one for one in await town.letters() if one.kind == LetterKind.YOU_LEFT]
    shown = table(page)
    assert shown["Left on"] == "2 March 2026 at 09:30 UTC"
    assert shown["Can be restored until"] == "1 April 2026 at 09:30 UTC"
    assert shown["Data removed by"] == "1 May 2026 at 09:30 UTC"
    assert shown["State"] == "Deleted, can be restored"
    assert [shown["Reference"]] == [one.facts["reference"] for one in letters]
    assert {now, now + 30 * DAY, now + 60 * DAY} == set(times(page))
    page = await browser.follow("Back to Organizations")
    assert (f"org-{place.id}" in rows(page), f"left-{place.id}" in rows(page)) == (False, True)
    event = (await world.events(place))[-1]
    assert (event.type, event.record["facts"]["selfService"]) == ("membership.leave", True)
    assert event.actor["id"] == guest.user_id


async def test_what_would_be_lost_is_listed_and_hidden_groups_are_only_counted(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)  # before the role, which asks for a second factor at the next sign-in
    groups = []
    for number in range(7):
        hidden = {"visibility": "HiddenMembership", "types": ("Unified",)} if number == 6 else {}
        new = NewGroup(f"Group {number}", f"group{number}", bool(hidden), not hidden, **hidden)  # type: ignore[arg-type]
        made = await grouping.create_group(town.house, new, tenant_id=place.id, by=operator())
        await group_members.add_member(
            town.house, tenant_id=place.id, group_id=made.group_id, user_id=guest.user_id, by=operator()
        )
        groups.append(made.group_id)
    await group_members.add_owner(
        town.house, tenant_id=place.id, group_id=groups[-1], user_id=guest.user_id, by=operator()
    )
    app = await cast.app_of(place, "Expenses")
    await assigning.assign_app(town.house, tenant_id=place.id, app_id=app.app_id, user_id=guest.user_id, by=operator())
    for name in ("Expenses", "Wiki"):  # Expenses is theirs already, and is named once
        at = app if name == "Expenses" else await cast.app_of(place, name)
        await assigning_groups.assign_group(
            town.house, tenant_id=place.id, app_id=at.app_id, group_id=groups[-1], by=operator()
        )
    await assigning.assign_role(
        town.house, tenant_id=place.id, role_id=DIRECTORY_READERS, user_id=guest.user_id, by=operator()
    )
    page = await browser.open(paths.sign_in_to_leave(place.id))
    assert "2 apps Expenses and Wiki" in page.text
    assert "7 groups Group 0, Group 1, Group 2, Group 3, Group 4 and 2 more" in page.text
    assert "1 role Directory Readers" in page.text
    assert "1 item you own Group 6" in page.text  # who owns a group knows its name
    assert "Group 6 has nobody who could take it over. The administrators of Adatum look after it." in page.text


async def test_what_only_they_own_is_handed_over_with_the_leave(town: Town, browser: Visitor) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    heir, gone = [await world.guest(place, f"{name}@elsewhere.example", name=name) for name in ("Bob", "Cleo")]
    made = await grouping.create_group(
        town.house,
        NewGroup("Harbour", "harbour"),
        tenant_id=place.id,
        by=operator(),
        owner_ids=[guest.user_id],
        member_ids=[heir.user_id, gone.user_id],
    )
    await town.sign_in(browser)
    page = await browser.open(paths.sign_in_to_leave(place.id))
    assert "New owner of Harbour" in page.text
    await removing.remove(town.house, tenant_id=place.id, user_id=gone.user_id, by=operator())
    page = await browser.press("Leave", **{f"heir-{made.group_id}": gone.user_id})
    assert (page.status, page.h1) == (409, "Leave Adatum?")
    assert "What you own, or who takes it over, has changed. Choose again." in page.problem
    assert await stage_of(town, guest) is Present
    page = await browser.press("Leave", **{f"heir-{made.group_id}": heir.user_id})
    assert page.h1 == "You left Adatum"
    owners = await OWNING.of_thing(await town.house.store.read(), place.id, made.group_id)
    assert [one.user_id for one in owners] == [heir.user_id]


async def test_two_organizations_of_one_name_are_told_apart_before_leaving(town: Town, browser: Visitor) -> None:
    east, _ = await cast.visiting(town, "Northwind", domain="east.example")
    await cast.visiting(town, "Northwind", domain="west.example")
    await town.sign_in(browser)
    page = await browser.open(paths.sign_in_to_leave(east.id))
    assert "more than one organization with this name. This is the one at east.example." in page.text


async def test_the_dialog_is_asked_for_as_a_fragment(town: Town, browser: Visitor) -> None:
    place, _, _ = await confirm_page(town, browser)
    page = await browser.open(paths.leave(place.id), **{"Vestibule-Fragment": "dialog"})
    assert (page.status, page.h1, "<main" in page.response.text) == (200, "", False)
    assert '<dialog class="dialog" id="leave-dialog" aria-labelledby="leave-title">' in page.response.text
    assert page.response.headers["vary"] == "Accept-Language, Cookie, Vestibule-Fragment"
    assert page.response.headers["cache-control"] == "no-store"
    page = await browser.press("Leave")
    assert page.h1 == "You left Adatum"


# --- Once -----------------------------------------------------------------------------------------------------------


async def test_pressed_twice_at_once(town: Town, browser: Visitor) -> None:
    place, _, page = await confirm_page(town, browser)
    form, _ = page.button("Leave")
    said = {"origin": town.house.public_url}
    answers = await asyncio.gather(*(browser.http.post(form.action, data=form.fields, headers=said) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert [event.type for event in await world.events(place)].count("membership.leave") == 1
    assert len([one for one in await town.letters() if one.kind == LetterKind.YOU_LEFT]) == 1


async def test_a_second_tab_comes_to_the_first_receipt(town: Town, browser: Visitor) -> None:
    place, _, second_tab = await confirm_page(town, browser)
    await browser.open(paths.leave(place.id))
    receipt = (await browser.press("Leave")).path
    browser.page = second_tab
    assert (await browser.press("Leave")).path == receipt
    assert (await browser.open(paths.leave(place.id))).path == receipt
    town.clock().advance(30 * DAY)
    await due.run_due(town.house)
    await town.sign_in(browser)
    assert (await browser.open(paths.leave(place.id))).path == receipt  # also when nothing of the account is left
    assert [event.type for event in await world.events(place)].count("membership.leave") == 1


async def test_the_last_organization_of_somebody_without_a_home(town: Town, browser: Visitor) -> None:
    guest = await world.guest(town.fabrikam, MAILBOX, "Sam")
    await town.sign_in_by_code(browser, MAILBOX)
    first = await browser.open(paths.leave(town.fabrikam.id))
    second_tab = await browser.open(paths.leave(town.fabrikam.id))
    browser.page = first
    page = await browser.press("Leave")
    assert (page.status, page.h1) == (200, "You left Fabrikam")
    assert (
        "You're signed out because you don't belong to any organization now. "
        "We emailed this receipt to sam@mailbox.example." in page.text
    )
    assert "Account menu" not in page.response.text
    assert "__Host-vestibule-session" not in browser.http.cookies
    receipt = page.path
    for tab in (first, second_tab):  # pressed again, signed out by now: no error, the same receipt
        browser.page = tab
        assert (await browser.press("Leave")).path == receipt
    assert (await browser.open(ORGANIZATIONS)).h1 == "Sign in"
    assert await stage_of(town, guest) is Deleted


async def test_the_key_of_one_form_opens_no_receipt_of_somebody_else(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, MAILBOX)
    await town.sign_in_by_code(browser, MAILBOX)
    page = await browser.open(paths.leave(town.fabrikam.id))
    key = page.button("Leave")[0].fields["idempotency_key"]
    nonce, person_id, proof = key.split(".")
    await browser.press("Leave")
    other = town.browser()
    for forged in (
        "",
        nonce,
        f"{nonce}.{person_id}.",
        f"{nonce}x.{person_id}.{proof}",
        f"{nonce}.{NOBODYS}.{proof}",
    ):
        page = await other.post(paths.leave(town.fabrikam.id), {"idempotency_key": forged})
        assert page.h1 == "Sign in", forged
    page = await other.post(paths.leave(town.contoso.id), {"idempotency_key": key})
    assert page.h1 == "Sign in"


async def test_who_belongs_elsewhere_stays_signed_in(town: Town, browser: Visitor) -> None:
    litware = await world.organization(town.house, "Litware")
    for place in (town.fabrikam, litware):
        await world.guest(place, MAILBOX)
    await town.sign_in_by_code(browser, MAILBOX)
    page = await browser.open(paths.sign_in_to_leave(town.fabrikam.id))
    page = await browser.press("Leave")
    assert page.h1 == "You left Fabrikam"
    assert "We emailed a copy of this receipt to sam@mailbox.example." in page.text
    assert f"org-{litware.id}" in rows(await browser.open(ORGANIZATIONS))


async def test_without_a_session_there_nothing_is_left(town: Town, browser: Visitor) -> None:
    place, guest, page = await confirm_page(town, browser)
    await directory_users.revoke_sign_in_sessions(town.house, tenant_id=place.id, user_id=guest.user_id, by=operator())
    page = await browser.press("Leave")
    assert page.h1 == "Leave Adatum?"  # signed in again, silently, and asked again
    assert await stage_of(town, guest) is Present
    assert (await browser.press("Leave")).h1 == "You left Adatum"


# --- Refused --------------------------------------------------------------------------------------------------------


async def test_the_setting_changed_while_the_page_was_open(town: Town, browser: Visitor) -> None:
    place, guest, _ = await confirm_page(town, browser, "Woodgrove")
    await cast.forbid(place)
    page = await browser.press("Leave")
    assert (page.status, page.h1) == (403, "You need permission to leave Woodgrove")
    assert table(page) == {
        "Privacy contact": "privacy@woodgrove.example",
        "Privacy statement": "https://woodgrove.example/privacy",
    }
    assert await stage_of(town, guest) is Present
    event = await world.last_event(place)
    assert (event.type, event.reason) == ("membership.leave", "organizationForbids")
    assert (await browser.open(paths.leave(place.id))).path == paths.permission(place.id)


async def test_disabled_while_the_page_was_open(town: Town, browser: Visitor) -> None:
    place, guest, _ = await confirm_page(town, browser, "Litware")
    await switching.disable(town.house, tenant_id=place.id, user_id=guest.user_id, by=operator())
    page = await browser.press("Leave")
    assert (page.status, page.h1) == (403, "You need permission to leave Litware")
    assert "Your account in Litware is disabled, so you can't leave on your own." in page.text
    assert "An administrator can also enable it again" in page.text


async def test_the_only_administrator_is_refused(town: Town, browser: Visitor) -> None:
    place, guest, _ = await confirm_page(town, browser, "Litware")
    await cast.only_administrator(place, guest)
    page = await browser.press("Leave")
    assert (page.status, page.h1) == (403, "You can't leave Litware yet")
    assert await stage_of(town, guest) is Present


async def test_nobody_leaves_home(town: Town, browser: Visitor) -> None:
    _, _, page = await confirm_page(town, browser)
    fields = page.button("Leave")[0].fields
    page = await browser.open(paths.leave(town.contoso.id))
    assert (page.status, page.h1) == (200, "You can't leave Contoso")
    page = await browser.post(paths.leave(town.contoso.id), fields)
    assert (page.status, page.h1) == (403, "You can't leave Contoso")
    event = await world.last_event(town.contoso)
    assert (event.type, event.reason) == ("membership.leave", Reason.HOME_ORGANIZATION.value)


@pytest.mark.parametrize("here", ["stranger", NOBODYS, "contoso.example", "../privacy", "%00"])
async def test_an_organization_of_others_is_like_one_that_is_not_there(town: Town, browser: Visitor, here: str) -> None:
    _, _, page = await confirm_page(town, browser)
    fields = page.button("Leave")[0].fields
    where = town.fabrikam.id if here == "stranger" else here
    seen = [await browser.open(paths.leave(where)), await browser.open(paths.permission(where))]
    seen += [await browser.post(paths.leave(where), fields), await browser.post(paths.request_removal(where), fields)]
    assert [(page.status, page.h1) for page in seen] == [(404, "Page not found")] * 4
    assert all("Fabrikam" not in page.response.text for page in seen)


async def test_an_organization_that_an_administrator_took_away(town: Town, browser: Visitor) -> None:
    place, guest, _ = await confirm_page(town, browser)
    await removing.remove(town.house, tenant_id=place.id, user_id=guest.user_id, by=place.admin)
    assert (await browser.press("Leave")).status == 404
    assert (await browser.open(paths.leave(place.id))).status == 404


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"form_token": ""}, {}),
        ({"form_token": "A" * 43}, {}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"origin": "null"}),
    ],
)
async def test_a_form_that_is_not_ours_does_nothing(
    town: Town, browser: Visitor, change: dict[str, str], headers: dict[str, str]
) -> None:
    place, guest, page = await confirm_page(town, browser)
    fields = page.button("Leave")[0].fields | change
    page = await browser.post(paths.leave(place.id), fields, **headers)
    assert (page.status, page.h1) == (403, "This form is no longer valid")
    assert await stage_of(town, guest) is Present
    event = await world.last_event(place)
    assert (event.type, event.reason) == ("membership.leave", "notAllowed")


async def test_a_form_of_another_session_does_nothing(town: Town, browser: Visitor) -> None:
    _, guest, page = await confirm_page(town, browser)
    await town.member("Megan Bowen", "megan@contoso.example")
    other = town.browser()
    await town.sign_in(other, "megan@contoso.example")
    other.page = page
    assert (await other.press("Leave")).status == 403
    assert await stage_of(town, guest) is Present


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "\x00"])
async def test_a_form_without_its_key_does_nothing(town: Town, browser: Visitor, key: str) -> None:
    place, guest, page = await confirm_page(town, browser)
    fields = page.button("Leave")[0].fields | {"idempotency_key": key}
    page = await browser.post(paths.leave(place.id), fields)
    assert (page.status, page.h1) == (400, "This form is no longer valid")
    assert await stage_of(town, guest) is Present


# --- Failed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["audit", "commit"])
@pytest.mark.parametrize("answer", [503, 429])
async def test_a_leave_that_fails_says_that_nothing_happened_and_can_be_pressed_again(
    town: Town, browser: Visitor, at: str, answer: int
) -> None:
    _, guest, page = await confirm_page(town, browser)
    key = page.button("Leave")[0].fields["idempotency_key"]
    town.house.faults.arm(at, 1, answer)
    page = await browser.press("Leave")
    assert (page.status, page.h1) == (answer, "Leave Adatum?")
    assert page.title == "Error: Leave Adatum? - My Account - Vestibule"
    assert page.problem.startswith("There is a problem We couldn't complete this. You're still a guest of Adatum. Ref")
    assert page.button("Leave")[0].fields["idempotency_key"] == key
    assert await stage_of(town, guest) is Present
    assert (await browser.press("Leave")).h1 == "You left Adatum"


# --- Why ------------------------------------------------------------------------------------------------------------


async def asks_why(town: Town, place: world.Place) -> None:
    await organizing.update_organization(town.house, tenant_id=place.id, changes={"asksWhy": True}, by=place.admin)


async def test_an_organization_that_asks_why_is_told(town: Town, browser: Visitor) -> None:
    place, _, page = await confirm_page(town, browser)
    assert "Tell Adatum why" not in page.text
    await asks_why(town, place)
    page = await browser.open(paths.leave(place.id))
    assert "Tell Adatum why (optional)" in page.text
    await browser.press("Leave", reason="The project is over.\r\nThank you.")
    event = await world.last_event(place)
    assert event.subject["details"] == {"why": "The project is over.\nThank you."}


async def test_a_reason_may_have_five_hundred_characters(town: Town, browser: Visitor) -> None:
    place, guest, page = await confirm_page(town, browser)
    await asks_why(town, place)
    page = await browser.press("Leave", reason="x" * 501)
    assert (page.status, page.problem) == (400, "There is a problem Write at most 500 characters.")
    assert "x" * 501 in page.response.text
    assert await stage_of(town, guest) is Present
    assert (await browser.press("Leave", reason="x\r\n" * 250)).h1 == "You left Adatum"


# --- Direct connect ---------------------------------------------------------------------------------------------------


async def test_direct_connect_is_gone_at_once(town: Town, browser: Visitor) -> None:
    place, there = await cast.connected(town, "Tailspin")
    await town.sign_in(browser)
    page = await browser.open(paths.leave(place.id))
    assert "1 app Tailspin Boards" in page.text
    assert times(page) == [town.clock().now() + 30 * DAY]
    page = await browser.press("Leave")
    assert page.h1 == "You left Tailspin"
    assert "Can be restored until" not in table(page)
    assert table(page)["Data removed by"] == "1 April 2026 at 09:30 UTC"
    assert "Ask Tailspin to restore my account" not in page.links
    assert await stage_of(town, there) is Purged
    town.clock().advance(timedelta(minutes=1))
    assert (await browser.open(paths.leave(place.id))).h1 == "You left Tailspin"
    events = [event for event in await world.events(place) if event.type == "membership.leave"]
    assert [event.actor["id"] for event in events] == [there.user_id]
