"""Domains, and the records of the DNS that they are proven by (Graph, *domain*, *domainDnsRecord*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Tests

_TESTED: Final = Tests.EQ | Tests.IN

DOMAIN: Final = Entity(
    "domain",
    (
        Property("id", default=True, create=True, required=True, nullable=False, longest=253, plain=_TESTED),
        Property("authenticationType", default=True, plain=_TESTED),
        Property("availabilityStatus", default=True),
        Property("isAdminManaged", Is.BOOLEAN, default=True),
        Property("isDefault", Is.BOOLEAN, default=True, update=True, plain=_TESTED),
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
DNS_RECORD: Final = Entity(
    "domainDnsTxtRecord",
    (
        Property("id", default=True, nullable=False),
        Property("isOptional", Is.BOOLEAN, default=True),
        Property("label", default=True),
        Property("recordType", default=True),
        Property("supportedService", default=True),
        Property("text", default=True),
        Property("ttl", Is.INTEGER, default=True),
    ),
)
