"""Whatever is sent, the door answers in SCIM's words and nothing breaks."""

import string
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.scim import CORE_USER, ENTERPRISE, PATCH_OP, Client
from vestibule.doors.scim.binding import USERS, bound
from vestibule.doors.scim.errors import ScimError
from vestibule.doors.scim.grammar import parse_filter, parse_path
from vestibule.doors.scim.schemas import GROUP, USER
from vestibule.rules.filters import paths
from vestibule.store.filtering import Parameters, where
from vestibule.store.provisioned_lists import USER_FIELDS

T = TypeVar("T")
NAMES = ["userName", "emails", "emails.value", "name", "name.givenName", "active", "meta.created", "groups", "nothing",
         f"{CORE_USER}:title", f"{ENTERPRISE}:department", "type", "value", "primary", "addresses",
         "externalId"]  # fmt: skip
WORDS = [*NAMES, "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr", "and", "or", "not", "(", ")", "[", "]",
         ".value", '"x"', '"2026-01-01T00:00:00Z"', "true", "false", "null", "1", "-3", '"']  # fmt: skip
LIKELY = st.lists(st.sampled_from(WORDS), max_size=20).map(" ".join)
ANY_TEXT = st.one_of(LIKELY, st.text(max_size=80), st.text(string.printable, max_size=80))
FEW = settings(max_examples=300, deadline=None)


@FEW
@given(ANY_TEXT)
def test_a_filter_is_read_or_refused(text: str):
    wanted = refused(lambda: bound(parse_filter(text, USER), USERS))
    if isinstance(wanted, ScimError):
        assert (wanted.status, wanted.scim_type) in {(400, "invalidFilter"), (400, "invalidPath")}
        return
    where(wanted, USER_FIELDS, Parameters())
    assert paths(wanted) is not None


def refused(read: Callable[[], T]) -> T | ScimError:
    """What is read, or how it is refused."""
    try:
        return read()
    except ScimError as error:
        return error


@FEW
@given(ANY_TEXT, st.sampled_from([USER, GROUP]))
def test_a_path_is_read_or_refused(text: str, kind: Any):
    place = refused(lambda: parse_path(text, kind))
    assert place.status == 400 if isinstance(place, ScimError) else place.found.path


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)),
    max_leaves=8,
)
RESOURCES = st.dictionaries(
    st.one_of(st.sampled_from([*NAMES, "displayName", "schemas", "phoneNumbers"]), st.text(max_size=8)),
    VALUES,
    max_size=5,
)
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "Replace", "remove", "x"])},
    optional={"path": ANY_TEXT, "value": VALUES},
)
REQUESTS = st.one_of(
    st.tuples(st.just("POST"), st.just("/Users"), RESOURCES),
    st.tuples(st.just("PUT"), st.just("/Users/{ann}"), RESOURCES),
    st.tuples(
        st.just("PATCH"),
        st.sampled_from(["/Users/{ann}", "/Groups/{readers}"]),
        st.builds(lambda found: {"schemas": [PATCH_OP], "Operations": found}, st.lists(OPERATIONS, max_size=3)),
    ),
    st.tuples(st.just("POST"), st.sampled_from(["/.search", "/Users/.search", "/Groups/.search"]), RESOURCES),
    st.tuples(
        st.just("POST"),
        st.just("/Groups/.search"),
        st.fixed_dictionaries(
            {}, optional={"filter": ANY_TEXT, "sortBy": ANY_TEXT, "count": VALUES, "cursor": ANY_TEXT}
        ),
    ),
    st.tuples(
        st.just("POST"),
        st.just("/Bulk"),
        st.builds(lambda found: {"Operations": found}, st.lists(VALUES, max_size=3)),
    ),
)


async def test_nothing_breaks(client: Client):
    ann = (await client.create("/Users", userName="ann", displayName="Ann"))["id"]
    readers = (await client.create("/Groups", displayName="Readers"))["id"]
    sent: list[tuple[str, str, Any]] = []

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(REQUESTS)
    def collect(request: tuple[str, str, Any]) -> None:
        sent.append(request)

    collect()
    for method, path, body in sent:
        answer = await client.ask(method, path.format(ann=ann, readers=readers), body)
        assert answer.status_code < 500, (method, path, body, answer.text)
        if answer.status_code >= 400:
            assert answer.json()["status"] == str(answer.status_code)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_odd_queries_and_headers(client: Client, method: str):
    for query in (
        "filter=%00",
        "filter=%ff",
        "count=%2d",
        "attributes=,,",
        "a=1&A=2",
        "&".join(["x=1"] * 60),
        "cursor=%00",
    ):
        answer = await client.ask(method, f"/Users?{query}", {} if method != "GET" else None)
        assert answer.status_code in {200, 400, 405}, (query, answer.text)
    for headers in ({"If-Match": '"'}, {"If-None-Match": "x" * 900}, {"Content-Length": "x"}):
        assert (await client.get("/Users/x", headers=headers)).status_code in {400, 404}
