"""``$filter`` as a sequence of tokens becomes a filter, with names as the caller wrote them.

    or    := and ("or" and)*
    and   := unary ("and" unary)*
    unary := "not" unary | "(" or ")" | test
    test  := function "(" path "," literal ")" ["eq" boolean] | path "in" "(" literal ("," literal)* ")"
           | path op literal | literal op path | path "/$count" op number | path "/any(" [name ":" or] ")" | path

OData 4.01 Part 2, section 5.1.1. Words are matched without regard to case. Whether the names exist and the types fit
is ``binding``'s business.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from vestibule.doors.graph.errors import GraphError, bad_request, shown
from vestibule.doors.graph.odata.tokens import DEEPEST, MOST_TESTS, Is, Literal, Token, tokens, wrong
from vestibule.rules.filters import (
    And,
    Compare,
    Count,
    Filter,
    Not,
    OneOf,
    Op,
    Or,
    Path,
    Some,
    Test,
    Text,
)

_OPS: Final = {op.value: op for op in Op}
_MIRRORED: Final = {Op.GT: Op.LT, Op.GE: Op.LE, Op.LT: Op.GT, Op.LE: Op.GE}
_FUNCTIONS: Final = {
    "startswith": Test.STARTS_WITH,
    "endswith": Test.ENDS_WITH,
    "contains": Test.CONTAINS,
}
_CONSTANTS: Final[dict[str, Literal]] = {"true": True, "false": False, "null": None}
_LITERALS: Final = (Is.TEXT, Is.GUID, Is.TIME, Is.NUMBER)
CLAUSE: Final = "filter"


def parse_filter(text: str) -> Filter:
    """Read one ``$filter`` expression.

    Raises GraphError (400) when it is not one, is nested too deeply or asks too much.
    """
    parser = _Parser(tokens(text, CLAUSE))
    found = parser.any_of()
    parser.expect_end()
    return found


class _Parser:
    def __init__(self, source: Iterator[Token]) -> None:
        self._source = source
        self._now = next(source)
        self._next: Token | None = None
        self._depth = 0
        self._tests = 0
        self._variables: list[str] = []

    # --- moving on ---

    def _at(self, kind: Is) -> bool:
        return self._now.kind is kind

    def _at_sign(self, sign: str) -> bool:
        return self._now.sign(sign)

    def _at_word(self, word: str) -> bool:
        return self._now.word(word)

    def _take(self) -> Token:
        taken = self._now
        if self._next is not None:
            self._now, self._next = self._next, None
        elif taken.kind is not Is.END:
            self._now = next(self._source)
        return taken

    def _peek(self) -> Token:
        if self._next is None:
            self._next = self._now if self._at(Is.END) else next(self._source)
        return self._next

    def _sign(self, sign: str) -> None:
        if not self._at_sign(sign):
            raise wrong(self._now, CLAUSE)
        self._take()

    def _descend(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise bad_request(f"Invalid {CLAUSE} clause: the expression is nested more than {DEEPEST} deep.")

    def _count_test(self) -> None:
        self._tests += 1
        if self._tests > MOST_TESTS:
            raise bad_request(f"Invalid {CLAUSE} clause: the expression has more than {MOST_TESTS} tests.")

    def expect_end(self) -> None:
        if not self._at(Is.END):
            raise wrong(self._now, CLAUSE)

    # --- and, or, not ---

    def any_of(self) -> Filter:
        parts = [self._all_of()]
        while self._at_word("or"):
            self._take()
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Filter:
        parts = [self._unary()]
        while self._at_word("and"):
            self._take()
            parts.append(self._unary())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _unary(self) -> Filter:
        self._descend()
        if self._at_word("not"):
            self._take()
            found: Filter = Not(self._unary())
        elif self._at_sign("("):
            self._take()
            found = self.any_of()
            self._sign(")")
        else:
            found = self._test()
        self._depth -= 1
        return found

    # --- single tests ---

    def _test(self) -> Filter:
        self._count_test()
        if self._is_literal():
            value = self._literal()
            op = self._operator()
            return Compare(self._path(), _MIRRORED.get(op, op), value)
        if not self._at(Is.NAME):
            raise wrong(self._now, CLAUSE)
        if self._peek().sign("("):
            return self._function()
        path = self._path()
        if self._at(Is.COUNT):
            self._take()
            return Count(path, self._operator(), self._whole_number())
        if self._at_word("any"):
            return self._any(path)
        if self._at_word("in"):
            return self._one_of(path)
        if self._at(Is.NAME) and self._now.text.lower() in _OPS:
            return Compare(path, self._operator(), self._literal())
        return Compare(path, Op.EQ, value=True)

    def _function(self) -> Filter:
        name = self._take()
        test = _FUNCTIONS.get(name.text.lower())
        if test is None:
            raise _unknown_function(name)
        self._sign("(")
        path = self._path()
        self._sign(",")
        value = self._literal()
        if not isinstance(value, str):
            raise bad_request(f"Invalid {CLAUSE} clause: {name.text} compares texts, at position {name.at}.")
        self._sign(")")
        found = Text(path, test, str(value))
        return self._compared_with_boolean(found)

    def _compared_with_boolean(self, found: Filter) -> Filter:
        """``startswith(…) eq true`` says what ``startswith(…)`` says."""
        if not (self._at_word("eq") or self._at_word("ne")):
            return found
        same = self._take().word("eq")
        at = self._now
        value = self._literal()
        if not isinstance(value, bool):
            raise wrong(at, CLAUSE)
        return found if value is same else Not(found)

    def _one_of(self, path: Path) -> Filter:
        self._take()
        self._sign("(")
        values = [self._literal()]
        while self._at_sign(","):
            self._take()
            self._count_test()
            values.append(self._literal())
        self._sign(")")
        return OneOf(path, tuple(values))

    def _any(self, path: Path) -> Filter:
        self._take()
        self._sign("(")
        if self._at_sign(")"):
            self._take()
            return Some(path)
        variable = self._take()
        if variable.kind is not Is.NAME:
            raise wrong(variable, CLAUSE)
        self._sign(":")
        self._variables.append(variable.text)
        inner = self.any_of()
        self._variables.pop()
        self._sign(")")
        return Some(path, inner)

    # --- paths, operators, literals ---

    def _path(self) -> Path:
        """A path up to an operator, ``/$count`` or ``/any``, both of which are left for the caller."""
        first = self._take()
        if first.kind is not Is.NAME:
            raise wrong(first, CLAUSE)
        names = [first.text]
        while self._at_sign("/"):
            self._take()
            if self._at(Is.COUNT) or (self._at_word("any") and self._peek().sign("(")):
                break
            following = self._take()
            if following.kind is not Is.NAME:
                raise wrong(following, CLAUSE)
            names.append(following.text)
        return self._below_variable(names, first)

    def _below_variable(self, names: Iterable[str], first: Token) -> Path:
        path = tuple(names)
        if not self._variables:
            return path
        if path[0] != self._variables[-1]:
            raise bad_request(
                f"Invalid {CLAUSE} clause: inside any() only '{shown(self._variables[-1])}' can be looked at,"
                f" position {first.at}."
            )
        return path[1:]

    def _operator(self) -> Op:
        token = self._take()
        op = _OPS.get(token.text.lower()) if token.kind is Is.NAME else None
        if op is None:
            raise wrong(token, CLAUSE)
        return op

    def _is_literal(self) -> bool:
        if self._now.kind in _LITERALS:
            return True
        constant = self._at(Is.NAME) and self._now.text.lower() in _CONSTANTS
        return constant and not self._peek().sign("/")

    def _literal(self) -> Literal:
        if not self._is_literal():
            raise wrong(self._now, CLAUSE)
        token = self._take()
        return _CONSTANTS[token.text.lower()] if token.kind is Is.NAME else token.value

    def _whole_number(self) -> int:
        at = self._now
        value = self._literal()
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong(at, CLAUSE)
        return value


def _unknown_function(name: Token) -> GraphError:
    return bad_request(
        f"Invalid {CLAUSE} clause: An unknown function with name '{shown(name.text)}' was found. This may also be a"
        " function import or a key lookup on a navigation property, which is not allowed."
    )
