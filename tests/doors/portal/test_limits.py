"""Limits of a whole network on beginning to sign in, and who is not locked out by them; on both databases."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from soak.sign_in_breakages_proofs import known_browsers_count_like_others
from tests.doors.portal.conftest import PASSWORD, Town
from tests.doors.portal.test_devices import screen_of
from tests.support import world
from tests.support.broken import broken
from tests.support.houses import PUBLIC_URL
from tests.support.pages import Page, Visitor
from vestibule.actions import limits
from vestibule.actions.limits import Limit
from vestibule.rules.passcodes import UNUSED_A_DAY

MAILBOX = "sam@mailbox.example"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same limits, reached sooner."""
    for name in ("BEGINNINGS", "CODES", "WRONG_PASSWORDS", "DEVICES"):
        limit: Limit = getattr(limits, name)
        monkeypatch.setattr(limits, name, replace(limit, most=4))


def browser_at(town: Town, address: str) -> Visitor:
    """A fresh browser somewhere on the network."""
    transport: Any = httpx.ASGITransport(app=town.front, client=(address, 40_000))
    town.visitors.append(Visitor(httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL)))
    return town.visitors[-1]


async def begins(town: Town, address: str, email: str = "nobody@elsewhere.example") -> Page:
    browser = browser_at(town, address)
    await browser.open("/signin")
    return await browser.press("Next", email=email)


def turned_away(page: Page) -> bool:
    return (page.status, page.h1) == (429, "Too many attempts")


async def test_one_network_begins_so_often_and_others_go_on(town: Town) -> None:
    for address, email in (
        ("192.0.2.7", "adele@contoso.example"),
        ("192.0.2.8", "nobody@contoso.example"),
        ("192.0.2.9", MAILBOX),
        ("192.0.2.10", "nobody@elsewhere.example"),
    ):
        assert (await begins(town, address, email)).status == 200
    for email in ("adele@contoso.example", "nobody@contoso.example", MAILBOX):
        page = await begins(town, "192.0.2.200", email)
        assert turned_away(page), "whoever exists"
        assert page.response.headers["retry-after"] == "601"
        assert "Try again after" in page.text
    assert (await begins(town, "192.0.3.7")).status == 200
    town.clock().advance(timedelta(minutes=10))
    assert (await begins(town, "192.0.2.7")).status == 200


async def test_addresses_of_one_subscriber_count_as_one(town: Town) -> None:
    for host in range(4):
        assert (await begins(town, f"2001:db8:0:1::{host}")).status == 200
    assert turned_away(await begins(town, "2001:db8:0:1:ffff::1"))
    assert (await begins(town, "2001:db8:0:2::1")).status == 200


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "Too many attempts"), ("nl", "Te veel pogingen"), ("sv", "För många försök")]
)
async def test_it_is_said_in_each_language(town: Town, language: str, heading: str) -> None:
    for _ in range(4):
        await begins(town, "192.0.2.7")
    browser = browser_at(town, "192.0.2.7")
    await browser.open("/signin")
    browser.http.headers["accept-language"] = language
    page = await browser.press("Next", email=MAILBOX)
    assert (page.status, page.h1, page.language) == (429, heading, language)


@broken(known_browsers_count_like_others)
async def test_a_browser_that_knows_the_account_is_not_locked_out_by_its_neighbours(town: Town) -> None:
    browser = browser_at(town, "192.0.2.7")
    await town.sign_in(browser)
    await browser.open("/signout")
    await browser.press("Sign out")
    for _ in range(4):
        await begins(town, "192.0.2.66")
    attacker = browser_at(town, "192.0.3.66")
    await attacker.open("/signin")
    await attacker.press("Next", email="adele@contoso.example")
    for _ in range(12):
        await attacker.press("Sign in", password="wrong") if not turned_away(attacker.here) else None
    assert turned_away(attacker.here)
    assert turned_away(await begins(town, "192.0.2.7", "adele@contoso.example")), "a browser that knows nobody"
    page = await town.sign_in(browser)
    assert page.path == "/myaccount/"
    await browser.open("/signout")
    await browser.press("Sign out")
    await browser.open("/signin")
    assert turned_away(await browser.press("Next", email="megan@contoso.example")), "it knows this account alone"


async def test_wrong_passwords_of_a_network_over_many_accounts(town: Town) -> None:
    emails = [f"person{one}@contoso.example" for one in range(4)]
    pages = []
    for host, email in enumerate([*emails, "adele@contoso.example"]):
        browser = browser_at(town, f"192.0.{host}.7")
        await browser.open("/signin")
        pages.append((browser, await browser.press("Next", email=email)))
    transport: Any = httpx.ASGITransport(app=town.front, client=("198.51.100.7", 40_000))
    for browser, _ in pages[:4]:
        browser.http._transport = transport
        assert (await browser.press("Sign in", password="wrong")).status == 400
    adele = pages[4][0]
    adele.http._transport = transport
    assert turned_away(await adele.press("Sign in", password=PASSWORD))


async def test_codes_count_per_network_and_the_owner_of_a_mailbox_gets_theirs(town: Town) -> None:
    person_id = await world.mailbox_person(town.house, MAILBOX)
    await town.guest(person_id, MAILBOX)
    owner = browser_at(town, "192.0.2.7")
    await town.sign_in_by_code(owner, MAILBOX)
    await owner.open("/signout")
    await owner.press("Sign out")
    for host in range(3):
        browser = browser_at(town, f"192.0.2.{host + 50}")
        await browser.open("/signin")
        await browser.press("Next", email=f"other{host}@mailbox.example")
        assert (await browser.press("Send code")).h1 == "Check your email"
    browser = browser_at(town, "192.0.5.1")
    await browser.open("/signin")
    await browser.press("Next", email="other9@mailbox.example")
    browser.http._transport = httpx.ASGITransport(app=town.front, client=("192.0.2.99", 1))
    assert turned_away(await browser.press("Send code"))
    assert (await town.sign_in_by_code(owner, MAILBOX)).path == "/myaccount/"


async def test_whoever_asks_for_codes_elsewhere_keeps_nobody_from_theirs(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CODES", Limit("code", 1000, timedelta(hours=1)))
    person_id = await world.mailbox_person(town.house, MAILBOX)
    await town.guest(person_id, MAILBOX)
    owner = browser_at(town, "192.0.2.7")
    await town.sign_in_by_code(owner, MAILBOX)
    await owner.open("/signout")
    await owner.press("Sign out")
    attacker = browser_at(town, "198.51.100.7")
    await attacker.open("/signin")
    await attacker.press("Next", email=MAILBOX)
    await attacker.press("Send code")
    for _ in range(UNUSED_A_DAY - 1):
        await attacker.press("Send a new code")
    assert turned_away(await attacker.press("Send a new code"))
    assert (await town.sign_in_by_code(owner, MAILBOX)).path == "/myaccount/"


async def test_devices_count_per_network(town: Town) -> None:
    screen = await screen_of(town, town.contoso.id)
    for _ in range(3):
        assert "user_code" in await screen._post("devicecode", scope="openid")
    refused = await screen._post("devicecode", scope="openid")
    assert refused["error_codes"] == [50053]


async def test_on_an_emulator_the_own_machine_is_no_network(town: Town) -> None:
    house = town.house
    for emulator, address, counts in (
        (False, "127.0.0.1", True),
        (True, "127.0.0.1", False),
        (True, "::1", False),
        (True, "192.0.2.7", True),
        (False, "", False),
    ):
        kind = replace(house, emulator=emulator) if house.emulator is not emulator else house
        assert bool(limits.bucket_of(kind, limits.BEGINNINGS, address)) is counts, (emulator, address)
