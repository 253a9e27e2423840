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


async def file_erasure(
    house: House,
    unit: Unit,
    before: Membership,
    after: Membership,
    organization: Organization,
    *,
    reason: str,
    by: Actor,
) -> GuestRequest:
    """Write down that somebody asks to be erased; one that is open already stands, with its clock.

    Args:
        house: the house. unit: the unit, which writes the membership as well. organization: whom they ask.
        before, after: the membership as it was and as the unit makes it. reason: on what occasion. by: who asks.
    """
    mine = await requests.of_membership(unit, before.tenant_id, before.user_id)
    known = mine.get(Kind.ERASURE)
    if known is not None and known.answer is None:
        return known
    restore = mine.get(Kind.RESTORE)
    if restore is not None and restore.answer is None:
        requests.answer(unit, restore, Answer.WITHDRAWN)
    due = policy.answer_due(unit.now)
    asked = GuestRequest(before.tenant_id, before.user_id, Kind.ERASURE.value, reason, unit.now, due)
    if known is None:
        requests.insert(unit, asked)
    else:
        requests.save(unit, known, asked)
    event = journal.Event(
        Verb.ASK_ERASURE, before.tenant_id, journal.about(before, after), unit.now, facts={"reason": reason}
    )
    await journal.write(house, unit, event, by=by)
    tell_received(house, unit, organization, before, asked)
    tell_contacts(house, unit, LetterKind.ADMIN_ERASURE_ASKED, organization, before, asked)
    return asked


async def withdraw_open(house: House, unit: Unit, guest: Membership, *, by: Actor) -> GuestRequest | None:
    """Take an open request to be erased back, in a unit that touches the membership. Returns it, or None."""
    asked = await erasure_of(unit, guest)
    if asked is None or asked.answer is not None:
        return None
    withdrawn = requests.answer(unit, asked, Answer.WITHDRAWN)
    subject = journal.about(guest, replace(guest, version=guest.version + 1))
    event = journal.Event(
        Verb.WITHDRAW_ERASURE, guest.tenant_id, subject, unit.now, facts={"answer": Answer.WITHDRAWN.value}
    )
    await journal.write(house, unit, event, by=by)
    return withdrawn
