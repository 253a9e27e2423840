"""The sign-in log: how long its rows are kept, which kinds there are, and by which numbers their outcomes are known.

The numbers are those that Microsoft Entra gives (*Microsoft Entra authentication and authorization error codes*), since
what reads such a log elsewhere filters by them. They are written down with the row, so that the database can look for
them.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final, Self

from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason

KEPT_FOR: Final = timedelta(days=30)
"""Older rows are shown to nobody, whether or not they are still there."""


class Kind(StrEnum):
    """Who signed in, and whether anybody sat there (Graph's ``signInEventTypes``)."""

    INTERACTIVE = "interactiveUser"
    NON_INTERACTIVE = "nonInteractiveUser"
    PROGRAM = "servicePrincipal"


class ThroughWhat(StrEnum):
    """What somebody signed in with (Graph's ``clientAppUsed``)."""

    BROWSER = "Browser"
    PROGRAM = "Mobile Apps and Desktop clients"


class Whence(str):
    """The network address that something came from, and what the program there calls itself.

    It is that address wherever only an address is wanted.
    """

    __slots__ = ("agent",)
    agent: str

    def __new__(cls, network: str, agent: str = "") -> Self:
        """An address with what its ``User-Agent`` says; either may be empty."""
        found = super().__new__(cls, network)
        found.agent = agent
        return found


def agent_of(network: str) -> str:
    """What the program at an address calls itself; empty when that is not known."""
    return network.agent if isinstance(network, Whence) else ""


SUCCESS: Final = 0
UNKNOWN_ACCOUNT: Final = 50034
OTHER: Final = 50000
_DISABLED_GUEST: Final = 500571
_NOT_VALID: Final = 50008

_NUMBERS: Final[Mapping[tuple[str, str], int]] = {
    (Reason.PASSWORD_WRONG, ""): 50126,
    (Reason.CODE_WRONG, ""): 50126,
    (Reason.CODE_WRONG, "app"): 500121,
    (Reason.CODE_WRONG, "recovery"): 500121,
    (Reason.CODE_WRONG, "secret"): 7000215,
    (Reason.CODE_WRONG, "assertion"): 700027,
    (Reason.CODE_EXPIRED, ""): 70008,
    (Reason.CODE_EXPIRED, "revoked"): 50173,
    (Reason.ALREADY_THERE, ""): 54005,
    (Reason.ACCOUNT_DISABLED, ""): 50057,
    (Reason.NOT_FOUND, ""): 50020,
    (Reason.WRONG_STAGE, ""): 500341,
    (Reason.WRONG_STAGE, "invited"): 50014,
    (Reason.SECOND_FACTOR_NEEDED, ""): 50076,
    (Reason.CONNECT_FORBIDDEN, ""): 500213,
    (Reason.COLLABORATION_FORBIDDEN, ""): 500213,
    (Reason.NOT_ALLOWED, "assignment"): 50105,
    (Reason.NOT_ALLOWED, "consent"): 65001,
    (Reason.NOT_ALLOWED, "disabledHere"): 7000112,
    (Reason.NOT_ALLOWED, "declined"): 65004,
    (Reason.PROVIDER_REFUSED, ""): _NOT_VALID,
    (Reason.PROVIDER_REFUSED, "declined"): OTHER,
    (Reason.PROVIDER_REFUSED, "off"): 50107,
}

SENTENCES: Final[Mapping[int, str]] = {
    SUCCESS: "Other.",
    OTHER: "The sign-in was not completed.",
    _NOT_VALID: "What the other identity provider answered is not valid.",
    50014: "The invitation has not been accepted yet.",
    50020: "The user account does not exist in the resource tenant.",
    UNKNOWN_ACCOUNT: "The user account does not exist in the directory.",
    50057: "The user account is disabled.",
    50076: "A stronger sign-in is needed.",
    50105: "The signed in user is not assigned to the app.",
    7000112: "The app is disabled in this organization.",
    50107: "The other identity provider is not in use.",
    50126: "Invalid username or password.",
    50173: "The grant was ended.",
    54005: "What was presented had been used before.",
    65001: "The user or an administrator has not consented.",
    65004: "The user declined.",
    70008: "The grant has expired.",
    500121: "The second step of the sign-in failed.",
    500213: "Cross-tenant access settings do not allow this.",
    500341: "The user account has been deleted from the directory.",
    _DISABLED_GUEST: "The guest user account is disabled.",
    700027: "The app's assertion is not valid.",
    7000215: "Invalid client secret provided.",
}
"""What ``failureReason`` says beside a number."""

_DETAILS: Final[Mapping[str, str]] = {
    "app": "The code of the authenticator app was wrong.",
    "recovery": "The recovery code was wrong.",
    "emailedCode": "The code sent by email was wrong.",
    "declined": "The person, or the identity provider, declined.",
    "signature": "The signature of the id_token is not the issuer's.",
    "issuer": "The answer names another issuer.",
    "audience": "The id_token is for somebody else.",
    "nonce": "The id_token belongs to another sign-in.",
    "code": "The identity provider gave no id_token for its code.",
    "document": "The identity provider's answer cannot be read.",
    "entry": "The person proved who they are and did not get in.",
}
"""What ``additionalDetails`` says, by which step failed or why."""


def number_of(reason: str | None, why: str, tie: str) -> int:
    """By which number an outcome is known.

    Args:
        reason: why nobody was signed in; None when somebody was. why: what the refusal says besides.
        tie: how the account belongs to the organization; empty without one.
    """
    if reason is None:
        return SUCCESS
    if reason == Reason.ACCOUNT_DISABLED and tie not in {"", Tie.HOME}:
        return _DISABLED_GUEST
    return _NUMBERS.get((reason, why)) or _NUMBERS.get((reason, "")) or OTHER


def sentence_of(number: int) -> str:
    """What is said beside a number."""
    return SENTENCES.get(number, SENTENCES[OTHER])


def details_of(why: str) -> str | None:
    """What else is known of a failure."""
    return _DETAILS.get(why)


def crossing(tie: str) -> str:
    """Graph's ``crossTenantAccessType`` of an account that belongs to an organization in this way."""
    ways = {"": "none", Tie.HOME.value: "none", Tie.DIRECT_CONNECT.value: "b2bDirectConnect"}
    return ways.get(tie, "b2bCollaboration")
