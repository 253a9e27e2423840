"""How much guests read, at each of the three levels, of every route that reads: whatever is added, it holds there too.

As members: a guest hears what a member without a role hears. Limited: nothing is listed, and of others only what is
known to whoever has their id. Restricted: nobody and nothing but themselves.
"""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.nothing_forgotten.every_route_asked import attempt_on
from tests.support import world
from tests.support.graph import EVENTUAL, EVERYTHING, Caller, graph_door
from tests.support.houses import KINDS, postgres_house, sqlite_house
from tests.support.provider import served_provider
from tests.support.stage import Stage, stage
from vestibule.actions import guest_settings, relating
from vestibule.doors.graph.app import TABLE
from vestibule.doors.graph.call import Handler
from vestibule.doors.graph.model.user import KNOWN_TO_GUESTS
from vestibule.doors.graph.routing import Route
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.rules.policy import GuestAccess

SCOPES = (*EVERYTHING, "User.Read")
OURS = ("/users", "/groups", "/directoryObjects", "/directoryRoles", "/directoryRoleTemplates", "/applications",
        "/servicePrincipals", "/roleManagement", "/directory/deletedItems", "/oauth2PermissionGrants")  # fmt: skip
LOOKS = ("", "/displayName", "/jobTitle/$value", "/members/$ref", "?$select=*", "?$expand=memberOf", "?$expand=manager")
"""Other ways to look at a user or group."""


def reads() -> list[Route[Handler]]:
    """Every route that reads what belongs to the organization."""
    posted = {"getByIds", "getMemberGroups", "getMemberObjects", "checkMemberGroups", "checkMemberObjects"}
    return [
        route
        for route in TABLE
        if route.pattern.startswith(OURS)
        and (route.method == "GET" or route.pattern.rpartition("/")[2] in posted)
        and "/delta" not in route.pattern
    ]


@pytest.fixture(params=KINDS)
async def on(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    """The stage on each database, where Alex manages Adele and a group hangs on nobody."""
    if request.param == "sqlite":
        opened = sqlite_house(tmp_path)
    else:
        opened = postgres_house(request.getfixturevalue("postgres_server"))
    async with opened as house, graph_door(house) as graph, served_provider(house.clock) as foreign:
        made = await stage(graph)
        made.house.outgoing = Outgoing(allow_loopback=True)
        made.foreign = foreign
        await relating.set_manager(
            house, tenant_id=made.contoso.id, user_id=made.adele.user_id, manager_id=made.alex.user_id, by=operator()
        )
        yield made


async def _level(on: Stage, access: GuestAccess) -> Caller:
    """A guest who came just now and is in no group, at this level."""
    await guest_settings.change_guest_settings(on.house, tenant_id=on.contoso.id, by=operator(), access=access)
    guest = await world.guest(on.contoso, f"{access.name.lower().replace('_', '')}@elsewhere.example", "Robin Counts")
    return await on.graph.person(guest, *SCOPES)


async def _asked(caller: Caller, route: Route[Handler], on: Stage) -> tuple[str, httpx.Response]:
    attempt = await attempt_on(route, on)
    body = {} if attempt.body is None else {"json": attempt.body}
    path = f"/{route.versions[-1]}{attempt.path}"
    return path, await caller.ask(route.method, path, headers=attempt.headers, **body)


def _users_in(values: Any) -> list[dict[str, Any]]:
    """Every user object in an answer, however deep."""
    if isinstance(values, list):
        return [found for each in values for found in _users_in(each)]
    if not isinstance(values, dict):
        return []
    here = [values] if "userPrincipalName" in values or "user" in str(values.get("@odata.type", "")) else []
    return here + [found for each in values.values() for found in _users_in(each)]


async def test_a_guest_who_reads_like_a_member_hears_what_a_member_hears(on: Stage):
    guest = await _level(on, GuestAccess.AS_MEMBER)
    member = await on.graph.person(await world.member(on.contoso, "Mina Member"), *SCOPES)
    assert len(reads()) > 60
    for route in reads():
        attempt = await attempt_on(route, on)  # one thing, asked about by both
        body = {} if attempt.body is None else {"json": attempt.body}
        path = f"/{route.versions[-1]}{attempt.path}"
        answers = [await one.ask(route.method, path, headers=attempt.headers, **body) for one in (guest, member)]
        assert answers[0].status_code == answers[1].status_code, path
        if answers[0].status_code == 200:
            assert answers[0].text == answers[1].text, path


async def test_a_limited_guest_lists_nobody_and_knows_little_of_others(on: Stage):
    guest = await _level(on, GuestAccess.LIMITED)
    for route in reads():
        path, answer = await _asked(guest, route, on)
        if "{" not in route.pattern and route.query is not None and not route.query.single:
            assert answer.status_code == 403, path
        if answer.status_code == 200 and "json" in answer.headers["content-type"]:
            for user in _users_in(answer.json()):
                shown = {name for name in user if "@odata" not in name}
                assert shown <= KNOWN_TO_GUESTS, path


async def test_a_restricted_guest_hears_of_nobody(on: Stage):
    guest = await _level(on, GuestAccess.RESTRICTED)
    told = (on.adele.user_id, on.alex.user_id, "Adele Vance", "adele@contoso.example", "Readers", "Works council")
    for route in reads():
        path, answer = await _asked(guest, route, on)
        assert answer.status_code in {400, 403, 404}, path
        message = json.dumps(answer.json())
        for name in told:
            assert name not in message or name in path, path


@pytest.mark.parametrize("access", [GuestAccess.LIMITED, GuestAccess.RESTRICTED])
async def test_no_other_way_to_look_gives_more(on: Stage, access: GuestAccess):
    guest = await _level(on, access)
    for at in (f"/users/{on.adele.user_id}", f"/groups/{on.hidden.group_id}"):
        for look in LOOKS:
            answer = await guest.get(f"/v1.0{at}{look}", headers=EVENTUAL)
            if access is GuestAccess.RESTRICTED:
                assert answer.status_code in {400, 403, 404}, look
            assert "Retail Manager" not in answer.text, look
            assert on.alex.user_id not in answer.text, look
            assert on.sam.user_id not in answer.text, look


@pytest.mark.parametrize("access", list(GuestAccess))
async def test_everybody_reads_themselves(on: Stage, access: GuestAccess):
    guest = await _level(on, access)
    me = await guest.get("/v1.0/me?$select=id,displayName,userType,createdDateTime")
    assert me.status_code == 200
    assert (me.json()["displayName"], me.json()["userType"]) == ("Robin Counts", "Guest")
    for name in ("memberOf", "ownedObjects", "sponsors", "directReports"):
        assert (await guest.get(f"/v1.0/me/{name}")).json()["value"] == []


@pytest.mark.parametrize("access", [GuestAccess.LIMITED, GuestAccess.RESTRICTED])
async def test_nothing_is_found_out_by_asking_whether_it_is_so(on: Stage, access: GuestAccess):
    guest = await _level(on, access)
    for query in (
        "$filter=jobTitle%20eq%20'Retail%20Manager'",
        "$search=%22displayName:Adele%22&$count=true",
        "$orderby=displayName",
    ):
        for at in ("/users", f"/groups/{on.readers.group_id}/members", f"/users/{on.alex.user_id}/directReports"):
            answer = await guest.get(f"/v1.0{at}?{query}&$select=id", headers=EVENTUAL)
            assert answer.status_code in {400, 403, 404} or query.startswith("$search"), (at, query)
            assert "Retail" not in answer.text or answer.status_code == 400
