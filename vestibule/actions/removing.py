"""Remove: the organization takes a user object away, restorably for 30 days. Decline: the invited person says no."""

from datetime import datetime

from vestibule.actions import erasing, handing_over
from vestibule.actions.authorising import authorise, insist_own
from vestibule.actions.carry_out import attempt, carry_out, insist_version
from vestibule.actions.handing_over import HandOver
from vestibule.actions.house import House
from vestibule.actions.leaving import close_requests, other_administrator
from vestibule.rules import lifecycle
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Cause, Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import invitations, memberships, organizations
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def remove(
    house: House,
    *,
    tenant_id: str,
    user_id: str,
    by: Actor,
    if_version: int | None = None,
    cause: Cause = Cause.REMOVED,
    hand_over: HandOver | None = None,
) -> Membership:
    """Delete a user, restorably. A direct connect user has no user object: their data removal begins at once.

    ``hand_over`` says to whom what they own goes, in the same transaction; see ``handing_over``.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED, ONLY_ADMINISTRATOR, VERSION_MISMATCH when ``if_version`` is not the version;
            as ``handing_over.hand_over``.
    """

    async def work(unit: Unit) -> Membership:
        guest = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.REMOVE, tenant_id, guest)
        if guest is None or not isinstance(guest.stage, Invited | Present):
            raise Refused(Reason.NOT_FOUND)
        insist_version(guest.version, if_version)
        await keep_an_administrator(unit, guest)
        await handing_over.hand_over(house, unit, guest, hand_over or {}, by=by)
        return await end(house, unit, guest, by=by, cause=cause, verb=Verb.REMOVE)

    return await attempt(house, Verb.REMOVE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def decline(house: House, *, ticket_hash: str, by: Actor) -> Membership:
    """The invited person says no, holding the link from the mail. The user object goes to the deleted users.

    Raises:
        Refused: NOT_FOUND for an unknown ticket; INVITATION_USED, INVITATION_DEAD, INVITATION_EXPIRED.
    """
    reading = await house.store.read()
    asked = await invitations.find_by_ticket(reading, ticket_hash)
    if asked is None:
        raise Refused(Reason.NOT_FOUND)

    async def work(unit: Unit) -> Membership:
        invitation = await invitations.find_by_ticket(unit, ticket_hash)
        guest = await memberships.find(unit, asked.tenant_id, asked.user_id)
        if invitation is None or guest is None:
            raise Refused(Reason.NOT_FOUND)
        insist_own(by, Verb.DECLINE, guest, by_link=True)
        check_open(invitation, unit)
        if not isinstance(guest.stage, Invited):
            raise Refused(Reason.INVITATION_USED)
        return await end(house, unit, guest, by=by, cause=Cause.DECLINED, verb=Verb.DECLINE)

    return await attempt(house, Verb.DECLINE, work, by=by, tenant_id=asked.tenant_id, user_id=asked.user_id)


def check_open(invitation: invitations.Invitation, unit: Unit) -> None:
    """Whether an invitation is still good, from its state and the time. Raises Refused with what happened to it."""
    match invitation.state:
        case "redeemed":
            raise Refused(Reason.INVITATION_USED)
        case "open" if unit.now < invitation.expires_at:
            return
        case "open" | "expired":
            raise Refused(Reason.INVITATION_EXPIRED)
        case _:
            raise Refused(Reason.INVITATION_DEAD)


async def end(
    house: House,
    unit: Unit,
    guest: Membership,
    *,
    by: Actor,
    cause: Cause,
    verb: Verb = Verb.REMOVE,
    at: datetime | None = None,
) -> Membership:
    """Write the end of a membership into a unit: the move, dead invitations, answered requests.

    ``at`` is the moment it belongs to, for what time does; else it is now.
    """
    move = lifecycle.remove(guest.standing, at or unit.now, cause=cause, verb=verb)
    after = await carry_out(
        house,
        unit,
        guest,
        move,
        by=by,
        facts={"cause": cause.value},
        upn_key=None,
        self_service=cause is Cause.DECLINED,
    )
    invitations.close_all(unit, guest.tenant_id, guest.user_id)
    await close_requests(unit, guest, "removed")
    if guest.standing.tie is Tie.DIRECT_CONNECT:
        organization = await organizations.find(unit, guest.tenant_id)
        if organization is not None:
            erasing.start(house, unit, after, organization, move)
    return after


async def keep_an_administrator(unit: Unit, guest: Membership) -> None:
    """The last enabled Global Administrator cannot be taken away. Raises Refused (ONLY_ADMINISTRATOR)."""
    if not (guest.administrator and isinstance(guest.stage, Present) and guest.standing.enabled_here):
        return
    other = await other_administrator(unit, guest)
    if other is None:
        raise Refused(Reason.ONLY_ADMINISTRATOR)
    memberships.guard(unit, other)
