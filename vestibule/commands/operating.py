"""Commands that run and look after the service: serve, worker, migrate, tick, clock, doctor."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop

from vestibule.actions import due, emulating, housekeeping
from vestibule.actions.due import Done
from vestibule.commands import common, doctoring
from vestibule.commands.common import AsJson, Failure
from vestibule.ground.clock import iso
from vestibule.ground.durations import BadDuration, parse_duration
from vestibule.program import Program, open_program
from vestibule.settings import Settings
from vestibule.store.opening import sqlite_path

Emulator = Annotated[bool, typer.Option("--emulator", help="A new database becomes an emulator's, for ever.")]

clock = typer.Typer(no_args_is_help=True, help="Lifecycle time; emulator databases only.")


def serve(
    *,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "localhost",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port.")] = 8443,
    http_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Plain http on loopback beside it; emulator databases only.")
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="Certificate with its chain (PEM).")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    tls_dev: Annotated[bool, typer.Option("--tls-dev", help="A private CA and a certificate for localhost.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes; more than one needs PostgreSQL.")] = 1,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Without the background worker.")] = False,
    emulator: Emulator = False,
    as_json: AsJson = False,
) -> None:
    """Serve, with the background worker in the first process. SIGTERM ends it."""
    if (tls_cert is None) != (tls_key is None):
        common.misused("--tls-cert and --tls-key go together")
    if tls_dev and tls_cert is not None:
        common.misused("--tls-dev makes its own certificate: leave --tls-cert and --tls-key out, or it")
    for file in (tls_cert, tls_key):
        if file is not None and not file.is_file():
            common.misused(f"there is no file {file}")
    settings = common.settings()
    if workers > 1 and (emulator or _on_sqlite(settings)):
        common.misused(
            "--workers above 1 needs PostgreSQL, and no emulator: a SQLite file is served by one process. "
            "Set VESTIBULE_DATABASE_URL=postgresql://…, or leave --workers out"
        )
    from vestibule.commands import running  # noqa: PLC0415 - other commands need not load the doors

    how = running.Serving(
        host, port, http_port, tls_cert, tls_key, development=tls_dev, workers=workers, worker=not no_worker,
        emulator=emulator,
    )  # fmt: skip
    settings = running.for_development(settings, how, origin_set=common.is_set("PUBLIC_URL"))

    def say() -> None:
        plain = f" and http://localhost:{http_port}" if http_port else ""
        common.tell(f"serving at {how.address}{plain}; links and tokens say {settings.origin}")
        if as_json:
            common.show({"address": how.address, "publicUrl": settings.origin, "httpPort": http_port}, (), as_json=True)

    try:
        common.attempt(lambda: running.run(settings, how, running.take_ports(settings, how), say=say))
    except running.NotEmulator as wrong:
        common.misused(str(wrong))


def worker(as_json: AsJson = False) -> None:
    """Run only the background worker. SIGTERM ends it."""

    async def run(settings: Settings) -> None:
        common.insist_on_database(settings)
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        program = await open_program(settings)
        try:
            common.tell("working")
            await program.worker.run(stop)
        finally:
            await program.close()

    settings = common.settings()
    common.attempt(lambda: uvloop.run(run(settings)))
    common.show({"stopped": True}, (), as_json=as_json)


def migrate(emulator: Emulator = False, as_json: AsJson = False) -> None:
    """Bring the database to this version, and make it when it is not there."""

    async def work(program: Program) -> bool:
        return program.opened.emulator

    stamped = common.perform(work, migrate=True, emulator=emulator)
    kind = " (an emulator database)" if stamped else ""
    common.show({"migrated": True, "emulator": stamped}, [f"the database is at this version{kind}"], as_json=as_json)


def tick(as_json: AsJson = False) -> None:
    """Run the worker once, until nothing is due, and print what it did."""

    async def work(program: Program) -> list[Done]:
        return await program.worker.tick()

    done = [one.as_json() for one in common.perform(work)]
    lines = [f"{one['at']}  {one['verb']:<17}  {one['tenantId']}  {_of(one)}" for one in done]
    common.show({"done": done}, lines or ["nothing was due"], as_json=as_json)


def scrub(
    rewrite: Annotated[
        bool, typer.Option("--rewrite", help="PostgreSQL: write every table anew; each is locked meanwhile.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take off the disk what data removals deleted, now. The worker does so by itself, but for --rewrite."""

    async def work(program: Program) -> bool:
        return await housekeeping.scrub(program.house, whole=rewrite)

    if not common.perform(work):
        common.stop("somebody reads or serves this file at the moment; the worker of the server does it by itself")
    common.show({"scrubbed": True, "rewritten": rewrite}, ["nothing that was removed is on the disk"], as_json=as_json)


@clock.command("show")
def clock_show(as_json: AsJson = False) -> None:
    """What time it is for the lifecycle, and the next ten things that time will do."""
    _show_clock(common.perform(_clock), as_json=as_json)


@clock.command("advance")
def clock_advance(
    duration: Annotated[str, typer.Argument(help="How far: P30D, 30d, 1h.")], as_json: AsJson = False
) -> None:
    """Push lifecycle time forward and run what falls due."""
    try:
        step = parse_duration(duration)
    except BadDuration as bad:
        common.misused(str(bad))

    async def work(program: Program) -> dict[str, Any]:
        async def push() -> None:
            await emulating.advance(program.house, step)

        _insist_on_emulator(program)
        done = await program.worker.tick(push)
        return await _clock(program) | {"done": [one.as_json() for one in done]}

    _show_clock(common.perform(work), as_json=as_json)


async def _clock(program: Program) -> dict[str, Any]:
    _insist_on_emulator(program)
    moment = await program.house.store.moment()
    seconds = f"{moment.offset.total_seconds():.6f}".rstrip("0").rstrip(".")
    upcoming = await due.upcoming(program.house)
    return {"now": iso(moment.now), "offset": f"PT{seconds}S", "next": [one.as_json() for one in upcoming]}


def _insist_on_emulator(program: Program) -> None:
    if not program.house.emulator:
        raise Failure("this is no emulator database: its clock is the machine's and cannot be moved")


def _show_clock(found: dict[str, Any], *, as_json: bool) -> None:
    lines = [f"now     {found['now']}", f"offset  {found['offset']}"]
    for head, name in (("done", "done"), ("next", "next")):
        lines += [f"{head}    {one['at']}  {one['verb']}  {_of(one)}" for one in found.get(name, [])]
    common.show(found, lines, as_json=as_json)


def doctor(as_json: AsJson = False) -> None:
    """Check configuration, database, mail, clock and certificates; say how to mend what is wrong."""
    findings = doctoring.examine()
    bad = any(finding.status == "bad" for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{finding.status:<4}  {finding.what}: {finding.told}")
        lines += [f"      {finding.mend}"] if finding.mend else []
    common.show({"healthy": not bad, "findings": [one.as_json() for one in findings]}, lines, as_json=as_json)
    if bad:
        common.stop("something is wrong; the lines above say how to mend it")


def _on_sqlite(settings: Settings) -> bool:
    return common.attempt(lambda: sqlite_path(settings.database_url or None, settings.data)) is not None


_ABOUT = ("userId", "groupId", "applicationId", "reviewId", "historyId", "tenantId")


def _of(done: dict[str, Any]) -> str:
    """What happened to whom: the id of the user, group, application, review or history, else of the organization."""
    return str(next(filter(None, (done.get(name) for name in _ABOUT))))
