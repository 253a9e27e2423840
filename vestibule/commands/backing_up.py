"""Commands for backups: take one while the house serves, and bring one back."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop

from vestibule.actions import backing_up
from vestibule.actions.backing_up import Backup, SealedLog
from vestibule.commands import bringing_back, common
from vestibule.commands.bringing_back import Restored, Wanted
from vestibule.commands.common import AsJson
from vestibule.program import Program

KEYS_END: Final = ".keys"
_EVERY: Final = 250_000
"""After so many rows whoever watches is told."""

_Keys = Annotated[Path | None, typer.Option("--keys", help="The file of the subject keys. Default: FILE.keys.")]


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write it; the subject keys go to FILE.keys.")],
    keys: _Keys = None,
    *,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a backup while the house serves. Keep FILE.keys apart, and for at most 14 days."""
    keys_file = _beside(file, keys)

    folder = str(common.settings().data.resolve())

    async def work(program: Program) -> Backup:
        try:
            return await backing_up.back_up(
                program.house,
                program.opened,
                file,
                keys_file,
                folder=folder,
                overwrite=overwrite,
                progress=progress("written"),
            )
        except FileExistsError as there:
            raise common.Failure(f"{there}: name another one, or say --overwrite") from there

    _show_backup(common.perform(work), as_json=as_json)


def restore_backup(
    file: Annotated[Path, typer.Argument(help="A file that `vestibule backup` wrote.", exists=True, dir_okay=False)],
    keys: _Keys = None,
    *,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="The subject keys are gone: earlier audit events lose their names.")
    ] = False,
    journal: Annotated[
        list[Path] | None,
        typer.Option("--journal", help="An erasure journal of the house (erasure-journal in its data folder)."),
    ] = None,
    without_journal: Annotated[
        bool, typer.Option("--without-journal", help="No journal is left: who was erased since comes back.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the database that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring a backup back, into an empty data folder or database. Whoever was erased since is erased again first."""
    if without_keys and keys is not None:
        common.misused("--without-keys and --keys exclude each other")
    if without_journal and journal:
        common.misused("--without-journal and --journal exclude each other")
    settings = common.settings()
    wanted = Wanted(
        file=file,
        keys_file=None if without_keys else _beside(file, keys),
        journals=tuple(journal or ()),
        without_journal=without_journal,
        replace=replace,
    )
    restored = common.attempt(lambda: uvloop.run(bringing_back.bring_back(settings, wanted, progress)))
    _show_restored(restored, as_json=as_json)


def progress(what: str) -> backing_up.Progress:
    """Says now and then how many rows are done."""
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        if done // _EVERY != (done + rows) // _EVERY:
            common.tell(f"{done + rows:,} rows {what}")
        done += rows

    return count


def _beside(file: Path, keys: Path | None) -> Path:
    return keys or file.with_name(file.name + KEYS_END)


def _show_backup(taken: Backup, *, as_json: bool) -> None:
    said = taken.manifest
    value = {
        "file": str(taken.file),
        "keysFile": str(taken.keys_file),
        "takenAt": said.taken_at,
        "revision": said.revision,
        "emulator": said.emulator,
        "octets": taken.octets,
        "keysOctets": taken.keys_octets,
        "rows": said.rows,
        "counts": said.counts,
        "logs": _logs(said.logs),
    }
    lines = [
        f"{taken.file}: {said.rows:,} rows, {taken.octets:,} octets, as of {said.taken_at}",
        f"{taken.keys_file}: the subject keys; keep them apart from it, and for at most 14 days",
    ]
    common.show(value, lines, as_json=as_json)


def _show_restored(restored: Restored, *, as_json: bool) -> None:
    said = restored.manifest
    value = {
        "restored": True,
        "takenAt": said.taken_at,
        "emulator": said.emulator,
        "rows": said.rows,
        "counts": said.counts,
        "logs": _logs(said.logs),
        "journals": [str(one) for one in restored.journals],
        "erasedAgain": restored.done.erased_again,
        "keysMadeAnew": restored.done.keys_made,
        "lettersDropped": restored.done.letters_dropped,
    }
    lines = [
        f"restored {said.rows:,} rows, as of {said.taken_at}",
        f"{restored.done.erased_again} people were erased since, and are again",
        f"{restored.done.letters_dropped} letters that waited then are not sent again",
        "everybody has to sign in again; `vestibule audit verify` looks at the log",
    ]
    common.show(value, lines, as_json=as_json)


def _logs(logs: list[SealedLog]) -> list[dict[str, Any]]:
    return [{"tenantId": one.tenant_id, "size": one.size, "root": one.root} for one in logs]
