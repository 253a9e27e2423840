"""Statements are compiled once, and say at once when they are written wrongly."""

from typing import Any

import pytest
from sqlalchemy import func, insert, literal_column, select, update
from sqlalchemy.schema import CreateTable

from tests.store import rows
from vestibule.store.schema import membership
from vestibule.store.statements import Change, Query, given, inserting


def test_a_statement_is_compiled_once() -> None:
    query = Query(select(membership.c.stage).where(membership.c.user_id == given("user_id")))
    assert query.for_sqlite is query.for_sqlite
    assert query.for_postgresql is query.for_postgresql
    assert query.columns == ("stage",)
    assert {type(name) for name in query.columns} == {str}


def test_parameters_are_numbered_or_question_marks_in_order() -> None:
    assert rows.SAVE.for_sqlite.order == ("stage", "version", "in_tenant", "of_user", "if_version")
    assert rows.SAVE.for_sqlite.sql.count("?") == 5
    assert set(rows.SAVE.for_postgresql.order) == set(rows.SAVE.for_sqlite.order)
    assert "$5" in rows.SAVE.for_postgresql.sql


def test_a_parameter_used_twice_is_given_once() -> None:
    query = Query(
        select(membership.c.stage).where(
            (membership.c.user_id == given("user_id")) | (membership.c.person_id == given("user_id"))
        )
    )
    assert query.for_postgresql.order == ("user_id",)
    assert query.for_sqlite.arguments({"user_id": "anna"}) == ["anna", "anna"]


@pytest.mark.parametrize(
    "construct",
    [
        select(membership.c.stage).where(membership.c.user_id == "anna"),
        select(membership.c.stage).limit(1),
        select(func.substr(membership.c.stage, 1)),
    ],
)
def test_a_hidden_value_is_refused(construct: Any) -> None:
    query = Query(construct)
    with pytest.raises(TypeError, match="give these values as parameters or with literal_column"):
        _ = query.for_sqlite
    with pytest.raises(TypeError, match="give these values as parameters or with literal_column"):
        _ = query.for_postgresql


def test_what_is_no_statement_is_refused() -> None:
    change = Change(CreateTable(membership))
    with pytest.raises(TypeError, match="is not a statement"):
        _ = change.for_sqlite


def test_a_limit_has_no_hidden_offset() -> None:
    assert rows.FIRST.for_sqlite.sql.endswith(" LIMIT ?")
    both = Query(select(membership.c.stage).limit(given("limit")).offset(given("offset")))
    assert both.for_sqlite.order == ("limit", "offset")


def test_lists_are_json_in_sqlite_and_arrays_in_postgresql() -> None:
    given_list = {"in_tenant": "t", "user_ids": ["a", 'b"']}
    assert rows.AMONG.for_sqlite.arguments(given_list) == ["t", '["a","b\\""]']
    assert rows.AMONG.for_postgresql.arguments(given_list) == ["t", ["a", 'b"']]
    assert "= ANY($2::TEXT[])" in rows.AMONG.for_postgresql.sql


def test_plain_inserts_need_no_count() -> None:
    assert not inserting(membership).counted
    assert rows.SAVE.counted
    assert rows.DROP.counted
    assert Change(insert(membership), counted=True).counted
    assert not Change(update(membership).values(stage=literal_column("'x'")), counted=False).counted
