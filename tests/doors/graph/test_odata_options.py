"""The query string as a whole: names, bounds, what may stand together, search, select, order, expand, paging."""

import hashlib
import hmac
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.model import DIRECTORY_AUDIT, ENTITIES, GROUP, USER
from vestibule.doors.graph.odata.clauses import Expand
from vestibule.doors.graph.odata.options import (
    OPTIONS,
    SINGLE,
    Asked,
    Collection,
    Reader,
    is_eventual,
    read_options,
)
from vestibule.doors.graph.odata.paging import SkipTokens, next_link
from vestibule.rules.filters import And, Compare, Op, Or, Ordering, Test, Text

USERS = Collection(USER)
ONE_USER = Collection(USER, SINGLE, single=True)
MEMBERS = Collection(USER, reference=True)
AUDITS = Collection(DIRECTORY_AUDIT, page=1000, most=1000, directory=False)
EVENTUAL = Reader(eventual=True)


def read(query: str, collection: Collection = USERS, reader: Reader = Reader()) -> Asked:  # noqa: B008 - frozen
    return read_options(query.encode(), collection, reader)


def refusal(query: str, collection: Collection = USERS, reader: Reader = Reader()) -> tuple[int, str, str]:  # noqa: B008
    with pytest.raises(GraphError) as refused:
        read(query, collection, reader)
    return refused.value.status, refused.value.code, refused.value.message


def test_nothing_asked() -> None:
    assert read("") == Asked(question="filter=\nsearch=\norderby=")
    assert read("", AUDITS).top == 1000


@pytest.mark.parametrize(
    "query",
    [
        "$filter=userType eq 'Guest'&$select=id,displayName&$top=5",
        "%24filter=userType%20eq%20%27Guest%27&%24select=id%2CdisplayName&%24top=5",
        "$filter=userType+eq+'Guest'&$select=id,displayName&$top=5",
        "filter=userType eq 'Guest'&select=ID,DISPLAYNAME,id&top=5",
        "$FILTER=userType eq 'Guest'&$Select=id,displayName&$tOp=5&x-client-sku=1&whatever",
    ],
)
def test_every_way_to_write_the_options(query: str) -> None:
    asked = read(query)
    assert asked.filter == Compare(("userType",), Op.EQ, "Guest")
    assert asked.select == ("id", "displayName")
    assert asked.top == 5
    assert [name for name, _ in asked.repeated] == ["$filter", "$select", "$top"]


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("$top=0", "Request_BadRequest", "Invalid page size specified: '0'. Must be between 1 and 999 inclusive."),
        (
            "$top=1000",
            "Request_BadRequest",
            "Invalid page size specified: '1000'. Must be between 1 and 999 inclusive.",
        ),
        (
            "$top=1000000000",
            "Request_BadRequest",
            "Invalid page size specified: '1000000000'. Must be between 1 and 999 inclusive.",
        ),
        (
            "$top=-1",
            "BadRequest",
            (
                "Invalid value '-1' for $top query option found."
                " The $top query option requires a non-negative integer value."
            ),
        ),
        (
            "$top=%C2%B2",
            "BadRequest",
            (
                "Invalid value '²' for $top query option found."
                " The $top query option requires a non-negative integer value."
            ),
        ),
        ("$skip=5", "BadRequest", "'$skip' is not supported by the service."),
        ("$apply=x", "BadRequest", "The query parameter '$apply' is not supported."),
        (
            "$top=5&top=5",
            "BadRequest",
            "Query option '$top' was specified more than once, but it must be specified at most once.",
        ),
        ("$filter=", "BadRequest", "The value of query option '$filter' must not be empty."),
        (
            "$count=1",
            "BadRequest",
            "Invalid value '1' for $count query option found. Valid values are 'true' or 'false'.",
        ),
        ("$select=id,x", "BadRequest", "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        (
            "$select=refreshTokensValidFromDateTime",
            "BadRequest",
            "Could not find a property named 'refreshTokensValidFromDateTime' on type 'microsoft.graph.user'.",
        ),
        ("$select=id,,mail", "BadRequest", "Invalid select clause: 'id,,mail' is not a list of properties."),
        ("$orderby=x", "BadRequest", "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        ("$orderby=mail", "Request_UnsupportedQuery", "Unsupported sort property 'mail' for 'User'."),
        (
            "$orderby=deletedDateTime",
            "Request_UnsupportedQuery",
            "Unsupported sort property 'deletedDateTime' for 'User'.",
        ),
        ("$orderby=displayName up", "BadRequest", "Invalid orderby clause: Syntax error at 'displayName up'."),
        (
            "$filter=userType eq 'Guest'&$orderby=displayName",
            "Request_UnsupportedQuery",
            "Sorting not supported for current query.",
        ),
        (
            '$search="displayName:a"',
            "Request_UnsupportedQuery",
            (
                "Request with $search query parameter only works through MSGraph with a special request header:"
                " 'ConsistencyLevel: eventual'"
            ),
        ),
        ("$expand=x", "BadRequest", "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        (
            "$expand=manager,memberOf",
            "BadRequest",
            (
                "Invalid expand clause: 'manager,memberOf'. One relationship can be expanded in a request,"
                " with $select inside."
            ),
        ),
        ("$filter=%FF", "BadRequest", "The query string is not UTF-8."),
    ],
)
def test_refused_options(query: str, code: str, message: str) -> None:
    assert refusal(query) == (400, code, message)


def test_bounds_of_the_query_string() -> None:
    assert refusal("&".join(f"a{number}=1" for number in range(101)))[0] == 400
    assert refusal("a=" + "b" * 70_000)[0] == 400


def test_what_only_one_object_has() -> None:
    assert refusal("$select=id,aboutMe")[:2] == (501, "NotImplemented")
    assert read("$select=id,aboutMe", ONE_USER).select == ("id",)
    assert refusal("$filter=id eq 'a'", ONE_USER)[2] == "'$filter' is not supported by the service."
    assert read("$select=refreshTokensValidFromDateTime", reader=Reader(beta=True)).select is not None
    assert "passwordProfile" in (read("$select=*").select or ())


def test_counting_needs_the_header() -> None:
    assert not read("$count=true").count
    assert read("$count=TRUE", reader=EVENTUAL).count
    assert not read("$count=false", reader=EVENTUAL).advanced
    assert read("$count=true", AUDITS).count
    assert is_eventual(" Eventual ")
    assert not is_eventual("strong")
    assert not is_eventual(None)


def test_advanced_queries() -> None:
    asked = read("$filter=userType ne 'Guest'&$orderby=displayName desc, createdDateTime&$count=true", reader=EVENTUAL)
    assert asked.advanced
    assert asked.order == (Ordering(("displayName",), descending=True), Ordering(("createdDateTime",)))
    assert read("$orderby=deletedDateTime asc&$count=true", reader=EVENTUAL).order == (Ordering(("deletedDateTime",)),)
    assert refusal("$filter=userType ne 'Guest'", reader=EVENTUAL)[1] == "Request_UnsupportedQuery"
    assert read("$filter=category eq 'Policy'&$orderby=activityDateTime desc", AUDITS).filter is not None


def test_lists_that_hang_on_another_object() -> None:
    message = "The specified filter to the reference property query is currently not supported."
    assert refusal("$filter=userType eq 'Guest'", MEMBERS)[2] == message
    assert read("$filter=userType eq 'Guest'&$count=true", MEMBERS, EVENTUAL).filter is not None
    assert read("$select=id&$top=2", MEMBERS).top == 2


def test_order_tells_nothing_about_what_may_not_be_read() -> None:
    basic = Reader(readable=frozenset({"id", "displayName"}))
    assert (
        refusal("$orderby=createdDateTime", reader=basic)[2]
        == "Unsupported sort property 'createdDateTime' for 'User'."
    )
    eventual = Reader(eventual=True, readable=frozenset({"id"}))
    assert refusal('$search="displayName:a"', reader=eventual)[1] == "Request_UnsupportedQuery"


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ('"displayName:wa"', Text(("displayName",), Test.HAS_WORD, "wa")),
        (
            '"displayName:adele va"',
            And((Text(("displayName",), Test.HAS_WORD, "adele"), Text(("displayName",), Test.HAS_WORD, "va"))),
        ),
        ('"MAIL:a@b"', Text(("mail",), Test.STARTS_WITH, "a@b")),
        ('"displayName:a:b"', Text(("displayName",), Test.HAS_WORD, "a:b")),
        ('"displayName:\\"a\\\\"', Text(("displayName",), Test.HAS_WORD, '"a\\')),
        (
            '"mail:a" OR ("mail:b" AND "mail:c") "mail:d"',
            Or(
                (
                    Text(("mail",), Test.STARTS_WITH, "a"),
                    And(
                        (
                            And((Text(("mail",), Test.STARTS_WITH, "b"), Text(("mail",), Test.STARTS_WITH, "c"))),
                            Text(("mail",), Test.STARTS_WITH, "d"),
                        )
                    ),
                )
            ),
        ),
    ],
)
def test_search(text: str, means: Any) -> None:
    assert read(f"$search={quote(text)}", reader=EVENTUAL).filter == means


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("displayName:wa", "Syntax error: character 'd' is not valid at position 0."),
        ('"displayName:wa" & "mail:b"', "Syntax error: character '&' is not valid at position 17."),
        ('"displayName"', 'Invalid search clause: write "property:text", not "displayName".'),
        ('"displayName: "', 'Invalid search clause: write "property:text", not "displayName: ".'),
        ('"x:a"', "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        ('"mail:a" AND', "Invalid search clause: something is missing at the end."),
        ('"mail:a" OR OR "mail:b"', "Invalid search clause: 'OR' was not expected."),
        ('("mail:a"', "Invalid search clause: a bracket is not closed."),
        ('"mail:a")', "Invalid search clause: ')' was not expected."),
        ("(" * 40, "Invalid search clause: '(' was not expected."),
        ("(" * 10_000, "Invalid search clause: it has more than 50 parts."),
        ('"mail:' + "a" * 20_000 + '"', "Invalid search clause: it is longer than 16384 characters."),
        ('"jobTitle:a"', "Unsupported property 'jobTitle' of resource 'User' in the search clause."),
    ],
)
def test_refused_searches(text: str, message: str) -> None:
    assert refusal(f"$search={quote(text)}", reader=EVENTUAL)[2] == message


def test_search_and_filter_together() -> None:
    asked = read("$search=\"mail:a\"&$filter=userType eq 'Guest'", reader=EVENTUAL)
    assert asked.filter == And((Compare(("userType",), Op.EQ, "Guest"), Text(("mail",), Test.STARTS_WITH, "a")))
    assert (
        refusal('$search="mail:a"&$orderby=displayName', reader=EVENTUAL)[2]
        == "Sorting not supported for current query."
    )


def test_expand() -> None:
    assert read("$expand=MANAGER").expand == Expand("manager")
    assert read("$expand=manager($select=id, displayName)").expand == Expand("manager", ("id", "displayName"))
    assert read("$expand=members(select=id)", Collection(GROUP)).expand == Expand("members", ("id",))
    for bad in ("members($filter=x)", "members($expand=owners($expand=members))", "members(", "1", "members($select=)"):
        assert refusal(f"$expand={bad}", Collection(GROUP))[:2] == (400, "BadRequest")


# --- paging ---


def _tokens(key: bytes = b"k" * 32) -> SkipTokens:
    return SkipTokens(lambda octets: hmac.digest(key, octets, hashlib.sha256))


PLACES = st.lists(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.text(st.characters(exclude_categories=["Cs"])),
    max_size=4,
).map(tuple)


@given(place=PLACES, question=st.text(st.characters(exclude_categories=["Cs"])), flip=st.integers(0, 10_000))
def test_tokens_hold_a_place_and_nothing_else_opens(place: Any, question: str, flip: int) -> None:
    tokens = _tokens()
    token = tokens.seal(place, tenant_id="a", question=question)
    assert tokens.open(token, tenant_id="a", question=question) == place
    at = flip % len(token)
    changed = token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]
    for opener, given_token, tenant_id, asked in [
        (tokens, token, "b", question),
        (tokens, token, "a", question + " "),
        (_tokens(b"x" * 32), token, "a", question),
        (tokens, token[:-1], "a", question),
        (tokens, token + "AAAA", "a", question),
        (tokens, changed, "a", question),
    ]:
        with pytest.raises(GraphError) as refused:
            opener.open(given_token, tenant_id=tenant_id, question=asked)
        assert refused.value.status == 400


@given(st.text())
def test_no_token_can_be_made_up(token: str) -> None:
    with pytest.raises(GraphError):
        _tokens().open(token, tenant_id="a", question="")


def test_the_next_address_asks_the_same_again() -> None:
    sent = "$filter=startswith(displayName,'a%2Bb %26')&$select=id&$top=2&$count=true&$expand=manager($select=id)"
    asked = read(sent, reader=EVENTUAL)
    token = _tokens().seal(("x", None, 3), tenant_id="a", question=asked.question)
    link = next_link("https://localhost:8443/v1.0/users", asked.repeated, token)
    again = read_options(urlsplit(link).query.encode(), USERS, EVENTUAL)
    assert link.startswith("https://localhost:8443/v1.0/users?$count=true&$expand=")
    assert again == Asked(**{**{name: getattr(asked, name) for name in Asked.__slots__}, "skiptoken": token})
    assert _tokens().open(again.skiptoken or "", tenant_id="a", question=again.question) == ("x", None, 3)


@settings(max_examples=1_000, deadline=None)
@given(
    query=st.lists(
        st.tuples(
            st.sampled_from([*OPTIONS, *(f"${name}" for name in OPTIONS), "%24top", "x", "$x", ""]),
            st.sampled_from(
                [
                    "id",
                    "displayName desc",
                    "5",
                    "true",
                    "members($select=id)",
                    '"displayName:a"',
                    "mail eq 'a'",
                    "*",
                    "%zz",
                ]
            )
            | st.text(max_size=20),
        ),
        max_size=5,
    ),
    collection=st.builds(
        Collection, st.sampled_from(ENTITIES), single=st.booleans(), directory=st.booleans(), reference=st.booleans()
    ),
    reader=st.builds(Reader, beta=st.booleans(), eventual=st.booleans()),
)
def test_whatever_is_sent_is_read_or_refused(
    query: list[tuple[str, str]], collection: Collection, reader: Reader
) -> None:
    raw = "&".join(f"{name}={value}" for name, value in query).encode(errors="surrogatepass")
    outcome = _outcome(raw, collection, reader)
    if isinstance(outcome, GraphError):
        assert outcome.status in (400, 501)
    else:
        assert 1 <= outcome.top <= 999


def _outcome(raw: bytes, collection: Collection, reader: Reader) -> Asked | GraphError:
    try:
        return read_options(raw, collection, reader)
    except GraphError as refused:
        return refused
