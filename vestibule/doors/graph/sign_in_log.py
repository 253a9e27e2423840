"""From stored events of signing in to what ``auditLogs/signIns`` shows.

Names and network addresses are opened with the key of the person. Where that is destroyed the row still stands, and
whoever it was is called by their label.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.actions.sign_in_log import PAGES, STRANGER
from vestibule.doors.graph.audit_log import pseudonym
from vestibule.doors.graph.shapes.sign_in import SignInView
from vestibule.store import apps, audit
from vestibule.store.audit import AuditEvent
from vestibule.store.unit import Reading

OUR_PAGES: Final = "My Account"


@dataclass(slots=True)
class SignIns:
    """Turns events into views; remembers the names of apps for as long as one answer is made."""

    house: House
    reading: Reading
    tenant_id: str
    _apps: dict[str, str | None] = field(default_factory=lambda: {PAGES: OUR_PAGES})

    async def views(self, events: list[AuditEvent]) -> list[SignInView]:
        """The events as they are shown, in the same order."""
        if not events:
            return []
        parts = await audit.parts_of(self.reading, self.tenant_id, [event.event_id for event in events])
        return [
            await self._view(event, await journal.open_parts(self.house, event, parts.get(event.event_id, [])))
            for event in events
        ]

    async def _view(self, event: AuditEvent, opened: Mapping[str, Mapping[str, Any]]) -> SignInView:
        record: Mapping[str, Any] = msgspec.json.decode(event.record)
        facts, about = record["facts"], record["object"]
        whose = opened.get("subject", {}) if about["kind"] == "membership" else {}
        details = whose.get("details", {})
        removed = about["kind"] == "membership" and not whose
        client_id = str(record["client_id"])
        return SignInView(
            event_id=event.event_id,
            tenant_id=event.tenant_id,
            at=event.at,
            correlation_id=event.correlation_id,
            user_id=about["tag"] if removed else whose.get("id"),
            display_name=pseudonym(about["tag"]) if removed else whose.get("displayName"),
            upn=whose.get("userPrincipalName") or whose.get("mail"),
            user_type=whose.get("userType"),
            client_id=client_id,
            app=await self._app(client_id),
            network=details.get("ipAddress") or opened.get("actor", {}).get("ipAddress") or None,
            reason=event.reason,
            why="declined" if facts.get("declined") else str(facts.get("why", "")),
            tie=str(facts.get("tie", "")),
            home=details.get("homeTenantId"),
            resource=str(details.get("resourceTenantId") or event.tenant_id),
            on_device=bool(facts.get("deviceCode") or facts.get("passwordGrant")),
            strength=str(record["actor"]["auth_strength"]),
            unknown=bool(facts.get(STRANGER)),
        )

    async def _app(self, client_id: str) -> str | None:
        if client_id not in self._apps:
            found = await apps.find_by_client_id(self.reading, client_id)
            self._apps[client_id] = None if found is None else found.display_name
        return self._apps[client_id]
