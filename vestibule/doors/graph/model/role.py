"""Directory roles and their assignments (Graph, *directoryRole*, *unifiedRoleDefinition*, *unifiedRoleAssignment*)."""

from typing import Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Search, Sort, Tests

_TESTED: Final = Tests.EQ | Tests.IN

DIRECTORY_ROLE: Final = Entity(
    "directoryRole",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("description", default=True, plain=_TESTED, search=Search.WORDS),
        Property(
            "displayName",
            default=True,
            plain=_TESTED | Tests.STARTS,
            sort=Sort.PLAIN,
            search=Search.WORDS,
        ),
        Property("roleTemplateId", default=True, create=True, required=True, nullable=False, plain=_TESTED),
    ),
    navigations=("members",),
)
ROLE_TEMPLATE: Final = Entity(
    "directoryRoleTemplate",
    (
        Property("id", default=True, nullable=False),
        Property("deletedDateTime", Is.TIME, default=True),
        Property("description", default=True),
        Property("displayName", default=True),
    ),
)
_PERMISSION: Final = (
    Property("allowedResourceActions", many=True, absent=[]),
    Property("excludedResourceActions", many=True, absent=[]),
    Property("condition"),
)
ROLE_DEFINITION: Final = Entity(
    "unifiedRoleDefinition",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("description", default=True),
        Property("displayName", default=True, plain=_TESTED | Tests.STARTS, sort=Sort.PLAIN),
        Property("isBuiltIn", Is.BOOLEAN, default=True, plain=_TESTED),
        Property("isEnabled", Is.BOOLEAN, default=True, plain=_TESTED),
        Property("resourceScopes", many=True, default=True, absent=[]),
        Property("templateId", default=True, plain=_TESTED),
        Property("version", default=True),
        Property("rolePermissions", Is.COMPLEX, many=True, default=True, members=_PERMISSION, absent=[]),
    ),
)
ROLE_ASSIGNMENT: Final = Entity(
    "unifiedRoleAssignment",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        Property("principalId", default=True, create=True, required=True, nullable=False, plain=_TESTED),
        Property("roleDefinitionId", default=True, create=True, required=True, nullable=False, plain=_TESTED),
        Property("directoryScopeId", default=True, create=True, choices=("/",), plain=_TESTED),
        Property("appScopeId", default=True, create=True, plain=_TESTED),
        Property("condition", default=True),
        Property("principalOrganizationId", default=True),
    ),
    navigations=("principal", "roleDefinition"),
)
