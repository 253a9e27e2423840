"""``signInActivity`` of users: who may read it, what it says, what can be asked of it, on both databases."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.doors.graph.test_sign_in_log import Sam
from tests.doors.graph.test_sign_in_log import sam as sam
from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import erasing, housekeeping
from vestibule.ground.clock import iso
from vestibule.rules.refusals import Reason
from vestibule.store import activity

SELECT = "$select=id,signInActivity"


@pytest.fixture
async def reader(graph: Graph, contoso: Place) -> Caller:
    """A program that may read users and the log."""
    return await graph.app(contoso, "User.Read.All", "AuditLog.Read.All", "User.ReadWrite.All")


async def of(caller: Caller, sam: Sam) -> dict[str, Any] | None:
    answer = await caller.get(f"/v1.0/users/{sam.member.user_id}?{SELECT}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    found: dict[str, Any] | None = body.get("signInActivity")
    return found


async def test_each_kind_is_the_latest_of_its_kind(reader: Caller, sam: Sam) -> None:
    assert await of(reader, sam) is None
    await sam.signs_in()
    first = iso(sam.house.clock.now())
    found = await of(reader, sam)
    assert found is not None
    assert (found["lastSignInDateTime"], found["lastSuccessfulSignInDateTime"]) == (first, first)
    assert found["lastNonInteractiveSignInDateTime"] is None
    row = (await reader.get(f"/v1.0/auditLogs/signIns/{found['lastSignInRequestId']}")).json()
    assert row["userId"] == sam.member.user_id
    sam.push(timedelta(minutes=1))
    await sam.is_turned_away(Reason.NOT_ALLOWED, why="assignment")
    second = iso(sam.house.clock.now())
    found = await of(reader, sam)
    assert found is not None
    assert (found["lastSignInDateTime"], found["lastSuccessfulSignInDateTime"]) == (second, first), "attempts count too"
    sam.push(timedelta(minutes=1))
    await sam.refreshes()
    third = iso(sam.house.clock.now())
    found = await of(reader, sam)
    assert found is not None
    assert (found["lastSignInDateTime"], found["lastNonInteractiveSignInDateTime"]) == (second, third)
    assert found["lastSuccessfulSignInDateTime"] == third
    assert found["lastSuccessfulSignInRequestId"] == found["lastNonInteractiveSignInRequestId"]


async def test_it_outlives_the_log(graph: Graph, contoso: Place, sam: Sam) -> None:
    await sam.signs_in()
    at = iso(sam.house.clock.now())
    sam.push(timedelta(days=200))
    await housekeeping.sweep(sam.house)
    caller = await graph.app(contoso, "User.Read.All", "AuditLog.Read.All")
    found = await of(caller, sam)
    assert found is not None
    assert found["lastSignInDateTime"] == at
    assert (await caller.get(f"/v1.0/auditLogs/signIns/{found['lastSignInRequestId']}")).status_code == 404


async def test_who_may_read_it(graph: Graph, contoso: Place, sam: Sam) -> None:
    await sam.signs_in()
    without = await graph.app(contoso, "User.Read.All")
    for path in (
        f"/v1.0/users/{sam.member.user_id}?{SELECT}",
        f"/v1.0/users?{SELECT}",
        "/v1.0/users?$filter=" + quote("signInActivity/lastSignInDateTime ge 2020-01-01T00:00:00Z"),
        "/v1.0/users?$filter=" + quote("not(signInActivity/lastSignInDateTime ge 2020-01-01T00:00:00Z)"),
    ):
        assert code_of(await without.get(path)) == (403, "Authorization_RequestDenied"), path
    plain = (await without.get(f"/v1.0/users/{sam.member.user_id}")).json()
    assert "signInActivity" not in plain
    plain = (await without.get("/v1.0/users")).json()
    assert all("signInActivity" not in one for one in plain["value"])
    member = await graph.person(await world.member(contoso, "Megan Bowen"), "User.Read.All", "AuditLog.Read.All")
    assert (await member.get(f"/v1.0/users?{SELECT}")).status_code == 403, "a scope without the role is nothing"


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("signInActivity/lastSignInDateTime le 2026-03-02T10:00:00Z", ["Sam Rivers"]),
        ("signInActivity/lastSignInDateTime le 2026-03-02T09:00:00Z", []),
        ("signInActivity/lastSignInDateTime ge 2026-03-02T10:00:00Z", ["Zoe Late"]),
        ("signInActivity/lastSuccessfulSignInDateTime ge 2026-03-02T09:00:00Z", ["Sam Rivers", "Zoe Late"]),
        ("signInActivity/lastNonInteractiveSignInDateTime ge 2026-03-02T09:00:00Z", []),
        ("signInActivity/lastSignInDateTime le 2026-03-03T10:00:00Z and startswith(displayName,'Zoe')", ["Zoe Late"]),
    ],
)
async def test_filters(reader: Caller, contoso: Place, sam: Sam, wanted: str, found: list[str]) -> None:
    await world.guest(contoso, "never@elsewhere.example", "Never There")
    zoe = await world.guest(contoso, "zoe@elsewhere.example", "Zoe Late")
    await sam.signs_in()
    sam.push(timedelta(hours=1))
    await Sam(sam.graph, sam.house, await world.again(sam.house, contoso.id, zoe.user_id), sam.app).signs_in()
    caller = await sam.graph.app(contoso, "User.Read.All", "AuditLog.Read.All")
    answer = await caller.get(f"/v1.0/users?$select=displayName,signInActivity&$filter={quote(wanted)}")
    assert answer.status_code == 200, answer.text
    shown = answer.json()["value"]
    assert [one["displayName"] for one in shown] == found
    assert all(one["signInActivity"]["lastSignInDateTime"] for one in shown)
    counted = await caller.get(f"/v1.0/users/$count?$filter={quote(wanted)}", headers={"ConsistencyLevel": "eventual"})
    assert counted.text == str(len(found))


async def test_it_goes_with_the_user(reader: Caller, contoso: Place, sam: Sam) -> None:
    await sam.signs_in()
    assert (await reader.delete(f"/v1.0/users/{sam.member.user_id}")).status_code == 204
    writer = await sam.graph.app(contoso, "User.ReadWrite.All", "User.DeleteRestore.All")
    assert (await writer.delete(f"/v1.0/directory/deletedItems/{sam.member.user_id}")).status_code == 204
    assert await activity.find(await sam.house.store.read(), contoso.id, sam.member.user_id) is not None
    await erasing.erase(sam.house, tenant_id=contoso.id, user_id=sam.member.user_id)
    assert await activity.find(await sam.house.store.read(), contoso.id, sam.member.user_id) is None
