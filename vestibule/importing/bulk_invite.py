"""Entra's list for *Bulk invite users*: ``version:v1.0``, a line of headings, one guest in each line.

The headings carry the property's name in brackets (``[inviteeEmail]``), so their order and language do not matter;
spreadsheets in some languages put semicolons or tabs where others put commas. A message may run over several lines in
quotation marks. A quotation mark that is never closed spoils its own line only: the lines after it are read as lines
of their own.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from vestibule.importing.pieces import Piece, Unreadable

FIRST_LINE: Final = b"version:v1.0"
ADDRESS: Final = "inviteeEmail"
REDIRECT: Final = "inviteRedirectURL"
SEND: Final = "sendEmail"
MESSAGE: Final = "customizedMessageBody"

LONGEST_ROW: Final = 32_768  # octets; a message has at most 4,000 characters
_NAMES: Final = {name.lower(): name for name in (ADDRESS, REDIRECT, SEND, MESSAGE)}
_YES: Final = {"true", "yes", "1"}
_NO: Final = {"false", "no", "0", ""}
_EXAMPLE: Final = "example:"
_BROKEN: Final = "a quotation mark is never closed, or stands in the wrong place"
_TOO_LONG: Final = f"longer than {LONGEST_ROW:,} octets"


def is_one(first_line: bytes) -> bool:
    """Whether a file that begins so is such a list."""
    return first_line.strip().strip(b'",;\t ').lower() == FIRST_LINE


def pieces(file: BinaryIO) -> Iterator[Piece]:
    """The guests of the list, each with ``email``, ``redirectUrl``, ``send``, ``message`` and ``leftOut``.

    ``leftOut`` holds the headings of other columns in which the line says something.

    Raises:
        Unreadable: the headings are not those of the list.
    """
    lines = _Lines(file)
    lines.take()
    headings = lines.take()
    delimiter, names = _headings("" if headings is None else headings)
    while True:
        number = lines.number + 1
        found = _row(lines, delimiter)
        if found is None:
            return
        if found.problem is not None:
            yield Piece(number, {}, found.problem)
        elif any(cell.strip() for cell in found.cells):
            yield _piece(number, found.cells, names)


def _headings(line: str) -> tuple[str, list[str]]:
    """The sign between two values, and the name of each column."""
    best: list[str] = []
    for delimiter in (",", ";", "\t"):
        cells = next(csv.reader([line], delimiter=delimiter), [])
        names = [_name(cell) for cell in cells]
        if ADDRESS in names and REDIRECT in names:
            return delimiter, names
        best = max(best, names, key=lambda some: len({ADDRESS, REDIRECT} & set(some)))
    missing = next(name for name in (ADDRESS, REDIRECT) if name not in best)
    wanted = f"[{ADDRESS}] and [{REDIRECT}]"
    raise Unreadable(f"the second line has to hold the headings of the template, {wanted}; [{missing}] is missing", 2)


def _name(heading: str) -> str:
    inside = heading.rpartition("[")[2].partition("]")[0].strip() if "[" in heading else ""
    return _NAMES.get(inside.lower(), heading.strip())


def _piece(line: int, cells: list[str], names: list[str]) -> Piece:
    while len(cells) > len(names) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(names):
        return Piece(line, {}, f"{len(cells)} values where {len(names)} are expected; put a message in quotation marks")
    if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
        return Piece(line, {}, "not UTF-8; save the file as CSV UTF-8")
    value = dict(zip(names, (cell.strip() for cell in cells), strict=False))
    problem = _problem(value)
    if problem is not None:
        return Piece(line, {}, problem)
    kept = {"email": value[ADDRESS], "redirectUrl": value[REDIRECT], "message": value.get(MESSAGE) or None}
    others = [name for name in value if name not in _NAMES.values() and value[name]]
    return Piece(line, {**kept, "send": value.get(SEND, "").lower() in _YES, "leftOut": others})


def _problem(value: dict[str, str]) -> str | None:
    if value.get(ADDRESS, "").lower().startswith(_EXAMPLE):
        return "this is the example of the template; take the line out"
    for required in (ADDRESS, REDIRECT):
        if not value.get(required):
            return f"[{required}] is empty"
    if value.get(SEND, "").lower() not in _YES | _NO:
        return f"[{SEND}] is {value[SEND][:20]!r}; it has to be true or false"
    return None


# --- Rows and lines ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Row:
    """The values of a row, or what is wrong with it."""

    cells: list[str]
    problem: str | None = None


@dataclass(slots=True)
class _Lines:
    """The lines of the file, some of which may be given back. ``number``: of the last one that was taken."""

    file: BinaryIO
    number: int = 0
    _waiting: deque[str | None] = field(default_factory=deque)

    def take(self) -> str | None:
        """The next line with its end; empty when it is too long; None at the end of the file."""
        line = self._waiting.popleft() if self._waiting else self._read()
        self.number += line is not None
        return line

    def give_back(self, taken: list[str]) -> None:
        self._waiting.extendleft(reversed(taken))
        self.number -= len(taken)

    def _read(self) -> str | None:
        raw = self.file.readline(LONGEST_ROW)
        if len(raw) == LONGEST_ROW and not raw.endswith(b"\n"):
            while raw and not raw.endswith(b"\n"):
                raw = self.file.readline(LONGEST_ROW)
            return ""
        return raw.decode("utf-8", "surrogateescape") if raw else None


def _row(lines: _Lines, delimiter: str) -> _Row | None:
    """The next row, which takes several lines when a line ends inside quotation marks; None at the end."""
    taken: list[str] = []

    def following() -> Iterator[str]:
        size = 0
        while size < LONGEST_ROW and (line := lines.take()) is not None:
            taken.append(line)
            size += len(line) or LONGEST_ROW
            yield line

    try:
        cells = next(csv.reader(following(), delimiter=delimiter, strict=True), None)
    except csv.Error:
        lines.give_back(taken[1:])
        return _Row([], _BROKEN)
    if not taken:
        return None
    return _Row(cells or [], _TOO_LONG if "" in taken else None)
