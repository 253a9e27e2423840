"""The row of the sign-in log (Graph, *signIn resource type*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Sort, Tests

_BEGINNING: Final = Tests.EQ | Tests.STARTS | Tests.IN
_MOMENT: Final = Tests.EQ | Tests.GE | Tests.LE
_RISK: Final = ("riskDetail", "riskLevelAggregated", "riskLevelDuringSignIn", "riskState")

STATUS: Final = (
    Property("errorCode", Is.INTEGER, plain=Tests.EQ | Tests.NE | Tests.IN),
    Property("failureReason"),
    Property("additionalDetails"),
)
DEVICE: Final = (
    Property("deviceId"),
    Property("displayName"),
    Property("operatingSystem", plain=_BEGINNING),
    Property("browser", plain=_BEGINNING),
    Property("isCompliant", Is.BOOLEAN),
    Property("isManaged", Is.BOOLEAN),
    Property("trustType"),
)
LOCATION: Final = (
    Property("city", plain=_BEGINNING),
    Property("state", plain=_BEGINNING),
    Property("countryOrRegion", plain=_BEGINNING),
)

AUTHENTICATION: Final = (
    Property("authenticationMethod"),
    Property("authenticationStepDateTime", Is.TIME),
    Property("authenticationStepRequirement"),
    Property("succeeded", Is.BOOLEAN),
)

SIGN_IN: Final = Entity(
    "signIn",
    (
        Property("id", default=True, nullable=False, plain=Tests.EQ),
        Property("createdDateTime", Is.TIME, default=True, plain=_MOMENT, sort=Sort.PLAIN),
        Property("userDisplayName", default=True, plain=_BEGINNING),
        Property("userPrincipalName", default=True, plain=_BEGINNING),
        Property("userId", default=True, plain=Tests.EQ | Tests.IN),
        Property("appId", default=True, plain=Tests.EQ | Tests.IN),
        Property("appDisplayName", default=True, plain=_BEGINNING),
        Property("ipAddress", default=True, plain=_BEGINNING),
        Property("clientAppUsed", default=True, plain=Tests.EQ),
        Property("userAgent", default=True),
        Property("correlationId", default=True, plain=Tests.EQ),
        Property("conditionalAccessStatus", default=True, plain=Tests.EQ),
        Property("appliedConditionalAccessPolicies", Is.COMPLEX, many=True, default=True, absent=[]),
        Property("isInteractive", Is.BOOLEAN, default=True, plain=Tests.EQ),
        *(Property(name, default=True, plain=Tests.EQ) for name in _RISK),
        Property("riskEventTypes_v2", many=True, default=True, absent=[]),
        Property("resourceDisplayName", default=True, plain=Tests.EQ),
        Property("resourceId", default=True, plain=Tests.EQ),
        Property("resourceTenantId", default=True, plain=Tests.EQ),
        Property("homeTenantId", default=True, plain=Tests.EQ),
        Property("servicePrincipalId", default=True, plain=Tests.EQ),
        Property("servicePrincipalName", default=True, plain=_BEGINNING),
        Property("status", Is.COMPLEX, default=True, members=STATUS),
        Property("deviceDetail", Is.COMPLEX, default=True, members=DEVICE),
        Property("location", Is.COMPLEX, default=True, members=LOCATION),
        Property("crossTenantAccessType", default=True, beta=True, plain=Tests.EQ),
        Property("userType", default=True, beta=True, plain=Tests.EQ),
        Property("signInEventTypes", many=True, default=True, beta=True, plain=Tests.EQ | Tests.IN),
        Property("authenticationRequirement", default=True, beta=True, plain=Tests.EQ),
        Property("authenticationDetails", Is.COMPLEX, many=True, default=True, beta=True, members=AUTHENTICATION),
        Property("tokenIssuerType", default=True, beta=True),
        Property("isTenantRestricted", Is.BOOLEAN, default=True, beta=True),
    ),
)
"""What is not known (city, most of the device, risk) is answered as null or none, as Graph does in that case."""
