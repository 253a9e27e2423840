"""``auditLogs/directoryAudits`` over HTTP: rows of a life, refused attempts, filters, pages, and removed people."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import erasing
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.store.memberships import Membership

AT = "/v1.0/auditLogs/directoryAudits"
APP = ("Add application", "Add service principal")
LEAVE = "/beta/me/organizations/{}/leave"


async def _rows(caller: Caller, text: str = "", more: str = "") -> list[dict[str, Any]]:
    query = "&".join(part for part in (f"$filter={quote(text)}" if text else "", more) if part)
    answer = await caller.get(f"{AT}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def _named(rows: list[dict[str, Any]]) -> list[str]:
    return [row["activityDisplayName"] for row in rows]


async def _about(caller: Caller, user_id: str) -> list[dict[str, Any]]:
    """The rows about a user, oldest first."""
    return (await _rows(caller, f"targetResources/any(t:t/id eq '{user_id}')", "$orderby=activityDateTime asc"))[:]


@pytest.fixture
async def sam(contoso: Place) -> Membership:
    """A guest by emailed code."""
    return await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")


async def test_a_leave_is_two_rows_of_one_act(graph: Graph, admin: Caller, contoso: Place, sam: Membership):
    caller = await graph.person(sam, "Organizations.Leave")
    left = await caller.post(LEAVE.format(contoso.id), headers={"Idempotency-Key": "k"})
    assert left.status_code == 200
    rows = (await _about(admin, sam.user_id))[-2:]
    assert [(row["activityDisplayName"], row["loggedByService"]) for row in rows] == [
        ("Delete user", "Core Directory"),
        ("Delete external user", "Invited Users"),
    ]
    for row in rows:
        assert row["correlationId"] == left.headers["request-id"]
        assert {"key": "selfService", "value": "true"} in row["additionalDetails"]
        assert (row["result"], row["resultReason"], row["category"]) == ("success", "", "UserManagement")
        assert row["initiatedBy"]["user"]["id"] == sam.user_id
        assert row["initiatedBy"]["app"] is None
        assert row["targetResources"][0]["id"] == sam.user_id
    hard = {"displayName": "Is Hard Deleted", "oldValue": None, "newValue": '"False"'}
    assert rows[0]["targetResources"][0]["modifiedProperties"] == [hard]


async def test_an_administrators_deletion_is_told_apart(admin: Caller, contoso: Place, sam: Membership):
    assert (await admin.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    row = (await _about(admin, sam.user_id))[-1]
    assert row["activityDisplayName"] == "Delete user"
    assert row["additionalDetails"] == []
    assert row["initiatedBy"]["user"]["id"] == contoso.administrator.user_id


async def test_a_refused_leave_is_one_row_with_the_reason(graph: Graph, admin: Caller, contoso: Place, sam: Membership):
    caller = await graph.person(sam, "Organizations.Leave")
    forbid = {"allowExternalIdentitiesToLeave": False}
    assert (await admin.patch("/beta/policies/externalIdentitiesPolicy", forbid)).status_code == 204
    refused = await caller.post(LEAVE.format(contoso.id), headers={"Idempotency-Key": "k"})
    assert code_of(refused) == (403, "organizationForbids")
    [row] = await _rows(admin, "result eq 'failure'")
    assert row["activityDisplayName"] == "Delete user"
    assert (row["result"], row["resultReason"]) == ("failure", "organizationForbids")
    assert row["targetResources"][0]["id"] == sam.user_id
    assert row["targetResources"][0]["modifiedProperties"] == []
    assert row["correlationId"] == refused.headers["request-id"]


async def test_the_rows_of_a_life(graph: Graph, admin: Caller, contoso: Place):
    inviter = await graph.person(await world.member(contoso), "User.Invite.All")
    body = {"invitedUserEmailAddress": "robin@elsewhere.example", "inviteRedirectUrl": "https://apps.example/"}
    invited = (await inviter.post("/v1.0/invitations", body)).json()
    user_id = invited["invitedUser"]["id"]
    assert (await admin.patch(f"/v1.0/users/{user_id}", {"jobTitle": "Buyer"})).status_code == 204
    assert (await admin.patch(f"/v1.0/users/{user_id}", {"accountEnabled": False})).status_code == 204
    assert (await admin.patch(f"/v1.0/users/{user_id}", {"accountEnabled": True})).status_code == 204
    assert (await admin.post(f"/v1.0/users/{user_id}/revokeSignInSessions")).status_code == 200
    assert (await admin.delete(f"/v1.0/users/{user_id}")).status_code == 204
    assert (await admin.post(f"/v1.0/directory/deletedItems/{user_id}/restore")).status_code == 200
    assert (await admin.delete(f"/v1.0/users/{user_id}")).status_code == 204
    assert (await admin.delete(f"/v1.0/directory/deletedItems/{user_id}")).status_code == 204
    rows = await _about(admin, user_id)
    assert _named(rows) == [
        "Invite external user",
        "Add user",
        "Add user sponsor",
        "Update user",
        "Disable account",
        "Update user",
        "Enable account",
        "Update user",
        "Update StsRefreshTokenValidFrom Timestamp",
        "Delete user",
        "Restore user",
        "Delete user",
        "Hard Delete user",
    ]
    assert rows[0]["correlationId"] == rows[2]["correlationId"]
    told = {one["key"]: one["value"] for one in rows[0]["additionalDetails"]}
    assert told == {"InvitationId": invited["id"], "invitedUserEmailAddress": "robin@elsewhere.example"}
    assert rows[-1]["targetResources"][0]["modifiedProperties"] == [
        {"displayName": "Is Hard Deleted", "oldValue": None, "newValue": '"True"'}
    ]


async def test_nobody_stands_for_a_guest_whom_a_program_invites(program: Caller, admin: Caller):
    body = {"invitedUserEmailAddress": "robin@elsewhere.example", "inviteRedirectUrl": "https://apps.example/"}
    invited = (await program.post("/v1.0/invitations", body)).json()
    assert _named(await _about(admin, invited["invitedUser"]["id"])) == ["Invite external user", "Add user"]


async def test_groups_and_roles_name_both_sides(admin: Caller, contoso: Place, sam: Membership):
    new = {"displayName": "Pilots", "mailNickname": "pilots", "mailEnabled": False, "securityEnabled": True}
    group_id = (await admin.post("/v1.0/groups", new)).json()["id"]
    reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/users/{sam.user_id}"}
    assert (await admin.post(f"/v1.0/groups/{group_id}/members/$ref", reference)).status_code == 204
    [row] = await _rows(admin, "activityDisplayName eq 'Add member to group'")
    assert row["category"] == "GroupManagement"
    shown = [(one["type"], one["id"], one["displayName"]) for one in row["targetResources"]]
    assert ("Group", group_id, "Pilots") in shown
    assert any(id_ == sam.user_id for _, id_, _ in shown)
    assert _named(await _rows(admin, f"targetResources/any(t:t/id eq '{group_id}')")) == [
        "Add member to group",
        "Add group",
    ]
    by_name = "targetResources/any(t:startswith(t/displayName,'Pil'))"
    assert len(await _rows(admin, by_name)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("activityDisplayName eq 'Add user'", {"Add user"}),
        ("startswith(activityDisplayName,'Add')", {"Add user", "Add member to role", *APP}),
        ("category eq 'DirectoryManagement'", {"Create company"}),
        ("loggedByService eq 'Invited Users'", {"Invite external user", "Redeem external user invite"}),
        ("result eq 'failure'", set()),
        (
            "initiatedBy/app/displayName eq 'Vestibule command line' and category eq 'RoleManagement'",
            {"Add member to role"},
        ),
        ("activityDateTime lt 2026-03-02T09:30:00Z", set()),
        ("activityDateTime ge 2026-03-02T09:30:00Z and activityDisplayName eq 'Create company'", {"Create company"}),
        ("category eq 'Policy' or activityDisplayName eq 'Create company'", {"Create company"}),
        ("not(category eq 'UserManagement') and category ne 'ApplicationManagement'", None),
    ],
)
async def test_filters(program: Caller, contoso: Place, sam: Membership, text: str, expected: set[str] | None):
    if expected is None:  # Graph does not offer it here
        assert code_of(await program.get(f"{AT}?$filter={quote(text)}"))[0] == 400
    else:
        assert set(_named(await _rows(program, text))) == expected


@pytest.mark.parametrize(
    "query",
    [
        "$filter=shoeSize%20eq%2043",
        "$filter=operationType%20eq%20'Add'",
        "$filter=additionalDetails/any(d:d/key%20eq%20'selfService')",
        "$orderby=category",
        "$top=1001",
        "$top=0",
        "$search=%22a%22",
        "$expand=targetResources",
        "$skiptoken=rubbish",
    ],
)
async def test_what_cannot_be_asked(program: Caller, query: str):
    assert code_of(await program.get(f"{AT}?{query}"))[0] == 400


async def test_filters_by_who_and_which_act(graph: Graph, admin: Caller, contoso: Place, sam: Membership):
    done = await admin.patch(f"/v1.0/users/{sam.user_id}", {"jobTitle": "Buyer"})
    act = done.headers["request-id"]
    assert _named(await _rows(admin, f"correlationId eq '{act}'")) == ["Update user"]
    by_id = f"initiatedBy/user/id eq '{contoso.administrator.user_id}'"
    assert _named(await _rows(admin, by_id)) == ["Update user"]
    by_name = "initiatedBy/user/userPrincipalName eq 'admin@contoso.example'"
    assert _named(await _rows(admin, by_name)) == ["Update user"]
    app = await graph.app(contoso, "User.ReadWrite.All")
    assert (await app.delete(f"/v1.0/users/{sam.user_id}")).status_code == 204
    assert _named(await _rows(admin, f"initiatedBy/app/appId eq '{app.client_id}'")) == ["Delete user"]


@pytest.mark.parametrize("top", [1, 2, 3, 7])
@pytest.mark.parametrize("order", ["", "&$orderby=activityDateTime%20desc", "&$orderby=activityDateTime"])
async def test_pages_hold_every_row_once_also_in_the_middle_of_an_event(
    program: Caller, contoso: Place, sam: Membership, top: int, order: str
):
    whole = [row["id"] for row in await _rows(program, more=order.removeprefix("&"))]
    assert len(whole) > 8
    pages = await program.pages(f"{AT}?$top={top}{order}")
    assert [row["id"] for page in pages for row in page] == whole
    assert [len(page) for page in pages[:-1]] == [top] * (len(pages) - 1)


async def test_newest_first(graph: Graph, house: House, contoso: Place, sam: Membership):
    assert isinstance(house.clock, StoppedClock)
    for title in ("one", "two", "three"):
        house.clock.advance(timedelta(minutes=1))
        caller = await graph.app(contoso, "User.ReadWrite.All")
        assert (await caller.patch(f"/v1.0/users/{sam.user_id}", {"jobTitle": title})).status_code == 204
    reader = await graph.app(contoso, "AuditLog.Read.All")
    rows = (await _rows(reader, "activityDisplayName eq 'Update user'"))[:3]
    new = [row["targetResources"][0]["modifiedProperties"][0]["newValue"] for row in rows]
    assert new == ['"three"', '"two"', '"one"']
    since = "activityDisplayName eq 'Update user' and activityDateTime ge 2026-03-02T09:32:00Z"
    assert len(await _rows(reader, since)) == 2


async def test_one_row(program: Caller, contoso: Place, fabrikam: Place, graph: Graph, sam: Membership):
    row = (await _rows(program, "activityDisplayName eq 'Invite external user'"))[0]
    alone = (await program.get(f"{AT}/{quote(row['id'])}")).json()
    assert alone.pop("@odata.context") == "https://vestibule.example/v1.0/$metadata#auditLogs/directoryAudits/$entity"
    assert alone == row
    for wrong in (f"{row['id']}9", row["id"].replace("Invited Users", "Directory"), "rubbish", "Directory_x_0"):
        assert code_of(await program.get(f"{AT}/{quote(wrong)}")) == (404, "Request_ResourceNotFound")
    elsewhere = await graph.app(fabrikam, *EVERYTHING)
    assert code_of(await elsewhere.get(f"{AT}/{quote(row['id'])}"))[0] == 404
    assert await _rows(elsewhere, f"correlationId eq '{row['correlationId']}'") == []


async def test_whose_data_is_removed_is_called_by_a_label(
    graph: Graph, admin: Caller, house: House, contoso: Place, sam: Membership
):
    caller = await graph.person(sam, "Organizations.Leave")
    assert (await caller.post(LEAVE.format(contoso.id), headers={"Idempotency-Key": "k"})).status_code == 200
    await erasing.purge(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    assert await erasing.erase(house, tenant_id=contoso.id, user_id=sam.user_id) is not None
    answer = await admin.get(f"{AT}?$top=999")
    for trace in ("Sam", "Rivers", "sam@", "sam_", sam.user_id):
        assert trace not in answer.text
    rows = [row for row in answer.json()["value"] if row["activityDisplayName"] == "Delete external user"]
    [row] = rows
    label = row["targetResources"][0]["displayName"]
    assert label.startswith("Removed user ")
    assert row["initiatedBy"]["user"]["displayName"] == label, "the same in every row"
    assert await _about(admin, sam.user_id) == []


async def test_privacy_information_is_found_under_both_of_its_names(admin: Caller, contoso: Place):
    profile = {"privacyProfile": {"contactEmail": "guests@contoso.example"}}
    assert (await admin.patch(f"/v1.0/organization/{contoso.id}", profile)).status_code == 204
    for name in ("Set Company Information", "Update company"):
        [row] = await _rows(admin, f"activityDisplayName eq '{name}'")
        [change] = row["targetResources"][0]["modifiedProperties"]
        assert change["displayName"] == "privacyProfile"
        assert "guests@contoso.example" in change["newValue"]
    forbid = {"allowExternalIdentitiesToLeave": False}
    assert (await admin.patch("/beta/policies/externalIdentitiesPolicy", forbid)).status_code == 204
    [row] = await _rows(admin, "activityDisplayName eq 'Update policy'")
    assert row["targetResources"][0]["modifiedProperties"] == [
        {"displayName": "allowExternalIdentitiesToLeave", "oldValue": "true", "newValue": "false"}
    ]
