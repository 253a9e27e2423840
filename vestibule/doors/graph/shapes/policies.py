"""Policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from vestibule.doors.graph.model.policies import AUTHORIZATION_POLICY, EXTERNAL_IDENTITIES_POLICY, TERMS_OF_USE
from vestibule.doors.graph.shapes.picking import Shape
from vestibule.store.terms import Terms


@dataclass(frozen=True, slots=True)
class ExternalIdentitiesView:
    """The leave setting."""

    guests_may_leave: bool
    removes_data_of_deleted_identities: bool = False


EXTERNAL_IDENTITIES: Final[Shape[ExternalIdentitiesView]] = Shape(
    EXTERNAL_IDENTITIES_POLICY,
    {
        "id": lambda _view: "externalIdentityPolicy",
        "displayName": lambda _view: "External Identities Policy",
        "description": lambda _view: "Whether external identities may leave the organization on their own.",
        "allowDeletedIdentitiesDataRemoval": attrgetter("removes_data_of_deleted_identities"),
        "allowExternalIdentitiesToLeave": attrgetter("guests_may_leave"),
    },
)


@dataclass(frozen=True, slots=True)
class AuthorizationView:
    """Who may invite guests, and how much these may read, in Graph's words."""

    invites_from: str
    guest_access: str


_MEMBERS_MAY: Final[Mapping[str, object]] = {
    "allowedToCreateApps": False,
    "allowedToCreateSecurityGroups": False,
    "allowedToCreateTenants": False,
    "allowedToReadBitlockerKeysForOwnedDevice": False,
    "allowedToReadOtherUsers": True,
    "permissionGrantPoliciesAssigned": [],
}
"""What members without a role may do here; see ``rules.rights``."""

AUTHORIZATION: Final[Shape[AuthorizationView]] = Shape(
    AUTHORIZATION_POLICY,
    {
        "id": lambda _view: "authorizationPolicy",
        "displayName": lambda _view: "Authorization Policy",
        "description": lambda _view: "Who may invite guests, and how much of the directory guests may read.",
        "allowedToSignUpEmailBasedSubscriptions": lambda _view: False,
        "allowedToUseSSPR": lambda _view: False,
        "allowEmailVerifiedUsersToJoinOrganization": lambda _view: False,
        "allowInvitesFrom": attrgetter("invites_from"),
        "allowUserConsentForRiskyApps": lambda _view: False,
        "blockMsolPowerShell": lambda _view: False,
        "defaultUserRolePermissions": lambda _view: dict(_MEMBERS_MAY),
        "guestUserRoleId": attrgetter("guest_access"),
    },
)


@dataclass(frozen=True, slots=True)
class TermsView:
    """The edition of the terms of use that is in force; None when there never was one."""

    terms: Terms | None


def _documents(view: TermsView) -> list[dict[str, str | None]]:
    kept = {} if view.terms is None else view.terms.documents
    return [
        {"language": language, "text": one.get("text"), "link": one.get("link")}
        for language, one in sorted(kept.items())
    ]


TERMS: Final[Shape[TermsView]] = Shape(
    TERMS_OF_USE,
    {
        "id": lambda _view: "termsOfUse",
        "version": lambda view: 0 if view.terms is None else view.terms.edition,
        "changedDateTime": lambda view: None if view.terms is None else view.terms.made_at,
        "documents": _documents,
    },
)
