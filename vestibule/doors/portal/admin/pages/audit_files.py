"""*Audit logs* as a file: CSV for spreadsheets, JSON lines for programs, with the filters and the order of the page.

A line of JSON is one event, with Graph's property names where Graph has one, times in UTC, and the words of the page's
English names for activities, so that a file reads the same whoever took it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.responses import Response

from vestibule.doors.portal.admin.events import Event, Named
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.audit_logs import ORDER_OF, browse, log_of, rows_of, wanted_of
from vestibule.doors.web.words import N_, Words, words
from vestibule.ground.clock import iso
from vestibule.rules.filters import Filter, Ordering
from vestibule.rules.verbs import Verb
from vestibule.store.listing import Asked, Page

_NAME: Final = "auditLogs"
_ENGLISH: Final = words("en", "pages")


def _all(targets: Sequence[Named], told: Words) -> str:
    return ", ".join(target.said(told) for target in targets)


_OUT: Final = (
    Out[Event]("id", N_("Event ID"), lambda row: row.event_id),
    Out[Event]("activityDateTime", N_("Time"), lambda row: row.at),
    Out[Event](
        "activityDisplayName",
        N_("Activity"),
        lambda row: row.names[0],
        lambda row, told: told.text(row.names[0]),
    ),
    Out[Event](
        "category",
        N_("Category"),
        lambda row: row.category,
        lambda row, told: told.text(row.category),
    ),
    Out[Event](
        "initiatedBy", N_("Actor"), lambda row: row.actor.said(_ENGLISH), lambda row, told: row.actor.said(told)
    ),
    Out[Event](
        "targetResources",
        N_("Target"),
        lambda row: _all(row.targets, _ENGLISH),
        lambda row, told: _all(row.targets, told),
    ),
    Out[Event](
        "result",
        N_("Result"),
        lambda row: "failure" if row.failed else "success",
        lambda row, told: told.text(N_("Failed") if row.failed else N_("Succeeded")),
    ),
    Out[Event](
        "resultReason",
        N_("Reason"),
        lambda row: row.entry.event.reason,
        lambda row, told: told.text(row.reason) if row.reason else "",
    ),
    Out[Event]("correlationId", N_("Reference"), lambda row: row.reference),
)


async def as_csv(admin: Admin) -> Response:
    """*Export CSV*."""
    return await _export(admin, None)


async def as_lines(admin: Admin) -> Response:
    """*Export JSON lines*."""
    return await _export(admin, _line)


async def _export(admin: Admin, line: Callable[[Event], Mapping[str, Any]] | None) -> Response:
    browsing = browse(admin)
    wanted = wanted_of(browsing)

    async def count(_: Filter | None) -> int:
        return await log_of(admin).count(wanted)

    async def page(asked: Asked) -> Page[Event]:
        return await log_of(admin).page(wanted, asked)

    async def rows(found: list[Event]) -> list[Event]:
        return [one for event in found for one in rows_of(event, wanted)]

    def order(_: Sequence[Ordering]) -> tuple[Ordering, ...]:
        return ORDER_OF[browsing.sort]

    source = Source(_NAME, "audit-logs", (Verb.READ_AUDIT,), _OUT, count, page, order, rows, line)
    return await export(admin, browsing, source, None)


def _line(row: Event) -> dict[str, Any]:
    return {
        "id": row.event_id,
        "activityDateTime": iso(row.at),
        "activityDisplayName": row.names[0],
        "type": row.entry.event.type,
        "category": row.category,
        "initiatedBy": _who(row.actor),
        "ipAddress": row.network or None,
        "targetResources": [_who(target) for target in row.targets],
        "result": "failure" if row.failed else "success",
        "resultReason": row.entry.event.reason,
        "correlationId": row.reference,
        "modifiedProperties": [
            {"displayName": one.name, "oldValue": one.old, "newValue": one.new} for one in row.changes
        ],
    }


def _who(one: Named) -> dict[str, str | None]:
    return {"displayName": one.said(_ENGLISH), "userPrincipalName": one.address or None}
