"""Bodies about apps, in the words of the actions: which of our fields Graph's properties are.

Graph keeps the addresses of three kinds of client side by side; an app here is one that keeps a secret or one that
cannot. So addresses of ``web`` and of ``publicClient`` exclude each other (``docs/differences.md``).
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from vestibule.actions import key_credentials
from vestibule.actions.key_credentials import KEY_CREDENTIALS, NewKey
from vestibule.doors.graph import errors
from vestibule.doors.graph.model.app import APPLICATION
from vestibule.rules import required_access
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.apps import App

Values = Mapping[str, Any]
_PLAIN: Final = {"displayName": "display_name", "appRoles": "app_roles", "identifierUris": "identifier_uris"}
_PROPERTIES: Final = (
    "description", "groupMembershipClaims", "info", "notes", "optionalClaims", "serviceManagementReference",
    "signInAudience", "tags",
)  # fmt: skip
_OF_PRINCIPAL: Final = {
    "loginUrl": "loginUrl",
    "notes": "principalNotes",
    "preferredSingleSignOnMode": "preferredSingleSignOnMode",
    "tags": "principalTags",
}
_WITHOUT_MEANING: Final = ("acceptMappedClaims", "knownClientApplications", "preAuthorizedApplications")


@dataclass(frozen=True, slots=True)
class WantedKeys:
    """What ``keyCredentials`` is to be: kept by their ids, and new ones."""

    keep: Sequence[str]
    new: Sequence[NewKey]


def new_app(values: Values) -> NewApp:
    """What an application is made from. Raises GraphError (400), Refused (BAD_VALUE)."""
    changes = app_changes(values, None)
    properties = {name: value for name, value in changes.pop("properties").items() if value is not None}
    wanted = required_access.read(changes.pop("required_access", []))
    if wanted.others:
        properties[required_access.PROPERTY] = wanted.others
    fields: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()
    }
    return NewApp(
        **fields,
        delegated_permissions=tuple(wanted.delegated),
        application_permissions=tuple(wanted.application),
        properties=properties,
    )


def app_changes(values: Values, current: App | None) -> dict[str, Any]:
    """The changes of an application, as ``apps.update_app`` takes them. Raises GraphError (400)."""
    changes: dict[str, Any] = {ours: values[name] for name, ours in _PLAIN.items() if name in values}
    changes |= {name: [] for name in ("app_roles", "identifier_uris") if name in changes and changes[name] is None}
    properties = {name: values[name] for name in _PROPERTIES if name in values}
    changes |= _addresses(values, current)
    changes |= _of_web(values.get("web") or {}, properties)
    changes |= _of_api(values.get("api") or {}, properties)
    if "requiredResourceAccess" in values:
        changes["required_access"] = values["requiredResourceAccess"] or []
    return {**changes, "properties": properties}


def principal_changes(values: Values) -> dict[str, Any]:
    """The changes of a service principal, as ``service_principals.update_principal`` takes them."""
    plain = {"accountEnabled": "enabled", "appRoleAssignmentRequired": "requires_assignment"}
    changes: dict[str, Any] = {ours: values[name] for name, ours in plain.items() if values.get(name) is not None}
    properties = {ours: values[name] for name, ours in _OF_PRINCIPAL.items() if name in values}
    return {**changes, "properties": properties} if properties else changes


def wanted_keys(values: Values, kept: Sequence[str]) -> WantedKeys | None:
    """What ``keyCredentials`` says, when it is given: an entry without a key is one that is there already.

    Raises Refused (BAD_VALUE).
    """
    if KEY_CREDENTIALS not in values:
        return None
    keep, new = [], []
    for one in values[KEY_CREDENTIALS] or []:
        if one.get("keyId") in kept:
            keep.append(one["keyId"])
        else:
            new.append(_new_key(one))
    return WantedKeys(keep, new)


def _new_key(given: Values) -> NewKey:
    try:
        octets = base64.b64decode(given.get("key") or "", validate=True)
    except (binascii.Error, ValueError) as bad:
        raise Refused(Reason.BAD_VALUE, property=KEY_CREDENTIALS) from bad
    read = key_credentials.from_certificate(octets, display_name=given.get("displayName") or "")
    return replace(read, expires_at=given.get("endDateTime"))


def _addresses(values: Values, current: App | None) -> dict[str, Any]:
    """Where sign-ins return to, and whether the app can keep a secret."""
    changes: dict[str, Any] = {}
    if values.get("spa") is not None and "redirectUris" in values["spa"]:
        changes["spa_redirect_uris"] = values["spa"]["redirectUris"] or []
    web = _redirects(values, "web", None if current is None or current.public else current.redirect_uris)
    own = _redirects(values, "publicClient", current.redirect_uris if current is not None and current.public else None)
    fallback = values.get("isFallbackPublicClient")
    if web.untouched and own.untouched and fallback is None:
        return changes
    was_public = current is not None and current.public
    public = bool(own.uris) or (was_public if fallback is None else fallback)
    if public and web.uris:
        raise errors.invalid_value("web" if own.untouched else "publicClient", APPLICATION.title)
    if fallback is not None:
        changes["device_code"] = fallback
    return {**changes, "public": public, "redirect_uris": own.uris or web.uris}


@dataclass(frozen=True, slots=True)
class _Redirects:
    uris: list[str]
    untouched: bool


def _redirects(values: Values, name: str, now: list[str] | None) -> _Redirects:
    given = values.get(name) or {}
    if "redirectUris" in given:
        return _Redirects(given["redirectUris"] or [], untouched=False)
    return _Redirects(now or [], untouched=True)


def _of_web(web: Values, properties: dict[str, Any]) -> dict[str, Any]:
    if any((web.get("implicitGrantSettings") or {}).values()):
        raise errors.invalid_value("web/implicitGrantSettings", APPLICATION.title)
    if "homePageUrl" in web:
        properties["homePageUrl"] = web["homePageUrl"]
    return {"backchannel_logout_uri": web["logoutUrl"]} if "logoutUrl" in web else {}


def _of_api(api: Values, properties: dict[str, Any]) -> dict[str, Any]:
    for name in _WITHOUT_MEANING:
        if api.get(name):
            raise errors.invalid_value(f"api/{name}", APPLICATION.title)
    if "requestedAccessTokenVersion" in api:
        properties["requestedAccessTokenVersion"] = api["requestedAccessTokenVersion"]
    return {"api_scopes": api["oauth2PermissionScopes"] or []} if "oauth2PermissionScopes" in api else {}
