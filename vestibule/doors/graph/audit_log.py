"""From stored audit events to what ``directoryAudits`` shows.

Names and addresses are opened with the key of whom they are about. Where that key is destroyed the row still stands,
and whoever it was is called by their label: the same in every row, and tied to nobody any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.doors.graph.shapes.audit import AppInitiator, ChangeView, EventView, TargetView, UserInitiator
from vestibule.rules.activities import EVENTS, TargetType, event_type, is_audited
from vestibule.rules.actors import ActorKind
from vestibule.rules.rights import OWN_VERBS
from vestibule.store import apps, audit
from vestibule.store.audit import AuditEvent
from vestibule.store.unit import Reading

_KINDS: Final = {
    "membership": TargetType.USER,
    "organization": TargetType.DIRECTORY,
    "domain": TargetType.DIRECTORY,
    "policy": TargetType.POLICY,
    "group": TargetType.GROUP,
    "role": TargetType.ROLE,
}
_OWN: Final = frozenset(event_type(verb) for verb in OWN_VERBS if is_audited(verb))
_PROGRAMS: Final = {ActorKind.SYSTEM.value: "Vestibule", ActorKind.OPERATOR.value: "Vestibule command line"}
_UNNAMED: Final = "stage"  # what changed when somebody's stage did is what the activity itself says
_SWITCHED: Final = {"membership.disable": (True, False), "membership.enable": (False, True)}
_TOLD: Final = {"invitationId": "InvitationId", "invitedUserEmailAddress": "invitedUserEmailAddress"}


@dataclass(slots=True)
class Opener:
    """Turns events into views; remembers the names of apps for as long as one answer is made.

    Attributes:
        tenant_id: whose log it is.
    """

    house: House
    reading: Reading
    tenant_id: str
    _apps: dict[str, AppInitiator] = field(default_factory=dict)

    async def views(self, events: list[AuditEvent]) -> list[EventView]:
        """The events as they are shown, in the same order; those that Graph does not show are left out."""
        shown = [event for event in events if EVENTS.get(event.type)]
        if not shown:
            return []
        parts = await audit.parts_of(self.reading, self.tenant_id, [event.event_id for event in shown])
        return [
            await self._view(event, await journal.open_parts(self.house, event, parts.get(event.event_id, [])))
            for event in shown
        ]

    async def _view(self, event: AuditEvent, opened: Mapping[str, Mapping[str, Any]]) -> EventView:
        record: Mapping[str, Any] = msgspec.json.decode(event.record)
        subject, details = opened.get("subject"), (opened.get("subject") or {}).get("details", {})
        facts: Mapping[str, Any] = record.get("facts", {})
        return EventView(
            event_id=event.event_id,
            type=event.type,
            at=event.at,
            succeeded=event.outcome == "success",
            correlation_id=event.correlation_id,
            by=await self._initiator(event, record, subject, opened.get("actor")),
            targets=(_subject(record["object"], subject), *_others(facts, details)),
            reason=event.reason,
            changes=tuple(_changes(event.type, record.get("changes", []), facts, details)),
            details=tuple((_TOLD[name], str(details[name])) for name in _TOLD if details.get(name)),
            facts=frozenset(facts),
        )

    async def _initiator(
        self,
        event: AuditEvent,
        record: Mapping[str, Any],
        subject: Mapping[str, Any] | None,
        actor: Mapping[str, Any] | None,
    ) -> UserInitiator | AppInitiator:
        by = record["actor"]
        if by["kind"] == ActorKind.APP.value:
            return await self._app(record.get("client_id") or by["tag"])
        if by["kind"] != ActorKind.PERSON.value:
            return AppInitiator(None, _PROGRAMS.get(by["kind"], by["kind"]))
        if event.type in _OWN and record["object"]["kind"] == "membership":
            # Whatever organization the token was of: here they are their user object here, erased with it.
            return _person(record["object"]["tag"], subject, None if subject is None else (actor or {}))
        return _person(by["tag"], actor, actor or {})

    async def _app(self, client_id: str) -> AppInitiator:
        if client_id not in self._apps:
            app = await apps.find_by_client_id(self.reading, client_id)
            known = app is not None and app.tenant_id == self.tenant_id
            self._apps[client_id] = AppInitiator(
                client_id,
                app.display_name if app is not None and known else None,
                app.service_principal_id if app is not None and known else None,
            )
        return self._apps[client_id]


def _person(tag: str, shown: Mapping[str, Any] | None, actor: Mapping[str, Any] | None) -> UserInitiator:
    if not shown or "id" not in shown:
        return UserInitiator(tag, pseudonym(tag))
    upn = shown.get("userPrincipalName") or shown.get("mail")
    return UserInitiator(shown["id"], shown.get("displayName"), upn, (actor or {}).get("ipAddress") or None)


def pseudonym(tag: str) -> str:
    """What somebody is called whose data is removed."""
    return f"Removed user {tag[:12]}"


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


def _changes(type_: str, names: list[str], facts: Mapping[str, Any], details: Mapping[str, Any]) -> list[ChangeView]:
    if type_ in _SWITCHED:
        old, new = _SWITCHED[type_]
        return [ChangeView("AccountEnabled", [old], [new])]
    before, after = _values(facts, details, "old"), _values(facts, details, "new")
    return [
        ChangeView(name, _value(before, name, names), _value(after, name, names)) for name in names if name != _UNNAMED
    ]


def _value(values: Any, name: str, names: list[str]) -> Any:
    """The value of one changed property: by its name, or all that is kept when it is the only one."""
    if isinstance(values, Mapping) and (name in values or len(names) > 1 or not values):
        return values.get(name)
    return values if len(names) == 1 else None


def _values(facts: Mapping[str, Any], details: Mapping[str, Any], which: str) -> Any:
    return details.get(which, facts.get(which, {}))
