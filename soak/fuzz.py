"""Requests that mean no good, to every door that programs speak to: Graph, leaving, SCIM, OpenID Connect.

A round settles an empty database and sends a thousand requests to the application, every tenth round over sockets to
a server with the real HTTP parser. After each, the answer is looked at (``fuzzing.checks``), and after every 250
whether the house is still in order (``laws``). A round is the same for the same seed and number, but for the ids in it.
"""

import argparse
import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import structlog

from soak import laws, rounds
from soak.fuzzing import callers, checks, to_graph, to_oidc, to_scim
from soak.fuzzing.asking import Answered, Asked, OverSocket, Within
from soak.fuzzing.callers import Crowd
from soak.process import open_at
from soak.rounds import Field, Progress
from tests.support.ports import free_port
from vestibule.serving import Listener, bind, serve

A_ROUND = 1_000
LOOK_EVERY = 250
OVER_SOCKETS_EVERY = 10
MOST_FOUND = 25
CONTENTS = {"graph": 11, "scim": 5, "oidc": 4}
"""How the requests of a round are spread over the doors."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part fuzz``; a round is a thousand requests, so these are 100,000."""
    rounds.add_arguments(parser, rounds=50, folder="var/soak/fuzz")


def main(arguments: argparse.Namespace) -> int:
    """Run the rounds that are left; the exit status is that of ``rounds.main``."""
    return rounds.main(arguments, Fuzzing)


class Fuzzing:
    """Rounds of requests."""

    def __init__(self, requests: int = A_ROUND) -> None:
        """``requests``: in each round."""
        self._requests = requests

    def __call__(self, where: Field, progress: Progress) -> list[str]:
        """Play one round. Returns what is wrong."""
        where.make_anew()
        number = progress.done + 1
        over_sockets = number % OVER_SOCKETS_EVERY == 0
        name = f"fuzz/{progress.seed}/{number}"
        return asyncio.run(play(where, progress, name, self._requests, over_sockets=over_sockets))


async def play(where: Field, progress: Progress, name: str, requests: int, *, over_sockets: bool = False) -> list[str]:
    """Send requests to an empty database, all of them made from ``name``. Returns what is wrong."""
    program = await open_at(where.data, where.url, 0)
    try:
        with errors_in_the_log() as logged:
            crowd = await callers.gather(program)
            async with _line(crowd, over_sockets=over_sockets):
                found = await _send_all(crowd, progress, name, requests, logged)
            found += await rounds.finish(where, program)
        return [*found, *rounds.integrity(where)]
    finally:
        await program.close()


@asynccontextmanager
async def _line(crowd: Crowd, *, over_sockets: bool) -> AsyncIterator[None]:
    """Calls go into the application, or over sockets to a server in this process."""
    if not over_sockets:
        yield
        return
    stopped, ready, port = asyncio.Event(), asyncio.Event(), free_port()
    serving = asyncio.create_task(
        serve(crowd.app, [Listener(bind("127.0.0.1", port))], on_ready=ready, stopped=stopped)
    )
    await ready.wait()
    crowd.line = OverSocket(port)
    try:
        yield
    finally:
        crowd.line = Within(crowd.app)
        stopped.set()
        await serving


async def _send_all(crowd: Crowd, progress: Progress, name: str, requests: int, logged: list[str]) -> list[str]:
    chance = random.Random(name)
    source = _mixed(chance, crowd, name)
    found: list[str] = []
    statuses: Counter[str] = Counter()
    for number in range(1, requests + 1):
        asked = next(source)
        wrong = await _one(crowd, asked, statuses)
        wrong += [f"it was logged: {one}" for one in logged]
        logged.clear()
        found += [f"request {number}: {one}\n    {asked}" for one in wrong]
        if number % LOOK_EVERY == 0:
            found += [f"after request {number}: {one}" for one in laws.of_stages(await laws.look(crowd.program.house))]
        if len(found) >= MOST_FOUND:
            break
    progress.add("acknowledged", statuses)
    return found


def _mixed(chance: random.Random, crowd: Crowd, name: str) -> Iterator[Asked]:
    """Requests to every door in turn, as often as ``CONTENTS`` says.

    Each door draws by itself: the described cases of Graph depend on which modules are loaded, and what is sent to the
    others is not to change with them.
    """
    own = {door: random.Random(f"{name}/{door}") for door in CONTENTS}
    sources = {
        "graph": to_graph.requests(own["graph"], crowd.known, to_graph.described(name)),
        "scim": to_scim.requests(own["scim"], crowd.known),
        "oidc": to_oidc.requests(own["oidc"], crowd.known),
    }
    while True:
        yield next(sources[chance.choices(list(CONTENTS), list(CONTENTS.values()))[0]])


async def _one(crowd: Crowd, asked: Asked, statuses: Counter[str]) -> list[str]:
    """Send one request. Returns what is wrong with the answer."""
    token = await crowd.token(asked.who)
    over_socket = isinstance(crowd.line, OverSocket)
    try:
        answered = await crowd.line.send(asked, token)
    except TimeoutError:
        answered = Answered(0, took_s=time.monotonic())
    except Exception as broken:  # noqa: BLE001 - whatever comes out of the application is what is looked for
        return [f"{type(broken).__name__} came out of the application: {broken}"]
    statuses[f"{asked.door} {answered.status}"] += 1
    if answered.took_s > checks.SLOWEST_S:
        statuses["slower than a second"] += 1
    limit_s = checks.SLOWEST_S * rounds.crowded()
    wrong = list(checks.of_answer(asked, answered, slowest_s=limit_s, over_socket=over_socket))
    if answered.status == 401 and not any(header == "Authorization" for header, _ in asked.headers):
        crowd.tokens.pop(asked.who, None)
    if not wrong and answered.body and asked.method != "HEAD":
        crowd.known.learn(answered.body, answered.headers)
    return wrong


class errors_in_the_log:  # noqa: N801 - it is used like a function
    """What is logged as an error inside; other lines are dropped."""

    def __enter__(self) -> list[str]:
        """Begin to listen."""
        self._before = structlog.get_config()
        found: list[str] = []

        def keep(_logger: Any, method: str, event: Any) -> Any:
            if method in {"error", "exception", "critical"}:
                found.append(str({name: value for name, value in event.items() if name != "request_id"})[-3_000:])
            raise structlog.DropEvent

        structlog.configure(processors=[structlog.processors.format_exc_info, keep], cache_logger_on_first_use=False)
        return found

    def __exit__(self, *_: object) -> None:
        """Log as before."""
        structlog.configure(**self._before)
