"""A signature that was verified once is known again; whether it still counts is asked anew."""

from datetime import timedelta

import pytest

from vestibule.actions.house import House
from vestibule.actions.key_ring import ES256, READ_AGAIN, REMEMBERED, KeyRing
from vestibule.ground import signing
from vestibule.ground.clock import StoppedClock
from vestibule.ground.signing import BadToken, Fault
from vestibule.store import signing_keys
from vestibule.store.unit import Unit


async def _token(ring: KeyRing, number: int = 0) -> str:
    return signing.sign(await ring.signer(ES256), {"sub": "anna", "number": number}, "at+jwt")


async def test_what_one_caller_does_to_the_claims_no_other_sees(house: House) -> None:
    ring = KeyRing(house)
    token = await _token(ring)
    first = await ring.verify(token, algorithms=frozenset({ES256}), typ="at+jwt")
    first["sub"] = "ben"
    assert await ring.verify(token, algorithms=frozenset({ES256}), typ="at+jwt") == {"sub": "anna", "number": 0}


async def test_a_known_token_is_still_no_token_of_another_kind(house: House) -> None:
    ring = KeyRing(house)
    token = await _token(ring)
    await ring.verify(token, algorithms=frozenset({ES256}), typ="at+jwt")
    with pytest.raises(BadToken) as refused:
        await ring.verify(token, algorithms=frozenset({ES256}), typ="logout+jwt")
    assert refused.value.fault is Fault.TYPE
    with pytest.raises(BadToken) as refused:
        await ring.verify(token[:-4] + "AAAA", algorithms=frozenset({ES256}), typ="at+jwt")
    assert refused.value.fault is Fault.SIGNATURE


async def test_a_key_that_is_gone_verifies_nothing_it_verified_before(house: House) -> None:
    ring = KeyRing(house)
    token = await _token(ring)
    await ring.verify(token, algorithms=frozenset({ES256}), typ="at+jwt")

    async def retire(unit: Unit) -> None:
        for key in await signing_keys.everything(unit):
            signing_keys.drop(unit, key)

    await house.store.change(retire)
    assert isinstance(house.clock, StoppedClock)
    house.clock.advance(READ_AGAIN + timedelta(milliseconds=1))
    with pytest.raises(BadToken) as refused:
        await ring.verify(token, algorithms=frozenset({ES256}), typ="at+jwt")
    assert refused.value.fault is Fault.KEY


async def test_no_more_are_remembered_than_there_is_room_for(house: House) -> None:
    ring = KeyRing(house)
    for number in range(REMEMBERED + 5):
        await ring.verify(await _token(ring, number), algorithms=frozenset({ES256}), typ="at+jwt")
    assert len(ring._verified) == REMEMBERED
