"""Whole tables at once: emptied, filled, carried from one place to another.

A step is SQL text and, for many rows, their values. Both stores run a list of steps in one transaction, with
``run_steps``; nothing is guarded or counted, so this is for seeding, the emulator's reset and backups.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table, delete

from vestibule.store.statements import Change, Row, inserting


class Step(NamedTuple):
    """One statement. ``rows``: run it once for each of them; None: run it once, it may be several statements."""

    sql: str
    rows: Sequence[Sequence[Any]] | None = None


def emptying(table: Table, dialect: str) -> Step:
    """Delete every row of a table."""
    change = _delete(table)
    return Step((change.for_sqlite if dialect == "sqlite" else change.for_postgresql).sql)


def filling(table: Table, dialect: str, rows: Sequence[Row]) -> Step:
    """Insert rows, each with a value for every column in the table's order."""
    change = _insert(table)
    compiled = change.for_sqlite if dialect == "sqlite" else change.for_postgresql
    names = [column.name for column in table.columns]
    places = [names.index(name) for name in compiled.order]
    flags = {place for place, name in enumerate(compiled.order) if table.c[name].info.get("kind") == "flag"}
    return Step(compiled.sql, [_arranged(row, places, flags) for row in rows])


@cache  # compiling these for every table takes longer than an emulator's reset otherwise does
def _delete(table: Table) -> Change:
    return Change(delete(table))


@cache
def _insert(table: Table) -> Change:
    return inserting(table, as_it_was=True)


def _arranged(row: Row, places: Sequence[int], flags: set[int]) -> list[Any]:
    """The values in the order of the parameters; SQLite gives flags as 0 and 1, PostgreSQL wants them true or false."""
    return [bool(row[place]) if at in flags else row[place] for at, place in enumerate(places)]
