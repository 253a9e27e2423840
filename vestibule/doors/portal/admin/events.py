"""The audit log as people read it: what happened, who did it to whom, and whether it was done.

An event is found by time, type and result in the database, and by the labels of who did it and to whom. Their names
stand under keys: a filter by name looks up who is called so today, and reads what these did, or what was done to them.
Where nobody is, or very many are, it opens events one by one; one page looks at some thousands of them at most, and
then says how far back it looked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from vestibule.actions.house import House
from vestibule.actions.log_entries import Changed, Entry, Somebody, entries, label_of
from vestibule.doors.portal.admin import activity_names
from vestibule.doors.portal.admin.reasons import reason_of
from vestibule.doors.web.words import N_, Words
from vestibule.ground.clock import EPOCH, from_us, to_us
from vestibule.rules.actors import ActorKind
from vestibule.rules.filters import Position, Test, Text
from vestibule.rules.lifecycle import Tie
from vestibule.rules.roles import ROLES
from vestibule.store import app_lists, apps, audit, group_lists, role_definitions, users
from vestibule.store import words as names_begin
from vestibule.store.audit import AuditEvent
from vestibule.store.listing import Asked, Page
from vestibule.store.unit import Reading

REMOVED: Final = N_("Removed user {label}")
_PROGRAMS: Final = {ActorKind.SYSTEM: N_("Vestibule"), ActorKind.OPERATOR: N_("Command line")}
_UNKNOWN: Final = N_("Unknown account")
_BATCH: Final = 250
Lead = tuple[str, str]
MOST_NAMED: Final = 20
"""Of so many people who are called alike the events are looked up one by one."""
MOST_LOOKED_AT: Final = 5_000
"""Events that one page looks at when the database alone cannot tell which are wanted."""


@dataclass(frozen=True, slots=True)
class Named:
    """Who or what an event is about.

    Attributes:
        name: what it is called. address: its user name or address. label: of somebody whose data is removed.
        words: what we call it, as the catalog knows it, where it has no name of its own.
    """

    name: str = ""
    address: str = ""
    label: str = ""
    words: str = ""

    def said(self, words: Words) -> str:
        """In one line of plain text."""
        if self.label:
            return words.text(REMOVED, label=self.label)
        return words.text(self.words) if self.words else self.name or self.address

    def has(self, part: str, words: Words) -> bool:
        """Whether somebody who looks for ``part`` means this."""
        return part.casefold() in f"{self.said(words)}\n{self.address}".casefold()


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        names: what it is called; each is a row. category: of what kind, as the catalog knows it.
        actor: who did it. targets: to whom or what, the main one first.
        reason: why it was refused, as the catalog knows it; empty when it was done.
        reference: what everything that came of the same request shares.
        entry: the rest.
    """

    event_id: str
    at: datetime
    names: tuple[str, ...]
    category: str
    actor: Named
    targets: tuple[Named, ...]
    failed: bool
    reason: str
    reference: str
    entry: Entry

    @property
    def changes(self) -> list[Changed]:
        """What it changed."""
        return self.entry.changes

    @property
    def network(self) -> str:
        """From which address; empty when it is not known (any more)."""
        return self.entry.person.network if self.entry.actor_kind is ActorKind.PERSON else ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events.

    Attributes:
        back: how far back; None for all. names: with one of these names; empty for every name.
        actor, target: a part of who did it, and of to whom. failed: whether it was refused; None for either.
    """

    back: timedelta | None = None
    names: frozenset[str] = frozenset()
    actor: str = ""
    target: str = ""
    failed: bool | None = None

    @property
    def types(self) -> frozenset[str]:
        """The types of events that may be wanted; empty for all."""
        return frozenset(type_ for name in self.names for type_ in activity_names.types_of(name))

    @property
    def told_by_the_database(self) -> bool:
        """Whether time and type alone say which events are wanted."""
        return not (self.actor or self.target or self.failed is not None)


@dataclass(slots=True)
class Log:
    """An organization's audit log, read for one answer; remembers the names of apps meanwhile."""

    house: House
    reading: Reading
    tenant_id: str
    words: Words
    _apps: dict[str, Named] = field(default_factory=dict)
    _leads: dict[Wanted, list[Lead]] = field(default_factory=dict)

    async def find(self, event_id: str) -> Event | None:
        """The event with this id."""
        found = await audit.find(self.reading, self.tenant_id, event_id)
        return None if found is None else (await self.read([found]))[0]

    async def count(self, wanted: Wanted) -> int:
        """How many events there are to look at."""
        since, until = self._bounds(wanted)
        return await audit.count(self.reading, self.tenant_id, since, until, types=wanted.types)

    async def page(self, wanted: Wanted, asked: Asked) -> Page[Event]:
        """A page of events, newest first unless ``asked`` turns that.

        It may be shorter than asked for, and even empty, and still have a position: so far it looked.
        """
        oldest_first = bool(asked.orders) and not asked.orders[0].descending
        after = None if asked.after is None else _place(asked.after)
        found: list[Event] = []
        looked_at = 0
        while True:
            size = asked.limit + 1 if wanted.told_by_the_database else _BATCH
            batch = await self._batch(wanted, size, after, oldest_first=oldest_first)
            found += [one for one in await self.read(_plainly(batch, wanted)) if self._fits(one, wanted)]
            looked_at += len(batch)
            if len(found) > asked.limit:
                return _page(found[: asked.limit], found[asked.limit - 1].entry.event)
            if len(batch) < size:
                return _page(found, None)
            if looked_at >= MOST_LOOKED_AT:
                return _page(found, batch[-1])
            after = (batch[-1].at, batch[-1].event_id)

    async def read(self, found: Sequence[AuditEvent]) -> list[Event]:
        """The events as they are shown, in the same order."""
        return [await self._event(one) for one in await entries(self.house, self.reading, self.tenant_id, found)]

    async def _batch(
        self, wanted: Wanted, size: int, after: tuple[datetime, str] | None, *, oldest_first: bool
    ) -> list[AuditEvent]:
        since, until = self._bounds(wanted)
        where = (self.reading, self.tenant_id, since, until, size)
        if wanted not in self._leads:
            self._leads[wanted] = await self._leads_to(wanted)
        if not self._leads[wanted]:
            return await audit.walk(*where, after=after, oldest_first=oldest_first)
        return await audit.walk_leads(*where, leads=self._leads[wanted], after=after, oldest_first=oldest_first)

    async def _leads_to(self, wanted: Wanted) -> list[Lead]:
        """What the events are found by: the narrowest that is known; empty when every event is to be looked at."""
        if wanted.actor and (tags := await self._tags(wanted.actor)):
            # What somebody does to themselves may be done from the organization that is their home: found by whom.
            return [(by, tag) for by in ("actor_tag", "object_tag") for tag in tags]
        if wanted.target and not await self._is_thing(wanted.target) and (tags := await self._tags(wanted.target)):
            return [("object_tag", tag) for tag in tags]
        if wanted.failed and not wanted.names:
            return [("outcome", "failure")]
        return [("type", type_) for type_ in sorted(wanted.types)]

    async def _tags(self, text: str) -> list[str]:
        """The labels of those who are called so today; none when nobody is, or very many are."""
        words = names_begin.of(text)
        told = (self.words.text(word).casefold() for word in _PROGRAMS.values())
        if any(text.casefold() in one for one in told):
            return []
        words, often = await names_begin.rarest_first(self.reading, self.tenant_id, words)
        if not words or often > names_begin.RARE:
            return []
        asked = Asked(MOST_NAMED, names_begin.found_by(words, often))
        found = await users.page(self.reading, self.tenant_id, asked, scope=users.ANYBODY)
        return [] if found.position is not None else [user.membership.audit_tag for user in found.items]

    async def _is_thing(self, text: str) -> bool:
        """Whether a group, an app or a role may be meant, which stand in events about people too."""
        known = [role.name for role in ROLES.values()]
        known += [role.display_name for role in await role_definitions.everyone(self.reading, self.tenant_id)]
        if any(text.casefold() in name.casefold() for name in known):
            return True
        asked = Asked(1, Text(("displayName",), Test.CONTAINS, text))
        group = await group_lists.page(self.reading, self.tenant_id, asked)
        return bool(group.items or (await app_lists.page(self.reading, self.tenant_id, asked)).items)

    def _bounds(self, wanted: Wanted) -> tuple[datetime, datetime]:
        now = self.reading.now
        return EPOCH if wanted.back is None else now - wanted.back, now

    def _fits(self, one: Event, wanted: Wanted) -> bool:
        if wanted.names and wanted.names.isdisjoint(one.names):
            return False
        if wanted.actor and not one.actor.has(wanted.actor, self.words):
            return False
        return not wanted.target or any(target.has(wanted.target, self.words) for target in one.targets)

    # --- One event --------------------------------------------------------------------------------------------------

    async def _event(self, entry: Entry) -> Event:
        event = entry.event
        failed = event.outcome != "success"
        direct = entry.facts.get("tie") == Tie.DIRECT_CONNECT.value
        return Event(
            event_id=event.event_id,
            at=event.at,
            names=activity_names.names_of(event.type, refused=failed, direct_connect=direct),
            category=activity_names.CATEGORY_OF.get(event.type, ""),
            actor=await self._actor(entry),
            targets=(_subject(entry), *_others(entry.facts, entry.details)),
            failed=failed,
            reason=reason_of(event.reason),
            reference=event.correlation_id,
            entry=entry,
        )

    async def _actor(self, entry: Entry) -> Named:
        kind = entry.actor_kind
        if kind is ActorKind.PERSON:
            return _person(entry.person)
        return await self._app(entry.client_id) if kind is ActorKind.APP else Named(words=_PROGRAMS[kind])

    async def _app(self, client_id: str) -> Named:
        if client_id not in self._apps:
            app = await apps.find_by_any_client_id(self.reading, client_id)
            ours = app is not None and app.tenant_id == self.tenant_id
            self._apps[client_id] = Named(name=app.display_name if app is not None and ours else client_id)
        return self._apps[client_id]


def _plainly(batch: list[AuditEvent], wanted: Wanted) -> list[AuditEvent]:
    """The events that are of a wanted type and ended as wanted, which is seen without opening them."""
    return [
        one
        for one in batch
        if (wanted.failed is None or (one.outcome != "success") is wanted.failed)
        and (not wanted.types or one.type in wanted.types)
    ]


def _person(who: Somebody) -> Named:
    if who.shown is None:
        return Named(label=label_of(who.tag))
    return Named(who.name, who.address)


def _subject(entry: Entry) -> Named:
    of = entry.record["object"]
    if of["kind"] == "membership":
        return _person(Somebody(of["tag"], entry.subject if entry.subject and "id" in entry.subject else None))
    if entry.facts.get("unknownAccount"):
        return Named(words=_UNKNOWN)
    return Named(str((entry.subject or {}).get("displayName") or of["tag"]))


def _others(facts: Mapping[str, Any], details: Mapping[str, Any]) -> list[Named]:
    """What else the event is about: the group somebody was put into, the role, the app."""
    known = (details.get("group"), facts.get("role"), details.get("app"))
    return [Named(str(name)) for name in known if name]


# --- Positions --------------------------------------------------------------------------------------------------------


def _place(position: Position) -> tuple[datetime, str]:
    at, event_id = position
    return from_us(int(str(at))), str(event_id)


def _position(event: AuditEvent) -> Position:
    return (to_us(event.at), event.event_id)


def _page(found: list[Event], last: AuditEvent | None) -> Page[Event]:
    ends = None if not found else (_position(found[0].entry.event), _position(found[-1].entry.event))
    return Page(found, None if last is None else _position(last), ends)
