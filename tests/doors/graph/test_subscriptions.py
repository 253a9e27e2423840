"""Programs that are told of changes: at an address that agreed, for as long as they may read, each change once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support import world
from tests.support.crowd import Crowd
from tests.support.graph import EVERYTHING, Caller, Graph, code_of
from tests.support.receiver import STATE, Receiver, served_receiver
from tests.support.world import Place
from vestibule.actions import due, erasing, group_members, grouping, leaving, removing, restoring, switching
from vestibule.actions.deleting_apps import delete_app
from vestibule.actions.ending_sign_ins import end_app_sign_ins, end_organization_sign_ins
from vestibule.actions.house import House
from vestibule.actions.service_principals import update_principal
from vestibule.doors.graph.notifications import GIVE_UP, Notifications
from vestibule.ground.clock import StoppedClock, iso
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.store import feed, subscriptions
from vestibule.store.apps import find_by_client_id
from vestibule.store.unit import Unit


def _advance(house: House, step: timedelta) -> None:
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(step)


@pytest.fixture
async def receiver(house: House) -> AsyncIterator[Receiver]:
    """A program that wants to be told."""
    house.outgoing = Outgoing(allow_loopback=True, resolve=_as_written)
    async with served_receiver() as made:
        yield made


async def _as_written(host: str, _port: int) -> list[str]:
    """Addresses are what they say; nobody is asked for names."""
    return ["127.0.0.1"] if host == "localhost" else [host]


@pytest.fixture
def notifications(house: House) -> Notifications:
    """How they are told."""
    return Notifications(house)


def _wanted(house: House, receiver: Receiver, resource: str = "users", **more: Any) -> dict[str, Any]:
    return {
        "changeType": "updated,deleted",
        "notificationUrl": receiver.url,
        "resource": resource,
        "expirationDateTime": iso(house.clock.now() + timedelta(days=2)),
        "clientState": STATE,
        **more,
    }


async def _subscribe(who: Caller, house: House, receiver: Receiver, resource: str = "users", **more: Any) -> str:
    answer = await who.post("/v1.0/subscriptions", _wanted(house, receiver, resource, **more))
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _told(receiver: Receiver) -> list[tuple[str, str]]:
    found = [(one["resource"], one["changeType"]) for one in receiver.notices]
    receiver.notices.clear()
    return found


# --- Looking after subscriptions --------------------------------------------------------------------------------------


async def test_a_subscription_from_its_beginning_to_its_end(
    program: Caller, contoso: Place, house: House, receiver: Receiver
):
    body = _wanted(house, receiver, lifecycleNotificationUrl=receiver.lifecycle_url)
    made = await program.post("/v1.0/subscriptions", body)
    assert made.status_code == 201
    shown = made.json()
    assert made.headers["location"] == f"https://vestibule.example/v1.0/subscriptions/{shown['id']}"
    assert {name: shown[name] for name in ("resource", "changeType", "notificationUrl", "clientState")} == {
        "resource": "users",
        "changeType": "updated,deleted",
        "notificationUrl": receiver.url,
        "clientState": STATE,
    }
    assert (shown["applicationId"], shown["creatorId"]) == (program.client_id, None)
    assert receiver.validated == ["/changes", "/lifecycle"]
    one = (await program.get(f"/v1.0/subscriptions/{shown['id']}")).json()
    assert one["clientState"] is None
    assert [each["id"] for each in (await program.get("/v1.0/subscriptions")).json()["value"]] == [shown["id"]]

    later = iso(house.clock.now() + timedelta(days=10))
    renewed = await program.patch(f"/v1.0/subscriptions/{shown['id']}", {"expirationDateTime": later})
    assert renewed.status_code == 200
    assert datetime.fromisoformat(renewed.json()["expirationDateTime"]) == house.clock.now() + timedelta(days=10)
    moved = await program.patch(f"/v1.0/subscriptions/{shown['id']}", {"notificationUrl": f"{receiver.url}&other=1"})
    assert moved.json()["notificationUrl"].endswith("other=1")
    assert receiver.validated == ["/changes", "/lifecycle", "/changes"]
    assert (await program.post(f"/v1.0/subscriptions/{shown['id']}/reauthorize")).status_code == 204
    assert (await program.delete(f"/v1.0/subscriptions/{shown['id']}")).status_code == 204
    assert (await program.get(f"/v1.0/subscriptions/{shown['id']}")).status_code == 404
    assert (await program.get("/v1.0/subscriptions")).json()["value"] == []
    written = [one for one in await world.events(contoso) if one.type.startswith("subscription.")]
    assert [one.type for one in written] == [
        "subscription.create",
        "subscription.renew",
        "subscription.renew",
        "subscription.renew",
        "subscription.delete",
    ]


async def test_each_commit_fails_once(program: Caller, house: House, receiver: Receiver):
    house.faults.arm("commit", 1, 503)
    assert (await program.post("/v1.0/subscriptions", _wanted(house, receiver))).status_code == 503
    assert (await program.get("/v1.0/subscriptions")).json()["value"] == []
    at = f"/v1.0/subscriptions/{await _subscribe(program, house, receiver)}"
    before = (await program.get(at)).json()
    later = {"expirationDateTime": iso(house.clock.now() + timedelta(days=9))}
    house.faults.arm("commit", 1, 503)
    assert (await program.patch(at, later)).status_code == 503
    house.faults.arm("commit", 1, 503)
    assert (await program.delete(at)).status_code == 503
    assert (await program.get(at)).json() == before
    assert (await program.patch(at, later)).status_code == 200
    assert (await program.delete(at)).status_code == 204


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "created": ({"changeType": "created"}, "InvalidRequest"),
    "created too": ({"changeType": "updated,created"}, "InvalidRequest"),
    "another resource": ({"resource": "me/messages"}, "InvalidRequest"),
    "a part of it": ({"resource": "users?$select=id"}, "InvalidRequest"),
    "members of a user": ({"resource": "users/019b76da-a80a-7000-9b88-e7dbdf789da3/members"}, "InvalidRequest"),
    "too long": ({"expirationDateTime": "2026-12-31T00:00:00Z"}, "ExtensionError"),
    "over": ({"expirationDateTime": "2020-01-01T00:00:00Z"}, "ExtensionError"),
    "no address": ({"notificationUrl": "not an address"}, "InvalidRequest"),
    "another scheme": ({"notificationUrl": "ftp://127.0.0.1/x"}, "InvalidRequest"),
    "somebody's name": ({"notificationUrl": "http://a:b@127.0.0.1/x"}, "InvalidRequest"),
    "an inward address": ({"notificationUrl": "https://10.0.0.1/x"}, "ValidationError"),
    "the address of the machine": ({"notificationUrl": "https://169.254.169.254/latest"}, "ValidationError"),
    "the data": ({"includeResourceData": True}, "InvalidRequest"),
    "another host": ({"lifecycleNotificationUrl": "http://localhost/x"}, "InvalidRequest"),
    "a long state": ({"clientState": "x" * 129}, "Request_BadRequest"),
    "its own id": ({"id": "x"}, "Request_BadRequest"),
}


@pytest.mark.parametrize("case", BAD)
async def test_what_cannot_be_subscribed_to(program: Caller, house: House, receiver: Receiver, case: str):
    changed, code = BAD[case]
    answer = await program.post("/v1.0/subscriptions", _wanted(house, receiver, **changed))
    assert code_of(answer) == (400, code)
    assert (await program.get("/v1.0/subscriptions")).json()["value"] == []


async def test_an_address_that_does_not_agree(program: Caller, house: House, receiver: Receiver):
    receiver.echoes = False
    answer = await program.post("/v1.0/subscriptions", _wanted(house, receiver))
    assert code_of(answer) == (400, "ValidationError")
    assert "text/plain" in answer.json()["error"]["message"]
    elsewhere = _wanted(house, receiver, notificationUrl=f"{receiver.origin}/elsewhere")
    assert code_of(await program.post("/v1.0/subscriptions", elsewhere)) == (400, "ValidationError")
    closed = _wanted(house, receiver, notificationUrl="http://127.0.0.1:9/")
    assert code_of(await program.post("/v1.0/subscriptions", closed)) == (400, "ValidationError")


async def test_loopback_is_refused_unless_it_is_allowed(program: Caller, house: House, receiver: Receiver):
    house.outgoing = Outgoing(resolve=_as_written)
    assert code_of(await program.post("/v1.0/subscriptions", _wanted(house, receiver))) == (400, "InvalidRequest")
    https = _wanted(house, receiver, notificationUrl=receiver.url.replace("http:", "https:"))
    assert code_of(await program.post("/v1.0/subscriptions", https)) == (400, "ValidationError")
    assert receiver.validated == []


async def test_a_short_one_is_made_longer(program: Caller, house: House, receiver: Receiver):
    soon = iso(house.clock.now() + timedelta(minutes=5))
    answer = await program.post("/v1.0/subscriptions", _wanted(house, receiver, expirationDateTime=soon))
    ends = datetime.fromisoformat(answer.json()["expirationDateTime"])
    assert ends == house.clock.now() + timedelta(minutes=45)


async def test_everybody_has_their_own(
    graph: Graph, program: Caller, contoso: Place, fabrikam: Place, house: House, receiver: Receiver
):
    mine = await _subscribe(program, house, receiver)
    others = [
        await graph.app(contoso, *EVERYTHING),
        await graph.app(fabrikam, *EVERYTHING),
        await graph.person(contoso.administrator, *EVERYTHING),
    ]
    for other in others:
        assert (await other.get(f"/v1.0/subscriptions/{mine}")).status_code == 404
        assert (await other.delete(f"/v1.0/subscriptions/{mine}")).status_code == 404
        assert (await other.get("/v1.0/subscriptions")).json()["value"] == []
    idle = await graph.app(contoso)
    assert (await idle.post("/v1.0/subscriptions", _wanted(house, receiver))).status_code == 403
    groups_only = await graph.app(contoso, "Group.Read.All")
    assert (await groups_only.post("/v1.0/subscriptions", _wanted(house, receiver))).status_code == 403
    assert (await groups_only.post("/v1.0/subscriptions", _wanted(house, receiver, "groups"))).status_code == 201
    sam = await world.guest(contoso, "sam@elsewhere.example", "Sam")
    guest = await graph.person(sam, *EVERYTHING)
    assert (await guest.post("/v1.0/subscriptions", _wanted(house, receiver))).status_code == 403
    nobody = "019b76da-a80a-7000-9b88-000000000000"
    for resource in (f"users/{nobody}", f"groups/{nobody}/members"):
        assert (await program.post("/v1.0/subscriptions", _wanted(house, receiver, resource))).status_code == 404


# --- Being told -------------------------------------------------------------------------------------------------------


async def test_a_life_as_it_is_told(
    program: Caller, contoso: Place, house: House, receiver: Receiver, notifications: Notifications
):
    subscription = await _subscribe(program, house, receiver)
    assert await notifications.deliver_waiting() == 0
    sam, _ = await world.invited(contoso, "sam@elsewhere.example", "Sam")
    resource = f"Users/{sam.user_id}"
    assert await notifications.deliver_waiting() == 1
    [notice] = receiver.notices
    assert notice["subscriptionId"] == subscription
    assert notice["clientState"] == STATE
    assert notice["tenantId"] == contoso.id
    assert notice["resourceData"]["@odata.type"] == "#Microsoft.Graph.User"
    assert notice["resourceData"]["id"] == sam.user_id
    assert b"elsewhere" not in receiver.bodies[-1]
    assert b"Sam" not in receiver.bodies[-1]
    assert receiver.is_signed()
    assert _told(receiver) == [(resource, "updated")]
    at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": sam.user_id, "by": operator()}
    for act in (removing.remove, restoring.restore, removing.remove):
        await act(house, **at)
        assert await notifications.deliver_waiting() == 1
        assert _told(receiver) == [(resource, "updated")]
    await erasing.purge(house, **at)
    await due.run_due(house)
    assert await notifications.deliver_waiting() == 1
    assert _told(receiver) == [(resource, "deleted")]
    assert await notifications.deliver_waiting() == 0


async def test_one_user_one_group_and_its_members(
    program: Caller, contoso: Place, house: House, receiver: Receiver, notifications: Notifications
):
    sam, eva = [await world.member(contoso, name) for name in ("Sam", "Eva")]
    new = NewGroup("Readers", "readers")
    made = await grouping.create_group(house, new, tenant_id=contoso.id, by=operator())
    group = f"Groups/{made.group_id}"
    ids = {
        await _subscribe(program, house, receiver, f"users/{sam.user_id}"): "user",
        await _subscribe(program, house, receiver, f"groups/{made.group_id}"): "group",
        await _subscribe(program, house, receiver, f"/groups/{made.group_id}/members"): "members",
        await _subscribe(program, house, receiver, "groups", changeType="deleted"): "gone",
    }
    for who in (sam, eva):
        await program.patch(f"/v1.0/users/{who.user_id}", {"jobTitle": "Buyer"})
    await notifications.deliver_waiting()
    assert _told(receiver) == [(f"Users/{sam.user_id}", "updated")]

    await program.patch(f"/v1.0/groups/{made.group_id}", {"description": "Who reads"})
    await notifications.deliver_waiting()
    assert [ids[one["subscriptionId"]] for one in receiver.notices] == ["group"]
    assert _told(receiver) == [(group, "updated")]

    at: dict[str, Any] = {"tenant_id": contoso.id, "group_id": made.group_id, "by": operator()}
    await group_members.add_member(house, user_id=sam.user_id, **at)
    await notifications.deliver_waiting()
    assert {ids[one["subscriptionId"]] for one in receiver.notices} == {"group", "members"}
    assert all(one["resourceData"]["members@delta"] == [{"id": sam.user_id}] for one in receiver.notices)
    receiver.notices.clear()
    await removing.remove(house, tenant_id=contoso.id, user_id=sam.user_id, by=operator())
    await notifications.deliver_waiting()
    gone = [{"id": sam.user_id, "@removed": "deleted"}]
    about = {ids[one["subscriptionId"]]: one["resourceData"].get("members@delta") for one in receiver.notices}
    assert about == {"user": None, "group": gone, "members": gone}
    receiver.notices.clear()

    await grouping.delete_group(house, **at)
    await notifications.deliver_waiting()
    assert _told(receiver) == [(group, "updated")]
    await grouping.purge_group(house, **at)
    await notifications.deliver_waiting()
    assert [ids[one["subscriptionId"]] for one in receiver.notices] in (["group", "gone"], ["gone", "group"])
    assert set(_told(receiver)) == {(group, "deleted")}
    left = (await program.get("/v1.0/subscriptions")).json()["value"]
    assert {ids[one["id"]] for one in left} == {"user", "gone"}


async def test_what_is_not_taken_is_sent_again_with_the_same_id(
    program: Caller, contoso: Place, house: House, receiver: Receiver, notifications: Notifications
):
    await _subscribe(program, house, receiver)
    receiver.status = 503
    sam = await world.member(contoso, "Sam")
    assert await notifications.deliver_waiting() == 0
    assert await notifications.deliver_waiting() == 0  # not before the wait is over
    assert len(receiver.refused) == 1
    _advance(house, timedelta(seconds=10))
    assert await notifications.deliver_waiting() == 0
    receiver.status = 200
    _advance(house, timedelta(seconds=30))
    assert await notifications.deliver_waiting() == 1
    [told] = receiver.notices
    assert told["resource"] == f"Users/{sam.user_id}"
    assert {one["id"] for one in receiver.refused} == {told["id"]}
    assert await notifications.deliver_waiting() == 0


async def test_after_four_hours_it_is_given_up_and_said_so(
    program: Caller, contoso: Place, house: House, receiver: Receiver, notifications: Notifications
):
    await _subscribe(program, house, receiver, lifecycleNotificationUrl=receiver.lifecycle_url)
    await world.member(contoso, "Sam")
    receiver.status = 500
    tries = 0
    while len(receiver.refused) > tries or tries == 0:
        tries = len(receiver.refused)
        await notifications.deliver_waiting()
        _advance(house, timedelta(minutes=30))
        if tries * timedelta(minutes=30) > GIVE_UP + timedelta(hours=1):
            break
    receiver.status = 202
    receiver.refused.clear()
    await notifications.deliver_waiting()
    assert receiver.notices == []
    [missed] = receiver.lifecycle
    assert missed["lifecycleEvent"] == "missed"
    assert missed["clientState"] == STATE
    eva = await world.member(contoso, "Eva")
    await notifications.deliver_waiting()
    assert _told(receiver) == [(f"Users/{eva.user_id}", "updated")]
    assert len(receiver.lifecycle) == 1


async def test_one_that_ends_soon_is_announced_and_one_that_ended_is_silent(
    program: Caller, contoso: Place, house: House, receiver: Receiver, notifications: Notifications
):
    soon = iso(house.clock.now() + timedelta(minutes=50))
    id_ = await _subscribe(
        program, house, receiver, expirationDateTime=soon, lifecycleNotificationUrl=receiver.lifecycle_url
    )
    await notifications.deliver_waiting()
    assert receiver.lifecycle == []
    _advance(house, timedelta(minutes=20))
    for _ in range(3):
        await notifications.deliver_waiting()
    assert [one["lifecycleEvent"] for one in receiver.lifecycle] == ["reauthorizationRequired"]
    assert (await program.post(f"/v1.0/subscriptions/{id_}/reauthorize")).status_code == 204
    await notifications.deliver_waiting()
    assert len(receiver.lifecycle) == 2
    _advance(house, timedelta(minutes=30))
    await world.member(contoso, "Sam")
    assert await notifications.deliver_waiting() == 0
    assert receiver.notices == []
    assert await subscriptions.count(await house.store.read(), contoso.id) == 0


async def test_places_of_another_feed_are_missed(
    program: Caller, contoso: Place, house: House, receiver: Receiver, notifications: Notifications
):
    await _subscribe(program, house, receiver, lifecycleNotificationUrl=receiver.lifecycle_url)

    async def begin_anew(unit: Unit) -> None:
        feed.begin_anew(unit, "another")

    await house.store.change(begin_anew)
    await notifications.deliver_waiting()
    assert [one["lifecycleEvent"] for one in receiver.lifecycle] == ["missed"]
    await world.member(contoso, "Sam")
    await notifications.deliver_waiting()
    assert len(receiver.notices) == 1
    assert len(receiver.lifecycle) == 1


# --- Who may not know any more ----------------------------------------------------------------------------------------


async def _is_over(
    contoso: Place, house: House, receiver: Receiver, notifications: Notifications, events: list[str]
) -> None:
    """Nothing more is told, not even of what happened before."""
    await world.member(contoso, "Somebody")
    await notifications.deliver_waiting()
    assert receiver.notices == []
    assert [one["lifecycleEvent"] for one in receiver.lifecycle] == events
    assert await subscriptions.count(await house.store.read(), contoso.id) == 0


@pytest.mark.parametrize("end", ["leave", "disable", "remove", "sign out", "leave and return", "app's sign-ins"])
async def test_it_ends_with_the_person(
    graph: Graph, contoso: Place, house: House, receiver: Receiver, notifications: Notifications, end: str
):
    sam = await world.member(contoso, "Sam") if end != "leave" else await world.guest(contoso, "s@elsewhere.example")
    scopes = ("User.Read.All", "User.Read")
    resource = "users" if end != "leave" else f"users/{sam.user_id}"
    caller = await graph.person(sam, *scopes)
    await _subscribe(caller, house, receiver, resource, lifecycleNotificationUrl=receiver.lifecycle_url)
    at: dict[str, Any] = {"tenant_id": contoso.id, "user_id": sam.user_id, "by": operator()}
    match end:
        case "leave":
            await leaving.leave(house, tenant_id=contoso.id, by=world.at_portal(sam), key="away")
        case "disable":
            await switching.disable(house, **at)
        case "sign out":
            await (await graph.person(sam, *EVERYTHING)).post("/v1.0/me/revokeSignInSessions")
        case "app's sign-ins":
            app = await find_by_client_id(await house.store.read(), caller.client_id)
            assert app is not None
            await end_app_sign_ins(house, tenant_id=contoso.id, app_id=app.app_id, by=operator())
        case _:
            await removing.remove(house, **at)
    if end == "leave and return":
        await restoring.restore(house, **at)
    await _is_over(contoso, house, receiver, notifications, ["subscriptionRemoved"])


@pytest.mark.parametrize("end", ["disabled", "deleted", "organization's sign-ins"])
async def test_it_ends_with_the_program(
    graph: Graph, contoso: Place, house: House, receiver: Receiver, notifications: Notifications, end: str
):
    caller = await graph.app(contoso, "User.Read.All")
    await _subscribe(caller, house, receiver, lifecycleNotificationUrl=receiver.lifecycle_url)
    app = await find_by_client_id(await house.store.read(), caller.client_id)
    assert app is not None
    at: dict[str, Any] = {"tenant_id": contoso.id, "by": operator()}
    if end == "disabled":
        changes = {"enabled": False}
        await update_principal(house, principal_id=app.service_principal_id, changes=changes, **at)
    elif end == "organization's sign-ins":
        await end_organization_sign_ins(house, **at)
    else:
        await delete_app(house, app_id=app.app_id, **at)
    await _is_over(contoso, house, receiver, notifications, ["subscriptionRemoved"])


# --- Many at once -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2])
async def test_nothing_is_missed_and_nothing_told_twice(
    program: Caller, contoso: Place, house: House, receiver: Receiver, seed: int
):
    crowd = Crowd(contoso)
    crowd.users += [(await world.member(contoso, f"First{number}")).user_id for number in range(6)]
    new = NewGroup("Readers", "readers")
    crowd.groups.append((await grouping.create_group(house, new, tenant_id=contoso.id, by=operator())).group_id)
    await _subscribe(program, house, receiver)
    await _subscribe(program, house, receiver, "groups")
    writing = asyncio.ensure_future(crowd.run(8, 30, seed))
    workers = [Notifications(house), Notifications(house)]
    while not writing.done():
        await asyncio.gather(*(worker.deliver_waiting() for worker in workers))
        await asyncio.sleep(0)
    await writing
    for _ in range(2):
        await workers[0].deliver_waiting()
    assert await workers[1].deliver_waiting() == 0

    ids = Counter(one["id"] for one in receiver.notices)
    assert set(ids.values()) == {1}
    about = Counter(one["resourceData"]["id"] for one in receiver.notices)
    changed = {id_ for id_ in crowd.done if isinstance(id_, str)}
    assert changed <= set(about)
    for user_id in crowd.users:
        assert about[user_id] <= crowd.done[user_id]
    last: dict[str, str] = {}
    for one in receiver.notices:
        last[one["resource"]] = one["changeType"]
    gone = {resource.partition("/")[2] for resource, change in last.items() if change == "deleted"}
    there = {one["id"] for page in await program.pages("/v1.0/users") for one in page}
    restorable = {one["id"] for page in await program.pages("/v1.0/directory/deletedItems/graph.user") for one in page}
    assert gone & set(crowd.users) == set(crowd.users) - there - restorable


async def test_a_slow_receiver_holds_nobody_up(
    program: Caller, contoso: Place, house: House, receiver: Receiver, notifications: Notifications
):
    async with served_receiver() as other:
        await _subscribe(program, house, receiver)
        await _subscribe(program, house, other)
        receiver.status = 503
        await world.member(contoso, "Sam")
        assert await notifications.deliver_waiting() == 1
        assert len(other.notices) == 1
