"""People: who signs in, by (issuer, subject); the mailboxes they proved; what they belong to."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, literal_column, null, select, update

from vestibule.store.memberships import MAIL
from vestibule.store.records import Records
from vestibule.store.schema import credential, person, person_invitation, person_mailbox, person_membership
from vestibule.store.statements import Change, Query, given, inserting
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in.

    Attributes:
        issuer: who vouches: ``{origin}/{tenant}/v2.0`` of a home organization, another provider (one that speaks SAML
            as ``rules.saml.issuer_of`` calls it), or ``mail``.
        subject: the issuer's name for them; never an address. For ``mail`` a random id, for other providers a keyed
            hash of what they call them.
        home_tenant, home_user: their account in an organization of this deployment, when they have one.
    """

    person_id: str
    issuer: str
    subject: str
    home_tenant: str | None
    home_user: str | None
    preferred_language: str | None
    version: int
    created_at: datetime

    @property
    def is_federated(self) -> bool:
        """Whether another provider vouches for them."""
        return self.home_tenant is None and self.issuer != MAIL


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox that a person proved by a code. The address goes when their last membership is erased."""

    address_mac: str
    person_id: str
    address: str | None
    proven_at: datetime


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret of a person, as a hash."""

    person_id: str
    kind: str
    secret: str
    changed_at: datetime


_PEOPLE = Records(person, Person)
_MAILBOXES = Records(person_mailbox, Mailbox)
_CREDENTIALS = Records(credential, Credential)

_FIND = _PEOPLE.where(person.c.person_id == given("person_id"))
_BY_IDENTITY = _PEOPLE.where(person.c.issuer == given("issuer"), person.c.subject == given("subject"))
_MAILBOX = _MAILBOXES.where(person_mailbox.c.address_mac == given("address_mac"))
_MAILBOXES_OF = _MAILBOXES.where(person_mailbox.c.person_id == given("person_id"))
_CREDENTIAL = _CREDENTIALS.where(credential.c.person_id == given("person_id"), credential.c.kind == given("kind"))
_SET_LANGUAGE = Change(
    update(person)
    .where(person.c.person_id == given("of_person"))
    .values(preferred_language=given("language"), version=person.c.version + literal_column("1"))
)
_TOUCH = Change(
    update(person)
    .where(person.c.person_id == given("of_person"), person.c.version == given("if_version"))
    .values(version=person.c.version + literal_column("1"))
)
_CHANGE_CREDENTIAL = Change(
    update(credential)
    .where(credential.c.person_id == given("of_person"), credential.c.kind == given("of_kind"))
    .values(secret=given("secret"), changed_at=given("changed_at"))
)
_DROP_CREDENTIALS = Change(delete(credential).where(credential.c.person_id == given("person_id")))
_REMEMBER_ADDRESS = Change(
    update(person_mailbox).where(person_mailbox.c.address_mac == given("mac")).values(address=given("address"))
)
_FORGET_ADDRESSES = Change(
    update(person_mailbox).where(person_mailbox.c.person_id == given("of_person")).values(address=null())
)
_BELONGS = inserting(person_membership)
_BELONGS_NO_MORE = Change(
    delete(person_membership).where(
        person_membership.c.person_id == given("person_id"),
        person_membership.c.tenant_id == given("tenant_id"),
        person_membership.c.user_id == given("user_id"),
    )
)
_TIES = Query(
    select(person_membership.c.tenant_id, person_membership.c.user_id).where(
        person_membership.c.person_id == given("person_id")
    )
)
_AWAITED = inserting(person_invitation)
_AWAITED_NO_MORE = Change(
    delete(person_invitation).where(
        person_invitation.c.tenant_id == given("tenant_id"), person_invitation.c.user_id == given("user_id")
    )
)
_AWAITS = Query(
    select(person_invitation.c.tenant_id, person_invitation.c.user_id).where(
        person_invitation.c.address_mac == given("address_mac")
    )
)


async def find(reading: Reading, person_id: str) -> Person | None:
    """The person with this id."""
    return await _PEOPLE.one(reading, _FIND, person_id=person_id)


async def find_by_identity(reading: Reading, issuer: str, subject: str) -> Person | None:
    """The person whom this issuer calls this."""
    return await _PEOPLE.one(reading, _BY_IDENTITY, issuer=issuer, subject=subject)


async def find_mailbox(reading: Reading, address_mac: str) -> Mailbox | None:
    """Who proved this mailbox."""
    return await _MAILBOXES.one(reading, _MAILBOX, address_mac=address_mac)


async def mailboxes(reading: Reading, person_id: str) -> list[Mailbox]:
    """The mailboxes this person proved."""
    return await _MAILBOXES.all(reading, _MAILBOXES_OF, person_id=person_id)


async def find_credential(reading: Reading, person_id: str, kind: str) -> Credential | None:
    """A person's secret of this kind."""
    return await _CREDENTIALS.one(reading, _CREDENTIAL, person_id=person_id, kind=kind)


async def ties(reading: Reading, person_id: str) -> list[tuple[str, str]]:
    """(organization, user) of everything the person belongs or belonged to and that is not erased."""
    return [(tenant_id, user_id) for tenant_id, user_id in await reading.all(_TIES, person_id=person_id)]


async def invitations_awaiting(reading: Reading, address_mac: str) -> list[tuple[str, str]]:
    """(organization, user) of every invitation that waits for this mailbox."""
    return [(tenant_id, user_id) for tenant_id, user_id in await reading.all(_AWAITS, address_mac=address_mac)]


def insert(unit: Unit, new: Person) -> None:
    """Write a new person; an identity that exists raises Duplicate at commit."""
    _PEOPLE.insert(unit, new)


def insert_mailbox(unit: Unit, new: Mailbox) -> None:
    """Write down that a person proved a mailbox."""
    _MAILBOXES.insert(unit, new)


def insert_credential(unit: Unit, new: Credential) -> None:
    """Write a person's first secret of a kind."""
    _CREDENTIALS.insert(unit, new)


def change_credential(unit: Unit, changed: Credential) -> None:
    """Replace a person's secret of a kind."""
    values = _CREDENTIALS.values(changed)
    unit.write(
        _CHANGE_CREDENTIAL,
        of_person=changed.person_id,
        of_kind=changed.kind,
        secret=changed.secret,
        changed_at=values["changed_at"],
    )


def set_language(unit: Unit, person_id: str, language: str | None) -> None:
    """Remember the language the person chose."""
    unit.write(_SET_LANGUAGE, of_person=person_id, language=language)


def touch(unit: Unit, seen: Person) -> None:
    """Raise the version: a decision rested on what the person belongs to, and of two such one has to be first."""
    unit.write(_TOUCH, of_person=seen.person_id, if_version=seen.version)


def belongs(unit: Unit, person_id: str, tenant_id: str, user_id: str) -> None:
    """The person has this membership."""
    unit.write(_BELONGS, person_id=person_id, tenant_id=tenant_id, user_id=user_id)


def belongs_no_more(unit: Unit, person_id: str, tenant_id: str, user_id: str) -> None:
    """The membership is erased; the person's list forgets it."""
    unit.write(_BELONGS_NO_MORE, rows=None, person_id=person_id, tenant_id=tenant_id, user_id=user_id)


def remember_address(unit: Unit, address_mac: str, address: str) -> None:
    """The mailbox was proven again; its address is known again."""
    unit.write(_REMEMBER_ADDRESS, mac=address_mac, address=address)


def forget_addresses(unit: Unit, person_id: str) -> None:
    """Nothing ties the person here any more: their addresses go, the keyed hash that finds receipts stays."""
    unit.write(_FORGET_ADDRESSES, rows=None, of_person=person_id)


def drop_credentials(unit: Unit, person_id: str) -> None:
    """The person's secrets go."""
    unit.write(_DROP_CREDENTIALS, rows=None, person_id=person_id)


def await_mailbox(unit: Unit, address_mac: str, tenant_id: str, user_id: str) -> None:
    """An invitation waits for this mailbox."""
    unit.write(_AWAITED, address_mac=address_mac, tenant_id=tenant_id, user_id=user_id)


def await_no_more(unit: Unit, tenant_id: str, user_id: str) -> None:
    """No invitation waits for this membership any more."""
    unit.write(_AWAITED_NO_MORE, rows=None, tenant_id=tenant_id, user_id=user_id)
