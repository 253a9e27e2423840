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

from vestibule.actions.house import House
from vestibule.actions.subjects import pairwise
from vestibule.ground.clock import iso
from vestibule.rules import connections as rules
from vestibule.rules import lifecycle
from vestibule.rules.connections import Event, State
from vestibule.rules.lifecycle import Move
from vestibule.store import apps, connections, deliveries, recipients
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
    """

    client_id: str
    subject: str
    object_id: str
    user_name: str
    mail: str | None
    sequence: int
    at: str
    erase_by: str | None = None


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
    for one in found:
        await _write(house, unit, one, told, guest, after, move)
    if event is Event.PURGED:
        for one in found:
            recipients.asked(unit, (guest.tenant_id, guest.user_id, one.app_id, one.kind), State.WAITING.value)
    elif event is Event.RESTORED:
        recipients.drop_of(unit, guest.tenant_id, guest.user_id)


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


async def _write(
    house: House, unit: Unit, one: Connection, event: Event, guest: Membership, after: Membership, move: Move
) -> None:
    app = await apps.find_any(unit, one.tenant_id, one.app_id)
    if app is None:
        return
    told = Told(
        client_id=app.client_id,
        subject=pairwise(house, guest, app),
        object_id=guest.user_id,
        user_name=guest.user_principal_name,
        mail=guest.mail,
        sequence=after.version,
        at=iso(move.at),
        erase_by=_date(lifecycle.data_removed_by(move.after.stage)) if event is Event.PURGED else None,
    )
    delivery_id = house.chance.guid()
    sealed = house.sealer.seal(house.sealer.derive(_SEALED_FOR), msgspec.json.encode(told), delivery_id.encode())
    deliveries.put(
        unit,
        Delivery(
            tenant_id=guest.tenant_id,
            app_id=one.app_id,
            kind=one.kind,
            user_id=guest.user_id,
            delivery_id=delivery_id,
            event=event.value,
            sealed=sealed,
            written_at=move.at,
        ),
    )


def _date(at: datetime | None) -> str | None:
    return None if at is None else iso(at)
