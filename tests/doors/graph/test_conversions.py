"""External users become internal and internal ones external over HTTP: the object stays, who signs in by it changes."""

from typing import Any

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import assigning, group_members, grouping, redeeming, signing_in
from vestibule.actions.house import House
from vestibule.ground.passwords import Passwords
from vestibule.rules import roles
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.lifecycle import Invited, Present, Tie
from vestibule.store import people
from vestibule.store.holdings import IN_GROUPS
from vestibule.store.memberships import Membership

ROBIN = "robin@elsewhere.example"
NEW = "correct horse battery staple"
CONVERTS = "User-ConvertToInternal.ReadWrite.All"


def _convert(user: Membership) -> str:
    return f"/beta/users/{user.user_id}/convertExternalToInternalMemberUser"


async def _in_group(place: Place, user: Membership) -> str:
    group = await grouping.create_group(
        place.house, NewGroup("Partners", "partners"), tenant_id=place.id, by=operator()
    )
    await group_members.add_member(
        place.house, tenant_id=place.id, group_id=group.group_id, user_id=user.user_id, by=operator()
    )
    return group.group_id


async def _signs_in(house: House, email: str, password: str) -> Membership:
    passwords = Passwords(house.chance, workers=1)
    try:
        return await signing_in.check_password(house, passwords, email=email, password=password, network="203.0.113.9")
    finally:
        passwords.close()


async def test_a_guest_becomes_a_member(graph: Graph, contoso: Place):
    guest = await world.guest(contoso, ROBIN, "Robin")
    group_id = await _in_group(contoso, guest)
    theirs = await graph.person(guest, "User.Read")
    admin = await graph.person(contoso.administrator, CONVERTS, "User.Read.All")
    body = {
        "userPrincipalName": "robin@contoso.example",
        "mail": "robin@contoso.example",
        "passwordProfile": {"password": NEW, "forceChangePasswordNextSignIn": False},
    }
    answer = await admin.post(_convert(guest), body)
    assert answer.status_code == 200, answer.text
    details = answer.json()
    assert details.pop("@odata.context").endswith("/beta/$metadata#microsoft.graph.conversionUserDetails")
    assert details.pop("convertedToInternalUserDateTime").endswith("Z")
    assert details == {
        "displayName": "Robin",
        "mail": "robin@contoso.example",
        "userPrincipalName": "robin@contoso.example",
    }
    select = "id,userType,creationType,externalUserState,identities,otherMails,mailNickname"
    shown = (await admin.get(f"/v1.0/users/robin@contoso.example?$select={select}")).json()
    assert (shown["id"], shown["userType"], shown["mailNickname"]) == (guest.user_id, "Member", "robin")
    assert shown["creationType"] is None
    assert shown["externalUserState"] is None
    assert [one["signInType"] for one in shown["identities"]] == ["userPrincipalName"]
    assert (await theirs.get("/v1.0/me")).status_code == 401
    found = await _signs_in(contoso.house, "robin@contoso.example", NEW)
    assert (found.user_id, found.home_tenant, found.standing.tie) == (guest.user_id, contoso.id, Tie.HOME)
    assert await IN_GROUPS.find(await contoso.house.store.read(), contoso.id, guest.user_id, group_id) is not None
    assert await people.ties(await contoso.house.store.read(), guest.person_id or "") == []
    told = await world.last_event(contoso)
    assert told.type == "membership.convertToInternal"
    again = await admin.post(_convert(guest), body)
    assert code_of(again) == (409, "Conflict")


async def test_who_is_not_converted(graph: Graph, contoso: Place, fabrikam: Place):
    waiting, _ = await world.invited(contoso, ROBIN)
    guest = await world.guest(contoso, "sam@elsewhere.example")
    program = await graph.app(contoso, CONVERTS)
    ours = {"userPrincipalName": "robin@contoso.example"}
    assert code_of(await program.post(_convert(waiting), ours)) == (400, "Request_BadRequest")
    taken = {"userPrincipalName": contoso.administrator.user_principal_name}
    assert code_of(await program.post(_convert(guest), taken)) == (400, "Request_BadRequest")
    foreign = {"userPrincipalName": "sam@fabrikam.example"}
    assert code_of(await program.post(_convert(guest), foreign)) == (400, "Request_BadRequest")
    assert code_of(await program.post(_convert(guest), {})) == (400, "Request_BadRequest")
    there = await world.guest(fabrikam, "kim@elsewhere.example")
    assert code_of(await program.post(_convert(there), ours)) == (404, "Request_ResourceNotFound")
    writes = await graph.app(contoso, "User.ReadWrite.All")
    assert code_of(await writes.post(_convert(guest), ours)) == (403, "Authorization_RequestDenied")
    assert code_of(await program.post(_convert(guest).replace("/beta", "/v1.0"), ours))[0] == 400
    await assigning.assign_role(
        contoso.house, tenant_id=contoso.id, user_id=guest.user_id, role_id=roles.USER_ADMINISTRATOR, by=operator()
    )
    assert code_of(await program.post(_convert(guest), ours)) == (403, "Authorization_RequestDenied")


def _invite(user: Membership, address: str = ROBIN, **more: Any) -> dict[str, Any]:
    return {
        "invitedUserEmailAddress": address,
        "inviteRedirectUrl": "https://apps.example/",
        "invitedUser": {"id": user.user_id},
        **more,
    }


async def test_a_member_becomes_external_and_comes_back(graph: Graph, contoso: Place, admin: Caller):
    house = contoso.house
    alex = await world.member(contoso, "Alex Wilber")
    group_id = await _in_group(contoso, alex)
    theirs = await graph.person(alex, "User.Read")
    answer = await admin.post("/v1.0/invitations", _invite(alex))
    assert answer.status_code == 201, answer.text
    sent = answer.json()
    assert (sent["invitedUser"]["id"], sent["invitedUserType"]) == (alex.user_id, "Member")
    assert (await theirs.get("/v1.0/me")).status_code == 401
    assert await people.find_credential(await house.store.read(), alex.person_id or "", "password") is None
    now = await world.again(house, contoso.id, alex.user_id)
    assert (now.standing.tie, type(now.stage), now.person_id) == (Tie.EXTERNAL_MEMBER, Invited, None)
    shown = (await admin.get(f"/v1.0/users/{alex.user_id}?$select=userType,mail,externalUserState")).json()
    assert (shown["userType"], shown["mail"], shown["externalUserState"]) == ("Member", ROBIN, "PendingAcceptance")
    person_id = await world.mailbox_person(house, ROBIN)
    ticket = sent["inviteRedeemUrl"].rpartition("/")[2]
    await redeeming.redeem(house, person_id=person_id, ticket=ticket, by=world.person_at_pages(person_id))
    now = await world.again(house, contoso.id, alex.user_id)
    assert (now.person_id, type(now.stage), now.upn_key) == (person_id, Present, alex.upn_key)
    assert await IN_GROUPS.find(await house.store.read(), contoso.id, alex.user_id, group_id) is not None
    assert [one.type for one in await world.events(contoso)][-2:] == ["membership.inviteInternal", "membership.redeem"]
    rows = await admin.get("/v1.0/auditLogs/directoryAudits?$top=5")
    assert "Invite internal user to B2B collaboration" in [one["activityDisplayName"] for one in rows.json()["value"]]
    # Whoever is external may leave, and may become internal once more: it is the same person as before.
    converts = await graph.app(contoso, CONVERTS)
    back = {"userPrincipalName": alex.user_principal_name, "passwordProfile": {"password": NEW}}
    assert (await converts.post(_convert(alex), back)).status_code == 200
    found = await _signs_in(house, alex.user_principal_name, NEW)
    assert (found.user_id, found.person_id) == (alex.user_id, alex.person_id)


async def test_what_no_internal_invitation_does(graph: Graph, contoso: Place, admin: Caller):
    alex = await world.member(contoso, "Alex Wilber")
    guest = await world.guest(contoso, "sam@elsewhere.example")
    assert code_of(await admin.post("/v1.0/invitations", _invite(guest, "new@elsewhere.example")))[0] == 409
    assert code_of(await admin.post("/v1.0/invitations", _invite(alex, "sam@elsewhere.example")))[0] == 400
    own = await admin.post("/v1.0/invitations", _invite(alex, "alex@contoso.example"))
    assert code_of(own) == (400, "BadRequest")
    last = await admin.post("/v1.0/invitations", _invite(contoso.administrator))
    assert code_of(last) == (403, "Authorization_RequestDenied")
    inviter = await graph.app(contoso, "User.Invite.All")
    assert code_of(await inviter.post("/v1.0/invitations", _invite(alex)))[0] == 403
    assert (await world.again(contoso.house, contoso.id, alex.user_id)).standing.tie is Tie.HOME
