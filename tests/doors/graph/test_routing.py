"""Paths: what leads where, what is captured, and what a wrong path or method answers."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.routing import BETA, BOTH, V1, Route, Table, for_me

PATTERNS = [
    ("GET", "/users"),
    ("POST", "/users"),
    ("GET", "/users/$count"),
    ("GET", "/users/delta()"),
    ("GET", "/users/{user}"),
    ("PATCH", "/users/{user}"),
    ("DELETE", "/users/{user}"),
    ("GET", "/users/{user}/memberOf"),
    ("GET", "/users/{user}/memberOf/graph.group"),
    ("GET", "/me"),
    ("PATCH", "/me"),
    ("GET", "/me/memberOf"),
    ("GET", "/directory/deletedItems/graph.user"),
    ("GET", "/directory/deletedItems/{item}"),
    ("POST", "/directory/deletedItems/{item}/restore"),
    ("DELETE", "/groups/{group}/members/{member}/$ref"),
    ("GET", "/applications/{app}"),
    ("GET", "/applications(appId={client_id})"),
    ("GET", "/tenantRelationships/findTenantInformationByTenantId(tenantId={tenant_id})"),
]
ROUTES = [
    *(Route(method, pattern, f"{method} {pattern}") for method, pattern in PATTERNS),
    Route("GET", "/policies/externalIdentitiesPolicy", "leave setting", versions=(BETA,)),
]
TABLE = Table(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "pattern", "parameters"),
    [
        ("GET", "/users", "/users", {}),
        ("GET", "/USERS/", "/users", {}),
        ("HEAD", "/users", "/users", {}),
        ("GET", "/users/$count", "/users/$count", {}),
        ("GET", "/users/%24COUNT", "/users/$count", {}),
        ("GET", "/users/delta", "/users/delta()", {}),
        ("GET", "/users/Delta()", "/users/delta()", {}),
        ("GET", "/users/5D9F", "/users/{user}", {"user": "5D9F"}),
        ("GET", "/users('5D9F')", "/users/{user}", {"user": "5D9F"}),
        ("GET", "/users(5D9F)", "/users/{user}", {"user": "5D9F"}),
        ("GET", "/users('$x@a.example')", "/users/{user}", {"user": "$x@a.example"}),
        ("GET", "/users('delta')", "/users/{user}", {"user": "delta"}),
        ("GET", "/users('O''Neil@a.example')", "/users/{user}", {"user": "O'Neil@a.example"}),
        (
            "GET",
            "/users/a_b.com%23EXT%23%40t.example/MEMBEROF/Microsoft.Graph.Group",
            "/users/{user}/memberOf/graph.group",
            {"user": "a_b.com#EXT#@t.example"},
        ),
        ("GET", "/users/a%2Fb", "/users/{user}", {"user": "a/b"}),
        ("GET", "/users/%C3%A9", "/users/{user}", {"user": "é"}),
        ("GET", "/me", "/me", {}),
        ("GET", "/users/me-token-to-replace", "/me", {}),
        ("PATCH", "/users/me-token-to-replace", "/me", {}),
        ("GET", "/users/me-token-to-replace/memberOf", "/me/memberOf", {}),
        ("GET", "/directory/deletedItems/graph.user", "/directory/deletedItems/graph.user", {}),
        ("GET", "/directory/deleteditems/microsoft.graph.user", "/directory/deletedItems/graph.user", {}),
        ("GET", "/directory/deletedItems/abc", "/directory/deletedItems/{item}", {"item": "abc"}),
        ("POST", "/directory/deletedItems/abc/Restore", "/directory/deletedItems/{item}/restore", {"item": "abc"}),
        (
            "DELETE",
            "/groups/g/members/m/$ref",
            "/groups/{group}/members/{member}/$ref",
            {"group": "g", "member": "m"},
        ),
        ("GET", "/applications(APPID='x-1')", "/applications(appId={client_id})", {"client_id": "x-1"}),
        (
            "GET",
            "/tenantRelationships/findTenantInformationByTenantId(tenantId='t')",
            "/tenantRelationships/findTenantInformationByTenantId(tenantId={tenant_id})",
            {"tenant_id": "t"},
        ),
    ],
)
def test_paths_lead_somewhere(method: str, path: str, pattern: str, parameters: dict[str, str]) -> None:
    for version in BOTH:
        found = TABLE.match(version, method, path.encode())
        assert found.route.pattern == pattern
        assert found.parameters == parameters


def refusal(method: str, path: str, version: str = V1) -> GraphError:
    with pytest.raises(GraphError) as refused:
        TABLE.match(version, method, path.encode())
    return refused.value


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("/nothing", "nothing"),
        ("", ""),
        ("/", ""),
        ("//users", ""),
        ("/users/x/nothing", "nothing"),
        ("/users/x/memberOf/graph.device", "graph.device"),
        ("/directory", "directory"),
        ("/users/$x", "$x"),
        ("/users/a\x01b", "a\N{REPLACEMENT CHARACTER}b"),
        ("/applications(name='x')", "applications(name='x')"),
        ("/applications(appId='x',appId='y')", "applications(appId='x',appId='y')"),
        ("/users/a//memberOf", ""),
        ("/policies/externalIdentitiesPolicy", "policies"),
        ("/" + "a" * 300, "a" * 80 + "…"),
    ],
)
def test_paths_that_lead_nowhere(path: str, segment: str) -> None:
    refused = refusal("GET", path)
    assert (refused.status, refused.code) == (400, "BadRequest")
    assert refused.message == f"Resource not found for the segment '{segment}'."


def test_paths_that_cannot_be_read() -> None:
    assert refusal("GET", "/users/%FF").message == "The path is not UTF-8."
    assert refusal("GET", "/users/" + "a" * 5_000).status == 400


def test_the_method_is_another_matter() -> None:
    refused = refusal("PUT", "/users/x")
    assert (refused.status, refused.headers["Allow"]) == (405, "DELETE, GET, HEAD, PATCH")
    assert refusal("DELETE", "/users").headers["Allow"] == "GET, HEAD, POST"
    assert refusal("GET", "/directory/deletedItems/x/restore").headers["Allow"] == "POST"
    assert refusal("TRACE", "/me").status == 405


def test_what_only_beta_has() -> None:
    assert TABLE.match(BETA, "GET", b"/policies/externalidentitiespolicy").route.handler == "leave setting"


def test_the_table_can_be_listed() -> None:
    assert [(route.method, route.pattern) for route in TABLE][: len(PATTERNS)] == PATTERNS
    assert for_me("/users/{user}/memberOf") == "/me/memberOf"


@pytest.mark.parametrize(
    "patterns",
    [
        ["/users/{user}", "/Users/{user}"],
        ["/users/{user}", "/users/{id}/memberOf"],
        ["/applications(appId=x)"],
    ],
)
def test_mistakes_in_the_table_are_found_when_it_is_made(patterns: list[str]) -> None:
    with pytest.raises(ValueError, match="/"):
        Table([Route("GET", pattern, "x") for pattern in patterns])


@settings(max_examples=1_000)
@given(
    path=st.lists(
        st.sampled_from(["users", "me", "delta()", "applications(appId='x')", "('", "(", ")", "%", "%2", "%00", "$ref"])
        | st.text(max_size=8),
        max_size=6,
    ).map("/".join),
    method=st.sampled_from(["GET", "POST", "HEAD", "", "get", "é"]),
)
def test_whatever_is_sent_leads_somewhere_or_is_refused(path: str, method: str) -> None:
    outcome = _outcome(method, ("/" + path).encode(errors="surrogatepass"))
    assert outcome in {200, 400, 405}


def _outcome(method: str, raw_path: bytes) -> int:
    try:
        return TABLE.match(V1, method, raw_path).route.status
    except GraphError as refused:
        return refused.status
