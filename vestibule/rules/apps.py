"""What an app may be registered as: its roles, the permissions it asks for, the ways it signs people in."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vestibule.rules import apis, redirects, texts
from vestibule.rules.names import guid
from vestibule.rules.permissions import PERMISSIONS
from vestibule.rules.refusals import Reason, Refused

DEFAULT_ROLE: Final = "00000000-0000-0000-0000-000000000000"
"""The role of somebody who is assigned to an app without one of its own roles."""

ID_TOKEN_ALGORITHMS: Final = ("RS256", "ES256")
LONGEST_NAME: Final = 256
MOST_ROLES: Final = 1200

_ROLE_VALUE: Final = re.compile(r"[!#$%&'()*+,./0-9:;=?@A-Z\[\]^_`a-z{|}~-]{1,120}")
_FOR: Final = frozenset({"User", "Application"})
_FLAGS: Final = frozenset(
    {"enabled", "public", "device_code", "password_grant", "requires_assignment", "backchannel_logout_session"}
)


@dataclass(frozen=True, slots=True)
class NewApp:
    """What a new app is made from.

    Attributes:
        client_id: a GUID that is in use nowhere; None for a new one.
        redirect_uris: for a public client also by a scheme of its own.
        public: it can keep no secret. device_code, password_grant: ways to sign in that it may use beside the usual.
        application_permissions, delegated_permissions: names of Graph permissions, in any case.
        app_roles: objects with displayName and value, and id, description, allowedMemberTypes, isEnabled.
        identifier_uris: what it is called as an API. api_scopes: objects with id and value, and type, isEnabled and
            texts, of the scopes that it publishes.
        properties: others, by Graph's names.
        backchannel_logout_uri: where it is told that somebody is signed out; backchannel_logout_session: which session.
    """

    display_name: str
    client_id: str | None = None
    redirect_uris: tuple[str, ...] = ()
    spa_redirect_uris: tuple[str, ...] = ()
    logout_uris: tuple[str, ...] = ()
    public: bool = False
    device_code: bool = False
    password_grant: bool = False
    requires_assignment: bool = False
    id_token_alg: str = "RS256"  # noqa: S105 - an algorithm, not a secret
    application_permissions: tuple[str, ...] = ()
    delegated_permissions: tuple[str, ...] = ()
    app_roles: tuple[Mapping[str, Any], ...] = ()
    identifier_uris: tuple[str, ...] = ()
    api_scopes: tuple[Mapping[str, Any], ...] = ()
    properties: Mapping[str, Any] | None = None
    backchannel_logout_uri: str | None = None
    backchannel_logout_session: bool = False


def application_permissions(given: Iterable[str]) -> list[str]:
    """The names of these application permissions as they are spelled.

    Raises:
        Refused: BAD_VALUE when one is unknown, or exists only as delegated.
    """
    return _known(given, "applicationPermissions", delegated=False)


def delegated_permissions(given: Iterable[str]) -> list[str]:
    """The names of these delegated permissions as they are spelled.

    Raises:
        Refused: BAD_VALUE when one is unknown, or exists only for apps.
    """
    return _known(given, "delegatedPermissions", delegated=True)


def read(field: str, value: Any, *, public: bool) -> Any:
    """Check what was sent for one field of an app (its stored name) and return what is kept.

    Raises:
        Refused: BAD_VALUE with the property, READ_ONLY for a field that nobody writes so.
    """
    match field, value:
        case "display_name", str():
            return texts.text_line(value, limit=LONGEST_NAME, what="displayName")
        case _, bool() if field in _FLAGS:
            return value
        case "backchannel_logout_uri", (str() | None):
            return value and redirects.web_address(value, what="backchannelLogoutUri")
        case "id_token_alg", str() if value in ID_TOKEN_ALGORITHMS:
            return value
        case (("redirect_uris" | "spa_redirect_uris" | "logout_uris"), list()) if _all_text(value):
            several = redirects.app_addresses if public and field == "redirect_uris" else redirects.web_addresses
            return several(value, what="redirectUris")
        case "delegated", list() if _all_text(value):
            return delegated_permissions(value)
        case (("app_roles" | "identifier_uris" | "api_scopes"), list()):
            return _LISTS[field](value)
        case "attributes", dict():
            return value
        case (("permissions" | "client_id" | "app_id" | "service_principal_id" | "tenant_id"), _):
            raise Refused(Reason.READ_ONLY, property=field)
        case _:
            raise Refused(Reason.BAD_VALUE, property=field)


def roles(given: Iterable[Any]) -> list[dict[str, Any]]:
    """The roles of an app, checked and complete; each has an id, and ids and values are all different.

    Raises:
        Refused: BAD_VALUE with the property ``appRoles``.
    """
    found = [_role(one) for one in given]
    ids = [role["id"] for role in found]
    values = [role["value"] for role in found if role["value"] is not None]
    if len(found) > MOST_ROLES or len(set(ids)) != len(ids) or len(set(values)) != len(values):
        raise _bad_role()
    return found


PKCE: Final = "pkceRequired"
"""The property by which a confidential app is marked to need Proof Key for Code Exchange as well."""


def requires_pkce(attributes: Mapping[str, Any], *, public: bool) -> bool:
    """Whether an app's codes need a proof key (RFC 7636): a public one's always, any other's where it is marked so."""
    return public or attributes.get(PKCE) is True


def role_for(app_roles: Iterable[Mapping[str, Any]], role_id: str, member_type: str) -> str:
    """The role id that a user (``User``) or an app (``Application``) may be assigned.

    Raises:
        Refused: BAD_VALUE when the app has no such role, or not for them, or it is switched off.
    """
    if role_id == DEFAULT_ROLE:
        return role_id
    for role in app_roles:
        if role["id"] == role_id and role["isEnabled"] and member_type in role["allowedMemberTypes"]:
            return role_id
    raise Refused(Reason.BAD_VALUE, property="appRoleId")


def application_permission_id(name: str) -> str:
    """The id of an application permission of the Graph API, by its name."""
    return PERMISSIONS[name.lower()].application_id or ""


def _known(given: Iterable[str], what: str, *, delegated: bool) -> list[str]:
    found = []
    for name in given:
        permission = PERMISSIONS.get(name.lower())
        if permission is None or (permission.delegated_id if delegated else permission.application_id) is None:
            raise Refused(Reason.BAD_VALUE, property=what, value=name[:100])
        found.append(permission.name)
    return list(dict.fromkeys(found))


def _role(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise _bad_role()
    role_id = guid(str(given.get("id", "")))
    value, allowed, enabled = (
        given.get("value"),
        given.get("allowedMemberTypes", ["User"]),
        given.get("isEnabled", True),
    )
    if role_id is None or role_id == DEFAULT_ROLE or not isinstance(enabled, bool):
        raise _bad_role()
    if value is not None and not (isinstance(value, str) and _ROLE_VALUE.fullmatch(value) and value[0] != "."):
        raise _bad_role()
    if not isinstance(allowed, list) or not allowed or not _all_text(allowed) or not _FOR.issuperset(allowed):
        raise _bad_role()
    return {
        "id": role_id,
        "value": value,
        "displayName": _label(given.get("displayName")),
        "description": _label(given.get("description", given.get("displayName"))),
        "allowedMemberTypes": list(allowed),
        "isEnabled": enabled,
    }


def _label(text: Any) -> str:
    if not isinstance(text, str):
        raise _bad_role()
    return texts.text_line(text, limit=LONGEST_NAME, what="appRoles")


def _bad_role() -> Refused:
    return Refused(Reason.BAD_VALUE, property="appRoles")


def _all_text(value: list[Any]) -> bool:
    return all(isinstance(one, str) for one in value)


_LISTS: Final[Mapping[str, Callable[[Iterable[Any]], list[Any]]]] = {
    "app_roles": roles,
    "identifier_uris": apis.identifier_uris,
    "api_scopes": apis.scopes,
}
