"""The group (Graph, *group resource type*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Search, Sort, Tests

_RANGE: Final = Tests.EQ | Tests.GE | Tests.LE | Tests.IN | Tests.STARTS
_UNEQUAL: Final = Tests.NE | Tests.NOT
_MOMENT: Final = Tests.EQ | Tests.GE | Tests.LE
_FLAG: Final = Tests.EQ | Tests.IN


def _own(name: str, longest: int) -> Property:
    """A text that callers write, and that only an advanced query asks for."""
    asked = _RANGE | _UNEQUAL | Tests.NULL
    return Property(name, default=True, create=True, update=True, longest=longest, advanced=asked)


GROUP: Final = Entity(
    "group",
    (
        Property("id", default=True, nullable=False, plain=Tests.EQ | Tests.IN, advanced=_UNEQUAL),
        Property("deletedDateTime", Is.TIME, default=True, plain=_MOMENT, advanced=_UNEQUAL, sort=Sort.ADVANCED),
        _own("classification", 128),
        Property("createdDateTime", Is.TIME, default=True, plain=_MOMENT, advanced=_UNEQUAL),
        Property(
            "description",
            default=True,
            create=True,
            update=True,
            longest=1024,
            plain=_RANGE,
            advanced=_UNEQUAL,
            search=Search.WORDS,
        ),
        Property(
            "displayName",
            default=True,
            create=True,
            update=True,
            required=True,
            nullable=False,
            longest=256,
            plain=_RANGE,
            advanced=_UNEQUAL,
            sort=Sort.PLAIN,
            search=Search.WORDS,
        ),
        Property("expirationDateTime", Is.TIME, default=True, plain=_MOMENT, advanced=_UNEQUAL),
        Property(
            "groupTypes",
            many=True,
            default=True,
            create=True,
            nullable=False,
            most=2,
            choices=("Unified", "DynamicMembership"),
            plain=Tests.EQ,
            advanced=Tests.NOT | Tests.COUNT,
            absent=[],
        ),
        Property("isAssignableToRole", Is.BOOLEAN, default=True, create=True, plain=_FLAG, advanced=_UNEQUAL),
        Property("mail", default=True, plain=_RANGE, advanced=_UNEQUAL | Tests.ENDS | Tests.NULL),
        Property(
            "mailEnabled",
            Is.BOOLEAN,
            default=True,
            create=True,
            required=True,
            nullable=False,
            plain=_FLAG,
            advanced=_UNEQUAL,
        ),
        Property(
            "mailNickname",
            default=True,
            create=True,
            update=True,
            required=True,
            nullable=False,
            longest=64,
            plain=_RANGE,
            advanced=_UNEQUAL | Tests.ENDS,
        ),
        Property("membershipRule", default=True, longest=3072, plain=Tests.EQ | Tests.STARTS, advanced=_UNEQUAL),
        Property("membershipRuleProcessingState", default=True, plain=_FLAG, advanced=_UNEQUAL),
        Property("onPremisesDomainName", default=True),
        Property("onPremisesLastSyncDateTime", Is.TIME, default=True, plain=_MOMENT, advanced=_UNEQUAL | Tests.IN),
        Property("onPremisesNetBiosName", default=True),
        Property("onPremisesSamAccountName", default=True, plain=_RANGE, advanced=_UNEQUAL),
        Property("onPremisesSecurityIdentifier", default=True, plain=_FLAG, advanced=_UNEQUAL),
        Property("onPremisesSyncEnabled", Is.BOOLEAN, default=True, plain=_FLAG, advanced=_UNEQUAL | Tests.NULL),
        _own("preferredDataLocation", 16),
        _own("preferredLanguage", 64),
        Property(
            "proxyAddresses",
            many=True,
            default=True,
            plain=Tests.EQ | Tests.GE | Tests.LE | Tests.STARTS,
            advanced=Tests.NOT | Tests.ENDS | Tests.COUNT,
            absent=[],
        ),
        Property("renewedDateTime", Is.TIME, default=True, plain=_MOMENT, advanced=_UNEQUAL),
        Property(
            "securityEnabled",
            Is.BOOLEAN,
            default=True,
            create=True,
            required=True,
            nullable=False,
            plain=_FLAG,
            advanced=_UNEQUAL,
        ),
        Property("securityIdentifier", default=True, plain=Tests.EQ, advanced=_UNEQUAL | Tests.IN),
        Property("theme", default=True, create=True, update=True, longest=64),
        Property(
            "uniqueName",
            default=True,
            create=True,
            update=True,
            longest=128,
            plain=_RANGE,
            advanced=_UNEQUAL | Tests.NULL,
        ),
        Property(
            "visibility",
            default=True,
            create=True,
            update=True,
            choices=("Private", "Public", "HiddenMembership"),
        ),
        Property("onPremisesProvisioningErrors", Is.COMPLEX, many=True, default=True, absent=[]),
        Property("assignedLabels", Is.COMPLEX, many=True, absent=[]),
        Property("assignedLicenses", Is.COMPLEX, many=True, absent=[]),
        Property("licenseProcessingState", Is.COMPLEX),
        Property("isManagementRestricted", Is.BOOLEAN),
    ),
    navigations=("members", "owners", "memberOf", "transitiveMembers", "transitiveMemberOf"),
    single_only=(
        "allowExternalSenders",
        "autoSubscribeNewMembers",
        "hasMembersWithLicenseErrors",
        "hideFromAddressLists",
        "hideFromOutlookClients",
        "isArchived",
        "isSubscribedByMail",
        "unseenCount",
    ),
)
