"""Running the server: listeners first, then the house, the worker, and the doors; with several processes, a parent.

Sockets are taken before the database is opened, so that a taken port is found before anything is written.
"""

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import structlog
import uvloop

from vestibule import seeded, serving
from vestibule.app import front
from vestibule.commands.common import ORIGIN_FILE, Failure
from vestibule.ground import certificates
from vestibule.ground.clock import SystemClock
from vestibule.program import Program, open_program
from vestibule.serving import Listener
from vestibule.settings import Settings

log = structlog.get_logger(__name__)

LAST_STEP: Final = 2.0  # seconds for the worker to end what it is doing
PLAIN_HOST: Final = "localhost"
_CANNOT: Final = 3  # the status of a process that cannot serve: starting another would not help
_ENDED: Final = frozenset({0, -signal.SIGTERM, -signal.SIGINT})  # also one that had hardly begun when it was told


class NotEmulator(Exception):
    """Something was asked for that only an emulator database has; the text says what."""


@dataclass(frozen=True, slots=True)
class Serving:
    """How to serve.

    Attributes:
        plain_port: of the second, plain http listener on loopback; None for none.
        certificate, key: files for TLS; both or neither. development: make them, with an authority of their own.
        workers: processes. worker: run the background worker in the first. emulator: the database is to be one.
    """

    host: str
    port: int
    plain_port: int | None = None
    certificate: Path | None = None
    key: Path | None = None
    development: bool = False
    workers: int = 1
    worker: bool = True
    emulator: bool = False

    @property
    def address(self) -> str:
        """Where to reach it."""
        scheme = "https" if self.development or self.certificate else "http"
        return f"{scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"


def take_ports(settings: Settings, how: Serving) -> list[Listener]:
    """Take the ports, and make the development certificates when they are wanted. Raises OSError."""
    certificate, key = how.certificate, how.key
    if how.development:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        made = certificates.for_development(settings.data, SystemClock().now())
        certificate, key = made.certificate, made.key
    found = [Listener(serving.bind(how.host, how.port), certificate, key)]
    if how.plain_port is not None:
        found.append(Listener(serving.bind(PLAIN_HOST, how.plain_port)))
    return found


def for_development(settings: Settings, how: Serving, *, origin_set: bool) -> Settings:
    """The settings of a development server: its origin is where it listens, unless one is set; commands are told."""
    if not how.development or origin_set or settings.public_url != Settings().public_url:
        return settings
    origin = f"https://localhost:{how.port}"
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    (settings.data / ORIGIN_FILE).write_text(origin + "\n", encoding="utf-8")
    return replace(settings, public_url=origin)


def run(settings: Settings, how: Serving, listeners: list[Listener], *, say: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``say`` is called when requests are answered.

    Raises:
        Unavailable, WrongStamp, NotEmulator, Failure: with what to do.
    """
    if how.workers == 1:
        uvloop.run(_serve(settings, how, listeners, say))
        return
    asyncio.run(_try(settings, how))
    _Parent(settings, how, listeners, say).run()


async def _try(settings: Settings, how: Serving) -> None:
    """Whether the house can be opened at all, before several processes fail to."""
    program = await open_program(settings, serving=True, emulator_wanted=how.emulator)
    try:
        _check(program, how)
    finally:
        await program.close()


def _check(program: Program, how: Serving) -> None:
    if how.plain_port is not None and not program.house.emulator:
        raise NotEmulator("--http-port is for emulator databases only: passwords would travel readable")
    if how.workers > 1 and program.house.emulator:
        raise NotEmulator("an emulator database is served by one process: leave --workers out")


async def _serve(
    settings: Settings,
    how: Serving,
    listeners: list[Listener],
    say: Callable[[], None],
    *,
    stopped: asyncio.Event | None = None,
) -> None:
    stopped = stopped or asyncio.Event()
    serving.stop_on_signals(stopped)
    program = await open_program(settings, serving=True, emulator_wanted=how.emulator)
    try:
        _check(program, how)
        if program.house.emulator:
            await seeded.keep_first(program)
        app = front(program, reset=partial(seeded.reset, program), plain_port=how.plain_port)
        _keep_what_is_loaded()
        ready = asyncio.Event()
        saying = asyncio.create_task(_when(ready, say))
        async with _working(program, wanted=how.worker):
            await serving.serve(app, listeners, on_ready=ready, stopped=stopped)
        saying.cancel()
    finally:
        await program.close()


def _keep_what_is_loaded() -> None:
    """Take everything that is there now out of what the collector looks through.

    Modules, templates and routes stay until the end, and there are a million objects of them: looking through them
    again and again held up every request for an eighth of a second. Many refusals at once, whose tracebacks are
    cycles, made it do so more than once a second.
    """
    gc.collect()
    gc.freeze()


async def _when(ready: asyncio.Event, say: Callable[[], None]) -> None:
    await ready.wait()
    say()


@contextlib.asynccontextmanager
async def _working(program: Program, *, wanted: bool) -> AsyncIterator[None]:
    """The worker beside the server, stopped between two steps when there is time, and in one when there is not."""
    if not wanted:
        yield
        return
    stop = asyncio.Event()
    working = asyncio.create_task(program.worker.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([working], timeout=LAST_STEP)
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working


@dataclass(slots=True)
class _Parent:
    """Starts the processes, starts one anew that died, and ends them all. It serves nothing itself."""

    settings: Settings
    how: Serving
    listeners: list[Listener]
    say: Callable[[], None]

    def run(self) -> None:
        alive, lifeline = os.pipe()
        children: dict[int, int] = {}
        ending: list[int] = []

        def end(number: int, _frame: object) -> None:
            ending.append(number)
            self._stop_listening()
            _tell(children)

        for number in serving.SIGNALS:
            signal.signal(number, end)
        for place in range(self.how.workers):
            self._add(children, place, alive, lifeline, ending)
        self.say()
        failed = False
        while children:
            pid, status = os.wait()
            place = children.pop(pid, -1)
            code = os.waitstatus_to_exitcode(status)
            if ending:
                failed = failed or code not in _ENDED
            elif code == _CANNOT:
                end(0, None)
                failed = True
            elif place >= 0:
                log.error("process_died", pid=pid, status=code)
                self._add(children, place, alive, lifeline, ending)
        if failed:
            raise Failure("a serving process failed; its last line says why")

    def _add(self, children: dict[int, int], place: int, alive: int, lifeline: int, ending: list[int]) -> None:
        """Start a process, unless the end has come; one that the end just missed is told of it."""
        if ending:
            return
        children[self._start(place, alive, lifeline)] = place
        if ending:
            _tell(children)

    def _stop_listening(self) -> None:
        """Give the ports up here too: otherwise who comes now would wait for somebody who never answers."""
        for listener in self.listeners:
            for one in listener.sockets:
                one.close()

    def _start(self, number: int, alive: int, lifeline: int) -> int:
        signal.pthread_sigmask(signal.SIG_BLOCK, serving.SIGNALS)
        pid = os.fork()
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, serving.SIGNALS)
            return pid
        os.close(lifeline)
        status = _CANNOT
        try:
            for one in serving.SIGNALS:
                signal.signal(one, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, serving.SIGNALS)
            how = replace(self.how, workers=1, worker=self.how.worker and number == 0)
            uvloop.run(_with_parent(self.settings, how, self.listeners, alive))
            status = 0
        except Exception:
            log.exception("process_cannot_serve")
        finally:
            os._exit(status)


def _tell(children: dict[int, int]) -> None:
    for pid in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


async def _with_parent(settings: Settings, how: Serving, listeners: list[Listener], alive: int) -> None:
    """Serve for as long as the parent lives: when it is gone, its end of the pipe closes."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_reader(alive, stopped.set)
    await _serve(settings, how, listeners, lambda: None, stopped=stopped)
