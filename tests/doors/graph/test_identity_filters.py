"""Filters by how somebody signs in, and by security identifiers: they find who says so of themselves."""

from typing import Any

import pytest

from tests.support import world
from tests.support.graph import EVENTUAL, Caller, code_of
from tests.support.world import Place
from vestibule.actions import removing
from vestibule.rules.actors import operator
from vestibule.rules.sids import sid_of


async def _found(caller: Caller, at: str, text: str) -> list[str]:
    answer = await caller.get(at, params={"$filter": text, "$select": "id"})
    assert answer.status_code == 200, answer.text
    return sorted(one["id"] for one in answer.json()["value"])


def _said_by(users: list[dict[str, Any]], issuer: str) -> list[str]:
    """Who has an identity of this issuer, by what each object says."""
    return sorted(
        one["id"] for one in users if any(each["issuer"].lower() == issuer.lower() for each in one["identities"])
    )


@pytest.mark.parametrize("deleted", [False, True])
async def test_the_database_finds_whose_identity_it_is(program: Caller, contoso: Place, fabrikam: Place, deleted: bool):
    waiting, _ = await world.invited(contoso, "kim@elsewhere.example")
    people = [
        await world.member(contoso),
        waiting,
        await world.guest(contoso, "sam@elsewhere.example"),
        await world.visitor(contoso, await world.member(fabrikam, "Alex Wilber")),
    ]
    at = "/v1.0/users"
    if deleted:
        at = "/v1.0/directory/deletedItems/graph.user"
        for one in people:
            await removing.remove(contoso.house, tenant_id=contoso.id, user_id=one.user_id, by=operator())
    said = (await program.get(f"{at}?$select=id,identities")).json()["value"]
    for issuer in ("contoso.example", "mail", "ExternalAzureAD", "fabrikam.example", "elsewhere.example"):
        found = await _found(program, at, f"identities/any(i:i/issuer eq '{issuer}')")
        assert found == _said_by(said, issuer), issuer
    assert _said_by(said, "contoso.example")[0]
    adele = people[0]
    both = "identities/any(c:c/issuerAssignedId eq 'adele@contoso.example' and c/issuer eq 'contoso.example')"
    assert await _found(program, at, both) == [adele.user_id]
    either = "identities/any(c:c/issuerAssignedId eq 'nobody' or c/issuer eq 'mail')"
    assert await _found(program, at, either) == [people[2].user_id]


async def test_what_is_not_asked_of_identities(program: Caller):
    for text in (
        "identities/any(i:i/signInType eq 'federated')",
        "identities/any(i:startsWith(i/issuer,'m'))",
        "identities/any(i:i/issuer ne 'mail')",
        "not(identities/any(i:i/issuer eq 'mail'))",
    ):
        answer = await program.get("/v1.0/users", params={"$filter": text, "$count": "true"}, headers=EVENTUAL)
        assert code_of(answer) == (400, "Request_UnsupportedQuery"), text


async def test_security_identifiers(program: Caller, contoso: Place):
    adele = await world.member(contoso)
    sid = sid_of(adele.user_id)
    shown = (await program.get(f"/v1.0/users/{adele.user_id}?$select=securityIdentifier")).json()
    assert shown["securityIdentifier"] == sid
    assert await _found(program, "/v1.0/users", f"securityIdentifier eq '{sid}'") == [adele.user_id]
    assert await _found(program, "/v1.0/users", "securityIdentifier eq 'S-1-5-18'") == []
    query = {"$filter": f"securityIdentifier ne '{sid}'", "$count": "true", "$select": "id"}
    others = (await program.get("/v1.0/users", params=query, headers=EVENTUAL)).json()
    assert adele.user_id not in {one["id"] for one in others["value"]}


@pytest.mark.parametrize(
    ("text", "advanced", "found"),
    [
        ("classification eq 'Internal'", True, ["Partners"]),
        ("preferredLanguage eq null", True, ["Partners", "Pilots"]),
        ("mail eq null", True, ["Partners", "Pilots"]),
        ("proxyAddresses/any(p:startsWith(p,'smtp:'))", False, []),
        ("groupTypes/any(g:g eq 'Unified')", False, ["Pilots"]),
        ("startsWith(uniqueName,'par')", False, ["Partners"]),
        ("membershipRuleProcessingState eq 'On'", False, []),
        ("mailEnabled in (true)", False, ["Pilots"]),
        ("onPremisesSyncEnabled eq null and securityEnabled eq true", True, ["Partners"]),
    ],
)
async def test_filters_of_groups(program: Caller, text: str, advanced: bool, found: list[str]):
    security = {"mailEnabled": False, "securityEnabled": True, "classification": "Internal", "uniqueName": "Partners"}
    unified = {"mailEnabled": True, "securityEnabled": False, "groupTypes": ["Unified"]}
    for name, kind in (("Partners", security), ("Pilots", unified)):
        made = await program.post("/v1.0/groups", {"displayName": name, "mailNickname": name.lower(), **kind})
        assert made.status_code == 201, made.text
    query = {"$filter": text, **({"$count": "true"} if advanced else {})}
    answer = await program.get("/v1.0/groups", params=query, headers=EVENTUAL if advanced else {})
    assert sorted(one["displayName"] for one in answer.json()["value"]) == found
