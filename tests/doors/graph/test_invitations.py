"""Invitations over HTTP: what is refused and why, deleted guests, resets, letters, and how many of them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import assigning, guest_settings, posting, redeeming
from vestibule.actions.house import House
from vestibule.actions.posting import Content
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import Strength, operator
from vestibule.rules.domains import Domain
from vestibule.rules.policy import DomainMode, DomainRestriction, GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import GUEST_INVITER, HELPDESK_ADMINISTRATOR
from vestibule.store import invitations, outbox
from vestibule.store.memberships import Membership

ROBIN = "robin@elsewhere.example"


def _body(address: str = ROBIN, **more: Any) -> dict[str, Any]:
    return {"invitedUserEmailAddress": address, "inviteRedirectUrl": "https://apps.example/", **more}


async def _invite(caller: Caller, address: str = ROBIN, **more: Any) -> httpx.Response:
    return await caller.post("/v1.0/invitations", _body(address, **more))


async def _letters(house: House) -> list[Content]:
    """What waits in the outbox, oldest first."""
    return [posting.open_letter(house, one) for one in await outbox.waiting(await house.store.read(), 100)]


# --- Redirect addresses, names, types ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "https://apps.example/start?from=mail#top",
        "https://apps.example:8443/",
        "http://localhost:5000/cb",
        "http://127.0.0.1/",
        "http://[::1]:3000/",
    ],
)
async def test_where_people_may_land(program: Caller, address: str):
    answer = await _invite(program, inviteRedirectUrl=address)
    assert answer.status_code == 201
    assert answer.json()["inviteRedirectUrl"] == address


@pytest.mark.parametrize(
    "address",
    [
        "http://apps.example/",
        "http://localhost.evil.example/",
        "https://user@apps.example/",
        "https://user:password@apps.example/",
        "https://apps.example\\@evil.example/",
        "https:/apps.example/",
        "//apps.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://apps.example/\n",
        "https://apps.example/ x",
        "https://apps.example/" + "a" * 2048,
        "https://äpps.example/",
        "",
        None,
        5,
    ],
)
async def test_where_nobody_may_land(program: Caller, contoso: Place, address: Any):
    answer = await _invite(program, inviteRedirectUrl=address)
    assert code_of(answer) == (400, "BadRequest")
    assert answer.json()["error"]["target"] == "inviteRedirectUrl"
    assert [event.type for event in await world.events(contoso) if event.type == "membership.invite"] == []


@pytest.mark.parametrize(
    "address", ["robin", "@elsewhere.example", "robin@", "a b@c.example", "robin@localhost", "", 7]
)
async def test_what_is_no_address(program: Caller, address: Any):
    answer = await _invite(program, address)
    assert code_of(answer) == (400, "BadRequest")
    assert answer.json()["error"]["target"] == "invitedUserEmailAddress"


@pytest.mark.parametrize(
    "more",
    [
        {"invitedUserType": "Owner"},
        {"invitedUserDisplayName": "a\u202eb"},
        {"invitedUserDisplayName": "a" * 257},
        {"invitedUserMessageInfo": {"customizedMessageBody": "a" * 4_001}},
        {"invitedUserMessageInfo": {"ccRecipients": [{"emailAddress": {"address": "nobody"}}]}},
        {"invitedUserMessageInfo": {"color": "red"}},
        {"sendInvitationMessage": "yes"},
        {"invitedUserSponsors": [{}]},
        {"invitedUserSponsors": [{"id": "nobody"}]},
        {"resetRedemption": True, "invitedUser": {"id": "nobody"}},
        {"status": "Completed"},
        {"inviteRedeemUrl": "https://evil.example/"},
        {"shoeSize": 43},
    ],
    ids=str,
)
async def test_what_an_invitation_cannot_be(program: Caller, contoso: Place, more: dict[str, Any]):
    assert code_of(await _invite(program, **more)) == (400, "BadRequest")
    assert [event.type for event in await world.events(contoso) if event.type == "membership.invite"] == []


async def test_the_case_of_names_does_not_matter_and_each_comes_once(program: Caller):
    body = {"INVITEDUSEREMAILADDRESS": ROBIN, "inviteredirecturl": "https://apps.example/"}
    assert (await program.post("/V1.0/Invitations", body)).status_code == 201
    twice = b'{"invitedUserEmailAddress": "a@b.example", "inviteduseremailaddress": "c@d.example"}'
    answer = await program.ask("POST", "/v1.0/invitations", content=twice, headers={"Content-Type": "application/json"})
    assert code_of(answer) == (400, "BadRequest")


# --- Who may invite whom ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "guest", "member", "inviter", "narrow"),
    [
        (InvitesFrom.EVERYONE, 201, 201, 201, 201),
        (InvitesFrom.ADMINS_INVITERS_AND_MEMBERS, 403, 201, 201, 201),
        (InvitesFrom.ADMINS_AND_INVITERS, 403, 403, 201, 201),
        (InvitesFrom.NONE, 403, 403, 403, 403),
    ],
)
async def test_who_may_invite(
    graph: Graph,
    house: House,
    contoso: Place,
    setting: InvitesFrom,
    guest: int,
    member: int,
    inviter: int,
    narrow: int,
):
    sam = await graph.person(
        await world.guest(contoso, "sam@elsewhere.example"), "User.Invite.All", strength=Strength.EMAILED_CODE
    )
    adele = await graph.person(await world.member(contoso), "User.Invite.All")
    alex = await world.member(contoso, "Alex Wilber")
    await assigning.assign_role(house, tenant_id=contoso.id, role_id=GUEST_INVITER, user_id=alex.user_id, by=operator())
    with_role = await graph.person(alex, "User.Invite.All")
    app = await graph.app(contoso, "User.Invite.All")
    await guest_settings.change_guest_settings(house, tenant_id=contoso.id, by=operator(), invites=setting)
    answers = [
        await _invite(caller, f"n{number}@x.example") for number, caller in enumerate((sam, adele, with_role, app))
    ]
    assert [answer.status_code for answer in answers] == [guest, member, inviter, narrow]
    assert {code_of(answer)[1] for answer in answers if answer.status_code == 403} <= {"Forbidden"}
    wide = await graph.app(contoso, "User.ReadWrite.All")
    expected = 403 if setting in {InvitesFrom.NONE, InvitesFrom.ADMINS_AND_INVITERS} else 201
    assert (await _invite(wide, "wide@x.example")).status_code == expected


async def test_domains_from_which_nobody_comes(program: Caller, house: House, contoso: Place):
    only = DomainRestriction(DomainMode.ALLOWED, frozenset({Domain("partner.example")}))
    await guest_settings.change_guest_settings(house, tenant_id=contoso.id, by=operator(), restriction=only)
    assert code_of(await _invite(program)) == (403, "Forbidden")
    assert (await _invite(program, "kim@partner.example")).status_code == 201
    never = DomainRestriction(DomainMode.BLOCKED, frozenset({Domain("partner.example")}))
    await guest_settings.change_guest_settings(house, tenant_id=contoso.id, by=operator(), restriction=never)
    assert code_of(await _invite(program, "lee@partner.example")) == (403, "Forbidden")
    assert (await world.last_event(contoso)).reason == "domainNotAllowed"


async def test_who_blocked_the_organization_is_not_invited(program: Caller, house: House, contoso: Place):
    _, ticket = await world.invited(contoso, ROBIN)
    await redeeming.block(house, ticket=ticket, by=world.person_at_pages("nobody"))
    assert code_of(await _invite(program)) == (403, "Forbidden")
    assert (await world.last_event(contoso)).reason == "blockedByPerson"


async def test_a_guest_as_a_member_takes_the_right_to_make_members(graph: Graph, contoso: Place):
    inviting_only = await graph.app(contoso, "User.Invite.All")
    assert code_of(await _invite(inviting_only, invitedUserType="Member"))[0] == 403
    writing = await graph.app(contoso, "User.ReadWrite.All")
    answer = await _invite(writing, invitedUserType="member")
    assert answer.json()["invitedUserType"] == "Member"
    user = (await writing.get(f"/v1.0/users/{answer.json()['invitedUser']['id']}?$select=userType,creationType")).json()
    assert (user["userType"], user["creationType"]) == ("Member", "Invitation")


# --- Deleted guests ---------------------------------------------------------------------------------------------------


async def test_a_deleted_guest_is_named_and_never_brought_back_silently(program: Caller, house: House, contoso: Place):
    sam = await world.guest(contoso, ROBIN)
    assert (await program.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    refused = await _invite(program)
    assert code_of(refused) == (409, "Conflict")
    error = refused.json()["error"]
    assert error["innerError"]["objectId"] == sam.user_id
    assert sam.user_id in error["message"]
    assert (await world.last_event(contoso)).reason == "stillDeleted"
    fresh = await _invite(program, startFresh=True)
    assert fresh.status_code == 201
    new_id = fresh.json()["invitedUser"]["id"]
    assert new_id != sam.user_id
    assert "startFresh" not in fresh.json()
    # Nothing of the old life came along, and the old one still waits for its 30 days.
    groups = (await program.get(f"/v1.0/users/{new_id}/memberOf")).json()["value"]
    assert groups == []
    deleted = (await program.get("/v1.0/directory/deletedItems/graph.user")).json()["value"]
    assert [one["id"] for one in deleted] == [sam.user_id]
    # While the new one waits, an ordinary invitation finds it and no other.
    again = await _invite(program)
    assert again.json()["invitedUser"]["id"] == new_id


async def test_after_thirty_days_there_is_nobody_to_restore(graph: Graph, house: House, contoso: Place):
    sam = await world.guest(contoso, ROBIN)
    caller = await graph.app(contoso, "User.ReadWrite.All")
    assert (await caller.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(timedelta(days=30) - timedelta(milliseconds=1))
    assert code_of(await _invite(await graph.app(contoso, "User.Invite.All")))[0] == 409
    house.clock.advance(timedelta(milliseconds=1))
    answer = await _invite(await graph.app(contoso, "User.Invite.All"))
    assert answer.status_code == 201
    assert answer.json()["invitedUser"]["id"] != sam.user_id


async def test_fresh_is_no_way_around_a_guest_who_is_here(program: Caller, contoso: Place):
    sam = await world.guest(contoso, ROBIN)
    answer = await _invite(program, startFresh=True)
    assert (answer.status_code, answer.json()["status"]) == (201, "Completed")
    assert answer.json()["invitedUser"]["id"] == sam.user_id


# --- Resets -----------------------------------------------------------------------------------------------------------


def _reset(of: Membership) -> dict[str, Any]:
    return {"resetRedemption": True, "invitedUser": {"id": of.user_id}}


async def test_a_reset_ends_the_old_sign_in_and_keeps_the_object(
    graph: Graph, program: Caller, house: House, contoso: Place
):
    sam = await world.guest(contoso, ROBIN)
    caller = await graph.person(sam, "User.Read", strength=Strength.EMAILED_CODE)
    answer = await _invite(program, **_reset(sam))
    assert answer.status_code == 201
    assert answer.json()["resetRedemption"] is True
    assert answer.json()["invitedUser"]["id"] == sam.user_id
    assert code_of(await caller.get("/v1.0/me"))[0] == 401
    shown = (await program.get(f"/v1.0/users/{sam.user_id}?$select=externalUserState,userPrincipalName")).json()
    assert shown["externalUserState"] == "PendingAcceptance"
    assert shown["userPrincipalName"] == sam.user_principal_name
    ticket = answer.json()["inviteRedeemUrl"].rpartition("/")[2]
    person_id = await world.mailbox_person(house, ROBIN)
    done = await redeeming.redeem(house, person_id=person_id, ticket=ticket, by=world.person_at_pages(person_id))
    assert done.membership.user_id == sam.user_id
    events = [event.type for event in await world.events(contoso)]
    assert events[-2:] == ["membership.resetRedemption", "membership.redeem"]


async def test_a_new_address_has_to_be_on_the_user_first(program: Caller, contoso: Place):
    sam = await world.guest(contoso, ROBIN)
    new = "robin@another.example"
    refused = await _invite(program, new, **_reset(sam))
    assert code_of(refused) == (400, "BadRequest")
    assert "doesn't match any emails" in refused.json()["error"]["message"]
    mails = {"otherMails": [ROBIN, new]}
    assert (await program.patch(f"/v1.0/users/{sam.user_id}", mails)).status_code == 204
    assert (await _invite(program, new, **_reset(sam))).status_code == 201


async def test_resetting_is_a_right_of_its_own(graph: Graph, house: House, contoso: Place):
    sam = await world.guest(contoso, ROBIN)
    inviting_only = await graph.app(contoso, "User.Invite.All")
    assert code_of(await _invite(inviting_only, **_reset(sam)))[0] == 403
    assert (await world.last_event(contoso)).type == "membership.resetRedemption"
    alex = await world.member(contoso, "Alex Wilber")
    await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=HELPDESK_ADMINISTRATOR, user_id=alex.user_id, by=operator()
    )
    await guest_settings.change_guest_settings(house, tenant_id=contoso.id, by=operator(), invites=InvitesFrom.NONE)
    helpdesk = await graph.person(alex, "User.ReadWrite.All")
    assert (await _invite(helpdesk, **_reset(sam))).status_code == 201
    assert code_of(await _invite(helpdesk, "new@elsewhere.example")) == (403, "Forbidden")


async def test_somebody_who_is_not_there_is_not_reset(program: Caller, contoso: Place, fabrikam: Place):
    other = await world.guest(fabrikam, ROBIN)
    assert code_of(await _invite(program, **_reset(other))) == (404, "Request_ResourceNotFound")
    adele = await world.member(contoso, mail="adele@contoso.example")
    answer = await _invite(program, "adele@contoso.example", **_reset(adele))
    assert code_of(answer) == (400, "BadRequest")


# --- Letters ----------------------------------------------------------------------------------------------------------


async def test_no_letter_unless_one_is_asked_for(program: Caller, house: House):
    answer = await _invite(program)
    assert answer.json()["sendInvitationMessage"] is False
    assert await _letters(house) == []


async def test_a_letter_says_what_was_asked(graph: Graph, house: House, contoso: Place):
    adele = await world.member(contoso, mail="adele@contoso.example")
    caller = await graph.person(adele, "User.Invite.All")
    message = {
        "customizedMessageBody": "Welcome!\nSee you.",
        "messageLanguage": "nl-NL",
        "ccRecipients": [
            {"emailAddress": {"name": "First", "address": "first@contoso.example"}},
            {"emailAddress": {"name": "Last", "address": "last@contoso.example"}},
        ],
    }
    answer = await _invite(caller, sendInvitationMessage=True, invitedUserMessageInfo=message)
    [letter] = await _letters(house)
    assert (letter.kind, letter.recipient) == ("invitation", ROBIN)
    assert letter.languages[0] == "nl-NL"
    assert letter.copies == ["last@contoso.example"], "Graph honours one copy: the last"
    assert letter.facts["message"] == "Welcome!\nSee you."
    assert letter.facts["acceptLink"] == answer.json()["inviteRedeemUrl"]
    assert letter.facts["inviter"] == {"name": "Adele Vance", "address": "adele@contoso.example"}


async def test_who_is_in_already_is_told_so(program: Caller, house: House, contoso: Place):
    await world.guest(contoso, ROBIN)
    before = len(await _letters(house))
    assert (await _invite(program, sendInvitationMessage=True)).json()["status"] == "Completed"
    assert [letter.kind for letter in (await _letters(house))[before:]] == ["invitationNothingToDo"]


async def test_twenty_letters_a_day_over_all_organizations(graph: Graph, house: House, contoso: Place, fabrikam: Place):
    assert isinstance(house.clock, StoppedClock)
    here, there = await graph.app(contoso, "User.Invite.All"), await graph.app(fabrikam, "User.Invite.All")
    answers = [
        await _invite(here if number % 2 else there, "Robin@Elsewhere.Example", sendInvitationMessage=True)
        for number in range(20)
    ]
    assert {answer.status_code for answer in answers} == {201}
    user_id = answers[-1].json()["invitedUser"]["id"]
    house.clock.advance(timedelta(minutes=50))
    reading = await house.store.read()
    before = await invitations.of_user(reading, contoso.id, user_id)
    refused = await _invite(here, sendInvitationMessage=True)
    assert code_of(refused) == (429, "TooManyRequests")
    wait = int(refused.headers["retry-after"])
    assert timedelta(hours=23) < timedelta(seconds=wait) <= timedelta(hours=24)
    after = await invitations.of_user(await house.store.read(), contoso.id, user_id)
    assert after == before, "nothing is created, and the old link still works"
    assert len(await _letters(house)) == 20
    # One that wants no letter is no trouble, and tomorrow is another day.
    assert (await _invite(here)).status_code == 201
    house.clock.advance(timedelta(seconds=wait))
    assert (await _invite(await graph.app(contoso, "User.Invite.All"), sendInvitationMessage=True)).status_code == 201


async def test_the_new_link_is_the_one_that_works(program: Caller, house: House, contoso: Place):
    tickets = [(await _invite(program)).json()["inviteRedeemUrl"].rpartition("/")[2] for _ in range(2)]
    person_id = await world.mailbox_person(house, ROBIN)
    by = world.person_at_pages(person_id)
    with pytest.raises(Refused) as refused:
        await redeeming.redeem(house, person_id=person_id, ticket=tickets[0], by=by)
    assert refused.value.reason is Reason.INVITATION_DEAD
    await redeeming.redeem(house, person_id=person_id, ticket=tickets[1], by=by)


async def test_a_restricted_guest_invites_and_learns_nothing(graph: Graph, house: House, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    await guest_settings.change_guest_settings(
        house, tenant_id=contoso.id, by=operator(), access=GuestAccess.RESTRICTED
    )
    caller = await graph.person(sam, "User.Invite.All", "User.Read", strength=Strength.EMAILED_CODE)
    made = await _invite(caller)
    assert made.status_code == 201
    assert code_of(await caller.get(f"/v1.0/users/{made.json()['invitedUser']['id']}"))[0] in {403, 404}
