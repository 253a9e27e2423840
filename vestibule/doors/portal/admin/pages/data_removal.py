"""*Data removal*: whose data is being removed, by when it is gone, and what is late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.tables import Browsing, Choice, Column, Select, Shape, Table
from vestibule.doors.portal.routes.account.receipts import signed_file
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules.filters import Compare, Filter, Op, Or, all_of
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.retention import STEPS
from vestibule.rules.verbs import Verb
from vestibule.store import certificates, erasure_lists, erasures
from vestibule.store.erasure_lists import REMOVALS, Removal
from vestibule.store.listing import Asked, Page

LEFT, PURGED = N_("Left a shared app's organization"), N_("Permanently deleted")
RUNNING, WAITING, DONE, ON_HOLD = N_("Running"), N_("Waiting"), N_("Done"), N_("On hold")
_STATES: Final = {
    erasures.RUNNING: RUNNING,
    erasures.ON_HOLD: ON_HOLD,
    erasures.REMOVING: RUNNING,
    erasures.WAITING: WAITING,
    "done": DONE,
}
_WITHIN: Final = {"3": 3, "7": 7}

SHAPE: Final = Shape(
    path=paths.DATA_REMOVAL,
    columns=(
        Column("person", N_("Person")),
        Column("reason", N_("Reason"), ("reason",)),
        Column("since", N_("Permanently deleted on"), ("startedAt",)),
        Column("due", N_("Due by"), ("dueBy",)),
        Column("state", N_("State"), ("rank",)),
        Column("steps", N_("Steps done")),
        Column("certificate", N_("Certificate")),
    ),
    order="state",
    selects=(
        Select(
            "state",
            N_("State"),
            (
                Choice(
                    "running",
                    RUNNING,
                    Or((Compare(("state",), Op.EQ, erasures.RUNNING), Compare(("state",), Op.EQ, erasures.REMOVING))),
                ),
                Choice("held", ON_HOLD, Compare(("state",), Op.EQ, erasures.ON_HOLD)),
                Choice("waiting", WAITING, Compare(("state",), Op.EQ, "waitingForRecipients")),
                Choice("done", DONE, Compare(("state",), Op.EQ, "done")),
            ),
        ),
        Select(
            "due",
            N_("Due within"),
            (Choice("late", N_("Overdue")), Choice("3", N_("3 days")), Choice("7", N_("7 days"))),
        ),
    ),
    searches=False,
    export=paths.DATA_REMOVAL_CSV,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A data removal.

    ``late``: its time is over, it is not done, and no legal hold keeps it. ``certificate``: its address, or nothing.
    """

    user_id: str
    tag: str
    reason: str
    since: datetime
    due: datetime
    state: str
    done: bool
    late: bool
    on_hold: bool
    steps: int
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRemovalPage(View):
    """The page.

    Attributes:
        steps: how many a removal has. last: when the last one was done; None when none ever was.
        held: how many people are on hold whose permanent deletion or data removal waits for it.
        may_know: who is signed in may see why.
    """

    template: ClassVar[str] = "portal/admin/data_removal.html"
    table: Table[Row]
    steps: int
    last: datetime | None
    held: int
    may_know: bool


async def show(admin: Admin) -> Response:
    """The page."""
    browsing = Browsing(admin.visit, SHAPE)
    wanted = _filter(admin, browsing)

    async def page(asked: Asked) -> Page[Removal]:
        return await erasure_lists.page(admin.reading, admin.tenant_id, asked)

    found, previous, following = await browsing.read(
        page, lambda orders: REMOVALS.orders(erasure_lists.ALL, orders), wanted
    )
    total = await erasure_lists.count(admin.reading, admin.tenant_id, wanted)
    certified = await certificates.made_of(admin.reading, admin.tenant_id, [one.user_id for one in found])
    rows = [_row(one, admin.reading.now, certified) for one in found]
    return admin.visit.page(
        DataRemovalPage(
            table=browsing.table(rows, total, previous, following),
            steps=len(STEPS),
            last=await erasure_lists.last_finished(admin.reading, admin.tenant_id),
            held=await erasure_lists.held(admin.reading, admin.tenant_id),
            may_know=admin.may(Verb.READ_HOLDS),
        )
    )


def _filter(admin: Admin, browsing: Browsing) -> Filter | None:
    parts = list(browsing.wanted)
    due = browsing.chosen.get("due")
    if due is not None:
        until = admin.reading.now + timedelta(days=_WITHIN.get(due.value, 0))
        parts += [
            Compare(("dueBy",), Op.LE, until),
            Compare(("state",), Op.NE, "done"),
            Compare(("state",), Op.NE, erasures.ON_HOLD),
        ]
    return all_of(parts)


def _reason_of(one: Removal) -> str:
    return LEFT if one.reason == "leave" else PURGED


def _row(one: Removal, now: datetime, certified: frozenset[str]) -> Row:
    return Row(
        user_id=one.user_id,
        tag=one.tag,
        reason=_reason_of(one),
        since=one.started_at,
        due=one.due_by,
        state=_STATES[one.state],
        done=one.state == "done",
        late=one.state not in {"done", erasures.ON_HOLD} and one.due_by < now,
        on_hold=one.state == erasures.ON_HOLD,
        steps=one.steps,
        certificate=paths.CERTIFICATE.format(id=one.user_id) if one.user_id in certified else "",
    )


# --- As a file --------------------------------------------------------------------------------------------------------

_OUT: Final = (
    Out[Removal]("id", N_("Person"), lambda one: one.tag),
    Out[Removal]("reason", N_("Reason"), lambda one: one.reason, lambda one, words: words.text(_reason_of(one))),
    Out[Removal]("permanentlyDeletedDateTime", N_("Permanently deleted on"), lambda one: one.started_at),
    Out[Removal]("dueDateTime", N_("Due by"), lambda one: one.due_by),
    Out[Removal]("state", N_("State"), lambda one: one.state, lambda one, words: words.text(_STATES[one.state])),
    Out[Removal]("stepsDone", N_("Steps done"), lambda one: one.steps),
    Out[Removal]("finishedDateTime", N_("Done on"), lambda one: one.finished_at),
)


async def download(admin: Admin) -> Response:
    """The same rows as a file."""
    browsing = Browsing(admin.visit, SHAPE)

    async def rows(found: list[Removal]) -> list[Removal]:
        return found

    source = Source(
        name="dataRemoval",
        file="data-removal",
        reads=(Verb.READ_DELETED, Verb.READ_AUDIT),
        columns=_OUT,
        count=lambda wanted: erasure_lists.count(admin.reading, admin.tenant_id, wanted),
        page=lambda asked: erasure_lists.page(admin.reading, admin.tenant_id, asked),
        full_order=lambda orders: REMOVALS.orders(erasure_lists.ALL, orders),
        rows=rows,
    )
    return await export(admin, browsing, source, _filter(admin, browsing))


async def certificate(admin: Admin) -> Response:
    """The certificate of one removal, as a signed file. Raises Refused (NOT_FOUND) while there is none."""
    found = await certificates.find(admin.reading, admin.tenant_id, admin.visit.captured("id").lower())
    if found is None or found.signed is None:
        raise Refused(Reason.NOT_FOUND)
    return signed_file(found.signed, f"data-removal-{found.event_id[:8]}-certificate.jws")
