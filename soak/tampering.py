"""An exported log is tampered with at random, in every way there is: each time it is found, and where it was done.

The same ways are tried some times each by the tests.
"""

import argparse
import asyncio
import json
import random
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support import world
from tests.support.houses import sqlite_house
from tests.support.logs import fill
from tests.support.tampering import KINDS, Tamperer
from vestibule.actions import exporting_log

_AT_ONCE = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part tampering``."""
    parser.add_argument("--mutations", type=int, default=100_000, help="how many (default 100000)")
    parser.add_argument("--people", type=int, default=140, help="guests whose life is in the log (default 140)")
    parser.add_argument("--seed", default="1", help="for what is done (default 1)")
    parser.add_argument("--minutes", type=float, default=9.5, help="length of one piece (default 9.5)")
    parser.add_argument("--folder", type=Path, default=Path("var/soak/tampering"), help="where it remembers")


def main(arguments: argparse.Namespace) -> int:
    """Go on where it stopped. Returns 0 when all was found, 1 when something was not, 3 when it is not done."""
    arguments.folder.mkdir(parents=True, exist_ok=True)
    kept = arguments.folder / f"seed-{arguments.seed}.json"
    state: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {"done": 0, "kinds": {}, "missed": []}
    asyncio.run(_go_on(arguments, state, kept, time.monotonic() + 60 * arguments.minutes))
    for line in state["missed"][:20]:
        print(line)
    print(f"{state['done']:,} of {arguments.mutations:,} mutations, {len(state['missed'])} missed: {state['kinds']}")
    if state["missed"]:
        return 1
    return 0 if state["done"] >= arguments.mutations else 3


async def _go_on(arguments: argparse.Namespace, state: dict[str, Any], kept: Path, until: float) -> None:
    with TemporaryDirectory(dir=arguments.folder) as folder:
        async with sqlite_house(Path(folder)) as house:
            place = await world.organization(house)
            await fill(house, place, arguments.people)
            exported = await exporting_log.export(house, place.id, Path(folder) / "log")
        while state["done"] < arguments.mutations and time.monotonic() < until:
            # By the number of what is done, so that it goes on where it stopped.
            tamperer = Tamperer(exported.folder, random.Random(f"{arguments.seed}/{state['done']}"))
            for _ in range(min(_AT_ONCE, arguments.mutations - state["done"])):
                kind = tamperer.chance.choice(sorted(KINDS))
                miss = await tamperer.miss(kind, exported.keys)
                state["done"] += 1
                state["kinds"][kind] = state["kinds"].get(kind, 0) + 1
                if miss is not None:
                    state["missed"].append(miss)
            _remember(kept, state)


def _remember(kept: Path, state: dict[str, Any]) -> None:
    kept.write_text(json.dumps(state), encoding="utf-8")
