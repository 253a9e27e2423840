"""An organization on each database to import into, and files to import."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support import world
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.commands.wording import sentence
from vestibule.importing.ledger import Ledger, Outcome
from vestibule.importing.run import run
from vestibule.rules.refusals import Refused
from vestibule.store import memberships
from vestibule.store.memberships import Membership

HEADINGS = (
    "Email address to invite [inviteeEmail] Required,Redirection url [inviteRedirectURL] Required,"
    "Send invitation message (true or false) [sendEmail],Customized invitation message [customizedMessageBody]\n"
)
TEMPLATE = "version:v1.0\n" + HEADINGS
CONTEXT = "https://graph.microsoft.com/v1.0/$metadata#"


def guid(number: int) -> str:
    """An id as another directory gave it."""
    return f"0000abcd-0000-4000-8000-{number:012x}"


def user(number: int, **more: Any) -> dict[str, Any]:
    """A member as Graph exports one."""
    name = f"user{number}@contoso.example"
    return {"id": guid(number), "displayName": f"User {number}", "userPrincipalName": name, "mail": name, **more}


def guest(number: int, **more: Any) -> dict[str, Any]:
    """A guest as Graph exports one."""
    return {
        "id": guid(number),
        "displayName": f"Guest {number}",
        "userPrincipalName": f"guest{number}_fabrikam.example#EXT#@contoso.onmicrosoft.example",
        "mail": f"guest{number}@fabrikam.example",
        "userType": "Guest",
        **more,
    }


def group(number: int, **more: Any) -> dict[str, Any]:
    """A security group as Graph exports one."""
    kind = {"groupTypes": [], "mailEnabled": False, "securityEnabled": True}
    return {"id": guid(number), "displayName": f"Group {number}", "mailNickname": f"group{number}", **kind, **more}


def gone(exported: dict[str, Any]) -> dict[str, Any]:
    """The same among the deleted items."""
    found = {**exported, "deletedDateTime": "2026-02-20T10:00:00Z"}
    if "userPrincipalName" in found:
        found["userPrincipalName"] = found["id"].replace("-", "") + found["userPrincipalName"]
    return found


def told(outcome: Outcome) -> str:
    """Why, in words."""
    return sentence(outcome.why) if isinstance(outcome.why, Refused) else outcome.why or ""


@dataclass
class Port:
    """Where files arrive."""

    place: Place
    folder: Path
    files: list[Path] = field(default_factory=list)

    @property
    def house(self) -> House:
        return self.place.house

    def file(self, name: str, content: Any) -> Path:
        """Write a file: octets, text, or something for JSON."""
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        self.files.append(path)
        return path

    async def bring(self, *files: Path, rehearsal: bool = False) -> Ledger:
        """Import files, or every file that was written."""
        return await run(self.house, self.place.id, files or self.files, rehearsal=rehearsal)

    async def membership(self, user_id: str | None) -> Membership:
        assert user_id is not None
        found = await memberships.find(await self.house.store.read(), self.place.id, user_id)
        assert found is not None
        return found

    async def by_mail(self, address: str) -> list[Membership]:
        return await memberships.by_mail(await self.house.store.read(), self.place.id, address)


@pytest.fixture(params=KINDS)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    """An empty house; the test runs once on each database."""
    if request.param == "sqlite":
        async with sqlite_house(tmp_path) as made:
            yield made
    else:
        async with postgres_house(request.getfixturevalue("postgres_server")) as made:
            yield made


@pytest.fixture
async def port(house: House, tmp_path: Path) -> Port:
    """Contoso, and a folder for files."""
    folder = tmp_path / "files"
    folder.mkdir()
    return Port(await world.organization(house, "Contoso"), folder)
