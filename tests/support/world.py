"""People and organizations to tell stories with, made through the actions."""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

import msgspec

from tests.support.houses import START
from vestibule.actions import directory_users, inviting, journal, organizing, redeeming
from vestibule.actions.credentials import HashedPassword
from vestibule.actions.house import House
from vestibule.actions.organizing import FirstAdministrator, NewOrganization
from vestibule.actions.user_objects import NewMember
from vestibule.rules.actors import Actor, ActorKind, Strength, operator
from vestibule.store import audit, memberships, people
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.people import Mailbox, Person
from vestibule.store.unit import Unit

PASSWORD = HashedPassword("$argon2id$v=19$m=19456,t=2,p=1$" + "A" * 22 + "$" + "A" * 43)
"""Nobody's password: an encoded hash that no password fits."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Place:
    """An organization with its Global Administrator."""

    house: House
    organization: Organization
    administrator: Membership

    @property
    def id(self) -> str:
        """The organization's id."""
        return self.organization.tenant_id

    @property
    def domain(self) -> str:
        """Its initial domain."""
        return self.organization.initial_domain

    @property
    def admin(self) -> Actor:
        """The Global Administrator at the portal, signed in by password."""
        return at_portal(self.administrator)


async def organization(house: House, name: str = "Contoso", **more: Any) -> Place:
    """An organization ``{name}`` at ``{name}.example``, with privacy information and a Global Administrator."""
    domain = more.pop("domain", f"{name.lower()}.example")
    given = {"privacy_contact": f"privacy@{domain}", "privacy_statement": f"https://{domain}/privacy", **more}
    made = await organizing.create_organization(
        house,
        NewOrganization(display_name=name, domain=domain, **given),
        by=operator(),
        administrator=FirstAdministrator(f"admin@{domain}", PASSWORD),
    )
    assert made.administrator is not None
    return Place(house, made.organization, made.administrator)


async def member(place: Place, name: str = "Adele Vance", **properties: Any) -> Membership:
    """A member called by their first name."""
    nickname = name.split(maxsplit=1)[0].lower()
    new = NewMember(name, f"{nickname}@{place.domain}", nickname, PASSWORD, properties=properties)
    return await directory_users.create_user(place.house, new, tenant_id=place.id, by=operator())


async def invited(place: Place, address: str, name: str | None = None) -> tuple[Membership, str]:
    """A guest who has not answered yet, and the ticket of the link in the letter."""
    asked = inviting.check(address, "https://apps.example/", display_name=name)
    sent = await inviting.invite(place.house, asked, tenant_id=place.id, by=operator())
    return await again(place.house, place.id, sent.user_id), sent.redeem_url.rpartition("/")[2]


async def guest(place: Place, address: str = "guest@elsewhere.example", name: str | None = None) -> Membership:
    """A guest who redeemed their invitation, having proved the mailbox by a code."""
    waiting, ticket = await invited(place, address, name)
    person_id = await mailbox_person(place.house, address)
    done = await redeeming.redeem(place.house, person_id=person_id, ticket=ticket, by=person_at_pages(person_id))
    assert done.membership.user_id == waiting.user_id
    return await again(place.house, place.id, waiting.user_id)


async def visitor(place: Place, who: Membership) -> Membership:
    """A member of another organization as a guest here, who redeemed with their home account."""
    assert who.person_id is not None
    waiting, ticket = await invited(place, who.user_principal_name, who.display_name)
    done = await redeeming.redeem(
        place.house, person_id=who.person_id, ticket=ticket, by=person_at_pages(who.person_id)
    )
    assert done.membership.user_id == waiting.user_id
    return await again(place.house, place.id, waiting.user_id)


async def mailbox_person(house: House, address: str) -> str:
    """The person who proved this mailbox by an emailed code, new or known."""
    mac = inviting.address_mac(house, address.lower())

    async def work(unit: Unit) -> str:
        known = await people.find_mailbox(unit, mac)
        if known is not None:
            return known.person_id
        person_id = house.chance.guid()
        people.insert(unit, Person(person_id, "mail", house.chance.guid(), None, None, None, 1, unit.now))
        people.insert_mailbox(unit, Mailbox(mac, person_id, address, unit.now))
        return person_id

    return await house.store.change(work)


async def again(house: House, tenant_id: str, user_id: str) -> Membership:
    """A membership as it is now."""
    found = await memberships.find(await house.store.read(), tenant_id, user_id)
    assert found is not None
    return found


# --- Who acts ---------------------------------------------------------------------------------------------------------


def at_portal(who: Membership, strength: Strength = Strength.PASSWORD) -> Actor:
    """Somebody in our own pages, signed in to the organization of this membership."""
    return Actor(
        ActorKind.PERSON,
        tenant_id=who.tenant_id,
        user_id=who.user_id,
        person_id=who.person_id,
        client_id="vestibule-portal",
        through_pages=True,
        strength=strength,
        network="192.0.2.7",
    )


def with_token(who: Membership, *scopes: str, strength: Strength = Strength.PASSWORD) -> Actor:
    """Somebody behind a program, with these delegated permissions."""
    granted = frozenset(scope.lower() for scope in scopes)
    return replace(at_portal(who, strength), client_id="a-client", through_pages=False, scopes=granted)


def program(place: Place, *permissions: str) -> Actor:
    """A program without a person, with these application permissions."""
    granted = frozenset(permission.lower() for permission in permissions)
    return Actor(ActorKind.APP, tenant_id=place.id, client_id=f"app-{next(_numbers)}", permissions=granted)


def person_at_pages(person_id: str) -> Actor:
    """A person in our own pages who belongs nowhere yet."""
    return Actor(ActorKind.PERSON, person_id=person_id, through_pages=True, strength=Strength.EMAILED_CODE)


# --- What was written down --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """An audit event as somebody with the keys reads it."""

    type: str
    reason: str | None
    record: dict[str, Any]
    subject: dict[str, Any]
    actor: dict[str, Any]


async def events(place: Place) -> list[Told]:
    """Every audit event of an organization, oldest first."""
    reading = await place.house.store.read()
    found = await audit.page(reading, place.id, START, START + timedelta(days=400), 10_000)
    parts = await audit.parts_of(reading, place.id, [event.event_id for event in found])
    told = []
    for event in sorted(found, key=lambda one: (one.at, one.event_id)):
        opened = await journal.open_parts(place.house, event, parts.get(event.event_id, []))
        record = msgspec.json.decode(event.record)
        told.append(Told(event.type, event.reason, record, opened.get("subject", {}), opened.get("actor", {})))
    return told


async def last_event(place: Place) -> Told:
    """The youngest audit event of an organization."""
    return (await events(place))[-1]
