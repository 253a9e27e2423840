"""The second step through the actions: raced, counted, bound, and what the log says."""

import asyncio
import base64
from datetime import timedelta

import pytest

from tests.support import world
from tests.support.authenticator import Device
from tests.support.world import Place
from vestibule.actions import passkeys, second_factors, second_steps, sign_in_methods, signing_in
from vestibule.actions.credentials import hashed, keep
from vestibule.actions.house import House
from vestibule.actions.sign_in_methods import Proven
from vestibule.actions.signing_in import Opened
from vestibule.ground import one_time
from vestibule.ground.clock import StoppedClock
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Strength, operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store.memberships import Membership
from vestibule.store.sessions import SignInRequest

SECRET = "correct horse battery staple"
BROWSER = "a browser"
AT_ONCE = 50


async def flow(house: House, browser: str = BROWSER) -> SignInRequest:
    """A sign-in that begins."""
    handle = await signing_in.begin(house, browser=browser, target="/myaccount/")
    found = await signing_in.find(house, await house.store.read(), handle, browser)
    assert found is not None
    return found


def push(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


def shown(house: House, secret: bytes) -> str:
    return one_time.code_of(secret, one_time.step_at(house.clock.now()))


async def guarded(place: Place) -> tuple[Membership, Proven, bytes, list[str]]:
    """A member with a password and an authenticator app; the clock is a step later."""
    house, member = place.house, await world.member(place, mail="adele@contoso.example")
    passwords = Passwords(house.chance)
    known = await hashed(passwords, SECRET)
    await house.store.change(lambda unit: keep(unit, member.person_id or "", known))
    passwords.close()
    opened = await signing_in.open_session(house, member.person_id or "", Strength.PASSWORD)
    proven, by = sign_in_methods.proven_by(opened.signed_in), world.at_portal(member)
    request = await second_factors.begin_authenticator(house, await flow(house), proven, by=by)
    secret = second_factors.pending_secret(request, proven) or b""
    codes = await second_factors.confirm_authenticator(house, request, proven, typed=shown(house, secret), by=by)
    push(house, timedelta(seconds=30))
    return member, proven, secret, codes


async def half(place: Place, member: Membership) -> SignInRequest:
    """A sign-in in which the password was right."""
    passwords = Passwords(place.house.chance)
    request = await flow(place.house)
    opened = await second_steps.prove_password(
        place.house, passwords, request, email=member.user_principal_name, password=SECRET, network=""
    )
    passwords.close()
    assert opened is None
    return request


def successes(found: list[Opened | BaseException]) -> list[Opened]:
    wrong = [one for one in found if isinstance(one, BaseException) and not isinstance(one, Refused)]
    assert wrong == []
    return [one for one in found if isinstance(one, Opened)]


async def test_one_of_fifty_gets_in_with_the_same_code(contoso: Place) -> None:
    member, _, secret, _ = await guarded(contoso)
    code = shown(contoso.house, secret)
    requests = [await half(contoso, member) for _ in range(AT_ONCE)]
    tries = [second_steps.prove_app_code(contoso.house, one, typed=code, network="") for one in requests]
    found = successes(await asyncio.gather(*tries, return_exceptions=True))
    assert [one.signed_in.strength for one in found] == [Strength.MULTI_FACTOR]


async def test_one_of_fifty_gets_in_with_the_same_recovery_code(contoso: Place) -> None:
    member, _, _, codes = await guarded(contoso)
    requests = [await half(contoso, member) for _ in range(AT_ONCE)]
    tries = [second_steps.prove_recovery_code(contoso.house, one, typed=codes[0], network="") for one in requests]
    assert len(successes(await asyncio.gather(*tries, return_exceptions=True))) == 1


async def test_one_of_fifty_gets_in_with_the_same_assertion(contoso: Place) -> None:
    house = contoso.house
    member, proven, _, _ = await guarded(contoso)
    site, device = passkeys.site_of(house, [house.public_url]), Device(count=None)
    strong = Proven(proven.person_id, house.clock.now(), Strength.MULTI_FACTOR, proven.bound_to)
    by, who = world.at_portal(member), passkeys.Shown("adele", "Adele")
    asked = await passkeys.begin_passkey(house, site, strong, browser=BROWSER, shown=who, by=by)
    answer = device.make(asked)
    await passkeys.add_passkey(house, site, strong, browser=BROWSER, answer=answer, name="Phone", by=by)
    used = device.use(await passkeys.begin_sign_in(house, site, None, browser=BROWSER))
    tries = [
        passkeys.prove_passkey(house, site, None, browser=BROWSER, answer=used, network="") for _ in range(AT_ONCE)
    ]
    found = successes(await asyncio.gather(*tries, return_exceptions=True))
    assert [one.signed_in.strength for one in found] == [Strength.PASSKEY]


async def test_at_most_five_guesses_are_looked_at(contoso: Place) -> None:
    member, _, secret, _ = await guarded(contoso)
    right = shown(contoso.house, secret)
    wrong = [f"{number:06d}" for number in range(AT_ONCE) if f"{number:06d}" != right]
    requests = [await half(contoso, member) for _ in wrong]
    tries = [
        second_steps.prove_app_code(contoso.house, one, typed=typed, network="")
        for one, typed in zip(requests, wrong, strict=True)
    ]
    found = await asyncio.gather(*tries, return_exceptions=True)
    reasons = [one.reason for one in found if isinstance(one, Refused)]
    assert reasons.count(Reason.CODE_WRONG) <= second_steps.TRIES
    assert len(reasons) == len(wrong)


async def test_twenty_guesses_a_day_however_slow(contoso: Place) -> None:
    member, _, _, _ = await guarded(contoso)
    looked_at = 0
    for _ in range(second_steps.TRIES_A_DAY + 3):
        try:
            await second_steps.prove_app_code(contoso.house, await half(contoso, member), typed="000000", network="")
        except Refused as refused:
            looked_at += refused.reason is Reason.CODE_WRONG
        push(contoso.house, timedelta(minutes=4))
    assert looked_at <= second_steps.TRIES_A_DAY


async def test_nobody_else_changes_how_somebody_signs_in(contoso: Place) -> None:
    _, proven, _, _ = await guarded(contoso)
    strong = Proven(proven.person_id, contoso.house.clock.now(), Strength.MULTI_FACTOR, proven.bound_to)
    for by in (contoso.admin, world.person_at_pages("somebody")):
        with pytest.raises(Refused) as refused:
            await second_factors.remove_authenticator(contoso.house, strong, by=by)
        assert refused.value.reason in {Reason.NOT_FOUND, Reason.NOT_ALLOWED}


@pytest.mark.parametrize("strength", [Strength.PASSWORD, Strength.EMAILED_CODE, Strength.NONE])
async def test_one_factor_changes_nothing_once_there_are_two(contoso: Place, strength: Strength) -> None:
    member, proven, _, _ = await guarded(contoso)
    weak = Proven(proven.person_id, contoso.house.clock.now(), strength, proven.bound_to)
    with pytest.raises(Refused) as refused:
        await second_factors.make_recovery_codes(contoso.house, weak, by=world.at_portal(member))
    assert refused.value.reason is Reason.STRONGER_SIGN_IN


async def test_what_the_log_says(contoso: Place) -> None:
    member, proven, _, _ = await guarded(contoso)
    strong = Proven(proven.person_id, contoso.house.clock.now(), Strength.MULTI_FACTOR, proven.bound_to)
    await second_factors.remove_authenticator(contoso.house, strong, by=world.at_portal(member))
    types = [one.type for one in await world.events(contoso) if one.type.startswith("signInMethod")]
    assert sorted(types) == ["signInMethod.add", "signInMethod.remove"]


async def test_only_the_operator_takes_everything_off(contoso: Place) -> None:
    member, _, _, _ = await guarded(contoso)
    of = {"tenant_id": contoso.id, "user_id": member.user_id}
    for by in (contoso.admin, world.at_portal(member)):
        with pytest.raises(Refused) as refused:
            await second_factors.reset_second_factors(contoso.house, **of, by=by)
        assert refused.value.reason is Reason.NOT_ALLOWED
    await second_factors.reset_second_factors(contoso.house, **of, by=operator())
    found = await sign_in_methods.methods_of(await contoso.house.store.read(), member.person_id or "")
    assert (found.has_second_factor, found.codes_left) == (False, 0)
    with pytest.raises(Refused) as refused:
        await second_factors.reset_second_factors(contoso.house, **of, by=operator())
    assert refused.value.reason is Reason.NOT_THERE


async def test_secrets_are_kept_sealed_and_codes_hashed(contoso: Place) -> None:
    from vestibule.store import second_factors as kept

    member, _, secret, codes = await guarded(contoso)
    app = await kept.app_of(await contoso.house.store.read(), member.person_id or "")
    assert app is not None
    assert secret not in app.sealed_secret
    assert base64.b32encode(secret) not in app.sealed_secret
    assert second_factors.app_secret(contoso.house, app) == secret
    reading = await contoso.house.store.read()
    assert not await kept.has_code(reading, member.person_id or "", codes[0])


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("ABCDE-FGHIJ", "ABCDEFGHIJ"),
        (" abcde fghij ", "ABCDEFGHIJ"),
        ("0bcde-fgh1j", "OBCDEFGHIJ"),
        ("ABCDE-FGHI", None),
        ("ABCDE-FGHIÅ", None),
        ("A" * 41, None),
        ("", None),
    ],
)
def test_recovery_codes_as_people_type_them(typed: str, read: str | None) -> None:
    assert second_factors.read_recovery_code(typed) == read
