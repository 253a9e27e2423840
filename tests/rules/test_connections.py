"""How long a receiver is left alone, when it is given up, and what somebody may type."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from vestibule.rules import connections
from vestibule.rules.connections import GIVE_UP_AFTER, LONGEST_WAIT
from vestibule.rules.refusals import Reason, Refused

CHANCE = some.floats(0, 1, exclude_max=True)
ASKED = some.none() | some.timedeltas(timedelta(), timedelta(days=400))


@given(some.integers(1, 1000), CHANCE, ASKED)
def test_a_wait_grows_with_failures_and_is_bounded(failures: int, chance: float, asked: timedelta | None):
    wait = connections.wait(failures, chance, asked)
    assert timedelta(minutes=1) <= wait <= LONGEST_WAIT * 1.2
    assert connections.wait(failures + 1, chance, asked) >= wait
    if asked is not None:
        assert wait >= min(asked, LONGEST_WAIT)


@given(CHANCE, CHANCE)
def test_chance_moves_it_by_a_fifth_at_most(one: float, other: float):
    first, second = connections.wait(3, one), connections.wait(3, other)
    assert max(first, second) <= min(first, second) * 1.2


def test_it_is_given_up_when_the_time_of_a_removal_is_over():
    at = datetime(2026, 3, 2, tzinfo=UTC)
    assert not connections.is_given_up(at, at + GIVE_UP_AFTER - timedelta(microseconds=1))
    assert connections.is_given_up(at, at + GIVE_UP_AFTER)


@pytest.mark.parametrize(("token", "reason"), [
    ("", Reason.MISSING_VALUE),
    (" \n", Reason.MISSING_VALUE),
    ("two words", Reason.BAD_VALUE),
    ("a\r\nHost: elsewhere", Reason.BAD_VALUE),
    ("geh\N{LATIN SMALL LETTER E WITH DIAERESIS}im", Reason.BAD_VALUE),
    ("x" * 4097, Reason.BAD_VALUE),
])  # fmt: skip
def test_a_token_that_would_not_fit_into_a_header_is_refused(token: str, reason: Reason):
    with pytest.raises(Refused) as caught:
        connections.credential(token)
    assert (caught.value.reason, caught.value.facts["property"]) == (reason, "scimToken")


def test_a_token_from_a_file_loses_its_last_line_end():
    assert connections.credential("abc.def-ghi=\n") == "abc.def-ghi="
