"""Identifiers, secrets, codes and reference numbers."""

import re
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from vestibule.ground.chance import REFERENCE_ALPHABET, Chance, Drawing, SeededChance, SystemChance

SOURCES: list[Chance] = [SystemChance(), SeededChance(7)]


@pytest.mark.parametrize("chance", SOURCES)
def test_guids_are_version_7_lower_case_and_in_order(chance: Chance) -> None:
    drawn = [chance.guid() for _ in range(2000)]
    assert drawn == sorted(set(drawn))
    for text in drawn[:50]:
        parsed = uuid.UUID(text)
        assert (parsed.version, parsed.variant, str(parsed)) == (7, uuid.RFC_4122, text)


def test_guids_carry_the_machine_time() -> None:
    drawing = Drawing(lambda n: b"\xff" * n, lambda _: 0, lambda: 0x0123_4567_89AB * 1_000_000 + 500_000)
    assert drawing.guid() == "01234567-89ab-7800-bfff-ffffffffffff"


def test_guids_stay_in_order_when_the_clock_is_set_back() -> None:
    ticks = iter([5_000_000_000, 5_000_000_000, 1_000_000_000, 6_000_000_000])
    drawing = Drawing(SeededChance(1).octets, lambda _: 0, lambda: next(ticks))
    drawn = [drawing.guid() for _ in range(4)]
    assert drawn == sorted(set(drawn))


def test_guids_are_unique_over_threads() -> None:
    chance = SystemChance()
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: [chance.guid()[:18] for _ in range(500)], range(8)))
    # The first 60 bits alone (time and counter) are never handed out twice.
    assert len({stamp for batch in batches for stamp in batch}) == 4000


def test_the_same_seed_gives_the_same_values() -> None:
    def draw(chance: Chance) -> list[object]:
        return [chance.guid(), chance.token(), chance.digits(8), chance.octets(16), chance.reference()]

    assert draw(SeededChance("a")) == draw(SeededChance("a"))
    assert draw(SeededChance("a")) != draw(SeededChance("b"))
    assert draw(SystemChance()) != draw(SystemChance())


@pytest.mark.parametrize("chance", SOURCES)
def test_tokens_are_base64url_of_the_asked_strength(chance: Chance) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", chance.token())
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", chance.token(16))
    assert len({chance.token() for _ in range(200)}) == 200


@pytest.mark.parametrize("chance", SOURCES)
def test_digits_are_uniform_and_keep_leading_zeros(chance: Chance) -> None:
    drawn = [chance.digits(8) for _ in range(4000)]
    assert all(re.fullmatch(r"[0-9]{8}", code) for code in drawn)
    for place in range(8):
        counts = Counter(code[place] for code in drawn)
        # 400 expected of each; a deviation of 8 standard deviations does not happen by chance.
        assert all(250 < counts[digit] < 550 for digit in "0123456789")


def test_no_digits_is_refused() -> None:
    with pytest.raises(ValueError, match="0 digits"):
        SystemChance().digits(0)


@pytest.mark.parametrize("chance", SOURCES)
def test_references_use_only_letters_that_nobody_confuses(chance: Chance) -> None:
    drawn = {chance.reference() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(re.fullmatch(rf"VL-[{REFERENCE_ALPHABET}]{{4}}-[{REFERENCE_ALPHABET}]{{4}}", text) for text in drawn)
    assert not set("0O1ILU") & set("".join(text[3:] for text in drawn))
    assert set("".join(text[3:] for text in drawn)) - {"-"} == set(REFERENCE_ALPHABET)


@pytest.mark.parametrize("chance", SOURCES)
def test_octets(chance: Chance) -> None:
    assert len(chance.octets(0)) == 0
    assert len(chance.octets(24)) == 24
