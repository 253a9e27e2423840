"""Certificates of data removals: wanted with the end of a removal, signed once that is sealed in the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import literal_column, or_, select, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import erasure_certificate
from vestibule.store.statements import Change, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Certificate:
    """The certificate of one data removal.

    Attributes:
        event_id: the audit event of its end; empty while the removal waits for recipients.
        facts: what was known before the data went and is nowhere else afterwards: counts by table, and recipients.
        signed: the file (JWS, RFC 7515); None until it is made. made_at: machine time.
    """

    tenant_id: str
    user_id: str
    event_id: str
    facts: dict[str, Any]
    signed: str | None = None
    made_at: datetime | None = None


_here: Final = erasure_certificate.c.tenant_id == given("tenant_id")
_CERTIFICATES: Final = Records(erasure_certificate, Certificate)
_FIND: Final = _CERTIFICATES.where(_here, erasure_certificate.c.user_id == given("user_id"))
_WANTED: Final = _CERTIFICATES.where(
    erasure_certificate.c.signed.is_(None),
    erasure_certificate.c.event_id != literal_column("''"),
    or_(
        erasure_certificate.c.tenant_id > given("tenant_id"),
        _here & (erasure_certificate.c.user_id > given("user_id")),
    ),
    order=(erasure_certificate.c.tenant_id, erasure_certificate.c.user_id),
    limit=given("limit"),
)
_MADE: Final = Query(
    select(erasure_certificate.c.user_id).where(
        _here, among(erasure_certificate.c.user_id, "user_ids"), erasure_certificate.c.signed.is_not(None)
    )
)
_END: Final = Change(
    update(erasure_certificate)
    .where(
        erasure_certificate.c.tenant_id == given("of_tenant"),
        erasure_certificate.c.user_id == given("of_user"),
        erasure_certificate.c.event_id == literal_column("''"),
    )
    .values(event_id=given("event_id"), facts=given("facts"))
)
_SIGN: Final = Change(
    update(erasure_certificate)
    .where(
        erasure_certificate.c.tenant_id == given("of_tenant"),
        erasure_certificate.c.user_id == given("of_user"),
        erasure_certificate.c.signed.is_(None),
    )
    .values(signed=given("signed"), made_at=given("made_at"))
)


def want(unit: Unit, new: Certificate) -> None:
    """A certificate is to be made, in the unit that ends the data removal, or that begins to wait for recipients."""
    _CERTIFICATES.insert(unit, new)


def end(unit: Unit, of: Certificate, event_id: str, facts: dict[str, Any]) -> None:
    """The removal that waited has ended with this event; the unit is stale when somebody else said so."""
    as_kept = _CERTIFICATES.values(replace(of, facts=facts))["facts"]
    unit.write(_END, of_tenant=of.tenant_id, of_user=of.user_id, event_id=event_id, facts=as_kept)


async def find(reading: Reading, tenant_id: str, user_id: str) -> Certificate | None:
    """The certificate of this removal, made or still to be made."""
    return await _CERTIFICATES.one(reading, _FIND, tenant_id=tenant_id, user_id=user_id)


async def wanted(reading: Reading, behind: tuple[str, str], limit: int) -> list[Certificate]:
    """Certificates that are still to be made, by organization and user, behind this one of them."""
    return await _CERTIFICATES.all(reading, _WANTED, tenant_id=behind[0], user_id=behind[1], limit=limit)


async def made_of(reading: Reading, tenant_id: str, user_ids: Sequence[str]) -> frozenset[str]:
    """Which of these removals have a certificate."""
    rows = await reading.all(_MADE, tenant_id=tenant_id, user_ids=list(user_ids))
    return frozenset(str(row[0]) for row in rows)


def sign(unit: Unit, of: Certificate, signed: str, at: datetime) -> None:
    """The certificate is made; the unit is stale when somebody else made it."""
    unit.write(_SIGN, of_tenant=of.tenant_id, of_user=of.user_id, signed=signed, made_at=to_us(at))
