"""What changed since last time, over HTTP: users, groups and who is in them, each change once."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.support import world
from tests.support.following import Follower, changes, member_changes
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.world import Place
from vestibule.actions import due, erasing, group_members, grouping, leaving, removing, restoring
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.store import feed
from vestibule.store.groups import Group
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


def _advance(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


async def _group(place: Place, name: str, *members: Membership, **more: Any) -> Group:
    nickname = name.replace(" ", "").lower()
    made = await grouping.create_group(place.house, NewGroup(name, nickname, **more), tenant_id=place.id, by=operator())
    for who in members:
        await _join(place, made, who)
    return made


async def _join(place: Place, group: Group, who: Membership) -> None:
    await group_members.add_member(
        place.house, tenant_id=place.id, group_id=group.group_id, user_id=who.user_id, by=operator()
    )


async def _part(place: Place, group: Group, who: Membership) -> None:
    await group_members.remove_member(
        place.house, tenant_id=place.id, group_id=group.group_id, user_id=who.user_id, by=operator()
    )


async def _remove(place: Place, who: Membership) -> None:
    await removing.remove(place.house, tenant_id=place.id, user_id=who.user_id, by=operator())


async def _restore(place: Place, who: Membership) -> None:
    await restoring.restore(place.house, tenant_id=place.id, user_id=who.user_id, by=operator())


# --- Users ------------------------------------------------------------------------------------------------------------


async def test_a_first_round_tells_everything_and_the_next_nothing(program: Caller, contoso: Place):
    adele = await world.member(contoso, "Adele Vance", jobTitle="Buyer")
    follower = Follower(program)
    told = await follower.round()
    assert set(follower.known) == {contoso.administrator.user_id, adele.user_id}
    alone = (await program.get(f"/v1.0/users/{adele.user_id}")).json()
    assert follower.known[adele.user_id] == {name: value for name, value in alone.items() if name[0] != "@"}
    assert len(told) == 2
    assert follower.link.startswith("https://vestibule.example/v1.0/users/delta?$deltatoken=")
    assert await follower.round() == []
    assert await follower.round() == []


async def test_a_life_as_it_is_told(program: Caller, contoso: Place, house: House):
    follower = Follower(program, query="?$select=displayName")
    await follower.round()
    sam, _ticket = await world.invited(contoso, "sam@elsewhere.example", "Sam")
    assert changes(await follower.round(), "displayName") == [(sam.user_id, None, "Sam")]
    await program.patch(f"/v1.0/users/{sam.user_id}", {"displayName": "Sam Rivers"})
    assert changes(await follower.round(), "displayName") == [(sam.user_id, None, "Sam Rivers")]
    await _remove(contoso, sam)
    assert changes(await follower.round()) == [(sam.user_id, "changed")]
    await _restore(contoso, sam)
    assert changes(await follower.round(), "displayName") == [(sam.user_id, None, "Sam Rivers")]
    await _remove(contoso, sam)
    await erasing.purge(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    assert changes(await follower.round()) == [(sam.user_id, "deleted")]
    await due.run_due(house)  # and the data goes
    assert await follower.round() == []
    assert follower.known.keys() == {contoso.administrator.user_id}
    beginner = Follower(program)
    assert [one["id"] for one in await beginner.round()] == [contoso.administrator.user_id]


async def test_whoever_leaves_is_gone_at_once_and_for_good_at_the_deadline(
    graph: Graph, program: Caller, contoso: Place, house: House
):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam")
    follower = Follower(program)
    await follower.round()
    await leaving.leave(house, tenant_id=contoso.id, user_id=sam.user_id, by=world.at_portal(sam), key="away")
    assert changes(await follower.round()) == [(sam.user_id, "changed")]
    _advance(house, timedelta(days=30))
    latecomer = await Follower(await graph.app(contoso, "User.Read.All")).round()
    assert [one["id"] for one in latecomer] == [contoso.administrator.user_id]


async def test_several_changes_between_two_looks_are_one(program: Caller, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam")
    follower = Follower(program)
    await follower.round()
    for _ in range(3):
        await _remove(contoso, sam)
        await _restore(contoso, sam)
    assert changes(await follower.round(), "displayName") == [(sam.user_id, None, "Sam")]
    await _remove(contoso, sam)
    assert changes(await follower.round()) == [(sam.user_id, "changed")]


async def test_pages_and_only_what_was_asked_for(program: Caller, contoso: Place):
    made = [await world.member(contoso, f"Member{number}") for number in range(7)]
    follower = Follower(program, query="?$select=displayName")
    told = await follower.round(Prefer="odata.maxpagesize=3")
    assert [set(one) for one in told] == [{"id", "displayName"}] * 8
    assert len({one["id"] for one in told}) == 8
    first = await program.get("/v1.0/users/delta()?$select=displayName", headers={"Prefer": "odata.maxpagesize=3"})
    assert len(first.json()["value"]) == 3
    assert first.json()["@odata.context"].endswith("$metadata#users(displayName)")

    await program.patch(f"/v1.0/users/{made[2].user_id}", {"displayName": "Another"})
    some = Follower(program, query="?$filter=" + quote(f"id eq '{made[2].user_id}' or id eq '{made[3].user_id}'"))
    assert {one["id"] for one in await some.round()} == {made[2].user_id, made[3].user_id}
    await _remove(contoso, made[2])
    await _remove(contoso, made[4])
    assert changes(await some.round()) == [(made[2].user_id, "changed")]


async def test_a_change_between_two_pages_is_told_once_and_later(program: Caller, contoso: Place):
    made = [await world.member(contoso, f"Member{number}") for number in range(6)]
    first = (await program.get("/v1.0/users/delta", headers={"Prefer": "odata.maxpagesize=2"})).json()
    seen = [one["id"] for one in first["value"]]
    late = made[5]
    assert late.user_id not in seen
    await program.patch(f"/v1.0/users/{late.user_id}", {"displayName": "Renamed"})
    await world.member(contoso, "Newcomer")
    follower = Follower(program, link=first["@odata.nextLink"])
    await follower.round()
    assert late.user_id not in follower.known
    told = await follower.round()
    assert [one["displayName"] for one in told] == ["Renamed", "Newcomer"]


async def test_only_from_now_on(program: Caller, contoso: Place):
    await world.member(contoso, "Adele Vance")
    follower = Follower(program, query="?$deltatoken=latest&$select=id,jobTitle")
    assert await follower.round() == []
    alex = await world.member(contoso, "Alex Wilber", jobTitle="Buyer")
    assert await follower.round() == [{"id": alex.user_id, "jobTitle": "Buyer"}]


async def test_what_hangs_on_a_user_is_no_change_of_theirs(program: Caller, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam")
    follower = Follower(program)
    await follower.round()
    group = await _group(contoso, "Readers", sam)
    await _part(contoso, group, sam)
    assert await follower.round() == []


# --- Groups -----------------------------------------------------------------------------------------------------------


async def test_a_group_with_its_members(program: Caller, contoso: Place):
    sam, eva = [await world.guest(contoso, f"{name}@elsewhere.example", name) for name in ("sam", "eva")]
    group = await _group(contoso, "Readers", sam)
    follower = Follower(program, "groups")
    [item] = await follower.round()
    assert item["displayName"] == "Readers"
    assert item["members@delta"] == [{"@odata.type": "#microsoft.graph.user", "id": sam.user_id}]
    assert await follower.round() == []

    await _join(contoso, group, eva)
    await _part(contoso, group, sam)
    told = await follower.round()
    assert [one["displayName"] for one in told] == ["Readers"]
    assert member_changes(told) == {(group.group_id, eva.user_id, True), (group.group_id, sam.user_id, False)}
    await _join(contoso, group, sam)
    [least] = await follower.round(Prefer="return=minimal")
    assert set(least) == {"id", "members@delta"}
    await program.patch(f"/v1.0/groups/{group.group_id}", {"description": "Who reads"})
    [renamed] = await follower.round()
    assert renamed["description"] == "Who reads"
    assert "members@delta" not in renamed


async def test_members_go_and_come_with_the_user(program: Caller, contoso: Place, house: House):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam")
    one, other = await _group(contoso, "One", sam), await _group(contoso, "Other", sam)
    follower = Follower(program, "groups", "?$select=members")
    await follower.round()
    both = {(one.group_id, sam.user_id), (other.group_id, sam.user_id)}
    assert follower.members == both
    await _remove(contoso, sam)
    assert member_changes(await follower.round()) == {(*pair, False) for pair in both}
    await program.patch(f"/v1.0/groups/{one.group_id}", {"displayName": "Uno"})
    assert await follower.round() == []
    await _part(contoso, other, sam)  # does not return
    await _restore(contoso, sam)
    assert (one.group_id, sam.user_id, True) in member_changes(await follower.round())
    assert follower.members == {(one.group_id, sam.user_id)}

    slow = Follower(program, "groups", link=follower.link, members=set(follower.members))
    await _remove(contoso, sam)
    assert member_changes(await follower.round()) == {(one.group_id, sam.user_id, False)}
    await erasing.purge(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    await due.run_due(house)
    assert await follower.round() == []
    assert member_changes(await slow.round()) == {(one.group_id, sam.user_id, False)}


async def test_a_group_goes_and_comes(program: Caller, contoso: Place, house: House):
    sam, eva = [await world.guest(contoso, f"{name}@elsewhere.example", name) for name in ("sam", "eva")]
    group = await _group(contoso, "Readers", sam, eva)
    follower = Follower(program, "groups", "?$select=displayName,members")
    await follower.round()
    at: dict[str, Any] = {"tenant_id": contoso.id, "group_id": group.group_id, "by": operator()}
    await grouping.delete_group(house, **at)
    assert changes(await follower.round()) == [(group.group_id, "changed")]
    assert follower.members == set()
    await grouping.restore_group(house, **at)
    assert changes(await follower.round(), "displayName") == [(group.group_id, None, "Readers")]
    assert follower.members == {(group.group_id, sam.user_id), (group.group_id, eva.user_id)}
    await _part(contoso, group, eva)
    await grouping.delete_group(house, **at)
    await grouping.restore_group(house, **at)
    await follower.round()
    assert follower.members == {(group.group_id, sam.user_id)}
    await grouping.delete_group(house, **at)
    await grouping.purge_group(house, **at)
    assert changes(await follower.round()) == [(group.group_id, "deleted")]
    assert await follower.round() == []


async def test_some_groups(program: Caller, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam")
    one, other = await _group(contoso, "One", sam), await _group(contoso, "Other", sam)
    follower = Follower(program, "groups", "?$filter=" + quote(f"id eq '{one.group_id}'"))
    await follower.round()
    assert set(follower.known) == {one.group_id}
    assert follower.members == {(one.group_id, sam.user_id)}
    for group in (one, other):
        await _part(contoso, group, sam)
    assert member_changes(await follower.round()) == {(one.group_id, sam.user_id, False)}


async def test_hidden_members_stay_hidden(graph: Graph, contoso: Place):
    sam, eva = [await world.member(contoso, name) for name in ("Sam", "Eva")]
    hidden = await _group(
        contoso, "Works council", sam, mail_enabled=True, security_enabled=False, types=("Unified",),
        visibility="HiddenMembership",
    )  # fmt: skip
    inside = Follower(await graph.person(sam, "Group.Read.All"), "groups")
    outside = Follower(await graph.person(eva, "Group.Read.All"), "groups")
    await inside.round()
    await outside.round()
    assert inside.members == {(hidden.group_id, sam.user_id)}
    assert set(outside.known) == {hidden.group_id}
    assert outside.members == set()


# --- Questions that are not answered ----------------------------------------------------------------------------------


async def test_who_may_not_list_may_not_follow(graph: Graph, contoso: Place):
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam")
    guest = await graph.person(sam, *EVERYTHING)
    idle = await graph.app(contoso)
    for caller in (guest, idle):
        for list_ in ("users", "groups"):
            assert (await caller.get(f"/v1.0/{list_}/delta")).status_code == 403
    assert (await graph.nobody.get("/v1.0/users/delta")).status_code == 401
    basic = Follower(await graph.app(contoso, "User.ReadBasic.All"), query="?$select=displayName,jobTitle")
    assert {frozenset(one) for one in await basic.round()} == {frozenset({"id", "displayName"})}


@pytest.mark.parametrize(
    "query",
    [
        "$top=5",
        "$expand=manager",
        "$orderby=displayName",
        "$search=%22displayName:a%22",
        "$count=true",
        "$select=nothing",
        "$select=members",
        "$filter=displayName eq 'Adele'",
        "$filter=id eq 'a' and id eq 'b'",
        "$filter=id ne 'a'",
        "$deltatoken=rubbish",
        "$deltatoken=",
        "$skiptoken=latest",
        "$filter=" + " or ".join(f"id eq '{number:032x}'" for number in range(51)),
    ],
)
async def test_a_question_that_is_not_answered(program: Caller, contoso: Place, query: str):
    answer = await program.get(f"/v1.0/users/delta?{quote(query, safe='$=&%')}")
    assert code_of(answer)[0] == 400


async def test_a_token_is_good_for_its_own_list_alone(graph: Graph, program: Caller, contoso: Place, fabrikam: Place):
    follower = Follower(program)
    await follower.round()
    query = follower.link.partition("?")[2]
    stranger = await graph.app(fabrikam, *EVERYTHING)
    assert (await program.get(f"/v1.0/users/delta?{query}")).status_code == 200
    assert (await program.get(f"/v1.0/groups/delta?{query}")).status_code == 400
    assert (await program.get(f"/beta/users/delta?{query}")).status_code == 400
    assert (await stranger.get(f"/v1.0/users/delta?{query}")).status_code == 400
    assert (await program.get(f"/v1.0/users/delta?{query}&$select=id")).status_code == 400
    assert (await program.get(f"/v1.0/users/delta?{query.replace('delta', 'skip')}")).status_code == 400


async def test_a_token_lives_seven_days(graph: Graph, contoso: Place, house: House):
    follower = Follower(await graph.app(contoso, "User.Read.All"), query="?$select=displayName")
    await follower.round()
    _advance(house, timedelta(days=7))
    follower.caller = await graph.app(contoso, "User.Read.All")
    old = follower.link
    await follower.round()
    _advance(house, timedelta(milliseconds=1))
    answer = await follower.caller.get(old)
    assert code_of(answer) == (410, "syncStateNotFound")
    again = answer.headers["location"]
    assert again == "https://vestibule.example/v1.0/users/delta?$select=displayName"
    assert len((await follower.caller.get(again)).json()["value"]) == 1


async def test_a_token_from_before_a_restored_backup(graph: Graph, contoso: Place, house: House):
    caller = await graph.app(contoso, "User.Read.All", "Group.Read.All")
    sam = await world.member(contoso, "Sam")
    await _part(contoso, await _group(contoso, "Readers", sam), sam)
    follower = Follower(caller)
    await follower.round()

    async def begin_anew(unit: Unit) -> None:
        feed.begin_anew(unit, "another")

    await house.store.change(begin_anew)
    assert code_of(await caller.get(follower.link)) == (410, "syncStateNotFound")
    follower.link = ""
    await follower.round()
    assert await follower.round() == []
    assert set(follower.known) == {contoso.administrator.user_id, sam.user_id}
    latest = Follower(caller, "groups", "?$deltatoken=latest")
    assert await latest.round() == []
    await world.member(contoso, "Eva")
    assert [one["displayName"] for one in await follower.round()] == ["Eva"]
