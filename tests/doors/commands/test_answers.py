"""What an app answers to provider commands, and what that is taken for: bad servers, silence, lost answers, others."""

from datetime import timedelta
from typing import Any

import pytest

from soak.command_breakages import (
    any_answer_is_done,
    the_same_token_id_again,
    whoever_answers_is_the_app,
)
from tests.doors.commands.conftest import Office
from tests.support.app_receiver import answer, app_receiver
from tests.support.broken import broken
from tests.support.relying_party import JSON, said
from vestibule.actions import (
    app_connections,
    apps,
    certifying,
    erasing,
    receipt_keys,
    removing,
    sealing,
    switching,
    waiving,
)
from vestibule.doors.letters.provider_commands import ASK_AGAIN_AFTER
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Kind, State, Whom
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import certificates, deliveries
from vestibule.store.memberships import Membership

WRONG: dict[str, tuple[Any, str, str]] = {
    "no longer there": (answer(404), State.REFUSED, "delete: status 404"),
    "may not": (said(403, error="access_denied"), State.REFUSED, "delete: status 403, access_denied"),
    "not valid": (said(400, error="invalid_request"), State.REFUSED, "delete: status 400, invalid_request"),
    "a stranger": (
        said(401, error="unrecognized_provider"), State.REFUSED, "delete: status 401, unrecognized_provider",
    ),
    "an error of its own": (said(400, error="<b>Sam Rivers</b>"), State.REFUSED, "delete: status 400"),
    "a conflict without a state": (answer(409), State.REFUSED, "delete: status 409"),
    "a conflict with no such state": (
        said(409, error="incompatible_state", account_state="asleep"), State.REFUSED, "delete: status 409",
    ),
    "elsewhere": ("redirect", State.REFUSED, "delete: status 307"),
    "never": (answer(501), State.REFUSED, "delete: status 501"),
    "a page": (answer(200, "Content-Type: text/html", body=b"<p>Done"), State.SILENT, ""),
    "JSON that does not say so": (answer(200, body=b'{"account_state":"unknown"}'), State.SILENT, ""),
    "another account": (said(200, account_state="unknown", sub="somebody"), State.SILENT, ""),
    "a conflict about another account": (
        said(409, error="incompatible_state", account_state="unknown", sub="somebody"), State.SILENT, "",
    ),
    "no account": (said(200, account_state="unknown"), State.SILENT, ""),
    "no such state": (said(200, account_state="asleep"), State.SILENT, ""),
    "not finished": (answer(200, JSON, body=b'{"account_state": "unkn'), State.SILENT, ""),
    "later": (answer(202, JSON), State.SILENT, "delete: status 202"),
    "busy": (answer(429, "Retry-After: 60"), State.SILENT, "status 429"),
    "trouble": (answer(503), State.SILENT, "status 503"),
    "too much": ("huge", State.SILENT, "the answer is too large"),
    "half of it": ("half", State.UNREACHABLE, "no answer: RemoteProtocolError"),
    "hangs up": ("reset", State.UNREACHABLE, ""),
}  # fmt: skip


@broken(any_answer_is_done, case="another account")
@pytest.mark.parametrize("name", WRONG)
async def test_what_is_no_confirmation(office: Office, sam: Membership, name: str) -> None:
    manner, state, words = WRONG[name]
    office.has(sam)
    await office.remove(sam)
    office.there.manner = manner
    await office.purge(sam)
    found, text = await office.answered(sam)
    assert found == state, text
    assert words in (text or "")
    assert "Sam" not in (text or "")
    assert isinstance(await office.stage(sam), Purged)
    office.there.manner = "take"
    await office.send_again()
    assert await office.answered(sam) == (State.CONFIRMED, "delete: status 200, unknown")
    assert isinstance(await office.stage(sam), Erased)


@pytest.mark.parametrize("empty", [answer(204), answer(200), answer(200, JSON, body=b"\r\n")])
async def test_an_answer_without_a_body_is_one(office: Office, sam: Membership, empty: bytes) -> None:
    await office.remove(sam)
    office.there.manner = empty
    await office.purge(sam)
    assert (await office.answered(sam))[0] == State.CONFIRMED


async def test_an_app_that_says_it_deleted_and_did_not_has_not(office: Office, sam: Membership) -> None:
    office.has(sam)
    await office.remove(sam)
    office.there.manner = said(200, account_state="archived", sub=office.subject(sam))
    await office.purge(sam)
    assert await office.answered(sam) == (State.DISABLED_ONLY, "delete: status 200, archived")


async def test_a_command_that_was_said_to_be_supported_and_is_not_has_a_next_best(
    office: Office, sam: Membership
) -> None:
    office.has(sam)
    office.there.supported.remove("archive")  # it has not been asked again yet
    await office.leave(sam)
    assert await office.answered(sam) == (State.DISABLED_ONLY, "suspend: status 200, suspended")


@pytest.mark.parametrize("manner", ["hang", "slow"])
async def test_a_slow_app_holds_up_no_other(
    office: Office, sam: Membership, monkeypatch: pytest.MonkeyPatch, manner: str
) -> None:
    monkeypatch.setattr("vestibule.doors.letters.asking_apps.DEADLINE", 1.0)
    async with app_receiver() as other:
        app = (await apps.create_app(office.house, NewApp("Other"), tenant_id=office.place.id, by=operator())).app
        of: dict[str, Any] = {"tenant_id": office.place.id, "app_id": app.app_id, "by": operator()}
        await app_connections.set_connection(
            office.house, Kind.WEBHOOK, address=other.url, told_of=Whom.EVERYONE, required=True, **of
        )
        office.there.manner = manner
        await office.leave(sam)
        assert [told["type"] for told in other.told] == ["user.left"]
        assert await office.answered(sam) == (State.UNREACHABLE, "no answer in time")


@broken(the_same_token_id_again)
async def test_an_answer_that_got_lost_does_nothing_twice(office: Office, sam: Membership) -> None:
    """The app deleted the account and its answer never came: asked again, with another token, it knows nobody."""
    office.has(sam)
    await office.remove(sam)
    office.there.dies = True
    await office.purge(sam)
    assert (await office.answered(sam))[0] == State.UNREACHABLE
    office.there.dies = False
    await office.later(timedelta(hours=1))
    assert await office.answered(sam) == (State.CONFIRMED, "delete: status 409, unknown")
    first, again = [token for token in office.there.tokens if token["command"] == "delete"]
    assert first["jti"] != again["jti"]
    assert first["jti"].partition(".")[0] == again["jti"].partition(".")[0]
    assert office.did.count("delete") == 1
    assert office.there.said_no == []


async def test_a_worker_that_was_killed_leaves_it_to_the_next(
    office: Office, sam: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The app did it and said so, and the worker died before it wrote that down."""
    office.has(sam)
    await office.remove(sam)
    with monkeypatch.context() as dead:
        dead.setattr("vestibule.actions.delivering.settle", _killed)
        await office.purge(sam)
    assert (await office.answered(sam))[0] == State.WAITING
    assert await office.later(timedelta(minutes=6)) == 1  # the lease of the dead one is over
    assert office.did.count("delete") == 1
    assert (await office.answered(sam))[0] == State.CONFIRMED


async def _killed(*_: Any) -> None:
    raise RuntimeError("killed")


async def test_a_receiver_that_does_not_answer_is_left_alone_longer_each_time(office: Office, sam: Membership) -> None:
    office.there.manner = answer(503)
    await office.leave(sam)
    for _ in range(3):
        await office.deliver()
    tries = len(office.there.posts)
    await office.later(timedelta(seconds=59))
    assert len(office.there.posts) == tries
    await office.later(timedelta(seconds=30))
    assert len(office.there.posts) == tries + 1
    await office.later(timedelta(minutes=4))
    assert len(office.there.posts) == tries + 1


async def test_a_silent_app_keeps_the_certificate_until_it_answers_or_is_waived(
    office: Office, sam: Membership
) -> None:
    house = office.house
    await receipt_keys.signer(house)
    office.has(sam)
    await office.remove(sam)
    office.there.manner = answer(503)
    await office.purge(sam)
    assert isinstance(await office.stage(sam), Purged)
    assert not await _certified(office, sam)
    await waiving.waive_recipient(
        house, Kind.COMMANDS, tenant_id=office.place.id, user_id=sam.user_id, app_id=office.app.app_id,
        why="Its supplier is no more", by=office.place.admin,
    )  # fmt: skip
    assert isinstance(await office.stage(sam), Erased)
    assert await _certified(office, sam)


async def test_a_confirmation_lets_the_certificate_be_issued(office: Office, sam: Membership) -> None:
    await receipt_keys.signer(office.house)
    office.has(sam)
    await office.remove(sam)
    await office.purge(sam)
    assert isinstance(await office.stage(sam), Erased)
    assert await _certified(office, sam)


async def _certified(office: Office, guest: Membership) -> bool:
    await sealing.seal_waiting(office.house)
    await certifying.certify_waiting(office.house)
    reading = await office.house.store.read()
    return guest.user_id in await certificates.made_of(reading, office.place.id, [guest.user_id])


# --- What an app says of itself ---------------------------------------------------------------------------------------

METADATA: dict[str, tuple[Any, str]] = {
    "another issuer": ({"context": {"iss": "https://other.example", "tenant": "x"}}, "another issuer or tenant"),
    "no context": ({"context": None}, "cannot be read"),
    "another endpoint": ({"command_endpoint": "https://other.example/"}, "another command endpoint"),
    "another client": ({"client_id": "other"}, "another client id"),
    "wants its own ids": ({"aud_sub_required": True}, "aud_sub is required"),
    "no list": ({"commands_supported": "suspend"}, "cannot be read"),
}


@broken(whoever_answers_is_the_app, case="another client")
@pytest.mark.parametrize("name", METADATA)
async def test_an_app_that_says_what_cannot_be_is_told_nothing(unconnected: Office, sam: Membership, name: str) -> None:
    said_of_itself, words = METADATA[name]
    unconnected.there.metadata = said_of_itself
    await unconnected.connect(address=unconnected.there.url, told_of=Whom.EVERYONE, required=True)
    await unconnected.deliver()
    told = await unconnected.told(deliveries.METADATA)
    assert told is not None
    assert (told.state, words in (told.answer or "")) == (State.REFUSED, True), told.answer
    await unconnected.leave(sam)
    state, text = await unconnected.answered(sam)
    assert (state, words in (text or "")) == (State.REFUSED, True)
    assert set(unconnected.there.calls) == {"metadata"}
    unconnected.there.metadata = {}
    unconnected.has(sam)
    await unconnected.send_again()
    assert (await unconnected.answered(sam))[0] == State.DISABLED_ONLY


@pytest.mark.parametrize(
    ("manner", "state", "words"),
    [
        (answer(404), State.REFUSED, "metadata: status 404"),
        (said(401, error="unrecognized_provider"), State.REFUSED, "metadata: status 401, unrecognized_provider"),
        (answer(204), State.REFUSED, "metadata: status 204"),
        (answer(200, body=b"{}"), State.REFUSED, "metadata: the answer cannot be read"),
        (answer(503), State.WAITING, "status 503"),
    ],
)
async def test_no_metadata_is_said_and_asked_again(unconnected: Office, manner: Any, state: str, words: str) -> None:
    unconnected.there.manner = manner
    await unconnected.connect(address=unconnected.there.url)
    await unconnected.deliver()
    told = await unconnected.told(deliveries.METADATA)
    assert told is not None
    assert (told.state, told.answer) == (state, words)
    assert (await unconnected.connection()).commands is None


async def test_what_it_supports_is_asked_again_every_day_and_after_another_address(
    office: Office, sam: Membership
) -> None:
    office.has(sam)
    await office.disable(sam)
    await office.enable(sam)
    assert office.there.calls.count("metadata") == 1
    office.clock.advance(ASK_AGAIN_AFTER)
    office.there.supported = ["metadata", "archive"]
    await office.disable(sam)
    assert office.there.calls.count("metadata") == 2
    assert (await office.connection()).commands == "archive"
    await office.connect(address=f"{office.there.url}?a=1")
    assert (await office.connection()).commands is None


async def test_a_token_is_signed_as_the_apps_id_tokens_are(office: Office, sam: Membership) -> None:
    office.has(sam)
    await office.disable(sam)
    await apps.update_app(office.house, changes={"id_token_alg": "ES256"}, **office.of)
    await office.enable(sam)
    assert office.state(sam) == "active"
    assert (office.there.algs[0], office.there.algs[-1]) == ("RS256", "ES256")


async def test_an_inner_network_is_never_reached(office: Office, sam: Membership) -> None:
    async def inner(_host: str, _port: int) -> list[str]:
        return ["10.0.0.7"]

    office.house.outgoing = Outgoing(resolve=inner)
    office.has(sam)
    before = len(office.there.posts)
    await office.leave(sam)
    state, text = await office.answered(sam)
    assert (state, "network that may not be reached" in (text or "")) == (State.REFUSED, True)
    assert len(office.there.posts) == before


@pytest.mark.parametrize("address", ["http://app.example/", "https://user@app.example/", "https://app.example/#a", "x"])
async def test_only_an_https_address_can_be_entered(unconnected: Office, address: str) -> None:
    with pytest.raises(Refused) as refused:
        await unconnected.connect(address=address)
    assert refused.value.reason is Reason.BAD_VALUE


async def test_other_connections_do_not_hear_what_is_for_commands(office: Office, sam: Membership) -> None:
    async with app_receiver() as other:
        of = office.of
        await app_connections.set_connection(
            office.house, Kind.WEBHOOK, address=other.url, told_of=Whom.EVERYONE, required=True, **of
        )
        office.has(sam)
        await office.disable(sam)
        await switching.enable(office.house, tenant_id=office.place.id, user_id=sam.user_id, by=office.place.admin)
        await removing.remove(office.house, tenant_id=office.place.id, user_id=sam.user_id, by=office.place.admin)
        await erasing.purge(office.house, tenant_id=office.place.id, user_id=sam.user_id, by=office.place.admin)
        await office.deliver()
        assert [told["type"] for told in other.told] == ["user.disabled", "user.purged"]
