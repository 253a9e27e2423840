"""From events of the audit log to what ``directoryAudits`` shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from vestibule.actions.house import House
from vestibule.actions.log_entries import Entry, Somebody, entries, label_of
from vestibule.doors.graph.shapes.audit import AppInitiator, ChangeView, EventView, TargetView, UserInitiator
from vestibule.rules.activities import EVENTS, TargetType
from vestibule.rules.actors import ActorKind
from vestibule.store import apps
from vestibule.store.audit import AuditEvent
from vestibule.store.unit import Reading

_KINDS: Final = {
    "membership": TargetType.USER,
    "organization": TargetType.DIRECTORY,
    "domain": TargetType.DIRECTORY,
    "subscription": TargetType.DIRECTORY,
    "policy": TargetType.POLICY,
    "group": TargetType.GROUP,
    "role": TargetType.ROLE,
}
_PROGRAMS: Final = {ActorKind.SYSTEM: "Vestibule", ActorKind.OPERATOR: "Vestibule command line"}
_TOLD: Final = {"invitationId": "InvitationId", "invitedUserEmailAddress": "invitedUserEmailAddress"}


@dataclass(slots=True)
class Initiators:
    """Who did it; remembers the names of apps for as long as one answer is made.

    Attributes:
        tenant_id: whose log it is.
    """

    reading: Reading
    tenant_id: str
    _apps: dict[str, AppInitiator] = field(default_factory=dict)

    async def of(self, entry: Entry) -> UserInitiator | AppInitiator:
        """Who did what an event tells of."""
        kind = entry.actor_kind
        if kind is ActorKind.APP:
            return await self.app(entry.client_id)
        if kind is not ActorKind.PERSON:
            return AppInitiator(None, _PROGRAMS.get(kind, kind.value))
        return _person(entry.person)

    async def app(self, client_id: str) -> AppInitiator:
        """An app, with its name when it is one of the organization's own."""
        if client_id not in self._apps:
            app = await apps.find_by_client_id(self.reading, client_id)
            known = app is not None and app.tenant_id == self.tenant_id
            self._apps[client_id] = AppInitiator(
                client_id,
                app.display_name if app is not None and known else None,
                app.service_principal_id if app is not None and known else None,
            )
        return self._apps[client_id]


class Opener:
    """Turns events into views. ``tenant_id``: whose log it is."""

    def __init__(self, house: House, reading: Reading, tenant_id: str) -> None:
        """Keep where to look."""
        self.house, self.reading, self.tenant_id = house, reading, tenant_id
        self._initiators = Initiators(reading, tenant_id)

    async def views(self, events: list[AuditEvent]) -> list[EventView]:
        """The events as they are shown, in the same order; those that Graph does not show are left out."""
        shown = [event for event in events if EVENTS.get(event.type)]
        return [await self._view(one) for one in await entries(self.house, self.reading, self.tenant_id, shown)]

    async def _view(self, entry: Entry) -> EventView:
        event, details = entry.event, entry.details
        return EventView(
            event_id=event.event_id,
            type=event.type,
            at=event.at,
            succeeded=event.outcome == "success",
            correlation_id=event.correlation_id,
            by=await self._initiators.of(entry),
            targets=(_subject(entry.record["object"], entry.subject), *_others(entry.facts, details)),
            reason=event.reason,
            changes=tuple(ChangeView(one.name, one.old, one.new) for one in entry.changes),
            details=tuple((_TOLD[name], str(details[name])) for name in _TOLD if details.get(name)),
            facts=frozenset(entry.facts),
        )


def _person(who: Somebody) -> UserInitiator:
    if who.shown is None:
        return UserInitiator(who.tag, pseudonym(who.tag))
    upn = who.shown.get("userPrincipalName") or who.shown.get("mail")
    return UserInitiator(who.shown["id"], who.shown.get("displayName"), upn, who.network or None)


def pseudonym(tag: str) -> str:
    """What somebody is called whose data is removed."""
    return f"Removed user {label_of(tag)}"


def _subject(of: Mapping[str, Any], opened: Mapping[str, Any] | None) -> TargetView:
    kind = _KINDS.get(of["kind"])  # None: an app, which the activity itself calls app or service principal
    if opened is not None:
        return TargetView(opened.get("id"), opened.get("displayName"), opened.get("userPrincipalName") or None, kind)
    if of["kind"] == "membership":
        return TargetView(of["tag"], pseudonym(of["tag"]), None, kind)
    return TargetView(of["tag"], None, None, kind)


def _others(facts: Mapping[str, Any], details: Mapping[str, Any]) -> list[TargetView]:
    """What else the event is about: the group somebody was put into, the role, the app."""
    found = []
    if facts.get("groupId"):
        found.append(TargetView(facts["groupId"], details.get("group"), None, TargetType.GROUP))
    if facts.get("roleId"):
        found.append(TargetView(facts["roleId"], facts.get("role"), None, TargetType.ROLE))
    if facts.get("servicePrincipalId"):
        kind = TargetType.SERVICE_PRINCIPAL
        found.append(TargetView(facts["servicePrincipalId"], details.get("app"), None, kind))
    return found
