"""A real PostgreSQL of our own: its own folder, its own port on loopback, gone afterwards.

Knows nothing of pytest, so that the bench and the soak can use it too::

    with PostgresServer() as server:
        url = server.create_database()
"""

import asyncio
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Self

import asyncpg

from tests.support.ports import free_port
from tests.support.wanted import Missing, find_program

OWNER = "vestibule"
_READY = "database system is ready to accept connections"
_START_SECONDS = 60
_STOP_SECONDS = 30
_PR_SET_PDEATHSIG = 1
# Loaded here, because between fork and exec nothing may be loaded.
_LIBC = ctypes.CDLL(None)


def find_binaries() -> Path | None:
    """The folder that holds both ``initdb`` and ``postgres``, or None."""
    initdb = find_program("initdb", beside="/usr/lib/postgresql/*/bin")
    if initdb is None or not (initdb.parent / "postgres").exists():
        return None
    return initdb.parent


class PostgresServer:
    """One server with its cluster in a temporary folder.

    PostgreSQL refuses to run as root; there it runs as ``postgres`` or ``nobody``. Every setting that decides
    whether a commit is durable stays as it comes (fsync on).

    Raises ``Missing`` where PostgreSQL is not installed, ``RuntimeError`` with the server's last words where it
    does not come up.
    """

    def __init__(self, **settings: str) -> None:
        binaries = find_binaries()
        if binaries is None:
            raise Missing("PostgreSQL")
        self._binaries = binaries
        self._settings = settings
        self._account = _account()
        self._folder = Path()
        self._server: subprocess.Popen[str] | None = None
        self._words: deque[str] = deque(maxlen=200)
        self._templates: dict[str, str] = {}
        self._databases = 0
        self.port = 0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="vestibule-postgres-"))
        try:
            if self._account is not None:
                shutil.chown(self._folder, self._account.pw_uid)
            self._make_cluster()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """Of the server's first process; it alone is what a test may kill."""
        if self._server is None:
            raise RuntimeError("PostgreSQL is not running")
        return self._server.pid

    @property
    def log(self) -> str:
        """The server's last 200 lines."""
        return "".join(self._words)

    def url(self, database: str = "postgres") -> str:
        """``postgresql://`` address of one database, for Vestibule and asyncpg alike."""
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template0") -> str:
        """Make a new database as a copy of ``template`` and return its address."""
        self._databases += 1
        name = f"test_{self._databases}"
        self._execute(f'create database "{name}" template "{template}"')
        return self.url(name)

    def create_from(self, recipe: str, prepare: Callable[[str], None]) -> str:
        """Make a new database like the one ``prepare(url)`` filled; it runs once for each ``recipe``.

        ``prepare`` must close its connections: PostgreSQL does not copy a database that is in use.
        """
        if recipe not in self._templates:
            url = self.create_database()
            prepare(url)
            self._templates[recipe] = url.rsplit("/", 1)[1]
        return self.create_database(self._templates[recipe])

    def drop_database(self, url: str) -> None:
        """Remove a database and end whatever is still connected to it."""
        self._execute(f'drop database if exists "{url.rsplit("/", 1)[1]}" with (force)')

    def start(self) -> None:
        """Start the server on its cluster, on the same port as before if it ran before."""
        if not self.port:
            self.port = free_port()
        settings = {"port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        settings |= {"max_connections": "200", **self._settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._server = self._popen(["postgres", "-D", str(self._folder / "cluster"), *options])
        is_up: SimpleQueue[bool] = SimpleQueue()
        threading.Thread(target=self._listen, args=(self._server, is_up), daemon=True).start()
        try:
            up = is_up.get(timeout=_START_SECONDS)
        except Empty:
            up = False
        if not up:
            raise RuntimeError(f"PostgreSQL did not start:\n{self.log}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT ends sessions and writes a checkpoint, SIGQUIT leaves recovery to the next start."""
        if self._server is None:
            return
        if self._server.poll() is None:
            self._server.send_signal(how)
        try:
            self._server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(_STOP_SECONDS)
        self._server = None

    def close(self) -> None:
        """Stop the server and remove its folder."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _make_cluster(self) -> None:
        command = ["initdb", "-D", str(self._folder / "cluster"), "-U", OWNER, "-A", "trust", "-E", "UTF8"]
        # The cluster itself need not survive a power cut while it is made; what the server writes later must.
        process = self._popen([*command, "--locale=C.UTF-8", "--no-sync"])
        said, _ = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"initdb failed:\n{said}")

    def _popen(self, command: list[str]) -> subprocess.Popen[str]:
        account = self._account
        return subprocess.Popen(
            [str(self._binaries / command[0]), *command[1:]],
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Ctrl-C in the terminal is for us; we then stop the server in order.
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 - one system call; it takes no lock that a thread could hold
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
        )

    def _listen(self, server: subprocess.Popen[str], is_up: SimpleQueue[bool]) -> None:
        assert server.stdout is not None
        with server.stdout:
            for line in server.stdout:
                self._words.append(line)
                if _READY in line:
                    is_up.put(True)
        is_up.put(False)

    def _execute(self, statement: str) -> None:
        async def work() -> None:
            connection = await asyncpg.connect(self.url())
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        # On a loop and thread of its own, since one may be running here.
        with ThreadPoolExecutor(max_workers=1) as apart:
            apart.submit(asyncio.run, work()).result()


def _account() -> pwd.struct_passwd | None:
    """Whom the server runs as where we are root; None where it runs as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("PostgreSQL does not run as root, and neither postgres nor nobody exists here")


def _end_with_parent() -> None:
    """In the child: be told to stop when the process that started us dies, even by kill -9 (Linux only)."""
    with contextlib.suppress(AttributeError):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
