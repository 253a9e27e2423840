"""Lists over HTTP: pages, filters, order, search, counts and what is answered along, on both databases."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.support import world
from tests.support.graph import EVENTUAL, EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import group_members, grouping, removing
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.store.memberships import Membership

PEOPLE = ("Adele Vance", "Alex Wilber", "Bo Vance", "Cleo Østby", "Dana Vance", "Emil Ångström", "Finn Vance")


@pytest.fixture
async def people(contoso: Place) -> list[Membership]:
    """Seven members; four of them share a surname, two have a department."""
    made = []
    for number, name in enumerate(PEOPLE):
        department = {"department": "Sales"} if number in {1, 4} else {}
        made.append(await world.member(contoso, name, surname=name.rpartition(" ")[2], **department))
    return made


async def _names(caller: Caller, query: str, *, at: str = "/v1.0/users", advanced: bool = False) -> list[str]:
    answer = await caller.get(f"{at}?{query}&$select=displayName", headers=EVENTUAL if advanced else {})
    assert answer.status_code == 200, answer.text
    return [one["displayName"] for one in answer.json()["value"]]


def _filter(text: str) -> str:
    return f"$filter={quote(text)}"


# --- Pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["", "&$orderby=displayName", "&$orderby=displayName%20desc"])
@pytest.mark.parametrize("top", [1, 3, 8])
async def test_pages_hold_everybody_once(program: Caller, people: list[Membership], top: int, order: str):
    pages = await program.pages(f"/v1.0/users?$top={top}&$select=displayName{order}")
    assert [len(page) for page in pages[:-1]] == [top] * (len(pages) - 1)
    found = [one["displayName"] for page in pages for one in page]
    assert sorted(found) == sorted([*PEOPLE, "Administrator"])
    whole = await _names(program, f"$top=999{order}")
    assert found == whole


async def test_a_page_is_a_hundred_when_nothing_is_said(program: Caller, contoso: Place):
    for number in range(105):
        new = NewGroup(f"Group {number:03}", f"group{number}")
        await grouping.create_group(contoso.house, new, tenant_id=contoso.id, by=operator())
    pages = await program.pages("/v1.0/groups?$orderby=displayName&$select=displayName")
    assert [len(page) for page in pages] == [100, 5]
    assert [one["displayName"] for page in pages for one in page] == [f"Group {number:03}" for number in range(105)]


@pytest.mark.parametrize("top", ["0", "-1", "1000", "x", "1.5", "", "99999999999999999999"])
async def test_what_is_no_size_of_a_page(program: Caller, top: str):
    assert code_of(await program.get(f"/v1.0/users?$top={top}"))[0] == 400


async def test_who_comes_or_goes_between_two_pages_moves_nobody_else(
    program: Caller, contoso: Place, people: list[Membership]
):
    first = (await program.get("/v1.0/users?$top=3&$orderby=displayName&$select=displayName")).json()
    assert [one["displayName"] for one in first["value"]] == ["Adele Vance", "Administrator", "Alex Wilber"]
    # The last one of the page goes, somebody comes before and somebody after it.
    await removing.remove(contoso.house, tenant_id=contoso.id, user_id=people[1].user_id, by=operator())
    await world.member(contoso, "Abe Early")
    await world.member(contoso, "Bea Late")
    second = (await program.get(first["@odata.nextLink"])).json()
    assert [one["displayName"] for one in second["value"]] == ["Bea Late", "Bo Vance", "Cleo Østby"]


async def test_a_link_is_for_its_list_only(
    graph: Graph, program: Caller, contoso: Place, fabrikam: Place, people: list[Membership]
):
    link = (await program.get("/v1.0/users?$top=2&$select=id")).json()["@odata.nextLink"]
    assert (await program.get(link)).status_code == 200
    token = link.partition("$skiptoken=")[2]
    other_lists = [
        f"/v1.0/users?$top=2&$filter=startsWith(displayName,'A')&$skiptoken={token}",
        f"/v1.0/users?$top=2&$orderby=displayName&$skiptoken={token}",
        f"/v1.0/groups?$top=2&$skiptoken={token}",
        f"/beta/users?$top=2&$skiptoken={token}",
        f"/v1.0/users?$top=2&$skiptoken={token[:-2]}",
        f"/v1.0/users?$top=2&$skiptoken=A{token[1:]}",
        f"/v1.0/users?$top=2&$skiptoken=x{token}",
        "/v1.0/users?$top=2&$skiptoken=ä",
    ]
    for address in other_lists:
        refused = await program.get(address)
        assert code_of(refused) == (400, "Request_BadRequest"), address
        assert refused.json()["error"]["target"] == "$skiptoken"
    elsewhere = await graph.app(fabrikam, *EVERYTHING)
    assert code_of(await elsewhere.get(link))[0] == 400


async def test_the_link_repeats_what_was_asked(program: Caller, people: list[Membership]):
    asked = "$top=1&$count=true&$filter=department%20eq%20'Sales'&$select=id,department&$expand=memberOf($select=id)"
    first = await program.get(f"/beta/users?{asked}", headers=EVENTUAL)
    body = first.json()
    assert body["@odata.count"] == 2
    link = body["@odata.nextLink"]
    assert link.startswith("https://vestibule.example/beta/users?$count=true&$expand=memberOf(")
    second = (await program.get(link, headers=EVENTUAL)).json()
    assert "@odata.count" not in second, "on the first page only"
    assert "@odata.nextLink" not in second
    assert second["value"][0]["department"] == "Sales"
    assert second["value"][0]["memberOf"] == []


async def test_the_header_belongs_to_every_page(program: Caller, people: list[Membership]):
    first = await program.get('/v1.0/users?$top=1&$search="displayName:vance"', headers=EVENTUAL)
    link = first.json()["@odata.nextLink"]
    assert code_of(await program.get(link)) == (400, "Request_UnsupportedQuery")
    assert (await program.get(link, headers=EVENTUAL)).status_code == 200


@pytest.mark.parametrize(
    ("address", "size"),
    [
        ("/v1.0/directoryRoles?$top=7&$select=id", 7),
        ("/v1.0/roleManagement/directory/roleDefinitions?$top=10&$select=id", 10),
        ("/v1.0/applications?$top=1&$select=id", 1),
        ("/v1.0/servicePrincipals?$top=1&$select=id", 1),
    ],
)
async def test_short_lists_have_pages_too(program: Caller, contoso: Place, graph: Graph, address: str, size: int):
    await graph.app(contoso)
    pages = await program.pages(address)
    ids = [one["id"] for page in pages for one in page]
    assert len(pages) > 1
    assert len(ids) == len(set(ids))
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)


# --- Filters --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "advanced", "found"),
    [
        ("displayName eq 'adele vance'", False, ["Adele Vance"]),
        ("DISPLAYNAME EQ 'ADELE VANCE'", False, ["Adele Vance"]),
        ("displayName eq 'Cleo Østby'", False, ["Cleo Østby"]),
        ("startsWith(surname,'åNG')", False, ["Emil Ångström"]),
        ("displayName in ('Adele Vance','Bo Vance','Nobody')", False, ["Adele Vance", "Bo Vance"]),
        ("surname eq 'Vance' and department eq 'Sales'", False, ["Dana Vance"]),
        ("department eq 'Sales' or displayName eq 'Bo Vance'", False, ["Alex Wilber", "Bo Vance", "Dana Vance"]),
        ("not(surname eq 'Vance') and surname ge 'A'", True, ["Alex Wilber", "Cleo Østby", "Emil Ångström"]),
        ("surname ne 'Vance' and userType eq 'Guest'", True, ["Sam Rivers"]),
        ("department eq null and startsWith(displayName,'A')", True, ["Administrator", "Adele Vance"]),
        ("endsWith(userPrincipalName,'x@contoso.example')", True, ["Alex Wilber"]),
        ("mail eq 'ADMIN@Contoso.Example'", False, ["Administrator"]),
        ("userType eq 'Guest'", False, ["Sam Rivers"]),
        ("externalUserState eq 'Accepted' and creationType eq 'Invitation'", False, ["Sam Rivers"]),
        ("otherMails/any(m:m eq 'sam@elsewhere.example')", False, ["Sam Rivers"]),
        ("proxyAddresses/any(p:startsWith(p,'smtp:sam'))", False, ["Sam Rivers"]),
        ("identities/any(i:i/issuer eq 'mail')", False, ["Sam Rivers"]),
        ("identities/any(i:i/issuer eq 'mail' and i/issuerAssignedId eq 'x')", False, []),
        ("identities/any(c:c/issuerAssignedId eq 'ALEX@contoso.example')", False, ["Alex Wilber"]),
        (
            "identities/any(c:c/issuer eq 'Contoso.example' and c/issuerAssignedId eq 'alex@contoso.example')",
            False,
            ["Alex Wilber"],
        ),
        ("assignedLicenses/any(x:x/skuId eq 184efa21-98c3-4e5d-95ab-d07053a96e67)", False, []),
        ("assignedLicenses/$count eq 0 and userType eq 'Guest'", True, ["Sam Rivers"]),
        ("onPremisesSyncEnabled eq true", False, []),
        ("onPremisesSyncEnabled eq null and userType eq 'Guest'", True, ["Sam Rivers"]),
        ("accountEnabled eq false", False, []),
        ("createdDateTime ge 2026-03-02T09:30:00Z and startsWith(displayName,'Bo')", False, ["Bo Vance"]),
        ("createdDateTime lt 2026-03-02", False, []),
    ],
)
async def test_what_filters_find(
    program: Caller, contoso: Place, people: list[Membership], text: str, advanced: bool, found: list[str]
):
    await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    query = f"{_filter(text)}{'&$count=true' if advanced else ''}"
    assert sorted(await _names(program, query, advanced=advanced)) == sorted(found)
    if advanced:
        assert code_of(await program.get(f"/v1.0/users?{query}")) == (400, "Request_UnsupportedQuery")
    counted = await program.get(f"/v1.0/users/$count?{_filter(text)}", headers=EVENTUAL)
    assert counted.text == str(len(found))
    assert counted.headers["content-type"] == "text/plain"


async def test_a_filter_by_id(program: Caller, people: list[Membership]):
    ids = ",".join(f"'{one.user_id}'" for one in people[:2])
    assert await _names(program, _filter(f"id in ({ids})")) == ["Adele Vance", "Alex Wilber"]


async def test_a_page_that_is_filtered_afterwards_may_be_empty_and_lead_on(
    program: Caller, contoso: Place, people: list[Membership]
):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    hired = await program.patch(f"/v1.0/users/{sam.user_id}", {"employeeHireDate": "2026-01-01T00:00:00Z"})
    assert hired.status_code == 204
    hired_then = _filter("employeeHireDate ge 2026-01-01")
    address = f"/v1.0/users?$top=3&$count=true&$select=displayName&{hired_then}"
    first = (await program.get(address, headers=EVENTUAL)).json()
    assert first["@odata.count"] == 1
    assert first["value"] == []
    pages = await program.pages(address, headers=EVENTUAL)
    assert [one["displayName"] for page in pages for one in page] == ["Sam Rivers"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("$filter=shoeSize%20eq%2043", "BadRequest"),
        ("$filter=displayName", "BadRequest"),
        ("$filter=displayName%20eq", "BadRequest"),
        ("$filter=displayName%20eq%20'open", "BadRequest"),
        ("$filter=displayName%20eq%2043", "BadRequest"),
        ("$filter=contains(displayName,'a')", "Request_UnsupportedQuery"),
        ("$filter=passwordProfile%20ne%20null", "Request_UnsupportedQuery"),
        ("$filter=jobTitle/x%20eq%20'a'", "BadRequest"),
        ("$filter=" + "(" * 200 + "true" + ")" * 200, "BadRequest"),
        ("$filter=displayName%20eq%20'%00'", "BadRequest"),
        ("$filter=displayName%20eq%20'%FF'", "BadRequest"),
        ("$select=shoeSize", "BadRequest"),
        ("$select=id,,displayName", "BadRequest"),
        ("$orderby=shoeSize", "BadRequest"),
        ("$orderby=jobTitle", "Request_UnsupportedQuery"),
        ("$orderby=displayName%20sideways", "BadRequest"),
        ("$expand=shoes", "BadRequest"),
        ("$expand=invitedBy", "BadRequest"),
        ("$expand=memberOf,sponsors", "BadRequest"),
        ("$expand=memberOf($filter=id%20eq%20'x')", "BadRequest"),
        ("$skip=10", "BadRequest"),
        ("$apply=groupby((displayName))", "BadRequest"),
        ("$top=1&top=2", "BadRequest"),
        ("$count=perhaps", "BadRequest"),
        ('$search="displayName:a"', "Request_UnsupportedQuery"),
    ],
)
async def test_what_cannot_be_asked(program: Caller, query: str, code: str):
    assert code_of(await program.get(f"/v1.0/users?{query}")) == (400, code)


async def test_a_property_that_graph_gives_for_single_objects_only(program: Caller, contoso: Place):
    assert code_of(await program.get("/v1.0/users?$select=aboutMe")) == (501, "NotImplemented")
    assert (await program.get(f"/v1.0/users/{contoso.administrator.user_id}?$select=aboutMe")).status_code == 200


async def test_names_without_the_dollar_sign_and_parameters_of_others(program: Caller, people: list[Membership]):
    answer = await program.get("/v1.0/users?top=1&select=displayName&orderby=displayName&utm_source=mail")
    assert [one["displayName"] for one in answer.json()["value"]] == ["Adele Vance"]
    encoded = await program.get("/v1.0/users?%24top=1&%24select=displayName&%24orderby=displayName")
    assert encoded.json()["value"] == answer.json()["value"]


async def test_a_count_without_the_header_is_left_out(program: Caller):
    answer = (await program.get("/v1.0/users?$count=true")).json()
    assert "@odata.count" not in answer
    small = (await program.get("/v1.0/roleManagement/directory/roleAssignments?$count=true")).json()
    assert small["@odata.count"] == 1, "no directory objects, no header"


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ('"displayName:vance"', ["Adele Vance", "Bo Vance", "Dana Vance", "Finn Vance"]),
        ('"displayName:van bo"', ["Bo Vance"]),
        ('"displayName:vance" AND "userPrincipalName:d"', ["Dana Vance"]),
        ('"displayName:østby" OR "displayName:alex"', ["Alex Wilber", "Cleo Østby"]),
        ('"displayName:ance"', []),
        ('"mail:admin"', ["Administrator"]),
    ],
)
async def test_what_searches_find(program: Caller, people: list[Membership], search: str, found: list[str]):
    assert sorted(await _names(program, f"$search={quote(search)}", advanced=True)) == found


# --- Along with objects -----------------------------------------------------------------------------------------------


async def test_no_more_than_twenty_members_come_along(program: Caller, contoso: Place):
    made = [await world.member(contoso, f"M{number} Vance") for number in range(23)]
    ids = [one.user_id for one in made]
    new = NewGroup("Vances", "vances")
    group = await grouping.create_group(contoso.house, new, tenant_id=contoso.id, by=operator(), member_ids=ids)
    alone = (await program.get(f"/v1.0/groups/{group.group_id}?$expand=members($select=id)")).json()
    assert len(alone["members"]) == 20
    listed = (await program.get("/v1.0/groups?$select=id&$expand=members")).json()
    assert len(listed["value"][0]["members"]) == 20
    pages = await program.pages(f"/v1.0/groups/{group.group_id}/members?$top=10&$select=id")
    assert [len(page) for page in pages] == [10, 10, 3]


async def test_deleted_users_by_when_they_went(graph: Graph, contoso: Place, house: House, people: list[Membership]):
    assert isinstance(house.clock, StoppedClock)
    for who in people[:3]:
        house.clock.advance(timedelta(days=1))
        await removing.remove(house, tenant_id=contoso.id, user_id=who.user_id, by=operator())
    reader = await graph.app(contoso, "User.Read.All")
    at = "/v1.0/directory/deletedItems/graph.user"
    newest = "$count=true&$top=2&$orderby=deletedDateTime%20desc&$select=displayName,deletedDateTime"
    pages = await reader.pages(f"{at}?{newest}", headers=EVENTUAL)
    assert [one["displayName"] for page in pages for one in page] == ["Bo Vance", "Alex Wilber", "Adele Vance"]
    since = _filter("deletedDateTime ge 2026-03-04T09:30:00Z")
    assert await _names(reader, since, at=at) == ["Alex Wilber", "Bo Vance"]
    # A restorable one stays in the list until the moment its 30 days are over.
    house.clock.advance(timedelta(days=28) - timedelta(milliseconds=1))
    assert (await (await graph.app(contoso, "User.Read.All")).get(f"{at}/$count", headers=EVENTUAL)).text == "3"
    house.clock.advance(timedelta(milliseconds=1))
    assert (await (await graph.app(contoso, "User.Read.All")).get(f"{at}/$count", headers=EVENTUAL)).text == "2"


async def test_members_are_filtered_and_counted(program: Caller, contoso: Place, people: list[Membership]):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam Rivers")
    new = NewGroup("Mixed", "mixed")
    ids = [people[0].user_id, people[1].user_id, sam.user_id]
    group = await grouping.create_group(contoso.house, new, tenant_id=contoso.id, by=operator(), member_ids=ids)
    at = f"/v1.0/groups/{group.group_id}/members"
    guests = _filter("userType eq 'Guest'") + "&$count=true"
    members = _filter("userType eq 'Member'")
    answer = await program.get(f"{at}/graph.user?{guests}&$select=displayName", headers=EVENTUAL)
    assert answer.json()["@odata.count"] == 1
    assert [one["displayName"] for one in answer.json()["value"]] == ["Sam Rivers"]
    assert (await program.get(f"{at}/$count?{members}", headers=EVENTUAL)).text == "2"
    # Who is deleted is in no group meanwhile, and back in it when restored.
    await removing.remove(contoso.house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    assert (await program.get(f"{at}/$count", headers=EVENTUAL)).text == "2"
    assert (await program.post(f"/v1.0/directory/deletedItems/{sam.user_id}/restore")).status_code == 200
    assert (await program.get(f"{at}/$count", headers=EVENTUAL)).text == "3"
    await group_members.remove_member(
        contoso.house, tenant_id=contoso.id, group_id=group.group_id, user_id=sam.user_id, by=operator()
    )
    assert (await program.get(f"{at}/$count", headers=EVENTUAL)).text == "2"
