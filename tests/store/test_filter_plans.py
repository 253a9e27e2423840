"""The filters that programs send most are answered from an index.

SQLite plans by the statement alone, so an empty database tells. PostgreSQL plans by what is in the tables.
"""

import re
from typing import Any

import apsw
import pytest

from vestibule.rules.filters import And, Compare, Filter, Op, Ordering, Some, Test, Text
from vestibule.store import columns, group_lists, users
from vestibule.store.listing import Listing, Scope
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Query

ID = (Ordering(("id",)),)


def _eq(name: str, value: str) -> Compare:
    return Compare((name,), Op.EQ, value)


def _identity(*parts: Filter) -> Some:
    return Some(("identities",), And(parts) if len(parts) > 1 else parts[0])


Case = tuple[str, Listing[Any], Scope, Filter | None, tuple[Ordering, ...], str]
CASES: list[Case] = [
    ("name begins", users.USERS, users.EVERYBODY, Text(("displayName",), Test.STARTS_WITH, "a"), ID, "display_name"),
    ("principal name", users.USERS, users.EVERYBODY, _eq("userPrincipalName", "a@b.example"), ID, "membership_upn"),
    ("principal begins", users.USERS, users.EVERYBODY, Text(("userPrincipalName",), Test.STARTS_WITH, "a"), ID,
     "membership_upn"),
    ("mail", users.USERS, users.EVERYBODY, _eq("mail", "a@b.example"), ID, "profile_mail"),
    ("id", users.USERS, users.EVERYBODY, _eq("id", "x"), ID, "autoindex_membership"),
    ("identity", users.USERS, users.EVERYBODY,
     _identity(_eq("issuer", "b.example"), _eq("issuerAssignedId", "a@b.example")), ID, "membership_upn"),
    ("reports", users.USERS, users.REPORTING_TO, None, ID, "manager_reports"),
    ("guests of a sponsor", users.USERS, users.STOOD_FOR_BY, None, ID, "sponsor_guests"),
    ("members", users.USERS, users.MEMBERS_OF, None, ID, "autoindex_group_member"),
    ("deleted", users.DELETED_USERS, users.DELETED, None, (), "membership_stage"),
    ("group name", group_lists.GROUPS_LISTED, group_lists.EVERY, _eq("displayName", "x"), ID, "directory_group_name"),
    ("unique name", group_lists.GROUPS_LISTED, group_lists.EVERY, _eq("uniqueName", "x"), ID, "directory_group_unique"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_an_index_answers(store: SqliteStore, case: Case) -> None:
    _, listing, scope, wanted, orders, index = case
    plan = _plan(store, listing.page_query(scope, wanted, orders))
    assert re.search(index, plan), plan


def _plan(store: SqliteStore, query: Query) -> str:
    connection = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
    columns.install(connection)
    compiled = query.for_sqlite
    rows = list(connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", ["0"] * len(compiled.order)))
    connection.close()
    return "\n".join(str(row[3]) for row in rows)
