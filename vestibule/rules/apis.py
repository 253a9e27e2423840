"""What an app may be called as an API, and the scopes it publishes (Graph's ``identifierUris`` and ``api``)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from vestibule.rules import texts
from vestibule.rules.grants import OPENID_SCOPES
from vestibule.rules.links import read_link
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused

URIS: Final = "identifierUris"
SCOPES: Final = "oauth2PermissionScopes"
SCHEME: Final = "api://"
MOST_URIS: Final = 50
MOST_SCOPES: Final = 200
LONGEST_URI: Final = 255
LONGEST_TEXT: Final = 850

_URI: Final = re.compile(r"api://[A-Za-z0-9][A-Za-z0-9._~/-]*[A-Za-z0-9]", re.ASCII)
_VALUE: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.:-]{0,119}", re.ASCII)
_TYPES: Final = ("User", "Admin")
_TEXTS: Final = (
    "adminConsentDescription", "adminConsentDisplayName", "userConsentDescription", "userConsentDisplayName",
)  # fmt: skip


def uri_key(uri: str) -> str:
    """How a name of an API is compared: in lower case, without slashes at the end."""
    return uri.rstrip("/").lower()


def identifier_uris(given: Iterable[Any]) -> list[str]:
    """Check what an app wants to be called as an API: ``api://`` with a name, or https with a host.

    Whether an https host is a verified domain, and whether ``api://`` with a client id is the app's own, is asked
    where the organization is known.

    Raises:
        Refused: BAD_VALUE with the property ``identifierUris``.
    """
    found = [_identifier(uri) for uri in given]
    if len(found) > MOST_URIS or len({uri_key(uri) for uri in found}) != len(found):
        raise bad_uri()
    return found


def host_of(uri: str) -> str | None:
    """The host of an https name of an API; None for ``api://``."""
    link = read_link(uri)
    return link.host if link is not None and link.scheme == "https" else None


def client_id_of(resource: str) -> str | None:
    """The client id that a resource is, bare or as ``api://{client id}``; None for another name."""
    return guid(uri_key(resource).removeprefix(SCHEME))


def foreign_client_id(uri: str, own: str) -> bool:
    """Whether an ``api://`` name begins with a client id that is another app's."""
    if not uri.lower().startswith(SCHEME):
        return False
    named = guid(uri[len(SCHEME) :].split("/", 1)[0])
    return named is not None and named != own


def scopes(given: Iterable[Any]) -> list[dict[str, Any]]:
    """The scopes an app publishes, checked and complete; ids and values are all different.

    Raises:
        Refused: BAD_VALUE with the property ``oauth2PermissionScopes``.
    """
    found = [_scope(one) for one in given]
    ids, values = {scope["id"] for scope in found}, {scope["value"].lower() for scope in found}
    if len(found) > MOST_SCOPES or len(ids) != len(found) or len(values) != len(found):
        raise _bad_scope()
    return found


def published(api_scopes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The scopes that may be asked for: their values by the same in lower case."""
    return {str(scope["value"]).lower(): str(scope["value"]) for scope in api_scopes if scope["isEnabled"]}


def for_admins(api_scopes: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Those of them, in lower case, that only an administrator consents to."""
    return frozenset(str(scope["value"]).lower() for scope in api_scopes if scope["type"] == "Admin")


def for_programs(app_roles: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The roles of an app that are for programs, as far as they are switched on."""
    return [role for role in app_roles if role["isEnabled"] and "Application" in role["allowedMemberTypes"]]


def bad_uri() -> Refused:
    """A name that an API cannot have."""
    return Refused(Reason.BAD_VALUE, property=URIS)


def _identifier(uri: Any) -> str:
    if not isinstance(uri, str) or len(uri) > LONGEST_URI or uri.endswith("/"):
        raise bad_uri()
    if _URI.fullmatch(uri) and "//" not in uri[len(SCHEME) :]:
        return uri
    if host_of(uri) is None or any(sign in uri for sign in "#?*"):
        raise bad_uri()
    return uri


def _scope(given: Any) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise _bad_scope()
    scope_id, value = guid(str(given.get("id", ""))), given.get("value")
    kind, enabled = given.get("type", "User"), given.get("isEnabled", True)
    if scope_id is None or not isinstance(value, str) or not _VALUE.fullmatch(value):
        raise _bad_scope()
    if kind not in _TYPES or not isinstance(enabled, bool) or value.lower() in OPENID_SCOPES:
        raise _bad_scope()
    return {"id": scope_id, "value": value, "type": kind, "isEnabled": enabled, **_said(given)}


def _said(given: Mapping[str, Any]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in _TEXTS:
        text = given.get(name)
        if text is not None and not isinstance(text, str):
            raise _bad_scope()
        found[name] = None if text is None else texts.text_line(text, limit=LONGEST_TEXT, what=SCOPES)
    return found


def _bad_scope() -> Refused:
    return Refused(Reason.BAD_VALUE, property=SCOPES)


def is_below(uri: str, domain: str) -> bool:
    """Whether an app is called by this https name at or below a domain (as A-labels in lower case)."""
    host = host_of(uri)
    return host is not None and (host == domain or host.endswith(f".{domain}"))
