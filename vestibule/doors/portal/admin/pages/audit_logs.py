"""*Audit logs*: what happened, by whom, to whom; with filters, details, and as a file."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.doors.portal.admin import activity_names, log_paths, paths, witness_rows
from vestibule.doors.portal.admin.events import Event, Log, Wanted
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.said import Said, heard
from vestibule.doors.portal.admin.tables import Browsing, Chip, Choice, Column, Select, Shape, Table, Typed
from vestibule.doors.portal.admin.witness_rows import WitnessRow
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.filters import Ordering
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.listing import Asked, Page

ORDER: Final = (Ordering(("at",), True), Ordering(("id",), True))
BACK: Final = {"24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=30)}
TIME_RANGE: Final = Select(
    "range",
    N_("Time range"),
    (Choice("24h", N_("Last 24 hours")), Choice("7d", N_("Last 7 days")), Choice("30d", N_("Last 30 days"))),
)
_ACTIVITY: Final = Typed("activity", N_("Activity"))
_BETWEEN: Final = "."

SHAPE: Final = Shape(
    path=paths.AUDIT_LOGS,
    columns=(
        Column("time", N_("Time"), ("at",)),
        Column("activity", N_("Activity")),
        Column("category", N_("Category")),
        Column("actor", N_("Actor")),
        Column("target", N_("Target")),
        Column("result", N_("Result")),
        Column("reference", N_("Reference")),
    ),
    order="-time",
    selects=(
        TIME_RANGE,
        Select("result", N_("Result"), (Choice("succeeded", N_("Succeeded")), Choice("failed", N_("Failed")))),
    ),
    typed=(Typed("actor", N_("Actor")), Typed("target", N_("Target")), _ACTIVITY),
    searches=False,
    export=log_paths.AUDIT_CSV,
)


@dataclass(frozen=True, slots=True)
class Offered:
    """The activities of one category that the filter offers: key in the address, name, whether it is chosen."""

    category: str
    activities: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLogsPage(View):
    """The page.

    Attributes:
        table: the rows and what stands around them. offered: the activities of the filter. chosen: how many are.
        lines_url: the same rows as JSON lines. said: what came of verifying the log.
        witnesses: who is asked to sign the log too, and how it stands with each.
        unfinished: it looked at many events, and found fewer than fit.
    """

    template: ClassVar[str] = "portal/admin/audit_logs.html"
    table: Table[Event]
    offered: tuple[Offered, ...]
    chosen: int
    lines_url: str
    said: Said | None
    witnesses: tuple[WitnessRow, ...]
    unfinished: bool

    @property
    def conflicts(self) -> bool:
        """Whether a witness knows another log."""
        return any(one.conflicts for one in self.witnesses)

    def key(self, row: Event) -> str:
        """The row's activity in an address."""
        return activity_names.key_of(row.names[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage(View):
    """*Details of {activity} at {time}*: one event, what it changed and what else it tells."""

    template: ClassVar[str] = "portal/admin/event.html"
    event: Event
    name: str
    facts: tuple[tuple[str, str], ...]

    def plain(self, value: object) -> str:
        """A value as text."""
        return plain(value)


async def show(admin: Admin) -> Response:
    """The page."""
    browsing = browse(admin)
    log, wanted = log_of(admin), wanted_of(browsing)

    async def page(asked: Asked) -> Page[Event]:
        return await log.page(wanted, asked)

    found, previous, following = await browsing.read(page, lambda _: ORDER_OF[browsing.sort], None)
    rows = [one for event in found for one in rows_of(event, wanted)]
    last = browsing.starts_at + max(0, len(found) - 1)
    keys = _keys(browsing)
    table = browsing.table(rows, last, previous, following)
    return admin.visit.page(
        AuditLogsPage(
            table=replace(table, typed=table.typed[:-1], chips=_chips(browsing, table.chips)),
            offered=tuple(_offered(category, several, keys) for category, several in activity_names.choices().items()),
            chosen=len(keys),
            lines_url=table.export_url.replace(log_paths.AUDIT_CSV, log_paths.AUDIT_LINES, 1),
            said=heard(admin.visit),
            witnesses=await witness_rows.rows(admin),
            unfinished=following is not None and len(found) < browsing.size,
        )
    )


ORDER_OF: Final = {"-time": ORDER, "time": tuple(Ordering(one.path) for one in ORDER)}


def browse(admin: Admin) -> Browsing:
    """What the address asks for. Several activities, which a form sends one by one, become one value."""
    items = admin.visit.request.query_params.multi_items()
    several = [part for name, value in items if name == _ACTIVITY.name for part in value.split(_BETWEEN)]
    known = [key for key in dict.fromkeys(several) if key in activity_names.BY_KEY]
    return Browsing(admin.visit, SHAPE, {**dict(items), _ACTIVITY.name: _BETWEEN.join(known)})


def _keys(browsing: Browsing) -> tuple[str, ...]:
    given = browsing.given[_ACTIVITY.name]
    return tuple(given.split(_BETWEEN)) if given else ()


def wanted_of(browsing: Browsing) -> Wanted:
    """The filters."""
    back, result = browsing.chosen.get("range"), browsing.chosen.get("result")
    return Wanted(
        back=None if back is None else BACK[back.value],
        names=frozenset(activity_names.BY_KEY[key] for key in _keys(browsing)),
        actor=browsing.typed.get("actor", ""),
        target=browsing.typed.get("target", ""),
        failed=None if result is None else result.value == "failed",
    )


def log_of(admin: Admin) -> Log:
    """The log of the organization, in the words of the page."""
    return Log(admin.visit.house, admin.reading, admin.tenant_id, admin.visit.words)


def rows_of(event: Event, wanted: Wanted) -> list[Event]:
    """A row for each of the event's names that is wanted."""
    return [replace(event, names=(name,)) for name in event.names if not wanted.names or name in wanted.names]


def _chips(browsing: Browsing, chips: tuple[Chip, ...]) -> tuple[Chip, ...]:
    """The chips, with one for each activity instead of one for all of them."""
    keys = _keys(browsing)
    each = []
    for key in keys:
        rest = _BETWEEN.join(one for one in keys if one != key)
        each.append(Chip(_ACTIVITY.label, activity_names.BY_KEY[key], browsing.url(activity=rest)))
    return (*(chip for chip in chips if chip.label != _ACTIVITY.label), *each)


def _offered(category: str, several: tuple[str, ...], keys: tuple[str, ...]) -> Offered:
    known = ((activity_names.key_of(name), name) for name in several)
    return Offered(category, tuple((key, name, key in keys) for key, name in known))


async def details(admin: Admin) -> Response:
    """One event. Raises Refused (NOT_FOUND)."""
    event_id = names.guid(admin.visit.captured("id"))
    event = None if event_id is None else await log_of(admin).find(event_id)
    if event is None:
        raise Refused(Reason.NOT_FOUND)
    asked = activity_names.BY_KEY.get(admin.visit.request.query_params.get("as", ""), "")
    name = asked if asked in event.names else event.names[0]
    return admin.visit.page(EventPage(event=event, name=name, facts=_facts(event)))


def _facts(event: Event) -> tuple[tuple[str, str], ...]:
    """What the event tells besides, by our own names: what stays for ever, and what can still be read."""
    told = {**event.entry.facts, **{k: v for k, v in event.entry.details.items() if k not in {"old", "new"}}}
    return tuple((name, plain(value)) for name, value in told.items() if name not in {"old", "new"})


def plain(value: object) -> str:
    """A kept value as text: lists by their parts, yes and no as JSON writes them; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(map(plain, value))
        case dict():
            return ", ".join(f"{name}: {plain(part)}" for name, part in value.items())
        case _:
            return str(value)
