"""Microsoft's SDKs, unmodified, over TLS against the real server: what hangs on users and groups, pages, refusals."""

import ssl
import warnings
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.clients import test_msgraph_sdk as base
from tests.clients.test_msgraph_sdk import Office

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # kiota imports what it calls deprecated itself
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.generated.groups.groups_request_builder import GroupsRequestBuilder
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.invitation import Invitation
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.reference_create import ReferenceCreate
    from msgraph.generated.models.reference_update import ReferenceUpdate
    from msgraph.generated.models.user import User
    from msgraph.generated.users.item.check_member_groups.check_member_groups_post_request_body import (
        CheckMemberGroupsPostRequestBody,
    )
    from msgraph.generated.users.item.get_member_objects.get_member_objects_post_request_body import (
        GetMemberObjectsPostRequestBody,
    )
    from msgraph.generated.users.item.user_item_request_builder import UserItemRequestBuilder
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_beta.generated.models.user import User as BetaUser  # type: ignore[import-untyped]
    from msgraph_beta.graph_request_adapter import GraphRequestAdapter as BetaAdapter  # type: ignore[import-untyped]
    from msgraph_beta.graph_request_adapter import options as beta_options
    from msgraph_beta.graph_service_client import GraphServiceClient as BetaClient  # type: ignore[import-untyped]
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped] # comes without types
    from msgraph_core.tasks.page_iterator import PageIterator  # type: ignore[import-untyped]

pytestmark = base.pytestmark
office = base.office
graph = base.graph


@pytest.fixture
async def beta(office: Office) -> AsyncIterator[BetaClient]:
    """The SDK for beta, pointed at the server."""
    provider = AzureIdentityAuthenticationProvider(office.credential(), allowed_hosts=["localhost"])
    trusted = ssl.create_default_context(cafile=str(office.authority))
    async with httpx.AsyncHTTPTransport(verify=trusted) as transport:
        plain = httpx.AsyncClient(transport=transport)
        http = GraphClientFactory.create_with_default_middleware(client=plain, options=beta_options)
        adapter = BetaAdapter(provider, client=http)
        adapter.base_url = f"{office.origin}/beta"
        yield BetaClient(request_adapter=adapter)


async def _member(graph: GraphServiceClient, name: str) -> str:
    nickname = name.split(maxsplit=1)[0].lower()
    made = await graph.users.post(
        User(
            account_enabled=True,
            display_name=name,
            mail_nickname=nickname,
            user_principal_name=f"{nickname}@contoso.example",
            password_profile=PasswordProfile(password="a long way to Tipperary"),
        )
    )
    assert made is not None
    return made.id or ""


def _object(office: Office, object_id: str) -> str:
    return f"{office.origin}/v1.0/directoryObjects/{object_id}"


async def test_who_answers_for_whom(graph: GraphServiceClient, office: Office):
    adele, alex = await _member(graph, "Adele Vance"), await _member(graph, "Alex Wilber")
    item = graph.users.by_user_id(adele)
    await item.manager.ref.put(ReferenceUpdate(odata_id=_object(office, alex)))
    manager = await item.manager.get()
    assert isinstance(manager, User)
    assert (manager.id, manager.display_name) == (alex, "Alex Wilber")
    query = UserItemRequestBuilder.UserItemRequestBuilderGetQueryParameters(expand=["manager($select=id)"])
    one = await item.get(RequestConfiguration(query_parameters=query))
    assert one is not None
    assert one.manager is not None
    assert one.manager.id == alex
    reports = await graph.users.by_user_id(alex).direct_reports.get()
    assert reports is not None
    assert [(type(each), each.id) for each in reports.value or []] == [(User, adele)]
    await item.manager.ref.delete()
    with pytest.raises(ODataError) as nobody:
        await item.manager.get()
    assert nobody.value.response_status_code == 404


async def test_sponsors_and_groups_of_a_guest(graph: GraphServiceClient, office: Office, beta: BetaClient):
    dana = await _member(graph, "Dana Vance")
    made = await graph.invitations.post(
        Invitation(invited_user_email_address="kim@elsewhere.example", invite_redirect_url="https://apps.example/")
    )
    assert made is not None
    assert made.invited_user is not None
    guest = made.invited_user.id or ""
    item = graph.users.by_user_id(guest)
    await item.sponsors.ref.post(ReferenceCreate(odata_id=_object(office, dana)))
    sponsors = await item.sponsors.get()
    assert sponsors is not None
    assert [each.id for each in sponsors.value or []] == [dana]
    guests = await graph.users.by_user_id(dana).sponsor_of.get()
    assert guests is not None
    assert [each.id for each in guests.value or []] == [guest]
    await item.sponsors.by_directory_object_id(dana).ref.delete()

    group = await graph.groups.post(
        Group(display_name="Visitors", mail_nickname="visitors", mail_enabled=False, security_enabled=True,
              unique_name="visitors")
    )  # fmt: skip
    assert group is not None
    group_id = group.id or ""
    await graph.groups.by_group_id(group_id).members.ref.post(ReferenceCreate(odata_id=_object(office, guest)))
    cast = await item.member_of.graph_group.get()
    assert cast is not None
    assert [(type(each), each.id) for each in cast.value or []] == [(Group, group_id)]
    objects = await item.get_member_objects.post(GetMemberObjectsPostRequestBody(security_enabled_only=True))
    assert objects is not None
    assert objects.value == [group_id]
    checked = await item.check_member_groups.post(CheckMemberGroupsPostRequestBody(group_ids=[group_id, dana]))
    assert checked is not None
    assert checked.value == [group_id]
    named = await graph.groups_with_unique_name("visitors").get()
    assert named is not None
    assert named.id == group_id
    inviter = await beta.users.by_user_id(guest).invited_by.get()
    assert inviter is not None  # the program itself: an app invited them
    assert inviter.odata_type == "#microsoft.graph.servicePrincipal"
    same = await beta.users.by_user_id(guest).get()
    assert isinstance(same, BetaUser)
    assert same.refresh_tokens_valid_from_date_time is None  # only when asked for


async def test_the_page_iterator_walks_to_the_end(graph: GraphServiceClient):
    for number in range(7):
        await _member(graph, f"Walker{number} Counts")
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter="startsWith(displayName,'Walker')", select=["id", "displayName"], top=3
    )
    first = await graph.users.get(RequestConfiguration(query_parameters=query))
    assert first is not None
    found: list[str] = []

    def note(user: Any) -> bool:
        found.append(user.display_name)
        return True

    await PageIterator(first, graph.request_adapter).iterate(note)
    assert sorted(found) == [f"Walker{number} Counts" for number in range(7)]


async def test_what_is_not_served_raises_the_sdks_own_error(graph: GraphServiceClient):
    with pytest.raises(ODataError) as unserved:
        await graph.devices.get()
    assert unserved.value.response_status_code == 501
    assert unserved.value.error is not None
    assert unserved.value.error.code == "NotImplemented"
    with pytest.raises(ODataError) as missing:
        await graph.users.by_user_id("nobody@contoso.example").restore.post()
    assert missing.value.response_status_code == 404
    query = GroupsRequestBuilder.GroupsRequestBuilderGetQueryParameters(select=["shoeSize"])
    with pytest.raises(ODataError) as wrong:
        await graph.groups.get(RequestConfiguration(query_parameters=query))
    assert wrong.value.response_status_code == 400
