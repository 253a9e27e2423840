"""PATCH (RFC 7644, section 3.5.2): operations on a resource as a client sees it.

The result is compared with what was there, so that an operation that changes nothing writes nothing. Members of groups
are too many to be handled like this; ``group_members`` takes them out before.

Clients differ from the standard, and are understood: ``op`` in any case, booleans as texts, paths as names inside a
value without a path, a list around a single value (Microsoft Entra ID).
"""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from vestibule.doors.scim.bodies import MOST_VALUES, insist_on_schema, member, read_members, read_one, read_value
from vestibule.doors.scim.errors import ScimError, invalid_path, invalid_syntax, invalid_value, mutability, no_target
from vestibule.doors.scim.grammar import Place, parse_path
from vestibule.doors.scim.model import Attribute, Found, Is, Kind
from vestibule.rules.filters import And, Compare, Filter, Op, matches

PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST_OPERATIONS: Final = 100
_OPS: Final = frozenset({"add", "replace", "remove"})


@dataclass(frozen=True)
class Operation:
    """One operation. ``place`` is None when it has no path; the value is as it was sent."""

    op: str
    place: Place | None
    value: Any


def read_operations(given: Mapping[str, Any], kind: Kind, *, most: int = MOST_OPERATIONS) -> list[Operation]:
    """The operations of a body, at most ``most``. Raises ScimError (400, 413)."""
    insist_on_schema(given, PATCH)
    operations = member(given, "Operations")
    if not isinstance(operations, list) or not operations:
        raise invalid_syntax("'Operations' is a list of at least one operation.")
    if len(operations) > most:
        raise ScimError(413, f"More than {most} operations.")
    found: list[Operation] = []
    for one in operations:
        found += _read(one, kind)
    return found


def _read(given: Any, kind: Kind) -> list[Operation]:
    if not isinstance(given, Mapping):
        raise invalid_syntax("An operation is an object.")
    op, path, value = member(given, "op"), member(given, "path"), member(given, "value")
    op = op.lower() if isinstance(op, str) else ""  # what is no text may not even be looked up
    if op not in _OPS:
        raise invalid_syntax("'op' is one of: add, remove, replace.")
    if path is None:
        return _without_path(op, value, kind)
    if not isinstance(path, str) or not path:
        raise invalid_path("'path' is a text.")
    place = parse_path(path, kind)
    if op != "remove" and "value" not in {name.lower() for name in given}:
        raise invalid_value(f"The operation '{op}' needs a value.")
    return [Operation(op, place, value)]


def _without_path(op: str, value: Any, kind: Kind) -> list[Operation]:
    """One operation for each member of the value; what cannot be written is left aside, as in a whole resource."""
    if op == "remove":
        raise no_target("A 'remove' needs a path.")
    if not isinstance(value, Mapping):
        raise invalid_value("Without a path the value is an object.")
    found: list[Operation] = []
    for name, inner in value.items():
        plain = kind.find(name)
        place = parse_path(name, kind) if plain is None and "[" in name else None if plain is None else Place(plain)
        if place is not None and place.found.attribute.writable:
            found.append(Operation(op, place, inner))
    return found


def patched(resource: Mapping[str, Any], operations: list[Operation]) -> dict[str, Any]:
    """The resource after the operations. Raises ScimError (400) for one that cannot be carried out."""
    after = deepcopy(dict(resource))
    for one in operations:
        if one.place is None:  # pragma: no cover - _without_path gives each one a place
            raise invalid_syntax("An operation without a place.")
        _insist_on_writable(one.place)
        if one.place.chosen is not None:
            _in_chosen(after, one, one.place, one.place.chosen)
        else:
            _at(after, one, one.place.found)
        _insist_on_few(after.get(one.place.found.path[0]), one.place)
    return after


def _insist_on_few(values: Any, place: Place) -> None:
    if isinstance(values, list) and len(values) > MOST_VALUES:
        raise invalid_value(f"'{place.found.path[0]}' has more than {MOST_VALUES} values.")


def _insist_on_writable(place: Place) -> None:
    for attribute in (place.found.attribute, place.found.parent, place.sub):
        if attribute is not None and not attribute.writable:
            raise mutability(attribute.name)


# --- Without brackets -------------------------------------------------------------------------------------------------


def _at(after: dict[str, Any], one: Operation, found: Found) -> None:
    attribute, parent = found.attribute, found.parent
    if parent is not None and parent.many:
        raise invalid_path(f"Say which of the '{parent.name}' in brackets.")
    holder = after
    for name in found.path[:-1]:
        inner = holder.setdefault(name, {})
        holder = inner if isinstance(inner, dict) else holder
    before = holder.get(attribute.name)
    if one.op == "remove":
        after_value = _without(attribute, before, one.value)
    elif attribute.many:
        after_value = _with(attribute, before if one.op == "add" else None, one.value)
    elif attribute.type is Is.COMPLEX:
        after_value = _merged(attribute, before, one.value)
    else:
        after_value = read_value(attribute, _unwrapped(one.value))
    holder[attribute.name] = after_value


def _unwrapped(value: Any) -> Any:
    """A single value around which a client put a list, or an object with ``value``."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return member(value, "value") if isinstance(value, Mapping) else value


def _merged(attribute: Attribute, before: Any, value: Any) -> dict[str, Any] | None:
    """The parts that are sent replace those that were there; others stay (RFC 7644, section 3.5.2.3)."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise invalid_value(f"'{attribute.name}' is an object.")
    return {**(before or {}), **read_members(value, attribute)}


def _without(attribute: Attribute, before: Any, value: Any) -> Any:
    """Nothing, or what is left when a client names the values that it wants gone."""
    if attribute.needed:
        raise invalid_value(f"'{attribute.name}' cannot be removed.")
    if not attribute.many or value in (None, []):
        return None
    return _less(before or [], read_value(attribute, value) or [])


def _with(attribute: Attribute, before: Any, value: Any) -> list[Any]:
    added = read_value(attribute, value) or []
    kept = _less(before or [], added)
    if any(one.get("primary") for one in added if isinstance(one, dict)):
        kept = [_not_primary(one) for one in kept]
    return [*kept, *added]


def _not_primary(value: Any) -> Any:
    return {**value, "primary": False} if isinstance(value, dict) and value.get("primary") else value


def _less(values: list[Any], gone: list[Any]) -> list[Any]:
    """The values without those that are gone: ``value`` says which one it is, and ``type`` when it is said."""
    typed = {_named(one) for one in gone}
    whatever = {value for value, type_ in typed if type_ is None}
    return [one for one in values if one.get("value") not in whatever and _named(one) not in typed]


def _named(value: dict[str, Any]) -> tuple[Any, Any]:
    return value.get("value"), value.get("type")


# --- With brackets ----------------------------------------------------------------------------------------------------


def _in_chosen(after: dict[str, Any], one: Operation, place: Place, chosen: Filter) -> None:
    attribute = place.found.attribute
    values: list[Any] = list(after.get(attribute.name) or [])
    picked = [number for number, value in enumerate(values) if matches(chosen, value)]
    if not picked:
        if one.op != "add":
            raise no_target(f"None of the '{attribute.name}' is meant by the path.")
        values.append(_implied(chosen))
        picked = [len(values) - 1]
    if one.op == "remove" and place.sub is None:
        values = [value for number, value in enumerate(values) if number not in picked]
    else:
        for number in picked:
            values[number] = _changed(values[number], one, place, attribute)
        if any(values[number].get("primary") for number in picked):
            values = [value if number in picked else _not_primary(value) for number, value in enumerate(values)]
    after[attribute.name] = values


def _changed(value: dict[str, Any], one: Operation, place: Place, attribute: Attribute) -> dict[str, Any]:
    if place.sub is None:
        return {**value, **read_one(attribute, one.value)}
    if one.op == "remove":
        return {name: inner for name, inner in value.items() if name != place.sub.name}
    return {**value, place.sub.name: read_value(place.sub, _unwrapped(one.value))}


def _implied(chosen: Filter) -> dict[str, Any]:
    """The value that a filter of equalities describes: what is added to what is not there yet."""
    parts = chosen.parts if isinstance(chosen, And) else (chosen,)
    found: dict[str, Any] = {}
    for part in parts:
        if not isinstance(part, Compare) or part.op is not Op.EQ:
            raise no_target("None of the values is meant by the path.")
        found[part.path[0]] = part.value
    return found
