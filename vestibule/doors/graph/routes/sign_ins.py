"""The sign-in log: ``auditLogs/signIns``, successes and failures."""

from datetime import datetime
from typing import Final

from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.errors import invalid
from vestibule.doors.graph.lists import open_place, page_link
from vestibule.doors.graph.model import SIGN_IN
from vestibule.doors.graph.moments import bounds
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.sign_in import sign_in_values
from vestibule.doors.graph.shapes.wire import Values
from vestibule.doors.graph.sign_in_log import SignIns
from vestibule.ground.clock import from_us, to_us
from vestibule.rules import filters
from vestibule.rules.activities import event_type
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import audit

_TYPE: Final = event_type(Verb.SIGN_IN)
_BATCH: Final = 500
_MOST_LOOKED_AT: Final = 10_000
"""Events that one request looks at; with a narrow filter a page may come back short, and its link leads on."""

_Place = tuple[datetime, str]


async def list_sign_ins(call: Call) -> Reply:
    """Sign-ins, newest first unless the other way is asked for."""
    await call.may_read(Verb.READ_AUDIT)
    rows, place = await _collect(call, _begin(call))
    items = [call.wire.item(SIGN_IN, _picked(call, values)) for values in rows]
    link = None if place is None else page_link(call, (to_us(place[0]), place[1]))
    return Reply(values=call.wire.listed("auditLogs/signIns", items, call.asked.select, next_link=link))


async def get_sign_in(call: Call) -> Reply:
    """One sign-in."""
    await call.may_read(Verb.READ_AUDIT)
    event = await audit.find(call.reading, call.tenant_id, call.parameters["sign_in"].lower())
    if event is None or event.type != _TYPE:
        raise Refused(Reason.NOT_FOUND)
    [view] = await SignIns(call.house, call.reading, call.tenant_id).views([event])
    return call.single("auditLogs/signIns", SIGN_IN, _picked(call, sign_in_values(view)))


async def _collect(call: Call, begin: _Place | None) -> tuple[list[Values], _Place | None]:
    """A page of rows, and behind which the next one begins: None at the end of the log."""
    since, until = bounds(call.asked.filter, "createdDateTime")
    oldest_first = bool(call.asked.order) and not call.asked.order[0].descending
    opener = SignIns(call.house, call.reading, call.tenant_id)
    found: list[Values] = []
    cursor, looked_at = begin, 0
    while looked_at < _MOST_LOOKED_AT:
        batch = await audit.walk(
            call.reading, call.tenant_id, since, until, _BATCH, after=cursor, oldest_first=oldest_first, of_type=_TYPE
        )
        for view in await opener.views(batch):
            values = sign_in_values(view)
            if call.asked.filter is not None and not filters.matches(call.asked.filter, values):
                continue
            if len(found) == call.asked.top:
                return found, cursor
            found.append(values)
            cursor = (view.at, view.event_id)
        if len(batch) < _BATCH:
            return found, None
        looked_at += len(batch)
        cursor = (batch[-1].at, batch[-1].event_id)
    return found, cursor


def _picked(call: Call, values: Values) -> Values:
    shown = values if call.beta else {name: value for name, value in values.items() if name not in _BETA}
    return shown if call.asked.select is None else {name: shown[name] for name in call.asked.select}


def _begin(call: Call) -> _Place | None:
    place = open_place(call)
    if place is None:
        return None
    if len(place) != 2 or not (isinstance(place[0], int) and isinstance(place[1], str)):
        raise invalid("The specified page token value is not valid here or has expired.", target="$skiptoken")
    return from_us(place[0]), place[1]


_BETA: Final = frozenset(one.name for one in SIGN_IN.properties if one.beta)
_LISTED: Final = Collection(
    SIGN_IN,
    options=frozenset({"select", "filter", "orderby", "top", "skiptoken", "format", "count"}),
    page=1_000,
    most=1_000,
    directory=False,
)
_ONE: Final = Collection(SIGN_IN, options=frozenset({"select", "format"}), single=True)
_AT: Final = "/auditLogs/signIns"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", _AT, list_sign_ins, verb=Verb.READ_AUDIT, query=_LISTED, summary="Sign-ins and failed sign-ins"),
    Route("GET", f"{_AT}/{{sign_in}}", get_sign_in, verb=Verb.READ_AUDIT, query=_ONE, summary="One sign-in"),
]
