"""The user."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from vestibule.doors.graph.model.user import USER
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.rules.sids import sid_of


@dataclass(frozen=True, slots=True)
class UserView:
    """What is shown of a membership with its profile.

    Attributes:
        id: the user object's id.
        state, state_at: PendingAcceptance or Accepted, and since when; None for whoever was not invited.
        deleted_at: when the user was deleted; None while they belong here.
        sessions_valid_from: tokens that are older are dead.
        identities: ``{"signInType", "issuer", "issuerAssignedId"}`` each.
        activity: when they signed in last; None when that was not asked for, or they never did.
        attributes: every other property by its name; moments as integer microseconds.
    """

    id: str
    user_principal_name: str
    display_name: str
    user_type: str | None
    account_enabled: bool
    created_at: datetime
    mail: str | None = None
    given_name: str | None = None
    surname: str | None = None
    job_title: str | None = None
    department: str | None = None
    company_name: str | None = None
    preferred_language: str | None = None
    creation_type: str | None = None
    state: str | None = None
    state_at: datetime | None = None
    deleted_at: datetime | None = None
    sessions_valid_from: datetime | None = None
    identities: tuple[Mapping[str, str | None], ...] = ()
    activity: Mapping[str, Any] | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


USERS: Final[Shape[UserView]] = Shape(
    USER,
    {
        "id": attrgetter("id"),
        "displayName": attrgetter("display_name"),
        "givenName": attrgetter("given_name"),
        "surname": attrgetter("surname"),
        "jobTitle": attrgetter("job_title"),
        "department": attrgetter("department"),
        "companyName": attrgetter("company_name"),
        "mail": attrgetter("mail"),
        "preferredLanguage": attrgetter("preferred_language"),
        "userPrincipalName": attrgetter("user_principal_name"),
        "userType": attrgetter("user_type"),
        "accountEnabled": attrgetter("account_enabled"),
        "createdDateTime": attrgetter("created_at"),
        "deletedDateTime": attrgetter("deleted_at"),
        "creationType": attrgetter("creation_type"),
        "externalUserState": attrgetter("state"),
        "externalUserStateChangeDateTime": attrgetter("state_at"),
        "securityIdentifier": lambda view: sid_of(view.id),
        "identities": lambda view: list(view.identities),
        "signInActivity": attrgetter("activity"),
        "signInSessionsValidFromDateTime": attrgetter("sessions_valid_from"),
        "refreshTokensValidFromDateTime": attrgetter("sessions_valid_from"),
    },
    attrgetter("attributes"),
)
