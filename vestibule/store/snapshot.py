"""Every row of the database as octets, and back again: for the emulator's reset.

The octets hold personal data in plain text; whoever keeps them seals them. Subject keys lie in another store and are
carried with ``keys.export`` and ``keys.import_``.
"""

from typing import Any, Final

import msgspec
from sqlalchemy import Table, select

from vestibule.store.bulk import Step, emptying, filling
from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import metadata
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Query
from vestibule.store.unit import Reading

KEPT: Final = frozenset({"seed_snapshot", "profile_word"})
"""Tables that a reset leaves alone: words of names follow the profiles by themselves."""
LEFT_OUT: Final = KEPT | {"captured_mail"}
"""Tables that a snapshot does not hold; a reset empties those that it does not leave alone."""

_QUERIES: Final = {name: Query(select(table)) for name, table in metadata.tables.items() if name not in LEFT_OUT}

# The audit log's rows cannot be deleted; a reset is the one exception, and only as long as its transaction runs.
_LIFT: Final = {
    "sqlite": "DROP TRIGGER audit_event_no_update; DROP TRIGGER audit_event_no_delete",
    "postgresql": "ALTER TABLE audit_event DISABLE TRIGGER USER",
}
_SET_AGAIN: Final = {
    "sqlite": "".join(
        f"CREATE TRIGGER audit_event_no_{change.lower()} BEFORE {change} ON audit_event "
        "BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END; "
        for change in ("UPDATE", "DELETE")
    ),
    "postgresql": "ALTER TABLE audit_event ENABLE TRIGGER USER",
}


class Snapshot(msgspec.Struct, frozen=True):
    """Rows by table; each table says its columns, so that a snapshot outlives a migration that adds some."""

    columns: dict[str, list[str]]
    rows: dict[str, list[list[Any]]]


_decode = msgspec.msgpack.Decoder(Snapshot).decode


async def take(store: SqliteStore | PostgresStore) -> bytes:
    """Every row of every table but ``LEFT_OUT``, all of one moment, as octets."""

    async def work(reading: Reading) -> Snapshot:
        rows = {name: [list(row) for row in await reading.all(query)] for name, query in _QUERIES.items()}
        return Snapshot({name: list(query.columns) for name, query in _QUERIES.items()}, rows)

    return msgspec.msgpack.encode(await store.scan(work))


async def put_back(store: SqliteStore | PostgresStore, octets: bytes, *, generation: str) -> None:
    """Make the database what it was when the snapshot was taken, in one transaction.

    Args:
        store: an emulator database.
        octets: what ``take`` gave.
        generation: the database's generation from now on; tokens and sessions of any other are dead.

    Raises:
        msgspec.DecodeError: these octets are no snapshot.
        Unavailable: the database cannot be used right now; it is as it was.
    """
    snapshot = _decode(octets)
    _set(snapshot, "deployment", "generation", generation)
    steps = [Step(_LIFT[store.dialect])]
    for name, table in metadata.tables.items():
        if name not in KEPT:
            steps.append(emptying(table, store.dialect))
        if snapshot.rows.get(name):
            steps.append(filling(table, store.dialect, _rows(snapshot, table)))
    steps.append(Step(_SET_AGAIN[store.dialect]))
    await store.run_steps(steps)


def _rows(snapshot: Snapshot, table: Table) -> list[list[Any]]:
    """The rows of a table with a value for each of its columns now; None for a column that came later."""
    columns = snapshot.columns[table.name]
    if columns == [column.name for column in table.columns]:
        return snapshot.rows[table.name]
    places = [columns.index(column.name) if column.name in columns else None for column in table.columns]
    return [[None if at is None else row[at] for at in places] for row in snapshot.rows[table.name]]


def _set(snapshot: Snapshot, table: str, column: str, value: Any) -> None:
    place = snapshot.columns[table].index(column)
    for row in snapshot.rows[table]:
        row[place] = value
