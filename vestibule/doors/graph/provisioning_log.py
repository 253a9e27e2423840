"""From events that provisioning clients asked for to what ``auditLogs/provisioning`` shows.

What a client calls somebody is kept beside the user object, and goes with it: after a data removal the row still
stands, and names nobody.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vestibule.actions.house import House
from vestibule.actions.log_entries import Entry, entries
from vestibule.doors.graph import refusals
from vestibule.doors.graph.audit_log import Initiators, pseudonym
from vestibule.doors.graph.shapes.audit import ChangeView
from vestibule.doors.graph.shapes.provisioning import PushView
from vestibule.rules.pushes import MEMBERS, identity_type_of
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations, provisioned
from vestibule.store.audit import AuditEvent
from vestibule.store.unit import Reading

_IN_THE_WAY: Final = ("property", "why")
_SAID: Final = {
    Reason.NOT_FOUND: "What the client named is not here.",
    Reason.STILL_DELETED: "The guest was deleted here, and can be restored.",
    Reason.ALREADY_THERE: "There is somebody or something of this name already.",
    Reason.LEFT_BY_CHOICE: "The person left by choice. Only an invitation that they accept brings them back.",
}
_Known = Mapping[tuple[str, str], str | None]


class PushOpener:
    """Turns events into views. ``tenant_id``: whose log it is."""

    def __init__(self, house: House, reading: Reading, tenant_id: str) -> None:
        """Keep where to look."""
        self.house, self.reading, self.tenant_id = house, reading, tenant_id
        self._initiators = Initiators(reading, tenant_id)

    async def views(self, events: Sequence[AuditEvent]) -> list[PushView]:
        """The events as they are shown, in the same order."""
        opened = await entries(self.house, self.reading, self.tenant_id, events)
        if not opened:
            return []
        organization = await organizations.find(self.reading, self.tenant_id)
        name = "" if organization is None else organization.display_name
        known = await self._known([_target(entry)[0] for entry in opened])
        return [await self._view(entry, name, known) for entry in opened]

    async def _known(self, object_ids: list[str | None]) -> _Known:
        wanted = sorted({one for one in object_ids if one is not None})
        found = await provisioned.of_objects(self.reading, self.tenant_id, wanted)
        return {(one.client_id, one.object_id): one.external_id for one in found}

    async def _view(self, entry: Entry, organization: str, known: _Known) -> PushView:
        event = entry.event
        target_id, target_name, upn = _target(entry)
        facts = {name: str(entry.facts[name]) for name in _IN_THE_WAY if entry.facts.get(name)}
        return PushView(
            event_id=event.event_id,
            type=event.type,
            at=event.at,
            correlation_id=event.correlation_id,
            tenant_id=self.tenant_id,
            organization=organization,
            program=await self._initiators.app(entry.client_id),
            by=await self._initiators.of(entry),
            target_id=target_id,
            target_name=target_name,
            upn=upn,
            external_id=None if target_id is None else known.get((entry.client_id, target_id)),
            changes=() if event.reason else _changes(entry),
            reason=event.reason,
            sentence=_sentence(event.reason, facts, target_id, identity_type_of(event.type)),
            in_the_way=tuple(facts.items()),
        )


def _target(entry: Entry) -> tuple[str | None, str | None, str | None]:
    """Id, name and user name of what it was done to: of a member that comes or goes it is the group."""
    of, subject = entry.record["object"], entry.subject
    if entry.event.type in MEMBERS and entry.facts.get("groupId"):
        return entry.facts["groupId"], entry.details.get("group"), None
    if of["kind"] not in {"membership", "group"}:
        return None, None, None
    if subject is None:
        return of["tag"], pseudonym(of["tag"]) if of["kind"] == "membership" else None, None
    return subject.get("id"), subject.get("displayName"), subject.get("userPrincipalName") or None


def _changes(entry: Entry) -> tuple[ChangeView, ...]:
    comes = MEMBERS.get(entry.event.type)
    if comes is None:
        return tuple(ChangeView(one.name, one.old, one.new) for one in entry.changes)
    of: Mapping[str, Any] = entry.subject or {"id": entry.record["object"]["tag"]}
    return (ChangeView("members", None if comes else of.get("id"), of.get("id") if comes else None),)


def _sentence(reason: str | None, facts: Mapping[str, str], target_id: str | None, title: str) -> str | None:
    """The refusal in words; None for a success, and for a reason of an older version."""
    if reason is None or reason not in set(Reason):
        return None
    named = Reason(reason)
    if named in _SAID:
        return _SAID[named]
    return refusals.of(Refused(named, objectId=target_id, **facts), title=title).message
