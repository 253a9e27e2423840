"""Invitations by the link in the letter: accepted, declined, blocked, too late, and by the wrong person."""

from datetime import timedelta

import pytest

from soak.sign_in_breakages_invitations import anybody_accepts, older_links_stay_good
from soak.sign_in_breakages_proofs import last_step_believes_the_first
from tests.doors.portal.conftest import LANDING, PASSWORD, Town
from tests.support import world
from tests.support.broken import broken
from tests.support.pages import Visitor
from vestibule.actions import due, inviting, posting, redeeming, removing
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Deleted, Invited, Present
from vestibule.rules.refusals import Reason, Refused

MAILBOX = "sam@mailbox.example"


async def _stage(town: Town, user_id: str) -> type:
    return type((await world.again(town.house, town.fabrikam.id, user_id)).stage)


async def test_what_it_shows(town: Town, browser: Visitor) -> None:
    path, _ = await town.invite(MAILBOX, message="Hello,\n<b>come</b> in.")
    page = await browser.open(path)
    assert (page.status, page.h1, page.title) == (200, "Accept invitation", "Accept invitation - Sign in - Vestibule")
    for text in (
        "administrator invited you to fabrikam",
        "fabrikam.example",
        "only accept an invitation you expected.",
        "<b>come</b> in.",
        "sent to s•••@mailbox.example",
        "valid until 1 april 2026 at 09:30 utc",
        "after accepting you go to apps.fabrikam.example",
    ):
        assert text in page.text.lower()
    assert MAILBOX not in page.response.text
    ticket = path.rpartition("/")[2]
    assert page.links["Decline"] == f"{path}/decline"
    assert page.links["Block invitations from Fabrikam"] == f"/unsubscribe?ticket={ticket}"


async def test_accepted_by_code(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite(MAILBOX)
    await browser.open(path)
    page = await browser.press("Accept invitation")
    assert page.h1 == "Get a code by email"
    assert "s•••@mailbox.example" in page.text
    assert MAILBOX not in page.response.text
    await browser.press("Send code")
    assert (await town.letters())[-1].facts["organization"] == "Fabrikam"
    page = await browser.press("Sign in", code=await town.code())
    assert (page.h1, page.path.partition("?")[0]) == ("Review permissions", "/signin/consent")
    assert "Fabrikam would like to: Receive your name, email, photo and identifiers" in page.text
    assert page.links["Fabrikam's privacy statement"] == "https://fabrikam.example/privacy"
    assert await _stage(town, user_id) is Invited  # nothing is bound before that
    page = await browser.press("Accept")
    assert (page.h1, page.refresh) == ("Continue to Fabrikam", LANDING)
    assert page.links["Continue"] == LANDING
    assert await _stage(town, user_id) is Present
    types = [event.type for event in await world.events(town.fabrikam)]
    assert types[-2:] == ["membership.redeem", "signIn"]
    # They are signed in there.
    assert (await browser.open("/myaccount/x?tenantId=fabrikam.example")).path == "/myaccount/x"


async def test_accepted_by_a_member_of_another_organization(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite("adele@contoso.example", "https://vestibule.example/myaccount/organizations")
    page = await browser.open(path)
    assert "After accepting you go to" not in page.text
    page = await browser.press("Accept invitation")
    assert page.h1 == "Enter password"
    assert "a•••@contoso.example" in page.text
    assert "adele@contoso.example" not in page.response.text
    page = await browser.press("Sign in", password="wrong")
    assert (page.status, page.h1) == (400, "Enter password")
    assert "adele@contoso.example" not in page.response.text
    page = await browser.press("Sign in", password=PASSWORD)
    assert page.h1 == "Review permissions"
    assert (await browser.press("Accept")).path == "/myaccount/organizations"
    assert await _stage(town, user_id) is Present
    guest = await world.again(town.house, town.fabrikam.id, user_id)
    assert guest.person_id == town.adele.person_id


async def test_who_is_signed_in_is_asked_no_more_than_consent(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    path, user_id = await town.invite("adele@contoso.example")
    await browser.open(path)
    page = await browser.press("Accept invitation")
    assert page.h1 == "Review permissions"
    assert "adele@contoso.example" in page.text
    await browser.press("Accept")
    assert await _stage(town, user_id) is Present


async def test_cancelled_at_the_last_step(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    path, user_id = await town.invite("adele@contoso.example")
    await browser.open(path)
    await browser.press("Accept invitation")
    assert (await browser.follow("Cancel")).path == "/myaccount/organizations"
    assert await _stage(town, user_id) is Invited


@broken(anybody_accepts)
async def test_somebody_else_is_offered_to_switch_and_nothing_is_bound(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    path, user_id = await town.invite(MAILBOX)
    await browser.open(path)
    page = await browser.press("Accept invitation")
    assert (page.status, page.h1) == (403, "This invitation is for a different email")
    assert "It was sent to s•••@mailbox.example." in page.text
    assert MAILBOX not in page.response.text
    assert await _stage(town, user_id) is Invited
    page = await browser.follow("Use a different account")
    assert page.h1 == "Pick an account"
    page = await browser.press("Adele Vance, adele@contoso.example")
    assert page.h1 == "This invitation is for a different email"
    await browser.follow("Use a different account")
    page = await browser.follow("Use a different account")
    assert page.h1 == "Sign in"
    assert MAILBOX not in page.response.text  # who only holds the link does not learn the address
    await browser.press("Next", email=MAILBOX)
    await browser.press("Send code")
    page = await browser.press("Sign in", code=await town.code())
    assert page.h1 == "Review permissions"
    await browser.press("Accept")
    guest = await world.again(town.house, town.fabrikam.id, user_id)
    assert isinstance(guest.stage, Present)
    assert guest.person_id != town.adele.person_id


@broken(last_step_believes_the_first)
async def test_the_wrong_person_cannot_skip_to_the_last_step(town: Town, browser: Visitor) -> None:
    """The consent form posted directly by somebody for whom the invitation is not."""
    await town.sign_in(browser)
    path, user_id = await town.invite(MAILBOX)
    await browser.open(path)
    page = await browser.press("Accept invitation")
    flow = page.links["Use a different account"].partition("flow=")[2]
    token = (await browser.open("/signout")).forms[0].fields["form_token"]
    page = await browser.post("/signin/consent", {"form_token": token, "flow": flow, "answer": "accept"})
    assert (page.status, page.h1) == (403, "This invitation is for a different email")
    assert await _stage(town, user_id) is Invited
    refused = [event for event in await world.events(town.fabrikam) if event.reason]
    assert [(event.type, event.reason) for event in refused] == [("membership.redeem", "wrongPerson")]


async def test_accepted_twice(town: Town, browser: Visitor) -> None:
    path, _ = await town.invite("adele@contoso.example")
    await town.sign_in(browser)
    await browser.open(path)
    page = await browser.press("Accept invitation")
    form = page.button("Accept")[0]
    await browser.press("Accept")
    again = await browser.post("/signin/consent", form.fields | {"answer": "accept"})
    for page in (again, await browser.open(path)):
        assert (page.status, page.h1) == (410, "This invitation was already accepted")
        assert page.links["Continue to Fabrikam"] == LANDING


async def test_expired(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite(MAILBOX)
    form = (await browser.open(path)).forms[0]
    town.clock().advance(timedelta(days=30))
    for page in (await browser.open(path), await browser.post(path, form.fields | {"answer": "accept"})):
        assert (page.status, page.h1) == (410, "This invitation has expired")
    page = await browser.post(path, form.fields | {"answer": "decline"})
    assert (page.status, page.h1) == (410, "This invitation has expired")
    assert await _stage(town, user_id) is Invited


@pytest.mark.parametrize("worker_ran", [False, True])
async def test_asking_for_a_new_one(town: Town, browser: Visitor, worker_ran: bool) -> None:
    path, user_id = await town.invite(MAILBOX)
    assert (await browser.open(f"{path}/new")).h1 == "Accept invitation"  # it is still good
    town.clock().advance(timedelta(days=30))
    if worker_ran:
        await due.run_due(town.house)
    page = await browser.open(path)
    assert page.h1 == "This invitation has expired"
    form = page.button("Ask for a new invitation")[0]
    page = await browser.press("Ask for a new invitation")
    assert (page.status, page.h1, page.path) == (200, "You asked for a new invitation", f"{path}/new")
    assert (await browser.post(f"{path}/new", form.fields)).h1 == "You asked for a new invitation"
    asked = [letter for letter in await town.letters() if letter.kind == posting.LetterKind.INVITATION_ASKED]
    assert [letter.recipient for letter in asked] == [town.fabrikam.administrator.contact]
    assert asked[0].facts["guest"] == {"name": "Guest", "address": MAILBOX}
    types = [(event.type, event.reason) for event in await world.events(town.fabrikam)]
    assert types[-2:] == [("invitation.ask", None), ("invitation.ask", "alreadyThere")]
    # A newer invitation makes the old link useless.
    newer, _ = await town.invite(MAILBOX)
    assert (await browser.open(path)).h1 == "This invitation no longer works"
    assert (await browser.post(f"{path}/new", form.fields)).h1 == "This invitation no longer works"
    assert (await browser.open(newer)).h1 == "Accept invitation"
    assert await _stage(town, user_id) is Invited


async def test_expired_on_the_way(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite("adele@contoso.example")
    await town.sign_in(browser)
    await browser.open(path)
    await browser.press("Accept invitation")
    await removing.remove(town.house, tenant_id=town.fabrikam.id, user_id=user_id, by=town.fabrikam.admin)
    page = await browser.press("Accept")
    assert (page.status, page.h1) == (410, "This invitation no longer works")
    assert await _stage(town, user_id) is Deleted


@pytest.mark.parametrize("ticket", ["nothing", "x" * 3000, "%2e%2e", "A" * 43])
async def test_an_unknown_link(town: Town, browser: Visitor, ticket: str) -> None:
    for path in (f"/invitations/{ticket}", f"/invitations/{ticket}/decline"):
        page = await browser.open(path)
        assert (page.status, page.h1) == (404, "This invitation no longer works")
    assert (await browser.open(f"/unsubscribe?ticket={ticket}")).status == 404
    assert (await browser.open("/unsubscribe")).status == 404


@broken(older_links_stay_good)
async def test_replaced_by_a_newer_one(town: Town, browser: Visitor) -> None:
    old, _ = await town.invite(MAILBOX)
    new, _ = await town.invite(MAILBOX)
    assert (await browser.open(old)).h1 == "This invitation no longer works"
    assert (await browser.open(new)).h1 == "Accept invitation"


async def test_declined(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite(MAILBOX)
    await browser.open(path)
    page = await browser.follow("Decline")
    assert page.h1 == "Decline the invitation from Fabrikam?"
    assert (await browser.follow("Cancel")).h1 == "Accept invitation"
    await browser.follow("Decline")
    page = await browser.press("Decline")
    assert (page.status, page.h1) == (200, "You declined the invitation from Fabrikam.")
    assert await _stage(town, user_id) is Deleted
    assert (await world.last_event(town.fabrikam)).type == "membership.decline"
    assert (await browser.open(path)).h1 == "This invitation no longer works"
    assert (await browser.open(f"{path}/decline")).status == 410


async def test_the_pretence_of_having_declined(town: Town, browser: Visitor) -> None:
    path, _ = await town.invite(MAILBOX)
    assert (await browser.open(f"{path}/decline?done=1")).h1 == "Decline the invitation from Fabrikam?"


async def test_blocked_and_allowed_again(town: Town, browser: Visitor) -> None:
    path, _ = await town.invite(MAILBOX)
    page = await browser.open(f"{path}/block")  # the link in the letter
    assert (page.h1, page.status) == ("Invitations from Fabrikam", 200)
    assert "Fabrikam can send invitations to s•••@mailbox.example." in page.text
    page = await browser.press("Block future invitations")
    assert "Fabrikam can't invite you any more." in page.text
    with pytest.raises(Refused) as refused:
        await town.invite(MAILBOX)
    assert refused.value.reason is Reason.BLOCKED_BY_PERSON
    page = await browser.press("Allow Fabrikam to invite me again")
    assert "Fabrikam can invite you again." in page.text
    await town.invite(MAILBOX)
    types = [event.type for event in await world.events(town.fabrikam)]
    assert types.count("invitation.block") == 1


async def test_a_form_of_another_site_declines_nothing(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite(MAILBOX)
    form = (await browser.open(path)).forms[0]
    page = await browser.post(path, form.fields | {"answer": "decline"}, origin="https://evil.example")
    assert page.status == 403
    del form.fields["form_token"]
    assert (await browser.post(path, form.fields | {"answer": "accept"})).status == 403
    assert await _stage(town, user_id) is Invited


async def test_already_in_by_another_address(town: Town, browser: Visitor) -> None:
    """Who is a guest already and follows an invitation to another address of theirs is led on, not bound twice."""
    person_id = await world.mailbox_person(town.house, MAILBOX)
    await town.guest(person_id, MAILBOX)
    path, user_id = await town.invite("adele@contoso.example")
    await redeeming.redeem(
        town.house,
        person_id=str(town.adele.person_id),
        ticket=path.rpartition("/")[2],
        by=world.person_at_pages(str(town.adele.person_id)),
    )
    other, _ = await town.invite("a.vance@elsewhere.example")
    await town.sign_in(browser)
    await browser.open(other)
    page = await browser.press("Accept invitation")
    assert (page.status, page.h1) == (410, "This invitation was already accepted")
    assert user_id


@pytest.mark.parametrize(
    ("language", "h1", "accept", "review"),
    [
        ("nl", "Uitnodiging accepteren", "Uitnodiging accepteren", "Machtigingen controleren"),
        ("sv", "Acceptera inbjudan", "Acceptera inbjudan", "Granska behörigheter"),
    ],
)
async def test_in_other_languages(
    town: Town, browser: Visitor, language: str, h1: str, accept: str, review: str
) -> None:
    await town.sign_in(browser)
    path, _ = await town.invite("adele@contoso.example")
    page = await browser.open(f"{path}?lang={language}")
    assert (page.h1, page.language, page.path) == (h1, language, path)
    assert (await browser.press(accept)).h1 == review


async def test_a_link_that_only_leads_on(town: Town, browser: Visitor) -> None:
    """The letter to somebody who has access already."""
    guest = await world.guest(town.fabrikam, MAILBOX)
    asked = inviting.check(MAILBOX, LANDING)
    sent = await inviting.invite(town.house, asked, tenant_id=town.fabrikam.id, by=operator())
    assert sent.completed
    assert sent.user_id == guest.user_id
    page = await browser.open(sent.redeem_url)
    assert page.h1 == "This invitation was already accepted"
