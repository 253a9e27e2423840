"""No statement looks at everybody, but for those that have to, which are named here with the reason.

SQLite knows no statistics: it plans by the statement and the indexes, and takes any index that begins with the
organization for a good beginning. What reads well in a test with ten people may then read every event there is.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, Final

import apsw
import pytest

from vestibule import store as floor
from vestibule.store import columns
from vestibule.store.sqlite import SqliteStore
from vestibule.store.statements import Change, Query

GROWING: Final = {
    "api_consent", "app_assignment", "audit_event", "audit_payload", "audit_pending", "consent", "credential",
    "group_member", "idempotency", "letter", "manager", "membership", "person", "person_mailbox", "person_membership",
    "profile", "profile_word", "receipt", "refresh_token", "sign_in", "sign_in_activity", "sponsor", "subject_index",
    "token_family",
}  # fmt: skip
"""Tables with a row or more for each person."""

WIDE: Final = {"tenant_id", "type", "outcome", "stage", "tie", "user_type", "kind", "door"}
"""What an index may say of a row that many others share; times and whatever is compared by < and > are the same."""

EVERYBODY: Final = {
    "audit._COUNT_TYPES": "counts events of a type, in an index alone, for a page that says how many",
    "audit._COUNT": "the same of all types",
    "audit_log._NEXT_TENANT": "the first one behind a place",
    "audit_log._OLDEST": "the age of what waits to be sealed, which is little",
    "audit_log._UNSEALED": "looking at a whole log again, for who asks for that",
    "audit_log._WAITING": "a batch of what waits to be sealed, which is little",
    "backups._LIVING_KEYS": "a backup comes back: whose keys are missing",
    "backups._OF_KEYS": "a backup comes back: who was erased meanwhile",
    "consents._DROP_API_OF_APP": "an app is deleted, and what others may do in its name",
    "erasure_lists._HELD": "whoever is deleted past the deadline: nobody but those whom a legal hold keeps",
    "feed._MEMBERS": "walks in the order of an index, and ends after a page",
    "feed._FORGET_PLACES": "an old backup comes back: every row gets its place in a new order of commits",
    "insights.EVENTS": "counts events of some weeks; for many users once a minute, beside other requests",
    "insights._EXTERNAL_NOW": "counts guests; for many users once a minute, beside other requests",
    "insights._DELETED": "counts deleted users, in an index alone",
    "insights._QUIET": "asks of every guest when they signed in; for many users once a minute, beside other requests",
    "key_mentions._MENTIONS": "the check of subject keys reads whole tables",
    "outbox._FORGET_MAIL": "a backup comes back: letters that waited then were sent long ago",
    "outbox._HOW_MUCH_MAIL": "the same letters, counted",
    "receipts._FORGET_ANSWERS": "keys of a day are there, and once an hour the older ones go",
    "review_decisions._GROUPS": "a review of all groups asks about each of them",
    "review_decisions._GUESTS": "a review of all guests asks about each of them",
    "review_decisions._IN_GROUP": "the same",
    "shared_profiles._INBOUND": "direct connect users are few, and their index leads to them",
    "shared_profiles._OUTBOUND": "the people at home, by their index: who of them is elsewhere is not written down",
    "sign_ins._FORGET": "whatever is too old goes",
    "snapshot._QUERIES": "a backup reads whole tables",
    "tokens._END_OF_APP": "an app is deleted: an index of tokens by app would be written at every sign-in",
    "tokens._END_AT_APP": "the same, in one organization",
    "tokens._FORGET": "whatever is over goes",
    "users._HOW_MANY": "counts users, in an index alone",
    "users._HOW_MANY_GUESTS": "counts guests, in indexes alone",
}
_STEP: Final = re.compile(r"(?P<how>SCAN|SEARCH) (?P<what>\w+)[^(]*(?:\((?P<by>.*)\))?")


def statements() -> Iterator[tuple[str, Query | Change]]:
    """Every statement that a module of the store keeps, by module and name."""
    for module in pkgutil.iter_modules(floor.__path__):
        if module.name != "migrations":
            kept = vars(importlib.import_module(f"{floor.__name__}.{module.name}"))
            for name, value in list(kept.items()):
                yield from ((f"{module.name}.{name}", one) for one in _inside(value))


def _inside(value: Any) -> Iterator[Query | Change]:
    if isinstance(value, Query | Change):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _inside(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _inside(one)


def _open(store: SqliteStore) -> apsw.Connection:
    connection = apsw.Connection(str(store.path), flags=apsw.SQLITE_OPEN_READONLY)
    columns.install(connection)
    return connection


def wide_steps(connection: apsw.Connection, sql: str) -> Iterator[str]:
    """The steps of a plan that look at everybody's rows in a table that grows."""
    try:
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", ("[]",) * sql.count("?")).fetchall()
    except apsw.SQLError:
        return  # a question in PostgreSQL's own words
    ends = " LIMIT ?" in " ".join(sql.split())
    for row in rows:
        found = _STEP.match(str(row[3]))
        if found is not None and _table(found, sql) in GROWING and _is_wide(found) and not (ends and _walks(found)):
            yield str(row[3])


def _table(step: re.Match[str], sql: str) -> str:
    """The table of a step, which the plan calls by its alias."""
    aliased = re.search(rf"\b(\w+) AS {step['what']}\b", sql)
    return aliased[1] if aliased else step["what"]


def _walks(step: re.Match[str]) -> bool:
    """It begins at a place in an index; with a limit it ends after a page."""
    return any(mark in (step["by"] or "") for mark in "<>")


def _is_wide(step: re.Match[str]) -> bool:
    if step["how"] == "SCAN":
        return True
    equal = {part.partition("=")[0].strip() for part in (step["by"] or "").split(" AND ") if "=" in part}
    return {name for name in equal if name[-1] not in "<>"} <= WIDE


@pytest.mark.parametrize("kind", ["sqlite"])
def test_only_those_statements_look_at_everybody(store: SqliteStore) -> None:
    connection = _open(store)
    looked = 0
    found: dict[str, set[str]] = {}
    for name, statement in statements():
        looked += 1
        for step in wide_steps(connection, statement.for_sqlite.sql):
            found.setdefault(name, set()).add(step)
    connection.close()
    assert looked > 400, looked
    unknown = {name: steps for name, steps in found.items() if name not in EVERYBODY}
    assert not unknown, "\n".join(f"{name}: {step}" for name, steps in unknown.items() for step in steps)
    assert set(EVERYBODY) <= set(found), f"no longer so: {set(EVERYBODY) - set(found)}"


@pytest.mark.parametrize("kind", ["sqlite"])
def test_one_that_does_is_seen(store: SqliteStore) -> None:
    connection = _open(store)
    by_outcome = "SELECT at FROM audit_event AS seen WHERE tenant_id = ? AND outcome = ?"
    assert list(wide_steps(connection, by_outcome))
    assert list(wide_steps(connection, "SELECT count(*) FROM membership"))
    assert not list(wide_steps(connection, "SELECT at FROM audit_event WHERE tenant_id = ? AND object_tag = ?"))
    connection.close()
