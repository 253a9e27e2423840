"""Kill the process again and again, at random moments, and see whether everything is right afterwards.

Each round starts a process that opens the house and acts with several tasks at once (``soak.process``), ends it with
SIGKILL after a random time, opens the house again, lets the worker finish, and looks at the laws and promises. The
database goes on from round to round and is made anew every now and then, so that set-up and migration are killed too.

Nothing of this is exactly repeatable, because the operating system decides what runs when; the seed repeats what was
tried and when the kill came. A round that finds something keeps its folder.
"""

import argparse
import asyncio
import json
import multiprocessing
import random
import shutil
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import asyncpg

from soak import laws, promises
from soak.places import settle
from soak.process import Task, live, open_at
from tests.support.postgres import PostgresServer
from tests.support.wanted import Missing
from vestibule.program import Program
from vestibule.store import keys as subject_keys

DATABASES = ("sqlite", "postgresql")
ROUNDS_PER_DATABASE = 25
LONGEST_S = 1.2
STARTING_S = 0.25
BETWEEN_S = 180
TICKS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part kill``."""
    parser.add_argument("--rounds", type=int, default=200, help="kills on each database (default 200)")
    parser.add_argument("--db", choices=DATABASES, action="append", help="only this database")
    parser.add_argument("--seed", default="1", help="for what is tried and when the kill comes (default 1)")
    parser.add_argument("--minutes", type=float, default=9.5, help="length of one piece (default 9.5)")
    parser.add_argument("--folder", type=Path, default=Path("var/soak/kill"), help="where it works and remembers")


@dataclass(slots=True)
class Progress:
    """How far one database is; kept in a file, so that the next piece goes on there."""

    seed: str
    done: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def count(self, words: list[dict[str, Any]]) -> None:
        """Add up what the killed process had done."""
        total = Counter(self.counts)
        total.update(str(word["verb"]) for word in words if word["word"] == "did")
        total["refused"] += sum(word["word"] == "refused" for word in words)
        total["not yet open"] += not any(word["word"] == "open" for word in words)
        self.counts = dict(total)


def main(arguments: argparse.Namespace) -> int:
    """Run the rounds that are left. Returns 0 when all held, 1 when something was found, 3 when it is not done."""
    until = time.monotonic() + 60 * arguments.minutes
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    progresses = {}
    for database in arguments.db or DATABASES:
        progress = _load(folder / f"{database}.json", arguments.seed)
        progresses[database] = progress
        try:
            _run(database, folder, progress, arguments.rounds, until)
        except Missing as missing:
            print(f"{database}: not tried, {missing}")
            del progresses[database]
    return _sum_up(progresses, arguments.rounds)


def _load(path: Path, seed: str) -> Progress:
    kept = Progress(**json.loads(path.read_text())) if path.exists() else Progress(seed)
    return kept if kept.seed == seed else Progress(seed)


def _run(database: str, folder: Path, progress: Progress, rounds: int, until: float) -> None:
    if progress.done >= rounds:
        return
    if database == "sqlite":
        _rounds(Field(folder / "sqlite", None), progress, rounds, until)
        return
    with PostgresServer() as server:
        _rounds(Field(folder / "postgresql", server), progress, rounds, until)


@dataclass(slots=True)
class Field:
    """Where the rounds of one database take place: its data folder, and its database in PostgreSQL."""

    data: Path
    server: PostgresServer | None
    url: str = ""

    def make_anew(self) -> None:
        """An empty folder and an empty database."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        if self.server is not None:
            if self.url:
                self.server.drop_database(self.url)
            self.url = self.server.create_database()


def _rounds(where: Field, progress: Progress, rounds: int, until: float) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["soak.process"])
    where.make_anew()
    path = where.data.with_name(f"{where.data.name}.json")
    while progress.done < rounds and time.monotonic() < until and not progress.found:
        number = progress.done + 1
        if number % ROUNDS_PER_DATABASE == 0:
            where.make_anew()
        task = Task(where.data, where.url, where.data / "said", f"{progress.seed}/{number}", number * BETWEEN_S)
        _kill(context, task)
        words = _words(task.said)
        progress.count(words)
        progress.found += [f"round {number}: {breach}" for breach in asyncio.run(_look(where, task, words))]
        progress.done = number
        path.write_text(json.dumps(asdict(progress)))
        if number % 10 == 0 or progress.found:
            print(f"{where.data.name} {number}/{rounds} kills, {len(progress.found)} breaches", flush=True)
    if progress.found:
        _keep(where, progress)


def _kill(context: Any, task: Task) -> None:
    """Start the process and end it with SIGKILL, some time into its start or its work."""
    chance = random.Random(f"kill/{task.seed}")
    process = context.Process(target=live, args=(task,), daemon=True)
    process.start()
    longest = STARTING_S if chance.random() < 0.15 else LONGEST_S
    process.join(chance.uniform(0, longest))
    process.kill()
    process.join()


def _words(path: Path) -> list[dict[str, Any]]:
    """What the process said; its last line may be torn."""
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [json.loads(line) for line in lines if line.endswith("}")]


async def _look(where: Field, task: Task, words: list[dict[str, Any]]) -> list[str]:
    """Open the house again, see what holds at once, let the worker finish, and see what holds then."""
    await _until_nobody_is_connected(where)
    program = await open_at(task.data, task.url, task.ahead_s + BETWEEN_S - 10)
    try:
        found = await _examine(program, words)
    finally:
        await program.close()
    return [*promises.broken(words), *found, *_integrity(where)]


async def _examine(program: Program, words: list[dict[str, Any]]) -> list[str]:
    house = program.house
    facts = await laws.look(house)
    found = [f"at once: {breach}" for breach in (*laws.of_stages(facts), *promises.kept(words, facts))]
    found += await promises.time_is_kept(house, words)
    await settle(house)
    found += await promises.ask_again(house, words, facts)
    for _ in range(TICKS):
        if not await program.worker.tick():
            break
    await _sweep(program)
    facts = await laws.look(house)
    found += [f"in the end: {breach}" for breach in laws.of_stages(facts)]
    found += [f"in the end: {breach}" for breach in laws.when_all_is_done(facts)]
    return [*found, *(f"in the end: {breach}" for breach in promises.kept(words, facts))]


async def _sweep(program: Program) -> None:
    """Nobody else acts: whatever key nothing mentions now is an orphan, however young."""
    facts = await laws.look(program.house)
    before = program.house.clock.now() + timedelta(seconds=1)
    await subject_keys.sweep(program.house.keys, laws.in_use(facts), created_before=before)


async def _until_nobody_is_connected(where: Field) -> None:
    """The server may still be busy with what the killed process asked last; its outcome counts too."""
    if where.server is None:
        return
    connection = await asyncpg.connect(where.server.url())
    try:
        name = where.url.rsplit("/", 1)[1]
        while await connection.fetchval("SELECT count(*) FROM pg_stat_activity WHERE datname = $1", name):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.01)
    finally:
        await connection.close()


def _integrity(where: Field) -> list[str]:
    found = []
    for path in sorted(where.data.glob("*.sqlite")):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        said = connection.pragma("integrity_check")
        connection.close()
        found += [] if said == "ok" else [f"{path.name}: {said}"]
    return found


def _keep(where: Field, progress: Progress) -> None:
    kept = where.data.with_name(f"{where.data.name}-seed-{progress.seed}-round-{progress.done}")
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(where.data, kept)
    print(f"kept in {kept}")


def _sum_up(progresses: dict[str, Progress], rounds: int) -> int:
    for database, progress in progresses.items():
        counts = ", ".join(f"{name} {times}" for name, times in sorted(progress.counts.items()))
        print(f"{database}: seed {progress.seed}, {progress.done} of {rounds} kills, {len(progress.found)} breaches")
        print(f"  acknowledged before the kills: {counts}")
        for breach in progress.found[:20]:
            print(f"  {breach}")
    if any(progress.found for progress in progresses.values()):
        return 1
    if any(progress.done < rounds for progress in progresses.values()):
        print("not done yet: the same command goes on from here")
        return 3
    print(f"all held ({datetime.now(UTC):%Y-%m-%d %H:%M} UTC)")
    return 0
