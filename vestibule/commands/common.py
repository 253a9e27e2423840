"""What every command shares: settings, an open house, one JSON value or words for people, and the exit status.

0 is done, 1 refused or failed with one line on standard error, 2 wrong usage.
"""

import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, TypeVar

import msgspec
import typer
import uvloop
from rich.console import Console
from rich.table import Table

from vestibule.commands import logs
from vestibule.commands.wording import sentence
from vestibule.ground.passwords import Busy
from vestibule.ground.sealing import BadKeyFile
from vestibule.program import Program, open_program
from vestibule.rules.refusals import Refused
from vestibule.settings import PREFIX, BadSetting, Settings, load
from vestibule.store import replacing
from vestibule.store.opening import BadAddress, WrongStamp, sqlite_path
from vestibule.store.unit import Unavailable

T = TypeVar("T")

FAILED: Final = 1
WRONG_USAGE: Final = 2
ORIGIN_FILE: Final = "development-origin"

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value and nothing else.")]
Organization = Annotated[str, typer.Option("--organization", "-o", help="The organization: its id or a domain.")]


class Failure(Exception):
    """A command cannot do what it was asked; the text is the line on standard error."""


def settings() -> Settings:
    """The settings of this process.

    A development server serves at an origin of its own, unless one is set; it leaves a note in the data folder, so
    that commands beside it make the same links.
    """
    try:
        found = load(os.environ)
    except BadSetting as bad:
        stop(str(bad))
    logs.begin(found.log_level)
    note = found.data / ORIGIN_FILE
    if not is_set("PUBLIC_URL") and found.public_url == Settings().public_url and note.exists():
        return replace(found, public_url=note.read_text(encoding="utf-8").strip())
    return found


def is_set(name: str) -> bool:
    """Whether the environment has this setting, named without its prefix."""
    return bool(os.environ.get(PREFIX + name))


def perform(
    work: Callable[[Program], Awaitable[T]],
    *,
    migrate: bool = False,
    emulator: bool = False,
    at: Settings | None = None,
) -> T:
    """Open the house, do ``work`` in it, and close it. Ends the process with status 1 and one line when it fails."""

    async def run(known: Settings) -> T:
        if not (migrate or emulator):
            insist_on_database(known)
        program = await open_program(known, migrate=migrate, emulator_wanted=emulator)
        try:
            return await work(program)
        finally:
            await program.close()

    known = at or settings()
    return attempt(lambda: uvloop.run(run(known)))


def insist_on_database(known: Settings) -> None:
    """Raise Failure when there is no database file: a command in the wrong folder makes no new one."""
    path = sqlite_path(known.database_url or None, known.data)
    if path is not None:
        replacing.finish(replacing.folder_for(path))
    if path is not None and not path.exists():
        raise Failure(
            f"there is no database {path}: run `vestibule init` or `vestibule migrate`, "
            f"or name its folder with {PREFIX}DATA"
        )


def attempt(work: Callable[[], T]) -> T:
    """Do ``work``; what can be expected to go wrong ends the process with status 1 and one line."""
    try:
        return work()
    except Refused as refused:
        stop(sentence(refused))
    except (Failure, Unavailable, WrongStamp, BadAddress, BadKeyFile, BadSetting) as failure:
        stop(str(failure))
    except Busy:
        stop("too many passwords wait to be hashed; try again shortly")
    except OSError as failure:
        stop(str(failure))
    except KeyboardInterrupt:
        stop("stopped", status=130)


def stop(why: str, *, status: int = FAILED) -> NoReturn:
    """One line on standard error, and the end."""
    sys.stderr.write(f"vestibule: {' '.join(why.split())}\n")
    raise typer.Exit(status)


def misused(why: str) -> NoReturn:
    """Wrong usage: one line on standard error, and status 2."""
    stop(why, status=WRONG_USAGE)


def tell(line: str) -> None:
    """A message for whoever watches; never part of the result."""
    sys.stderr.write(line + "\n")


def show(value: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """The result of a command: one JSON value, or lines of words."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
        return
    for line in lines:
        sys.stdout.write(line + "\n")


def show_table(value: Any, heads: Sequence[str], rows: Iterable[Sequence[str]], *, as_json: bool) -> None:
    """The result of a list: one JSON array, or a table."""
    if as_json:
        show(value, (), as_json=True)
        return
    table = Table(box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*row)
    # Where somebody else's program reads, a row is one line.
    Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 1000).print(table)


def shown(value: Any) -> list[str]:
    """An object's names and values as lines."""
    width = max((len(name) for name in value), default=0)
    return [f"{name:<{width}}  {_text(kept)}" for name, kept in value.items() if kept is not None]


def read_password(source: str | None) -> str | None:
    """A password from the first line of a file, or of standard input for ``-``; the line's end is not part of it."""
    if source is None:
        return None
    try:
        text = sys.stdin.readline() if source == "-" else attempt(lambda: Path(source).read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        stop("the password is not UTF-8")
    return text.partition("\n")[0].removesuffix("\r")


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, dict):
        name = value.get("displayName") or value.get("name")
        return f"{name} ({value['id']})" if name and "id" in value else str(value)
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)
