"""People in every state that the pages of My Account tell apart."""

from datetime import timedelta
from typing import Any

from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Page, Visitor
from tests.support.world import Place
from vestibule.actions import apps, assigning, connecting, cross_tenant, leaving, policies
from vestibule.actions.asking import REMOVAL
from vestibule.actions.house import House
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR
from vestibule.store import requests
from vestibule.store.apps import App
from vestibule.store.memberships import Membership
from vestibule.store.receipts import Receipt
from vestibule.store.unit import Unit

DAY = timedelta(days=1)
ORGANIZATIONS = paths.ORGANIZATIONS
MAILBOX = "sam@mailbox.example"


async def visiting(
    town: Town, name: str, *, who: Membership | None = None, **facts: object
) -> tuple[Place, Membership]:
    """A new organization with Adele, or somebody else, as its guest."""
    place = await world.organization(town.house, name, **facts)
    return place, await world.visitor(place, who or town.adele)


async def signed_in_there(browser: Visitor, *places: Place) -> Page:
    """Sign the browser in to organizations, silently, and end at the list."""
    for place in places:
        assert (await browser.open(paths.sign_in_to_leave(place.id))).status == 200
    return await browser.open(ORGANIZATIONS)


async def left(place: Place, guest: Membership, key: str = "key") -> Receipt:
    """Somebody leaves, some other way than in this browser."""
    done = await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key=key)
    return done.receipt


async def forbid(place: Place) -> None:
    """The organization no longer lets guests remove themselves."""
    await policies.change_leave_setting(place.house, tenant_id=place.id, guests_may_leave=False, by=place.admin)


async def only_administrator(place: Place, guest: Membership) -> None:
    """A guest is the only Global Administrator of an organization."""
    for act in (assigning.assign_role, assigning.unassign_role):
        user_id = guest.user_id if act is assigning.assign_role else place.administrator.user_id
        await act(place.house, tenant_id=place.id, role_id=GLOBAL_ADMINISTRATOR, user_id=user_id, by=operator())


async def connected(town: Town, name: str) -> tuple[Place, Membership]:
    """An organization that shares an app with Adele by direct connect."""
    there = await world.organization(town.house, name)
    app = await app_of(there, f"{name} Boards")
    everybody = {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]}
    every_app = {"accessType": "allowed", "targets": [{"target": "AllApplications", "targetType": "application"}]}
    both = {"usersAndGroups": everybody, "applications": every_app}
    for here, partner, direction in (
        (there, town.contoso, "b2bDirectConnectInbound"),
        (town.contoso, there, "b2bDirectConnectOutbound"),
    ):
        await cross_tenant.set_partner(
            town.house, tenant_id=here.id, partner_id=partner.id, changes={direction: both}, by=operator()
        )
    assert town.adele.person_id is not None
    made = await connecting.connect(
        town.house,
        tenant_id=there.id,
        person_id=town.adele.person_id,
        client_id=app.client_id,
        by=world.at_portal(town.adele),
    )
    return there, made


async def app_of(place: Place, name: str, **facts: Any) -> App:
    """An app of an organization."""
    facts = {"redirect_uris": (f"https://apps.{place.domain}/cb",), **facts}
    made = await apps.create_app(
        place.house, NewApp(name, **facts), tenant_id=place.id, by=operator(), with_secret=False
    )
    return made.app


async def keep(house: House, guest: Membership) -> None:
    """The organization answers a request to be removed: kept."""

    async def work(unit: Unit) -> None:
        asked = (await requests.of_membership(unit, guest.tenant_id, guest.user_id))[REMOVAL]
        requests.answer(unit, asked, "kept")

    await house.store.change(work)
