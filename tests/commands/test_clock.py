"""Pushing the clock from the command line: emulator databases only, and everything that falls due is done."""

from datetime import timedelta
from typing import Any

import pytest

from tests.commands.conftest import Desk
from tests.commands.test_users import guest
from tests.support.smtp import MailServer
from vestibule.ground.clock import parse_iso

HERE = ("--organization", "contoso.example")


def offset(shown: dict[str, Any]) -> timedelta:
    """How far lifecycle time is ahead."""
    return timedelta(seconds=float(shown["offset"].removeprefix("PT").removesuffix("S")))


def test_the_clock_and_what_time_will_do(emulator: Desk):
    before = emulator.json("clock", "show")
    user_id = guest(emulator)
    emulator.json("user", "delete", user_id, *HERE)
    after = emulator.json("clock", "show")

    assert set(before) == {"now", "offset", "next"}
    assert (before["offset"], before["next"]) == ("PT0S", [])
    (upcoming,) = after["next"]
    assert (upcoming["verb"], upcoming["userId"]) == ("purge", user_id)
    shown = emulator.json("user", "show", user_id, *HERE)
    assert upcoming["at"] == shown["restorableUntil"]
    assert (upcoming["verb"], upcoming["tenantId"]) == ("purge", shown["tenantId"])


@pytest.mark.parametrize(
    ("words", "step"),
    [
        (("clock", "advance", "P30D"), timedelta(days=30)),
        (("clock", "advance", "30d"), timedelta(days=30)),
        (("clock", "advance", "1h"), timedelta(hours=1)),
        (("clock", "advance", "PT1H30M"), timedelta(minutes=90)),
    ],
    ids=lambda value: value[2] if isinstance(value, tuple) else "",
)
def test_every_way_to_say_how_far(emulator: Desk, words: tuple[str, ...], step: timedelta):
    before = emulator.json("clock", "show")
    after = emulator.json(*words)

    assert offset(after) == step
    assert after["done"] == []
    assert parse_iso(after["now"]) - parse_iso(before["now"]) >= step
    assert offset(emulator.json(*words)) == 2 * step
    assert offset(emulator.json("clock", "show")) == 2 * step


def test_thirty_days_later_a_deleted_guest_is_purged_and_their_data_removed(emulator: Desk):
    user_id = guest(emulator)
    due = emulator.json("user", "delete", user_id, *HERE)["restorableUntil"]
    early = emulator.json("clock", "advance", "29d")
    assert early["done"] == []
    assert emulator.json("user", "show", user_id, *HERE)["state"] == "deleted"
    done = emulator.json("clock", "advance", "1d")["done"]

    assert [(one["verb"], one["userId"], one["at"]) for one in done] == [
        ("purge", user_id, due),
        ("erase", user_id, due),
    ]
    assert emulator.json("user", "show", user_id, *HERE)["state"] == "erased"


def test_a_tick_does_what_is_due_and_says_so(emulator: Desk):
    user_id = guest(emulator)
    emulator.json("user", "delete", user_id, *HERE)
    assert emulator.json("tick") == {"done": []}
    assert emulator.run("tick").out == "nothing was due\n"
    emulator.json("clock", "advance", "31d")
    assert emulator.json("tick") == {"done": []}


def test_a_tick_on_a_real_database_delivers_what_waits(desk: Desk, mail_server: MailServer):
    desk.json("user", "create", *HERE, "--invite", "ann@elsewhere.example", "--send", "--message", "Welcome")
    assert desk.json("tick") == {"done": []}
    assert mail_server.received == []
    for _ in range(2):
        desk.json("tick", smtp_url=mail_server.url)

    (letter,) = mail_server.received
    assert letter.recipients == ("ann@elsewhere.example",)
    assert "Welcome" in str(letter.message)


def test_in_words(emulator: Desk):
    user_id = guest(emulator)
    emulator.json("user", "delete", user_id, *HERE)
    told = emulator.run("clock", "advance", "31d").out.splitlines()

    assert [line.split()[0] for line in told] == ["now", "offset", "done", "done"]
    assert told[2].split()[2:] == ["purge", user_id]


@pytest.mark.parametrize("words", [("soon",), ("P1Y",), ("-1d",), ("1",), ("P100000D",)], ids=" ".join)
def test_what_is_no_duration_moves_nothing(emulator: Desk, words: tuple[str, ...]):
    done = emulator.run("clock", "advance", *words, "--json")

    assert (done.status, done.out) == (2, "")
    assert emulator.json("clock", "show")["offset"] == "PT0S"


@pytest.mark.parametrize("words", [("clock", "show"), ("clock", "advance", "1h")], ids=" ".join)
def test_a_real_database_has_no_clock_to_push(desk: Desk, words: tuple[str, ...]):
    done = desk.run(*words, "--json")

    assert (done.status, done.out) == (1, "")
    assert done.reason == "this is no emulator database: its clock is the machine's and cannot be moved"
