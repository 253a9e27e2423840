"""From what the store keeps to what is shown: one function per kind of object."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Final

from vestibule.doors.graph.model.property import Is
from vestibule.doors.graph.model.user import BASIC, KNOWN_TO_GUESTS, USER
from vestibule.doors.graph.shapes.group import GroupView
from vestibule.doors.graph.shapes.organization import DomainView, OrganizationView
from vestibule.doors.graph.shapes.user import UserView
from vestibule.ground.clock import parse_iso, to_us
from vestibule.rules import names
from vestibule.rules.lifecycle import Deleted, Invited, Tie
from vestibule.rules.rights import Sight
from vestibule.store.groups import Group
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Domain, Organization
from vestibule.store.users import User

NOTHING_BUT_ID: Final = frozenset({"id"})
_SESSIONS: Final = "signInSessionsValidFromDateTime"
_MOMENTS: Final = frozenset(found.name for found in USER.properties if found.type is Is.TIME)


def user_view(user: User) -> UserView:
    """A user object; a deleted one goes by its id and its old name, so that the name itself is free."""
    membership, profile = user.membership, user.profile
    deleted = membership.stage if isinstance(membership.stage, Deleted) else None
    upn = profile.user_principal_name
    since = profile.attributes.get(_SESSIONS)
    return UserView(
        id=membership.user_id,
        user_principal_name=upn if deleted is None else names.deleted_principal_name(membership.user_id, upn),
        display_name=profile.display_name,
        user_type=profile.user_type or None,
        account_enabled=membership.standing.enabled_here,
        created_at=membership.created_at,
        mail=profile.mail,
        given_name=profile.given_name,
        surname=profile.surname,
        job_title=profile.job_title,
        department=profile.department,
        company_name=profile.company_name,
        preferred_language=profile.preferred_language,
        creation_type=profile.creation_type,
        state=profile.external_user_state,
        state_at=profile.external_user_state_at,
        deleted_at=None if deleted is None else deleted.at,
        sessions_valid_from=_moment(since) or membership.created_at,
        identities=(_identity(membership, upn),),
        attributes=_with_moments(profile.attributes),
    )


def _identity(membership: Membership, upn: str) -> Mapping[str, str | None]:
    """How the user signs in (Graph, *objectIdentity resource type*)."""
    domain = upn.rpartition("@")[2]
    if membership.standing.tie is Tie.HOME:
        return {"signInType": "userPrincipalName", "issuer": domain, "issuerAssignedId": upn}
    stage = membership.stage.was if isinstance(membership.stage, Deleted) else membership.stage
    if isinstance(stage, Invited):
        issuer = domain
    else:
        elsewhere = membership.provider or "mail"
        issuer = elsewhere if membership.home_tenant is None else "ExternalAzureAD"
    return {"signInType": "federated", "issuer": issuer, "issuerAssignedId": None}


def _with_moments(attributes: Mapping[str, Any]) -> Mapping[str, Any]:
    """Moments are kept as they were written; shapes take integer microseconds."""
    texts = [name for name in attributes.keys() & _MOMENTS if isinstance(attributes[name], str)]
    if not texts:
        return attributes
    read = {name: _moment(attributes[name]) for name in texts}
    return {**attributes, **{name: None if moment is None else to_us(moment) for name, moment in read.items()}}


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        return parse_iso(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        return None


def readable_of(sight: Sight) -> AbstractSet[str] | None:
    """The properties of other users that somebody with this sight reads; None for all."""
    match sight:
        case Sight.ALL:
            return None
        case Sight.BASIC:
            return BASIC
        case Sight.KNOWN:
            return KNOWN_TO_GUESTS
        case _:
            return NOTHING_BUT_ID


def group_view(group: Group) -> GroupView:
    """A group."""
    return GroupView(
        id=group.group_id,
        display_name=group.display_name,
        mail_nickname=group.mail_nickname,
        mail_enabled=group.mail_enabled,
        security_enabled=group.security_enabled,
        created_at=group.created_at,
        description=group.description,
        assignable_to_role=group.assignable_to_role,
        group_types=tuple(group.group_types),
        visibility=group.visibility,
        deleted_at=group.deleted_at,
        attributes=group.attributes,
    )


def organization_view(organization: Organization, domains: list[Domain]) -> OrganizationView:
    """An organization with its verified domains."""
    return OrganizationView(
        id=organization.tenant_id,
        display_name=organization.display_name,
        created_at=organization.created_at,
        privacy_contact=organization.privacy_contact,
        privacy_statement=organization.privacy_statement,
        technical_contacts=tuple(organization.technical_contacts),
        country=organization.country or None,
        preferred_language=organization.notification_language,
        domains=tuple(
            DomainView(one.name, one.is_default, one.is_initial) for one in domains if one.verified_at is not None
        ),
        attributes=organization.settings,
    )
