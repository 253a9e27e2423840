"""*Review history*: what was decided in the reviews of a period, as a file; once, or again and again."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Final

from starlette.responses import Response

from vestibule.actions import review_histories
from vestibule.doors.portal import paths as portal_paths
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.review_history_file import KEY, LANGUAGE
from vestibule.doors.portal.admin.said import Said, heard, say
from vestibule.doors.web.frame import Problem, View
from vestibule.doors.web.words import N_
from vestibule.ground.clock import iso
from vestibule.rules import names
from vestibule.rules import review_histories as rules
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_shapes import QUERY_SCOPE
from vestibule.rules.verbs import Verb
from vestibule.store import review_histories as kept
from vestibule.store.review_histories import History, Run

PERIODS: Final = {"30": 30, "90": 90, "365": 365}
_EVERY: Final = {"monthly": (1, "P1M"), "quarterly": (3, "P3M")}
_AS_FIRST: Final = {"name": "", "period": "90"}
_NAME: Final = Problem(N_("Enter a name of at most 256 characters."), at="name")
_ALL: Final = "/identityGovernance/accessReviews/definitions"


@dataclass(frozen=True, slots=True)
class File:
    """One time that a history was made: its period, and until when it can be fetched."""

    run_id: str
    starts: datetime
    ends: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """A history; ``next``: when it is made next, None when never again."""

    history_id: str
    name: str
    next: datetime | None
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewHistoryPage(View):
    """The page; ``may_create``, ``may_delete``: by who is signed in."""

    template: ClassVar[str] = "portal/admin/review_history.html"
    rows: tuple[Row, ...]
    typed: dict[str, str]
    may_create: bool
    may_delete: bool
    said: Said | None = None


async def show(admin: Admin) -> Response:
    """The page."""
    return await _page(admin, _AS_FIRST)


async def _page(admin: Admin, typed: dict[str, str], *problems: Problem) -> Response:
    _insist(admin)
    found = await kept.everything(admin.reading, admin.tenant_id)
    return admin.visit.page(
        ReviewHistoryPage(
            rows=tuple([await _row(admin, one) for one in found]),
            typed=typed,
            may_create=admin.may(Verb.CREATE_HISTORY),
            may_delete=admin.may(Verb.DELETE_HISTORY),
            said=heard(admin.visit),
            problems=problems,
        ),
        400 if problems else 200,
    )


async def create(admin: Admin) -> Response:
    """Ask for one."""
    form = await admin.visit.form(verb=Verb.CREATE_HISTORY, tenant_id=admin.tenant_id)
    typed = {name: form.get(name, "").strip() for name in _AS_FIRST}
    if not typed["name"]:
        return await _page(admin, typed, _NAME)
    try:
        made = await review_histories.create_history(
            admin.visit.house, _given(admin, typed), tenant_id=admin.tenant_id, by=admin.by
        )
    except Refused as refused:
        if refused.facts.get("property") != "displayName":
            raise
        return await _page(admin, typed, _NAME)
    say(admin.visit, Said(N_("{name} was added."), {"name": made.display_name}))
    return admin.visit.redirect(paths.REVIEW_HISTORY)


async def delete(admin: Admin) -> Response:
    """Take one away."""
    await admin.visit.form(verb=Verb.DELETE_HISTORY, tenant_id=admin.tenant_id)
    history_id = admin.visit.captured("id").lower()
    found = await kept.find(admin.reading, admin.tenant_id, history_id)
    await review_histories.delete_history(
        admin.visit.house, tenant_id=admin.tenant_id, history_id=history_id, by=admin.by
    )
    say(admin.visit, Said(N_("{name} was deleted."), {"name": "" if found is None else found.display_name}))
    return admin.visit.redirect(paths.REVIEW_HISTORY)


async def download(admin: Admin) -> Response:
    """Make an address for a file, and go there."""
    form = await admin.visit.form(verb=Verb.DOWNLOAD_HISTORY, tenant_id=admin.tenant_id)
    _, secret = await review_histories.give_address(
        admin.visit.house,
        tenant_id=admin.tenant_id,
        history_id=admin.visit.captured("id").lower(),
        run_id=names.guid(form.get("run", "")) or "",
        by=admin.by,
    )
    return admin.visit.redirect(portal_paths.REVIEW_HISTORY_FILE, {KEY: secret, LANGUAGE: admin.visit.words.language})


# --- Inside -----------------------------------------------------------------------------------------------------------


def _insist(admin: Admin) -> None:
    """Who may read reviews of some kinds only may not read what tells of all. Raises Refused (NOT_ALLOWED)."""
    if not admin.may_on(Verb.READ_REVIEWS, review_histories.to_read(admin.tenant_id)):
        raise Refused(Reason.NOT_ALLOWED)


async def _row(admin: Admin, history: History) -> Row:
    runs = await review_histories.runs_of(admin.reading, history)
    return Row(history.history_id, history.display_name, history.next_at, tuple(_file(one) for one in reversed(runs)))


def _file(run: Run) -> File:
    return File(run.run_id, run.starts_at, run.ends_at, review_histories.expires_at(run))


def _given(admin: Admin, typed: dict[str, str]) -> dict[str, Any]:
    """The history in Graph's shape, in which the action takes it: of every review, with every decision."""
    given: dict[str, Any] = {
        "displayName": typed["name"],
        "scopes": [{"@odata.type": QUERY_SCOPE, "query": _ALL, "queryType": "MicrosoftGraph"}],
    }
    now = admin.reading.now
    if typed["period"] in _EVERY:
        interval, back = _EVERY[typed["period"]]
        pattern = {"type": "absoluteMonthly", "interval": interval, "dayOfMonth": 1}
        span = {"type": "noEnd", "startDate": _first_of_next_month(now.date()).isoformat()}
        return {**given, "scheduleSettings": {"recurrence": {"pattern": pattern, "range": span}, "reportRange": back}}
    days = PERIODS.get(typed["period"], PERIODS[_AS_FIRST["period"]])
    return {**given, rules.STARTS: iso(now - timedelta(days=days)), rules.ENDS: iso(now)}


def _first_of_next_month(today: date) -> date:
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)
