"""From a path to a route.

    /users/{user}                              a literal and a key; matches /users/ID, /Users('ID'), /users(ID)
    /users/{user}/memberOf/graph.group         a cast; matches …/microsoft.graph.group as well
    /users/delta()                             a function; matches with and without brackets
    /applications(appId={appId})               an alternate key
    /groups/{group}/members/{member}/$ref      a system segment

Literals match without regard to case; captured values stay as they were sent. A path is cut at its slashes first and
decoded then, so ``%2F`` stays inside its segment. The table can be listed: tests call every route, and the OpenAPI
description is made from it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar
from urllib.parse import unquote_to_bytes

from vestibule.doors.graph.elsewhere import is_elsewhere, why_not_here
from vestibule.doors.graph.errors import (
    GraphError,
    bad_request,
    method_not_allowed,
    not_found,
    not_implemented,
    unknown_segment,
)
from vestibule.doors.graph.model.property import Entity
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.ways import DEEPEST, WAYS, Facet, Way, is_fit, names_of
from vestibule.rules.verbs import Verb

H = TypeVar("H")

V1: Final = "v1.0"
BETA: Final = "beta"
BOTH: Final = (V1, BETA)

_LONGEST: Final = 4_096
_ME_OF_SDKS: Final = "me-token-to-replace"
_CALL: Final = re.compile(r"([A-Za-z$][A-Za-z0-9_.$]*)\((.*)\)", re.DOTALL)
_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'")
_BARE: Final = re.compile(r"[A-Za-z0-9_.-]+")
_ARGUMENT: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*(?:'((?:[^']|'')*)'|([A-Za-z0-9_.:-]+))\s*(?:,|$)")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_CAPTURE: Final = re.compile(r"\{([a-z_]+)\}")
_LONG_CAST: Final = "microsoft.graph."
_SHORT_CAST: Final = "graph."


@dataclass(frozen=True)  # with slots, Python 3.11 cannot call Route[Handler](...)
class Route(Generic[H]):
    """One thing that can be asked.

    Attributes:
        method: the HTTP method. pattern: the path below the version, see the module.
        handler: who answers.
        versions: where it is offered.
        verb: what it does, in the words of the rules.
        query: what the query string may ask; None for an address without query options.
        body: what the body holds; None for a request without one. other_body: another kind of object that it may hold.
        status: the status when it succeeds.
        summary: one line for the description.
    """

    method: str
    pattern: str
    handler: H
    versions: tuple[str, ...] = BOTH
    verb: Verb | None = None
    query: Collection | None = None
    body: Entity | None = None
    other_body: Entity | None = None
    status: int = 200
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Match(Generic[H]):
    """A route that a path led to, with what was captured, and how it is looked at when not as it is."""

    route: Route[H]
    parameters: Mapping[str, str]
    facet: Facet | None = None


@dataclass(frozen=True, slots=True)
class _Segment:
    """One part of a path: a name in lower case, or a key; ``arguments`` for alternate keys and functions."""

    text: str
    name: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    is_key: bool = False


@dataclass(slots=True)
class _Node(Generic[H]):
    literals: dict[tuple[str, tuple[str, ...]], "tuple[dict[str, str], _Node[H]]"] = field(default_factory=dict)
    capture: "tuple[str, _Node[H]] | None" = None
    routes: dict[str, Route[H]] = field(default_factory=dict)


class Table(Generic[H]):
    """Every route of the door.

    Args:
        routes: the routes; two with the same method and path are a mistake.
        aliases: other ways to name an object by an alternate key: from ``/groups(uniqueName={unique_name})`` to the
            pattern of the object, below which everything is offered under both.

    Raises:
        ValueError: such a mistake, or a pattern that cannot be read.
    """

    def __init__(self, routes: Iterable[Route[H]], aliases: Mapping[str, str] | None = None) -> None:
        """Build one tree per version."""
        self.routes: tuple[Route[H], ...] = tuple(routes)
        self.aliases: Mapping[str, str] = aliases or {}
        self._roots: dict[str, _Node[H]] = {version: _Node() for version in BOTH}
        for route in self.routes:
            for version in route.versions:
                _plant(self._roots[version], route)
        for alias, pattern in self.aliases.items():
            for root in self._roots.values():
                _graft(root, alias, pattern)

    def __iter__(self) -> Iterator[Route[H]]:
        """The routes, in the order in which they were given."""
        return iter(self.routes)

    def match(self, version: str, method: str, raw_path: bytes) -> Match[H]:
        """The route for a request.

        Args:
            version: ``v1.0`` or ``beta``.
            method: the HTTP method; HEAD is answered as GET.
            raw_path: the path below the version, percent-encoded, beginning with a slash or empty.

        Raises GraphError: 400 when the path leads nowhere, 405 when it does not offer the method, 501 when Graph has
        it and this service does not.
        """
        segments = _segments(raw_path)
        seen: list[tuple[_Node[H], dict[str, str]]] = []
        reached = _walk(self._roots[version], segments, 0, {}, seen)
        wanted = "GET" if method == "HEAD" else method
        for node, parameters in seen:
            if wanted in node.routes:
                return Match(node.routes[wanted], parameters)
        aside = self._aside(version, segments)
        if aside is not None and wanted == "GET":
            return aside
        if not seen and aside is None:
            raise self._nowhere(segments, reached)
        offered = {each for node, _ in seen for each in node.routes} | ({"GET"} if aside is not None else set())
        raise method_not_allowed(offered | {"HEAD"} if "GET" in offered else offered)

    def _nowhere(self, segments: list[_Segment], reached: int) -> GraphError:
        if len(segments) == 3 and (segments[0].name, segments[2].name) == ("users", "restore"):
            return not_found(segments[1].text)  # SDKs offer it, and no deleted user is ever found here
        named = [segment.name for segment in segments if not segment.is_key]
        if is_elsewhere(named):
            return not_implemented(why_not_here(named))
        return unknown_segment(segments[min(reached, len(segments) - 1)].text if segments else "")

    def _aside(self, version: str, segments: list[_Segment]) -> Match[H] | None:
        """The route that gives what this path looks at in another way; None when there is none."""
        if segments and segments[-1].name in WAYS:
            way = WAYS[segments[-1].name]
            found = self._reading(version, segments[:-1])
            fits = found is not None and is_fit(found.route.query, found.route.pattern, way)
            return replace(found, facet=Facet(way)) if found is not None and fits else None
        raw = bool(segments) and segments[-1].name == "$value"
        down = segments[:-1] if raw else segments
        for depth in range(1, min(len(down), DEEPEST) + 1):
            found = self._reading(version, down[:-depth])
            names = None if found is None else _down(found.route.query, version, down[-depth:])
            if found is not None and names is not None:
                return replace(found, facet=Facet(Way.PROPERTY, names, raw=raw))
        return None

    def _reading(self, version: str, segments: list[_Segment]) -> Match[H] | None:
        seen: list[tuple[_Node[H], dict[str, str]]] = []
        _walk(self._roots[version], segments, 0, {}, seen)
        found = ((node.routes.get("GET"), parameters) for node, parameters in seen)
        return next((Match(route, parameters) for route, parameters in found if route is not None), None)


def _down(query: Collection | None, version: str, segments: list[_Segment]) -> tuple[str, ...] | None:
    if any(segment.is_key or segment.arguments for segment in segments):
        return None
    return names_of(query, [segment.name for segment in segments], beta=version == BETA)


def for_me(pattern: str) -> str:
    """The pattern for the signed-in person of a pattern below ``/users/{user}``."""
    return pattern.replace("/users/{user}", "/me", 1)


def _walk(
    node: _Node[H],
    segments: list[_Segment],
    at: int,
    parameters: dict[str, str],
    seen: list[tuple[_Node[H], dict[str, str]]],
) -> int:
    """Collect the nodes that the path leads to; a literal goes before a capture. Returns how far it led at most."""
    if at == len(segments):
        if node.routes:
            seen.append((node, parameters))
        return at
    segment = segments[at]
    reached = at
    if not segment.is_key:
        arguments = tuple(sorted(segment.arguments))
        found = node.literals.get((segment.name, arguments))
        if found is None:  # functions and actions may be written with their namespace, as some SDKs do
            found = node.literals.get((segment.name.removeprefix(_SHORT_CAST), arguments))
        if found is not None:
            names, below = found
            captured = {names[name]: value for name, value in segment.arguments.items()}
            reached = _walk(below, segments, at + 1, {**parameters, **captured}, seen)
    if node.capture is not None and not segment.arguments and (segment.is_key or not _is_special(segment)):
        name, below = node.capture
        reached = max(reached, _walk(below, segments, at + 1, {**parameters, name: segment.text}, seen))
    return reached


def _is_special(segment: _Segment) -> bool:
    """A system segment or a cast: the id or name of nothing."""
    return segment.text.startswith("$") or (segment.name.startswith(_SHORT_CAST) and "@" not in segment.text)


def _segments(raw_path: bytes) -> list[_Segment]:
    if len(raw_path) > _LONGEST:
        raise bad_request(f"The path is longer than {_LONGEST} bytes.")
    path = raw_path.removeprefix(b"/").removesuffix(b"/")
    found: list[_Segment] = []
    for raw in path.split(b"/") if path else []:
        found += _read_segment(_decoded(raw))
    if len(found) > 1 and found[0].name == "users" and found[1].text == _ME_OF_SDKS:
        found[:2] = [_literal("me")]  # what Graph's SDK for Python sends for ``client.me`` when it is set up by hand
    return found


def _decoded(raw: bytes) -> str:
    try:
        text = unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise bad_request("The path is not UTF-8.") from None
    if not text or _CONTROL.search(text):
        raise unknown_segment(text)
    return text


def _read_segment(text: str) -> list[_Segment]:
    """One segment, or two when a key stands in brackets behind a name."""
    call = _CALL.fullmatch(text)
    if call is None:
        return [_literal(text)]
    name, inner = call[1], call[2].strip()
    if not inner:
        return [_literal(name)]
    quoted = _QUOTED.fullmatch(inner)
    if quoted is not None or _BARE.fullmatch(inner):
        value = quoted[1].replace("''", "'") if quoted else inner
        return [_literal(name), _Segment(value, is_key=True)]
    return [_Segment(text, _name(name), _arguments(inner, text))]


def _arguments(inner: str, text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at < len(inner):
        argument = _ARGUMENT.match(inner, at)
        if argument is None or argument[1].lower() in found:
            raise unknown_segment(text)
        value = argument[2].replace("''", "'") if argument[2] is not None else argument[3]
        found[argument[1].lower()] = value
        at = argument.end()
    return found


def _literal(text: str) -> _Segment:
    return _Segment(text, _name(text))


def _name(text: str) -> str:
    lowered = text.lower()
    return _SHORT_CAST + lowered[len(_LONG_CAST) :] if lowered.startswith(_LONG_CAST) else lowered


def _plant(root: _Node[H], route: Route[H]) -> None:
    node = root
    for part in route.pattern.strip("/").split("/"):
        node = _child(node, part, route.pattern)
    if route.method in node.routes:
        msg = f"two routes for {route.method} {route.pattern}"
        raise ValueError(msg)
    node.routes[route.method] = route


def _graft(root: _Node[H], alias: str, pattern: str) -> None:
    """Let an alternate key lead to the node of the object."""
    *way, last = alias.strip("/").split("/")
    above, there = root, root
    for part in way:
        above = _child(above, part, alias)
    for part in pattern.strip("/").split("/"):
        there = _child(there, part, pattern)
    key, names = _literal_key(last, alias)
    above.literals[key] = (names, there)


def _child(node: _Node[H], part: str, pattern: str) -> _Node[H]:
    capture = _CAPTURE.fullmatch(part)
    if capture is not None:
        if node.capture is None:
            node.capture = (capture[1], _Node())
        if node.capture[0] != capture[1]:
            msg = f"{pattern}: {{{capture[1]}}} is called {{{node.capture[0]}}} elsewhere"
            raise ValueError(msg)
        return node.capture[1]
    key, names = _literal_key(part, pattern)
    return node.literals.setdefault(key, (names, _Node()))[1]


def _literal_key(part: str, pattern: str) -> tuple[tuple[str, tuple[str, ...]], dict[str, str]]:
    """How a literal part is found, and which parameter each of its arguments becomes."""
    call = _CALL.fullmatch(part)
    names = _named_arguments(call[2], pattern) if call else {}
    return (_name(call[1] if call else part), tuple(sorted(names))), names


def _named_arguments(inner: str, pattern: str) -> dict[str, str]:
    """``appId={app_id}`` as a mapping from argument to parameter."""
    names: dict[str, str] = {}
    for argument in inner.split(",") if inner else []:
        name, _, value = argument.partition("=")
        capture = _CAPTURE.fullmatch(value.strip())
        if capture is None:
            msg = f"{pattern}: {argument!r} is not name={{parameter}}"
            raise ValueError(msg)
        names[name.strip().lower()] = capture[1]
    return names
