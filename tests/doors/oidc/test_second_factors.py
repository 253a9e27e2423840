"""What apps hear of a second factor: how strong the sign-in was, and that a password alone does not do."""

import pytest

from tests.doors.oidc.conftest import PASSWORD, SCOPE, Office, error_of
from tests.support import world
from vestibule.actions import second_factors, sign_in_methods, signing_in
from vestibule.actions.cross_tenant import set_default
from vestibule.ground import one_time
from vestibule.rules.actors import Strength
from vestibule.store.cross_tenant import TRUST


@pytest.mark.parametrize(
    ("strength", "amr"),
    [
        (Strength.PASSWORD, ["pwd"]),
        (Strength.MULTI_FACTOR, ["pwd", "otp", "mfa"]),
        (Strength.PASSKEY, ["fido", "mfa"]),
        (Strength.FEDERATED, ["fed"]),
    ],
)
async def test_how_strong_the_sign_in_was(office: Office, strength: Strength, amr: list[str]) -> None:
    await office.sign_in_as(office.adele.person_id or "", strength)
    found = await office.tokens()
    claims = await office.claims(found["id_token"], "JWT")
    assert (claims["amr"], claims["acr"]) == (amr, "1")


async def test_two_factors_at_a_home_that_is_not_trusted_are_not_two(office: Office) -> None:
    fabrikam = await world.organization(office.house, "Fabrikam")
    guest = await world.visitor(office.contoso, await world.member(fabrikam, "Bert Bakker"))
    await office.sign_in_as(guest.person_id or "", Strength.MULTI_FACTOR)

    async def amr() -> list[str]:
        found = await office.tokens()
        claims = await office.claims(found["id_token"], "JWT")
        assert claims["oid"] == guest.user_id
        return list(claims["amr"])

    assert await amr() == ["pwd", "otp"]
    trusted = {TRUST: {"isMfaAccepted": True}}
    await set_default(office.house, tenant_id=office.contoso.id, changes=trusted, by=office.contoso.admin)
    assert await amr() == ["pwd", "otp", "mfa"]


async def with_app(office: Office) -> None:
    """Adele has an authenticator app."""
    signed_in = await office.sign_in()
    handle = await signing_in.begin(office.house, browser="a browser", target="/myaccount/")
    request = await signing_in.find(office.house, await office.house.store.read(), handle, "a browser")
    assert request is not None
    proven, by = sign_in_methods.proven_by(signed_in), world.at_portal(office.adele)
    request = await second_factors.begin_authenticator(office.house, request, proven, by=by)
    secret = second_factors.pending_secret(request, proven) or b""
    typed = one_time.code_of(secret, one_time.step_at(office.house.clock.now()))
    await second_factors.confirm_authenticator(office.house, request, proven, typed=typed, by=by)


async def test_the_password_grant_wants_a_second_factor(office: Office) -> None:
    app = await office.register("Script", public=True, password_grant=True)
    form = {
        "grant_type": "password",
        "client_id": app.app.client_id,
        "username": "adele@contoso.example",
        "password": PASSWORD,
        "scope": SCOPE,
    }
    assert (await office.token(**form)).status_code == 200
    await with_app(office)
    response = await office.token(**form)
    assert (response.status_code, error_of(response)) == (400, ("interaction_required", 50076))
    assert response.json()["suberror"] == "basic_action"
    wrong = await office.token(**(form | {"password": "wrong"}))
    assert error_of(wrong) == ("invalid_grant", 50126)
