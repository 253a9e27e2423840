"""*Audit logs* as a file: CSV for spreadsheets, JSON lines for programs, with the filters and the order of the page.

A line of JSON is one event, with Graph's property names where Graph has one, times in UTC, and the words of the page's
English names for activities, so that a file reads the same whoever took it.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from vestibule.actions import exporting
from vestibule.doors.portal.admin.events import Event, Log, Named, Wanted
from vestibule.doors.portal.admin.exports import Out, Source, export
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.audit_logs import ORDER_OF, browse, log_of, rows_of, wanted_of
from vestibule.doors.portal.desk import NO_STORE
from vestibule.doors.web.words import N_, Words, words
from vestibule.ground.clock import iso
from vestibule.rules.filters import Filter, Ordering
from vestibule.rules.verbs import Verb
from vestibule.store.listing import Asked, Page

_NAME: Final = "auditLogs"
_CHUNK: Final = 500
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

    source = Source(_NAME, "audit-logs", (Verb.READ_AUDIT,), _OUT, count, page, order, rows)
    return await export(admin, browsing, source, None)


async def as_lines(admin: Admin) -> Response:
    """*Export JSON lines*."""
    browsing = browse(admin)
    wanted = wanted_of(browsing)
    file = f"audit-logs-{admin.reading.now.date().isoformat()}.jsonl"
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{file}"'}
    kind = "application/jsonl"
    if admin.visit.request.method == "HEAD":
        return Response(None, headers=headers, media_type=kind)
    total = await log_of(admin).count(wanted)
    await exporting.export_list(
        admin.visit.house, tenant_id=admin.tenant_id, what=_NAME, rows=total, reads=Verb.READ_AUDIT, by=admin.by
    )
    return StreamingResponse(_lines(admin, wanted, ORDER_OF[browsing.sort]), headers=headers, media_type=kind)


async def _lines(admin: Admin, wanted: Wanted, order: tuple[Ordering, ...]) -> AsyncIterator[bytes]:
    asked = Asked(_CHUNK, None, order)
    encode = msgspec.json.Encoder().encode
    while True:
        await admin.visit.fresh()
        found = await Log(admin.visit.house, admin.reading, admin.tenant_id, admin.visit.words).page(wanted, asked)
        yield b"".join(encode(_line(one)) + b"\n" for event in found.items for one in rows_of(event, wanted))
        if found.position is None:
            return
        asked = Asked(_CHUNK, None, order, found.position)


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
