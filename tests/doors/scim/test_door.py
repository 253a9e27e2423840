"""Who may come in, and what holds for every request: tokens, organizations, versions, bodies, what is published."""

import pytest

from tests.support import world
from tests.support.scim import BOTH, MEDIA, Client, Scim, refusal
from tests.support.world import Place
from vestibule.actions import leaving
from vestibule.doors.scim.bodies import LARGEST
from vestibule.doors.scim.routing import ROUTES
from vestibule.rules.activities import is_audited
from vestibule.rules.actors import operator

TAKEN = (
    {"op": "replace", "path": "active", "value": False},
    {"op": "replace", "path": "emails", "value": [{"value": "thief@else.example", "primary": True}]},
    {"op": "replace", "path": "userName", "value": "renamed"},
)


@pytest.fixture
async def fabrikam(scim: Scim) -> Place:
    """Another organization."""
    return await world.organization(scim.house, "Fabrikam")


async def test_without_a_token_nothing_is_told(scim: Scim, contoso: Place):
    answer = await scim.nobody(contoso).get("/Users")
    assert refusal(answer) == (401, "")
    assert answer.headers["www-authenticate"].startswith('Bearer realm="scim"')
    wrong = Client(scim.http, f"/scim/{contoso.id}/v2", "nonsense")
    assert 'error="invalid_token"' in (await wrong.get("/Users")).headers["www-authenticate"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/Users"), ("POST", "/Users"), ("POST", "/Bulk"), ("DELETE", "/Users/x"), ("POST", "/.search")],
)
async def test_a_token_of_another_organization(scim: Scim, contoso: Place, fabrikam: Place, method: str, path: str):
    stranger = await scim.client(fabrikam, at=contoso)
    assert refusal(await stranger.ask(method, path, {} if method == "POST" else None)) == (403, "")
    if method != "GET" and path != "/.search":
        told = await world.last_event(contoso)
        assert (told.reason, told.record["client_id"]) == ("notAllowed", stranger.client_id)


async def test_the_organization_may_be_named_by_its_domain(client: Client, contoso: Place):
    by_domain = Client(client.http, f"/SCIM/{contoso.domain.upper()}/V2", client.token)
    answer = await by_domain.get("/users")
    assert answer.status_code == 200
    assert answer.json()["Resources"][0]["meta"]["location"].split("/scim/")[1].startswith(contoso.id)
    for nowhere in ("nowhere.example", "common", "organizations", "9188040d-6c67-4c5b-b112-36a304b66dad"):
        assert refusal(await Client(client.http, f"/scim/{nowhere}/v2", client.token).get("/Users")) == (403, "")


async def test_a_client_decides_only_about_people_whom_it_brought(scim: Scim, contoso: Place, client: Client):
    ann = await client.create("/Users", userName="ann@contoso.example")
    invited, _ = await world.invited(contoso, "sam@elsewhere.example")
    other = await scim.client(contoso)
    for user_id in (ann["id"], invited.user_id):
        path = f"/Users/{user_id}"
        before = (await other.get(path)).json()
        for operation in TAKEN[:2]:
            answer = await other.patch(path, operation)
            assert refusal(answer) == (403, "")
            assert "did not bring" in answer.json()["detail"]
            assert (await world.last_event(contoso)).reason == "notAllowed"
        assert refusal(await other.ask("DELETE", path)) == (403, "")
        assert (await other.get(path)).json() == before
    assert refusal(await other.patch(f"/Users/{ann['id']}", TAKEN[2])) == (403, "")
    titled = await other.patch(f"/Users/{ann['id']}", {"op": "add", "path": "title", "value": "Head"})
    assert titled.json()["title"] == "Head"
    trusted = await scim.client(contoso, *BOTH, "User.ManageIdentities.All")
    assert (await trusted.patch(f"/Users/{ann['id']}", TAKEN[0])).status_code == 200


async def test_an_administrator_acts_with_their_roles(scim: Scim, contoso: Place, client: Client):
    ann = await client.create("/Users", userName="ann@contoso.example")
    admin = await scim.person(contoso.administrator)
    assert (await admin.patch(f"/Users/{ann['id']}", TAKEN[0])).json()["active"] is False
    member = await scim.person(await world.member(contoso, "Alex Wilber"))
    assert refusal(await member.get("/Users")) == (403, "")
    assert refusal(await member.get("/Groups")) == (403, "")
    assert refusal(await member.patch(f"/Users/{ann['id']}", TAKEN[0])) == (403, "")


@pytest.mark.parametrize("permission", ["User.ReadBasic.All", "Directory.Read.All", "User.Read.All"])
async def test_readers_read(scim: Scim, contoso: Place, permission: str):
    reader = await scim.client(contoso, permission)
    answer = await reader.get("/Users")
    assert answer.status_code == (403 if "Basic" in permission else 200)
    assert refusal(await reader.ask("POST", "/Users", {"userName": "x"})) == (403, "")


async def test_roles_protect_those_who_hold_them(scim: Scim, contoso: Place):
    client = await scim.client(contoso, *BOTH, "User.ManageIdentities.All")
    path = f"/Users/{contoso.administrator.user_id}"
    for operation in TAKEN[:1]:
        assert refusal(await client.patch(path, operation)) == (403, "")


async def test_versions(client: Client):
    made = await client.create("/Users", userName="ann")
    path, tag = f"/Users/{made['id']}", made["meta"]["version"]
    read = await client.get(path)
    assert read.headers["etag"] == tag
    same = await client.get(path, headers={"If-None-Match": tag})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert (await client.get(path, headers={"If-None-Match": 'W/"77", "78"'})).status_code == 200
    change = {"op": "replace", "path": "title", "value": "Head"}
    assert refusal(await client.patch(path, change, headers={"If-Match": 'W/"77"'})) == (412, "")
    assert refusal(await client.ask("PUT", path, {"title": "x"}, headers={"If-Match": 'W/"77"'})) == (412, "")
    assert refusal(await client.ask("DELETE", path, headers={"If-Match": 'W/"77"'})) == (412, "")
    changed = await client.patch(path, change, headers={"If-Match": tag})
    assert changed.headers["etag"] != tag
    assert (await client.patch(path, change, headers={"If-Match": "*"})).status_code == 200
    gone = await client.ask("DELETE", path, headers={"If-Match": changed.headers["etag"]})
    assert gone.status_code == 204


async def test_an_external_id_changes_the_version(client: Client):
    made = await client.create("/Users", userName="ann")
    named = await client.patch(f"/Users/{made['id']}", {"op": "add", "path": "externalId", "value": "1"})
    assert named.json()["meta"]["version"] != made["meta"]["version"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/Nothing", 404),
        ("GET", "/Users/", 404),
        ("GET", "/Users/a/b", 404),
        ("GET", "/Users/%ff", 404),
        ("GET", "/Users/{id}", 404),
        ("GET", "/Users/.search", 405),
        ("PUT", "/Users", 405),
        ("DELETE", "/Groups", 405),
        ("GET", "/Bulk", 405),
        ("POST", "/Schemas", 405),
        ("DELETE", "/ServiceProviderConfig", 405),
        ("GET", "/Schemas/nothing", 404),
        ("GET", "/ResourceTypes/nothing", 404),
        ("GET", "/ServiceProviderConfig/x", 404),
        ("GET", "/Me", 501),
        ("TRACE", "/Users", 405),
    ],
)
async def test_paths_and_methods(client: Client, method: str, path: str, status: int):
    answer = await client.ask(method, path)
    if path == "/Users/":
        assert answer.status_code == 200  # a slash at the end says nothing
        return
    assert refusal(answer)[0] == status
    if status == 405:
        assert method not in answer.headers["allow"]


async def test_head_is_get_without_a_body(client: Client):
    answer = await client.ask("HEAD", "/Users")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_what_the_service_can_do_is_for_everybody(scim: Scim, contoso: Place):
    nobody = scim.nobody(contoso)
    config = (await nobody.get("/ServiceProviderConfig")).json()
    assert config["pagination"]["cursor"] is True
    assert config["filter"] == {"supported": True, "maxResults": 500}
    kinds = (await nobody.get("/ResourceTypes")).json()
    assert [one["name"] for one in kinds["Resources"]] == ["User", "Group"]
    for one in kinds["Resources"]:
        assert (await nobody.get(f"/Schemas/{one['schema']}")).json()["id"] == one["schema"]
    assert refusal(await nobody.get("/Schemas", params={"filter": 'id eq "x"'})) == (403, "")
    assert refusal(await Client(scim.http, "/scim/nowhere.example/v2").get("/Schemas")) == (404, "")


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", MEDIA, 400),
        (b"[]", MEDIA, 400),
        (b'{"userName":"a","USERNAME":"b"}', MEDIA, 400),
        (b'{"userName":"\xff"}', MEDIA, 400),
        (b'{"userName":NaN}', MEDIA, 400),
        (b"[" * 100_000, MEDIA, 400),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b" " * (LARGEST + 1), MEDIA, 413),
    ],
)
async def test_bodies(client: Client, content: bytes, kind: str, status: int):
    headers = {"Authorization": f"Bearer {client.token}", **({"Content-Type": kind} if kind else {})}
    answer = await client.http.post(f"{client.base}/Users", content=content, headers=headers)
    assert refusal(answer)[0] == status


async def test_a_token_dies_with_who_it_is_for(scim: Scim, contoso: Place):
    guest = await world.guest(contoso)
    person = await scim.person(guest)
    assert refusal(await person.get("/Users")) == (403, "")
    await leaving.leave(contoso.house, tenant_id=contoso.id, by=operator(), key="k", user_id=guest.user_id)
    assert refusal(await person.get("/Users")) == (401, "")


async def test_every_route_for_those_who_may_not(scim: Scim, contoso: Place, fabrikam: Place, client: Client):
    """Each route there is: nobody, an app without permissions, a guest, a member, another organization's client."""
    user = (await client.create("/Users", userName="ann"))["id"]
    group = (await client.create("/Groups", displayName="Readers"))["id"]
    callers = [
        (401, scim.nobody(contoso)),
        (403, Client(scim.http, client.base, (await scim.graph.app(contoso)).token)),
        (403, await scim.person(await world.guest(contoso))),
        (403, await scim.person(await world.member(contoso))),
        (403, await scim.client(fabrikam, at=contoso)),
        (403, Client(scim.http, client.base, (await scim.person(fabrikam.administrator)).token)),
    ]
    for route in ROUTES:
        if route.pattern == "/Me":
            continue
        path = route.pattern.replace("{id}", user if route.pattern.startswith("/Users") else group)
        for status, caller in callers:
            many = len(await world.events(contoso))
            answer = await caller.ask(route.method, path, {} if route.method != "GET" else None)
            assert refusal(answer) == (status, ""), (route, answer.text)
            told = (await world.events(contoso))[many:]
            expected = ["notAllowed"] if is_audited(route.verb) and status == 403 else []
            assert [one.reason for one in told] == expected, route
    assert (await client.get(f"/Users/{user}")).json()["meta"]["version"] == 'W/"1"'
