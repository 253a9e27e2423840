"""Each check of signing in is left out on purpose, and the attempt that it was for is seen to succeed.

An attempt passes when it is refused. On the build as it is every attempt is refused, on both databases; on a build
without the check it is not, so the attempt proves something.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from soak.sign_in_breakages import BREAKAGES
from tests.actions.test_federating import BROWSER, Border
from tests.actions.test_federating import border as border
from tests.actions.test_federating import foreign as foreign
from tests.faults.ground import Ground
from tests.faults.lines import ADDRESS
from tests.faults.quiet_lines import CALLBACK, client_of, exchange, grant, ring_of, sent_code
from tests.support import world
from tests.support.world import Place
from vestibule.actions import granting, mailbox_codes, signing_in, switching
from vestibule.actions.access import authenticate_session
from vestibule.actions.ending_sign_ins import end_app_sign_ins, end_organization_sign_ins
from vestibule.doors.oidc import asking
from vestibule.doors.oidc.errors import ProtocolError
from vestibule.rules.actors import Strength, operator
from vestibule.rules.refusals import Refused
from vestibule.store import apps
from vestibule.store.apps import App
from vestibule.store.memberships import Membership

VERIFIER, CHALLENGE = "v" * 43, "V4Amkv8jPHDSZ2oUHeZqRjHKYIZM2eROq3glSVjE1Ys"


class Succeeded(Exception):
    """The attempt worked."""


async def must_fail(act: Awaitable[object]) -> None:
    with suppress(Refused, ProtocolError):
        await act
        raise Succeeded


Attempt = Callable[[Border, Ground], Awaitable[None]]


async def _client(place: Place) -> tuple[App, Membership]:
    await ring_of(place.house)
    return await client_of(place), await world.guest(place, ADDRESS)


async def _longer_address(border: Border, _ground: Ground) -> None:
    app, _ = await _client(border.place)
    given = {"client_id": app.client_id, "redirect_uri": CALLBACK + ".evil.example/"}
    await must_fail(asking.read(await border.house.store.read(), border.place.id, given))


async def _stolen_code(border: Border, _ground: Ground) -> None:
    app, guest = await _client(border.place)
    asked = grant(border.house)
    code = await granting.make_code(border.house, app, guest, _with_challenge(asked))
    await must_fail(exchange(border.house, app, guest, code))


def _with_challenge(asked: granting.Grant) -> granting.Grant:
    return granting.Grant(
        asked.scope, asked.permissions, asked.nonce, asked.auth_time, asked.strength, asked.redirect_uri, CHALLENGE
    )


async def _code_twice(border: Border, _ground: Ground) -> None:
    app, guest = await _client(border.place)
    code = await granting.make_code(border.house, app, guest, grant(border.house))
    await exchange(border.house, app, guest, code)
    await must_fail(exchange(border.house, app, guest, code))


async def _refreshed(border: Border, app: App, token: str) -> granting.Tokens:
    at = border.place.id
    return await granting.refresh(border.house, await ring_of(border.house), app, tenant_id=at, token=token, scope=None)


async def _token_of(border: Border) -> tuple[App, Membership, str]:
    app, guest = await _client(border.place)
    code = await granting.make_code(border.house, app, guest, grant(border.house))
    return app, guest, (await exchange(border.house, app, guest, code)).refresh_token or ""


async def _refresh_twice(border: Border, _ground: Ground) -> None:
    app, _, token = await _token_of(border)
    await _refreshed(border, app, token)
    await must_fail(_refreshed(border, app, token))


async def _session_of_before(border: Border, _ground: Ground) -> None:
    guest = await world.guest(border.place, ADDRESS)
    first = await signing_in.open_session(border.house, guest.person_id or "", Strength.EMAILED_CODE)
    opened = await signing_in.open_organization(border.house, first.signed_in, border.place.id)
    for act in (switching.disable, switching.enable):
        await act(border.house, tenant_id=border.place.id, user_id=guest.user_id, by=operator())
    found = await authenticate_session(await border.house.store.read(), opened.token)
    if found is not None and found.at(border.place.id) is not None:
        raise Succeeded


async def _session_of_before_in_the_organization(border: Border, _ground: Ground) -> None:
    guest = await world.guest(border.place, ADDRESS)
    first = await signing_in.open_session(border.house, guest.person_id or "", Strength.EMAILED_CODE)
    opened = await signing_in.open_organization(border.house, first.signed_in, border.place.id)
    await end_organization_sign_ins(border.house, tenant_id=border.place.id, by=operator())
    found = await authenticate_session(await border.house.store.read(), opened.token)
    if found is not None and found.at(border.place.id) is not None:
        raise Succeeded


async def _token_of_before_at_the_app(border: Border, _ground: Ground) -> None:
    app, _, token = await _token_of(border)
    await end_app_sign_ins(border.house, tenant_id=app.tenant_id, app_id=app.app_id, by=operator())
    now = await apps.find(await border.house.store.read(), app.tenant_id, app.app_id)
    assert now is not None
    await must_fail(_refreshed(border, now, token))


async def _other_nonce(border: Border, _ground: Ground) -> None:
    border.foreign.claims = {"nonce": "of another sign-in"}
    await must_fail(border.sign_in())


async def _other_audience(border: Border, _ground: Ground) -> None:
    border.foreign.claims = {"aud": "somebody-else"}
    await must_fail(border.sign_in())


async def _state_twice(border: Border, _ground: Ground) -> None:
    address = await border.away()
    await border.back(border.foreign.sign_in(address, "pat-1"))
    await must_fail(border.back(border.foreign.sign_in(address, "mallory")))


async def _state_elsewhere(border: Border, _ground: Ground) -> None:
    given = border.foreign.sign_in(await border.away(), "mallory")
    await must_fail(border.back(given, browser="another browser"))


async def _signed_out(border: Border, _ground: Ground) -> None:
    guest = await world.guest(border.place, ADDRESS)
    opened = await signing_in.open_session(border.house, guest.person_id or "", Strength.EMAILED_CODE)
    await signing_in.sign_out(border.house, opened.token)
    if await authenticate_session(await border.house.store.read(), opened.token) is not None:
        raise Succeeded


async def _handle_elsewhere(border: Border, _ground: Ground) -> None:
    handle = await border.flow(BROWSER)
    if await signing_in.find(border.house, await border.house.store.read(), handle, "another") is not None:
        raise Succeeded


async def _asked_for_code(border: Border) -> tuple[str, Callable[[str], Awaitable[object]]]:
    await world.invited(border.place, ADDRESS)
    handle = await border.flow()
    request = await signing_in.find(border.house, await border.house.store.read(), handle, BROWSER)
    assert request is not None
    code = await sent_code(border.house, request)

    def prove(typed: str) -> Awaitable[object]:
        return mailbox_codes.prove_code(border.house, request, email=ADDRESS, typed=typed, network="192.0.2.7")

    return code, prove


async def _sixth_guess(border: Border, _ground: Ground) -> None:
    code, prove = await _asked_for_code(border)
    for step in range(1, 6):
        with suppress(Refused):
            await prove(f"{(int(code) + step) % 10**8:08}")
    await must_fail(prove(code))


async def _old_code(border: Border, ground: Ground) -> None:
    code, prove = await _asked_for_code(border)
    ground.push(timedelta(minutes=10))
    await must_fail(prove(code))


async def _disabled(border: Border, _ground: Ground) -> None:
    guest = await world.guest(border.place, ADDRESS)
    await switching.disable(border.house, tenant_id=border.place.id, user_id=guest.user_id, by=operator())
    opened = await signing_in.open_session(border.house, guest.person_id or "", Strength.EMAILED_CODE)
    await must_fail(signing_in.open_organization(border.house, opened.signed_in, border.place.id))


async def _late_code(border: Border, ground: Ground) -> None:
    app, guest = await _client(border.place)
    code = await granting.make_code(border.house, app, guest, grant(border.house))
    ground.push(timedelta(seconds=60))
    await must_fail(exchange(border.house, app, guest, code))


ATTEMPTS: dict[str, Attempt] = {
    "redirect_by_its_beginning": _longer_address,
    "no_proof_key": _stolen_code,
    "code_used_again": _code_twice,
    "refresh_token_used_again": _refresh_twice,
    "nonce_of_another_sign_in": _other_nonce,
    "state_used_again": _state_twice,
    "state_of_another_browser": _state_elsewhere,
    "audience_of_somebody_else": _other_audience,
    "epoch_not_compared": _session_of_before,
    "epoch_of_the_organization_forgotten": _session_of_before_in_the_organization,
    "epoch_of_the_app_forgotten": _token_of_before_at_the_app,
    "session_goes_on": _signed_out,
    "sign_in_of_another_browser": _handle_elsewhere,
    "tries_not_counted": _sixth_guess,
    "code_without_end": _old_code,
    "disabled_comes_in": _disabled,
    "clock_forgotten": _late_code,
}


@pytest.fixture
def on(border: Border, ground: Ground) -> Callable[[str], Awaitable[None]]:
    """Make an attempt by its name."""

    async def attempt(name: str) -> None:
        await ATTEMPTS[name](border, ground)

    return attempt


def test_every_breakage_has_its_attempt() -> None:
    assert list(ATTEMPTS) == list(BREAKAGES)


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_the_attempt_is_refused(on: Callable[[str], Awaitable[None]], name: str) -> None:
    await on(name)


@pytest.mark.parametrize("name", ATTEMPTS)
async def test_without_the_check_it_is_not(
    on: Callable[[str], Awaitable[None]], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    BREAKAGES[name](monkeypatch.setattr)
    with pytest.raises(Succeeded):
        await on(name)
