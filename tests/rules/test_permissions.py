"""Graph permissions, against the published ids."""

import pytest

from vestibule.rules.names import guid
from vestibule.rules.permissions import (
    INVITE_ALL,
    ORGANIZATIONS_LEAVE,
    PERMISSIONS,
    ROLE_MANAGEMENT,
    SHARED_SIGNALS,
    covers,
    granting,
)
from vestibule.rules.verbs import Verb

# Microsoft Graph, permissions: name, delegated id, application id; a hyphen where it does not exist in that form.
PUBLISHED = """
openid 37f7f235-527c-4136-accd-4a02d197296e -
profile 14dad69e-099b-42c9-810b-d002981feec1 -
email 64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0 -
offline_access 7427e0e9-2fba-42fe-b0c0-848c9e6a8182 -
User.Read e1fe6dd8-ba31-4d61-89e7-88639da4683d -
User.ReadBasic.All b340eb25-3456-403f-be2f-af7a0d370277 97235f07-e226-4f63-ace3-39588e11d3a1
User.Read.All a154be20-db9c-4678-8ab7-66f6cc099a59 df021288-bdef-4463-88db-98f22de89214
User.ReadWrite b4e74841-8e56-480b-be8b-910348b18b4c -
User.ReadWrite.All 204e0828-b5ca-4ad8-b9f3-f32a958e7cc4 741f803b-c850-494e-b5df-cde7c675a1ca
User.Invite.All 63dd7cd9-b489-4adf-a28c-ac38b9a0f962 09850681-111b-4a89-9bed-3f2cae46d706
User.DeleteRestore.All 4bb440cd-2cf2-4f90-8004-aa2acd2537c5 eccc023d-eccf-4e7b-9683-8813ab36cecc
User.RevokeSessions.All fc30e98b-8810-4501-81f5-c20a3196387b 77f3a031-c388-4f99-b373-dc68676a979e
User.EnableDisableAccount.All f92e74e7-2563-467f-9dd0-902688cb5863 3011c876-62b7-4ada-afa2-506cbbecc68c
User.ManageIdentities.All 637d7bec-b31e-4deb-acc9-24275642a2c9 c529cfca-c91b-489c-af2b-d92990b66ce6
User-PasswordProfile.ReadWrite.All 56760768-b641-451f-8906-e1b8ab31bca7 cc117bb9-00cf-4eb8-b580-ea2a878fe8f7
User-Mail.ReadWrite.All 6166886a-9576-433b-8544-658177bdef1d 280d0935-0796-47d1-8d26-273470a3f17a
User-Phone.ReadWrite.All e29d5979-5b06-4a7f-ae24-6a9348d2e1ff 86ceff06-c822-49ff-989a-d912845ffe69
User-ConvertToInternal.ReadWrite.All 550e695c-7511-40f4-ac79-e8fb9c82552d 9d952b72-f741-4b40-9185-8c53076c2339
User.Export.All 405a51b5-8d8d-430b-9842-8be4b0e9f324 405a51b5-8d8d-430b-9842-8be4b0e9f324
Directory.Read.All 06da0dbc-49e2-44d2-8312-53f166ab848a 7ab1d382-f21e-4acd-a863-ba3e13f7da61
Directory.ReadWrite.All c5366453-9fb0-48a5-a156-24f0c49a4b84 19dbc75e-c2e2-444c-a770-ec69d8559fc7
Directory.AccessAsUser.All 0e263e50-5827-48a4-b97c-d940288653c7 -
Group.Read.All 5f8c59db-677d-491f-a6b8-5f174b11ec1d 5b567255-7703-4780-807c-7be8301ae99b
Group.ReadWrite.All 4e46008b-f24c-477d-8fff-7bb4ec7aafe0 62a82d76-70ea-41e2-9197-370581804d09
Group.Create - bf7b1a76-6e77-406b-b258-bf5c7720e98f
GroupMember.Read.All bc024368-1153-4739-b217-4326f2e966d0 98830695-27a2-44f7-8c18-0c3ebc9698f6
GroupMember.ReadWrite.All f81125ac-d3b7-4573-a3b2-7099cc39df9e dbaae8cf-10b5-4b86-a4a1-f871c94c6695
Application.Read.All c79f8feb-a9db-4090-85f9-90d820caa0eb 9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30
Application.ReadWrite.All bdfbf15f-ee85-4955-8675-146e8e5296b5 1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9
Application.ReadWrite.OwnedBy - 18a4783c-866b-4cc7-a460-3d5e5662c884
AppRoleAssignment.ReadWrite.All 84bccea3-f856-4a8a-967b-dbe0a3d53a64 06b708a9-e830-4db3-a914-8e69da51d44f
DelegatedPermissionGrant.ReadWrite.All 41ce6ca6-6826-4807-84f1-1c82854f7ee5 8e8e4742-1d95-4f68-9d56-6ee75648c72a
Organization.Read.All 4908d5b9-3fb2-4b1e-9336-1888b7937185 498476ce-e0fe-48b0-b801-37ba7e2685c6
Organization.ReadWrite.All 46ca0847-7e6b-426e-9775-ea810a948356 292d869f-3427-49a8-9dab-8c70152b74e9
Domain.Read.All 2f9ee017-59c1-4f1d-9472-bd5529a7b311 dbb9058a-0e50-45d7-ae91-66909b5d4664
Domain.ReadWrite.All 0b5d694c-a244-4bde-86e6-eb5cd07730fe 7e05723c-0bb0-42da-be95-ae9f08a6e53c
IdentityProvider.Read.All 43781733-b5a7-4d1b-98f4-e8edff23e1a9 e321f0bb-e7f7-481e-bb28-e3b0b32d4bd0
IdentityProvider.ReadWrite.All f13ce604-1677-429f-90bd-8a10b9f01325 90db2b9a-d928-4d33-a4dd-8442ae3d41e4
Policy.Read.All 572fea84-0151-49b2-9301-11cb16974376 246dd0d5-5bd0-4def-940b-0421030a5b68
Policy.ReadWrite.ExternalIdentities b5219784-1215-45b5-b3f1-88fe1081f9c0 03cc4f92-788e-4ede-b93f-199424d144a5
Policy.ReadWrite.Authorization edd3c878-b384-41fd-95ad-e7407dd775be fb221be6-99f2-473f-bd32-01c6a0e9ca3b
Policy.ReadWrite.CrossTenantAccess 014b43d0-6ed4-4fc6-84dc-4b6f7bae7d85 338163d7-f101-4c92-94ba-ca46fe52447c
CrossTenantInformation.ReadBasic.All 81594d25-e88e-49cf-ac8c-fecbff49f994 cac88765-0581-4025-9725-5ebc13f729ee
CrossTenantUserProfileSharing.Read cb1ba48f-d22b-4325-a07f-74135a62ee41 -
CrossTenantUserProfileSharing.ReadWrite eed0129d-dc60-4f30-8641-daf337a39ffd -
CrossTenantUserProfileSharing.Read.All 759dcd16-3c90-463c-937e-abf89f991c18 8b919d44-6192-4f3d-8a3b-f86f8069ae3c
CrossTenantUserProfileSharing.ReadWrite.All 64dfa325-cbf8-48e3-938d-51224a0cac01 306785c5-c09b-4ba0-a4ee-023f3da165cb
RoleManagement.Read.Directory 741c54c3-0c1e-44a1-818b-3f97ab4e8c83 483bed4a-2ad3-4361-a73b-c83ccdbdc53c
RoleManagement.ReadWrite.Directory d01b97e9-cbc0-49fe-810a-750afd5527a3 9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8
AuditLog.Read.All e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20 b0afded3-3588-46d8-8b3d-9842eff778da
ProvisioningLog.Read.All 95aec97b-cf27-4a8d-a67d-42f60b5b38ef 091937d3-3e38-47a1-8649-b2f99d3035f1
AccessReview.Read.All ebfcd32b-babb-40f4-a14b-42706e83bd28 d07a8cc0-3d51-4b77-b3b0-32704d1f69fa
AccessReview.ReadWrite.All e4aa47b9-9a69-4109-82ed-36ec70d85ff1 ef5f7d5c-338f-44b0-86c3-351f46c8bb5f
""".strip().splitlines()


@pytest.mark.parametrize("line", PUBLISHED)
def test_every_published_permission_is_here_by_its_ids(line: str):
    name, delegated, application = line.split(" ")
    permission = PERMISSIONS[name.lower()]
    assert permission.name == name
    assert permission.delegated_id == (None if delegated == "-" else delegated)
    assert permission.application_id == (None if application == "-" else application)


def test_beyond_them_there_is_leaving_and_being_told():
    published = {line.split(" ")[0].lower() for line in PUBLISHED}
    assert set(PERMISSIONS) - published == {ORGANIZATIONS_LEAVE, SHARED_SIGNALS}
    leave = PERMISSIONS[ORGANIZATIONS_LEAVE]
    assert (leave.name, leave.application_id) == ("Organizations.Leave", None)
    assert leave.verbs == {Verb.LEAVE, Verb.READ_OWN_ORGANIZATIONS}
    signals = PERMISSIONS[SHARED_SIGNALS]
    assert (signals.name, signals.delegated_id, signals.verbs) == ("SharedSignals.Receive", None, frozenset())
    assert signals.own == {Verb.CHANGE_CONNECTIONS}


def test_no_id_stands_for_two_permissions():
    ids = [guid(one) for permission in PERMISSIONS.values() for one in (permission.delegated_id,) if one]
    more = [guid(one) for permission in PERMISSIONS.values() for one in (permission.application_id,) if one]
    assert None not in ids + more
    assert len(set(ids)) == len(ids)
    assert len(set(more)) == len(more)
    assert set(ids) & set(more) == {PERMISSIONS["user.export.all"].delegated_id}


def test_only_leaving_leaves():
    assert [one.name for one in PERMISSIONS.values() if Verb.LEAVE in one.verbs | one.own] == ["Organizations.Leave"]


def test_the_names_that_rules_ask_for_exist():
    assert {ROLE_MANAGEMENT, INVITE_ALL, ORGANIZATIONS_LEAVE} <= set(PERMISSIONS)
    assert all(name == permission.name.lower() for name, permission in PERMISSIONS.items())


def test_a_permission_counts_only_in_the_form_it_exists_in():
    assert granting({"group.create"}, Verb.CREATE_GROUP, delegated=False, own=False)
    assert not granting({"group.create"}, Verb.CREATE_GROUP, delegated=True, own=False)
    assert granting({"organizations.leave"}, Verb.LEAVE, delegated=True, own=True)
    assert not granting({"organizations.leave"}, Verb.LEAVE, delegated=False, own=True)


def test_unknown_names_grant_nothing():
    assert not granting({"user.readwrite.everything", "", "User.Read.All"}, Verb.READ_USERS, delegated=True, own=True)


def test_some_permissions_reach_only_what_is_the_callers_own():
    assert granting({"user.readwrite"}, Verb.UPDATE_USER, delegated=True, own=True)
    assert not granting({"user.readwrite"}, Verb.UPDATE_USER, delegated=True, own=False)
    assert granting({"application.readwrite.ownedby"}, Verb.DELETE_APP, delegated=False, own=True)
    assert not granting({"application.readwrite.ownedby"}, Verb.DELETE_APP, delegated=False, own=False)


@pytest.mark.parametrize(
    ("names", "fields", "covered"),
    [
        ({"user.readwrite.all"}, {"displayName", "mail"}, True),
        ({"user-phone.readwrite.all"}, {"mobilePhone"}, True),
        ({"user-phone.readwrite.all"}, {"mobilePhone", "displayName"}, False),
        ({"user-phone.readwrite.all", "user-mail.readwrite.all"}, {"mobilePhone", "mail"}, True),
        ({"user-phone.readwrite.all", "user.readwrite.all"}, {"displayName"}, True),
        ({"user.read.all"}, {"mobilePhone"}, False),
        (set(), set(), False),
    ],
)
def test_narrow_permissions_cover_their_properties_together(names, fields, covered):
    granted = granting(names, Verb.UPDATE_USER, delegated=False, own=False)
    assert covers(granted, frozenset(fields)) is covered
