"""*Data removal*: whose data is being removed, by when it is gone, and what is late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import hastening_removals
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.removal_states import (
    DONE,
    FAILED,
    ON_HOLD,
    RUNNING,
    STATES,
    WAITING,
    last_error,
    state_of,
    systems_done,
)
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.portal.admin.tables import Browsing, Choice, Column, Select, Shape, Table
from vestibule.doors.portal.routes.account.receipts import signed_file
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_, NN_
from vestibule.rules.filters import Compare, Filter, Op, Or, all_of
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import certificates, erasure_lists, erasures, recipients
from vestibule.store.erasure_lists import REMOVALS, Removal
from vestibule.store.listing import Asked, Page
from vestibule.store.recipients import Recipient

LEFT, PURGED = N_("Left a shared app's organization"), N_("Permanently deleted")
_ENDED: Final = NN_("{n} data removal is done.", "{n} data removals are done.")
_ASKED: Final = NN_("{n} connection is asked again.", "{n} connections are asked again.")
_NOTHING_ENDED: Final = N_("Everything that can be done now is done.")
_NOTHING_FAILED: Final = N_("No app failed that a data removal waits for.")
_WITHIN: Final = {"3": 3, "7": 7}

SHAPE: Final = Shape(
    path=paths.DATA_REMOVAL,
    columns=(
        Column("person", N_("Person")),
        Column("reason", N_("Reason"), ("reason",)),
        Column("since", N_("Permanently deleted on"), ("startedAt",)),
        Column("due", N_("Due by"), ("dueBy",)),
        Column("state", N_("State"), ("rank",)),
        Column("systems", N_("Systems done")),
        Column("error", N_("Last error")),
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
                Choice("waiting", WAITING, Compare(("outcome",), Op.EQ, "waitingForRecipients")),
                Choice("failed", STATES[FAILED], Compare(("outcome",), Op.EQ, "failed")),
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
class Told:
    """A data removal, and the apps that had to be told of it."""

    removal: Removal
    apps: tuple[Recipient, ...]

    @property
    def state(self) -> str:
        """A key of ``STATES``."""
        return state_of(self.removal.state, self.apps)

    @property
    def systems(self) -> int:
        """As ``systems_done``."""
        return systems_done(self.removal.state, self.apps)

    @property
    def error(self) -> str:
        """As ``last_error``."""
        return last_error(self.removal.state, self.apps)


@dataclass(frozen=True, slots=True)
class Row:
    """A data removal.

    Attributes:
        late: its time is over, it is not done, and no legal hold keeps it.
        failed: an app that it waits for did not do what it was asked.
        systems, of: how many systems have nothing of the person any more, this one among them, and how many there are.
        error: what the app that failed last answered. certificate: its address, or nothing.
    """

    user_id: str
    tag: str
    reason: str
    since: datetime
    due: datetime
    state: str
    done: bool
    late: bool
    failed: bool
    systems: int
    of: int
    error: str
    on_hold: bool
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRemovalPage(View):
    """The page.

    Attributes:
        may_run, may_retry: the buttons that are there. last: when the last one was done; None when none ever was.
        held: how many people are on hold whose permanent deletion or data removal waits for it.
        may_know: who is signed in may see why.
    """

    template: ClassVar[str] = "portal/admin/data_removal.html"
    table: Table[Row]
    may_run: bool
    may_retry: bool
    last: datetime | None
    held: int
    may_know: bool
    said: Said | None = None


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
    rows = [_row(one, admin.reading.now, certified) for one in await _told(admin, found)]
    return admin.visit.page(
        DataRemovalPage(
            table=browsing.table(rows, total, previous, following),
            may_run=admin.may(Verb.PURGE),
            may_retry=admin.may(Verb.CHANGE_CONNECTIONS),
            said=heard(admin.visit),
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


async def run_now(admin: Admin) -> Response:
    """Take the steps that are left, at once."""
    await admin.visit.form(verb=Verb.PURGE, tenant_id=admin.tenant_id)
    ended = await hastening_removals.run_now(admin.visit.house, tenant_id=admin.tenant_id, by=admin.by)
    say(admin.visit, Said(_ENDED[0], many=_ENDED[1], n=ended) if ended else Said(_NOTHING_ENDED))
    return admin.visit.redirect(paths.DATA_REMOVAL)


async def retry_failed(admin: Admin) -> Response:
    """Ask again every app that failed."""
    await admin.visit.form(verb=Verb.CHANGE_CONNECTIONS, tenant_id=admin.tenant_id)
    asked = await hastening_removals.retry_failed(admin.visit.house, tenant_id=admin.tenant_id, by=admin.by)
    say(admin.visit, Said(_ASKED[0], many=_ASKED[1], n=asked) if asked else Said(_NOTHING_FAILED))
    return admin.visit.redirect(paths.DATA_REMOVAL)


async def _told(admin: Admin, found: list[Removal]) -> list[Told]:
    """Each with the apps that had to be told."""
    told: dict[str, list[Recipient]] = {one.user_id: [] for one in found}
    for one in await recipients.of_removals(admin.reading, admin.tenant_id, list(told)):
        told[one.user_id].append(one)
    return [Told(one, tuple(told[one.user_id])) for one in found]


def _row(told: Told, now: datetime, certified: frozenset[str]) -> Row:
    one = told.removal
    return Row(
        user_id=one.user_id,
        tag=one.tag,
        reason=_reason_of(one),
        since=one.started_at,
        due=one.due_by,
        state=STATES[told.state],
        done=one.state == "done",
        failed=told.state == FAILED,
        systems=told.systems,
        of=1 + len(told.apps),
        error=told.error,
        late=one.state not in {"done", erasures.ON_HOLD} and one.due_by < now,
        on_hold=one.state == erasures.ON_HOLD,
        certificate=paths.CERTIFICATE.format(id=one.user_id) if one.user_id in certified else "",
    )


# --- As a file --------------------------------------------------------------------------------------------------------

_OUT: Final = (
    Out[Told]("id", N_("Person"), lambda one: one.removal.tag),
    Out[Told](
        "reason",
        N_("Reason"),
        lambda one: one.removal.reason,
        lambda one, words: words.text(_reason_of(one.removal)),
    ),
    Out[Told]("permanentlyDeletedDateTime", N_("Permanently deleted on"), lambda one: one.removal.started_at),
    Out[Told]("dueDateTime", N_("Due by"), lambda one: one.removal.due_by),
    Out[Told]("state", N_("State"), lambda one: one.state, lambda one, words: words.text(STATES[one.state])),
    Out[Told]("systemsDone", N_("Systems done"), lambda one: one.systems),
    Out[Told]("systems", N_("Systems"), lambda one: 1 + len(one.apps)),
    Out[Told]("lastError", N_("Last error"), lambda one: one.error),
    Out[Told]("finishedDateTime", N_("Done on"), lambda one: one.removal.finished_at),
)


async def download(admin: Admin) -> Response:
    """The same rows as a file."""
    browsing = Browsing(admin.visit, SHAPE)

    async def rows(found: list[Removal]) -> list[Told]:
        return await _told(admin, found)

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
