"""Graph permissions: their ids, and which verbs each grants to the program that holds it.

A delegated permission (in a token's ``scp``) never gives more than the signed-in person may do; an application
permission (in ``roles``) stands alone. Names are matched without regard to case. Ids are those that Microsoft Graph
publishes, because consent screens and scripts look permissions up by id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vestibule.rules import roles
from vestibule.rules.verbs import Verb


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission of the Graph resource.

    Attributes:
        name: as it stands in ``scp`` or ``roles``.
        delegated_id: its id in ``oauth2PermissionScopes``; None when it does not exist as delegated.
        application_id: its id in ``appRoles``; None when it does not exist for apps alone.
        about: what it lets a program do, as the consent page says it (English; the page translates by name).
        verbs: what it grants on everything in the organization.
        own: what it grants on the caller's own user object, or on apps that the calling app owns.
        fields: the properties to which UPDATE_USER is limited; None for all.
        basic: readers see only the basic properties of others.
    """

    name: str
    delegated_id: str | None
    application_id: str | None
    about: str
    verbs: frozenset[Verb] = frozenset()
    own: frozenset[Verb] = frozenset()
    fields: frozenset[str] | None = None
    basic: bool = False


def _of(*verbs: Verb) -> frozenset[Verb]:
    return frozenset(verbs)


_ME: Final = _of(Verb.READ_SELF)
_DIRECTORY_READ: Final = _of(
    Verb.READ_SELF,
    Verb.READ_USERS,
    Verb.READ_GROUPS,
    Verb.READ_APPS,
    Verb.READ_ROLES,
    Verb.READ_ORGANIZATION,
    Verb.READ_DOMAINS,
)
_DIRECTORY_WRITTEN: Final = _DIRECTORY_READ | {
    Verb.INVITE,
    Verb.REINVITE,
    Verb.CREATE_USER,
    Verb.SIGN_OUT_EVERYWHERE,
    Verb.CREATE_GROUP,
    Verb.UPDATE_GROUP,
    Verb.ADD_MEMBER,
    Verb.REMOVE_MEMBER,
}
_USERS_READ: Final = _of(Verb.READ_SELF, Verb.READ_USERS, Verb.READ_DELETED, Verb.READ_ORGANIZATION)
_USERS_WRITTEN: Final = _USERS_READ | {
    Verb.INVITE,
    Verb.REINVITE,
    Verb.RESET_REDEMPTION,
    Verb.INVITE_INTERNAL,
    Verb.CREATE_USER,
    Verb.UPDATE_USER,
    Verb.REMOVE,
    Verb.DISABLE,
    Verb.ENABLE,
    Verb.RESTORE,
    Verb.PURGE,
    Verb.SET_PASSWORD,
    Verb.SIGN_OUT_EVERYWHERE,
}
_GROUPS_WRITTEN: Final = _of(
    Verb.READ_GROUPS,
    Verb.READ_DELETED_GROUPS,
    Verb.CREATE_GROUP,
    Verb.UPDATE_GROUP,
    Verb.DELETE_GROUP,
    Verb.RESTORE_GROUP,
    Verb.PURGE_GROUP,
    Verb.ADD_MEMBER,
    Verb.REMOVE_MEMBER,
    Verb.ADD_OWNER,
    Verb.REMOVE_OWNER,
)
_APPS_OWNED: Final = _of(
    Verb.READ_APPS,
    Verb.CREATE_APP,
    Verb.UPDATE_APP,
    Verb.DELETE_APP,
    Verb.RESTORE_APP,
    Verb.CHANGE_APP_CREDENTIALS,
    Verb.ADD_APP_OWNER,
    Verb.REMOVE_APP_OWNER,
)
_APPS_WRITTEN: Final = _APPS_OWNED | {Verb.PURGE_APP}
_SHARED_READ: Final = _of(Verb.READ_SHARED, Verb.EXPORT_SHARED, Verb.READ_EXPORTS)
_GRANTS_WRITTEN: Final = _of(Verb.GRANT_SCOPES, Verb.REVOKE_SCOPES)
_DOMAINS_WRITTEN: Final = _of(
    Verb.READ_DOMAINS, Verb.ADD_DOMAIN, Verb.VERIFY_DOMAIN, Verb.UPDATE_DOMAIN, Verb.DELETE_DOMAIN
)
_REVIEWS_WRITTEN: Final = roles.REVIEW_VERBS | {Verb.CHANGE_REVIEW_POLICY, Verb.CREATE_HISTORY, Verb.DELETE_HISTORY}
_ROLES_WRITTEN: Final = _of(
    Verb.READ_ROLES, Verb.ASSIGN_ROLE, Verb.UNASSIGN_ROLE, Verb.CREATE_ROLE, Verb.UPDATE_ROLE, Verb.DELETE_ROLE
)
_AS_THE_PERSON: Final = (
    _DIRECTORY_WRITTEN
    | _USERS_WRITTEN
    | _GROUPS_WRITTEN
    | _APPS_WRITTEN
    | _ROLES_WRITTEN
    | _GRANTS_WRITTEN
    | _DOMAINS_WRITTEN
    | {Verb.ASSIGN_APP_ROLE, Verb.UNASSIGN_APP_ROLE}
)

_PERMISSIONS: Final = (
    Permission("openid", "37f7f235-527c-4136-accd-4a02d197296e", None, "Sign you in"),
    Permission("profile", "14dad69e-099b-42c9-810b-d002981feec1", None, "See your name"),
    Permission("email", "64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0", None, "See your email address"),
    Permission("offline_access", "7427e0e9-2fba-42fe-b0c0-848c9e6a8182", None, "Keep the access you give it"),
    Permission(
        "User.Read",
        "e1fe6dd8-ba31-4d61-89e7-88639da4683d",
        None,
        "Sign you in and read your profile",
        verbs=_of(Verb.READ_SELF, Verb.READ_ORGANIZATION),
        own=_of(Verb.READ_USERS),
    ),
    Permission(
        "User.ReadBasic.All",
        "b340eb25-3456-403f-be2f-af7a0d370277",
        "97235f07-e226-4f63-ace3-39588e11d3a1",
        "Read the basic profiles of all users",
        verbs=_of(Verb.READ_USERS),
        basic=True,
    ),
    Permission(
        "User.Read.All",
        "a154be20-db9c-4678-8ab7-66f6cc099a59",
        "df021288-bdef-4463-88db-98f22de89214",
        "Read the full profiles of all users, deleted ones too",
        verbs=_USERS_READ,
    ),
    Permission(
        "User.ReadWrite",
        "b4e74841-8e56-480b-be8b-910348b18b4c",
        None,
        "Read and update your profile",
        verbs=_ME,
        own=_of(Verb.READ_USERS, Verb.UPDATE_USER),
    ),
    Permission(
        "User.ReadWrite.All",
        "204e0828-b5ca-4ad8-b9f3-f32a958e7cc4",
        "741f803b-c850-494e-b5df-cde7c675a1ca",
        "Read and write the full profiles of all users, and delete and restore them",
        verbs=_USERS_WRITTEN,
    ),
    Permission(
        "User.Invite.All",
        "63dd7cd9-b489-4adf-a28c-ac38b9a0f962",
        "09850681-111b-4a89-9bed-3f2cae46d706",
        "Invite guests",
        verbs=_of(Verb.INVITE, Verb.REINVITE),
    ),
    Permission(
        "User.DeleteRestore.All",
        "4bb440cd-2cf2-4f90-8004-aa2acd2537c5",
        "eccc023d-eccf-4e7b-9683-8813ab36cecc",
        "Delete users, restore them, and delete them permanently",
        verbs=_of(Verb.REMOVE, Verb.RESTORE, Verb.PURGE),
    ),
    Permission(
        "User.RevokeSessions.All",
        "fc30e98b-8810-4501-81f5-c20a3196387b",
        "77f3a031-c388-4f99-b373-dc68676a979e",
        "End the sessions of all users",
        verbs=_of(Verb.SIGN_OUT_EVERYWHERE),
    ),
    Permission(
        "User.EnableDisableAccount.All",
        "f92e74e7-2563-467f-9dd0-902688cb5863",
        "3011c876-62b7-4ada-afa2-506cbbecc68c",
        "Disable and enable user accounts",
        verbs=_of(Verb.DISABLE, Verb.ENABLE),
    ),
    Permission(
        "User.ManageIdentities.All",
        "637d7bec-b31e-4deb-acc9-24275642a2c9",
        "c529cfca-c91b-489c-af2b-d92990b66ce6",
        "Manage the identities that users sign in with",
        verbs=_of(Verb.UPDATE_USER),
        fields=frozenset({"identities"}),
    ),
    Permission(
        "User-PasswordProfile.ReadWrite.All",
        "56760768-b641-451f-8906-e1b8ab31bca7",
        "cc117bb9-00cf-4eb8-b580-ea2a878fe8f7",
        "Set the passwords of users",
        verbs=_of(Verb.SET_PASSWORD),
    ),
    Permission(
        "User-Mail.ReadWrite.All",
        "6166886a-9576-433b-8544-658177bdef1d",
        "280d0935-0796-47d1-8d26-273470a3f17a",
        "Write the mail addresses of users",
        verbs=_of(Verb.UPDATE_USER),
        fields=frozenset({"mail", "otherMails"}),
    ),
    Permission(
        "User-Phone.ReadWrite.All",
        "e29d5979-5b06-4a7f-ae24-6a9348d2e1ff",
        "86ceff06-c822-49ff-989a-d912845ffe69",
        "Write the phone numbers of users",
        verbs=_of(Verb.UPDATE_USER),
        fields=frozenset({"businessPhones", "mobilePhone"}),
    ),
    Permission(
        "User-ConvertToInternal.ReadWrite.All",
        "550e695c-7511-40f4-ac79-e8fb9c82552d",
        "9d952b72-f741-4b40-9185-8c53076c2339",
        "Turn external users into internal ones",
        verbs=_of(Verb.CONVERT_TO_INTERNAL),
    ),
    Permission(
        "User.Export.All",
        "405a51b5-8d8d-430b-9842-8be4b0e9f324",
        "405a51b5-8d8d-430b-9842-8be4b0e9f324",
        "Export the data of users",
        verbs=_of(Verb.EXPORT_PERSONAL_DATA, Verb.READ_EXPORTS),
    ),
    Permission(
        "Directory.Read.All",
        "06da0dbc-49e2-44d2-8312-53f166ab848a",
        "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
        "Read the directory: users, groups, apps and roles",
        verbs=_DIRECTORY_READ,
    ),
    Permission(
        "Directory.ReadWrite.All",
        "c5366453-9fb0-48a5-a156-24f0c49a4b84",
        "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
        "Read the directory, create users and groups in it, and invite guests",
        verbs=_DIRECTORY_WRITTEN,
    ),
    Permission(
        "Directory.AccessAsUser.All",
        "0e263e50-5827-48a4-b97c-d940288653c7",
        None,
        "Do in the directory what you may do there",
        verbs=_AS_THE_PERSON,
    ),
    Permission(
        "Group.Read.All",
        "5f8c59db-677d-491f-a6b8-5f174b11ec1d",
        "5b567255-7703-4780-807c-7be8301ae99b",
        "Read all groups and their members",
        verbs=_of(Verb.READ_GROUPS, Verb.READ_DELETED_GROUPS),
    ),
    Permission(
        "Group.ReadWrite.All",
        "4e46008b-f24c-477d-8fff-7bb4ec7aafe0",
        "62a82d76-70ea-41e2-9197-370581804d09",
        "Read and write all groups, and delete and restore them",
        verbs=_GROUPS_WRITTEN,
    ),
    Permission(
        "Group.Create",
        None,
        "bf7b1a76-6e77-406b-b258-bf5c7720e98f",
        "Create groups",
        verbs=_of(Verb.CREATE_GROUP),
    ),
    Permission(
        "GroupMember.Read.All",
        "bc024368-1153-4739-b217-4326f2e966d0",
        "98830695-27a2-44f7-8c18-0c3ebc9698f6",
        "Read who is in which group",
        verbs=_of(Verb.READ_GROUPS),
    ),
    Permission(
        "GroupMember.ReadWrite.All",
        "f81125ac-d3b7-4573-a3b2-7099cc39df9e",
        "dbaae8cf-10b5-4b86-a4a1-f871c94c6695",
        "Read and write who is in which group",
        verbs=_of(Verb.READ_GROUPS, Verb.ADD_MEMBER, Verb.REMOVE_MEMBER),
    ),
    Permission(
        "Application.Read.All",
        "c79f8feb-a9db-4090-85f9-90d820caa0eb",
        "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
        "Read all apps",
        verbs=_of(Verb.READ_APPS),
    ),
    Permission(
        "Application.ReadWrite.All",
        "bdfbf15f-ee85-4955-8675-146e8e5296b5",
        "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
        "Read and write all apps",
        verbs=_APPS_WRITTEN,
    ),
    Permission(
        "Application.ReadWrite.OwnedBy",
        None,
        "18a4783c-866b-4cc7-a460-3d5e5662c884",
        "Create apps, and manage those it owns",
        verbs=_of(Verb.CREATE_APP),
        own=_APPS_OWNED,
    ),
    Permission(
        "AppRoleAssignment.ReadWrite.All",
        "84bccea3-f856-4a8a-967b-dbe0a3d53a64",
        "06b708a9-e830-4db3-a914-8e69da51d44f",
        "Assign people and apps to apps, permissions of this one too",
        verbs=_of(Verb.ASSIGN_APP_ROLE, Verb.UNASSIGN_APP_ROLE),
    ),
    Permission(
        "DelegatedPermissionGrant.ReadWrite.All",
        "41ce6ca6-6826-4807-84f1-1c82854f7ee5",
        "8e8e4742-1d95-4f68-9d56-6ee75648c72a",
        "Give and take delegated permissions",
        verbs=_GRANTS_WRITTEN,
    ),
    Permission(
        "Organization.Read.All",
        "4908d5b9-3fb2-4b1e-9336-1888b7937185",
        "498476ce-e0fe-48b0-b801-37ba7e2685c6",
        "Read the organization's details",
        verbs=_of(Verb.READ_ORGANIZATION),
    ),
    Permission(
        "Organization.ReadWrite.All",
        "46ca0847-7e6b-426e-9775-ea810a948356",
        "292d869f-3427-49a8-9dab-8c70152b74e9",
        "Read and write the organization's details, privacy information too",
        verbs=_of(Verb.READ_ORGANIZATION, Verb.UPDATE_ORGANIZATION, Verb.CHANGE_PRIVACY),
    ),
    Permission(
        "Domain.Read.All",
        "2f9ee017-59c1-4f1d-9472-bd5529a7b311",
        "dbb9058a-0e50-45d7-ae91-66909b5d4664",
        "Read the organization's domains",
        verbs=_of(Verb.READ_DOMAINS),
    ),
    Permission(
        "Domain.ReadWrite.All",
        "0b5d694c-a244-4bde-86e6-eb5cd07730fe",
        "7e05723c-0bb0-42da-be95-ae9f08a6e53c",
        "Read and write the organization's domains",
        verbs=_DOMAINS_WRITTEN,
    ),
    Permission(
        "IdentityProvider.Read.All",
        "43781733-b5a7-4d1b-98f4-e8edff23e1a9",
        "e321f0bb-e7f7-481e-bb28-e3b0b32d4bd0",
        "Read the identity providers that guests may come from",
        verbs=_of(Verb.READ_PROVIDERS),
    ),
    Permission(
        "IdentityProvider.ReadWrite.All",
        "f13ce604-1677-429f-90bd-8a10b9f01325",
        "90db2b9a-d928-4d33-a4dd-8442ae3d41e4",
        "Read and write the identity providers that guests may come from",
        verbs=_of(Verb.READ_PROVIDERS, Verb.CREATE_PROVIDER, Verb.UPDATE_PROVIDER, Verb.DELETE_PROVIDER),
    ),
    Permission(
        "Policy.Read.All",
        "572fea84-0151-49b2-9301-11cb16974376",
        "246dd0d5-5bd0-4def-940b-0421030a5b68",
        "Read the organization's policies",
        verbs=_of(Verb.READ_POLICIES),
    ),
    Permission(
        "Policy.ReadWrite.ExternalIdentities",
        "b5219784-1215-45b5-b3f1-88fe1081f9c0",
        "03cc4f92-788e-4ede-b93f-199424d144a5",
        "Read and write whether guests may leave on their own",
        verbs=_of(Verb.READ_POLICIES, Verb.CHANGE_LEAVE_SETTING),
    ),
    Permission(
        "Policy.ReadWrite.Authorization",
        "edd3c878-b384-41fd-95ad-e7407dd775be",
        "fb221be6-99f2-473f-bd32-01c6a0e9ca3b",
        "Read and write who may invite guests and what guests may read",
        verbs=_of(Verb.READ_POLICIES, Verb.CHANGE_GUEST_SETTINGS, Verb.CHANGE_TERMS),
    ),
    Permission(
        "Policy.ReadWrite.CrossTenantAccess",
        "014b43d0-6ed4-4fc6-84dc-4b6f7bae7d85",
        "338163d7-f101-4c92-94ba-ca46fe52447c",
        "Read and write the cross-tenant access settings",
        verbs=_of(Verb.READ_POLICIES, Verb.CHANGE_CROSS_TENANT),
    ),
    Permission(
        "CrossTenantInformation.ReadBasic.All",
        "81594d25-e88e-49cf-ac8c-fecbff49f994",
        "cac88765-0581-4025-9725-5ebc13f729ee",
        "Look up the names of other organizations",
        verbs=_of(Verb.READ_OTHER_ORGANIZATIONS),
    ),
    Permission(
        "CrossTenantUserProfileSharing.Read",
        "cb1ba48f-d22b-4325-a07f-74135a62ee41",
        None,
        "Read with whom your profile is shared",
        own=_of(Verb.READ_SHARED),
    ),
    Permission(
        "CrossTenantUserProfileSharing.ReadWrite",
        "eed0129d-dc60-4f30-8641-daf337a39ffd",
        None,
        "Read with whom your profile is shared, and end it",
        own=_of(Verb.READ_SHARED, Verb.REMOVE_SHARED),
    ),
    Permission(
        "CrossTenantUserProfileSharing.Read.All",
        "759dcd16-3c90-463c-937e-abf89f991c18",
        "8b919d44-6192-4f3d-8a3b-f86f8069ae3c",
        "Read all shared profiles, and export what is kept about those people",
        verbs=_SHARED_READ,
    ),
    Permission(
        "CrossTenantUserProfileSharing.ReadWrite.All",
        "64dfa325-cbf8-48e3-938d-51224a0cac01",
        "306785c5-c09b-4ba0-a4ee-023f3da165cb",
        "Read all shared profiles, export what is kept about those people, and end sharing",
        verbs=_SHARED_READ | {Verb.REMOVE_SHARED},
    ),
    Permission(
        "RoleManagement.Read.Directory",
        "741c54c3-0c1e-44a1-818b-3f97ab4e8c83",
        "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
        "Read who holds which directory role",
        verbs=_of(Verb.READ_ROLES),
    ),
    Permission(
        "RoleManagement.ReadWrite.Directory",
        "d01b97e9-cbc0-49fe-810a-750afd5527a3",
        "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
        "Give and take directory roles",
        verbs=_ROLES_WRITTEN,
    ),
    Permission(
        "AuditLog.Read.All",
        "e4c9e354-4dc5-45b8-9e7c-e1393b0b1a20",
        "b0afded3-3588-46d8-8b3d-9842eff778da",
        "Read the audit log",
        verbs=_of(Verb.READ_AUDIT, Verb.READ_PROVISIONING),
    ),
    Permission(
        "ProvisioningLog.Read.All",
        "95aec97b-cf27-4a8d-a67d-42f60b5b38ef",
        "091937d3-3e38-47a1-8649-b2f99d3035f1",
        "Read what other systems brought and changed",
        verbs=_of(Verb.READ_PROVISIONING),
    ),
    Permission(
        "AccessReview.Read.All",
        "ebfcd32b-babb-40f4-a14b-42706e83bd28",
        "d07a8cc0-3d51-4b77-b3b0-32704d1f69fa",
        "Read all access reviews",
        verbs=_of(Verb.READ_REVIEWS),
    ),
    Permission(
        "AccessReview.ReadWrite.All",
        "e4aa47b9-9a69-4109-82ed-36ec70d85ff1",
        "ef5f7d5c-338f-44b0-86c3-351f46c8bb5f",
        "Read and write all access reviews",
        verbs=_REVIEWS_WRITTEN,
    ),
    Permission(
        "Organizations.Leave",
        "3b9f1d62-8e47-4c05-a6d1-52f0c7e94b18",
        None,
        "See your organizations, and leave them for you",
        verbs=_of(Verb.LEAVE, Verb.READ_OWN_ORGANIZATIONS),
    ),
    Permission(
        "SharedSignals.Receive",
        None,
        "d6a0f1c4-52b7-4e19-9c3d-7f84b2e6a015",
        "Be told by a stream of its own what becomes of people",
        own=_of(Verb.CHANGE_CONNECTIONS),
    ),
)

ORGANIZATIONS_LEAVE: Final = "organizations.leave"
"""Vestibule's own: Graph has no permission, and no call, with which a guest leaves."""

SHARED_SIGNALS: Final = "sharedsignals.receive"
"""Vestibule's own: with it an app sets up and reads its stream of Shared Signals, and nobody else's."""

ROLE_MANAGEMENT: Final = "rolemanagement.readwrite.directory"
INVITE_ALL: Final = "user.invite.all"

PERMISSIONS: Final[Mapping[str, Permission]] = {permission.name.lower(): permission for permission in _PERMISSIONS}
"""Every permission, by its name in lower case."""


def is_powerful(names: Iterable[str]) -> bool:
    """Whether a program with these application permissions changes anything: whoever proves to be it may as well."""
    known = (PERMISSIONS[name.lower()] for name in names if name.lower() in PERMISSIONS)
    return any(not verb.value.startswith("read") for permission in known for verb in permission.verbs)


def granting(names: Iterable[str], verb: Verb, *, delegated: bool, own: bool) -> tuple[Permission, ...]:
    """Return which of a token's permissions grant ``verb``.

    Args:
        names: what the token carries, in lower case. Unknown ones grant nothing.
        verb: what is to be done.
        delegated: whether a person stands behind the token. A permission counts only in the form it exists in.
        own: whether it is done to the caller's own user object, or to an app that the calling app owns.
    """
    return _granting(frozenset(names), verb, delegated=delegated, own=own)


@lru_cache(maxsize=1024)
def _granting(names: frozenset[str], verb: Verb, *, delegated: bool, own: bool) -> tuple[Permission, ...]:
    known = (PERMISSIONS[name] for name in sorted(names) if name in PERMISSIONS)
    held = (one for one in known if (one.delegated_id if delegated else one.application_id) is not None)
    return tuple(one for one in held if verb in one.verbs or (own and verb in one.own))


def covers(granted: Iterable[Permission], fields: frozenset[str]) -> bool:
    """Whether these permissions together let a program write these properties of a user."""
    limits = [permission.fields for permission in granted]
    return bool(limits) and (None in limits or fields <= frozenset().union(*(limit or () for limit in limits)))
