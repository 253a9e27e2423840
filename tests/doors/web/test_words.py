from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from vestibule.doors.web.words import days_left, words

NOW = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
END = datetime(2026, 12, 20, 19, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "day", "short", "clock", "moment"),
    [
        ("en", "20 December 2026", "20 Dec 2026", "19:05 UTC", "20 December 2026 at 19:05 UTC"),
        ("nl", "20 december 2026", "20 dec 2026", "19:05 UTC", "20 december 2026 om 19:05 UTC"),
        ("sv", "20 december 2026", "20 dec. 2026", "19:05 UTC", "20 december 2026 kl. 19:05 UTC"),
    ],
)
def test_dates_are_written_as_the_language_does(language, day, short, clock, moment):
    speech = words(language, "pages")
    assert (speech.day(END), speech.short_day(END), speech.clock(END), speech.moment(END)) == (
        day,
        short,
        clock,
        moment,
    )


def test_american_english_has_its_own_order_and_hours():
    speech = words("en", "pages", american=True)
    assert speech.moment(END) == "December 20, 2026 at 7:05\u00a0PM UTC"
    assert words("nl", "pages", american=True).day(END) == "20 december 2026"


def test_september_is_short_too():
    assert words("en", "pages").short_day(datetime(2023, 9, 19, tzinfo=UTC)) == "19 Sep 2023"


@pytest.mark.parametrize(
    ("zone", "clock"),
    [("Europe/Amsterdam", "20:05 CET"), ("Asia/Kolkata", "00:35 IST"), ("America/Sao_Paulo", "16:05 UTC-03")],
)
def test_the_hour_is_in_the_readers_zone_and_names_it(zone, clock):
    assert words("en", "pages", zone=ZoneInfo(zone)).clock(END) == clock


@pytest.mark.parametrize(
    ("ago", "english", "dutch", "swedish"),
    [
        (timedelta(minutes=1), "today", "vandaag", "i dag"),
        (timedelta(days=1), "1 day ago", "1 dag geleden", "för 1 dag sedan"),
        (timedelta(days=12), "12 days ago", "12 dagen geleden", "för 12 dagar sedan"),
        (timedelta(days=70), "11 Sep 2026", "11 sep 2026", "11 sep. 2026"),
    ],
)
def test_how_long_ago_is_counted_in_days_never_weeks(ago, english, dutch, swedish):
    assert [words(tag, "pages").ago(NOW - ago, NOW) for tag in ("en", "nl", "sv")] == [english, dutch, swedish]


@pytest.mark.parametrize(
    ("left", "days"),
    [
        (timedelta(days=30), 30),
        (timedelta(days=29, microseconds=1), 30),
        (timedelta(microseconds=1), 1),
        (timedelta(0), 0),
        (-timedelta(days=3), 0),
    ],
)
def test_days_left_round_up_so_that_one_is_the_last(left, days):
    assert days_left(NOW + left, NOW) == days


def test_values_are_escaped_in_html_and_plain_in_text():
    speech = words("en", "pages")
    assert speech.text("Leave {org}", org="<b>A&B</b>") == "Leave <b>A&B</b>"
    assert speech.html("Leave {org}", org="<b>A&B</b>") == Markup("Leave &lt;b&gt;A&amp;B&lt;/b&gt;")
    assert speech.html("Leave {org}", org=Markup("<bdi>A</bdi>")) == Markup("Leave <bdi>A</bdi>")
    assert speech.html("Leave {org}", org="{n} %s {{7*7}}") == "Leave {n} %s {{7*7}}"


def test_names_in_a_list_are_joined_as_the_language_does():
    assert words("en", "pages").joined(["A", "B", "C"]) == "A, B and C"
    assert words("sv", "pages").joined(["A", "B", "C"]) == "A, B och C"
    assert words("nl", "pages").joined_html([Markup("<b>A</b>"), Markup("B")]) == Markup("<b>A</b> en B")
    assert words("nl", "pages").joined_html([]) == ""


def test_swedish_has_three_letters_after_z():
    names = ["Zebra", "Åre", "Ängen", "Öland", "Ada", "Émile", "édith"]
    assert sorted(names, key=words("sv", "pages").sort_key) == [
        "Ada",
        "édith",
        "Émile",
        "Zebra",
        "Åre",
        "Ängen",
        "Öland",
    ]
    assert sorted(names, key=words("nl", "pages").sort_key) == [
        "Ada",
        "Ängen",
        "Åre",
        "édith",
        "Émile",
        "Öland",
        "Zebra",
    ]
