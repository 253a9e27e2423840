"""Passkeys over HTTP, with a device in software: making, signing in, and every way in which it must not work."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.doors.portal.conftest import Town
from tests.support import world
from tests.support.authenticator import Device
from tests.support.houses import PUBLIC_URL
from tests.support.pages import Page, Visitor
from vestibule.doors.portal import paths
from vestibule.rules.actors import Strength
from vestibule.store import second_factors, sessions

ELSEWHERE = "https://vestibule.example.evil.example"


async def options(browser: Visitor, button: str, at: str) -> dict[str, Any]:
    """What the script is told when the button is pressed."""
    form, _ = browser.here.button(button)
    said = {"origin": PUBLIC_URL, "sec-fetch-site": "same-origin"}
    answer = await browser.http.post(f"{at}/options", data=form.fields, headers=said)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def added(browser: Visitor, device: Device, name: str = "Phone") -> Page:
    """Whoever is signed in adds the passkey of a device."""
    await browser.open(paths.SECURITY_INFO)
    asked = await options(browser, "Add a passkey", paths.PASSKEYS)
    return await browser.press("Add a passkey", credential=device.make(asked), name=name)


async def signed_in(browser: Visitor, device: Device, **changed: Any) -> Page:
    """Sign in with nothing but the passkey; ``changed``: how the device behaves this time."""
    await browser.open("/signin")
    asked = await options(browser, "Sign in with a passkey", paths.WITH_PASSKEY)
    return await browser.press("Sign in with a passkey", credential=replace(device, **changed).use(asked))


@pytest.fixture
async def device(town: Town, browser: Visitor) -> Device:
    """Adele's device, whose passkey was added."""
    made = Device()
    await town.sign_in(browser)
    assert (await added(browser, made)).h1 == "Save your recovery codes"
    return made


async def test_a_passkey_alone_signs_in_and_is_two_factors(town: Town, browser: Visitor, device: Device) -> None:
    other = town.browser()
    page = await signed_in(other, device)
    assert page.path == paths.OVERVIEW
    reading = await town.house.store.read()
    mine = await second_factors.passkeys_of(reading, town.adele.person_id or "")
    assert [(one.name, one.transports, one.sign_count) for one in mine] == [("Phone", ["hybrid", "internal"], 1)]
    await other.open(paths.SECURITY_INFO)
    assert "Remove Phone" in other.here.links


async def test_what_the_browser_is_asked_for(town: Town, browser: Visitor, device: Device) -> None:
    await browser.open(paths.SECURITY_INFO)
    asked = await options(browser, "Add a passkey", paths.PASSKEYS)
    assert (asked["rp"], asked["user"]["name"]) == (
        {"id": "vestibule.example", "name": "Vestibule"},
        "adele@contoso.example",
    )
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert [one["id"] for one in asked["excludeCredentials"]] != []
    other = town.browser()
    await other.open("/signin")
    asked = await options(other, "Sign in with a passkey", paths.WITH_PASSKEY)
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == (
        "vestibule.example",
        "required",
        [],
    )


async def test_after_a_password_the_passkey_has_to_be_theirs(town: Town, browser: Visitor, device: Device) -> None:
    await town.member("Alex Wilber", "alex@contoso.example")
    alexs, alex = Device(id=b"alex's"), town.browser()
    await town.sign_in(alex, "alex@contoso.example")
    await added(alex, alexs)
    other = town.browser()
    page = await town.sign_in(other)
    assert page.h1 == "Verify it's you"
    asked = await options(other, "Use a passkey", paths.WITH_PASSKEY)
    assert len(asked["allowCredentials"]) == 1
    page = await other.press("Use a passkey", credential=alexs.use(asked))
    assert (page.status, "That passkey didn't work" in page.problem) == (400, True)
    asked = await options(other, "Use a passkey", paths.WITH_PASSKEY)
    assert (await other.press("Use a passkey", credential=device.use(asked))).path == paths.OVERVIEW


async def test_people_with_an_emailed_code_sign_in_with_one_too(town: Town, browser: Visitor) -> None:
    await world.guest(town.fabrikam, "sam@mailbox.example")
    await town.sign_in_by_code(browser, "sam@mailbox.example")
    device = Device(count=None)
    page = await added(browser, device)
    assert (page.path, "The passkey was added." in page.text) == (f"{paths.SECURITY_INFO}?done=passkey", True)
    other = town.browser()
    await signed_in(other, device)
    assert (await other.open(paths.OVERVIEW)).h1 == "Overview"
    # Whoever only reads the mail changes nothing from now on.
    reader = town.browser()
    await town.sign_in_by_code(reader, "sam@mailbox.example")
    page = await reader.open(paths.SECURITY_INFO)
    assert "Sign in again to add a passkey" in page.links
    await reader.follow("Remove Phone")
    assert (await reader.press("Remove")).h1 == "Sign in"


async def test_it_is_renamed_and_removed(town: Town, browser: Visitor, device: Device) -> None:
    await browser.open(paths.SECURITY_INFO)
    page = await browser.press("Save", name=" ")
    assert (page.status, "at most 60 characters" in page.problem) == (400, True)
    page = await browser.press("Save", name="Old phone")
    assert "Remove Old phone" in page.links
    page = await browser.follow("Remove Old phone")
    assert "last second factor" in page.text
    page = await browser.press("Remove")
    assert "Remove Old phone" not in page.links
    assert (await signed_in(town.browser(), device)).status == 400


# --- Attacks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": ELSEWHERE},
        {"origin": "https://vestibule.example:8443"},
        {"origin": "http://vestibule.example"},
        {"host": "evil.example"},
        {"verified": False},
        {"handle": b"somebody else"},
        {"handle": b""},
        {"id": b"unknown"},
    ],
    ids=str,
)
async def test_an_answer_that_does_not_hold(
    town: Town, browser: Visitor, device: Device, changed: dict[str, Any]
) -> None:
    other = town.browser()
    page = await signed_in(other, device, **changed)
    assert (page.status, "That passkey didn't work" in page.problem) == (400, True)
    assert (await other.open(paths.OVERVIEW)).h1 == "Sign in"


@pytest.mark.parametrize("changed", [{"origin": ELSEWHERE}, {"host": "evil.example"}, {"verified": False}], ids=str)
async def test_a_passkey_that_is_not_made_for_us(town: Town, browser: Visitor, changed: dict[str, Any]) -> None:
    await town.sign_in(browser)
    assert (await added(browser, replace(Device(), **changed))).status == 400
    assert await second_factors.passkeys_of(await town.house.store.read(), town.adele.person_id or "") == []


async def test_another_key_than_the_one_that_was_kept(town: Town, browser: Visitor, device: Device) -> None:
    forged = Device(id=device.id, handle=device.handle)
    assert (await signed_in(town.browser(), forged)).status == 400


async def test_an_assertion_is_taken_once(town: Town, browser: Visitor, device: Device) -> None:
    other = town.browser()
    await other.open("/signin")
    asked = await options(other, "Sign in with a passkey", paths.WITH_PASSKEY)
    form, _ = other.here.button("Sign in with a passkey")
    answer = device.use(asked)
    sent = {**form.fields, "credential": answer}
    assert (await other.post(paths.WITH_PASSKEY, sent)).path == paths.OVERVIEW
    await other.http.post(paths.SIGN_OUT)
    again = town.browser()
    await again.open("/signin")
    form, _ = again.here.button("Sign in with a passkey")
    assert (await again.post(paths.WITH_PASSKEY, {**form.fields, "credential": answer})).status == 400


async def test_a_challenge_is_good_in_its_browser_for_five_minutes(
    town: Town, browser: Visitor, device: Device
) -> None:
    one, two = town.browser(), town.browser()
    await one.open("/signin")
    await two.open("/signin")
    asked = await options(one, "Sign in with a passkey", paths.WITH_PASSKEY)
    page = await two.press("Sign in with a passkey", credential=device.use(asked))
    assert page.status == 400
    town.clock().advance(timedelta(minutes=5))
    page = await one.press("Sign in with a passkey", credential=device.use(asked))
    assert page.status == 400


async def test_a_challenge_to_sign_in_makes_no_passkey(town: Town, browser: Visitor, device: Device) -> None:
    await browser.open("/signin")
    asked = await options(browser, "Sign in with a passkey", paths.WITH_PASSKEY)
    await browser.open(paths.SECURITY_INFO)
    made = Device(id=b"second")
    page = await browser.press("Add a passkey", credential=made.make({**asked, "user": {"id": "AAAA"}}), name="Second")
    assert page.status == 400


async def test_a_copied_key_is_noticed_by_its_count(town: Town, browser: Visitor, device: Device) -> None:
    copy = replace(device)
    assert (await signed_in(town.browser(), device, count=7)).path == paths.OVERVIEW
    assert (await signed_in(town.browser(), copy, count=3)).status == 400
    assert (await signed_in(town.browser(), copy, count=None)).status == 400


async def test_nobody_registers_for_somebody_else(town: Town, browser: Visitor) -> None:
    """A challenge of one session is nothing in another, also in the same browser."""
    await town.member("Alex Wilber", "alex@contoso.example")
    await town.sign_in(browser)
    await browser.open(paths.SECURITY_INFO)
    asked = await options(browser, "Add a passkey", paths.PASSKEYS)
    await browser.open(paths.SIGN_OUT)
    await browser.press("Sign out")
    await town.sign_in(browser, "alex@contoso.example")
    await browser.open(paths.SECURITY_INFO)
    page = await browser.press("Add a passkey", credential=Device().make(asked), name="Phone")
    assert page.status == 400
    assert await second_factors.find_passkey(await town.house.store.read(), "dGhl") is None


async def test_the_same_passkey_is_not_added_twice(town: Town, browser: Visitor, device: Device) -> None:
    page = await added(browser, device)
    assert (page.status, "That passkey was added before." in page.problem) == (400, True)


async def test_a_disabled_account_does_not_come_in(town: Town, browser: Visitor, device: Device) -> None:
    from vestibule.actions import switching

    await switching.disable(town.house, tenant_id=town.contoso.id, user_id=town.adele.user_id, by=town.contoso.admin)
    page = await signed_in(town.browser(), device)
    assert (page.status, page.h1) == (403, "Your account is disabled")


async def test_every_step_up_makes_a_new_session(town: Town, browser: Visitor) -> None:
    await town.sign_in(browser)
    before = {cookie.name: cookie.value for cookie in browser.http.cookies.jar}
    await added(browser, Device())
    after = {cookie.name: cookie.value for cookie in browser.http.cookies.jar}
    changed = [name for name in before if before[name] != after[name]]
    assert len(changed) == 1
    thief = town.browser()
    thief.http.cookies.set(changed[0], before[changed[0]] or "", domain="vestibule.example")
    assert (await thief.open(paths.OVERVIEW)).h1 == "Sign in"


async def test_the_session_says_how_strong_it_is(town: Town, browser: Visitor, device: Device) -> None:
    from vestibule.actions.access import secret_hash

    other = town.browser()
    await signed_in(other, device)
    tokens = [cookie.value or "" for cookie in other.http.cookies.jar]
    reading = await town.house.store.read()
    found = [one for one in [await sessions.find(reading, secret_hash(token)) for token in tokens] if one]
    assert [one.strength for one in found] == [Strength.PASSKEY]
