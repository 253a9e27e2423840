"""Terms of use: an organization's editions of them, and who accepted which."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnClause, delete, literal_column, select, update

from vestibule.store.records import Records
from vestibule.store.schema import terms_acceptance, terms_of_use
from vestibule.store.statements import Change, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Terms:
    """One edition of an organization's terms of use.

    Attributes:
        edition: counts from 1. documents: by language, ``{"text": …}`` or ``{"link": …}``; empty when withdrawn.
        in_force: the newest one.
    """

    tenant_id: str
    edition: int
    documents: dict[str, Any]
    in_force: bool
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A user accepted an edition."""

    tenant_id: str
    user_id: str
    edition: int
    accepted_at: datetime


_TERMS = Records(terms_of_use, Terms)
_ACCEPTANCES = Records(terms_acceptance, Acceptance)
_NOTHING: Final[ColumnClause[str]] = literal_column("'{}'")

_IN_FORCE = _TERMS.where(terms_of_use.c.tenant_id == given("tenant_id"), terms_of_use.c.in_force)
_ASKED = Query(
    select(terms_of_use.c.tenant_id, terms_of_use.c.edition).where(
        among(terms_of_use.c.tenant_id, "tenant_ids"), terms_of_use.c.in_force, terms_of_use.c.documents != _NOTHING
    )
)
_REPLACE = Change(
    update(terms_of_use)
    .where(terms_of_use.c.tenant_id == given("of_tenant"), terms_of_use.c.edition == given("of_edition"))
    .values(in_force=given("in_force"))
)
_FIND = _ACCEPTANCES.where(
    terms_acceptance.c.tenant_id == given("tenant_id"),
    terms_acceptance.c.user_id == given("user_id"),
    terms_acceptance.c.edition == given("edition"),
)
_OF = _ACCEPTANCES.where(
    terms_acceptance.c.tenant_id == given("tenant_id"),
    terms_acceptance.c.user_id == given("user_id"),
    order=terms_acceptance.c.edition,
)
_DROP = Change(
    delete(terms_acceptance).where(
        terms_acceptance.c.tenant_id == given("tenant_id"), terms_acceptance.c.user_id == given("user_id")
    )
)


async def in_force(reading: Reading, tenant_id: str) -> Terms | None:
    """The newest edition, which may be one without documents; None when there never was one."""
    return await _TERMS.one(reading, _IN_FORCE, tenant_id=tenant_id)


async def asked_by(reading: Reading, tenant_ids: list[str]) -> dict[str, int]:
    """Which edition each of these organizations asks people to accept; those that ask nothing are not in it."""
    return {row[0]: row[1] for row in await reading.all(_ASKED, tenant_ids=tenant_ids)} if tenant_ids else {}


async def unanswered(reading: Reading, users: Mapping[str, str]) -> set[str]:
    """Which of these organizations ask for something that this user of theirs has not accepted.

    ``users``: user ids by organization.
    """
    asked = await asked_by(reading, list(users))
    return {
        tenant_id
        for tenant_id, edition in asked.items()
        if await find_acceptance(reading, tenant_id, users[tenant_id], edition) is None
    }


def insert(unit: Unit, new: Terms, before: Terms | None) -> None:
    """A new edition is in force instead of the one before."""
    if before is not None:
        unit.write(_REPLACE, of_tenant=before.tenant_id, of_edition=before.edition, in_force=False)
    _TERMS.insert(unit, new)


async def find_acceptance(reading: Reading, tenant_id: str, user_id: str, edition: int) -> Acceptance | None:
    """That a user accepted this edition, or None."""
    return await _ACCEPTANCES.one(reading, _FIND, tenant_id=tenant_id, user_id=user_id, edition=edition)


async def acceptances(reading: Reading, tenant_id: str, user_id: str) -> list[Acceptance]:
    """What a user accepted, oldest edition first."""
    return await _ACCEPTANCES.all(reading, _OF, tenant_id=tenant_id, user_id=user_id)


def accept(unit: Unit, new: Acceptance) -> None:
    """A user accepts an edition."""
    _ACCEPTANCES.insert(unit, new)


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing is known of what this user accepted."""
    unit.write(_DROP, rows=None, tenant_id=tenant_id, user_id=user_id)
