"""Domains that an organization says are its own, until somebody proves it. A claim keeps a name from nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, literal_column, update

from vestibule.store.organizations import Domain
from vestibule.store.records import Records
from vestibule.store.schema import domain, domain_claim
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class DomainClaim:
    """A domain that waits for its proof. ``proof``: what a TXT record of the domain has to say."""

    tenant_id: str
    name: str
    proof: str
    asked_at: datetime


_CLAIMS: Final = Records(domain_claim, DomainClaim)
_this = (domain_claim.c.tenant_id == given("tenant_id"), domain_claim.c.name == given("name"))
_FIND = _CLAIMS.where(*_this)
_IN = _CLAIMS.where(domain_claim.c.tenant_id == given("tenant_id"), order=domain_claim.c.name)
_DROP = Change(delete(domain_claim).where(*_this))
_DROP_DOMAIN = Change(
    delete(domain).where(
        domain.c.tenant_id == given("tenant_id"),
        domain.c.name == given("name"),
        domain.c.is_default == literal_column("false"),
    )
)
_DEFAULT = Change(
    update(domain)
    .where(
        domain.c.tenant_id == given("in_tenant"),
        domain.c.name == given("of_name"),
        domain.c.is_default != given("now_default"),
    )
    .values(is_default=given("now_default"))
)


async def find(reading: Reading, tenant_id: str, name: str) -> DomainClaim | None:
    """The claim of an organization to this name."""
    return await _CLAIMS.one(reading, _FIND, tenant_id=tenant_id, name=name)


async def everyone(reading: Reading, tenant_id: str) -> list[DomainClaim]:
    """What an organization claims, by name."""
    return await _CLAIMS.all(reading, _IN, tenant_id=tenant_id)


def insert(unit: Unit, new: DomainClaim) -> None:
    """Write a claim."""
    _CLAIMS.insert(unit, new)


def drop(unit: Unit, gone: DomainClaim) -> None:
    """The claim is proven, or given up."""
    unit.write(_DROP, tenant_id=gone.tenant_id, name=gone.name)


def make_default(unit: Unit, of: Domain, *, is_default: bool) -> None:
    """New users are named in this domain from now on, or no longer."""
    unit.write(_DEFAULT, in_tenant=of.tenant_id, of_name=of.name, now_default=is_default)


def drop_domain(unit: Unit, gone: Domain) -> None:
    """The domain is the organization's no more."""
    unit.write(_DROP_DOMAIN, tenant_id=gone.tenant_id, name=gone.name)
