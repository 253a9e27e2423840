"""The pages on each database, with organizations, people, and the endpoint that apps send them to."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.pages import Page, Visitor, visitor
from tests.support.world import Place
from vestibule.actions import inviting, posting, redeeming
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.user_objects import NewMember
from vestibule.app import PAGES
from vestibule.doors import oidc
from vestibule.doors.portal import routes
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.clock import StoppedClock
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import operator
from vestibule.store import outbox
from vestibule.store.memberships import Membership

PASSWORD = "correct horse battery staple"
LANDING = "https://apps.fabrikam.example/welcome?x=1"


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """An empty house; the test runs once on each database."""
    if request.param == "sqlite":
        async with sqlite_house(tmp_path) as made:
            yield made
    else:
        async with postgres_house(request.getfixturevalue("postgres_server")) as made:
            yield made


@dataclass
class Town:
    """What a test of pages finds.

    Attributes:
        contoso, fabrikam: organizations with privacy information. adele: a member of Contoso with a password.
        visitors: the browsers that were opened.
    """

    house: House
    passwords: Passwords
    front: ASGIApp
    contoso: Place
    fabrikam: Place
    adele: Membership
    visitors: list[Visitor] = field(default_factory=list)

    def browser(self) -> Visitor:
        """A fresh browser."""
        self.visitors.append(visitor(self.front))
        return self.visitors[-1]

    async def member(self, name: str, email: str) -> Membership:
        """A member of Contoso with the password of these tests."""
        new = NewMember(name, email, email.partition("@")[0], await hashed(self.passwords, PASSWORD))
        new = replace(new, properties={"mail": email})
        return await create_user(self.house, new, tenant_id=self.contoso.id, by=operator())

    async def sign_in(self, browser: Visitor, email: str = "adele@contoso.example", at: str = "/signin") -> Page:
        """Sign in by password."""
        await browser.open(at)
        await browser.press("Next", email=email)
        return await browser.press("Sign in", password=PASSWORD)

    async def sign_in_by_code(self, browser: Visitor, email: str, at: str = "/signin") -> Page:
        """Sign in by emailed code."""
        await browser.open(at)
        await browser.press("Next", email=email)
        await browser.press("Send code")
        return await browser.press("Sign in", code=await self.code())

    async def letters(self) -> list[posting.Content]:
        """The letters that wait to be sent to somebody, oldest first."""
        waiting = await outbox.waiting(await self.house.store.read(), 100)
        opened = [posting.open_letter(self.house, letter) for letter in waiting]
        return [letter for letter in opened if not letter.for_nobody]

    async def code(self) -> str:
        """The code in the youngest letter."""
        found = [letter for letter in await self.letters() if letter.kind == posting.LetterKind.PASSCODE]
        return str(found[-1].facts["code"])

    async def invite(self, address: str, redirect: str = LANDING, message: str | None = None) -> tuple[str, str]:
        """An invitation from Fabrikam: the path of its link, and the user object."""
        asked = inviting.check(address, redirect, display_name="Guest", message=message)
        sent = await inviting.invite(self.house, asked, tenant_id=self.fabrikam.id, by=self.fabrikam.admin)
        return sent.redeem_url.removeprefix(self.house.public_url), sent.user_id

    async def guest(self, person_id: str, address: str) -> Membership:
        """Somebody who exists becomes a guest of Fabrikam."""
        waiting, ticket = await world.invited(self.fabrikam, address)
        by = world.person_at_pages(person_id)
        await redeeming.redeem(self.house, person_id=person_id, ticket=ticket, by=by)
        return await world.again(self.house, self.fabrikam.id, waiting.user_id)

    def clock(self) -> StoppedClock:
        """The clock of the house."""
        assert isinstance(self.house.clock, StoppedClock)
        return self.house.clock


def front_of(house: House, passwords: Passwords, *origins: str) -> ASGIApp:
    """The pages beside the protocol's endpoints, by the first segment of the path; ``origins``: other than the public.

    What comes before them as they are served (health, Graph, faults) has tests of its own.
    """
    static, ring = StaticFiles(), KeyRing(house)
    served = {house.public_url, *origins}
    pages = Router(
        routes(house, ring, passwords, static=static, origins=served, operator="Contoso Hosting"),
        redirect_slashes=False,
    )
    protocol = oidc.Protocol(oidc.Desk(house, ring, passwords, static))

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        first = scope["path"].split("/", 2)[1].lower()
        await (pages if first in PAGES else protocol)(scope, receive, send)

    return front


@pytest.fixture
async def town(house: House) -> AsyncIterator[Town]:
    """Two organizations, and Adele."""
    passwords = Passwords(house.chance)
    contoso, fabrikam = await world.organization(house, "Contoso"), await world.organization(house, "Fabrikam")
    made = Town(house, passwords, front_of(house, passwords), contoso, fabrikam, contoso.administrator)
    made.adele = await made.member("Adele Vance", "adele@contoso.example")
    yield made
    for browser in made.visitors:
        await browser.http.aclose()
    passwords.close()


@pytest.fixture
def browser(town: Town) -> Visitor:
    """A fresh browser."""
    return town.browser()
