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
import time
from collections import Counter
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Any

from soak import laws, promises, rounds, told
from soak.breakages import BREAKAGES
from soak.places import settle
from soak.process import Task, live, open_at
from soak.rounds import Field, Progress
from tests.support.app_receiver import AppReceiver
from vestibule.program import Program

ROUNDS_PER_DATABASE = 25
LONGEST_S = {"sqlite": 1.2, "postgresql": 2.5}
STARTING_S = 0.25
BETWEEN_S = 320
"""Longer than the longest lease, that of a connection, so that nothing waits for who was killed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part kill``."""
    rounds.add_arguments(parser, rounds=200, folder="var/soak/kill")
    parser.add_argument("--broken", choices=sorted(BREAKAGES), default="", help="break this on purpose")


def main(arguments: argparse.Namespace) -> int:
    """Run the rounds that are left; the exit status is that of ``rounds.main``."""
    with told.listening() as ear:
        return rounds.main(arguments, lambda: Killing(arguments.broken, ear))


@dataclass(slots=True)
class Killing:
    """One round after the other.

    Attributes:
        broken: break this in the processes that are killed. ear: the app that they tell; None for none.
    """

    broken: str = ""
    ear: AppReceiver | None = None

    def __call__(self, where: Field, progress: Progress) -> list[str]:
        """Play one round. Returns what is wrong."""
        number = progress.done + 1
        if number % ROUNDS_PER_DATABASE == 0:
            where.make_anew()
        tasks = _tasks(where, f"{progress.seed}/{number}", number * BETWEEN_S, self.broken, self.ear)
        _kill(tasks, LONGEST_S[where.data.name])
        progress.kills += len(tasks)
        said = [_words(task.said) for task in tasks]
        for words in said:
            _count(progress, words)
        found = asyncio.run(_look(where, tasks[0], [word for words in said for word in words], progress, self.ear))
        if self.ear is not None:
            progress.acknowledged["told an app"] = len(self.ear.posts)
        return found


def _tasks(where: Field, seed: str, ahead_s: int, broken: str, ear: AppReceiver | None) -> list[Task]:
    """The process that serves, and in two rounds of three one beside it."""
    told_at = "" if ear is None else ear.url
    first = Task(where.data, where.url, where.data / "said", seed, ahead_s, broken=broken, told_at=told_at)
    if random.Random(f"beside/{seed}").random() < 1 / 3:
        return [first]
    return [first, replace(first, said=where.data / "said-beside", seed=f"{seed}/beside", serves=False)]


def _kill(tasks: list[Task], longest_s: float) -> None:
    """Start the processes and end each with SIGKILL, some time into its start or its work."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["soak.process"])
    begun = time.monotonic()
    started = []
    for task in tasks:
        chance = random.Random(f"kill/{task.seed}")
        longest = STARTING_S if chance.random() < 0.15 else longest_s
        process = context.Process(target=live, args=(task,), daemon=True)
        process.start()
        started.append((chance.uniform(0, longest), process))
    for ends_after, process in sorted(started, key=itemgetter(0)):
        process.join(max(0.0, begun + ends_after - time.monotonic()))
        process.kill()
        process.join()


def _words(path: Path) -> list[dict[str, Any]]:
    """What the process said; its last line may be torn."""
    lines = path.read_text().splitlines() if path.exists() else []
    path.unlink(missing_ok=True)
    return [json.loads(line) for line in lines if line.endswith("}")]


def _count(progress: Progress, words: list[dict[str, Any]]) -> None:
    """Add up what a killed process was told, and how far it came."""
    progress.add("acknowledged", Counter(str(word["verb"]) for word in words if word["word"] == "did"))
    reached = {word["word"] for word in words}
    came = "acting" if "settled" in reached else "setting up" if "open" in reached else "opening"
    refused = sum(word["word"] == "refused" for word in words)
    progress.add("interrupted", Counter({f"killed while {came}": 1, "refusals heard": refused}))


async def _look(
    where: Field, task: Task, words: list[dict[str, Any]], progress: Progress, ear: AppReceiver | None
) -> list[str]:
    """Open the house again, see what holds at once, let the worker finish, and see what holds then."""
    await rounds.until_nobody_is_connected(where)
    begun = time.monotonic()
    program = await open_at(task.data, task.url, task.ahead_s + BETWEEN_S - 10)
    took_s = time.monotonic() - begun
    progress.slowest_s = max(progress.slowest_s, took_s)
    late = [f"it was open again after {took_s:.1f} s only"] if took_s > rounds.READY_S * rounds.crowded() else []
    try:
        found = await _examine(where, program, words, progress)
        if ear is not None:
            found += [f"in the end: {breach}" for breach in told.heard(ear, await laws.look(program.house))]
    except Exception as error:  # noqa: BLE001 - what ends the worker or the look after a kill is a breach like any other
        found = [f"it did not go on: {type(error).__name__}: {error}"]
    finally:
        await program.close()
    said = [] if task.broken else promises.broken(words)  # what is broken on purpose has to be found in the database
    return [*late, *said, *found, *rounds.integrity(where)]


async def _examine(where: Field, program: Program, words: list[dict[str, Any]], progress: Progress) -> list[str]:
    house = program.house
    facts = await laws.look(house)
    progress.add("happened", laws.totals(facts) - where.happened)
    progress.add("interrupted", laws.interrupted(facts))
    found = [f"at once: {breach}" for breach in (*laws.of_stages(facts), *promises.kept(words, facts))]
    found += await promises.time_is_kept(house, words)
    await settle(house)
    found += await promises.ask_again(house, words, facts)
    found += await rounds.finish(where, program)
    facts = await laws.look(house)
    return [*found, *(f"in the end: {breach}" for breach in promises.kept(words, facts))]
