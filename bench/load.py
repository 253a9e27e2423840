"""The load: a process of its own that speaks HTTP/1.1 over kept-alive connections and times every answer.

The plan comes as a file: requests as ready octets, so that nothing is composed while the clock runs. The load is
closed: each connection sends its next request when it has the answer to the last. What was answered comes back as a
file too. ``busy`` tells whether the load itself was the bottleneck: its own CPU time by the time that passed.

    python -m bench.load plan.msgpack report.msgpack
"""

import asyncio
import os
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
import uvloop

STARTS_WITHIN_S = 60
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Plan(msgspec.Struct, frozen=True):
    """What to send.

    Attributes:
        requests: octets of whole requests, taken in turn by whichever connection is free.
        seconds: how long; requests under way then are still waited for.
        once: each request at most once; the load ends when all are answered. Bodies of answers are kept.
        follows: name of a JSON text in an answer that takes its own place in the connection's next request; then
            every connection keeps to one request of its own.
        pause_s: between an answer and the next request.
    """

    port: int
    requests: list[bytes]
    seconds: float
    connections: int = 16
    once: bool = False
    follows: str | None = None
    pause_s: float = 0.0
    core: int | None = None


class Report(msgspec.Struct, frozen=True):
    """What came of it.

    Attributes:
        seconds: from the first request to the last answer. latencies: of good answers, in microseconds.
        statuses: how often each HTTP status came. answers: (number of the request, body), when ``once`` was asked.
        broken: connections that ended, and answers that could not be read. busy: see the module.
        next: what each connection would send next, when answers go into requests.
    """

    seconds: float
    latencies: list[int]
    statuses: dict[int, int]
    answers: list[tuple[int, bytes]]
    broken: list[str]
    busy: float
    next: list[bytes] = []

    @property
    def good(self) -> int:
        return sum(count for status, count in self.statuses.items() if status < 300)


@dataclass(slots=True)
class Running:
    """A load that was started; ``wait`` for its report."""

    process: subprocess.Popen[bytes]
    report: Path

    def wait(self) -> Report:
        if self.process.wait() != 0:
            raise RuntimeError("the load generator broke down; its last words are above")
        return msgspec.msgpack.decode(self.report.read_bytes(), type=Report)


def start(plan: Plan, folder: Path, name: str = "load") -> Running:
    """Start the process."""
    source, report = folder / f"{name}-plan.msgpack", folder / f"{name}-report.msgpack"
    source.write_bytes(msgspec.msgpack.encode(plan))
    return Running(subprocess.Popen([sys.executable, "-m", "bench.load", str(source), str(report)]), report)


def run(plan: Plan, folder: Path) -> Report:
    """The same, to its end."""
    return start(plan, folder).wait()


def get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def post(path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


# --- In the process of its own ----------------------------------------------------------------------------------------


class _Load:
    """What the connections share."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.turn = 0
        self.latencies: list[int] = []
        self.statuses: Counter[int] = Counter()
        self.answers: list[tuple[int, bytes]] = []
        self.broken: list[str] = []
        self.ends = 0
        self.last = 0

    def take(self, number: int) -> int | None:
        """The number of the next request; None when the connection is to stop."""
        if time.perf_counter_ns() >= self.ends:
            return None
        if self.plan.follows:
            return number
        turn = self.turn
        if self.plan.once and turn >= len(self.plan.requests):
            return None
        self.turn += 1
        return turn % len(self.plan.requests)


class _Connection(asyncio.Protocol):
    def __init__(self, load: _Load, number: int) -> None:
        self._load, self._number = load, number
        self._transport: asyncio.Transport | None = None
        self._octets = b""
        self._request = 0
        self._sent = 0
        self.own = load.plan.requests[number] if load.plan.follows else b""
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _error: Exception | None) -> None:
        if not self.over.done():
            self._load.broken.append("the server closed the connection")
            self.over.set_result(None)

    def send(self) -> None:
        turn = self._load.take(self._number)
        if turn is None or self._transport is None:
            if not self.over.done():
                self.over.set_result(None)
            return
        self._request = turn
        self._sent = time.perf_counter_ns()
        self._transport.write(self.own or self._load.plan.requests[turn])

    def data_received(self, data: bytes) -> None:
        octets = self._octets = self._octets + data
        head = octets.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(octets, 0, head)
        size = head + 4 + (int(length[1]) if length else 0)
        if len(octets) < size:
            return
        self._octets = octets[size:]
        self._answered(int(octets[9:12]), octets[head + 4 : size])

    def _answered(self, status: int, body: bytes) -> None:
        load = self._load
        load.last = time.perf_counter_ns()
        load.statuses[status] += 1
        if status < 300:
            load.latencies.append((load.last - self._sent) // 1_000)
        elif len(load.broken) < 20:
            load.broken.append(f"{status}: {body[:300].decode(errors='replace')}")
        if load.plan.once:
            load.answers.append((self._request, body))
        if load.plan.follows and not self._follow(load.plan.follows, body):
            self.over.set_result(None)
        elif load.plan.pause_s:
            asyncio.get_running_loop().call_later(load.plan.pause_s, self.send)
        else:
            self.send()

    def _follow(self, name: str, body: bytes) -> bool:
        """Put what the answer gives into the next request; False when it gave nothing."""
        pattern = rf'"?{name}"?[=:]"?([A-Za-z0-9._-]+)'.encode()
        old, new = re.search(pattern + rb"[^\r\n]*\Z", self.own), re.search(pattern, body)
        if old is None or new is None:
            return False
        self.own = self.own.replace(old[1], new[1])
        return True


async def _run(plan: Plan) -> Report:
    load, loop = _Load(plan), asyncio.get_running_loop()
    connections: list[_Connection] = []
    for number in range(plan.connections):
        _, made = await loop.create_connection(partial(_Connection, load, number), "127.0.0.1", plan.port)
        connections.append(made)
    begun, used = time.perf_counter_ns(), _own_cpu()
    load.ends = begun + int(plan.seconds * 1e9)
    for one in connections:
        one.send()
    await asyncio.gather(*(one.over for one in connections))
    seconds = max(load.last - begun, 1) / 1e9
    busy = (_own_cpu() - used) / seconds
    following = [one.own for one in connections] if plan.follows else []
    return Report(seconds, load.latencies, dict(load.statuses), load.answers, load.broken, busy, following)


def _own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(arguments: list[str]) -> None:
    source, report = map(Path, arguments)
    plan = msgspec.msgpack.decode(source.read_bytes(), type=Plan)
    if plan.core is not None:
        os.sched_setaffinity(0, {plan.core})
    done: Any = uvloop.run(_run(plan))
    report.write_bytes(msgspec.msgpack.encode(done))


if __name__ == "__main__":
    main(sys.argv[1:])
