"""What this door says of itself in ``/openapi.json``, made from its routes and schemas: it cannot say other things.

The same is in ``/Schemas`` and ``/ResourceTypes`` in SCIM's own words; this is for tools that read OpenAPI alone.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from vestibule.doors.scim.bulk import REQUEST, RESPONSE
from vestibule.doors.scim.discovery import LARGEST_PAGE, LIST, MOST_BULK
from vestibule.doors.scim.errors import ERROR
from vestibule.doors.scim.lists import SEARCH
from vestibule.doors.scim.model import Attribute, Is, Kind
from vestibule.doors.scim.patching import MOST_OPERATIONS, PATCH
from vestibule.doors.scim.routing import ROUTES, Route
from vestibule.doors.scim.schemas import KINDS

Json = dict[str, Any]

ROOT: Final = "/scim/{tenant}/v2"
MEDIA: Final = "application/scim+json"
_TEXT: Final[Json] = {"type": "string"}
_ERRORS: Final = {
    "400": "What was asked cannot be read, or is wrong",
    "401": "Nobody is signed in",
    "403": "Not allowed",
    "404": "Not there",
    "405": "The path does not offer this method",
    "409": "Clashes with what is there",
    "412": "Changed since it was read",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "429": "Too much at once",
    "501": "SCIM has it, this service does not",
    "503": "Nothing was done; try again",
    "default": "Any other error",
}
_TYPES: Final[dict[Is, Json]] = {
    Is.STRING: _TEXT,
    Is.BOOLEAN: {"type": "boolean"},
    Is.TIME: {"type": "string", "format": "date-time"},
    Is.REFERENCE: _TEXT,
    Is.COMPLEX: {"type": "object"},
}
_PARAMETERS: Final[dict[str, Json]] = {
    "filter": _TEXT,
    "sortBy": _TEXT,
    "sortOrder": {"type": "string", "enum": ["ascending", "descending"]},
    "startIndex": {"type": "integer"},
    "count": {"type": "integer"},
    "cursor": _TEXT,
}
_CHOICE: Final = ("attributes", "excludedAttributes")
_DESCRIBED: Final = ("/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/{name}", "/Schemas", "/Schemas/{urn}")
_SUMMARIES: Final = {
    ("GET", False): "List {kind}s",
    ("GET", True): "Get a {kind}",
    ("POST", False): "Create a {kind}",
    ("PUT", True): "Replace a {kind}",
    ("PATCH", True): "Change a {kind}",
    ("DELETE", True): "Delete a {kind}",
}


@lru_cache(1)
def described() -> tuple[Json, Json]:
    """The paths of this door, and the schemas that they refer to by name; all names begin with ``scim``."""
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(f"{ROOT}{route.pattern}", {})[route.method.lower()] = _operation(route)
    paths[f"{ROOT}/Bulk"] = {"post": _bulk()}
    for path in _DESCRIBED:
        paths[f"{ROOT}{path}"] = {"get": _describes(path)}
    return paths, _schemas()


def _operation(route: Route) -> Json:
    kind = next((one for one in KINDS if route.pattern.startswith(one.endpoint)), None)
    one = route.pattern.endswith("{id}")
    operation: Json = {
        "operationId": _operation_id(route.method, route.pattern),
        "summary": _summary(route, kind, one=one),
        "tags": ["SCIM"],
        "parameters": [*_of_path(route.pattern), *_of_query(route, one=one), *_of_headers(route, one=one)],
        "responses": {**_responses(route, kind, one=one), **_errors()},
    }
    body = _body(route, kind)
    return operation if body is None else operation | {"requestBody": body}


def _operation_id(method: str, path: str) -> str:
    words = "".join(sign if sign.isalnum() else " " for sign in path).split()
    return ".".join(["scim", method.lower(), *words])


def _summary(route: Route, kind: Kind | None, *, one: bool) -> str:
    if route.pattern.endswith("/.search"):
        return "Search everything" if kind is None else f"Search {kind.name.lower()}s"
    if kind is None:
        return "Not offered: this door is for programs and administrators"
    return _SUMMARIES[route.method, one].format(kind=kind.name.lower())


# --- What is sent -----------------------------------------------------------------------------------------------------


def _of_path(path: str) -> Iterator[Json]:
    for name in ("tenant", *(part.partition("}")[0] for part in path.split("{")[1:])):
        yield {"name": name, "in": "path", "required": True, "schema": _TEXT}


def _of_query(route: Route, *, one: bool) -> Iterator[Json]:
    if route.pattern.endswith(("/.search", "/Me")) or route.method == "DELETE":
        return
    names = _CHOICE if one or route.method != "GET" else (*_PARAMETERS, *_CHOICE)
    for name in names:
        yield {"name": name, "in": "query", "required": False, "schema": _PARAMETERS.get(name, _TEXT)}


def _of_headers(route: Route, *, one: bool) -> Iterator[Json]:
    if one:
        name = "If-None-Match" if route.method == "GET" else "If-Match"
        yield {"name": name, "in": "header", "required": False, "schema": _TEXT}


def _body(route: Route, kind: Kind | None) -> Json | None:
    if route.pattern.endswith("/.search"):
        return _sent("scim.search")
    if kind is None or route.method not in {"POST", "PUT", "PATCH"}:
        return None
    return _sent("scim.patch" if route.method == "PATCH" else f"scim.{kind.name}.write")


def _sent(name: str) -> Json:
    return {"required": True, "content": {media: {"schema": _named(name)} for media in (MEDIA, "application/json")}}


# --- What is answered -------------------------------------------------------------------------------------------------


def _responses(route: Route, kind: Kind | None, *, one: bool) -> Json:
    if route.pattern.endswith("/.search"):
        return {"200": _answered("scim.any.list" if kind is None else f"scim.{kind.name}.list")}
    if kind is None:
        return {}
    resource, empty = _answered(f"scim.{kind.name}"), {"description": "Done"}
    match route.method:
        case "GET":
            return (
                {"200": resource, "304": {"description": "As it was"}}
                if one
                else {"200": _answered(f"scim.{kind.name}.list")}
            )
        case "POST":
            return {"201": resource}
        case "PATCH":
            return {"200": resource, "204": empty}
        case "PUT":
            return {"200": resource}
        case _:
            return {"204": empty}


def _answered(name: str) -> Json:
    return {"description": "Done", "content": {MEDIA: {"schema": _named(name)}}}


def _errors() -> Json:
    content = {MEDIA: {"schema": _named("scim.error")}}
    return {status: {"description": about, "content": content} for status, about in _ERRORS.items()}


def _bulk() -> Json:
    return {
        "operationId": "scim.post.Bulk",
        "summary": "Several requests in one",
        "tags": ["SCIM"],
        "parameters": list(_of_path("")),
        "requestBody": _sent("scim.bulk"),
        "responses": {"200": _answered("scim.bulk.answer"), **_errors()},
    }


def _describes(path: str) -> Json:
    whole = path in {"/ResourceTypes", "/Schemas"}
    return {
        "operationId": _operation_id("get", path),
        "summary": "What the service says of itself",
        "tags": ["SCIM"],
        "security": [],  # for everybody (RFC 7644, section 4)
        "parameters": list(_of_path(path)),
        "responses": {"200": _answered("scim.any.list" if whole else "scim.any"), **_errors()},
    }


# --- Shapes -----------------------------------------------------------------------------------------------------------


def _schemas() -> Json:
    found = {
        "scim.error": _object(
            {"schemas": _urns(ERROR), "status": _TEXT, "detail": _TEXT, "scimType": _TEXT},
            required=["schemas", "status"],
        ),
        "scim.any": {**_object({"schemas": _urns(), "id": _TEXT}, required=["schemas"]), "additionalProperties": True},
        "scim.any.list": _list(_named("scim.any")),
        "scim.search": _object(
            {"schemas": _urns(SEARCH), **_PARAMETERS, **{name: _list_of(_TEXT) for name in _CHOICE}},
            required=["schemas"],
        ),
        "scim.patch": _patch(),
        "scim.bulk": _bulk_request(),
        "scim.bulk.answer": _bulk_answer(),
    }
    for kind in KINDS:
        found[f"scim.{kind.name}"] = _resource(kind)
        found[f"scim.{kind.name}.write"] = _written(kind)
        found[f"scim.{kind.name}.list"] = _list(_named(f"scim.{kind.name}"))
    return found


def _resource(kind: Kind) -> Json:
    """What is answered: a client may ask for any part of it, but ``schemas`` and ``id`` are always there."""
    members = {one.name: _value(one) for one in kind.whole.members}
    return _object({"schemas": _urns(), **members}, required=["schemas", "id"])


def _written(kind: Kind) -> Json:
    """What is sent: what the service does not know, or does not let clients write, is left aside."""
    members = {one.name: _value(one, write=True) for one in kind.whole.members if one.writable}
    name = next(one.name for one in kind.schema.attributes if one.needed)
    return {
        **_object({"schemas": _urns(kind.schema.id), **members}, required=["schemas", name]),
        "additionalProperties": True,
    }


def _value(one: Attribute, *, write: bool = False) -> Json:
    found = _TYPES[one.type]
    if one.type is Is.COMPLEX:
        members = {each.name: _value(each, write=write) for each in one.members if each.writable or not write}
        found = _object(members) | ({"additionalProperties": True} if write else {})
    return _list_of(found) if one.many else found


def _patch() -> Json:
    operation = {"op": {"type": "string", "enum": ["add", "remove", "replace"]}, "path": _TEXT, "value": {}}
    operations = {**_list_of(_object(operation, required=["op"])), "minItems": 1, "maxItems": MOST_OPERATIONS}
    return _object({"schemas": _urns(PATCH), "Operations": operations}, required=["schemas", "Operations"])


def _bulk_request() -> Json:
    methods = {"type": "string", "enum": ["POST", "PUT", "PATCH", "DELETE"]}
    part = {"method": methods, "path": _TEXT, "bulkId": _TEXT, "version": _TEXT, "data": {"type": "object"}}
    operations = {**_list_of(_object(part, required=["method", "path"])), "maxItems": MOST_BULK}
    members = {"schemas": _urns(REQUEST), "failOnErrors": {"type": "integer", "minimum": 1}, "Operations": operations}
    return _object(members, required=["schemas", "Operations"])


def _bulk_answer() -> Json:
    texts = dict.fromkeys(("method", "bulkId", "version", "location", "status"), _TEXT)
    part = _object({**texts, "response": _named("scim.error")}, required=["method", "status"])
    return _object({"schemas": _urns(RESPONSE), "Operations": _list_of(part)}, required=["schemas", "Operations"])


def _list(item: Json) -> Json:
    counts: Json = {name: {"type": "integer", "minimum": 0} for name in ("totalResults", "itemsPerPage", "startIndex")}
    members = {
        "schemas": _urns(LIST),
        **counts,
        "Resources": {**_list_of(item), "maxItems": LARGEST_PAGE},
        "nextCursor": _TEXT,
    }
    return _object(members, required=["schemas", "totalResults", "Resources"])


def _urns(*known: str) -> Json:
    """``schemas``: where a message has one, it is there."""
    wanted: Json = {"contains": {"const": known[0]}} if known else {}
    return {**_list_of(_TEXT), "minItems": 1, **wanted}


def _list_of(item: Json) -> Json:
    return {"type": "array", "items": item}


def _object(members: Json, *, required: list[str] | None = None) -> Json:
    found: Json = {"type": "object", "properties": members, "additionalProperties": False}
    return found | ({"required": required} if required else {})


def _named(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}
