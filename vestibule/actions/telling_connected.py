"""Connected apps are told what becomes of a person, from the unit of the change.

What each is to be told is written with the change, so that nothing is told that did not happen and nothing is
forgotten; it goes out afterwards (``doors/letters/connected.py``). When somebody goes, the apps that know them are
frozen as the *recipients* of their removal: a restore and the permanent deletion are told to exactly those, whatever
was revoked meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from vestibule.actions.house import House
from vestibule.actions.subjects import pairwise
from vestibule.actions.telling_apps import elsewhere
from vestibule.ground.clock import iso, parse_iso
from vestibule.ground.sealing import CannotOpen
from vestibule.rules import commands, lifecycle, signals
from vestibule.rules import connections as rules
from vestibule.rules.connections import Event, Kind, State
from vestibule.rules.lifecycle import Move, Present
from vestibule.rules.verbs import Verb
from vestibule.store import apps, connections, deliveries, recipients
from vestibule.store.apps import App
from vestibule.store.connections import Connection
from vestibule.store.deliveries import Delivery
from vestibule.store.memberships import Membership
from vestibule.store.recipients import Recipient
from vestibule.store.unit import Unit

_SEALED_FOR: Final = "deliveries"


class Told(msgspec.Struct, frozen=True):
    """What an app is told of a person.

    Attributes:
        subject: what the app's tokens call them by. object_id: the user object's id.
        user_name, mail: to find an account that was made by these.
        sequence: grows with each change of the user, so that an older thing is known to be old.
        at: when it happened. erase_by: by when every copy has to be gone; both ISO 8601.
        enabled: the account is not disabled here. by: who did it, in CAEP's words; None where that is not said.
        revoked_at: when sessions ended that a stream was not told of yet. note: what a stream is told of itself.
    """

    client_id: str
    subject: str
    object_id: str
    user_name: str
    mail: str | None
    sequence: int
    at: str
    erase_by: str | None = None
    enabled: bool = True
    by: str | None = None
    revoked_at: str | None = None
    note: dict[str, str] | None = None


async def tell_connected(
    house: House, unit: Unit, guest: Membership, after: Membership, move: Move, *, ended_here: bool = False
) -> None:
    """Write what the apps are told of this move, and who has to be told of the rest when it ends a membership.

    ``ended_here``: this unit has ended it just before, so that its recipients are those who know the person now.
    """
    event = rules.event_of(move)
    if event is None:
        return
    if event in rules.ENDS:
        found = await connections.that_know(unit, guest.tenant_id, guest.user_id)
        await _freeze(unit, guest, found)
        told = Event.PURGED if rules.ends_at_once(move) else event
    elif event in {Event.PURGED, Event.RESTORED}:
        here = (guest.tenant_id, guest.user_id)
        found = await connections.that_know(unit, *here) if ended_here else await _frozen(unit, guest)
        told = event
    else:
        found, told = await connections.that_know(unit, guest.tenant_id, guest.user_id), event
    found = [one for one in found if rules.hears(Kind(one.kind), told)]
    for one in found:
        await _write(house, unit, one, told, guest, await _told(house, unit, one, told, guest, after, move))
    if event is Event.PURGED:
        for one in found:
            recipients.asked(unit, (guest.tenant_id, guest.user_id, one.app_id, one.kind), State.WAITING.value)
    elif event is Event.RESTORED:
        recipients.drop_of(unit, guest.tenant_id, guest.user_id)
    for one in found:
        if one.status == signals.Status.DISABLED.value and event is not Event.RESTORED:
            of = (guest.tenant_id, guest.user_id, one.app_id, one.kind)
            recipients.answered(unit, of, State.UNREACHABLE.value, signals.NOT_TOLD)


async def tell_signed_out(
    house: House, unit: Unit, user: Membership, after: Membership, *, by: str, changed: bool = False
) -> None:
    """Write that every session of somebody ended, for the apps that end theirs. ``by``: who did it, as CAEP says.

    ``changed``: this unit changes their profile too, so that apps that keep it are told both in one.
    """
    await _tell_beside(house, unit, Event.SIGNED_OUT, user, after.version, by=by, changed=changed)
    await tell_signed_out_elsewhere(house, unit, user, by=by)


async def tell_signed_out_elsewhere(house: House, unit: Unit, user: Membership, *, by: str | None) -> None:
    """The same where somebody is a guest whose home this is: their sessions there ended with the account here.

    Nothing of it is written into the organizations that they visit, so nobody's version rises there.
    """
    for one in await elsewhere(unit, user):
        await _tell_beside(house, unit, Event.SIGNED_OUT, one, one.version, by=by)


async def tell_changed(house: House, unit: Unit, user: Membership, after: Membership) -> None:
    """Write that the profile of somebody changed, for the apps that keep it by provider commands.

    Whoever is not there, or disabled, is told of when they come back: what an app is told then has their profile.
    """
    if _is_here(user):
        await _tell_beside(house, unit, Event.CHANGED, user, after.version)


async def tell_assigned(house: House, unit: Unit, user: Membership, app: App) -> None:
    """Write that somebody was assigned to an app, so that they have an account before they come (provider commands)."""
    one = await connections.find(unit, app.tenant_id, app.app_id, Kind.COMMANDS.value) if _is_here(user) else None
    if one is not None:
        told = _of_now(house, unit, app, user, user.version)
        await _write(house, unit, one, Event.ACTIVATED, user, told)


def _is_on(user: Membership) -> bool:
    return isinstance(user.stage, Present) and user.standing.enabled_here


async def _tell_beside(
    house: House,
    unit: Unit,
    event: Event,
    user: Membership,
    sequence: int,
    *,
    by: str | None = None,
    changed: bool = False,
) -> None:
    for one in await connections.that_know(unit, user.tenant_id, user.user_id):
        hears = rules.hears(Kind(one.kind), event)
        app = await apps.find_any(unit, one.tenant_id, one.app_id) if hears else None
        if app is None:
            continue
        told = _of_now(house, unit, app, user, sequence, by=by)
        if changed and _is_here(user) and _keeps_profiles(one):
            await _write(house, unit, one, Event.CHANGED, user, replace(told, revoked_at=told.at))
        else:
            await _write(house, unit, one, event, user, told)


def _is_here(user: Membership) -> bool:
    return isinstance(user.stage, Present) and user.standing.enabled_here


def _keeps_profiles(one: Connection) -> bool:
    hears = rules.hears(Kind(one.kind), Event.CHANGED)
    return hears and commands.is_worth_telling(Event.CHANGED, commands.supported(one.commands))


def _of_now(house: House, unit: Unit, app: App, user: Membership, sequence: int, *, by: str | None = None) -> Told:
    return Told(
        client_id=app.client_id,
        subject=pairwise(house, user, app),
        object_id=user.user_id,
        user_name=user.user_principal_name,
        mail=user.mail,
        sequence=sequence,
        at=iso(unit.now),
        enabled=user.standing.enabled_here,
        by=by,
    )


def put(house: House, unit: Unit, one: Connection, user_id: str, event: Event, told: Told, at: datetime) -> None:
    """Write what a connection is told, in the place of whatever it was not told yet of the same user."""
    delivery_id = house.chance.guid()
    sealed = house.sealer.seal(house.sealer.derive(_SEALED_FOR), msgspec.json.encode(told), delivery_id.encode())
    silent = one.status == signals.Status.DISABLED.value and event not in signals.OF_THE_STREAM
    deliveries.put(
        unit,
        Delivery(
            tenant_id=one.tenant_id,
            app_id=one.app_id,
            kind=one.kind,
            user_id=user_id,
            delivery_id=delivery_id,
            event=event.value,
            sealed=sealed,
            written_at=at,
            state=State.UNREACHABLE.value if silent else State.WAITING.value,
            answer=signals.NOT_TOLD if silent else None,
        ),
    )


async def tell_of_purge(house: House, unit: Unit, guest: Membership, after: Membership, at: datetime) -> None:
    """Write that somebody is gone for good who left under a legal hold, now that it is lifted: a direct connect user.

    ``guest`` is who is purged, ``after`` the version that this unit writes. The apps have heard that they left.
    """
    move = Move(Verb.PURGE, guest.standing, after.standing, at)
    for one in await _frozen(unit, guest):
        told = await _told(house, unit, one, Event.PURGED, guest, after, move)
        await _write(house, unit, one, Event.PURGED, guest, told)
        recipients.asked(unit, (guest.tenant_id, guest.user_id, one.app_id, one.kind), State.WAITING.value)


def open_delivery(house: House, one: Delivery) -> Told:
    """What a delivery says."""
    plain = house.sealer.open(house.sealer.derive(_SEALED_FOR), one.sealed, one.delivery_id.encode())
    return msgspec.json.decode(plain, type=Told)


async def _freeze(unit: Unit, guest: Membership, found: Sequence[Connection]) -> None:
    recipients.drop_of(unit, guest.tenant_id, guest.user_id)  # of an earlier removal that was undone
    for one in found:
        app = await apps.find_any(unit, one.tenant_id, one.app_id)
        recipients.insert(
            unit,
            Recipient(
                tenant_id=guest.tenant_id,
                user_id=guest.user_id,
                app_id=one.app_id,
                kind=one.kind,
                display_name=one.app_id if app is None else app.display_name,
                required=one.required,
                frozen_at=unit.now,
            ),
        )


async def _frozen(unit: Unit, guest: Membership) -> list[Connection]:
    """The connections by which the recipients are told; one that is no more will be waived by somebody."""
    kept = await recipients.of_removal(unit, guest.tenant_id, guest.user_id)
    if not kept:
        return []
    there = {(one.app_id, one.kind): one for one in await connections.of_tenant(unit, guest.tenant_id)}
    return [there[one.app_id, one.kind] for one in kept if (one.app_id, one.kind) in there]


async def _told(
    house: House, unit: Unit, one: Connection, event: Event, guest: Membership, after: Membership, move: Move
) -> Told | None:
    """What an app is told of a move; None when there is no such app any more."""
    app = await apps.find_any(unit, one.tenant_id, one.app_id)
    if app is None:
        return None
    return Told(
        client_id=app.client_id,
        subject=pairwise(house, guest, app),
        object_id=guest.user_id,
        user_name=guest.user_principal_name,
        mail=guest.mail,
        sequence=after.version,
        at=iso(move.at),
        erase_by=_date(lifecycle.data_removed_by(move.after.stage)) if event is Event.PURGED else None,
        enabled=after.standing.enabled_here,
        by=signals.initiating(move),
    )


async def _write(house: House, unit: Unit, one: Connection, event: Event, guest: Membership, told: Told | None) -> None:
    if told is None:
        return
    if one.stream_id is not None:
        event, told = await _joined(house, unit, one, event, told)
        if event is not Event.PURGED and not types_of(one, event, told):
            deliveries.withdraw(unit, one.tenant_id, one.app_id, one.kind, guest.user_id)
            return
    if one.kind == Kind.COMMANDS.value:
        if not commands.is_worth_telling(event, commands.supported(one.commands)):
            if event not in commands.BESIDE:
                deliveries.withdraw(unit, one.tenant_id, one.app_id, one.kind, guest.user_id)
            return
        event, told = await _joined(house, unit, one, event, told)
    put(house, unit, one, guest.user_id, event, told, parse_iso(told.at))


async def _joined(house: House, unit: Unit, one: Connection, event: Event, told: Told) -> tuple[Event, Told]:
    """The newest thing, with what was not told before it: that sessions ended, or where the account stands."""
    if event in signals.ENDS_SESSIONS:
        told = replace(told, revoked_at=told.at)
    before = await deliveries.find(unit, one.tenant_id, one.app_id, one.kind, told.object_id)
    if before is None or before.answer == signals.NOT_TOLD or State(before.state) in rules.SETTLED:
        return event, told
    try:
        untold = open_delivery(house, before)
    except CannotOpen:
        return event, told
    if event is Event.SIGNED_OUT:
        return Event(before.event), told
    if told.revoked_at is None and signals.WORD_OF_SESSIONS not in (before.taken or "").split():
        told = replace(told, revoked_at=untold.revoked_at, by=untold.by)
    if event is Event.CHANGED and before.event != Event.SIGNED_OUT.value:
        event = Event(before.event)
    return event, told


def types_of(one: Connection, event: Event, told: Told) -> tuple[str, ...]:
    """The types of the tokens that tell a stream of it (``rules.signals.types_of``)."""
    return signals.types_of(
        event,
        enabled=told.enabled,
        revoked=told.revoked_at is not None,
        asked_for=signals.delivered(one.events),
    )


def _date(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
