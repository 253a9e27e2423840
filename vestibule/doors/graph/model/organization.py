"""The organization (Graph, *organization resource type*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property

PRIVACY_PROFILE: Final = (
    Property("contactEmail", update=True, longest=254, blank=True),
    Property("statementUrl", update=True, longest=255, blank=True),
)
VERIFIED_DOMAIN: Final = (
    Property("capabilities"),
    Property("isDefault", Is.BOOLEAN),
    Property("isInitial", Is.BOOLEAN),
    Property("name"),
    Property("type"),
)


def _mails(name: str) -> Property:
    return Property(name, many=True, default=True, update=True, nullable=False, longest=254, most=50, absent=[])


ORGANIZATION: Final = Entity(
    "organization",
    (
        Property("id", default=True, nullable=False),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("assignedPlans", Is.COMPLEX, many=True, default=True, nullable=False, absent=[]),
        Property("businessPhones", many=True, default=True, nullable=False, absent=[]),
        Property("city", default=True),
        Property("country", default=True),
        Property("countryLetterCode", default=True),
        Property("createdDateTime", Is.TIME, default=True),
        Property("defaultUsageLocation", default=True),
        Property("displayName", default=True),
        _mails("marketingNotificationEmails"),
        Property("mobileDeviceManagementAuthority", default=True),
        Property("onPremisesLastSyncDateTime", Is.TIME, default=True),
        Property("onPremisesSyncEnabled", Is.BOOLEAN, default=True),
        Property("partnerTenantType", default=True),
        Property("postalCode", default=True),
        Property("preferredLanguage", default=True),
        Property("privacyProfile", Is.COMPLEX, default=True, update=True, members=PRIVACY_PROFILE),
        Property("provisionedPlans", Is.COMPLEX, many=True, default=True, nullable=False, absent=[]),
        _mails("securityComplianceNotificationMails"),
        Property("securityComplianceNotificationPhones", many=True, default=True, nullable=False, absent=[]),
        Property("state", default=True),
        Property("street", default=True),
        _mails("technicalNotificationMails"),
        Property("tenantType", default=True),
        Property("verifiedDomains", Is.COMPLEX, many=True, default=True, nullable=False, members=VERIFIED_DOMAIN),
    ),
    navigations=("branding",),
)
