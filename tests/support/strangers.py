"""Somebody who types addresses to learn which are known here (ASVS 6.3.8), and what they can see of the answers.

Used by a test that counts the work behind each answer, and by the part of the soak that measures its time.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp

from tests.support import world
from tests.support.houses import PUBLIC_URL
from tests.support.pages import Page
from tests.support.world import Place
from vestibule.actions import erasing, leaving, removing
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.house import House
from vestibule.actions.switching import disable
from vestibule.actions.user_objects import NewMember
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import operator
from vestibule.store.memberships import Membership

FATES: Final = ("known", "nobody", "disabled", "left", "purged", "pending")
ELSEWHERE: Final = "mailbox.example"
_SAID: Final = {"origin": PUBLIC_URL, "sec-fetch-site": "same-origin"}


def address_of(fate: str, domain: str) -> str:
    """The address that met this fate; all of one domain have one length, since pages may repeat them."""
    return f"{fate:x<8}@{domain}"


async def settle(contoso: Place, fabrikam: Place, passwords: Passwords) -> None:
    """Let members of Contoso, and guests of Fabrikam who have only a mailbox, meet every fate."""
    house = contoso.house
    for fate in ("known", "disabled", "left", "purged"):
        address = address_of(fate, contoso.domain)
        new = NewMember(fate, address, fate, await hashed(passwords, "the password of somebody"))
        new = replace(new, properties={"mail": address})
        await _meet(fate, contoso, await create_user(house, new, tenant_id=contoso.id, by=operator()))
        await _meet(fate, fabrikam, await world.guest(fabrikam, address_of(fate, ELSEWHERE)))
    for domain in (contoso.domain, ELSEWHERE):
        await world.invited(fabrikam, address_of("pending", domain))


async def _meet(fate: str, place: Place, who: Membership) -> None:
    house, where = place.house, {"tenant_id": place.id, "user_id": who.user_id}
    if fate == "disabled":
        await disable(house, **where, by=operator())
    elif fate in {"left", "purged"} and who.home_tenant is None and who.person_id is not None:
        await leaving.leave(house, tenant_id=place.id, by=world.person_at_pages(who.person_id), key=fate)
    elif fate in {"left", "purged"}:
        await removing.remove(house, tenant_id=place.id, user_id=who.user_id, by=operator())
    if fate == "purged":
        await erasing.purge(house, **where, by=operator())
        await erasing.erase(house, **where)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a stranger sees of an answer: ``seconds`` is its time, the rest has to be the same for everybody."""

    step: str
    status: int
    length: int
    leads_to: str
    heading: str
    seconds: float


Asked = Callable[[], Awaitable[httpx.Response]]


class Stranger:
    """A browser that was never here, at a network address of its own."""

    def __init__(self, front: ASGIApp, network: str) -> None:
        transport = httpx.ASGITransport(app=front, raise_app_exceptions=True, client=(network, 50_000))
        self._http = httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)
        self._answers: list[Answer] = []

    async def ask(self, address: str) -> list[Answer]:
        """Type an address, then a wrong password, or ask for a code and type a wrong one."""
        page = Page(await self._http.get("/signin"))
        response = await self._press(page, "Next", "address", email=address)
        page = Page(await self._http.get(response.headers["location"]))
        if page.h1 == "Enter password":
            await self._press(page, "Sign in", "wrong password", password="not the password of anybody")
        else:
            response = await self._press(page, "Send code", "code asked for")
            page = Page(await self._http.get(response.headers["location"]))
            await self._press(page, "Sign in", "wrong code", code="00000000")
        await self._http.aclose()
        return self._answers

    async def _press(self, page: Page, button: str, step: str, **typed: str) -> httpx.Response:
        form, (name, value) = page.button(button)
        sent = {**form.fields, **typed, **({name: value} if name else {})}
        begun = time.perf_counter()
        response = await self._http.post(form.action, data=sent, headers=_SAID)
        seconds = time.perf_counter() - begun
        leads_to = urlsplit(response.headers.get("location", "")).path
        heading = Page(response).h1 if response.text else ""
        self._answers.append(Answer(step, response.status_code, len(response.content), leads_to, heading, seconds))
        return response


# --- Counting the work ----------------------------------------------------------------------------------------------


class Counted:
    """A store, or what is read and written through it, that counts what it is asked."""

    def __init__(self, real: Any, work: dict[str, int]) -> None:
        self._real, self._work = real, work

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def read(self) -> Any:
        """Something to read from, counted."""
        return Counted(await self._real.read(), self._work)

    async def change(self, work: Callable[[Any], Awaitable[Any]], **more: Any) -> Any:
        """Carry out a unit, counted."""
        self._work["units"] += 1
        return await self._real.change(lambda unit: work(Counted(unit, self._work)), **more)

    async def one(self, query: Any, **parameters: Any) -> Any:
        """Count a statement that reads."""
        self._work["reads"] += 1
        return await self._real.one(query, **parameters)

    async def all(self, query: Any, **parameters: Any) -> Any:
        """Count a statement that reads."""
        self._work["reads"] += 1
        return await self._real.all(query, **parameters)

    def write(self, change: Any, **parameters: Any) -> None:
        """Count a statement that writes."""
        self._work["writes"] += 1
        self._real.write(change, **parameters)


def count_work(house: House, passwords: Passwords) -> dict[str, int]:
    """From now on, count what the store is asked, and how many passwords are hashed, in the dictionary returned."""
    work = {"units": 0, "reads": 0, "writes": 0, "hashings": 0}
    house.store = Counted(house.store, work)
    verify = passwords.verify

    async def counted(stored: str, password: str) -> bool:
        work["hashings"] += 1
        return await verify(stored, password)

    passwords.verify = counted  # type: ignore[method-assign]
    return work
