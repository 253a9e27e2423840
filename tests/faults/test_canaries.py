"""Nothing of a person is left: unique texts go through the whole house, and are nowhere after their data is removed.

Everything is asked over HTTP, as a guest in a browser and as an organization's program. Captured mail stands apart:
it is kept sealed under its own key until the emulator is reset.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from tests.faults.ground import START
from tests.support import world
from tests.support.houses import PUBLIC_URL
from tests.support.pages import Visitor
from tests.support.postgres import PostgresServer
from vestibule.actions import apps, grouping
from vestibule.app import front
from vestibule.doors.portal import paths
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.program import Program, open_program
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.groups import NewGroup
from vestibule.settings import Settings

CANARY = re.compile(rb"canary[a-z]+\d", re.IGNORECASE)
ADDRESS = "canarymailbox1@canarydomain2.example"
PROFILE = {
    "displayName": "Canaryname3 Canaryname4",
    "givenName": "Canaryname3",
    "surname": "Canaryname4",
    "jobTitle": "Canaryjob5",
    "department": "Canarydepartment6",
    "companyName": "Canarycompany7",
    "officeLocation": "Canaryoffice8",
    "city": "Canarycity9",
    "streetAddress": "Canarystreet1 7",
    "postalCode": "Canarypost2",
    "mobilePhone": "+31 canaryphone3",
    "otherMails": ["canaryother4@canarydomain2.example"],
}
MESSAGE = "Welcome, Canarymessage5"
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
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        self.people.append(Visitor(httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)))
        return self.people[-1]

    async def emulator(self, path: str, body: Any = None) -> Any:
        http = self.people[0].http
        answer = await (http.get(path) if body is None else http.post(path, json=body))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def code(self) -> str:
        mails = await self.emulator(f"/emulator/mail?to={ADDRESS}")
        return str(next(mail["code"] for mail in mails if mail["code"]))


@pytest.fixture(params=["sqlite", "postgresql"])
def source(request: pytest.FixtureRequest) -> PostgresServer | None:
    return None if request.param == "sqlite" else request.getfixturevalue("postgres_server")


@pytest.fixture
async def town(source: PostgresServer | None, tmp_path: Path) -> AsyncIterator[Town]:
    url = "" if source is None else await asyncio.to_thread(source.create_database)
    settings = Settings(data=tmp_path, database_url=url, public_url=PUBLIC_URL)
    clock = StoppedClock(START)
    program = await open_program(
        settings, serving=True, emulator_wanted=True, clock=clock, chance=SeededChance("canaries")
    )

    async def reset() -> None:
        raise AssertionError

    made = Town(program, tmp_path, url, front(program, reset=reset), clock)
    made.browser()
    yield made
    for one in made.people:
        await one.http.aclose()
    await program.close()
    if source is not None:
        await asyncio.to_thread(source.drop_database, url)


async def test_nothing_of_a_guest_is_left_anywhere(town: Town, capfd: pytest.CaptureFixture[str]):
    house = town.program.house
    contoso = await world.organization(house, "Contoso")
    graph = await _program_of(town, contoso)
    group = await grouping.create_group(house, NewGroup("Partners", "partners"), tenant_id=contoso.id, by=operator())

    user = await _come_in(town, graph)
    profile = await graph.patch(f"/v1.0/users/{user}", json=PROFILE)
    assert profile.status_code == 204, profile.text
    member = {"@odata.id": f"{PUBLIC_URL}/v1.0/directoryObjects/{user}"}
    assert (await graph.post(f"/v1.0/groups/{group.group_id}/members/$ref", json=member)).status_code == 204
    await _look_around(town)
    assert await _left(town) >= {"canarymailbox1", "canarydomain2", "canaryname3", "canaryjob5", "canarycity9"}

    await _leave_and_come_back(town, graph, contoso.id, user)
    await _sign_in(town)
    await _leave(town, contoso.id)
    await town.emulator("/emulator/clock", {"advance": "P31D"})
    assert (await graph.get(f"/v1.0/users/{user}")).status_code in {401, 404}
    assert await _left(town) == set()
    said = capfd.readouterr()
    assert CANARY.search((said.out + said.err).encode()) is None


async def test_nothing_is_left_a_tick_after_an_administrator_deleted_somebody_for_good(town: Town):
    """Minutes after they signed in, with a sign-in still under way; and somebody who never accepted."""
    contoso = await world.organization(town.program.house, "Contoso")
    graph = await _program_of(town, contoso)
    user = await _come_in(town, graph)
    assert (await graph.patch(f"/v1.0/users/{user}", json=PROFILE)).status_code == 204
    await _look_around(town)
    waiting = await graph.post("/v1.0/invitations", json=_asked("canarywaiting7@canarydomain2.example"))
    assert await _left(town) >= {"canarymailbox1", "canarywaiting7", "canaryjob5"}
    for gone in (user, waiting.json()["invitedUser"]["id"]):
        assert (await graph.delete(f"/v1.0/users/{gone}")).status_code == 204
        assert (await graph.delete(f"/v1.0/directory/deletedItems/{gone}")).status_code == 204
    await town.emulator("/emulator/tick", {})
    assert await _left(town) == set()


async def _program_of(town: Town, place: world.Place) -> httpx.AsyncClient:
    new = NewApp("Program", application_permissions=PERMISSIONS)
    made = await apps.create_app(
        town.program.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=True, with_secret=True
    )
    assert made.secret is not None
    http = town.browser().http
    asked = {
        "grant_type": "client_credentials",
        "client_id": made.app.client_id,
        "client_secret": made.secret.text,
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = await http.post(f"/{place.id}/oauth2/v2.0/token", data=asked)
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return http


async def _come_in(town: Town, graph: httpx.AsyncClient) -> str:
    """Invited with a message, signed in by a code, accepted. Returns the user object's id."""
    sent = (await graph.post("/v1.0/invitations", json=_asked(ADDRESS))).json()
    guest = town.browser()
    await guest.open(sent["inviteRedeemUrl"])
    await guest.press("Accept invitation")
    await guest.press("Send code")
    await guest.press("Sign in", code=await town.code())
    page = await guest.press("Accept")
    assert page.status == 200, page.text
    return str(sent["invitedUser"]["id"])


def _asked(address: str) -> dict[str, Any]:
    return {
        "invitedUserEmailAddress": address,
        "invitedUserDisplayName": PROFILE["displayName"],
        "inviteRedirectUrl": f"{PUBLIC_URL}{paths.OVERVIEW}",
        "sendInvitationMessage": True,
        "invitedUserMessageInfo": {
            "customizedMessageBody": MESSAGE,
            "ccRecipients": [{"emailAddress": {"address": "canarycopy8@canarydomain2.example"}}],
        },
    }


async def _look_around(town: Town) -> None:
    """Every page of their own; and sign-ins that are begun with the address and not ended."""
    guest = town.people[-1]
    for path in (paths.OVERVIEW, paths.ORGANIZATIONS):
        assert (await guest.open(path)).status == 200
    for typed in (ADDRESS, PROFILE["otherMails"][0]):
        other = town.browser()
        await other.open("/signin")
        await other.press("Next", email=str(typed))
    await town.people[-2].press("Send code")
    page = await town.people[-2].press("Sign in", code="00000000")
    assert page.problem
    town.people.append(guest)


async def _sign_in(town: Town) -> None:
    guest = town.browser()
    await guest.open("/signin")
    await guest.press("Next", email=ADDRESS)
    await guest.press("Send code")
    page = await guest.press("Sign in", code=await town.code())
    assert not page.problem, page.problem


async def _leave(town: Town, tenant_id: str) -> None:
    guest = town.people[-1]
    page = await guest.open(paths.sign_in_to_leave(tenant_id))
    assert page.h1 == "Leave Contoso?", page.text
    assert (await guest.press("Leave")).h1 == "You left Contoso"


async def _leave_and_come_back(town: Town, graph: httpx.AsyncClient, tenant_id: str, user: str) -> None:
    await _leave(town, tenant_id)
    restored = await graph.post(f"/v1.0/directory/deletedItems/{user}/restore")
    assert restored.status_code == 200, restored.text
    log = await graph.get("/v1.0/auditLogs/directoryAudits")
    assert "canarymailbox1" in json.dumps(log.json()).lower()


async def _left(town: Town) -> set[str]:
    """Every unique text that is found in a file of the data folder, or in a row."""
    if not town.url:
        octets = [path.read_bytes() for path in town.folder.rglob("*") if path.is_file()]
        return {found.decode().lower() for content in octets for found in CANARY.findall(content)}
    connection = await asyncpg.connect(town.url)
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'vestibule_keys')"
        )
        found: set[str] = set()
        for schema, table in tables:
            rows = await connection.fetch(f'SELECT t::text FROM "{schema}"."{table}" t')
            dump = "\n".join(_decoded(row[0]) for row in rows)
            found |= {canary.decode().lower() for canary in CANARY.findall(dump.encode())}
        return found
    finally:
        await connection.close()


def _decoded(row: str) -> str:
    """A row as text, with octets (``\\x…``) as the characters they are."""
    return re.sub(r"\\\\x([0-9a-f]*)", lambda found: bytes.fromhex(found[1]).decode("latin-1"), row)
