"""What is tried against invitations and sign-in pages and is nobody's own story, on both databases."""

from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
import pytest

from soak.sign_in_breakages_invitations import (
    following_the_link_uses_it_up,
    host_of_the_request_believed,
    older_links_stay_good,
    referrer_goes_everywhere,
)
from soak.sign_in_breakages_proofs import names_cut, passwords_cut, step_before_believed
from tests.doors.portal.conftest import PASSWORD, Town
from tests.doors.portal.test_second_factors import add_app, code_now
from tests.support import world
from tests.support.broken import broken
from tests.support.pages import Visitor
from vestibule.actions import removing, restoring
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.posting import LetterKind
from vestibule.actions.user_objects import NewMember
from vestibule.doors.portal import paths
from vestibule.ground import one_time
from vestibule.rules.actors import operator
from vestibule.rules.lifecycle import Invited, Present

MAILBOX = "sam@mailbox.example"
EVIL = {
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Proto": "http",
    "X-Original-URL": "http://evil.test/",
    "Forwarded": "host=evil.test;proto=http",
}


@broken(following_the_link_uses_it_up)
async def test_a_scanner_that_follows_the_link_of_an_invitation_uses_nothing_up(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite(MAILBOX)
    before = len(await world.events(town.fabrikam))
    for number in range(20):
        answer = await town.browser().http.request("HEAD" if number % 2 else "GET", path)
        assert answer.status_code == 200
    assert type((await world.again(town.house, town.fabrikam.id, user_id)).stage) is Invited
    assert len(await world.events(town.fabrikam)) == before
    await browser.open(path)
    await browser.press("Accept invitation")
    await browser.press("Send code")
    await browser.press("Sign in", code=await town.code())
    await browser.press("Accept")
    assert type((await world.again(town.house, town.fabrikam.id, user_id)).stage) is Present


@broken(host_of_the_request_believed)
async def test_links_in_letters_are_ours_whatever_the_headers_say(town: Town, browser: Visitor) -> None:
    path, _ = await town.invite(MAILBOX)
    await browser.open(path, **EVIL)
    browser.http.headers.update(EVIL)
    await browser.press("Accept invitation")
    page = await browser.press("Send code")
    assert "evil.test" not in page.response.text
    written = msgspec.json.encode([one.facts for one in await town.letters()], enc_hook=str).decode()
    assert "evil.test" not in written
    page = await browser.press("Sign in", code=await town.code())
    assert "evil.test" not in page.response.text
    assert "evil.test" not in page.location
    path, _ = await town.invite("late@mailbox.example")
    town.clock().advance(timedelta(days=30))
    await browser.open(path)
    page = await browser.press("Ask for a new invitation")
    assert "evil.test" not in page.response.text
    asked = [one for one in await town.letters() if one.kind == LetterKind.INVITATION_ASKED]
    assert [urlsplit(str(one.facts["rowLink"])).netloc for one in asked] == ["vestibule.example"]


@broken(referrer_goes_everywhere)
async def test_the_ticket_is_told_to_nobody_else(town: Town, browser: Visitor) -> None:
    path, _ = await town.invite(MAILBOX)
    ticket = path.rpartition("/")[2]
    page = await browser.open(path)
    assert page.response.headers["referrer-policy"] == "same-origin", "nothing goes to another site"
    assert page.response.headers["cache-control"] == "no-store"
    page = await browser.press("Accept invitation")
    assert ticket not in page.path, "it leaves the address after the first step"
    assert page.response.headers["referrer-policy"] == "same-origin"
    assert ticket not in repr([(event.record, event.subject) for event in await world.events(town.fabrikam)])


@broken(older_links_stay_good)
async def test_a_link_that_was_taken_back_is_dead_for_good(town: Town, browser: Visitor) -> None:
    path, user_id = await town.invite(MAILBOX)
    await removing.remove(town.house, tenant_id=town.fabrikam.id, user_id=user_id, by=operator())
    page = await browser.open(path)
    assert page.status == 410
    await restoring.restore(town.house, tenant_id=town.fabrikam.id, user_id=user_id, by=operator())
    page = await town.browser().open(path)
    assert page.status == 410


@broken(passwords_cut)
async def test_a_long_password_is_compared_to_its_last_character(town: Town, browser: Visitor) -> None:
    for number, length in enumerate((52, 72, 73, 120)):
        email = f"long{number}@contoso.example"
        whole = ("correct horse battery staple " * 8)[: length + 8]
        new = NewMember(f"Long {number}", email, f"long{number}", await hashed(town.passwords, whole))
        await create_user(town.house, new, tenant_id=town.contoso.id, by=operator())
        for typed in (whole[:length], whole[:-1], whole + "x"):
            await browser.open("/signin")
            await browser.press("Next", email=email)
            page = await browser.press("Sign in", password=typed)
            assert (page.status, page.h1) == (400, "Enter password"), (length, len(typed))
        page = await browser.press("Sign in", password=whole)
        assert page.h1 == "Overview"
        browser = town.browser()


@broken(names_cut)
async def test_a_name_is_not_cut_to_somebody_elses(town: Town, browser: Visitor) -> None:
    for email in ("adele@contoso.example" + "e" * 300, "a" * 320 + "dele@contoso.example"):
        await browser.open("/signin")
        page = await browser.press("Next", email=email)
        if page.h1 == "Enter password":
            page = await browser.press("Sign in", password=PASSWORD)
        assert page.status == 400, email[:30]
        assert (await browser.open("/myaccount/")).h1 == "Sign in"


@broken(step_before_believed)
async def test_steps_cannot_be_skipped(town: Town, browser: Visitor) -> None:
    """Calling a later step without the one before leads back to the first, and signs nobody in."""
    await browser.open("/signin")
    for path in ("/signin/code", "/signin/consent", "/signin/second-factor", "/signin/terms"):
        page = await town.browser().open(path)
        assert page.status in {303, 400, 403, 404, 410} or page.h1 in {"Sign in", "This link no longer works"}, path
        page = await town.browser().post(path, {"code": "12345678", "accept": "1"})
        assert page.status in {303, 400, 403, 404, 405, 410} or page.h1 == "Sign in", path
    assert (await browser.open("/myaccount/")).h1 == "Sign in"


LATER = (paths.CODE, paths.SECOND_FACTOR, paths.ENROL, paths.CONSENT, paths.TERMS)
"""What comes after the address and the password, in whatever order an organization asks for it."""


@pytest.mark.parametrize("reached", ["Enter password", "Verify it's you"])
async def test_steps_of_a_sign_in_under_way_cannot_be_skipped(town: Town, browser: Visitor, reached: str) -> None:
    """With handle and form token of the step that was reached, each later one is sent: nobody is signed in."""
    secret = b""
    if reached == "Verify it's you":
        await town.sign_in(browser)
        secret, _ = await add_app(town, browser)
        town.clock().advance(timedelta(seconds=one_time.SECONDS))
        browser = town.browser()
    await browser.open("/signin")
    page = await browser.press("Next", email="adele@contoso.example")
    if secret:
        page = await browser.press("Sign in", password=PASSWORD)
    assert page.h1 == reached
    query = urlsplit(page.forms[0].action).query
    kept, fields = page, dict(page.forms[0].fields)
    for path in LATER:
        answer = await browser.post(
            f"{path}?{query}", {**fields, "code": "123456", "accept": "yes", "answer": "accept"}
        )
        assert answer.h1 != "Overview", path
        assert (await browser.open("/myaccount/")).path.startswith("/signin"), path
    browser.page = kept
    typed = {"code": code_now(town, secret)} if secret else {"password": PASSWORD}
    await browser.press("Verify" if secret else "Sign in", **typed)
    assert (await browser.open("/myaccount/")).h1 == "Overview", "the sign-in itself goes on where it was"
