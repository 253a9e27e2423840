"""A user's own page: tabs, buttons, and the answer to who asks to be removed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from vestibule.actions import asking, group_members, grouping, leaving, policies, removing
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.pages.user import TABS
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Deleted, Invited, Present, Purged
from vestibule.rules.roles import (
    EXTERNAL_IDP_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GLOBAL_READER,
    GUEST_INVITER,
    USER_ADMINISTRATOR,
)
from vestibule.store.memberships import Membership


async def ada(office: Office) -> Membership:
    return await world.guest(office.contoso, "ada@elsewhere.example", "Ada")


async def asks(office: Office, who: Membership) -> None:
    """They may not leave on their own, and ask to be removed."""
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "by": operator()}
    await policies.change_leave_setting(office.town.house, guests_may_leave=False, **here)
    by = world.at_portal(who)
    await asking.ask_removal(office.town.house, tenant_id=office.contoso.id, user_id=who.user_id, by=by)


async def only(office: Office, role: str) -> None:
    await office.role(office.boss, role)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)


async def test_every_tab_is_an_address(office: Office):
    who = await ada(office)
    page = await office.open(paths.user(who.user_id))
    assert page.h1 == "Ada"
    assert "ada@elsewhere.example" in page.text
    assert "Code by email" in page.text
    for tab, _ in TABS:
        page = await office.open(paths.user_tab(who.user_id, tab))
        assert (page.status, page.h1) == (200, "Ada")
        assert f'href="{paths.user_tab(who.user_id, tab)}" aria-current="page"' in page.response.text


async def test_what_somebody_is_in(office: Office):
    who = await ada(office)
    house = office.town.house
    here: dict[str, Any] = {"tenant_id": office.contoso.id, "by": operator()}
    group = await grouping.create_group(house, NewGroup("Readers", mail_nickname="readers"), **here)
    await group_members.add_member(house, group_id=group.group_id, user_id=who.user_id, **here)
    await office.role(who, GUEST_INVITER)
    assert "Readers" in (await office.open(paths.user_tab(who.user_id, "groups"))).text
    assert "Guest Inviter" in (await office.open(paths.user_tab(who.user_id, "roles"))).text
    assert "No apps are assigned." in (await office.open(paths.user_tab(who.user_id, "apps"))).text


async def test_the_logs_take_a_role_of_their_own(office: Office):
    who = await ada(office)
    page = await office.open(paths.user_tab(who.user_id, "audit"))
    assert "Invitation accepted" in page.text
    boss = await office.open(paths.user_tab(office.boss.user_id, "sign-ins"))
    assert "My Account" in boss.text
    await only(office, USER_ADMINISTRATOR)
    for tab in ("audit", "sign-ins"):
        page = await office.open(paths.user_tab(who.user_id, tab))
        assert "Reading this takes the role Reports Reader." in page.text
        assert "Invitation accepted" not in page.text


async def test_a_life_from_the_invitation_to_the_data_removal(office: Office):
    who = await ada(office)
    await office.days_pass(2)
    await leaving.leave(office.town.house, tenant_id=office.contoso.id, by=world.at_portal(who), key="k")
    page = await office.open(paths.user_tab(who.user_id, "lifecycle"))
    words = ("Invited", "Invitation accepted", "Left organization", "Permanent deletion", "Data removed at the latest")
    places = [page.text.rindex(word) for word in words]
    assert places == sorted(places)
    text = page.response.text
    left = office.town.clock().now()
    for at in (left, left + timedelta(days=30), left + timedelta(days=60)):
        assert at.strftime("%Y-%m-%dT%H:%M") in text


async def test_while_an_invitation_waits_its_end_is_still_to_come(office: Office):
    who, _ = await world.invited(office.contoso, "ben@elsewhere.example", "Ben")
    page = await office.open(paths.user_tab(who.user_id, "lifecycle"))
    assert "Invitation expires" in page.text
    assert "Still to come" in page.text


async def test_disable_and_enable_stay_on_the_page(office: Office):
    who = await ada(office)
    await office.open(paths.user(who.user_id))
    page = await office.browser.press("Disable account")
    assert (page.path, "Ada was disabled." in page.text) == (paths.user(who.user_id), True)
    page = await office.browser.press("Undo")
    assert (page.path, "Ada was enabled." in page.text) == (paths.user(who.user_id), True)


async def test_delete_and_back_from_the_page_of_the_deleted(office: Office):
    who = await ada(office)
    await office.open(paths.user(who.user_id))
    await office.browser.follow("Delete")
    await office.browser.press("Delete")
    assert isinstance((await office.again(who)).stage, Deleted)
    page = await office.open(paths.user(who.user_id))
    assert "Deleted, can be restored" in page.text
    assert "Edit" not in page.links
    await office.browser.follow("Restore")
    await office.browser.press("Restore")
    assert isinstance((await office.again(who)).stage, Present)


async def test_deleted_for_good_from_the_page(office: Office):
    [who] = await office.deleted("Ada")
    await office.open(paths.user(who.user_id))
    await office.browser.follow("Delete permanently")
    await office.browser.press("Delete permanently")
    assert isinstance((await office.again(who)).stage, Purged)
    assert (await office.open(paths.user(who.user_id))).status == 404


async def test_editing(office: Office):
    who = await ada(office)
    await office.open(paths.edit_user(who.user_id))
    page = await office.browser.press("Save", jobTitle="Pilot", displayName="Ada L.")
    assert (page.h1, "Saved." in page.text, "Pilot" in page.text) == ("Ada L.", True, True)
    await office.open(paths.edit_user(who.user_id))
    page = await office.browser.press("Save", preferredLanguage="nonsense", displayName="X")
    assert (page.status, page.problem) == (400, "There is a problem This can't be saved. Shorten it or check its form.")
    assert page.button("Save")[0].fields["displayName"] == "X"
    assert (await office.again(who)).display_name == "Ada L."
    await only(office, GLOBAL_READER)
    await office.open(paths.edit_user(who.user_id))
    page = await office.browser.press("Save", displayName="X")
    assert page.status == 403
    assert (await office.again(who)).display_name == "Ada L."


async def test_resetting_asks_first_and_invites_again(office: Office):
    who = await ada(office)
    await office.open(paths.user(who.user_id))
    page = await office.browser.follow("Reset redemption status")
    assert page.h1 == "Reset the redemption status of Ada?"
    page = await office.browser.press("Reset")
    assert "Ada was invited again." in page.text
    assert isinstance((await office.again(who)).stage, Invited)
    [letter] = [one for one in await office.town.letters() if one.kind == LetterKind.INVITATION]
    assert letter.recipient == "ada@elsewhere.example"
    assert (await office.open(paths.reset_redemption(office.boss.user_id))).status == 404


async def test_the_letter_to_the_administrators_leads_to_a_page_that_keeps(office: Office):
    who = await ada(office)
    await asks(office, who)
    [letter] = [one for one in await office.town.letters() if one.kind == LetterKind.ADMIN_REMOVAL_ASKED]
    page = await office.open(letter.facts["rowLink"].removeprefix(office.town.house.public_url))
    assert page.h1 == "Ada"
    assert {"Remove", "Keep"} <= set(page.links)
    await office.browser.follow("Keep")
    page = await office.browser.press("Keep", message="Until June.")
    assert "Ada was told that you keep their account." in page.text
    assert "Answered on March 2, 2026: kept." in page.text or "Answered on 2 March 2026: kept." in page.text
    assert "Keep" not in page.links
    [told] = [one for one in await office.town.letters() if one.kind == LetterKind.REMOVAL_REQUEST_ANSWERED]
    assert (told.recipient, told.facts["message"]) == ("ada@elsewhere.example", "Until June.")
    assert "asks to be removed" not in (await office.open(paths.OVERVIEW)).text
    await office.open(paths.keep_user(who.user_id))
    assert office.browser.here.path == paths.user(who.user_id)  # nothing is left to answer


async def test_remove_answers_too(office: Office):
    who = await ada(office)
    await asks(office, who)
    await office.open(paths.user(who.user_id))
    await office.browser.follow("Remove")
    await office.browser.press("Delete")
    assert isinstance((await office.again(who)).stage, Deleted)
    assert "asks to be removed" not in (await office.open(paths.OVERVIEW)).text


async def test_a_message_that_is_too_long_is_not_sent(office: Office):
    who = await ada(office)
    await asks(office, who)
    await office.open(paths.keep_user(who.user_id))
    page = await office.browser.press("Keep", message="x" * 1001)
    assert (page.status, page.problem) == (400, "There is a problem Enter a message of at most 1,000 characters.")
    assert "Keep" in (await office.open(paths.user(who.user_id))).links


@pytest.mark.parametrize("path", ["", "/groups", "/audit", "/lifecycle", "/edit", "/reset", "/keep"])
async def test_of_another_organization_nothing_is_known(office: Office, path: str):
    fabrikam = await world.organization(office.town.house, "Tailspin")
    stranger = await world.guest(fabrikam, "x@elsewhere.example", "Stranger")
    page = await office.open(paths.user(stranger.user_id) + path)
    assert page.status == 404
    assert "Stranger" not in page.text


async def test_who_cares_for_external_users_only_sees_no_deleted_member(office: Office):
    [guest] = await office.deleted("Ada")
    member = await office.town.member("Mia", "mia@contoso.example")
    await removing.remove(office.town.house, tenant_id=office.contoso.id, user_id=member.user_id, by=operator())
    await only(office, EXTERNAL_IDP_ADMINISTRATOR)
    assert (await office.open(paths.user(guest.user_id))).h1 == "Ada"
    assert (await office.open(paths.user(member.user_id))).status == 404
