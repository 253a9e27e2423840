"""Domains through Graph: claimed, proven, made the default, given up."""

from tests.support import world
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.name_server import name_server
from tests.support.world import Place
from vestibule.actions import domains, organizing
from vestibule.actions.house import House
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.store import domain_claims, organizations
from vestibule.store.domain_claims import DomainClaim
from vestibule.store.unit import Unit

AT = "/v1.0/domains"
TWO = "contoso-two.example"


async def test_a_claim_waits_for_its_proof(admin: Caller, contoso: Place, house: House):
    made = await admin.post(AT, {"id": "Contoso-Two.example"})
    assert made.status_code == 201
    assert (made.json()["id"], made.json()["isVerified"]) == (TWO, False)
    assert code_of(await admin.post(AT, {"id": TWO})) == (409, "Request_MultipleObjectsWithSameKeyValue")
    assert await organizations.find_domain(await house.store.read(), TWO) is None
    [record] = (await admin.get(f"{AT}/{TWO}/verificationDnsRecords")).json()["value"]
    assert (record["@odata.type"], record["recordType"], record["label"]) == (
        "#microsoft.graph.domainDnsTxtRecord",
        "Txt",
        TWO,
    )
    assert record["text"].startswith("MS=ms")
    assert (await admin.get(f"{AT}/{TWO}/serviceConfigurationRecords")).json()["value"] == []
    names = {one["id"]: one["isVerified"] for one in (await admin.get(AT)).json()["value"]}
    assert names == {contoso.domain: True, TWO: False}
    assert (await world.last_event(contoso)).type == "organization.claimDomain"
    assert (await admin.delete(f"{AT}/{TWO}")).status_code == 204
    assert (await admin.get(f"{AT}/{TWO}")).status_code == 404
    assert (await world.last_event(contoso)).type == "organization.unclaimDomain"


async def test_a_record_in_the_dns_proves_it(admin: Caller, contoso: Place, house: House):
    async with name_server() as dns:
        house.outgoing = Outgoing(dns_server=dns.at)
        await admin.post(AT, {"id": TWO})
        [record] = (await admin.get(f"{AT}/{TWO}/verificationDnsRecords")).json()["value"]
        near: dict[str, list[str]] = {f"www.{TWO}": [record["text"]]}
        others: list[dict[str, list[str]]] = [{}, {TWO: []}, {TWO: ["MS=ms00000001"]}, near]
        for texts in others:
            dns.texts = texts
            refused = await admin.post(f"{AT}/{TWO}/verify")
            assert code_of(refused) == (400, "Request_BadRequest")
            assert refused.json()["error"]["message"].startswith("Domain verification failed. The DNS does not show")
        dns.texts, dns.aliases = {"shop.example": [record["text"]]}, {TWO: "shop.example"}
        assert (await admin.post(f"{AT}/{TWO}/verify")).status_code == 400  # the shop does not own the name
        dns.aliases, dns.broken = {}, True
        away = await admin.post(f"{AT}/{TWO}/verify")
        assert (away.status_code, "gave no answer" in away.text) == (400, True)
        assert await organizations.find_domain(await house.store.read(), TWO) is None
        dns.texts, dns.broken = {TWO: ["v=spf1 -all", record["text"]]}, False
        proven = await admin.post(f"{AT}/{TWO}/verify")
        assert (proven.status_code, proven.json()["isVerified"]) == (200, True)
        assert (await world.last_event(contoso)).type == "organization.verifyDomain"
        asked = len(dns.asked)
        assert (await admin.post(f"{AT}/{TWO}/verify")).json()["isVerified"] is True
        assert len(dns.asked) == asked  # what is proven is not asked again


async def test_another_organizations_record_and_a_short_one_prove_nothing(
    graph: Graph, admin: Caller, contoso: Place, fabrikam: Place, house: House
):
    other = await graph.person(fabrikam.administrator, *EVERYTHING)
    async with name_server() as dns:
        house.outgoing = Outgoing(dns_server=dns.at)
        await admin.post(AT, {"id": TWO})
        await other.post(AT, {"id": TWO})
        [record] = (await admin.get(f"{AT}/{TWO}/verificationDnsRecords")).json()["value"]
        dns.texts[TWO] = [record["text"]]
        assert (await other.post(f"{AT}/{TWO}/verify")).status_code == 400
        member = await graph.person(await world.member(contoso), *EVERYTHING)
        asked = len(dns.asked)
        assert code_of(await member.post(f"{AT}/{TWO}/verify"))[0] == 403
        assert len(dns.asked) == asked  # nobody makes us ask who may not
        assert (await admin.post(f"{AT}/{TWO}/verify")).status_code == 200
        assert code_of(await other.post(f"{AT}/{TWO}/verify")) == (400, "Request_BadRequest")

        async def short(unit: Unit) -> None:
            domain_claims.insert(unit, DomainClaim(contoso.id, "old.example", "MS=ms01234567", unit.now))

        await house.change(short)  # a claim from before proofs were long
        dns.texts["old.example"] = ["MS=ms01234567"]
        assert (await admin.post(f"{AT}/old.example/verify")).status_code == 400


async def test_nobody_has_anything_from_a_domain_that_waits(admin: Caller, contoso: Place, house: House):
    await admin.post(AT, {"id": TWO})
    user = {
        "accountEnabled": True,
        "displayName": "Zoe",
        "mailNickname": "zoe",
        "userPrincipalName": f"zoe@{TWO}",
        "passwordProfile": {"password": "a long way to Tipperary"},
    }
    assert (await admin.post("/v1.0/users", user)).status_code == 400
    api = {"displayName": "Tasks", "identifierUris": [f"https://api.{TWO}/tasks"]}
    assert (await admin.post("/v1.0/applications", api)).status_code == 400
    assert (await admin.patch(f"{AT}/{TWO}", {"isDefault": True})).status_code == 400
    found = f"/v1.0/tenantRelationships/findTenantInformationByDomainName(domainName='{TWO}')"
    assert (await admin.get(found)).status_code == 404
    assert await organizations.find_by_domain(await house.store.read(), TWO) is None


async def test_in_an_emulator_asking_proves_it(admin: Caller, contoso: Place, house: House):
    await admin.post(AT, {"id": TWO})
    house.emulator = True
    proven = await admin.post(f"{AT}/{TWO}/verify")
    assert (proven.status_code, proven.json()["isVerified"]) == (200, True)
    assert (await admin.get(f"{AT}/{TWO}/verificationDnsRecords")).json()["value"] == []
    assert (await world.last_event(contoso)).type == "organization.verifyDomain"


async def test_the_operators_word_settles_a_claim(admin: Caller, contoso: Place, house: House):
    await admin.post(AT, {"id": TWO})
    await organizing.add_domain(house, tenant_id=contoso.id, name=TWO, by=operator())
    assert await domain_claims.everyone(await house.store.read(), contoso.id) == []
    assert (await admin.get(f"{AT}/{TWO}")).json()["isVerified"] is True
    assert (await admin.post(f"{AT}/{TWO}/verify")).json()["isVerified"] is True
    assert (await admin.patch(f"{AT}/{TWO}", {"isDefault": True})).status_code == 204
    assert (await admin.get(f"{AT}/{contoso.domain}")).json()["isDefault"] is False
    assert code_of(await admin.delete(f"{AT}/{TWO}")) == (400, "Request_BadRequest")
    assert code_of(await admin.patch(f"{AT}/{TWO}", {"isDefault": False})) == (400, "Request_BadRequest")
    assert (await admin.patch(f"{AT}/{contoso.domain}", {"isDefault": True})).status_code == 204
    assert code_of(await admin.delete(f"{AT}/{contoso.domain}")) == (400, "Request_BadRequest")
    assert (await admin.delete(f"{AT}/{TWO}")).status_code == 204
    assert await organizations.find_domain(await house.store.read(), TWO) is None


async def test_a_domain_with_names_in_it_stays(admin: Caller, contoso: Place, house: House):
    await organizing.add_domain(house, tenant_id=contoso.id, name=TWO, by=operator())
    body = {
        "accountEnabled": True,
        "displayName": "Zoe",
        "mailNickname": "zoe",
        "userPrincipalName": f"zoe@{TWO}",
        "passwordProfile": {"password": "a long way to Tipperary"},
    }
    made = await admin.post("/v1.0/users", body)
    assert made.status_code == 201
    assert code_of(await admin.delete(f"{AT}/{TWO}")) == (400, "Request_BadRequest")
    assert code_of(await admin.patch(f"{AT}/{TWO}", {"isVerified": False})) == (400, "Request_BadRequest")


async def test_a_domain_that_names_an_api_stays(admin: Caller, contoso: Place, house: House):
    await organizing.add_domain(house, tenant_id=contoso.id, name=TWO, by=operator())
    body = {"displayName": "Tasks", "identifierUris": [f"https://api.{TWO}/tasks"]}
    assert (await admin.post("/v1.0/applications", body)).status_code == 201
    assert code_of(await admin.delete(f"{AT}/{TWO}")) == (400, "Request_BadRequest")


async def test_a_claim_keeps_a_name_from_nobody(
    graph: Graph, admin: Caller, contoso: Place, fabrikam: Place, house: House
):
    await admin.post(AT, {"id": TWO})
    other = await graph.person(fabrikam.administrator, *EVERYTHING)
    assert (await other.post(AT, {"id": TWO})).status_code == 201
    await organizing.add_domain(house, tenant_id=fabrikam.id, name=TWO, by=operator())
    assert code_of(await admin.post(f"{AT}/{TWO}/verify")) == (400, "Request_BadRequest")
    assert code_of(await admin.post(AT, {"id": fabrikam.domain})) == (400, "Request_BadRequest")
    assert code_of(await admin.post(AT, {"id": "no domain"})) == (400, "Request_BadRequest")


async def test_who_may(graph: Graph, contoso: Place, house: House):
    member = await graph.person(await world.member(contoso), *EVERYTHING)
    assert code_of(await member.post(AT, {"id": TWO})) == (403, "Authorization_RequestDenied")
    reader = await graph.person(contoso.administrator, "Domain.Read.All")
    assert code_of(await reader.post(AT, {"id": TWO}))[0] == 403
    assert (await reader.get(f"{AT}/{contoso.domain}")).status_code == 200
    await domains.claim_domain(house, tenant_id=contoso.id, name=TWO, by=contoso.admin)
    assert code_of(await member.delete(f"{AT}/{TWO}"))[0] == 403
