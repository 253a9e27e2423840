"""Exports of Microsoft Graph: an answer as it came (``{"value": […]}``), a plain list, or one object in each line.

Answers may follow each other in one file, page after page. All but the last kind are cut into their objects while
they are read, so that a file of any size needs no more memory than its largest object. Each object is then decoded by
the strict decoder on its own: a bad one spoils nothing else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

from vestibule.ground import strict_json
from vestibule.importing.pieces import LONGEST, TOO_LONG, Piece, Unreadable

CHUNK: Final = 256 * 1024
_TOKEN: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]:,]|[^\s"{}\[\]:,]+|"', re.DOTALL)
_OPENS: Final = {b"{", b"["}
_CLOSES: Final = {b"}", b"]"}
_GOES_ON: Final = {b"{", b"[", b",", b":"}
_LIST: Final = b'"value"'
_ANSWER: Final = re.compile(rb'"value"\s*:\s*\[')
_END: Final = b""


def is_lines(first_line: bytes) -> bool:
    """Whether each line is an object: the first one is whole, and is not an answer with its list."""
    first = first_line.strip()
    if not first.startswith(b"{") or len(first) >= LONGEST - 1:
        return False
    try:
        value = strict_json.decode(first)
    except strict_json.BadJson:
        return len(first) > 1 and first[-1:] not in _GOES_ON and _ANSWER.search(first) is None
    return not isinstance(value.get("value"), list)


@dataclass(slots=True)
class Export:
    """One file.

    Attributes:
        head: what stands beside the list whose objects are being read, such as ``@odata.context`` or ``groupId``.
        lines: each line is an object of its own.
    """

    file: BinaryIO
    lines: bool = False
    head: dict[str, Any] = field(default_factory=dict)

    def pieces(self) -> Iterator[Piece]:
        """The objects of the file.

        Raises:
            Unreadable: the file is no JSON (any further).
        """
        if self.lines:
            yield from self._lines()
            return
        tokens = _tokens(self.file)
        for line, first in tokens:
            if first == _END:
                return
            self.head = {}
            if first == b"[":
                yield from _elements(tokens)
            elif first == b"{":
                yield from self._document(tokens, line)
            else:
                raise Unreadable("neither a bulk-invite list (its first line is version:v1.0) nor JSON", line)

    def _lines(self) -> Iterator[Piece]:
        number = 0
        while raw := self.file.readline(LONGEST):
            number += 1
            if not raw.endswith(b"\n") and len(raw) == LONGEST:
                while raw and not raw.endswith(b"\n"):
                    raw = self.file.readline(LONGEST)
                yield Piece(number, {}, TOO_LONG)
            elif text := raw.strip():
                yield from self._unfolded(_piece(number, text))

    def _unfolded(self, piece: Piece) -> Iterator[Piece]:
        """The objects of a line that is a whole answer; any other line is its own object."""
        found = piece.value.get("value")
        if not isinstance(found, list):
            self.head = {}
            yield piece
            return
        self.head = {name: value for name, value in piece.value.items() if name != "value"}
        for one in found:
            yield Piece(piece.line, one) if isinstance(one, dict) else Piece(piece.line, {}, _NO_OBJECT)

    def _document(self, tokens: Iterator[tuple[int, bytes]], begin: int) -> Iterator[Piece]:
        """The objects of ``value``; without such a list the document is itself the object."""
        members: list[bytes] = []
        is_answer, closed = False, b","
        while closed == b",":
            line, name = _next(tokens)
            if name == b"}" and not members and not is_answer:
                break
            if not name.startswith(b'"') or _next(tokens)[1] != b":":
                raise Unreadable("this is no JSON object", line)
            line, first = _next(tokens)
            if name == _LIST and first == b"[":
                is_answer = True
                yield from _elements(tokens)
                closed = _next(tokens)[1]
            else:
                raw, closed = _value(tokens, first)
                members.append(b"%s:%s" % (name, raw) if raw else b"")
                self._keep(line, name, raw)
        if closed not in {b",", b"}"}:
            raise Unreadable("this is no JSON object", begin)
        if not is_answer:
            whole = b"{%s}" % b",".join(members)
            yield _piece(begin, b"" if b"" in members or len(whole) > LONGEST else whole)

    def _keep(self, line: int, name: bytes, raw: bytes) -> None:
        """A short member goes to the head; what cannot be read is told of with the whole object."""
        found = _piece(line, b"{%s:%s}" % (name, raw)) if len(raw) < CHUNK else None
        if found is not None and found.problem is None:
            self.head.update(found.value)


_NO_OBJECT: Final = "an object was expected"


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
    """The octets of a value whose first token was read (empty when too many), and the sign after it."""
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
        return Piece(line, {}, TOO_LONG)
    try:
        value = strict_json.decode(raw)
    except strict_json.BadJson as bad:
        return Piece(line, {}, f"no JSON that can be relied on: {bad}")
    if not isinstance(value, dict):
        return Piece(line, {}, _NO_OBJECT)
    return Piece(line, value)


def _next(tokens: Iterator[tuple[int, bytes]]) -> tuple[int, bytes]:
    line, token = next(tokens)
    if token == _END:
        raise Unreadable("the file ends in the middle", line)
    return line, token


def _tokens(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The tokens of JSON with the lines they begin in, and ``_END``.

    A token that may go on in what is not read yet waits for it.
    """
    buffer, line, ended = file.read(CHUNK), 1, False
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
            break
        buffer = rest
    yield line + buffer.count(b"\n"), _END
