"""Microsoft's SDK and azure-identity, unmodified, follow what changes: delta queries, subscriptions, and a batch."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests

from tests.clients.test_msgraph_sdk import PERMISSIONS, Office
from tests.commands.conftest import Desk, closing, initialise
from tests.support.ports import free_port
from tests.support.receiver import STATE, served_receiver

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # kiota imports what it calls deprecated itself
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.generated.groups.delta.delta_request_builder import DeltaRequestBuilder as GroupsDelta
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.reference_create import ReferenceCreate
    from msgraph.generated.models.subscription import Subscription
    from msgraph.generated.models.user import User
    from msgraph.generated.users.delta.delta_request_builder import DeltaRequestBuilder as UsersDelta
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped] # comes without types

# The SDK warns of its own classes, whatever a caller does.
pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

WAIT = 20.0


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The real server with its worker, with a certificate for localhost, which may reach this machine."""
    data: Path = tmp_path_factory.mktemp("following") / "data"
    for one in closing(Desk(data)):
        done = initialise(one)
        assert done.status == 0, done.err
        port = free_port()
        permissions = [word for name in PERMISSIONS for word in ("--application-permission", name)]
        app = one.json("app", "create", "--organization", "contoso.example", "--name", "Sync", *permissions,
                       "--grant-admin-consent")  # fmt: skip
        origin = f"https://localhost:{port}"
        one.serve("--port", port, "--tls-dev", public_url=origin, allow_loopback_targets="1").ready()
        yield Office(origin, data / "ca.pem", app["tenantId"], app["clientId"], app["clientSecret"])


@pytest.fixture
async def http(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """A plain client that trusts the server and has a token of azure-identity."""
    credential = office.credential()
    token = await asyncio.to_thread(credential.get_token, f"{office.origin}/.default")
    credential.close()
    trusted = ssl.create_default_context(cafile=str(office.authority))
    headers = {"Authorization": f"Bearer {token.token}"}
    async with httpx.AsyncClient(verify=trusted, base_url=office.origin, headers=headers) as client:
        yield client


@pytest.fixture
async def graph(office: Office) -> AsyncIterator[GraphServiceClient]:
    """The SDK's client, pointed at the server."""
    provider = AzureIdentityAuthenticationProvider(office.credential(), allowed_hosts=["localhost"])
    trusted = ssl.create_default_context(cafile=str(office.authority))
    async with httpx.AsyncHTTPTransport(verify=trusted) as transport:
        plain = httpx.AsyncClient(transport=transport)
        made = GraphClientFactory.create_with_default_middleware(client=plain, options=options)
        adapter = GraphRequestAdapter(provider, client=made)
        adapter.base_url = f"{office.origin}/v1.0"
        yield GraphServiceClient(request_adapter=adapter)


def _member(name: str) -> User:
    return User(
        display_name=name,
        user_principal_name=f"{name.lower()}@contoso.example",
        mail_nickname=name.lower(),
        account_enabled=True,
        password_profile=PasswordProfile(password="long lilac Lantern 91"),
    )


async def _users_since(graph: GraphServiceClient, link: str) -> tuple[list[User], str]:
    """Everything behind a link, page by page, and the next link."""
    found: list[User] = []
    while True:
        page = await graph.users.delta.with_url(link).get()
        assert page is not None
        found += page.value or []
        if page.odata_delta_link:
            return found, page.odata_delta_link
        link = page.odata_next_link or ""


async def test_the_delta_builders(graph: GraphServiceClient, office: Office):
    query = UsersDelta.DeltaRequestBuilderGetQueryParameters(select=["id", "displayName"])
    first = await graph.users.delta.get(RequestConfiguration(query_parameters=query))
    assert first is not None
    assert [one.display_name for one in first.value or []] == ["Administrator"]
    link = first.odata_delta_link or ""
    assert link.startswith(f"{office.origin}/v1.0/users/delta?")

    made = await graph.users.post(_member("Robin"))
    assert made is not None
    found, link = await _users_since(graph, link)
    assert [(one.id, one.display_name) for one in found] == [(made.id, "Robin")]
    groups = await graph.groups.delta.get(
        RequestConfiguration(query_parameters=GroupsDelta.DeltaRequestBuilderGetQueryParameters(select=["members"]))
    )
    assert groups is not None
    team = await graph.groups.post(
        Group(display_name="Team", mail_enabled=False, mail_nickname="team", security_enabled=True)
    )
    assert team is not None
    reference = ReferenceCreate(odata_id=f"{office.origin}/v1.0/directoryObjects/{made.id}")
    await graph.groups.by_group_id(team.id or "").members.ref.post(reference)
    changed = await graph.groups.delta.with_url(groups.odata_delta_link or "").get()
    assert changed is not None
    [item] = changed.value or []
    assert item.id == team.id
    [member] = item.additional_data["members@delta"]
    assert "@removed" not in str(member)

    await graph.users.by_user_id(made.id or "").delete()
    found, link = await _users_since(graph, link)
    assert [(one.id, one.display_name) for one in found] == [(made.id, None)]
    assert "changed" in str(found[0].additional_data["@removed"])
    assert (await _users_since(graph, link))[0] == []


async def test_a_subscription_that_is_told_by_the_worker(graph: GraphServiceClient):
    async with served_receiver() as receiver:
        made = await graph.subscriptions.post(
            Subscription(
                change_type="updated,deleted",
                notification_url=receiver.url,
                lifecycle_notification_url=receiver.lifecycle_url,
                resource="users",
                expiration_date_time=datetime.now(UTC) + timedelta(hours=2),
                client_state=STATE,
            )
        )
        assert made is not None
        listed = await graph.subscriptions.get()
        assert listed is not None
        assert [one.id for one in listed.value or []] == [made.id]
        user = await graph.users.post(_member("Kim"))
        assert user is not None
        await asyncio.wait_for(receiver.came.wait(), WAIT)  # the worker of the other process
        assert [(one["resource"], one["changeType"]) for one in receiver.notices] == [(f"Users/{user.id}", "updated")]
        assert receiver.is_signed()
        one = graph.subscriptions.by_subscription_id(made.id or "")
        later = datetime.now(UTC) + timedelta(days=3)
        renewed = await one.patch(Subscription(expiration_date_time=later))
        assert renewed is not None
        assert renewed.expiration_date_time is not None
        assert abs(renewed.expiration_date_time - later) < timedelta(seconds=1)
        await one.reauthorize.post()
        await one.delete()
        listed = await graph.subscriptions.get()
        assert listed is not None
        assert listed.value == []


async def test_a_batch_with_a_token_of_azure_identity(http: httpx.AsyncClient):
    parts = [
        {"id": 1, "method": "GET", "url": "/users?%24select=id", "headers": {"Accept": "*/*"}},
        {"id": "2", "method": "GET", "url": "/users/nobody@contoso.example", "depends_on": ["1"]},
        {"id": "3", "method": "GET", "url": "/groups", "depends_on": []},
    ]
    answer = await http.post("/v1.0/$batch", json={"requests": parts})
    assert answer.status_code == 200
    found = {one["id"]: one for one in answer.json()["responses"]}
    assert {id_: one["status"] for id_, one in found.items()} == {"1": 200, "2": 404, "3": 200}
    assert "value" in found["1"]["body"]


@pytest.fixture
def plain(office: Office) -> Iterator[requests.Session]:
    """What most scripts are: the library requests, with a token of azure-identity."""
    credential = office.credential()
    token = credential.get_token(f"{office.origin}/.default").token
    credential.close()
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        yield session


async def test_a_script_with_requests_follows_batches_and_subscribes(plain: requests.Session, office: Office):
    at = f"{office.origin}/v1.0"

    def ask(method: str, address: str, body: Any = None) -> Any:
        # Said with each request: requests puts what the environment says before what the session says.
        answer = plain.request(method, address, json=body, timeout=WAIT, verify=str(office.authority))
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    link = (await asyncio.to_thread(ask, "GET", f"{at}/users/delta?$deltatoken=latest"))["@odata.deltaLink"]
    body = {"displayName": "Lee Gu", "userPrincipalName": "lee@contoso.example", "mailNickname": "lee",
            "accountEnabled": True, "passwordProfile": {"password": "long lilac Lantern 91"}}  # fmt: skip
    parts = [
        {"id": "1", "method": "POST", "url": "/users", "body": body, "headers": {"Content-Type": "application/json"}},
        {"id": "2", "method": "GET", "url": "/users/lee@contoso.example?$select=id", "dependsOn": ["1"]},
    ]
    batch = await asyncio.to_thread(ask, "POST", f"{at}/$batch", {"requests": parts})
    found = {one["id"]: one for one in batch["responses"]}
    assert {id_: one["status"] for id_, one in found.items()} == {"1": 201, "2": 200}
    user_id = found["2"]["body"]["id"]
    changed = await asyncio.to_thread(ask, "GET", link)
    assert [one["id"] for one in changed["value"]] == [user_id]

    async with served_receiver() as receiver:
        wanted = {"changeType": "updated", "notificationUrl": receiver.url, "resource": f"users/{user_id}",
                  "expirationDateTime": (datetime.now(UTC) + timedelta(hours=2)).isoformat(),
                  "clientState": STATE}  # fmt: skip
        made = await asyncio.to_thread(ask, "POST", f"{at}/subscriptions", wanted)
        await asyncio.to_thread(ask, "PATCH", f"{at}/users/{user_id}", {"jobTitle": "Buyer"})
        await asyncio.wait_for(receiver.came.wait(), WAIT)
        assert [(one["resource"], one["changeType"]) for one in receiver.notices] == [(f"Users/{user_id}", "updated")]
        await asyncio.to_thread(ask, "DELETE", f"{at}/subscriptions/{made['id']}")
