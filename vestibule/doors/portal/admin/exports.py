"""Tables as files: the rows of a table with its filters and its order, all pages of them, as CSV or as JSON lines.

How a page of the Admin center gets an export:

* its ``Shape`` names the address (``export="/admin/….csv"``), so that the table's *Export CSV* link leads there;
* the module says which columns the file has, as ``Out`` values of the same row type that the table shows;
* a handler calls ``export`` with the same listing, filter and rows as the page's own handler, and is routed with the
  same reading verb as the page.

CSV is UTF-8 with a byte order mark, which spreadsheets need, and RFC 4180: commas, CRLF, quotes doubled. Its first
row is in the page's language, or with ``?headers=keys`` holds keys that stay the same in every language: Graph's names
where Graph has one. With keys the values are Graph's too (``Guest``, ``left``); else they are the words of the page.
Times are ISO 8601 in UTC. A text that a spreadsheet would take for a formula gets an apostrophe in front. JSON lines,
where a ``Source`` says how a row is an object, are for programs: one object in a line, the same in every language.

Rows are read page by page from where the one before ended, and sent as they are read, so that a large list needs no
large memory. That somebody takes the list along is in the audit log before the first row leaves.

More than ``AT_ONCE`` rows are a job: it goes on when the page is left, and a letter says when the file is there.
"""

import csv
import io
import unicodedata
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

import msgspec
from starlette.responses import Response, StreamingResponse

from vestibule.actions import exporting, jobs
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.tables import Browsing
from vestibule.doors.portal.desk import NO_STORE
from vestibule.doors.web.words import Words
from vestibule.rules.filters import Filter, Ordering, Position
from vestibule.rules.verbs import Verb
from vestibule.store.listing import Asked, Page

T = TypeVar("T")
R = TypeVar("R")

KEYS: Final = "keys"
AT_ONCE: Final = 10_000
KIND: Final = "text/csv; charset=utf-8; header=present"
_JSON_LINES: Final = "application/jsonl"
_LINES: Final = ".jsonl"
_CHUNK: Final = 500
_STEP: Final = 2_000
MARK: Final = "\ufeff"
"""Begins the file: spreadsheets need it to read UTF-8."""
_ENCODER: Final = msgspec.json.Encoder()
_FORMULAS: Final = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")  # and as wide as East Asian letters are
Value = str | int | bool | datetime | None


@dataclass(slots=True)
class Sink:
    """Takes one step of a job.

    Attributes:
        position: where the step begins; None for at the beginning.
        written, done, failed, following: what it did, once it did; ``following`` is where the next one begins.
    """

    position: Position | None
    written: str = ""
    done: int = 0
    failed: int = 0
    following: Position | None = None

    def keep(self, written: str, done: int, following: Position | None, *, failed: int = 0) -> None:
        """Note what the step did."""
        self.written, self.done, self.failed, self.following = written, done, failed, following


@dataclass(frozen=True)  # with slots, Python 3.11 cannot call Out[...](...)
class Out(Generic[R]):
    """A column of the file.

    Attributes:
        key: what stands above it with ``?headers=keys``. label: what stands above it else, marked with ``N_``.
        value: what it holds, with keys. words: what it holds else, in the page's language; None for the same.
    """

    key: str
    label: str
    value: Callable[[R], Value]
    words: Callable[[R, Words], Value] | None = None


@dataclass(frozen=True, slots=True)
class Source(Generic[T, R]):
    """Where the rows of a file come from.

    Attributes:
        name: the list's name in the audit log, such as ``deletedUsers``. file: begins the file's name.
        reads: the reading verbs that open the page; the right to one of them is enough.
        columns: of the file.
        count: how many match. page: reads a page of items. full_order: completes an order, as for the table.
        rows: makes rows of items, as the table shows them.
        line: a row as an object of JSON; then the file has these, a line each, instead of ``columns``.
    """

    name: str
    file: str
    reads: tuple[Verb, ...]
    columns: Sequence[Out[R]]
    count: Callable[[Filter | None], Awaitable[int]]
    page: Callable[[Asked], Awaitable[Page[T]]]
    full_order: Callable[[Sequence[Ordering]], tuple[Ordering, ...]]
    rows: Callable[[list[T]], Awaitable[Sequence[R]]]
    line: Callable[[R], Mapping[str, Any]] | None = None


def kind_of(file: str) -> str:
    """The media type of a file that ``export`` named."""
    return _JSON_LINES if is_lines(file) else KIND


def is_lines(file: str) -> bool:
    """Whether a file that ``export`` named has JSON lines."""
    return file.endswith(_LINES)


async def export(admin: Admin, browsing: Browsing, source: Source[T, R], wanted: Filter | None) -> Response:
    """The answer to *Export CSV* and *Export JSON lines*.

    Args:
        admin: who asks. browsing: what the address asks for. source: where rows come from. wanted: all filters.

    Raises:
        Refused: NOT_ALLOWED, STRONGER_SIGN_IN.
    """
    sink = admin.visit.sink
    if isinstance(sink, Sink):
        await _write(admin, browsing, source, wanted, sink)
        return Response(None, 204)
    file = f"{source.file}-{admin.reading.now.date().isoformat()}{'.csv' if source.line is None else _LINES}"
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{file}"'}
    if admin.visit.request.method == "HEAD":
        return Response(None, headers=headers, media_type=kind_of(file))
    total = await source.count(wanted)
    reads = next((verb for verb in source.reads if admin.may(verb)), source.reads[0])
    await exporting.export_list(
        admin.visit.house, tenant_id=admin.tenant_id, what=source.name, rows=total, reads=reads, by=admin.by
    )
    if total > AT_ONCE:
        return await begin(admin, jobs.EXPORT, total, {"file": file, "reads": reads.value})
    return StreamingResponse(_lines(admin, browsing, source, wanted), headers=headers, media_type=kind_of(file))


async def begin(admin: Admin, what: str, total: int, more: Mapping[str, Any]) -> Response:
    """Make a job of what this address asks for, in the name of this session, and lead to its page."""
    url = admin.visit.request.url
    made = await jobs.begin_job(
        admin.visit.house,
        tenant_id=admin.tenant_id,
        user_id=admin.by.user_id or "",
        session_hash=admin.visit.who.session.session_hash,
        what=what,
        asked={"path": url.path, "query": url.query, **more},
        language=admin.visit.words.language,
        total=total,
    )
    return admin.visit.redirect(paths.job(made.job_id))


async def _lines(admin: Admin, browsing: Browsing, source: Source[T, R], wanted: Filter | None) -> AsyncIterator[str]:
    yield _head(admin, browsing, source)
    asked = Asked(_CHUNK, wanted, source.full_order(browsing.orders))
    while True:
        await admin.visit.fresh()
        text, _, position = await _some(admin, browsing, source, asked)
        yield text
        if position is None:
            return
        asked = Asked(_CHUNK, wanted, asked.orders, position)


async def _write(admin: Admin, browsing: Browsing, source: Source[T, R], wanted: Filter | None, sink: Sink) -> None:
    """The next rows of a job, behind those that it has."""
    asked = Asked(_STEP, wanted, source.full_order(browsing.orders), sink.position)
    head = _head(admin, browsing, source) if sink.position is None else ""
    text, done, position = await _some(admin, browsing, source, asked)
    sink.keep(head + text, done, position)


async def _some(
    admin: Admin, browsing: Browsing, source: Source[T, R], asked: Asked
) -> tuple[str, int, Position | None]:
    """A page of rows as text, how many they are, and where the next one begins."""
    words = None if browsing.given.get("headers") == KEYS else admin.visit.words
    found = await source.page(asked)
    rows = await source.rows(found.items)
    if source.line is None:
        text = written([[cell(one, row, words) for one in source.columns] for row in rows])
    else:
        text = _ENCODER.encode_lines([source.line(row) for row in rows]).decode()
    return text, len(found.items), found.position


def _head(admin: Admin, browsing: Browsing, source: Source[T, R]) -> str:
    if source.line is not None:
        return ""
    keys, words = browsing.given.get("headers") == KEYS, admin.visit.words
    return MARK + written([[one.key if keys else words.text(one.label) for one in source.columns]])


def cell(column: Out[R], row: R, words: Words | None) -> Value:
    """What a column holds of a row: in the words of a language, or without one by its key."""
    return column.value(row) if words is None or column.words is None else column.words(row, words)


def written(rows: list[list[Any]]) -> str:
    """Rows as text of the file (RFC 4180)."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([list(map(as_text, row)) for row in rows])
    return text.getvalue()


def as_text(value: Value) -> str:
    """A value as a cell of the file."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case int():
            return str(value)
        case _:
            return f"'{value}" if _is_formula(value) else value


def _is_formula(text: str) -> bool:
    """What a spreadsheet would compute, or what hides that behind characters nobody sees."""
    return bool(text) and (text[0] in _FORMULAS or unicodedata.category(text[0]) in {"Cc", "Cf"})
