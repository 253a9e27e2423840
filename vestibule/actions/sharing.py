"""Shared profiles: an organization ends what direct connect shares, for one person, from either side.

From inside it is the organization that shares the app; from outside it is the person's home organization, or the
person. Either way the membership ends and data removal begins at once, as when the person leaves.
"""

from vestibule.actions import journal, removing
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Cause, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, shared_profiles
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def remove_inbound(house: House, *, tenant_id: str, user_id: str, by: Actor) -> Membership:
    """End the use of our shared apps by somebody of another organization; their data goes.

    Raises:
        Refused: NOT_FOUND when nobody with this id uses a shared app here; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Membership:
        guest = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.REMOVE_SHARED, tenant_id, guest)
        if guest is None or not _shares(guest):
            raise Refused(Reason.NOT_FOUND, objectId=user_id)
        return await removing.end(house, unit, guest, by=by, cause=Cause.REMOVED, verb=Verb.REMOVE_SHARED)

    return await attempt(house, Verb.REMOVE_SHARED, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def remove_outbound(house: House, *, tenant_id: str, user_id: str, shared_with: str, by: Actor) -> Membership:
    """End the use of another organization's shared apps by one of our people, whose data goes there.

    The log of the home organization tells who asked for it, the other one's that the membership ended.

    Raises:
        Refused: NOT_FOUND when there is no such user, or nothing is shared with that organization; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Membership:
        own = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.REMOVE_SHARED, tenant_id, own)
        if own is None or own.person_id is None or own.standing.tie is not Tie.HOME:
            raise Refused(Reason.NOT_FOUND, objectId=user_id)
        shared = await shared_profiles.of_home_user(unit, tenant_id, user_id, own.person_id)
        there = next((one for one in shared if one.tenant_id == shared_with), None)
        guest = None if there is None else await memberships.find(unit, there.tenant_id, there.user_id)
        if guest is None or not _shares(guest):
            raise Refused(Reason.NOT_FOUND, objectId=shared_with)
        after = await removing.end(house, unit, guest, by=by, cause=Cause.REMOVED)
        memberships.guard(unit, own)
        event = journal.Event(
            Verb.REMOVE_SHARED, tenant_id, journal.about(own), unit.now, details={"tenantId": shared_with}
        )
        await journal.write(house, unit, event, by=by)
        return after

    return await attempt(house, Verb.REMOVE_SHARED, work, by=by, tenant_id=tenant_id, user_id=user_id)


def _shares(guest: Membership) -> bool:
    return guest.standing.tie is Tie.DIRECT_CONNECT and isinstance(guest.stage, Present)
