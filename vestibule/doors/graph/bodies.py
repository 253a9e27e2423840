"""Bodies: strictly decoded, then checked property by property against the model.

Names match without regard to case, ``@odata.`` annotations are ignored except ``@odata.bind``. What the model does not
know is refused, and so is what callers may not set, unless they only send back what they were given: a program may
read an object and write it back unchanged.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from vestibule.doors.graph import errors
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.ground.clock import parse_iso
from vestibule.ground.strict_json import BadJson, decode
from vestibule.rules.names import guid
from vestibule.rules.texts import has_hidden

LARGEST: Final = 262_144
"""The most octets of a body."""

MOST_REFERENCES: Final = 20
"""References in one ``@odata.bind`` (Graph, *Add members*)."""

_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_BIND: Final = "@odata.bind"
_ID: Final = "@odata.id"
_UNREADABLE: Final = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
)
_KEYED: Final = re.compile(r"([A-Za-z]+)\('([^']*)'\)")


class Mode(Enum):
    """What the body is for."""

    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Body:
    """A checked body.

    Attributes:
        values: by the model's names: texts, booleans, whole numbers, aware datetimes, None, lists, mappings.
        binds: the ids named by ``@odata.bind``, by relationship.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    binds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def decode_object(raw: bytes, content_type: str | None, content_encoding: str | None = None) -> dict[str, Any]:
    """The JSON object in a body.

    Args:
        raw: the octets. content_type, content_encoding: the headers, None when they were not sent.

    Raises GraphError: 413 for too many octets, 415 for another type, 400 for anything but one strict JSON object.
    """
    if len(raw) > LARGEST:
        raise errors.too_large(LARGEST)
    if _JSON.fullmatch((content_type or "").strip()) is None or (content_encoding or "identity").lower() != "identity":
        raise errors.not_json()
    try:
        found = decode(raw)
    except BadJson as wrong:
        raise errors.bad_request(f"{_UNREADABLE} ({errors.shown(str(wrong))})") from None
    if not isinstance(found, dict):
        raise errors.bad_request(f"{_UNREADABLE} (not an object)")
    return found


def decode_parameters(raw: bytes, content_type: str | None, content_encoding: str | None = None) -> dict[str, Any]:
    """The JSON object in an action's body, which may be absent altogether (SDKs then send no Content-Type either).

    Raises GraphError as ``decode_object``.
    """
    return decode_object(raw, content_type, content_encoding) if raw else {}


def read_body(
    given: Mapping[str, Any],
    entity: Entity,
    mode: Mode,
    *,
    beta: bool = False,
    current: Mapping[str, Any] | None = None,
) -> Body:
    """Check a decoded body.

    Args:
        given: the body.
        entity: what is created or updated.
        mode: which of the two.
        beta: the caller speaks to ``/beta``.
        current: for an update, the object as it would be answered with every property selected.

    Raises GraphError (400) for the first thing that is wrong.
    """
    checker = _Checker(entity, mode, current or {})
    values: dict[str, Any] = {}
    binds: dict[str, tuple[str, ...]] = {}
    for name, value in given.items():
        if name.lower().endswith(_BIND):
            relationship = _relationship(name[: -len(_BIND)], entity)
            binds[relationship] = _references(relationship, value, entity)
        elif "@odata." not in name.lower():
            checker.take(name, value, values, beta=beta)
    if mode is Mode.CREATE:
        checker.insist_on_required(entity.properties, values)
    return Body(values, binds)


def read_reference(given: Mapping[str, Any]) -> str:
    """The id in the body of a ``$ref`` request: ``{"@odata.id": "https://…/directoryObjects/{id}"}``.

    Raises GraphError (400) when there is none.
    """
    for name, value in given.items():
        if name.lower() == _ID:
            return reference_id(value)
    raise errors.invalid('A reference is required: {"@odata.id": "…/directoryObjects/{id}"}.', target=_ID)


def reference_id(address: object) -> str:
    """The object id that a reference names.

    Whose host it is does not matter: the id is looked up in the caller's organization. Known forms:
    ``…/directoryObjects/{id}``, ``…/users/{id}``, ``…/users('{id}')``, and
    ``…/v2/{tenant}/directoryObjects/{id}/Microsoft.DirectoryServices.User``.

    Raises GraphError (400) for anything else.
    """
    if isinstance(address, str) and len(address) <= 1_024:
        path = _path_of(address)
        segments = [unquote(segment) for segment in path.split("/") if segment]
        if segments and segments[-1].lower().startswith("microsoft.directoryservices."):
            segments.pop()
        keyed = _KEYED.fullmatch(segments[-1]) if segments else None
        candidate = keyed[2] if keyed else segments[-1] if len(segments) > 1 else ""
        if (found := guid(candidate)) is not None:
            return found
    shown = errors.shown(address) if isinstance(address, str) else ""
    raise errors.invalid(f"Invalid object reference: '{shown}'.", target=_ID)


def _path_of(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _relationship(name: str, entity: Entity) -> str:
    found = entity.navigation(name)
    if found is None:
        raise errors.unknown_property(name, entity.type)
    return found


def _references(name: str, value: object, entity: Entity) -> tuple[str, ...]:
    addresses: Sequence[object] = value if isinstance(value, list) else [value]
    if len(addresses) > MOST_REFERENCES:
        raise errors.invalid(f"More than {MOST_REFERENCES} references in '{name}{_BIND}' of resource '{entity.title}'.")
    return tuple(reference_id(address) for address in addresses)


class _Checker:
    def __init__(self, entity: Entity, mode: Mode, current: Mapping[str, Any]) -> None:
        self._entity = entity
        self._mode = mode
        self._current = current

    def take(self, name: str, value: object, values: dict[str, Any], *, beta: bool) -> None:
        """Check one member of the body and keep its value when it says something."""
        found = self._entity.find(name, beta=beta)
        if found is None:
            raise errors.unknown_property(name, self._entity.type)
        if not self._writable(found):
            self._insist_on_unchanged(found, value)
        elif not (found.secret and value is None):  # a secret is answered as null, so null says nothing about it
            values[found.name] = self._checked(found, value, found.name)

    def insist_on_required(self, properties: Sequence[Property], values: Mapping[str, Any]) -> None:
        """Raise GraphError (400) for the first required property without a value."""
        for each in properties:
            if each.required and values.get(each.name) is None:
                raise self._said(errors.missing_value(each.name, self._entity.title))

    def _writable(self, found: Property) -> bool:
        return found.create if self._mode is Mode.CREATE else found.update

    def _insist_on_unchanged(self, found: Property, value: object) -> None:
        now = self._current.get(found.name, found.absent)
        if value is None and now is None:
            return
        if self._mode is Mode.UPDATE and value == now and type(value) is type(now):
            return
        raise self._said(errors.read_only(found.name, self._entity.title))

    def _checked(self, found: Property, value: object, path: str) -> Any:
        if value is None:
            if not found.nullable:
                raise self._wrong(path)
            return None
        if not found.many:
            return self._one(found, value, path)
        if not isinstance(value, list) or (found.most is not None and len(value) > found.most):
            raise self._wrong(path)
        return [self._one(found, each, path) for each in value]

    def _one(self, found: Property, value: object, path: str) -> Any:
        match found.type:
            case Is.BOOLEAN if isinstance(value, bool):
                return value
            case Is.INTEGER if isinstance(value, int) and not isinstance(value, bool):
                return value
            case Is.TIME if isinstance(value, str):
                return self._moment(value, path)
            case Is.STRING | Is.GUID if isinstance(value, str):
                return self._text(found, value, path)
            case Is.COMPLEX if isinstance(value, Mapping):
                return self._complex(found, value, path)
            case _:
                raise self._wrong(path)

    def _moment(self, value: str, path: str) -> datetime:
        try:
            return parse_iso(value)
        except ValueError:
            raise self._wrong(path) from None

    def _text(self, found: Property, value: str, path: str) -> str | None:
        if not value and found.blank and found.nullable:
            return None
        visible = value.translate(_BREAKS) if found.lines else value
        too_long = found.longest is not None and len(value) > found.longest
        if not value or too_long or has_hidden(visible):
            raise self._wrong(path)
        if found.type is Is.GUID:
            return self._guid(value, path)
        if not found.choices:
            return value
        for choice in found.choices:
            if choice.lower() == value.lower():
                return choice
        raise self._wrong(path)

    def _guid(self, value: str, path: str) -> str:
        found = guid(value)
        if found is None:
            raise self._wrong(path)
        return found

    def _complex(self, found: Property, value: Mapping[str, Any], path: str) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, inner in value.items():
            if "@odata." in name.lower():
                continue
            member = found.member(name)
            if member is None:
                raise errors.unknown_property(name, self._entity.type)
            below = f"{path}/{member.name}"
            if not self._writable(member):
                raise self._said(errors.read_only(below, self._entity.title))
            values[member.name] = self._checked(member, inner, below)
        if self._mode is Mode.CREATE:
            self.insist_on_required(found.members, values)
        return values

    def _wrong(self, path: str) -> GraphError:
        return self._said(errors.invalid_value(path, self._entity.title))

    def _said(self, error: GraphError) -> GraphError:
        """The error under the code that this kind of object uses."""
        return GraphError(error.status, self._entity.bad_value, error.message, target=error.target)


_BREAKS: Final = {ord("\n"): " ", ord("\r"): " ", ord("\t"): " "}
