"""Cross-tenant access, other organizations, and profiles shared with them (Graph, *crossTenantAccessPolicy* and so on).

What a complex value may hold is checked by the action, which knows what can mean something here.
"""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.rules.policy import ErasureOnLeave

CROSS_TENANT_POLICY: Final = Entity(
    "crossTenantAccessPolicy",
    (
        Property("id", default=True, nullable=False),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("displayName", default=True),
        Property("definition", many=True, default=True, absent=[]),
        Property("allowedCloudEndpoints", many=True, default=True, nullable=False, absent=[]),
    ),
)

_TARGET: Final = (
    Property("target", create=True, update=True, nullable=False),
    Property("targetType", create=True, update=True, nullable=False),
)
_LIST: Final = (
    Property("accessType", create=True, update=True, nullable=False),
    Property("targets", Is.COMPLEX, many=True, create=True, update=True, nullable=False, members=_TARGET),
)
_LISTS: Final = (
    Property("usersAndGroups", Is.COMPLEX, create=True, update=True, members=_LIST),
    Property("applications", Is.COMPLEX, create=True, update=True, members=_LIST),
)
_DEVICES: Final = Property("devices", Is.COMPLEX, create=True, update=True)


def _flags(*names: str) -> tuple[Property, ...]:
    return tuple(Property(name, Is.BOOLEAN, create=True, update=True) for name in names)


def _complex(name: str, members: tuple[Property, ...]) -> Property:
    return Property(name, Is.COMPLEX, default=True, create=True, update=True, members=members)


_SHARED: Final = (
    _complex("b2bCollaborationInbound", _LISTS),
    _complex("b2bCollaborationOutbound", _LISTS),
    _complex("b2bDirectConnectInbound", _LISTS),
    _complex("b2bDirectConnectOutbound", _LISTS),
    _complex(
        "inboundTrust",
        _flags("isMfaAccepted", "isCompliantDeviceAccepted", "isHybridAzureADJoinedDeviceAccepted"),
    ),
    _complex("automaticUserConsentSettings", _flags("inboundAllowed", "outboundAllowed")),
    _complex("tenantRestrictions", (*_LISTS, _DEVICES)),
)
CROSS_TENANT_DEFAULT: Final = Entity(
    "crossTenantAccessPolicyConfigurationDefault",
    (
        Property("id", nullable=False),
        Property("isServiceDefault", Is.BOOLEAN, default=True, nullable=False),
        *_SHARED,
        _complex(
            "invitationRedemptionIdentityProviderConfiguration",
            (
                Property("primaryIdentityProviderPrecedenceOrder", many=True, create=True, update=True),
                Property("fallbackIdentityProvider", create=True, update=True),
            ),
        ),
    ),
)
CROSS_TENANT_PARTNER: Final = Entity(
    "crossTenantAccessPolicyConfigurationPartner",
    (
        Property("id", nullable=False),
        Property("tenantId", Is.GUID, default=True, create=True, required=True, nullable=False),
        Property("isServiceProvider", Is.BOOLEAN, default=True),
        Property("isInMultiTenantOrganization", Is.BOOLEAN, default=True, absent=False),
        *_SHARED,
    ),
)

TENANT_INFORMATION: Final = Entity(
    "tenantInformation",
    (
        Property("tenantId", default=True, nullable=False),
        Property("displayName", default=True),
        Property("defaultDomainName", default=True),
        Property("federationBrandName", default=True),
    ),
)

INBOUND_PROFILE: Final = Entity(
    "inboundSharedUserProfile",
    (
        Property("id", nullable=False),
        Property("userId", default=True, nullable=False),
        Property("displayName", default=True),
        Property("homeTenantId", default=True),
        Property("userPrincipalName", default=True),
    ),
)
OUTBOUND_PROFILE: Final = Entity(
    "outboundSharedUserProfile",
    (Property("id", nullable=False), Property("userId", default=True, nullable=False)),
    navigations=("tenants",),
)
TENANT_REFERENCE: Final = Entity(
    "tenantReference", (Property("id", nullable=False), Property("tenantId", default=True, nullable=False))
)

B2B_MANAGEMENT_POLICY: Final = Entity(
    "b2bManagementPolicy",
    (
        Property("id", default=True, nullable=False),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("displayName", default=True),
        Property("description", default=True),
        Property("definition", many=True, default=True, update=True, nullable=False, most=1, longest=25_600),
        Property("isOrganizationDefault", Is.BOOLEAN, default=True, absent=True),
        Property("invitationDays", Is.INTEGER, default=True, update=True, nullable=False),
        Property(
            "erasureOnLeave",
            default=True,
            update=True,
            nullable=False,
            choices=tuple(one.value for one in ErasureOnLeave),
        ),
    ),
)
"""Which domains guests may come from, as the text that Entra keeps; how long invitations are good, and what becomes of
who leaves and asks to be erased, is ours."""
