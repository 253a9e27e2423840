"""``$search`` becomes a filter.

    or    := and ("OR" and)*
    and   := part ("AND"? part)*
    part  := "(" or ")" | '"' property ":" text '"'

AND and OR are written in capitals; the quotation marks are required (Graph, *Use the $search query parameter*). Names
and descriptions are searched word by word, everything else from its beginning.
"""

import re
from typing import Final

from vestibule.doors.graph.errors import GraphError, bad_request, shown, unsupported_query
from vestibule.doors.graph.model.property import Property, Search
from vestibule.doors.graph.odata.binding import Asker
from vestibule.doors.graph.odata.tokens import DEEPEST, LONGEST
from vestibule.rules.filters import And, Filter, Or, Test, Text

_PARTS: Final = re.compile(r'[ \t]*(?:"((?:[^"\\]|\\.)*)"|(AND|OR)(?![A-Za-z0-9_])|([()]))', re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff]")
_MOST_PARTS: Final = 50


def parse_search(text: str, asker: Asker) -> Filter:
    """Read one ``$search`` expression.

    Args:
        text: the expression.
        asker: what may be asked.

    Raises GraphError (400) when it is none, or names a property that is not searched.
    """
    parts = _cut(text)
    if not parts:
        raise bad_request("Invalid search clause: there is nothing to search for.")
    reader = _Reader(parts, asker)
    found = reader.any_of(0)
    if reader.rest:
        raise _wrong(reader.rest[0])
    return found


_Part = tuple[str, str]


def _cut(text: str) -> list[_Part]:
    """The parts, last one first: (kind, characters)."""
    if len(text) > LONGEST:
        raise bad_request(f"Invalid search clause: it is longer than {LONGEST} characters.")
    parts: list[_Part] = []
    at = 0
    end = len(text.rstrip(" \t"))
    while at < end:
        found = _PARTS.match(text, at)
        if found is None:
            place = at + len(text[at:]) - len(text[at:].lstrip(" \t"))
            sign = shown(text[place])
            raise bad_request(f"Syntax error: character '{sign}' is not valid at position {place}.")
        clause, word, sign = found.groups()
        parts.append(("clause", clause) if clause is not None else (word or sign, word or sign))
        if len(parts) > _MOST_PARTS:
            raise bad_request(f"Invalid search clause: it has more than {_MOST_PARTS} parts.")
        at = found.end()
    return parts


class _Reader:
    def __init__(self, parts: list[_Part], asker: Asker) -> None:
        self.rest = parts
        self._asker = asker

    def _at(self, kind: str) -> bool:
        return bool(self.rest) and self.rest[0][0] == kind

    def any_of(self, depth: int) -> Filter:
        found = [self._all_of(depth)]
        while self._at("OR"):
            self.rest.pop(0)
            found.append(self._all_of(depth))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _all_of(self, depth: int) -> Filter:
        found = [self._part(depth)]
        while self._at("AND") or self._at("clause") or self._at("("):
            if self._at("AND"):
                self.rest.pop(0)
            found.append(self._part(depth))
        return found[0] if len(found) == 1 else And(tuple(found))

    def _part(self, depth: int) -> Filter:
        if not self.rest:
            raise bad_request("Invalid search clause: something is missing at the end.")
        kind, text = self.rest.pop(0)
        if kind == "clause":
            return _clause(_ESCAPED.sub(r"\1", text), self._asker)
        if kind != "(" or depth == DEEPEST:
            raise _wrong((kind, text))
        found = self.any_of(depth + 1)
        if not self._at(")"):
            raise bad_request("Invalid search clause: a bracket is not closed.")
        self.rest.pop(0)
        return found


def _wrong(part: _Part) -> GraphError:
    return bad_request(f"Invalid search clause: '{shown(part[1])}' was not expected.")


def _clause(text: str, asker: Asker) -> Filter:
    name, colon, value = text.partition(":")
    if not colon or not value.strip() or _FORBIDDEN.search(value):
        raise bad_request(f'Invalid search clause: write "property:text", not "{shown(text)}".')
    asked = asker.find(name.strip())
    if asked.search is Search.NOT or not asker.may_ask(asked):
        raise _not_searched(asked, asker)
    if asked.search is Search.BEGINNING:
        return Text((asked.name,), Test.STARTS_WITH, value.strip())
    words: tuple[Filter, ...] = tuple(Text((asked.name,), Test.HAS_WORD, word) for word in value.split()[:_MOST_PARTS])
    return words[0] if len(words) == 1 else And(words)


def _not_searched(asked: Property, asker: Asker) -> GraphError:
    return unsupported_query(
        f"Unsupported property '{asked.name}' of resource '{asker.entity.title}' in the search clause."
    )
