"""Apps, who is assigned to them, and domains (Graph, *application*, *servicePrincipal*, *appRoleAssignment*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Search, Sort, Tests

_TESTED: Final = Tests.EQ | Tests.IN
_NAMED: Final = _TESTED | Tests.STARTS

APP_ROLE: Final = (
    Property("allowedMemberTypes", many=True, absent=[]),
    Property("description"),
    Property("displayName"),
    Property("id"),
    Property("isEnabled", Is.BOOLEAN),
    Property("origin"),
    Property("value"),
)
SCOPE: Final = (
    Property("adminConsentDescription"),
    Property("adminConsentDisplayName"),
    Property("id"),
    Property("isEnabled", Is.BOOLEAN),
    Property("type"),
    Property("userConsentDescription"),
    Property("userConsentDisplayName"),
    Property("value"),
)
_REDIRECTS: Final = (Property("redirectUris", many=True, absent=[]),)
_WEB: Final = (Property("homePageUrl"), Property("logoutUrl"), *_REDIRECTS)
_ACCESS: Final = (Property("id"), Property("type"))
_REQUIRED: Final = (
    Property("resourceAppId"),
    Property("resourceAccess", Is.COMPLEX, many=True, members=_ACCESS, absent=[]),
)
_PASSWORDS: Final = (
    Property("displayName"),
    Property("endDateTime", Is.TIME),
    Property("hint"),
    Property("keyId"),
    Property("secretText"),
    Property("startDateTime", Is.TIME),
)

APPLICATION: Final = Entity(
    "application",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("appId", default=True, plain=_TESTED),
        Property("appRoles", Is.COMPLEX, many=True, default=True, members=APP_ROLE, absent=[]),
        Property("createdDateTime", Is.TIME, default=True, plain=Tests.EQ | Tests.GE | Tests.LE),
        Property("description", default=True),
        Property("displayName", default=True, plain=_NAMED, sort=Sort.PLAIN, search=Search.WORDS),
        Property("identifierUris", many=True, default=True, absent=[]),
        Property("isFallbackPublicClient", Is.BOOLEAN, default=True),
        Property("passwordCredentials", Is.COMPLEX, many=True, default=True, members=_PASSWORDS, absent=[]),
        Property("publicClient", Is.COMPLEX, default=True, members=_REDIRECTS),
        Property("publisherDomain", default=True),
        Property("requiredResourceAccess", Is.COMPLEX, many=True, default=True, members=_REQUIRED, absent=[]),
        Property("signInAudience", default=True, plain=_TESTED),
        Property("spa", Is.COMPLEX, default=True, members=_REDIRECTS),
        Property("tags", many=True, default=True, absent=[]),
        Property("web", Is.COMPLEX, default=True, members=_WEB),
    ),
    navigations=("owners",),
)
SERVICE_PRINCIPAL: Final = Entity(
    "servicePrincipal",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("accountEnabled", Is.BOOLEAN, default=True, plain=_TESTED),
        Property("appDisplayName", default=True),
        Property("appId", default=True, plain=_TESTED),
        Property("appOwnerOrganizationId", default=True),
        Property("appRoleAssignmentRequired", Is.BOOLEAN, default=True),
        Property("appRoles", Is.COMPLEX, many=True, default=True, members=APP_ROLE, absent=[]),
        Property("createdDateTime", Is.TIME, default=True),
        Property("displayName", default=True, plain=_NAMED, sort=Sort.PLAIN, search=Search.WORDS),
        Property("homepage", default=True),
        Property("loginUrl", default=True),
        Property("logoutUrl", default=True),
        Property("notes", default=True),
        Property("oauth2PermissionScopes", Is.COMPLEX, many=True, default=True, members=SCOPE, absent=[]),
        Property("preferredSingleSignOnMode", default=True),
        Property("replyUrls", many=True, default=True, absent=[]),
        Property("servicePrincipalNames", many=True, default=True, absent=[]),
        Property("servicePrincipalType", default=True, plain=_TESTED),
        Property("signInAudience", default=True),
        Property("tags", many=True, default=True, absent=[]),
    ),
    navigations=("owners",),
)
APP_ROLE_ASSIGNMENT: Final = Entity(
    "appRoleAssignment",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("appRoleId", Is.GUID, default=True, create=True, required=True, nullable=False, plain=_TESTED),
        Property("createdDateTime", Is.TIME, default=True),
        Property("principalDisplayName", default=True, plain=Tests.EQ | Tests.STARTS),
        Property("principalId", Is.GUID, default=True, create=True, required=True, nullable=False, plain=_TESTED),
        Property("principalType", default=True, plain=_TESTED),
        Property("resourceDisplayName", default=True, plain=Tests.EQ | Tests.STARTS),
        Property("resourceId", Is.GUID, default=True, create=True, required=True, nullable=False, plain=_TESTED),
    ),
)
DOMAIN: Final = Entity(
    "domain",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("authenticationType", default=True, plain=_TESTED),
        Property("availabilityStatus", default=True),
        Property("isAdminManaged", Is.BOOLEAN, default=True),
        Property("isDefault", Is.BOOLEAN, default=True, plain=_TESTED),
        Property("isInitial", Is.BOOLEAN, default=True, plain=_TESTED),
        Property("isRoot", Is.BOOLEAN, default=True),
        Property("isVerified", Is.BOOLEAN, default=True, plain=_TESTED),
        Property("manufacturer", default=True),
        Property("model", default=True),
        Property("passwordNotificationWindowInDays", Is.INTEGER, default=True),
        Property("passwordValidityPeriodInDays", Is.INTEGER, default=True),
        Property("state", Is.COMPLEX, default=True),
        Property("supportedServices", many=True, default=True, absent=[]),
    ),
)
