"""Every address of My Account: as nobody, with a form that is not ours, by a method that it does not know."""

from types import SimpleNamespace

import pytest
from starlette.routing import Route

from tests.doors.portal.account import cast
from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.pages import Visitor
from vestibule.doors.portal import paths
from vestibule.doors.portal.routes.account import account_routes

PATTERNS = [route.path for route in account_routes(SimpleNamespace()) if isinstance(route, Route)]  # type: ignore[arg-type]
POSTS = [
    paths.invitation_answer("{tenant}"),
    paths.leave("{tenant}"),
    paths.request_removal("{tenant}"),
    paths.request_restore("{receipt}"),
    paths.LANGUAGE,
    paths.PRIVACY,
    paths.ACCESS_REVIEWS,
    paths.SIGN_OUT_EVERYWHERE,
]


def filled(path: str, tenant_id: str, receipt_id: str = "00000000-0000-4000-8000-000000000000") -> str:
    return path.replace("{tenant}", tenant_id).replace("{receipt}", receipt_id)


def test_the_patterns_are_all_here():
    assert len(PATTERNS) == len(set(PATTERNS)) >= 16
    assert set(POSTS) <= set(PATTERNS)


async def test_nobody_is_shown_anything(town: Town) -> None:
    for pattern in PATTERNS:
        browser = town.browser()
        address = filled(pattern, town.fabrikam.id)
        page = await browser.open(address)
        if page.status == 405:
            continue  # it only takes forms
        if not page.response.headers["content-type"].startswith("text/html"):
            assert page.status in {401, 403}, address
            continue
        assert page.h1 == "Sign in", address
        assert page.response.headers["cache-control"] == "no-store"
        assert "Fabrikam" not in page.response.text


@pytest.mark.parametrize("token", ["", "A" * 43])
async def test_a_form_without_our_token_changes_nothing(town: Town, browser: Visitor, token: str) -> None:
    place, guest = await cast.visiting(town, "Adatum")
    receipt = await cast.left(*await cast.visiting(town, "Alpine"))
    await town.sign_in(browser)
    await cast.signed_in_there(browser, place)
    before = [len(await world.events(one)) for one in (town.contoso, town.fabrikam)]
    for pattern in POSTS:
        page = await browser.post(filled(pattern, place.id, receipt.receipt_id), {"form_token": token})
        assert (page.status, page.h1) == (403, "This form is no longer valid"), pattern
    assert [len(await world.events(one)) for one in (town.contoso, town.fabrikam)] == before
    refused = [event for event in await world.events(place) if event.reason]
    assert {event.type for event in refused} == {"membership.leave", "membership.askRemoval", "review.approve"}
    assert all(event.subject["id"] == guest.user_id for event in refused)


async def test_nobodys_post_leads_to_sign_in_or_is_refused(town: Town) -> None:
    for pattern in POSTS:
        page = await town.browser().post(filled(pattern, town.fabrikam.id), {"form_token": "x"})
        assert page.h1 in {"Sign in", "This form is no longer valid"}, pattern


async def test_another_method_is_not_allowed(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    for pattern in PATTERNS:
        for method in ("PUT", "DELETE", "PATCH"):
            answer = await browser.http.request(method, filled(pattern, town.fabrikam.id))
            assert answer.status_code == 405, pattern
            assert set(answer.headers["allow"].split(", ")) <= {"GET", "HEAD", "POST"}


async def test_every_page_has_the_headers_of_a_page(town: Town, browser: Visitor) -> None:
    place, _ = await cast.visiting(town, "Adatum")
    await town.sign_in(browser)
    await cast.signed_in_there(browser, place)
    for pattern in PATTERNS:
        page = await browser.open(filled(pattern, place.id))
        assert page.response.headers["x-content-type-options"] == "nosniff", pattern
        assert page.response.headers["cache-control"] == "no-store"
        if page.response.headers["content-type"].startswith("text/html"):
            assert page.response.headers["content-security-policy"].startswith("default-src 'none'")
            assert page.response.headers["vary"] == "Accept-Language, Cookie"
