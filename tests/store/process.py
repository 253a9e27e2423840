"""Another process on the same SQLite file: ``python -m tests.store.process DATA WHAT [COUNT]``.

``serve``: take the serving lock, say ``ready``, wait until standard input ends.
``raise``: COUNT times raise the version of the row ``anna``.
``pairs``: write pairs of rows for ever; say each number once it is committed.
``truncate``: try to cut the log; say what came of it.
``burst``: write COUNT large rows, then end.
"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.store import rows
from vestibule.ground.chance import SeededChance
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store.opening import Opened, open_store
from vestibule.store.unit import Unavailable, Unit


async def main(data: Path, what: str, count: int) -> None:
    sealer = Sealer(bytes(32), SeededChance(what))
    clock = StoppedClock(datetime(2026, 3, 2, tzinfo=UTC))
    try:
        opened = await open_store(None, data, clock, sealer=sealer, serving=what == "serve")
    except Unavailable as failure:
        say(f"refused: {failure}")
        return
    say("ready")
    await asyncio.to_thread(sys.stdin.readline)
    await DO[what](opened, count)
    await opened.close()


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


async def serve(_opened: Opened, _count: int) -> None:
    return None


async def raise_versions(opened: Opened, count: int) -> None:
    for _ in range(count):
        await rows.raise_version(opened.store, "anna")


async def pairs(opened: Opened, _count: int) -> None:
    number = 0

    async def work(unit: Unit) -> None:
        unit.write(rows.PUT, **rows.new(f"a{number:06}", stage="x" * (number % 3000)))
        unit.write(rows.PUT, **rows.new(f"b{number:06}"))

    while True:
        await opened.store.change(work)
        say(str(number))
        number += 1


async def truncate(opened: Opened, _count: int) -> None:
    say(str(await opened.store.truncate_log()))


async def burst(opened: Opened, count: int) -> None:
    for number in range(count):
        await rows.put(opened.store, f"burst{number:04}", stage="x" * 20_000)


DO = {"serve": serve, "raise": raise_versions, "pairs": pairs, "truncate": truncate, "burst": burst}

if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0))
