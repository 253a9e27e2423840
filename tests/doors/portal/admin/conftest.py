"""Contoso's administrator in a browser, and guests to look after."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Page, Visitor
from tests.support.world import Place
from vestibule.actions import assigning, removing
from vestibule.rules.actors import operator
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR
from vestibule.store.memberships import Membership

BOSS = "boss@contoso.example"


@dataclass
class Office:
    """What a test of the Admin center finds.

    Attributes:
        town: the organizations. boss: Contoso's administrator with a password. browser: where they are signed in.
    """

    town: Town
    boss: Membership
    browser: Visitor
    holds: bool = False

    @property
    def contoso(self) -> Place:
        return self.town.contoso

    async def open(self, address: str) -> Page:
        """Open a page of the Admin center."""
        return await self.browser.open(address)

    async def days_pass(self, days: float) -> None:
        """Time passes, and the administrator signs in again."""
        self.town.clock().advance(timedelta(days=days))
        await self.sign_in()

    async def sign_in(self) -> None:
        """Sign the administrator in: as a member, so that nobody asks for a second factor, who then gets the role."""
        if self.holds:
            await self.role(self.boss, GLOBAL_ADMINISTRATOR, gives=False)
        await self.town.sign_in(self.browser, BOSS)
        await self.role(self.boss, GLOBAL_ADMINISTRATOR)
        self.holds = True

    async def role(self, who: Membership, role_id: str, *, gives: bool = True) -> None:
        """Give somebody a role in Contoso, or take it."""
        act = assigning.assign_role if gives else assigning.unassign_role
        await act(self.town.house, tenant_id=self.contoso.id, role_id=role_id, user_id=who.user_id, by=operator())

    async def deleted(self, *names: str) -> list[Membership]:
        """Guests of Contoso whom its administrator has deleted."""
        found = []
        for name in names:
            guest = await world.guest(self.contoso, f"{name.lower()}@elsewhere.example", name)
            await removing.remove(
                self.town.house, tenant_id=self.contoso.id, user_id=guest.user_id, by=world.at_portal(self.boss)
            )
            found.append(guest)
        return found

    async def press(self, button: str, *ids: str, **typed: str) -> Page:
        """Press a button of a form about several users."""
        form, _ = self.browser.here.button(button)
        return await self.browser.post(form.action, {**form.fields, "id": list(ids), **typed})

    async def again(self, who: Membership) -> Membership:
        """Somebody as they are now."""
        return await world.again(self.town.house, self.contoso.id, who.user_id)


def rows(page: Page) -> list[str]:
    """The names in the first column of the page's table, from top to bottom."""
    body = page.response.text.partition("<tbody")[2].partition("</tbody>")[0]
    cells = re.findall(r'<td role="cell" data-label="Name"[^>]*>(.*?)</td>', body, re.DOTALL)
    return [re.sub(r"<[^>]+>", " ", cell).split()[0] for cell in cells]


@pytest.fixture
async def office(town: Town) -> Office:
    """The office, with its administrator signed in."""
    boss = await town.member("Boss", BOSS)
    made = Office(town, boss, town.browser())
    await made.sign_in()
    return made
