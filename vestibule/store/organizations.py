"""Organizations, their domains and their policies."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, literal_column, select, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import domain, organization
from vestibule.store.statements import Change, Guard, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Organization:
    """One organization with the policies that rules ask about.

    Attributes:
        guests_may_leave: External user leave settings, Yes or No.
        refuses_codes: who proves a mailbox by code, and has no other home, does not get in.
        settings: everything no rule decides on in a hot path (JSON object).
        subject_key_id: opens the parts of audit events that are about no person.
        digest_at: when its contacts hear next who left; None: never.
        epoch: raised when everything that was given in it ends: sessions, codes and tokens.
    """

    tenant_id: str
    display_name: str
    initial_domain: str
    country: str
    notification_language: str
    time_zone: str
    technical_contact: str | None
    privacy_contact: str | None
    privacy_statement: str | None
    guests_may_leave: bool
    asks_why: bool
    allow_invites_from: str
    guest_access: str
    settings: dict[str, Any]
    subject_key_id: str
    version: int
    created_at: datetime
    refuses_codes: bool = False
    digest_at: datetime | None = None
    epoch: int = 0

    @property
    def technical_contacts(self) -> list[str]:
        """Every address for technical matters, the first one first."""
        first = [self.technical_contact] if self.technical_contact else []
        return list(self.settings.get("technicalNotificationMails", first))

    @property
    def guest_contact(self) -> str | None:
        """Who is written to about guests: the privacy contact, else the technical one; None for nobody."""
        return self.privacy_contact or self.technical_contact

    def contacts(self) -> dict[str, Any]:
        """Whom a guest may turn to, in the shape of the leave API."""
        return {
            "privacyContact": self.privacy_contact,
            "privacyStatement": self.privacy_statement,
            "technicalContacts": self.technical_contacts,
        }


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain name of an organization."""

    tenant_id: str
    name: str
    is_default: bool
    is_initial: bool
    verified_at: datetime | None


ORGANIZATIONS: Final = Records(organization, Organization)
_DOMAINS = Records(domain, Domain)
_KEPT: Final = {"tenant_id", "created_at", "subject_key_id"}

_FIND = ORGANIZATIONS.where(organization.c.tenant_id == given("tenant_id"))
_FIND_BY_DOMAIN = Query(
    select(*ORGANIZATIONS.columns)
    .join(domain, domain.c.tenant_id == organization.c.tenant_id)
    .where(domain.c.name == given("name"))
)
_FIND_MANY = ORGANIZATIONS.where(among(organization.c.tenant_id, "tenant_ids"))
_ALL = Query(select(*ORGANIZATIONS.columns).order_by(organization.c.created_at, organization.c.tenant_id))
_DIGESTS = ORGANIZATIONS.where(
    organization.c.digest_at <= given("until"),
    order=(organization.c.digest_at, organization.c.tenant_id),
    limit=given("limit"),
)
_UPDATE = Change(
    update(organization)
    .where(organization.c.tenant_id == given("in_tenant"), organization.c.version == given("if_version"))
    .values({name: given(name) for name in ORGANIZATIONS.names if name not in _KEPT})
)
_UNCHANGED = Guard(
    select(literal_column("1"))
    .where(organization.c.tenant_id == given("tenant_id"), organization.c.version == given("version"))
    .with_for_update(read=True)
)
_DOMAINS_OF = _DOMAINS.where(domain.c.tenant_id == given("tenant_id"), order=domain.c.name)
_DOMAIN = _DOMAINS.where(domain.c.name == given("name"))


def epoch_of(tenant_id: ColumnElement[str]) -> ScalarSelect[int]:
    """The epoch of the organization with this id, as a column of another query; NULL where there is none."""
    place = organization.alias()
    return select(place.c.epoch).where(place.c.tenant_id == tenant_id).scalar_subquery()


async def find(reading: Reading, tenant_id: str) -> Organization | None:
    """The organization with this id."""
    return await ORGANIZATIONS.one(reading, _FIND, tenant_id=tenant_id)


async def find_by_domain(reading: Reading, name: str) -> Organization | None:
    """The organization that owns this domain name (lower case)."""
    return await ORGANIZATIONS.one(reading, _FIND_BY_DOMAIN, name=name)


async def find_many(reading: Reading, tenant_ids: list[str]) -> list[Organization]:
    """Those of these organizations that exist, in no particular order."""
    return await ORGANIZATIONS.all(reading, _FIND_MANY, tenant_ids=tenant_ids)


async def everyone(reading: Reading) -> list[Organization]:
    """Every organization of the deployment, oldest first; for the command line."""
    return await ORGANIZATIONS.all(reading, _ALL)


async def digests_due(reading: Reading, until: datetime, limit: int) -> list[Organization]:
    """Organizations whose contacts hear who left by this moment, the first ones first."""
    return await ORGANIZATIONS.all(reading, _DIGESTS, until=to_us(until), limit=limit)


def insert(unit: Unit, new: Organization) -> None:
    """Write a new organization."""
    ORGANIZATIONS.insert(unit, new)


def save(unit: Unit, before: Organization, after: Organization) -> Organization:
    """Write changed values, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in ORGANIZATIONS.values(saved).items() if name not in _KEPT}
    unit.write(_UPDATE, in_tenant=before.tenant_id, if_version=before.version, **values)
    return saved


def guard(unit: Unit, seen: Organization) -> None:
    """Insist that no policy changes before the unit commits."""
    unit.guard(_UNCHANGED, tenant_id=seen.tenant_id, version=seen.version)


async def domains(reading: Reading, tenant_id: str) -> list[Domain]:
    """The domain names of an organization, by name."""
    return await _DOMAINS.all(reading, _DOMAINS_OF, tenant_id=tenant_id)


async def find_domain(reading: Reading, name: str) -> Domain | None:
    """Who owns this domain name (lower case)."""
    return await _DOMAINS.one(reading, _DOMAIN, name=name)


def insert_domain(unit: Unit, new: Domain) -> None:
    """Write a new domain; a name that is taken raises Duplicate at commit."""
    _DOMAINS.insert(unit, new)
