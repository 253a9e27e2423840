"""Identity providers over HTTP, on both databases."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.graph import Caller, Graph, code_of
from tests.support.provider import CLIENT, SECRET, ForeignProvider, served_provider
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.ground.outgoing import Outgoing

AT = "/beta/identity/identityProviders"


@pytest.fixture
async def foreign(house: House) -> AsyncIterator[ForeignProvider]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with served_provider(house.clock) as provider:
        yield provider


def body(foreign: ForeignProvider, **more: Any) -> dict[str, Any]:
    return {
        "@odata.type": "#microsoft.graph.openIdConnectIdentityProvider",
        "displayName": "Partner",
        "clientId": CLIENT,
        "clientSecret": SECRET,
        "metadataUrl": foreign.metadata_url,
        **more,
    }


async def test_the_life_of_a_provider(program: Caller, foreign: ForeignProvider, contoso: Place) -> None:
    made = await program.post(AT, body(foreign, domains=["partner.example", {"id": "Other.example"}]))
    assert made.status_code == 201
    said = made.json()
    assert made.headers["location"].endswith(f"{AT}/{said['id']}")
    assert said["@odata.type"] == "#microsoft.graph.openIdConnectIdentityProvider"
    assert (said["clientSecret"], said["domains"]) == (None, ["other.example", "partner.example"])
    assert (said["isEnabled"], said["scope"], said["responseType"]) == (True, "openid email", "code")
    at = f"{AT}/{said['id']}"
    assert (await program.get(at)).json() == said
    listed = (await program.get(AT)).json()["value"]
    assert [one["displayName"] for one in listed] == ["Partner"]
    assert SECRET not in str(listed)
    read = {name: value for name, value in said.items() if "@" not in name}
    assert (await program.patch(at, read)).status_code == 204
    assert (await program.patch(at, {"isEnabled": False, "displayName": "Partners", "domains": []})).status_code == 204
    changed = (await program.get(f"{at}?$select=displayName,isEnabled,domains")).json()
    assert (changed["displayName"], changed["isEnabled"], changed["domains"]) == ("Partners", False, [])
    assert (await program.delete(at)).status_code == 204
    assert (await program.get(at)).status_code == 404
    assert (await program.delete(at)).status_code == 404


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"@odata.type": "#microsoft.graph.samlOrWsFedProvider"}, 400),
        ({"@odata.type": "#microsoft.graph.socialIdentityProvider"}, 400),
        ({"displayName": ""}, 400),
        ({"clientSecret": None}, 400),
        ({"metadataUrl": "https://login.example/"}, 400),
        ({"metadataUrl": "http://login.example/.well-known/openid-configuration"}, 400),
        ({"domains": ["no domain"]}, 400),
        ({"domains": ["contoso.example"]}, 400),
        ({"responseMode": "form_post"}, 400),
        ({"metadataUrl": "http://127.0.0.1:9/.well-known/openid-configuration"}, 400),
    ],
    ids=str,
)
async def test_what_is_no_provider(
    program: Caller, foreign: ForeignProvider, more: dict[str, Any], status: int
) -> None:
    assert code_of(await program.post(AT, body(foreign, **more)))[0] == status
    assert (await program.get(AT)).json()["value"] == []


async def test_it_takes_the_right(graph: Graph, contoso: Place, foreign: ForeignProvider) -> None:
    reader = await graph.app(contoso, "IdentityProvider.Read.All")
    assert (await reader.get(AT)).status_code == 200
    assert (await reader.post(AT, body(foreign))).status_code == 403
    other = await graph.app(contoso, "Policy.ReadWrite.ExternalIdentities")
    assert (await other.get(AT)).status_code == 403
    assert (await graph.nobody.get(AT)).status_code == 401
    assert (await reader.get("/v1.0/identity/identityProviders")).status_code == 400


async def test_another_organization_hears_of_none(
    graph: Graph, program: Caller, contoso: Place, fabrikam: Place, foreign: ForeignProvider
) -> None:
    made = (await program.post(AT, body(foreign))).json()
    stranger = await graph.app(fabrikam, "IdentityProvider.ReadWrite.All")
    assert (await stranger.get(AT)).json()["value"] == []
    for answer in (
        await stranger.get(f"{AT}/{made['id']}"),
        await stranger.patch(f"{AT}/{made['id']}", {"isEnabled": False}),
        await stranger.delete(f"{AT}/{made['id']}"),
    ):
        assert answer.status_code == 404
    assert (await program.post(AT, body(foreign))).status_code == 400, "an issuer is one provider"
