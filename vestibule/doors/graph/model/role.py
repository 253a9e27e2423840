"""Directory roles and their assignments (Graph, *directoryRole*, *unifiedRoleDefinition*, *unifiedRoleAssignment*)."""

from typing import Any, Final

from vestibule.doors.graph.model.property import Entity, Is, Property, Search, Sort, Tests

_TESTED: Final = Tests.EQ | Tests.IN


def _written(name: str, type_: Is = Is.STRING, **more: Any) -> Property:
    return Property(name, type_, default=True, create=True, update=True, **more)


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
    Property("allowedResourceActions", many=True, create=True, update=True, absent=[], longest=200, most=200),
    Property("excludedResourceActions", many=True, create=True, update=True, absent=[], longest=200, most=200),
    Property("condition", create=True, update=True),
)
ROLE_DEFINITION: Final = Entity(
    "unifiedRoleDefinition",
    (
        Property("id", default=True, nullable=False, plain=_TESTED),
        _written("description", longest=1_024, lines=True, blank=True),
        _written(
            "displayName", required=True, nullable=False, longest=256, plain=_TESTED | Tests.STARTS, sort=Sort.PLAIN
        ),
        Property("isBuiltIn", Is.BOOLEAN, default=True, plain=_TESTED),
        _written("isEnabled", Is.BOOLEAN, required=True, nullable=False, plain=_TESTED),
        _written("resourceScopes", many=True, choices=("/",), most=1, absent=[]),
        Property("templateId", default=True, plain=_TESTED),
        _written("version", longest=64, blank=True),
        _written(
            "rolePermissions",
            Is.COMPLEX,
            many=True,
            required=True,
            nullable=False,
            members=_PERMISSION,
            absent=[],
            most=50,
        ),
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
