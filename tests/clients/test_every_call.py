"""Every call that teams make of Microsoft's SDKs, unmodified, over TLS: each stands in one table and is tried.

The calls share one server, which is an emulator so that a fault can be put in.
"""

import ssl
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.clients import test_msgraph_sdk as base
from tests.clients.test_guest_review import Held
from tests.clients.test_msgraph_sdk import Office
from tests.commands.conftest import PASSWORD, Desk, closing, initialise
from tests.support.ports import free_port
from vestibule.rules.roles import GUEST_INVITER

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # kiota imports what it calls deprecated itself
    from kiota_abstractions.base_request_configuration import RequestConfiguration
    from kiota_authentication_azure.azure_identity_authentication_provider import AzureIdentityAuthenticationProvider
    from msgraph.generated.directory_objects.get_by_ids.get_by_ids_post_request_body import GetByIdsPostRequestBody
    from msgraph.generated.domains.item.force_delete.force_delete_post_request_body import ForceDeletePostRequestBody
    from msgraph.generated.groups.item.app_role_assignments.app_role_assignments_request_builder import (
        AppRoleAssignmentsRequestBuilder,
    )
    from msgraph.generated.identity_governance.access_reviews.definitions.item.instances.item.stages.item.batch_record_decisions.batch_record_decisions_post_request_body import (  # noqa: E501 - the SDK's own name
        BatchRecordDecisionsPostRequestBody,
    )
    from msgraph.generated.models.access_review_history_decision_filter import AccessReviewHistoryDecisionFilter
    from msgraph.generated.models.access_review_history_definition import AccessReviewHistoryDefinition
    from msgraph.generated.models.access_review_history_schedule_settings import AccessReviewHistoryScheduleSettings
    from msgraph.generated.models.access_review_history_status import AccessReviewHistoryStatus
    from msgraph.generated.models.access_review_instance_decision_item import AccessReviewInstanceDecisionItem
    from msgraph.generated.models.access_review_notification_recipient_item import (
        AccessReviewNotificationRecipientItem,
    )
    from msgraph.generated.models.access_review_notification_recipient_query_scope import (
        AccessReviewNotificationRecipientQueryScope,
    )
    from msgraph.generated.models.access_review_query_scope import AccessReviewQueryScope
    from msgraph.generated.models.access_review_reviewer_scope import AccessReviewReviewerScope
    from msgraph.generated.models.access_review_schedule_definition import AccessReviewScheduleDefinition
    from msgraph.generated.models.access_review_schedule_settings import AccessReviewScheduleSettings
    from msgraph.generated.models.access_review_stage import AccessReviewStage
    from msgraph.generated.models.access_review_stage_settings import AccessReviewStageSettings
    from msgraph.generated.models.app_role_assignment import AppRoleAssignment
    from msgraph.generated.models.application import Application
    from msgraph.generated.models.directory_role import DirectoryRole
    from msgraph.generated.models.domain import Domain
    from msgraph.generated.models.group import Group
    from msgraph.generated.models.invitation import Invitation
    from msgraph.generated.models.o_data_errors.o_data_error import ODataError
    from msgraph.generated.models.organization import Organization
    from msgraph.generated.models.password_profile import PasswordProfile
    from msgraph.generated.models.patterned_recurrence import PatternedRecurrence
    from msgraph.generated.models.principal_resource_memberships_scope import PrincipalResourceMembershipsScope
    from msgraph.generated.models.privacy_profile import PrivacyProfile
    from msgraph.generated.models.provisioning_action import ProvisioningAction
    from msgraph.generated.models.provisioning_result import ProvisioningResult
    from msgraph.generated.models.provisioning_step_type import ProvisioningStepType
    from msgraph.generated.models.recurrence_pattern import RecurrencePattern
    from msgraph.generated.models.recurrence_pattern_type import RecurrencePatternType
    from msgraph.generated.models.recurrence_range import RecurrenceRange
    from msgraph.generated.models.recurrence_range_type import RecurrenceRangeType
    from msgraph.generated.models.reference_create import ReferenceCreate
    from msgraph.generated.models.service_principal import ServicePrincipal
    from msgraph.generated.models.user import User
    from msgraph.generated.users.item.get_member_groups.get_member_groups_post_request_body import (
        GetMemberGroupsPostRequestBody,
    )
    from msgraph.generated.users.users_request_builder import UsersRequestBuilder
    from msgraph.graph_request_adapter import GraphRequestAdapter, options
    from msgraph.graph_service_client import GraphServiceClient
    from msgraph_beta.generated.models.access_review_policy import AccessReviewPolicy  # type: ignore[import-untyped]
    from msgraph_beta.generated.models.external_identities_policy import (  # type: ignore[import-untyped]
        ExternalIdentitiesPolicy,
    )
    from msgraph_beta.graph_request_adapter import GraphRequestAdapter as BetaAdapter  # type: ignore[import-untyped]
    from msgraph_beta.graph_request_adapter import options as beta_options
    from msgraph_beta.graph_service_client import GraphServiceClient as BetaClient  # type: ignore[import-untyped]
    from msgraph_core import GraphClientFactory  # type: ignore[import-untyped] # comes without types
    from msgraph_core.requests.batch_request_content import BatchRequestContent  # type: ignore[import-untyped]
    from msgraph_core.requests.batch_request_item import BatchRequestItem  # type: ignore[import-untyped]
    from msgraph_core.tasks.page_iterator import PageIterator  # type: ignore[import-untyped]

pytestmark = base.pytestmark

PERMISSIONS = (
    *base.PERMISSIONS,
    "Organization.ReadWrite.All",
    "Domain.ReadWrite.All",
    "Policy.ReadWrite.ExternalIdentities",
    "RoleManagement.ReadWrite.Directory",
    "CrossTenantInformation.ReadBasic.All",
    "AuditLog.Read.All",
    "AccessReview.ReadWrite.All",
)

THEIRS = ("User.Read.All", "AccessReview.ReadWrite.All", "RoleManagement.ReadWrite.Directory")
"""What the tool may do in the name of whoever uses it."""


@dataclass
class Clients:
    """What a call may need.

    Attributes:
        office: the server, and the app whose own permissions ``graph`` and ``beta`` use.
        me: the SDK with the token of the administrator. tool: the app behind that token.
        http: a plain client that trusts the server.
    """

    office: Office
    tool: str
    graph: GraphServiceClient
    beta: Any
    me: GraphServiceClient
    http: httpx.AsyncClient

    def reference(self, object_id: str) -> ReferenceCreate:
        """How a body points to an object."""
        return ReferenceCreate(odata_id=f"{self.office.origin}/v1.0/directoryObjects/{object_id}")

    async def member(self, name: str = "Megan Bowen") -> str:
        """A new member; the id."""
        nickname = f"m{uuid4().hex[:12]}"
        made = await self.graph.users.post(
            User(
                account_enabled=True,
                display_name=name,
                mail_nickname=nickname,
                user_principal_name=f"{nickname}@contoso.example",
                password_profile=PasswordProfile(password="a long way to Tipperary"),
            )
        )
        return _there(made).id or ""

    async def guest(self) -> tuple[str, str]:
        """A new guest: the id and the address."""
        address = f"g{uuid4().hex[:12]}@elsewhere.example"
        made = await self.graph.invitations.post(
            Invitation(invited_user_email_address=address, invite_redirect_url="https://apps.example/")
        )
        return _there(_there(made).invited_user).id or "", address

    async def group(self, *members: str) -> str:
        """A new group with these members, bound in the request; the id."""
        nickname = f"t{uuid4().hex[:12]}"
        bound = [f"{self.office.origin}/v1.0/users/{one}" for one in members]
        more = {"members@odata.bind": bound} if bound else {}
        made = await self.graph.groups.post(
            Group(
                display_name=nickname,
                mail_nickname=nickname,
                mail_enabled=False,
                security_enabled=True,
                additional_data=more,
            )
        )
        return _there(made).id or ""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    """The real server on an emulator database, with a certificate for localhost."""
    data: Path = tmp_path_factory.mktemp("calls") / "data"
    for one in closing(Desk(data)):
        done = initialise(one, "--emulator")
        assert done.status == 0, done.err
        own = [word for name in PERMISSIONS for word in ("--application-permission", name)]
        make = ("app", "create", "--organization", "contoso.example", "--grant-admin-consent", "--name")
        app = one.json(*make, "Sync", *own)
        theirs = [word for name in THEIRS for word in ("--delegated-permission", name)]
        tool = one.json(*make, "Tool", "--public", "--password-grant", *theirs)
        port = free_port()
        origin = f"https://localhost:{port}"
        one.serve("--port", port, "--tls-dev", "--emulator", public_url=origin).ready()
        yield Office(origin, data / "ca.pem", app["tenantId"], app["clientId"], app["clientSecret"]), tool["clientId"]


@pytest.fixture
async def clients(served: tuple[Office, str]) -> AsyncIterator[Clients]:
    """The SDKs as their documentation makes them, pointed at the server."""
    office, tool = served
    trusted = ssl.create_default_context(cafile=str(office.authority))
    async with (
        httpx.AsyncHTTPTransport(verify=trusted) as transport,
        httpx.AsyncClient(base_url=office.origin, verify=trusted) as http,
    ):

        def adapter(kind: Any, credential: Any, version: str, how: Any) -> Any:
            # No scopes are named, so that the SDK derives them from the host it asks.
            provider = AzureIdentityAuthenticationProvider(credential, allowed_hosts=["localhost"])
            plain = httpx.AsyncClient(transport=transport)
            made = kind(provider, client=GraphClientFactory.create_with_default_middleware(client=plain, options=how))
            made.base_url = f"{office.origin}/{version}"
            return made

        form = {"grant_type": "password", "client_id": tool, "username": "admin@contoso.example",
                "password": PASSWORD, "scope": " ".join(THEIRS)}  # fmt: skip
        issued = await http.post(f"/{office.tenant_id}/oauth2/v2.0/token", data=form)
        held = Held(issued.json()["access_token"])
        yield Clients(
            office,
            tool,
            GraphServiceClient(request_adapter=adapter(GraphRequestAdapter, office.credential(), "v1.0", options)),
            BetaClient(request_adapter=adapter(BetaAdapter, office.credential(), "beta", beta_options)),
            GraphServiceClient(request_adapter=adapter(GraphRequestAdapter, held, "v1.0", options)),
            http,
        )


def _there(found: Any) -> Any:
    assert found is not None
    return found


def _eventual(query: Any = None) -> RequestConfiguration[Any]:
    asked: RequestConfiguration[Any] = RequestConfiguration(query_parameters=query)
    asked.headers.add("ConsistencyLevel", "eventual")
    return asked


def _users(**options: Any) -> Any:
    return UsersRequestBuilder.UsersRequestBuilderGetQueryParameters(**options)


# --- The calls --------------------------------------------------------------------------------------------------------

Call = Callable[[Clients], Awaitable[None]]
CALLS: dict[str, Call] = {}
"""What a team writes, and the proof that it works."""


def call(what: str) -> Callable[[Call], Call]:
    """Put a proof into the table."""

    def kept(proof: Call) -> Call:
        assert what not in CALLS
        CALLS[what] = proof
        return proof

    return kept


@call("me.get()")
async def _(c: Clients) -> None:
    mine = _there(await c.me.me.get())
    assert (mine.display_name, mine.user_principal_name) == ("Administrator", "admin@contoso.example")


@call("users.get(count, filter, orderby, search, select, top)")
async def _(c: Clients) -> None:
    user_id = await c.member("Quentin Walker")
    query = _users(count=True, search='"displayName:quentin"', select=["id", "displayName"], top=5)
    found = _there(await c.graph.users.get(_eventual(query)))
    assert (found.odata_count, [one.id for one in found.value or []]) == (1, [user_id])
    query = _users(count=True, filter="startsWith(displayName,'Quen')", orderby=["displayName"], select=["id"], top=5)
    found = _there(await c.graph.users.get(_eventual(query)))
    assert (found.odata_count, [one.id for one in found.value or []]) == (1, [user_id])


@call("users.count.get()")
async def _(c: Clients) -> None:
    assert _there(await c.graph.users.count.get(_eventual())) >= 1


@call("users.post(User), users.by_user_id(id).get()")
async def _(c: Clients) -> None:
    user_id = await c.member("Nestor Wilke")
    one = _there(await c.graph.users.by_user_id(user_id).get())
    assert (one.id, one.display_name, type(one)) == (user_id, "Nestor Wilke", User)


@call("users.by_user_id(name of a guest).get()")
async def _(c: Clients) -> None:
    user_id, address = await c.guest()
    name = f"{address.replace('@', '_')}#EXT#@contoso.example"
    one = _there(await c.graph.users.by_user_id(name).get())
    assert (one.id, one.user_principal_name) == (user_id, name)


@call("users.by_user_id(id).patch(User), with null by additional_data")
async def _(c: Clients) -> None:
    item = c.graph.users.by_user_id(await c.member())
    await item.patch(User(job_title="Buyer", department="Sales"))
    await item.patch(User(city="Utrecht", additional_data={"department": None}))
    query = _users(select=["jobTitle", "department", "city"])
    one = _there(await item.get(RequestConfiguration(query_parameters=query)))
    assert (one.job_title, one.department, one.city) == ("Buyer", None, "Utrecht")


@call("invitations.post(Invitation)")
async def _(c: Clients) -> None:
    user_id, address = await c.guest()
    query = _users(select=["mail", "userType", "creationType", "externalUserState"])
    one = _there(await c.graph.users.by_user_id(user_id).get(RequestConfiguration(query_parameters=query)))
    assert (one.mail, one.user_type, one.creation_type) == (address, "Guest", "Invitation")
    assert one.external_user_state == "PendingAcceptance"


@call("users.by_user_id(id).delete(), directory.deleted_items.graph_user.get(), by_directory_object_id(id).get()")
async def _(c: Clients) -> None:
    user_id, _address = await c.guest()
    await c.graph.users.by_user_id(user_id).delete()
    listed = _there(await c.graph.directory.deleted_items.graph_user.get())
    assert user_id in [one.id for one in listed.value or []]
    one = await c.graph.directory.deleted_items.by_directory_object_id(user_id).get()
    assert isinstance(one, User)
    assert one.deleted_date_time is not None


@call("directory.deleted_items.by_directory_object_id(id).restore.post()")
async def _(c: Clients) -> None:
    user_id = await c.member()
    await c.graph.users.by_user_id(user_id).delete()
    back = await c.graph.directory.deleted_items.by_directory_object_id(user_id).restore.post()
    assert isinstance(back, User)
    assert back.id == user_id


@call("directory.deleted_items.by_directory_object_id(id).delete()")
async def _(c: Clients) -> None:
    user_id = await c.member()
    await c.graph.users.by_user_id(user_id).delete()
    item = c.graph.directory.deleted_items.by_directory_object_id(user_id)
    await item.delete()
    with pytest.raises(ODataError) as gone:
        await item.restore.post()
    assert gone.value.response_status_code == 404


@call("groups.post(Group with members@odata.bind), members.get(), members.graph_user.get()")
async def _(c: Clients) -> None:
    user_id = await c.member()
    members = c.graph.groups.by_group_id(await c.group(user_id)).members
    inside = _there(await members.get())
    assert [(type(one), one.id) for one in inside.value or []] == [(User, user_id)]
    cast = _there(await members.graph_user.get())
    assert [(type(one), one.id) for one in cast.value or []] == [(User, user_id)]


@call("groups.by_group_id(id).members.ref.post(reference), members.by_directory_object_id(id).ref.delete()")
async def _(c: Clients) -> None:
    user_id, group_id = await c.member(), await c.group()
    members = c.graph.groups.by_group_id(group_id).members
    await members.ref.post(c.reference(user_id))
    assert [one.id for one in _there(await members.get()).value or []] == [user_id]
    await members.by_directory_object_id(user_id).ref.delete()
    assert _there(await members.get()).value == []


@call("groups.by_group_id(id).app_role_assignments.post(AppRoleAssignment), get(filter), by id .delete()")
async def _(c: Clients) -> None:
    user_id = await c.member()
    group_id = await c.group(user_id)
    made = _there(await c.graph.applications.post(Application(display_name="Atlas")))
    app = _there(await c.graph.service_principals.post(ServicePrincipal(app_id=made.app_id)))
    assignments = c.graph.groups.by_group_id(group_id).app_role_assignments
    assigned = AppRoleAssignment(principal_id=UUID(group_id), resource_id=UUID(app.id), app_role_id=UUID(int=0))
    given = _there(await assignments.post(assigned))
    assert (given.principal_type, given.resource_display_name) == ("Group", "Atlas")
    with pytest.raises(ODataError) as twice:
        await assignments.post(assigned)
    assert _there(twice.value.error).message == "Permission being assigned already exists on the object"
    at = AppRoleAssignmentsRequestBuilder.AppRoleAssignmentsRequestBuilderGetQueryParameters(
        filter=f"resourceId eq {app.id}"
    )
    listed = _there(await assignments.get(RequestConfiguration(query_parameters=at)))
    assert [one.id for one in listed.value or []] == [given.id]
    of_user = _there(await c.graph.users.by_user_id(user_id).app_role_assignments.get())
    assert [(one.id, one.principal_type) for one in of_user.value or []] == [(given.id, "Group")]
    await assignments.by_app_role_assignment_id(given.id).delete()
    to_app = c.graph.service_principals.by_service_principal_id(app.id).app_role_assigned_to
    again = _there(await to_app.post(assigned))
    assert [one.id for one in _there(await to_app.get()).value or []] == [again.id]
    await to_app.by_app_role_assignment_id(again.id).delete()
    assert _there(await assignments.get()).value == []


@call("users.by_user_id(id).member_of.graph_group.get(), get_member_groups.post(...)")
async def _(c: Clients) -> None:
    user_id = await c.member()
    group_id = await c.group(user_id)
    item = c.graph.users.by_user_id(user_id)
    cast = _there(await item.member_of.graph_group.get())
    assert [(type(one), one.id) for one in cast.value or []] == [(Group, group_id)]
    ids = _there(await item.get_member_groups.post(GetMemberGroupsPostRequestBody(security_enabled_only=True)))
    assert ids.value == [group_id]


@call("users.by_user_id(id).sponsors.ref.post(reference)")
async def _(c: Clients) -> None:
    (guest, _address), sponsor = await c.guest(), await c.member()
    item = c.graph.users.by_user_id(guest)
    await item.sponsors.ref.post(c.reference(sponsor))
    assert [one.id for one in _there(await item.sponsors.get()).value or []] == [sponsor]


@call("users.by_user_id(id).revoke_sign_in_sessions.post()")
async def _(c: Clients) -> None:
    answer = await c.graph.users.by_user_id(await c.member()).revoke_sign_in_sessions.post()
    assert _there(answer).value is True


@call("beta users.by_user_id(id).invalidate_all_refresh_tokens.post()")
async def _(c: Clients) -> None:
    answer = await c.beta.users.by_user_id(await c.member()).invalidate_all_refresh_tokens.post()
    assert _there(answer).value is True


@call("directory_objects.get_by_ids.post(...)")
async def _(c: Clients) -> None:
    user_id = await c.member()
    group_id = await c.group()
    body = GetByIdsPostRequestBody(ids=[user_id, group_id, str(uuid4())], types=["user", "group"])
    found = _there(await c.graph.directory_objects.get_by_ids.post(body))
    assert {(type(one), one.id) for one in found.value or []} == {(User, user_id), (Group, group_id)}


@call("organization.get(), by_organization_id(id).patch(Organization)")
async def _(c: Clients) -> None:
    profile = PrivacyProfile(contact_email="privacy@contoso.example", statement_url="https://contoso.example/privacy")
    item = c.graph.organization.by_organization_id(c.office.tenant_id)
    await item.patch(Organization(privacy_profile=profile))
    [here] = _there(await c.graph.organization.get()).value or []
    assert here.id == c.office.tenant_id
    assert _there(here.privacy_profile).contact_email == "privacy@contoso.example"


@call("beta policies.external_identities_policy.get(), patch(...)")
async def _(c: Clients) -> None:
    policy = c.beta.policies.external_identities_policy
    before = _there(await policy.get()).allow_external_identities_to_leave
    await policy.patch(ExternalIdentitiesPolicy(allow_external_identities_to_leave=True))
    assert _there(await policy.get()).allow_external_identities_to_leave is True
    await policy.patch(ExternalIdentitiesPolicy(allow_external_identities_to_leave=before))


@call("applications_with_app_id(id).get()")
async def _(c: Clients) -> None:
    found = _there(await c.graph.applications_with_app_id(c.office.client_id).get())
    assert (found.app_id, found.display_name) == (c.office.client_id, "Sync")


@call("directory_roles_with_role_template_id(id).get()")
async def _(c: Clients) -> None:
    role = await c.graph.directory_roles_with_role_template_id(GUEST_INVITER).get()
    assert isinstance(role, DirectoryRole)
    assert role.display_name == "Guest Inviter"


@call("tenant_relationships.find_tenant_information_by_tenant_id_with_tenant_id(id).get()")
async def _(c: Clients) -> None:
    relations = c.graph.tenant_relationships
    found = _there(await relations.find_tenant_information_by_tenant_id_with_tenant_id(c.office.tenant_id).get())
    assert found.default_domain_name == "contoso.example"


@call("audit_logs.directory_audits.get(filter, orderby, top)")
async def _(c: Clients) -> None:
    await c.member()
    builder = c.graph.audit_logs.directory_audits
    query = _users(filter="activityDisplayName eq 'Add user'", orderby=["activityDateTime desc"], top=1)
    [row] = _there(await builder.get(RequestConfiguration(query_parameters=query))).value or []
    assert (row.activity_display_name, row.category) == ("Add user", "UserManagement")
    assert _there(_there(row.initiated_by).app).display_name == "Sync"


@call("domains.by_domain_id(id) .promote, .root_domain, .domain_name_references, .force_delete")
async def _(c: Clients) -> None:
    name = f"d{uuid4().hex[:12]}.example"
    await c.graph.domains.post(Domain(id=name))
    item = c.graph.domains.by_domain_id(name)
    assert _there(await item.verify.post()).is_verified
    assert _there(await item.promote.post()).value
    assert _there(await item.root_domain.get()).id == name
    user_id = await c.member()
    await c.graph.users.by_user_id(user_id).patch(User(user_principal_name=f"zoe@{name}"))
    [named] = _there(await item.domain_name_references.get()).value or []
    assert (named.id, type(named)) == (user_id, User)
    await item.force_delete.post(ForceDeletePostRequestBody(disable_user_accounts=True))
    one = _there(
        await c.graph.users.by_user_id(user_id).get(
            RequestConfiguration(query_parameters=_users(select=["userPrincipalName", "accountEnabled"]))
        )
    )
    assert (one.user_principal_name, one.account_enabled) == ("zoe@contoso.example", False)


@call("audit_logs.provisioning.get(filter, orderby, top), by id .get()")
async def _(c: Clients) -> None:
    name = f"p{uuid4().hex[:12]}"
    token = c.office.credential().get_token(f"{c.office.origin}/.default").token
    pushed = await c.http.post(
        f"/scim/{c.office.tenant_id}/v2/Users",
        json={"userName": f"{name}@contoso.example", "externalId": name},
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"},
    )
    assert pushed.status_code == 201, pushed.text
    builder = c.graph.audit_logs.provisioning
    query = _users(filter=f"contains(sourceIdentity/id, '{name}')", orderby=["activityDateTime desc"], top=1)
    [row] = _there(await builder.get(RequestConfiguration(query_parameters=query))).value or []
    assert (row.provisioning_action, _there(row.provisioning_status_info).status) == (
        ProvisioningAction.Create,
        ProvisioningResult.Success,
    )
    assert _there(row.target_identity).id == pushed.json()["id"]
    assert _there(row.service_principal).display_name == "Sync"
    # Of the step before it, of the type ``import``, this SDK cannot read the type: the word is one of Python's.
    steps = row.provisioning_steps or []
    assert [one.name for one in steps] == ["EntryImport", "EntryExportAdd"]
    assert steps[-1].provisioning_step_type == ProvisioningStepType.Export
    one = _there(await builder.by_provisioning_object_summary_id(row.id or "").get())
    assert (one.id, one.activity_date_time) == (row.id, row.activity_date_time)


@call("identity_governance.access_reviews.definitions.post(...), by id .stop.post(), .delete()")
async def _(c: Clients) -> None:
    administrator = _there(await c.me.me.get()).id
    group_id = await c.group((await c.guest())[0])
    definitions = c.me.identity_governance.access_reviews.definitions
    made = await definitions.post(
        AccessReviewScheduleDefinition(
            display_name="Guests of a group",
            scope=AccessReviewQueryScope(
                query=f"/groups/{group_id}/members/microsoft.graph.user/?$filter=(userType eq 'Guest')",
                query_type="MicrosoftGraph",
            ),
            reviewers=[AccessReviewReviewerScope(query=f"/users/{administrator}", query_type="MicrosoftGraph")],
            settings=AccessReviewScheduleSettings(instance_duration_in_days=1),
        )
    )
    item = definitions.by_access_review_schedule_definition_id(_there(made).id or "")
    assert _there(await item.get()).display_name == "Guests of a group"
    assert (await c.http.post("/emulator/tick")).status_code == 200  # it begins
    [instance] = _there(await item.instances.get()).value or []
    decisions = await item.instances.by_access_review_instance_id(instance.id or "").decisions.get()
    assert len(_there(decisions).value or []) == 1
    await item.stop.post()
    await item.delete()


@call("identity_governance.access_reviews.definitions.by id .instances.by id .stages.by id ...")
async def _(c: Clients) -> None:
    """Stages, from the first decision to the end of the last one."""
    administrator = _there(await c.me.me.get()).id
    group_id = await c.group((await c.guest())[0])
    me = [AccessReviewReviewerScope(query=f"/users/{administrator}", query_type="MicrosoftGraph")]
    definitions = c.me.identity_governance.access_reviews.definitions
    made = await definitions.post(
        AccessReviewScheduleDefinition(
            display_name="Guests of a group, twice",
            scope=AccessReviewQueryScope(
                query=f"/groups/{group_id}/members/microsoft.graph.user/?$filter=(userType eq 'Guest')",
                query_type="MicrosoftGraph",
            ),
            stage_settings=[
                AccessReviewStageSettings(
                    stage_id="1",
                    duration_in_days=2,
                    reviewers=me,
                    recommendations_enabled=True,
                    decisions_that_will_move_to_next_stage=["Approve", "NotReviewed"],
                ),
                AccessReviewStageSettings(stage_id="2", depends_on=["1"], duration_in_days=3, reviewers=me),
            ],
            settings=AccessReviewScheduleSettings(),
        )
    )
    first, second = _there(_there(made).stage_settings)
    assert (first.duration_in_days, first.decisions_that_will_move_to_next_stage) == (2, ["Approve", "NotReviewed"])
    assert (second.depends_on, _there(_there(made).settings).instance_duration_in_days) == (["1"], 5)
    item = definitions.by_access_review_schedule_definition_id(_there(made).id or "")
    assert (await c.http.post("/emulator/tick")).status_code == 200  # it begins
    [instance] = _there(await item.instances.get()).value or []
    stages = item.instances.by_access_review_instance_id(instance.id or "").stages
    one, two = _there(await stages.get()).value or []
    assert (one.status, two.status, one.end_date_time) == ("InProgress", "NotStarted", two.start_date_time)
    mine = _there(await stages.filter_by_current_user_with_on("reviewer").get()).value or []
    assert [found.id for found in mine] == [one.id]
    in_one = stages.by_access_review_stage_id(one.id or "")
    in_two = stages.by_access_review_stage_id(two.id or "")
    [asked] = _there(await in_one.decisions.filter_by_current_user_with_on("reviewer").get()).value or []
    about = in_one.decisions.by_access_review_instance_decision_item_id(asked.id or "")
    await about.patch(AccessReviewInstanceDecisionItem(decision="Approve", justification="Works with us."))
    await in_one.batch_record_decisions.post(BatchRecordDecisionsPostRequestBody(decision="Approve"))
    await in_one.accept_recommendations.post()
    await in_two.patch(AccessReviewStage(reviewers=me, fallback_reviewers=me))
    await in_one.stop.post()
    assert _there(await in_two.get()).status == "InProgress"
    assert _there(await about.get()).decision == "Approve"
    [anew] = _there(await in_two.decisions.get()).value or []
    assert (anew.id, anew.decision) == (asked.id, "NotReviewed")
    await in_two.stop.post()
    assert _there(await item.get()).status == "Completed"
    await item.delete()


def _every_review() -> AccessReviewQueryScope:
    return AccessReviewQueryScope(query="/identityGovernance/accessReviews/definitions", query_type="MicrosoftGraph")


@call("identity_governance.access_reviews.history_definitions.post(...), .get(), by id .instances.get()")
async def _(c: Clients) -> None:
    histories = c.me.identity_governance.access_reviews.history_definitions
    made = await histories.post(
        AccessReviewHistoryDefinition(
            display_name="January",
            decisions=[AccessReviewHistoryDecisionFilter.Approve, AccessReviewHistoryDecisionFilter.Deny],
            review_history_period_start_date_time=datetime(2026, 1, 1, tzinfo=UTC),
            review_history_period_end_date_time=datetime(2026, 2, 1, tzinfo=UTC),
            scopes=[_every_review()],
        )
    )
    assert _there(made).status is AccessReviewHistoryStatus.Done
    history_id = _there(made).id or ""
    assert history_id in [one.id for one in _there(await histories.get()).value or []]
    item = histories.by_access_review_history_definition_id(history_id)
    [run] = _there(await item.instances.get()).value or []
    instance = item.instances.by_access_review_history_instance_id(run.id or "")
    assert _there(await instance.get()).expiration_date_time == _there(run.run_date_time) + timedelta(days=30)
    address = _there(await instance.generate_download_uri.post()).download_uri or ""
    file = await c.http.get(address)
    assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8; header=present")
    assert file.text.splitlines()[0].startswith("\ufeffaccessReviewId,accessReview,instanceId,startDateTime,")
    assert (await c.http.get(address.replace("key=", "key=x"))).status_code == 404
    await item.delete()
    assert (await c.http.get(address)).status_code == 404


@call("identity_governance.access_reviews.history_definitions.post(...) with a schedule")
async def _(c: Clients) -> None:
    every_month = PatternedRecurrence(
        pattern=RecurrencePattern(type=RecurrencePatternType.AbsoluteMonthly, interval=1, day_of_month=1),
        range=RecurrenceRange(type=RecurrenceRangeType.NoEnd, start_date=date(2027, 1, 1)),
    )
    made = await c.me.identity_governance.access_reviews.history_definitions.post(
        AccessReviewHistoryDefinition(
            display_name="Monthly",
            scopes=[_every_review()],
            schedule_settings=AccessReviewHistoryScheduleSettings(report_range="P1M", recurrence=every_month),
        )
    )
    assert _there(made).status is AccessReviewHistoryStatus.Requested


@call("identity_governance.access_reviews.definitions.post(...) of a directory role, with further recipients")
async def _(c: Clients) -> None:
    administrator = _there(await c.me.me.get()).id
    made = await c.me.identity_governance.access_reviews.definitions.post(
        AccessReviewScheduleDefinition(
            display_name="Guest Inviters",
            scope=PrincipalResourceMembershipsScope(
                principal_scopes=[AccessReviewQueryScope(query="/users", query_type="MicrosoftGraph")],
                resource_scopes=[
                    AccessReviewQueryScope(
                        query=f"/roleManagement/directory/roleDefinitions/{GUEST_INVITER}",
                        query_type="MicrosoftGraph",
                    )
                ],
            ),
            reviewers=[AccessReviewReviewerScope(query=f"/users/{administrator}", query_type="MicrosoftGraph")],
            additional_notification_recipients=[
                AccessReviewNotificationRecipientItem(
                    notification_template_type="CompletedAdditionalRecipients",
                    notification_recipient_scope=AccessReviewNotificationRecipientQueryScope(
                        query=f"/users/{administrator}", query_type="MicrosoftGraph"
                    ),
                )
            ],
            settings=AccessReviewScheduleSettings(instance_duration_in_days=1),
        )
    )
    item = c.me.identity_governance.access_reviews.definitions.by_access_review_schedule_definition_id(
        _there(made).id or ""
    )
    found = _there(await item.get())
    assert isinstance(found.scope, PrincipalResourceMembershipsScope)
    [further] = found.additional_notification_recipients or []
    assert further.notification_template_type == "CompletedAdditionalRecipients"
    assert (await c.http.post("/emulator/tick")).status_code == 200
    await item.stop.post()
    await item.delete()


@call("beta: policies.access_review_policy.get(), .patch(...)")
async def _(c: Clients) -> None:
    policy = c.beta.policies.access_review_policy
    assert _there(await policy.get()).is_group_owner_management_enabled is False
    await policy.patch(AccessReviewPolicy(is_group_owner_management_enabled=True))
    assert _there(await policy.get()).is_group_owner_management_enabled is True
    await policy.patch(AccessReviewPolicy(is_group_owner_management_enabled=False))


@call("users.delta.get(), users.delta.with_url(link).get()")
async def _(c: Clients) -> None:
    page = _there(await c.graph.users.delta.get())
    while page.odata_delta_link is None:
        page = _there(await c.graph.users.delta.with_url(page.odata_next_link or "").get())
    user_id = await c.member()
    changed = _there(await c.graph.users.delta.with_url(page.odata_delta_link).get())
    assert [one.id for one in changed.value or []] == [user_id]


@call("users.with_url(next link).get()")
async def _(c: Clients) -> None:
    await c.member()
    first = _there(await c.graph.users.get(RequestConfiguration(query_parameters=_users(top=1))))
    second = _there(await c.graph.users.with_url(first.odata_next_link or "").get())
    assert [one.id for one in first.value or []] != [one.id for one in second.value or []]


@call("PageIterator(first page).iterate(callback)")
async def _(c: Clients) -> None:
    made = {await c.member(f"Walker {number}") for number in range(3)}
    query = _users(filter="startsWith(displayName,'Walker ')", top=2)
    first = await c.graph.users.get(RequestConfiguration(query_parameters=query))
    found: set[str] = set()

    def note(user: Any) -> bool:
        found.add(user.id)
        return True

    await PageIterator(first, c.graph.request_adapter).iterate(note)
    assert found == made


@call("batch.post(BatchRequestContent)")
async def _(c: Clients) -> None:
    user_id = await c.member()
    asked = [
        c.graph.users.by_user_id(user_id).to_get_request_information(),
        c.graph.users.by_user_id(str(uuid4())).to_get_request_information(),
    ]
    first = BatchRequestItem(request_information=asked[0])
    second = BatchRequestItem(request_information=asked[1], depends_on=[first])
    answer = await c.graph.batch.post(BatchRequestContent({one.id: one for one in (first, second)}))
    assert answer.get_response_by_id(first.id).status == 200
    assert answer.get_response_by_id(second.id).status == 404


@call("a refusal is an ODataError with code, message and request id")
async def _(c: Clients) -> None:
    with pytest.raises(ODataError) as missing:
        await c.graph.users.by_user_id(str(uuid4())).get()
    error = _there(missing.value.error)
    assert (missing.value.response_status_code, error.code) == (404, "Request_ResourceNotFound")
    inner = _there(error.inner_error)
    assert error.message
    assert inner.request_id
    assert inner.date is not None


@call("a host that is not allowed gets no token, and the refusal is an ODataError")
async def _(c: Clients) -> None:
    provider = AzureIdentityAuthenticationProvider(c.office.credential(), allowed_hosts=["graph.example"])
    trusted = ssl.create_default_context(cafile=str(c.office.authority))
    async with httpx.AsyncHTTPTransport(verify=trusted) as transport:
        plain = httpx.AsyncClient(transport=transport)
        made = GraphClientFactory.create_with_default_middleware(client=plain, options=options)
        adapter = GraphRequestAdapter(provider, client=made)
        adapter.base_url = f"{c.office.origin}/v1.0"
        with pytest.raises(ODataError) as refused:
            await GraphServiceClient(request_adapter=adapter).users.get()
    assert refused.value.response_status_code == 401
    assert _there(refused.value.error).code == "InvalidAuthenticationToken"


@call("a busy answer is asked again after Retry-After")
async def _(c: Clients) -> None:
    armed = await c.http.post("/emulator/fault", json={"at": "commit", "nth": 1, "answer": 429})
    assert armed.status_code < 300, armed.text
    assert await c.member()


@pytest.mark.parametrize("what", CALLS)
async def test_the_sdk_gets_what_it_needs(what: str, clients: Clients):
    await CALLS[what](clients)
