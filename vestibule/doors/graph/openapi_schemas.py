"""The shapes in the description of this door (JSON Schema 2020-12), made from the model."""

from typing import Any, Final

from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.model.actions import CONVERTED
from vestibule.doors.graph.model.app import PASSWORD_CREDENTIAL
from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.doors.graph.model.review_history import REVIEW_HISTORY_INSTANCE
from vestibule.doors.graph.routing import Table

Json = dict[str, Any]

_TYPES: Final = {
    Is.STRING: {"type": "string"},
    Is.GUID: {"type": "string", "format": "uuid"},
    Is.TIME: {"type": "string", "format": "date-time"},
    Is.BOOLEAN: {"type": "boolean"},
    Is.INTEGER: {"type": "integer", "format": "int32"},
    Is.DOUBLE: {"type": "number", "format": "double"},
    Is.COMPLEX: {"type": "object"},
}
ANNOTATIONS: Final = {"@odata.context": {"type": "string"}, "@odata.type": {"type": "string"}}
_NULLABLE_TIME: Final = {"type": ["string", "null"], "format": "date-time"}
ANSWERS: Final = {
    "addPassword": PASSWORD_CREDENTIAL,
    "convertExternalToInternalMemberUser": CONVERTED,
    "generateDownloadUri": REVIEW_HISTORY_INSTANCE,
}
"""What actions answer that is neither what was sent nor what is asked for, by the last part of their path."""

_NULLABLE: Final = {"type": ["string", "null"]}


def schemas(table: Table[Any]) -> Json:
    """Every shape, by its name."""
    queried = [route.query.entity for route in table if route.query is not None]
    written = [body for route in table for body in (route.body, route.other_body) if body is not None]
    entities = {entity.name: entity for entity in [*queried, *written, *ANSWERS.values()]}
    selectable = {entity.name for entity in queried}
    sent = {body.name for body in written}  # of some, nothing can be changed: they are sent back as they are
    found: Json = {"error": _error(), **_leaving()}
    for entity in entities.values():
        found[entity.name] = _read(entity, selectable=entity.name in selectable)
        if entity.name in sent or any(each.create for each in entity.properties):
            found[f"{entity.name}.create"] = _written(entity, Mode.CREATE)
        if entity.name in sent or any(each.update for each in entity.properties):
            found[f"{entity.name}.update"] = _written(entity, Mode.UPDATE)
    return found


def used(schemas: Json, paths: Json) -> Json:
    """Only what something refers to."""
    wanted = _references(paths)
    while more := {name for used in wanted for name in _references(schemas[used])} - wanted:
        wanted |= more
    return {name: schema for name, schema in schemas.items() if name in wanted}


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        here = {str(part["$ref"]).rpartition("/")[2]} if "$ref" in part else set()
        return here.union(*(_references(inner) for inner in part.values()))
    return set[str]().union(*(_references(inner) for inner in part)) if isinstance(part, list) else set()


def _read(entity: Entity, *, selectable: bool) -> Json:
    """What is answered: every property that can be selected, and the default ones alone where none can."""
    answered = [each for each in entity.properties if selectable or each.default]
    members = {each.name: _nullable(_value(each, None), each) for each in answered}
    along = {name: {"type": ["array", "object", "null"]} for name in entity.navigations if name not in members}
    return object_of({**ANNOTATIONS, "@odata.id": {"type": "string"}, **members, **along})


def _written(entity: Entity, mode: Mode) -> Json:
    chosen = [each for each in entity.properties if (each.create if mode is Mode.CREATE else each.update)]
    binds = {
        f"{name}@odata.bind": {"type": ["array", "string"], "items": {"type": "string"}} for name in entity.navigations
    }
    members = {each.name: _nullable(_value(each, mode), each) for each in chosen}
    required = [each.name for each in chosen if each.required] if mode is Mode.CREATE else []
    return object_of({"@odata.type": {"type": "string"}, **members, **binds}, required=required)


def _value(each: Property, mode: Mode | None) -> Json:
    one: Json = dict(_TYPES[each.type])
    if each.type is Is.COMPLEX and each.members:
        chosen = [m for m in each.members if mode is None or (m.create if mode is Mode.CREATE else m.update)]
        required = [m.name for m in chosen if m.required] if mode is Mode.CREATE else []
        annotated: Json = {"@odata.type": {"type": "string"}} if mode is None else {}
        members = {m.name: _nullable(_value(m, mode), m) for m in chosen}
        one = object_of({**annotated, **members}, required=required)
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


def object_of(members: Json, *, required: list[str] | None = None, open_to_more: bool = False) -> Json:
    """An object with these members, and others only when it is ``open_to_more``."""
    found: Json = {"type": "object", "properties": members, "additionalProperties": open_to_more}
    return found | ({"required": required} if required else {})


def named(name: str) -> Json:
    """A reference to a shape."""
    return {"$ref": f"#/components/schemas/{name}"}


def either(*names: str) -> Json:
    """One of several shapes, or the only one."""
    return named(names[0]) if len(names) == 1 else {"anyOf": [named(name) for name in names]}


def _error() -> Json:
    detail = object_of({"code": {"type": "string"}, "message": {"type": "string"}, "target": {"type": "string"}})
    inner = object_of(
        {
            "date": {"type": "string"},
            "request-id": {"type": "string"},
            "client-request-id": {"type": "string"},
        },
        required=["date", "request-id", "client-request-id"],
        open_to_more=True,
    )
    error = object_of(
        {
            "code": {"type": "string"},
            "message": {"type": "string"},
            "target": {"type": "string"},
            "details": {"type": "array", "items": detail},
            "innerError": inner,
        },
        required=["code", "message", "innerError"],
    )
    return object_of({"error": error}, required=["error"])


def _leaving() -> Json:
    contacts = object_of(
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
    thing = object_of({"id": {"type": "string"}, "displayName": {"type": "string"}})
    lost = {name: {"type": "array", "items": thing} for name in ("groups", "apps", "roles")}
    person = {"id": _TYPES[Is.GUID], "displayName": {"type": "string"}}
    alone = {
        **person,
        "kind": {"type": "string", "enum": ["group", "app"]},
        "candidates": {"type": "array", "items": object_of(person, required=list(person))},
    }
    owned = {"type": "array", "items": object_of(alone, required=list(alone))}
    preview = {**lost, "hiddenCount": {"type": "integer"}, **times}
    heir = {"objectId": _TYPES[Is.GUID], "newOwnerId": _TYPES[Is.GUID]}
    heirs = {"type": "array", "maxItems": 100, "items": object_of(heir, required=list(heir), open_to_more=True)}
    return {
        "leave.organization": object_of(organization, required=list(organization)),
        "leave.receipt": object_of(receipt, required=list(receipt)),
        "leave.preview": object_of({**preview, "ownedAlone": owned}, required=list(preview)),
        "leave.request": object_of({"handOver": heirs, "erase": {"type": "boolean"}}, open_to_more=True),
    }
