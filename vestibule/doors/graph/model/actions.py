"""The bodies of actions: parameters instead of properties."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.doors.graph.model.user import PASSWORD_PROFILE

RESTORE: Final = Entity(
    "restore",
    (
        Property("autoReconcileProxyConflict", Is.BOOLEAN, create=True),
        Property("newUserPrincipalName", create=True, longest=1024),
    ),
)
MEMBER_GROUPS: Final = Entity(
    "getMemberGroups", (Property("securityEnabledOnly", Is.BOOLEAN, create=True, nullable=False),)
)
MEMBER_OBJECTS: Final = Entity("getMemberObjects", MEMBER_GROUPS.properties)
CHECK_GROUPS: Final = Entity(
    "checkMemberGroups",
    (Property("groupIds", many=True, create=True, required=True, nullable=False, longest=36, most=20),),
)
CHECK_OBJECTS: Final = Entity(
    "checkMemberObjects",
    (Property("ids", many=True, create=True, required=True, nullable=False, longest=36, most=20),),
)
VALIDATE: Final = Entity(
    "validateProperties",
    (
        Property("entityType", create=True, required=True, nullable=False, longest=64),
        Property("displayName", create=True, longest=256),
        Property("mailNickname", create=True, longest=64),
        Property("onBehalfOfUserId", Is.GUID, create=True),
    ),
)
VALIDATE_GROUP: Final = Entity(
    "validateGroupProperties", tuple(each for each in VALIDATE.properties if each.name != "entityType")
)
CHANGE_PASSWORD: Final = Entity(
    "changePassword",
    (
        Property("currentPassword", create=True, required=True, nullable=False, longest=256),
        Property("newPassword", create=True, required=True, nullable=False, longest=256),
    ),
)
FORCE_DELETE: Final = Entity("forceDelete", (Property("disableUserAccounts", Is.BOOLEAN, create=True),))
CONVERT: Final = Entity(
    "convertExternalToInternalMemberUser",
    (
        Property("userPrincipalName", create=True, required=True, nullable=False, longest=1024),
        Property("passwordProfile", Is.COMPLEX, create=True, members=PASSWORD_PROFILE, secret=True),
        Property("mail", create=True, longest=254),
    ),
)
CONVERTED: Final = Entity(
    "conversionUserDetails",
    (
        Property("convertedToInternalUserDateTime", Is.TIME, default=True),
        Property("displayName", default=True),
        Property("mail", default=True),
        Property("userPrincipalName", default=True),
    ),
)
"""What a conversion answers (Graph beta, *conversionUserDetails resource type*)."""
EXPORT: Final = Entity(
    "exportPersonalData",
    (Property("storageLocation", create=True, required=True, nullable=False, longest=2_048),),
)
OWNED_OBJECTS: Final = Entity(
    "getUserOwnedObjects",
    (
        Property("userId", create=True, required=True, nullable=False, longest=1024),
        Property("type", create=True, required=True, nullable=False, longest=64),
    ),
)
BY_IDS: Final = Entity(
    "getByIds",
    (
        Property("ids", many=True, create=True, required=True, nullable=False, longest=36, most=1_000),
        Property("types", many=True, create=True, longest=64, most=20),
    ),
)
