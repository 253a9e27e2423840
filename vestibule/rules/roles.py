"""The directory roles: their ids, names and sentences, what each lets people do, and on whom.

Template ids are those of Microsoft Entra, so that scripts and exports keep their meaning. ``rights.py`` asks these
tables; nothing else decides by role. A change here shows as a change of ``tests/nothing_forgotten/who_may_what.txt``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vestibule.rules.verbs import Verb

GLOBAL_ADMINISTRATOR: Final = "62e90394-69f5-4237-9190-012177145e10"
GLOBAL_READER: Final = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
USER_ADMINISTRATOR: Final = "fe930be7-5e62-47db-91af-98c3a49a38b1"
GUEST_INVITER: Final = "95e79109-95c0-4d8e-aee3-d01accf2d47b"
EXTERNAL_IDP_ADMINISTRATOR: Final = "be2f45a1-457d-42af-a067-6ec1fa63bc45"
USER_FLOW_ADMINISTRATOR: Final = "6e591065-9bad-43ed-90f3-e9424366d2f0"
PRIVILEGED_ROLE_ADMINISTRATOR: Final = "e8611ab8-c189-46e8-94e1-60213ab1f814"
PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: Final = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
AUTHENTICATION_ADMINISTRATOR: Final = "c4e39bd9-1100-46d3-8c65-fb160da0071f"
HELPDESK_ADMINISTRATOR: Final = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
PASSWORD_ADMINISTRATOR: Final = "966707d0-3269-4727-9be2-8c3a10f19b9d"  # noqa: S105 - an id, not a secret
SECURITY_ADMINISTRATOR: Final = "194ae4cb-b126-40b2-bd5b-6091b380977d"
SECURITY_OPERATOR: Final = "5f2222b1-57c3-48ba-8ad5-d4759f1fde6f"
SECURITY_READER: Final = "5d6b6bb7-de71-4623-b4af-96380a352509"
REPORTS_READER: Final = "4a5d8f65-41da-4de4-8968-e035b65339cf"
USAGE_SUMMARY_REPORTS_READER: Final = "75934031-6c7e-415a-99d7-48dbd49e875e"
MESSAGE_CENTER_READER: Final = "790c1fb9-7f7d-4f88-86a1-ef1f95c05c1b"
IDENTITY_GOVERNANCE_ADMINISTRATOR: Final = "45d8d3c5-c802-45c6-b32a-1d70b5e1e86e"
LIFECYCLE_WORKFLOWS_ADMINISTRATOR: Final = "59d46f88-662b-457b-bceb-5c3809e5908f"
GROUPS_ADMINISTRATOR: Final = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
DIRECTORY_READERS: Final = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
DIRECTORY_WRITERS: Final = "9360feb5-f418-4baa-8175-e2a00bac4301"
APPLICATION_ADMINISTRATOR: Final = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION_ADMINISTRATOR: Final = "158c047a-c907-4556-b7ef-446551a6b5f7"
CONDITIONAL_ACCESS_ADMINISTRATOR: Final = "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9"
BILLING_ADMINISTRATOR: Final = "b0f54661-2d74-4c50-afa3-1ec803f12efe"
DOMAIN_NAME_ADMINISTRATOR: Final = "8329153b-31d0-4727-b945-745eb3bc5f31"
TEAMS_ADMINISTRATOR: Final = "69091246-20e8-4a56-aa4d-066075b2a7a8"
TENANT_CREATOR: Final = "112ca1a2-15ad-4102-995e-45b0bc479a6a"
BACKUP_ADMINISTRATOR: Final = "b6a27b2b-f905-4b2e-81b5-0d90e0ef1fdb"
BACKUP_READER: Final = "f42252d9-5400-4d7b-b9ef-cc582dbb8577"
COMPLIANCE_ADMINISTRATOR: Final = "17315797-102d-40b4-93e0-432062caca18"
PRIVACY_READER: Final = "7d2f4c86-5b1e-4a93-9c07-d3b8e61f2a54"
"""Vestibule's own role; Entra has none like it."""


@dataclass(frozen=True, slots=True)
class Role:
    """A directory role.

    Attributes:
        template_id: the same in every organization; Graph's ``roleTemplateId`` and role definition id.
        name: what people call it.
        about: what it is for, in one sentence.
    """

    template_id: str
    name: str
    about: str


_ROLES: Final = (
    Role(GLOBAL_ADMINISTRATOR, "Global Administrator", "Does everything an administrator can do."),
    Role(GLOBAL_READER, "Global Reader", "Reads everything an administrator can read, and changes nothing."),
    Role(
        USER_ADMINISTRATOR,
        "User Administrator",
        "Manages users and groups, and restores or permanently deletes users who hold no admin role.",
    ),
    Role(GUEST_INVITER, "Guest Inviter", "Invites guests, whatever the setting for members says."),
    Role(
        EXTERNAL_IDP_ADMINISTRATOR,
        "External Identity Provider Administrator",
        "Decides whether guests may leave on their own, and restores or permanently deletes external users.",
    ),
    Role(
        USER_FLOW_ADMINISTRATOR,
        "External ID User Flow Administrator",
        "Manages how external users sign up on their own.",
    ),
    Role(
        PRIVILEGED_ROLE_ADMINISTRATOR,
        "Privileged Role Administrator",
        "Gives and takes directory roles, and manages groups that hold roles.",
    ),
    Role(
        PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
        "Privileged Authentication Administrator",
        "Disables, enables, deletes and restores any user, administrators too, and resets how they sign in.",
    ),
    Role(
        AUTHENTICATION_ADMINISTRATOR,
        "Authentication Administrator",
        "Disables, enables, deletes and restores users without a strong admin role, and resets how they sign in.",
    ),
    Role(
        HELPDESK_ADMINISTRATOR,
        "Helpdesk Administrator",
        "Resets passwords and ends the sessions of users who hold no admin role.",
    ),
    Role(PASSWORD_ADMINISTRATOR, "Password Administrator", "Resets passwords of users who hold no admin role."),
    Role(
        SECURITY_ADMINISTRATOR,
        "Security Administrator",
        "Manages cross-tenant access settings and reads policies and logs.",
    ),
    Role(SECURITY_OPERATOR, "Security Operator", "Reads sign-ins to follow up on security events."),
    Role(SECURITY_READER, "Security Reader", "Reads policies and logs."),
    Role(REPORTS_READER, "Reports Reader", "Reads audit and sign-in logs."),
    Role(USAGE_SUMMARY_REPORTS_READER, "Usage Summary Reports Reader", "Reads totals of usage, without names."),
    Role(MESSAGE_CENTER_READER, "Message Center Reader", "Reads announcements about the service."),
    Role(
        IDENTITY_GOVERNANCE_ADMINISTRATOR,
        "Identity Governance Administrator",
        "Manages access reviews, and who is in groups and assigned to apps.",
    ),
    Role(
        LIFECYCLE_WORKFLOWS_ADMINISTRATOR,
        "Lifecycle Workflows Administrator",
        "Manages workflows for people who join, move or leave.",
    ),
    Role(GROUPS_ADMINISTRATOR, "Groups Administrator", "Manages groups, deleted ones too."),
    Role(DIRECTORY_READERS, "Directory Readers", "Reads users, groups, apps and roles; mostly given to guests."),
    Role(
        DIRECTORY_WRITERS, "Directory Writers", "Writes basic information about users and groups, and invites guests."
    ),
    Role(APPLICATION_ADMINISTRATOR, "Application Administrator", "Manages apps and who is assigned to them."),
    Role(
        CLOUD_APPLICATION_ADMINISTRATOR,
        "Cloud Application Administrator",
        "Manages apps and who is assigned to them, except app proxies.",
    ),
    Role(CONDITIONAL_ACCESS_ADMINISTRATOR, "Conditional Access Administrator", "Manages conditional access policies."),
    Role(BILLING_ADMINISTRATOR, "Billing Administrator", "Keeps the organization's name, address and contacts."),
    Role(DOMAIN_NAME_ADMINISTRATOR, "Domain Name Administrator", "Manages the organization's domains."),
    Role(TEAMS_ADMINISTRATOR, "Teams Administrator", "Manages Microsoft Teams; nothing in Vestibule depends on it."),
    Role(TENANT_CREATOR, "Tenant Creator", "Creates organizations in Entra; in Vestibule the operator does that."),
    Role(BACKUP_ADMINISTRATOR, "Entra Backup Administrator", "Manages directory backups; the operator does that here."),
    Role(BACKUP_READER, "Entra Backup Reader", "Reads directory backups; the operator does that here."),
    Role(
        COMPLIANCE_ADMINISTRATOR,
        "Compliance Administrator",
        "Sets and lifts legal holds, and reads users, data removals and the audit log.",
    ),
    Role(PRIVACY_READER, "Privacy Reader", "Reads the progress of data removal and the audit log."),
)

ROLES: Final[Mapping[str, Role]] = {role.template_id: role for role in _ROLES}
"""Every role that can be assigned, by template id."""


# --- What each role lets people do ---------------------------------------------------------------------------------

_DIRECTORY: Final = frozenset(
    {
        Verb.READ_USERS,
        Verb.READ_GROUPS,
        Verb.READ_APPS,
        Verb.READ_ROLES,
        Verb.READ_ORGANIZATION,
        Verb.READ_DOMAINS,
    }
)
_EVERYTHING_READ: Final = _DIRECTORY | {
    Verb.READ_DELETED,
    Verb.READ_DELETED_GROUPS,
    Verb.READ_POLICIES,
    Verb.READ_PROVIDERS,
    Verb.READ_REVIEWS,
    Verb.READ_SHARED,
    Verb.READ_OTHER_ORGANIZATIONS,
    Verb.READ_AUDIT,
    Verb.READ_HOLDS,
    Verb.READ_PROVISIONING,
}
_GROUPS: Final = frozenset(
    {
        Verb.CREATE_GROUP,
        Verb.UPDATE_GROUP,
        Verb.DELETE_GROUP,
        Verb.RESTORE_GROUP,
        Verb.PURGE_GROUP,
        Verb.ADD_MEMBER,
        Verb.REMOVE_MEMBER,
        Verb.ADD_OWNER,
        Verb.REMOVE_OWNER,
        Verb.READ_DELETED_GROUPS,
    }
)
_APPS: Final = frozenset(
    {
        Verb.CREATE_APP,
        Verb.UPDATE_APP,
        Verb.DELETE_APP,
        Verb.RESTORE_APP,
        Verb.PURGE_APP,
        Verb.CHANGE_APP_CREDENTIALS,
        Verb.CHANGE_CONNECTIONS,
        Verb.ADD_APP_OWNER,
        Verb.REMOVE_APP_OWNER,
        Verb.ASSIGN_APP_ROLE,
        Verb.UNASSIGN_APP_ROLE,
        Verb.GRANT_SCOPES,
        Verb.REVOKE_SCOPES,
        Verb.END_APP_SIGN_INS,
    }
)
_DOMAINS: Final = frozenset({Verb.ADD_DOMAIN, Verb.VERIFY_DOMAIN, Verb.UPDATE_DOMAIN, Verb.DELETE_DOMAIN})
_RESET: Final = frozenset({Verb.SET_PASSWORD, Verb.SIGN_OUT_EVERYWHERE})
_SWITCH: Final = frozenset({Verb.DISABLE, Verb.ENABLE})
_AUTHENTICATION: Final = (
    _SWITCH | _RESET | {Verb.UPDATE_USER, Verb.REMOVE, Verb.RESTORE, Verb.READ_USERS, Verb.READ_DELETED}
)
_INVITE: Final = frozenset({Verb.INVITE, Verb.REINVITE})
_USERS: Final = (
    _SWITCH
    | _RESET
    | _INVITE
    | {
        Verb.RESET_REDEMPTION,
        Verb.INVITE_INTERNAL,
        Verb.CONVERT_TO_INTERNAL,
        Verb.CREATE_USER,
        Verb.UPDATE_USER,
        Verb.REMOVE,
        Verb.RESTORE,
        Verb.PURGE,
        Verb.WAIVE_RECIPIENT,
        Verb.ANSWER_REMOVAL,
        Verb.ANSWER_ERASURE,
        Verb.EXTEND_REQUEST,
        Verb.ANSWER_DATA_REQUEST,
        Verb.EXTEND_DATA_REQUEST,
    }
)
_ROLES_GIVEN: Final = frozenset(
    {Verb.ASSIGN_ROLE, Verb.UNASSIGN_ROLE, Verb.CREATE_ROLE, Verb.UPDATE_ROLE, Verb.DELETE_ROLE}
)
_ORGANIZATION: Final = frozenset(
    {
        Verb.UPDATE_ORGANIZATION,
        Verb.CHANGE_PRIVACY,
        Verb.CHANGE_LEAVE_SETTING,
        Verb.CHANGE_GUEST_SETTINGS,
        Verb.CHANGE_TERMS,
        Verb.CHANGE_CROSS_TENANT,
    }
)
REVIEW_VERBS: Final = frozenset(
    {
        Verb.CREATE_REVIEW,
        Verb.UPDATE_REVIEW,
        Verb.DELETE_REVIEW,
        Verb.STOP_REVIEW,
        Verb.REMIND_REVIEWERS,
        Verb.DECIDE_REVIEW,
        Verb.APPLY_REVIEW,
        Verb.READ_REVIEWS,
    }
)
"""Everything about a review that is there or comes to be there."""
_HISTORIES: Final = frozenset({Verb.CREATE_HISTORY, Verb.DELETE_HISTORY})
_HOLDS: Final = frozenset({Verb.SET_HOLD, Verb.LIFT_HOLD})
_EXPORTS: Final = frozenset({Verb.EXPORT_PERSONAL_DATA, Verb.EXPORT_SHARED, Verb.READ_EXPORTS})
_LOGS: Final = frozenset({Verb.READ_AUDIT, Verb.READ_PROVISIONING})
_PROVIDERS: Final = frozenset({Verb.CREATE_PROVIDER, Verb.UPDATE_PROVIDER, Verb.DELETE_PROVIDER, Verb.READ_PROVIDERS})

ROLE_VERBS: Final[Mapping[str, frozenset[Verb]]] = {
    GLOBAL_ADMINISTRATOR: _USERS
    | _GROUPS
    | _APPS
    | _ROLES_GIVEN
    | _ORGANIZATION
    | _DOMAINS
    | _PROVIDERS
    | REVIEW_VERBS
    | _HISTORIES
    | _EVERYTHING_READ
    | _EXPORTS
    | _HOLDS
    | {Verb.REMOVE_SHARED, Verb.END_ORGANIZATION_SIGN_INS, Verb.CHANGE_REVIEW_POLICY},
    GLOBAL_READER: _EVERYTHING_READ,
    USER_ADMINISTRATOR: _USERS
    | _GROUPS
    | _DIRECTORY
    | REVIEW_VERBS
    | _HISTORIES
    | {Verb.READ_DELETED, Verb.READ_POLICIES, Verb.READ_SHARED, Verb.REMOVE_SHARED},
    GUEST_INVITER: _INVITE | {Verb.READ_USERS, Verb.READ_ORGANIZATION},
    EXTERNAL_IDP_ADMINISTRATOR: frozenset(
        {
            Verb.CHANGE_LEAVE_SETTING,
            Verb.RESTORE,
            Verb.PURGE,
            Verb.WAIVE_RECIPIENT,
            Verb.ANSWER_ERASURE,
            Verb.EXTEND_REQUEST,
            Verb.ANSWER_DATA_REQUEST,
            Verb.EXTEND_DATA_REQUEST,
            Verb.READ_DELETED,
            Verb.READ_POLICIES,
        }
    )
    | _PROVIDERS,
    USER_FLOW_ADMINISTRATOR: frozenset(),
    # Tools that keep settings as code sign in with this role to write the leave setting.
    PRIVILEGED_ROLE_ADMINISTRATOR: _ROLES_GIVEN
    | _DIRECTORY
    | REVIEW_VERBS  # of directory roles alone, see ``REVIEW_ROLES``
    | {Verb.CHANGE_LEAVE_SETTING, Verb.CHANGE_GUEST_SETTINGS, Verb.CHANGE_TERMS, Verb.READ_POLICIES},
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: _AUTHENTICATION | {Verb.END_ORGANIZATION_SIGN_INS},
    AUTHENTICATION_ADMINISTRATOR: _AUTHENTICATION,
    HELPDESK_ADMINISTRATOR: _RESET | {Verb.RESET_REDEMPTION, Verb.READ_USERS},
    PASSWORD_ADMINISTRATOR: frozenset({Verb.SET_PASSWORD, Verb.READ_USERS}),
    SECURITY_ADMINISTRATOR: frozenset({Verb.CHANGE_CROSS_TENANT, Verb.READ_POLICIES, Verb.READ_OTHER_ORGANIZATIONS})
    | _LOGS,
    SECURITY_OPERATOR: frozenset({Verb.READ_POLICIES, Verb.READ_PROVISIONING}),
    SECURITY_READER: frozenset({Verb.READ_POLICIES, Verb.READ_REVIEWS, Verb.READ_OTHER_ORGANIZATIONS}) | _LOGS,
    REPORTS_READER: _LOGS,
    USAGE_SUMMARY_REPORTS_READER: frozenset(),
    MESSAGE_CENTER_READER: frozenset(),
    IDENTITY_GOVERNANCE_ADMINISTRATOR: _DIRECTORY
    | REVIEW_VERBS
    | _HISTORIES
    | {
        Verb.CHANGE_REVIEW_POLICY,
        Verb.ADD_MEMBER,
        Verb.REMOVE_MEMBER,
        Verb.ASSIGN_APP_ROLE,
        Verb.UNASSIGN_APP_ROLE,
    },
    LIFECYCLE_WORKFLOWS_ADMINISTRATOR: frozenset(),
    GROUPS_ADMINISTRATOR: _GROUPS | {Verb.READ_USERS, Verb.READ_GROUPS},
    DIRECTORY_READERS: _DIRECTORY,
    DIRECTORY_WRITERS: _INVITE
    | _DIRECTORY
    | {Verb.UPDATE_USER, Verb.CREATE_GROUP, Verb.UPDATE_GROUP, Verb.ADD_MEMBER, Verb.REMOVE_MEMBER},
    APPLICATION_ADMINISTRATOR: _APPS | {Verb.READ_APPS, Verb.READ_USERS, Verb.READ_PROVISIONING},
    CLOUD_APPLICATION_ADMINISTRATOR: _APPS | {Verb.READ_APPS, Verb.READ_USERS, Verb.READ_PROVISIONING},
    CONDITIONAL_ACCESS_ADMINISTRATOR: frozenset({Verb.READ_POLICIES}),
    BILLING_ADMINISTRATOR: frozenset({Verb.UPDATE_ORGANIZATION, Verb.READ_ORGANIZATION}),
    DOMAIN_NAME_ADMINISTRATOR: _DOMAINS | {Verb.READ_DOMAINS, Verb.READ_ORGANIZATION},
    TEAMS_ADMINISTRATOR: frozenset(),
    TENANT_CREATOR: frozenset(),
    BACKUP_ADMINISTRATOR: frozenset(),
    BACKUP_READER: frozenset(),
    COMPLIANCE_ADMINISTRATOR: _HOLDS | {Verb.READ_USERS, Verb.READ_DELETED, Verb.READ_AUDIT, Verb.READ_HOLDS},
    PRIVACY_READER: frozenset({Verb.READ_AUDIT, Verb.READ_HOLDS}),
}

ROLE_GROUP_VERBS: Final[Mapping[str, frozenset[Verb]]] = {
    GLOBAL_ADMINISTRATOR: _GROUPS,
    PRIVILEGED_ROLE_ADMINISTRATOR: _GROUPS,
}
"""Who manages a group that may hold directory roles: being in it can be as good as a role, so the others may not."""

REVIEW_ROLES: Final = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_ROLE_ADMINISTRATOR})
"""Who manages reviews of a directory role: what is decided in them takes roles away, so the others may only read."""

REVIEWS_ROLES_ONLY: Final = frozenset({PRIVILEGED_ROLE_ADMINISTRATOR})
"""Whose right to reviews reaches those of directory roles and no other."""

LEAST_ROLE: Final[Mapping[Verb, str]] = {
    Verb.INVITE: GUEST_INVITER,
    Verb.REINVITE: GUEST_INVITER,
    Verb.RESET_REDEMPTION: HELPDESK_ADMINISTRATOR,
    Verb.INVITE_INTERNAL: USER_ADMINISTRATOR,
    Verb.CONVERT_TO_INTERNAL: USER_ADMINISTRATOR,
    Verb.EXPORT_PERSONAL_DATA: GLOBAL_ADMINISTRATOR,
    Verb.EXPORT_SHARED: GLOBAL_ADMINISTRATOR,
    Verb.READ_EXPORTS: GLOBAL_ADMINISTRATOR,
    Verb.REMOVE: USER_ADMINISTRATOR,
    Verb.ANSWER_REMOVAL: USER_ADMINISTRATOR,
    Verb.ANSWER_ERASURE: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.EXTEND_REQUEST: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.ANSWER_DATA_REQUEST: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.EXTEND_DATA_REQUEST: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.DISABLE: USER_ADMINISTRATOR,
    Verb.ENABLE: USER_ADMINISTRATOR,
    Verb.RESTORE: USER_ADMINISTRATOR,
    Verb.PURGE: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.WAIVE_RECIPIENT: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.SET_HOLD: COMPLIANCE_ADMINISTRATOR,
    Verb.LIFT_HOLD: COMPLIANCE_ADMINISTRATOR,
    Verb.UPDATE_ORGANIZATION: BILLING_ADMINISTRATOR,
    Verb.CHANGE_PRIVACY: GLOBAL_ADMINISTRATOR,
    Verb.CHANGE_LEAVE_SETTING: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.CHANGE_TERMS: PRIVILEGED_ROLE_ADMINISTRATOR,
    Verb.CHANGE_GUEST_SETTINGS: PRIVILEGED_ROLE_ADMINISTRATOR,
    Verb.CHANGE_CROSS_TENANT: SECURITY_ADMINISTRATOR,
    Verb.ADD_DOMAIN: DOMAIN_NAME_ADMINISTRATOR,
    Verb.VERIFY_DOMAIN: DOMAIN_NAME_ADMINISTRATOR,
    Verb.UPDATE_DOMAIN: DOMAIN_NAME_ADMINISTRATOR,
    Verb.DELETE_DOMAIN: DOMAIN_NAME_ADMINISTRATOR,
    Verb.CREATE_PROVIDER: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.UPDATE_PROVIDER: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.DELETE_PROVIDER: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.CREATE_USER: USER_ADMINISTRATOR,
    Verb.UPDATE_USER: USER_ADMINISTRATOR,
    Verb.CREATE_GROUP: GROUPS_ADMINISTRATOR,
    Verb.UPDATE_GROUP: GROUPS_ADMINISTRATOR,
    Verb.DELETE_GROUP: GROUPS_ADMINISTRATOR,
    Verb.RESTORE_GROUP: GROUPS_ADMINISTRATOR,
    Verb.PURGE_GROUP: GROUPS_ADMINISTRATOR,
    Verb.ADD_MEMBER: GROUPS_ADMINISTRATOR,
    Verb.REMOVE_MEMBER: GROUPS_ADMINISTRATOR,
    Verb.ADD_OWNER: GROUPS_ADMINISTRATOR,
    Verb.REMOVE_OWNER: GROUPS_ADMINISTRATOR,
    Verb.CREATE_APP: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.UPDATE_APP: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.DELETE_APP: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.RESTORE_APP: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.PURGE_APP: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.CHANGE_APP_CREDENTIALS: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.CHANGE_CONNECTIONS: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.ADD_APP_OWNER: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.REMOVE_APP_OWNER: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.ASSIGN_APP_ROLE: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.UNASSIGN_APP_ROLE: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.GRANT_SCOPES: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.REVOKE_SCOPES: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.ASSIGN_ROLE: PRIVILEGED_ROLE_ADMINISTRATOR,
    Verb.UNASSIGN_ROLE: PRIVILEGED_ROLE_ADMINISTRATOR,
    Verb.CREATE_ROLE: PRIVILEGED_ROLE_ADMINISTRATOR,
    Verb.UPDATE_ROLE: PRIVILEGED_ROLE_ADMINISTRATOR,
    Verb.DELETE_ROLE: PRIVILEGED_ROLE_ADMINISTRATOR,
    Verb.CREATE_REVIEW: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.UPDATE_REVIEW: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.DELETE_REVIEW: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.STOP_REVIEW: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.REMIND_REVIEWERS: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.DECIDE_REVIEW: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.APPLY_REVIEW: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.CHANGE_REVIEW_POLICY: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.CREATE_HISTORY: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.DELETE_HISTORY: IDENTITY_GOVERNANCE_ADMINISTRATOR,
    Verb.REMOVE_SHARED: USER_ADMINISTRATOR,
    Verb.SIGN_OUT_EVERYWHERE: HELPDESK_ADMINISTRATOR,
    Verb.END_ORGANIZATION_SIGN_INS: PRIVILEGED_AUTHENTICATION_ADMINISTRATOR,
    Verb.END_APP_SIGN_INS: CLOUD_APPLICATION_ADMINISTRATOR,
    Verb.SET_PASSWORD: HELPDESK_ADMINISTRATOR,
    Verb.READ_USERS: DIRECTORY_READERS,
    Verb.READ_GROUPS: DIRECTORY_READERS,
    Verb.READ_APPS: DIRECTORY_READERS,
    Verb.READ_ROLES: DIRECTORY_READERS,
    Verb.READ_ORGANIZATION: DIRECTORY_READERS,
    Verb.READ_DOMAINS: DIRECTORY_READERS,
    Verb.READ_DELETED: USER_ADMINISTRATOR,
    Verb.READ_DELETED_GROUPS: GROUPS_ADMINISTRATOR,
    Verb.READ_POLICIES: SECURITY_READER,
    Verb.READ_PROVIDERS: EXTERNAL_IDP_ADMINISTRATOR,
    Verb.READ_REVIEWS: SECURITY_READER,
    Verb.READ_SHARED: GLOBAL_READER,
    Verb.READ_OTHER_ORGANIZATIONS: SECURITY_READER,
    Verb.READ_AUDIT: REPORTS_READER,
    Verb.READ_HOLDS: PRIVACY_READER,
    Verb.READ_PROVISIONING: REPORTS_READER,
}
"""The role to name to somebody who lacks the right: the one with the least power beyond it."""


# --- On whom -------------------------------------------------------------------------------------------------------

WITHOUT_POWER: Final = frozenset(
    {DIRECTORY_READERS, GUEST_INVITER, MESSAGE_CENTER_READER, REPORTS_READER, USAGE_SUMMARY_REPORTS_READER}
)
"""Roles that give no say over other people; who holds only these holds no admin role."""

ANYONE: Final = frozenset(ROLES)

_REACH: Final[Mapping[str, frozenset[str]]] = {
    USER_ADMINISTRATOR: WITHOUT_POWER
    | {PASSWORD_ADMINISTRATOR, GROUPS_ADMINISTRATOR, HELPDESK_ADMINISTRATOR, USER_ADMINISTRATOR},
    AUTHENTICATION_ADMINISTRATOR: WITHOUT_POWER | {PASSWORD_ADMINISTRATOR, AUTHENTICATION_ADMINISTRATOR},
    PRIVILEGED_AUTHENTICATION_ADMINISTRATOR: ANYONE,
    GLOBAL_ADMINISTRATOR: ANYONE,
}
_UNDONE_OR_FINAL: Final = frozenset({Verb.RESTORE, Verb.PURGE})

REACHES_PRIVILEGED_GROUPS: Final = frozenset({GLOBAL_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR})
"""Who may act on people that are in a group which may hold roles, or own one."""

EXTERNAL_ONLY: Final = frozenset({EXTERNAL_IDP_ADMINISTRATOR})
"""Roles that act on external users only."""

SENSITIVE_VERBS: Final = frozenset(
    {
        Verb.REMOVE,
        Verb.DISABLE,
        Verb.ENABLE,
        Verb.RESTORE,
        Verb.PURGE,
        Verb.SET_PASSWORD,
        Verb.SIGN_OUT_EVERYWHERE,
        Verb.RESET_REDEMPTION,
        Verb.INVITE_INTERNAL,
        Verb.CONVERT_TO_INTERNAL,
        Verb.DELETE_DOMAIN,
    }
)
"""What could take an account over or away: the target's own roles decide who may (with UPDATE_USER of such a field).

Who deletes a domain by force renames whoever has a name in it, and asks for each of them.
"""

SENSITIVE_FIELDS: Final = frozenset(
    {
        "accountEnabled",
        "businessPhones",
        "identities",
        "mail",
        "mobilePhone",
        "onPremisesImmutableId",
        "otherMails",
        "passwordProfile",
        "userPrincipalName",
    }
)
"""Graph's list, and two more: ``mail``, where our codes and invitations go, and ``identities``."""

_AUTHENTICATION_FIELDS: Final = SENSITIVE_FIELDS - {"onPremisesImmutableId", "identities", "mail"}

SELF_FIELDS: Final = frozenset({"aboutMe", "birthday", "interests", "preferredLanguage"})
"""What people may change about themselves; the rest is their home organization's to say."""


def reach(role_id: str, verb: Verb) -> frozenset[str]:
    """Return the roles that the target of a sensitive act may hold when somebody acts by ``role_id``.

    Graph's table *Who can perform sensitive actions*; restoring and permanently deleting reach less far: below
    the two highest roles only people without an admin role.
    """
    widest = _REACH.get(role_id, WITHOUT_POWER)
    return widest & WITHOUT_POWER if verb in _UNDONE_OR_FINAL and widest is not ANYONE else widest


def reaches(role_id: str, verb: Verb, held: frozenset[str]) -> bool:
    """Whether somebody who acts by ``role_id`` reaches whoever holds these roles, an organization's own ones too."""
    widest = reach(role_id, verb)
    return widest is ANYONE or held <= widest


def may_write(role_id: str, fields: frozenset[str]) -> bool:
    """Whether a role that may update users may write these properties of them (Graph's property names)."""
    if role_id in {AUTHENTICATION_ADMINISTRATOR, PRIVILEGED_AUTHENTICATION_ADMINISTRATOR}:
        return fields <= _AUTHENTICATION_FIELDS
    return role_id != DIRECTORY_WRITERS or fields.isdisjoint(SENSITIVE_FIELDS)
