"""Where the soak plays: two organizations with two members and a group each, made through the actions."""

import asyncio
from dataclasses import dataclass

from soak.reading import APPS, GROUPS
from tests.support import world
from vestibule.actions import app_connections, apps, grouping
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Kind, Whom
from vestibule.rules.groups import NewGroup
from vestibule.store import apps as kept_apps
from vestibule.store import connections, memberships, organizations
from vestibule.store.apps import App
from vestibule.store.memberships import Membership

NAMES = ("Contoso", "Fabrikam")
MEMBERS = ("Adele Vance", "Alex Wilber")
MAILBOXES = tuple(f"guest{number}@elsewhere.example" for number in range(8))
GROUP = "Partners"
CALLBACK = "https://app.example/cb"


@dataclass(frozen=True, slots=True)
class Place:
    """An organization to play in.

    Attributes:
        admin: its Global Administrator at the portal. group_id: a group that guests are added to.
        app: a public client that guests sign in to.
    """

    tenant_id: str
    domain: str
    admin: Actor
    group_id: str
    app: App


async def settle(house: House) -> list[Place]:
    """The places; whatever is missing, because an earlier process was killed while it made it, is made."""
    return [await _place(house, name) for name in NAMES]


async def connect(house: House, places: list[Place], address: str) -> None:
    """Let the app of each place be told of everybody, at this address; data removals wait for it."""
    for place in places:
        found = await connections.find(await house.store.read(), place.tenant_id, place.app.app_id, Kind.WEBHOOK.value)
        if found is None:
            await app_connections.set_connection(
                house,
                Kind.WEBHOOK,
                tenant_id=place.tenant_id,
                app_id=place.app.app_id,
                by=operator(),
                address=address,
                told_of=Whom.EVERYONE,
                required=True,
            )


async def wait_for_places(house: House) -> list[Place]:
    """The places, once another process has made all of them."""
    while not await _are_made(house):  # noqa: ASYNC110 - the other process tells nobody
        await asyncio.sleep(0.02)
    return await settle(house)


async def _are_made(house: House) -> bool:
    """Whether the last thing that ``settle`` makes is there."""
    reading = await house.store.read()
    last = await organizations.find_domain(reading, f"{NAMES[-1].lower()}.example")
    return last is not None and bool(await reading.all(APPS, tenant_id=last.tenant_id))


def addresses(place: Place) -> list[str]:
    """Whom this organization invites: people without a home, and members of the other one."""
    others = [name.lower() for name in NAMES if f"{name.lower()}.example" != place.domain]
    at_home = [f"{_short(who)}@{other}.example" for other in others for who in MEMBERS]
    return [*MAILBOXES, *at_home]


async def _place(house: House, name: str) -> Place:
    domain = f"{name.lower()}.example"
    found = await organizations.find_domain(await house.store.read(), domain)
    if found is None:
        await world.organization(house, name)
    reading = await house.store.read()
    domain_row = await organizations.find_domain(reading, domain)
    assert domain_row is not None
    tenant_id = domain_row.tenant_id
    administrator = await _named(house, tenant_id, f"admin@{domain}")
    organization = await organizations.find(reading, tenant_id)
    assert administrator is not None
    assert organization is not None
    for member in MEMBERS:
        if await _named(house, tenant_id, f"{_short(member)}@{domain}") is None:
            await world.member(
                world.Place(house, organization, administrator), member, mail=f"{_short(member)}@{domain}"
            )
    group_id, app = await _group(house, tenant_id), await _app(house, tenant_id)
    return Place(tenant_id, domain, world.at_portal(administrator), group_id, app)


def _short(member: str) -> str:
    return member.split(maxsplit=1)[0].lower()


async def _named(house: House, tenant_id: str, name: str) -> Membership | None:
    return await memberships.find_by_upn(await house.store.read(), tenant_id, name)


async def _group(house: House, tenant_id: str) -> str:
    rows = await (await house.store.read()).all(GROUPS, tenant_id=tenant_id)
    if rows:
        return str(rows[0][0])
    new = NewGroup(GROUP, GROUP.lower(), mail_enabled=False, security_enabled=True)
    return (await grouping.create_group(house, new, tenant_id=tenant_id, by=operator())).group_id


async def _app(house: House, tenant_id: str) -> App:
    reading = await house.store.read()
    rows = await reading.all(APPS, tenant_id=tenant_id)
    found = await kept_apps.find(reading, tenant_id, str(rows[0][0])) if rows else None
    if found is not None:
        return found
    new = NewApp("Client", redirect_uris=(CALLBACK,), public=True)
    return (await apps.create_app(house, new, tenant_id=tenant_id, by=operator())).app
