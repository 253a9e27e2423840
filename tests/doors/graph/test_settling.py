"""``Prefer: return=representation`` on a change, and ``If-None-Match`` on a read."""

import pytest

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place
from vestibule.doors.graph.settling import wants_representation


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("return=representation", True),
        ('Return = "representation"', True),
        ("odata.maxpagesize=5, return=representation; wait=10", True),
        ("return=minimal", False),
        ("return=minimal, return=representation", False),
        ("noreturn=representation", False),
        ("return=representations", False),
        ("", False),
    ],
)
def test_what_the_header_asks_for(header: str, wanted: bool):
    assert wants_representation({"prefer": header}) is wanted


async def test_a_change_answers_the_object_to_whoever_wants_it(program: Caller, contoso: Place):
    adele = await world.member(contoso, "Adele Vance")
    at = f"/v1.0/users/{adele.user_id}"
    headers = {"Prefer": "return=representation"}
    answer = await program.patch(at, {"jobTitle": "Buyer"}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["preference-applied"] == "return=representation"
    assert answer.json()["jobTitle"] == "Buyer"
    assert answer.json() == (await program.get(at)).json()
    assert answer.headers["etag"] == (await program.get(at)).headers["etag"]
    assert (await program.patch(at, {"jobTitle": "Seller"})).status_code == 204
    assert (await program.patch(at, {"jobTitle": "x"}, headers={"Prefer": "return=minimal"})).status_code == 204


async def test_a_refused_change_stays_refused(program: Caller, contoso: Place):
    adele = await world.member(contoso, "Adele Vance")
    answer = await program.patch(
        f"/v1.0/users/{adele.user_id}", {"id": "x"}, headers={"Prefer": "return=representation"}
    )
    assert code_of(answer) == (400, "Request_BadRequest")


async def test_who_may_only_write_is_shown_nothing(graph: Graph, contoso: Place):
    adele = await world.member(contoso, "Adele Vance")
    writer = await graph.app(contoso, "User-Phone.ReadWrite.All")
    answer = await writer.patch(
        f"/v1.0/users/{adele.user_id}", {"mobilePhone": "+31 20 1234567"}, headers={"Prefer": "return=representation"}
    )
    assert (answer.status_code, answer.content) == (204, b"")


async def test_what_the_caller_has_is_not_sent_again(program: Caller, contoso: Place):
    adele = await world.member(contoso, "Adele Vance")
    at = f"/v1.0/users/{adele.user_id}"
    tag = (await program.get(at)).headers["etag"]
    for header in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        answer = await program.get(at, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    await program.patch(at, {"jobTitle": "Buyer"})
    answer = await program.get(at, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["jobTitle"]) == (200, "Buyer")
