"""Apps as this door shows them: the application, its service principal, and who is assigned."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from vestibule.doors.graph.shapes.plain import Plain
from vestibule.ground.clock import to_us
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.permissions import PERMISSIONS, Permission
from vestibule.store.apps import App
from vestibule.store.holdings import Assigned

_NAME: Final = "Microsoft Graph"


def application_view(app: App) -> Plain:
    """The application object."""
    public = {"redirectUris": app.redirect_uris if app.public else []}
    web = {"redirectUris": [] if app.public else app.redirect_uris, "homePageUrl": None, "logoutUrl": None}
    return {
        "id": app.app_id,
        "appId": app.client_id,
        "appRoles": app.app_roles,
        "createdDateTime": to_us(app.created_at),
        "displayName": app.display_name,
        "isFallbackPublicClient": app.public,
        "publicClient": public,
        "requiredResourceAccess": _wanted(app),
        "signInAudience": "AzureADMyOrg",
        "spa": {"redirectUris": app.spa_redirect_uris},
        "web": web,
        **{name: app.attributes[name] for name in ("description", "tags") if name in app.attributes},
    }


def principal_view(app: App) -> Plain:
    """The same app as somebody who can be assigned to, and assigned things."""
    return {
        "id": app.service_principal_id,
        "accountEnabled": app.enabled,
        "appDisplayName": app.display_name,
        "appId": app.client_id,
        "appOwnerOrganizationId": app.tenant_id,
        "appRoleAssignmentRequired": app.requires_assignment,
        "appRoles": app.app_roles,
        "createdDateTime": to_us(app.created_at),
        "displayName": app.display_name,
        "replyUrls": [*app.redirect_uris, *app.spa_redirect_uris],
        "servicePrincipalNames": [app.client_id],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
    }


def graph_principal(tenant_id: str, created_at: datetime) -> Plain:
    """This API itself: consent tools look its permissions up here."""
    return {
        "id": graph_principal_id(tenant_id),
        "accountEnabled": True,
        "appDisplayName": _NAME,
        "appId": GRAPH_APP_ID,
        "appRoleAssignmentRequired": False,
        "appRoles": [_role(one, one.application_id) for one in PERMISSIONS.values() if one.application_id],
        "createdDateTime": to_us(created_at),
        "displayName": _NAME,
        "oauth2PermissionScopes": [_scope(one, one.delegated_id) for one in PERMISSIONS.values() if one.delegated_id],
        "servicePrincipalNames": [GRAPH_APP_ID],
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMultipleOrgs",
    }


def graph_principal_id(tenant_id: str) -> str:
    """The id of this API's service principal in an organization: always the same, and stored nowhere."""
    digest = hashlib.sha256(f"service principal {GRAPH_APP_ID} in {tenant_id}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


def assignment_view(held: Assigned, principal: str, app: App) -> Plain:
    """Somebody's assignment to an app."""
    return {
        "id": held.assignment_id,
        "appRoleId": held.app_role_id,
        "createdDateTime": to_us(held.since),
        "principalDisplayName": principal,
        "principalId": held.user_id,
        "principalType": "User",
        "resourceDisplayName": app.display_name,
        "resourceId": app.service_principal_id,
    }


def _wanted(app: App) -> Sequence[dict[str, Any]]:
    roles = [PERMISSIONS[name.lower()].application_id for name in app.permissions if name.lower() in PERMISSIONS]
    scopes = [PERMISSIONS[name.lower()].delegated_id for name in app.delegated if name.lower() in PERMISSIONS]
    access = [{"id": one, "type": "Role"} for one in roles if one] + [
        {"id": one, "type": "Scope"} for one in scopes if one
    ]
    return [{"resourceAppId": GRAPH_APP_ID, "resourceAccess": access}] if access else []


def _role(permission: Permission, id_: str | None) -> dict[str, Any]:
    return {
        "allowedMemberTypes": ["Application"],
        "description": permission.about,
        "displayName": permission.about,
        "id": id_,
        "isEnabled": True,
        "origin": "Application",
        "value": permission.name,
    }


def _scope(permission: Permission, id_: str | None) -> dict[str, Any]:
    return {
        "adminConsentDescription": permission.about,
        "adminConsentDisplayName": permission.about,
        "id": id_,
        "isEnabled": True,
        "type": "Admin" if permission.name.endswith(".All") else "User",
        "userConsentDescription": permission.about,
        "userConsentDisplayName": permission.about,
        "value": permission.name,
    }
