"""Kill processes again and again, at random moments, and see whether everything is right afterwards.

Each round starts a process that opens the house and acts with several tasks at once (``soak.process``), often a
second one beside it, and ends both with SIGKILL after a random time. Then it opens the house again, looks at the
laws and promises, asks what got no answer once more, lets the worker finish, and looks again. The database goes on
from round to round and is made anew every now and then, so that set-up and migration are killed too.

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
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import apsw
import asyncpg

from soak import laws, promises
from soak.breakages import BREAKAGES
from soak.places import settle
from soak.process import Task, live, open_at
from tests.support.postgres import PostgresServer
from tests.support.wanted import Missing
from vestibule.program import Program
from vestibule.store import keys as subject_keys

DATABASES = ("sqlite", "postgresql")
ROUNDS_PER_DATABASE = 25
READY_S = 10.0
LONGEST_S = 1.2
STARTING_S = 0.25
BETWEEN_S = 180
TICKS = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part kill``."""
    parser.add_argument("--rounds", type=int, default=200, help="rounds on each database (default 200)")
    parser.add_argument("--db", choices=DATABASES, action="append", help="only this database")
    parser.add_argument("--seed", default="1", help="for what is tried and when the kill comes (default 1)")
    parser.add_argument("--minutes", type=float, default=9.5, help="length of one piece (default 9.5)")
    parser.add_argument("--folder", type=Path, default=Path("var/soak/kill"), help="where it works and remembers")
    parser.add_argument("--broken", choices=sorted(BREAKAGES), default="", help="break this on purpose")


@dataclass(slots=True)
class Progress:
    """How far one database is; kept in a file, so that the next piece goes on there."""

    seed: str
    done: int = 0
    kills: int = 0
    slowest_s: float = 0.0
    acknowledged: dict[str, int] = field(default_factory=dict)
    happened: dict[str, int] = field(default_factory=dict)
    interrupted: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def count(self, words: list[dict[str, Any]]) -> None:
        """Add up what the killed processes were told, and how far they came."""
        self.acknowledged = _sum(self.acknowledged, Counter(str(one["verb"]) for one in words if one["word"] == "did"))
        reached = {word["word"] for word in words}
        came = "acting" if "settled" in reached else "setting up" if "open" in reached else "opening"
        refused = sum(word["word"] == "refused" for word in words)
        self.interrupted = _sum(self.interrupted, Counter({f"killed while {came}": 1, "refusals heard": refused}))


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
            run(database, folder, progress, Limits(arguments.rounds, until), broken=arguments.broken)
        except Missing as missing:
            print(f"{database}: not tried, {missing}")
            del progresses[database]
    return _sum_up(progresses, arguments.rounds)


def _load(path: Path, seed: str) -> Progress:
    kept = Progress(**json.loads(path.read_text())) if path.exists() else Progress(seed)
    return kept if kept.seed == seed else Progress(seed)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a piece goes on: ``rounds`` in all, ``until`` a moment of the monotonic clock."""

    rounds: int
    until: float


def run(
    database: str,
    folder: Path,
    progress: Progress,
    limits: Limits,
    *,
    server: PostgresServer | None = None,
    broken: str = "",
) -> None:
    """Run the rounds that are left on one database; what was found is in ``progress``.

    Args:
        database: of ``DATABASES``. folder: where it works and remembers. limits: how long.
        server: a running PostgreSQL; one is started when there is none.
        broken: break this in the processes that are killed.

    Raises:
        Missing: PostgreSQL is not installed.
    """
    if progress.done >= limits.rounds:
        return
    if database == "sqlite":
        _rounds(Field(folder / "sqlite", None), progress, limits, broken)
    elif server is not None:
        _rounds(Field(folder / "postgresql", server), progress, limits, broken)
    else:
        with PostgresServer() as started:
            _rounds(Field(folder / "postgresql", started), progress, limits, broken)


@dataclass(slots=True)
class Field:
    """Where the rounds of one database take place.

    Attributes:
        data: its data folder. server, url: PostgreSQL and its database there; None and empty for SQLite.
        happened: what had happened in it when it was last looked at.
    """

    data: Path
    server: PostgresServer | None
    url: str = ""
    happened: Counter[str] = field(default_factory=Counter)

    def make_anew(self) -> None:
        """An empty folder and an empty database."""
        self.happened = Counter()
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(parents=True)
        if self.server is not None:
            self.drop()
            self.url = self.server.create_database()

    def drop(self) -> None:
        """Take the database away."""
        if self.server is not None and self.url:
            self.server.drop_database(self.url)
            self.url = ""


def _rounds(where: Field, progress: Progress, limits: Limits, broken: str) -> None:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["soak.process"])
    where.make_anew()
    path = where.data.with_name(f"{where.data.name}.json")
    while progress.done < limits.rounds and time.monotonic() < limits.until and not progress.found:
        number = progress.done + 1
        if number % ROUNDS_PER_DATABASE == 0:
            where.make_anew()
        tasks = _tasks(where, f"{progress.seed}/{number}", number * BETWEEN_S, broken)
        _kill(context, tasks)
        said = [_words(task.said) for task in tasks]
        for words in said:
            progress.count(words)
        breaches = asyncio.run(_look(where, tasks[0], [word for words in said for word in words], progress))
        progress.found += [f"round {number}: {breach}" for breach in breaches]
        progress.done = number
        progress.kills += len(tasks)
        path.write_text(json.dumps(asdict(progress)))
        if number % 10 == 0 or progress.found:
            print(f"{where.data.name} round {number} of {limits.rounds}, {len(progress.found)} breaches", flush=True)
    if progress.found:
        _keep(where, progress)
    where.drop()


def _tasks(where: Field, seed: str, ahead_s: int, broken: str) -> list[Task]:
    """The process that serves, and in two rounds of three one beside it."""
    first = Task(where.data, where.url, where.data / "said", seed, ahead_s, broken=broken)
    if random.Random(f"beside/{seed}").random() < 1 / 3:
        return [first]
    return [first, replace(first, said=where.data / "said-beside", seed=f"{seed}/beside", serves=False)]


def _kill(context: Any, tasks: list[Task]) -> None:
    """Start the processes and end each with SIGKILL, some time into its start or its work."""
    begun = time.monotonic()
    started = []
    for task in tasks:
        chance = random.Random(f"kill/{task.seed}")
        longest = STARTING_S if chance.random() < 0.15 else LONGEST_S
        process = context.Process(target=live, args=(task,), daemon=True)
        process.start()
        started.append((chance.uniform(0, longest), process))
    for ends_after, process in sorted(started, key=itemgetter(0)):
        process.join(max(0.0, begun + ends_after - time.monotonic()))
        process.kill()
        process.join()


def _sum(before: dict[str, int], more: Counter[str]) -> dict[str, int]:
    return dict(Counter(before) + more)


def _words(path: Path) -> list[dict[str, Any]]:
    """What the process said; its last line may be torn."""
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [json.loads(line) for line in lines if line.endswith("}")]


async def _look(where: Field, task: Task, words: list[dict[str, Any]], progress: Progress) -> list[str]:
    """Open the house again, see what holds at once, let the worker finish, and see what holds then."""
    await _until_nobody_is_connected(where)
    begun = time.monotonic()
    program = await open_at(task.data, task.url, task.ahead_s + BETWEEN_S - 10)
    took_s = time.monotonic() - begun
    progress.slowest_s = max(progress.slowest_s, took_s)
    late = [f"it was open again after {took_s:.1f} s only"] if took_s > READY_S else []
    try:
        found = await _examine(where, program, words, progress)
    finally:
        await program.close()
    said = [] if task.broken else promises.broken(words)  # what is broken on purpose has to be found in the database
    return [*late, *said, *found, *_integrity(where)]


async def _examine(where: Field, program: Program, words: list[dict[str, Any]], progress: Progress) -> list[str]:
    house = program.house
    facts = await laws.look(house)
    progress.happened = _sum(progress.happened, laws.totals(facts) - where.happened)
    progress.interrupted = _sum(progress.interrupted, laws.interrupted(facts))
    found = [f"at once: {breach}" for breach in (*laws.of_stages(facts), *promises.kept(words, facts))]
    found += await promises.time_is_kept(house, words)
    await settle(house)
    found += await promises.ask_again(house, words, facts)
    for _ in range(TICKS):
        if not await program.worker.tick():
            break
    await _sweep(program)
    facts = await laws.look(house)
    where.happened = laws.totals(facts)
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
        print(
            f"{database}: seed {progress.seed}, {progress.done} of {rounds} rounds, {progress.kills} processes killed, "
            f"{len(progress.found)} breaches, open again within {progress.slowest_s:.2f} s"
        )
        for title in ("acknowledged", "happened", "interrupted"):
            counts: dict[str, int] = getattr(progress, title)
            print(f"  {title}: {', '.join(f'{name} {times}' for name, times in sorted(counts.items()))}")
        for breach in progress.found[:20]:
            print(f"  {breach}")
    if any(progress.found for progress in progresses.values()):
        return 1
    if any(progress.done < rounds for progress in progresses.values()):
        print("not done yet: the same command goes on from here")
        return 3
    print(f"all held ({datetime.now(UTC):%Y-%m-%d %H:%M} UTC)")
    return 0
