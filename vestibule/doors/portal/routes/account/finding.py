"""What the routes of My Account look up for the person who is signed in."""

from dataclasses import replace

from vestibule.actions import belonging
from vestibule.actions.belonging import Belonging, Departed
from vestibule.doors.portal.desk import Visit
from vestibule.rules import names
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.memberships import Membership


def tenant_id(visit: Visit) -> str:
    """The organization in the address. Raises Refused (NOT_FOUND) when that is no id."""
    found = names.guid(visit.captured("tenant"))
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def find_mine(visit: Visit) -> Belonging | None:
    """What the person is in the organization in the address; None when they are nothing there, or are erased."""
    return await belonging.at(visit.reading, tenant_id(visit), visit.who.person.person_id)


async def mine_here(visit: Visit) -> Belonging:
    """The same for who has to be there.

    Raises:
        Refused: NOT_FOUND when they are not; nobody learns whether there is such an organization.
    """
    found = await find_mine(visit)
    if found is None:
        raise Refused(Reason.NOT_FOUND)
    return found


async def present_everywhere(visit: Visit) -> list[Belonging]:
    """Where the person is now, by name, the home organization first."""
    mine = await belonging.everywhere(visit.reading, visit.who.person.person_id)
    home = visit.who.person.home_tenant
    present = [one for one in mine if isinstance(one.stage, Present)]
    return sorted(
        present,
        key=lambda one: (
            one.organization.tenant_id != home,
            visit.words.sort_key(one.organization.display_name),
            one.organization.tenant_id,
        ),
    )


async def departure_from(visit: Visit, person_id: str, from_tenant: str) -> Departed | None:
    """The departure by which a person is gone from an organization; None when they are not, or not by their choice."""
    gone = await belonging.departures(visit.reading, person_id)
    return next((one for one in gone if one.current and one.receipt.tenant_id == from_tenant), None)


def as_themselves(visit: Visit, guest: Membership) -> Actor:
    """The person as the user object that it is about, also where they cannot sign in: the log knows them by it."""
    return replace(visit.actor(), tenant_id=guest.tenant_id, user_id=guest.user_id)
