"""Exporting what is kept about somebody, because an administrator asks for it (GDPR, articles 15 and 20).

The export is written down with its event and goes out afterwards, like a letter: the worker collects what is kept at
that moment and hands it over. Where it goes to is kept sealed, since such addresses carry the secret that opens them.
"""

from typing import Final

import msgspec

from vestibule.actions import journal, personal_data, sealed_letters
from vestibule.actions.authorising import find_user
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.ground.outgoing import TargetRefused
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import data_exports, memberships, organizations, outbox, rates
from vestibule.store.data_exports import WAITING, DataExport
from vestibule.store.outbox import Letter
from vestibule.store.unit import Unit

A_DAY: Final = 1_000
A_DAY_OF_ONE: Final = 100
"""Exports of an organization, and of one user, in a day (Graph, *exportPersonalData*)."""
_SEALED_FOR: Final = "data-exports"


class Errand(msgspec.Struct, frozen=True):
    """What has to be brought where: the export, whose data, and the address with its secret."""

    export_id: str
    user_id: str
    location: str


async def export_personal_data(house: House, *, tenant_id: str, user_id: str, location: str, by: Actor) -> DataExport:
    """Ask for everything that the organization keeps about a user to be brought to an address.

    Args:
        house: the house. tenant_id, user_id: whose data. by: who asks.
        location: a folder that takes ``PUT``, such as a blob container with a shared access signature.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED, STRONGER_SIGN_IN; BAD_VALUE for an address that may not be reached;
            TOO_MANY_TRIES with ``retryAfter``.
    """
    of = {"tenant_id": tenant_id, "user_id": user_id, "location": location}
    return await _export(house, Verb.EXPORT_PERSONAL_DATA, **of, by=by)


async def export_shared_profile(house: House, *, tenant_id: str, user_id: str, location: str, by: Actor) -> DataExport:
    """The same for somebody of another organization who uses shared apps, and has no user object here.

    Raises Refused as ``export_personal_data``.
    """
    of = {"tenant_id": tenant_id, "user_id": user_id, "location": location}
    return await _export(house, Verb.EXPORT_SHARED, **of, by=by)


async def _export(house: House, verb: Verb, *, tenant_id: str, user_id: str, location: str, by: Actor) -> DataExport:
    async def work(unit: Unit) -> DataExport:
        user, _ = await find_user(unit, by, verb, tenant_id, user_id)
        shared = user.standing.tie is Tie.DIRECT_CONNECT
        if not isinstance(user.stage, Invited | Present) or shared is not (verb is Verb.EXPORT_SHARED):
            raise Refused(Reason.NOT_FOUND, objectId=user_id)
        shown = _shown(house, location)
        await rates.count(unit, f"data-export:{tenant_id}", limit=A_DAY, window=rates.DAY)
        await rates.count(unit, f"data-export:{tenant_id}:{user_id}", limit=A_DAY_OF_ONE, window=rates.DAY)
        memberships.guard(unit, user)
        new = DataExport(tenant_id, house.chance.guid(), user_id, WAITING, shown, unit.now)
        data_exports.insert(unit, new)
        sealed_letters.put(
            house,
            unit,
            Errand(new.export_id, user_id, location),
            kind=outbox.EXPORT,
            sealed_for=_SEALED_FOR,
            tenant_id=tenant_id,
            user_id=user_id,
        )
        event = journal.Event(
            verb,
            tenant_id,
            journal.about(user),
            unit.now,
            details={"storageLocation": shown},
            facts={"exportId": new.export_id},
        )
        await journal.write(house, unit, event, by=by)
        return new

    return await attempt(house, verb, work, by=by, tenant_id=tenant_id, user_id=user_id)


def open_errand(house: House, letter: Letter) -> Errand:
    """What a letter of the kind ``outbox.EXPORT`` asks for."""
    return sealed_letters.opened(house, letter, Errand, sealed_for=_SEALED_FOR)


async def collect(house: House, *, tenant_id: str, user_id: str) -> bytes | None:
    """The file: JSON with what is kept about the user now; None when there is no such user any more."""
    reading = await house.store.read()
    place = await organizations.find(reading, tenant_id)
    user = await memberships.find(reading, tenant_id, user_id)
    if place is None or user is None or not isinstance(user.stage, Invited | Present):
        return None
    kept = await personal_data.of_user(house, reading, place, user)
    return msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n"


def _shown(house: House, location: str) -> str:
    """The address without what opens it."""
    try:
        parts = house.outgoing.check(location)
    except TargetRefused:
        raise Refused(Reason.BAD_VALUE, property="storageLocation") from None
    return parts._replace(query="").geturl()
