"""The endpoints of the first version, ``/oauth2/authorize`` and ``/oauth2/token``, on both databases."""

import httpx
import pytest

from soak.sign_in_breakages_protocol import every_response_type
from tests.doors.oidc.conftest import CALLBACK, CHALLENGE, ONE_DATABASE, VERIFIER, Office, answered, error_of
from tests.support.broken import broken
from vestibule.doors.oidc import first_version

GRAPH = "https://graph.microsoft.com"


async def ask(office: Office, **more: str) -> httpx.Response:
    """Ask for a code as an old client does."""
    given = {
        "client_id": office.public_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "resource": GRAPH,
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
    }
    return await office.http.get(office.at("oauth2/authorize"), params=given | more)


async def token(office: Office, **form: str) -> httpx.Response:
    return await office.http.post(office.at("oauth2/token"), data=form)


async def exchanged(office: Office) -> dict[str, str]:
    code = answered(await ask(office))["code"]
    form = {"client_id": office.public_id, "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    found = await token(office, grant_type="authorization_code", resource=GRAPH, **form)
    assert found.status_code == 200, found.text
    body: dict[str, str] = found.json()
    return body


async def test_a_code_for_a_resource_is_for_everything_that_was_consented(office: Office) -> None:
    await office.sign_in()
    body = await exchanged(office)
    claims = await office.claims(body["access_token"])
    assert claims["aud"] == GRAPH
    assert set(claims["scp"].split()) == {"User.Read", "openid", "offline_access"}
    lasts = int(body["expires_in"])
    assert (body["expires_in"], body["resource"], body["token_type"]) == ("3600", GRAPH, "Bearer")
    assert int(body["expires_on"]) == int(body["not_before"]) + lasts == claims["exp"]
    assert body["refresh_token"]
    assert (await office.claims(body["id_token"], "JWT"))["oid"] == office.adele.user_id


async def test_a_refresh_token_names_a_resource_too_and_rotates(office: Office) -> None:
    await office.sign_in()
    body = await exchanged(office)
    form = {"grant_type": "refresh_token", "client_id": office.public_id, "resource": f"{GRAPH}/"}
    again = await token(office, refresh_token=body["refresh_token"], **form)
    assert again.status_code == 200, again.text
    assert (await office.claims(again.json()["access_token"]))["scp"] == "User.Read"
    reused = await token(office, refresh_token=body["refresh_token"], **form)
    assert error_of(reused)[0] == "invalid_grant"
    ended = await office.refresh(again.json()["refresh_token"])
    assert error_of(ended)[0] == "invalid_grant", "the family ended, for either version"


async def test_an_app_for_itself(office: Office) -> None:
    own = {"client_id": office.client_id, "client_secret": office.secret, "grant_type": "client_credentials"}
    found = await token(office, resource="00000003-0000-0000-c000-000000000000", **own)
    assert found.status_code == 200, found.text
    assert (await office.claims(found.json()["access_token"]))["roles"] == ["User.Read.All"]
    refused = await token(office, resource="https://elsewhere.example", **own)
    assert error_of(refused) == ("invalid_resource", 500011)
    assert error_of(await token(office, **own))[0] in {"invalid_scope", "invalid_request"}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"resource": "https://elsewhere.example"}, "invalid_resource"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token token"}, "unsupported_response_type"),
        ({"code_challenge": "", "code_challenge_method": ""}, "invalid_request"),
    ],
)
@broken(every_response_type, case="more1")
async def test_nothing_is_laxer_than_in_the_second(office: Office, more: dict[str, str], error: str) -> None:
    await office.sign_in()
    assert answered(await ask(office, **more))["error"] == error


@ONE_DATABASE
async def test_addresses_are_as_exact(office: Office) -> None:
    for address in (CALLBACK + "/more", CALLBACK + "?x=1", "http://localhost:5000/", "https://evil.test/cb"):
        page = await ask(office, redirect_uri=address)
        assert page.status_code == 400
        assert "location" not in page.headers
    twice = await office.http.get(
        office.at("oauth2/authorize") + f"?client_id={office.public_id}&resource=a&resource=b"
    )
    assert twice.status_code == 400


@ONE_DATABASE
async def test_metadata_names_these_endpoints_and_the_same_issuer(office: Office) -> None:
    first = (await office.http.get(office.at(".well-known/openid-configuration"))).json()
    second = (await office.http.get(office.at("v2.0/.well-known/openid-configuration"))).json()
    base = f"https://vestibule.example/{office.contoso.id}/oauth2"
    assert first["authorization_endpoint"] == f"{base}/authorize"
    assert first["token_endpoint"] == f"{base}/token"
    differ = {name for name in second if first[name] != second[name]}
    assert differ == {"authorization_endpoint", "token_endpoint"}


def test_words() -> None:
    assert (
        first_version.token({"resource": "https://a", "scope": "openid User.Read"})["scope"]
        == "https://a/.default openid"
    )
    assert first_version.token({"scope": "User.Read"}) == {"scope": "User.Read"}
    assert first_version.token({"resource": "", "scope": "openid"}) == {"scope": "openid"}
    words = first_version.authorization({"resource": "https://a/", "scope": "email"})["scope"]
    assert words == "https://a//.default openid offline_access email"
    smuggled = first_version.token({"resource": "https://a https://b"})
    assert smuggled == {"scope": "https://a https://b"}, "judged as the two that it is"
