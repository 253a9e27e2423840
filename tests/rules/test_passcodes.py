"""Emailed codes: eight digits, ten minutes, five tries, twenty unused ones a day."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from soak.sign_in_breakages_proofs import one_code_too_many
from tests.support.broken import broken
from vestibule.rules.passcodes import (
    LENGTH,
    LIFE,
    TRIES,
    UNUSED_A_DAY,
    Passcode,
    fresh,
    next_code_at,
    read_code,
    why_not_try,
)
from vestibule.rules.refusals import Reason

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_the_figures_that_were_promised():
    assert (LENGTH, timedelta(minutes=10), 5, 20) == (8, LIFE, TRIES, UNUSED_A_DAY)
    assert UNUSED_A_DAY * TRIES / 10**LENGTH <= 1e-6


def test_a_code_is_good_for_ten_minutes_to_the_microsecond():
    code = fresh(NOW)
    assert why_not_try(code, NOW) is None
    assert why_not_try(code, NOW + LIFE - TICK) is None
    assert why_not_try(code, NOW + LIFE) is Reason.CODE_EXPIRED


def test_five_tries_are_looked_at_and_no_sixth():
    code = fresh(NOW)
    for left in range(TRIES, 0, -1):
        assert why_not_try(Passcode(code.expires_at, left), NOW) is None
    assert why_not_try(Passcode(code.expires_at, 0), NOW) is Reason.TOO_MANY_TRIES
    assert why_not_try(Passcode(code.expires_at, -1), NOW) is Reason.TOO_MANY_TRIES


def test_without_a_code_there_is_nothing_to_try():
    assert why_not_try(None, NOW) is Reason.CODE_EXPIRED


@pytest.mark.parametrize("typed", ["12345678", "1234 5678", "1234-5678", " 1234\u00a05678\n", "1 2 3 4 5 6 7 8"])
def test_spaces_and_hyphens_are_ignored(typed: str):
    assert read_code(typed) == "12345678"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1234567",
        "123456789",
        "1234567a",
        "1234_5678",
        "1" * 50,
        "12345678" + " " * 40,
        "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668",
        "\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18",
    ],
)
def test_anything_else_is_no_code(typed: str):
    assert read_code(typed) is None


def test_the_twenty_first_unused_code_of_a_day_waits_until_the_first_is_a_day_old():
    sent = [NOW - timedelta(minutes=minute) for minute in range(UNUSED_A_DAY)]
    first = min(sent)
    assert next_code_at(sent[:-1], NOW) is None
    assert next_code_at(sent, NOW) == first + timedelta(days=1)
    assert next_code_at(sent, first + timedelta(days=1)) is None


@given(st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)), max_size=60))
@example([timedelta(minutes=minute) for minute in range(UNUSED_A_DAY + 1)])
@broken(one_code_too_many)
def test_whoever_obeys_never_gets_more_than_twenty_in_any_day(waits: list[timedelta]):
    sent: list[datetime] = []
    now = NOW
    for wait in sorted(waits):
        now = max(now, NOW + wait)
        if next_code_at(sent, now) is None:
            sent.append(now)
        assert sum(now - timedelta(days=1) < at <= now for at in sent) <= UNUSED_A_DAY
