"""Second factors over HTTP without scripts: setting one up, signing in with it, recovery codes, removing it."""

import base64
import html
import re
from datetime import timedelta

import pytest

from soak.sign_in_breakages_proofs import factor_used_again, factors_guessed, second_factor_left_out
from tests.doors.portal.conftest import PASSWORD, Town
from tests.support import world
from tests.support.broken import broken
from tests.support.pages import Page, Visitor
from vestibule.actions import second_factors, sign_in_methods
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal import paths
from vestibule.ground import one_time
from vestibule.store import people
from vestibule.store import second_factors as kept

STEP = timedelta(seconds=one_time.SECONDS)
NEW_PASSWORD = "plum orchard lantern seventeen"


def secret_on(page: Page) -> bytes:
    """The secret as the page shows it in text."""
    shown = re.search(r'class="secret-text">([A-Z2-7 ]+)</code>', page.response.text)
    assert shown is not None
    bare = shown[1].replace(" ", "")
    return base64.b32decode(bare + "=" * (-len(bare) % 8))


def codes_on(page: Page) -> list[str]:
    """The recovery codes that a page shows."""
    return [html.unescape(one) for one in re.findall(r"<li><code>([^<]+)</code></li>", page.response.text)]


def code_now(town: Town, secret: bytes) -> str:
    """What the app shows now."""
    return one_time.code_of(secret, one_time.step_at(town.clock().now()))


async def add_app(town: Town, browser: Visitor) -> tuple[bytes, list[str]]:
    """Whoever is signed in adds an authenticator app. Returns its secret and the recovery codes."""
    await browser.open(paths.SECURITY_INFO)
    page = await browser.follow("Add authenticator app")
    secret = secret_on(page)
    page = await browser.press("Confirm", code=code_now(town, secret))
    assert page.h1 == "Save your recovery codes"
    return secret, codes_on(page)


@pytest.fixture
async def guarded(town: Town, browser: Visitor) -> tuple[bytes, list[str]]:
    """Adele has an authenticator app; the clock is at the next step."""
    await town.sign_in(browser)
    made = await add_app(town, browser)
    town.clock().advance(STEP)
    return made


async def at_second_step(town: Town) -> Visitor:
    """A fresh browser after Adele's password."""
    browser = town.browser()
    page = await town.sign_in(browser)
    assert (page.h1, page.path.partition("?")[0]) == ("Verify it's you", paths.SECOND_FACTOR)
    return browser


async def test_an_app_is_added_with_its_first_code(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    await browser.open(paths.SECURITY_INFO)
    page = await browser.follow("Add authenticator app")
    assert (page.h1, "<svg" in page.response.text) == ("Add authenticator app", True)
    secret = secret_on(page)
    page = await browser.press("Confirm", code="12")
    assert (page.status, "That code didn't work" in page.problem) == (400, True)
    assert secret_on(page) == secret
    page = await browser.press("Confirm", code=code_now(town, secret))
    assert len(set(codes_on(page))) == second_factors.CODES
    page = await browser.follow("Continue")
    assert "Remove authenticator app" in page.links
    letters = [one for one in await town.letters() if one.kind == LetterKind.METHOD_ADDED]
    assert [(one.recipient, one.facts["method"]) for one in letters] == [("adele@contoso.example", "authenticatorApp")]


@broken(second_factor_left_out)
async def test_a_password_alone_opens_nothing(town: Town, guarded: tuple[bytes, list[str]]) -> None:
    browser = await at_second_step(town)
    for path in (paths.OVERVIEW, paths.SECURITY_INFO, paths.ORGANIZATIONS, paths.SWITCH):
        assert (await browser.open(path)).h1 == "Sign in"
    assert not [cookie for cookie in browser.http.cookies.jar if "session" in cookie.name.lower()]


@broken(factor_used_again)
async def test_a_code_of_the_app_signs_in_once(town: Town, guarded: tuple[bytes, list[str]]) -> None:
    secret, _ = guarded
    browser, other = await at_second_step(town), await at_second_step(town)
    page = await browser.press("Verify", code="")
    assert "Enter the code from your authenticator app." in page.problem
    code = code_now(town, secret)
    page = await browser.press("Verify", code=f"{code[:3]} {code[3:]}")
    assert page.path == paths.OVERVIEW
    page = await other.press("Verify", code=code)
    assert "That code didn't work" in page.problem
    town.clock().advance(STEP)
    page = await other.press("Verify", code=code_now(town, secret))
    assert page.path == paths.OVERVIEW


async def test_the_code_that_confirmed_the_app_does_not_sign_in(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    secret, _ = await add_app(town, browser)
    page = await (await at_second_step(town)).press("Verify", code=code_now(town, secret))
    assert page.status == 400


async def test_a_recovery_code_signs_in_once_however_it_is_typed(town: Town, guarded: tuple[bytes, list[str]]) -> None:
    _, codes = guarded
    browser = await at_second_step(town)
    page = await browser.press("Sign in with the recovery code", recovery=f" {codes[3].lower().replace('-', ' ')} ")
    assert page.path == paths.OVERVIEW
    page = await browser.open(paths.SECURITY_INFO)
    assert "You have 9 recovery codes left." in page.text
    page = await (await at_second_step(town)).press("Sign in with the recovery code", recovery=codes[3])
    assert "That recovery code didn't work" in page.problem


@broken(factors_guessed)
async def test_guesses_end_and_another_way_stays_open(town: Town, guarded: tuple[bytes, list[str]]) -> None:
    secret, codes = guarded
    for turn in range(5):
        browser = await at_second_step(town)
        assert (await browser.press("Verify", code=f"{turn:06d}")).status == 400
    browser = await at_second_step(town)
    page = await browser.press("Verify", code=code_now(town, secret))
    assert (page.status, page.h1) == (429, "Too many attempts")
    browser = await at_second_step(town)
    assert (await browser.press("Sign in with the recovery code", recovery=codes[0])).path == paths.OVERVIEW
    town.clock().advance(timedelta(minutes=16))
    browser = await at_second_step(town)
    assert (await browser.press("Verify", code=code_now(town, secret))).path == paths.OVERVIEW


async def test_the_first_step_is_worth_ten_minutes_here_and_nowhere_else(
    town: Town, guarded: tuple[bytes, list[str]]
) -> None:
    secret, _ = guarded
    browser = await at_second_step(town)
    stolen = browser.here.path
    other = town.browser()
    await other.open("/signin")
    assert (await other.open(stolen)).h1 == "Sign in"
    town.clock().advance(timedelta(minutes=10, seconds=1))
    page = await browser.press("Verify", code=code_now(town, secret))
    assert page.h1 == "Sign in"


async def test_a_new_password_ends_a_half_sign_in(
    town: Town, browser: Visitor, guarded: tuple[bytes, list[str]]
) -> None:
    secret, _ = guarded
    half = await at_second_step(town)
    await browser.open(paths.CHANGE_PASSWORD)
    page = await browser.press("Change password", old=PASSWORD, new=NEW_PASSWORD, again=NEW_PASSWORD)
    assert "Your password was changed." in page.text
    page = await half.press("Verify", code=code_now(town, secret))
    assert page.h1 == "Sign in"


async def test_an_app_is_removed_and_the_codes_with_it(
    town: Town, browser: Visitor, guarded: tuple[bytes, list[str]]
) -> None:
    await browser.open(paths.SECURITY_INFO)
    page = await browser.follow("Remove authenticator app")
    assert page.h1 == "Remove the authenticator app?"
    page = await browser.press("Remove")
    assert "It was removed." in page.text
    person_id = town.adele.person_id or ""
    assert await kept.codes_left(await town.house.store.read(), person_id) == 0
    assert (await town.sign_in(town.browser())).path == paths.OVERVIEW
    assert [one.kind for one in await town.letters()][-1] == LetterKind.METHOD_REMOVED


async def test_an_old_sign_in_changes_nothing(town: Town, browser: Visitor, guarded: tuple[bytes, list[str]]) -> None:
    secret, _ = guarded
    page = await browser.open(paths.SECURITY_INFO)
    town.clock().advance(timedelta(minutes=11))
    page = await browser.press("Make new recovery codes")
    assert (page.h1, "Sign in again to change how you sign in." in page.text) == ("Sign in", True)
    await browser.press("Next")
    await browser.press("Sign in", password=PASSWORD)
    page = await browser.press("Verify", code=code_now(town, secret))
    assert page.path == paths.SECURITY_INFO
    page = await browser.press("Make new recovery codes")
    assert len(codes_on(page)) == second_factors.CODES


async def test_people_with_an_emailed_code_have_passkeys_only(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, "sam@mailbox.example")
    await town.sign_in_by_code(browser, "sam@mailbox.example")
    page = await browser.open(paths.SECURITY_INFO)
    assert "you sign in with a code that we send to your email" in page.text
    assert "Add authenticator app" not in page.links
    assert (await browser.open(paths.AUTHENTICATOR)).status == 404
    assert (await browser.open(paths.CHANGE_PASSWORD)).status == 404


# --- The password -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "again", "said"),
    [
        ("", NEW_PASSWORD, NEW_PASSWORD, "Enter your current password."),
        ("wrong horse battery staple", NEW_PASSWORD, NEW_PASSWORD, "That isn't your current password."),
        (PASSWORD, "", "", "Enter a new password."),
        (PASSWORD, NEW_PASSWORD, NEW_PASSWORD + "x", "Both new passwords have to be the same."),
        (PASSWORD, "short", "short", "Use at least 15 characters."),
        (PASSWORD, "x" * 1025, "x" * 1025, "Use at most 1,024 characters."),
        (PASSWORD, "abcabcabcabcabcabc", "abcabcabcabcabcabc", "doesn't repeat"),
        (PASSWORD, "adele@contoso.example", "adele@contoso.example", "made of your name"),
        (PASSWORD, "1qaz2wsx3edc4rfv", "1qaz2wsx3edc4rfv", "Many people use this password"),
    ],
)
async def test_a_password_that_will_not_do(
    town: Town, browser: Visitor, old: str, new: str, again: str, said: str
) -> None:
    await town.sign_in(browser)
    await browser.open(paths.CHANGE_PASSWORD)
    page = await browser.press("Change password", old=old, new=new, again=again)
    assert (page.status, said in page.problem) == (400, True)


async def test_a_new_password_signs_out_every_other_browser(town: Town, browser: Visitor) -> None:
    other = town.browser()
    await town.sign_in(other)
    await town.sign_in(browser)
    old = [cookie.value for cookie in browser.http.cookies.jar]
    await browser.open(paths.SECURITY_INFO)
    await browser.follow("Change password")
    page = await browser.press("Change password", old=PASSWORD, new=NEW_PASSWORD, again=NEW_PASSWORD)
    assert page.path == f"{paths.SECURITY_INFO}?done=password"
    assert [cookie.value for cookie in browser.http.cookies.jar] != old
    assert (await other.open(paths.OVERVIEW)).h1 == "Sign in"
    fresh = town.browser()
    assert (await town.sign_in(fresh)).status == 400
    page = await fresh.press("Sign in", password=NEW_PASSWORD)
    assert page.path == paths.OVERVIEW


# --- Administrators outside an emulator -------------------------------------------------------------------------------


async def admin_of(town: Town) -> str:
    """Contoso's first administrator gets the password of these tests."""
    from vestibule.actions.credentials import hashed, keep

    made = await hashed(town.passwords, PASSWORD)
    person_id = town.contoso.administrator.person_id or ""
    await town.house.store.change(lambda unit: keep(unit, person_id, made))
    return person_id


async def test_an_administrator_sets_up_a_second_factor_first(town: Town, browser: Visitor) -> None:
    person_id = await admin_of(town)
    page = await town.sign_in(browser, "admin@contoso.example", at=f"/signin?next={paths.APPS}")
    assert (page.h1, page.path.partition("?")[0]) == ("Set up a second way to sign in", paths.ENROL)
    assert (await town.browser().open(page.path)).h1 == "Sign in"
    secret = secret_on(page)
    page = await browser.press("Confirm", code="000000")
    assert (page.status, secret_on(page) == secret) == (400, True)
    page = await browser.press("Confirm", code=code_now(town, secret))
    assert (page.h1, len(codes_on(page))) == ("Save your recovery codes", second_factors.CODES)
    page = await browser.follow("Continue")
    assert page.path == paths.APPS
    methods = await sign_in_methods.methods_of(await town.house.store.read(), person_id)
    assert methods.app is not None
    town.clock().advance(STEP)
    page = await town.sign_in(town.browser(), "admin@contoso.example")
    assert page.h1 == "Verify it's you"


async def test_who_knows_the_password_sets_up_nothing_once_there_is_a_second_factor(town: Town) -> None:
    await admin_of(town)
    thief, owner = town.browser(), town.browser()
    first = await town.sign_in(thief, "admin@contoso.example")
    page = await town.sign_in(owner, "admin@contoso.example")
    await owner.press("Confirm", code=code_now(town, secret_on(page)))
    page = await thief.press("Confirm", code=code_now(town, secret_on(first)))
    assert page.h1 == "Sign in"
    for path in (f"{paths.ENROL}/done", paths.ENROL, paths.OVERVIEW):
        assert (await thief.open(path + "?" + first.path.partition("?")[2])).h1 in {"Sign in", "Enter password"}


async def test_in_an_emulator_a_password_is_enough_for_an_administrator(town: Town, browser: Visitor) -> None:
    await admin_of(town)
    town.house.emulator = True
    assert (await town.sign_in(browser, "admin@contoso.example")).path == paths.OVERVIEW


async def test_a_mailbox_is_found_for_the_letter(town: Town) -> None:
    person_id = await world.mailbox_person(town.house, "sam@mailbox.example")
    person = await people.find(await town.house.store.read(), person_id)
    assert person is not None
    address = await sign_in_methods.address_of(await town.house.store.read(), person, None)
    assert address == "sam@mailbox.example"
