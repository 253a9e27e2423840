"""The sign-in log: ``auditLogs/signIns``, successes and failures."""

from typing import Final

from vestibule.actions.sign_in_rows import since
from vestibule.doors.graph import sign_in_log
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.lists import open_place, page_link
from vestibule.doors.graph.model import SIGN_IN
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.sign_in import sign_in_values
from vestibule.doors.graph.shapes.wire import Values
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import sign_ins
from vestibule.store.listing import Asked


async def list_sign_ins(call: Call) -> Reply:
    """Sign-ins, newest first unless the other way is asked for; those that somebody sat at unless others are named."""
    await call.may_read(Verb.READ_AUDIT)
    wanted = call.asked.filter
    asked = Asked(
        call.asked.top,
        None if wanted is None else sign_in_log.as_kept(call.house, wanted),
        tuple(call.asked.order),
        open_place(call),
    )
    scope = sign_ins.EVERY_KIND if sign_in_log.asks_for_kinds(wanted) else sign_ins.INTERACTIVE
    page = await sign_ins.page(call.reading, call.tenant_id, asked, since=since(call.reading.now), scope=scope)
    views = await sign_in_log.views(call.house, page.items)
    items = [call.wire.item(SIGN_IN, _picked(call, sign_in_values(view))) for view in views]
    link = None if page.position is None else page_link(call, page.position)
    return Reply(values=call.wire.listed("auditLogs/signIns", items, call.asked.select, next_link=link))


async def get_sign_in(call: Call) -> Reply:
    """One sign-in."""
    await call.may_read(Verb.READ_AUDIT)
    at = call.parameters["sign_in"].lower()
    found = await sign_ins.find(call.reading, call.tenant_id, at, since=since(call.reading.now))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    [view] = await sign_in_log.views(call.house, [found])
    return call.single("auditLogs/signIns", SIGN_IN, _picked(call, sign_in_values(view)))


def _picked(call: Call, values: Values) -> Values:
    shown = values if call.beta else {name: value for name, value in values.items() if name not in _BETA}
    return shown if call.asked.select is None else {name: shown[name] for name in call.asked.select}


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
