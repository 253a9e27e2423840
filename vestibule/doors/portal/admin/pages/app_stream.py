"""The stream of an app on its page of *Connections*: the form, and how it goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from vestibule.actions import streams
from vestibule.actions.streams import Wish
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.web.words import N_
from vestibule.rules import signals as rules
from vestibule.rules.connections import State, Whom
from vestibule.rules.signals import Method, Status
from vestibule.store import deliveries
from vestibule.store.apps import App
from vestibule.store.connections import Connection
from vestibule.store.unit import Reading

FIELDS: Final = ("method", "status", "reason")
"""What the form has beside the fields of every connection."""

METHODS: Final = {Method.PUSH: N_("Pushed to its address"), Method.POLL: N_("Collected by the app")}
STATUSES: Final = {Status.ENABLED: N_("Enabled"), Status.PAUSED: N_("Paused"), Status.DISABLED: N_("Disabled")}


@dataclass(frozen=True, slots=True)
class Shown:
    """How a stream goes.

    Attributes:
        method, status: in words. tells: nothing is held back. reason: of the status; may be empty.
        verified: when the app took a verification last; None when it did not.
    """

    method: str
    status: str
    tells: bool
    reason: str
    verified: datetime | None


async def shown(reading: Reading, one: Connection) -> Shown:
    """How a stream goes."""
    found = await deliveries.find(reading, one.tenant_id, one.app_id, one.kind, deliveries.VERIFICATION)
    taken = found is not None and found.state == State.CONFIRMED.value
    return Shown(
        method=METHODS[Method(one.method or "")],
        status=STATUSES[Status(one.status or "")],
        tells=one.status == Status.ENABLED.value,
        reason=one.reason or "",
        verified=found.tried_at if found is not None and taken else None,
    )


def typed_of(one: Connection | None) -> dict[str, str]:
    """What the form begins with."""
    if one is None:
        return {"method": Method.PUSH.value, "status": Status.ENABLED.value, "reason": ""}
    return {"method": one.method or "", "status": one.status or "", "reason": one.reason or ""}


async def save(admin: Admin, app: App, typed: Mapping[str, str], authorization: str, *, there: bool) -> None:
    """Set up the stream, or change it. Raises Refused as ``streams``."""
    of: dict[str, Any] = {"tenant_id": app.tenant_id, "app_id": app.app_id, "by": admin.by}
    wish = Wish(
        method=Method.POLL if typed["method"] == Method.POLL.value else Method.PUSH,
        address=typed["address"],
        authorization=authorization if authorization.strip() or not there else None,
        told_of=Whom.EVERYONE if typed["told_of"] == Whom.EVERYONE.value else Whom.CONNECTED,
        required=typed["required"] == "yes",
    )
    reason = rules.words(typed["reason"], "reason")
    house = admin.visit.house
    if there:
        before = await streams.change_stream(house, wish, **of, whole=False)
    else:
        before = await streams.create_stream(house, wish, **of)
    status = next((one for one in Status if one.value == typed["status"]), Status.ENABLED)
    if (before.status, before.reason) != (status.value, reason):
        await streams.set_status(house, status, reason, **of)
