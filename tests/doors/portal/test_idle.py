"""Signed out because nobody was there: what somebody reads, and the way back to where they were."""

from datetime import timedelta

import pytest

from tests.doors.portal.conftest import PASSWORD, Town
from tests.support.pages import Visitor
from vestibule.actions.access import IDLE

WORDS = {
    "en": ("You're signed out", "You hadn't used this service for a while, so we signed you out.", "Sign in again"),
    "nl": ("U bent afgemeld", "U hebt deze dienst een tijd niet gebruikt.", "Opnieuw aanmelden"),
    "sv": ("Du är utloggad", "Du har inte använt tjänsten på ett tag", "Logga in igen"),
}


@pytest.mark.parametrize("language", sorted(WORDS))
async def test_who_was_away_too_long_reads_why_and_comes_back_to_where_they_were(
    town: Town, browser: Visitor, language: str
) -> None:
    heading, why, again = WORDS[language]
    await town.sign_in(browser)
    town.clock().advance(IDLE)
    browser.http.headers["accept-language"] = language
    page = await browser.open("/myaccount/organizations?find=fab")
    assert (page.status, page.h1) == (200, heading)
    assert page.path == "/signed-out?why=idle&next=%2Fmyaccount%2Forganizations%3Ffind%3Dfab"
    assert why in page.text
    browser.http.headers["accept-language"] = "en"
    await browser.open(browser.here.links[again])
    assert browser.here.h1 == "Sign in"
    await browser.press("Next", email="adele@contoso.example")
    page = await browser.press("Sign in", password=PASSWORD)
    assert page.path == "/myaccount/organizations?find=fab"


@pytest.mark.parametrize("referer", ["https://evil.example/myaccount/", "https://[", ""])
async def test_a_form_from_elsewhere_leads_nowhere(town: Town, browser: Visitor, referer: str) -> None:
    await town.sign_in(browser)
    await browser.open("/switch")
    town.clock().advance(IDLE)
    page = await browser.post("/switch", {"tenantId": town.contoso.id}, referer=referer)
    assert page.path == "/signed-out?why=idle"


async def test_a_form_that_comes_too_late_leads_back_to_its_page(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open("/switch")
    town.clock().advance(IDLE)
    page = await browser.post("/switch", {"tenantId": town.contoso.id}, referer=f"{town.house.public_url}/switch")
    assert page.path == "/signed-out?why=idle&next=%2Fswitch"
    page = await browser.open("/switch")
    assert page.path.startswith("/signin?"), "it is said once"


async def test_whoever_goes_on_clicking_stays_signed_in(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    for _ in range(6):
        town.clock().advance(IDLE - timedelta(minutes=1))
        assert (await browser.open("/myaccount/apps")).path == "/myaccount/apps"
    town.clock().advance(IDLE)
    assert (await browser.open("/myaccount/apps")).path.startswith("/signed-out")


async def test_who_signed_out_or_was_never_there_reads_nothing_of_it(town: Town, browser: Visitor) -> None:
    assert (await browser.open("/myaccount/apps")).path.startswith("/signin?")
    await town.sign_in(browser)
    await browser.open("/signout")
    await browser.press("Sign out")
    town.clock().advance(IDLE)
    assert (await browser.open("/myaccount/apps")).path.startswith("/signin?")
