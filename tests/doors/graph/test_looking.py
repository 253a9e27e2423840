"""One property of an object, references instead of objects, numbers; alternate keys; what Graph has and we do not."""

import pytest

from tests.support import world
from tests.support.graph import EVENTUAL, EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.rules.actors import Strength

ROOT = "https://vestibule.example/v1.0"


@pytest.fixture
async def group(program: Caller) -> str:
    body = {"displayName": "Readers", "mailNickname": "readers", "mailEnabled": False, "securityEnabled": True}
    made = await program.post("/v1.0/groups", {**body, "uniqueName": "Readers-1"})
    assert made.status_code == 201
    assert made.json()["uniqueName"] == "Readers-1"
    return str(made.json()["id"])


# --- One property -------------------------------------------------------------------------------------------------


async def test_one_property_of_a_user(program: Caller, contoso: Place):
    adele = await world.member(contoso, "Adele Vance", jobTitle="Buyer")
    answer = await program.get(f"/v1.0/users/{adele.user_id}/JOBTITLE")
    assert answer.json() == {
        "@odata.context": f"{ROOT}/$metadata#users('{adele.user_id}')/jobTitle",
        "value": "Buyer",
    }
    plain = await program.get(f"/v1.0/users/{adele.user_id}/jobTitle/$value")
    assert (plain.text, plain.headers["content-type"]) == ("Buyer", "text/plain")
    assert (await program.get(f"/v1.0/users/{adele.user_id}/accountEnabled/$value")).text == "true"
    assert (await program.get(f"/v1.0/users/{adele.user_id}/createdDateTime/$value")).text.endswith("Z")


async def test_a_property_without_a_value_has_no_content(program: Caller, contoso: Place):
    adele = await world.member(contoso, "Adele Vance")
    for path in ("jobTitle", "jobTitle/$value"):
        answer = await program.get(f"/v1.0/users/{adele.user_id}/{path}")
        assert (answer.status_code, answer.content) == (204, b"")


async def test_a_member_of_a_complex_property(program: Caller, contoso: Place):
    at = f"/v1.0/organization/{contoso.id}/privacyProfile"
    whole = (await program.get(at)).json()
    assert set(whole["value"]) == {"contactEmail", "statementUrl"}
    assert (await program.get(f"{at}/contactEmail/$value")).text == whole["value"]["contactEmail"]
    assert code_of(await program.get(f"{at}/$value")) == (400, "BadRequest")


@pytest.mark.parametrize("name", ["passwordProfile", "shoeSize", "identities/issuer", "displayName/length"])
async def test_what_is_no_property_is_no_path(program: Caller, contoso: Place, name: str):
    adele = await world.member(contoso, "Adele Vance")
    assert code_of(await program.get(f"/v1.0/users/{adele.user_id}/{name}")) == (400, "BadRequest")


async def test_a_property_is_read_and_not_written_by_its_path(program: Caller, contoso: Place):
    adele = await world.member(contoso, "Adele Vance")
    answer = await program.patch(f"/v1.0/users/{adele.user_id}/displayName", {"value": "Other"})
    assert code_of(answer) == (405, "Request_BadRequest")
    assert answer.headers["allow"] == "GET, HEAD"


async def test_a_guest_reads_by_path_what_they_read_of_the_object(graph: Graph, contoso: Place):
    adele = await world.member(contoso, "Adele Vance", jobTitle="Buyer")
    sam = await world.guest(contoso, "sam@elsewhere.example")
    guest = await graph.person(sam, *EVERYTHING, strength=Strength.EMAILED_CODE)
    at = f"/v1.0/users/{adele.user_id}"
    assert (await guest.get(f"{at}/displayName/$value")).text == "Adele Vance"
    assert code_of(await guest.get(f"{at}/jobTitle")) == (403, "Authorization_RequestDenied")


# --- References and numbers ---------------------------------------------------------------------------------------


async def test_references_instead_of_members(program: Caller, contoso: Place, group: str):
    people = [await world.member(contoso, name) for name in ("Adele Vance", "Bo Vance", "Cleo Vance")]
    bind = {"members@odata.bind": [f"{ROOT}/users/{one.user_id}" for one in people]}
    assert (await program.patch(f"/v1.0/groups/{group}", bind)).status_code == 204
    pages = await program.pages(f"/v1.0/groups/{group}/members/$ref?$top=2")
    assert [len(page) for page in pages] == [2, 1]
    found = [one for page in pages for one in page]
    assert sorted(found, key=str) == sorted(
        ({"@odata.id": f"{ROOT}/directoryObjects/{one.user_id}"} for one in people), key=str
    )
    first = (await program.get(f"/v1.0/groups/{group}/members/$ref")).json()
    assert first["@odata.context"] == f"{ROOT}/$metadata#Collection($ref)"


async def test_how_many_of_lists_that_have_no_route_for_it(program: Caller, contoso: Place, group: str):
    roles = (await program.get("/v1.0/directoryRoles")).json()["value"]
    answer = await program.get("/v1.0/directoryRoles/$count", headers=EVENTUAL)
    assert (answer.text, answer.headers["content-type"]) == (str(len(roles)), "text/plain")
    adele = await world.member(contoso, "Adele Vance")
    at = f"/v1.0/users/{adele.user_id}/transitiveMemberOf"
    assert (await program.get(f"{at}/$count", headers=EVENTUAL)).text == "0"
    assert code_of(await program.get(f"{at}/$count")) == (400, "Request_BadRequest")


@pytest.mark.parametrize("log", ["directoryAudits", "signIns"])
async def test_logs_are_not_counted(program: Caller, log: str):
    assert (await program.get(f"/v1.0/auditLogs/{log}?$count=true")).status_code == 200
    answer = await program.get(f"/v1.0/auditLogs/{log}/$count", headers=EVENTUAL)
    assert code_of(answer) == (400, "Request_BadRequest")


# --- Names of things ----------------------------------------------------------------------------------------------


async def test_a_group_by_its_unique_name(program: Caller, group: str):
    for written in ("readers-1", "READERS-1"):
        found = await program.get(f"/v1.0/groups(uniqueName='{written}')")
        assert found.json()["id"] == group
    assert (await program.get("/v1.0/groups(uniqueName='readers-1')/members")).json()["value"] == []
    assert code_of(await program.get("/v1.0/groups(uniqueName='nobody')"))[0] == 404
    assert (await program.get("/v1.0/groups?$filter=uniqueName eq 'Readers-1'")).json()["value"][0]["id"] == group


async def test_a_unique_name_is_given_once_and_is_nobody_elses(program: Caller, group: str):
    body = {"displayName": "Other", "mailNickname": "other", "mailEnabled": False, "securityEnabled": True}
    twice = await program.post("/v1.0/groups", {**body, "uniqueName": "READERS-1"})
    assert code_of(twice) == (400, "Request_BadRequest")
    assert twice.json()["error"]["details"][0]["target"] == "uniqueName"
    assert code_of(await program.patch(f"/v1.0/groups/{group}", {"uniqueName": "x"})) == (400, "Request_BadRequest")
    assert code_of(await program.post("/v1.0/groups", {**body, "uniqueName": "a b"})) == (400, "Request_BadRequest")


@pytest.mark.parametrize("written", ["/users('{}')", "/USERS('{}')/", "/users({})", "/Users/{}/"])
async def test_a_user_by_their_name_in_every_notation(program: Caller, contoso: Place, written: str):
    adele = await world.member(contoso, "Adele Vance")
    for name in (adele.user_principal_name, adele.user_id):
        if "@" in name and "(" in written and "'" not in written:
            continue  # a name without quotation marks is no key
        answer = await program.get(f"/v1.0{written.format(name)}")
        assert answer.json()["id"] == adele.user_id


# --- What Graph has and we do not ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/devices", 501),
        ("/sites/root", 501),
        ("/me/messages", 501),
        ("/users/someone/mailFolders/inbox/messages", 501),
        ("/users/someone/registeredDevices", 501),
        ("/directory/deletedItems/microsoft.graph.device", 501),
        ("/directory/deletedItems", 400),
        ("/groups/some/drive", 501),
        ("/shoes", 400),
        ("/users/someone/shoes", 400),
    ],
)
async def test_known_paths_that_are_not_served(admin: Caller, path: str, status: int):
    code = "NotImplemented" if status == 501 else "BadRequest"
    assert code_of(await admin.get(f"/v1.0{path}")) == (status, code)
