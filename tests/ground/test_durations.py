"""Durations as people and programs write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vestibule.ground.durations import LONGEST, BadDuration, parse_duration

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("P30D", 30 * DAY),
        ("P2W", 14 * DAY),
        ("PT1H", timedelta(hours=1)),
        ("PT90S", timedelta(seconds=90)),
        ("PT5M", timedelta(minutes=5)),
        ("PT0.001S", timedelta(milliseconds=1)),
        ("P1DT2H3M4.5S", timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=500)),
        ("P0D", timedelta()),
        ("PT0S", timedelta()),
        ("30d", 30 * DAY),
        ("2w", 14 * DAY),
        ("1h", timedelta(hours=1)),
        ("15m", timedelta(minutes=15)),
        ("90s", timedelta(seconds=90)),
        ("0.25s", timedelta(milliseconds=250)),
        ("1d12h", timedelta(hours=36)),
        ("36525d", LONGEST),
    ],
)
def test_read(text: str, length: timedelta) -> None:
    assert parse_duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["P1M", "P1Y", "P1Y2M10D", "P1M1D", "P1YT1H", "1y", "2 years", "1mo", "3months", "p1m"],
)
def test_months_and_years_are_refused_by_name(text: str) -> None:
    with pytest.raises(BadDuration, match="months and years have no fixed length"):
        parse_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "P", "PT", "P1DT", "30", "d", "1.5d", "P1.5D", "PT1.5H", "1h30", "12h1d", "1d1d", "P1W2D", "p30d",
        "30D", "30 d", "P30D\n", "1e3s", "P3OD", "\u0663\u0660d", "PT1H1D", "5x", "0.1234567s", "P1D1H",
        "P" + "9" * 5000 + "D",
    ],
)  # fmt: skip
def test_other_forms_are_refused_with_a_hint(text: str) -> None:
    with pytest.raises(BadDuration, match="write it like P30D") as caught:
        parse_duration(text)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("text", ["-P1D", "-1d", "+1d", "-PT0S"])
def test_signs_are_refused(text: str) -> None:
    with pytest.raises(BadDuration, match="no sign"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["36526d", "36525d1s", "P999999999999D", "999999999999w", "PT999999999999H"])
def test_more_than_a_hundred_years_is_refused(text: str) -> None:
    with pytest.raises(BadDuration, match="longer than 36525 days"):
        parse_duration(text)


@given(st.timedeltas(min_value=timedelta(), max_value=LONGEST), st.booleans())
def test_every_length_can_be_written_and_read(length: timedelta, short: bool) -> None:
    clock = f"{length.seconds}.{length.microseconds:06d}"
    text = f"{length.days}d{clock}s" if short else f"P{length.days}DT{clock}S"
    assert parse_duration(text) == length


@given(st.text(alphabet="PTWDHMSYwdhmsy0123456789.-+ ", max_size=10) | st.text(max_size=10))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        length = parse_duration(text)
    except BadDuration:
        return
    assert timedelta() <= length <= LONGEST
