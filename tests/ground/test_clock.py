"""The clock, and moments in rows and on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground.clock import Clock, StoppedClock, SystemClock, from_us, iso, parse_iso, to_us

START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
AMSTERDAM = timezone(timedelta(hours=1))

moments = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


def test_the_system_clock_is_aware_utc() -> None:
    clock: Clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert clock.now() >= first


def test_a_stopped_clock_stands_until_it_is_pushed() -> None:
    clock = StoppedClock(START.astimezone(AMSTERDAM))
    assert clock.now() == START
    assert clock.now().tzinfo is UTC
    assert clock.advance(timedelta(days=30)) == START + timedelta(days=30)
    assert clock.now() == START + timedelta(days=30)


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = START.replace(tzinfo=None)
    for use in (to_us, iso, StoppedClock):
        with pytest.raises(ValueError, match="time zone"):
            use(naive)


@given(moments)
def test_rows_keep_the_microsecond(moment: datetime) -> None:
    assert from_us(to_us(moment)) == moment


@given(moments)
def test_the_wire_keeps_the_microsecond(moment: datetime) -> None:
    assert parse_iso(iso(moment)) == moment


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (START, "2026-11-20T19:00:00Z"),
        (START.astimezone(AMSTERDAM), "2026-11-20T19:00:00Z"),
        (START + timedelta(microseconds=123456), "2026-11-20T19:00:00.123456Z"),
        (START + timedelta(milliseconds=500), "2026-11-20T19:00:00.500000Z"),
    ],
)
def test_iso_form(moment: datetime, text: str) -> None:
    assert iso(moment) == text


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-20T20:00:00+01:00", START),
        ("2026-11-20T19:00:00.5Z", START + timedelta(milliseconds=500)),
        ("2026-11-20T19:00:00.1234567Z", START + timedelta(microseconds=123456)),
        ("2026-11-20T19:00:00.999999999Z", START + timedelta(microseconds=999999)),
    ],
)
def test_parse_iso_reads_offsets_and_fractions(text: str, moment: datetime) -> None:
    read = parse_iso(text)
    assert read == moment
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-20",
        "2026-11-20T19:00:00",
        "2026-11-20 19:00:00Z",
        "2026-11-20T19:00:00z",
        "2026-11-20T19:00:00,5Z",
        "20261120T190000Z",
        "2026-W47-5T19:00:00Z",
        "2026-02-30T19:00:00Z",
        "2026-11-20T24:00:00Z",
        "2026-11-20T19:00:60Z",
        "2026-11-20T19:00:00+01:00:30",
        "2026-11-20T19:00:00+24:00",
        "2026-11-20T19:00:00Z\n",
        "٢٠٢٦-11-20T19:00:00Z",
        "0001-01-01T00:00:00+01:00",
    ],
)
def test_parse_iso_refuses_what_two_readers_could_read_differently(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an ISO 8601|no such moment"):
        parse_iso(text)
