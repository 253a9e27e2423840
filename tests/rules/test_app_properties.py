"""What may be written about an app, and what it asks for."""

from typing import Any

import pytest

from vestibule.rules import app_properties, required_access
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.graph_objects import graph_assignment_id, graph_principal_id, permission_of_role
from vestibule.rules.permissions import PERMISSIONS, is_powerful
from vestibule.rules.refusals import Reason, Refused

READ = "e1fe6dd8-ba31-4d61-89e7-88639da4683d"
READ_ALL = "df021288-bdef-4463-88db-98f22de89214"
UNKNOWN = "11111111-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("tags", ["a", "b", "a"], ["a", "b"]),
        ("notes", "Two\nlines", "Two\nlines"),
        ("notes", "", None),
        ("homePageUrl", "https://app.example/", "https://app.example/"),
        ("signInAudience", "AzureADMultipleOrgs", "AzureADMultipleOrgs"),
        ("groupMembershipClaims", "SecurityGroup, DirectoryRole", "SecurityGroup, DirectoryRole"),
        ("requestedAccessTokenVersion", 2, 2),
        ("info", {"supportUrl": "https://a.example/", "logoUrl": None}, {"supportUrl": "https://a.example/"}),
        ("applicationPermissions", ["User.Read.All"], ["User.Read.All"]),
        ("tags", None, None),
    ],
)
def test_what_is_kept(name: str, value: Any, kept: Any):
    assert app_properties.read(name, value) == kept


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tags", "one"),
        ("tags", ["x" * 257]),
        ("tags", ["a\u202eb"]),
        ("tags", [str(number) for number in range(101)]),
        ("notes", "x" * 1025),
        ("homePageUrl", "javascript:alert(1)"),
        ("loginUrl", "http://far.example/"),
        ("signInAudience", "Everybody"),
        ("groupMembershipClaims", "Everything"),
        ("requestedAccessTokenVersion", 3),
        ("requestedAccessTokenVersion", True),
        ("info", {"supportUrl": "data:text/html,x"}),
        ("optionalClaims", {"idToken": [{"name": ""}]}),
        ("optionalClaims", {"idToken": "acct"}),
    ],
)
def test_what_is_refused(name: str, value: Any):
    with pytest.raises(Refused) as refused:
        app_properties.read(name, value)
    assert (refused.value.reason, refused.value.facts["property"]) == (Reason.BAD_VALUE, name)


def test_each_property_is_changed_by_itself():
    before = {"notes": "old", "tags": ["a"], "pkceRequired": True}
    assert app_properties.merged(before, {"notes": None, "tags": ["b"]}) == {"tags": ["b"], "pkceRequired": True}


def _access(id_: str, kind: str, resource: str = GRAPH_APP_ID) -> dict[str, Any]:
    return {"resourceAppId": resource, "resourceAccess": [{"id": id_, "type": kind}]}


def test_what_is_asked_for_comes_back():
    given = [
        _access(READ, "Scope"),
        _access(READ_ALL, "Role"),
        _access(UNKNOWN, "Role"),
        _access(READ, "Scope", UNKNOWN),
    ]
    wanted = required_access.read(given)
    assert (wanted.delegated, wanted.application) == (["User.Read"], ["User.Read.All"])
    shown = required_access.shown(wanted.delegated, wanted.application, wanted.others)
    assert shown == [
        {
            "resourceAppId": GRAPH_APP_ID,
            "resourceAccess": [
                {"id": READ_ALL, "type": "Role"},
                {"id": READ, "type": "Scope"},
                {"id": UNKNOWN, "type": "Role"},
            ],
        },
        _access(READ, "Scope", UNKNOWN),
    ]
    assert required_access.read(shown) == wanted
    assert required_access.shown([], [], []) == []


@pytest.mark.parametrize(
    "given",
    [
        "text",
        {"resourceAppId": GRAPH_APP_ID},
        {"resourceAppId": "graph", "resourceAccess": []},
        {"resourceAppId": GRAPH_APP_ID, "resourceAccess": [{"id": "x", "type": "Role"}]},
        {"resourceAppId": GRAPH_APP_ID, "resourceAccess": [{"id": READ, "type": "Owner"}]},
    ],
)
def test_what_nobody_can_ask_for(given: Any):
    with pytest.raises(Refused) as refused:
        required_access.read([given])
    assert refused.value.facts["property"] == "requiredResourceAccess"


def test_powerful_is_what_changes_something():
    assert not is_powerful([])
    assert not is_powerful(["User.Read.All", "Directory.Read.All", "AuditLog.Read.All", "Not.Known"])
    for name in ("User.Invite.All", "rolemanagement.readwrite.directory", "AppRoleAssignment.ReadWrite.All"):
        assert is_powerful(["User.Read.All", name]), name


def test_objects_that_are_stored_nowhere_have_ids_all_the_same():
    ids = {
        graph_principal_id("a"),
        graph_principal_id("b"),
        graph_assignment_id("a", READ),
        graph_assignment_id("a", UNKNOWN),
    }
    assert len(ids) == 4
    assert graph_principal_id("a") in ids
    assert permission_of_role(READ_ALL) == "User.Read.All"
    assert permission_of_role(READ) is None  # delegated only
    assert all(permission_of_role(one.application_id) == one.name for one in PERMISSIONS.values() if one.application_id)
