"""``$filter``: what is read, what it becomes, and what is refused in which words."""

import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.model import DIRECTORY_AUDIT, ENTITIES, GROUP, USER, Entity
from vestibule.doors.graph.odata.binding import Asker, bind_filter
from vestibule.doors.graph.odata.grammar import parse_filter
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
    Path,
    Some,
    Test,
    Text,
)

START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)


def read(text: str, entity: Entity = USER, **asker: Any) -> Filter:
    return bind_filter(parse_filter(text), Asker(entity, **asker))


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("userType eq 'Guest'", Compare(("userType",), Op.EQ, "Guest")),
        ("USERTYPE EQ 'Guest'", Compare(("userType",), Op.EQ, "Guest")),
        ("displayName eq 'O''Neil'", Compare(("displayName",), Op.EQ, "O'Neil")),
        ("'Guest' eq userType", Compare(("userType",), Op.EQ, "Guest")),
        ("2026-11-20T19:00:00Z le createdDateTime", Compare(("createdDateTime",), Op.GE, START)),
        ("createdDateTime ge 2026-11-20T20:00:00.0000000+01:00", Compare(("createdDateTime",), Op.GE, START)),
        ("createdDateTime lt 2026-11-20", Compare(("createdDateTime",), Op.LT, datetime(2026, 11, 20, tzinfo=UTC))),
        ("accountEnabled eq true", Compare(("accountEnabled",), Op.EQ, True)),
        ("accountEnabled", Compare(("accountEnabled",), Op.EQ, True)),
        ("startswith(displayName,'a')", Text(("displayName",), Test.STARTS_WITH, "a")),
        ("startsWith( displayName , 'a' ) eq true", Text(("displayName",), Test.STARTS_WITH, "a")),
        ("id in ('a', 'b')", OneOf(("id",), ("a", "b"))),
        (
            "id eq 'a' or id eq 'b' and id eq 'c'",
            Or(
                (
                    Compare(("id",), Op.EQ, "a"),
                    And((Compare(("id",), Op.EQ, "b"), Compare(("id",), Op.EQ, "c"))),
                )
            ),
        ),
        (
            "(id eq 'a' or id eq 'b') and id eq 'c'",
            And(
                (
                    Or((Compare(("id",), Op.EQ, "a"), Compare(("id",), Op.EQ, "b"))),
                    Compare(("id",), Op.EQ, "c"),
                )
            ),
        ),
        ("otherMails/any(x:x eq 'a@b.c')", Some(("otherMails",), Compare(ITSELF, Op.EQ, "a@b.c"))),
        (
            "proxyAddresses/any(p:startswith(p,'smtp:'))",
            Some(("proxyAddresses",), Text(ITSELF, Test.STARTS_WITH, "smtp:")),
        ),
        (
            "identities/any(i:i/issuer eq 'x' and i/ISSUERASSIGNEDID eq 'y')",
            Some(("identities",), And((Compare(("issuer",), Op.EQ, "x"), Compare(("issuerAssignedId",), Op.EQ, "y")))),
        ),
    ],
)
def test_plain_filters(text: str, means: Filter) -> None:
    assert read(text) == means


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("userType ne 'Guest'", Compare(("userType",), Op.NE, "Guest")),
        ("not(startswith(displayName,'a'))", Not(Text(("displayName",), Test.STARTS_WITH, "a"))),
        ("not startswith(displayName,'a')", Not(Text(("displayName",), Test.STARTS_WITH, "a"))),
        ("startswith(displayName,'a') eq false", Not(Text(("displayName",), Test.STARTS_WITH, "a"))),
        ("endswith(mail,'@a.b')", Text(("mail",), Test.ENDS_WITH, "@a.b")),
        ("department eq null", Compare(("department",), Op.EQ, None)),
        ("department ne NULL", Compare(("department",), Op.NE, None)),
        ("otherMails/$count eq 0", Count(("otherMails",), Op.EQ, 0)),
        ("not(otherMails/any(m:endswith(m,'x')))", Not(Some(("otherMails",), Text(ITSELF, Test.ENDS_WITH, "x")))),
        ("otherMails/any()", Some(("otherMails",))),
        ("companyName eq 'x'", Compare(("companyName",), Op.EQ, "x")),
    ],
)
def test_advanced_filters(text: str, means: Filter) -> None:
    with pytest.raises(GraphError) as refused:
        read(text)
    assert (refused.value.status, refused.value.code) == (400, "Request_UnsupportedQuery")
    assert "ConsistencyLevel: eventual" in refused.value.message
    assert read(text, advanced=True) == means


def test_audit_filters_need_nothing_advanced() -> None:
    assert read("initiatedBy/user/id eq 'a' and targetResources/any(t:t/id eq 'b')", DIRECTORY_AUDIT) == And(
        (
            Compare(("initiatedBy", "user", "id"), Op.EQ, "a"),
            Some(("targetResources",), Compare(("id",), Op.EQ, "b")),
        )
    )
    assert read("groupTypes/any(c:c eq 'Unified')", GROUP) == Some(("groupTypes",), Compare(ITSELF, Op.EQ, "Unified"))


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("x eq 'a'", "BadRequest", "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        ("mail/x eq 'a'", "BadRequest", "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        (
            "displayName eq 'a",
            "BadRequest",
            "Invalid filter clause: There is an unterminated string literal at position 15.",
        ),
        (
            "displayName eqq 'a'",
            "BadRequest",
            "Invalid filter clause: Syntax error at position 12: 'eqq' was not expected.",
        ),
        (
            "displayName eq",
            "BadRequest",
            "Invalid filter clause: Syntax error at position 14: the end was not expected.",
        ),
        (
            "displayName eq 'a' )",
            "BadRequest",
            "Invalid filter clause: Syntax error at position 19: ')' was not expected.",
        ),
        (
            'displayName eq "a"',
            "BadRequest",
            "Invalid filter clause: Syntax error: character '\"' is not valid at position 15.",
        ),
        (
            "createdDateTime ge 2026-13-20T19:00:00Z",
            "BadRequest",
            "Invalid filter clause: no such moment at position 19.",
        ),
        ("createdDateTime ge 2026-02-30", "BadRequest", "Invalid filter clause: no such moment at position 19."),
        (
            "createdDateTime ge '2026-01-01'",
            "BadRequest",
            (
                "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types"
                " 'Edm.DateTimeOffset' and 'Edm.String' for operator kind 'GreaterThanOrEqual'."
            ),
        ),
        (
            "id eq 5d9f4d1c-8a3b-4c7e-9f60-3f8f1f0a2b4c",
            "BadRequest",
            (
                "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types"
                " 'Edm.String' and 'Edm.Guid' for operator kind 'Equal'."
            ),
        ),
        (
            "id in ('a', null)",
            "BadRequest",
            (
                "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types"
                " 'Edm.String' and 'null' for operator kind 'Equal'."
            ),
        ),
        (
            "tolower(mail) eq 'a'",
            "BadRequest",
            (
                "Invalid filter clause: An unknown function with name 'tolower' was found. This may also be a function"
                " import or a key lookup on a navigation property, which is not allowed."
            ),
        ),
        (
            "otherMails/any(x:mail eq 'a')",
            "BadRequest",
            "Invalid filter clause: inside any() only 'x' can be looked at, position 17.",
        ),
        ("startswith(mail,3)", "BadRequest", "Invalid filter clause: startswith compares texts, at position 0."),
        (
            "displayName eq 'a\x00'",
            "BadRequest",
            "Invalid filter clause: a character that cannot be searched for, after position 15.",
        ),
        (
            "otherMails/$count eq 'a'",
            "BadRequest",
            "Invalid filter clause: Syntax error at position 21: ''a'' was not expected.",
        ),
        (
            "mail eq 'a' eq true",
            "BadRequest",
            "Invalid filter clause: Syntax error at position 12: 'eq' was not expected.",
        ),
        *(
            (
                text,
                "Request_UnsupportedQuery",
                f"Unsupported or invalid query filter clause specified for property '{name}' of resource 'User'.",
            )
            for text, name in [
                ("contains(displayName,'a')", "displayName"),
                ("passwordProfile/password eq 'a'", "passwordProfile"),
                ("startswith(passwordProfile/password,'a')", "passwordProfile"),
                ("passwordProfile eq null", "passwordProfile"),
                ("otherMails eq 'a'", "otherMails"),
                ("identities/issuer eq 'a'", "identities"),
                ("mail/any(x:x eq 'a')", "mail"),
                ("mail/$count eq 1", "mail"),
                ("identities/any(i:i eq 'a')", "identities"),
                ("lastPasswordChangeDateTime ge 2026-01-01", "lastPasswordChangeDateTime"),
            ]
        ),
    ],
)
def test_refused_filters(text: str, code: str, message: str) -> None:
    with pytest.raises(GraphError) as refused:
        read(text, advanced=True)
    assert (refused.value.status, refused.value.code, refused.value.message) == (400, code, message)


@pytest.mark.parametrize("test", ["{} eq 'a'", "startswith({},'a')", "{} eq 'b'", "not({} eq null)", "{} in ('a')"])
@pytest.mark.parametrize("name", ["jobTitle", "city", "department"])
def test_nothing_is_learnt_about_what_may_not_be_read(test: str, name: str) -> None:
    with pytest.raises(GraphError) as refused:
        read(test.format(name), advanced=True, readable=frozenset({"id", "displayName"}))
    assert refused.value.message == (
        f"Unsupported or invalid query filter clause specified for property '{name}' of resource 'User'."
    )


BOMBS = {
    "brackets": "(" * 10_000 + "id eq 'a'" + ")" * 10_000,
    "open brackets": "(" * 1_000_000,
    "not": "not " * 10_000 + "id eq 'a'",
    "or": " or ".join(["id eq 'a'"] * 10_000),
    "any": "otherMails/any(x:" * 10_000,
    "in": f"id in ({','.join(['1'] * 10_000)})",
    "a long text": f"id eq '{'a' * 1_000_000}'",
    "quotation marks": "'" * 1_000_001,
    "blanks": " " * 1_000_000,
    "a long path": "a/" * 500_000,
    "digits": "id eq " + "9" * 1_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_at_once(bomb: str) -> None:
    calls = 0

    def count(*_event: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        with pytest.raises(GraphError) as refused:
            read(BOMBS[bomb], advanced=True)
    finally:
        sys.setprofile(None)
    assert calls < 60_000  # a few milliseconds, however long the expression is
    assert refused.value.status == 400
    assert len(refused.value.message) < 300


def test_as_many_values_as_people_need() -> None:
    wanted = " or ".join(f"id eq '{number:08x}-8a3b-4c7e-9f60-3f8f1f0a2b4c'" for number in range(200))
    assert len(read(wanted).parts) == 200  # type: ignore[union-attr]


WORDS = [
    *(name for entity in ENTITIES for name in (found.name for found in entity.properties)),
    *[
        "eq",
        "ne",
        "gt",
        "ge",
        "lt",
        "le",
        "in",
        "and",
        "or",
        "not",
        "any",
        "all",
        "true",
        "false",
        "null",
        "x",
        "i",
        "t",
    ],
    *[
        "startswith",
        "endswith",
        "contains",
        "/",
        "/any(x:",
        "/any(",
        "$count",
        "/$count",
        "(",
        ")",
        ",",
        ":",
        "'a'",
        "''",
    ],
    *["1", "-1", "2026-11-20", "2026-11-20T19:00:00Z", "5d9f4d1c-8a3b-4c7e-9f60-3f8f1f0a2b4c", "'", " ", "\u00e9", "%"],
]


def _known(wanted: Filter, entity: Entity) -> None:
    """Every name in a bound filter is the model's own."""
    match wanted:
        case And(parts) | Or(parts):
            for part in parts:
                _known(part, entity)
        case Not(part):
            _known(part, entity)
        case Some(path) | Count(path) | OneOf(path) | Text(path) | Compare(path):
            _known_path(path, entity)


def _known_path(path: Path, entity: Entity) -> None:
    found = entity.find(path[0], beta=True)
    assert found is not None
    assert found.name == path[0]
    assert not found.secret


@settings(max_examples=1_000, deadline=None)
@given(
    text=st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join) | st.text(max_size=60),
    entity=st.sampled_from(ENTITIES),
    advanced=st.booleans(),
)
def test_whatever_is_sent_is_read_or_refused(text: str, entity: Entity, advanced: bool) -> None:
    outcome = _outcome(text, entity, advanced=advanced)
    if isinstance(outcome, GraphError):
        assert outcome.status == 400
    else:
        _known(outcome, entity)


def _outcome(text: str, entity: Entity, *, advanced: bool) -> Filter | GraphError:
    try:
        return read(text, entity, advanced=advanced)
    except GraphError as refused:
        return refused


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_what_can_be_written_is_read_back(data: st.DataObject) -> None:
    wanted = data.draw(FILTERS)
    assert read(write(wanted), advanced=True) == wanted


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=6)
MOMENTS = st.datetimes(timezones=st.just(UTC))
LEAVES = st.one_of(
    st.builds(Compare, st.just(("displayName",)), st.sampled_from(Op), TEXTS),
    st.builds(Compare, st.just(("createdDateTime",)), st.sampled_from(Op), MOMENTS),
    st.builds(Compare, st.just(("mail",)), st.sampled_from([Op.EQ, Op.NE]), st.none()),
    st.builds(Compare, st.just(("accountEnabled",)), st.sampled_from([Op.EQ, Op.NE]), st.booleans()),
    st.builds(OneOf, st.just(("id",)), st.lists(TEXTS, min_size=1, max_size=4).map(tuple)),
    st.builds(Text, st.just(("mail",)), st.sampled_from([Test.STARTS_WITH, Test.ENDS_WITH]), TEXTS),
    st.builds(Count, st.just(("otherMails",)), st.sampled_from(Op), st.integers(-5, 5)),
    st.builds(Some, st.just(("otherMails",)), st.builds(Text, st.just(ITSELF), st.just(Test.ENDS_WITH), TEXTS)),
    st.builds(Some, st.just(("identities",)), st.builds(Compare, st.just(("issuer",)), st.just(Op.EQ), TEXTS)),
)
FILTERS = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.builds(Or, st.lists(below, min_size=2, max_size=3).map(tuple)),
        st.builds(And, st.lists(below, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def write(wanted: Filter, variable: str = "") -> str:
    match wanted:
        case And(parts):
            return "(" + " and ".join(write(part, variable) for part in parts) + ")"
        case Or(parts):
            return "(" + " or ".join(write(part, variable) for part in parts) + ")"
        case Not(part):
            return f"not({write(part, variable)})"
        case Some(path, inner):
            return f"{'/'.join(path)}/any({'' if inner is None else 'v:' + write(inner, 'v')})"
        case Count(path, op, number):
            return f"{'/'.join(path)}/$count {op.value} {number}"
        case OneOf(path, values):
            return f"{_path(path, variable)} in ({','.join(_literal(value) for value in values)})"
        case Text(path, test, text):
            return f"{test.value}({_path(path, variable)},{_literal(text)})"
        case Compare(path, op, value):
            return f"{_path(path, variable)} {op.value} {_literal(value)}"


def _path(path: Path, variable: str) -> str:
    return "/".join([*([variable] if variable else []), *path])


def _literal(value: object) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, datetime):
        return value.isoformat()
    return "null" if value is None else str(value).lower()
