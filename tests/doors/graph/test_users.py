"""Users over HTTP: versions, what comes along with a change, who learns what, and the ways back."""

import asyncio
from typing import Any

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import assigning, guest_settings, holding, signing_in
from vestibule.actions.house import House
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Strength, operator
from vestibule.rules.policy import GuestAccess
from vestibule.rules.refusals import Refused
from vestibule.rules.roles import (
    EXTERNAL_IDP_ADMINISTRATOR,
    GLOBAL_ADMINISTRATOR,
    GUEST_INVITER,
    REPORTS_READER,
    USER_ADMINISTRATOR,
)
from vestibule.store.memberships import Membership

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
async def adele(contoso: Place) -> Membership:
    """A member."""
    return await world.member(contoso)


# --- Versions ---------------------------------------------------------------------------------------------------------


async def test_a_version_goes_up_with_each_change(program: Caller, adele: Membership):
    at = f"/v1.0/users/{adele.user_id}"
    assert (await program.get(at)).headers["etag"] == 'W/"1"'
    assert (await program.patch(at, {"jobTitle": "Buyer"})).status_code == 204
    assert (await program.get(f"{at}?$select=id")).headers["etag"] == 'W/"2"'
    assert (await program.patch(at, {"jobTitle": "Buyer"})).status_code == 204
    assert (await program.get(at)).headers["etag"] == 'W/"2"', "what changes nothing is no change"


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ('W/"1"', 204),
        ('"1"', 204),
        ('"7", W/"1"', 204),
        ("*", 204),
        ('W/"2"', 412),
        ('W/"0"', 412),
        ('"x"', 412),
        ("1", 412),
        ("", 412),
    ],
)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_insists_on_the_version_it_read(
    program: Caller, contoso: Place, adele: Membership, method: str, header: str, status: int
):
    body = {"json": {"jobTitle": "Buyer"}} if method == "PATCH" else {}
    answer = await program.ask(method, f"/v1.0/users/{adele.user_id}", headers={"If-Match": header}, **body)
    assert answer.status_code == status
    if status == 412:
        assert code_of(answer) == (412, "preconditionFailed")
        assert (await world.last_event(contoso)).reason == "versionMismatch"
        kept = (await program.get(f"/v1.0/users/{adele.user_id}?$select=jobTitle")).json()
        assert kept["jobTitle"] is None


async def test_of_two_who_read_the_same_one_changes(program: Caller, adele: Membership):
    at = f"/v1.0/users/{adele.user_id}"
    version = (await program.get(at)).headers["etag"]
    asked = [program.patch(at, {"jobTitle": title}, headers={"If-Match": version}) for title in ("A", "B", "C")]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert statuses == [204, 412, 412]


# --- Changes ----------------------------------------------------------------------------------------------------------


async def test_what_was_read_can_be_written_back(program: Caller, adele: Membership):
    at = f"/v1.0/users/{adele.user_id}"
    for select in ("", "?$select=*"):
        read = (await program.get(f"{at}{select}")).json()
        assert (await program.patch(at, read)).status_code == 204, select
    assert (await program.get(at)).headers["etag"] == 'W/"1"'


@pytest.mark.parametrize(
    ("change", "target"),
    [
        ({"id": NOWHERE}, "id"),
        ({"createdDateTime": "2020-01-01T00:00:00Z"}, "createdDateTime"),
        ({"externalUserState": "Accepted"}, "externalUserState"),
        ({"userType": "Guest"}, "userType"),
        ({"displayName": ""}, "displayName"),
        ({"displayName": None}, "displayName"),
        ({"displayName": "a" * 257}, "displayName"),
        ({"displayName": "a\u202eb"}, "displayName"),
        ({"displayName": 5}, "displayName"),
        ({"usageLocation": "XYZ"}, "usageLocation"),
        ({"mail": "nobody"}, "mail"),
        ({"otherMails": ["nobody"]}, "otherMails"),
        ({"businessPhones": ["1", "2"]}, "businessPhones"),
        ({"accountEnabled": None}, "accountEnabled"),
        ({"accountEnabled": "yes"}, "accountEnabled"),
        ({"userPrincipalName": "adele"}, "userPrincipalName"),
        ({"userPrincipalName": "adele@nowhere.example"}, "userPrincipalName"),
        ({"ageGroup": "Old"}, "ageGroup"),
        ({"employeeHireDate": "yesterday"}, "employeeHireDate"),
        ({"passwordProfile": {"password": "x", "forceChange": True}}, None),
        ({"mail@odata.bind": "x"}, None),
    ],
    ids=str,
)
async def test_what_cannot_be_written(program: Caller, adele: Membership, change: dict[str, Any], target: str | None):
    answer = await program.patch(f"/v1.0/users/{adele.user_id}", change)
    assert code_of(answer)[0] == 400
    assert answer.json()["error"].get("target") == target


async def test_everything_of_a_change_happens_or_nothing(program: Caller, contoso: Place, adele: Membership):
    await world.member(contoso, "Alex Wilber", mail="alex@contoso.example")
    at = f"/v1.0/users/{adele.user_id}"
    change = {"jobTitle": "Buyer", "accountEnabled": False, "mail": "alex@contoso.example"}
    refused = await program.patch(at, change)
    assert code_of(refused)[0] == 400
    kept = (await program.get(f"{at}?$select=jobTitle,accountEnabled,mail")).json()
    assert (kept["jobTitle"], kept["accountEnabled"], kept["mail"]) == (None, True, None)


async def test_a_password_is_written_never_read(
    graph: Graph, program: Caller, house: House, contoso: Place, adele: Membership
):
    at = f"/v1.0/users/{adele.user_id}"
    new = {"passwordProfile": {"password": "a long way to Tipperary", "forceChangePasswordNextSignIn": False}}
    assert (await program.patch(at, new)).status_code == 204
    assert (await program.get(f"{at}?$select=passwordProfile")).json()["passwordProfile"] is None
    passwords = Passwords(house.chance, workers=1)
    try:
        email = "adele@contoso.example"
        await signing_in.prove_password(house, passwords, email=email, password="a long way to Tipperary", network="")
        with pytest.raises(Refused):
            await signing_in.prove_password(house, passwords, email=email, password="Tipperary", network="")
    finally:
        passwords.close()
    weak = {"passwordProfile": {"password": "adele@contoso.example"}}
    assert code_of(await program.patch(at, weak)) == (400, "Request_BadRequest")
    sam = await world.guest(contoso, "sam@elsewhere.example")
    refused = await program.patch(f"/v1.0/users/{sam.user_id}", new)
    assert code_of(refused)[0] == 400
    assert "where they come from" in refused.json()["error"]["message"]


async def test_a_new_address_ends_the_invitation_for_the_old_one(program: Caller, contoso: Place):
    waiting, _ = await world.invited(contoso, "robin@elsewhere.example")
    at = f"/v1.0/users/{waiting.user_id}"
    assert (await program.patch(at, {"mail": "robin@another.example"})).status_code == 204
    body = {"invitedUserEmailAddress": "robin@another.example", "inviteRedirectUrl": "https://apps.example/"}
    again = await program.post("/v1.0/invitations", body)
    assert again.json()["invitedUser"]["id"] == waiting.user_id


# --- Ways back --------------------------------------------------------------------------------------------------------


async def test_a_disabled_account_stays_disabled_through_deletion_and_restore(program: Caller, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    at = f"/v1.0/users/{sam.user_id}"
    assert (await program.patch(at, {"accountEnabled": False})).status_code == 204
    assert (await program.delete(at)).status_code == 204
    assert (await program.post(f"/v1.0/directory/deletedItems/{sam.user_id}/restore")).status_code == 200
    assert (await program.get(f"{at}?$select=accountEnabled")).json()["accountEnabled"] is False


async def test_a_legal_hold_keeps_a_deleted_user(program: Caller, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    here: dict[str, Any] = {"tenant_id": contoso.id, "user_id": sam.user_id, "by": contoso.admin}
    one = await holding.set_hold(contoso.house, reason="Claim 17", **here)
    assert (await program.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    at = f"/v1.0/directory/deletedItems/{sam.user_id}"
    refused = await program.delete(at)
    assert code_of(refused) == (409, "Conflict")
    assert "A legal hold" in refused.text
    assert "Claim 17" not in refused.text
    assert (await program.get(at)).status_code == 200
    assert (await program.post(f"{at}/restore")).status_code == 200
    assert (await program.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    await holding.lift_hold(contoso.house, hold_id=one.hold_id, reason="Settled", **here)
    assert (await program.delete(at)).status_code == 204
    assert (await program.get(at)).status_code == 404


async def test_a_name_that_was_taken_meanwhile(program: Caller, contoso: Place, adele: Membership):
    restore = f"/v1.0/directory/deletedItems/{adele.user_id}/restore"
    assert (await program.delete(f"/v1.0/users/{adele.user_id}")).status_code == 204
    second = await world.member(contoso, "Adele Second")
    refused = await program.post(restore)
    assert code_of(refused) == (409, "Conflict")
    assert refused.json()["error"]["details"][0]["target"] == "userPrincipalName"
    for name in ("adele@nowhere.example", "adele", second.user_principal_name):
        assert (await program.post(restore, {"newUserPrincipalName": name})).status_code in {400, 409}
    back = await program.post(restore, {"newUserPrincipalName": "adele.vance@contoso.example"})
    assert back.json()["userPrincipalName"] == "adele.vance@contoso.example"


@pytest.mark.parametrize("body", [{"unknown": 1}, {"newUserPrincipalName": 5}, {"autoReconcileProxyConflict": "x"}])
async def test_what_a_restore_does_not_take(program: Caller, adele: Membership, body: dict[str, Any]):
    assert (await program.delete(f"/v1.0/users/{adele.user_id}")).status_code == 204
    assert code_of(await program.post(f"/v1.0/directory/deletedItems/{adele.user_id}/restore", body))[0] == 400


async def test_a_restore_with_an_empty_body_as_scripts_send_it(program: Caller, adele: Membership):
    kinds: list[dict[str, Any]] = [{"content": b"", "headers": {"Content-Type": "application/json"}}, {"json": {}}]
    for extra in kinds:
        assert (await program.delete(f"/v1.0/users/{adele.user_id}")).status_code == 204
        at = f"/v1.0/directory/deletedItems/{adele.user_id}/restore"
        assert (await program.ask("POST", at, **extra)).status_code == 200


async def test_a_restore_gives_back_no_role_that_the_restorer_could_not_give(
    graph: Graph, house: House, admin: Caller, contoso: Place
):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    for role in (GUEST_INVITER, REPORTS_READER):
        await assigning.assign_role(house, tenant_id=contoso.id, role_id=role, user_id=sam.user_id, by=operator())
    alex = await world.member(contoso, "Alex Wilber")
    await assigning.assign_role(
        house, tenant_id=contoso.id, role_id=USER_ADMINISTRATOR, user_id=alex.user_id, by=operator()
    )
    by_role = await graph.person(await world.again(house, contoso.id, alex.user_id), *EVERYTHING)
    roles = f"/v1.0/users/{sam.user_id}/memberOf/graph.directoryRole?$select=displayName"
    assert len((await admin.get(roles)).json()["value"]) == 2
    for restorer, left in ((admin, 2), (by_role, 0)):
        assert (await admin.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
        assert (await restorer.post(f"/v1.0/directory/deletedItems/{sam.user_id}/restore")).status_code == 200
        assert len((await admin.get(roles)).json()["value"]) == left


# --- Who learns what --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/v1.0/users/{}"),
        ("DELETE", "/v1.0/users/{}"),
        ("POST", "/v1.0/users/{}/revokeSignInSessions"),
        ("POST", "/v1.0/directory/deletedItems/{}/restore"),
        ("DELETE", "/v1.0/directory/deletedItems/{}"),
        ("GET", "/v1.0/directory/deletedItems/{}"),
    ],
)
async def test_who_may_not_act_does_not_learn_who_is_there(
    graph: Graph, contoso: Place, program: Caller, method: str, path: str
):
    alex = await graph.person(await world.member(contoso, "Alex Wilber"), *EVERYTHING)
    present, gone = await world.guest(contoso, "a@x.example"), await world.guest(contoso, "b@x.example")
    assert (await program.delete(f"/v1.0/users/{gone.user_id}")).status_code == 204
    answers = []
    for user_id in (present.user_id, gone.user_id, NOWHERE, "no id"):
        answer = await alex.ask(method, path.format(user_id))
        answers.append((answer.status_code, answer.json()["error"]["message"]))
    assert answers == [(403, "Insufficient privileges to complete the operation.")] * 4


async def test_a_restricted_guest_sees_themselves_alone(graph: Graph, house: House, contoso: Place, adele: Membership):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    caller = await graph.person(sam, "User.Read.All", "Directory.Read.All", strength=Strength.EMAILED_CODE)
    await guest_settings.change_guest_settings(
        house, tenant_id=contoso.id, by=operator(), access=GuestAccess.RESTRICTED
    )
    assert (await caller.get("/v1.0/me")).status_code == 200
    there, nowhere = [await caller.get(f"/v1.0/users/{user_id}") for user_id in (adele.user_id, NOWHERE)]
    assert code_of(there) == (404, "Request_ResourceNotFound")
    assert there.json()["error"]["message"].replace(adele.user_id, "") == (
        "Resource '' does not exist or one of its queried reference-property objects are not present."
    )
    # An id that leads nowhere is asked about as a list would be, which a guest may not read.
    assert code_of(nowhere)[0] in {403, 404}


async def test_a_guest_with_the_rights_of_a_member_reads_like_one(
    graph: Graph, house: House, contoso: Place, adele: Membership
):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    caller = await graph.person(sam, "User.Read.All", strength=Strength.EMAILED_CODE)
    assert code_of(await caller.get("/v1.0/users"))[0] == 403
    await guest_settings.change_guest_settings(house, tenant_id=contoso.id, by=operator(), access=GuestAccess.AS_MEMBER)
    assert len((await caller.get("/v1.0/users")).json()["value"]) == 3


async def test_administrators_act_on_those_below_them(graph: Graph, house: House, contoso: Place, admin: Caller):
    async def with_role(name: str, role: str) -> tuple[Membership, Caller]:
        who = await world.member(contoso, name)
        await assigning.assign_role(house, tenant_id=contoso.id, role_id=role, user_id=who.user_id, by=operator())
        who = await world.again(house, contoso.id, who.user_id)
        return who, await graph.person(who, *EVERYTHING)

    users, users_caller = await with_role("Uma Admin", USER_ADMINISTRATOR)
    other, other_caller = await with_role("Otto Admin", GLOBAL_ADMINISTRATOR)
    external, external_caller = await with_role("Ida Admin", EXTERNAL_IDP_ADMINISTRATOR)
    assert code_of(await users_caller.delete(f"/v1.0/users/{other.user_id}"))[0] == 403
    assert code_of(await users_caller.patch(f"/v1.0/users/{external.user_id}", {"accountEnabled": False}))[0] == 403
    assert (await other_caller.delete(f"/v1.0/users/{users.user_id}")).status_code == 204
    assert code_of(await users_caller.get("/v1.0/me"))[0] == 401
    # Who looks after external identities restores and purges guests, and no members.
    sam = await world.guest(contoso, "sam@elsewhere.example")
    assert (await admin.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    deleted = (await external_caller.get("/v1.0/directory/deletedItems/graph.user")).json()["value"]
    assert [one["id"] for one in deleted] == [sam.user_id], "members are left out"
    assert code_of(await external_caller.get(f"/v1.0/directory/deletedItems/{users.user_id}"))[0] == 403
    assert code_of(await external_caller.post(f"/v1.0/directory/deletedItems/{users.user_id}/restore"))[0] == 403
    assert (await external_caller.post(f"/v1.0/directory/deletedItems/{sam.user_id}/restore")).status_code == 200
    assert code_of(await external_caller.delete(f"/v1.0/users/{sam.user_id}"))[0] == 403
    assert (await admin.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    assert (await external_caller.delete(f"/v1.0/directory/deletedItems/{sam.user_id}")).status_code == 204


async def test_by_name_or_by_id_it_is_the_same_user(program: Caller, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example")
    named = sam.user_principal_name.replace("#", "%23")
    paths = (
        f"/v1.0/users/{sam.user_id}",
        f"/v1.0/users/{named}",
        f"/v1.0/users/{named.upper()}",
        f"/v1.0/users('{named}')",
        f"/v1.0/Users('{sam.user_id}')",
        f"/v1.0/users({sam.user_id})",
    )
    answers = [(await program.get(f"{path}?$select=id")).json()["id"] for path in paths]
    assert answers == [sam.user_id] * len(paths)
    assert code_of(await program.get("/v1.0/users/nobody@contoso.example"))[0] == 404
    assert code_of(await program.get("/v1.0/users/%2e%2e"))[0] == 404
