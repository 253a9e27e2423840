"""The provisioning log: what other systems brought and changed (``auditLogs/provisioning``)."""

from datetime import datetime
from typing import Final

from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.lists import open_place, page_link
from vestibule.doors.graph.model import PROVISIONING
from vestibule.doors.graph.moments import bounds
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.odata.paging import bad_token
from vestibule.doors.graph.provisioning_log import PushOpener
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.provisioning import push_values
from vestibule.doors.graph.shapes.wire import Values
from vestibule.ground.clock import from_us, to_us
from vestibule.rules import filters, names
from vestibule.rules.actors import SCIM
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import audit

_BATCH: Final = 500
_MOST_LOOKED_AT: Final = 10_000
"""Events that one request looks at; with a narrow filter a page may come back short, and its link leads on."""

_Place = tuple[datetime, str]
"""Behind which event a page begins: its time and id."""


async def list_provisioning(call: Call) -> Reply:
    """Rows of the log, newest first unless the other way is asked for."""
    await call.may_read(Verb.READ_PROVISIONING)
    rows, place = await _collect(call, _begin(call))
    items = [call.wire.item(PROVISIONING, _picked(values, call.asked.select)) for values in rows]
    link = None if place is None else page_link(call, (to_us(place[0]), place[1]))
    return Reply(values=call.wire.listed("auditLogs/provisioning", items, call.asked.select, next_link=link))


async def get_provisioning(call: Call) -> Reply:
    """One row."""
    await call.may_read(Verb.READ_PROVISIONING)
    event_id = names.guid(call.parameters["row"])
    event = None if event_id is None else await audit.find(call.reading, call.tenant_id, event_id)
    if event is None or event.door != SCIM:
        raise Refused(Reason.NOT_FOUND)
    [view] = await PushOpener(call.house, call.reading, call.tenant_id).views([event])
    return call.single("auditLogs/provisioning", PROVISIONING, _picked(push_values(view), call.asked.select))


async def _collect(call: Call, begin: _Place | None) -> tuple[list[Values], _Place | None]:
    """A page of rows, and where the next one begins: None at the end of the log."""
    since, until = bounds(call.asked.filter, "activityDateTime")
    oldest_first = bool(call.asked.order) and not call.asked.order[0].descending
    opener = PushOpener(call.house, call.reading, call.tenant_id)
    portion = _BATCH if call.asked.filter is not None else min(_BATCH, call.asked.top + 1)
    found: list[Values] = []
    cursor, looked_at = begin, 0
    while looked_at < _MOST_LOOKED_AT:
        batch = await audit.walk_pushed(
            call.reading, call.tenant_id, since, until, portion, after=cursor, oldest_first=oldest_first
        )
        for view in await opener.views(batch):
            values = push_values(view)
            if call.asked.filter is None or filters.matches(call.asked.filter, values):
                if len(found) == call.asked.top:
                    return found, cursor
                found.append(values)
            cursor = (view.at, view.event_id)
        if len(batch) < portion:
            return found, None
        looked_at += len(batch)
    return found, cursor


def _picked(values: Values, select: tuple[str, ...] | None) -> Values:
    return values if select is None else {name: values[name] for name in select}


def _begin(call: Call) -> _Place | None:
    place = open_place(call)
    if place is None:
        return None
    at, event_id = place
    if not (isinstance(at, int) and isinstance(event_id, str)):
        raise bad_token()
    return from_us(at), event_id


_LISTED: Final = Collection(
    PROVISIONING,
    options=frozenset({"select", "filter", "orderby", "top", "skiptoken", "format", "count"}),
    page=1_000,
    most=1_000,
    directory=False,
)
_ONE: Final = Collection(PROVISIONING, options=frozenset({"select", "format"}), single=True)
_AT: Final = "/auditLogs/provisioning"
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        _AT,
        list_provisioning,
        verb=Verb.READ_PROVISIONING,
        query=_LISTED,
        summary="What other systems brought and changed",
    ),
    Route(
        "GET",
        f"{_AT}/{{row}}",
        get_provisioning,
        verb=Verb.READ_PROVISIONING,
        query=_ONE,
        summary="A row of the provisioning log",
    ),
]
