"""The bodies of actions: parameters instead of properties."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property

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
BY_IDS: Final = Entity(
    "getByIds",
    (
        Property("ids", many=True, create=True, required=True, nullable=False, longest=36, most=1_000),
        Property("types", many=True, create=True, longest=64, most=20),
    ),
)
