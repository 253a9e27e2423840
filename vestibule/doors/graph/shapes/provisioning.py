"""The provisioning log: one event is one row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from vestibule.doors.graph.model.provisioning import PROVISIONING
from vestibule.doors.graph.shapes.audit import AppInitiator, ChangeView, UserInitiator
from vestibule.doors.graph.shapes.wire import Values
from vestibule.rules.pushes import Action, Status, action_of, export_step, identity_type_of, said, status_of

ENTITY: Final = PROVISIONING
_as_json: Final = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class PushView:
    """What is shown of something that a provisioning client asked for.

    Attributes:
        event_id, type, at, correlation_id, reason: as in the audit log.
        tenant_id, organization: where it was done. program: the client. by: who acted through it.
        target_id, target_name, upn: what it was done to; None where nobody knows (any more).
        external_id: what the client calls it now. changes: what changed.
        in_the_way: what stood in the way of something refused: names of ours, such as a property's.
    """

    event_id: str
    type: str
    at: datetime
    correlation_id: str
    tenant_id: str
    organization: str
    program: AppInitiator
    by: UserInitiator | AppInitiator
    target_id: str | None = None
    target_name: str | None = None
    upn: str | None = None
    external_id: str | None = None
    changes: tuple[ChangeView, ...] = ()
    reason: str | None = None
    sentence: str | None = None
    in_the_way: Sequence[tuple[str, str]] = ()


def push_values(view: PushView) -> Values:
    """Every property of the model."""
    kind, client = identity_type_of(view.type), view.program
    return {
        "id": view.event_id,
        "activityDateTime": view.at,
        "tenantId": view.tenant_id,
        "jobId": f"scim.{view.tenant_id.replace('-', '')}.{client.app_id}",
        "cycleId": view.correlation_id,
        "changeId": view.event_id,
        "provisioningAction": action_of(view.type).value,
        "durationInMilliseconds": None,
        "provisioningStatusInfo": {"status": status_of(view.reason).value, "errorInformation": _error(view)},
        "provisioningSteps": _steps(view, action_of(view.type), kind),
        "modifiedProperties": [_modified(one) for one in view.changes],
        "servicePrincipal": {"id": client.service_principal_id, "displayName": client.display_name},
        "sourceSystem": {"id": client.app_id, "displayName": client.display_name, "details": _program(client)},
        "targetSystem": {"id": view.tenant_id, "displayName": view.organization, "details": {}},
        "initiatedBy": _initiator(view.by),
        "sourceIdentity": _identity(view.external_id, None, kind, {}),
        "targetIdentity": _identity(view.target_id, view.target_name, kind, _named(view.upn)),
    }


def _identity(id_: str | None, name: str | None, kind: str, details: Values) -> Values:
    return {"id": id_, "displayName": name, "identityType": kind, "details": details}


def _named(upn: str | None) -> Values:
    return {} if upn is None else {"UserPrincipalName": upn}


def _program(client: AppInitiator) -> Values:
    if client.service_principal_id is None:
        return {}
    return {
        "ApplicationId": client.app_id,
        "ServicePrincipalId": client.service_principal_id,
        "ServicePrincipalDisplayName": client.display_name,
    }


def _initiator(by: UserInitiator | AppInitiator) -> Values:
    if isinstance(by, UserInitiator):
        return {"id": by.id, "displayName": by.display_name, "initiatorType": "user"}
    return {"id": by.service_principal_id or by.app_id, "displayName": by.display_name, "initiatorType": "application"}


def _error(view: PushView) -> Values | None:
    if view.reason is None:
        return None
    return {
        "errorCode": view.reason,
        "reason": view.sentence,
        "additionalDetails": "; ".join(f"{name}: {value}" for name, value in view.in_the_way) or None,
        "errorCategory": "nonServiceFailure",
        "recommendedAction": None,
    }


def _steps(view: PushView, action: Action, kind: str) -> list[Values]:
    """What is known of the way here: it was asked for, and it was done or not."""
    status = status_of(view.reason)
    asked = _step("EntryImport", "import", Status.SUCCESS, f"{kind} was received from the client.")
    return [asked, _step(export_step(action), "export", status, said(action, kind, status))]


def _step(name: str, of_type: str, status: Status, description: str) -> Values:
    return {
        "name": name,
        "provisioningStepType": of_type,
        "status": status.value,
        "description": description,
        "details": {},
    }


def _modified(change: ChangeView) -> Values:
    return {"displayName": change.name, "oldValue": _told(change.old), "newValue": _told(change.new)}


def _told(value: object) -> str | None:
    """Plain text, as Entra writes it in this log; other values as JSON."""
    return value if value is None or isinstance(value, str) else _as_json(value).decode()
