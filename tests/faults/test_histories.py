"""Several act on one guest at the same moment: what each was told is possible one after the other.

A slice with a fixed seed; ``make soak PART=histories`` goes on for longer.
"""

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from soak import breakages, histories
from soak.histories import RULES, State
from soak.process import open_at
from soak.rounds import Progress
from tests.support.postgres import PostgresServer
from vestibule.store import memberships

HISTORIES = 30


async def _played(server: PostgresServer | None, folder: Path, many: int = HISTORIES) -> tuple[list[str], Progress]:
    url = "" if server is None else server.create_database()
    programs = [await open_at(folder, url, 0)]
    programs.append(await open_at(folder, url, 0, serves=False))
    progress = Progress("slice")
    try:
        chance = random.Random("slice")  # noqa: S311 - a pattern to be repeated
        return await histories.play(programs, progress, chance, many), progress
    finally:
        for program in reversed(programs):
            await program.close()
        if server is not None:
            server.drop_database(url)


async def test_every_history_is_possible(server: PostgresServer | None, tmp_path: Path):
    found, progress = await _played(server, tmp_path)
    assert found == []
    assert all(progress.acknowledged[act] for act in ("leave", "remove", "disable", "restore", "purge"))


async def test_what_is_decided_on_an_old_version_is_found(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Without the guard on the version; SQLite reads what it changes in the same transaction."""
    monkeypatch.setattr(memberships, "save_move", memberships.save_move)  # put back afterwards
    breakages.no_guard()
    found, _ = await _played(postgres_server, tmp_path)
    assert any("is not possible in any order" in one for one in found)


def test_the_model_refuses_what_the_rules_refuse():
    present = State("present", link="used")
    gone = RULES["leave"](present)[1]
    said = Counter(RULES[act](state)[0] for act in RULES for state in (State(), present, gone))
    assert RULES["purge"](gone)[1].stage == "purged"
    assert RULES["restore"](RULES["purge"](gone)[1])[0] == "notFound"
    assert RULES["leave"](replace(present, enabled=False))[0] == "accountDisabled"
    assert RULES["redeem"](RULES["remove"](State())[1])[0] == "invitationDead"
    assert set(said) == {"done", "notFound", "alreadyThere", "invitationUsed"}
