"""Whether the time of an answer tells who is known here: addresses of every fate are typed in turn, in random order.

The times of each fate are compared with those of an address that was never seen, step by step, by the two-sample test
of Kolmogorov and Smirnov. Made of the same work, they are drawn from one distribution, and in a hundred runs one says
otherwise by chance: the limit of one percent is shared among all comparisons of a run (Bonferroni). Nothing else
should run on the machine meanwhile: load adds noise that hides differences, though it makes none.
"""

import argparse
import asyncio
import json
import math
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.doors.portal.conftest import front_of
from tests.support import strangers, world
from tests.support.houses import postgres_house, sqlite_house
from tests.support.postgres import PostgresServer
from tests.support.strangers import ELSEWHERE, FATES, Stranger
from vestibule.actions.house import House
from vestibule.ground.clock import StoppedClock
from vestibule.ground.passwords import Passwords

WAYS = {"password": "contoso.example", "code": ELSEWHERE}
BETWEEN = timedelta(hours=2)
"""By then the limits of codes and of the log let one more through for every address."""
WARM = 20
UNLIKELY = 0.01

Times = dict[str, dict[str, list[float]]]
"""Seconds, by step and fate."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part timing``."""
    parser.add_argument("--samples", type=int, default=1_000, help="of each address (default 1000)")
    parser.add_argument("--way", choices=sorted(WAYS), action="append", help="only this way in")
    parser.add_argument("--db", choices=["sqlite", "postgresql"], default="sqlite", help="the database")
    parser.add_argument("--seed", default="1", help="for the order in which addresses are typed (default 1)")
    parser.add_argument("--minutes", type=float, default=9.5, help="length of one piece (default 9.5)")
    parser.add_argument("--folder", type=Path, default=Path("var/soak/timing"), help="where it remembers")


def main(arguments: argparse.Namespace) -> int:
    """Take the samples that are missing. Returns 0 when nothing can be told apart, 1 when it can, 3 when not done."""
    until = time.monotonic() + 60 * arguments.minutes
    arguments.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(_measure(arguments, until))
    samples: Times = {}
    for way in arguments.way or WAYS:
        samples |= _kept(_file(arguments, way))
    fewest = min((len(times) for fates in samples.values() for times in fates.values()), default=0)
    if fewest < arguments.samples:
        print(f"{fewest} of {arguments.samples} samples; run it again to go on")
        return 3
    return _judge(samples)


def compared(samples: Times) -> dict[tuple[str, str], float]:
    """The p-value of each step and fate against an address that was never seen."""
    return {
        (step, fate): same_distribution(fates["nobody"], times)
        for step, fates in samples.items()
        for fate, times in fates.items()
        if fate != "nobody"
    }


def same_distribution(one: list[float], other: list[float]) -> float:
    """How likely two samples are at least as far apart as these when both are drawn from one distribution.

    The two-sample Kolmogorov-Smirnov test with Stephens' approximation of its distribution (Numerical Recipes, 14.3).
    """
    apart, reached = 0.0, {0: 0, 1: 0}
    merged = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    for place, (value, which) in enumerate(merged):
        reached[which] += 1
        if place + 1 == len(merged) or merged[place + 1][0] != value:
            apart = max(apart, abs(reached[0] / len(one) - reached[1] / len(other)))
    root = math.sqrt(len(one) * len(other) / (len(one) + len(other)))
    scaled = (root + 0.12 + 0.11 / root) * apart
    if scaled < 0.2:
        return 1.0  # the series does not converge there
    total: float = sum((-1) ** (n - 1) * math.exp(-2 * n * n * scaled * scaled) for n in range(1, 101))
    return max(0.0, min(1.0, 2 * total))


async def take(house: House, samples: Times, *, way: str, rounds: int, until: float, chance: random.Random) -> None:
    """Type every address once a round, in random order; ``samples`` gets the times of the steps."""
    passwords = Passwords(house.chance)
    contoso, fabrikam = await world.organization(house, "Contoso"), await world.organization(house, "Fabrikam")
    await strangers.settle(contoso, fabrikam, passwords)
    front, clock = front_of(house, passwords), house.clock
    assert isinstance(clock, StoppedClock)
    for number in range(rounds + WARM):
        if time.monotonic() >= until:
            break
        clock.advance(BETWEEN)
        for fate in chance.sample(FATES, len(FATES)):
            network = f"198.{number % 200}.{chance.randrange(250)}.{chance.randrange(250)}"
            answers = await Stranger(front, network).ask(strangers.address_of(fate, WAYS[way]))
            for answer in answers if number >= WARM else ():
                samples.setdefault(answer.step + f" ({way})", {}).setdefault(fate, []).append(answer.seconds)
    passwords.close()


async def _measure(arguments: argparse.Namespace, until: float) -> None:
    for way in arguments.way or WAYS:
        path = _file(arguments, way)
        samples = _kept(path)
        have = min((len(times) for fates in samples.values() for times in fates.values()), default=0)
        if have >= arguments.samples:
            continue
        chance = random.Random(f"timing/{arguments.seed}/{way}/{have}")
        async with _house(arguments) as house:
            await take(house, samples, way=way, rounds=arguments.samples - have, until=until, chance=chance)
        path.write_text(json.dumps(samples))


@asynccontextmanager
async def _house(arguments: argparse.Namespace) -> AsyncIterator[House]:
    if arguments.db == "sqlite":
        with TemporaryDirectory(dir=arguments.folder) as folder:
            async with sqlite_house(Path(folder)) as house:
                yield house
        return
    with PostgresServer() as server:
        async with postgres_house(server) as house:
            yield house


def _file(arguments: argparse.Namespace, way: str) -> Path:
    folder: Path = arguments.folder
    return folder / f"{arguments.db}-{way}-{arguments.seed}.json"


def _kept(path: Path) -> Times:
    found: Times = json.loads(path.read_text()) if path.exists() else {}
    return found


def _judge(samples: Times) -> int:
    results = compared(samples)
    limit = UNLIKELY / len(results)
    for (step, fate), likely in results.items():
        times = sorted(samples[step][fate])
        print(f"{step:28} {fate:9} n={len(times)} median {times[len(times) // 2] * 1000:7.3f} ms  p={likely:.4f}")
    apart = [f"{step}: {fate}" for (step, fate), likely in results.items() if likely <= limit]
    print(f"told apart (p <= {limit:.5f}, one percent shared by {len(results)} comparisons): {apart or 'none'}")
    return 1 if apart else 0
