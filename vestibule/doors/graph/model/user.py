"""The user: a membership with its profile (Graph, *user resource type*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Search, Sort, Tests

_EQUAL: Final = Tests.EQ | Tests.IN
_RANGE: Final = Tests.EQ | Tests.GE | Tests.LE | Tests.IN | Tests.STARTS
_UNEQUAL: Final = Tests.NE | Tests.NOT
_MOMENT: Final = Tests.EQ | Tests.GE | Tests.LE


def _text(name: str, longest: int | None, **more: object) -> Property:
    """An ordinary text: compared and sorted into ranges in any query, negated in an advanced one."""
    given: dict[str, object] = {"plain": _RANGE, "advanced": _UNEQUAL | Tests.NULL, **more}
    return Property(name, longest=longest, create=True, update=True, **given)  # type: ignore[arg-type]


def _rare(name: str, longest: int | None, **more: object) -> Property:
    """A text that only an advanced query may ask for."""
    return _text(name, longest, plain=Tests.NONE, advanced=_RANGE | _UNEQUAL | Tests.NULL, **more)


def _fixed(name: str, **more: object) -> Property:
    """A property that is part of the type and has no value here."""
    return Property(name, **more)  # type: ignore[arg-type]


def _member(name: str, type_: Is = Is.STRING) -> Property:
    return Property(name, type_, plain=Tests.EQ, advanced=Tests.NOT)


_LICENCE: Final = (_member("skuId", Is.GUID), Property("disabledPlans", Is.GUID, many=True))
_PLAN: Final = (_member("capabilityStatus"), _member("service"), _member("servicePlanId", Is.GUID))
_LICENCE_STATE: Final = (_member("skuId", Is.GUID),)
_PROVISIONED: Final = (_member("capabilityStatus"), _member("provisioningStatus"), _member("service"))
_SYNC_ERROR: Final = (_member("category"),)
_SERVICE_ERROR: Final = (_member("serviceInstance"),)


def _never(name: str, members: tuple[Property, ...]) -> Property:
    """A list of licences, plans or errors of other services: always empty here, and found by nothing."""
    return Property(name, Is.COMPLEX, many=True, absent=[], members=members, advanced=Tests.NOT | Tests.COUNT)


IDENTITY: Final = (
    Property("signInType", nullable=False),
    Property("issuer", longest=512, plain=Tests.EQ),
    Property("issuerAssignedId", longest=64, plain=Tests.EQ),
)
PASSWORD_PROFILE: Final = (
    Property("password", longest=256, create=True, update=True, required=True, nullable=False),
    Property("forceChangePasswordNextSignIn", Is.BOOLEAN, create=True, update=True),
    Property("forceChangePasswordNextSignInWithMfa", Is.BOOLEAN, create=True, update=True),
)

_WHEN: Final = Tests.EQ | Tests.NE | Tests.NOT | Tests.GE | Tests.LE | Tests.NULL
ACTIVITY: Final = (
    Property("lastSignInDateTime", Is.TIME, plain=_WHEN),
    Property("lastSignInRequestId"),
    Property("lastNonInteractiveSignInDateTime", Is.TIME, plain=_WHEN),
    Property("lastNonInteractiveSignInRequestId"),
    Property("lastSuccessfulSignInDateTime", Is.TIME, plain=_WHEN),
    Property("lastSuccessfulSignInRequestId"),
)

USER: Final = Entity(
    "user",
    (
        Property("id", default=True, nullable=False, plain=_EQUAL, advanced=_UNEQUAL),
        Property(
            "businessPhones",
            many=True,
            default=True,
            create=True,
            update=True,
            nullable=False,
            longest=64,
            most=1,
            plain=Tests.EQ | Tests.STARTS,
            advanced=_UNEQUAL | Tests.GE | Tests.LE,
            absent=[],
        ),
        _text("displayName", 256, default=True, required=True, nullable=False, sort=Sort.PLAIN, search=Search.WORDS),
        _text("givenName", 64, default=True),
        _text("jobTitle", 128, default=True),
        _text("mail", 254, default=True, advanced=_UNEQUAL | Tests.ENDS | Tests.NULL, search=Search.BEGINNING),
        _rare("mobilePhone", 64, default=True, search=Search.BEGINNING),
        _rare("officeLocation", 128, default=True),
        _rare("preferredLanguage", 35, default=True),
        _text("surname", 64, default=True),
        _text(
            "userPrincipalName",
            1024,
            default=True,
            required=True,
            nullable=False,
            advanced=_UNEQUAL | Tests.ENDS,
            sort=Sort.PLAIN,
            search=Search.BEGINNING,
        ),
        Property(
            "accountEnabled",
            Is.BOOLEAN,
            create=True,
            update=True,
            required=True,
            nullable=False,
            plain=_EQUAL,
            advanced=_UNEQUAL,
        ),
        Property(
            "ageGroup",
            create=True,
            update=True,
            choices=("Minor", "NotAdult", "Adult"),
            plain=_EQUAL,
            advanced=_UNEQUAL,
        ),
        _never("assignedLicenses", _LICENCE),
        _never("assignedPlans", _PLAN),
        _text("city", 128),
        _rare("companyName", 64),
        Property(
            "consentProvidedForMinor",
            create=True,
            update=True,
            choices=("Granted", "Denied", "NotRequired"),
            plain=_EQUAL,
            advanced=_UNEQUAL,
        ),
        _text("country", 128),
        Property("customSecurityAttributes", Is.COMPLEX),
        Property(
            "createdDateTime",
            Is.TIME,
            plain=_MOMENT,
            advanced=_UNEQUAL | Tests.IN | Tests.NULL,
            sort=Sort.PLAIN,
        ),
        Property("creationType", plain=_EQUAL, advanced=_UNEQUAL),
        Property("deletedDateTime", Is.TIME, plain=_MOMENT, advanced=_UNEQUAL | Tests.IN, sort=Sort.ADVANCED),
        _text("department", 64),
        Property("employeeHireDate", Is.TIME, create=True, update=True, plain=_MOMENT, advanced=_UNEQUAL | Tests.IN),
        _text("employeeId", 16),
        Property("employeeLeaveDateTime", Is.TIME),
        Property("employeeOrgData", Is.COMPLEX),
        _rare("employeeType", 128),
        Property("externalUserState", plain=_EQUAL, advanced=_UNEQUAL),
        Property("externalUserStateChangeDateTime", Is.TIME, plain=_EQUAL, advanced=_UNEQUAL),
        _text("faxNumber", 64),
        Property("identities", Is.COMPLEX, many=True, nullable=False, members=IDENTITY, absent=[]),
        _fixed("imAddresses", many=True, absent=[], plain=Tests.EQ, advanced=Tests.NOT | Tests.COUNT),
        _fixed("isManagementRestricted", type=Is.BOOLEAN, plain=Tests.EQ, advanced=Tests.NOT),
        _fixed("isResourceAccount", type=Is.BOOLEAN, plain=Tests.EQ, advanced=Tests.NOT),
        Property("lastPasswordChangeDateTime", Is.TIME),
        Property("legalAgeGroupClassification"),
        _never("licenseAssignmentStates", _LICENCE_STATE),
        _text("mailNickname", 64, required=True, nullable=False),
        Property("onPremisesDistinguishedName"),
        Property("onPremisesDomainName"),
        Property("onPremisesExtensionAttributes", Is.COMPLEX),
        _text("onPremisesImmutableId", 256),
        Property("onPremisesLastSyncDateTime", Is.TIME, plain=_MOMENT, advanced=_UNEQUAL | Tests.IN),
        _never("onPremisesProvisioningErrors", _SYNC_ERROR),
        Property("onPremisesSamAccountName", plain=_RANGE, advanced=_UNEQUAL),
        Property("onPremisesSecurityIdentifier", plain=_EQUAL, advanced=_UNEQUAL),
        Property("onPremisesSyncEnabled", Is.BOOLEAN, plain=_EQUAL, advanced=_UNEQUAL | Tests.NULL),
        Property("onPremisesUserPrincipalName", plain=_RANGE, advanced=_UNEQUAL),
        Property(
            "otherMails",
            many=True,
            create=True,
            update=True,
            nullable=False,
            longest=250,
            most=250,
            plain=_RANGE,
            advanced=Tests.NOT | Tests.ENDS | Tests.COUNT,
            absent=[],
        ),
        Property("passwordPolicies", create=True, update=True, longest=256, advanced=Tests.EQ | _UNEQUAL),
        Property(
            "passwordProfile",
            Is.COMPLEX,
            create=True,
            update=True,
            required=True,
            members=PASSWORD_PROFILE,
            secret=True,
        ),
        _text("postalCode", 40),
        _text("preferredDataLocation", 64, advanced=_UNEQUAL),
        _never("provisionedPlans", _PROVISIONED),
        Property(
            "proxyAddresses",
            many=True,
            plain=Tests.EQ | Tests.GE | Tests.LE | Tests.STARTS,
            advanced=Tests.NOT | Tests.ENDS | Tests.COUNT,
            absent=[],
        ),
        Property("refreshTokensValidFromDateTime", Is.TIME, beta=True),
        Property("securityIdentifier", plain=Tests.EQ, advanced=_UNEQUAL | Tests.IN),
        _never("serviceProvisioningErrors", _SERVICE_ERROR),
        _fixed("showInAddressList", type=Is.BOOLEAN, plain=Tests.EQ, advanced=Tests.NOT),
        Property("signInActivity", Is.COMPLEX, members=ACTIVITY),
        Property("signInSessionsValidFromDateTime", Is.TIME),
        _text("state", 128),
        _text("streetAddress", 1024),
        _text("usageLocation", 2),
        Property(
            "userType",
            create=True,
            choices=("Member", "Guest"),
            plain=_EQUAL,
            advanced=_UNEQUAL | Tests.NULL,
        ),
    ),
    navigations=(
        "manager",
        "directReports",
        "memberOf",
        "transitiveMemberOf",
        "ownedObjects",
        "sponsors",
        "sponsorOf",
        "invitedBy",
    ),
    single_only=(
        "aboutMe",
        "birthday",
        "hireDate",
        "interests",
        "mailboxSettings",
        "mySite",
        "pastProjects",
        "preferredName",
        "responsibilities",
        "schools",
        "skills",
    ),
)
"""``userType`` is given at creation only: who somebody is here is changed by verbs, not by PATCH."""

BASIC: Final = frozenset(
    {"id", "displayName", "givenName", "surname", "mail", "userPrincipalName", "userType", "securityIdentifier"}
)
"""What User.ReadBasic.All reads."""

KNOWN_TO_GUESTS: Final = frozenset({"id", "displayName", "mail", "userPrincipalName", "userType"})
"""What a guest with the default access reads of somebody else whose id they know."""
