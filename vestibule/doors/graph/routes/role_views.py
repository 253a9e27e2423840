"""Directory roles as this door shows them."""

import hashlib

from vestibule.doors.graph.shapes.plain import Plain
from vestibule.rules.roles import ROLES, Role
from vestibule.store import role_definitions
from vestibule.store.holdings import HoldingRole
from vestibule.store.role_definitions import RoleDefinition
from vestibule.store.unit import Reading


def role_id(tenant_id: str, template_id: str) -> str:
    """The id of a role in an organization: not the template's, always the same, and stored nowhere."""
    digest = hashlib.sha256(f"directory role {template_id} in {tenant_id}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def role_view(tenant_id: str, role: Role) -> Plain:
    """A role as ``directoryRoles`` shows it; every role counts as activated."""
    return {
        "id": role_id(tenant_id, role.template_id),
        "displayName": role.name,
        "description": role.about,
        "roleTemplateId": role.template_id,
    }


def find_role(tenant_id: str, given: str) -> Role | None:
    """The role with this id in the organization, or this template id."""
    wanted = given.lower()
    if wanted in ROLES:
        return ROLES[wanted]
    return next((role for role in ROLES.values() if role_id(tenant_id, role.template_id) == wanted), None)


def own_definition_view(role: RoleDefinition) -> Plain:
    """A role that the organization made, as ``roleDefinitions`` shows it."""
    return {
        "id": role.role_id,
        "displayName": role.display_name,
        "description": role.description or None,
        "isBuiltIn": False,
        "isEnabled": role.enabled,
        "resourceScopes": ["/"],
        "templateId": role.role_id,
        "version": role.label or None,
        "rolePermissions": [{"allowedResourceActions": role.actions, "excludedResourceActions": [], "condition": None}],
    }


async def find_definition(reading: Reading, tenant_id: str, given: str) -> Plain | None:
    """The role with this id as ``roleDefinitions`` shows it, built-in or the organization's own."""
    wanted = given.lower()
    if wanted in ROLES:
        return definition_view(ROLES[wanted])
    made = await role_definitions.find(reading, tenant_id, wanted)
    return None if made is None else own_definition_view(made)


def definition_view(role: Role) -> Plain:
    """A built-in role as ``roleDefinitions`` shows it."""
    return {
        "id": role.template_id,
        "displayName": role.name,
        "description": role.about,
        "isBuiltIn": True,
        "isEnabled": True,
        "resourceScopes": ["/"],
        "templateId": role.template_id,
        "version": "1",
        "rolePermissions": [],
    }


def assignment_view(held: HoldingRole) -> Plain:
    """An assignment of a role."""
    return {
        "id": held.assignment_id,
        "principalId": held.user_id,
        "roleDefinitionId": held.role_id,
        "directoryScopeId": "/",
        "principalOrganizationId": held.tenant_id,
    }
