"""The words of the tables: properties, their types, and what may be asked of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, Flag, StrEnum, auto


class Is(StrEnum):
    """The type of a property, by the name that OData gives it (OData JSON Format 4.01, section 7.1)."""

    STRING = "Edm.String"
    BOOLEAN = "Edm.Boolean"
    TIME = "Edm.DateTimeOffset"
    GUID = "Edm.Guid"
    INTEGER = "Edm.Int32"
    DOUBLE = "Edm.Double"
    COMPLEX = "complex"


class Tests(Flag):
    """What ``$filter`` may ask of a property. ``gt`` goes with GE, ``lt`` with LE."""

    NONE = 0
    EQ = auto()
    NE = auto()
    NOT = auto()
    GE = auto()
    LE = auto()
    IN = auto()
    STARTS = auto()
    ENDS = auto()
    CONTAINS = auto()
    NULL = auto()
    COUNT = auto()


class Sort(Enum):
    """Whether ``$orderby`` may name a property: never, always, or only in an advanced query."""

    NEVER = auto()
    PLAIN = auto()
    ADVANCED = auto()


class Search(Enum):
    """How ``$search`` looks into a property: not at all, at its words, or at its beginning."""

    NOT = auto()
    WORDS = auto()
    BEGINNING = auto()


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an object.

    Attributes:
        name: as it is written on the wire.
        type: what it holds. many: a list of them.
        default: answered without ``$select``.
        create, update: may be given in POST and in PATCH. required: has to be given in POST.
        nullable: null is a value, and clears it.
        longest: the most characters of a text (of each, in a list). most: the most elements of a list.
        choices: the only values a text may have (compared without regard to case, stored as written here).
        plain: what ``$filter`` may ask in any query. advanced: what it may ask besides in an advanced one.
        sort, search: what ``$orderby`` and ``$search`` may do.
        members: the properties of a complex value.
        beta: only under ``/beta``.
        secret: never answered, so nothing may be found out about it either.
        absent: what an object without a value answers.
        lines: a text may have several lines. blank: an empty text means no value (elsewhere it is refused).
    """

    name: str
    type: Is = Is.STRING
    many: bool = False
    default: bool = False
    create: bool = False
    update: bool = False
    required: bool = False
    nullable: bool = True
    longest: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    plain: Tests = Tests.NONE
    advanced: Tests = Tests.NONE
    sort: Sort = Sort.NEVER
    search: Search = Search.NOT
    members: tuple["Property", ...] = ()
    beta: bool = False
    secret: bool = False
    absent: object = None
    lines: bool = False
    blank: bool = False

    def member(self, name: str) -> "Property | None":
        """The member of a complex value, whatever its case."""
        return next((found for found in self.members if found.name.lower() == name.lower()), None)

    @property
    def tests(self) -> Tests:
        """Everything that an advanced query may ask."""
        return self.plain | self.advanced


@dataclass(frozen=True)
class Entity:
    """One kind of object.

    Attributes:
        name: as in ``#microsoft.graph.{name}``.
        properties: in the order in which they are answered.
        navigations: relationships that ``$expand`` and ``@odata.bind`` may name.
        single_only: properties that real Graph gives only for one object at a time; we hold none of them.
        bad_value: the error code of a body with a wrong value; Graph's workloads differ.
    """

    name: str
    properties: tuple[Property, ...]
    navigations: tuple[str, ...] = ()
    single_only: tuple[str, ...] = ()
    bad_value: str = "Request_BadRequest"
    _by_name: Mapping[str, Property] = field(init=False, repr=False, compare=False)
    default: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the properties."""
        object.__setattr__(self, "_by_name", {found.name.lower(): found for found in self.properties})
        object.__setattr__(self, "default", tuple(found.name for found in self.properties if found.default))

    @property
    def type(self) -> str:
        """The name of the type in messages: ``microsoft.graph.user``."""
        return f"microsoft.graph.{self.name}"

    @property
    def title(self) -> str:
        """How Graph's messages call such an object: ``User``."""
        return self.name[0].upper() + self.name[1:]

    def find(self, name: str, *, beta: bool = False) -> Property | None:
        """The property of that name, whatever its case; None when this version does not have it."""
        found = self._by_name.get(name.lower())
        return found if found is not None and (beta or not found.beta) else None

    def navigation(self, name: str) -> str | None:
        """The relationship of that name, whatever its case."""
        return next((found for found in self.navigations if found.lower() == name.lower()), None)

    def all(self, *, beta: bool) -> Sequence[Property]:
        """Every property of this version."""
        return [found for found in self.properties if beta or not found.beta]
