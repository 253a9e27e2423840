"""``auditLogs/provisioning`` over HTTP: what a client pushed is a row, what others did is none."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import world
from tests.support.graph import Caller, code_of
from tests.support.scim import Client, Scim
from tests.support.world import Place
from vestibule.actions import assigning, directory_users, erasing, grouping, leaving
from vestibule.doors.scim.routing import ROUTES
from vestibule.ground.clock import StoppedClock
from vestibule.rules.activities import event_type, is_audited
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.pushes import Action, action_of
from vestibule.rules.roles import (
    APPLICATION_ADMINISTRATOR,
    CLOUD_APPLICATION_ADMINISTRATOR,
    GROUPS_ADMINISTRATOR,
    REPORTS_READER,
    SECURITY_OPERATOR,
)
from vestibule.rules.verbs import Verb

AT = "/v1.0/auditLogs/provisioning"


@pytest.fixture
async def reader(scim: Scim, contoso: Place) -> Caller:
    """A program that reads this log and nothing else."""
    return await scim.graph.app(contoso, "ProvisioningLog.Read.All")


async def rows(caller: Caller, wanted: str = "", more: str = "") -> list[dict[str, Any]]:
    query = "&".join(part for part in (f"$filter={quote(wanted)}" if wanted else "", more) if part)
    answer = await caller.get(f"{AT}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["value"]
    return found


def said(found: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (row["provisioningAction"], row["targetIdentity"]["identityType"], row["provisioningStatusInfo"]["status"])
        for row in found
    ]


async def test_a_life_that_a_client_pushed(client: Client, contoso: Place, reader: Caller):
    made = await client.create("/Users", userName="ann@contoso.example", displayName="Ann", externalId="E-7")
    path = f"/Users/{made['id']}"
    await client.patch(path, {"op": "replace", "path": "title", "value": "Head"})
    await client.patch(path, {"op": "replace", "path": "active", "value": False})
    await client.patch(path, {"op": "replace", "path": "active", "value": True})
    assert (await client.ask("DELETE", path)).status_code == 204
    found = await rows(reader, more="$orderby=activityDateTime asc")
    assert said(found) == [
        (action, "User", "success") for action in ("create", "update", "disable", "update", "stagedDelete")
    ]
    for row in found:
        assert row["targetIdentity"] == {
            "id": made["id"],
            "displayName": "Ann",
            "identityType": "User",
            "details": {"UserPrincipalName": "ann@contoso.example"},
        }
        assert (row["sourceIdentity"]["id"], row["sourceIdentity"]["displayName"]) == ("E-7", None)
        assert row["sourceSystem"]["id"] == client.client_id
        assert row["targetSystem"] == {"id": contoso.id, "displayName": "Contoso", "details": {}}
        assert row["servicePrincipal"]["id"] == row["sourceSystem"]["details"]["ServicePrincipalId"]
        assert row["initiatedBy"]["initiatorType"] == "application"
        assert (row["tenantId"], row["durationInMilliseconds"]) == (contoso.id, None)
        assert row["provisioningStatusInfo"]["errorInformation"] is None
        assert [step["provisioningStepType"] for step in row["provisioningSteps"]] == ["import", "export"]
    assert found[1]["modifiedProperties"] == [{"displayName": "jobTitle", "oldValue": None, "newValue": "Head"}]
    assert found[2]["modifiedProperties"] == [
        {"displayName": "AccountEnabled", "oldValue": "[true]", "newValue": "[false]"}
    ]
    assert len({row["jobId"] for row in found}) == 1
    assert len({row["cycleId"] for row in found}) == len({row["changeId"] for row in found}) == 5


async def test_groups_and_who_is_in_them(client: Client, contoso: Place, reader: Caller):
    ann = (await client.create("/Users", userName="ann@contoso.example"))["id"]
    ben = (await client.create("/Users", userName="ben@contoso.example"))["id"]
    group = await client.create("/Groups", displayName="Readers", externalId="G-1", members=[{"value": ann}])
    path = f"/Groups/{group['id']}"
    await client.patch(path, {"op": "add", "path": "members", "value": [{"value": ben}]})
    await client.patch(path, {"op": "remove", "path": f'members[value eq "{ann}"]'})
    await client.patch(path, {"op": "replace", "path": "displayName", "value": "Writers"})
    assert (await client.ask("DELETE", path)).status_code == 204
    found = await rows(reader, f"targetIdentity/id eq '{group['id']}'", "$orderby=activityDateTime asc")
    assert {row["targetIdentity"]["identityType"] for row in found} == {"Group"}
    assert {row["sourceIdentity"]["id"] for row in found} == {"G-1"}
    of_members = [row["modifiedProperties"] for row in found if row["modifiedProperties"][:1]]
    assert [{"displayName": "members", "oldValue": None, "newValue": ben}] in of_members
    assert [{"displayName": "members", "oldValue": ann, "newValue": None}] in of_members
    assert [row["provisioningAction"] for row in found][-3:] == ["update", "update", "stagedDelete"]
    assert found[0]["provisioningAction"] == "create"


async def test_what_others_do_is_no_row(client: Client, contoso: Place, reader: Caller):
    made = await client.create("/Users", userName="ann@contoso.example")
    for user_id in (made["id"], contoso.administrator.user_id):
        await directory_users.update_user(
            contoso.house, tenant_id=contoso.id, user_id=user_id, changes={"jobTitle": "Head"}, by=operator()
        )
    assert said(await rows(reader)) == [("create", "User", "success")]


async def test_who_left_by_choice_is_skipped_and_why_is_said(
    scim: Scim, client: Client, contoso: Place, reader: Caller
):
    guest = await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    await client.patch(f"/Users/{guest.user_id}", {"op": "add", "path": "externalId", "value": "S-1"})
    await leaving.leave(contoso.house, tenant_id=contoso.id, by=world.at_portal(guest), key="k")
    refused = await client.ask("POST", "/Users", {"userName": "sam@elsewhere.example"})
    assert refused.status_code == 409
    [row] = await rows(reader, "provisioningStatusInfo/status eq 'skipped'")
    assert row["provisioningAction"] == "create"
    assert row["provisioningStatusInfo"]["errorInformation"] == {
        "errorCode": "leftByChoice",
        "reason": "The person left by choice. Only an invitation that they accept brings them back.",
        "additionalDetails": None,
        "errorCategory": "nonServiceFailure",
        "recommendedAction": None,
    }
    assert (row["targetIdentity"]["id"], row["sourceIdentity"]["id"]) == (guest.user_id, "S-1")
    assert row["provisioningSteps"][1] == {
        "name": "EntryExportAdd",
        "provisioningStepType": "export",
        "status": "skipped",
        "description": "User was left alone, as the person decided.",
        "details": {},
    }


async def test_a_taken_name_is_a_failure_that_names_the_property_and_nobody(
    client: Client, contoso: Place, reader: Caller
):
    await client.create("/Users", userName="ann@contoso.example")
    assert (await client.ask("POST", "/Users", {"userName": "ann@contoso.example"})).status_code == 409
    [row] = await rows(reader, "provisioningStatusInfo/status eq 'failure'")
    failed = row["provisioningStatusInfo"]["errorInformation"]
    assert (failed["errorCode"], failed["additionalDetails"]) == ("duplicateValue", "property: userPrincipalName")
    assert "userPrincipalName" in failed["reason"]
    assert row["targetIdentity"] == {"id": None, "displayName": None, "identityType": "User", "details": {}}
    assert row["modifiedProperties"] == []
    assert "ann" not in str(row)


async def test_what_a_client_may_not_decide_is_a_failure(client: Client, contoso: Place, reader: Caller):
    member = await world.member(contoso, "Megan Bowen")
    refused = await client.ask("DELETE", f"/Users/{member.user_id}")
    assert refused.status_code == 403
    [row] = await rows(reader)
    assert said([row]) == [("stagedDelete", "User", "failure")]
    assert row["provisioningStatusInfo"]["errorInformation"]["additionalDetails"] == "why: notBrought"
    assert row["targetIdentity"]["id"] == member.user_id


async def test_after_a_data_removal_the_row_names_nobody(client: Client, contoso: Place, reader: Caller):
    made = await client.create("/Users", userName="sam@elsewhere.example", displayName="Sam Rivers", externalId="S-1")
    assert (await client.ask("DELETE", f"/Users/{made['id']}")).status_code == 204
    await erasing.purge(contoso.house, tenant_id=contoso.id, user_id=made["id"], by=operator())
    await erasing.erase(contoso.house, tenant_id=contoso.id, user_id=made["id"])
    found = await rows(reader)
    assert [one[0] for one in said(found)] == ["stagedDelete", "create"]
    for row in found:
        assert row["sourceIdentity"]["id"] is None
        assert row["targetIdentity"]["id"] != made["id"]
        assert row["targetIdentity"]["displayName"].startswith("Removed user ")
        assert row["targetIdentity"]["details"] == {}
        for trace in ("Sam", "sam@", "S-1", made["id"]):
            assert trace not in str(row)


async def test_pages_filters_and_one_row(client: Client, contoso: Place, reader: Caller):
    clock = contoso.house.clock
    assert isinstance(clock, StoppedClock)
    for number in range(5):
        await client.create("/Users", userName=f"user{number}@contoso.example", externalId=f"E-{number}")
        clock.advance(timedelta(minutes=1))
    everything = await rows(reader)
    assert [row["sourceIdentity"]["id"] for row in everything] == [f"E-{number}" for number in (4, 3, 2, 1, 0)]
    at = f"{AT}?$top=2"
    seen: list[dict[str, Any]] = []
    while at:
        page = (await reader.get(at)).json()
        assert len(page["value"]) <= 2
        seen += page["value"]
        at = page.get("@odata.nextLink", "").removeprefix("https://vestibule.example")
    assert seen == everything
    middle = everything[2]["activityDateTime"]
    assert len(await rows(reader, f"activityDateTime gt {middle}")) == 2
    assert len(await rows(reader, f"activityDateTime le {middle} and provisioningAction eq 'create'")) == 3
    assert [r["id"] for r in await rows(reader, "sourceIdentity/id eq 'E-3'")] == [everything[1]["id"]]
    assert len(await rows(reader, "contains(targetIdentity/displayName, 'user')")) == 5
    assert await rows(reader, "contains(jobId, 'nobody')") == []
    narrow = (await reader.get(f"{AT}?$top=1&$filter=sourceIdentity/id eq 'E-0'")).json()
    assert ([r["id"] for r in narrow["value"]], "@odata.nextLink" in narrow) == ([everything[4]["id"]], False)
    one = await reader.get(f"{AT}/{everything[0]['id']}?$select=id,provisioningAction")
    assert {name: value for name, value in one.json().items() if not name.startswith("@")} == {
        "id": everything[0]["id"],
        "provisioningAction": "create",
    }


async def test_an_event_of_another_door_is_not_found_by_its_id(scim: Scim, contoso: Place, reader: Caller):
    await world.member(contoso, "Megan Bowen")
    told = await world.last_event(contoso)
    assert code_of(await reader.get(f"{AT}/{told.record['event_id']}"))[0] == 404
    assert code_of(await reader.get(f"{AT}/nonsense"))[0] == 404


async def test_another_organization_sees_nothing_of_it(scim: Scim, client: Client, contoso: Place):
    fabrikam = await world.organization(contoso.house, "Fabrikam")
    made = await client.create("/Users", userName="ann@contoso.example")
    there = await scim.graph.app(fabrikam, "AuditLog.Read.All")
    assert await rows(there) == []
    here = await scim.graph.app(contoso, "AuditLog.Read.All")
    [row] = await rows(here)
    assert row["targetIdentity"]["id"] == made["id"]
    assert code_of(await there.get(f"{AT}/{row['id']}"))[0] == 404


async def test_a_person_behind_a_program_is_the_initiator(scim: Scim, contoso: Place, reader: Caller):
    by_hand = await scim.person(contoso.administrator)
    await by_hand.create("/Users", userName="ann@contoso.example")
    [row] = await rows(reader)
    assert row["initiatedBy"] == {
        "id": contoso.administrator.user_id,
        "displayName": contoso.administrator.display_name,
        "initiatorType": "user",
    }


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (REPORTS_READER, 200),
        (SECURITY_OPERATOR, 200),
        (APPLICATION_ADMINISTRATOR, 200),
        (CLOUD_APPLICATION_ADMINISTRATOR, 200),
        (GROUPS_ADMINISTRATOR, 403),
    ],
)
async def test_roles_that_read_it(scim: Scim, contoso: Place, role: str, status: int):
    holder = await world.member(contoso, "Holder")
    of: dict[str, Any] = {"tenant_id": contoso.id, "user_id": holder.user_id, "by": operator()}
    await assigning.assign_role(contoso.house, role_id=role, **of)
    caller = await scim.graph.person(holder, "ProvisioningLog.Read.All")
    assert (await caller.get(AT)).status_code == status
    plain = await scim.graph.person(holder, "User.Read")
    assert (await plain.get(AT)).status_code == 403


async def test_who_reads_this_log_alone_reads_no_other(reader: Caller):
    assert (await reader.get(AT)).status_code == 200
    assert (await reader.get("/v1.0/auditLogs/directoryAudits")).status_code == 403
    assert (await reader.get("/v1.0/auditLogs/signIns")).status_code == 403


async def test_groups_of_others_are_told_by_their_name(client: Client, contoso: Place, reader: Caller):
    """A group that the client did not bring has no id of the client's."""
    made = await grouping.create_group(
        contoso.house, NewGroup("Readers", "readers"), tenant_id=contoso.id, by=operator(), member_ids=[]
    )
    ann = (await client.create("/Users", userName="ann@contoso.example"))["id"]
    await client.patch(f"/Groups/{made.group_id}", {"op": "add", "path": "members", "value": [{"value": ann}]})
    [row] = await rows(reader, "targetIdentity/identityType eq 'Group'")
    assert (row["targetIdentity"]["displayName"], row["sourceIdentity"]["id"]) == ("Readers", None)


def test_every_event_that_a_client_causes_has_an_action():
    asked = {route.verb for route in ROUTES if is_audited(route.verb)}
    besides = {Verb.INVITE, Verb.ENABLE, Verb.DISABLE, Verb.ADD_MEMBER, Verb.REMOVE_MEMBER}
    assert {verb for verb in asked | besides if action_of(event_type(verb)) is Action.OTHER} == set()
