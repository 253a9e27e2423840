"""The description of this door (OpenAPI 3.1), made from the table of routes and the model: it cannot say other things.

Names of properties and paths are matched without regard to case by the door; the description writes them as Graph
does.
"""

from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final

from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import Route, Table

Json = dict[str, Any]

_OPTIONS: Final[dict[str, Json]] = {
    "select": {"type": "string"},
    "filter": {"type": "string"},
    "orderby": {"type": "string"},
    "search": {"type": "string"},
    "expand": {"type": "string"},
    "skiptoken": {"type": "string"},
    "count": {"type": "boolean"},
}
_TYPES: Final = {
    Is.STRING: {"type": "string"},
    Is.GUID: {"type": "string", "format": "uuid"},
    Is.TIME: {"type": "string", "format": "date-time"},
    Is.BOOLEAN: {"type": "boolean"},
    Is.INTEGER: {"type": "integer", "format": "int32"},
    Is.COMPLEX: {"type": "object"},
}
_ANNOTATIONS: Final = {"@odata.context": {"type": "string"}, "@odata.type": {"type": "string"}}
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
    "default": "Any other error",
}
_SCALARS: Final = {
    "getMemberGroups": {"type": "array", "items": {"type": "string"}},
    "revokeSignInSessions": {"type": "boolean"},
}
_NULLABLE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
_NULLABLE: Final = {"type": ["string", "null"]}


def document(table: Table[Any], origin: str) -> Json:
    """The whole description, for programs that find us at ``origin``."""
    return _document(table, origin)


@lru_cache(4)
def _document(table: Table[Any], origin: str) -> Json:
    paths: dict[str, Json] = {}
    entities: dict[str, Entity] = {}
    for route in table:
        _collect(route, entities)
        for offered in route.versions:
            paths.setdefault(f"/{offered}{_path(route.pattern)}", {})[route.method.lower()] = _operation(route, offered)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vestibule: the slice of Microsoft Graph, and leaving",
            "version": version("vestibule"),
            "description": "Everything below /v1.0 and /beta. Shapes are those of Microsoft Graph; the calls below"
            " /beta/me/organizations are Vestibule's own.",
        },
        "servers": [{"url": origin}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(entities),
        },
    }


def _collect(route: Route[Any], entities: dict[str, Entity]) -> None:
    for entity in (route.body, route.query.entity if route.query is not None else None):
        if entity is not None:
            entities[entity.name] = entity


def _path(pattern: str) -> str:
    """The pattern as OpenAPI writes it: values of alternate keys stand in quotation marks."""
    return pattern.replace("={", "='{").replace("})", "}')")


# --- Operations ---------------------------------------------------------------------------------------------------


def _operation(route: Route[Any], offered: str) -> Json:
    operation: Json = {
        "operationId": _operation_id(route, offered),
        "summary": route.summary,
        "parameters": list(_parameters(route)),
        "responses": _responses(route),
    }
    if route.body is not None:
        kind = "update" if route.method == "PATCH" else "create"
        optional = not any(found.required for found in route.body.properties) and kind == "create"
        operation["requestBody"] = {
            "required": not optional,
            "content": {"application/json": {"schema": _named(f"{route.body.name}.{kind}")}},
        }
    return operation


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
    if route.method in {"PATCH", "DELETE"} and route.pattern in {"/users/{user}", "/me"}:
        yield _header("If-Match", "The version that the user object must have")


def _query(query: Collection) -> Iterable[Json]:
    known = {**_OPTIONS, "top": {"type": "integer", "minimum": 1, "maximum": query.most}}
    for name in sorted(query.options & known.keys()):
        yield {"name": f"${name}", "in": "query", "required": False, "schema": known[name]}


def _header(name: str, about: str, *, required: bool = False) -> Json:
    return {"name": name, "in": "header", "required": required, "description": about, "schema": {"type": "string"}}


def _responses(route: Route[Any]) -> Json:
    answers: Json = {
        status: {"description": about, "content": {"application/json": {"schema": _named("error")}}}
        for status, about in _ERRORS.items()
    }
    success: Json = {"description": "Done"}
    if route.pattern.endswith("/$count"):
        success["content"] = {"text/plain": {"schema": {"type": "string", "pattern": "^[0-9]+$"}}}
    elif route.status != 204:
        success["content"] = {"application/json": {"schema": _answer(route)}}
    return {str(route.status): success, **answers}


def _answer(route: Route[Any]) -> Json:
    last = route.pattern.rpartition("/")[2]
    if route.pattern == "/me/organizations":
        return _object({"value": {"type": "array", "items": _named("leave.organization")}}, required=["value"])
    if last in {"leavePreview", "leave"}:
        return _named("leave.preview" if last == "leavePreview" else "leave.receipt")
    if last in _SCALARS:
        return _object({**_ANNOTATIONS, "value": _SCALARS[last]}, required=["value"])
    if last == "restore":
        return _object({**_ANNOTATIONS, "id": {"type": "string"}}, open_to_more=True)
    if last == "getByIds":
        return _list({"type": "object"})
    if route.query is None:
        return {"type": "object"} if route.body is None else _named(route.body.name)
    if route.method != "GET":
        return _named(route.body.name) if route.body is not None else {"type": "object"}
    one: Json = {"type": "object"} if route.query.entity.name == "directoryObject" else _named(route.query.entity.name)
    return one if route.query.single else _list(one)


def _list(item: Json) -> Json:
    members = {
        "@odata.context": {"type": "string"},
        "@odata.count": {"type": "integer"},
        "@odata.nextLink": {"type": "string", "format": "uri"},
        "value": {"type": "array", "items": item},
    }
    return _object(members, required=["value"])


# --- Schemas ------------------------------------------------------------------------------------------------------


def _schemas(entities: dict[str, Entity]) -> Json:
    found: Json = {"error": _error(), **_leaving()}
    for entity in entities.values():
        found[entity.name] = _read(entity)
        if any(each.create for each in entity.properties):
            found[f"{entity.name}.create"] = _written(entity, Mode.CREATE)
        if any(each.update for each in entity.properties):
            found[f"{entity.name}.update"] = _written(entity, Mode.UPDATE)
    return found


def _read(entity: Entity) -> Json:
    members = {each.name: _nullable(_value(each, None), each) for each in entity.properties}
    along = {name: {"type": ["array", "object", "null"]} for name in entity.navigations if name not in members}
    return _object({**_ANNOTATIONS, "@odata.id": {"type": "string"}, **members, **along})


def _written(entity: Entity, mode: Mode) -> Json:
    chosen = [each for each in entity.properties if (each.create if mode is Mode.CREATE else each.update)]
    binds = {
        f"{name}@odata.bind": {"type": ["array", "string"], "items": {"type": "string"}} for name in entity.navigations
    }
    members = {each.name: _nullable(_value(each, mode), each) for each in chosen}
    required = [each.name for each in chosen if each.required] if mode is Mode.CREATE else []
    return _object({"@odata.type": {"type": "string"}, **members, **binds}, required=required)


def _value(each: Property, mode: Mode | None) -> Json:
    one: Json = dict(_TYPES[each.type])
    if each.type is Is.COMPLEX and each.members:
        chosen = [m for m in each.members if mode is None or (m.create if mode is Mode.CREATE else m.update)]
        required = [m.name for m in chosen if m.required] if mode is Mode.CREATE else []
        one = _object({m.name: _nullable(_value(m, mode), m) for m in chosen}, required=required)
    if each.longest is not None and mode is not None:
        one |= {"maxLength": each.longest} | ({} if each.blank else {"minLength": 1})
    if each.choices:
        one["enum"] = list(each.choices)
    if not each.many:
        return one
    return {"type": "array", "items": one} | ({} if each.most is None or mode is None else {"maxItems": each.most})


def _nullable(schema: Json, each: Property) -> Json:
    if not each.nullable:
        return schema
    wider = {**schema, "type": [schema["type"], "null"]}
    return wider | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def _object(members: Json, *, required: list[str] | None = None, open_to_more: bool = False) -> Json:
    found: Json = {"type": "object", "properties": members, "additionalProperties": open_to_more}
    return found | ({"required": required} if required else {})


def _named(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _error() -> Json:
    detail = _object({"code": {"type": "string"}, "message": {"type": "string"}, "target": {"type": "string"}})
    inner = _object(
        {
            "date": {"type": "string"},
            "request-id": {"type": "string"},
            "client-request-id": {"type": "string"},
        },
        required=["date", "request-id", "client-request-id"],
        open_to_more=True,
    )
    error = _object(
        {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "target": {"type": "string"},
            "details": {"type": "array", "items": detail},
            "innerError": inner,
        },
        required=["code", "message", "innerError"],
    )
    return _object({"error": error}, required=["error"])


def _leaving() -> Json:
    contacts = _object(
        {
            "privacyContact": _NULLABLE,
            "privacyStatement": _NULLABLE,
            "technicalContacts": {"type": "array", "items": {"type": "string"}},
        }
    )
    kind = {"type": "string", "enum": ["home", "guest", "externalMember", "directConnect"]}
    state = {"type": "string", "enum": ["invited", "present", "deleted", "purged", "erased"]}
    words = ["homeOrganization", "accountDisabled", "organizationForbids", "wrongStage", "onlyAdministrator"]
    where = {"tenantId": _TYPES[Is.GUID], "displayName": {"type": "string"}, "domain": {"type": "string"}}
    times = {"restorableUntil": _NULLABLE_TIME, "dataRemovedBy": _NULLABLE_TIME}
    organization = {
        **where,
        "kind": kind,
        "state": state,
        "canLeave": {"type": "boolean"},
        "whyNot": {"type": ["string", "null"], "enum": [*words, None]},
        "contacts": contacts,
        **times,
    }
    receipt = {
        "reference": {"type": "string", "pattern": "^VL-[0-9A-Z]{4}-[0-9A-Z]{4}$"},
        **where,
        "kind": kind,
        "leftAt": _TYPES[Is.TIME],
        **times,
        "state": state,
    }
    thing = _object({"id": {"type": "string"}, "displayName": {"type": "string"}})
    lost = {name: {"type": "array", "items": thing} for name in ("groups", "apps", "roles")}
    preview = {**lost, "hiddenCount": {"type": "integer"}, **times}
    return {
        "leave.organization": _object(organization, required=list(organization)),
        "leave.receipt": _object(receipt, required=list(receipt)),
        "leave.preview": _object(preview, required=list(preview)),
    }
