"""Bodies: strict JSON, known names, right types, and the three ways to say that nothing changes."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vestibule.doors.graph.bodies import (
    LARGEST,
    Body,
    Mode,
    decode_object,
    decode_parameters,
    read_body,
    read_reference,
    reference_id,
)
from vestibule.doors.graph.errors import GraphError
from vestibule.doors.graph.model import (
    ENTITIES,
    EXTERNAL_IDENTITIES_POLICY,
    GROUP,
    INVITATION,
    ORGANIZATION,
    USER,
    Entity,
)
from vestibule.doors.graph.model.actions import BY_IDS, MEMBER_GROUPS, RESTORE

GUID = "5d9f4d1c-8a3b-4c7e-9f60-3f8f1f0a2b4c"
NEW_USER = {
    "@odata.type": "#microsoft.graph.user",
    "accountEnabled": True,
    "displayName": "Åsa",
    "mailNickname": "asa",
    "userPrincipalName": "asa@contoso.example",
    "passwordProfile": {"@odata.type": "#microsoft.graph.passwordProfile", "password": "x" * 20},
}


WRONG: list[tuple[str, Any]] = [
    ("displayName", None),
    ("displayName", ""),
    ("displayName", "a" * 257),
    ("displayName", 5),
    ("displayName", True),
    ("displayName", ["a"]),
    ("displayName", {"a": 1}),
    ("displayName", "a\nb"),
    ("displayName", "a\u202eb"),
    ("displayName", "a\x00"),
    ("accountEnabled", "true"),
    ("accountEnabled", 1),
    ("accountEnabled", None),
    ("employeeHireDate", "yesterday"),
    ("employeeHireDate", 5),
    ("businessPhones", "1"),
    ("businessPhones", ["1", "2"]),
    ("businessPhones", [None]),
    ("businessPhones", [1]),
    ("otherMails", ["a"] * 251),
    ("ageGroup", "old"),
    ("passwordProfile", "x"),
    ("passwordProfile", []),
]


READ_ONLY: list[tuple[str, Any]] = [
    ("id", GUID),
    ("userType", "Member"),
    ("deletedDateTime", "2026-11-20T19:00:00Z"),
    ("createdDateTime", None),
    ("identities", [{"issuer": "x"}]),
    ("externalUserState", "Accepted"),
    ("creationType", "Invitation"),
    ("proxyAddresses", ["SMTP:a@b"]),
    ("assignedLicenses", [{}]),
]


def refusal(given: Any, entity: Entity = USER, mode: Mode = Mode.UPDATE, **more: Any) -> tuple[int, str, str]:
    with pytest.raises(GraphError) as refused:
        read_body(given, entity, mode, **more)
    return refused.value.status, refused.value.code, refused.value.message


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/json;odata.metadata=minimal",
        "application/scim+json",
    ],
)
def test_json_objects(content_type: str) -> None:
    assert decode_object(b'{"a": 1}', content_type) == {"a": 1}


@pytest.mark.parametrize(
    ("raw", "content_type", "encoding", "status"),
    [
        (b"{}", None, None, 415),
        (b"{}", "text/plain", None, 415),
        (b"{}", "application/x-www-form-urlencoded", None, 415),
        (b"{}", "application/json", "gzip", 415),
        (b" " * (LARGEST + 1), "application/json", None, 413),
        (b"", "application/json", None, 400),
        (b"[]", "application/json", None, 400),
        (b"null", "application/json", None, 400),
        (b'{"a": 1, "A": 2}', "application/json", None, 400),
        (b'{"a": NaN}', "application/json", None, 400),
        (b'{"a": "\xff"}', "application/json", None, 400),
        (b'{"a": "\\ud800"}', "application/json", None, 400),
        (b"[" * 100_000, "application/json", None, 400),
    ],
)
def test_bodies_that_are_none(raw: bytes, content_type: str | None, encoding: str | None, status: int) -> None:
    with pytest.raises(GraphError) as refused:
        decode_object(raw, content_type, encoding)
    assert refused.value.status == status


def test_an_action_may_come_without_a_body() -> None:
    assert decode_parameters(b"", None) == {}
    assert decode_parameters(b"{}", "application/json") == {}


def test_a_new_user() -> None:
    body = read_body(NEW_USER | {"JOBTITLE": None, "employeeHireDate": "2026-11-20T19:00:00Z"}, USER, Mode.CREATE)
    assert body == Body(
        {
            "accountEnabled": True,
            "displayName": "Åsa",
            "mailNickname": "asa",
            "userPrincipalName": "asa@contoso.example",
            "passwordProfile": {"password": "x" * 20},
            "jobTitle": None,
            "employeeHireDate": datetime(2026, 11, 20, 19, 0, tzinfo=UTC),
        }
    )


@pytest.mark.parametrize(
    "name", ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"]
)
def test_what_a_new_user_has_to_have(name: str) -> None:
    without = {key: value for key, value in NEW_USER.items() if key != name}
    message = f"A value is required for property '{name}' of resource 'User'."
    assert refusal(without, mode=Mode.CREATE) == (400, "Request_BadRequest", message)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"x": 1}, "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        ({"passwordProfile": {"x": 1}}, "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        ({"x@odata.bind": "y"}, "Could not find a property named 'x' on type 'microsoft.graph.user'."),
        *(
            ({name: value}, f"Invalid value specified for property '{name}' of resource 'User'.")
            for name, value in WRONG
        ),
        (
            {"passwordProfile": {"password": 5}},
            "Invalid value specified for property 'passwordProfile/password' of resource 'User'.",
        ),
        *(
            ({name: value}, f"Property '{name}' is read-only and cannot be set on resource 'User'.")
            for name, value in READ_ONLY
        ),
        ({"tenantId": GUID}, "Could not find a property named 'tenantId' on type 'microsoft.graph.user'."),
        ({"roles": ["x"]}, "Could not find a property named 'roles' on type 'microsoft.graph.user'."),
    ],
)
def test_refused_changes(given: dict[str, Any], message: str) -> None:
    current = {"id": "x", "userType": "Guest", "createdDateTime": "2026-11-01T00:00:00Z"}
    assert refusal(given, current=current)[2] == message


def test_choices_are_kept_in_their_own_spelling() -> None:
    assert read_body({"ageGroup": "ADULT"}, USER, Mode.UPDATE).values == {"ageGroup": "Adult"}
    assert read_body(NEW_USER | {"userType": "guest"}, USER, Mode.CREATE).values["userType"] == "Guest"


def test_what_was_read_can_be_written_back() -> None:
    read = {
        "@odata.context": "https://localhost:8443/v1.0/$metadata#users/$entity",
        "id": "x",
        "displayName": "Åsa",
        "identities": [{"signInType": "federated", "issuer": "mail", "issuerAssignedId": None}],
        "deletedDateTime": None,
        "assignedLicenses": [],
        "passwordProfile": None,
        "accountEnabled": True,
        "isResourceAccount": None,
    }
    assert read_body(read, USER, Mode.UPDATE, current=read).values == {"displayName": "Åsa", "accountEnabled": True}
    changed = read | {"identities": []}
    assert (
        refusal(changed, current=read)[2] == "Property 'identities' is read-only and cannot be set on resource 'User'."
    )


def test_an_invitation() -> None:
    given = {
        "invitedUserEmailAddress": "a@b.example",
        "inviteRedirectUrl": "https://b.example/",
        "invitedUserType": "guest",
        "sendInvitationMessage": True,
        "invitedUserMessageInfo": {
            "customizedMessageBody": "Hello\nthere",
            "ccRecipients": [{"emailAddress": {"name": "", "address": "c@b.example"}}],
        },
        "invitedUserSponsors": [{"@odata.type": "#microsoft.graph.user", "id": GUID}],
        "startFresh": True,
    }
    assert read_body(given, INVITATION, Mode.CREATE).values == {
        **given,
        "invitedUserType": "Guest",
        "invitedUserMessageInfo": {
            "customizedMessageBody": "Hello\nthere",
            "ccRecipients": [{"emailAddress": {"name": None, "address": "c@b.example"}}],
        },
        "invitedUserSponsors": [{"id": GUID}],
    }
    assert refusal({"inviteRedirectUrl": "https://b.example/"}, INVITATION, Mode.CREATE) == (
        400,
        "BadRequest",
        "A value is required for property 'invitedUserEmailAddress' of resource 'Invitation'.",
    )
    assert refusal({"invitedUser": {}}, INVITATION, Mode.CREATE)[1] == "BadRequest"
    binds = {"invitedUserSponsors@odata.bind": [f"https://graph.microsoft.com/v1.0/users/{GUID}"]}
    without = {key: value for key, value in given.items() if key != "invitedUserSponsors"}
    assert read_body(without | binds, INVITATION, Mode.CREATE).binds == {"invitedUserSponsors": (GUID,)}


def test_privacy_information_is_changed_by_named_member() -> None:
    given = {
        "@odata.type": "#microsoft.graph.organization",
        "privacyProfile": {"contactEmail": "", "statementUrl": None},
    }
    assert read_body(given, ORGANIZATION, Mode.UPDATE).values == {
        "privacyProfile": {"contactEmail": None, "statementUrl": None}
    }
    one = {"privacyProfile": {"STATEMENTURL": "https://a.example"}}
    assert read_body(one, ORGANIZATION, Mode.UPDATE).values == {"privacyProfile": {"statementUrl": "https://a.example"}}
    assert refusal({"privacyProfile": {"contactEmail": "a" * 300}}, ORGANIZATION)[0] == 400


def test_the_leave_setting() -> None:
    given = {"allowExternalIdentitiesToLeave": False}
    assert read_body(given, EXTERNAL_IDENTITIES_POLICY, Mode.UPDATE).values == given
    assert refusal({"allowExternalIdentitiesToLeave": None}, EXTERNAL_IDENTITIES_POLICY)[0] == 400


def test_parameters_of_actions() -> None:
    assert read_body({}, RESTORE, Mode.CREATE).values == {}
    assert read_body({"securityEnabledOnly": True}, MEMBER_GROUPS, Mode.CREATE).values == {"securityEnabledOnly": True}
    assert refusal({"types": ["user"]}, BY_IDS, Mode.CREATE)[0] == 400
    assert refusal({"ids": [GUID] * 1_001}, BY_IDS, Mode.CREATE)[0] == 400


def test_a_group_with_members() -> None:
    given = {
        "displayName": "Project",
        "mailEnabled": False,
        "mailNickname": "project",
        "securityEnabled": True,
        "groupTypes": [],
        "members@odata.bind": [f"https://localhost:8443/v1.0/users/{GUID}", f"https://x/v1.0/directoryObjects/{GUID}"],
        "OWNERS@odata.bind": f"https://localhost:8443/v1.0/users('{GUID.upper()}')",
    }
    body = read_body(given, GROUP, Mode.CREATE)
    assert body.binds == {"members": (GUID, GUID), "owners": (GUID,)}
    too_many = {"members@odata.bind": [f"https://x/users/{GUID}"] * 21}
    assert refusal(too_many, GROUP)[0] == 400
    assert (
        refusal({"members": []}, GROUP)[2]
        == "Could not find a property named 'members' on type 'microsoft.graph.group'."
    )


@pytest.mark.parametrize(
    "address",
    [
        f"https://graph.microsoft.com/v1.0/directoryObjects/{GUID}",
        f"https://localhost:8443/beta/users/{GUID.upper()}",
        f"https://graph.windows.net/v2/{GUID[::-1]}/directoryObjects/{GUID}/Microsoft.DirectoryServices.User",
        f"users/{GUID}",
        f"https://x/v1.0/directoryObjects('{GUID}')",
    ],
)
def test_references(address: str) -> None:
    assert read_reference({"@odata.type": "#x", "@odata.id": address}) == GUID


@pytest.mark.parametrize(
    "address",
    [
        None,
        5,
        "",
        "x",
        GUID,
        "https://x/users/a@b.example",
        "https://[/users/x",
        f"https://x/users/{GUID}/x",
        "a" * 2_000,
    ],
)
def test_what_is_no_reference(address: object) -> None:
    with pytest.raises(GraphError) as refused:
        reference_id(address)
    assert refused.value.status == 400
    with pytest.raises(GraphError):
        read_reference({"id": GUID})


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["Guest", "2026-11-20T19:00:00Z", GUID, f"https://x/users/{GUID}", ""])
    | st.text(max_size=8),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=8), below, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(
    [
        *(found.name for entity in ENTITIES for found in entity.properties),
        *(f"{name}@odata.bind" for entity in ENTITIES for name in entity.navigations),
        *["@odata.type", "@odata.bind", "x@odata.y"],
    ]
) | st.text(max_size=8)


@settings(max_examples=1_000, deadline=None)
@given(
    given=st.dictionaries(NAMES, VALUES, max_size=5),
    entity=st.sampled_from([*ENTITIES, RESTORE, MEMBER_GROUPS, BY_IDS]),
    mode=st.sampled_from(Mode),
    current=st.dictionaries(NAMES, VALUES, max_size=3),
)
def test_whatever_is_sent_is_checked_or_refused(
    given: dict[str, Any], entity: Entity, mode: Mode, current: dict[str, Any]
) -> None:
    outcome = _outcome(json.dumps(given).encode(errors="surrogatepass"), entity, mode, current)
    if isinstance(outcome, GraphError):
        assert outcome.status == 400
    else:
        assert all(entity.find(name, beta=True) for name in outcome.values)


def _outcome(raw: bytes, entity: Entity, mode: Mode, current: dict[str, Any]) -> Body | GraphError:
    try:
        return read_body(decode_object(raw, "application/json"), entity, mode, beta=True, current=current)
    except GraphError as refused:
        return refused
