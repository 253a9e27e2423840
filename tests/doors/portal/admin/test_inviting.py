"""*Invite external user* and *New user*."""

from typing import Any

import pytest

from tests.doors.portal.admin.conftest import Office, rows
from tests.support import world
from vestibule.actions import guest_settings, switching
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal.admin import paths
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted, Invited
from vestibule.rules.policy import InvitesFrom
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GLOBAL_READER
from vestibule.store import invitations, memberships

FORM = {"name": "", "message": "", "language": "nl"}


async def known(office: Office, address: str):
    return await memberships.by_mail(await office.town.house.store.read(), office.contoso.id, address)


async def invite(office: Office, email: str, *, mails: bool = True, **typed: str):
    """Fill in the form. A checkbox that is not ticked is not sent."""
    await office.open(paths.INVITE)
    form, _ = office.browser.here.button("Invite")
    sent = {name: value for name, value in form.fields.items() if name == "form_token"}
    sent |= {**FORM, "email": email, **typed} | ({"sends": "yes"} if mails else {})
    return await office.browser.post(paths.INVITE, sent)


async def test_an_invitation_by_mail_leads_to_the_guests_page(office: Office):
    page = await invite(office, "ada@elsewhere.example", name="Ada", message="Welkom\nbij ons")
    [ada] = await known(office, "ada@elsewhere.example")
    assert (page.path, page.h1) == (paths.user(ada.user_id), "Ada")
    assert "Ada was invited." in page.text
    assert "Waiting to accept" in page.text
    [letter] = [one for one in await office.town.letters() if one.kind == LetterKind.INVITATION]
    assert (letter.recipient, letter.languages[0]) == ("ada@elsewhere.example", "nl")
    assert letter.facts["message"] == "Welkom\nbij ons"


async def test_without_a_mail_the_link_is_shown_once(office: Office):
    page = await invite(office, "ada@elsewhere.example", mails=False)
    assert page.h1 == "Invitation link"
    link = page.response.text.partition('id="redeem-link"')[2].partition(">")[2].partition("<")[0]
    assert link.startswith(f"{office.town.house.public_url}/invitations/")
    assert (await office.town.browser().open(link.removeprefix(office.town.house.public_url))).status == 200
    assert [one for one in await office.town.letters() if one.kind == LetterKind.INVITATION] == []
    [ada] = await known(office, "ada@elsewhere.example")
    assert link not in (await office.open(paths.user(ada.user_id))).response.text


@pytest.mark.parametrize(
    ("email", "typed", "status", "problem"),
    [
        ("no address", {}, 400, "Enter an email address, such as name@example.com."),
        ("x@elsewhere.example", {"name": "x" * 300}, 400, "Enter a name of at most 256 characters."),
        ("x@elsewhere.example", {"message": "x" * 4001}, 400, "Enter a message of at most 4,000 characters."),
        ("boss2@contoso.example", {}, 409, "This address belongs to your own organization."),
    ],
)
async def test_what_is_wrong_stands_at_the_field(
    office: Office, email: str, typed: dict[str, Any], status: int, problem: str
):
    page = await invite(office, email, **typed)
    assert (page.status, page.problem) == (status, f"There is a problem {problem}")
    assert page.title.startswith("Error: ")
    assert page.button("Invite")[0].fields["email"] == email


async def test_a_disabled_guest_is_enabled_not_invited(office: Office):
    ada = await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    await switching.disable(office.town.house, tenant_id=office.contoso.id, user_id=ada.user_id, by=operator())
    page = await invite(office, "ada@elsewhere.example")
    assert (
        page.problem
        == "There is a problem The account with this address is disabled. Enable it instead of inviting it."
    )


async def test_who_is_in_already_is_said_so(office: Office):
    await world.guest(office.contoso, "ada@elsewhere.example", "Ada")
    assert "ada@elsewhere.example has access already." in (await invite(office, "ada@elsewhere.example")).text
    assert (await invite(office, "ada@elsewhere.example", mails=False)).h1 == "Invitation link"


async def test_a_deleted_guest_comes_back_or_begins_anew_never_silently(office: Office):
    [old] = await office.deleted("Ada")
    page = await invite(office, "ada@elsewhere.example")
    assert page.status == 409
    assert "A deleted guest has this address. Choose what to do with that account." in page.problem
    assert page.links["Restore the deleted account"] == f"{paths.RESTORE}?id={old.user_id}"
    page = await invite(office, "ada@elsewhere.example", deleted="fresh")
    assert "was invited." in page.text
    now = {one.user_id: one.stage for one in await known(office, "ada@elsewhere.example")}
    assert isinstance(now.pop(old.user_id), Deleted)
    [fresh] = now.values()
    assert isinstance(fresh, Invited)


async def test_who_may_not_invite_finds_no_form_and_a_sent_one_is_refused(office: Office):
    await guest_settings.change_guest_settings(
        office.town.house, tenant_id=office.contoso.id, invites=InvitesFrom.ADMINS_AND_INVITERS, by=operator()
    )
    await office.open(paths.INVITE)
    form, _ = office.browser.here.button("Invite")
    await office.role(office.boss, GLOBAL_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    assert "Inviting takes the role Guest Inviter." in (await office.open(paths.INVITE)).text
    page = await office.browser.post(paths.INVITE, {**form.fields, "email": "x@elsewhere.example"})
    assert page.status == 409
    assert page.problem == "There is a problem Your organization doesn't let you invite guests."
    assert await known(office, "x@elsewhere.example") == []


async def test_a_new_user_signs_in_with_the_password_that_was_shown_once(office: Office):
    await office.open(paths.NEW_USER)
    page = await office.browser.press("Create", name="Nia", local="nia", domain="contoso.example", job="Pilot")
    assert page.h1 == "Nia was created"
    password = page.response.text.partition('id="first-password"')[2].partition(">")[2].partition("<")[0]
    assert len(password) == 34
    browser = office.town.browser()
    await browser.open("/signin")
    await browser.press("Next", email="nia@contoso.example")
    await browser.press("Sign in", password=password)
    assert "Nia" in (await browser.open("/myaccount/")).text
    assert "Nia" in rows(await office.open(f"{paths.USERS}?type=member"))
    assert (await world.events(office.contoso))[-1].type != "password.change"


async def test_a_user_name_that_is_taken_or_none_is_said_at_the_field(office: Office):
    await office.open(paths.NEW_USER)
    typed = {"name": "Nia", "domain": "contoso.example"}
    page = await office.browser.press("Create", **typed, local="boss")
    assert (page.status, page.problem) == (
        409,
        "There is a problem Someone has this user name already. Enter another one.",
    )
    page = await office.browser.press("Create", **typed, local="a b")
    assert page.status == 400
    assert "Enter a user name of letters" in page.problem
    page = await office.browser.press("Create", **{**typed, "domain": "elsewhere.example"}, local="nia")
    assert page.status == 400
    reading = await office.town.house.store.read()
    assert await invitations.of_user(reading, office.contoso.id, office.boss.user_id) == []
