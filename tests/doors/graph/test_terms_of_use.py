"""Terms of use over HTTP, on both databases."""

from typing import Any

import pytest

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place

AT = "/beta/policies/termsOfUse"
ENGLISH = {"language": "en", "text": "Be kind.\n\nBe brief.", "link": None}
DUTCH = {"language": "nl", "text": None, "link": "https://contoso.example/voorwaarden"}


async def test_they_are_read_changed_and_withdrawn(program: Caller, contoso: Place) -> None:
    said = (await program.get(AT)).json()
    assert said.pop("@odata.context").endswith("/beta/$metadata#policies/termsOfUse/$entity")
    assert said == {"id": "termsOfUse", "version": 0, "changedDateTime": None, "documents": []}
    assert (await program.patch(AT, {"documents": [DUTCH, ENGLISH]})).status_code == 204
    said = (await program.get(AT)).json()
    assert (said["version"], said["documents"]) == (1, [ENGLISH, DUTCH])
    assert said["changedDateTime"] == "2026-03-02T09:30:00Z"
    read = {name: value for name, value in said.items() if "@" not in name}
    assert (await program.patch(AT, read)).status_code == 204
    assert (await program.get(AT)).json() == said, "what was read and sent back changes nothing"
    assert (await program.patch(AT, {"documents": []})).status_code == 204
    said = (await program.get(f"{AT}?$select=version,documents")).json()
    assert (said["version"], said["documents"]) == (2, [])
    told = await world.last_event(contoso)
    assert (told.type, told.record["facts"]["edition"]) == ("terms.withdraw", 2)


@pytest.mark.parametrize(
    "documents",
    [
        [{"language": "de", "text": "Seid nett."}],
        [{"text": "Be kind."}],
        [{"language": "en"}],
        [{"language": "en", "text": "Be kind.", "link": "https://contoso.example/"}],
        [{"language": "en", "text": " "}],
        [{"language": "en", "link": "http://contoso.example/"}],
        [{"language": "en", "text": "One."}, {"language": "EN", "text": "Two."}],
        [ENGLISH, DUTCH, {"language": "sv", "text": "Var snäll."}, ENGLISH],
        {"language": "en", "text": "Be kind."},
        None,
    ],
)
async def test_what_is_refused_changes_nothing(program: Caller, documents: Any) -> None:
    answer = await program.patch(AT, {"documents": documents})
    assert answer.status_code == 400, answer.text
    assert (await program.get(AT)).json()["version"] == 0


async def test_it_takes_the_permission_and_the_role(graph: Graph, contoso: Place) -> None:
    member = await world.member(contoso)
    for caller in (
        await graph.app(contoso, "Policy.Read.All"),
        await graph.person(contoso.administrator, "Policy.Read.All"),
        await graph.person(member, "Policy.ReadWrite.Authorization"),
    ):
        answer = await caller.patch(AT, {"documents": [ENGLISH]})
        assert code_of(answer) == (403, "Authorization_RequestDenied")
    admin = await graph.person(contoso.administrator, "Policy.ReadWrite.Authorization")
    assert (await admin.patch(AT, {"documents": [ENGLISH]})).status_code == 204
    reader = await graph.app(contoso, "Policy.Read.All")
    assert (await reader.get(AT)).json()["version"] == 1
    assert (await reader.get("/v1.0/policies/termsOfUse")).status_code == 400, "it is offered under /beta alone"
