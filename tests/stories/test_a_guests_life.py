"""The life of a guest from end to end, through pages and programs as the outside sees them, on both databases.

Adele, at home at Contoso, is a guest of Fabrikam in the demo organizations. She leaves on her own, is brought back,
leaves again, and after thirty days nothing is left of her at Fabrikam but the record that she was there.
"""

import base64
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import asyncpg
import httpx
import pytest

from tests.support.demo import opened_demo
from tests.support.houses import KINDS, PUBLIC_URL
from tests.support.pages import Visitor, visitor
from tests.support.postgres import PostgresServer
from vestibule.demo import cast
from vestibule.ground.clock import iso
from vestibule.store.schema import metadata

ADELE = cast.ADELE.email
CALLBACK = "http://localhost/cb"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
DAY = timedelta(days=1)
SECRET_JOB = "Keeper of the harbour keys 7421"
"""A value that stands in her profile at Fabrikam and nowhere else."""


@dataclass
class Demo:
    """The demo organizations, served.

    Attributes:
        known: what ``demo.json`` says. app: the front.
        folder: the data folder. database: where it is when it does not lie there.
    """

    known: dict[str, Any]
    app: Any
    folder: Path
    database: str
    visitors: list[Visitor] = field(default_factory=list)

    def browser(self) -> Visitor:
        """A fresh browser."""
        self.visitors.append(visitor(self.app))
        return self.visitors[-1]

    def tenant(self, key: str) -> dict[str, Any]:
        """One organization, as ``demo.json`` tells of it."""
        found: dict[str, Any] = self.known["tenants"][key]
        return found

    async def adele(self) -> Visitor:
        """Adele, signed in at home in a browser of hers."""
        browser = self.browser()
        await browser.open("/signin")
        await browser.press("Next", email=ADELE)
        page = await browser.press("Sign in", password=cast.ADELE.password)
        assert page.h1 == "Overview"
        return browser

    async def tokens(self, browser: Visitor, key: str) -> dict[str, Any]:
        """The tokens that a program gets for whoever is signed in in this browser, in one organization."""
        here = self.tenant(key)
        asked = {
            "client_id": here["publicClientId"],
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": "openid offline_access User.Read Organizations.Leave",
            "state": "state",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        answer = await browser.http.get(f"/{here['id']}/oauth2/v2.0/authorize", params=asked)
        for _ in range(6):
            if answer.headers.get("location", CALLBACK).startswith(CALLBACK):
                break
            answer = await browser.http.get(answer.headers["location"])
        assert answer.status_code in {302, 303}, answer.text
        code = dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, "redirect_uri": CALLBACK}
        return await self.token(key, **form)

    async def token(self, key: str, **form: str) -> dict[str, Any]:
        """What the token endpoint of an organization answers its public client."""
        here = self.tenant(key)
        found = await self._post(f"/{here['id']}/oauth2/v2.0/token", {"client_id": here["publicClientId"], **form})
        return dict(found.json())

    async def program(self, key: str) -> "Program":
        """An organization's own program, with the application permissions of the demo."""
        here = self.tenant(key)
        form = {
            "grant_type": "client_credentials",
            "client_id": here["app"]["clientId"],
            "client_secret": here["app"]["clientSecret"],
            "scope": "https://graph.microsoft.com/.default",
        }
        found = await self._post(f"/{here['id']}/oauth2/v2.0/token", form)
        return Program(self.app, found.json()["access_token"])

    async def mail(self, to: str, subject: str) -> dict[str, Any]:
        """The newest captured letter to somebody with this subject."""
        async with self._http() as http:
            found = (await http.get("/emulator/mail", params={"to": to})).json()
        return next(one for one in found if one["subject"] == subject)

    async def push(self, how_far: str) -> list[dict[str, str]]:
        """Push the clock; returns what fell due by it."""
        async with self._http() as http:
            answer = await http.post("/emulator/clock", json={"advance": how_far}, timeout=120)
        assert answer.status_code == 200, answer.text
        done: list[dict[str, str]] = answer.json()["done"]
        return done

    async def now(self) -> datetime:
        """What time it is in the lives of guests."""
        async with self._http() as http:
            return datetime.fromisoformat((await http.get("/emulator/clock")).json()["now"])

    async def places_with(self, value: str) -> list[str]:
        """The files of the data folder, and the tables of a database elsewhere, that hold a value."""
        files = [path for path in sorted(self.folder.rglob("*")) if path.is_file()]
        found = [path.name for path in files if value.encode() in path.read_bytes()]
        if self.database:
            connection = await asyncpg.connect(self.database)
            for name in metadata.tables:
                asked = f'SELECT 1 FROM "{name}" AS t WHERE position($1 IN t::text) > 0'
                found += [name] if await connection.fetch(asked, value) else []
            await connection.close()
        return found

    async def _post(self, path: str, form: dict[str, str]) -> httpx.Response:
        async with self._http() as http:
            return await http.post(path, data=form)

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app), base_url=PUBLIC_URL)


@dataclass
class Program:
    """A program that speaks Graph with a bearer token."""

    app: Any
    bearer: str

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """One request."""
        headers = {"Authorization": f"Bearer {self.bearer}", "ConsistencyLevel": "eventual"}
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
            return await http.request(method, path, headers=headers, json=body)

    async def get(self, path: str) -> Any:
        """What a successful request answers."""
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ids(self, path: str) -> set[str]:
        """The ids of a list."""
        return {one["id"] for one in (await self.get(path))["value"]}


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database; empty for a file in the data folder."""
    if request.param == "sqlite":
        yield ""
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
async def demo(database: str, tmp_path: Path) -> AsyncIterator[Demo]:
    """The demo organizations on one of the databases, with a stopped clock."""
    async with opened_demo(tmp_path, database=database) as opened:
        demo = Demo(opened.known, opened.front(), tmp_path, database)
        yield demo
        for browser in demo.visitors:
            await browser.http.aclose()


async def leave_fabrikam(browser: Visitor) -> str:
    """From My Account: Organizations, Leave, Leave. Returns the receipt's address."""
    await browser.open("/myaccount/")
    page = await browser.follow("Organizations")
    first = "Sign in to leave this organization: Fabrikam"
    page = await browser.follow(first if first in page.links else "Leave Fabrikam")
    assert page.h1 == "Leave Fabrikam?"
    page = await browser.press("Leave")
    assert page.h1 == "You left Fabrikam"
    return page.path


@pytest.mark.parametrize("database", KINDS, indirect=True)
async def test_a_guests_life(demo: Demo) -> None:
    fabrikam, admin = demo.tenant("fabrikam"), await demo.program("fabrikam")
    person = next(one for one in demo.known["people"] if one["name"] == "Adele Vance")
    adele_id = next(one["userId"] for one in person["memberships"] if one["tenant"] == "fabrikam")
    user, deleted = f"/v1.0/users/{adele_id}", f"/v1.0/directory/deletedItems/{adele_id}"
    assert (await admin.ask("PATCH", user, {"jobTitle": SECRET_JOB})).status_code == 204
    held_before = [await admin.ids(f"{user}/{what}") for what in ("memberOf", "appRoleAssignments")]
    assert [len(held) for held in held_before] == [3, 2]  # two groups and a directory role; two apps

    # She uses an app of Fabrikam and one at home, and leaves Fabrikam in three steps.
    browser = await demo.adele()
    there, home = await demo.tokens(browser, "fabrikam"), await demo.tokens(browser, "contoso")
    for tokens in (there, home):
        assert (await Program(demo.app, tokens["access_token"]).get("/v1.0/me"))["displayName"] == "Adele Vance"
    left_at = await demo.now()
    receipt = await leave_fabrikam(browser)

    # On the very next request Fabrikam is closed to her, and home is open.
    assert (await Program(demo.app, there["access_token"]).ask("GET", "/v1.0/me")).status_code == 401
    refused = await demo.token("fabrikam", grant_type="refresh_token", refresh_token=there["refresh_token"])
    assert refused["error"] == "invalid_grant"
    assert (await Program(demo.app, home["access_token"]).ask("GET", "/v1.0/me")).status_code == 200
    assert "refresh_token" in await demo.token(
        "contoso", grant_type="refresh_token", refresh_token=home["refresh_token"]
    )
    page = await browser.open("/myaccount/?tenantId=fabrikam.example")
    assert (page.status, page.h1) == (403, "You left Fabrikam")
    assert (await browser.open("/myaccount/organizations")).h1 == "Organizations"

    # Receipt and letter say the same dates, to the second.
    page = await browser.open(receipt)
    until, removed_by = left_at + 30 * DAY, left_at + 60 * DAY
    for moment in (left_at, until, removed_by):
        assert f'<time datetime="{iso(moment)}">' in page.response.text
    letter = await demo.mail(ADELE, "You left Fabrikam")
    assert letter["at"] == iso(left_at)
    assert "1 April 2026" in letter["text"]
    restore_link = next(link for link in letter["links"] if "/request-restore?key=" in link)

    # She asks to be restored with the link of the mail, on another device where nobody is signed in.
    other = demo.browser()
    await other.open(restore_link.removeprefix(PUBLIC_URL))
    assert "We asked Fabrikam on 2 March 2026." in (await other.press("Send request")).text
    assert (await demo.mail("privacy@fabrikam.example", "A guest asks Fabrikam to restore their account"))["at"]

    # An administrator finds her among the deleted and restores her: everything she held is back, no old token is.
    await demo.push("P1D")
    admin = await demo.program("fabrikam")  # a day later programs need new tokens
    waiting = (await admin.get("/v1.0/directory/deletedItems/microsoft.graph.user"))["value"]
    assert adele_id in {one["id"] for one in waiting}
    assert (await admin.ask("GET", user)).status_code == 404
    assert (await admin.ask("POST", f"{deleted}/restore")).status_code == 200
    assert [await admin.ids(f"{user}/{what}") for what in ("memberOf", "appRoleAssignments")] == held_before
    assert (await admin.get(f"{user}?$select=jobTitle"))["jobTitle"] == SECRET_JOB
    assert (await Program(demo.app, there["access_token"]).ask("GET", "/v1.0/me")).status_code == 401
    refused = await demo.token("fabrikam", grant_type="refresh_token", refresh_token=there["refresh_token"])
    assert refused["error"] == "invalid_grant"
    restored = await demo.mail(ADELE, "Fabrikam restored your account")
    assert "Harbour Project" in restored["text"]
    browser = await demo.adele()
    page = await browser.open("/myaccount/organizations")
    assert "Fabrikam restored your account on 3 Mar 2026." in page.text
    assert "Fabrikam restored your account on 3 March 2026." in (await browser.open(receipt)).text

    # She leaves again. Thirty days later she is gone, within the same push of the clock.
    second = await leave_fabrikam(browser)
    assert second != receipt
    assert await demo.places_with(SECRET_JOB) != []  # so that not finding it below means something
    due = await demo.now() + 30 * DAY
    done = [(one["verb"], one["at"]) for one in await demo.push("P30D") if one["userId"] == adele_id]
    assert done == [("purge", iso(due)), ("erase", iso(due))]
    admin = await demo.program("fabrikam")
    for path in (user, deleted):
        assert (await admin.ask("GET", path)).status_code == 404
    assert (await admin.ask("POST", f"{deleted}/restore")).status_code == 404
    for subject in ("Your account in Fabrikam was permanently deleted", "Your data in Fabrikam was removed"):
        assert (await demo.mail(ADELE, subject))["at"] == iso(due)
    gone = await demo.browser().open(restore_link.removeprefix(PUBLIC_URL))
    assert (gone.status, gone.h1) == (410, "This receipt is no longer available here")

    # Nothing that only her profile held is in any file or table; the log still stands, without her name.
    for value in (SECRET_JOB, "adele.vance_contoso.example#EXT#@fabrikam.example"):
        assert await demo.places_with(value) == []
    rows = (await admin.get("/v1.0/auditLogs/directoryAudits?$top=999"))["value"]
    about = {(row["activityDisplayName"], row["result"]) for row in rows}
    assert {("Delete external user", "success"), ("Restore user", "success"), ("Hard Delete user", "success")} <= about
    assert {("Remove user data", "success"), ("Request restore", "success")} <= about
    assert adele_id not in str(rows)
    assert "Adele" not in str(rows)
    hard = next(row for row in rows if row["activityDisplayName"] == "Remove user data")
    assert hard["targetResources"][0]["displayName"] != ""

    # She keeps her receipts, at home and nowhere else.
    browser = await demo.adele()
    page = await browser.open("/myaccount/organizations")
    assert "Data removed" in page.text
    page = await browser.open(second)
    assert "Data removed on" in page.text
    assert fabrikam["displayName"] in page.h1
