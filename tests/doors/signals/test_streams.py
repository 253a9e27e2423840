"""A receiver sets up its stream: what is offered, what is refused, pausing, and verifying."""

from dataclasses import replace
from typing import Any

import pytest

from soak.telling_breakages import any_app_has_a_stream, paused_streams_tell
from tests.doors.signals.conftest import Office
from tests.support import world
from tests.support.app_receiver import AppReceiver
from tests.support.broken import broken
from tests.support.graph import graph_door
from tests.support.signals import (
    DISABLED,
    ENABLED,
    POLL,
    PURGED,
    PUSH,
    REVOKED,
    SSF,
    Receiver,
    Signals,
    type_of,
)
from tests.support.world import Place
from vestibule.actions import app_roles, streams
from vestibule.actions.switching import disable, enable
from vestibule.rules.actors import operator
from vestibule.rules.connections import State
from vestibule.rules.signals import Status
from vestibule.store import connections, deliveries
from vestibule.store.memberships import Membership

ONE_DATABASE = pytest.mark.parametrize("house", ["sqlite"], indirect=True)
VERIFICATION = f"{SSF}verification"
UPDATED = f"{SSF}stream-updated"


@ONE_DATABASE
async def test_the_transmitter_is_described_between_the_host_and_the_path_of_its_issuer(
    door: Signals, contoso: Place
) -> None:
    origin = contoso.house.public_url
    base = f"{origin}/{contoso.id}"
    found = await door.http.get(f"/.well-known/ssf-configuration/{contoso.id}/v2.0")
    assert found.json() == {
        "spec_version": "1_0",
        "issuer": f"{base}/v2.0",
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "delivery_methods_supported": [PUSH, POLL],
        "configuration_endpoint": f"{base}/ssf/stream",
        "status_endpoint": f"{base}/ssf/status",
        "verification_endpoint": f"{base}/ssf/verify",
        "authorization_schemes": [{"spec_urn": "urn:ietf:rfc:6749"}, {"spec_urn": "urn:ietf:rfc:6750"}],
        "default_subjects": "ALL",
        "critical_subject_members": [],
    }
    assert found.headers["cache-control"] == "public, max-age=300"
    openid = (await door.http.get(f"/{contoso.id}/v2.0/.well-known/openid-configuration")).json()
    assert (openid["issuer"], openid["jwks_uri"]) == (found.json()["issuer"], found.json()["jwks_uri"])
    for path in (
        f"/{contoso.id}/v2.0/.well-known/ssf-configuration",
        f"/.well-known/ssf-configuration/{contoso.domain}/v2.0",
        f"/.well-known/SSF-configuration/{contoso.id}",
    ):
        assert (await door.http.get(path)).json() == found.json()
    for path in (
        "/.well-known/ssf-configuration/nobody.example/v2.0",
        "/.well-known/ssf-configuration/common/v2.0",
        f"/{contoso.id}/ssf/subjects",
    ):
        assert (await door.http.get(path)).status_code == 404
    assert (await door.http.post(f"/.well-known/ssf-configuration/{contoso.id}")).status_code == 405


async def test_a_stream_is_set_up_read_changed_and_removed(travel: Receiver, contoso: Place) -> None:
    assert (await travel.call("configuration", "GET")).json() == []
    made = await travel.create(description="Travel", events_requested=[REVOKED, PURGED, "urn:of:another"])
    base = f"{contoso.house.public_url}/{contoso.id}"
    assert made == {
        "stream_id": travel.stream_id,
        "iss": f"{base}/v2.0",
        "aud": travel.app.client_id,
        "delivery": {"method": POLL, "endpoint_url": f"{base}/ssf/poll"},
        "events_supported": [REVOKED, DISABLED, ENABLED, PURGED],
        "events_requested": [REVOKED, PURGED, "urn:of:another"],
        "events_delivered": [REVOKED, PURGED],
        "description": "Travel",
    }
    assert (await travel.call("configuration", "GET")).json() == [made]
    of = {"stream_id": travel.stream_id}
    assert (await travel.call("configuration", "GET", params=of)).json() == made
    second = await travel.call("configuration", "POST", {})
    assert (second.status_code, second.json()["err"]) == (409, "conflict")

    changed = await travel.call("configuration", "PATCH", {**of, "description": "Journeys"})
    assert changed.json() == {**made, "description": "Journeys"}
    pushed = {"method": PUSH, "endpoint_url": "https://travel.example/told", "authorization_header": "Bearer hush"}
    changed = await travel.call("configuration", "PATCH", {**made, "description": "Journeys", "delivery": pushed})
    assert changed.json()["delivery"] == {"method": PUSH, "endpoint_url": "https://travel.example/told"}
    kept = await connections.find(await contoso.house.store.read(), contoso.id, travel.app.app_id, "ssf")
    assert kept is not None
    assert b"hush" not in kept.sealed
    said_anew = await travel.call("configuration", "PUT", {**of, "events_requested": [DISABLED]})
    assert said_anew.json() == {
        **{name: value for name, value in made.items() if name != "description"},
        "events_requested": [DISABLED],
        "events_delivered": [DISABLED],
    }
    gone = await travel.call("configuration", "DELETE", params=of)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await travel.call("configuration", "GET", params=of)).status_code == 404
    await travel.create()
    told = [one for one in await world.events(contoso) if "onnection" in one.type]
    assert [one.type for one in told] == [*["app.setConnection"] * 5, "app.removeConnection", "app.setConnection"]
    assert told[3].record["facts"]["delivery"] == "push"


@broken(any_app_has_a_stream)
async def test_who_may_not_set_up_a_stream(door: Signals, contoso: Place, travel: Receiver, sam: Membership) -> None:
    await travel.create()
    other = await door.receiver(contoso, name="Other")
    without = await door.receiver(contoso, "User.Read.All", name="Without")
    fabrikam = await world.organization(contoso.house, "Fabrikam")
    foreign = await door.receiver(fabrikam, name="Foreign")
    async with graph_door(contoso.house) as graph:
        person = await graph.person(sam, "User.Read")
    described = await travel.metadata()
    where = described["configuration_endpoint"]
    status = {"stream_id": travel.stream_id, "status": "disabled"}
    verifying = {"stream_id": travel.stream_id}
    every: list[tuple[str, str, Any, dict[str, Any]]] = [
        ("GET", where, None, {"stream_id": travel.stream_id}),
        ("PATCH", where, {"stream_id": travel.stream_id}, {}),
        ("PUT", where, {"stream_id": travel.stream_id}, {}),
        ("DELETE", where, None, {"stream_id": travel.stream_id}),
        ("GET", described["status_endpoint"], None, {"stream_id": travel.stream_id}),
        ("POST", described["status_endpoint"], status, {}),
        ("POST", described["verification_endpoint"], verifying, {}),
        ("POST", f"/{contoso.id}/ssf/poll", {"ack": ["x.y"]}, {}),
    ]
    whose = {
        "nobody": (replace(travel, token=None), 401),
        "garbage": (replace(travel, token="garbage"), 401),
        "without the permission": (without, 403),
        "of another organization": (foreign, 403),
        "a person": (replace(travel, token=person.token), 403),
        "another app": (other, 404),
    }
    for who, (caller, expected) in whose.items():
        for method, address, body, query in every:
            refused = await caller.ask(method, address, body, params=query)
            assert refused.status_code == expected, (who, method, address, refused.text)
            assert refused.json()["err"]
            assert refused.headers["cache-control"] == "no-store"
            assert ("www-authenticate" in refused.headers) is (expected == 401)
    assert (await other.ask("GET", where)).json() == []
    assert (await without.ask("POST", where, {})).status_code == 403
    assert (await travel.ask("GET", described["status_endpoint"], params={"stream_id": travel.stream_id})).json() == {
        "stream_id": travel.stream_id,
        "status": "enabled",
    }
    await app_roles.set_permissions(
        contoso.house, tenant_id=contoso.id, app_id=travel.app.app_id, application_permissions=[], by=operator()
    )
    assert (await travel.ask("GET", where)).status_code == 403


@ONE_DATABASE
async def test_what_cannot_be_asked_of_a_stream(travel: Receiver) -> None:
    described = await travel.metadata()
    where = described["configuration_endpoint"]
    push: dict[str, Any] = {"method": PUSH, "endpoint_url": "https://travel.example/"}
    bad: list[Any] = [
        [],
        {"delivery": "x"},
        {"delivery": {}},
        {"delivery": {"method": "urn:ietf:rfc:1"}},
        {"delivery": {"method": PUSH}},
        {"delivery": {**push, "endpoint_url": "http://travel.example/"}},
        {"delivery": {**push, "endpoint_url": "https://travel.example/#x"}},
        {"delivery": {**push, "endpoint_url": 4}},
        {"delivery": {**push, "authorization_header": "a\r\nb: c"}},
        {"events_requested": "x"},
        {"events_requested": ["two words"]},
        {"events_requested": ["x"] + [f"urn:{n}" for n in range(101)]},
        {"description": 5},
        {"description": "x" * 501},
    ]
    for body in bad:
        refused = await travel.ask("POST", where, body)
        assert (refused.status_code, refused.json()["err"]) == (400, "invalid_request"), body
    for raw, kind in ((b"{", "application/json"), (b"{}", "text/plain"), (b'{"a":1,"a":2}', "application/json")):
        refused = await travel.ask("POST", where, None, content=raw, headers={"Content-Type": kind})
        assert refused.status_code == 400
    assert (await travel.ask("GET", where)).json() == []
    made = await travel.create()
    of = {"stream_id": travel.stream_id}
    wrong: list[tuple[str, str, Any]] = [
        ("PATCH", where, {}),
        ("PUT", where, {}),
        ("DELETE", where, None),
        ("PATCH", where, {**of, "iss": "https://else.example"}),
        ("PATCH", where, {**of, "aud": "else"}),
        ("PATCH", where, {**of, "events_delivered": [REVOKED]}),
        ("PUT", where, {**of, "events_supported": []}),
        ("GET", described["status_endpoint"], None),
        ("POST", described["status_endpoint"], {**of, "status": "asleep"}),
        ("POST", described["status_endpoint"], of),
        ("POST", described["status_endpoint"], {**of, "status": "paused", "reason": "x\x00"}),
        ("POST", described["verification_endpoint"], {}),
        ("POST", described["verification_endpoint"], {**of, "state": 1}),
        ("POST", described["verification_endpoint"], {**of, "state": "x" * 1025}),
    ]
    for method, address, body in wrong:
        assert (await travel.ask(method, address, body)).status_code == 400, (method, body)
    refused = await travel.ask("DELETE", described["status_endpoint"])
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    for method, address, body in (
        ("PATCH", where, {"stream_id": "else"}),
        ("POST", described["status_endpoint"], {"stream_id": "else", "status": "paused"}),
        ("POST", described["verification_endpoint"], {"stream_id": "else"}),
    ):
        assert (await travel.ask(method, address, body)).status_code == 404
    assert (await travel.ask("PUT", where, made)).json() == made


@broken(paused_streams_tell)
async def test_a_paused_stream_holds_what_happens(polled: Office, sam: Membership) -> None:
    paused = await polled.travel.set_status("paused", reason="Being moved")
    assert paused.json() == {"stream_id": polled.travel.stream_id, "status": "paused", "reason": "Being moved"}
    await polled.leave(sam)
    assert await polled.travel.take_all() == []
    assert (await polled.travel.set_status("enabled")).json()["status"] == "enabled"
    assert await polled.travel.take_all() == [REVOKED, DISABLED]


async def test_a_disabled_stream_drops_what_waits_and_what_happens(
    polled: Office, sam: Membership, robin: Membership
) -> None:
    of = {"stream_id": polled.travel.stream_id}
    await polled.leave(sam)
    await polled.travel.set_status("disabled")
    await polled.leave(robin)
    for guest in (sam, robin):
        one = await polled.recipient(guest)
        assert (one.state, one.answer) == (State.UNREACHABLE, "the stream is disabled")
    assert (await polled.travel.call("verification", "POST", of)).status_code == 409
    await polled.travel.set_status("enabled")
    assert await polled.travel.take_all() == []
    await polled.purge(robin)
    assert await polled.travel.take_all() == [REVOKED, PURGED]
    await polled.send_again()
    assert await polled.travel.take_all() == [REVOKED, DISABLED]
    assert (await polled.recipient(sam)).state == State.DISABLED_ONLY


async def test_a_permanent_deletion_while_a_stream_is_disabled_is_sent_by_hand(polled: Office, sam: Membership) -> None:
    await polled.leave(sam)
    await polled.travel.take_all()
    await polled.travel.set_status("disabled")
    await polled.purge(sam)
    assert (await polled.recipient(sam)).state == State.UNREACHABLE
    await polled.travel.set_status("enabled")
    assert await polled.travel.take_all() == []
    await polled.send_again()
    assert await polled.travel.take_all() == [REVOKED, PURGED]
    assert (await polled.recipient(sam)).state == State.CONFIRMED


async def test_an_administrator_pauses_it_and_the_receiver_is_told(polled: Office, sam: Membership) -> None:
    of: dict[str, Any] = {"tenant_id": polled.place.id, "app_id": polled.travel.app.app_id, "by": polled.place.admin}
    await polled.leave(sam)
    for status, reason in ((Status.PAUSED, "We look into it"), (Status.DISABLED, None)):
        await streams.set_status(polled.house, status, reason, **of)
        [told] = await polled.travel.told()
        why = {} if reason is None else {"reason": reason}
        assert told["events"] == {UPDATED: {"status": status.value, **why}}
        assert told["sub_id"] == {"format": "opaque", "id": polled.travel.stream_id}
        await polled.travel.poll(ack=[told["jti"]])
        assert await polled.travel.take_all() == []
    await streams.set_status(polled.house, Status.DISABLED, None, **of)
    assert await polled.travel.take_all() == []  # that is nothing new
    await streams.set_status(polled.house, Status.PAUSED, None, **of)
    await polled.travel.set_status("enabled")
    assert await polled.travel.take_all() == []  # nor is what the app undid before it heard of it


async def test_a_verification_comes_with_its_state(polled: Office) -> None:
    of = {"stream_id": polled.travel.stream_id}
    for state in ("first", "second"):
        asked = await polled.travel.call("verification", "POST", {**of, "state": state})
        assert (asked.status_code, asked.content) == (204, b"")
    [told] = await polled.travel.told()
    assert told["events"] == {VERIFICATION: {"state": "second"}}
    assert told["sub_id"] == {"format": "opaque", "id": polled.travel.stream_id}
    assert await polled.travel.take_all() == [VERIFICATION]
    await polled.travel.call("verification", "POST", of)
    assert [one["events"] for one in await polled.travel.told()] == [{VERIFICATION: {}}]
    reading = await polled.house.store.read()
    assert await deliveries.states(reading, polled.place.id, polled.travel.app.app_id, "ssf") == {}


async def test_a_pushed_stream_is_verified_paused_and_told_of_it(
    pushed: Office, post: AppReceiver, sam: Membership
) -> None:
    of = {"stream_id": pushed.travel.stream_id}
    await pushed.travel.call("verification", "POST", {**of, "state": "hello"})
    await pushed.deliver()
    await streams.set_status(
        pushed.house,
        Status.PAUSED,
        "We look into it",
        tenant_id=pushed.place.id,
        app_id=pushed.travel.app.app_id,
        by=pushed.place.admin,
    )
    await pushed.leave(sam)
    await pushed.deliver()
    told = await pushed.travel.pushes()
    assert [one["events"] for one in told] == [
        {VERIFICATION: {"state": "hello"}},
        {UPDATED: {"status": "paused", "reason": "We look into it"}},
    ]
    post.posts.clear()
    await pushed.travel.set_status("enabled")
    await pushed.deliver()
    assert [type_of(one) for one in await pushed.travel.pushes()] == [REVOKED, DISABLED]
    assert (await pushed.travel.ask("POST", f"/{pushed.place.id}/ssf/poll", {})).status_code == 404


async def test_when_the_app_is_told_only_of_its_people_others_stay_unknown_to_it(
    travel: Receiver, contoso: Place, sam: Membership
) -> None:
    await travel.create()
    await disable(contoso.house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    await enable(contoso.house, tenant_id=contoso.id, user_id=sam.user_id, by=contoso.admin)
    assert (await travel.poll())["sets"] == {}
