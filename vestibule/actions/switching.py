"""Disable and enable: the organization blocks an account, or unblocks it."""

from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt, carry_out
from vestibule.actions.house import House
from vestibule.actions.removing import keep_an_administrator
from vestibule.rules import lifecycle
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Invited, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def disable(house: House, *, tenant_id: str, user_id: str, by: Actor) -> Membership:
    """Block an account: its sessions and tokens of this organization are dead on the next request.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED, ALREADY_THERE, ONLY_ADMINISTRATOR.
    """
    return await _switch(house, Verb.DISABLE, tenant_id=tenant_id, user_id=user_id, by=by)


async def enable(house: House, *, tenant_id: str, user_id: str, by: Actor) -> Membership:
    """Unblock an account. Old sessions and tokens stay dead.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED, ALREADY_THERE.
    """
    return await _switch(house, Verb.ENABLE, tenant_id=tenant_id, user_id=user_id, by=by)


async def _switch(house: House, verb: Verb, *, tenant_id: str, user_id: str, by: Actor) -> Membership:
    async def work(unit: Unit) -> Membership:
        guest = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, verb, tenant_id, guest)
        if guest is None or not isinstance(guest.stage, Invited | Present):
            raise Refused(Reason.NOT_FOUND)
        return await switch(house, unit, guest, enabled=verb is Verb.ENABLE, by=by)

    return await attempt(house, verb, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def switch(house: House, unit: Unit, guest: Membership, *, enabled: bool, by: Actor) -> Membership:
    """Write the switch into a unit; the right to it has been asked."""
    if enabled:
        return await carry_out(house, unit, guest, lifecycle.enable(guest.standing, unit.now), by=by)
    await keep_an_administrator(unit, guest)
    return await carry_out(house, unit, guest, lifecycle.disable(guest.standing, unit.now), by=by)
