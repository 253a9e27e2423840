"""Signing in on a device without a keyboard (RFC 8628), on both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from soak.sign_in_breakages_proofs import guesses_not_counted
from soak.sign_in_breakages_protocol import device_not_described, devices_need_no_consent, guests_on_devices
from tests.doors.oidc.conftest import SCOPE, Office, error_of
from tests.support import world
from tests.support.broken import broken
from vestibule.actions import apps, device_signing_in, guest_settings
from vestibule.actions.apps import Registered
from vestibule.actions.switching import disable
from vestibule.rules import device_codes
from vestibule.rules.actors import Strength, operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import device_grants

LONG = "urn:ietf:params:oauth:grant-type:device_code"
NETWORK = "192.0.2.7"


@pytest.fixture
async def television(office: Office) -> Registered:
    return await office.register("Television", public=True, device_code=True)


async def begin(office: Office, app: Registered, *, tenant: str = "", scope: str = SCOPE) -> dict[str, Any]:
    response = await office.http.post(
        office.at("oauth2/v2.0/devicecode", tenant), data={"client_id": app.app.client_id, "scope": scope}
    )
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    return found


async def poll(
    office: Office, app: Registered, begun: dict[str, Any], grant: str = LONG, **more: str
) -> httpx.Response:
    form = {"grant_type": grant, "client_id": app.app.client_id, "device_code": begun["device_code"], **more}
    return await office.token(**form)


async def approve(office: Office, begun: dict[str, Any]) -> None:
    who = await office.sign_in()
    await device_signing_in.approve(office.house, who, begun["user_code"], network=NETWORK)


async def refused(work: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await work
    return caught.value


@pytest.mark.parametrize("grant", [LONG, "device_code"])
async def test_a_device_waits_and_gets_tokens_once_somebody_agreed(
    office: Office, television: Registered, grant: str
) -> None:
    begun = await begin(office, television)
    assert begun["verification_uri"] == "https://vestibule.example/signin/device"
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert begun["user_code"] in begun["message"]
    code = begun["user_code"].replace("-", "")
    assert len(code) == 8
    assert set(code) <= set("BCDFGHJKLMNPQRSTVWXZ"), "no letter that is mistaken for another, and no words"
    assert error_of(await poll(office, television, begun, grant)) == ("authorization_pending", 70016)
    office.push(timedelta(seconds=5))
    await approve(office, begun)
    found = (await poll(office, television, begun, grant, code=begun["device_code"])).json()
    claims = await office.claims(found["id_token"], "JWT")
    assert (claims["oid"], claims["aud"]) == (office.adele.user_id, television.app.client_id)
    assert (await office.userinfo(found["access_token"])).status_code == 200
    assert (await office.refresh(found["refresh_token"], client_id=television.app.client_id)).status_code == 200


@broken(device_not_described)
async def test_what_the_person_is_shown_says_which_app_for_what_and_from_where(
    office: Office, television: Registered
) -> None:
    begun = await begin(office, television)
    typed = begun["user_code"].lower().replace("-", " ")
    found = await device_signing_in.find(office.house, typed, person_id=office.adele.person_id or "")
    assert (found.app.display_name, found.scope, found.network) == ("Television", SCOPE, "127.0.0.1")
    assert found.asked_at == office.house.clock.now()


async def test_a_code_works_once_and_its_second_use_ends_what_the_first_gave(
    office: Office, television: Registered
) -> None:
    begun = await begin(office, television)
    await approve(office, begun)
    first = (await poll(office, television, begun)).json()
    assert error_of(await poll(office, television, begun))[0] == "invalid_grant"
    assert (await office.userinfo(first["access_token"])).status_code == 401
    again = await office.refresh(first["refresh_token"], client_id=television.app.client_id)
    assert error_of(again)[0] == "invalid_grant"


async def test_of_fifty_parallel_questions_one_gets_tokens(office: Office, television: Registered) -> None:
    begun = await begin(office, television)
    await approve(office, begun)
    answers = await asyncio.gather(*(poll(office, television, begun) for _ in range(50)))
    good = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(good) == 1
    assert (await office.userinfo(good[0]["access_token"])).status_code == 401, "the others ended it"


async def test_asking_too_often_slows_down_for_good(office: Office, television: Registered) -> None:
    begun = await begin(office, television)
    assert error_of(await poll(office, television, begun))[0] == "authorization_pending"
    office.push(timedelta(seconds=4))
    assert error_of(await poll(office, television, begun))[0] == "slow_down"
    office.push(timedelta(seconds=6))
    assert error_of(await poll(office, television, begun))[0] == "slow_down", "five seconds longer now"
    office.push(timedelta(seconds=15))
    assert error_of(await poll(office, television, begun))[0] == "authorization_pending"


async def test_declined_expired_and_unknown_codes(office: Office, television: Registered) -> None:
    begun = await begin(office, television)
    who = await office.sign_in()
    await device_signing_in.decline(office.house, who, begun["user_code"])
    assert error_of(await poll(office, television, begun)) == ("authorization_declined", 65004)
    assert (await refused(device_signing_in.approve(office.house, who, begun["user_code"], network=""))).reason is (
        Reason.CODE_WRONG
    )
    late = await begin(office, television)
    office.push(timedelta(minutes=10))
    assert error_of(await poll(office, television, late)) == ("expired_token", 70020)
    assert (await refused(device_signing_in.find(office.house, late["user_code"], person_id="x"))).reason is (
        Reason.CODE_WRONG
    )
    unknown = {"device_code": late["device_code"][:-1] + "A"}
    assert error_of(await poll(office, television, unknown)) == ("bad_verification_code", 70018)
    assert error_of(await poll(office, television, {"device_code": "x"})) == ("bad_verification_code", 70018)


async def test_a_code_of_another_app_is_unknown_to_this_one(office: Office, television: Registered) -> None:
    other = await office.register("Radio", public=True, device_code=True)
    begun = await begin(office, television)
    await approve(office, begun)
    assert error_of(await poll(office, other, begun))[0] == "bad_verification_code"
    assert (await poll(office, television, begun)).status_code == 200, "and nobody has used it up"


async def test_only_apps_that_may_and_scopes_that_exist(office: Office, television: Registered) -> None:
    path = office.at("oauth2/v2.0/devicecode")
    response = await office.http.post(path, data={"client_id": office.public_id, "scope": SCOPE})
    assert error_of(response)[0] == "unauthorized_client"
    ask = {"client_id": television.app.client_id}
    assert error_of(await office.http.post(path, data=ask))[0] == "invalid_request"
    assert error_of(await office.http.post(path, data=ask | {"scope": "No.Such"}))[0] == "invalid_scope"
    other = {"scope": "https://vault.example/.default"}
    assert error_of(await office.http.post(path, data=ask | other))[0] == "invalid_resource"
    begun = await begin(office, television)
    await apps.update_app(
        office.house,
        tenant_id=office.contoso.id,
        app_id=television.app.app_id,
        changes={"device_code": False},
        by=operator(),
    )
    who = await office.sign_in()
    assert (await refused(device_signing_in.approve(office.house, who, begun["user_code"], network=""))).reason is (
        Reason.CODE_WRONG
    )


async def test_five_wrong_codes_and_no_more_wherever_they_are_typed(office: Office, television: Registered) -> None:
    begun = await begin(office, television)
    who = await office.sign_in()
    mine = {"person_id": who.person.person_id}
    for typed in ("BBBB-BBBB", "nonsense", "1234-5678"):
        assert (await refused(device_signing_in.find(office.house, typed, **mine))).reason is Reason.CODE_WRONG
    for wrong in (
        device_signing_in.approve(office.house, who, "CCCC-CCCC", network=""),
        device_signing_in.decline(office.house, who, "CCCC-CCCC"),
    ):
        assert (await refused(wrong)).reason is Reason.CODE_WRONG
    for work in (
        device_signing_in.find(office.house, begun["user_code"], **mine),
        device_signing_in.approve(office.house, who, begun["user_code"], network=""),
    ):
        assert (await refused(work)).reason is Reason.TOO_MANY_TRIES
    other = await device_signing_in.find(office.house, begun["user_code"], person_id="somebody else")
    assert other.app.client_id == television.app.client_id, "nobody locks anybody else out"
    office.push(device_codes.LIFE)
    fresh = await begin(office, television)
    assert (await device_signing_in.find(office.house, fresh["user_code"], **mine)).app.app_id == television.app.app_id


@broken(guesses_not_counted)
async def test_two_hundred_parallel_guesses_are_five(office: Office, television: Registered) -> None:
    await begin(office, television)
    guesses = (refused(device_signing_in.find(office.house, "BBBB-BBBB", person_id="one")) for _ in range(200))
    reasons = [one.reason for one in await asyncio.gather(*guesses)]
    assert reasons.count(Reason.CODE_WRONG) == device_codes.TRIES
    assert reasons.count(Reason.TOO_MANY_TRIES) == 200 - device_codes.TRIES


@broken(guests_on_devices)
async def test_guests_only_where_their_organization_says_so(office: Office, television: Registered) -> None:
    guest = await world.guest(office.contoso, "guest@elsewhere.example")
    begun = await begin(office, television)
    who = await office.sign_in_as(guest.person_id or "")
    no = await refused(device_signing_in.approve(office.house, who, begun["user_code"], network=NETWORK))
    assert (no.reason, no.facts["why"]) == (Reason.NOT_ALLOWED, "deviceSignInForGuests")
    assert error_of(await poll(office, television, begun))[0] == "authorization_pending"
    await guest_settings.change_guest_settings(
        office.house, tenant_id=office.contoso.id, by=operator(), device_sign_in=True
    )
    await device_signing_in.approve(office.house, who, begun["user_code"], network=NETWORK)
    found = (await poll(office, television, begun)).json()
    claims = await office.claims(found["access_token"])
    assert (claims["oid"], claims["amr"], claims["acr"]) == (guest.user_id, ["otp", "email"], "0")


async def test_whoever_is_disabled_between_agreeing_and_asking_gets_nothing(
    office: Office, television: Registered
) -> None:
    begun = await begin(office, television)
    await approve(office, begun)
    await disable(office.house, tenant_id=office.contoso.id, user_id=office.adele.user_id, by=operator())
    assert error_of(await poll(office, television, begun)) == ("invalid_grant", 50057)


async def test_an_alias_sends_people_home(office: Office, television: Registered) -> None:
    begun = await begin(office, television, tenant="organizations")
    guest = await world.guest(office.contoso, "guest@elsewhere.example")
    who = await office.sign_in_as(guest.person_id or "", Strength.PASSWORD)
    assert (await refused(device_signing_in.approve(office.house, who, begun["user_code"], network=""))).reason is (
        Reason.NOT_FOUND
    )
    await approve(office, begun)
    found = (await poll(office, television, begun)).json()
    assert (await office.claims(found["access_token"]))["tid"] == office.contoso.id


@broken(devices_need_no_consent)
async def test_what_needs_consent_first_is_said(office: Office, television: Registered) -> None:
    begun = await begin(office, television, scope="openid User.Read.All")
    who = await office.sign_in()
    no = await refused(device_signing_in.approve(office.house, who, begun["user_code"], network=""))
    assert (no.facts["why"], no.facts["scopes"]) == ("consent", "User.Read.All")


async def test_the_log_tells_of_the_sign_in_and_of_the_refusal(office: Office, television: Registered) -> None:
    await approve(office, await begin(office, television))
    told = await world.last_event(office.contoso)
    assert (told.type, told.record["client_id"]) == ("signIn", television.app.client_id)
    assert told.record["facts"]["deviceCode"] is True
    assert told.subject["id"] == office.adele.user_id
    begun = await begin(office, television)
    who = await office.sign_in()
    await device_signing_in.decline(office.house, who, begun["user_code"])
    told = await world.last_event(office.contoso)
    assert (told.type, told.reason, told.actor["id"]) == ("signIn", "notAllowed", office.adele.user_id)


@pytest.mark.parametrize("answer", ["approve", "decline"])
async def test_where_the_device_is_can_be_read_only_until_somebody_answered(
    office: Office, television: Registered, answer: str
) -> None:
    begun = await begin(office, television)
    who, code = await office.sign_in(), begun["user_code"]
    waiting = await device_signing_in.find(office.house, code, person_id=who.person.person_id)
    assert waiting.network == "127.0.0.1"
    assert "127.0.0.1" not in str(waiting.grant.facts)
    at = (office.contoso.id, waiting.grant.device_hash)
    if answer == "approve":
        await approve(office, begun)
    else:
        await device_signing_in.decline(office.house, who, code)
    kept = await device_grants.find(await office.house.store.read(), *at)
    assert kept is not None
    assert "device-network" not in kept.facts
