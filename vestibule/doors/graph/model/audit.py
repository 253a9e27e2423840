"""The row of the audit log (Graph, *directoryAudit resource type*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Sort, Tests

_BEGINNING: Final = Tests.EQ | Tests.STARTS | Tests.IN
_MOMENT: Final = Tests.EQ | Tests.GE | Tests.LE

USER_IDENTITY: Final = (
    Property("id", plain=Tests.EQ),
    Property("displayName", plain=_BEGINNING),
    Property("userPrincipalName", plain=_BEGINNING),
    Property("ipAddress"),
)
APP_IDENTITY: Final = (
    Property("appId", plain=Tests.EQ),
    Property("displayName", plain=_BEGINNING),
    Property("servicePrincipalId"),
    Property("servicePrincipalName"),
)
MODIFIED: Final = (Property("displayName"), Property("oldValue"), Property("newValue"))
TARGET: Final = (
    Property("id", plain=Tests.EQ),
    Property("displayName", plain=_BEGINNING),
    Property("type"),
    Property("userPrincipalName", plain=_BEGINNING),
    Property("groupType"),
    Property("modifiedProperties", Is.COMPLEX, many=True, members=MODIFIED),
)

DIRECTORY_AUDIT: Final = Entity(
    "directoryAudit",
    (
        Property("id", default=True, nullable=False, plain=Tests.EQ),
        Property("category", default=True, plain=Tests.EQ | Tests.IN),
        Property("correlationId", default=True, plain=Tests.EQ),
        Property("result", default=True, plain=Tests.EQ),
        Property("resultReason", default=True),
        Property("activityDisplayName", default=True, plain=_BEGINNING),
        Property("activityDateTime", Is.TIME, default=True, plain=_MOMENT, sort=Sort.PLAIN),
        Property("loggedByService", default=True, plain=Tests.EQ | Tests.IN),
        Property("operationType", default=True),
        Property(
            "initiatedBy",
            Is.COMPLEX,
            default=True,
            members=(
                Property("user", Is.COMPLEX, members=USER_IDENTITY),
                Property("app", Is.COMPLEX, members=APP_IDENTITY),
            ),
        ),
        Property("targetResources", Is.COMPLEX, many=True, default=True, members=TARGET, absent=[]),
        Property(
            "additionalDetails",
            Is.COMPLEX,
            many=True,
            default=True,
            members=(Property("key"), Property("value")),
            absent=[],
        ),
    ),
)
