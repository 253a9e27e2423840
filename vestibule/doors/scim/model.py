"""Attributes, schemas and kinds of resources (RFC 7643, sections 2 and 7), and how their names are found.

Names match without regard to case. An extension is looked at as one more complex attribute, whose name is its URN.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final


class Is(StrEnum):
    """Types of values."""

    STRING = "string"
    BOOLEAN = "boolean"
    TIME = "dateTime"
    REFERENCE = "reference"
    COMPLEX = "complex"


@dataclass(frozen=True)
class Attribute:
    """One attribute, in the words of RFC 7643, section 7.

    Attributes:
        about: what it is, for people.
        many: it has many values. members: sub-attributes of a complex one.
        canonical: values that are usual; for ``type`` the only ones.
        needed: clients may rely on it being there.
        writable: clients write it; what others send for a read-only one is ignored.
        fixed: a writable one that is set once.
    """

    name: str
    about: str
    type: Is = Is.STRING
    many: bool = False
    members: "tuple[Attribute, ...]" = ()
    canonical: tuple[str, ...] = ()
    needed: bool = False
    writable: bool = True
    fixed: bool = False
    exact: bool = False
    unique: bool = False
    always: bool = False
    refers: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, "Attribute"]:
        """The sub-attributes by their names in lower case."""
        return {one.name.lower(): one for one in self.members}

    def member(self, name: str) -> "Attribute | None":
        """The sub-attribute of that name."""
        return self.by_name.get(name.lower())

    def described(self) -> dict[str, Any]:
        """The attribute as ``/Schemas`` shows it."""
        found: dict[str, Any] = {
            "name": self.name,
            "type": self.type.value,
            "multiValued": self.many,
            "description": self.about,
            "required": self.needed,
            "mutability": ("immutable" if self.fixed else "readWrite") if self.writable else "readOnly",
            "returned": "always" if self.always else "default",
        }
        if self.type is Is.COMPLEX:
            return found | {"subAttributes": [one.described() for one in self.members]}
        if self.type in {Is.STRING, Is.REFERENCE}:
            found |= {"caseExact": self.exact, "uniqueness": "server" if self.unique else "none"}
        if self.canonical:
            found["canonicalValues"] = list(self.canonical)
        return found | ({"referenceTypes": list(self.refers)} if self.refers else {})


@dataclass(frozen=True)
class Schema:
    """A schema of ``/Schemas``."""

    id: str
    name: str
    about: str
    attributes: tuple[Attribute, ...]


COMMON: Final = (
    Attribute("id", "The id that this service gives.", writable=False, exact=True, unique=True, always=True),
    Attribute("externalId", "What the client calls it; every client has names of its own.", exact=True),
    Attribute(
        "meta",
        "About the resource.",
        Is.COMPLEX,
        writable=False,
        members=(
            Attribute("resourceType", "Which kind of resource it is.", writable=False, exact=True),
            Attribute("created", "When it was made here.", Is.TIME, writable=False),
            Attribute("lastModified", "When something was done to it last.", Is.TIME, writable=False),
            Attribute("location", "Its address.", Is.REFERENCE, writable=False, exact=True, refers=("uri",)),
            Attribute("version", "Its version, an entity tag.", writable=False, exact=True),
        ),
    ),
)
"""What every resource has (RFC 7643, section 3.1)."""


@dataclass(frozen=True)
class Found:
    """An attribute that a name leads to.

    Attributes:
        path: the names from the resource down, as the schema spells them.
        attribute: the one at the end. parent: the one above it, None at the top.
    """

    path: tuple[str, ...]
    attribute: Attribute
    parent: Attribute | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of resource (RFC 7643, section 6)."""

    name: str
    endpoint: str
    about: str
    schema: Schema
    extensions: tuple[Schema, ...] = ()

    @cached_property
    def whole(self) -> Attribute:
        """The resource as one complex attribute: common ones, its own, and its extensions."""
        more = tuple(Attribute(one.id, one.about, Is.COMPLEX, members=one.attributes) for one in self.extensions)
        return Attribute(self.name, self.about, Is.COMPLEX, members=(*COMMON, *self.schema.attributes, *more))

    def find(self, text: str) -> Found | None:
        """The attribute that a name leads to: ``name.givenName``, ``urn:…:User:userName``, ``urn:…:department``."""
        lowered = text.lower()
        for schema in (self.schema, *self.extensions):
            urn = schema.id.lower()
            if lowered == urn and schema is not self.schema:
                return Found((schema.id,), self.whole.by_name[urn])
            if lowered.startswith(f"{urn}:"):
                return self._below(schema, text[len(urn) + 1 :])
        return self._below(self.schema, text)

    def _below(self, schema: Schema, text: str) -> Found | None:
        steps = text.split(".")
        if schema is not self.schema:
            steps = [schema.id, *steps]
        path: list[str] = []
        attribute, parent = self.whole, None
        for step in steps:
            found = attribute.member(step) if attribute.type is Is.COMPLEX else None
            if found is None:
                return None
            attribute, parent = found, attribute if path else None
            path.append(found.name)
        return Found(tuple(path), attribute, parent)
