"""The command ``vestibule``."""

import typer

from vestibule.commands import (
    adding_domains,
    auditing,
    backing_up,
    holding,
    importing,
    keys,
    operating,
    organizing,
    receipts,
    registering,
    using,
)

application = typer.Typer(
    name="vestibule",
    help="Guests of an organization's directory: they come in, see where they belong, and leave on their own.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode=None,
)
application.command("serve")(operating.serve)
application.command("worker")(operating.worker)
application.command("migrate")(operating.migrate)
application.command("init")(organizing.init)
organizing.commands.command("add-domain")(adding_domains.add_domain)
application.add_typer(organizing.commands, name="organization")
application.add_typer(using.commands, name="user")
application.add_typer(holding.commands, name="hold")
application.add_typer(registering.commands, name="app")
application.add_typer(keys.commands, name="key")
application.add_typer(auditing.commands, name="audit")
application.add_typer(receipts.commands, name="receipt")
application.command("import")(importing.import_files)
application.command("tick")(operating.tick)
application.command("scrub")(operating.scrub)
application.add_typer(operating.clock, name="clock")
application.command("backup")(backing_up.backup)
application.command("restore-backup")(backing_up.restore_backup)
application.command("doctor")(operating.doctor)


def main() -> None:
    """Run the command that the process's arguments say."""
    application()
