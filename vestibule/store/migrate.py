"""Migrations: Alembic writes the SQL, the store's own connection runs it.

Nothing else ever opens the database, least of all the standard library's SQLite. Which steps there are is said here
once more, so that an ordinary start does not have to load Alembic to learn that there is nothing to do.
"""

import io
from pathlib import Path
from typing import Final

import apsw
import asyncpg
from sqlalchemy import Select, column, func, select, table

from vestibule.store.postgres import PostgresStore
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Query
from vestibule.store.unit import Reading

REVISIONS: Final = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
    "0014",
    "0015",
    "0016",
    "0017",
    "0018",
    "0019",
    "0020",
    "0021",
    "0022",
    "0023",
    "0024",
    "0025",
    "0026",
    "0027",
    "0028",
    "0029",
    "0030",
    "0031",
    "0032",
    "0033",
    "0034",
    "0035",
    "0036",
    "0037",
    "0038",
    "0039",
    "0040",
    "0041",
    "0042",
    "0043",
    "0044",
    "0045",
)
HEAD: Final = REVISIONS[-1]
_FOLDER: Final = Path(__file__).parent / "migrations"

# A second process that migrates the same database waits here, then finds the work done. (SQLite's BEGIN IMMEDIATE
# does the same.)
_ONE_AT_A_TIME: Final = "SELECT pg_advisory_xact_lock(8600251106);\n"

_VERSION: Final = Query(select(column("version_num")).select_from(table("alembic_version")))


def _exists(dialect: str) -> Select[tuple[str | None]]:
    if dialect == "postgresql":
        return select(func.to_regclass(column("'alembic_version'", is_literal=True)).label("name"))
    master = table("sqlite_master", column("name"))
    return select(master.c.name).where(master.c.name == column("'alembic_version'", is_literal=True))


_EXISTS: Final = {dialect: Query(_exists(dialect)) for dialect in ("sqlite", "postgresql")}


def script(dialect: str, from_revision: str | None, to: str = "head") -> str:
    """The SQL that takes a database from one revision to another.

    Args:
        dialect: ``sqlite`` or ``postgresql``.
        from_revision: where the database stands; None: it is empty.
        to: a later revision, or ``head`` for the newest.

    Returns:
        Statements without BEGIN and COMMIT, to be run in one transaction; they keep ``alembic_version`` too.

    Raises:
        alembic.util.CommandError: there is no such revision, or no way between them.
    """
    from alembic.config import Config  # noqa: PLC0415 - a third of a second that an ordinary start does not need
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    directory = ScriptDirectory.from_config(config)
    written = io.StringIO()
    with EnvironmentContext(
        config,
        directory,
        fn=lambda revision, _context: directory._upgrade_revs(to, revision),  # noqa: SLF001 - as alembic.command does
        as_sql=True,
        starting_rev=from_revision,
        destination_rev=to,
    ) as environment:
        environment.configure(dialect_name=dialect, output_buffer=written)
        environment.run_migrations()
    return written.getvalue()


async def current(store: SqliteStore | PostgresStore) -> str | None:
    """The revision at which the database stands; None: it is empty."""

    async def look(reading: Reading) -> str | None:
        found = await reading.one(_EXISTS[store.dialect])
        row = None if found is None or found[0] is None else await reading.one(_VERSION)
        return None if row is None else str(row[0])

    return await look(await store.read())


async def needs_migration(store: SqliteStore | PostgresStore) -> bool:
    """Whether the database stands below this version.

    A revision that this version does not know is a newer version's, whose tables serve this version as well.
    """
    revision = await current(store)
    return revision is None or (revision in REVISIONS and revision != HEAD)


async def upgrade(store: SqliteStore | PostgresStore, to: str = "head") -> None:
    """Bring the database to this version, in one transaction; does nothing when it is there already.

    May be called by several processes at once.
    """
    while await needs_migration(store):
        before = await current(store)
        steps = script(store.dialect, before, to)
        if store.dialect == "postgresql":
            steps = _ONE_AT_A_TIME + steps
        try:
            await store.execute_script(steps)
        except (apsw.Error, asyncpg.PostgresError):
            if await current(store) == before:
                raise
        if to != "head":
            return
