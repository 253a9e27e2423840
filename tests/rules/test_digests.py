"""When digests come, and when somebody is told of a data removal that is not done."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.rules import digests
from vestibule.rules.digests import DigestPeriod
from vestibule.rules.refusals import Reason, Refused

ZONES = ("UTC", "Europe/Amsterdam", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe")
moments = st.datetimes(datetime(2011, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
everies = st.sampled_from([DigestPeriod.DAY, DigestPeriod.WEEK])


@given(moments, everies, st.sampled_from(ZONES))
def test_a_digest_comes_at_seven_in_the_morning_of_the_organization(
    after: datetime, every: DigestPeriod, zone: str
) -> None:
    at = digests.following(every, after, zone)
    assert at is not None
    local = at.astimezone(ZoneInfo(zone))
    assert after < at <= after + timedelta(days=8 if every is DigestPeriod.WEEK else 2)
    assert local.hour == 7
    assert every is DigestPeriod.DAY or local.weekday() == 0
    assert digests.following(every, at - timedelta(microseconds=1), zone) == at
    assert digests.preceding(every, at, zone) < at


@given(moments, everies, st.sampled_from(ZONES), st.integers(0, 40))
def test_what_was_missed_comes_once(due: datetime, every: DigestPeriod, zone: str, late: int) -> None:
    first = digests.following(every, due, zone)
    assert first is not None
    now = first + timedelta(days=late, hours=3)
    last = digests.latest(every, first, now, zone)
    after = digests.following(every, last, zone)
    assert first <= last <= now
    assert after is not None
    assert after > now


def test_summer_time_moves_the_moment_and_not_the_morning() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)
    monday = digests.following(DigestPeriod.WEEK, friday, "Europe/Amsterdam")
    assert monday == datetime(2026, 3, 30, 5, tzinfo=UTC)
    assert digests.preceding(DigestPeriod.WEEK, monday, "Europe/Amsterdam") == datetime(2026, 3, 23, 6, tzinfo=UTC)


def test_off_is_never() -> None:
    assert digests.following(DigestPeriod.OFF, datetime(2026, 1, 1, tzinfo=UTC), "UTC") is None


@pytest.mark.parametrize("value", ["month", "", "Week"])
def test_any_other_period_is_refused(value: str) -> None:
    with pytest.raises(Refused) as refused:
        digests.period(value)
    assert refused.value.reason is Reason.BAD_VALUE


def test_alarms_come_after_half_three_quarters_and_nine_tenths() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    due_by = start + timedelta(days=30)
    told, at = [], start
    while (following := digests.next_alarm(start, due_by, at)) is not None:
        told.append((following - start) / timedelta(days=1))
        at = following
    assert told == [15, 22.5, 27]
