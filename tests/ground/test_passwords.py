"""Password hashes and the pool that bounds them."""

import asyncio
import os
import sys
import threading
from collections.abc import Iterator

import pytest

from vestibule.ground.chance import SystemChance
from vestibule.ground.passwords import Busy, Passwords, PasswordTooLong, needs_rehash

PHRASE = "correct horse battery staple"


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(SystemChance())
    yield made
    made.close()


async def test_only_the_right_password_is_verified(passwords: Passwords) -> None:
    stored = await passwords.hash(PHRASE)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(stored, PHRASE) is True
    for wrong in ("", PHRASE + " ", PHRASE[:-1], PHRASE.upper(), PHRASE + "\0", "x" * 1025):
        assert await passwords.verify(stored, wrong) is False


async def test_each_hash_has_its_own_salt(passwords: Passwords) -> None:
    assert await passwords.hash(PHRASE) != await passwords.hash(PHRASE)


async def test_nobody_has_every_password_wrong(passwords: Passwords) -> None:
    assert await passwords.verify_nothing(PHRASE) is False
    # The same work as for somebody: the same parameters, salt and length of the hash.
    stored = await passwords.hash(PHRASE)
    assert not needs_rehash(passwords._nobody)
    assert [len(part) for part in passwords._nobody.split("$")] == [len(part) for part in stored.split("$")]


async def test_composed_and_decomposed_are_the_same_password(passwords: Passwords) -> None:
    stored = await passwords.hash("caf\u00e9 \ufb01 \u2460 correct horse")
    assert await passwords.verify(stored, "cafe\u0301 fi 1 correct horse")


async def test_nothing_is_cut_off(passwords: Passwords) -> None:
    longest = "é" * 512
    stored = await passwords.hash(longest)
    assert await passwords.verify(stored, longest)
    assert not await passwords.verify(stored, longest[:-1])
    assert not await passwords.verify(stored, longest + "x")
    for length in (52, 72, 73, 254, 320):
        stored = await passwords.hash("a" * length + "b")
        assert not await passwords.verify(stored, "a" * length + "c")


@pytest.mark.parametrize("password", ["x" * 1025, "é" * 513, "x" * 10_000_000, "\ud800 broken text"])
async def test_too_long_or_broken_is_refused(passwords: Passwords, password: str) -> None:
    with pytest.raises(PasswordTooLong, match="at most 1024 octets"):
        await passwords.hash(password)
    assert await passwords.verify_nothing(password) is False


@pytest.mark.parametrize(
    "stored", ["", "plain", "$2b$12$abc", "$argon2i$v=19$m=16,t=2,p=1$YWFhYWFhYWE$YWFhYWFhYWE", "é"]
)
async def test_what_is_no_argon2id_hash_is_an_error(passwords: Passwords, stored: str) -> None:
    with pytest.raises(ValueError, match="not an argon2id hash"):
        await passwords.verify(stored, PHRASE)


def test_other_parameters_ask_for_a_new_hash() -> None:
    assert needs_rehash("$argon2id$v=19$m=9216,t=4,p=1$YWFh$YWFh")
    assert not needs_rehash("$argon2id$v=19$m=19456,t=2,p=1$YWFh$YWFh")


async def test_a_full_queue_is_busy_at_once_and_recovers() -> None:
    passwords = Passwords(SystemChance(), workers=1, waiting=2)
    gate = threading.Event()
    held = [asyncio.ensure_future(passwords._in_pool(lambda: gate.wait(10))) for _ in range(3)]
    await asyncio.sleep(0)
    for _ in range(3):
        with pytest.raises(Busy):
            await passwords.hash(PHRASE)
        with pytest.raises(Busy):
            await passwords.verify_nothing(PHRASE)
    gate.set()
    assert await asyncio.gather(*held) == [True] * 3
    assert await passwords.verify(await passwords.hash(PHRASE), PHRASE)
    passwords.close()


async def test_a_caller_that_goes_away_gives_its_place_back() -> None:
    passwords = Passwords(SystemChance(), workers=1, waiting=1)
    gate = threading.Event()
    held = [asyncio.ensure_future(passwords._in_pool(lambda: gate.wait(10))) for _ in range(2)]
    await asyncio.sleep(0)
    held[1].cancel()
    with pytest.raises(asyncio.CancelledError):
        await held[1]
    third = asyncio.ensure_future(passwords.hash(PHRASE))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await passwords.hash(PHRASE)
    gate.set()
    assert await held[0] is True
    assert (await third).startswith("$argon2id$")
    passwords.close()


async def test_the_event_loop_runs_on_meanwhile(passwords: Passwords) -> None:
    hashing = asyncio.ensure_future(passwords.hash(PHRASE))
    turns = 0
    while not hashing.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10


async def test_on_linux_the_threads_yield_to_requests(passwords: Passwords) -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    own = priority()
    assert await passwords._in_pool(priority) == (max(own, 10) if sys.platform == "linux" else own)
    assert priority() == own


async def test_closed_is_closed() -> None:
    passwords = Passwords(SystemChance(), workers=1, waiting=0)
    passwords.close()
    for _ in range(3):
        with pytest.raises(RuntimeError, match="shutdown"):
            await passwords.hash(PHRASE)
