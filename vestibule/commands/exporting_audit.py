"""``vestibule audit export``: the audit log as lines of JSON, as OCSF, or as a folder that can be verified."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import IO, Annotated, Any, Final

import msgspec
import typer

from vestibule.actions import event_lines, exporting_log
from vestibule.actions.exporting_log import Exported, NotEmpty
from vestibule.actions.log_entries import Entry
from vestibule.commands import audit_lines, common, naming
from vestibule.commands.common import AsJson, Failure
from vestibule.ground.log_files import BadFile
from vestibule.program import Program
from vestibule.store import organizations
from vestibule.store.organizations import Organization

_FROM: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9998, 12, 31, tzinfo=UTC)
_line = msgspec.json.Encoder().encode

Wanted = Annotated[
    str | None, typer.Option("--organization", "-o", help="The organization: its id or a domain. Default: every one.")
]


class Format(StrEnum):
    """What an export is made of."""

    JSONL = "jsonl"
    OCSF = "ocsf"
    LOG = "log"


async def wanted(program: Program, organization: str | None) -> list[Organization]:
    """The organization that was named, or every one. Raises Failure when there is none of that name."""
    reading = await program.house.store.read()
    if organization is not None:
        return [await naming.organization(reading, organization)]
    return await organizations.everyone(reading)


def export(
    organization: Wanted = None,
    to: Annotated[
        Path | None, typer.Option("--to", help="Where to: a file for lines (default: standard output), a new folder.")
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="jsonl (default) or ocsf: a line for each event. log: a folder to verify."),
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Events from this moment on (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option(help="Events up to this moment (UTC).")] = None,
    as_json: AsJson = False,
) -> None:
    """Write out what happened: as lines of JSON, as OCSF for a SIEM, or as a log that can be verified without us."""
    chosen = format_ or Format.JSONL
    if chosen is Format.LOG:
        if to is None or since is not None or until is not None:
            common.misused(
                "--format log takes the whole log, into a new folder: --to FOLDER, without --since and --until"
            )
        _export_logs(organization, to, as_json=as_json)
        return
    if as_json and to is None:
        common.misused("the lines go to standard output already; --json belongs to --to")
    form = audit_lines.as_ocsf if chosen is Format.OCSF else audit_lines.as_kept
    between = _utc(since) or _FROM, _utc(until) or _UNTIL
    written = _export_lines(organization, to, form, between)
    if to is not None:
        common.show({"file": str(to), "events": written}, [f"{written} events written to {to}"], as_json=as_json)


def _utc(moment: datetime | None) -> datetime | None:
    """Without a zone, UTC is meant."""
    return None if moment is None else moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _export_lines(
    organization: str | None,
    to: Path | None,
    form: Callable[[Entry, int | None], dict[str, Any]],
    between: tuple[datetime, datetime],
) -> int:
    """Write the lines, beside their file until all of them are there. Returns how many."""

    async def work(program: Program) -> int:
        if to is None:
            return await _write(program, sys.stdout.buffer)
        with _complete_or_not_there(to) as file:
            return await _write(program, file)

    async def _write(program: Program, file: IO[bytes]) -> int:
        written = 0
        for one in await wanted(program, organization):
            async for some in event_lines.walk(program.house, one.tenant_id, *between):
                file.writelines(_line(form(entry, place)) + b"\n" for entry, place in some)
                written += len(some)
        file.flush()
        return written

    return common.perform(work)


def _export_logs(organization: str | None, to: Path, *, as_json: bool) -> None:
    """The log of one organization; or, into a folder for each, of every one."""

    async def work(program: Program) -> list[Exported]:
        chosen = await wanted(program, organization)
        alone = len(chosen) == 1
        try:
            return [
                await exporting_log.export(program.house, one.tenant_id, to if alone else to / one.tenant_id)
                for one in chosen
            ]
        except (NotEmpty, BadFile) as bad:
            raise Failure(f"{bad}; name a new folder") from bad

    done = common.perform(work)
    value = [{"tenantId": one.tenant_id, "folder": str(one.folder), "size": one.size, "keys": one.keys} for one in done]
    lines = [f"{one.folder}: {one.size} events; verify it with --key {one.keys[-1]}" for one in done]
    common.show(value, lines, as_json=as_json)


@contextmanager
def _complete_or_not_there(path: Path) -> Iterator[IO[bytes]]:
    """A new file for its owner alone, which has its name once all of it is there. Raises Failure when one is there."""
    if path.exists():
        raise Failure(f"{path} is there already; name a new file")
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
