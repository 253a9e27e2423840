"""``$select``, ``$orderby`` and ``$expand`` (OData 4.01 Part 2, sections 5.1.2 to 5.1.4)."""

import re
from dataclasses import dataclass
from typing import Final

from vestibule.doors.graph.errors import (
    GraphError,
    bad_request,
    not_implemented,
    shown,
    unknown_property,
    unsupported_query,
)
from vestibule.doors.graph.model.app import APPLICATION, SERVICE_PRINCIPAL
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.model.group import GROUP
from vestibule.doors.graph.model.property import Is, Sort
from vestibule.doors.graph.model.role import DIRECTORY_ROLE, ROLE_DEFINITION
from vestibule.doors.graph.model.user import USER
from vestibule.doors.graph.odata.binding import Asker
from vestibule.rules.filters import Ordering

_ALONG: Final = (DIRECTORY_OBJECT, USER, GROUP, DIRECTORY_ROLE, ROLE_DEFINITION, APPLICATION, SERVICE_PRINCIPAL)
"""What relationships lead to: a name inside ``$expand`` has to be a property of one of them."""

_MOST_NAMES: Final = 200
_MOST_ORDERINGS: Final = 5
_EXPANDED: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.]{0,127})\s*(?:\((.*)\))?\s*", re.ASCII | re.DOTALL)
_INNER_SELECT: Final = re.compile(r"\$?select\s*=(.*)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expand:
    """One relationship to answer along with an object; ``select`` names properties as the caller wrote them."""

    navigation: str
    select: tuple[str, ...] | None = None


def parse_select(text: str, asker: Asker, *, listed: bool, also: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The properties to answer, in the model's spelling, each once.

    Args:
        text: names with commas between them; ``*`` stands for all.
        asker: which properties there are. Those that the caller may not read are no error: they are left out later.
        listed: many objects are asked for, not one. also: relationships that may be named too.

    Raises GraphError: 400 for an unknown name, 501 for one that Graph gives for single objects only.
    """
    found: dict[str, None] = {}
    relationships = {each.lower(): each for each in also}
    for name in _names(text, "select"):
        if name.lower() in relationships:
            found[relationships[name.lower()]] = None
        elif name == "*":
            found.update(dict.fromkeys(each.name for each in asker.entity.all(beta=asker.beta)))
        elif name.lower() in {each.lower() for each in asker.entity.single_only}:
            if listed:
                raise not_implemented()
        else:
            found[asker.find(name).name] = None
    return tuple(found)


def parse_orderby(text: str, asker: Asker) -> tuple[Ordering, ...]:
    """The orderings, in the model's spelling.

    Raises GraphError (400) for an unknown name and for one that this query may not sort by.
    """
    found: list[Ordering] = []
    for part in _names(text, "orderby"):
        name, _, direction = part.partition(" ")
        if direction.strip().lower() not in ("", "asc", "desc"):
            raise bad_request(f"Invalid orderby clause: Syntax error at '{shown(part)}'.")
        asked = asker.find(name)
        sortable = asked.sort is Sort.PLAIN or (asked.sort is Sort.ADVANCED and asker.advanced)
        if not sortable or asked.type is Is.COMPLEX or not asker.may_ask(asked):
            raise unsupported_query(f"Unsupported sort property '{asked.name}' for '{asker.entity.title}'.")
        if all(ordering.path != (asked.name,) for ordering in found):
            found.append(Ordering((asked.name,), descending=direction.strip().lower() == "desc"))
    if len(found) > _MOST_ORDERINGS:
        raise bad_request(f"Invalid orderby clause: more than {_MOST_ORDERINGS} properties.")
    return tuple(found)


def parse_expand(text: str, asker: Asker) -> Expand:
    """The one relationship to answer along.

    Raises GraphError (400) for an unknown one, for more than one, for inner options other than ``$select``, and for a
    name in it that nothing along a relationship has.
    """
    found = _EXPANDED.fullmatch(text)
    if found is None:
        raise _bad_expand(text)
    name, inner = found.groups()
    navigation = asker.entity.navigation(name)
    if navigation is None:
        raise unknown_property(name, asker.entity.type)
    if inner is None or not inner.strip():
        return Expand(navigation)
    select = _INNER_SELECT.fullmatch(inner.strip().rstrip(";"))
    if select is None:
        raise _bad_expand(text)
    names = tuple(_names(select[1], "expand"))
    for each in names:
        if each != "*" and all(along.find(each, beta=asker.beta) is None for along in _ALONG):
            raise unknown_property(each, _ALONG[0].type)
    return Expand(navigation, names)


def _bad_expand(text: str) -> GraphError:
    return bad_request(
        f"Invalid expand clause: '{shown(text)}'. One relationship can be expanded in a request, with $select inside."
    )


def _names(text: str, clause: str) -> list[str]:
    names = [" ".join(name.split()) for name in text.split(",", _MOST_NAMES)]
    if len(names) > _MOST_NAMES or not all(names):
        raise bad_request(f"Invalid {clause} clause: '{shown(text)}' is not a list of properties.")
    return names
