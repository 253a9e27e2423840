"""A receiver that is pushed to: what counts as its answer, and receivers in trouble."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from soak.telling_breakages import deletions_confirmed_by_anything, every_success_acknowledges
from tests.doors.signals.conftest import Office
from tests.support.app_receiver import AppReceiver, answer
from tests.support.broken import broken
from tests.support.signals import DISABLED, PURGED, PUSH, REVOKED, TAKEN, Receiver, push_receiver, refusing, type_of
from tests.support.world import Place
from vestibule.actions import due
from vestibule.actions.streams import Wish, change_stream
from vestibule.doors.letters.connected import Connected
from vestibule.ground.certificates import for_development
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.connections import State
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.store.memberships import Membership


async def test_each_token_is_pushed_in_a_request_of_its_own(pushed: Office, post: AppReceiver, sam: Membership) -> None:
    await pushed.leave(sam)
    assert await pushed.deliver() == 1
    told = await pushed.travel.pushes()
    assert [type_of(one) for one in told] == [REVOKED, DISABLED]
    assert told[0]["txn"] == told[1]["txn"]
    assert "authorization" not in post.posts[0][0]
    assert await pushed.deliver() == 0
    assert (await pushed.recipient(sam)).state == State.DISABLED_ONLY


async def test_the_receivers_own_authorization_is_said(pushed: Office, post: AppReceiver, sam: Membership) -> None:
    delivery = {"method": PUSH, "endpoint_url": post.url, "authorization_header": "Bearer of-theirs"}
    of = {"stream_id": pushed.travel.stream_id}
    changed = await pushed.travel.call("configuration", "PATCH", {**of, "delivery": delivery})
    assert "of-theirs" not in changed.text
    await pushed.leave(sam)
    await pushed.deliver()
    assert {headers["authorization"] for headers, _ in post.posts} == {"Bearer of-theirs"}


async def test_a_removal_waits_for_the_202(pushed: Office, post: AppReceiver, sam: Membership) -> None:
    post.manner = answer(503)
    await pushed.leave(sam)
    await pushed.purge(sam)
    await pushed.deliver()
    await due.run_due(pushed.house)
    assert isinstance(await pushed.stage(sam), Purged)
    assert (await pushed.recipient(sam)).state == State.SILENT
    post.manner = TAKEN
    post.posts.clear()
    pushed.clock.advance(timedelta(hours=1))
    assert await pushed.deliver() == 1
    assert [type_of(one) for one in await pushed.travel.pushes()] == [REVOKED, PURGED]
    assert (await pushed.recipient(sam)).state == State.CONFIRMED
    await due.run_due(pushed.house)
    assert isinstance(await pushed.stage(sam), Erased)


TROUBLE = {
    "half": State.UNREACHABLE,
    "reset": State.UNREACHABLE,
    "huge": State.SILENT,
    "redirect": State.SILENT,
    answer(200): State.SILENT,
    answer(204): State.SILENT,
    answer(400): State.SILENT,
    refusing("invalid_key", kind="text/html"): State.SILENT,
    refusing("invalid_key", status=401): State.SILENT,
    answer(400, "Content-Type: application/json", body=b'{"error":"no"}'): State.SILENT,
    answer(403): State.SILENT,
    answer(404): State.SILENT,
    answer(429, "Retry-After: 7200"): State.SILENT,
    answer(500): State.SILENT,
    answer(501): State.SILENT,
    b"no http at all\r\n\r\n": State.UNREACHABLE,
}


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@broken(every_success_acknowledges, case="200")
@pytest.mark.parametrize("manner", TROUBLE, ids=lambda one: one if isinstance(one, str) else ascii(one)[11:60])
async def test_what_is_no_answer_is_asked_again_under_the_same_id(
    pushed: Office, post: AppReceiver, sam: Membership, manner: str | bytes
) -> None:
    post.manner = manner
    await pushed.leave(sam)
    assert await pushed.deliver() == 0
    one = await pushed.recipient(sam)
    assert (one.state, one.tries) == (TROUBLE[manner], 1)
    assert await pushed.deliver() == 0
    assert len(post.posts) == 1
    post.manner = TAKEN
    pushed.clock.advance(timedelta(hours=3))
    assert await pushed.deliver() == 1
    ids = [told["jti"] for told in await pushed.travel.pushes()]
    assert ids[0] == ids[1]
    assert (await pushed.recipient(sam)).state == State.DISABLED_ONLY


async def test_a_code_of_the_standard_refuses_that_one_and_no_other(
    pushed: Office, post: AppReceiver, sam: Membership, robin: Membership
) -> None:
    post.manner = refusing("invalid_audience")
    await pushed.leave(sam)
    assert await pushed.deliver() == 1
    one = await pushed.recipient(sam)
    assert (one.state, one.answer) == (State.REFUSED, "error invalid_audience")
    post.manner = TAKEN
    post.posts.clear()
    await pushed.leave(robin)
    pushed.clock.advance(timedelta(days=1))
    assert await pushed.deliver() == 1
    assert (await pushed.recipient(sam)).state == State.REFUSED
    await pushed.send_again()
    assert await pushed.deliver() == 1
    assert len(post.posts) == 4
    post.manner = refusing("sam.of.the.mailroom")
    await pushed.purge(sam)
    await pushed.deliver()
    one = await pushed.recipient(sam)
    assert (one.state, one.answer) == (State.REFUSED, "an error of its own")


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_who_hangs_holds_up_nobody(pushed: Office, post: AppReceiver, sam: Membership) -> None:
    post.manner = "hang"
    await pushed.leave(sam)
    worker = Connected(pushed.house)
    assert await worker.begin() == 1
    await asyncio.wait_for(post.came.wait(), 4)
    assert await worker.begin() == 0
    await worker.let_be(0)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_inner_addresses_and_unknown_certificates_are_never_told(
    contoso: Place, travel: Receiver, sam: Membership, tmp_path: Path
) -> None:
    files = for_development(tmp_path, datetime.now(UTC), ["127.0.0.1"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    async with push_receiver(context) as there:
        await travel.create_pushed(there)
        office = Office(contoso, travel)
        await office.required_of_everyone()
        await office.leave(sam)
        await office.deliver()
        assert there.posts == []
        assert (await office.recipient(sam)).state == State.UNREACHABLE
        office.house.outgoing = Outgoing(allow_loopback=False)
        office.clock.advance(timedelta(hours=1))
        await office.deliver()
        assert there.posts == []
        one = await office.recipient(sam)
        assert one.state == State.REFUSED


async def test_a_stream_that_becomes_polled_is_pushed_no_more(
    pushed: Office, post: AppReceiver, sam: Membership
) -> None:
    post.manner = answer(503)
    await pushed.leave(sam)
    await pushed.deliver()
    first = (await pushed.travel.pushes())[0]["jti"]
    of = {"stream_id": pushed.travel.stream_id}
    await pushed.travel.call("configuration", "PUT", of)
    pushed.clock.advance(timedelta(minutes=30))
    await pushed.deliver()
    assert len(post.posts) == 1
    assert next(iter((await pushed.travel.poll())["sets"])) == first


@broken(deletions_confirmed_by_anything)
@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_a_permanent_deletion_is_not_told_where_it_is_not_asked_for(
    pushed: Office, post: AppReceiver, sam: Membership
) -> None:
    wish = Wish(events=[DISABLED])
    of = {"tenant_id": pushed.place.id, "app_id": pushed.travel.app.app_id, "by": pushed.place.admin}
    await change_stream(pushed.house, wish, **of, whole=False)  # type: ignore[arg-type]
    await pushed.leave(sam)
    await pushed.deliver()
    assert [type_of(one) for one in await pushed.travel.pushes()] == [DISABLED]
    await pushed.purge(sam)
    await pushed.deliver()
    assert len(post.posts) == 1
    one = await pushed.recipient(sam)
    assert (one.state, one.answer) == (State.REFUSED, "the stream does not ask for it")
