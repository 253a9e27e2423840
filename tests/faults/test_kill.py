"""A slice of the long run with kill -9: fixed seeds, a handful of kills, and proof that the check can fail.

``make soak PART=kill`` is the long run.
"""

import asyncio
import time
from pathlib import Path

import pytest

from soak.breakages import BREAKAGES, ONLY_ON
from soak.kill import Killing
from soak.rounds import Limits, Progress, run
from soak.told import listening
from tests.support.postgres import PostgresServer

ROUNDS = 7
ROUNDS_TO_BE_FOUND = 60  # the first breach ends them; a busy machine does less between two kills
LONGEST_S = 240.0

SAYS = {
    "split_transaction": ("events tell of", "tied to", "open invitation", "departures", "letters about"),
    "said_before_the_commit": ("acknowledged 0 times in the log",),
    "no_event": ("events tell of",),
    "event_twice": ("2 events of one change",),
    "no_guard": ("events of one change", "holds stand, the row says", "it did not go on: Duplicate: erasure_pkey"),
    "letter_twice": ("letters that went out twice", "letters tell of", "2 letters about the departure"),
    "letter_lost": ("letters tell of", "0 letters about the departure"),
    "step_marked_before_it_is_done": ("and its data is there", "rows left", "the way from a user", "do not exist"),
    "key_kept": ("step key is marked and its data is there", "keys of erased people exist"),
    "token_not_used_up": ("a token that was replaced is still good",),
}
"""What the check says to each breakage."""


async def _run(kind: str, folder: Path, rounds: int, server: PostgresServer | None, broken: str = "") -> Progress:
    progress = Progress("slice")
    limits = Limits(rounds, time.monotonic() + LONGEST_S)
    with listening() as ear:
        await asyncio.to_thread(run, kind, folder, progress, limits, Killing(broken, ear), server=server)
    return progress


async def test_no_kill_leaves_half_a_state(kind: str, server: PostgresServer | None, tmp_path: Path):
    progress = await _run(kind, tmp_path, ROUNDS, server)
    assert progress.found == []
    assert progress.done == ROUNDS
    assert progress.kills > ROUNDS
    assert sum(progress.acknowledged.values()) > 5, "hardly anything was done before the kills"
    assert progress.slowest_s < 10


@pytest.mark.parametrize("broken", sorted(BREAKAGES))
async def test_what_is_broken_is_found(broken: str, tmp_path: Path, request: pytest.FixtureRequest):
    kind = ONLY_ON.get(broken, "sqlite")
    server = None if kind == "sqlite" else request.getfixturevalue("postgres_server")
    progress = await _run(kind, tmp_path, ROUNDS_TO_BE_FOUND, server, broken)
    assert any(words in breach for words in SAYS[broken] for breach in progress.found), progress.found
