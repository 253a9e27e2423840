"""People with forty unique texts each: in their address, their profile, what they were written and what they wrote."""

import re
from dataclasses import dataclass
from typing import Any, Final

import httpx

from tests.faults.town import Town
from tests.support import world
from tests.support.houses import PUBLIC_URL
from tests.support.world import Place
from vestibule.actions import directory_users, inviting, leaving, redeeming
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator

CANARY: Final = re.compile(rb"canary\d{5}x\d{2}z", re.IGNORECASE)
EACH: Final = 40
BY_HAND: Final = 20
"""So many of them come and go by the pages, in a browser; the others by the same actions."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody. ``number``: from 0. ``user_id``: here."""

    number: int
    user_id: str

    @property
    def by_hand(self) -> bool:
        """They use a browser."""
        return self.number < BY_HAND


def text(number: int, *which: int) -> str:
    """Some of somebody's texts, as words."""
    return " ".join(f"Canary{number:05}x{one:02}z" for one in which)


def address(number: int) -> str:
    """Where they get mail: two texts."""
    return f"{text(number, 0)}@{text(number, 1)}.example".lower()


def profile(number: int) -> dict[str, Any]:
    """What is known of them."""

    def some(*which: int) -> str:
        return text(number, *which)

    return {
        "displayName": some(4, 5),
        "givenName": some(14),
        "surname": some(15),
        "jobTitle": some(16, 17),
        "department": some(18, 19),
        "companyName": some(20, 21),
        "officeLocation": some(22, 23),
        "city": some(24),
        "state": some(25),
        "postalCode": some(26),
        "streetAddress": some(27, 28, 29, 30),
        "mobilePhone": some(31),
        "faxNumber": some(32),
        "businessPhones": [some(33)],
        "employeeId": some(34),
        "employeeType": some(35),
        "otherMails": [f"{some(36)}@elsewhere.example"],
    }


async def come(town: Town, place: Place, graph: httpx.AsyncClient, number: int) -> Person:
    """Invited, accepted, and written down."""
    copy, message = f"{text(number, 2)}@{text(number, 3)}.example", text(number, *range(6, 14))
    if number < BY_HAND:
        user_id = await town.come_in(graph, _as_sent(number, copy, message))
    else:
        asked = inviting.check(
            address(number), f"{PUBLIC_URL}{paths.OVERVIEW}", display_name=text(number, 4, 5), message=message,
            copies=(copy,), sends=True,
        )  # fmt: skip
        sent = await inviting.invite(town.program.house, asked, tenant_id=place.id, by=place.admin)
        person_id = await world.mailbox_person(town.program.house, address(number))
        ticket, by = sent.redeem_url.rpartition("/")[2], world.person_at_pages(person_id)
        await redeeming.redeem(town.program.house, person_id=person_id, ticket=ticket, by=by)
        user_id = sent.user_id
    await directory_users.update_user(
        town.program.house, tenant_id=place.id, user_id=user_id, changes=profile(number), by=operator()
    )
    return Person(number, user_id)


async def leaves(town: Town, place: Place, who: Person) -> None:
    """They go on their own, and say why in three texts."""
    why = text(who.number, 37, 38, 39)
    if who.by_hand:
        guest = town.people[2 + who.number]
        await guest.open(paths.sign_in_to_leave(place.id))
        page = await guest.press("Leave", reason=why)
        assert page.h1 == f"You left {place.organization.display_name}", page.text
        return
    here = await world.again(town.program.house, place.id, who.user_id)
    await leaving.leave(town.program.house, tenant_id=place.id, by=world.at_portal(here), key=who.user_id, why=why)


def _as_sent(number: int, copy: str, message: str) -> dict[str, Any]:
    return {
        "invitedUserEmailAddress": address(number),
        "invitedUserDisplayName": text(number, 4, 5),
        "inviteRedirectUrl": f"{PUBLIC_URL}{paths.OVERVIEW}",
        "sendInvitationMessage": True,
        "invitedUserMessageInfo": {
            "customizedMessageBody": message,
            "ccRecipients": [{"emailAddress": {"address": copy}}],
        },
    }
