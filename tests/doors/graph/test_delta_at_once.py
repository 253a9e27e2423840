"""Following while many write: nothing is missed, nothing is met twice, on either database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import literal_column, update

from tests.support import world
from tests.support.crowd import Crowd
from tests.support.following import Follower
from tests.support.graph import EVERYTHING, Caller, graph_door
from tests.support.houses import postgres_house
from tests.support.postgres import PostgresServer
from tests.support.world import Place
from vestibule.actions import group_members, grouping
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.store.columns import position
from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import membership
from vestibule.store.statements import Change, given

WRITERS = 8
CHANGES = 40


@pytest.fixture
async def on_postgres(postgres_server: PostgresServer) -> AsyncIterator[tuple[Caller, Place]]:
    """A program that may do everything in an organization kept in PostgreSQL."""
    async with postgres_house(postgres_server) as house, graph_door(house) as door:
        place = await world.organization(house, "Contoso")
        yield await door.app(place, *EVERYTHING), place


async def _whole(caller: Caller, path: str) -> dict[str, dict[str, Any]]:
    pages = await caller.pages(f"/v1.0{path}")
    return {one["id"]: one for page in pages for one in page}


async def _members(caller: Caller, groups: dict[str, Any]) -> set[tuple[str, str]]:
    return {(id_, who) for id_ in groups for who in await _whole(caller, f"/groups/{id_}/members?$select=id")}


async def _crowd(contoso: Place) -> Crowd:
    crowd = Crowd(contoso)
    crowd.users += [(await world.member(contoso, f"First{number}")).user_id for number in range(6)]
    for number in range(3):
        new = NewGroup(f"Group {number}", f"first{number}")
        made = await grouping.create_group(
            contoso.house, new, tenant_id=contoso.id, by=operator(), member_ids=crowd.users[:number]
        )
        crowd.groups.append(made.group_id)
    return crowd


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_what_was_told_adds_up_to_what_is_there(program: Caller, contoso: Place, seed: int):
    crowd = await _crowd(contoso)
    users, groups = Follower(program), Follower(program, "groups")
    busy, lazy = Follower(program, "groups", "?$select=members"), Follower(program)
    for follower in (users, groups, busy, lazy):
        await follower.round()
    before = {id_: Counter(one["id"] for one in follower.told) for id_, follower in (("u", users), ("g", groups))}
    writing = asyncio.ensure_future(crowd.run(WRITERS, CHANGES, seed))
    rounds = 0
    while not writing.done():
        await users.round(Prefer="odata.maxpagesize=3")
        await groups.round(Prefer="odata.maxpagesize=2")
        await busy.round()
        rounds += 1
        await asyncio.sleep(0)  # in this process nothing else of a request on SQLite lets the writers go on
    await writing
    for follower in (users, groups, busy, lazy):
        await follower.round()
        assert await follower.round() == []

    assert rounds > 3
    there = await _whole(program, "/users")
    assert users.known == there
    assert lazy.known == there
    teams = await _whole(program, "/groups")
    assert groups.known == teams
    assert busy.known.keys() == teams.keys()
    assert groups.members == busy.members == await _members(program, teams)

    heard = Counter(one["id"] for one in users.told) - before["u"]
    assert all(times <= crowd.done[id_] for id_, times in heard.items())
    assert sum(crowd.done.values()) > WRITERS * CHANGES / 4


# SQLite has one writer at a time; in PostgreSQL a transaction may take its number early and end late.


async def test_a_slow_change_is_waited_for_and_overtaken_by_none(on_postgres: tuple[Caller, Place]):
    program, contoso = on_postgres
    house = contoso.house
    assert isinstance(house.store, PostgresStore)
    slow, quick = [await world.member(contoso, name) for name in ("Slow", "Quick")]
    follower = Follower(program, query="?$select=id")
    await follower.round()
    change = Change(
        update(membership)
        .where(membership.c.tenant_id == given("tenant_id"), membership.c.user_id == given("user_id"))
        .values(version=membership.c.version + literal_column("1"), changed=position())
    ).for_postgresql
    async with house.store.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(change.sql, *change.arguments({"tenant_id": contoso.id, "user_id": slow.user_id}))
        await program.patch(f"/v1.0/users/{quick.user_id}", {"displayName": "Quicker"})
        assert await follower.round() == []
        await transaction.commit()
    assert [one["id"] for one in await follower.round()] == [slow.user_id, quick.user_id]
    assert await follower.round() == []


async def test_who_goes_and_comes_while_something_slow_is_under_way(on_postgres: tuple[Caller, Place]):
    """A membership that moved below the horizon and changed above it is told of in both looks together, once."""
    program, contoso = on_postgres
    house = contoso.house
    assert isinstance(house.store, PostgresStore)
    sam, eva = [await world.member(contoso, name) for name in ("Sam", "Eva")]
    made = await grouping.create_group(
        house,
        NewGroup("Readers", "readers"),
        tenant_id=contoso.id,
        by=operator(),
        member_ids=[sam.user_id, eva.user_id],
    )
    follower = Follower(program, "groups")
    await follower.round()
    at: dict[str, Any] = {"tenant_id": contoso.id, "group_id": made.group_id, "by": operator()}
    await group_members.remove_member(house, user_id=eva.user_id, **at)
    await program.delete(f"/v1.0/users/{sam.user_id}")
    async with house.store.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.fetchval("SELECT pg_current_xact_id()::text")
        await grouping.delete_group(house, **at)
        await program.post(f"/v1.0/directory/deletedItems/{sam.user_id}/restore")
        await follower.round()
        await grouping.restore_group(house, **at)
        await transaction.commit()
    await follower.round()
    assert follower.members == {(made.group_id, sam.user_id)} == await _members(program, {made.group_id: None})
    assert await follower.round() == []


async def test_a_group_that_came_below_the_horizon_and_changed_above_it_is_met_by_who_follows_members(
    on_postgres: tuple[Caller, Place],
):
    program, contoso = on_postgres
    house = contoso.house
    assert isinstance(house.store, PostgresStore)
    follower = Follower(program, "groups", "?$select=members")
    await follower.round()
    made = await grouping.create_group(house, NewGroup("Readers", "readers"), tenant_id=contoso.id, by=operator())
    slow = await world.member(contoso, "Slow")
    change = Change(
        update(membership)
        .where(membership.c.tenant_id == given("tenant_id"), membership.c.user_id == given("user_id"))
        .values(version=membership.c.version + literal_column("1"), changed=position())
    ).for_postgresql
    async with house.store.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(change.sql, *change.arguments({"tenant_id": contoso.id, "user_id": slow.user_id}))
        await grouping.update_group(
            house, tenant_id=contoso.id, group_id=made.group_id, changes={"displayName": "Writers"}, by=operator()
        )
        assert [one["id"] for one in await follower.round()] == [made.group_id]
        await transaction.commit()
    assert await follower.round() == []
    assert set(follower.known) == {made.group_id}
