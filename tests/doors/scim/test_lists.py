"""Lists: filters, orders, pages that are counted, and cursors."""

from typing import Any

import pytest

from tests.support.scim import CORE_USER, DIRECTORY, ENTERPRISE, SEARCH, Client, Scim, refusal
from tests.support.world import Place

EVERYBODY = ["admin@contoso.example", "ann@contoso.example", "bo", "sam@elsewhere.example"]


@pytest.fixture
async def town(client: Client) -> Client:
    """Three people beside the administrator, and a group."""
    ann = await client.create(
        "/Users",
        userName="ann@contoso.example",
        displayName="Ann",
        externalId="A",
        title="Head of Audit",
        name={"givenName": "Ann", "familyName": "Beck"},
        emails=[
            {"value": "ann@beck.example", "type": "home"},
            {"value": "Ann.Beck@contoso.example", "type": "work", "primary": True},
        ],
        phoneNumbers=[{"value": "+31 6", "type": "mobile"}],
        addresses=[{"locality": "Utrecht", "country": "NL"}],
        **{ENTERPRISE: {"department": "Audit", "employeeNumber": "7"}, DIRECTORY: {"officeLocation": "3.14"}},
    )
    await client.create("/Users", userName="bo", displayName="bo", active=False, preferredLanguage="sv-SE")
    await client.create("/Users", userName="sam@elsewhere.example", displayName="Sam")
    await client.create("/Groups", displayName="Readers", externalId="G", members=[{"value": ann["id"]}])
    return client


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ('userName eq "ANN@contoso.example"', "ann@contoso.example"),
        ('userName eq "bo"', "bo"),
        ('userName eq "bo@contoso.example"', ""),
        ('userName eq "sam@elsewhere.example"', "sam@elsewhere.example"),
        ('userName ne "bo"', "admin@contoso.example ann@contoso.example sam@elsewhere.example"),
        ('userName sw "s"', "sam@elsewhere.example"),
        ('userName co "elsewhere"', "sam@elsewhere.example"),
        ('userName ew "contoso.example"', "admin@contoso.example ann@contoso.example"),
        ('userName pr and not (userName eq "bo")', "admin@contoso.example ann@contoso.example sam@elsewhere.example"),
        ('userName gt "b"', "bo sam@elsewhere.example"),
        (f'{CORE_USER}:userName eq "bo"', "bo"),
        ('USERNAME EQ "bo"', "bo"),
        ('externalId eq "A"', "ann@contoso.example"),
        ('externalId eq "a"', ""),
        ("externalId pr", "ann@contoso.example"),
        ('displayName eq "ann"', "ann@contoso.example"),
        ('name.familyName eq "beck"', "ann@contoso.example"),
        ("name pr", "ann@contoso.example"),
        ('title co "audit"', "ann@contoso.example"),
        ("active eq false", "bo"),
        ('userType eq "Guest"', "sam@elsewhere.example"),
        ('preferredLanguage eq "sv-SE"', "bo"),
        ('emails eq "ann@beck.example"', "ann@contoso.example"),
        ('emails.value eq "ann@beck.example"', "ann@contoso.example"),
        ('emails co "elsewhere"', "sam@elsewhere.example"),
        ('emails[type eq "work" and value co "beck"]', "ann@contoso.example"),
        ('emails[type eq "other" and value co "beck.example"]', "ann@contoso.example"),
        ('emails[type eq "work"].value eq "ann.beck@contoso.example"', "ann@contoso.example"),
        ('emails[primary eq true and not (value co "contoso")]', "sam@elsewhere.example"),
        ('phoneNumbers[type eq "mobile" and value pr]', "ann@contoso.example"),
        ("phoneNumbers pr", "ann@contoso.example"),
        ('addresses.locality eq "utrecht"', "ann@contoso.example"),
        ('addresses[country eq "NL" and locality sw "U"]', "ann@contoso.example"),
        (f'{ENTERPRISE}:department eq "audit"', "ann@contoso.example"),
        (f'{ENTERPRISE}:employeeNumber eq "7"', "ann@contoso.example"),
        (f'{DIRECTORY}:externalUserState eq "PendingAcceptance"', "sam@elsewhere.example"),
        (f'{DIRECTORY}:officeLocation eq "3.14"', "ann@contoso.example"),
        ('groups[display eq "readers"]', "ann@contoso.example"),
        ("groups pr", "ann@contoso.example"),
        ('meta.created gt "2020-01-01T00:00:00Z" and active eq false', "bo"),
        ('title eq null and (userName eq "bo" or userName eq "ann@contoso.example")', "bo"),
        ('id eq "nothing"', ""),
    ],
)
async def test_filters(town: Client, wanted: str, found: str):
    assert await town.names(wanted) == found.split()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ('displayName eq "readers"', ["Readers"]),
        ('externalId eq "G"', ["Readers"]),
        ('externalId eq "g"', []),
        ("members pr", ["Readers"]),
    ],
)
async def test_filters_of_groups(town: Client, wanted: str, found: list[str]):
    assert await town.names(wanted, "/Groups", "displayName") == found


async def test_groups_by_member_and_members_by_group(town: Client):
    (ann,) = (await town.get("/Users", params={"filter": 'displayName eq "Ann"'})).json()["Resources"]
    (group,) = ann["groups"]
    assert (group["display"], group["type"]) == ("Readers", "direct")
    for wanted in (f'members eq "{ann["id"]}"', f'members[value eq "{ann["id"]}"]'):
        assert await town.names(wanted, "/Groups", "displayName") == ["Readers"]
    assert await town.names(f'groups.value eq "{group["value"]}"') == ["ann@contoso.example"]


@pytest.mark.parametrize(
    "wanted",
    [
        "userName",
        "userName eq",
        'userName eq "bo',
        'userName is "bo"',
        'userName eq "bo" and',
        '(userName eq "bo"',
        'userName eq "bo")',
        'nothing eq "bo"',
        "userName eq 3",
        'active eq "true"',
        "active gt true",
        'meta.created gt "yesterday"',
        'name eq "Ann"',
        'emails[nothing eq "x"]',
        'emails[emails[value eq "x"]]',
        'userName[value eq "x"]',
        'meta.version eq "1"',
        'meta.location eq "x"',
        'groups.$ref eq "x"',
        'userName eq "\\ud800"',
        'groups.value ew "a\\u0000b"',
        "title eq 1.5",
        "userName gt null",
        "\x00",
        " or ".join(['title eq "x"'] * 51),
        "(" * 40 + 'title eq "x"' + ")" * 40,
        "not (" * 40 + 'title eq "x"' + ")" * 40,
        'title eq "' + "x" * 5_000 + '"',
    ],
)
async def test_filters_that_are_refused(client: Client, wanted: str):
    body = {"schemas": [SEARCH], "filter": wanted}
    assert refusal(await client.ask("POST", "/Users/.search", body)) == (400, "invalidFilter")


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ({"sortBy": "userName"}, "admin@contoso.example"),
        ({"sortBy": "userName", "sortOrder": "descending"}, "sam@elsewhere.example"),
        ({"sortBy": "name.familyName", "sortOrder": "Descending"}, "ann@contoso.example"),
        ({"sortBy": "emails", "sortOrder": "descending"}, "sam@elsewhere.example"),
        ({"sortBy": "externalId", "sortOrder": "descending"}, "ann@contoso.example"),
    ],
)
async def test_orders(town: Client, order: dict[str, str], first: str):
    answer = (await town.get("/Users", params=order)).json()
    assert answer["Resources"][0]["userName"] == first
    assert answer["totalResults"] == 4


@pytest.mark.parametrize("order", [{"sortBy": "groups"}, {"sortBy": "nothing"}, {"sortBy": "id", "sortOrder": "up"}])
async def test_orders_that_are_refused(client: Client, order: dict[str, str]):
    assert refusal(await client.get("/Users", params=order)) == (400, "invalidValue")


@pytest.mark.parametrize(
    ("start", "count", "found"),
    [
        (1, 2, EVERYBODY[:2]),
        (2, 2, EVERYBODY[1:3]),
        (4, 9, EVERYBODY[3:]),
        (5, 2, []),
        (0, 1, EVERYBODY[:1]),
        (1, 0, []),
    ],
)
async def test_counted_pages(town: Client, start: int, count: int, found: list[str]):
    asked = {"startIndex": str(start), "count": str(count), "sortBy": "userName"}
    answer = (await town.get("/Users", params=asked)).json()
    assert [one["userName"] for one in answer["Resources"]] == found
    assert (answer["totalResults"], answer["itemsPerPage"]) == (4, len(found))
    assert answer["startIndex"] == max(start, 1)
    assert "nextCursor" not in answer


async def followed(client: Client, asked: dict[str, str], path: str = "/Users") -> list[list[str]]:
    pages = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await client.get(path, params={**asked, "cursor": cursor})).json()
        pages.append([one.get("userName") or one["displayName"] for one in answer["Resources"]])
        assert "startIndex" not in answer
        cursor = answer.get("nextCursor")
    return pages


@pytest.mark.parametrize("asked", [{}, {"sortBy": "userName"}, {"sortBy": "title"}, {"filter": "userName pr"}])
async def test_cursors_show_everybody_once(town: Client, asked: dict[str, str]):
    pages = await followed(town, {**asked, "count": "3"})
    assert [len(page) for page in pages] == [3, 1]
    assert sorted(name for page in pages for name in page) == EVERYBODY


async def test_who_comes_and_goes_hides_nobody(town: Client):
    first = (await town.get("/Users", params={"cursor": "", "count": "2", "sortBy": "userName"})).json()
    await town.create("/Users", userName="aaa")
    await town.ask("DELETE", f"/Users/{first['Resources'][1]['id']}")
    asked = {"cursor": first["nextCursor"], "count": "9", "sortBy": "userName"}
    second = (await town.get("/Users", params=asked)).json()
    assert [one["userName"] for one in second["Resources"]] == EVERYBODY[2:]
    assert second["totalResults"] == 4


async def test_a_cursor_is_good_for_its_own_list_only(scim: Scim, contoso: Place, town: Client):
    cursor = (await town.get("/Users", params={"cursor": "", "count": "2"})).json()["nextCursor"]
    for asked in ({"cursor": cursor, "sortBy": "title"}, {"cursor": "nonsense"}, {"cursor": cursor[:-2]}):
        assert refusal(await town.get("/Users", params=asked)) == (400, "invalidCursor")
    other = await scim.client(contoso)
    assert refusal(await other.get("/Users", params={"cursor": cursor})) == (400, "invalidCursor")
    assert refusal(await town.get("/Groups", params={"cursor": cursor})) == (400, "invalidCursor")


@pytest.mark.parametrize(
    ("asked", "scim_type"),
    [
        ({"count": "many"}, "invalidCount"),
        ({"count": "1e3"}, "invalidCount"),
        ({"count": "9" * 40}, "invalidCount"),
        ({"startIndex": "x"}, "invalidValue"),
        ({"attributes": "title", "excludedAttributes": "active"}, "invalidValue"),
    ],
)
async def test_questions_that_are_refused(client: Client, asked: dict[str, str], scim_type: str):
    assert refusal(await client.get("/Users", params=asked)) == (400, scim_type)


async def test_numbers_out_of_bounds_are_bounded(town: Client):
    for asked in ({"count": "-3"}, {"count": "0"}):
        answer = (await town.get("/Users", params=asked)).json()
        assert (answer["totalResults"], answer["Resources"]) == (4, [])
    answer = (await town.get("/Users", params={"count": "999999999", "startIndex": "-7"})).json()
    assert len(answer["Resources"]) == 4


async def test_a_search_over_everything(town: Client):
    everything = (await town.ask("POST", "/.search", {"schemas": [SEARCH], "count": 3})).json()
    assert (everything["totalResults"], len(everything["Resources"])) == (5, 3)
    rest = (await town.ask("POST", "/.search", {"startIndex": 4, "count": 3})).json()
    assert [one["meta"]["resourceType"] for one in rest["Resources"]] == ["User", "Group"]
    by_name = await town.ask("POST", "/.search", {"filter": 'displayName sw "Read"', "attributes": ["displayName"]})
    (only,) = by_name.json()["Resources"]
    assert only.keys() == {"schemas", "id", "displayName"}
    users_only = await town.ask("POST", "/.search", {"filter": 'userName eq "bo"'})
    assert users_only.json()["totalResults"] == 1


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({"attributes": "title"}, {"schemas", "id", "title"}),
        ({"attributes": "TITLE,name.givenName"}, {"schemas", "id", "title", "name"}),
        ({"attributes": f"{ENTERPRISE}:department"}, {"schemas", "id", ENTERPRISE}),
        ({"attributes": "emails.value"}, {"schemas", "id", "emails"}),
        ({"attributes": "nothing"}, {"schemas", "id"}),
    ],
)
async def test_attributes(town: Client, asked: dict[str, str], keys: set[str]):
    (ann,) = (await town.get("/Users", params={"filter": 'externalId eq "A"', **asked})).json()["Resources"]
    assert ann.keys() == keys
    assert (await town.get(f"/Users/{ann['id']}", params=asked)).json() == ann


async def test_parts_of_attributes(town: Client):
    asked: dict[str, Any] = {"filter": 'externalId eq "A"', "attributes": "name.givenName,emails.type,emails.value"}
    (ann,) = (await town.get("/Users", params=asked)).json()["Resources"]
    assert ann["name"] == {"givenName": "Ann"}
    assert ann["emails"][0] == {"value": "ann@beck.example", "type": "home"}
    asked = {"filter": 'externalId eq "A"', "excludedAttributes": "name.givenName,emails,id,meta"}
    (ann,) = (await town.get("/Users", params=asked)).json()["Resources"]
    assert ann["name"] == {"familyName": "Beck"}
    assert not ann.keys() & {"emails", "meta"}
    assert ann["id"]
