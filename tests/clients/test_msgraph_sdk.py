"""Microsoft's own SDK, unmodified, against the real server over TLS: a guest from the invitation to the restore."""

import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.invitation import Invitation
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.reference_create import ReferenceCreate
    from msgraph.generated.models.user import User
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped] # comes without types

# The SDK warns of its own classes, whatever a caller does.
pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

PERMISSIONS = ("User.ReadWrite.All", "User.Invite.All", "User.DeleteRestore.All", "Group.ReadWrite.All")


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
