"""The sign-in log: one row of ours is one row."""

from dataclasses import dataclass
from typing import Final

from vestibule.doors.graph.model.sign_in import DEVICE, LOCATION, SIGN_IN
from vestibule.doors.graph.shapes.wire import Values
from vestibule.rules import sign_ins as rules
from vestibule.rules.actors import Strength
from vestibule.rules.sign_ins import Kind
from vestibule.store.sign_ins import SignIn

ENTITY: Final = SIGN_IN
_COUNTRY: Final = "countryOrRegion"
_STRONG: Final = {Strength.MULTI_FACTOR.value, Strength.PASSKEY.value}
_METHODS: Final = {
    Strength.EMAILED_CODE.value: "Email one-time passcode",
    Strength.PASSWORD.value: "Password",
    Strength.FEDERATED.value: "Federated",
    Strength.MULTI_FACTOR.value: "Password and a second factor",
    Strength.PASSKEY.value: "Passkey",
}


@dataclass(frozen=True, slots=True)
class SignInView:
    """What is shown of one sign-in.

    Attributes:
        row: what is kept. display_name, upn, user_type: whose account; a pseudonym once their data is removed.
        app: the program's name. service_principal: its own id, when it signed in as itself.
        network, agent: from where, and what the program there calls itself; None where that is not known (any more).
    """

    row: SignIn
    display_name: str | None
    upn: str | None
    user_type: str | None
    app: str | None
    service_principal: str | None
    network: str | None
    agent: str | None


def sign_in_values(view: SignInView) -> Values:
    """Every property of the model."""
    row = view.row
    program = row.kind == Kind.PROGRAM
    return {
        "id": row.sign_in_id,
        "createdDateTime": row.at,
        "userDisplayName": view.display_name,
        "userPrincipalName": None if view.upn is None else view.upn.lower(),
        "userId": row.user_id,
        "appId": row.client_id,
        "appDisplayName": view.app,
        "ipAddress": view.network,
        "clientAppUsed": row.through,
        "userAgent": view.agent,
        "correlationId": row.correlation_id,
        "conditionalAccessStatus": "notApplied",
        "appliedConditionalAccessPolicies": [],
        "isInteractive": row.kind == Kind.INTERACTIVE,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes_v2": [],
        "resourceDisplayName": row.resource_name or None,
        "resourceId": row.resource_id or None,
        "resourceTenantId": row.resource_tenant,
        "homeTenantId": row.home_tenant,
        "servicePrincipalId": view.service_principal,
        "servicePrincipalName": view.app if program else None,
        "status": _status(row),
        "deviceDetail": _device(row),
        "location": {member.name: row.country if member.name == _COUNTRY else None for member in LOCATION},
        "crossTenantAccessType": row.crossing,
        "userType": None if view.user_type is None else view.user_type.lower(),
        "signInEventTypes": [row.kind],
        "authenticationRequirement": _requirement(row),
        "authenticationDetails": _authentication(row),
        "tokenIssuerType": "AzureAD",
        "isTenantRestricted": False,
    }


def _status(row: SignIn) -> Values:
    """Entra's number for the outcome, 0 for success, with what is known besides."""
    return {
        "errorCode": row.error_code,
        "failureReason": rules.sentence_of(row.error_code),
        "additionalDetails": rules.details_of(row.why),
    }


def _device(row: SignIn) -> Values:
    known = {"browser": row.browser, "operatingSystem": row.operating_system}
    return {member.name: known.get(member.name) for member in DEVICE}


def _requirement(row: SignIn) -> str:
    return "multiFactorAuthentication" if row.strength in _STRONG else "singleFactorAuthentication"


def _authentication(row: SignIn) -> list[Values]:
    """How the person proved who they are, as far as one is said to have been."""
    method = _METHODS.get(row.strength)
    if method is None or row.kind != Kind.INTERACTIVE:
        return []
    return [
        {
            "authenticationMethod": method,
            "authenticationStepDateTime": row.at,
            "authenticationStepRequirement": "Primary authentication",
            "succeeded": row.error_code == rules.SUCCESS,
        }
    ]
