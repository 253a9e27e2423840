"""A receiver that polls: what it is told, what counts as its answer, and what waits for it."""

from datetime import timedelta
from typing import Any

import pytest

from soak.telling_breakages import (
    ends_of_sessions_lost,
    one_acknowledgement_for_all,
    passwords_not_told,
    removal_waits_for_nobody,
    visited_not_told,
)
from tests.doors.signals.conftest import Office
from tests.support import world
from tests.support.broken import broken
from tests.support.signals import DISABLED, ENABLED, PURGED, REVOKED, Signals, signals_door, type_of
from vestibule.actions import (
    credentials,
    directory_users,
    due,
    erasing,
    removing,
    restoring,
    signing_out,
    waiving,
)
from vestibule.actions.subjects import pairwise
from vestibule.actions.switching import disable, enable
from vestibule.ground.passwords import Passwords
from vestibule.rules.connections import Kind, State
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.store import deliveries
from vestibule.store.memberships import Membership


async def test_a_leave_is_told_in_two_tokens_without_anything_of_the_profile(polled: Office, sam: Membership) -> None:
    await polled.leave(sam)
    answered = await polled.travel.poll()
    first, second = [await polled.travel.checked(token) for token in answered["sets"].values()]
    at = int(polled.clock.now().timestamp())
    assert [type_of(first), type_of(second)] == [REVOKED, DISABLED]
    assert first["txn"] == second["txn"]
    assert list(answered["sets"]) == [first["jti"], second["jti"]]
    assert "moreAvailable" not in answered
    issuer = (await polled.travel.metadata())["issuer"]
    subject = {"format": "iss_sub", "iss": issuer, "sub": pairwise(polled.house, sam, polled.travel.app)}
    assert first["sub_id"] == second["sub_id"] == subject
    assert (first["toe"], second["events"][DISABLED]) == (at, {})
    event = first["events"][REVOKED]
    assert (event["event_timestamp"], event["initiating_entity"]) == (at, "user")
    assert "am" not in str(event["reason_admin"]["en"]).split()
    for token in answered["sets"].values():
        assert "sam" not in token
    assert "Rivers" not in str((first, second))
    assert "elsewhere.example" not in str((first, second))


async def test_each_thing_that_becomes_of_somebody_has_its_events(polled: Office, sam: Membership) -> None:
    of: dict[str, Any] = {"tenant_id": sam.tenant_id, "user_id": sam.user_id, "by": polled.place.admin}
    told = []
    for act in (disable, enable, removing.remove, restoring.restore, removing.remove, erasing.purge):
        await act(polled.house, **of)
        told.append(await polled.travel.take_all())
    assert told == [
        [REVOKED, DISABLED],
        [ENABLED],
        [REVOKED, DISABLED],
        [ENABLED],
        [REVOKED, DISABLED],
        [REVOKED, PURGED],
    ]
    assert (await polled.recipient(sam)).state == State.CONFIRMED


async def test_somebody_who_is_disabled_is_still_disabled_after_a_restore(polled: Office, sam: Membership) -> None:
    of: dict[str, Any] = {"tenant_id": sam.tenant_id, "user_id": sam.user_id, "by": polled.place.admin}
    for act in (disable, removing.remove):
        await act(polled.house, **of)
    await polled.travel.take_all()
    await restoring.restore(polled.house, **of)
    assert await polled.travel.take_all() == [DISABLED]


async def test_sign_outs_are_told(polled: Office, sam: Membership) -> None:
    adele = await world.member(polled.place)
    await directory_users.revoke_sign_in_sessions(
        polled.house, tenant_id=adele.tenant_id, user_id=adele.user_id, by=polled.place.admin
    )
    assert sam.person_id is not None
    polled.clock.advance(timedelta(seconds=1))
    await signing_out.sign_out_everywhere(polled.house, person_id=sam.person_id, by=world.at_portal(sam))
    told = await polled.travel.told()
    assert [type_of(one) for one in told] == [REVOKED, REVOKED]
    assert [one["events"][REVOKED]["initiating_entity"] for one in told] == ["admin", "user"]


@broken(passwords_not_told)
async def test_a_new_password_ends_sessions_and_is_told_as_such(polled: Office) -> None:
    adele = await world.member(polled.place)
    of: dict[str, Any] = {"tenant_id": adele.tenant_id, "user_id": adele.user_id}
    new = await credentials.hashed(Passwords(polled.house.chance), "a-fine-new-password-of-hers")
    await directory_users.set_password(polled.house, **of, password=new, by=world.at_portal(adele), own=True)
    [told] = await polled.travel.told()
    assert (type_of(told), told["events"][REVOKED]["initiating_entity"]) == (REVOKED, "user")
    await polled.travel.poll(ack=[told["jti"]], maxEvents=0)
    await directory_users.update_user(polled.house, changes={}, **of, password=new, by=polled.place.admin)
    [told] = await polled.travel.told()
    assert (type_of(told), told["events"][REVOKED]["initiating_entity"]) == (REVOKED, "admin")
    await polled.travel.poll(ack=[told["jti"]], maxEvents=0)
    await directory_users.update_user(
        polled.house, changes={"accountEnabled": False}, **of, password=new, by=polled.place.admin
    )
    assert [type_of(one) for one in await polled.travel.told()] == [REVOKED, DISABLED]


@broken(visited_not_told)
async def test_whoever_is_signed_out_or_disabled_at_home_is_told_of_where_they_are_a_guest(polled: Office) -> None:
    fabrikam = await world.organization(polled.house, "Fabrikam")
    member = await world.member(fabrikam)
    guest = await world.visitor(polled.place, member)
    of: dict[str, Any] = {"tenant_id": member.tenant_id, "user_id": member.user_id, "by": fabrikam.admin}
    for act in (directory_users.revoke_sign_in_sessions, disable):
        await act(polled.house, **of)
        [told] = await polled.travel.told()
        assert (type_of(told), told["events"][REVOKED]["initiating_entity"]) == (REVOKED, "admin")
        assert told["sub_id"]["sub"] == pairwise(polled.house, guest, polled.travel.app)
        await polled.travel.poll(ack=[told["jti"]], maxEvents=0)


@broken(ends_of_sessions_lost)
async def test_the_newest_thing_is_told_and_an_end_of_sessions_is_not_lost(
    polled: Office, sam: Membership, robin: Membership
) -> None:
    of: dict[str, Any] = {"tenant_id": sam.tenant_id, "by": polled.place.admin}
    await disable(polled.house, user_id=sam.user_id, **of)
    stale = await polled.travel.poll()
    ended = int(polled.clock.now().timestamp())
    polled.clock.advance(timedelta(minutes=1))
    await enable(polled.house, user_id=sam.user_id, **of)
    polled.clock.advance(timedelta(minutes=1))
    await disable(polled.house, user_id=robin.user_id, **of)
    await directory_users.revoke_sign_in_sessions(polled.house, user_id=robin.user_id, **of)
    told = await polled.travel.told(ack=list(stale["sets"]))  # of what is not true any more
    assert [type_of(one) for one in told] == [REVOKED, ENABLED, REVOKED, DISABLED]
    assert told[0]["events"][REVOKED]["event_timestamp"] == ended
    await polled.travel.poll(ack=[told[0]["jti"]], maxEvents=0)
    await removing.remove(polled.house, user_id=sam.user_id, **of)
    await polled.travel.poll(ack=[one["jti"] for one in await polled.travel.told() if type_of(one) == REVOKED])
    await restoring.restore(polled.house, user_id=sam.user_id, **of)
    assert sorted(await polled.travel.take_all()) == [DISABLED, ENABLED]  # that sessions ended was taken of both


async def test_what_is_not_acknowledged_comes_again_and_holds_up_nothing(
    polled: Office, door: Signals, sam: Membership, robin: Membership
) -> None:
    for guest in (sam, robin):
        await polled.leave(guest)
        polled.clock.advance(timedelta(seconds=1))
    assert (await polled.travel.poll(maxEvents=0)) == {"sets": {}, "moreAvailable": True}
    first = await polled.travel.poll(maxEvents=2)
    assert (len(first["sets"]), first["moreAvailable"]) == (2, True)
    second = await polled.travel.poll(maxEvents=2)
    assert not set(first["sets"]) & set(second["sets"])
    async with signals_door(polled.house) as anew:  # nothing of it is kept in the process
        polled.travel.http = anew.http
        again = await polled.travel.poll()
        assert set(again["sets"]) == {*first["sets"], *second["sets"]}
        left = await polled.travel.poll(ack=[next(iter(first["sets"])), "nothing", "nothing.session-revoked"])
        assert len(left["sets"]) == 3
        assert (await polled.travel.poll(ack=list(left["sets"])))["sets"] == {}
    polled.travel.http = door.http
    assert (await polled.travel.poll())["sets"] == {}
    assert (await polled.recipient(sam)).state == State.DISABLED_ONLY


async def test_a_token_that_is_refused_is_not_offered_again_until_somebody_sends_it(
    polled: Office, sam: Membership
) -> None:
    await polled.leave(sam)
    first, second = (await polled.travel.poll())["sets"]
    errors = {second: {"err": "invalid_key", "description": "a name of somebody"}}
    assert (await polled.travel.poll(ack=[first], setErrs=errors))["sets"] == {}
    one = await polled.recipient(sam)
    assert (one.state, one.answer) == (State.REFUSED, "error invalid_key")
    await polled.send_again()
    assert list((await polled.travel.poll())["sets"]) == [second]
    await polled.travel.take_all()
    assert (await polled.recipient(sam)).state == State.DISABLED_ONLY


@broken(one_acknowledgement_for_all, removal_waits_for_nobody)
async def test_a_removal_waits_until_each_of_the_tokens_is_acknowledged(polled: Office, sam: Membership) -> None:
    await polled.leave(sam)
    await polled.purge(sam)
    await due.run_due(polled.house)
    assert isinstance(await polled.stage(sam), Purged)
    told = await polled.travel.told()
    assert [type_of(one) for one in told] == [REVOKED, PURGED]
    await polled.travel.poll(ack=[told[0]["jti"]], maxEvents=0)
    await due.run_due(polled.house)
    assert (await polled.recipient(sam)).state == State.WAITING
    assert [type_of(one) for one in await polled.travel.told()] == [PURGED]
    await polled.travel.poll(ack=[told[1]["jti"]])
    assert (await polled.recipient(sam)).state == State.CONFIRMED
    assert [done.verb for done in await due.run_due(polled.house)] == ["erase"]
    assert isinstance(await polled.stage(sam), Erased)
    reading = await polled.house.store.read()
    assert await deliveries.find(reading, sam.tenant_id, polled.travel.app.app_id, "ssf", sam.user_id) is None


async def test_a_removal_waits_for_a_silent_receiver_until_it_is_waived(polled: Office, sam: Membership) -> None:
    await polled.leave(sam)
    await polled.purge(sam)
    await due.run_due(polled.house)  # it waits already when somebody has to be warned, and so the stream is named
    polled.clock.advance(timedelta(days=31))
    await polled.travel.renew()
    await due.run_due(polled.house)
    assert isinstance(await polled.stage(sam), Purged)
    assert len((await polled.travel.poll())["sets"]) == 2  # it is there for whoever asks late
    await waiving.waive_recipient(
        polled.house,
        Kind.SSF,
        tenant_id=sam.tenant_id,
        user_id=sam.user_id,
        app_id=polled.travel.app.app_id,
        why="It was switched off",
        by=polled.place.admin,
    )
    await due.run_due(polled.house)
    assert isinstance(await polled.stage(sam), Erased)


async def test_only_what_was_asked_for_is_told(polled: Office, sam: Membership, robin: Membership) -> None:
    await polled.travel.call(
        "configuration", "PATCH", {"stream_id": polled.travel.stream_id, "events_requested": [REVOKED, "urn:else"]}
    )
    await disable(polled.house, tenant_id=sam.tenant_id, user_id=sam.user_id, by=polled.place.admin)
    assert await polled.travel.take_all() == [REVOKED]
    await enable(polled.house, tenant_id=sam.tenant_id, user_id=sam.user_id, by=polled.place.admin)
    assert await polled.travel.take_all() == []
    await polled.leave(robin)
    await polled.travel.take_all()
    await polled.purge(robin)  # an answer to anything but account-purged would not say that the data are gone
    assert await polled.travel.take_all() == []
    one = await polled.recipient(robin)
    assert (one.state, one.answer) == (State.REFUSED, "the stream does not ask for it")
    await due.run_due(polled.house)
    assert isinstance(await polled.stage(robin), Purged)


@pytest.mark.parametrize(
    "body",
    [
        {"maxEvents": -1},
        {"maxEvents": True},
        {"maxEvents": "2"},
        {"returnImmediately": 1},
        {"ack": "x"},
        {"ack": [1]},
        {"setErrs": ["x"]},
        {"setErrs": {"x": "y"}},
        {"setErrs": {"x": {"err": 1}}},
        {"ack": ["x"] + [f"{n}.x" for n in range(1001)]},
        [],
    ],
    ids=str,
)
@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_what_cannot_be_polled(polled: Office, body: Any) -> None:
    refused = await polled.travel.ask("POST", f"/{polled.place.id}/ssf/poll", body)
    assert refused.status_code == 400
    assert refused.json()["err"] == "invalid_request"
