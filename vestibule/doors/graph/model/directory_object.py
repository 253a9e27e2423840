"""What lists of several kinds have in common (Graph, *directoryObject resource type*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Sort, Tests

_TESTED: Final = Tests.EQ | Tests.IN

DIRECTORY_OBJECT: Final = Entity(
    "directoryObject",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("deletedDateTime", Is.TIME),
        Property("displayName", plain=_TESTED | Tests.STARTS, sort=Sort.ADVANCED),
        Property("description"),
        Property("mail", plain=_TESTED | Tests.STARTS),
        Property("userPrincipalName", plain=_TESTED | Tests.STARTS),
        Property("userType", plain=_TESTED),
        Property("accountEnabled", Is.BOOLEAN, plain=_TESTED),
        Property("givenName"),
        Property("surname"),
        Property("jobTitle"),
        Property("creationType"),
        Property("externalUserState"),
        Property("createdDateTime", Is.TIME),
        Property("groupTypes", many=True),
        Property("mailEnabled", Is.BOOLEAN, plain=_TESTED),
        Property("mailNickname"),
        Property("securityEnabled", Is.BOOLEAN, plain=_TESTED),
        Property("isAssignableToRole", Is.BOOLEAN),
        Property("visibility"),
        Property("roleTemplateId", plain=_TESTED),
        Property("appId"),
    ),
)
"""What may be selected and asked for across kinds. Objects are shown by the shape of their own kind."""
