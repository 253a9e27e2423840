"""From a path to a handler. Literal segments match without regard to case; a schema's URN and an id are captured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from vestibule.doors.scim import groups, users
from vestibule.doors.scim.call import Call, Handler, Reply
from vestibule.doors.scim.errors import method_not_allowed, not_found, not_implemented
from vestibule.doors.scim.lists import answer, search_of_body
from vestibule.rules.verbs import Verb

_LONGEST: Final = 2_048
_SEARCH: Final = ".search"


@dataclass(frozen=True)
class Route:
    """One thing that can be asked. ``verb``: what it does, in the words of the rules."""

    method: str
    pattern: str
    handler: Handler
    verb: Verb


@dataclass(frozen=True)
class Match:
    """A route that a path led to, and the id in it."""

    route: Route
    resource_id: str = ""


async def _search_everything(call: Call) -> Reply:
    """Users, then groups."""
    await call.may_read(Verb.READ_USERS)
    await call.may_read(Verb.READ_GROUPS)
    return await answer(call, [users.COLLECTION, groups.COLLECTION], await search_of_body(call))


async def _me(_call: Call) -> Reply:
    raise not_implemented("There is no /Me here: this door is for programs and administrators.")


ROUTES: Final = (
    Route("GET", "/Users", users.list_users, Verb.READ_USERS),
    Route("POST", "/Users", users.create_user, Verb.CREATE_USER),
    Route("POST", "/Users/.search", users.search_users, Verb.READ_USERS),
    Route("GET", "/Users/{id}", users.get_user, Verb.READ_USERS),
    Route("PUT", "/Users/{id}", users.replace_user, Verb.UPDATE_USER),
    Route("PATCH", "/Users/{id}", users.update_user, Verb.UPDATE_USER),
    Route("DELETE", "/Users/{id}", users.delete_user, Verb.REMOVE),
    Route("GET", "/Groups", groups.list_groups, Verb.READ_GROUPS),
    Route("POST", "/Groups", groups.create_group, Verb.CREATE_GROUP),
    Route("POST", "/Groups/.search", groups.search_groups, Verb.READ_GROUPS),
    Route("GET", "/Groups/{id}", groups.get_group, Verb.READ_GROUPS),
    Route("PUT", "/Groups/{id}", groups.replace_group, Verb.UPDATE_GROUP),
    Route("PATCH", "/Groups/{id}", groups.update_group, Verb.UPDATE_GROUP),
    Route("DELETE", "/Groups/{id}", groups.delete_group, Verb.DELETE_GROUP),
    Route("POST", "/.search", _search_everything, Verb.READ_USERS),
    *(Route(method, "/Me", _me, Verb.READ_SELF) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
)
"""Everything but bulk requests and what describes the service."""


def _by_path() -> Mapping[tuple[str, ...], Mapping[str, Route]]:
    found: dict[tuple[str, ...], dict[str, Route]] = {}
    for route in ROUTES:
        path = tuple(part.lower() for part in route.pattern.strip("/").split("/"))
        found.setdefault(path, {})[route.method] = route
    return found


_BY_PATH: Final = _by_path()


def segments_of(raw_path: bytes) -> list[str]:
    """The segments of a path, cut at its slashes first and decoded then. Raises ScimError (404)."""
    if len(raw_path) > _LONGEST:
        raise not_found("")
    try:
        return [unquote_to_bytes(part).decode() for part in raw_path.strip(b"/").split(b"/")]
    except UnicodeDecodeError:
        raise not_found("") from None


def find(method: str, segments: list[str]) -> Match:
    """The route for a request. Raises ScimError: 404 when the path leads nowhere, 405 when it has no such method."""
    literal = tuple(part.lower() for part in segments)
    resource_id = ""
    offered = _BY_PATH.get(literal)
    if offered is None and len(segments) == 2 and literal[1] not in {_SEARCH, "{id}", ""}:
        offered, resource_id = _BY_PATH.get((literal[0], "{id}")), segments[1]
    if offered is None or "{id}" in literal:
        raise not_found("/".join(segments))
    route = offered.get("GET" if method == "HEAD" else method)
    if route is None:
        raise method_not_allowed({*offered, "HEAD"} if "GET" in offered else offered)
    return Match(route, resource_id)
