"""Microsoft's SDKs, unmodified, over TLS: references, what can be followed, exports, and who becomes internal."""

import warnings
from typing import Any

import pytest

from tests.clients import test_msgraph_relations as base
from tests.clients.test_msgraph_sdk import Office

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # kiota imports what it calls deprecated itself
    from kiota_abstractions.api_error import APIError
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.invitation import Invitation
    from msgraph.generated.models.reference_create import ReferenceCreate
    from msgraph.generated.models.reference_update import ReferenceUpdate
    from msgraph.generated.models.user import User
    from msgraph.generated.users.item.export_personal_data.export_personal_data_post_request_body import (
        ExportPersonalDataPostRequestBody,
    )
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_beta.generated.users.item.convert_external_to_internal_member_user import (  # type: ignore[import-untyped]
        convert_external_to_internal_member_user_post_request_body as converting,
    )
    from msgraph_beta.graph_service_client import GraphServiceClient as BetaClient  # type: ignore[import-untyped]

pytestmark = base.pytestmark
office = base.office
graph = base.graph
beta = base.beta
_member, _object = base._member, base._object


async def test_references_are_addresses(graph: GraphServiceClient, office: Office):
    lee, kim = await _member(graph, "Lee Vance"), await _member(graph, "Kim Wilber")
    await graph.users.by_user_id(lee).manager.ref.put(ReferenceUpdate(odata_id=_object(office, kim)))
    assert await graph.users.by_user_id(lee).manager.ref.get() == _object(office, kim)
    group = await graph.groups.post(
        Group(display_name="Readers", mail_nickname="readers", mail_enabled=False, security_enabled=True)
    )
    assert group is not None
    item = graph.groups.by_group_id(group.id or "")
    for who in (lee, kim):
        await item.members.ref.post(ReferenceCreate(odata_id=_object(office, who)))
    await item.owners.ref.post(ReferenceCreate(odata_id=_object(office, kim)))
    members, owners = await item.members.ref.get(), await item.owners.ref.get()
    assert members is not None
    assert owners is not None
    assert sorted(members.value or []) == sorted([_object(office, lee), _object(office, kim)])
    assert owners.value == [_object(office, kim)]
    await item.members.by_directory_object_id(lee).ref.delete()
    left = await item.members.ref.get()
    assert left is not None
    assert left.value == [_object(office, kim)]


async def test_everything_there_is_to_follow(graph: GraphServiceClient, office: Office):
    boss, worker = await _member(graph, "Boss Vance"), await _member(graph, "Worker Wilber")
    await graph.users.by_user_id(worker).manager.ref.put(ReferenceUpdate(odata_id=_object(office, boss)))
    people = await graph.users.delta.get()
    assert people is not None
    managed: dict[str, Any] = {one.id or "": one.additional_data.get("manager@delta") for one in people.value or []}
    assert "manager" not in managed
    assert str(boss) in str(managed[worker])
    roles = await graph.directory_roles.delta.get()
    assert roles is not None
    assert roles.odata_delta_link
    assert {one.role_template_id for one in roles.value or []} >= {"95e79109-95c0-4d8e-aee3-d01accf2d47b"}
    apps, principals = await graph.applications.delta.get(), await graph.service_principals.delta.get()
    assert apps is not None
    assert principals is not None
    assert {one.app_id for one in apps.value or []} >= {one.app_id for one in principals.value or []} > set()
    objects = await graph.directory_objects.delta.get()
    assert objects is not None
    assert User in {type(one) for one in objects.value or []}


async def test_a_guest_is_exported_and_becomes_internal(graph: GraphServiceClient, beta: BetaClient):
    made = await graph.invitations.post(
        Invitation(invited_user_email_address="lou@elsewhere.example", invite_redirect_url="https://apps.example/")
    )
    assert made is not None
    assert made.invited_user is not None
    guest = made.invited_user.id or ""
    body = ExportPersonalDataPostRequestBody(storage_location="https://127.0.0.1:9/exports?sig=secret")
    await graph.users.by_user_id(guest).export_personal_data.post(body)
    wanted = converting.ConvertExternalToInternalMemberUserPostRequestBody(user_principal_name="lou@contoso.example")
    waits = beta.users.by_user_id(guest).convert_external_to_internal_member_user
    with pytest.raises(APIError, match="has not redeemed"):
        await waits.post(wanted)
