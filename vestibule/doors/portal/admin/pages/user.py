"""A user's own page: who they are, and what can be done about them. Each tab is an address of its own."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions.asking import REMOVAL, RESTORE
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.held import Held, standing_of
from vestibule.doors.portal.admin.pages import all_users
from vestibule.doors.portal.admin.said import Said, heard
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules import names
from vestibule.rules.lifecycle import Deleted, Invited, Present, Tie, stage_at
from vestibule.rules.person_requests import Kind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.saml import shown_issuer
from vestibule.rules.verbs import Verb
from vestibule.store import activity, providers, requests, user_rows, users
from vestibule.store.memberships import Membership
from vestibule.store.users import User

OVERVIEW, GROUPS, APPS, ROLES = "", "groups", "apps", "roles"
SIGN_INS, AUDIT, LIFE = "sign-ins", "audit", "lifecycle"
TABS: Final = (
    (OVERVIEW, N_("Overview")),
    (GROUPS, N_("Groups")),
    (APPS, N_("Apps")),
    (ROLES, N_("Roles")),
    (SIGN_INS, N_("Sign-ins")),
    (AUDIT, N_("Audit logs")),
    (LIFE, N_("Lifecycle")),
)
"""The tabs: the last part of their address, and their names."""

_PROVIDER_WORDS: Final = frozenset({all_users.HERE, all_users.ELSEWHERE, all_users.EMAIL})
_BUTTONS: Final = (
    Verb.UPDATE_USER,
    Verb.DISABLE,
    Verb.ENABLE,
    Verb.RESET_REDEMPTION,
    Verb.REMOVE,
    Verb.RESTORE,
    Verb.PURGE,
    Verb.ANSWER_REMOVAL,
    Verb.INVITE,
    Verb.SET_HOLD,
    Verb.READ_HOLDS,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands above every tab.

    Attributes:
        deleted: they are among the deleted users, ``until`` when they are gone for good.
        waiting: they have not accepted their invitation. external: their home is elsewhere.
        on_hold: a legal hold stands: nothing about them may be deleted.
        mine: it is who is signed in. may: the names of verbs whose buttons can do anything here.
        tab: which tab is open. tabs: address and name of each.
    """

    user_id: str
    name: str
    email: str
    guest: bool
    external: bool
    enabled: bool
    waiting: bool
    deleted: datetime | None
    until: datetime | None
    on_hold: bool
    mine: bool
    may: frozenset[str]
    tab: str
    tabs: tuple[tuple[str, str, str], ...]
    said: Said | None


@dataclass(frozen=True, slots=True)
class Asking:
    """An open request of this person. ``due``: when it has to be answered."""

    at: datetime
    due: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserView(View):
    """The base of all tabs."""

    head: Head


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage(UserView):
    """*Overview*.

    Attributes:
        facts: label and value of each property that has one. provider: who vouches for them, a word of the catalog
            (``provider_word``) or a name. sponsors: ids and names.
        removal, restore, erasure: what they ask for, while nobody has answered.
        kept: since when a request of theirs is answered with keeping them.
        held: the legal holds that stand, for whoever may know why.
    """

    template: ClassVar[str] = "portal/admin/user.html"
    upn: str
    facts: tuple[tuple[str, str], ...]
    provider: str
    provider_word: bool
    sponsors: tuple[tuple[str, str], ...]
    invited: datetime
    last_sign_in: datetime | None
    removal: Asking | None
    restore: Asking | None
    erasure: Asking | None
    kept: datetime | None
    held: tuple[Held, ...]


FIELDS: Final = (
    ("displayName", N_("Display name")),
    ("givenName", N_("First name")),
    ("surname", N_("Last name")),
    ("mail", N_("Email")),
    ("jobTitle", N_("Job title")),
    ("department", N_("Department")),
    ("companyName", N_("Company")),
    ("officeLocation", N_("Office")),
    ("mobilePhone", N_("Mobile phone")),
    ("preferredLanguage", N_("Preferred language")),
)
"""What can be edited about a user, by Graph's names."""
_FACTS: Final = tuple(field for field in FIELDS if field[0] not in {"displayName", "mail"})
"""What the page shows below the name and the address."""


async def find(admin: Admin) -> User:
    """The user that the address names.

    Raises:
        Refused: NOT_FOUND for nobody, for who is gone for good, and for a deleted user whom this role does not see.
    """
    user_id = names.guid(admin.visit.captured("id"))
    found = None if user_id is None else await users.find(admin.reading, admin.tenant_id, user_id)
    if found is None or not _is_visible(admin, found.membership):
        raise Refused(Reason.NOT_FOUND)
    return found


def _is_visible(admin: Admin, one: Membership) -> bool:
    match stage_at(one.standing, admin.reading.now):
        case Invited() | Present():
            return admin.may(Verb.READ_USERS)
        case Deleted():
            home = one.standing.tie is Tie.HOME
            return admin.may(Verb.READ_DELETED) and not (home and admin.external_only)
        case _:
            return False


def head_of(admin: Admin, user: User, tab: str) -> Head:
    """What stands above the tab."""
    member, profile = user.membership, user.profile
    stage = stage_at(member.standing, admin.reading.now)
    return Head(
        user_id=member.user_id,
        name=profile.display_name,
        email=profile.mail or "",
        guest=profile.user_type == "Guest",
        external=member.standing.tie is not Tie.HOME,
        enabled=member.standing.enabled_here,
        waiting=isinstance(stage, Invited),
        deleted=stage.at if isinstance(stage, Deleted) else None,
        until=stage.purge_due if isinstance(stage, Deleted) else None,
        on_hold=member.standing.held,
        mine=member.user_id == admin.by.user_id,
        may=frozenset(verb.value for verb in _BUTTONS if admin.may(verb)),
        tab=tab,
        tabs=tuple((one, paths.user_tab(member.user_id, one), label) for one, label in TABS),
        said=heard(admin.visit),
    )


async def show(admin: Admin) -> Response:
    """*Overview*."""
    user = await find(admin)
    member = user.membership
    asked = await requests.of_membership(admin.reading, admin.tenant_id, member.user_id)
    removal, restore = asked.get(REMOVAL), asked.get(RESTORE)
    seen = await activity.find(admin.reading, admin.tenant_id, member.user_id)
    sponsors = await user_rows.sponsors_of(admin.reading, admin.tenant_id, [member.user_id])
    provider = await _provider(admin, member)
    return admin.visit.page(
        UserPage(
            head=head_of(admin, user, OVERVIEW),
            upn=user.profile.user_principal_name,
            facts=tuple((label, str(value)) for name, label in _FACTS if (value := value_of(user, name))),
            provider=provider,
            provider_word=provider in _PROVIDER_WORDS,
            sponsors=tuple(sponsors.get(member.user_id, ())),
            invited=member.created_at,
            last_sign_in=None if seen is None else seen.last_at,
            removal=_open(removal),
            restore=_open(restore),
            held=(await standing_of(admin, [member.user_id])).get(member.user_id, ()),
            erasure=_open(asked.get(Kind.ERASURE)),
            kept=removal.answered_at if removal is not None and removal.answer == "kept" else None,
        )
    )


def _open(request: requests.GuestRequest | None) -> Asking | None:
    return None if request is None or request.answer is not None else Asking(request.asked_at, request.answer_due)


def value_of(user: User, name: str) -> str:
    """A property as text, by Graph's name; empty without a value."""
    columns = {
        "displayName": user.profile.display_name,
        "givenName": user.profile.given_name,
        "surname": user.profile.surname,
        "jobTitle": user.profile.job_title,
        "department": user.profile.department,
        "companyName": user.profile.company_name,
        "mail": user.profile.mail,
        "preferredLanguage": user.profile.preferred_language,
    }
    value = columns[name] if name in columns else user.profile.attributes.get(name)
    return str(value) if value else ""


async def _provider(admin: Admin, member: Membership) -> str:
    """Who vouches for them: a word of the catalog, or a provider's name."""
    if member.standing.tie is Tie.HOME:
        return all_users.HERE
    if member.person_id is None:
        return ""
    if member.home_tenant is not None:
        return all_users.ELSEWHERE
    if member.provider is None:
        return all_users.EMAIL
    known = await providers.everyone(admin.reading, admin.tenant_id)
    return next((one.display_name for one in known if shown_issuer(one.issuer) == member.provider), member.provider)
