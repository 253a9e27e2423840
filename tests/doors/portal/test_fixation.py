"""Whatever changes what a session may do gives it a new name, and the one before is over, in every browser.

OWASP ASVS 5.0 7.2.4: nobody who planted or saw an earlier name comes along into an organization or past a factor.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from soak.sign_in_breakages import session_goes_on
from tests.doors.portal.account import cast
from tests.doors.portal.conftest import PASSWORD, Town
from tests.doors.portal.test_second_factors import add_app, code_now
from tests.support import world
from tests.support.broken import broken
from tests.support.pages import Visitor
from vestibule.doors.portal import paths
from vestibule.ground import one_time

NAME = "__Host-vestibule-session"
Step = Callable[[Town, Visitor], Awaitable[str]]


def name_of(browser: Visitor) -> str:
    """The session's name, as this browser sends it."""
    return str(dict(browser.http.cookies)[NAME])


async def _opening_another_organization(town: Town, browser: Visitor) -> str:
    place, _ = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    before = name_of(browser)
    page = await browser.open(paths.sign_in_to_leave(place.id))
    assert page.h1 == "Leave Adatum?"
    return before


async def _accepting_an_invitation(town: Town, browser: Visitor) -> str:
    _, ticket = await world.invited(town.fabrikam, "adele@contoso.example")
    await town.sign_in(browser)
    before = name_of(browser)
    await browser.open(f"/invitations/{ticket}")
    await browser.press("Accept invitation")
    page = await browser.press("Accept")
    assert page.h1 != "Review permissions"
    return before


async def _proving_a_second_factor(town: Town, browser: Visitor) -> str:
    await town.sign_in(browser)
    secret, _ = await add_app(town, browser)
    town.clock().advance(timedelta(seconds=one_time.SECONDS))
    before = name_of(browser)
    await browser.open("/signin")
    await browser.press("Next", email="adele@contoso.example")
    await browser.press("Sign in", password=PASSWORD)
    await browser.press("Verify", code=code_now(town, secret))
    return before


@broken(session_goes_on)
@pytest.mark.parametrize(
    "step",
    [_opening_another_organization, _accepting_an_invitation, _proving_a_second_factor],
    ids=lambda step: step.__name__[1:],
)
async def test_the_session_gets_a_new_name_and_the_one_before_is_over(town: Town, browser: Visitor, step: Step) -> None:
    before = await step(town, browser)
    after = name_of(browser)
    assert after != before
    assert (await browser.open("/myaccount/")).h1 == "Overview"
    other = town.browser()
    other.http.cookies.set(NAME, before, domain="vestibule.example")
    assert (await other.open("/myaccount/")).path.startswith("/signin")
