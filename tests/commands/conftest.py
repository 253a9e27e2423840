"""The command line: in this process where that is enough, and as the real program where it is not."""

import asyncio
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import structlog
from typer.testing import CliRunner

from tests.commands.server import Server
from tests.support.houses import KINDS
from tests.support.postgres import PostgresServer
from vestibule.cli import application
from vestibule.program import Program, open_program
from vestibule.settings import Settings

T = TypeVar("T")

PASSWORD = "correct horse battery staple"
PROGRAM = (sys.executable, "-c", "from vestibule.cli import main; main()")


@dataclass(frozen=True)
class Done:
    """What a command did: its exit status, and what it said where."""

    status: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        """The one JSON value on standard output, which holds nothing else."""
        assert self.status == 0, self.err
        assert self.out.count("\n") == 1
        return json.loads(self.out)

    @property
    def reason(self) -> str:
        """The one line on standard error."""
        assert self.err.endswith("\n")
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("vestibule: ")
        return self.err.removeprefix("vestibule: ").rstrip("\n")


@dataclass
class Desk:
    """A data folder, a database, and a command line.

    Attributes:
        data: the data folder. url: of a PostgreSQL database; empty for a file in the folder.
    """

    data: Path
    url: str = ""
    servers: list[Server] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every command."""
        return {"VESTIBULE_DATA": str(self.data)} | ({"VESTIBULE_DATABASE_URL": self.url} if self.url else {})

    def run(self, *arguments: object, stdin: str = "", **settings: str) -> Done:
        """Run a command in this process. ``settings``: further ones by their names without the prefix."""
        environment = self.environment | {f"VESTIBULE_{name.upper()}": value for name, value in settings.items()}
        with _logs_put_back(), pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            words = [str(one) for one in arguments]
            result = CliRunner().invoke(application, words, input=stdin, prog_name="vestibule")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Done(result.exit_code, result.stdout, result.stderr)

    def json(self, *arguments: object, stdin: str = "", **settings: str) -> Any:
        """The value that a command prints with ``--json``."""
        return self.run(*arguments, "--json", stdin=stdin, **settings).value

    def program(self, *arguments: object, stdin: str = "", **settings: str) -> Done:
        """Run the real program."""
        ran = subprocess.run(
            [*PROGRAM, *(str(one) for one in arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=self._for_programs(settings),
        )
        return Done(ran.returncode, ran.stdout, ran.stderr)

    def serve(self, *arguments: object, **settings: str) -> Server:
        """Start the real server; it is ended with the test."""
        command = [*PROGRAM, "serve", *(str(one) for one in arguments)]
        server = Server(command, self._for_programs(settings))
        self.servers.append(server)
        return server

    def within(self, work: Callable[[Program], Awaitable[T]]) -> T:
        """Do something in the house itself."""

        async def run() -> T:
            program = await open_program(Settings(data=self.data, database_url=self.url))
            try:
                return await work(program)
            finally:
                await program.close()

        return asyncio.run(run())

    def _for_programs(self, settings: dict[str, str]) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        more = {f"VESTIBULE_{name.upper()}": value for name, value in settings.items()}
        return kept | {"PYTHONPATH": str(Path(__file__).parents[2])} | self.environment | more


@contextmanager
def _logs_put_back() -> Iterator[None]:
    """A command sets logging up for its own process, with the standard error that it finds there."""
    handlers, level = logging.root.handlers[:], logging.root.level
    try:
        yield
    finally:
        structlog.reset_defaults()
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)


def initialise(desk: Desk, *more: str) -> Done:
    """Contoso and its administrator."""
    words = ("--organization", "Contoso", "--domain", "contoso.example", "--admin", "admin@contoso.example")
    return desk.run("init", *words, "--password-file", "-", "--json", *more, stdin=PASSWORD + "\n")


@dataclass
class Templates:
    """Databases that were initialised once, to be copied."""

    folder: Path
    made: dict[str, Path] = field(default_factory=dict)

    def copy(self, data: Path, *, emulator: bool, server: PostgresServer | None) -> Desk:
        """A copy of an initialised database of this kind."""
        name = f"{'emulator' if emulator else 'real'}-{'sqlite' if server is None else 'postgresql'}"
        template = self.folder / name
        if server is None:
            if name not in self.made:
                self._initialise(Desk(template), emulator=emulator)
                self.made[name] = template
            shutil.copytree(template, data)
            return Desk(data)
        url = server.create_from(name, lambda url: self._initialise(Desk(template, url), emulator=emulator))
        shutil.copytree(template, data)
        return Desk(data, url)

    @staticmethod
    def _initialise(desk: Desk, *, emulator: bool) -> None:
        done = initialise(desk, *(["--emulator"] if emulator else []))
        assert done.status == 0, done.err


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """Databases that were initialised once."""
    return Templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Desk]:
    """A command line where nothing is yet."""
    yield from closing(Desk(tmp_path / "data"))


def _server(request: pytest.FixtureRequest) -> PostgresServer | None:
    return None if request.param == "sqlite" else request.getfixturevalue("postgres_server")


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> Iterator[Desk]:
    """Contoso, on a database of either kind."""
    yield from closing(templates.copy(tmp_path / "data", emulator=False, server=_server(request)))


@pytest.fixture(params=KINDS)
def emulator(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> Iterator[Desk]:
    """Contoso, on an emulator database of either kind."""
    yield from closing(templates.copy(tmp_path / "data", emulator=True, server=_server(request)))


@pytest.fixture
def filed(tmp_path: Path, templates: Templates) -> Iterator[Desk]:
    """Contoso, on a SQLite file: for what does not depend on the database."""
    yield from closing(templates.copy(tmp_path / "data", emulator=False, server=None))


def closing(desk: Desk) -> Iterator[Desk]:
    """The desk, whose servers are ended afterwards."""
    yield desk
    for server in desk.servers:
        server.kill()
