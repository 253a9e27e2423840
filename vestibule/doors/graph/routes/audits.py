"""The audit log: ``auditLogs/directoryAudits``."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vestibule.doors.graph.audit_log import Opener
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.lists import open_place, page_link
from vestibule.doors.graph.model import DIRECTORY_AUDIT
from vestibule.doors.graph.moments import bounds
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.odata.paging import bad_token
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.audit import audit_rows, event_of
from vestibule.doors.graph.shapes.wire import Values
from vestibule.ground.clock import from_us, to_us
from vestibule.rules import filters
from vestibule.rules.filters import Filter
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import audit
from vestibule.store.audit import AuditEvent

_BATCH: Final = 500
_MOST_LOOKED_AT: Final = 10_000
"""Events that one request looks at; with a narrow filter a page may come back short, and its link leads on."""

_WHOLE: Final = 99
"""More rows than any event has."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: behind this row of this event."""

    at: datetime
    event_id: str
    row: int


async def list_audits(call: Call) -> Reply:
    """Rows of the log, newest first unless the other way is asked for."""
    await call.may_read(Verb.READ_AUDIT)
    since, until = bounds(call.asked.filter, "activityDateTime")
    oldest_first = bool(call.asked.order) and not call.asked.order[0].descending
    rows, place = await _collect(call, since, until, oldest_first=oldest_first, begin=_begin(call))
    selected = [_picked(values, call.asked.select) for values in rows]
    items = [call.wire.item(DIRECTORY_AUDIT, values) for values in selected]
    link = None if place is None else page_link(call, (to_us(place.at), place.event_id, place.row))
    return Reply(values=call.wire.listed("auditLogs/directoryAudits", items, call.asked.select, next_link=link))


async def get_audit(call: Call) -> Reply:
    """One row."""
    await call.may_read(Verb.READ_AUDIT)
    named = event_of(call.parameters["row"])
    event = None if named is None else await audit.find(call.reading, call.tenant_id, named[0])
    if event is not None:
        for view in await Opener(call.house, call.reading, call.tenant_id).views([event]):
            for values in audit_rows(view):
                if values["id"].lower() == call.parameters["row"].lower():
                    shown = _picked(values, call.asked.select)
                    return call.single("auditLogs/directoryAudits", DIRECTORY_AUDIT, shown)
    raise Refused(Reason.NOT_FOUND)


async def _collect(
    call: Call, since: datetime, until: datetime, *, oldest_first: bool, begin: _Place | None
) -> tuple[list[Values], _Place | None]:
    """A page of rows, and where the next one begins: None at the end of the log."""
    opener = Opener(call.house, call.reading, call.tenant_id)
    found: list[Values] = []
    cursor, last, looked_at = begin, begin, 0
    while looked_at < _MOST_LOOKED_AT:
        after = None if cursor is None else (cursor.at, cursor.event_id)
        batch = await audit.walk(
            call.reading, call.tenant_id, since, until, _BATCH, after=after, oldest_first=oldest_first
        )
        is_last = len(batch) < _BATCH
        unfinished = await _unfinished(call, cursor)
        for view in await opener.views([*unfinished, *batch]):
            for number, values in enumerate(audit_rows(view)):
                if _is_before(cursor, view.event_id, number) or not _is_wanted(call.asked.filter, values):
                    continue
                if len(found) == call.asked.top:
                    return found, last
                found.append(values)
                last = _Place(view.at, view.event_id, number)
        if is_last:
            return found, None
        looked_at += len(batch)
        cursor = _Place(batch[-1].at, batch[-1].event_id, _WHOLE)
    return found, cursor


async def _unfinished(call: Call, cursor: _Place | None) -> list[AuditEvent]:
    """The event at which the page before ended, when it has more rows to show."""
    if cursor is None or cursor.row == _WHOLE:
        return []
    event = await audit.find(call.reading, call.tenant_id, cursor.event_id)
    return [] if event is None else [event]


def _is_before(cursor: _Place | None, event_id: str, number: int) -> bool:
    return cursor is not None and cursor.event_id == event_id and number <= cursor.row


def _is_wanted(wanted: Filter | None, values: Values) -> bool:
    return wanted is None or filters.matches(wanted, values)


def _picked(values: Values, select: tuple[str, ...] | None) -> Values:
    return values if select is None else {name: values[name] for name in select}


def _begin(call: Call) -> _Place | None:
    place = open_place(call)
    if place is None:
        return None
    at, event_id, row = place
    if not (isinstance(at, int) and isinstance(event_id, str) and isinstance(row, int)):
        raise bad_token()
    return _Place(from_us(at), event_id, row)


_LISTED: Final = Collection(
    DIRECTORY_AUDIT,
    options=frozenset({"select", "filter", "orderby", "top", "skiptoken", "format", "count"}),
    page=1_000,
    most=1_000,
    directory=False,
)
_ONE: Final = Collection(DIRECTORY_AUDIT, options=frozenset({"select", "format"}), single=True)
_AT: Final = "/auditLogs/directoryAudits"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", _AT, list_audits, verb=Verb.READ_AUDIT, query=_LISTED, summary="Rows of the audit log"),
    Route("GET", f"{_AT}/{{row}}", get_audit, verb=Verb.READ_AUDIT, query=_ONE, summary="A row of the audit log"),
]
