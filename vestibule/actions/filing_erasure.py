"""Filing that somebody asks to be erased, and taking it back, in the unit of whatever they do."""

from dataclasses import replace

from vestibule.actions import journal
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind
from vestibule.actions.request_letters import tell_contacts, tell_received
from vestibule.rules import policy
from vestibule.rules.actors import Actor
from vestibule.rules.person_requests import Answer, Kind
from vestibule.rules.verbs import Verb
from vestibule.store import requests
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Reading, Unit


async def erasure_of(reading: Reading, guest: Membership) -> GuestRequest | None:
    """The request of this membership to be erased, open or not."""
    return (await requests.of_membership(reading, guest.tenant_id, guest.user_id)).get(Kind.ERASURE)


async def is_open(reading: Reading, guest: Membership) -> bool:
    """Whether they wait for an answer to it."""
    asked = await erasure_of(reading, guest)
    return asked is not None and asked.answer is None


async def file_erasure(
    house: House,
    unit: Unit,
    guest: Membership,
    organization: Organization,
    *,
    reason: str,
    by: Actor,
    touched: bool = False,
) -> GuestRequest:
    """Write down that somebody asks to be erased; one that is open already stands, with its clock.

    Args:
        house: the house. unit: the unit, which writes the membership as well. guest: who asks, as the unit has made
            them so far. organization: whom they ask. reason: on what occasion. by: who asks.
        touched: the unit raises their version for this alone, and no other event tells of that.
    """
    mine = await requests.of_membership(unit, guest.tenant_id, guest.user_id)
    known = mine.get(Kind.ERASURE)
    if known is not None and known.answer is None:
        return known
    restore = mine.get(Kind.RESTORE)
    if restore is not None and restore.answer is None:
        requests.answer(unit, restore, Answer.WITHDRAWN)
    due = policy.answer_due(unit.now)
    asked = GuestRequest(guest.tenant_id, guest.user_id, Kind.ERASURE.value, reason, unit.now, due)
    if known is None:
        requests.insert(unit, asked)
    else:
        requests.save(unit, known, asked)
    subject = _about(guest, touched=touched)
    event = journal.Event(Verb.ASK_ERASURE, guest.tenant_id, subject, unit.now, facts={"reason": reason})
    await journal.write(house, unit, event, by=by)
    tell_received(house, unit, organization, guest, asked)
    tell_contacts(house, unit, LetterKind.ADMIN_ERASURE_ASKED, organization, guest, asked)
    return asked


async def withdraw_open(
    house: House, unit: Unit, guest: Membership, *, by: Actor, touched: bool = False
) -> GuestRequest | None:
    """Take an open request to be erased back, in a unit that touches the membership. Returns it, or None.

    ``touched``: see ``file_erasure``.
    """
    asked = await erasure_of(unit, guest)
    if asked is None or asked.answer is not None:
        return None
    withdrawn = requests.answer(unit, asked, Answer.WITHDRAWN)
    subject = _about(guest, touched=touched)
    event = journal.Event(
        Verb.WITHDRAW_ERASURE, guest.tenant_id, subject, unit.now, facts={"answer": Answer.WITHDRAWN.value}
    )
    await journal.write(house, unit, event, by=by)
    return withdrawn


def _about(guest: Membership, *, touched: bool) -> journal.Subject:
    return journal.about(guest, replace(guest, version=guest.version + 1) if touched else None)
