"""The process that is killed: it opens the house like a server does and lets several tasks act at once.

Everything it does goes through the actions. Before an act it writes down what it is about to do, and after the
answer what it was told; both with one ``write`` to a file, which outlives the process however that ends (it need not
outlive the machine, so nothing is flushed to the disk here).
"""

import asyncio
import contextlib
import json
import os
import random
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from soak.acts import ACTS, Stage
from soak.breakages import BREAKAGES
from soak.places import connect, settle, wait_for_places
from vestibule.ground.clock import SystemClock
from vestibule.program import Program, open_program
from vestibule.rules.refusals import Refused
from vestibule.settings import Settings
from vestibule.store.unit import Unavailable
from vestibule.worker import Worker

TASKS = 6
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Task:
    """What one killed process is told.

    Attributes:
        data: its data folder. url: its PostgreSQL database; empty for SQLite. said: the file of its words.
        seed: for its choices. ahead_s: how far its machine's clock runs ahead of ours, in seconds.
        serves: it opens the house as a server does; otherwise as a command beside one.
        broken: the name of a breakage (``soak.breakages``), to see that it is found; empty for none.
        told_at: where an app is told what becomes of people; empty for none.
    """

    data: Path
    url: str
    said: Path
    seed: str
    ahead_s: int
    serves: bool = True
    broken: str = ""
    told_at: str = ""


class AheadClock:
    """The machine's clock, some time later: the process lives some minutes after the one before it.

    Leases of the one that was killed have run out then, so that nothing has to wait for them.
    """

    def __init__(self, ahead_s: int) -> None:
        self._ahead = timedelta(seconds=ahead_s)
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now() + self._ahead


class Voice:
    """The file of words; each line is one ``write`` at its end."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def say(self, word: str, **facts: Any) -> None:
        os.write(self._handle, json.dumps({"word": word, **facts}).encode() + b"\n")


async def open_at(data: Path, url: str, ahead_s: int, *, serves: bool = True) -> Program:
    """Open the house as an emulator; a SQLite file is served.

    Beside a server, the database may still have to be made or migrated: that is waited for.
    """
    settings = Settings(data=data, database_url=url, allow_loopback_targets=True)
    clock = AheadClock(ahead_s)
    if serves:
        return await open_program(settings, serving=True, emulator_wanted=True, clock=clock)
    while True:
        with contextlib.suppress(Unavailable):
            return await open_program(settings, clock=clock)
        await asyncio.sleep(0.02)


def live(task: Task) -> None:
    """Act until killed."""
    voice = Voice(task.said)
    _repeat_errors(voice)
    try:
        asyncio.run(_live(task, voice))
    except BaseException:
        voice.say("broken", what=traceback.format_exc())
        raise


def _repeat_errors(voice: Voice) -> None:
    """What the process would log as an error is said instead; its other lines are dropped.

    An operator is woken by it: an alarm about what holds is found like anything else that is wrong.
    """

    def say(_logger: Any, method: str, event: Any) -> Any:
        if method in {"error", "exception", "critical"}:
            voice.say("broken", what=f"it was logged: {dict(event)}")
        raise structlog.DropEvent

    structlog.configure(processors=[structlog.processors.format_exc_info, say], cache_logger_on_first_use=False)


async def _live(task: Task, voice: Voice) -> None:
    program = await open_at(task.data, task.url, task.ahead_s, serves=task.serves)
    voice.say("open")
    places = await settle(program.house) if task.serves else await wait_for_places(program.house)
    if task.told_at and task.serves:
        await connect(program.house, places, task.told_at)
    await program.ring.public()
    if task.broken:
        BREAKAGES[task.broken]()
    voice.say("settled")
    stage = Stage(program.house, places, program.ring)
    players = [_play(stage, random.Random(f"{task.seed}/{number}"), voice) for number in range(TASKS)]
    workers = [
        _work(Worker(program.house, program.worker.delivery, connected=program.worker.connected), voice)
        for _ in range(WORKERS)
    ]
    await asyncio.gather(*players, *workers)


async def _play(stage: Stage, chance: random.Random, voice: Voice) -> None:
    names, weights = [act.name for act in ACTS], [act.weight for act in ACTS]
    acts = {act.name: act.do for act in ACTS}
    while True:
        name = chance.choices(names, weights)[0]
        await _act(name, partial(acts[name], stage, chance, voice.say), voice)


async def _work(worker: Worker, voice: Voice) -> None:
    async def tick() -> dict[str, Any]:
        done = await worker.tick()
        return {"done": [[one.verb.value, one.tenant_id, one.object_id] for one in done]} if done else {}

    while True:
        await _act("tick", tick, voice)
        await asyncio.sleep(0.01)


async def _act(name: str, do: Callable[[], Awaitable[dict[str, Any]]], voice: Voice) -> None:
    """One act; what came of it is said."""
    try:
        facts = await do()
    except Refused as refused:
        voice.say("refused", verb=name, reason=refused.reason.value)
    except Unavailable as away:
        voice.say("unavailable", verb=name, why=str(away))
    except Exception:  # noqa: BLE001 - whatever it is, the parent is told and reports it
        voice.say("broken", verb=name, what=traceback.format_exc())
    else:
        if facts:
            voice.say("did", verb=name, **facts)
        else:
            await asyncio.sleep(0)
