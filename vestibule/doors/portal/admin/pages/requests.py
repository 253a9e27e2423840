"""*Requests*: who asks to be removed, to be erased, or for their data, and by when they have to be answered."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import data_request_found, sealed_requests
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard
from vestibule.doors.portal.admin.tables import Browsing, Choice, Column, Select, Shape, Table
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_, Words
from vestibule.rules.filters import Compare, Filter, Op, all_of
from vestibule.rules.person_requests import SOON, Answer, Kind, Urgency, urgency
from vestibule.rules.verbs import Verb
from vestibule.store import request_lists
from vestibule.store.listing import Asked, Page
from vestibule.store.request_lists import REQUESTS, Listed

KINDS: Final = {
    Kind.REMOVAL: N_("Removal"),
    Kind.ERASURE: N_("Removal of data"),
    Kind.ACCESS: N_("Copy of data"),
}
OPEN, EXTENDED = N_("Open"), N_("Open, extended")
ANSWERS: Final = {
    Answer.KEPT: N_("Kept"),
    Answer.REMOVED: N_("Removed"),
    Answer.RESTORED: N_("Restored"),
    Answer.LEFT: N_("Left"),
    Answer.GRANTED: N_("Granted"),
    Answer.REFUSED: N_("Refused"),
    Answer.WITHDRAWN: N_("Withdrawn"),
    Answer.NOTHING_HELD: N_("No data found"),
}

SHAPE: Final = Shape(
    path=paths.REQUESTS,
    columns=(
        Column("person", N_("Person")),
        Column("kind", N_("Request"), ("kind",)),
        Column("asked", N_("Asked on"), ("askedAt",)),
        Column("due", N_("Answer by"), ("answerDue",)),
        Column("state", N_("State"), ("pressing",)),
    ),
    order="state",
    selects=(
        Select(
            "kind",
            N_("Request"),
            tuple(Choice(kind.value, label, Compare(("kind",), Op.EQ, kind.value)) for kind, label in KINDS.items()),
        ),
        Select(
            "state",
            N_("State"),
            (
                Choice("open", OPEN, Compare(("state",), Op.EQ, "open")),
                Choice("answered", N_("Answered"), Compare(("state",), Op.EQ, "answered")),
            ),
        ),
        Select("due", N_("Due within"), (Choice("late", N_("Overdue")), Choice("7", N_("7 days")))),
    ),
    searches=False,
    export=paths.REQUESTS_CSV,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A request.

    Attributes:
        late, soon: it is open, and its time is over or nearly so.
        stranger: it was asked by a proven address that leads to no account here.
    """

    user_id: str
    name: str
    mail: str
    kind: str
    url: str
    asked: datetime
    due: datetime
    state: str
    open: bool
    late: bool
    soon: bool
    stranger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsPage(View):
    """The page. ``said``: what was just done."""

    template: ClassVar[str] = "portal/admin/requests.html"
    table: Table[Row]
    said: Said | None


async def show(admin: Admin) -> Response:
    """The page."""
    browsing = Browsing(admin.visit, SHAPE)
    wanted = _filter(admin, browsing)

    async def page(asked: Asked) -> Page[Listed]:
        return await request_lists.page(admin.reading, admin.tenant_id, asked)

    found, previous, following = await browsing.read(
        page, lambda orders: REQUESTS.orders(request_lists.ALL, orders), wanted
    )
    total = await request_lists.count(admin.reading, admin.tenant_id, wanted)
    named = await _named(admin, found)
    strangers = {one.user_id for one in named if one.by_address and not await _has_account(admin, one)}
    rows = [row_of(one, admin.reading.now, stranger=one.user_id in strangers) for one in named]
    return admin.visit.page(
        RequestsPage(table=browsing.table(rows, total, previous, following), said=heard(admin.visit))
    )


async def _named(admin: Admin, found: list[Listed]) -> list[Listed]:
    """The rows, with the address of those who asked by one."""
    said = await sealed_requests.opened_listed(admin.visit.house, found)
    return [replace(one, mail=said[one.user_id].address) if one.by_address else one for one in found]


async def _has_account(admin: Admin, one: Listed) -> bool:
    return await data_request_found.has_account(admin.visit.house, admin.reading, admin.tenant_id, one.mail)


def _filter(admin: Admin, browsing: Browsing) -> Filter | None:
    parts = list(browsing.wanted)
    due = browsing.chosen.get("due")
    if due is not None:
        until = admin.reading.now + (timedelta() if due.value == "late" else SOON)
        parts += [Compare(("answerDue",), Op.LE, until), Compare(("state",), Op.EQ, "open")]
    return all_of(parts)


def state_of(one: Listed) -> str:
    """Its state, a word of the catalog."""
    if one.answer is not None:
        return ANSWERS[Answer(one.answer)]
    return OPEN if one.first_due is None else EXTENDED


def row_of(one: Listed, now: datetime, *, stranger: bool = False) -> Row:
    """A request as the table shows it; whoever asked by an address is called by it."""
    how = urgency(one.answer_due, now) if one.answer is None else Urgency.TIME
    return Row(
        user_id=one.user_id,
        name=one.mail if one.by_address else one.name,
        mail="" if one.by_address else one.mail,
        kind=KINDS[Kind(one.kind)],
        url=paths.data_request(one.user_id) if one.by_address else paths.request(one.user_id, one.kind),
        asked=one.asked_at,
        due=one.answer_due,
        state=state_of(one),
        open=one.answer is None,
        late=how is Urgency.LATE,
        soon=how is Urgency.SOON,
        stranger=stranger,
    )


# --- As a file --------------------------------------------------------------------------------------------------------


def _kind(one: Listed, words: Words) -> str:
    return words.text(KINDS[Kind(one.kind)])


_OUT: Final = (
    Out[Listed]("id", N_("Object ID"), lambda one: one.user_id),
    Out[Listed]("displayName", N_("Name"), lambda one: one.name),
    Out[Listed]("mail", N_("Email"), lambda one: one.mail),
    Out[Listed]("kind", N_("Request"), lambda one: one.kind, _kind),
    Out[Listed]("askedDateTime", N_("Asked on"), lambda one: one.asked_at),
    Out[Listed]("dueDateTime", N_("Answer by"), lambda one: one.answer_due),
    Out[Listed]("extended", N_("Extended"), lambda one: one.first_due is not None),
    Out[Listed]("state", N_("State"), lambda one: one.answer or "open", lambda one, words: words.text(state_of(one))),
    Out[Listed]("answeredDateTime", N_("Answered on"), lambda one: one.answered_at),
    Out[Listed]("ground", N_("Ground"), lambda one: one.ground),
    Out[Listed]("byAddress", N_("By a confirmed address"), lambda one: one.by_address),
)


async def download(admin: Admin) -> Response:
    """The same rows as a file."""
    browsing = Browsing(admin.visit, SHAPE)

    async def rows(found: list[Listed]) -> list[Listed]:
        return await _named(admin, found)

    source = Source(
        name="requests",
        file="requests",
        reads=(Verb.READ_DELETED, Verb.READ_AUDIT),
        columns=_OUT,
        count=lambda wanted: request_lists.count(admin.reading, admin.tenant_id, wanted),
        page=lambda asked: request_lists.page(admin.reading, admin.tenant_id, asked),
        full_order=lambda orders: REQUESTS.orders(request_lists.ALL, orders),
        rows=rows,
    )
    return await export(admin, browsing, source, _filter(admin, browsing))
