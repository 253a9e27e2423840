"""A thousand people with forty unique texts each live here, are erased, and nothing of them is left anywhere.

Looked at are: what the API and the metrics answer, an export of the audit log, what the program said, every file of
the data folder, on PostgreSQL every row, dead row and dump of the database and, after its tables were written anew,
every page and a new base backup; and the same of houses into which backups from before and after were brought back.
"""

import argparse
import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from soak.canary_people import CANARY, EACH, Person, come, leaves
from tests.faults.town import Town, town_on
from tests.support import canaries, world
from tests.support.postgres import PostgresServer, find_binaries
from tests.support.wanted import Missing
from tests.support.world import Place
from vestibule.actions import backing_up, emulating, exporting_log
from vestibule.commands import bringing_back
from vestibule.settings import Settings
from vestibule.store import erasures

DATABASES: Final = ("sqlite", "postgresql")
_LISTS: Final = (
    "/v1.0/users?$top=999",
    "/v1.0/directory/deletedItems/microsoft.graph.user?$top=999",
    "/v1.0/auditLogs/directoryAudits?$top=999",
    "/v1.0/auditLogs/signIns?$top=999",
    "/v1.0/invitations",
)
_PLAIN: Final = ("/metrics", "/readyz", "/emulator/clock")
_DEAD: Final = """
    SELECT relname, dead_tuple_count FROM pg_class, pgstattuple(pg_class.oid)
    WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'vestibule_keys'::regnamespace)
    AND dead_tuple_count > 0 AND relname <> 'alembic_version'
"""
_ROUNDS: Final = 200
_ONE_DAY: Final = timedelta(days=1)
_MONTH: Final = timedelta(days=31)
_KEY: Final = "key-encryption-key"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part erasure``."""
    parser.add_argument("--people", type=int, default=1000, help="how many live and are erased (default 1000)")
    parser.add_argument("--db", choices=DATABASES, action="append", help="only this database")
    parser.add_argument("--folder", type=Path, default=Path("var/soak/erasure"), help="where it works")


def main(arguments: argparse.Namespace) -> int:
    """Let them live, erase them, look. Returns 1 when something of them was found, else 0."""
    wrong = []
    for database in arguments.db or DATABASES:
        folder = arguments.folder / database
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        begun = time.monotonic()
        try:
            found = _erase(database, folder.resolve(), arguments.people)
        except Missing as missing:
            print(f"{database}: not tried, {missing}")
            continue
        wrong += found
        for one in found:
            print(f"{database}: {one}")
        print(f"{database}: {arguments.people} people, {len(found)} findings, {time.monotonic() - begun:.0f} s")
    return 1 if wrong else 0


def _erase(database: str, folder: Path, people: int) -> list[str]:
    if database == "sqlite":
        return asyncio.run(_look(Looking(folder, people)))
    with PostgresServer() as server:
        return asyncio.run(_look(Looking(folder, people, server)))


@dataclass
class Looking:
    """One run. ``server``: PostgreSQL; None for SQLite. ``url``: of the database. ``found``: what was left where."""

    folder: Path
    people: int
    server: PostgresServer | None = None
    url: str = ""
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make an empty database."""
        if self.server is not None:
            self.url = self.server.create_database()

    @property
    def data(self) -> Path:
        """The data folder of the house."""
        return self.folder / "data"

    def left(self, where: str, texts: set[str]) -> None:
        """Note what was found somewhere."""
        if texts:
            some = ", ".join(sorted(texts)[:5])
            self.found.append(f"{len(texts)} of {self.people * EACH} texts are left in {where}: {some}")


async def _look(run: Looking) -> list[str]:
    run.data.mkdir(parents=True)
    backup = run.folder / "before"
    with _said(run.folder / "log"):
        async with town_on(run.url, run.data) as town:
            contoso = await world.organization(town.program.house, "Contoso")
            graph = await town.program_of(contoso)
            people = await _live(town, contoso, graph, run)
            await _back_up(town, run, backup)
            await _go(town, contoso, people, run)
            await _ask(town, graph, contoso, run)
            fresh = run.folder / "after"
            await _back_up(town, run, fresh)
    await _at_rest(run, "the database", run.url, run.data)
    await _rewritten(run)
    run.left("what the program said", canaries.in_files(run.folder / "log", CANARY))
    for taken in (backup, fresh):
        await _bring_back(run, taken)
    return run.found


# --- Living and going -------------------------------------------------------------------------------------------------


async def _live(town: Town, contoso: Place, graph: httpx.AsyncClient, run: Looking) -> list[Person]:
    people = [await come(town, contoso, graph, number) for number in range(run.people)]
    await town.program.worker.tick()
    there = await canaries.in_rows(run.url, CANARY) if run.url else canaries.in_files(run.data, CANARY)
    if len(there) < run.people * EACH // 2:
        run.found.append(f"only {len(there)} texts can be found before, so finding none afterwards says nothing")
    return people


async def _go(town: Town, contoso: Place, people: list[Person], run: Looking) -> None:
    house = town.program.house
    for one in people:
        await leaves(town, contoso, one)
    await emulating.advance(house, _MONTH)
    for _ in range(_ROUNDS):
        await town.program.worker.tick()
        reading = await house.store.read()
        if not await erasures.running(reading, 1) and await erasures.scrub_wanted(reading) is None:
            break
    await emulating.advance(house, _ONE_DAY)
    await town.program.worker.tick()
    await emulating.forget_mail(house)  # what an emulator captured of mail stands apart, until it is taken away
    await house.store.truncate_log()
    steps = [await erasures.find(await house.store.read(), contoso.id, one.user_id) for one in people]
    open_ones = sum(one is None or one.state != "done" for one in steps)
    if open_ones:
        run.found.append(f"{open_ones} data removals are not done")


async def _ask(town: Town, graph: httpx.AsyncClient, contoso: Place, run: Looking) -> None:
    """Every list of the API to its end, the pages of an administrator, and exports of the log."""
    for address in _LISTS:
        here: str | None = address
        while here:
            answer = await graph.get(here)
            run.left(address, canaries.in_octets(answer.content, CANARY))
            here = answer.json().get("@odata.nextLink") if answer.status_code == 200 else None
    for address in _PLAIN:
        run.left(address, canaries.in_octets((await town.people[0].http.get(address)).content, CANARY))
    await exporting_log.export(town.program.house, contoso.id, run.folder / "export")
    run.left("an export of the audit log", canaries.in_files(run.folder / "export", CANARY))


# --- Where it rests ---------------------------------------------------------------------------------------------------


async def _at_rest(run: Looking, what: str, url: str, data: Path) -> None:
    run.left(f"a file of {what}", canaries.in_files(data, CANARY))
    if run.server is None:
        return
    run.left(f"a row of {what}", await canaries.in_rows(url, CANARY))
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
        dead = await connection.fetch(_DEAD)
    finally:
        await connection.close()
    if dead:
        some = ", ".join(f"{many} of {name}" for name, many in dead)
        run.found.append(f"dead rows are left in {what}: {some}")
    run.left(f"a dump of {what}", canaries.in_octets(await _dump(url), CANARY))


async def _rewritten(run: Looking) -> None:
    """What vacuuming leaves in the free space of pages goes when the tables are written anew."""
    if run.server is None:
        return
    async with _opened(run.url, run.data) as town:
        free = len(await _in_pages(run.url))
        await town.program.house.store.truncate_log(whole=True)
    print(
        f"postgresql: {free} of {run.people * EACH} texts lay in free space of pages before the tables were rewritten"
    )
    run.left("a page of the database that was rewritten", await _in_pages(run.url))
    run.left("a new base backup", await _base_backup(run.server))


async def _in_pages(url: str) -> set[str]:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CHECKPOINT")
        oid = await connection.fetchval("SELECT oid FROM pg_database WHERE datname = current_database()")
        home = await connection.fetchval("SHOW data_directory")
    finally:
        await connection.close()
    return canaries.in_files(Path(home) / "base" / str(oid), CANARY)


async def _dump(url: str) -> bytes:
    text = await asyncio.to_thread(_run, "pg_dump", url)
    return canaries.decoded(text.decode("latin-1")).encode()


async def _base_backup(server: PostgresServer) -> set[str]:
    """A base backup as a replica takes it; the log of changes that belongs to it is no part of it here."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder) / "base"
        address = server.url().replace("/postgres", "/")
        await asyncio.to_thread(_run, "pg_basebackup", "-d", address, "-D", str(there), "-X", "none", "-c", "fast")
        return canaries.in_files(there / "base", CANARY)


def _run(program: str, *arguments: str) -> bytes:
    binaries = find_binaries()
    if binaries is None:
        raise Missing("PostgreSQL")
    return subprocess.run([binaries / program, *arguments], check=True, capture_output=True).stdout


# --- Backups ----------------------------------------------------------------------------------------------------------


async def _back_up(town: Town, run: Looking, file: Path) -> None:
    opened = town.program.opened
    await backing_up.back_up(
        town.program.house,
        opened,
        file,
        file.with_suffix(".keys"),
        folder=str(run.data),
        overwrite=False,
        progress=lambda _rows: None,
    )
    run.left(f"the backup {file.name} as it lies there", canaries.in_files(file.parent, CANARY) if run.url else set())


async def _bring_back(run: Looking, backup: Path) -> None:
    """Into an empty house elsewhere: whoever was erased since is erased again before it answers."""
    data = run.folder / f"elsewhere-{backup.name}"
    data.mkdir(mode=0o700)
    shutil.copy(run.data / _KEY, data)
    url = "" if run.server is None else run.server.create_database()
    wanted = bringing_back.Wanted(backup, backup.with_suffix(".keys"), (run.data / "erasure-journal",), False, False)
    await bringing_back.bring_back(Settings(data=data, database_url=url), wanted, lambda _what: lambda _rows: None)
    what = f"the house that {backup.name} was brought back into"
    async with _opened(url, data):
        pass
    await _at_rest(run, what, url, data)


@asynccontextmanager
async def _opened(url: str, data: Path) -> AsyncIterator[Any]:
    """The house that came back, after a round of its worker."""
    async with town_on(url, data) as town:
        await emulating.forget_mail(town.program.house)
        await town.program.worker.tick()
        await town.program.house.store.truncate_log()
        yield town


@contextmanager
def _said(log: Path) -> Iterator[None]:
    """Everything that is said goes to a file in this folder."""
    log.mkdir()
    kept = os.dup(1), os.dup(2)
    with (log / "output").open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            for old, here in zip(kept, (1, 2), strict=True):
                os.dup2(old, here)
                os.close(old)
