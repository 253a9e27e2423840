"""Exports of Microsoft Graph: an answer as it came (``{"value": […]}``), a plain list, or one object in each line.

The first two are cut into their objects while they are read, so that a file of any size needs no more memory than
its largest object. Each object is then decoded by the strict decoder on its own: a bad one spoils nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from vestibule.ground import strict_json
from vestibule.importing.pieces import LONGEST, Piece, Unreadable

CHUNK: Final = 256 * 1024
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s"{}\[\]:,]+|"', re.DOTALL)
_MARK: Final = b"\xef\xbb\xbf"
_OPENS: Final = {b"{", b"["}
_CLOSES: Final = {b"}", b"]"}
_WHOSE: Final = re.compile(r"groups\('?([0-9a-fA-F-]{36})'?\)/(members|owners)")


@dataclass(slots=True)
class Export:
    """One file. ``head``: what stands beside its list, such as ``@odata.context`` or ``groupId``."""

    file: BinaryIO
    head: dict[str, Any] = field(default_factory=dict)

    def pieces(self) -> Iterator[Piece]:
        """The objects of the file.

        Raises:
            Unreadable: the file is no JSON (any further).
        """
        if self._is_lines():
            yield from _lines(self.file)
            return
        tokens = _tokens(self.file)
        line, first = next(tokens, (1, b""))
        if first == b"[":
            yield from _elements(tokens)
        elif first == b"{":
            yield from self._members(tokens)
        else:
            raise Unreadable("neither a bulk-invite list (its first line is version:v1.0) nor JSON", line)
        for line, _ in tokens:
            raise Unreadable("something follows the end of the list", line)

    @property
    def group_id(self) -> tuple[str, str] | None:
        """The group whose members (or owners) the file lists, when it says so: (id, what)."""
        if isinstance(self.head.get("groupId"), str):
            return self.head["groupId"], "members"
        found = _WHOSE.search(str(self.head.get("@odata.context", "")))
        return None if found is None else (found[1], found[2])

    def _is_lines(self) -> bool:
        """Whether each line is an object: the first one is whole, and is not an answer with its list."""
        first = self.file.readline(LONGEST).removeprefix(_MARK).strip()
        self.file.seek(0)
        if not first.startswith(b"{") or len(first) >= LONGEST - 1:
            return False
        try:
            value = strict_json.decode(first)
        except strict_json.BadJson:
            return len(first) > 1 and first[-1:] not in {b"{", b"[", b",", b":"}
        return not isinstance(value.get("value"), list)

    def _members(self, tokens: Iterator[tuple[int, bytes]]) -> Iterator[Piece]:
        """The elements of ``value``; every other member goes to the head."""
        while True:
            line, name = _next(tokens)
            if name == b"}":
                return
            if name == b",":
                continue
            if _next(tokens)[1] != b":":
                raise Unreadable("this is no JSON object", line)
            line, first = _next(tokens)
            if name == b'"value"' and first == b"[":
                yield from _elements(tokens)
                continue
            raw, closed = _value(tokens, first)
            found = _piece(line, b"{%s:%s}" % (name, raw))
            if found.problem is not None:
                raise Unreadable(found.problem, line)
            self.head.update(found.value)
            if closed == b"}":
                return


def _lines(file: BinaryIO) -> Iterator[Piece]:
    number = 0
    while raw := file.readline(LONGEST):
        number += 1
        if not raw.endswith(b"\n") and len(raw) == LONGEST:
            while raw and not raw.endswith(b"\n"):
                raw = file.readline(LONGEST)
            yield Piece(number, {}, "longer than a mebibyte")
            continue
        text = raw.removeprefix(_MARK).strip() if number == 1 else raw.strip()
        if text:
            yield _piece(number, text)


def _elements(tokens: Iterator[tuple[int, bytes]]) -> Iterator[Piece]:
    """The elements of a list whose bracket was just read, up to its end."""
    first_one = True
    while True:
        line, first = _next(tokens)
        if first == b"]" and first_one:
            return
        first_one = False
        if first in {b"]", b","}:
            yield Piece(line, {}, "nothing stands between two commas")
            closed = first
        else:
            raw, closed = _value(tokens, first)
            yield _piece(line, raw)
        if closed == b"]":
            return


def _value(tokens: Iterator[tuple[int, bytes]], first: bytes) -> tuple[bytes, bytes]:
    """The octets of a value whose first token was read, and the sign after it."""
    taken, size = [first], len(first)
    depth = 1 if first in _OPENS else 0
    while True:
        _, token = _next(tokens)
        if depth == 0 and token in {b",", b"]", b"}"}:
            return (b" ".join(taken) if size <= LONGEST else b""), token
        depth += (token in _OPENS) - (token in _CLOSES)
        size += len(token) + 1
        if size <= LONGEST:
            taken.append(token)


def _piece(line: int, raw: bytes) -> Piece:
    if not raw:
        return Piece(line, {}, "longer than a mebibyte")
    try:
        value = strict_json.decode(raw)
    except strict_json.BadJson as bad:
        return Piece(line, {}, f"no JSON that can be relied on: {bad}")
    if not isinstance(value, dict):
        return Piece(line, {}, "an object was expected")
    return Piece(line, value)


def _next(tokens: Iterator[tuple[int, bytes]]) -> tuple[int, bytes]:
    found = next(tokens, None)
    if found is None:
        raise Unreadable("the file ends in the middle")
    return found


def _tokens(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The tokens of JSON with the lines they begin in. A token that may go on in what is not read yet waits for it."""
    buffer, line, ended = file.read(CHUNK).removeprefix(_MARK), 1, False
    while buffer or not ended:
        counted = 0
        for found in _TOKEN.finditer(buffer):
            if not ended and (found.end() == len(buffer) or found[0] == b'"'):
                break
            line += buffer.count(b"\n", counted, found.start())
            counted = found.start()
            if found[0] == b'"':
                raise Unreadable("a text is never closed", line)
            yield line, found[0]
            line += buffer.count(b"\n", counted, found.end())
            counted = found.end()
        if len(buffer) - counted > 4 * LONGEST:
            raise Unreadable("a text is never closed", line)
        more = file.read(CHUNK)
        ended = not more
        rest = buffer[counted:] + more
        if ended and rest == buffer and not _TOKEN.search(rest):
            return
        buffer = rest
