"""The smallest parts of ``$filter`` and ``$search``, cut off one at a time.

Nothing is cut before it is asked for, so that an expression is refused where it goes wrong, however long it is.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

from vestibule.doors.graph.errors import GraphError, bad_request, shown
from vestibule.ground.clock import parse_iso

LONGEST: Final = 16_384
DEEPEST: Final = 30
MOST_TESTS: Final = 200
"""Bounds of one expression: characters, brackets within brackets, and single tests (each value of ``in`` is one)."""


class Is(Enum):
    """The kinds of token."""

    NAME = auto()
    TEXT = auto()
    GUID = auto()
    TIME = auto()
    NUMBER = auto()
    COUNT = auto()
    SIGN = auto()
    END = auto()


class Guid(str):
    """A GUID that stood in the expression without quotation marks."""

    __slots__ = ()


Literal = str | Guid | int | bool | datetime | None


@dataclass(frozen=True, slots=True)
class Token:
    """One part: its kind, its characters, where it begins, and for literals its value."""

    kind: Is
    text: str
    at: int
    value: Literal = None

    def word(self, word: str) -> bool:
        """Whether it is this word, whatever its case."""
        return self.kind is Is.NAME and self.text.lower() == word

    def sign(self, sign: str) -> bool:
        """Whether it is this sign."""
        return self.kind is Is.SIGN and self.text == sign


_HEX: Final = "[0-9A-Fa-f]"
_PARTS: Final = re.compile(
    rf"""
      (?P<blank>[ \t]+)
    | (?P<text>'(?:[^']|'')*')
    | (?P<guid>{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})(?![A-Za-z0-9_-])
    | (?P<time>\d{{4}}-\d{{2}}-\d{{2}}T[0-9:.]+(?:Z|[+-]\d{{2}}:\d{{2}}))(?![A-Za-z0-9_])
    | (?P<date>\d{{4}}-\d{{2}}-\d{{2}})(?![A-Za-z0-9_-])
    | (?P<number>-?\d{{1,19}})(?![A-Za-z0-9_.])
    | (?P<count>\$count)(?![A-Za-z0-9_])
    | (?P<name>[A-Za-z_][A-Za-z0-9_]{{0,127}})(?![A-Za-z0-9_])
    | (?P<sign>[(),:/])
    """,
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
_FORBIDDEN: Final = re.compile("[\x00\ud800-\udfff]")


def tokens(text: str, clause: str) -> Iterator[Token]:
    """Cut ``text`` into tokens; the last one is END.

    Args:
        text: the expression.
        clause: what messages call it: ``filter``.

    Raises GraphError (400) when the iterator reaches something that is no token.
    """
    if len(text) > LONGEST:
        raise bad_request(f"Invalid {clause} clause: it is longer than {LONGEST} characters.")
    at = 0
    while at < len(text):
        found = _PARTS.match(text, at)
        if found is None:
            raise _no_token(text, at, clause)
        if found.lastgroup != "blank":
            yield _token(found, clause)
        at = found.end()
    yield Token(Is.END, "", at)


def wrong(token: Token, clause: str) -> GraphError:
    """What a token answers that may not stand where it stands."""
    what = f"'{shown(token.text)}'" if token.text else "the end"
    return bad_request(f"Invalid {clause} clause: Syntax error at position {token.at}: {what} was not expected.")


def _no_token(text: str, at: int, clause: str) -> GraphError:
    if text[at] == "'":
        return bad_request(f"Invalid {clause} clause: There is an unterminated string literal at position {at}.")
    return bad_request(
        f"Invalid {clause} clause: Syntax error: character '{shown(text[at])}' is not valid at position {at}."
    )


def _token(found: "re.Match[str]", clause: str) -> Token:
    text, at = found.group(), found.start()
    match found.lastgroup:
        case "text":
            return Token(Is.TEXT, text, at, _unquoted(text, at, clause))
        case "guid":
            return Token(Is.GUID, text, at, Guid(text.lower()))
        case "time" | "date":
            return Token(Is.TIME, text, at, _moment(text, at, clause))
        case "number":
            return Token(Is.NUMBER, text, at, int(text))
        case "count":
            return Token(Is.COUNT, text, at)
        case "name":
            return Token(Is.NAME, text, at)
        case _:
            return Token(Is.SIGN, text, at)


def _unquoted(text: str, at: int, clause: str) -> str:
    if _FORBIDDEN.search(text):
        raise bad_request(f"Invalid {clause} clause: a character that cannot be searched for, after position {at}.")
    return text[1:-1].replace("''", "'")


def _moment(text: str, at: int, clause: str) -> datetime:
    try:
        if "T" not in text.upper():
            return datetime.fromisoformat(text).replace(tzinfo=UTC)
        return parse_iso(text.upper())
    except ValueError:
        raise bad_request(f"Invalid {clause} clause: no such moment at position {at}.") from None
