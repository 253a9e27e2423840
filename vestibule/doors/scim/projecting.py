"""Which attributes an answer holds: ``attributes`` and ``excludedAttributes`` (RFC 7644, section 3.9)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vestibule.doors.scim.errors import invalid_value
from vestibule.doors.scim.model import Kind

_ALWAYS: Final = frozenset({"schemas", "id"})
_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an answer shall hold, as names that were sent; both empty for everything."""

    names: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()

    def wants(self, name: str, kind: Kind) -> bool:
        """Whether any part of a top-level attribute is wanted: what is not need not be looked up."""
        if self.names:
            return any(found is not None and found.path[0] == name for found in map(kind.find, self.names))
        return not any(found is not None and found.path == (name,) for found in map(kind.find, self.excluded))


def read_wanted(attributes: object, excluded: object) -> Wanted:
    """From a query's texts, or from the lists of a search. Raises ScimError (400) for both at once."""
    wanted = Wanted(_names(attributes), _names(excluded))
    if wanted.names and wanted.excluded:
        raise invalid_value("Either 'attributes' or 'excludedAttributes', not both.")
    return wanted


def _names(given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    found = given.split(",") if isinstance(given, str) else given
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found) or len(found) > _MOST:
        raise invalid_value("Attributes are named in a list of texts.")
    return tuple(name.strip() for name in found if name.strip())


def project(resource: dict[str, Any], wanted: Wanted, kind: Kind) -> dict[str, Any]:
    """What of a resource is answered; ``schemas`` and ``id`` always are."""
    if wanted.names:
        return _only(resource, (found.path for found in map(kind.find, wanted.names) if found is not None))
    if wanted.excluded:
        return _without(resource, [found.path for found in map(kind.find, wanted.excluded) if found is not None])
    return resource


def _only(resource: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    found: dict[str, Any] = {name: resource[name] for name in ("schemas", "id") if name in resource}
    for path in paths:
        value = _part(resource, path)
        if value is not None:
            _put(found, path, value)
    return found


def _part(value: Any, path: tuple[str, ...]) -> Any:
    for step, name in enumerate(path):
        if isinstance(value, list):
            parts = [part for part in (_part(one, path[step:]) for one in value) if part is not None]
            return parts or None
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _put(found: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    if isinstance(value, list) and len(path) > 1:
        before = found.get(path[0])
        parts = [{path[-1]: one} for one in value]
        alike = isinstance(before, list) and len(before) == len(parts)
        found[path[0]] = [{**one, **part} for one, part in zip(before or [], parts, strict=True)] if alike else parts
        return
    for name in path[:-1]:
        found = found.setdefault(name, {})
    found[path[-1]] = value


def _without(resource: Mapping[str, Any], paths: list[tuple[str, ...]]) -> dict[str, Any]:
    found = dict(resource)
    for path in paths:
        if path[0] in _ALWAYS:
            continue
        if len(path) == 1:
            found.pop(path[0], None)
        elif path[0] in found:
            found[path[0]] = _less(found[path[0]], path[1:])
    return found


def _less(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_less(one, path) for one in value]
    if not isinstance(value, Mapping):
        return value
    if len(path) == 1:
        return {name: inner for name, inner in value.items() if name != path[0]}
    return {name: _less(inner, path[1:]) if name == path[0] else inner for name, inner in value.items()}
