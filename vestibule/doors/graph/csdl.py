"""``/$metadata``: what is served, as the schema that OData programs read (OData CSDL XML 4.01).

Made from the table of routes and the model, like the OpenAPI description: it holds exactly what there is. Types,
navigation properties and container come from the addresses; properties from the model. A type that an address needs
and Graph hides (``directory``, ``policyRoot``) is called after its segment.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from vestibule.doors.graph.model.property import Entity, Is, Property
from vestibule.doors.graph.model.references import REFERENCE
from vestibule.doors.graph.routing import BETA, Route, Table

_NAMESPACE: Final = "microsoft.graph"
_BASE: Final = "directoryObject"
_INHERITED: Final = frozenset({"id", "deletedDateTime"})
_DIRECTORY_OBJECTS: Final = frozenset(
    {"application", "directoryRole", "directoryRoleTemplate", "group", "organization", "servicePrincipal", "user"}
)
_ONE_OTHER: Final = {
    "manager": _BASE,
    "invitedBy": _BASE,
    "invitedUser": "user",
    "principal": _BASE,
    "roleDefinition": "unifiedRoleDefinition",
}
_COMPLEX: Final = {
    "user.identities": "objectIdentity",
    "user.passwordProfile": "passwordProfile",
    "user.signInActivity": "signInActivity",
    "user.assignedLicenses": "assignedLicense",
    "user.assignedPlans": "assignedPlan",
    "user.provisionedPlans": "provisionedPlan",
    "user.licenseAssignmentStates": "licenseAssignmentState",
    "organization.privacyProfile": "privacyProfile",
    "organization.verifiedDomains": "verifiedDomain",
    "unifiedRoleDefinition.rolePermissions": "unifiedRolePermission",
    "invitation.invitedUserMessageInfo": "invitedUserMessageInfo",
}
"""Names that Graph has for complex types; others are called after their entity and property."""


@dataclass
class _Node:
    """A part of the addresses: what is called for it, and what lies below."""

    routes: dict[str, Route[Any]] = field(default_factory=dict)
    children: dict[str, "_Node"] = field(default_factory=dict)
    key: "_Node | None" = None

    @property
    def entity(self) -> Entity | None:
        """The kind of object that it gives, or that is made there."""
        read = self.routes.get("GET")
        if read is not None and read.query is not None:
            return read.query.entity
        if self.key is not None and "GET" in self.key.routes:  # what is found by its id, and listed nowhere
            return self.key.entity
        made = self.routes.get("POST")
        return made.body if made is not None and made.body is not None and made.body.find("id") else None

    @property
    def many(self) -> bool:
        """Whether it gives a list."""
        read = self.routes.get("GET")
        return read is None or read.query is None or not read.query.single


@dataclass
class _Types:
    """What the document says, by name; each type with its lines."""

    entities: dict[str, Entity] = field(default_factory=dict)
    navigations: dict[str, dict[str, str]] = field(default_factory=dict)
    complex: dict[str, tuple[Property, ...]] = field(default_factory=dict)
    roots: set[str] = field(default_factory=set)
    calls: list[str] = field(default_factory=list)

    def lead(self, owner: str, name: str, to: str) -> None:
        """``owner`` has a navigation property."""
        self.navigations.setdefault(owner, {}).setdefault(name, to)


def metadata(table: Table[Any], version: str) -> str:
    """The whole schema of a version, as XML."""
    return _document(table, version)


@lru_cache(4)
def _document(table: Table[Any], version: str) -> str:
    root = _tree(route for route in table if version in route.versions)
    types = _Types()
    container = list(_container(root, types))
    for entity in list(types.entities.values()):
        for name in entity.navigations:
            types.lead(entity.name, name, _other(name))
    body = [*_entity_types(types, beta=version == BETA), *_complex_types(types, beta=version == BETA)]
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">',
        "<edmx:DataServices>",
        f'<Schema Namespace="{_NAMESPACE}" Alias="graph" xmlns="http://docs.oasis-open.org/odata/ns/edm">',
        *body,
        *dict.fromkeys(types.calls),
        '<EntityContainer Name="GraphService">',
        *container,
        "</EntityContainer>",
        "</Schema>",
        "</edmx:DataServices>",
        "</edmx:Edmx>",
    ]
    return "\n".join(lines) + "\n"


# --- Addresses ----------------------------------------------------------------------------------------------------


def _tree(routes: Iterable[Route[Any]]) -> _Node:
    root = _Node()
    for route in routes:
        node = root
        for part in route.pattern.strip("/").split("/"):
            if part.startswith("{"):
                node.key = node.key or _Node()
                node = node.key
            else:
                node = node.children.setdefault(part, _Node())
        node.routes[route.method] = route
    return root


def _container(root: _Node, types: _Types) -> Iterator[str]:
    for name, node in sorted(root.children.items()):
        if "(" in name:  # an alternate key: the set is there already
            continue
        owner = _owner(name, node, types)
        if node.many and node.entity is not None:
            yield f'<EntitySet Name="{name}" EntityType="graph.{owner}"/>'
        else:
            yield f'<Singleton Name="{name}" Type="graph.{owner}"/>'


def _owner(name: str, node: _Node, types: _Types) -> str:
    """The type that a node gives, with everything that lies below it."""
    entity = node.entity
    if entity is None:
        types.roots.add(name)
    else:
        types.entities[entity.name] = entity
    owner = name if entity is None else entity.name
    for below in (node, node.key):
        if below is not None:
            whole = below is node and entity is not None and node.many
            for child, inner in sorted(below.children.items()):
                _below(owner, child, inner, types, of_many=whole)
    return owner


def _below(owner: str, name: str, node: _Node, types: _Types, *, of_many: bool) -> None:
    if name.startswith("$"):
        return
    if "." in name:  # a cast: what it gives is a type of its own
        if node.entity is not None:
            types.entities[node.entity.name] = node.entity
        return
    if "(" in name:
        types.calls.append(_function(owner, name, node, types, of_many=of_many))
    elif "GET" not in node.routes and "POST" in node.routes and not node.key and not node.children:
        types.calls.append(_action(owner, name, node.routes["POST"], types, of_many=of_many))
    elif "GET" in node.routes or node.children or node.key:
        inner = _owner(name, node, types)
        many = node.entity is not None and node.many
        types.lead(owner, name, f"Collection(graph.{inner})" if many else f"graph.{inner}")


def _other(navigation: str) -> str:
    one = _ONE_OTHER.get(navigation)
    return f"Collection(graph.{_BASE})" if one is None else f"graph.{one}"


# --- Functions and actions ----------------------------------------------------------------------------------------


def _bound(owner: str, *, of_many: bool) -> str:
    type_ = f"Collection(graph.{owner})" if of_many else f"graph.{owner}"
    return f'<Parameter Name="bindingParameter" Type="{type_}" Nullable="false"/>'


def _function(owner: str, name: str, node: _Node, types: _Types, *, of_many: bool) -> str:
    called, _, inner = name.rstrip(")").partition("(")
    given = [argument.partition("=")[0].strip() for argument in inner.split(",") if argument.strip()]
    parameters = "".join(f'<Parameter Name="{each}" Type="Edm.String" Nullable="false"/>' for each in given)
    entity = node.entity
    if entity is not None:
        types.entities.setdefault(entity.name, entity)
    answer = f"graph.{entity.name}" if entity is not None else f"graph.{owner}"
    returned = f"Collection({answer})" if node.many else answer
    return (
        f'<Function Name="{called}" IsBound="true">{_bound(owner, of_many=of_many)}{parameters}'
        f'<ReturnType Type="{returned}"/></Function>'
    )


def _action(owner: str, name: str, route: Route[Any], types: _Types, *, of_many: bool) -> str:
    body = () if route.body is None or route.body is REFERENCE else route.body.properties
    parameters = "".join(
        f'<Parameter Name="{each.name}" Type="{_type(name, each, types)}"/>' for each in body if each.create
    )
    return f'<Action Name="{name}" IsBound="true">{_bound(owner, of_many=of_many)}{parameters}</Action>'


# --- Types --------------------------------------------------------------------------------------------------------


def _entity_types(types: _Types, *, beta: bool) -> Iterator[str]:
    key = '<Key><PropertyRef Name="id"/></Key>'
    yield (
        f'<EntityType Name="{_BASE}">{key}<Property Name="id" Type="Edm.String" Nullable="false"/>'
        '<Property Name="deletedDateTime" Type="Edm.DateTimeOffset"/></EntityType>'
    )
    for name, entity in sorted(types.entities.items()):
        if name == _BASE:
            continue
        derived = name in _DIRECTORY_OBJECTS
        yield f'<EntityType Name="{name}"' + (f' BaseType="graph.{_BASE}">' if derived else ">")
        if not derived and entity.find("id") is not None:
            yield key
        led = types.navigations.get(name, {})
        for each in entity.all(beta=beta):
            if each.name not in led and not (derived and each.name in _INHERITED):
                yield _property(name, each, types)
        yield from _navigations(led, beta=beta)
        yield "</EntityType>"
    for name in sorted(types.roots):
        yield f'<EntityType Name="{name}">'
        yield from _navigations(types.navigations.get(name, {}), beta=beta)
        yield "</EntityType>"


def _navigations(led: dict[str, str], *, beta: bool) -> Iterator[str]:
    for name, to in sorted(led.items()):
        if beta or name != "invitedBy":
            yield f'<NavigationProperty Name="{name}" Type="{to}"/>'


def _complex_types(types: _Types, *, beta: bool) -> Iterator[str]:
    done: set[str] = set()
    while waiting := sorted(types.complex.keys() - done):
        for name in waiting:
            done.add(name)
            members = [each for each in types.complex[name] if beta or not each.beta]
            if not members:
                yield f'<ComplexType Name="{name}" OpenType="true"/>'
                continue
            yield f'<ComplexType Name="{name}">'
            for each in members:
                yield _property(name, each, types)
            yield "</ComplexType>"


def _property(owner: str, each: Property, types: _Types) -> str:
    nullable = "" if each.nullable else ' Nullable="false"'
    return f'<Property Name="{each.name}" Type="{_type(owner, each, types)}"{nullable}/>'


def _type(owner: str, each: Property, types: _Types) -> str:
    if each.type is Is.COMPLEX:
        name = _COMPLEX.get(f"{owner}.{each.name}") or f"{owner}{each.name[0].upper()}{each.name[1:]}"
        types.complex.setdefault(name, each.members)
        one = f"graph.{name}"
    else:
        one = each.type.value
    return f"Collection({one})" if each.many else one
