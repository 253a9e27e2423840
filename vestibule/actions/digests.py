"""What an organization's contacts hear by mail: who left and who waits, and data removals that may become late.

Both are things that time does, once each: the row that says when is moved in the transaction that writes the letter.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.asking import REMOVAL, RESTORE
from vestibule.actions.house import House
from vestibule.actions.log_entries import Entry, entries
from vestibule.actions.posting import LetterKind, post
from vestibule.actions.things_due import Done, Due
from vestibule.actions.waiving import awaited as waiting_for
from vestibule.ground.clock import iso
from vestibule.rules import digests, lifecycle
from vestibule.rules.activities import event_type
from vestibule.rules.actors import system
from vestibule.rules.connections import Kind as Connection
from vestibule.rules.digests import DigestPeriod
from vestibule.rules.person_requests import Kind, Urgency, urgency
from vestibule.rules.retention import STEPS
from vestibule.rules.verbs import Verb
from vestibule.store import audit, data_requests, erasures, memberships, organizations, requests
from vestibule.store.audit import AuditEvent
from vestibule.store.data_requests import DataRequest
from vestibule.store.erasures import Erasure
from vestibule.store.organizations import Organization
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Reading, Unit

SETTING: Final = "guestDigest"
"""Its name among the organization's settings; absent: off."""

_LISTED: Final = 50
_SPOKEN: Final = {
    Connection.WEBHOOK: "webhook",
    Connection.SCIM: "SCIM",
    Connection.SSF: "Shared Signals",
    Connection.COMMANDS: "OpenID Provider Commands",
}
_COUNTED: Final = 10_000
_TOGETHER: Final = 500
_AHEAD: Final = timedelta(days=31)
_MICROSECOND: Final = timedelta(microseconds=1)


def period_of(organization: Organization) -> DigestPeriod:
    """How often an organization's contacts hear who left."""
    return DigestPeriod(organization.settings.get(SETTING, DigestPeriod.OFF.value))


def scheduled(organization: Organization, now: datetime) -> Organization:
    """The organization with the next moment for its digest, after its period or time zone has changed."""
    return replace(organization, digest_at=digests.following(period_of(organization), now, organization.time_zone))


def with_period(organization: Organization, period: DigestPeriod) -> Organization:
    """The organization with another period; ``scheduled`` says then when it comes."""
    settings = {name: value for name, value in organization.settings.items() if name != SETTING}
    if period is not DigestPeriod.OFF:
        settings[SETTING] = period.value
    return replace(organization, settings=settings)


# --- What is due ------------------------------------------------------------------------------------------------------


async def due(house: House, reading: Reading, limit: int) -> list[list[Due]]:
    """Digests and warnings that are due, kind by kind, each oldest first."""
    digested = [
        Due(one.digest_at, one.tenant_id, _send(house, one.tenant_id), leads_on=True)
        for one in await organizations.digests_due(reading, reading.now, limit)
        if one.digest_at is not None
    ]
    first: dict[str, datetime] = {}
    for one in await erasures.alarming(reading, reading.now, limit):
        first.setdefault(one.tenant_id, one.alarm_at or one.started_at)
    warned = [Due(at, tenant_id, _warn(house, tenant_id), leads_on=True) for tenant_id, at in first.items()]
    return [digested, warned]


async def upcoming(reading: Reading, limit: int) -> list[Done]:
    """The next digests and warnings."""
    until = reading.now + _AHEAD
    found = [
        Done(one.digest_at, Verb.SEND_DIGEST, one.tenant_id, one.tenant_id)
        for one in await organizations.digests_due(reading, until, limit)
        if one.digest_at is not None
    ]
    return found + [
        Done(one.alarm_at, Verb.WARN_OF_REMOVALS, one.tenant_id, one.tenant_id)
        for one in await erasures.alarming(reading, until, limit)
        if one.alarm_at is not None
    ]


def _send(house: House, tenant_id: str) -> Callable[[], Awaitable[list[Done]]]:
    async def send() -> list[Done]:
        at = await send_digest_due(house, tenant_id=tenant_id)
        return [] if at is None else [Done(at, Verb.SEND_DIGEST, tenant_id, tenant_id)]

    return send


def _warn(house: House, tenant_id: str) -> Callable[[], Awaitable[list[Done]]]:
    async def warn() -> list[Done]:
        at = await warn_of_removals_due(house, tenant_id=tenant_id)
        return [] if at is None else [Done(at, Verb.WARN_OF_REMOVALS, tenant_id, tenant_id)]

    return warn


# --- Who left ---------------------------------------------------------------------------------------------------------


async def send_digest_due(house: House, *, tenant_id: str) -> datetime | None:
    """Time writes the digest. Returns when it was due, or None when it is not (or no longer) due.

    Nobody who left, nobody who asked in its period and no answer that is due within a week or late: nothing is
    written, and the next one is awaited. After a long
    silence of the worker one digest tells of the last period, not one for each that was missed; an emulator, whose
    clock is pushed, writes each of them.
    """

    async def work(unit: Unit) -> datetime | None:
        organization = await organizations.find(unit, tenant_id)
        if organization is None or organization.digest_at is None or unit.now < organization.digest_at:
            return None
        every, at, zone = period_of(organization), organization.digest_at, organization.time_zone
        until = at if house.emulator else digests.latest(every, at, unit.now, zone)
        after = replace(organization, digest_at=digests.following(every, until, zone))
        saved = organizations.save(unit, organization, after)
        facts = await _digest(house, unit, organization, every, until)
        if facts is None:
            return at
        _write_to_contacts(house, unit, organization, LetterKind.GUEST_DIGEST, facts, at)
        counts = {name: facts[name] for name in ("period", "leftCount")}
        await _journal(house, unit, Verb.SEND_DIGEST, organization, saved, at, counts)
        return at

    return await house.change(work)


async def _digest(
    house: House, unit: Unit, organization: Organization, every: DigestPeriod, until: datetime
) -> dict[str, Any] | None:
    """What the digest tells; None when there is nothing to tell."""
    since, here = digests.preceding(every, until, organization.time_zone), organization.tenant_id
    left = await _departures(unit, here, since, until)
    restores, removals = await _open(unit, here, RESTORE, until), await _open(unit, here, REMOVAL, until)
    erasures_asked = await _open(unit, here, Kind.ERASURE, until)
    by_address = [one for one in await data_requests.waiting(unit, here) if one.asked_at < until]
    dated: list[GuestRequest | DataRequest] = [*removals, *erasures_asked, *by_address]
    presses = any(urgency(one.answer_due, until) is not Urgency.TIME for one in dated)
    if not left and not presses and not any(one.asked_at >= since for one in [*restores, *dated]):
        return None
    shown = await entries(house, unit, here, left[:_LISTED])
    return {
        "period": every.value,
        "since": since,
        "until": until,
        "leftCount": len(left),
        "left": [_departure(one) for one in shown],
        "restoresAsked": await _asked(unit, here, restores),
        "removalsAsked": await _asked(unit, here, removals),
        "erasuresAsked": await _asked(unit, here, erasures_asked),
        "byAddress": len(by_address),
        "deletedUsersLink": f"{house.public_url}/admin/users/deleted",
        "requestsLink": f"{house.public_url}/admin/requests",
        "settingsLink": f"{house.public_url}/admin/external-identities/collaboration",
    }


async def _departures(reading: Reading, tenant_id: str, since: datetime, until: datetime) -> list[AuditEvent]:
    kind = event_type(Verb.LEAVE)
    found = await audit.walk(reading, tenant_id, since, until - _MICROSECOND, _COUNTED, oldest_first=True, of_type=kind)
    return [one for one in found if one.outcome == "success"]


def _departure(entry: Entry) -> dict[str, Any]:
    """A guest who left. Of whom nothing can be read any more only the day is told."""
    until = (
        None if entry.facts.get("tie") == lifecycle.Tie.DIRECT_CONNECT else entry.event.at + lifecycle.RESTORABLE_FOR
    )
    told = {"name": _name(entry.subject), "leftAt": iso(entry.event.at), "reason": entry.details.get("why")}
    return {name: value for name, value in told.items() if value is not None} | (
        {} if until is None else {"restorableUntil": iso(until)}
    )


def _name(subject: Any) -> str:
    shown = subject or {}
    return str(shown.get("displayName") or shown.get("mail") or shown.get("userPrincipalName") or "")


async def _open(reading: Reading, tenant_id: str, kind: str, until: datetime) -> list[GuestRequest]:
    found = await requests.of_organization(reading, tenant_id, kind)
    return [one for one in found if one.answer is None and one.asked_at < until]


async def _asked(reading: Reading, tenant_id: str, waiting: list[GuestRequest]) -> list[dict[str, Any]]:
    shown = waiting[:_LISTED]
    people = await memberships.find_many(reading, tenant_id, [one.user_id for one in shown]) if shown else []
    by_id = {one.user_id: one for one in people}
    return [
        {
            "name": who.display_name or who.contact or "",
            "askedAt": iso(one.asked_at),
            "due": iso(_answer_by(one, who.stage)),
        }
        for one in shown
        if (who := by_id.get(one.user_id)) is not None
    ]


def _answer_by(request: GuestRequest, stage: lifecycle.Stage) -> datetime:
    """A restore is possible until the 30 days are over; a removal is answered within a month."""
    return stage.purge_due if request.kind == RESTORE and isinstance(stage, lifecycle.Deleted) else request.answer_due


# --- Removals that may become late ------------------------------------------------------------------------------------


async def warn_of_removals_due(house: House, *, tenant_id: str) -> datetime | None:
    """Time tells of data removals that are not done after half, three quarters and nine tenths of their 30 days.

    One letter for all of them. Returns when the first one was due, or None when none is.
    """

    async def work(unit: Unit) -> datetime | None:
        organization = await organizations.find(unit, tenant_id)
        late = await erasures.alarming_here(unit, tenant_id, unit.now, _TOGETHER)
        if organization is None or not late:
            return None
        at = late[0].alarm_at or unit.now
        for one in late:
            erasures.alarmed(unit, one, digests.next_alarm(one.started_at, one.due_by, unit.now))
        facts = {
            "people": len(late),
            "dueBy": min(one.due_by for one in late),
            "onHold": sum(one.state == erasures.ON_HOLD for one in late),
            "failed": await _unfinished(unit, late),
            "dataRemovalLink": f"{house.public_url}/admin/data-removal",
        }
        _write_to_contacts(house, unit, organization, LetterKind.DEADLINE_AT_RISK, facts, at)
        await _journal(house, unit, Verb.WARN_OF_REMOVALS, organization, organization, at, {"count": len(late)})
        organizations.guard(unit, organization)
        return at

    return await house.change(work)


async def _unfinished(reading: Reading, late: list[Erasure]) -> list[dict[str, str]]:
    """The steps at which these removals stand, in their order, and the apps that they wait for; each once."""
    at = set()
    apps: dict[str, str] = {}
    for one in late[:_LISTED]:
        if one.state == erasures.ON_HOLD:
            continue
        if one.state == erasures.WAITING:
            for app in await waiting_for(reading, tenant_id=one.tenant_id, user_id=one.user_id):
                apps[f"{app.display_name} ({_SPOKEN[Connection(app.kind)]})"] = app.answer or ""
            continue
        done = await erasures.steps(reading, one.tenant_id, one.user_id)
        at.add(next((step for step in STEPS if step not in done), STEPS[-1]))
    steps = [{"system": step.value} for step in STEPS if step in at]
    return [*steps, *({"system": name, "error": answer} for name, answer in sorted(apps.items()))]


# --- Both -------------------------------------------------------------------------------------------------------------


def _write_to_contacts(
    house: House, unit: Unit, organization: Organization, kind: LetterKind, facts: dict[str, Any], at: datetime
) -> None:
    """The privacy contact, else the technical contact; with neither there is nobody to write to."""
    post(
        house,
        unit,
        kind,
        organization=organization,
        user_id=None,
        recipient=organization.guest_contact,
        languages=[],
        facts=facts,
        at=at,
    )


async def _journal(
    house: House,
    unit: Unit,
    verb: Verb,
    before: Organization,
    after: Organization,
    at: datetime,
    facts: dict[str, Any],
) -> None:
    subject = journal.about_organization(before, after)
    await journal.write(house, unit, journal.Event(verb, before.tenant_id, subject, at, facts=facts), by=system())
