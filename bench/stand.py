"""A filled database and a server on it: what every case runs against."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import apsw
import asyncpg

from bench import machine, people
from bench.people import Cast
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from vestibule.program import Program, open_program
from vestibule.settings import Settings

T = TypeVar("T")

VAR = Path("var/bench")
SQLITE, POSTGRESQL = "sqlite", "postgresql"
_UP_WITHIN_S = 30
_POSTGRES = {"shared_buffers": "512MB", "max_wal_size": "4GB"}


@dataclass(slots=True)
class Stand:
    """A database with people in it.

    Attributes:
        kind: sqlite or postgresql. folder: everything of this run. cast: who is there.
        url: of the PostgreSQL database; empty for SQLite. copy: the same data for the yardsticks, a file or an address.
        server: what serves it; None before ``serving``.
    """

    kind: str
    folder: Path
    url: str = ""
    copy: str = ""
    postgres: PostgresServer | None = None
    server: "Server | None" = None
    _cast: Cast | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def cast(self) -> Cast:
        assert self._cast is not None, "nobody is there yet"
        return self._cast

    @property
    def port(self) -> int:
        assert self.server is not None, "nothing serves yet"
        return self.server.port

    def do(self, work: Callable[[Program], Awaitable[T]], *, first: bool = False) -> T:
        """Open the house beside the server, as a command does, and do something in it."""

        async def run() -> T:
            settings = Settings(data=self.data, database_url=self.url)
            program = await open_program(settings, serving=first, migrate=first)
            try:
                return await work(program)
            finally:
                await program.close()

        return asyncio.run(run())

    def fill(self, count: int) -> float:
        """Let people come until there are ``count``. Returns how long it took, in seconds."""

        async def work(program: Program) -> None:
            before = 0
            if self._cast is None:
                self._cast = await people.settle(program, count)
            else:
                before, self._cast.people = self._cast.people, count
            await people.fill(program, self._cast, first=before)

        begun = time.perf_counter()
        self.do(work, first=True)
        if self.postgres is not None:
            execute(self.url, "VACUUM (ANALYZE)")
            execute(self.url, "CHECKPOINT")
        return time.perf_counter() - begun

    def keep_copy(self) -> None:
        """Copy the database for the yardsticks; nobody may have it open."""
        if self.postgres is not None:
            self.copy = self.postgres.create_database(self.url.rsplit("/", 1)[1])
            execute(self.copy, "CHECKPOINT")
        else:
            self.copy = str(self.folder / "yardstick.sqlite")
            connection = apsw.Connection(str(self.data / "vestibule.sqlite"))
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.close()
            shutil.copyfile(self.data / "vestibule.sqlite", self.copy)
            descriptor = os.open(self.copy, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)

    @contextmanager
    def serving(self, *more: str, program: Sequence[str] = ()) -> Iterator["Server"]:
        """Run ``vestibule serve`` on it; ``more`` are options, ``program`` is what takes the place of ``vestibule``."""
        options = list(more)
        if self.kind == POSTGRESQL and "--workers" not in options and len(os.sched_getaffinity(0)) > 1:
            options += ["--workers", "2"]
        self.server = Server(self, options, program)
        try:
            self.server.wait_until_ready()
            yield self.server
        finally:
            self.server.stop()
            self.server = None

    def database_cpu(self) -> float:
        """CPU seconds of PostgreSQL so far; 0 for SQLite, whose work is the server's own."""
        return 0.0 if self.postgres is None else machine.cpu_seconds(self.postgres.pid)


class Server:
    """``vestibule serve``, in processes of its own."""

    def __init__(self, stand: Stand, options: list[str], program: Sequence[str] = ()) -> None:
        self.port = free_port()
        program = program or [str(Path(sys.executable).parent / "vestibule")]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("VESTIBULE_")}
        environment |= {"VESTIBULE_DATA": str(stand.data), "VESTIBULE_DATABASE_URL": stand.url}
        environment |= {"VESTIBULE_TRUSTED_PROXIES": "127.0.0.1"}
        command = [
            *program,
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            *options,
        ]
        self._question = "/healthz" if "--no-worker" in options else "/readyz"
        self._words = stand.folder / "server.log"
        with self._words.open("w", encoding="utf-8") as words:
            self.process = subprocess.Popen(command, env=environment, stderr=words)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def cpu(self) -> float:
        """CPU seconds so far, all processes together."""
        return machine.cpu_seconds(self.pid)

    def wait_until_ready(self) -> None:
        """Until it says that it is. Raises RuntimeError with the server's words when it does not."""
        ends = time.perf_counter() + _UP_WITHIN_S
        while time.perf_counter() < ends and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self._question}", timeout=5):
                    return
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.05)
        self.process.kill()
        self.process.wait()
        raise RuntimeError(f"the server did not come up: {self._words.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        """End it in order. Raises RuntimeError when it does not end well."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        if self.process.wait(timeout=20) != 0:
            words = self._words.read_text(encoding="utf-8")
            raise RuntimeError(f"the server ended with {self.process.returncode}: {words}")


@contextmanager
def made(kind: str, count: int) -> Iterator[Stand]:
    """A stand with ``count`` people, gone afterwards."""
    VAR.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=VAR)).resolve()
    stand = Stand(kind, folder)
    try:
        if kind == SQLITE:
            stand.fill(count)
            yield stand
            return
        with PostgresServer(**_POSTGRES) as postgres:
            stand.postgres, stand.url = postgres, postgres.create_database()
            stand.fill(count)
            yield stand
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def execute(url: str, statement: str) -> None:
    """Run one statement in a PostgreSQL database."""

    async def work() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(work())
