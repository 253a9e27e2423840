"""Clients of a real server: guests in browsers without scripts, and an organization's program at the Graph door.

Each goes on until the server is gone. What was acknowledged is noted, in the words of ``soak.promises``.
"""

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.support.pages import Page, Visitor
from vestibule.doors.portal import paths

Word = dict[str, Any]
EXPECTED = {400, 403, 404, 409, 410, 412, 429}
"""How somebody is refused who is not alone; anything else but success is a breach."""


@dataclass(frozen=True, slots=True)
class Program:
    """An organization and its program. ``members``: addresses of members of another one, with one password."""

    tenant_id: str
    name: str
    client_id: str
    secret: str


class Browser(Visitor):
    """A browser without scripts in front of a real server."""

    async def post(self, address: str, sent: Mapping[str, str | list[str]], **headers: Any) -> Page:
        """Send a form, as our own pages do."""
        origin = str(self.http.base_url).rstrip("/")
        said = {"origin": origin, "sec-fetch-site": "same-origin", **headers}
        return await self._arrive(
            await self.http.post(urljoin(str(self.here.response.url), address), data=sent, headers=said)
        )

    async def _arrive(self, response: httpx.Response) -> Page:
        for _ in range(12):
            target = urljoin(str(response.url), response.headers.get("location", ""))
            if not response.is_redirect or urlsplit(target)[:2] != urlsplit(str(self.http.base_url))[:2]:
                break
            response = await self.http.get(target)
        self.page = Page(response)
        return self.page


@dataclass(slots=True)
class Crowd:
    """Everybody who uses the server at once.

    Attributes:
        origin, trust: where it listens, and by which authority it is known. program: the organization.
        words: what was acknowledged, and what is wrong.
        invited: links that were sent, by address. known: user objects by address.
    """

    origin: str
    trust: ssl.SSLContext
    program: Program
    chance: random.Random
    words: list[Word] = field(default_factory=list)
    invited: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)

    async def live(self, guests: list[str], programs: int) -> None:
        """Act until the server is gone."""
        acts = [self._until_gone(partial(self._be_guest, address)) for address in guests]
        acts += [self._until_gone(self._be_program) for _ in range(programs)]
        await asyncio.gather(*acts)
        for browser in self.browsers.values():
            await browser.http.aclose()
        self.browsers.clear()

    async def _until_gone(self, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await act()
            except httpx.TransportError:
                return
            except Exception as broken:  # noqa: BLE001 - whatever it is, it is reported
                self.words.append({"word": "broken", "what": f"{type(broken).__name__}: {broken}"})
                return

    def _did(self, verb: str, user: str, **facts: Any) -> None:
        self.words.append({"word": "did", "verb": verb, "tenant": self.program.tenant_id, "user": user, **facts})

    # --- The organization ---------------------------------------------------------------------------------------------

    async def _be_program(self) -> None:
        async with httpx.AsyncClient(base_url=self.origin, verify=self.trust, timeout=20) as http:
            token = await self._token(http)
            http.headers["Authorization"] = f"Bearer {token}"
            for _ in range(50):
                await self._administer(http)

    async def _token(self, http: httpx.AsyncClient) -> str:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.program.client_id,
            "client_secret": self.program.secret,
            "scope": "https://graph.microsoft.com/.default",
        }
        answer = await http.post(f"/{self.program.tenant_id}/oauth2/v2.0/token", data=asked)
        self._check(answer)
        return str(answer.json()["access_token"])

    async def _administer(self, http: httpx.AsyncClient) -> None:
        address = self.chance.choice([*self.known, "nobody"])
        user = self.known.get(address)
        if user is None:
            await asyncio.sleep(0.01)
            return
        deleted = f"/v1.0/directory/deletedItems/{user}"
        match self.chance.choice(("remove", "disable", "enable", "enable", "restore", "restore", "restore", "purge")):
            case "remove":
                await self._ask(http, "remove", user, "DELETE", f"/v1.0/users/{user}")
            case "disable":
                await self._ask(http, "disable", user, "PATCH", f"/v1.0/users/{user}", {"accountEnabled": False})
            case "enable":
                await self._ask(http, "enable", user, "PATCH", f"/v1.0/users/{user}", {"accountEnabled": True})
            case "restore":
                await self._ask(http, "restore", user, "POST", f"{deleted}/restore")
            case "purge":
                if await self._ask(http, "purge", user, "DELETE", deleted):
                    self.known.pop(address, None)
        await asyncio.sleep(self.chance.uniform(0, 0.3))

    async def _ask(
        self, http: httpx.AsyncClient, verb: str, user: str, method: str, path: str, body: Any = None
    ) -> bool:
        answer = await http.request(method, path, json=body)
        if answer.is_success:
            changed = verb not in {"disable", "enable"}  # what was so already is fine, and leaves no event
            if changed:
                self._did(verb, user)
            return True
        self._check(answer)
        return False

    # --- A guest ------------------------------------------------------------------------------------------------------

    async def _be_guest(self, address: str) -> None:
        """Get invited, accept, and leave again; somebody else may be faster at any point."""
        if address not in self.invited:
            await self._get_invited(address)
        elif self.chance.random() < 0.5:
            await self._accept(address)
        else:
            await self._leave(address)
        await asyncio.sleep(self.chance.uniform(0, 0.05))

    async def _get_invited(self, address: str) -> None:
        async with httpx.AsyncClient(base_url=self.origin, verify=self.trust, timeout=20) as http:
            token = await self._token(http)
            asked = {
                "invitedUserEmailAddress": address,
                "inviteRedirectUrl": "https://apps.example/",
                "sendInvitationMessage": self.chance.random() < 0.3,
                "startFresh": True,
            }
            answer = await http.post("/v1.0/invitations", json=asked, headers={"Authorization": f"Bearer {token}"})
        self._check(answer)
        if answer.is_success:
            found = answer.json()
            self._did("invite", found["invitedUser"]["id"])
            self.known[address] = found["invitedUser"]["id"]
            self.invited[address] = urlsplit(found["inviteRedeemUrl"]).path

    async def _accept(self, address: str) -> None:
        browser, user = self._browser(address), self.known.get(address, "")
        page = await self._open(browser, self.invited.pop(address))
        if page.h1 != "Accept invitation":
            return
        page = await self._press(browser, "Accept invitation")
        if page.h1 == "Get a code by email":
            await self._press(browser, "Send code")
            mails = (await browser.http.get("/emulator/mail", params={"to": address})).json()
            codes = [mail["code"] for mail in mails if mail["code"]]
            if not codes:
                return
            page = await self._press(browser, "Sign in", code=codes[0])
        if page.h1 == "Review permissions":
            page = await self._press(browser, "Accept")
            if page.h1.startswith("Continue to"):
                self._did("redeem", user)

    async def _leave(self, address: str) -> None:
        """By the link on the list to the confirm page, and the button there."""
        browser = self._browser(address)
        page = await self._open(browser, paths.sign_in_to_leave(self.program.tenant_id))
        if page.h1 != f"Leave {self.program.name}?":
            self.invited.pop(address, None)
            return
        user = self.known.get(address, "")
        page = await self._press(browser, "Leave")
        if page.h1 == f"You left {self.program.name}":
            self._did("leave", user, receipt=page.path.partition("?")[0].rpartition("/")[2])
            self.invited.pop(address, None)

    def _browser(self, address: str) -> Browser:
        if address not in self.browsers:
            self.browsers[address] = Browser(httpx.AsyncClient(base_url=self.origin, verify=self.trust, timeout=20))
        return self.browsers[address]

    async def _open(self, browser: Browser, address: str) -> Page:
        page = await browser.open(address)
        self._check(page.response)
        return page

    async def _press(self, browser: Browser, button: str, **typed: str) -> Page:
        page = await browser.press(button, **typed)
        self._check(page.response)
        return page

    def _check(self, answer: httpx.Response) -> None:
        if answer.is_success or answer.is_redirect or answer.status_code in EXPECTED:
            return
        asked = f"{answer.request.method} {answer.request.url.path}"
        self.words.append({"word": "broken", "what": f"{answer.status_code} to {asked}: {answer.text[:300]}"})
