"""The description of this door (OpenAPI 3.1), made from the table of routes and the model: it cannot say other things.

Names of properties and paths are matched without regard to case by the door; the description writes them as Graph
does.
"""

from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

from vestibule.doors.graph import batch
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.openapi_schemas import ANNOTATIONS, ANSWERS, Json, either, named, object_of, schemas, used
from vestibule.doors.graph.routing import BOTH, Route, Table

_OPTIONS: Final[dict[str, Json]] = {
    "select": {"type": "string"},
    "filter": {"type": "string"},
    "orderby": {"type": "string"},
    "search": {"type": "string"},
    "expand": {"type": "string"},
    "skiptoken": {"type": "string"},
    "deltatoken": {"type": "string"},
    "count": {"type": "boolean"},
}
_ERRORS: Final = {
    "400": "What was asked cannot be read, or is wrong",
    "401": "Nobody is signed in",
    "403": "Not allowed",
    "404": "Not there",
    "405": "The path does not offer this method",
    "409": "Clashes with what is there",
    "410": "The delta token is too old",
    "412": "Changed since it was read",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "422": "The Idempotency-Key was used for another request",
    "429": "Too much at once",
    "501": "Graph has it, this service does not",
    "503": "Nothing was done; try again",
    "default": "Any other error",
}
_IDS: Final = {"type": "array", "items": {"type": "string"}}
_SCALARS: Final = {
    "checkMemberGroups": _IDS,
    "checkMemberObjects": _IDS,
    "getMemberGroups": _IDS,
    "getMemberObjects": _IDS,
    "invalidateAllRefreshTokens": {"type": "boolean"},
    "revokeSignInSessions": {"type": "boolean"},
}


def document(table: Table[Any], origin: str, also: tuple[Json, Json] | None = None) -> Json:
    """The whole description, for programs that find us at ``origin``.

    ``also``: paths of another door, and the schemas that they refer to.
    """
    found = _document(table, origin)
    if also is None:
        return found
    components = {**found["components"], "schemas": {**found["components"]["schemas"], **also[1]}}
    return {**found, "paths": {**found["paths"], **also[0]}, "components": components}


@lru_cache(4)
def _document(table: Table[Any], origin: str) -> Json:
    paths: dict[str, Json] = {}
    shown = {route.pattern: _answer(route) for route in table if route.method == "GET"}
    for route in table:
        operation = _operation(route, shown.get(route.pattern))
        for offered in route.versions:
            methods = paths.setdefault(f"/{offered}{_path(route.pattern)}", {})
            methods[route.method.lower()] = {"operationId": _operation_id(route, offered), **operation}
    for offered in BOTH:
        paths[f"/{offered}/{batch.SEGMENT}"] = {"post": _batch(offered)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vestibule: the slice of Microsoft Graph, leaving, and SCIM",
            "version": version("vestibule"),
            "description": "Everything below /v1.0, /beta and /scim. Shapes are those of Microsoft Graph and of SCIM;"
            " the calls below /beta/me/organizations are Vestibule's own.",
        },
        "servers": [{"url": origin}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": used(schemas(table), paths),
        },
    }


_VERSIONED: Final = frozenset(
    {"/users/{user}", "/me", "/groups/{group}", "/applications/{app}", "/applications(appId={client})"}
)
"""Objects with an entity tag, changes of which may insist on it."""


def _path(pattern: str) -> str:
    """The pattern as OpenAPI writes it: values of alternate keys stand in quotation marks."""
    return pattern.replace("={", "='{").replace("})", "}')")


# --- Operations ---------------------------------------------------------------------------------------------------


def _operation(route: Route[Any], shown: Json | None) -> Json:
    """``shown``: what a GET of the same path answers, which a PATCH may be asked to answer as well."""
    operation: Json = {
        "summary": route.summary,
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
    }
    if route.method == "PATCH" and route.status == 204 and shown is not None:
        operation["parameters"].append(_header("Prefer", "return=representation for the object as it is now"))
        operation["responses"]["200"] = _content(shown)
    if route.method == "GET" and route.pattern in _VERSIONED:
        operation["parameters"].append(_header("If-None-Match", "The version that the caller has"))
        operation["responses"]["304"] = {"description": "It is that version"}
    if route.pattern.endswith("/leave"):
        content = {"application/json": {"schema": named("leave.request")}}
        operation["requestBody"] = {"required": False, "content": content}
    if route.body is not None:
        kind = "update" if route.method == "PATCH" else "create"
        optional = not any(found.required for found in route.body.properties) and kind == "create"
        operation["requestBody"] = {
            "required": not optional,
            "content": {"application/json": {"schema": either(*(f"{name}.{kind}" for name in _bodies(route)))}},
        }
    return operation


def _bodies(route: Route[Any]) -> list[str]:
    return [body.name for body in (route.body, route.other_body) if body is not None]


def _batch(offered: str) -> Json:
    """Several requests in one: the door's own address, since it leads to all others."""
    text, ids = {"type": "string"}, {"type": "array", "items": {"type": ["string", "integer"]}}
    texts = {"type": "object", "additionalProperties": text}
    wanted = {"id": {"type": ["string", "integer"]}, "method": text, "url": text}
    part = object_of(
        {**wanted, "headers": texts, "body": {}, "dependsOn": ids}, required=list(wanted), open_to_more=True
    )
    asked = {"requests": {"type": "array", "minItems": 1, "maxItems": batch.MOST, "items": part}}
    answered = {"id": text, "status": {"type": "integer"}, "headers": texts, "body": {}}
    given = {"responses": {"type": "array", "items": object_of(answered, required=["id", "status"])}}
    content = {"application/json": {"schema": object_of(given, required=["responses"])}}
    return {
        "operationId": f"{offered.replace('.', '_')}.post.batch",
        "summary": "Several requests in one",
        "parameters": [],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": object_of(asked, required=["requests"])}},
        },
        "responses": {"200": {"description": "An answer to each", "content": content}, **_errors()},
    }


def _operation_id(route: Route[Any], offered: str) -> str:
    words = "".join(sign if sign.isalnum() else " " for sign in route.pattern).split()
    return ".".join([offered.replace(".", "_"), route.method.lower(), *words])


def _parameters(route: Route[Any]) -> Iterable[Json]:
    for part in route.pattern.split("{")[1:]:
        yield {"name": part.partition("}")[0], "in": "path", "required": True, "schema": {"type": "string"}}
    if route.query is not None:
        yield from _query(route.query)
        if route.query.directory and not route.query.single:
            yield _header("ConsistencyLevel", "eventual for advanced queries")
    if route.pattern.endswith("/leave"):
        yield _header("Idempotency-Key", "The same key gets the same answer", required=True)
    if route.method in {"PATCH", "DELETE"} and route.pattern in _VERSIONED:
        yield _header("If-Match", "The version that the object must have")


def _query(query: Collection) -> Iterable[Json]:
    known = {**_OPTIONS, "top": {"type": "integer", "minimum": 1, "maximum": query.most}}
    for name in sorted(query.options & known.keys()):
        yield {"name": f"${name}", "in": "query", "required": False, "schema": known[name]}


def _header(name: str, about: str, *, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "description": about, "schema": {"type": "string"}}


def _errors() -> Json:
    return {
        status: {"description": about, "content": {"application/json": {"schema": named("error")}}}
        for status, about in _ERRORS.items()
    }


def _responses(route: Route[Any]) -> Json:
    success: Json = {"description": "Done"}
    if route.pattern.endswith("/$count"):
        success["content"] = {"text/plain": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
    elif route.status != 204:
        success = _content(_answer(route))
    return {str(route.status): success, **_errors()}


def _content(schema: Json) -> Json:
    return {"description": "Done", "content": {"application/json": {"schema": schema}}}


def _answer(route: Route[Any]) -> Json:
    last = route.pattern.rpartition("/")[2]
    if route.pattern == "/me/organizations":
        return object_of({"value": {"type": "array", "items": named("leave.organization")}}, required=["value"])
    if last in {"leavePreview", "leave"}:
        return named("leave.preview" if last == "leavePreview" else "leave.receipt")
    if last in _SCALARS or last in ANSWERS:
        return _of_action(last)
    if last in _OF_ANY_KIND:
        return _OF_ANY_KIND[last]
    if route.query is None:
        return {"type": "object"} if route.body is None else either(*_bodies(route))
    if route.method != "GET":
        return either(*_bodies(route)) if route.body is not None else {"type": "object"}
    one: Json = {"type": "object"} if route.query.entity.name == "directoryObject" else named(route.query.entity.name)
    return one if route.query.single else _list(one)


def _of_action(name: str) -> Json:
    if name in ANSWERS:
        return named(ANSWERS[name].name)
    return object_of({**ANNOTATIONS, "value": _SCALARS[name]}, required=["value"])


def _list(item: Json, **more: Json) -> Json:
    members = {
        "@odata.context": {"type": "string"},
        "@odata.count": {"type": "integer"},
        "@odata.nextLink": {"type": "string", "format": "uri"},
        **more,
        "value": {"type": "array", "items": item},
    }
    return object_of(members, required=["value"])


_OF_ANY_KIND: Final[dict[str, Json]] = {
    "restore": object_of({**ANNOTATIONS, "id": {"type": "string"}}, open_to_more=True),
    "getByIds": _list({"type": "object"}),
    # What is removed has an id and a reason instead of its properties.
    "delta()": _list({"type": "object"}, **{"@odata.deltaLink": {"type": "string", "format": "uri"}}),
    "getUserOwnedObjects": _list({"type": "object"}),
}
"""Answers of actions and functions that give objects of whatever kind."""
