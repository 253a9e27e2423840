"""The migrated tables are those of the schema, on both databases, and every statement of the store fits them."""

import importlib
import pkgutil
import re
from pathlib import Path
from typing import Any

import apsw
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, LargeBinary, MetaData, Table, Text, update

import vestibule.store
from tests.store.rows import TENANT, Store
from vestibule.ground.clock import StoppedClock
from vestibule.ground.sealing import Sealer
from vestibule.store import columns, migrate, review_decisions, reviews, statements
from vestibule.store.bulk import Step, filling
from vestibule.store.opening import open_store
from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import WITHOUT_TENANT, audit_event, keys_metadata, metadata
from vestibule.store.sqlite import SqliteStore
from vestibule.store.unit import Unit

EVENT = (
    TENANT,
    "event",
    b"{}",
    b"leaf",
    "membership.leave",
    "success",
    None,
    1,
    "tag",
    "tag",
    "correlation",
    None,
    None,
)

# What a table looks like: columns (name, kind, may be null), key, indexes (name, columns, unique).
Shape = tuple[list[tuple[str, str, bool]], tuple[str, ...], set[tuple[str, tuple[str, ...], bool]]]


def wanted(tables: MetaData, dialect: str) -> dict[str, Shape]:
    return {table.name: _shape(table, dialect) for table in tables.tables.values()}


def _shape(table: Table, dialect: str) -> Shape:
    listed = [(column.name, _kind(column.type, dialect), bool(column.nullable)) for column in table.columns]
    indexes = {(str(one.name), tuple(column.name for column in one.columns), one.unique) for one in table.indexes}
    return listed, tuple(column.name for column in table.primary_key), indexes


def _kind(type_: Any, dialect: str) -> str:
    if isinstance(type_, Text) and dialect == "postgresql":
        there = type_.dialect_impl(statements.POSTGRESQL)
        return f"text {getattr(there, 'collation', None) or ''}".strip()
    if isinstance(type_, Text):
        return "text"
    if isinstance(type_, LargeBinary):
        return "blob" if dialect == "sqlite" else "bytea"
    if dialect == "sqlite":
        return "integer"
    return "boolean" if isinstance(type_, Boolean) else str(type_).lower()


def found_in_sqlite(path: Path) -> dict[str, Shape]:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        assert all(row[0] for row in connection.execute("select strict from pragma_table_list where name = 'person'"))
        return {name: _sqlite_shape(connection, name) for name in names}
    finally:
        connection.close()


def _sqlite_shape(connection: apsw.Connection, table: str) -> Shape:
    rows = list(connection.execute('select name, lower(type), not "notnull", pk from pragma_table_info(?)', [table]))
    key = tuple(name for name, _, _, place in sorted(rows, key=lambda row: row[3]) if place)
    indexes = {
        (name, tuple(row[0] for row in connection.execute("select name from pragma_index_info(?)", [name])), bool(only))
        for name, only, origin in list(
            connection.execute('select name, "unique", origin from pragma_index_list(?)', [table])
        )
        if origin == "c"
    }
    return [(name, kind, bool(null)) for name, kind, null, _ in rows], key, indexes


async def found_in_postgresql(store: PostgresStore, schema: str) -> dict[str, Shape]:
    found: dict[str, Shape] = {}
    listed = await store.pool.fetch(
        "select table_name, column_name, concat_ws(' ', data_type, collation_name), is_nullable = 'YES'"
        " from information_schema.columns"
        " where table_schema = $1 order by table_name, ordinal_position",
        schema,
    )
    for table, name, kind, null in listed:
        found.setdefault(table, ([], (), set()))[0].append((name, kind, null))
    indexes = await store.pool.fetch(
        "select t.relname, i.relname, x.indisprimary, x.indisunique,"
        " array(select a.attname::text from unnest(x.indkey::int[]) with ordinality k(n, place)"
        "       join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n order by k.place)"
        " from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid"
        " join pg_namespace n on n.oid = t.relnamespace where n.nspname = $1",
        schema,
    )
    for table, name, primary, only, names in indexes:
        if primary:
            found[table] = (found[table][0], tuple(names), found[table][2])
            assert name == f"{table}_pkey" or table == "alembic_version"
        else:
            found[table][2].add((name, tuple(names), only))
    return found


async def test_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    if isinstance(store, SqliteStore):
        found = found_in_sqlite(store.path)
    else:
        found = await found_in_postgresql(store, "public")
    del found["alembic_version"]
    right = wanted(metadata, store.dialect)
    assert sorted(found) == sorted(right)
    for name, shape in right.items():
        assert found[name] == shape, f"{name} differs"


async def test_the_table_of_keys_is_that_of_the_schema(store: Store) -> None:
    if isinstance(store, SqliteStore):
        found = found_in_sqlite(store.path.with_name("keys.sqlite"))
    else:
        found = await found_in_postgresql(store, "vestibule_keys")
    assert found == wanted(keys_metadata, store.dialect)


def test_every_table_begins_with_the_organization_or_says_why_not() -> None:
    for table in metadata.tables.values():
        names, key = [column.name for column in table.columns], [column.name for column in table.primary_key]
        begins = names[0] == key[0] == "tenant_id"
        assert begins != (table.name in WITHOUT_TENANT), table.name
    assert set(WITHOUT_TENANT) <= set(metadata.tables) | set(keys_metadata.tables)


def test_the_revisions_are_those_of_the_folder_in_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    steps = list(ScriptDirectory.from_config(config).walk_revisions())
    assert tuple(step.revision for step in reversed(steps)) == migrate.REVISIONS
    assert [step.down_revision for step in reversed(steps)] == [None, *migrate.REVISIONS[:-1]]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_the_steps_together_are_the_whole_way(dialect: str) -> None:
    def bare(sql: str) -> list[str]:
        return [line for line in sql.splitlines() if line.strip() and "Running upgrade" not in line]

    whole = bare(migrate.script(dialect, None))
    parts: list[str] = []
    for before, to in zip((None, *migrate.REVISIONS), migrate.REVISIONS, strict=False):
        parts += bare(migrate.script(dialect, before, to))
    assert whole == parts
    assert migrate.script(dialect, migrate.HEAD).strip() == ""
    assert not re.search(r"^(BEGIN|COMMIT)", migrate.script(dialect, None), re.MULTILINE)


async def test_migrating_step_by_step_and_twice(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    opened = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    try:
        assert await migrate.current(opened.store) is None
        assert await migrate.needs_migration(opened.store)
        for revision in migrate.REVISIONS:
            await migrate.upgrade(opened.store, revision)
            assert await migrate.current(opened.store) == revision
        assert not await migrate.needs_migration(opened.store)
        await migrate.upgrade(opened.store)
        assert await migrate.current(opened.store) == migrate.HEAD
    finally:
        await opened.close()


async def test_reviews_that_are_under_way_stay_so_when_stages_come(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    """The table of who is asked is made anew in SQLite, with its rows; a version that knows no stages goes on in it."""
    opened = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    asks = "INSERT INTO review_reviewer (tenant_id, instance_id, user_id, decision_id, contacted_at) VALUES"
    try:
        await migrate.upgrade(opened.store, "0029")
        await opened.store.execute_script(
            "INSERT INTO review_instance VALUES ('t', 'i', 'r', '', 1, 9, 'open', NULL, 9, NULL, 1);"
            "INSERT INTO review_decision VALUES ('t', 'i', 'd', 'u', 'NotReviewed', NULL, 'Deny', NULL, NULL, NULL,"
            " 'New', NULL, NULL, 1);"
            f"{asks} ('t', 'i', 'adele', '', 5), ('t', 'i', 'alex', 'd', NULL)"
        )
        await migrate.upgrade(opened.store)
        await opened.store.execute_script(f"{asks} ('t', 'i', 'sam', 'd', NULL)")
        reading = await opened.store.read()
        asked = await reviews.asked_in(reading, "t", "i")
        assert [(one.user_id, one.decision_id, one.contacted_at is None, one.step) for one in asked] == [
            ("adele", "", False, 0),
            ("alex", "d", True, 0),
            ("sam", "d", True, 0),
        ]
        instance = await reviews.find_instance(reading, "t", "i")
        assert instance is not None
        assert (instance.step, instance.until) == (0, instance.ends_at)
        assert [one.step for one in await review_decisions.in_instance(reading, "t", "i")] == [0]
        assert await reviews.stages_of(reading, "t", "i") == []
    finally:
        await opened.close()


async def test_a_migration_that_fails_leaves_nothing(
    empty_url: str | None, tmp_path: Path, clock: StoppedClock, sealer: Sealer
) -> None:
    opened = await open_store(empty_url, tmp_path, clock, sealer=sealer)
    try:
        await opened.store.execute_script("CREATE TABLE captured_mail (in_the_way integer)")
        with pytest.raises(Exception, match="already exists"):
            await migrate.upgrade(opened.store)
        assert await migrate.current(opened.store) is None
        await opened.store.execute_script("DROP TABLE captured_mail")
        await migrate.upgrade(opened.store)
        assert await migrate.current(opened.store) == migrate.HEAD
    finally:
        await opened.close()


async def test_a_newer_versions_tables_are_left_as_they_are(store: Store) -> None:
    """During a rolling upgrade, and when it is taken back, this version works on the next one's tables."""
    try:
        await store.execute_script("UPDATE alembic_version SET version_num = '9999'")
        assert not await migrate.needs_migration(store)
        await migrate.upgrade(store)
        assert await migrate.current(store) == "9999"
    finally:
        await store.execute_script(f"UPDATE alembic_version SET version_num = '{migrate.HEAD}'")


@pytest.mark.parametrize("change", ["UPDATE audit_event SET outcome = 'failure'", "DELETE FROM audit_event"])
async def test_audit_events_are_never_changed(store: Store, change: str) -> None:
    await store.run_steps([filling(audit_event, store.dialect, [EVENT])])
    with pytest.raises(Exception, match="audit events are never changed"):
        await store.run_steps([Step(change)])
    if store.dialect == "postgresql":
        with pytest.raises(Exception, match="audit events are never changed"):
            await store.execute_script("TRUNCATE audit_event")


async def test_an_update_of_audit_events_is_refused_inside_a_unit_too(store: Store) -> None:
    await store.run_steps([filling(audit_event, store.dialect, [EVENT])])
    change = statements.Change(update(audit_event).values(outcome=statements.given("new")))

    async def work(unit: Unit) -> None:
        unit.write(change, rows=None, new="failure")

    with pytest.raises(Exception, match="audit events are never changed"):
        await store.change(work)


_KINDS = (statements.Query, statements.Change, statements.Guard)
# Statements of one database only, or on the other store.
_ELSEWHERE = re.compile(r"\b(sqlite_master|to_regclass|subject_key)\b")


def _every_statement(dialect: str) -> list[tuple[statements.Compiled, bool]]:
    """Each statement that a module of the store holds, compiled, and whether SQLite runs it at all."""
    held: dict[int, Any] = {}
    for module in pkgutil.iter_modules(vestibule.store.__path__, "vestibule.store."):
        _collect(vars(importlib.import_module(module.name)), held)
    every = [one for one in held.values() if isinstance(one, _KINDS)]
    compiled = [
        (one.for_sqlite if dialect == "sqlite" else one.for_postgresql, not isinstance(one, statements.Guard))
        for one in every
    ]
    return [(one, runs) for one, runs in compiled if not _ELSEWHERE.search(one.sql)]


def _collect(found: Any, held: dict[int, Any]) -> None:
    """Statements in a module, in its dictionaries and lists, and in its own objects (``Records``)."""
    if id(found) in held:
        return
    held[id(found)] = found
    if isinstance(found, dict):
        inner = list(found.values())
    elif isinstance(found, list | tuple):
        inner = list(found)
    elif isinstance(found, _KINDS) or not type(found).__module__.startswith("vestibule.store"):
        return
    else:
        inner = list(vars(found).values()) if hasattr(found, "__dict__") else []
    for one in inner:
        _collect(one, held)


async def test_every_statement_of_the_store_fits_the_tables(store: Store) -> None:
    every = _every_statement(store.dialect)
    assert len(every) > 100
    if isinstance(store, SqliteStore):
        connection = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
        columns.install(connection)
        for one, runs in every:
            if runs:
                connection.execute(f"EXPLAIN {one.sql}", [None] * len(one.order)).close()
        connection.close()
    else:
        async with store.pool.acquire() as raw:
            for one, _ in every:
                await raw.prepare(one.sql)
