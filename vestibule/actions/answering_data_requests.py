"""Answering whoever asked by a proven address: the copy, the removal, that there is nothing; or a refusal.

An administrator says which of the accounts that were found are the person's. Their removal goes the ways of any other
permanent deletion, with its rights and its guards: a legal hold stops it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from vestibule.actions import answering_erasure, data_request_found, erasing, journal, sealed_requests
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt, insist_version
from vestibule.actions.data_request_letters import tell
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.actions.inviting import address_mac
from vestibule.actions.posting import LetterKind
from vestibule.actions.sealed_requests import Said, about
from vestibule.rules import lifecycle, names, person_requests, texts
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Deleted
from vestibule.rules.person_requests import COPY_LIVES, KEPT_AFTER_ANSWER, LONGEST_TEXT, Answer, Ground, Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import data_requests, invitations, memberships, passcodes
from vestibule.store.data_requests import DataRequest
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.unit import Unit

Chosen = Mapping[str, int]
"""The accounts that are the person's: by id, the version that whoever answers has seen."""


async def answer_request(
    house: House,
    *,
    tenant_id: str,
    request_id: str,
    by: Actor,
    accounts: Chosen,
    none_theirs: bool = False,
    message: str | None = None,
) -> DataRequest:
    """Grant it: the person can fetch a copy for 14 days, or what was found is removed; or there is nothing.

    Args:
        house: the house. tenant_id, request_id: which one. by: who answers. accounts: whose data it is.
        none_theirs: none of the accounts that are found is the person's; without that being said nobody is told that
            there is nothing while there is one.
        message: more about it, in the organization's words, at most 1,000 characters; it is in the letter.

    Raises:
        Refused: NOT_FOUND, also for an account that the address does not lead to; NOT_ALLOWED; WRONG_STAGE when it is
            answered; MISSING_VALUE (``accounts``) when there are some and none is chosen; VERSION_MISMATCH; ON_HOLD,
            ONLY_ADMINISTRATOR when an account cannot be deleted; BAD_VALUE for the message; UNAVAILABLE when the key
            that opens it is lost.
    """
    more = texts.text_lines(message, limit=LONGEST_TEXT, what="message") if message else None
    unchosen = not accounts and not none_theirs
    listed = unchosen and await _is_listed(house, tenant_id, request_id)

    async def work(unit: Unit) -> DataRequest:
        organization, asked, said = await _open(house, unit, by, Verb.ANSWER_DATA_REQUEST, tenant_id, request_id)
        key = await house.keys.find(asked.subject_key_id)
        if key is None or not said.address:
            raise Refused(Reason.UNAVAILABLE)
        users = [await _account(house, unit, tenant_id, said, *one) for one in accounts.items()]
        if unchosen and (listed or await _has_account(house, unit, tenant_id, said)):
            raise Refused(Reason.MISSING_VALUE, property="accounts")
        kept = await _kept(house, unit, organization, said)
        if asked.wish == Kind.ERASURE:
            removed = await _remove(house, unit, said, users, tenant_id, by=by)
            there = any(removed.values())
        else:
            for user in users:
                await authorise(unit, by, Verb.ANSWER_DATA_REQUEST, tenant_id, user)
                memberships.guard(unit, user)
            removed, there = {}, bool(users or kept or await _letters(house, unit, tenant_id, said))
        chosen = replace(asked, sealed=sealed_requests.seal(house, key, request_id, _with(said, users)))
        after = data_requests.answer(
            unit,
            chosen,
            Answer.GRANTED if there else Answer.NOTHING_HELD,
            kept_for=KEPT_AFTER_ANSWER,
            copy_until=unit.now + COPY_LIVES if there and asked.wish == Kind.ACCESS else None,
        )
        facts = {"wish": asked.wish, "answer": after.answer, **removed}
        await _journal(house, unit, Verb.ANSWER_DATA_REQUEST, asked, after, said, facts, by=by, message=more)
        told = _told(after, removed, kept if asked.wish == Kind.ERASURE else [], more)
        tell(house, unit, LetterKind.DATA_REQUEST_ANSWERED, organization, after, said, told)
        return after

    return await attempt(house, Verb.ANSWER_DATA_REQUEST, work, by=by, tenant_id=tenant_id)


def _with(said: Said, users: list[Membership]) -> Said:
    return Said(said.address, said.words, said.language, tuple(user.user_id for user in users))


def _told(after: DataRequest, removed: dict[str, int], kept: list[str], message: str | None) -> dict[str, Any]:
    return {
        "answeredAt": after.answered_at,
        "nothingHeld": after.answer == Answer.NOTHING_HELD,
        "copyUntil": after.copy_until,
        "accountsRemoved": removed.get("accounts"),
        "lettersRemoved": removed.get("letters"),
        "kept": kept or None,
        "message": message,
    }


async def _account(house: House, unit: Unit, tenant_id: str, said: Said, user_id: str, version: int) -> Membership:
    """A chosen account, when the address still leads to it. Raises Refused (NOT_FOUND, VERSION_MISMATCH)."""
    user = await memberships.find(unit, tenant_id, user_id)
    tied = None if user is None else await data_request_found.tied(house, unit, user, names.key(said.address))
    if user is None or tied is None:
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    insist_version(user.version, version)
    return user


async def _remove(
    house: House, unit: Unit, said: Said, users: list[Membership], tenant_id: str, *, by: Actor
) -> dict[str, int]:
    """Delete the accounts for good, and what else waits under the address. Returns how much of each."""
    for user in users:
        if isinstance(lifecycle.stage_at(user.standing, unit.now), Deleted):
            await authorise(unit, by, Verb.PURGE, tenant_id, user)
            await erasing.purge_here(house, unit, user, by=by, cause=answering_erasure.ASKED_FOR)
        else:
            await answering_erasure.remove_for_good(house, unit, user, by=by, hand_over={})
    passcodes.drop(unit, address_mac(house, names.key(said.address)))
    letters = await data_request_found.drop_letters(house, unit, tenant_id, names.key(said.address))
    return {"accounts": len(users), "letters": letters}


async def _is_listed(house: House, tenant_id: str, request_id: str) -> bool:
    """Whether it is another address of an account: looked up before the unit, since all of them are looked through."""
    reading = await house.store.read()
    asked = await data_requests.find(reading, tenant_id, request_id)
    said = None if asked is None else await sealed_requests.opened(house, asked)
    return said is not None and await data_request_found.is_listed(reading, tenant_id, said.address)


async def _has_account(house: House, unit: Unit, tenant_id: str, said: Said) -> bool:
    return await data_request_found.has_account(house, unit, tenant_id, said.address)


async def _letters(house: House, unit: Unit, tenant_id: str, said: Said) -> bool:
    return bool(await data_request_found.letters_to(house, unit, tenant_id, names.key(said.address)))


async def _kept(house: House, unit: Unit, organization: Organization, said: Said) -> list[str]:
    """What names the address and stays: it does so for the person's sake, or for everybody to see."""
    key = names.key(said.address)
    blocked = await invitations.is_blocked(unit, organization.tenant_id, address_mac(house, key))
    contact = data_request_found.is_contact(organization, key)
    return ["invitationBlock"] * blocked + ["contact"] * contact


async def refuse_request(
    house: House, *, tenant_id: str, request_id: str, by: Actor, ground: Ground, message: str | None = None
) -> DataRequest:
    """Refuse it. The person hears the ground, and to whom they can complain. Returns the answered request.

    The arguments are those of ``answer_request``; ``ground`` says why.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when it is answered; BAD_VALUE for the message, and for a ground
            that the law does not know for this wish.
    """
    more = texts.text_lines(message, limit=LONGEST_TEXT, what="message") if message else None

    async def work(unit: Unit) -> DataRequest:
        organization, asked, said = await _open(house, unit, by, Verb.ANSWER_DATA_REQUEST, tenant_id, request_id)
        if ground not in person_requests.grounds_for(Kind(asked.wish)):
            raise Refused(Reason.BAD_VALUE, property="ground")
        after = data_requests.answer(unit, asked, Answer.REFUSED, kept_for=KEPT_AFTER_ANSWER, ground=ground.value)
        facts = {"wish": asked.wish, "answer": Answer.REFUSED.value, "ground": ground.value}
        await _journal(house, unit, Verb.ANSWER_DATA_REQUEST, asked, after, said, facts, by=by, message=more)
        told = {"answeredAt": after.answered_at, "ground": ground.value, "message": more}
        tell(house, unit, LetterKind.DATA_REQUEST_REFUSED, organization, after, said, told)
        return after

    return await attempt(house, Verb.ANSWER_DATA_REQUEST, work, by=by, tenant_id=tenant_id)


async def extend_request(
    house: House, *, tenant_id: str, request_id: str, months: int, why: str, by: Actor
) -> DataRequest:
    """Take up to two further months for the answer, once, and tell the person why. Returns the request.

    Args:
        house: the house. tenant_id, request_id: which one. by: who extends it.
        months: one or two, beyond the first one. why: in the organization's words, at most 1,000 characters.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when it is answered; ALREADY_THERE when it was extended before;
            TOO_LATE when its month is over; BAD_VALUE for the months or the reason.
    """
    more = texts.text_lines(why, limit=LONGEST_TEXT, what="why")

    async def work(unit: Unit) -> DataRequest:
        organization, asked, said = await _open(house, unit, by, Verb.EXTEND_DATA_REQUEST, tenant_id, request_id)
        due = person_requests.extended_due(asked.asked_at, months)
        reason = person_requests.why_not_extend(
            answered=False, extended=asked.first_due is not None, answer_due=asked.answer_due, now=unit.now
        )
        if reason is not None:
            raise Refused(reason)
        after = data_requests.save(unit, asked, replace(asked, answer_due=due, first_due=asked.answer_due))
        facts = {"wish": asked.wish, "months": months}
        await _journal(house, unit, Verb.EXTEND_DATA_REQUEST, asked, after, said, facts, by=by, message=more)
        told = {"firstDue": asked.answer_due, "answerDue": due, "message": more}
        tell(house, unit, LetterKind.DATA_REQUEST_EXTENDED, organization, after, said, told)
        return after

    return await attempt(house, Verb.EXTEND_DATA_REQUEST, work, by=by, tenant_id=tenant_id)


async def _open(
    house: House, unit: Unit, by: Actor, verb: Verb, tenant_id: str, request_id: str
) -> tuple[Organization, DataRequest, Said]:
    """Whom somebody asked, what, and who. Raises Refused: NOT_FOUND, NOT_ALLOWED; WRONG_STAGE when nothing waits."""
    await authorise(unit, by, verb, tenant_id)
    organization = await find_organization(unit, tenant_id)
    asked = await data_requests.find(unit, tenant_id, request_id)
    if asked is None:
        raise Refused(Reason.NOT_FOUND, objectId=request_id)
    if asked.answer is not None:
        raise Refused(Reason.WRONG_STAGE)
    return organization, asked, await sealed_requests.opened(house, asked)


async def _journal(
    house: House,
    unit: Unit,
    verb: Verb,
    before: DataRequest,
    after: DataRequest,
    said: Said,
    facts: Mapping[str, Any],
    *,
    by: Actor,
    message: str | None,
) -> None:
    event = journal.Event(
        verb,
        before.tenant_id,
        about(before, after, said),
        unit.now,
        facts=facts,
        details={"message": message} if message else {},
    )
    await journal.write(house, unit, event, by=by)
