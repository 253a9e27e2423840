"""What filters mean, and that the store's SQL means the same in both databases."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import apsw
import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Boolean, Column, MetaData, Table, Text, bindparam, literal_column, select

from vestibule.ground.clock import to_us
from vestibule.rules import filters
from vestibule.rules.filters import (
    ITSELF,
    And,
    Compare,
    Count,
    Filter,
    Not,
    OneOf,
    Op,
    Or,
    Ordering,
    Some,
    Test,
    fold,
    in_order,
    matches,
    paths,
    position,
    split,
)
from vestibule.store import columns, filtering
from vestibule.store.filtering import Kind, Listed, Parameters, Rows, after, in_json, order_by, sort_keys, where
from vestibule.store.statements import Query

START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
_metadata = MetaData()
thing = Table(
    "thing",
    _metadata,
    Column("id", Text),
    Column("name", Text),
    Column("name_key", Text),
    Column("note", Text),
    Column("enabled", Boolean),
    Column("size", BigInteger),
    Column("at", BigInteger),
    Column("attributes", Text),
)
tag = Table("tag", _metadata, Column("thing_id", Text), Column("value", Text))
FIELDS: filtering.Fields = {
    ("id",): filtering.identifier(thing.c.id),
    ("name",): filtering.text(thing.c.name, thing.c.name_key),
    ("note",): filtering.text(thing.c.note),
    ("enabled",): filtering.flag(thing.c.enabled),
    ("size",): filtering.number(thing.c.size),
    ("at",): filtering.time(thing.c.at),
    ("job", "title"): in_json(Kind.TEXT, thing.c.attributes, "job", "title"),
    ("active",): in_json(Kind.FLAG, thing.c.attributes, "active"),
    ("rank",): in_json(Kind.NUMBER, thing.c.attributes, "rank"),
    ("hired",): in_json(Kind.TIME, thing.c.attributes, "hired"),
    ("mails",): Listed(thing.c.attributes, ("mails",)),
    ("identities",): Listed(thing.c.attributes, ("identities",), ("issuer", "assigned")),
    ("tags",): Rows(tag, tag.c.thing_id == thing.c.id, {ITSELF: filtering.text(tag.c.value)}),
}

words = st.text(st.sampled_from("aAbBßẞsSςσΣéÉ %_\\'\"åÅ\u0130\ud7ff\U0010ffff"), max_size=4)
moments = st.integers(-2, 2).map(lambda days: START + timedelta(days=days, microseconds=1))
optional = {
    ("name",): words,
    ("note",): words,
    ("enabled",): st.booleans(),
    ("size",): st.integers(-3, 3),
    ("at",): moments,
    ("job", "title"): words,
    ("active",): st.booleans(),
    ("rank",): st.integers(-3, 3),
    ("hired",): moments,
}
texts = [("name",), ("note",), ("job", "title"), ("id",)]


def _item(number: int, **values: Any) -> dict[str, Any]:
    return {"id": f"{number:02d}", "tags": [], **values}


items = st.lists(
    st.fixed_dictionaries(
        {"tags": st.lists(words, max_size=2)},
        optional={
            **{path[0]: values for path, values in optional.items() if len(path) == 1},
            "job": st.fixed_dictionaries({}, optional={"title": words}),
            "mails": st.lists(words, max_size=3),
            "identities": st.lists(
                st.fixed_dictionaries({}, optional={"issuer": words, "assigned": words}), max_size=2
            ),
        },
    ),
    max_size=8,
).map(lambda found: [_item(number, **values) for number, values in enumerate(found)])


def _about(path: tuple[str, ...], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    return st.one_of(
        st.builds(Compare, st.just(path), st.sampled_from(Op), values),
        st.builds(Compare, st.just(path), st.sampled_from([Op.EQ, Op.NE]), st.none()),
        st.builds(OneOf, st.just(path), st.lists(values, max_size=3).map(tuple)),
    )


def _examined(path: tuple[str, ...]) -> st.SearchStrategy[Filter]:
    return st.builds(filters.Text, st.just(path), st.sampled_from(Test), words)


element_tests = st.one_of(_about(ITSELF, words), _examined(ITSELF))
object_tests = st.one_of(*(_about((name,), words) for name in ("issuer", "assigned")))


def _combined(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    return st.recursive(
        leaves,
        lambda below: st.one_of(
            st.builds(Not, below),
            st.builds(And, st.lists(below, max_size=3).map(tuple)),
            st.builds(Or, st.lists(below, max_size=3).map(tuple)),
        ),
        max_leaves=6,
    )


wanted_filters = _combined(
    st.one_of(
        *(_about(path, values) for path, values in optional.items()),
        *(_examined(path) for path in texts),
        st.builds(Some, st.sampled_from([("mails",), ("tags",)]), st.none() | _combined(element_tests)),
        st.builds(Some, st.just(("identities",)), st.none() | _combined(object_tests)),
        st.builds(Count, st.sampled_from([("mails",), ("identities",)]), st.sampled_from(Op), st.integers(0, 3)),
    )
)
orderings = st.lists(st.builds(Ordering, st.sampled_from([*optional, ("id",)]), st.booleans()), max_size=3).map(
    lambda found: [*found, Ordering(("id",))]
)


class Sqlite:
    """The two tables in a SQLite of their own."""

    def __init__(self) -> None:
        self._connection = apsw.Connection(":memory:")
        columns.install(self._connection)
        for statement in TABLES:
            self._connection.execute(statement)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        self._connection.execute(sql, values)

    def run(self, query: Query, values: dict[str, Any]) -> list[Any]:
        compiled = query.for_sqlite
        return self._connection.execute(compiled.sql, compiled.arguments(values)).fetchall()

    def close(self) -> None:
        self._connection.close()


class Postgresql:
    """The same in PostgreSQL, driven from a loop that is only ours."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._connection = self._wait(asyncpg.connect(url))
        for statement in TABLES:
            self.execute(statement)

    def _wait(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)

    def execute(self, sql: str, values: Sequence[Any] = ()) -> None:
        numbered = "".join(f"${number}" if part == "?" else part for number, part in _numbered(sql))
        self._wait(self._connection.execute(numbered, *values))

    def run(self, query: Query, values: dict[str, Any]) -> list[Any]:
        compiled = query.for_postgresql
        found: list[Any] = self._wait(self._connection.fetch(compiled.sql, *compiled.arguments(values)))
        return found

    def close(self) -> None:
        self._wait(self._connection.close())
        self._loop.close()


TABLES = (
    (
        "CREATE TEMPORARY TABLE thing (id text, name text, name_key text, note text, enabled boolean, size bigint,"
        " at bigint, attributes text)"
    ),
    "CREATE TEMPORARY TABLE tag (thing_id text, value text)",
)


def _numbered(sql: str) -> Iterator[tuple[int, str]]:
    """The characters of a statement, each question mark with its number."""
    number = 0
    for sign in sql:
        number += sign == "?"
        yield number, sign


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Sqlite | Postgresql]:
    opened = Sqlite() if request.param == "sqlite" else Postgresql(request.getfixturevalue("postgres_url"))
    yield opened
    opened.close()


def _fill(database: Sqlite | Postgresql, found: list[dict[str, Any]]) -> None:
    database.execute("DELETE FROM thing")
    database.execute("DELETE FROM tag")
    for item in found:
        json_held: dict[str, Any] = {
            name: item[name] for name in ("job", "active", "rank", "mails", "identities") if name in item
        }
        if "hired" in item:
            json_held["hired"] = to_us(item["hired"])
        name = item.get("name")
        database.execute(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                item["id"],
                name,
                None if name is None else fold(name),
                item.get("note"),
                item.get("enabled"),
                item.get("size"),
                to_us(item["at"]) if "at" in item else None,
                json.dumps(json_held),
            ),
        )
        for value in item["tags"]:
            database.execute("INSERT INTO tag VALUES (?, ?)", (item["id"], value))


@settings(max_examples=300, deadline=None)
@given(found=items, wanted=wanted_filters)
def test_the_sql_of_a_filter_picks_what_the_filter_means(
    database: Sqlite | Postgresql, found: list[dict[str, Any]], wanted: Filter
) -> None:
    _fill(database, found)
    parameters = Parameters()
    query = Query(select(thing.c.id).where(where(wanted, FIELDS, parameters)).order_by(thing.c.id))
    assert [row[0] for row in database.run(query, parameters.values)] == [
        item["id"] for item in found if matches(wanted, item)
    ]


@settings(max_examples=100, deadline=None)
@given(found=items, order=orderings, size=st.integers(1, 3))
def test_pages_one_after_another_are_the_whole_list_in_order(
    database: Sqlite | Postgresql, found: list[dict[str, Any]], order: list[Ordering], size: int
) -> None:
    _fill(database, found)
    seen: list[str] = []
    reached: tuple[Any, ...] | None = None
    for _ in range(len(found) + 1):
        parameters = Parameters()
        statement = select(thing.c.id, *sort_keys(order, FIELDS)).order_by(*order_by(order, FIELDS))
        if reached is not None:
            statement = statement.where(after(order, reached, FIELDS, parameters))
        page = database.run(
            Query(statement.limit(bindparam("size")).offset(literal_column("0"))),
            {**parameters.values, "size": size},
        )
        seen += [row[0] for row in page]
        if len(page) < size:
            break
        reached = tuple(page[-1][1:])
    assert seen == [item["id"] for item in in_order(found, order)]


@settings(max_examples=200)
@given(found=items, wanted=wanted_filters, able=st.sets(st.sampled_from([*optional, *texts, ("mails",), ("tags",)])))
def test_the_two_halves_of_a_filter_hold_together(
    found: list[dict[str, Any]], wanted: Filter, able: set[tuple[str, ...]]
) -> None:
    first, rest = split(wanted, able.__contains__)
    assert first is None or paths(first) <= able
    for item in found:
        both = (first is None or matches(first, item)) and (rest is None or matches(rest, item))
        assert both == matches(wanted, item)


def test_databases_fold_as_we_do(database: Sqlite | Postgresql) -> None:
    signs = [chr(point) for point in range(1, 0x2000)] + ["ΑΣ", "ΑΣ.", "Σ", "STRASSE", "ẞ", "ﬁ", "İI", "ΐ", "e\u0301"]
    database.execute("DELETE FROM thing")
    database.execute("INSERT INTO thing (id, note) SELECT '', value FROM " + _listed(database), (json.dumps(signs),))
    rows = database.run(Query(select(thing.c.note, columns.folded(thing.c.note))), {})
    assert {note: fold(note) for note, _ in rows} == dict(tuple(row) for row in rows)
    assert len(rows) == len(signs)


def _listed(database: Sqlite | Postgresql) -> str:
    return "json_each(?)" if isinstance(database, Sqlite) else "json_array_elements_text(?)"


@given(words, words)
def test_folding_again_changes_nothing(one: str, other: str) -> None:
    assert fold(fold(one)) == fold(one)
    assert fold(one.lower()) == fold(one.upper())
    assert (fold(one) == fold(other)) == matches(Compare(("a",), Op.EQ, other), {"a": one})


GUEST: Mapping[str, object] = {
    "displayName": "Åsa Öberg",
    "mail": None,
    "accountEnabled": True,
    "createdDateTime": START,
    "otherMails": ["Asa@Contoso.example"],
    "identities": [
        {"issuer": "mail", "issuerAssignedId": None},
        {"issuer": "ExternalAzureAD", "issuerAssignedId": "7"},
    ],
}


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        (Compare(("displayName",), Op.EQ, "åsa öberg"), True),
        (Compare(("displayName",), Op.NE, "ÅSA ÖBERG"), False),
        (Compare(("mail",), Op.EQ, None), True),
        (Compare(("mail",), Op.NE, "a"), True),
        (Not(filters.Text(("mail",), Test.STARTS_WITH, "a")), True),
        (Compare(("mail",), Op.LE, "z"), False),
        (Compare(("mail",), Op.GE, None), False),
        (Compare(("accountEnabled",), Op.EQ, 1), False),
        (Compare(("createdDateTime",), Op.GE, START), True),
        (Compare(("createdDateTime",), Op.GT, "2026"), False),
        (OneOf(("displayName",), ("x", "ÅSA öberg")), True),
        (filters.Text(("displayName",), Test.HAS_WORD, "öb"), True),
        (filters.Text(("displayName",), Test.HAS_WORD, "berg"), False),
        (filters.Text(("displayName",), Test.CONTAINS, "BERG"), True),
        (filters.Text(("accountEnabled",), Test.CONTAINS, ""), False),
        (Some(("otherMails",), filters.Text(ITSELF, Test.ENDS_WITH, "@contoso.EXAMPLE")), True),
        (Some(("proxyAddresses",)), False),
        (Count(("otherMails",), Op.EQ, 1), True),
        (Count(("proxyAddresses",), Op.LT, 1), True),
        (
            Some(
                ("identities",),
                And((Compare(("issuer",), Op.EQ, "mail"), Compare(("issuerAssignedId",), Op.EQ, "7"))),
            ),
            False,
        ),
        (Compare(("displayName", "first"), Op.EQ, "x"), False),
    ],
)
def test_what_a_filter_means(wanted: Filter, holds: bool) -> None:
    assert matches(wanted, GUEST) is holds


def test_things_without_a_value_come_first() -> None:
    found = [{"id": "1", "name": "b"}, {"id": "2"}, {"id": "3", "name": "A"}, {"id": "4", "name": "a"}]
    assert [item["id"] for item in in_order(found, [Ordering(("name",))])] == ["2", "3", "4", "1"]
    assert [item["id"] for item in in_order(found, [Ordering(("name",), descending=True)])] == ["1", "3", "4", "2"]
    assert position(found[2], [Ordering(("name",)), Ordering(("id",))]) == ("a", "3")


@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        (Compare(("unknown",), Op.EQ, "a"), KeyError),
        (Compare(("mails",), Op.EQ, "a"), TypeError),
        (Compare(("size",), Op.EQ, "a"), TypeError),
        (Compare(("enabled",), Op.EQ, 1), TypeError),
        (filters.Text(("size",), Test.CONTAINS, "a"), TypeError),
        (Some(("name",)), TypeError),
        (Count(("tags",), Op.EQ, 1), TypeError),
        (Count(("name",), Op.EQ, 1), TypeError),
    ],
)
def test_what_a_door_should_have_refused_is_not_translated(wanted: Filter, refused: type[Exception]) -> None:
    with pytest.raises(refused):
        where(wanted, FIELDS, Parameters())


def test_names_of_json_members_are_plain_words() -> None:
    with pytest.raises(ValueError, match="plain member name"):
        columns.member(thing.c.attributes, ("a') --",))
