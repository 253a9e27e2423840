"""The audit log: one event shows as one or more rows, which share their ``correlationId``."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from vestibule.doors.graph.model.audit import DIRECTORY_AUDIT
from vestibule.doors.graph.shapes.wire import Values
from vestibule.rules.activities import Row, Service, TargetType, rows

ENTITY: Final = DIRECTORY_AUDIT
_PREFIXES: Final = {Service.CORE: "Directory"}  # the others go by their own name
_ROW_ID: Final = re.compile(r"[A-Za-z0-9 ]{1,40}_([0-9a-fA-F-]{36})_([0-9]{1,2})")
_as_json: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class UserInitiator:
    """The person who did it."""

    id: str | None
    display_name: str | None = None
    user_principal_name: str | None = None
    ip_address: str | None = None


@dataclass(frozen=True, slots=True)
class AppInitiator:
    """The program that did it: an app, the worker, the command line."""

    app_id: str | None
    display_name: str | None = None
    service_principal_id: str | None = None


@dataclass(frozen=True, slots=True)
class TargetView:
    """What it was done to; ``type`` as in ``rules.activities.TargetType``, None for what the activity itself says."""

    id: str | None
    display_name: str | None = None
    user_principal_name: str | None = None
    type: TargetType | None = None


@dataclass(frozen=True, slots=True)
class ChangeView:
    """One property that changed. Values are plain; None where there was or is none, or where they are not kept."""

    name: str
    old: object = None
    new: object = None


@dataclass(frozen=True, slots=True)
class EventView:
    """What is shown of an audit event.

    Attributes:
        event_id: names the rows. type: our own word for it (``rules.activities.EVENTS``).
        succeeded, reason: whether it was done, and the code of the refusal when it was not.
        correlation_id: what the rows of one act share.
        targets: what it was done to, the main one first.
        changes: properties of the main target that changed.
        details: keys and values of ``additionalDetails`` beside those that the activity itself says.
        facts: the names of the facts that the event tells.
    """

    event_id: str
    type: str
    at: datetime
    succeeded: bool
    correlation_id: str
    by: UserInitiator | AppInitiator
    targets: tuple[TargetView, ...] = ()
    reason: str | None = None
    changes: tuple[ChangeView, ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    facts: frozenset[str] = frozenset()


def audit_rows(event: EventView) -> list[Values]:
    """The rows of ``directoryAudits`` for an event, with every property of the model."""
    found = rows(event.type, refused=not event.succeeded)
    return [_row(event, row, number) for number, row in enumerate(found) if not row.needs or row.needs in event.facts]


def row_id(service: Service, event_id: str, number: int) -> str:
    """The id of one row."""
    return f"{_PREFIXES.get(service, service.value)}_{event_id}_{number}"


def event_of(row: str) -> tuple[str, int] | None:
    """The event and the number of the row that an id names; None when it can name none."""
    found = _ROW_ID.fullmatch(row)
    return (found[1].lower(), int(found[2])) if found else None


def _row(event: EventView, row: Row, number: int) -> Values:
    return {
        "id": row_id(row.service, event.event_id, number),
        "category": row.category.value,
        "correlationId": event.correlation_id,
        "result": "success" if event.succeeded else "failure",
        "resultReason": event.reason or "",
        "activityDisplayName": row.activity,
        "activityDateTime": event.at,
        "loggedByService": row.service.value,
        "operationType": row.operation.value,
        "initiatedBy": _initiator(event.by),
        "targetResources": _targets(event, row),
        "additionalDetails": _details(event, row),
    }


def _initiator(by: UserInitiator | AppInitiator) -> Values:
    if isinstance(by, UserInitiator):
        person = {
            "id": by.id,
            "displayName": by.display_name,
            "userPrincipalName": by.user_principal_name,
            "ipAddress": by.ip_address,
        }
        return {"user": person, "app": None}
    app = {
        "appId": by.app_id,
        "displayName": by.display_name,
        "servicePrincipalId": by.service_principal_id,
        "servicePrincipalName": None,
    }
    return {"user": None, "app": app}


def _targets(event: EventView, row: Row) -> list[Values]:
    implied = row.modified if event.succeeded else ()
    return [
        {
            "id": target.id,
            "displayName": target.display_name,
            "type": (target.type or row.target).value,
            "userPrincipalName": target.user_principal_name,
            "groupType": "unknownFutureValue" if (target.type or row.target) is TargetType.GROUP else None,
            "modifiedProperties": _modified(event.changes, implied) if place == 0 else [],
        }
        for place, target in enumerate(event.targets)
    ]


def _modified(changes: Iterable[ChangeView], implied: Iterable[tuple[str, str]]) -> list[Values]:
    """Values are JSON text inside JSON, as Entra writes them."""
    told = [
        {"displayName": change.name, "oldValue": _told(change.old), "newValue": _told(change.new)} for change in changes
    ]
    return [*told, *({"displayName": name, "oldValue": None, "newValue": value} for name, value in implied)]


def _told(value: object) -> str | None:
    return None if value is None else _as_json(value).decode()


def _details(event: EventView, row: Row) -> list[Values]:
    return [{"key": key, "value": value} for key, value in (*row.details, *event.details)]
