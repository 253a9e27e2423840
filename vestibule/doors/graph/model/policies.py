"""Policies of an organization."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.rules import links, terms
from vestibule.rules.policy import GuestAccess, InvitesFrom

EXTERNAL_IDENTITIES_POLICY: Final = Entity(
    "externalIdentitiesPolicy",
    (
        Property("id", default=True, nullable=False),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("displayName", default=True),
        Property("description", default=True),
        Property("allowDeletedIdentitiesDataRemoval", Is.BOOLEAN, default=True, update=True, nullable=False),
        Property("allowExternalIdentitiesToLeave", Is.BOOLEAN, default=True, update=True, nullable=False),
    ),
)

_MEMBERS_MAY: Final = (
    Property("allowedToCreateApps", Is.BOOLEAN),
    Property("allowedToCreateSecurityGroups", Is.BOOLEAN),
    Property("allowedToCreateTenants", Is.BOOLEAN),
    Property("allowedToReadBitlockerKeysForOwnedDevice", Is.BOOLEAN),
    Property("allowedToReadOtherUsers", Is.BOOLEAN),
    Property("permissionGrantPoliciesAssigned", many=True),
)
AUTHORIZATION_POLICY: Final = Entity(
    "authorizationPolicy",
    (
        Property("id", default=True, nullable=False),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("description", default=True),
        Property("displayName", default=True),
        Property("allowedToSignUpEmailBasedSubscriptions", Is.BOOLEAN, default=True),
        Property("allowedToUseSSPR", Is.BOOLEAN, default=True),
        Property("allowEmailVerifiedUsersToJoinOrganization", Is.BOOLEAN, default=True),
        Property(
            "allowInvitesFrom",
            default=True,
            update=True,
            nullable=False,
            choices=tuple(one.value for one in InvitesFrom),
        ),
        Property("allowUserConsentForRiskyApps", Is.BOOLEAN, default=True),
        Property("blockMsolPowerShell", Is.BOOLEAN, default=True),
        Property("defaultUserRolePermissions", Is.COMPLEX, default=True, members=_MEMBERS_MAY),
        Property(
            "guestUserRoleId",
            default=True,
            update=True,
            nullable=False,
            choices=tuple(one.value for one in GuestAccess),
        ),
    ),
)
"""Who may invite guests and how much these may read; the rest is as it is here and cannot be changed."""

_DOCUMENT: Final = (
    Property("language", create=True, update=True, required=True, nullable=False, choices=terms.LANGUAGES),
    Property("text", create=True, update=True, longest=terms.LONGEST_TEXT, lines=True),
    Property("link", create=True, update=True, longest=links.LONGEST_REDIRECT),
)
TERMS_OF_USE: Final = Entity(
    "termsOfUse",
    (
        Property("id", default=True, nullable=False),
        Property("version", Is.INTEGER, default=True, nullable=False),
        Property("changedDateTime", Is.TIME, default=True),
        Property(
            "documents",
            Is.COMPLEX,
            many=True,
            default=True,
            update=True,
            nullable=False,
            members=_DOCUMENT,
            most=len(terms.LANGUAGES),
        ),
    ),
)
"""What people have to accept before they come in; our own, since Graph's agreements belong to Conditional Access."""
