"""What the hourly sweep deletes is found by an index, on both databases: it reads no table from end to end."""

import re
from types import ModuleType

import apsw
import pytest

from tests.store.rows import Store
from vestibule.store import app_keys, columns, device_grants, passcodes, providers, rates, sessions, tokens
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Change

SWEEPS = (app_keys, device_grants, passcodes, providers, rates, sessions, tokens)


def _changes(module: ModuleType) -> list[Change]:
    """The statements by which a module forgets what is over."""
    found = [vars(module)[name] for name in ("_FORGET", "_FORGET_OPEN") if name in vars(module)]
    return [one for each in found for one in (each if isinstance(each, tuple) else (each,))]


CHANGES = [change for module in SWEEPS for change in _changes(module)]


def _table(change: Change) -> str:
    found = re.match(r"DELETE FROM (\w+)", change.for_sqlite.sql)
    assert found is not None
    return found[1]


async def _plan(store: Store, change: Change) -> list[str]:
    """How the database would find the rows, line by line."""
    if isinstance(store, SqliteStore):
        connection = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
        columns.install(connection)
        compiled = change.for_sqlite
        rows = list(connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", [0] * len(compiled.order)))
        connection.close()
        return [str(row[3]) for row in rows]
    async with store.pool.acquire() as raw:
        sql = re.sub(r"\$\d+(::\w+)?", "0", change.for_postgresql.sql)
        return [str(row[0]) for row in await raw.fetch(f"EXPLAIN {sql}")]


def test_every_table_that_is_swept_is_asked_about() -> None:
    assert {_table(change) for change in CHANGES} == {
        "authorization_code",
        "browser_session",
        "client_assertion",
        "device_grant",
        "federation_request",
        "organization_session",
        "passcode",
        "rate",
        "refresh_token",
        "sign_in_request",
        "token_family",
    }


@pytest.mark.parametrize("change", CHANGES, ids=_table)
async def test_what_is_over_is_found_by_an_index(store: Store, change: Change) -> None:
    table, plan = _table(change), await _plan(store, change)
    index = f"{table}_opened" if table == "organization_session" else f"{table}_end"
    assert any(index in line for line in plan), plan
    assert not any(line.lstrip(" ->").startswith((f"SCAN {table}", f"Seq Scan on {table}")) for line in plan), plan
