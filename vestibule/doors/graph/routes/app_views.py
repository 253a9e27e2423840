"""Apps as this door shows them: the application, its service principal, and who is assigned."""

import base64
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from vestibule.actions.app_credentials import NewSecret
from vestibule.actions.app_roles import Granted
from vestibule.actions.foreign_principals import Known
from vestibule.doors.graph.shapes.plain import Plain
from vestibule.ground.clock import to_us
from vestibule.rules import required_access
from vestibule.rules.audiences import audience_of
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.graph_objects import graph_principal_id
from vestibule.rules.permissions import PERMISSIONS, Permission
from vestibule.store.app_keys import AppKey
from vestibule.store.apps import App, Secret
from vestibule.store.group_assignments import GroupAssigned
from vestibule.store.holdings import Assigned

_NAME: Final = "Microsoft Graph"
_KEPT: Final = (
    "description", "groupMembershipClaims", "notes", "optionalClaims", "serviceManagementReference", "tags",
)  # fmt: skip
_INFO: Final = ("logoUrl", "marketingUrl", "privacyStatementUrl", "supportUrl", "termsOfServiceUrl")


def application_view(app: App, secrets: Iterable[Secret] = (), keys: Iterable[AppKey] = ()) -> Plain:
    """The application object; ``secrets`` and ``keys`` are the app's own."""
    kept = app.attributes
    return {
        "id": app.app_id,
        "api": _api(app),
        "appId": app.client_id,
        "appRoles": app.app_roles,
        "createdDateTime": to_us(app.created_at),
        "deletedDateTime": None if app.deleted_at is None else to_us(app.deleted_at),
        "displayName": app.display_name,
        "identifierUris": app.identifier_uris,
        "info": {name: kept.get("info", {}).get(name) for name in _INFO},
        "isFallbackPublicClient": app.public,
        "keyCredentials": [_key(key) for key in keys],
        "passwordCredentials": [password_view(secret) for secret in secrets],
        "publicClient": {"redirectUris": app.redirect_uris if app.public else []},
        "requiredResourceAccess": _wanted(app),
        "signInAudience": audience_of(kept).value,
        "spa": {"redirectUris": app.spa_redirect_uris},
        "web": _web(app),
        **{name: kept[name] for name in _KEPT if name in kept},
    }


def password_view(secret: Secret | NewSecret, text: str | None = None) -> Plain:
    """A client secret without itself; ``text`` is the secret, when it was made just now."""
    return {
        "customKeyIdentifier": None,
        "displayName": secret.display_name,
        "endDateTime": secret.expires_at,
        "hint": secret.hint,
        "keyId": secret.secret_id,
        "secretText": text,
        "startDateTime": secret.starts_at,
    }


def principal_view(app: App) -> Plain:
    """The same app as somebody who can be assigned to, and assigned things."""
    kept = app.attributes
    return {
        "id": app.service_principal_id,
        "accountEnabled": app.enabled,
        "appDisplayName": app.display_name,
        "appId": app.client_id,
        "appOwnerOrganizationId": app.tenant_id,
        "appRoleAssignmentRequired": app.requires_assignment,
        "appRoles": app.app_roles,
        "createdDateTime": to_us(app.created_at),
        "deletedDateTime": None if app.principal_deleted_at is None else to_us(app.principal_deleted_at),
        "displayName": app.display_name,
        "homepage": kept.get("homePageUrl"),
        "loginUrl": kept.get("loginUrl"),
        "logoutUrl": app.backchannel_logout_uri,
        "notes": kept.get("principalNotes"),
        "oauth2PermissionScopes": app.api_scopes,
        "preferredSingleSignOnMode": kept.get("preferredSingleSignOnMode"),
        "replyUrls": [*app.redirect_uris, *app.spa_redirect_uris],
        "servicePrincipalNames": [app.client_id, *app.identifier_uris],
        "servicePrincipalType": "Application",
        "signInAudience": audience_of(kept).value,
        "tags": kept.get("principalTags", []),
    }


def foreign_view(known: Known) -> Plain:
    """The service principal here of an app of another organization, without what that one keeps to itself."""
    one, app = known
    hidden = {"principalNotes", "principalTags", "loginUrl", "preferredSingleSignOnMode"}
    shown = replace(
        app,
        service_principal_id=one.service_principal_id,
        enabled=one.enabled and app.enabled,
        created_at=one.made_at,
        attributes={name: value for name, value in app.attributes.items() if name not in hidden},
    )
    return principal_view(shown)


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


def assignment_view(held: Assigned | GroupAssigned, principal: str, app: App) -> Plain:
    """An assignment to an app, of somebody or of a group; ``principal``: what they are called."""
    who, kind = (held.group_id, "Group") if isinstance(held, GroupAssigned) else (held.user_id, "User")
    return {
        "id": held.assignment_id,
        "appRoleId": held.app_role_id,
        "createdDateTime": to_us(held.since),
        "principalDisplayName": principal,
        "principalId": who,
        "principalType": kind,
        "resourceDisplayName": app.display_name,
        "resourceId": app.service_principal_id,
    }


def role_view(held: Granted, api: App | None) -> Plain:
    """A role that an app has for itself: at the API of another app, or (None) a permission of this API."""
    app = held.app
    return {
        "id": held.assignment_id,
        "appRoleId": held.app_role_id,
        "createdDateTime": to_us(held.since),
        "principalDisplayName": app.display_name,
        "principalId": app.service_principal_id,
        "principalType": "ServicePrincipal",
        "resourceDisplayName": _NAME if api is None else api.display_name,
        "resourceId": graph_principal_id(app.tenant_id) if api is None else api.service_principal_id,
    }


def _web(app: App) -> Plain:
    return {
        "homePageUrl": app.attributes.get("homePageUrl"),
        "implicitGrantSettings": {"enableAccessTokenIssuance": False, "enableIdTokenIssuance": False},
        "logoutUrl": app.backchannel_logout_uri,
        "redirectUris": [] if app.public else app.redirect_uris,
    }


def _api(app: App) -> Plain:
    return {
        "acceptMappedClaims": None,
        "knownClientApplications": [],
        "oauth2PermissionScopes": app.api_scopes,
        "preAuthorizedApplications": [],
        "requestedAccessTokenVersion": app.attributes.get("requestedAccessTokenVersion"),
    }


def _key(key: AppKey) -> Plain:
    return {
        "customKeyIdentifier": None if key.thumbprint is None else _standard(key.thumbprint),
        "displayName": key.display_name or None,
        "endDateTime": key.expires_at,
        "key": None,
        "keyId": key.key_id,
        "startDateTime": key.starts_at,
        "type": "AsymmetricX509Cert",
        "usage": "Verify",
    }


def _standard(thumbprint: str) -> str:
    """Octets in base64url as Graph writes them: in the other alphabet, with padding (RFC 4648, section 4)."""
    octets = base64.urlsafe_b64decode(thumbprint + "=" * (-len(thumbprint) % 4))
    return base64.b64encode(octets).decode()


def _wanted(app: App) -> list[Any]:
    asked = app.attributes.get("applicationPermissions", app.permissions)
    return required_access.shown(app.delegated, asked, app.attributes.get(required_access.PROPERTY, []))


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
