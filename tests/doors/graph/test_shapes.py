"""Whole answers, octet for octet as clients get them."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from vestibule.doors.graph.bodies import Mode, read_body
from vestibule.doors.graph.model import USER
from vestibule.doors.graph.model.audit import DIRECTORY_AUDIT
from vestibule.doors.graph.model.user import BASIC, KNOWN_TO_GUESTS
from vestibule.doors.graph.shapes.audit import (
    AppInitiator,
    ChangeView,
    EventView,
    TargetView,
    UserInitiator,
    audit_rows,
    event_of,
    row_id,
)
from vestibule.doors.graph.shapes.group import GROUPS, GroupView
from vestibule.doors.graph.shapes.invitation import INVITATIONS, InvitationView
from vestibule.doors.graph.shapes.organization import ORGANIZATIONS, READABLE_BY_GUESTS, DomainView, OrganizationView
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.doors.graph.shapes.policies import EXTERNAL_IDENTITIES, ExternalIdentitiesView
from vestibule.doors.graph.shapes.user import USERS, UserView
from vestibule.doors.graph.shapes.wire import Metadata, Wire, as_sent, encoded, wanted_metadata
from vestibule.ground.clock import to_us
from vestibule.rules.activities import EVENTS, Service, TargetType
from vestibule.rules.filters import Compare, Op, Some, matches
from vestibule.rules.sids import sid_of

START = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
WIRE = Wire("https://localhost:8443", "v1.0")
ADELE = UserView(
    id="5d9f4d1c-8a3b-4c7e-9f60-3f8f1f0a2b4c",
    user_principal_name="adele_contoso.example#EXT#@fabrikam.example",
    display_name="Adele Vance",
    user_type="Guest",
    account_enabled=True,
    created_at=START,
    mail="adele@contoso.example",
    creation_type="Invitation",
    state="Accepted",
    state_at=START,
    identities=({"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None},),
    attributes={
        "mailNickname": "adele_contoso.example#EXT#",
        "otherMails": ["adele@contoso.example"],
        "proxyAddresses": ["SMTP:adele@contoso.example"],
        "employeeHireDate": to_us(START),
    },
)


def test_a_user_with_the_default_properties() -> None:
    answer = WIRE.single("users", WIRE.item(USER, USERS.values(ADELE)))
    assert json.loads(encoded(answer)) == {
        "@odata.context": "https://localhost:8443/v1.0/$metadata#users/$entity",
        "id": "5d9f4d1c-8a3b-4c7e-9f60-3f8f1f0a2b4c",
        "businessPhones": [],
        "displayName": "Adele Vance",
        "givenName": None,
        "jobTitle": None,
        "mail": "adele@contoso.example",
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": None,
        "surname": None,
        "userPrincipalName": "adele_contoso.example#EXT#@fabrikam.example",
    }


def test_selected_properties_in_the_order_asked_for() -> None:
    select = ("userType", "externalUserState", "externalUserStateChangeDateTime", "employeeHireDate", "otherMails")
    answer = WIRE.listed("users", [USERS.values(ADELE, select)], select, count=7, next_link="https://next")
    assert encoded(answer) == (
        b'{"@odata.context":"https://localhost:8443/v1.0/$metadata#users'
        b'(userType,externalUserState,externalUserStateChangeDateTime,employeeHireDate,otherMails)",'
        b'"@odata.count":7,"@odata.nextLink":"https://next","value":[{"userType":"Guest","externalUserState":"Accepted",'
        b'"externalUserStateChangeDateTime":"2026-11-20T19:00:00Z","employeeHireDate":"2026-11-20T19:00:00Z",'
        b'"otherMails":["adele@contoso.example"]}]}'
    )


def test_a_deleted_user_says_what_it_is() -> None:
    values = WIRE.item(USER, USERS.values(ADELE, more=["deletedDateTime"]), typed=True)
    assert list(values)[:2] == ["@odata.type", "id"]
    assert values["@odata.type"] == "#microsoft.graph.user"
    assert values["deletedDateTime"] is None


def test_less_for_those_who_may_read_less() -> None:
    assert set(USERS.values(ADELE, readable=BASIC)) == {
        "id", "displayName", "givenName", "mail", "surname", "userPrincipalName"
    }  # fmt: skip
    assert list(USERS.values(ADELE, ["userType", "jobTitle"], readable=KNOWN_TO_GUESTS)) == ["userType"]


def test_secrets_are_answered_as_null() -> None:
    assert USERS.values(ADELE, ["passwordProfile"]) == {"passwordProfile": None}


def test_every_property_of_the_model_can_be_answered() -> None:
    everything = USERS.everything(ADELE, beta=True)
    assert list(everything) == [each.name for each in USER.properties]
    assert "refreshTokensValidFromDateTime" not in USERS.everything(ADELE)
    for each in USER.properties:
        assert isinstance(everything[each.name], list) is each.many


def test_what_was_answered_can_be_written_back() -> None:
    sent = as_sent(USERS.everything(ADELE, beta=True))
    changed = read_body(sent, USER, Mode.UPDATE, beta=True, current=sent).values
    assert changed["displayName"] == "Adele Vance"
    assert changed["employeeHireDate"] == START
    assert "id" not in changed


def test_a_getter_has_a_property() -> None:
    with pytest.raises(ValueError, match="shoeSize"):
        Shape(USER, {"shoeSize": lambda view: view})


def test_how_much_an_answer_says_about_itself() -> None:
    assert wanted_metadata(None) is Metadata.MINIMAL
    assert wanted_metadata("text/plain, application/json;odata.metadata=NONE;q=0.9") is Metadata.NONE
    assert wanted_metadata("application/json;odata.metadata=everything") is Metadata.MINIMAL
    none = Wire("https://o", "beta", Metadata.NONE)
    assert none.listed("users", [none.item(USER, {"id": "x"}, typed=True)], count=1) == {
        "@odata.count": 1,
        "value": [{"id": "x"}],
    }
    full = Wire("https://o", "beta", Metadata.FULL)
    assert full.item(USER, {"id": "x"}) == {
        "@odata.type": "#microsoft.graph.user",
        "@odata.id": "https://o/beta/directoryObjects/x",
        "id": "x",
    }
    assert "odata.metadata=full;" in full.content_type
    assert WIRE.scalar("Edm.Boolean", value=True) == {
        "@odata.context": "https://localhost:8443/v1.0/$metadata#Edm.Boolean",
        "value": True,
    }


def test_a_group() -> None:
    group_id = "019b76da-a801-7000-b7d4-ca0b88997178"
    view = GroupView(group_id, "Project", "project", mail_enabled=False, security_enabled=True, created_at=START)
    values = GROUPS.values(view)
    assert values["id"] == group_id
    assert values["securityIdentifier"] == sid_of(group_id)
    assert values["groupTypes"] == []
    assert values["securityEnabled"] is True
    assert values["isAssignableToRole"] is False
    assert values["proxyAddresses"] == []
    assert "assignedLabels" not in values


def test_an_organization() -> None:
    view = OrganizationView(
        id="t",
        display_name="Woodgrove",
        created_at=START,
        privacy_contact="privacy@woodgrove.example",
        technical_contacts=("it@woodgrove.example",),
        domains=(DomainView("woodgrove.example", is_default=True, is_initial=True),),
    )
    values = ORGANIZATIONS.values(view)
    assert values["privacyProfile"] == {"contactEmail": "privacy@woodgrove.example", "statementUrl": None}
    assert values["technicalNotificationMails"] == ["it@woodgrove.example"]
    assert values["assignedPlans"] == []
    assert values["verifiedDomains"][0]["isInitial"] is True
    assert ORGANIZATIONS.values(view, readable=READABLE_BY_GUESTS) == {"id": "t", "displayName": "Woodgrove"}


def test_an_invitation() -> None:
    view = InvitationView(
        id="i",
        redeem_url="https://localhost:8443/invitations/x",
        email="ann@contoso.example",
        redirect_url="https://fabrikam.example/",
        user_id="u",
    )
    assert INVITATIONS.values(view) == {
        "id": "i",
        "inviteRedeemUrl": "https://localhost:8443/invitations/x",
        "invitedUserDisplayName": None,
        "invitedUserEmailAddress": "ann@contoso.example",
        "invitedUserType": "Guest",
        "resetRedemption": False,
        "sendInvitationMessage": False,
        "status": "PendingAcceptance",
        "inviteRedirectUrl": "https://fabrikam.example/",
        "invitedUserMessageInfo": {
            "messageLanguage": None,
            "ccRecipients": [{"emailAddress": {"name": None, "address": None}}],
            "customizedMessageBody": None,
        },
        "invitedUser": {"id": "u"},
    }


def test_the_leave_setting() -> None:
    values = EXTERNAL_IDENTITIES.values(ExternalIdentitiesView(guests_may_leave=True))
    assert values == {
        "id": "externalIdentityPolicy",
        "deletedDateTime": None,
        "displayName": "External Identities Policy",
        "description": "Whether external identities may leave the organization on their own.",
        "allowDeletedIdentitiesDataRemoval": False,
        "allowExternalIdentitiesToLeave": True,
    }


EVENT_ID = "0193524a-3f5e-7c8a-9b1c-2d3e4f5a6b7c"
LEFT = EventView(
    event_id=EVENT_ID,
    type="membership.leave",
    at=START,
    succeeded=True,
    correlation_id="c",
    by=UserInitiator("u", "Adele Vance", "adele@fabrikam.example", "192.0.2.7"),
    targets=(TargetView("u", "Adele Vance", "adele@fabrikam.example"),),
    changes=(ChangeView("AccountEnabled", [True], [False]),),
    details=(("User-Agent", "curl"),),
)


def test_a_leave_shows_as_two_rows_with_one_correlation() -> None:
    first, second = audit_rows(LEFT)
    assert (first["activityDisplayName"], second["activityDisplayName"]) == ("Delete user", "Delete external user")
    assert first["correlationId"] == second["correlationId"] == "c"
    assert first["loggedByService"] == "Core Directory"
    assert second["loggedByService"] == "Invited Users"
    for row in (first, second):
        assert {"key": "selfService", "value": "true"} in row["additionalDetails"]
        assert (row["result"], row["resultReason"]) == ("success", "")
        assert row["initiatedBy"]["user"]["id"] == "u"
        assert row["initiatedBy"]["app"] is None
    assert first["targetResources"] == [
        {
            "id": "u",
            "displayName": "Adele Vance",
            "type": "User",
            "userPrincipalName": "adele@fabrikam.example",
            "groupType": None,
            "modifiedProperties": [
                {"displayName": "AccountEnabled", "oldValue": "[true]", "newValue": "[false]"},
                {"displayName": "Is Hard Deleted", "oldValue": None, "newValue": '"False"'},
            ],
        }
    ]


def test_a_refused_leave_shows_as_one_row_with_the_reason() -> None:
    refused = EventView(
        event_id=EVENT_ID,
        type="membership.leave",
        at=START,
        succeeded=False,
        reason="organizationForbids",
        correlation_id="c",
        by=AppInitiator("a", "Portal"),
        targets=(TargetView("u"),),
    )
    [row] = audit_rows(refused)
    assert row["activityDisplayName"] == "Delete user"
    assert (row["result"], row["resultReason"]) == ("failure", "organizationForbids")
    assert row["initiatedBy"]["app"]["appId"] == "a"
    assert row["targetResources"][0]["modifiedProperties"] == []


@pytest.mark.parametrize("of_type", EVENTS)
def test_every_event_can_be_shown(of_type: str) -> None:
    facts = frozenset(row.needs for row in EVENTS[of_type])
    target = TargetView("t", type=TargetType.GROUP)
    event = EventView(EVENT_ID, of_type, START, True, "c", LEFT.by, (target,), facts=facts)
    shown = audit_rows(event)
    assert len({row["id"] for row in shown}) == len(shown) == len(EVENTS[of_type])
    for number, row in enumerate(shown):
        assert list(row) == [each.name for each in DIRECTORY_AUDIT.properties]
        assert event_of(row["id"]) == (EVENT_ID, number)
        assert json.loads(encoded(row))["activityDateTime"] == "2026-11-20T19:00:00Z"


def test_ids_of_rows() -> None:
    assert row_id(Service.INVITED, EVENT_ID, 1) == f"Invited Users_{EVENT_ID}_1"
    for nonsense in ("", "x", EVENT_ID, f"Directory_{EVENT_ID}", f"Directory_{EVENT_ID}_100", f"_{EVENT_ID}_1"):
        assert event_of(nonsense) is None


def test_rows_can_be_asked_with_a_filter() -> None:
    row: Mapping[str, Any] = audit_rows(LEFT)[0]
    assert matches(Compare(("initiatedBy", "user", "id"), Op.EQ, "U"), row)
    assert matches(Compare(("activityDateTime",), Op.GE, START), row)
    assert matches(Some(("targetResources",), Compare(("id",), Op.EQ, "u")), row)
