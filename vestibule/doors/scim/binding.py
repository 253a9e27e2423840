"""SCIM's attributes as the store's: a filter over attributes becomes one over what the tables hold.

Several of SCIM's multi-valued attributes lie in several places (the work phone, the mobile phone): a test of any value
becomes a test of each place, with ``type`` and ``primary`` decided beforehand.

What says who it is (``userName``, ``externalId``) is looked up before (``looked_up``), so that an index serves it and
the case of an external id counts (RFC 7643, section 3.1).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from vestibule.doors.scim.errors import invalid_filter
from vestibule.doors.scim.schemas import DIRECTORY, ENTERPRISE
from vestibule.rules.filters import And, Compare, Filter, Not, OneOf, Op, Or, Path, Some, Text, Value, fold

Lookup = Callable[[str], Awaitable[list[str]]]
_NEVER: Final = Or(())
_ALWAYS: Final = And(())


@dataclass(frozen=True, slots=True)
class Slot:
    """One place where values of a multi-valued attribute lie.

    Attributes:
        type: what ``type`` says of them. primary: what ``primary`` says.
        parts: where each sub-attribute lies. many: the place holds a list, whose elements are the value.
    """

    type: str
    parts: Mapping[str, Path]
    primary: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Names:
    """Where a kind's attributes lie.

    Attributes:
        plain: single-valued attributes. slots: multi-valued ones. rows: those that are rows of a table.
    """

    plain: Mapping[Path, Path]
    slots: Mapping[str, tuple[Slot, ...]]
    rows: Mapping[str, frozenset[str]]


USERS: Final = Names(
    plain={
        ("id",): ("id",),
        ("externalId",): ("externalId",),
        ("meta", "created"): ("createdDateTime",),
        ("userName",): ("userName",),
        ("displayName",): ("displayName",),
        ("name", "familyName"): ("surname",),
        ("name", "givenName"): ("givenName",),
        ("title",): ("jobTitle",),
        ("preferredLanguage",): ("preferredLanguage",),
        ("userType",): ("userType",),
        ("active",): ("accountEnabled",),
        (ENTERPRISE, "employeeNumber"): ("employeeId",),
        (ENTERPRISE, "organization"): ("companyName",),
        (ENTERPRISE, "department"): ("department",),
        (DIRECTORY, "employeeType"): ("employeeType",),
        (DIRECTORY, "officeLocation"): ("officeLocation",),
        (DIRECTORY, "creationType"): ("creationType",),
        (DIRECTORY, "externalUserState"): ("externalUserState",),
        (DIRECTORY, "externalUserStateChangeDateTime"): ("externalUserStateChangeDateTime",),
    },
    slots={
        "emails": (
            Slot("work", {"value": ("mail",)}, primary=True),
            Slot("other", {"value": ("otherMails",)}, many=True),
        ),
        "phoneNumbers": (
            Slot("work", {"value": ("businessPhones",)}, many=True),
            Slot("mobile", {"value": ("mobilePhone",)}),
            Slot("fax", {"value": ("faxNumber",)}),
        ),
        "addresses": (
            Slot(
                "work",
                {
                    "streetAddress": ("streetAddress",),
                    "locality": ("city",),
                    "region": ("state",),
                    "postalCode": ("postalCode",),
                    "country": ("country",),
                },
            ),
        ),
    },
    rows={"groups": frozenset({"value", "display"})},
)
GROUPS: Final = Names(
    plain={
        ("id",): ("id",),
        ("externalId",): ("externalId",),
        ("meta", "created"): ("createdDateTime",),
        ("displayName",): ("displayName",),
    },
    slots={},
    rows={"members": frozenset({"value"})},
)


async def looked_up(wanted: Filter, lookups: Mapping[str, Lookup]) -> Filter:
    """The filter with every name that says who it is replaced by who that is."""
    match wanted:
        case And(parts):
            return And(tuple([await looked_up(part, lookups) for part in parts]))
        case Or(parts):
            return Or(tuple([await looked_up(part, lookups) for part in parts]))
        case Not(part):
            return Not(await looked_up(part, lookups))
        case Compare((name,), (Op.EQ | Op.NE) as op, str(text)) if name in lookups:
            ids = await lookups[name](text)
            found: Filter = OneOf(("id",), tuple(ids)) if ids else _NEVER
            return found if op is Op.EQ else Not(found)
        case _:
            return wanted


def bound(wanted: Filter, names: Names) -> Filter:
    """The filter over the store's properties. Raises ScimError (400 invalidFilter) for a test that is not offered."""
    match wanted:
        case And(parts):
            return And(tuple(bound(part, names) for part in parts))
        case Or(parts):
            return Or(tuple(bound(part, names) for part in parts))
        case Not(part):
            return Not(bound(part, names))
        case Some(path, inner) if inner is not None:
            return _any(path, inner, names)
        case OneOf():
            return wanted
        case Compare(path, op, value):
            return Compare(_plain(path, names), op, value)
        case Text(path, test, text):
            return Text(_plain(path, names), test, text)
        case _:
            raise invalid_filter("The filter asks for something that is not offered.")


def _plain(path: Path, names: Names) -> Path:
    found = names.plain.get(path)
    if found is None:
        raise invalid_filter(f"Nothing can be found by '{'.'.join(path)}'.")
    return found


def _any(path: Path, inner: Filter, names: Names) -> Filter:
    name = path[0]
    if len(path) == 1 and name in names.rows:
        return Some(path, _in_rows(inner, names.rows[name], name))
    slots = names.slots.get(name)
    if slots is None or len(path) != 1:
        raise invalid_filter(f"Nothing can be found by '{'.'.join(path)}'.")
    return Or(tuple(_in_slot(inner, slot) for slot in slots))


def _in_rows(inner: Filter, offered: frozenset[str], name: str) -> Filter:
    match inner:
        case And(parts):
            return And(tuple(_in_rows(part, offered, name) for part in parts))
        case Or(parts):
            return Or(tuple(_in_rows(part, offered, name) for part in parts))
        case Not(part):
            return Not(_in_rows(part, offered, name))
        case Compare((part,)) | Text((part,)) if part in offered:
            return inner
        case _:
            raise invalid_filter(f"Only {', '.join(sorted(offered))} of '{name}' can be asked for.")


# --- Slots ------------------------------------------------------------------------------------------------------------


def _in_slot(inner: Filter, slot: Slot) -> Filter:
    """The test of the values of one place: there has to be one, and it has to pass."""
    if not slot.many:
        there = Or(tuple(Compare(path, Op.NE, value=None) for path in slot.parts.values()))
        return And((there, _placed(inner, slot)))
    (where,) = slot.parts.values()
    return Some(where, And((_placed(inner, slot), _ALWAYS)))


def _placed(inner: Filter, slot: Slot) -> Filter:
    match inner:
        case And(parts):
            return And(tuple(_placed(part, slot) for part in parts))
        case Or(parts):
            return Or(tuple(_placed(part, slot) for part in parts))
        case Not(part):
            return Not(_placed(part, slot))
        case Compare(("type",), op, value):
            return _decided(op, slot.type, value)
        case Compare(("primary",), op, value):
            return _decided(op, slot.primary, value)
        case Compare((part,), op, value) if part in slot.parts:
            return Compare(() if slot.many else slot.parts[part], op, value)
        case Text((part,), test, text) if part in slot.parts:
            return Text(() if slot.many else slot.parts[part], test, text)
        case _:
            raise invalid_filter("This part of the attribute cannot be asked for.")


def _decided(op: Op, said: str | bool, value: Value) -> Filter:
    """A test whose answer is known beforehand."""
    same = fold(said) == fold(value) if isinstance(said, str) and isinstance(value, str) else said == value
    match op:
        case Op.EQ:
            return _ALWAYS if same else _NEVER
        case Op.NE:
            return _NEVER if same else _ALWAYS
        case _:
            raise invalid_filter("Types cannot be put in an order.")
