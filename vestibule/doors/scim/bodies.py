"""Bodies: strictly decoded, then read attribute by attribute by the schema.

Names match without regard to case. What no schema here knows, and what clients may not write, is left aside (RFC 7643,
section 2.2, and RFC 7644, section 3.3); what is known has to be of its type. Some clients send booleans as texts.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from vestibule.doors.scim.errors import ScimError, invalid_syntax, invalid_value, not_json, shown, too_large
from vestibule.doors.scim.model import Attribute, Is, Kind
from vestibule.ground.strict_json import BadJson, decode

LARGEST: Final = 1_048_576
"""The most octets of a body."""

MOST_VALUES: Final = 50
"""Values of one attribute of a user."""

MOST_MEMBERS: Final = 10_000
"""Members in one body."""

_LONGEST_TEXT: Final = 4_096
_JSON: Final = re.compile(r"application/(?:[a-z0-9.+-]+\+)?json\s*(?:;.*)?", re.IGNORECASE)
_BOOLEANS: Final = {"true": True, "false": False}


def decode_object(raw: bytes, content_type: str | None, content_encoding: str | None) -> dict[str, Any]:
    """The JSON object in a body.

    Raises ScimError: 413 for too many octets, 415 for another type, 400 invalidSyntax for anything but one strict JSON
    object.
    """
    if len(raw) > LARGEST:
        raise too_large(LARGEST)
    if _JSON.fullmatch((content_type or "").strip()) is None or (content_encoding or "identity").lower() != "identity":
        raise not_json()
    try:
        found = decode(raw)
    except BadJson as wrong:
        raise invalid_syntax(f"The body is no JSON that can be read: {shown(str(wrong))}.") from None
    if not isinstance(found, dict):
        raise invalid_syntax("The body is no JSON object.")
    return found


def member(given: Mapping[str, Any], name: str) -> Any:
    """A member of a message by its name without regard to case; None when it is not there."""
    lowered = name.lower()
    return next((value for key, value in given.items() if key.lower() == lowered), None)


def insist_on_schema(given: Mapping[str, Any], urn: str) -> None:
    """Raise ScimError (400) when the body says what it is, and it is something else."""
    schemas = member(given, "schemas")
    if schemas is None:
        return
    if not isinstance(schemas, list) or not any(isinstance(one, str) and one.lower() == urn.lower() for one in schemas):
        raise invalid_value(f"'schemas' does not name {urn}.")


def read_resource(given: Mapping[str, Any], kind: Kind) -> dict[str, Any]:
    """What a body says of a resource, by the schema's names; None for what it clears. Raises ScimError (400)."""
    insist_on_schema(given, kind.schema.id)
    return read_members(given, kind.whole)


def read_members(given: Mapping[str, Any], whole: Attribute) -> dict[str, Any]:
    """The writable members of a complex value. Raises ScimError (400)."""
    found: dict[str, Any] = {}
    for name, value in given.items():
        attribute = whole.member(name)
        if attribute is not None and attribute.writable:
            found[attribute.name] = read_value(attribute, value)
    return found


def read_value(attribute: Attribute, value: Any) -> Any:
    """A value of an attribute; None for one that says nothing. Raises ScimError (400 invalidValue)."""
    if value is None or value in ("", []):
        return None
    if not attribute.many:
        return read_one(attribute, value)
    values = value if isinstance(value, list) else [value]
    most = MOST_MEMBERS if attribute.name == "members" else MOST_VALUES
    if len(values) > most:
        raise invalid_value(f"'{attribute.name}' has more than {most} values.")
    return [read_one(attribute, one) for one in values]


def read_one(attribute: Attribute, value: Any) -> Any:
    """One value of an attribute. Raises ScimError (400 invalidValue)."""
    match attribute.type:
        case Is.COMPLEX:
            return _complex(attribute, value)
        case Is.BOOLEAN:
            return _boolean(attribute, value)
        case _:
            return _text(attribute, value)


def _complex(attribute: Attribute, value: Any) -> dict[str, Any]:
    if isinstance(value, str) and attribute.member("value") is not None:
        value = {"value": value}
    if not isinstance(value, Mapping):
        raise _wrong(attribute)
    return {name: inner for name, inner in read_members(value, attribute).items() if inner is not None}


def _boolean(attribute: Attribute, value: Any) -> bool:
    if isinstance(value, str):
        value = _BOOLEANS.get(value.lower())
    if not isinstance(value, bool):
        raise _wrong(attribute)
    return value


def _text(attribute: Attribute, value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise _wrong(attribute)
    if attribute.name != "type" or not attribute.canonical:
        return value
    found = next((one for one in attribute.canonical if one.lower() == value.lower()), None)
    if found is None:
        raise invalid_value(f"'type' is one of: {', '.join(attribute.canonical)}.")
    return found


def _wrong(attribute: Attribute) -> ScimError:
    return invalid_value(f"'{attribute.name}' cannot have this value.")
