"""Signing keys change over: published ahead, used from a moment on, kept until nothing they signed is alive."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from tests.doors.oidc.conftest import Office
from vestibule.actions import rotating_keys
from vestibule.actions.key_ring import KeyRing
from vestibule.ground import signing
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.signing_keys import PERIOD, PUBLISHED_BEFORE, KeyState


def kid_of(token: str) -> str:
    head = token.split(".", maxsplit=1)[0]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    return str(found["kid"])


async def published(office: Office) -> set[str]:
    keys = (await office.http.get(office.at("discovery/v2.0/keys"))).json()["keys"]
    return {key["kid"] for key in keys}


async def own_token(office: Office) -> str:
    form = {"grant_type": "client_credentials", "scope": "https://vestibule.example/.default"}
    found = await office.token(client_id=office.client_id, client_secret=office.secret, **form)
    return str(found.json()["access_token"])


async def states(office: Office, alg: str = "ES256") -> list[KeyState]:
    return [one.state for one in await rotating_keys.everything(office.house) if one.alg == alg]


async def test_a_new_key_signs_at_once_and_old_tokens_stay_good(office: Office) -> None:
    old = await own_token(office)
    office.push(timedelta(seconds=1))
    made = await rotating_keys.rotate(office.house)
    office.push(timedelta(seconds=2))
    new = await own_token(office)
    assert kid_of(new) == next(one.kid for one in made if one.alg == "ES256") != kid_of(old)
    assert {kid_of(new), kid_of(old)} <= await published(office)
    for token in (old, new):
        assert await office.claims(token)
    assert await states(office) == [KeyState.SIGNING, KeyState.VERIFYING]


async def test_every_process_changes_over_by_itself(office: Office) -> None:
    elsewhere = KeyRing(office.house)
    before = (await elsewhere.signer("ES256")).kid
    office.push(timedelta(seconds=1))
    await rotating_keys.rotate(office.house)
    office.push(timedelta(seconds=2))
    assert (await elsewhere.signer("ES256")).kid != before


async def test_a_key_is_not_retired_while_anything_it_signed_can_be_alive(office: Office) -> None:
    old = kid_of(await own_token(office))
    for kid, reason in ((old, Reason.TOO_EARLY), ("nothing", Reason.NOT_FOUND)):
        with pytest.raises(Refused) as refused:
            await rotating_keys.retire(office.house, kid)
        assert refused.value.reason is reason
    office.push(timedelta(minutes=1))
    await rotating_keys.rotate(office.house)
    office.push(timedelta(minutes=59))
    token = await own_token(office)
    with pytest.raises(Refused) as refused:
        await rotating_keys.retire(office.house, old)
    assert refused.value.facts["until"] == "2026-03-02T10:41:00+00:00"
    office.push(timedelta(minutes=11))
    await rotating_keys.retire(office.house, old)
    assert old not in await published(office)
    assert await office.claims(token)
    with pytest.raises(Refused):
        await rotating_keys.retire(office.house, kid_of(token))


async def test_what_a_retired_key_signed_verifies_nowhere(office: Office) -> None:
    await office.sign_in()
    old = (await office.tokens())["id_token"]
    office.push(timedelta(seconds=1))
    await rotating_keys.rotate(office.house)
    office.push(timedelta(hours=2))
    await rotating_keys.retire(office.house, kid_of(old))
    with pytest.raises(signing.BadToken):
        await office.claims(old, "JWT")


async def test_keys_change_over_with_time_the_next_one_published_before(office: Office) -> None:
    first = kid_of(await own_token(office))
    await rotating_keys.rotate_due(office.house)
    assert await states(office) == [KeyState.SIGNING], "nothing is due"
    office.push(PERIOD - PUBLISHED_BEFORE)
    await rotating_keys.rotate_due(office.house)
    await rotating_keys.rotate_due(office.house)
    assert await states(office) == [KeyState.NEXT, KeyState.SIGNING]
    assert len(await published(office)) == 4
    assert kid_of(await own_token(office)) == first, "it is known before it signs"
    office.push(PUBLISHED_BEFORE - timedelta(seconds=1))
    assert kid_of(await own_token(office)) == first
    late = await own_token(office)
    office.push(timedelta(seconds=1))
    office.push(timedelta(seconds=2))
    assert kid_of(await own_token(office)) != first
    assert await states(office) == [KeyState.SIGNING, KeyState.VERIFYING]
    assert await office.claims(late)
    office.push(timedelta(days=1, minutes=71))
    assert await states(office) == [KeyState.SIGNING, KeyState.ENDED]
    await rotating_keys.rotate_due(office.house)
    assert await states(office) == [KeyState.SIGNING]
    assert first not in await published(office)


async def test_a_worker_that_was_away_makes_the_next_key_late_but_still_known_before(office: Office) -> None:
    first = kid_of(await own_token(office))
    office.push(PERIOD * 3)
    assert kid_of(await own_token(office)) == first
    await rotating_keys.rotate_due(office.house)
    assert await states(office) == [KeyState.NEXT, KeyState.SIGNING]
    office.push(PUBLISHED_BEFORE)
    assert kid_of(await own_token(office)) != first


async def test_publishing_first(office: Office) -> None:
    first = kid_of(await own_token(office))
    made = await rotating_keys.rotate(office.house, publish_first=True)
    assert {one.state for one in made} == {KeyState.NEXT}
    assert {one.kid for one in made} <= await published(office)
    office.push(timedelta(hours=47))
    assert kid_of(await own_token(office)) == first
    office.push(timedelta(hours=1))
    assert kid_of(await own_token(office)) in {one.kid for one in made}


async def test_a_clock_that_was_set_back_leaves_a_key_to_sign_with(office: Office) -> None:
    await own_token(office)
    office.push(timedelta(days=-1))
    assert await own_token(office)


async def test_ids_of_keys_never_look_like_an_option(office: Office) -> None:
    made = [one.kid for _ in range(3) for one in await rotating_keys.rotate(office.house)]
    assert all(kid.isalnum() for kid in made)
