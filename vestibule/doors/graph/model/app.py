"""Apps, and what is granted to them (Graph, *application*, *servicePrincipal*, *oAuth2PermissionGrant*)."""

from dataclasses import replace
from typing import Any, Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Search, Sort, Tests
from vestibule.rules.audiences import Audience

_TESTED: Final = Tests.EQ | Tests.IN
_NAMED: Final = _TESTED | Tests.STARTS


def _written(name: str, type_: Is = Is.STRING, **more: Any) -> Property:
    """A member of a complex value that callers may write."""
    return Property(name, type_, create=True, update=True, **more)


def _text(name: str, longest: int = 1024) -> Property:
    return _written(name, longest=longest, blank=True, lines=True)


def _shown(name: str, type_: Is = Is.STRING, **more: Any) -> Property:
    """A property that is answered by default and that callers may write."""
    return Property(name, type_, default=True, create=True, update=True, **more)


APP_ROLE: Final = (
    _written("allowedMemberTypes", many=True, absent=[]),
    _text("description"),
    _text("displayName", 256),
    _written("id", Is.GUID, required=True, nullable=False),
    _written("isEnabled", Is.BOOLEAN, nullable=False),
    _written("origin"),
    _written("value", longest=120, blank=True),
)
SCOPE: Final = (
    _text("adminConsentDescription"),
    _text("adminConsentDisplayName"),
    _written("id", Is.GUID, required=True, nullable=False),
    _written("isEnabled", Is.BOOLEAN, nullable=False),
    _written("origin"),
    _written("type", choices=("User", "Admin")),
    _text("userConsentDescription"),
    _text("userConsentDisplayName"),
    _written("value", longest=120),
)
_REDIRECTS: Final = (_written("redirectUris", many=True, absent=[], longest=2_048, most=256),)
_IMPLICIT: Final = (
    _written("enableAccessTokenIssuance", Is.BOOLEAN),
    _written("enableIdTokenIssuance", Is.BOOLEAN),
)
_WEB: Final = (
    _written("homePageUrl", longest=2_048, blank=True),
    _written("implicitGrantSettings", Is.COMPLEX, members=_IMPLICIT),
    _written("logoutUrl", longest=2_048, blank=True),
    *_REDIRECTS,
)
_ACCESS: Final = (
    _written("id", Is.GUID, required=True, nullable=False),
    _written("type", choices=("Scope", "Role"), required=True, nullable=False),
)
_REQUIRED: Final = (
    _written("resourceAppId", Is.GUID, required=True, nullable=False),
    _written("resourceAccess", Is.COMPLEX, many=True, members=_ACCESS, absent=[]),
)
_PRE_AUTHORIZED: Final = (_written("appId"), _written("delegatedPermissionIds", many=True))
_API: Final = (
    _written("acceptMappedClaims", Is.BOOLEAN),
    _written("knownClientApplications", many=True, absent=[]),
    _written("oauth2PermissionScopes", Is.COMPLEX, many=True, members=SCOPE, absent=[]),
    _written("preAuthorizedApplications", Is.COMPLEX, many=True, members=_PRE_AUTHORIZED, absent=[]),
    _written("requestedAccessTokenVersion", Is.INTEGER),
)
_INFO: Final = tuple(
    _written(name, longest=2_048, blank=True)
    for name in ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")
)
_CLAIM: Final = (
    _written("additionalProperties", many=True, absent=[]),
    _written("essential", Is.BOOLEAN),
    _written("name", longest=120),
    _written("source", longest=120, blank=True),
)
_CLAIMS: Final = tuple(
    _written(name, Is.COMPLEX, many=True, members=_CLAIM) for name in ("accessToken", "idToken", "saml2Token")
)
PASSWORD: Final = (
    _written("customKeyIdentifier"),
    _written("displayName", longest=120, blank=True),
    _written("endDateTime", Is.TIME),
    _written("hint"),
    _written("keyId"),
    _written("secretText"),
    _written("startDateTime", Is.TIME),
)
_KEYS: Final = (
    _written("customKeyIdentifier", longest=128, blank=True),
    _written("displayName", longest=256, blank=True),
    _written("endDateTime", Is.TIME),
    _written("key", longest=24_576),
    _written("keyId", Is.GUID),
    _written("startDateTime", Is.TIME),
    _written("type", choices=("AsymmetricX509Cert",)),
    _written("usage", choices=("Verify",)),
)
_AUDIENCES: Final = tuple(one.value for one in Audience)
_TAGS: Final[dict[str, Any]] = {"many": True, "absent": [], "longest": 256, "most": 100}

APPLICATION: Final = Entity(
    "application",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("deletedDateTime", Is.TIME, default=True),
        _shown("api", Is.COMPLEX, members=_API),
        Property("appId", default=True, plain=_TESTED),
        _shown("appRoles", Is.COMPLEX, many=True, members=APP_ROLE, absent=[], most=1_200),
        Property("createdDateTime", Is.TIME, default=True, plain=Tests.EQ | Tests.GE | Tests.LE),
        _shown("description", longest=1024, blank=True, lines=True),
        _shown(
            "displayName",
            required=True,
            nullable=False,
            longest=256,
            plain=_NAMED,
            sort=Sort.PLAIN,
            search=Search.WORDS,
        ),
        _shown("groupMembershipClaims", longest=256, blank=True),
        _shown("identifierUris", many=True, absent=[], longest=255, most=50),
        _shown("info", Is.COMPLEX, members=_INFO),
        _shown("isFallbackPublicClient", Is.BOOLEAN),
        _shown("keyCredentials", Is.COMPLEX, many=True, members=_KEYS, absent=[], most=50),
        _shown("notes", longest=1024, blank=True, lines=True),
        _shown("optionalClaims", Is.COMPLEX, members=_CLAIMS),
        Property("passwordCredentials", Is.COMPLEX, many=True, default=True, members=PASSWORD, absent=[]),
        _shown("publicClient", Is.COMPLEX, members=_REDIRECTS),
        Property("publisherDomain", default=True),
        _shown("requiredResourceAccess", Is.COMPLEX, many=True, members=_REQUIRED, absent=[], most=50),
        _shown("serviceManagementReference", longest=256, blank=True),
        _shown("signInAudience", choices=_AUDIENCES, plain=_TESTED),
        _shown("spa", Is.COMPLEX, members=_REDIRECTS),
        _shown("tags", **_TAGS),
        _shown("web", Is.COMPLEX, members=_WEB),
    ),
    navigations=("owners",),
)
ADD_PASSWORD: Final = Entity(
    "addPassword", (Property("passwordCredential", Is.COMPLEX, create=True, members=PASSWORD),)
)
REMOVE_PASSWORD: Final = Entity(
    "removePassword", (Property("keyId", Is.GUID, create=True, required=True, nullable=False),)
)
PASSWORD_CREDENTIAL: Final = Entity(
    "passwordCredential", tuple(replace(each, default=True, create=False, update=False) for each in PASSWORD)
)
SERVICE_PRINCIPAL: Final = Entity(
    "servicePrincipal",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("deletedDateTime", Is.TIME, default=True),
        _shown("accountEnabled", Is.BOOLEAN, plain=_TESTED),
        Property("appDisplayName", default=True),
        Property("appId", Is.GUID, default=True, create=True, required=True, nullable=False, plain=_TESTED),
        Property("appOwnerOrganizationId", default=True),
        _shown("appRoleAssignmentRequired", Is.BOOLEAN),
        Property("appRoles", Is.COMPLEX, many=True, default=True, members=APP_ROLE, absent=[]),
        Property("createdDateTime", Is.TIME, default=True),
        Property("displayName", default=True, plain=_NAMED, sort=Sort.PLAIN, search=Search.WORDS),
        Property("homepage", default=True),
        _shown("loginUrl", longest=2_048, blank=True),
        Property("logoutUrl", default=True),
        _shown("notes", longest=1024, blank=True, lines=True),
        Property("oauth2PermissionScopes", Is.COMPLEX, many=True, default=True, members=SCOPE, absent=[]),
        _shown("preferredSingleSignOnMode", longest=64, blank=True),
        Property("replyUrls", many=True, default=True, absent=[]),
        Property("servicePrincipalNames", many=True, default=True, absent=[]),
        Property("servicePrincipalType", default=True, plain=_TESTED),
        Property("signInAudience", default=True),
        _shown("tags", **_TAGS),
    ),
    navigations=("owners",),
)
PERMISSION_GRANT: Final = Entity(
    "oAuth2PermissionGrant",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("clientId", Is.GUID, default=True, create=True, required=True, nullable=False, plain=_TESTED),
        Property(
            "consentType",
            default=True,
            create=True,
            required=True,
            nullable=False,
            choices=("AllPrincipals", "Principal"),
            plain=_TESTED,
        ),
        Property("principalId", Is.GUID, default=True, create=True, plain=_TESTED),
        Property("resourceId", Is.GUID, default=True, create=True, required=True, nullable=False, plain=_TESTED),
        _shown("scope", required=True, nullable=False, longest=3_850),
        # Sent by older programs, and without meaning since long.
        Property("expiryTime", Is.TIME, create=True),
        Property("startTime", Is.TIME, create=True),
    ),
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
