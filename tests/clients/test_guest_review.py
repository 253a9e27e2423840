"""A team's own script, by Microsoft's SDK: who has not signed in for 90 days is reviewed, blocked, deleted, restored.

The clock of an emulator database is pushed, so that four months take a few seconds.
"""

import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.core.credentials import AccessToken

from tests.clients.test_msgraph_sdk import Office
from tests.commands.conftest import PASSWORD, Desk, closing, initialise
from tests.support.ports import free_port

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # kiota imports what it calls deprecated itself
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.generated.models.access_review_inactive_users_query_scope import AccessReviewInactiveUsersQueryScope
    from msgraph.generated.models.access_review_instance_decision_item import AccessReviewInstanceDecisionItem
    from msgraph.generated.models.access_review_reviewer_scope import AccessReviewReviewerScope
    from msgraph.generated.models.access_review_schedule_definition import AccessReviewScheduleDefinition
    from msgraph.generated.models.access_review_schedule_settings import AccessReviewScheduleSettings
    from msgraph.generated.models.disable_and_delete_user_apply_action import DisableAndDeleteUserApplyAction
    from msgraph.generated.models.invitation import Invitation
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.user import User
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped] # comes without types

# The SDK warns of its own classes, whatever a caller does.
pytestmark = pytest.mark.filterwarnings("ignore:This class is deprecated:DeprecationWarning")

PERMISSIONS = ("User.ReadWrite.All", "User.Invite.All", "User.DeleteRestore.All", "AuditLog.Read.All",
               "AccessReview.ReadWrite.All")  # fmt: skip
QUIET = timedelta(days=90)


@dataclass
class Script:
    """The office, and the tool through which its administrator decides."""

    office: Office
    tool: str

    def http(self) -> httpx.Client:
        """A plain client that trusts the server."""
        trusted = ssl.create_default_context(cafile=str(self.office.authority))
        return httpx.Client(base_url=self.office.origin, verify=trusted)

    def push(self, days: int) -> list[str]:
        """Push the clock. Returns what time did."""
        with self.http() as http:
            answer = http.post("/emulator/clock", json={"advance": f"P{days}D"})
            assert answer.status_code == 200, answer.text
            return [f"{one['verb']} {one['userId'] or ''}".strip() for one in answer.json()["done"]]

    def tick(self) -> None:
        """Let what is due be done now."""
        with self.http() as http:
            assert http.post("/emulator/tick").status_code == 200

    def now(self) -> datetime:
        """What time it is in the emulator."""
        with self.http() as http:
            return datetime.fromisoformat(http.get("/emulator/clock").json()["now"])

    def token(self, *, person: bool) -> str:
        """A fresh token: of the app itself, or of the administrator behind a tool of the organization."""
        scope = "https://graph.microsoft.com/"
        own = {"grant_type": "client_credentials", "client_id": self.office.client_id,
               "client_secret": self.office.secret, "scope": f"{scope}.default"}  # fmt: skip
        theirs = {"grant_type": "password", "client_id": self.tool, "username": "admin@contoso.example",
                  "password": PASSWORD, "scope": f"{scope}AccessReview.ReadWrite.All"}  # fmt: skip
        with self.http() as http:
            answer = http.post(f"/{self.office.tenant_id}/oauth2/v2.0/token", data=theirs if person else own)
            assert answer.status_code == 200, answer.text
            return str(answer.json()["access_token"])

    @asynccontextmanager
    async def graph(self, *, person: bool = False) -> AsyncIterator[GraphServiceClient]:
        """The SDK's client, with a token of now."""
        provider = AzureIdentityAuthenticationProvider(Held(self.token(person=person)), allowed_hosts=["localhost"])
        trusted = ssl.create_default_context(cafile=str(self.office.authority))
        async with httpx.AsyncHTTPTransport(verify=trusted) as transport:
            plain = httpx.AsyncClient(transport=transport)
            made = GraphClientFactory.create_with_default_middleware(client=plain, options=options)
            adapter = GraphRequestAdapter(provider, client=made)
            adapter.base_url = f"{self.office.origin}/v1.0"
            yield GraphServiceClient(request_adapter=adapter)


@dataclass(frozen=True)
class Held:
    """A credential that has its token already."""

    token: str

    def get_token(self, *_scopes: str, **_more: Any) -> AccessToken:
        return AccessToken(self.token, int((datetime.now(UTC) + timedelta(hours=1)).timestamp()))


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Script]:
    """The real server on an emulator database."""
    data = tmp_path / "data"
    for one in closing(Desk(data)):
        done = initialise(one, "--emulator")
        assert done.status == 0, done.err
        own = [word for name in PERMISSIONS for word in ("--application-permission", name)]
        make = ("app", "create", "--organization", "contoso.example", "--grant-admin-consent", "--name")
        app = one.json(*make, "Review", *own)
        theirs = ("--delegated-permission", "AccessReview.ReadWrite.All")
        tool = one.json(*make, "Tool", "--public", "--password-grant", *theirs)
        port = free_port()
        origin = f"https://localhost:{port}"
        one.serve("--port", port, "--tls-dev", "--emulator", public_url=origin).ready()
        office = Office(origin, data / "ca.pem", app["tenantId"], app["clientId"], app["clientSecret"])
        yield Script(office, tool["clientId"])


async def invited(graph: GraphServiceClient, name: str) -> str:
    made = await graph.invitations.post(
        Invitation(
            invited_user_email_address=f"{name}@elsewhere.example",
            invite_redirect_url="https://apps.example/",
            invited_user_display_name=name.title(),
        )
    )
    assert made is not None
    assert made.invited_user is not None
    return made.invited_user.id or ""


async def quiet_guests(graph: GraphServiceClient, before: datetime) -> list[str]:
    """Guests who have not signed in since, by the id."""
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(
        filter="userType eq 'Guest'", select=["id", "createdDateTime", "signInActivity"]
    )
    listed = await graph.users.get(RequestConfiguration(query_parameters=query))
    assert listed is not None
    return [one.id or "" for one in listed.value or [] if _last_seen(one) <= before]


def _last_seen(guest: User) -> datetime:
    activity = guest.sign_in_activity
    last = None if activity is None else activity.last_successful_sign_in_date_time
    assert guest.created_date_time is not None
    return last or guest.created_date_time


async def test_guests_who_are_not_seen_any_more(script: Script):
    async with script.graph() as graph:
        away, kept = await invited(graph, "robin"), await invited(graph, "kim")
    script.push(91)
    async with script.graph() as graph:
        fresh = await invited(graph, "sam")
        assert sorted(await quiet_guests(graph, script.now() - QUIET)) == sorted([away, kept])
        reviewer = await graph.users.by_user_id("admin@contoso.example").get()
        assert reviewer is not None
        made = await graph.identity_governance.access_reviews.definitions.post(_review(reviewer.id or ""))
        assert made is not None
        review_id = made.id or ""
        assert isinstance(made.scope, AccessReviewInactiveUsersQueryScope)
    script.tick()
    async with script.graph(person=True) as graph:
        one = graph.identity_governance.access_reviews.definitions.by_access_review_schedule_definition_id(review_id)
        instances = await one.instances.get()
        assert instances is not None
        [instance] = instances.value or []
        assert instance.status == "InProgress"
        here = one.instances.by_access_review_instance_id(instance.id or "")
        listed = await here.decisions.get()
        assert listed is not None
        found = {(item.principal and item.principal.id): item for item in listed.value or []}
        assert set(found) == {away, kept}, "who has just come is not asked about"
        assert {item.recommendation for item in found.values()} == {"Deny"}
        for user_id, decision in ((away, "Deny"), (kept, "Approve")):
            item = here.decisions.by_access_review_instance_decision_item_id(found[user_id].id or "")
            await item.patch(AccessReviewInstanceDecisionItem(decision=decision, justification="We asked them."))
        await here.stop.post()
        await here.apply_decisions.post()
    script.tick()
    async with script.graph() as graph:
        assert [await _enabled(graph, one) for one in (away, kept, fresh)] == [False, True, True]
    assert f"remove {away}" in script.push(30)
    async with script.graph() as graph:
        with pytest.raises(ODataError) as missing:
            await graph.users.by_user_id(away).get()
        assert missing.value.response_status_code == 404
        back = await graph.directory.deleted_items.by_directory_object_id(away).restore.post()
        assert isinstance(back, User)
        assert not await _enabled(graph, away), "who comes back is as blocked as before"
        await graph.users.by_user_id(away).patch(User(account_enabled=True))
        assert await _enabled(graph, away)
        one = graph.identity_governance.access_reviews.definitions.by_access_review_schedule_definition_id(review_id)
        done = await one.get()
        assert done is not None
        assert done.status == "Applied"


def _review(reviewer_id: str) -> AccessReviewScheduleDefinition:
    return AccessReviewScheduleDefinition(
        display_name="Guests who are not seen any more",
        scope=AccessReviewInactiveUsersQueryScope(
            query="/users?$filter=(userType eq 'Guest')", query_type="MicrosoftGraph", inactive_duration=QUIET
        ),
        reviewers=[AccessReviewReviewerScope(query=f"/users/{reviewer_id}", query_type="MicrosoftGraph")],
        settings=AccessReviewScheduleSettings(
            instance_duration_in_days=14,
            recommendations_enabled=True,
            mail_notifications_enabled=True,
            apply_actions=[DisableAndDeleteUserApplyAction()],
        ),
    )


async def _enabled(graph: GraphServiceClient, user_id: str) -> bool | None:
    query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(select=["accountEnabled"])
    found = await graph.users.by_user_id(user_id).get(RequestConfiguration(query_parameters=query))  # type: ignore[arg-type]
    assert found is not None
    return found.account_enabled
