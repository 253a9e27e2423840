"""Asking: to be removed, when one may not leave alone; to be restored, when one has left by mistake.

To be erased is asked for in ``asking_erasure``.

A request is tracked: it has a one-month clock (GDPR art. 12(3)), shows in the Admin center, and is answered by what
the organization does.
"""

from dataclasses import replace

from vestibule.actions import journal
from vestibule.actions.authorising import insist_own
from vestibule.actions.carry_out import attempt
from vestibule.actions.filing_erasure import withdraw_open
from vestibule.actions.house import House
from vestibule.actions.inviting import ticket_hash
from vestibule.actions.leaving import why_not
from vestibule.actions.posting import LetterKind, post
from vestibule.actions.request_letters import tell_contacts, tell_received
from vestibule.rules import lifecycle, policy
from vestibule.rules.actors import Actor
from vestibule.rules.invitations import is_good
from vestibule.rules.lifecycle import Deleted, Invited
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import invitations, memberships, organizations, rates, receipts, requests
from vestibule.store.invitations import Invitation
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Reading, Unit

REMOVAL = "removal"
RESTORE = "restore"


async def ask_removal(house: House, *, tenant_id: str, user_id: str, by: Actor) -> GuestRequest:
    """Ask the organization to remove somebody who may not leave on their own.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED for a token, NEEDS_PERSON for a program; WRONG_STAGE when they could leave, or
            are gone; ALREADY_THERE when they asked less than seven days ago, with ``again`` as the moment from which
            they may ask again.
    """

    async def work(unit: Unit) -> GuestRequest:
        guest, organization = await _find(unit, tenant_id, user_id)
        if by.person_id is not None and by.person_id != guest.person_id:
            raise Refused(Reason.NOT_FOUND)
        insist_own(by, Verb.ASK_REMOVAL, guest)
        reason = await why_not(unit, guest, organization)
        if reason is None or reason in {Reason.HOME_ORGANIZATION, Reason.WRONG_STAGE}:
            raise Refused(Reason.WRONG_STAGE)
        asked = await _ask(unit, guest, REMOVAL, reason.value)
        await _journal(house, unit, Verb.ASK_REMOVAL, guest, by, reason.value, touched=True)
        tell_received(house, unit, organization, guest, asked)
        tell_contacts(house, unit, LetterKind.ADMIN_REMOVAL_ASKED, organization, guest, asked)
        return asked

    return await attempt(house, Verb.ASK_REMOVAL, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def ask_restore(house: House, *, receipt_id: str, by: Actor) -> GuestRequest:
    """Ask the organization to restore an account, by the receipt of the departure; signing in is not needed.

    Who asked to be erased withdraws that.

    Raises:
        Refused: NOT_FOUND; TOO_LATE from the deadline on; WRONG_STAGE when the account is back already.
    """
    reading = await house.store.read()
    receipt = await receipts.find(reading, receipt_id)
    if receipt is None:
        raise Refused(Reason.NOT_FOUND)

    async def work(unit: Unit) -> GuestRequest:
        guest, organization = await _find(unit, receipt.tenant_id, receipt.user_id)
        insist_own(by, Verb.ASK_RESTORE, guest, by_link=True)
        stage = lifecycle.stage_at(guest.standing, unit.now)
        if isinstance(stage, Deleted) and stage.at == receipt.left_at:
            asked = await _ask(unit, guest, RESTORE, "leftByMistake")
            await withdraw_open(house, unit, guest, by=by)  # nobody wants to come back and to be erased
            await _journal(house, unit, Verb.ASK_RESTORE, guest, by, "leftByMistake", touched=True)
            tell_contacts(house, unit, LetterKind.ADMIN_RESTORE_ASKED, organization, guest, asked, stage)
            return asked
        gone = isinstance(stage, lifecycle.Purged | lifecycle.Erased)
        raise Refused(Reason.TOO_LATE if gone else Reason.WRONG_STAGE)

    return await attempt(house, Verb.ASK_RESTORE, work, by=by, tenant_id=receipt.tenant_id, user_id=receipt.user_id)


async def ask_invitation(house: House, *, ticket: str, by: Actor) -> None:
    """Whoever holds the link of an invitation that ended asks the one who sent it for a new one; once in seven days.

    Raises:
        Refused: NOT_FOUND for an unknown ticket; WRONG_STAGE when the invitation did not end by time, or a newer one
            was sent; ALREADY_THERE when it was asked for less than seven days ago.
    """
    asked = await invitations.find_by_ticket(await house.store.read(), ticket_hash(ticket))
    if asked is None:
        raise Refused(Reason.NOT_FOUND)

    async def work(unit: Unit) -> None:
        guest, organization = await _find(unit, asked.tenant_id, asked.user_id)
        insist_own(by, Verb.ASK_INVITATION, guest, by_link=True)
        newest = (await invitations.of_user(unit, asked.tenant_id, asked.user_id))[0]
        over = newest.state in {"open", "expired"} and not is_good(newest.expires_at, unit.now)
        if newest.invitation_id != asked.invitation_id or not over or not isinstance(guest.stage, Invited):
            raise Refused(Reason.WRONG_STAGE)
        await _once(unit, newest)
        memberships.guard(unit, guest)
        inviter = await _inviter(unit, newest)
        _ask_inviter(house, unit, organization, guest, newest, inviter)
        await _journal(house, unit, Verb.ASK_INVITATION, guest, by, "invitationExpired")

    await attempt(house, Verb.ASK_INVITATION, work, by=by, tenant_id=asked.tenant_id, user_id=asked.user_id)


async def invitation_is_asked(reading: Reading, invitation: Invitation) -> bool:
    """Whether a new invitation was asked for in the last seven days."""
    return await rates.is_counted(reading, _bucket(invitation))


def _bucket(invitation: Invitation) -> str:
    return f"invitation-asked:{invitation.invitation_id}"


async def _once(unit: Unit, invitation: Invitation) -> None:
    try:
        await rates.count(unit, _bucket(invitation), limit=1, window=policy.ASK_AGAIN_AFTER)
    except Refused as refused:
        raise Refused(Reason.ALREADY_THERE) from refused


async def _inviter(unit: Unit, invitation: Invitation) -> Membership | None:
    """Who sent the invitation, while they are there; a program or somebody who is gone gets no letter."""
    if invitation.inviter_user_id is None:
        return None
    found = await memberships.find(unit, invitation.tenant_id, invitation.inviter_user_id)
    return found if found is not None and lifecycle.may_sign_in(found.standing, unit.now) else None


def _ask_inviter(
    house: House,
    unit: Unit,
    organization: Organization,
    guest: Membership,
    invitation: Invitation,
    inviter: Membership | None,
) -> None:
    """To the inviter, else to the organization's technical contact."""
    post(
        house,
        unit,
        LetterKind.INVITATION_ASKED,
        organization=organization,
        user_id=guest.user_id,
        recipient=(inviter.contact if inviter else None) or organization.technical_contact,
        languages=[inviter.preferred_language if inviter else None],
        facts={
            "guest": {"name": guest.display_name, "address": invitation.address},
            "invitedAt": invitation.created_at,
            "expiredAt": invitation.expires_at,
            "askedAt": unit.now,
            "rowLink": f"{house.public_url}/admin/users/{guest.user_id}",
        },
    )


async def _find(unit: Unit, tenant_id: str, user_id: str) -> tuple[Membership, Organization]:
    guest = await memberships.find(unit, tenant_id, user_id)
    organization = await organizations.find(unit, tenant_id)
    if guest is None or organization is None:
        raise Refused(Reason.NOT_FOUND)
    return guest, organization


async def _ask(unit: Unit, guest: Membership, kind: str, reason: str) -> GuestRequest:
    before = (await requests.of_membership(unit, guest.tenant_id, guest.user_id)).get(kind)
    again = policy.ask_again_at(None if before is None else before.asked_at, unit.now)
    if before is not None and again is not None and (before.answer is None or kind == REMOVAL):
        raise Refused(Reason.ALREADY_THERE, again=again.isoformat())
    memberships.touch(unit, guest, seen=False)  # what happens to them at the same time comes first, or sees the request
    asked = GuestRequest(guest.tenant_id, guest.user_id, kind, reason, unit.now, policy.answer_due(unit.now))
    if before is None:
        requests.insert(unit, asked)
    else:
        requests.save(unit, before, asked)
    return asked


async def _journal(
    house: House, unit: Unit, verb: Verb, guest: Membership, by: Actor, reason: str, *, touched: bool = False
) -> None:
    subject = journal.about(guest, replace(guest, version=guest.version + touched))
    event = journal.Event(verb, guest.tenant_id, subject, unit.now, facts={"reason": reason})
    await journal.write(house, unit, event, by=by)
