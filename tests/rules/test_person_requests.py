"""The clock of a request, and why one may be refused."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules.days import months_after, one_month_after
from vestibule.rules.person_requests import Ground, Urgency, extended_due, ground, urgency, why_not_extend
from vestibule.rules.policy import answer_due
from vestibule.rules.refusals import Reason, Refused

MOMENTS = st.datetimes(
    datetime(2018, 5, 25),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2099, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("asked", "due", "one_more", "two_more"),
    [
        ("2026-01-31T10:00", "2026-02-28T10:00", "2026-03-31T10:00", "2026-04-30T10:00"),
        ("2028-01-31T10:00", "2028-02-29T10:00", "2028-03-31T10:00", "2028-04-30T10:00"),
        ("2028-02-29T23:59", "2028-03-29T23:59", "2028-04-29T23:59", "2028-05-29T23:59"),
        ("2026-11-30T00:00", "2026-12-30T00:00", "2027-01-30T00:00", "2027-02-28T00:00"),
        ("2026-12-15T12:30", "2027-01-15T12:30", "2027-02-15T12:30", "2027-03-15T12:30"),
    ],
)
def test_months_end_on_the_same_day_or_on_the_last_one(asked: str, due: str, one_more: str, two_more: str):
    at = datetime.fromisoformat(asked).replace(tzinfo=UTC)
    told = [answer_due(at), extended_due(at, 1), extended_due(at, 2)]
    assert [one.strftime("%Y-%m-%dT%H:%M") for one in told] == [due, one_more, two_more]


@given(MOMENTS, st.integers(1, 3))
def test_a_month_ends_in_its_month_at_the_same_time_of_day(at: datetime, months: int):
    due = months_after(at, months)
    assert (due.year * 12 + due.month) - (at.year * 12 + at.month) == months
    assert due.time() == at.time()
    assert due.day == min(at.day, monthrange(due.year, due.month)[1])
    assert months_after(at, 1) == one_month_after(at)


@given(MOMENTS, MOMENTS)
def test_who_asks_later_is_never_answered_earlier(one: datetime, other: datetime):
    earlier, later = sorted((one, other))
    for months in (1, 2, 3):
        if earlier.time() <= later.time():  # the last day of a month stands for several days, not for their hours
            assert months_after(earlier, months) <= months_after(later, months)
    assert answer_due(later) < extended_due(later, 1) < extended_due(later, 2)


@pytest.mark.parametrize("months", [-1, 0, 3, 12])
def test_nobody_takes_longer_than_the_law_allows(months: int):
    with pytest.raises(Refused) as caught:
        extended_due(datetime(2026, 1, 31, tzinfo=UTC), months)
    assert caught.value.facts == {"property": "months"}


def test_once_and_before_the_month_is_over():
    now = datetime(2026, 2, 28, 10, tzinfo=UTC)
    before = now - timedelta(microseconds=1)
    assert why_not_extend(answered=False, extended=False, answer_due=now, now=before) is None
    assert why_not_extend(answered=False, extended=False, answer_due=now, now=now) is Reason.TOO_LATE
    assert why_not_extend(answered=False, extended=True, answer_due=now, now=before) is Reason.ALREADY_THERE
    assert why_not_extend(answered=True, extended=True, answer_due=now, now=now) is Reason.WRONG_STAGE


def test_an_answer_at_the_moment_it_is_due_is_in_time():
    due = datetime(2026, 2, 28, 10, tzinfo=UTC)
    assert urgency(due, due + timedelta(microseconds=1)) is Urgency.LATE
    assert urgency(due, due) is Urgency.SOON
    assert urgency(due, due - timedelta(days=7)) is Urgency.SOON
    assert urgency(due, due - timedelta(days=7, microseconds=1)) is Urgency.TIME


def test_only_the_law_names_grounds():
    assert {ground(one) for one in Ground} == set(Ground)
    assert len(Ground) == 7
    with pytest.raises(Refused) as caught:
        ground("inconvenient")
    assert caught.value.reason is Reason.BAD_VALUE
