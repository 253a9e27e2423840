"""Days left round up; a month is a month."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.days import days_left, one_month_after

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=30), 30),
        (timedelta(days=30) - TICK, 30),
        (timedelta(days=29) + TICK, 30),
        (timedelta(days=29), 29),
        (timedelta(days=1) + TICK, 2),
        (timedelta(days=1), 1),
        (TICK, 1),
        (timedelta(0), 0),
        (-TICK, 0),
        (-timedelta(days=40), 0),
    ],
)
def test_days_left_round_up_and_one_is_the_last(left: timedelta, days: int):
    assert days_left(NOW + left, NOW) == days


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_that_many_days_from_now_it_is_over_and_one_day_less_it_is_not(left: timedelta):
    until = NOW + left
    days = days_left(until, NOW)
    assert NOW + days * timedelta(days=1) >= until
    assert days == 0 or NOW + (days - 1) * timedelta(days=1) < until


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-20T19:00:00", "2026-12-20T19:00:00"),
        ("2026-12-31T23:59:59", "2027-01-31T23:59:59"),
        ("2027-01-31T08:00:00", "2027-02-28T08:00:00"),
        ("2028-01-30T08:00:00", "2028-02-29T08:00:00"),
        ("2027-02-28T08:00:00", "2027-03-28T08:00:00"),
        ("2027-03-31T08:00:00", "2027-04-30T08:00:00"),
    ],
)
def test_a_month_ends_on_the_same_date_or_the_last(at: str, due: str):
    assert one_month_after(datetime.fromisoformat(at + "+00:00")) == datetime.fromisoformat(due + "+00:00")


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_month_is_28_to_31_days(at: datetime):
    assert timedelta(days=28) <= one_month_after(at) - at <= timedelta(days=31)
