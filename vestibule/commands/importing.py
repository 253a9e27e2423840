"""The command that brings a directory in from files: ``vestibule import``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from vestibule.commands import common, naming
from vestibule.commands.common import AsJson, Failure, Organization
from vestibule.commands.wording import sentence
from vestibule.importing.ledger import Ledger, Outcome, Place
from vestibule.importing.run import Watch, run
from vestibule.program import Program
from vestibule.rules.refusals import Refused
from vestibule.store.unit import Unavailable

NOT_TAKEN: Final = "lineNotTaken"
"""The code of a refusal that no rule made: the line itself cannot be read, or does not fit the other lines."""


def import_files(
    organization: Organization,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...",
            exists=True,
            dir_okay=False,
            readable=True,
            help="Entra's bulk-invite list (CSV), or Graph's JSON of users, groups, members, deleted items.",
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would be refused.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring people and groups in from files, with new ids; print the map from the old ones.

    Every line is accepted, there already, or refused with the reason. Ends with status 1 when one was refused; running
    it again brings nobody in twice.
    """

    async def work(program: Program) -> tuple[str, Ledger]:
        found = await naming.organization(await program.house.store.read(), organization)
        with _watching() as watch:
            try:
                return found.tenant_id, await run(program.house, found.tenant_id, files, rehearsal=dry_run, watch=watch)
            except Unavailable as away:
                raise Failure(f"{away}; what was done stays, and running this again brings nobody in twice") from away

    tenant_id, ledger = common.perform(work)
    names = [str(file) for file in files]
    common.show(_value(ledger, tenant_id, names, dry_run=dry_run), _lines(ledger, names, dry_run), as_json=as_json)
    if ledger.refused:
        first = ledger.refused[0]
        where = f"{names[first.place.file]}, line {first.place.line}"
        common.stop(f"{len(ledger.refused)} of {ledger.lines} lines were refused, the first in {where}: {_why(first)}")


@contextmanager
def _watching() -> Iterator[Watch]:
    """A progress bar on standard error, where somebody sees it."""
    if not sys.stderr.isatty():
        yield Watch()
        return
    columns = (TextColumn("importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("importing", total=None)
        yield Watch(lambda lines: progress.update(bar, total=lines), lambda: progress.advance(bar))


def _value(ledger: Ledger, tenant_id: str, names: list[str], *, dry_run: bool) -> dict[str, Any]:
    return {
        "dryRun": dry_run,
        "tenantId": tenant_id,
        "lines": ledger.lines,
        "accepted": [_as_value(one, names) for one in ledger.accepted],
        "alreadyThere": [_as_value(one, names) for one in ledger.already_there],
        "refused": [_as_value(one, names) | {"code": _code(one)} for one in ledger.refused],
        "map": ledger.map,
        "leftOut": dict(ledger.left_out),
        "notes": [{**_at(note.place, names), "told": note.told} for note in ledger.notes],
    }


def _as_value(of: Outcome, names: list[str]) -> dict[str, Any]:
    value = {
        **_at(of.place, names),
        "kind": of.kind,
        "who": of.who or None,
        "oldId": of.old_id,
        "newId": of.new_id,
        "inviteRedeemUrl": of.link,
        "reason": None if of.why is None else _why(of),
    }
    return {name: said for name, said in value.items() if said is not None}


def _code(of: Outcome) -> str:
    return of.why.reason.value if isinstance(of.why, Refused) else NOT_TAKEN


def _at(place: Place, names: list[str]) -> dict[str, Any]:
    return {"file": names[place.file], "line": place.line}


def _lines(ledger: Ledger, names: list[str], dry_run: bool) -> Iterator[str]:
    for outcome in ledger.already_there:
        yield f"{_shown(outcome, names)}: {_why(outcome)}"
    for outcome in ledger.refused:
        yield f"{_shown(outcome, names)}: refused: {_why(outcome)}"
    for note in ledger.notes:
        yield f"{names[note.place.file]}:{note.place.line}: {note.told}"
    for old, new in ledger.map.items():
        yield f"{old}  {new}"
    for name, times in ledger.left_out.most_common():
        yield f"not taken over: {name} ({times} times)"
    counts = f"{len(ledger.accepted)} {'would be accepted' if dry_run else 'accepted'}"
    yield f"{ledger.lines} lines: {counts}, {len(ledger.already_there)} there already, {len(ledger.refused)} refused"


def _shown(of: Outcome, names: list[str]) -> str:
    return f"{names[of.place.file]}:{of.place.line}: {of.who}" if of.who else f"{names[of.place.file]}:{of.place.line}"


def _why(of: Outcome) -> str:
    return sentence(of.why) if isinstance(of.why, Refused) else of.why or ""
