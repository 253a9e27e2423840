"""What an app asks for (Graph's ``requiredResourceAccess``): permissions of the Graph API by name, all else by its ids.

An app may ask for what does not exist here: it is kept and given back, and grants nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.names import guid
from vestibule.rules.permissions import PERMISSIONS
from vestibule.rules.refusals import Reason, Refused

PROPERTY: Final = "requiredResourceAccess"
MOST_RESOURCES: Final = 50
MOST_ACCESS: Final = 400
SCOPE: Final = "Scope"
ROLE: Final = "Role"

_DELEGATED: Final = {one.delegated_id: one.name for one in PERMISSIONS.values() if one.delegated_id}
_APPLICATION: Final = {one.application_id: one.name for one in PERMISSIONS.values() if one.application_id}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an app asks for.

    Attributes:
        delegated, application: names of permissions of the Graph API.
        others: the rest, in Graph's shape.
    """

    delegated: list[str]
    application: list[str]
    others: list[dict[str, Any]]


def read(given: Iterable[Any]) -> Wanted:
    """Read the list in Graph's shape.

    Raises:
        Refused: BAD_VALUE with the property ``requiredResourceAccess``.
    """
    delegated: list[str] = []
    application: list[str] = []
    others: list[dict[str, Any]] = []
    for resource, access in [_resource(one) for one in given]:
        unknown = []
        for id_, kind in access:
            known = (_DELEGATED if kind == SCOPE else _APPLICATION).get(id_) if resource == GRAPH_APP_ID else None
            if known is None:
                unknown.append({"id": id_, "type": kind})
            else:
                (delegated if kind == SCOPE else application).append(known)
        if unknown:
            others.append({"resourceAppId": resource, "resourceAccess": unknown})
    if len(others) > MOST_RESOURCES:
        raise _bad()
    return Wanted(list(dict.fromkeys(delegated)), list(dict.fromkeys(application)), others)


def shown(delegated: Iterable[str], application: Iterable[str], others: Iterable[Mapping[str, Any]]) -> list[Any]:
    """The list in Graph's shape: the Graph API first, with what is not known here behind what is."""
    scopes = [PERMISSIONS[name.lower()].delegated_id for name in delegated if name.lower() in PERMISSIONS]
    roles = [PERMISSIONS[name.lower()].application_id for name in application if name.lower() in PERMISSIONS]
    access = [{"id": one, "type": ROLE} for one in roles if one] + [{"id": one, "type": SCOPE} for one in scopes if one]
    rest = []
    for other in others:
        if other["resourceAppId"] == GRAPH_APP_ID:
            access += other["resourceAccess"]
        else:
            rest.append(dict(other))
    graph = [{"resourceAppId": GRAPH_APP_ID, "resourceAccess": access}] if access else []
    return [*graph, *rest]


def _resource(given: Any) -> tuple[str, list[tuple[str, str]]]:
    if not isinstance(given, Mapping) or not isinstance(given.get("resourceAccess"), list):
        raise _bad()
    resource, access = guid(str(given.get("resourceAppId", ""))), given["resourceAccess"]
    if resource is None or len(access) > MOST_ACCESS:
        raise _bad()
    return resource, [_access(one) for one in access]


def _access(given: Any) -> tuple[str, str]:
    if not isinstance(given, Mapping):
        raise _bad()
    id_, kind = guid(str(given.get("id", ""))), given.get("type")
    if id_ is None or kind not in {SCOPE, ROLE}:
        raise _bad()
    return id_, str(kind)


def _bad() -> Refused:
    return Refused(Reason.BAD_VALUE, property=PROPERTY)
