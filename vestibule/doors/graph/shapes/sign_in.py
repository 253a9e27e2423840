"""The sign-in log: one event of ours is one row."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vestibule.doors.graph.model.sign_in import DEVICE, LOCATION, SIGN_IN
from vestibule.doors.graph.shapes.wire import Values
from vestibule.rules.actors import Strength
from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason

ENTITY: Final = SIGN_IN
OTHER: Final = (50000, "The sign-in was not completed.")
_CODES: Final[Mapping[tuple[str, str], tuple[int, str]]] = {
    (Reason.PASSWORD_WRONG, ""): (50126, "Invalid username or password."),
    (Reason.CODE_WRONG, ""): (50126, "The code that was entered is not valid."),
    (Reason.CODE_WRONG, "app"): (500121, "The second step of the sign-in failed."),
    (Reason.CODE_WRONG, "recovery"): (500121, "The second step of the sign-in failed."),
    (Reason.ACCOUNT_DISABLED, ""): (50057, "The user account is disabled."),
    (Reason.NOT_FOUND, ""): (50020, "The user account does not exist in the resource tenant."),
    (Reason.WRONG_STAGE, ""): (500341, "The user account has been deleted from the directory."),
    (Reason.WRONG_STAGE, "invited"): (50014, "The invitation has not been accepted yet."),
    (Reason.SECOND_FACTOR_NEEDED, ""): (50076, "A stronger sign-in is needed."),
    (Reason.CONNECT_FORBIDDEN, ""): (500213, "Cross-tenant access settings do not allow this."),
    (Reason.NOT_ALLOWED, "assignment"): (50105, "The signed in user is not assigned to the app."),
    (Reason.NOT_ALLOWED, "consent"): (65001, "The user or an administrator has not consented."),
    (Reason.NOT_ALLOWED, "declined"): (65004, "The user declined."),
}
_UNKNOWN: Final = (50034, "The user account does not exist in the directory.")
_DISABLED_GUEST: Final = (500571, "The guest user account is disabled.")
_CROSS: Final = {Tie.HOME.value: "none", Tie.DIRECT_CONNECT.value: "b2bDirectConnect"}
_STRONG: Final = {Strength.MULTI_FACTOR.value, Strength.PASSKEY.value}


@dataclass(frozen=True, slots=True)
class SignInView:
    """What is shown of one sign-in.

    Attributes:
        event_id: names the row. tenant_id: whose log it stands in. at: when.
        user_id, display_name, upn, user_type: whose account; a label and a pseudonym once their data is removed.
        client_id, app: the program and its name. network: the address; None where it is not known any more.
        reason, why: the code of the refusal and what it says besides; None and empty for success.
        tie: how the account belongs to the organization. home: where it comes from. resource: what it was for.
        on_device: without a browser of ours: by device code, or with a password given to the app.
        strength: of the proof. unknown: the name was of no account.
    """

    event_id: str
    tenant_id: str
    at: datetime
    correlation_id: str
    user_id: str | None
    display_name: str | None
    upn: str | None
    user_type: str | None
    client_id: str
    app: str | None
    network: str | None
    reason: str | None
    why: str
    tie: str
    home: str | None
    resource: str
    on_device: bool
    strength: str
    unknown: bool


def sign_in_values(view: SignInView) -> Values:
    """Every property of the model."""
    code, text = status_of(view)
    strong = view.strength in _STRONG
    return {
        "id": view.event_id,
        "createdDateTime": view.at,
        "userDisplayName": view.display_name,
        "userPrincipalName": None if view.upn is None else view.upn.lower(),
        "userId": view.user_id,
        "appId": view.client_id,
        "appDisplayName": view.app,
        "ipAddress": view.network,
        "clientAppUsed": "Mobile Apps and Desktop clients" if view.on_device else "Browser",
        "correlationId": view.correlation_id,
        "conditionalAccessStatus": "notApplied",
        "isInteractive": True,
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "resourceDisplayName": None,
        "resourceId": None,
        "resourceTenantId": view.resource,
        "homeTenantId": view.home,
        "status": {"errorCode": code, "failureReason": text, "additionalDetails": None},
        "deviceDetail": {member.name: None for member in DEVICE},
        "location": {member.name: None for member in LOCATION},
        "crossTenantAccessType": _CROSS.get(view.tie, "b2bCollaboration"),
        "userType": None if view.user_type is None else view.user_type.lower(),
        "authenticationRequirement": "multiFactorAuthentication" if strong else "singleFactorAuthentication",
    }


def status_of(view: SignInView) -> tuple[int, str]:
    """The number that Microsoft Entra knows the outcome by (0 for success), and a sentence."""
    if view.reason is None:
        return 0, "Other."
    if view.unknown:
        return _UNKNOWN
    if view.reason == Reason.ACCOUNT_DISABLED and view.tie != Tie.HOME:
        return _DISABLED_GUEST
    return _CODES.get((view.reason, view.why)) or _CODES.get((view.reason, "")) or OTHER
