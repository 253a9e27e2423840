"""Leave: a person goes on their own."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from vestibule.actions import erasing, filing_erasure, guest_settings, handing_over, receipt_keys, signed_receipts
from vestibule.actions.authorising import insist_own, insist_themselves
from vestibule.actions.carry_out import attempt, carry_out
from vestibule.actions.handing_over import HandOver
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.ground.clock import iso
from vestibule.ground.signing import SigningKey
from vestibule.rules import lifecycle, policy
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Cause, Deleted, Erased, Invited, Present, Purged, Tie
from vestibule.rules.person_requests import Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import hanging, invitations, memberships, organizations, receipts, requests
from vestibule.store.hanging import Hanging
from vestibule.store.memberships import GLOBAL_ADMINISTRATOR, Membership
from vestibule.store.organizations import Organization
from vestibule.store.receipts import Answered, Receipt
from vestibule.store.unit import Reading, Unit

LONGEST_KEY = 255
LONGEST_WHY = 500
WITH_LEAVE = "withLeave"
AFTER_LEAVE = "afterLeave"
"""The occasions on which somebody asks to be erased who leaves."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody wants who leaves: see ``leave``."""

    key: str
    why: str | None
    heirs: HandOver
    erase: bool


@dataclass(frozen=True, slots=True)
class Departure:
    """What somebody gets who left.

    Attributes:
        receipt: the receipt.
        answer: the same in the shape of the leave API, word for word what the first caller got.
    """

    receipt: Receipt
    answer: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person would lose, and until when it could be undone, if they left now.

    Attributes:
        lost: what hangs on the membership and may be named, and the apps that come through its groups; each app once.
        hidden: how many more there are that may not be named.
    """

    lost: list[Hanging]
    hidden: int
    restorable_until: datetime | None
    data_removed_by: datetime


async def leave(
    house: House,
    *,
    tenant_id: str,
    by: Actor,
    key: str | None,
    user_id: str | None = None,
    why: str | None = None,
    hand_over: HandOver | None = None,
    erase: bool = False,
) -> Departure:
    """Leave an organization.

    Args:
        house: the house. tenant_id: the organization to leave.
        by: the person, with a token or session of home or of that organization; or the operator for ``user_id``.
        key: the caller's idempotency key; the same key gets the same answer, whatever happened meanwhile.
        user_id: whose membership, when the operator acts; a person leaves for themselves only.
        why: what the person wants to tell the organization, at most 500 characters.
        hand_over: to whom what they own alone goes, in the same transaction; see ``handing_over``.
        erase: they ask to be erased with it (GDPR, article 17). The organization's setting decides whether they are
            deleted for good in the same transaction, or stay restorable while an administrator answers.

    Raises:
        Refused: the reasons of ``lifecycle.why_not_leave``; NOT_FOUND; NEEDS_PERSON for an app; NOT_ALLOWED for a
            token without Organizations.Leave; KEY_MISSING, KEY_REUSED; as ``handing_over.hand_over``.
    """
    if by.kind is ActorKind.APP:
        raise Refused(Reason.NEEDS_PERSON)
    _check_key(key)
    guest_id = await _whose(house, tenant_id, by, user_id)
    signer = await receipt_keys.signer(house)

    async def work(unit: Unit) -> Departure:
        guest = await memberships.find(unit, tenant_id, guest_id)
        if guest is None:
            raise Refused(Reason.NOT_FOUND)
        _insist(by, guest)
        owner = by.person_id or guest.person_id or guest_id
        answered = await receipts.find_answer(unit, owner, key or "")
        if answered is not None:
            return await _said_before(unit, answered, tenant_id)
        earlier = await _left_already(unit, guest)
        if earlier is not None:
            if erase:
                await _erase_too(house, unit, guest, by=by)
            _remember(unit, owner, key or "", tenant_id, earlier.answer)
            return earlier
        asked = _Asked(key or "", why, hand_over or {}, erase=erase)
        return await _go(house, unit, guest, asked, by=by, owner=owner, signer=signer)

    return await attempt(house, Verb.LEAVE, work, by=by, tenant_id=tenant_id, user_id=guest_id)


async def preview(reading: Reading, guest: Membership) -> Preview:
    """What would go with this membership. Names of things whose members are hidden are counted, not told."""
    held = await hanging.everything(reading, guest.tenant_id, guest.user_id)
    everything = hanging.each_app_once(thing for thing in held if not thing.struck)
    shown = [thing for thing in everything if not thing.hidden]
    gone = lifecycle.gone(guest.standing, reading.now, Cause.LEFT)
    return Preview(
        lost=shown,
        hidden=len(everything) - len(shown),
        restorable_until=lifecycle.restorable_until(gone),
        data_removed_by=lifecycle.data_removed_by(gone) or reading.now,
    )


async def why_not(reading: Reading, guest: Membership, organization: Organization) -> Reason | None:
    """Why this person may not leave, or None: what words the Leave link, from the rule that refuses the request."""
    only = guest.administrator and await other_administrator(reading, guest) is None
    return lifecycle.why_not_leave(
        guest.standing, reading.now, guests_may_leave=organization.guests_may_leave, only_administrator=only
    )


async def _go(
    house: House,
    unit: Unit,
    guest: Membership,
    asked: _Asked,
    *,
    by: Actor,
    owner: str,
    signer: SigningKey,
) -> Departure:
    organization = await organizations.find(unit, guest.tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    other = await other_administrator(unit, guest) if guest.administrator else None
    move = lifecycle.leave(
        guest.standing,
        unit.now,
        guests_may_leave=organization.guests_may_leave,
        only_administrator=guest.administrator and other is None,
    )
    organizations.guard(unit, organization)
    if other is not None:
        memberships.guard(unit, other)
    await handing_over.hand_over(house, unit, guest, asked.heirs, by=by, leaving=True)
    told = asked.why.strip()[:LONGEST_WHY] if asked.why and organization.asks_why else None
    after = await carry_out(
        house,
        unit,
        guest,
        move,
        by=by,
        facts={"selfService": True},
        details={"why": told} if told else {},
        upn_key=None,
        self_service=True,
    )
    await close_requests(unit, guest, "left")
    invitations.close_all(unit, guest.tenant_id, guest.user_id)
    if guest.standing.tie is Tie.DIRECT_CONNECT:
        erasing.start(house, unit, after, organization, move)
    elif asked.erase:
        after = await _erase(house, unit, after, organization, by=by)
    gone = after.stage
    if not isinstance(gone, Deleted | Purged):
        raise Refused(Reason.WRONG_STAGE)
    receipt = signed_receipts.sign(house, signer, _receipt(house, guest, organization, gone))
    receipts.insert(unit, receipt)
    answer = as_answer(receipt, gone)
    _remember(unit, owner, asked.key, guest.tenant_id, answer)
    _tell(house, unit, guest, organization, receipt)
    return Departure(receipt, answer)


async def _erase_too(house: House, unit: Unit, guest: Membership, *, by: Actor) -> None:
    """Who has left already and leaves once more, to be erased: that is asked for like anything after the leave."""
    organization = await organizations.find(unit, guest.tenant_id)
    if organization is None or not isinstance(lifecycle.stage_at(guest.standing, unit.now), Deleted):
        return
    if await filing_erasure.is_open(unit, guest):
        return
    memberships.touch(unit, guest, seen=False)
    await filing_erasure.file_erasure(house, unit, guest, organization, reason=AFTER_LEAVE, by=by, touched=True)


async def _erase(house: House, unit: Unit, left: Membership, organization: Organization, *, by: Actor) -> Membership:
    """What the organization's setting makes of the wish to be erased. Returns the membership as it is after it.

    Whoever is on hold leaves as ever, and the wish waits for an answer: nothing may be deleted, and they may go.
    """
    at_once = policy.erases_at_once(guest_settings.erasure_on_leave_of(organization), asked=True)
    if at_once and not left.standing.held:
        return await erasing.purge_here(
            house, unit, left, by=by, tells=False, ended_here=True
        )  # the receipt tells of it
    await filing_erasure.file_erasure(house, unit, left, organization, reason=WITH_LEAVE, by=by)
    return left


async def close_requests(unit: Unit, guest: Membership, answer: str) -> frozenset[str]:
    """Requests that what just happened has answered. Returns their kinds.

    A wish to be erased stands: neither going nor coming back fulfils it.
    """
    asked = (await requests.of_membership(unit, guest.tenant_id, guest.user_id)).values()
    still_open = [request for request in asked if request.answer is None and request.kind != Kind.ERASURE]
    for request in still_open:
        requests.answer(unit, request, answer)
    return frozenset(request.kind for request in still_open)


def as_answer(receipt: Receipt, stage: lifecycle.Stage) -> dict[str, Any]:
    """A receipt in the shape of the leave API, with the stage the membership is in."""
    until = receipt.restorable_until
    return {
        "reference": receipt.reference,
        "tenantId": receipt.tenant_id,
        "displayName": receipt.display_name,
        "domain": receipt.domain,
        "kind": receipt.tie,
        "leftAt": iso(receipt.left_at),
        "restorableUntil": None if until is None else iso(until),
        "dataRemovedBy": iso(receipt.data_removed_by),
        "state": stage_word(stage),
    }


def stage_word(stage: lifecycle.Stage) -> str:
    """The lifecycle's word for a stage, as doors show it."""
    match stage:
        case Invited():
            return "invited"
        case Present():
            return "present"
        case Deleted():
            return "deleted"
        case Purged():
            return "purged"
        case Erased():
            return "erased"


def _check_key(key: str | None) -> None:
    if key is None or not key.strip():
        raise Refused(Reason.KEY_MISSING, header="Idempotency-Key")
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Refused(Reason.BAD_VALUE, property="Idempotency-Key")


def _insist(by: Actor, guest: Membership) -> None:
    """Insist that it is theirs to leave; that an erased one was theirs, only their receipt has said (``_whose``)."""
    if isinstance(guest.stage, Erased) and guest.person_id is None:
        insist_themselves(by, Verb.LEAVE)
    else:
        insist_own(by, Verb.LEAVE, guest)


async def _whose(house: House, tenant_id: str, by: Actor, user_id: str | None) -> str:
    """The id of the membership that is meant; the person's own, or the operator's word.

    Once it is erased only the person's receipt leads to it: the same key still gets the same answer.
    """
    if by.kind is ActorKind.OPERATOR and user_id is not None:
        return user_id
    if by.person_id is None:
        raise Refused(Reason.NEEDS_PERSON)
    reading = await house.store.read()
    mine = current(await memberships.of_person_here(reading, tenant_id, by.person_id))
    found = await _left_behind(reading, tenant_id, by.person_id) if mine is None else mine.user_id
    if found is None or (user_id is not None and user_id != found):
        raise Refused(Reason.NOT_FOUND)
    return found


async def _left_behind(reading: Reading, tenant_id: str, person_id: str) -> str | None:
    """The membership that the person's last receipt from this organization tells of."""
    given = await receipts.of_person(reading, person_id)
    return next((one.user_id for one in given if one.tenant_id == tenant_id), None)


def current(mine: list[Membership]) -> Membership | None:
    """Of several user objects of one person in one organization (after a fresh start), the one that counts now."""
    order = {Present: 0, Invited: 1, Deleted: 2, Purged: 3, Erased: 4}
    ranked = sorted(mine, key=lambda one: (order[type(one.stage)], -one.created_at.timestamp()))
    return ranked[0] if ranked else None


async def other_administrator(reading: Reading, guest: Membership) -> Membership | None:
    """Another Global Administrator, in the version in which they were one: a guard on it fails when that ended."""
    found = await hanging.another_holder(reading, guest.tenant_id, guest.user_id, GLOBAL_ADMINISTRATOR)
    other = None if found is None else await memberships.find(reading, guest.tenant_id, found[0])
    return None if found is None or other is None else replace(other, version=found[1])


async def _said_before(unit: Unit, answered: Answered, tenant_id: str) -> Departure:
    """What this key was answered, also when the person has come back as another user object since."""
    if answered.asked != f"leave {tenant_id}":
        raise Refused(Reason.KEY_REUSED, header="Idempotency-Key")
    answer = msgspec.json.decode(answered.answer)
    given = await receipts.of_person(unit, answered.owner)
    receipt = next((one for one in given if one.reference == answer["reference"]), None)
    if receipt is None:
        raise Refused(Reason.NOT_FOUND)
    return Departure(receipt, answer)


async def _left_already(unit: Unit, guest: Membership) -> Departure | None:
    """The first receipt, while the departure it tells of is the current one."""
    stage = lifecycle.stage_at(guest.standing, unit.now)
    by_choice = isinstance(stage, Deleted | Purged) and stage.cause is Cause.LEFT
    if not by_choice and not (isinstance(stage, Erased) and guest.self_service):
        return None
    receipt = await receipts.latest(unit, guest.tenant_id, guest.user_id)
    return None if receipt is None else Departure(receipt, as_answer(receipt, stage))


def _remember(unit: Unit, owner: str, key: str, tenant_id: str, answer: dict[str, Any]) -> None:
    text = msgspec.json.encode(answer).decode()
    receipts.keep_answer(unit, Answered(owner, key, f"leave {tenant_id}", text, unit.now))


def _receipt(house: House, guest: Membership, organization: Organization, gone: Deleted | Purged) -> Receipt:
    return Receipt(
        person_id=guest.person_id or guest.user_id,
        receipt_id=house.chance.guid(),
        reference=house.chance.reference(),
        tenant_id=guest.tenant_id,
        user_id=guest.user_id,
        display_name=organization.display_name,
        domain=organization.initial_domain,
        tie=guest.standing.tie.value,
        left_at=gone.at,
        restorable_until=lifecycle.restorable_until(gone),
        data_removed_by=lifecycle.data_removed_by(gone) or gone.at,
    )


def _tell(house: House, unit: Unit, guest: Membership, organization: Organization, receipt: Receipt) -> None:
    post(
        house,
        unit,
        LetterKind.YOU_LEFT,
        organization=organization,
        user_id=guest.user_id,
        recipient=guest.contact,
        languages=[guest.preferred_language],
        facts={
            "reference": receipt.reference,
            "leftAt": receipt.left_at,
            "restorableUntil": receipt.restorable_until,
            "dataRemovedBy": receipt.data_removed_by,
            "receiptLink": receipt_link(house, receipt),
            "restoreLink": restore_link(house, receipt),
        },
    )


def receipt_key(house: House, receipt_id: str) -> str:
    """The signature that opens a receipt for whoever holds the mail, without signing in."""
    return house.sealer.mac("receipt-link", receipt_id.encode()).hex()[:40]


def receipt_link(house: House, receipt: Receipt) -> str:
    """The address of the receipt with its key."""
    key = receipt_key(house, receipt.receipt_id)
    return f"{house.public_url}/myaccount/receipts/{receipt.receipt_id}?key={key}"


def restore_link(house: House, receipt: Receipt) -> str | None:
    """Where the person asks for a restore; None for direct connect."""
    if receipt.restorable_until is None:
        return None
    key = receipt_key(house, receipt.receipt_id)
    return f"{house.public_url}/myaccount/receipts/{receipt.receipt_id}/request-restore?key={key}"
