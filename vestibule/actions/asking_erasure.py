"""Asking to be erased, other than with the leave; and taking that back.

Whoever may not leave on their own asks from where they are. Whoever has left already asks within the 30 days, signed
in or by the link of their receipt. It is always an administrator who answers then: a link in a mail deletes nothing.
"""

from vestibule.actions.authorising import insist_own
from vestibule.actions.carry_out import attempt
from vestibule.actions.filing_erasure import erasure_of, file_erasure, withdraw_open
from vestibule.actions.house import House
from vestibule.actions.leaving import AFTER_LEAVE, why_not
from vestibule.rules import lifecycle, policy
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Deleted
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Unit


async def ask_erasure(house: House, *, tenant_id: str, user_id: str, by: Actor, by_link: bool = False) -> GuestRequest:
    """Ask the organization to erase somebody who may not leave on their own, or who is gone and restorable.

    Args:
        house: the house. tenant_id, user_id: whose data. by: who asks.
        by_link: they hold the link of the receipt; see ``authorising.insist_own``.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED for a token, NEEDS_PERSON for a program; WRONG_STAGE when they could leave and
            ask with that, or are gone for good; ALREADY_THERE when they asked and nobody has answered, or less than
            seven days ago, with ``again`` as the moment from which they may ask again.
    """

    async def work(unit: Unit) -> GuestRequest:
        guest, organization = await _find(unit, tenant_id, user_id)
        _insist(by, Verb.ASK_ERASURE, guest, by_link=by_link)
        reason = await _occasion(unit, guest, organization)
        known = await erasure_of(unit, guest)
        again = None if known is None else policy.ask_again_at(known.asked_at, unit.now)
        if known is not None and (known.answer is None or again is not None):
            raise Refused(Reason.ALREADY_THERE, again=None if again is None else again.isoformat())
        memberships.touch(unit, guest, seen=False)  # what happens to them at the same time comes first, or sees it
        return await file_erasure(house, unit, guest, organization, reason=reason, by=by, touched=True)

    return await attempt(house, Verb.ASK_ERASURE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def withdraw_erasure(
    house: House, *, tenant_id: str, user_id: str, by: Actor, by_link: bool = False
) -> GuestRequest:
    """Take back the wish to be erased while nobody has answered it. The arguments are those of ``ask_erasure``.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED for a token, NEEDS_PERSON for a program; WRONG_STAGE when no such request is
            open, or the account is gone for good.
    """

    async def work(unit: Unit) -> GuestRequest:
        guest, _ = await _find(unit, tenant_id, user_id)
        _insist(by, Verb.WITHDRAW_ERASURE, guest, by_link=by_link)
        stage = lifecycle.stage_at(guest.standing, unit.now)
        gone = isinstance(stage, lifecycle.Purged | lifecycle.Erased)
        withdrawn = None if gone else await withdraw_open(house, unit, guest, by=by, touched=True)
        if withdrawn is None:
            raise Refused(Reason.WRONG_STAGE)
        memberships.touch(unit, guest, seen=False)
        return withdrawn

    return await attempt(house, Verb.WITHDRAW_ERASURE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def _find(unit: Unit, tenant_id: str, user_id: str) -> tuple[Membership, Organization]:
    guest = await memberships.find(unit, tenant_id, user_id)
    organization = await organizations.find(unit, tenant_id)
    if guest is None or organization is None:
        raise Refused(Reason.NOT_FOUND)
    return guest, organization


def _insist(by: Actor, verb: Verb, guest: Membership, *, by_link: bool) -> None:
    if not by_link and by.person_id is not None and by.person_id != guest.person_id:
        raise Refused(Reason.NOT_FOUND)
    insist_own(by, verb, guest, by_link=by_link)


async def _occasion(unit: Unit, guest: Membership, organization: Organization) -> str:
    """Why they ask and do not leave. Raises Refused (WRONG_STAGE)."""
    if isinstance(lifecycle.stage_at(guest.standing, unit.now), Deleted):
        return AFTER_LEAVE
    reason = await why_not(unit, guest, organization)
    if reason is None or reason in {Reason.HOME_ORGANIZATION, Reason.WRONG_STAGE}:
        raise Refused(Reason.WRONG_STAGE)
    return reason.value
