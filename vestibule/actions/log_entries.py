"""Events of the audit log as far as they can still be read: the record, and the personal parts whose keys are there.

Names and addresses are opened with the key of whom they are about. Where that key is destroyed the event still
stands, and whoever it was has a label: the same in every event, and tied to nobody any more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.rules.activities import event_type, is_audited
from vestibule.rules.actors import ActorKind
from vestibule.rules.rights import OWN_VERBS
from vestibule.store import audit
from vestibule.store.audit import AuditEvent
from vestibule.store.unit import Reading

_OWN: Final = frozenset(event_type(verb) for verb in OWN_VERBS if is_audited(verb))
_UNNAMED: Final = "stage"  # what changed when somebody's stage did is what the activity itself says
_SWITCHED: Final = {"membership.disable": (True, False), "membership.enable": (False, True)}
_LABEL: Final = 12


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person in an event.

    Attributes:
        tag: their label. shown: id, displayName, userPrincipalName, mail; None once that can be read no more.
        network: the address they did it from; empty when it is not known (any more).
    """

    tag: str
    shown: Mapping[str, Any] | None
    network: str = ""

    @property
    def name(self) -> str:
        """What they are called; empty when nobody knows."""
        return "" if self.shown is None else str(self.shown.get("displayName") or "")

    @property
    def address(self) -> str:
        """Their address, or else their user name; empty when nobody knows."""
        return "" if self.shown is None else str(self.shown.get("mail") or self.shown.get("userPrincipalName") or "")


@dataclass(frozen=True, slots=True)
class Changed:
    """One property that changed. Values are plain; None where there was or is none, or where they are not kept."""

    name: str
    old: Any = None
    new: Any = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event.

    Attributes:
        event: as it is stored. record: what is hashed, read.
        subject, actor: the personal parts; None where they cannot be read (any more), or never were.
    """

    event: AuditEvent
    record: Mapping[str, Any]
    subject: Mapping[str, Any] | None
    actor: Mapping[str, Any] | None

    @property
    def facts(self) -> Mapping[str, Any]:
        """What the event tells for ever."""
        facts: Mapping[str, Any] = self.record.get("facts", {})
        return facts

    @property
    def details(self) -> Mapping[str, Any]:
        """What it tells as long as it can be read."""
        details: Mapping[str, Any] = (self.subject or {}).get("details", {})
        return details

    @property
    def actor_kind(self) -> ActorKind:
        """Whether a person, an app, time or the command line did it."""
        return ActorKind(self.record["actor"]["kind"])

    @property
    def client_id(self) -> str:
        """The app that did it, when an app did."""
        return str(self.record.get("client_id") or self.record["actor"]["tag"])

    @property
    def person(self) -> Somebody:
        """The person who did it, when a person did.

        Whatever organization somebody's token was of: in an event about themselves they are their user object here,
        and are erased with it.
        """
        of = self.record["object"]
        if self.event.type in _OWN and of["kind"] == "membership":
            return _somebody(of["tag"], self.subject, None if self.subject is None else self.actor)
        return _somebody(self.record["actor"]["tag"], self.actor, self.actor)

    @property
    def changes(self) -> list[Changed]:
        """The properties that changed."""
        if self.event.type in _SWITCHED:
            old, new = _SWITCHED[self.event.type]
            return [Changed("AccountEnabled", [old], [new])]
        names = self.record.get("changes", [])
        before, after = self._values("old"), self._values("new")
        return [
            Changed(name, _value(before, name, names), _value(after, name, names)) for name in names if name != _UNNAMED
        ]

    def _values(self, which: str) -> Any:
        return self.details.get(which, self.facts.get(which, {}))


async def entries(house: House, reading: Reading, tenant_id: str, events: Sequence[AuditEvent]) -> list[Entry]:
    """The events with what can be read of them, in the same order."""
    if not events:
        return []
    parts = await audit.parts_of(reading, tenant_id, [event.event_id for event in events])
    found = []
    for event in events:
        opened = await journal.open_parts(house, event, parts.get(event.event_id, []))
        record: Mapping[str, Any] = msgspec.json.decode(event.record)
        found.append(Entry(event, record, opened.get("subject"), opened.get("actor")))
    return found


def label_of(tag: str) -> str:
    """How somebody is called whose data is removed: enough of the label to tell people apart."""
    return tag[:_LABEL]


def _somebody(tag: str, shown: Mapping[str, Any] | None, actor: Mapping[str, Any] | None) -> Somebody:
    if not shown or "id" not in shown:
        return Somebody(tag, None)
    return Somebody(tag, shown, str((actor or {}).get("ipAddress") or ""))


def _value(values: Any, name: str, names: list[str]) -> Any:
    """The value of one changed property: by its name, or all that is kept when it is the only one."""
    if isinstance(values, Mapping) and (name in values or len(names) > 1 or not values):
        return values.get(name)
    return values if len(names) == 1 else None
