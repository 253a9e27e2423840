"""Who deleted whom, from the audit log: it alone remembers, and forgets it when either of them is erased."""

from collections.abc import Sequence
from typing import Final

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.rules.activities import event_type
from vestibule.rules.lifecycle import Cause, Deleted
from vestibule.rules.verbs import Verb
from vestibule.store import audit
from vestibule.store.audit import AuditEvent
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading

_REMOVED: Final = event_type(Verb.REMOVE)


async def deleters(house: House, reading: Reading, gone: Sequence[Membership]) -> dict[str, str]:
    """The names of those who deleted these users, by the id of the deleted one; nobody where nobody did."""
    events: dict[str, AuditEvent] = {}
    for one in gone:
        if isinstance(one.stage, Deleted) and one.stage.cause is Cause.REMOVED:
            found = await audit.of_object(reading, one.tenant_id, one.audit_tag)
            last = next((event for event in reversed(found) if _tells(event)), None)
            if last is not None:
                events[one.user_id] = last
    if not events:
        return {}
    parts = await audit.parts_of(reading, gone[0].tenant_id, [event.event_id for event in events.values()])
    named = {}
    for user_id, event in events.items():
        actor = (await journal.open_parts(house, event, parts.get(event.event_id, []))).get("actor", {})
        named[user_id] = str(actor.get("displayName") or "")
    return named


def _tells(event: AuditEvent) -> bool:
    return event.type == _REMOVED and event.outcome == "success"
