"""SCIM's filter language and its paths (RFC 7644, figures 1 and 7), read into the filters of the rules.

    filter  = test / "(" filter ")" / "not" "(" filter ")" / filter "and" filter / filter "or" filter
    test    = attribute "pr" / attribute operator value / attribute "[" filter "]"
    path    = attribute / attribute "[" filter "]" ["." sub-attribute]

Length, depth and the number of tests are bounded, so that nobody can make reading a filter costly. Microsoft Entra ID
sends ``emails[type eq "work"].value eq "x"`` as a filter, which the grammar does not know; it is read as what it means.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from vestibule.doors.scim.errors import ScimError, invalid_filter, invalid_path, shown
from vestibule.doors.scim.model import Attribute, Found, Is, Kind
from vestibule.ground.clock import parse_iso
from vestibule.rules.filters import And, Compare, Filter, Not, Op, Or, Some, Test, Text, Value

LONGEST: Final = 4_096
DEEPEST: Final = 12
MOST_TESTS: Final = 50

_OPS: Final = {"eq": Op.EQ, "ne": Op.NE, "gt": Op.GT, "ge": Op.GE, "lt": Op.LT, "le": Op.LE}
_EXAMINED: Final = {"co": Test.CONTAINS, "sw": Test.STARTS_WITH, "ew": Test.ENDS_WITH}
_CONSTANTS: Final = {"true": True, "false": False, "null": None}
_TOKEN: Final = re.compile(
    r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*")|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?![\w]))'
    r"|(?P<word>[A-Za-z$][A-Za-z0-9:._$-]*)|(?P<below>\.[A-Za-z$][A-Za-z0-9_$-]*)|(?P<sign>[()\[\]]))",
    re.DOTALL,
)


@dataclass(frozen=True)
class Place:
    """What a path of a PATCH leads to.

    Attributes:
        found: the attribute in front of any brackets, or the whole path without brackets.
        chosen: which of its values are meant; None for all.
        sub: the sub-attribute of these values that is meant; None for the whole value.
    """

    found: Found
    chosen: Filter | None = None
    sub: Attribute | None = None


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse_filter(text: str, kind: Kind) -> Filter:
    """A filter, its paths spelled as the schema does.

    Raises ScimError (400 invalidFilter) for anything else: bad syntax, an unknown attribute, too long, too deep.
    """
    reader = _Reader(text, kind)
    found = reader.any_of()
    reader.expect_end()
    return found


def parse_path(text: str, kind: Kind) -> Place:
    """A path of a PATCH. Raises ScimError (400 invalidPath, or invalidFilter inside the brackets)."""
    plain = kind.find(text) if len(text) <= LONGEST else None
    if plain is not None:
        return Place(plain)
    if len(text) > LONGEST or "[" not in text:
        raise invalid_path(f"The path '{shown(text)}' leads nowhere.")
    reader = _Reader(text, kind)
    place = reader.value_path()
    reader.expect_end()
    return place


class _Reader:
    def __init__(self, text: str, kind: Kind) -> None:
        if len(text) > LONGEST:
            raise invalid_filter(f"The filter is longer than {LONGEST} characters.")
        self._tokens = _tokens(text)
        self._at = 0
        self._kind = kind
        self._inside: Attribute | None = None
        self._depth = 0
        self._tests = 0

    # --- and, or, not ---

    def any_of(self) -> Filter:
        parts = [self._all_of()]
        while self._take_word("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Filter:
        parts = [self._one()]
        while self._take_word("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Filter:
        self._depth += 1
        if self._depth > DEEPEST:
            raise invalid_filter(f"The filter is nested more than {DEEPEST} deep.")
        negated = self._now.kind == "word" and self._now.text.lower() == "not" and self._follows("(")
        if negated:
            self._at += 1
        if self._take_sign("("):
            found = self.any_of()
            self._sign(")")
            found = Not(found) if negated else found
        else:
            found = self._test()
        self._depth -= 1
        return found

    # --- tests ---

    def _test(self) -> Filter:
        self._tests += 1
        if self._tests > MOST_TESTS:
            raise invalid_filter(f"The filter has more than {MOST_TESTS} tests.")
        found = self._attribute()
        if self._inside is not None and self._now.text != "[":
            return self._tail(found)
        if self._now.text != "[":
            return _spread(found, self._tail)
        place = self._bracketed(found)
        if self._now.kind != "word" or self._now.text.lower() in {"and", "or"}:
            if place.sub is not None:
                raise self._wrong()
            return Some(found.path, place.chosen)
        below = place.sub or place.found.attribute.member("value")
        if below is None or place.chosen is None:
            raise self._wrong()
        return Some(found.path, And((place.chosen, self._tail(Found((below.name,), below, found.attribute)))))

    def _tail(self, found: Found) -> Filter:
        """What is said of an attribute: an operator, and a value unless it is ``pr``."""
        word = self._take("word").text.lower()
        if word == "pr":
            return Compare(found.path, Op.NE, value=None)
        if word not in _OPS and word not in _EXAMINED:
            raise invalid_filter(f"The operator '{shown(word)}' is not known.")
        value = self._value()
        if word in _EXAMINED:
            if not isinstance(value, str) or found.attribute.type not in {Is.STRING, Is.REFERENCE}:
                raise invalid_filter(
                    f"'{word}' compares texts, and '{found.attribute.name}' is none or the value is none."
                )
            return Text(found.path, _EXAMINED[word], value)
        return Compare(found.path, _OPS[word], _fitting(found.attribute, _OPS[word], value))

    def value_path(self) -> Place:
        """``attribute[filter]`` with or without ``.sub``."""
        return self._bracketed(self._attribute(path=True))

    def _bracketed(self, found: Found) -> Place:
        if not found.attribute.many or found.attribute.type is not Is.COMPLEX or self._inside is not None:
            raise invalid_filter(f"'{found.attribute.name}' has no values to choose from.")
        self._sign("[")
        self._inside = found.attribute
        chosen = self.any_of()
        self._inside = None
        self._sign("]")
        if self._now.kind != "below":
            return Place(found, chosen)
        name = self._take("below").text[1:]
        sub = found.attribute.member(name)
        if sub is None:
            raise invalid_path(f"'{found.attribute.name}' has no '{shown(name)}'.")
        return Place(found, chosen, sub)

    def _attribute(self, *, path: bool = False) -> Found:
        token = self._take("word")
        if self._inside is not None:
            member = self._inside.member(token.text)
            found = None if member is None else Found((member.name,), member, self._inside)
        else:
            found = self._kind.find(token.text)
        if found is None:
            refuse = invalid_path if path else invalid_filter
            raise refuse(f"The attribute '{shown(token.text)}' is not known.")
        return found

    def _value(self) -> Value:
        token = self._now
        self._at += 1
        match token.kind:
            case "text":
                return _text(token.text)
            case "number":
                return _number(token.text)
            case "word" if token.text.lower() in _CONSTANTS:
                return _CONSTANTS[token.text.lower()]
            case _:
                self._at -= 1
                raise self._wrong()

    # --- tokens ---

    @property
    def _now(self) -> _Token:
        return self._tokens[self._at]

    def _follows(self, sign: str) -> bool:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)].text == sign

    def _take(self, kind: str) -> _Token:
        token = self._now
        if token.kind != kind:
            raise self._wrong()
        self._at += 1
        return token

    def _take_word(self, word: str) -> bool:
        if self._now.kind == "word" and self._now.text.lower() == word:
            self._at += 1
            return True
        return False

    def _take_sign(self, sign: str) -> bool:
        if self._now.kind == "sign" and self._now.text == sign:
            self._at += 1
            return True
        return False

    def _sign(self, sign: str) -> None:
        if not self._take_sign(sign):
            raise self._wrong()

    def expect_end(self) -> None:
        if self._now.kind != "end":
            raise self._wrong()

    def _wrong(self) -> ScimError:
        token = self._now
        what = "ends too early" if token.kind == "end" else f"is not understood at '{shown(token.text)}'"
        return invalid_filter(f"The filter {what}, position {token.at}.")


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise invalid_filter(f"The filter is not understood at position {at}.")
        found.append(_Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup)))
        at = match.end()
    return [*found, _Token("end", "", end)]


def _text(quoted: str) -> str:
    try:
        found = msgspec.json.decode(quoted.encode(), type=str)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        raise invalid_filter("A text of the filter is no JSON string.") from None
    if "\0" in found:  # no text of the directory has one, and PostgreSQL takes none
        raise invalid_filter("A text of the filter has a sign that no text can have.")
    return found


def _number(text: str) -> int:
    if "." in text or len(text) > 19:
        raise invalid_filter("A number of the filter is no whole number.")
    return int(text)


def _fitting(attribute: Attribute, op: Op, value: Value) -> Value:
    """The value as something the attribute can have."""
    if value is None:
        if op in {Op.EQ, Op.NE}:
            return None
    elif attribute.type is Is.TIME and isinstance(value, str):
        try:
            return parse_iso(value)
        except ValueError:
            raise invalid_filter(f"'{attribute.name}' is a time, and the value is none.") from None
    elif _is_of(attribute.type, op, value):
        return value
    raise invalid_filter(f"'{attribute.name}' cannot be compared with this value in this way.")


def _is_of(type_: Is, op: Op, value: Value) -> bool:
    if type_ is Is.BOOLEAN:
        return isinstance(value, bool) and op in {Op.EQ, Op.NE}
    return type_ in {Is.STRING, Is.REFERENCE} and isinstance(value, str)


def _spread(found: Found, tail: Callable[[Found], Filter]) -> Filter:
    """A test of an attribute with many values, or of a part of these values, is about any of them."""
    attribute, parent = found.attribute, found.parent
    if attribute.type is Is.COMPLEX:
        value = attribute.member("value") if attribute.many else None
        below = Found(found.path, attribute) if value is None else Found((value.name,), value, attribute)
        said = tail(below)
        if isinstance(said, Compare) and said.op is Op.NE and said.value is None:
            return Some(found.path, said) if value is not None else _any_of_members(found)
        if value is None:
            raise invalid_filter(f"'{attribute.name}' has parts; ask for one of them.")
        return Some(found.path, said)
    if parent is not None and parent.many:
        return Some(found.path[:-1], tail(replace(found, path=found.path[-1:])))
    return tail(found)


def _any_of_members(found: Found) -> Filter:
    """A complex attribute is present when any part of it is."""
    parts = found.attribute.members
    return Or(tuple(Compare((*found.path, one.name), Op.NE, value=None) for one in parts))
