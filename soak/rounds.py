"""What the parts of the soak share: rounds on one database, in pieces that can be resumed, with a result to print."""

import argparse
import asyncio
import json
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import asyncpg

from soak import laws
from tests.support.postgres import PostgresServer
from tests.support.wanted import Missing
from vestibule.ground.clock import EPOCH
from vestibule.program import Program
from vestibule.store import keys as subject_keys

DATABASES = ("sqlite", "postgresql")
TICKS = 20
READY_S = 10.0


def add_arguments(parser: argparse.ArgumentParser, *, rounds: int, folder: str) -> None:
    """The options that every part has."""
    parser.add_argument("--rounds", type=int, default=rounds, help=f"rounds on each database (default {rounds})")
    parser.add_argument("--db", choices=DATABASES, action="append", help="only this database")
    parser.add_argument("--seed", default="1", help="for what is tried and when the kill comes (default 1)")
    parser.add_argument("--minutes", type=float, default=9.5, help="length of one piece (default 9.5)")
    parser.add_argument("--folder", type=Path, default=Path(folder), help="where it works and remembers")


@dataclass(slots=True)
class Progress:
    """How far one database is; kept in a file, so that the next piece goes on there.

    Attributes:
        done: rounds. kills: processes ended. slowest_s: until it was ready again.
        acknowledged: what somebody was told, by verb. happened: events by type, and letters.
        interrupted: what was under way when the kill came. found: breaches.
    """

    seed: str
    done: int = 0
    kills: int = 0
    slowest_s: float = 0.0
    acknowledged: dict[str, int] = field(default_factory=dict)
    happened: dict[str, int] = field(default_factory=dict)
    interrupted: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)

    def add(self, title: str, counts: Counter[str]) -> None:
        """Add up counts of one title."""
        setattr(self, title, dict(Counter(getattr(self, title)) + counts))


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a piece goes on: ``rounds`` in all, ``until`` a moment of the monotonic clock."""

    rounds: int
    until: float


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


Round = Callable[[Field, Progress], list[str]]


def main(arguments: argparse.Namespace, rounds_of: Callable[[], Round]) -> int:
    """Run the rounds that are left. Returns 0 when all held, 1 when something was found, 3 when it is not done."""
    until = time.monotonic() + 60 * arguments.minutes
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    progresses = {}
    for database in arguments.db or DATABASES:
        progress = _load(folder / f"{database}.json", arguments.seed)
        progresses[database] = progress
        try:
            run(database, folder, progress, Limits(arguments.rounds, until), rounds_of())
        except Missing as missing:
            print(f"{database}: not tried, {missing}")
            del progresses[database]
    return _sum_up(progresses, arguments.rounds)


def _load(path: Path, seed: str) -> Progress:
    kept = Progress(**json.loads(path.read_text())) if path.exists() else Progress(seed)
    return kept if kept.seed == seed else Progress(seed)


def run(
    database: str,
    folder: Path,
    progress: Progress,
    limits: Limits,
    play: Round,
    *,
    server: PostgresServer | None = None,
) -> None:
    """Run the rounds that are left on one database; what was found is in ``progress``.

    Args:
        database: of ``DATABASES``. folder: where it works and remembers. limits: how long.
        play: one round; it returns what it found.
        server: a running PostgreSQL; one is started when there is none.

    Raises:
        Missing: PostgreSQL is not installed.
    """
    if progress.done >= limits.rounds:
        return
    if database == "sqlite":
        _rounds(Field(folder / "sqlite", None), progress, limits, play)
    elif server is not None:
        _rounds(Field(folder / "postgresql", server), progress, limits, play)
    else:
        with PostgresServer() as started:
            _rounds(Field(folder / "postgresql", started), progress, limits, play)


def _rounds(where: Field, progress: Progress, limits: Limits, play: Round) -> None:
    where.make_anew()
    path = where.data.with_name(f"{where.data.name}.json")
    while progress.done < limits.rounds and time.monotonic() < limits.until and not progress.found:
        number = progress.done + 1
        progress.found += [f"round {number}: {breach}" for breach in play(where, progress)]
        progress.done = number
        path.write_text(json.dumps(asdict(progress)))
        if number % 10 == 0 or progress.found:
            print(f"{where.data.name} round {number} of {limits.rounds}, {len(progress.found)} breaches", flush=True)
    if progress.found:
        _keep(where, progress)
    where.drop()


def crowded() -> float:
    """How much longer than alone something may take here: how many want each processor at the moment, at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


async def finish(where: Field, program: Program) -> list[str]:
    """Nobody else acts any more: let the worker do what is due, and see whether everything is in order then."""
    for _ in range(TICKS):
        if not await program.worker.tick():
            break
    await _sweep(program)
    facts = await laws.look(program.house)
    where.happened = laws.totals(facts)
    return [f"in the end: {breach}" for breach in (*laws.of_stages(facts), *laws.when_all_is_done(facts))]


async def _sweep(program: Program) -> None:
    """Whatever key nothing mentions now is an orphan, however young."""
    wanted = laws.in_use(await laws.look(program.house))

    async def mentioned(key_ids: list[str]) -> set[str]:
        return wanted & set(key_ids)

    now = program.house.clock.now()
    await subject_keys.sweep(program.house.keys, mentioned, since=EPOCH, before=now + timedelta(seconds=1))


async def until_nobody_is_connected(where: Field) -> None:
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


def integrity(where: Field) -> list[str]:
    """What SQLite says about its files."""
    found = []
    for path in sorted(where.data.glob("*.sqlite")):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        said: Any = connection.pragma("integrity_check")
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
            f"{len(progress.found)} breaches, ready again within {progress.slowest_s:.2f} s"
        )
        for title in ("acknowledged", "happened", "interrupted"):
            counts: dict[str, int] = getattr(progress, title)
            if counts:
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
