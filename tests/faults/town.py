"""A whole program answering over HTTP in this process, on a database of its own, with a stopped clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from tests.faults.ground import START
from tests.support.houses import PUBLIC_URL
from tests.support.pages import Visitor
from tests.support.world import Place
from vestibule import seeded
from vestibule.actions import apps
from vestibule.app import front
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.program import Program, open_program
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.settings import Settings

PERMISSIONS = (
    "User.ReadWrite.All",
    "User.Invite.All",
    "User.DeleteRestore.All",
    "Group.ReadWrite.All",
    "Organization.ReadWrite.All",
    "AuditLog.Read.All",
)


@dataclass
class Town:
    """A whole program, and who uses it.

    Attributes:
        url: of the PostgreSQL database; empty for files in ``folder``. people: every browser that was opened.
    """

    program: Program
    folder: Path
    url: str
    app: Any
    clock: StoppedClock
    people: list[Visitor] = field(default_factory=list)

    def browser(self) -> Visitor:
        """A fresh browser."""
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        self.people.append(Visitor(httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)))
        return self.people[-1]

    async def emulator(self, path: str, body: Any = None) -> Any:
        """What the emulator's address answers; a POST when there is a body."""
        http = self.people[0].http
        answer = await (http.get(path) if body is None else http.post(path, json=body))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def code(self, address: str) -> str:
        """The newest code that was sent to a mailbox."""
        mails = await self.emulator(f"/emulator/mail?to={address}")
        return str(next(mail["code"] for mail in mails if mail["code"]))

    async def program_of(self, place: Place) -> httpx.AsyncClient:
        """A program of the organization at the Graph door."""
        new = NewApp("Program", application_permissions=PERMISSIONS)
        made = await apps.create_app(
            self.program.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=True, with_secret=True
        )
        assert made.secret is not None
        http = self.browser().http
        asked = {
            "grant_type": "client_credentials",
            "client_id": made.app.client_id,
            "client_secret": made.secret.text,
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = await http.post(f"/{place.id}/oauth2/v2.0/token", data=asked)
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return http

    async def come_in(self, graph: httpx.AsyncClient, asked: dict[str, Any]) -> str:
        """Somebody is invited, signs in by a code, and accepts. Returns the user object's id."""
        sent = (await graph.post("/v1.0/invitations", json=asked)).json()
        guest = self.browser()
        await guest.open(sent["inviteRedeemUrl"])
        await guest.press("Accept invitation")
        await guest.press("Send code")
        await guest.press("Sign in", code=await self.code(asked["invitedUserEmailAddress"]))
        page = await guest.press("Accept")
        assert page.status == 200, page.text
        return str(sent["invitedUser"]["id"])


@asynccontextmanager
async def town_on(url: str, folder: Path) -> AsyncIterator[Town]:
    """A program on a new emulator database: in PostgreSQL, or in this folder when ``url`` is empty."""
    settings = Settings(data=folder, database_url=url, public_url=PUBLIC_URL)
    clock = StoppedClock(START)
    program = await open_program(
        settings, serving=True, emulator_wanted=True, clock=clock, chance=SeededChance("canaries")
    )
    made = Town(program, folder, url, front(program, reset=partial(seeded.reset, program)), clock)
    made.browser()
    try:
        yield made
    finally:
        for one in made.people:
            await one.http.aclose()
        await program.close()
