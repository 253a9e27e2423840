"""Somebody who asks an organization for their data by a proven address, as a test needs them."""

from typing import Final

from tests.support.world import Place
from vestibule.actions import data_requests, signing_in
from vestibule.actions.data_requests import Filed
from vestibule.actions.house import House
from vestibule.actions.posting import Content, LetterKind, open_letter
from vestibule.actions.sealed_requests import link_key
from vestibule.rules.actors import Actor, ActorKind
from vestibule.store import outbox
from vestibule.store.data_requests import DataRequest
from vestibule.store.sessions import SignInRequest

BROWSER: Final = "a browser"
NETWORK: Final = "198.51.100.9"
NOBODY: Final = Actor(ActorKind.PERSON, client_id="vestibule-pages", through_pages=True, network=NETWORK)
"""Whoever sits before the page."""


async def page(house: House, handle: str) -> SignInRequest:
    """The page under way behind a handle."""
    found = await signing_in.find(house, await house.store.read(), handle, BROWSER)
    assert found is not None
    return found


async def ask(
    place: Place,
    address: str,
    wish: str = "access",
    words: str = "",
    *,
    network: str = NETWORK,
    language: str | None = None,
) -> SignInRequest:
    """Ask for a code. Returns the page that waits for it."""
    handle = await data_requests.ask_code(
        place.house,
        tenant_id=place.id,
        address=address,
        wish=wish,
        words=words,
        browser=BROWSER,
        network=network,
        language=language,
    )
    return await page(place.house, handle)


async def ask_by_link(place: Place, asked: DataRequest) -> SignInRequest:
    """Ask for a code by the link of the letters."""
    key = link_key(place.house, asked.request_id)
    handle = await data_requests.ask_link_code(
        place.house, tenant_id=place.id, request_id=asked.request_id, key=key, browser=BROWSER, network=NETWORK
    )
    return await page(place.house, handle)


async def letters(house: House, kind: LetterKind | None = None) -> list[Content]:
    """What waits to be sent, oldest first."""
    found = [open_letter(house, one) for one in await outbox.waiting(await house.store.read(), 500)]
    return [one for one in found if kind is None or one.kind == kind]


async def code(house: House) -> str:
    """The code that was sent last."""
    return str((await letters(house, LetterKind.DATA_REQUEST_CODE))[-1].facts["code"])


async def file(place: Place, address: str, wish: str = "access", words: str = "") -> Filed:
    """Ask, and prove the address."""
    await _forget_letters(place.house)
    request = await ask(place, address, wish, words)
    return await data_requests.file_request(place.house, request, typed=await code(place.house), by=NOBODY)


async def prove_link(place: Place, asked: DataRequest) -> tuple[SignInRequest, str]:
    """The page of the link, and the code for it."""
    await _forget_letters(place.house)
    request = await ask_by_link(place, asked)
    return request, await code(place.house)


async def _forget_letters(house: House) -> None:
    """Letters of the same moment have no order: the code is found among those that come now."""
    await house.store.change(outbox.forget_mail)
