"""Invitations on the Organizations page: answered with a press, by the person they wait for, while they are good."""

import pytest

from tests.doors.portal.account.cast import DAY, MAILBOX, ORGANIZATIONS
from tests.doors.portal.account.reading import headings, rows, statuses
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.actions import inviting, removing, switching
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted, Invited, Present

ADELE = "adele@contoso.example"
ACCEPT, DECLINE = "Accept invitation from Fabrikam", "Decline invitation from Fabrikam"


async def invited(town: Town, browser: Visitor) -> str:
    """Adele in front of an invitation from Fabrikam; returns the user object's id."""
    waiting, _ = await world.invited(town.fabrikam, ADELE)
    await town.sign_in(browser)
    await browser.open(ORGANIZATIONS)
    return waiting.user_id


async def test_an_invitation_waits_in_a_section_of_its_own(town: Town, browser: Visitor) -> None:
    asked = inviting.check(ADELE, "https://apps.example/")
    await inviting.invite(town.house, asked, tenant_id=town.fabrikam.id, by=town.fabrikam.admin)
    await town.sign_in(browser)
    page = await browser.open(ORGANIZATIONS)
    assert headings(page)["invitations"] == "Invitations"
    row = next(row for row in rows(page).values() if row.heading == "Fabrikam")
    assert row.buttons == [ACCEPT, DECLINE]
    admin = town.fabrikam.administrator.display_name
    assert f"fabrikam.example Invited by {admin} on 2 Mar 2026" in row.text
    assert f"org-{town.fabrikam.id}" not in rows(page)
    overview = await browser.open(paths.OVERVIEW)
    assert "Fabrikam invited you." in overview.text
    assert overview.links["View invitation from Fabrikam"] == f"{ORGANIZATIONS}#invitations"


async def test_a_program_that_invites_is_not_named(town: Town, browser: Visitor) -> None:
    await invited(town, browser)
    row = next(row for row in rows(browser.here).values() if row.heading == "Fabrikam")
    assert "fabrikam.example Invited on 2 Mar 2026" in row.text


async def test_accept(town: Town, browser: Visitor) -> None:
    user_id = await invited(town, browser)
    page = await browser.press(ACCEPT)
    assert (page.status, page.path.partition("#")[0]) == (200, ORGANIZATIONS)
    row = rows(page)[f"org-{town.fabrikam.id}"]
    assert list(row.links) == ["Sign in to leave this organization: Fabrikam"]
    assert "invitations" not in headings(page)
    assert isinstance((await world.again(town.house, town.fabrikam.id, user_id)).stage, Present)
    event = await world.last_event(town.fabrikam)
    assert (event.type, event.reason, event.actor["id"]) == ("membership.redeem", None, user_id)


async def test_decline(town: Town, browser: Visitor) -> None:
    user_id = await invited(town, browser)
    page = await browser.press(DECLINE)
    assert statuses(page) == ["You declined the invitation from Fabrikam."]
    assert "Fabrikam" not in [row.heading for row in rows(page).values()]
    assert isinstance((await world.again(town.house, town.fabrikam.id, user_id)).stage, Deleted)
    event = await world.last_event(town.fabrikam)
    assert (event.type, event.reason, event.actor["id"]) == ("membership.decline", None, user_id)
    # The address says it to this session alone: nobody learns a name by guessing ids.
    other = town.browser()
    await town.member("Megan Bowen", "megan@contoso.example")
    await town.sign_in(other, "megan@contoso.example")
    for address in (page.path, f"{ORGANIZATIONS}?declined={town.fabrikam.id}", f"{ORGANIZATIONS}?declined=x.y"):
        assert "Fabrikam" not in (await other.open(address)).text


async def test_pressed_twice(town: Town, browser: Visitor) -> None:
    await invited(town, browser)
    first = browser.here
    await browser.press(ACCEPT)
    browser.page = first
    page = await browser.press(ACCEPT)
    assert (page.status, page.h1) == (200, "Organizations")
    browser.page = first
    assert (await browser.press(DECLINE)).status == 200  # there is nothing to decline any more
    assert f"org-{town.fabrikam.id}" in rows(await browser.open(ORGANIZATIONS))


async def test_what_waits_for_somebody_else_cannot_be_answered(town: Town, browser: Visitor) -> None:
    waiting, _ = await world.invited(town.fabrikam, "other@elsewhere.example")
    await world.invited(await world.organization(town.house, "Litware"), ADELE)
    await town.sign_in(browser)
    page = await browser.open(ORGANIZATIONS)
    fields = page.button("Accept invitation from Litware")[0].fields
    for answer in ("accept", "decline"):
        page = await browser.post(paths.invitation_answer(town.fabrikam.id), fields | {"answer": answer})
        assert (page.status, page.h1) == (200, "Organizations")
    assert isinstance((await world.again(town.house, town.fabrikam.id, waiting.user_id)).stage, Invited)
    page = await browser.post(paths.invitation_answer("nowhere"), fields | {"answer": "accept"})
    assert page.status == 404


async def test_an_account_that_was_disabled_meanwhile(town: Town, browser: Visitor) -> None:
    user_id = await invited(town, browser)
    await switching.disable(town.house, tenant_id=town.fabrikam.id, user_id=user_id, by=operator())
    page = await browser.press(ACCEPT)
    assert (page.status, page.h1) == (403, "Your account is disabled")
    assert "Fabrikam disabled your account there" in page.text


@pytest.mark.parametrize("end", ["withdrawn", "expired"])
async def test_an_invitation_that_is_over_waits_no_more(town: Town, browser: Visitor, end: str) -> None:
    user_id = await invited(town, browser)
    if end == "withdrawn":
        await removing.remove(town.house, tenant_id=town.fabrikam.id, user_id=user_id, by=town.fabrikam.admin)
    else:
        town.clock().advance(100 * DAY)
        fields = browser.here.button(ACCEPT)[0].fields
        await town.sign_in(browser)
        page = await browser.post(paths.invitation_answer(town.fabrikam.id), fields | {"answer": "accept"})
        assert page.status == 403  # a form of an older session
    page = await browser.open(ORGANIZATIONS)
    assert "invitations" not in headings(page)


async def test_a_form_that_is_not_ours_answers_nothing(town: Town, browser: Visitor) -> None:
    user_id = await invited(town, browser)
    page = await browser.post(paths.invitation_answer(town.fabrikam.id), {"answer": "accept", "form_token": "x"})
    assert page.status == 403
    assert isinstance((await world.again(town.house, town.fabrikam.id, user_id)).stage, Invited)


async def test_a_mailbox_that_belongs_nowhere_yet(town: Town, browser: Visitor) -> None:
    await world.invited(town.fabrikam, MAILBOX)
    await town.sign_in_by_code(browser, MAILBOX)
    page = await browser.open(ORGANIZATIONS)
    assert "You don't belong to any organization now." in page.text
    page = await browser.press(ACCEPT)
    assert f"org-{town.fabrikam.id}" in rows(page)
