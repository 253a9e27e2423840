"""When a session ends, as our script asks it: reading that puts nothing off, saying that one is there does."""

import re
from datetime import timedelta

from tests.doors.portal.conftest import Town
from tests.support.pages import Visitor
from vestibule.actions.access import IDLE
from vestibule.doors.portal.staying import WARNING

MINUTE = timedelta(minutes=1)


async def seconds(browser: Visitor) -> tuple[int, int]:
    """What the fragment says: the seconds until the end, and until it has to be said."""
    answer = await browser.http.get("/signin/stay", headers={"vestibule-fragment": "dialog"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<!doctype html>\n<title>")
    ends, warn = re.search(r'data-ends-in="(\d+)"', answer.text), re.search(r'data-warn-in="(\d+)"', answer.text)
    assert ends is not None
    assert warn is not None
    return int(ends[1]), int(warn[1])


async def test_asking_is_no_use_and_staying_is(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    town.clock().advance(IDLE - WARNING - MINUTE)
    assert await seconds(browser) == (180, 60)
    town.clock().advance(MINUTE)
    assert await seconds(browser) == (120, 0), "having asked changed nothing"
    page = await browser.open("/signin/stay")
    assert page.h1 == "Stay signed in?"
    page = await browser.press("Stay signed in")
    assert page.path == "/signin/stay"
    assert await seconds(browser) == (3600, 3480)
    town.clock().advance(IDLE)
    page = await browser.open("/signin/stay?next=/myaccount/apps")
    assert (page.h1, page.status) == ("You're signed out", 200)
    assert "You hadn't used this service for a while" in page.text
    assert page.links["Sign in again"] == "/signin?next=/myaccount/apps"


async def test_what_cannot_be_put_off_is_said_so(town: Town, browser: Visitor) -> None:
    """A sign-in lasts a day, however busy somebody is."""
    await town.sign_in(browser)
    for _ in range(47):
        town.clock().advance(timedelta(minutes=30))
        await browser.open("/switch")
    town.clock().advance(timedelta(minutes=29))
    assert await seconds(browser) == (60, 0)
    answer = await browser.http.get("/signin/stay", headers={"vestibule-fragment": "dialog"})
    assert "can&#39;t be extended" in answer.text
    page = await browser.open("/signin/stay")
    assert page.h1 == "Your sign-in ends soon"
    assert "Stay signed in" not in page.text


async def test_somebody_elses_page_puts_nothing_off(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    page = await browser.post("/signin/stay", {}, origin="https://evil.example")
    assert page.status == 403


async def test_nobody_is_asked_about_a_session_they_do_not_have(town: Town, browser: Visitor) -> None:
    page = await browser.open("/signin/stay")
    assert (page.h1, "for a while" in page.text) == ("You're signed out", False)
    html = (await browser.http.get("/signin")).text
    assert "staying." not in html
    await town.sign_in(browser)
    html = (await browser.http.get("/myaccount/")).text
    assert 'data-after="1620"' in html, "27 minutes: the soonest end of all, less the minute that a use may be late"
