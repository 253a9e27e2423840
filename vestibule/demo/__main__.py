"""``python -m vestibule.demo``: the demo organizations, served in the foreground until Ctrl-C."""

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from vestibule.commands import common, logs, running
from vestibule.commands.common import ORIGIN_FILE
from vestibule.demo import cast, document, making
from vestibule.settings import Settings, load


def demo(
    *,
    data: Annotated[Path, typer.Option(help="The folder for everything.")] = Path("var/demo"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="For SDKs and other programs (https).")] = 8443,
    http_port: Annotated[int, typer.Option(min=1, max=65535, help="For a browser (http on loopback).")] = 8080,
) -> None:
    """Make the demo organizations when they are not there yet, and serve them."""
    settings = _settings(data.resolve(), port)
    how = running.Serving("localhost", port, http_port, development=True, emulator=True)
    console = Console(highlight=False)

    def run() -> None:
        listeners = running.take_ports(settings, how)
        common.tell(f"preparing the demo organizations in {data} (a few seconds when they are new)")
        try:
            known = asyncio.run(making.find_or_make(settings))
        except making.NotOurs as other:
            common.stop(str(other))
        (settings.data / ORIGIN_FILE).write_text(settings.origin + "\n", encoding="utf-8")
        file = document.write(settings.data, known, port=port, plain_port=http_port)
        running.run(settings, how, listeners, say=lambda: _tell(console, known, file, port, http_port))
        common.tell("the demo has stopped; the next run continues with the same data")

    common.attempt(run)


def _settings(data: Path, port: int) -> Settings:
    found = common.attempt(lambda: load({**os.environ, "VESTIBULE_DATA": str(data)}))
    logs.begin(found.log_level)
    return replace(found, public_url=f"https://localhost:{port}")


def _tell(console: Console, known: dict[str, Any], file: Path, port: int, plain_port: int) -> None:
    """What to open, and who can sign in where."""
    console.print(f"\n[bold]Open http://localhost:{plain_port}/ in a browser[/bold] and sign in as one of these:\n")
    table = Table(box=None, pad_edge=False)
    for head in ("Who", "Signs in as", "Password"):
        table.add_column(head, no_wrap=True)
    table.add_column("Belongs to")
    for person in known["people"]:
        belongs = ", ".join(known["tenants"][one["tenant"]]["displayName"] for one in person["memberships"])
        table.add_row(person["name"], person["userPrincipalName"], person["password"], belongs)
    for person in known["passcodePeople"]:
        table.add_row("Quinn", person["email"], "code by mail (below)", "Fabrikam")
    for tenant in known["tenants"].values():
        admin = tenant["admin"]
        table.add_row("Administrator", admin["userPrincipalName"], admin["password"], tenant["displayName"])
    console.print(table)
    console.print(
        f"\nPrograms and SDKs use https://localhost:{port}, with the private CA and the client ids in {file}."
        f"\nMail is not sent: read it, codes too, at http://localhost:{plain_port}/emulator/mail?to={cast.QUINN}."
        f'\nThe clock can be pushed: curl http://localhost:{plain_port}/emulator/clock -d \'{{"advance":"P30D"}}\''
        f"\nCtrl-C stops the demo; starting it again continues with the same data.\n",
        markup=False,
        soft_wrap=True,
    )
    sys.stdout.flush()


def main() -> None:
    """Run with the process's arguments."""
    typer.run(demo)


if __name__ == "__main__":
    main()
