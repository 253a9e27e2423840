"""Legal holds: set one on a user, lift it. While one stands nothing about them is deleted.

A hold raises the membership's version, and so does the purge; on somebody who is purged it takes the data removal out
of the state in which it could begin. Of two who come at the same moment the second decides anew on what is there then:
a hold is there before anything is gone, or it is refused, because it is too late.
"""

from dataclasses import replace

from vestibule.actions import journal, telling_connected
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.rules import holds as rules
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import erasures, holds, memberships
from vestibule.store.erasures import Erasure
from vestibule.store.holds import Hold
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def set_hold(
    house: House, *, tenant_id: str, user_id: str, reason: str, reference: str | None = None, by: Actor
) -> Hold:
    """Set a legal hold on a user in any stage: invited, here, deleted, or purged and nothing removed yet.

    Args:
        house: the house. tenant_id: the organization. user_id: who is held, in it. by: who answers for it.
        reason: why, at most 500 characters. reference: what the organization calls the case, at most 100.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; MISSING_VALUE, BAD_VALUE with the property; TOO_LATE when their data is being
            removed or is gone; NEEDS_PERSON for a program, which has no name to answer with.
    """
    why, case, name = rules.reason(reason), rules.reference(reference), _name(by)
    hold_id = house.chance.guid()

    async def work(unit: Unit) -> Hold:
        guest = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.SET_HOLD, tenant_id)
        if guest is None:
            raise Refused(Reason.NOT_FOUND)
        removal = await _removal(unit, guest)
        already = _standing(await holds.of_user(unit, tenant_id, user_id))
        new = Hold(tenant_id, hold_id, user_id, why, case, name, unit.now)
        holds.insert(unit, new)
        memberships.hold(unit, guest, holds=len(already) + 1, released_at=guest.standing.released_at)
        if removal is not None and removal.state == erasures.RUNNING:
            erasures.become(unit, removal, erasures.ON_HOLD)
        await _journal(house, unit, Verb.SET_HOLD, guest, new, why, by=by)
        return new

    return await attempt(house, Verb.SET_HOLD, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def lift_hold(house: House, *, tenant_id: str, user_id: str, hold_id: str, reason: str, by: Actor) -> Hold:
    """Lift a legal hold. What it alone kept from being deleted is due from this moment on.

    Raises:
        Refused: NOT_FOUND when no such hold stands on this user; NOT_ALLOWED; MISSING_VALUE, BAD_VALUE of the reason;
            NEEDS_PERSON for a program.
    """
    why, name = rules.reason(reason), _name(by)

    async def work(unit: Unit) -> Hold:
        guest = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.LIFT_HOLD, tenant_id)
        every = await holds.of_user(unit, tenant_id, user_id)
        standing = _standing(every)
        one = next((each for each in standing if each.hold_id == hold_id), None)
        if guest is None or one is None:
            raise Refused(Reason.NOT_FOUND, objectId=hold_id)
        holds.lift(unit, one, by=name, why=why)
        left = len(standing) - 1
        released_at = guest.standing.released_at if left else unit.now
        memberships.hold(unit, guest, holds=left, released_at=released_at)
        if not left:
            await _go_on(house, unit, guest, every)
        await _journal(house, unit, Verb.LIFT_HOLD, guest, one, why, by=by)
        return replace(one, lifted_by=name, lifted_at=unit.now, lifted_why=why)

    return await attempt(house, Verb.LIFT_HOLD, work, by=by, tenant_id=tenant_id, user_id=user_id)


def _name(by: Actor) -> str | None:
    """Who answers for it: a signed-in person, or the operator, who has no user object."""
    if by.kind is ActorKind.OPERATOR:
        return None
    if by.kind is not ActorKind.PERSON or by.user_id is None:
        raise Refused(Reason.NEEDS_PERSON)
    return by.user_id


def _standing(every: list[Hold]) -> list[Hold]:
    return [one for one in every if one.stands]


async def _removal(unit: Unit, guest: Membership) -> Erasure | None:
    """The data removal that the hold would stop; None before the purge. Raises Refused (TOO_LATE)."""
    if isinstance(guest.stage, Erased):
        raise Refused(Reason.TOO_LATE)
    if not isinstance(guest.stage, Purged):
        return None
    found = await erasures.find(unit, guest.tenant_id, guest.user_id)
    if found is None or found.state not in {erasures.RUNNING, erasures.ON_HOLD}:
        raise Refused(Reason.TOO_LATE)
    return found


async def _go_on(house: House, unit: Unit, guest: Membership, every: list[Hold]) -> None:
    """The data removal that was held goes on; apps hear of a permanent deletion that they were not told of."""
    if not isinstance(guest.stage, Purged):
        return
    found = await erasures.find(unit, guest.tenant_id, guest.user_id)
    if found is None or found.state != erasures.ON_HOLD:
        return
    erasures.become(unit, found, erasures.RUNNING)
    if any(one.stood_at(guest.stage.at) for one in every):
        after = replace(guest, version=guest.version + 1)
        await telling_connected.tell_of_purge(house, unit, guest, after, unit.now)


async def _journal(house: House, unit: Unit, verb: Verb, guest: Membership, one: Hold, why: str, *, by: Actor) -> None:
    details = {"reason": why} | ({} if one.reference is None else {"reference": one.reference})
    event = journal.Event(
        verb,
        guest.tenant_id,
        journal.about(guest, replace(guest, version=guest.version + 1)),
        unit.now,
        details=details,
        facts={"holdId": one.hold_id},
    )
    await journal.write(house, unit, event, by=by)
