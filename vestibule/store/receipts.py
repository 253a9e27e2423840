"""Receipts of departures, and the answers kept for callers who ask twice."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import idempotency, receipt
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that somebody left. It belongs to the person, holds no value of the profile, and outlives the erasure.

    Attributes:
        reference: ``VL-XXXX-XXXX``, for people to read to each other.
        restorable_until: None for direct connect. data_removed_by: the latest moment of data removal.
        signed: the same as a signed file (JWS, RFC 7515); None on receipts that an older version gave.
    """

    person_id: str
    receipt_id: str
    reference: str
    tenant_id: str
    user_id: str
    display_name: str
    domain: str
    tie: str
    left_at: datetime
    restorable_until: datetime | None
    data_removed_by: datetime
    signed: str | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was given for an idempotency key.

    Attributes:
        owner: the person or app whose key it is. asked: what it was for. answer: JSON text.
    """

    owner: str
    idempotency_key: str
    asked: str
    answer: str
    at: datetime


_RECEIPTS = Records(receipt, Receipt)
_ANSWERS = Records(idempotency, Answered)
_FIND = _RECEIPTS.where(receipt.c.receipt_id == given("receipt_id"))
_OF_PERSON = _RECEIPTS.where(receipt.c.person_id == given("person_id"), order=receipt.c.left_at.desc())
_LATEST = _RECEIPTS.where(
    receipt.c.tenant_id == given("tenant_id"), receipt.c.user_id == given("user_id"), order=receipt.c.left_at.desc()
)
_ANSWERED = _ANSWERS.where(idempotency.c.owner == given("owner"), idempotency.c.idempotency_key == given("key"))
_SIGN = Change(
    update(receipt)
    .where(
        receipt.c.person_id == given("of_person"),
        receipt.c.receipt_id == given("of_receipt"),
        receipt.c.signed.is_(None),
    )
    .values(signed=given("signed"))
)
_FORGET_ANSWERS = Change(delete(idempotency).where(idempotency.c.at < given("before")))


def insert(unit: Unit, new: Receipt) -> None:
    """Write a receipt."""
    _RECEIPTS.insert(unit, new)


def keep_signed(unit: Unit, of: Receipt, signed: str) -> None:
    """Keep the signed file of a receipt that has none; the unit is stale when it has one by now."""
    unit.write(_SIGN, of_person=of.person_id, of_receipt=of.receipt_id, signed=signed)


async def find(reading: Reading, receipt_id: str) -> Receipt | None:
    """The receipt with this id."""
    return await _RECEIPTS.one(reading, _FIND, receipt_id=receipt_id)


async def of_person(reading: Reading, person_id: str) -> list[Receipt]:
    """A person's receipts, newest first."""
    return await _RECEIPTS.all(reading, _OF_PERSON, person_id=person_id)


async def latest(reading: Reading, tenant_id: str, user_id: str) -> Receipt | None:
    """The receipt of the last departure of this membership."""
    return await _RECEIPTS.one(reading, _LATEST, tenant_id=tenant_id, user_id=user_id)


async def find_answer(reading: Reading, owner: str, key: str) -> Answered | None:
    """What was answered to this key of this owner."""
    return await _ANSWERS.one(reading, _ANSWERED, owner=owner, key=key)


def keep_answer(unit: Unit, answered: Answered) -> None:
    """Keep an answer for the key; the same key twice at once raises Duplicate, and the work runs again."""
    _ANSWERS.insert(unit, answered)


def forget_answers(unit: Unit, before: datetime) -> None:
    """Old keys are forgotten."""
    unit.write(_FORGET_ANSWERS, rows=None, before=to_us(before))
