"""The filters that programs send most are answered from an index, and the orders that people ask for walk one.

SQLite plans by the statement alone, so an empty database tells. PostgreSQL plans by what is in the tables.
"""

import re
from typing import Any

import apsw
import pytest
from sqlalchemy import Table

from tests.store.rows import TENANT
from vestibule.rules.filters import And, Compare, Filter, Op, Ordering, Some, Test, Text
from vestibule.store import (
    audit,
    columns,
    filtering,
    grant_lists,
    group_lists,
    hanging,
    insights,
    memberships,
    sign_ins,
    user_leads,
    user_rows,
    users,
)
from vestibule.store.bulk import Step, filling
from vestibule.store.listing import Listing, Scope
from vestibule.store.postgres import PostgresStore
from vestibule.store.schema import membership, profile, sign_in_activity
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Query
from vestibule.store.words import found_by

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
    ("deleted", users.DELETED_USERS, users.DELETED, None, (), "membership_stage"),
    ("group name", group_lists.GROUPS_LISTED, group_lists.EVERY, _eq("displayName", "x"), ID, "directory_group_name"),
    ("unique name", group_lists.GROUPS_LISTED, group_lists.EVERY, _eq("uniqueName", "x"), ID, "directory_group_unique"),
]  # fmt: skip


NAME = Text(("displayName",), Test.STARTS_WITH, "person 1")
GUESTS = _eq("userType", "Guest")
EXTERNAL = _eq("tie", "guest")
WORD = Text(users.WORDS, Test.HAS_WORD, "person1")
WORD_FIRST = found_by(("person1",), often=1)
WORD_OF_ALL = found_by(("person1",))


def _by(name: str, *, descending: bool = False) -> tuple[Ordering, ...]:
    return (Ordering((name,), descending),)


# A page of these begins in an index and ends after as many rows as fit; nobody is sorted.
Walk = tuple[Listing[Any], Filter | None, tuple[Ordering, ...], str]
WALKS: dict[str, Walk] = {
    "by id": (users.USERS, None, (), "membership_pkey|autoindex_membership"),
    "by name": (users.BY_NAME, None, _by("displayName"), "profile_display_name"),
    "by name, last first": (users.BY_NAME, None, _by("displayName", descending=True), "profile_display_name"),
    "guests by name": (users.BY_NAME, GUESTS, _by("displayName"), "profile_display_name"),
    "beginning of a name": (users.BY_NAME, NAME, _by("displayName"), "profile_display_name"),
    "by principal name": (users.USERS, None, _by("userPrincipalName"), "membership_upn"),
    "by coming": (users.USERS, None, _by("createdDateTime"), "membership_created"),
    "by coming, last first": (users.USERS, None, _by("createdDateTime", descending=True), "membership_created"),
    "members of a group": (users.TIED[users.MEMBERS_OF], None, (), "group_member_group"),
    "rows by name": (user_rows.ROWS, None, _by("displayName"), "profile_display_name"),
    "rows with a word that all have": (user_rows.ROWS, WORD_OF_ALL, _by("displayName"), "profile_display_name"),
    "rows with a word that many have": (user_rows.SEARCHED, WORD, _by("displayName"), "profile_display_name"),
    "rows with a word by email": (user_rows.SEARCHED, WORD, _by("mail"), "profile_mail"),
    "rows with a word by user type": (user_rows.SEARCHED, WORD, _by("byType"), "profile_user_type"),
    "rows with a word by coming": (user_rows.BY_COMING, WORD, _by("createdDateTime"), "membership_created"),
    "rows with a word by origin": (user_rows.BY_COMING, WORD, _by("byTie"), "membership_tie"),
    "rows with a word by last sign-in": (user_rows.SIGNED_IN, WORD, _by("lastSignIn"), "sign_in_activity_recent"),
    "rows by coming": (user_rows.BY_COMING, None, _by("createdDateTime"), "membership_created"),
    "rows by coming, last first": (
        user_rows.BY_COMING, None, _by("createdDateTime", descending=True), "membership_created"
    ),
    "rows by last sign-in": (user_rows.SIGNED_IN, None, _by("lastSignIn"), "sign_in_activity_recent"),
    "rows by last sign-in, last first": (
        user_rows.SIGNED_IN, None, _by("lastSignIn", descending=True), "sign_in_activity_recent"
    ),
    "rows by email": (user_rows.ROWS, None, _by("mail"), "profile_mail"),
    "rows by email, last first": (user_rows.ROWS, None, _by("mail", descending=True), "profile_mail"),
    "rows by user type": (user_rows.ROWS, None, _by("byType"), "profile_user_type"),
    "rows by user type, last first": (user_rows.ROWS, None, _by("byType", descending=True), "profile_user_type"),
    "guests by email": (user_rows.ROWS, GUESTS, _by("mail"), "profile_mail"),
    "rows by origin": (user_rows.BY_COMING, None, _by("byTie"), "membership_tie"),
    "rows by origin, last first": (user_rows.BY_COMING, None, _by("byTie", descending=True), "membership_tie"),
    "external users by name": (user_rows.ROWS, EXTERNAL, _by("displayName"), "profile_display_name"),
    "external users by coming": (user_rows.BY_COMING, EXTERNAL, _by("createdDateTime"), "membership_created"),
    "rows of those who never signed in": (user_rows.NEVER, None, (), "membership_pkey|autoindex_membership"),
}  # fmt: skip


# What few have is looked up first, and nobody else is asked anything.
LEADS: dict[str, tuple[user_leads.Lead, Filter, str]] = {
    "from here": (user_leads.LEADS[user_leads.TIE], _eq("tie", "home"), "membership_tie (tenant_id=? AND tie=?)"),
    "of a type": (user_leads.LEADS[("userType",)], GUESTS, "autoindex_membership_1 (tenant_id=? AND user_id=?)"),
    "stood for": (
        user_leads.LEADS[user_leads.SPONSORS],
        Some(("sponsors",), _eq("id", "x")),
        "autoindex_membership_1 (tenant_id=? AND user_id=?)",
    ),
    "vouched for": (
        user_leads.LEADS[user_leads.PROVIDER],
        _eq("provider", "x"),
        "autoindex_membership_1 (tenant_id=? AND user_id=?)",
    ),
    "with a word": (user_leads.BY_WORD, WORD_FIRST, "autoindex_membership_1 (tenant_id=? AND user_id=?)"),
    "waiting": (user_leads.BY_STATE, _eq("stage", "invited"), "membership_stage (tenant_id=? AND stage=?)"),
}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", LEADS)
def test_what_few_have_is_looked_up_first(store: SqliteStore, name: str) -> None:
    lead, wanted, begins = LEADS[name]
    plan = _plan(store, user_rows.FEW.page_query(lead.scope, wanted, _by("displayName")))
    assert plan.splitlines()[0].endswith(begins), plan


# Downwards, those without an address come last and are no part of a comparison: what was read before is passed over.
OPEN = {"rows by email, last first"}


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("name", WALKS)
@pytest.mark.parametrize("further", [False, True], ids=["first page", "next page"])
def test_an_order_walks_an_index(store: SqliteStore, name: str, further: bool) -> None:
    listing, wanted, orders, index = WALKS[name]
    plan = _plan(store, listing.page_query(users.EVERYBODY, wanted, orders, further=further))
    assert re.search(index, plan.splitlines()[0]), plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan, plan
    if (
        further and name not in OPEN
    ):  # it begins where the page before ended: a bound on what is walked, not a look at everything before
        assert re.search(r"[><]", plan.splitlines()[0]), plan


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("lead", "index"), [
    ("type", "audit_event_type"), ("outcome", "audit_event_by_outcome"),
    ("actor_tag", "audit_event_by_actor"), ("object_tag", "audit_event_by_object"),
])  # fmt: skip
def test_events_are_walked_by_what_leads_to_them(store: SqliteStore, lead: str, index: str) -> None:
    for oldest_first in (False, True):
        plan = _plan(store, audit.WALK[oldest_first, True, lead])
        assert plan.startswith(
            f"SEARCH audit_event USING INDEX {index} (tenant_id=? AND {lead}=? AND at>? AND at<?)"
        ), plan
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("kind", ["sqlite"])
def test_what_clients_pushed_is_walked_in_an_index_of_its_own(store: SqliteStore) -> None:
    for oldest_first in (False, True):
        plan = _plan(store, audit.WALK[oldest_first, True, audit.PUSHED])
        assert plan.startswith("SEARCH audit_event USING INDEX audit_event_pushed (tenant_id=? AND at>? AND at<?)"), (
            plan
        )
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_rare_word_is_looked_up_first(store: SqliteStore) -> None:
    plan = _plan(store, user_rows.FEW.page_query(users.EVERYBODY, WORD, _by("displayName")))
    assert "SEARCH word USING PRIMARY KEY (tenant_id=? AND word>? AND word<?)" in plan, plan
    assert plan.splitlines()[0].startswith(
        "SEARCH membership USING INDEX sqlite_autoindex_membership_1 (tenant_id=? AND user_id=?)"
    ), plan


@pytest.mark.parametrize("kind", ["sqlite"])
def test_of_two_words_the_first_is_looked_up_and_the_other_asked(store: SqliteStore) -> None:
    wanted = found_by(["person1", "p"], often=1)
    plan = _plan(store, user_rows.FEW.page_query(users.EVERYBODY, wanted))
    assert plan.count("SEARCH word USING PRIMARY KEY") == 1, plan
    assert "membership USING INDEX sqlite_autoindex_membership_1 (tenant_id=? AND user_id=?)" in plan, plan
    counted = _plan(store, user_rows.FEW.count_query(users.EVERYBODY, wanted))
    assert counted.count("SEARCH word USING PRIMARY KEY") == 1, counted


@pytest.mark.parametrize("kind", ["sqlite"])
def test_who_else_holds_a_role_is_asked_of_the_role(store: SqliteStore) -> None:
    plan = _plan(store, hanging.OTHER_HOLDERS)
    assert plan.startswith("SEARCH role_assignment USING INDEX"), plan
    assert "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("kind", ["sqlite"])
def test_sign_ins_of_a_person_are_looked_up_by_the_person(store: SqliteStore) -> None:
    plan = _plan(store, sign_ins.OF_PERSON)
    assert plan.startswith("SEARCH person_membership USING COVERING INDEX"), plan
    assert "SEARCH sign_in USING INDEX sign_in_user (tenant_id=? AND user_id=? AND at>?)" in plan, plan


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("wanted", "index"), [
    (None, "consent_grant"), (Compare(grant_lists.APP, Op.EQ, "x"), "consent_app"),
    (Compare(grant_lists.USER, Op.EQ, "x"), "consent_user"),
])  # fmt: skip
def test_grants_are_paged_by_their_ids(store: SqliteStore, wanted: Filter | None, index: str) -> None:
    """Both kinds, one merged into the other; only those of one person are sorted."""
    plan = _plan(store, grant_lists.listing_for(wanted).page_query(grant_lists.SHOWN, wanted, further=True))
    assert f"consent USING INDEX {index} " in plan, plan
    assert f"api_consent USING INDEX api_{index} " in plan, plan
    if index != "consent_user":
        assert "MERGE (UNION ALL)" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("kind", ["sqlite"])
def test_events_about_guests_lead_to_the_guests(store: SqliteStore) -> None:
    plan = _plan(store, insights.EVENTS)
    assert plan.startswith("SEARCH audit_event USING INDEX audit_event_type (tenant_id=? AND type=? AND at>?)"), plan
    assert "membership EXISTS USING INDEX membership_tag (tenant_id=? AND audit_tag=?)" in plan, plan


COUNTED: list[tuple[Listing[Any], Scope]] = [
    (users.USERS, users.EVERYBODY), (users.DELETED_USERS, users.DELETED), (users.DELETED_ROWS, users.DELETED),
    (users.TIED[users.MEMBERS_OF], users.EVERYBODY), (user_rows.ROWS, users.EVERYBODY),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize(("listing", "scope"), COUNTED)
def test_counting_joins_no_more_than_is_asked_of(store: SqliteStore, listing: Listing[Any], scope: Scope) -> None:
    """What is asked of the person behind a user, or of sign-ins, brings them along; nothing else does."""
    joined = {user_leads.PROVIDER, user_rows.LAST}
    for path, field in listing.fields.items():
        if not isinstance(field, filtering.Single):
            continue
        plan = _plan(store, listing.count_query(scope, Compare(path, Op.EQ, None)))
        assert not re.search(r"SCAN (?!CONSTANT)", plan), f"{path}: {plan}"
        assert ("SEARCH person " in plan) == (path in joined), f"{path}: {plan}"


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_postgresql_sorts_nobody_either(store: PostgresStore) -> None:
    await store.run_steps(_crowd())
    await store.execute_script("ANALYZE membership, profile, profile_word, sign_in_activity")
    for name, (listing, wanted, orders, index) in WALKS.items():
        if name.startswith(("guests", "external users")):
            continue  # how many guests there are it does not know: a few thousand users it sorts, many it walks
        plan = await _plan_of_postgresql(store, listing.page_query(users.EVERYBODY, wanted, orders))
        assert re.search(index, plan), f"{name}: {plan}"
        assert "->  Sort  (" not in plan, f"{name}: {plan}"
        if listing is user_rows.SEARCHED:
            assert re.search(f"Index Only Scan using {index} on profile walk", plan), f"{name}: {plan}"
    due = await _plan_of_postgresql(store, memberships.DUE)
    assert "membership_due" in due, due
    rare = await _plan_of_postgresql(store, user_rows.FEW.page_query(users.EVERYBODY, WORD, _by("displayName")))
    assert "profile_word_pkey" in rare, rare


_CROWD = 3_000


def _crowd() -> list[Step]:
    """Many guests, half of whom have signed in."""
    ids = [f"00000000-0000-7000-8000-{number:012d}" for number in range(_CROWD)]
    return [
        _filled(membership, [
            {"user_id": id_, "tie": "guest", "stage": "present", "enabled": True, "upn_key": f"person{n}",
             "audit_tag": id_, "created_at": n, "self_service": False}
            for n, id_ in enumerate(ids)
        ]),
        _filled(profile, [
            {"user_id": id_, "user_principal_name": f"person{n}", "display_name": f"Person {n}",
             "display_name_key": f"person {n}", "user_type": "Guest", "attributes": "{}",
             "mail": f"person{n}@x.example", "mail_key": f"person{n}@x.example"}
            for n, id_ in enumerate(ids)
        ]),
        _filled(sign_in_activity, [{"user_id": id_, "last_at": n} for n, id_ in enumerate(ids) if n % 2]),
    ]  # fmt: skip


def _filled(table: Table, rows: list[dict[str, Any]]) -> Step:
    unsaid = {column.name: None if column.nullable else 0 for column in table.columns}
    return filling(table, "postgresql", [[*(unsaid | {"tenant_id": TENANT} | row).values()] for row in rows])


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_postgresql_cannot_take_everybodys_deadlines_for_one_organizations(store: PostgresStore) -> None:
    """Before it has counted deleted users it takes whichever index is smaller, so that one must not be to be had."""
    await store.run_steps(_crowd())
    await store.execute_script("ANALYZE membership, profile, profile_word, sign_in_activity")
    query = users.DELETED_USERS.page_query(users.DELETED, None)
    async with store.pool.acquire() as connection:
        ended = connection.transaction()
        await ended.start()
        await connection.execute("DROP INDEX membership_stage")
        plan = await _explain(connection, query)
        await ended.rollback()
    assert "membership_due" not in plan, plan


async def _plan_of_postgresql(store: PostgresStore, query: Query) -> str:
    async with store.pool.acquire() as connection:
        return await _explain(connection, query)


async def _explain(connection: Any, query: Query) -> str:
    """How a page of a hundred is read."""
    compiled = query.for_postgresql
    given: dict[str, Any] = {"tenant_id": TENANT, "limit": 101, "now": 1, "until": 1}
    values = [given.get(name, "person1") for name in compiled.order]
    return "\n".join(str(row[0]) for row in await connection.fetch(f"EXPLAIN {compiled.sql}", *values))


def _plan(store: SqliteStore, query: Query) -> str:
    connection = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
    columns.install(connection)
    compiled = query.for_sqlite
    rows = list(connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", ["0"] * len(compiled.order)))
    connection.close()
    return "\n".join(str(row[3]) for row in rows)


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_an_index_answers(store: SqliteStore, case: Case) -> None:
    _, listing, scope, wanted, orders, index = case
    plan = _plan(store, listing.page_query(scope, wanted, orders))
    assert re.search(index, plan), plan
