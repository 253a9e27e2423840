"""The bench itself, with a handful of people and no figure looked at: it runs, and it notices what is missing."""

import json
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from bench import __main__ as program
from bench import checks, stand, table
from bench.cases import auditing, granting, leaving, paging, reading
from bench.cases.leaving import Leaving
from bench.checks import Acknowledged, Lost
from bench.load import Report
from bench.people import id_of
from bench.rounds import How
from bench.stand import POSTGRESQL, SQLITE, Stand
from tests.support.postgres import find_binaries

PEOPLE = 60
HOW = How(rounds=1, seconds=0.2, connections=4)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the bench keeps its databases."""
    monkeypatch.setattr(stand, "VAR", tmp_path)
    return tmp_path


@pytest.fixture
def place(folder: Path) -> Iterator[Stand]:
    """A few people on SQLite, served."""
    with stand.made(SQLITE, PEOPLE) as made:
        made.keep_copy()
        with made.serving():
            yield made


def test_every_case_of_one_database_gives_lines(place: Stand) -> None:
    cases = (reading.measure_user, reading.measure_list, granting.measure_token, granting.measure_refresh)
    lines = [line for case in cases for line in case(place, HOW)]
    lines += paging.measure(place, HOW)
    lines += leaving.measure(place, HOW)
    names = ["read", "read", "list", "list", "token", "refresh", *paging.PATHS, "leave"]
    assert [line.case for line in lines] == names
    assert all(line.rate > 0 and line.yardstick_rate > 0 and line.ratio > 0 for line in lines)
    assert lines[-1].more["durability"] == {"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"}


def test_a_lost_leave_fails_the_run(place: Stand) -> None:
    left = Leaving(place, HOW)
    left.round()
    checks.leaves(place, left.acknowledged, left.before)
    told = dict(left.acknowledged.answers)
    number, answer = next(iter(told.items()))

    with pytest.raises(Lost, match="leaves were acknowledged, but audit_event has"):
        checks.leaves(place, Acknowledged(told | {-1: answer}), left.before)
    with pytest.raises(Lost, match=f"the leave of person {number} was acknowledged, but its receipt leads to None"):
        checks.leaves(place, Acknowledged(told | {number: answer | {"reference": "VL-2222-2222"}}), left.before)
    _undo(place, number)
    with pytest.raises(
        Lost, match=f"the leave of person {number} was acknowledged, but its receipt leads to .*present"
    ):
        checks.leaves(place, left.acknowledged, left.before)


def _undo(place: Stand, number: int) -> None:
    connection = apsw.Connection(str(place.data / "vestibule.sqlite"))
    connection.set_busy_timeout(10_000)
    connection.execute("UPDATE membership SET stage = 'present' WHERE user_id = ?", (id_of("guest", number),))
    connection.close()


def test_a_request_that_was_not_answered_well_fails_the_run() -> None:
    with pytest.raises(Lost, match=r"not everything was answered with 200: \{503: 2\}"):
        checks.load_was_clean(Report(1.0, [10], {200: 1, 503: 2}, [], [], 0.1))
    with pytest.raises(Lost, match="the server closed the connection"):
        checks.load_was_clean(Report(1.0, [10], {200: 1}, [], ["the server closed the connection"], 0.1))


def test_a_commit_that_is_not_durable_fails_the_run(place: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.durability(place)["synchronous"] == "2"
    monkeypatch.setattr("bench.machine.is_in_memory", lambda _folder: True)
    with pytest.raises(Lost, match="is not on a disk"):
        checks.durability(place)


@pytest.mark.skipif(find_binaries() is None, reason="PostgreSQL is not installed")
def test_leaves_on_postgresql(folder: Path) -> None:
    with stand.made(POSTGRESQL, PEOPLE) as made:
        made.keep_copy()
        with made.serving():
            lines = leaving.measure(made, HOW)
    assert [line.yardstick for line in lines] == ["pgbench, one statement", "pgbench, six statements"]
    assert all(line.yardstick_rate > 0 for line in lines)


def test_the_program_prints_a_table_and_keeps_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(program, "LATEST", folder / "latest.json")
    asked = ["--case", "read", "--db", "sqlite", "--people", "30", "--rounds", "1", "--seconds", "0.1"]
    assert program.main(asked) == 0
    assert "SQL by hand" in capsys.readouterr().out
    kept = json.loads((folder / "latest.json").read_text())
    assert {case["yardstick"] for case in kept["cases"]} == {"SQL by hand", "bare HTTP"}
    assert kept["machine"]["failed"] == []


def test_several_cases_are_named_at_once_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    asked = program._parser().parse_args(["--case", "read, leave", "--db", "sqlite"])
    assert (asked.case, asked.db) == (["read", "leave"], ["sqlite"])
    with pytest.raises(SystemExit):
        program.main(["--case", "reed"])
    assert "reed: choose from read, list" in capsys.readouterr().err


def test_what_a_goal_says() -> None:
    assert table.at_least(2.0, 2) == ("≥ 2", True)
    assert table.at_most(3.1, 3) == ("≤ 3", False)


def test_the_audit_log_is_sealed_and_verified(folder: Path) -> None:
    lines = auditing.measure(SQLITE, 600, HOW)
    assert [line.case for line in lines] == [
        "audit: seal", "audit: verify", "audit: export", "audit: verify an export"
    ]  # fmt: skip
    assert all(line.rate > 0 for line in lines)
    assert [line.met is not None for line in lines] == [False, True, False, True]


def test_how_long_an_event_waits_is_looked_at_while_people_leave(place: Stand) -> None:
    [line] = auditing.measure_lag(place, HOW)
    assert line.more["samples"] > 0
    assert 0 <= line.more["medianS"] <= line.ratio
