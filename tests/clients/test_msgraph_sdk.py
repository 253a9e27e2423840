"""Microsoft's own SDK, unmodified, against the real server over TLS: a guest from the invitation to the restore."""

import base64
import json
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential

from tests.commands.conftest import Desk, closing, initialise
from tests.support.ports import free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # kiota imports what it calls deprecated itself
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.generated.applications.item.add_password.add_password_post_request_body import (
        AddPasswordPostRequestBody,
    )
    from msgraph.generated.models.app_role import AppRole
    from msgraph.generated.models.app_role_assignment import AppRoleAssignment
    from msgraph.generated.models.application import Application
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.invitation import Invitation
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.password_credential import PasswordCredential
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.reference_create import ReferenceCreate
    from msgraph.generated.models.service_principal import ServicePrincipal
    from msgraph.generated.models.user import User
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped] # comes without types

# The SDK warns of its own classes, whatever a caller does.
pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

PERMISSIONS = (
    "User.ReadWrite.All",
    "User.Invite.All",
    "User.DeleteRestore.All",
    "Group.ReadWrite.All",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "RoleManagement.Read.Directory",
    "User.Export.All",
    "User-ConvertToInternal.ReadWrite.All",
)
GRAPH = "00000003-0000-0000-c000-000000000000"
READ_ALL_USERS = "df021288-bdef-4463-88db-98f22de89214"
RUN = UUID("99999999-2222-4333-8444-555555555555")


@dataclass
class Office:
    """A running server, and an app of Contoso there."""

    origin: str
    authority: Path
    tenant_id: str
    client_id: str
    secret: str

    def credential(self, secret: str = "") -> ClientSecretCredential:
        """The app's credential, as azure-identity makes it."""
        return ClientSecretCredential(
            self.tenant_id,
            self.client_id,
            secret or self.secret,
            authority=self.origin,
            disable_instance_discovery=True,
            connection_verify=str(self.authority),
        )


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The real server, with a certificate for localhost."""
    data: Path = tmp_path_factory.mktemp("sdk") / "data"
    for one in closing(Desk(data)):
        done = initialise(one)
        assert done.status == 0, done.err
        port = free_port()
        permissions = [word for name in PERMISSIONS for word in ("--application-permission", name)]
        app = one.json("app", "create", "--organization", "contoso.example", "--name", "Sync", *permissions,
                       "--grant-admin-consent")  # fmt: skip
        origin = f"https://localhost:{port}"
        one.serve("--port", port, "--tls-dev", public_url=origin).ready()
        yield Office(origin, data / "ca.pem", app["tenantId"], app["clientId"], app["clientSecret"])


@pytest.fixture
async def graph(office: Office) -> AsyncIterator[GraphServiceClient]:
    """The SDK's client as its documentation makes it, pointed at the server."""
    provider = AzureIdentityAuthenticationProvider(office.credential(), allowed_hosts=["localhost"])
    trusted = ssl.create_default_context(cafile=str(office.authority))
    # The SDK puts a transport of its own around this one, and does not close it.
    async with httpx.AsyncHTTPTransport(verify=trusted) as transport:
        plain = httpx.AsyncClient(transport=transport)
        http = GraphClientFactory.create_with_default_middleware(client=plain, options=options)
        adapter = GraphRequestAdapter(provider, client=http)
        adapter.base_url = f"{office.origin}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def _guests() -> RequestConfiguration[Any]:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter="userType eq 'Guest'", select=["id", "mail", "userType", "externalUserState"], count=True
    )
    asked = RequestConfiguration(query_parameters=query)
    asked.headers.add("ConsistencyLevel", "eventual")
    return asked


async def test_a_guest_from_the_invitation_to_the_restore(graph: GraphServiceClient, office: Office):
    made = await graph.invitations.post(
        Invitation(
            invited_user_email_address="robin@elsewhere.example",
            invite_redirect_url="https://apps.example/",
            invited_user_display_name="Robin Counts",
        )
    )
    assert made is not None
    assert made.invited_user is not None
    user_id = made.invited_user.id or ""
    assert (made.invite_redeem_url or "").startswith(f"{office.origin}/invitations/")

    listed = await graph.users.get(_guests())
    assert listed is not None
    assert listed.odata_count == 1
    [guest] = listed.value or []
    assert (guest.id, guest.mail, guest.external_user_state) == (
        user_id,
        "robin@elsewhere.example",
        "PendingAcceptance",
    )

    one = await graph.users.by_user_id("robin_elsewhere.example#EXT#@contoso.example").get()
    assert one is not None
    assert (one.id, one.display_name) == (user_id, "Robin Counts")
    await graph.users.by_user_id(user_id).patch(User(job_title="Buyer", additional_data={"department": None}))

    await graph.users.by_user_id(user_id).delete()
    with pytest.raises(ODataError) as missing:
        await graph.users.by_user_id(user_id).get()
    assert missing.value.response_status_code == 404
    assert missing.value.error is not None
    assert missing.value.error.code == "Request_ResourceNotFound"
    assert missing.value.error.inner_error is not None
    assert missing.value.error.inner_error.request_id

    deleted = await graph.directory.deleted_items.graph_user.get()
    assert deleted is not None
    assert [each.id for each in deleted.value or []] == [user_id]
    still = await graph.directory.deleted_items.by_directory_object_id(user_id).get()
    assert isinstance(still, User)
    assert still.deleted_date_time is not None

    back = await graph.directory.deleted_items.by_directory_object_id(user_id).restore.post()
    assert isinstance(back, User)
    assert (back.id, back.job_title) == (user_id, "Buyer")
    assert await graph.users.count.get(_header()) == 2


def _header() -> RequestConfiguration[Any]:
    asked: RequestConfiguration[Any] = RequestConfiguration()
    asked.headers.add("ConsistencyLevel", "eventual")
    return asked


async def test_members_groups_sessions_and_pages(graph: GraphServiceClient, office: Office):
    megan = await graph.users.post(
        User(
            account_enabled=True,
            display_name="Megan Bowen",
            mail_nickname="megan",
            user_principal_name="megan@contoso.example",
            password_profile=PasswordProfile(password="a long way to Tipperary"),
        )
    )
    assert megan is not None
    user_id = megan.id or ""
    group = await graph.groups.post(
        Group(display_name="Pilots", mail_nickname="pilots", mail_enabled=False, security_enabled=True)
    )
    assert group is not None
    group_id = group.id or ""
    reference = ReferenceCreate(odata_id=f"{office.origin}/v1.0/directoryObjects/{user_id}")
    await graph.groups.by_group_id(group_id).members.ref.post(reference)
    inside = await graph.groups.by_group_id(group_id).members.get()
    assert inside is not None
    assert [(type(each), each.id) for each in inside.value or []] == [(User, user_id)]
    await graph.groups.by_group_id(group_id).members.by_directory_object_id(user_id).ref.delete()
    answer = await graph.users.by_user_id(user_id).revoke_sign_in_sessions.post()
    assert answer is not None
    assert answer.value is True

    first = await graph.users.get(_page())
    assert first is not None
    assert first.odata_next_link is not None
    second = await graph.users.with_url(first.odata_next_link).get()
    assert second is not None
    assert {each.id for each in first.value or []}.isdisjoint(each.id for each in second.value or [])


def _page() -> RequestConfiguration[Any]:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(top=1, orderby=["displayName"])
    return RequestConfiguration(query_parameters=query)


async def test_a_wrong_secret_says_so(office: Office):
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        office.credential("wrong").get_token(f"{office.origin}/.default")


async def test_an_app_from_its_registration_to_the_restore(graph: GraphServiceClient, office: Office):
    role = AppRole(id=RUN, value="Jobs.Run", display_name="Run", description="Run jobs", is_enabled=True,
                   allowed_member_types=["Application"])  # fmt: skip
    api = await graph.applications.post(
        Application(display_name="Jobs", identifier_uris=["api://jobs"], app_roles=[role])
    )
    made = await graph.applications.post(Application(display_name="Robot"))
    assert made is not None
    assert api is not None
    object_id, client_id = made.id or "", made.app_id or ""
    credential = PasswordCredential(display_name="first")
    secret = await graph.applications.by_application_id(object_id).add_password.post(
        AddPasswordPostRequestBody(password_credential=credential)
    )
    assert secret is not None
    assert (secret.display_name, secret.hint) == ("first", (secret.secret_text or "")[:3])

    robot = Office(office.origin, office.authority, office.tenant_id, client_id, secret.secret_text or "")
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        robot.credential().get_token(f"{office.origin}/.default")
    principal = await graph.service_principals.post(ServicePrincipal(app_id=client_id))
    provider = await graph.service_principals.post(ServicePrincipal(app_id=api.app_id))
    assert principal is not None
    assert provider is not None
    assert robot.credential().get_token(f"{office.origin}/.default").token

    granted = await graph.service_principals.by_service_principal_id(principal.id or "").app_role_assignments.post(
        AppRoleAssignment(principal_id=UUID(principal.id), resource_id=UUID(provider.id), app_role_id=RUN)
    )
    assert granted is not None
    assert (granted.principal_type, granted.resource_display_name) == ("ServicePrincipal", "Jobs")
    token = robot.credential().get_token("api://jobs/.default").token
    assert _claims(token)["roles"] == ["Jobs.Run"]
    here = await graph.service_principals_with_app_id(GRAPH).get()
    assert here is not None
    await graph.service_principals.by_service_principal_id(principal.id or "").app_role_assignments.post(
        AppRoleAssignment(principal_id=UUID(principal.id), resource_id=UUID(here.id), app_role_id=UUID(READ_ALL_USERS))
    )
    assert _claims(robot.credential().get_token(f"{office.origin}/.default").token)["roles"] == ["User.Read.All"]

    await graph.applications.by_application_id(object_id).patch(Application(notes="Ask Adele"))
    await graph.applications.by_application_id(object_id).delete()
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        robot.credential().get_token(f"{office.origin}/.default")
    deleted = await graph.directory.deleted_items.graph_application.get()
    assert deleted is not None
    assert [each.id for each in deleted.value or []] == [object_id]
    back = await graph.directory.deleted_items.by_directory_object_id(object_id).restore.post()
    assert isinstance(back, Application)
    assert (back.id, back.notes) == (object_id, "Ask Adele")
    again = await graph.directory.deleted_items.by_directory_object_id(principal.id or "").restore.post()
    assert isinstance(again, ServicePrincipal)
    assert _claims(robot.credential().get_token("api://jobs/.default").token)["roles"] == ["Jobs.Run"]
    found = await graph.applications_with_app_id(client_id).get()
    assert found is not None
    assert found.id == object_id


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
