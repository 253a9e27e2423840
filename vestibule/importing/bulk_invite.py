"""Entra's list for *Bulk invite users*: ``version:v1.0``, a line of headings, one guest in each line.

The headings carry the property's name in brackets (``[inviteeEmail]``), so their order and language do not matter.
A message may run over several lines in quotation marks. A quotation mark that is never closed spoils its own line
only: the lines after it are read as lines of their own.
"""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, Final

from vestibule.importing.pieces import Piece, Unreadable

FIRST_LINE: Final = "version:v1.0"
ADDRESS: Final = "inviteeEmail"
REDIRECT: Final = "inviteRedirectURL"
SEND: Final = "sendEmail"
MESSAGE: Final = "customizedMessageBody"

LONGEST_ROW: Final = 16_384  # characters; a message has at most 4,000
_YES: Final = {"true", "yes", "1"}
_NO: Final = {"false", "no", "0", ""}


def is_one(first_line: bytes) -> bool:
    """Whether a file that begins so is such a list."""
    return first_line.removeprefix(b"\xef\xbb\xbf").strip().strip(b'",;').lower() == FIRST_LINE.encode()


def pieces(file: BinaryIO) -> Iterator[Piece]:
    """The guests of the list, each with ``email``, ``redirectUrl``, ``send`` and ``message``.

    Raises:
        Unreadable: the headings are not those of the list.
    """
    rows = _rows(file)
    next(rows, None)
    line, cells = next(rows, (2, None))
    names = _headings(cells, line)
    for line, cells in rows:
        if cells is None:
            yield Piece(line, {}, "a quotation mark is never closed, or the line is too long")
        elif any(cell.strip() for cell in cells):
            yield _piece(line, cells, names)


def _headings(cells: list[str] | None, line: int) -> list[str]:
    names = [cell.rpartition("[")[2].partition("]")[0].strip() for cell in cells or []]
    missing = [name for name in (ADDRESS, REDIRECT) if name not in names]
    if missing:
        wanted = f"{ADDRESS} and {REDIRECT}"
        raise Unreadable(f"the second line has to hold the headings with [{missing[0]}]: {wanted} are required", line)
    return names


def _piece(line: int, cells: list[str], names: list[str]) -> Piece:
    while len(cells) > len(names) and not cells[-1].strip():
        cells.pop()
    if len(cells) > len(names):
        return Piece(line, {}, f"{len(cells)} values where {len(names)} are expected; put a message in quotation marks")
    if any("\udc80" <= sign <= "\udcff" for cell in cells for sign in cell):
        return Piece(line, {}, "not UTF-8; save the file as CSV UTF-8")
    value = dict(zip(names, (cell.strip() for cell in cells), strict=False))
    for required in (ADDRESS, REDIRECT):
        if not value.get(required):
            return Piece(line, {}, f"[{required}] is empty")
    send = value.get(SEND, "").lower()
    if send not in _YES | _NO:
        return Piece(line, {}, f"[{SEND}] is {send[:20]!r}; it has to be true or false")
    kept = {"email": value[ADDRESS], "redirectUrl": value[REDIRECT]}
    return Piece(line, {**kept, "send": send in _YES, "message": value.get(MESSAGE) or None})


def _rows(file: BinaryIO) -> Iterator[tuple[int, list[str] | None]]:
    """The rows with their first line's number; None for one that cannot be read."""
    waiting: deque[str] = deque()
    number = 0

    def following() -> str | None:
        if waiting:
            return waiting.popleft()
        raw = file.readline(LONGEST_ROW)
        return raw.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape") if raw else None

    while (line := following()) is not None:
        taken = [line]
        while line.count('"') % 2 and sum(map(len, taken)) <= LONGEST_ROW and (more := following()) is not None:
            taken.append(more)
            line += more
        number += 1
        if line.count('"') % 2:
            waiting.extendleft(reversed(taken[1:]))
            yield number, None
            continue
        yield number, _cells(line)
        number += len(taken) - 1


def _cells(text: str) -> list[str] | None:
    try:
        return next(csv.reader([text], strict=True), [])
    except csv.Error:
        return None
