"""The provider commands of an app on its page of *Connections*: which it supports, and what it said when asked."""

from dataclasses import dataclass
from datetime import datetime

from vestibule.rules.connections import State
from vestibule.store import deliveries
from vestibule.store.connections import Connection
from vestibule.store.unit import Reading


@dataclass(frozen=True, slots=True)
class Shown:
    """What is known of an app that takes commands.

    Attributes:
        names: the commands that it supports, by their names in the standard. asked: when it said so; None: never.
        failure: what came instead when it was asked last; empty when it answered.
    """

    names: tuple[str, ...]
    asked: datetime | None
    failure: str


async def shown(reading: Reading, one: Connection) -> Shown:
    """What is known of an app that takes commands."""
    found = await deliveries.find(reading, one.tenant_id, one.app_id, one.kind, deliveries.METADATA)
    failed = found is not None and found.state != State.CONFIRMED.value
    return Shown(
        names=tuple((one.commands or "").split()),
        asked=one.asked_at,
        failure=(found.answer or "") if found is not None and failed else "",
    )
