"""Who has access to an app is read from indexes, however many people, groups and apps an organization has.

These are the statements behind each token and refresh, *Apps* of My Account, the page that asks before leaving, and
reviews. SQLite plans by the statement alone, so an empty database tells. PostgreSQL plans by what is in the tables.
"""

from typing import Any

import apsw
import pytest
from sqlalchemy import Table

from tests.store.rows import TENANT
from vestibule.store import across, app_lists, columns, group_assignments, group_lists, hanging, review_decisions
from vestibule.store.bulk import Step, filling
from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import app, app_assignment, group, group_assignment, group_member, membership
from vestibule.store.schema import person_membership as tie
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Query

OF_SOMEBODY = {
    "roles at an app": group_assignments._ROLES_AT,
    "through a group": group_assignments._THROUGH,
    "apps of a person": across._APPS,
    "all that hangs": hanging._EVERYTHING,
}
OF_AN_APP = {
    "people at an app": group_assignments._PEOPLE_AT,
    "reviewed at an app": review_decisions._AT_APP,
    "counted at apps": app_lists._ASSIGNED,
    "groups at an app": group_assignments._OF_APP,
    "a page of groups": group_lists.GROUPS_LISTED.page_query(group_lists.ASSIGNED_TO, None, ()),
}
EVERY = OF_SOMEBODY | OF_AN_APP
_OWN = ("app_assignment", "group_assignment", "group_member", "membership", "directory_group", "app")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", EVERY)
def test_sqlite_begins_with_what_is_few(store: SqliteStore, name: str) -> None:
    connection = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
    columns.install(connection)
    compiled = EVERY[name].for_sqlite
    plan = [
        str(row[3]) for row in connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", ["0"] * len(compiled.order))
    ]
    connection.close()
    for line in plan:
        what, _, rest = line.partition(" ")
        table = rest.split(" ")[0]
        assert what != "SCAN" or table not in _OWN, plan
        if what == "SEARCH" and table in _OWN:
            # the organization alone, or a stage, leaves almost everybody
            assert "(tenant_id=?)" not in line, plan
            assert "stage=?" not in line, plan


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_postgresql_reads_nothing_whole(store: PostgresStore) -> None:
    await store.run_steps(_crowd())
    filled = "membership, person_membership, directory_group, group_member, app, app_assignment, group_assignment"
    await store.execute_script(f"ANALYZE {filled}")
    for name, query in OF_SOMEBODY.items():
        plan = await _plan(store, query)
        for table in ("group_member", "group_assignment", "app_assignment", "membership", "app", "directory_group"):
            assert f"Seq Scan on {table} " not in plan, f"{name}: {plan}"
    plan = await _plan(store, group_assignments._PEOPLE_AT)
    assert "Seq Scan on group_member " not in plan, plan
    assert "Seq Scan on app_assignment " not in plan, plan


_PEOPLE = 4_000
_THINGS = 400


def _crowd() -> list[Step]:
    """Many people in a few groups each, and many groups at a few apps each."""
    people = [_id(1, number) for number in range(_PEOPLE)]
    groups = [_id(2, number) for number in range(_THINGS)]
    apps = [_id(3, number) for number in range(_THINGS)]
    return [
        _filled(
            membership,
            [
                {"user_id": id_, "person_id": id_, "tie": "guest", "stage": "present", "enabled": True,
                 "upn_key": f"person{n}", "audit_tag": id_, "created_at": n, "self_service": False}
                for n, id_ in enumerate(people)
            ],
        ),
        _filled(tie, [{"person_id": id_, "user_id": id_} for id_ in people]),
        _filled(
            group,
            [
                {"group_id": id_, "display_name": f"Group {n}", "display_name_key": f"group {n}", "mail_nickname": "g",
                 "mail_enabled": False, "security_enabled": True, "assignable_to_role": False, "group_types": "[]",
                 "attributes": "{}"}
                for n, id_ in enumerate(groups)
            ],
        ),
        _filled(
            group_member,
            [{"user_id": id_, "group_id": groups[(n + m) % _THINGS]} for n, id_ in enumerate(people) for m in (0, 7)],
        ),
        _filled(app, [_app(id_, n) for n, id_ in enumerate(apps)]),
        _filled(
            app_assignment,
            [
                {"user_id": id_, "app_id": apps[n % _THINGS], "app_role_id": "0", "assignment_id": f"own{n}"}
                for n, id_ in enumerate(people)
            ],
        ),
        _filled(
            group_assignment,
            [
                {"group_id": id_, "app_id": apps[(n + m) % _THINGS], "app_role_id": "0", "assignment_id": f"{n} {m}"}
                for n, id_ in enumerate(groups)
                for m in range(5)
            ],
        ),
    ]  # fmt: skip


def _app(id_: str, number: int) -> dict[str, Any]:
    flags = {column.name: False for column in app.columns if column.info.get("kind") == "flag"}
    lists = {column.name: "[]" for column in app.columns if column.info.get("kind") == "json"}
    texts = {"display_name": f"App {number}", "client_id": id_, "service_principal_id": f"p{number}"}
    return {**flags, **lists, **texts, "attributes": "{}", "id_token_alg": "RS256", "app_id": id_}


def _id(kind: int, number: int) -> str:
    return f"{kind:08d}-0000-7000-8000-{number:012d}"


def _filled(table: Table, rows: list[dict[str, Any]]) -> Step:
    unsaid = {column.name: None if column.nullable else 0 for column in table.columns}
    return filling(table, "postgresql", [[*(unsaid | {"tenant_id": TENANT} | row).values()] for row in rows])


async def _plan(store: PostgresStore, query: Query) -> str:
    compiled = query.for_postgresql
    given = {"tenant_id": TENANT, "user_id": _id(1, 7), "person_id": _id(1, 7), "app_id": _id(3, 7)}
    async with store.pool.acquire() as connection:
        rows = await connection.fetch(f"EXPLAIN {compiled.sql}", *(given[name] for name in compiled.order))
    return "\n".join(str(row[0]) for row in rows)
