"""Answering who asked to be erased: granting it deletes them for good, refusing it needs a ground that the law knows.

Before its month is over the time to answer may be extended, here and for who asked to be removed.
"""

from collections.abc import Mapping
from dataclasses import replace

from vestibule.actions import erasing, handing_over, journal, removing
from vestibule.actions.authorising import authorise, find_user
from vestibule.actions.carry_out import attempt, insist_version
from vestibule.actions.handing_over import HandOver
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind
from vestibule.actions.request_letters import tell_asker, tell_extended
from vestibule.rules import lifecycle, person_requests, policy, texts
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Cause, Deleted, Invited, Present, Purged
from vestibule.rules.person_requests import LONGEST_TEXT, Answer, Ground, Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, organizations, requests
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.requests import GuestRequest
from vestibule.store.unit import Unit

ASKED_FOR = "askedFor"
"""Why a letter says that somebody was deleted for good."""


async def grant_erasure(
    house: House,
    *,
    tenant_id: str,
    user_id: str,
    by: Actor,
    if_version: int | None = None,
    hand_over: HandOver | None = None,
) -> Membership:
    """Grant it: who asked is deleted for good, in this transaction, and the removal of their data begins.

    It goes the ways of removing and of permanent deletion, with the rights and guards that these have.

    Args:
        house: the house. tenant_id, user_id: whose request. by: who answers.
        if_version: the version of the user object that whoever answers has seen. hand_over: see ``removing.remove``.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when no such request is open; VERSION_MISMATCH;
            ONLY_ADMINISTRATOR; as ``handing_over.hand_over``.
    """

    async def work(unit: Unit) -> Membership:
        guest, _, asked = await _open(unit, by, Verb.ANSWER_ERASURE, tenant_id, user_id, Kind.ERASURE)
        insist_version(guest.version, if_version)
        requests.answer(unit, asked, Answer.GRANTED)
        # The deletion raises the version, and its own event tells of that.
        await _journal(house, unit, Verb.ANSWER_ERASURE, guest, by, {"answer": Answer.GRANTED.value}, touched=False)
        stage = lifecycle.stage_at(guest.standing, unit.now)
        if isinstance(stage, Deleted):
            await authorise(unit, by, Verb.PURGE, tenant_id, guest)
            return await erasing.purge_here(house, unit, guest, by=by, cause=ASKED_FOR)
        return await remove_for_good(house, unit, guest, by=by, hand_over=hand_over or {})

    return await attempt(house, Verb.ANSWER_ERASURE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def remove_for_good(house: House, unit: Unit, guest: Membership, *, by: Actor, hand_over: HandOver) -> Membership:
    """Remove somebody who is still here, and delete them for good with it, in the unit of who was asked for that.

    Raises:
        Refused: NOT_ALLOWED; ONLY_ADMINISTRATOR; ON_HOLD; as ``handing_over.hand_over``.
    """
    await authorise(unit, by, Verb.REMOVE, guest.tenant_id, guest)
    await authorise(unit, by, Verb.PURGE, guest.tenant_id, guest)
    await removing.keep_an_administrator(unit, guest)
    await handing_over.hand_over(house, unit, guest, hand_over, by=by)
    gone = await removing.end(house, unit, guest, by=by, cause=Cause.REMOVED)
    if isinstance(gone.stage, Purged):
        return gone  # who only used shared apps has no user object: that was it
    return await erasing.purge_here(house, unit, gone, by=by, cause=ASKED_FOR, ended_here=True)


async def refuse_erasure(
    house: House, *, tenant_id: str, user_id: str, by: Actor, ground: Ground, message: str | None = None
) -> GuestRequest:
    """Refuse it. The person hears the ground, and to whom they can complain. Returns the answered request.

    Args:
        house: the house. tenant_id, user_id: whose request. by: who answers. ground: why.
        message: more about it, in the organization's words, at most 1,000 characters; it is in the letter, and
            sealed in the log.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when no such request is open; BAD_VALUE for the message.
    """
    said = texts.text_lines(message, limit=LONGEST_TEXT, what="message") if message else None

    async def work(unit: Unit) -> GuestRequest:
        guest, organization, asked = await _open(unit, by, Verb.ANSWER_ERASURE, tenant_id, user_id, Kind.ERASURE)
        answered = requests.answer(unit, asked, Answer.REFUSED, ground=ground.value)
        memberships.touch(unit, guest, seen=False)  # what happens to them at the same time comes first, or sees it
        told = {"answer": Answer.REFUSED.value, "ground": ground.value}
        await _journal(house, unit, Verb.ANSWER_ERASURE, guest, by, told, said)
        facts = {
            "askedAt": asked.asked_at,
            "answeredAt": unit.now,
            "ground": ground.value,
            "askAgainFrom": policy.ask_again_at(asked.asked_at, unit.now) or unit.now,
            "message": said,
        }
        tell_asker(house, unit, LetterKind.ERASURE_REFUSED, organization, guest, facts)
        return answered

    return await attempt(house, Verb.ANSWER_ERASURE, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def extend_request(
    house: House, *, tenant_id: str, user_id: str, kind: Kind, months: int, why: str, by: Actor
) -> GuestRequest:
    """Take up to two further months for the answer, once, and tell the person why. Returns the request.

    Args:
        house: the house. tenant_id, user_id, kind: whose request, to be removed or to be erased. by: who extends it.
        months: one or two, beyond the first one. why: in the organization's words, at most 1,000 characters.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when no such request is open; ALREADY_THERE when it was extended
            before; TOO_LATE when its month is over; BAD_VALUE for the months or the reason.
    """
    said = texts.text_lines(why, limit=LONGEST_TEXT, what="why")
    if not said.strip() or kind is Kind.RESTORE:
        raise Refused(Reason.BAD_VALUE, property="kind" if kind is Kind.RESTORE else "why")

    async def work(unit: Unit) -> GuestRequest:
        guest, organization, asked = await _open(unit, by, Verb.EXTEND_REQUEST, tenant_id, user_id, kind)
        due = person_requests.extended_due(asked.asked_at, months)
        reason = person_requests.why_not_extend(
            answered=False, extended=asked.first_due is not None, answer_due=asked.answer_due, now=unit.now
        )
        if reason is not None:
            raise Refused(reason)
        extended = replace(asked, answer_due=due, first_due=asked.answer_due)
        requests.save(unit, asked, extended)
        memberships.touch(unit, guest, seen=False)
        await _journal(house, unit, Verb.EXTEND_REQUEST, guest, by, {"request": kind.value, "months": months}, said)
        tell_extended(house, unit, organization, guest, extended, first_due=asked.answer_due, why=said)
        return extended

    return await attempt(house, Verb.EXTEND_REQUEST, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def _open(
    unit: Unit, by: Actor, verb: Verb, tenant_id: str, user_id: str, kind: Kind
) -> tuple[Membership, Organization, GuestRequest]:
    """Who asked, whom, and what. Raises Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when nothing waits."""
    guest, _ = await find_user(unit, by, verb, tenant_id, user_id)
    organization = await organizations.find(unit, tenant_id)
    asked = (await requests.of_membership(unit, tenant_id, user_id)).get(kind)
    stage = lifecycle.stage_at(guest.standing, unit.now)
    waits = asked is not None and asked.answer is None and isinstance(stage, Invited | Present | Deleted)
    if organization is None or asked is None or not waits:
        raise Refused(Reason.WRONG_STAGE)
    return guest, organization, asked


async def _journal(
    house: House,
    unit: Unit,
    verb: Verb,
    guest: Membership,
    by: Actor,
    facts: Mapping[str, str | int],
    said: str | None = None,
    *,
    touched: bool = True,
) -> None:
    after = replace(guest, version=guest.version + 1) if touched else None
    event = journal.Event(
        verb,
        guest.tenant_id,
        journal.about(guest, after),
        unit.now,
        facts=facts,
        details={"message": said} if said else {},
    )
    await journal.write(house, unit, event, by=by)
