"""Identity providers that speak SAML over HTTP, on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.provider import CLIENT, SECRET, served_provider
from tests.support.saml import SamlProvider, pair, served_saml_provider
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.saml import PERSISTENT, UNSPECIFIED

AT = "/beta/identity/identityProviders"
TYPE = "#microsoft.graph.samlOrWsFedProvider"


@pytest.fixture
async def foreign(house: House) -> AsyncIterator[SamlProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_saml_provider(house.clock) as provider:
        yield provider


def inline(foreign: SamlProvider, **more: Any) -> dict[str, Any]:
    """A provider whose every value is given; one that is None is left out."""
    given = {
        "@odata.type": TYPE,
        "displayName": "Partner",
        "issuerUri": foreign.entity_id,
        "passiveSignInUri": foreign.sign_in_url,
        "signingCertificate": foreign.keys[0].plain,
        "preferredAuthenticationProtocol": "saml",
        **more,
    }
    return {name: value for name, value in given.items() if value is not None}


def by_metadata(foreign: SamlProvider, **more: Any) -> dict[str, Any]:
    """A provider that is named by the address of its metadata."""
    return {"@odata.type": TYPE, "displayName": "Partner", "metadataExchangeUri": foreign.metadata_url, **more}


async def test_the_life_of_a_provider(program: Caller, foreign: SamlProvider, contoso: Place) -> None:
    made = await program.post(AT, inline(foreign, domains=[{"id": "Partner.example"}]))
    assert made.status_code == 201, made.text
    said = made.json()
    assert made.headers["location"].endswith(f"{AT}/{said['id']}")
    assert {name: value for name, value in said.items() if name not in {"@odata.context", "id"}} == {
        "@odata.type": TYPE,
        "displayName": "Partner",
        "issuerUri": foreign.entity_id,
        "passiveSignInUri": foreign.sign_in_url,
        "metadataExchangeUri": None,
        "signingCertificate": foreign.keys[0].plain,
        "nextSigningCertificate": None,
        "preferredAuthenticationProtocol": "saml",
        "nameIdFormat": PERSISTENT,
        "emailAttribute": None,
        "domains": ["partner.example"],
        "isEnabled": True,
    }
    told = await world.last_event(contoso)
    assert (told.type, told.record["facts"]["issuer"]) == ("provider.create", foreign.entity_id)
    at = f"{AT}/{said['id']}"
    assert (await program.get(at)).json() == said
    read = {name: value for name, value in said.items() if "@" not in name}
    assert (await program.patch(at, read)).status_code == 204
    assert (await world.last_event(contoso)).type == "provider.create", "nothing was changed"
    following = pair(foreign.clock.now())
    changes = {"nextSigningCertificate": following.certificate, "emailAttribute": "urn:x", "isEnabled": False}
    assert (await program.patch(at, changes)).status_code == 204
    changed = (await program.get(f"{at}?$select=nextSigningCertificate,emailAttribute,isEnabled")).json()
    assert (changed["nextSigningCertificate"], changed["emailAttribute"]) == (following.plain, "urn:x")
    assert not changed["isEnabled"]
    assert (await world.last_event(contoso)).record["changes"] == ["certificates", "email_attribute", "enabled"]
    swap = {"signingCertificate": following.plain, "nextSigningCertificate": None, "emailAttribute": None}
    assert (await program.patch(at, swap)).status_code == 204
    changed = (await program.get(at)).json()
    assert (changed["signingCertificate"], changed["nextSigningCertificate"]) == (following.plain, None)
    assert changed["emailAttribute"] is None
    assert (await program.delete(at)).status_code == 204
    assert (await program.get(at)).status_code == 404


async def test_metadata_say_everything_and_are_read_anew(program: Caller, foreign: SamlProvider) -> None:
    old, new = foreign.keys[0], pair(foreign.clock.now())
    foreign.keys = [old, new]
    made = await program.post(AT, by_metadata(foreign, nameIdFormat=UNSPECIFIED))
    assert made.status_code == 201, made.text
    said = made.json()
    assert (said["issuerUri"], said["passiveSignInUri"]) == (foreign.entity_id, foreign.sign_in_url)
    assert (said["signingCertificate"], said["nextSigningCertificate"]) == (old.plain, new.plain)
    assert (said["metadataExchangeUri"], said["nameIdFormat"]) == (foreign.metadata_url, UNSPECIFIED)
    at = f"{AT}/{said['id']}"
    foreign.keys = [new]
    assert (
        await program.patch(at, {name: value for name, value in said.items() if "@" not in name})
    ).status_code == 204
    assert foreign.fetched == 1, "what was read is written back"
    assert (await program.patch(at, {"metadataExchangeUri": foreign.metadata_url})).status_code == 204
    changed = (await program.get(at)).json()
    assert (changed["signingCertificate"], changed["nextSigningCertificate"]) == (new.plain, None)
    foreign.metadata = lambda text: text.replace("/idp", "/another")
    assert code_of(await program.patch(at, {"metadataExchangeUri": foreign.metadata_url}))[0] == 400


async def test_both_kinds_are_listed(program: Caller, foreign: SamlProvider) -> None:
    await program.post(AT, inline(foreign))
    async with served_provider(foreign.clock) as other:
        body = {"displayName": "Other", "clientId": CLIENT, "clientSecret": SECRET, "metadataUrl": other.metadata_url}
        assert (await program.post(AT, body)).status_code == 201
    listed = (await program.get(f"{AT}?$select=displayName,issuerUri,clientId")).json()["value"]
    assert sorted((one["displayName"], one.get("issuerUri"), one.get("clientId")) for one in listed) == [
        ("Other", None, CLIENT),
        ("Partner", foreign.entity_id, None),
    ]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"preferredAuthenticationProtocol": "wsFed"}, 501),
        ({"preferredAuthenticationProtocol": "oidc"}, 400),
        ({"displayName": None}, 400),
        ({"issuerUri": None}, 400),
        ({"passiveSignInUri": None}, 400),
        ({"signingCertificate": None}, 400),
        ({"signingCertificate": "AAAA"}, 400),
        ({"signingCertificate": "no base64 !"}, 400),
        ({"issuerUri": "no uri"}, 400),
        ({"issuerUri": "https://login.example/ö"}, 400),
        ({"passiveSignInUri": "http://login.example/sso"}, 400),
        ({"passiveSignInUri": "https://user@login.example/sso"}, 400),
        ({"passiveSignInUri": "javascript:alert(1)"}, 400),
        ({"metadataExchangeUri": "file:///etc/passwd"}, 400),
        ({"nameIdFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, 400),
        ({"nameIdFormat": "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"}, 400),
        ({"domains": ["contoso.example"]}, 400),
        ({"clientId": "us"}, 400),
    ],
    ids=str,
)
async def test_what_is_no_provider(program: Caller, foreign: SamlProvider, more: dict[str, Any], status: int) -> None:
    assert code_of(await program.post(AT, inline(foreign, **more)))[0] == status
    assert (await program.get(AT)).json()["value"] == []


@pytest.mark.parametrize(
    ("edit", "more"),
    [
        (("entityID", "odd"), {}),
        (("/idp", "/another"), {"issuerUri": "https://elsewhere.example"}),
        (('protocolSupportEnumeration="', 'WantAuthnRequestsSigned="true" protocolSupportEnumeration="'), {}),
        (("bindings:HTTP-Redirect", "bindings:HTTP-POST"), {}),
        (("/sso", "/s so"), {}),
        (("<ds:X509Certificate>", "<ds:X509Certificate>AAAA"), {}),
        (('use="signing"', 'use="encryption"'), {}),
        (("<md:EntityDescriptor ", '<!DOCTYPE m [<!ENTITY e "x">]><md:EntityDescriptor '), {}),
        (("IDPSSODescriptor", "SPSSODescriptor"), {}),
        (("</md:EntityDescriptor>", ""), {}),
    ],
    ids=str,
)
async def test_metadata_that_do_not_fit(
    program: Caller, foreign: SamlProvider, edit: tuple[str, str], more: dict[str, Any]
) -> None:
    foreign.metadata = lambda text: text.replace(*edit)
    answer = await program.post(AT, by_metadata(foreign, **more))
    assert (code_of(answer)[0], answer.json()["error"]["target"]) == (400, "metadataExchangeUri")
    assert foreign.fetched == 1


async def test_a_certificate_that_has_ended_signs_nothing(program: Caller, foreign: SamlProvider) -> None:
    ended = pair(foreign.clock.now(), timedelta(0))
    assert code_of(await program.post(AT, inline(foreign, signingCertificate=ended.plain)))[0] == 400
    both = inline(foreign, signingCertificate=ended.plain, nextSigningCertificate=foreign.keys[0].plain)
    assert (await program.post(AT, both)).status_code == 201


async def test_it_takes_the_right(graph: Graph, contoso: Place, fabrikam: Place, foreign: SamlProvider) -> None:
    reader = await graph.app(contoso, "IdentityProvider.Read.All")
    assert (await reader.post(AT, by_metadata(foreign))).status_code == 403
    assert foreign.fetched == 0, "nobody makes us ask who may not"
    writer = await graph.app(contoso, "IdentityProvider.ReadWrite.All")
    made = (await writer.post(AT, by_metadata(foreign))).json()
    at = f"{AT}/{made['id']}"
    assert (await reader.patch(at, {"metadataExchangeUri": foreign.metadata_url})).status_code == 403
    stranger = await graph.app(fabrikam, "IdentityProvider.ReadWrite.All")
    assert (await stranger.patch(at, {"isEnabled": False})).status_code == 404
    assert (await stranger.delete(at)).status_code == 404
    assert code_of(await writer.post(AT, inline(foreign)))[0] == 400, "an entity id is one provider"
    assert (await stranger.post(AT, inline(foreign))).status_code == 201, "and another one elsewhere"


async def test_a_provider_keeps_who_it_is_and_its_kind(program: Caller, foreign: SamlProvider) -> None:
    at = f"{AT}/{(await program.post(AT, inline(foreign))).json()['id']}"
    for wrong in (
        {"issuerUri": "https://elsewhere.example"},
        {"nameIdFormat": UNSPECIFIED},
        {"clientSecret": "s"},
        {"@odata.type": "#microsoft.graph.openIdConnectIdentityProvider", "displayName": "x"},
        {"preferredAuthenticationProtocol": "oidc"},
    ):
        assert code_of(await program.patch(at, wrong))[0] == 400
    assert code_of(await program.patch(at, {"preferredAuthenticationProtocol": "wsFed"}))[0] == 501
