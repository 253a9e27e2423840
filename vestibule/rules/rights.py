"""Who may do what: one question for every door, asked on the final id, inside the transaction.

    why_not(by, verb, on, here) -> a reason, or None

* The worker and the operator at the command line may do everything.
* A person may do what is their own: leave, redeem, decline, ask, read themselves.
* Beyond it a person needs a role (``roles.py``), or owns the group or app, or is a member who reads. Coming with a
  token, they also need a permission that grants the verb: the token and the person must both allow it.
* A program without a person needs an application permission (``permissions.py``).
* What could take an account over or away depends on the roles of the one it is done to.
* No role takes effect on an emailed code alone: that proves a mailbox, not a person (NIST SP 800-63B).
* Who may not know that something exists hears NOT_FOUND; everybody else hears NOT_ALLOWED.

The whole answer is written out in ``tests/nothing_forgotten/who_may_what.txt``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from vestibule.rules import permissions, roles
from vestibule.rules.actors import Actor, ActorKind, Strength
from vestibule.rules.policy import GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything as Anything
from vestibule.rules.targets import OnApp as OnApp
from vestibule.rules.targets import OnGroup as OnGroup
from vestibule.rules.targets import OnReview as OnReview
from vestibule.rules.targets import OnUser as OnUser
from vestibule.rules.targets import Target as Target
from vestibule.rules.targets import fields_of
from vestibule.rules.verbs import Verb

STRONG: Final = frozenset({Strength.PASSWORD, Strength.FEDERATED, Strength.MULTI_FACTOR, Strength.PASSKEY})
"""Sign-ins on which directory roles take effect."""

OWN_VERBS: Final = frozenset(
    {
        Verb.REDEEM,
        Verb.DECLINE,
        Verb.BLOCK_INVITATIONS,
        Verb.ASK_INVITATION,
        Verb.CONNECT,
        Verb.LEAVE,
        Verb.ASK_REMOVAL,
        Verb.ASK_RESTORE,
        Verb.ASK_ERASURE,
        Verb.WITHDRAW_ERASURE,
        Verb.FILE_DATA_REQUEST,
        Verb.WITHDRAW_DATA_REQUEST,
        Verb.COLLECT_DATA_COPY,
        Verb.SIGN_IN,
        Verb.CONSENT,
        Verb.ACCEPT_TERMS,
        Verb.DECLINE_TERMS,
        Verb.ADD_SIGN_IN_METHOD,
        Verb.CHANGE_SIGN_IN_METHOD,
        Verb.REMOVE_SIGN_IN_METHOD,
        Verb.READ_SELF,
        Verb.READ_OWN_ORGANIZATIONS,
    }
)
"""What belongs to the person alone, in whatever organization; no role gives it over somebody else."""

OWN_TOO: Final = frozenset(
    {
        Verb.SIGN_OUT_EVERYWHERE,
        Verb.SET_PASSWORD,
        Verb.UPDATE_USER,
        Verb.READ_USERS,
        Verb.READ_SHARED,
        Verb.REMOVE_SHARED,
    }
)
"""What people do to themselves without a role, and administrators to others."""

GROUP_OWNER_VERBS: Final = frozenset(
    {
        Verb.READ_GROUPS,
        Verb.UPDATE_GROUP,
        Verb.DELETE_GROUP,
        Verb.ADD_MEMBER,
        Verb.REMOVE_MEMBER,
        Verb.ADD_OWNER,
        Verb.REMOVE_OWNER,
    }
)
AS_THE_APP: Final = frozenset({Verb.CHANGE_APP_CREDENTIALS, Verb.ADD_APP_OWNER})
"""What lets somebody act as an app: give it a secret of their own, or an owner who can."""

APP_OWNER_VERBS: Final = frozenset(
    {
        Verb.READ_APPS,
        Verb.CREATE_APP,
        Verb.UPDATE_APP,
        Verb.DELETE_APP,
        Verb.RESTORE_APP,
        Verb.CHANGE_APP_CREDENTIALS,
        Verb.ADD_APP_OWNER,
        Verb.REMOVE_APP_OWNER,
        Verb.END_APP_SIGN_INS,
    }
)
"""What owners do with an app that is there; what they create is its service principal."""

REVIEWER_VERBS: Final = frozenset({Verb.READ_REVIEWS, Verb.DECIDE_REVIEW})
"""What people do in a review that asks them, without a role."""

REVIEW_OWNER_VERBS: Final = frozenset(  # written out, so that it never grows with what roles may
    {
        Verb.READ_REVIEWS,
        Verb.CREATE_REVIEW,
        Verb.UPDATE_REVIEW,
        Verb.DELETE_REVIEW,
        Verb.STOP_REVIEW,
        Verb.REMIND_REVIEWERS,
        Verb.DECIDE_REVIEW,
        Verb.APPLY_REVIEW,
    }
)
"""What owners do with reviews of their own group, where the organization lets them."""

OPERATOR_VERBS: Final = frozenset(
    {
        Verb.CREATE_ORGANIZATION,
        Verb.EXPIRE_INVITATION,
        Verb.ERASE,
        Verb.END_DATA_REQUEST,
        Verb.START_REVIEW,
        Verb.MAKE_HISTORY,
        Verb.SEND_DIGEST,
        Verb.WARN_OF_REMOVALS,
        Verb.RESTORE_BACKUP,
    }
)
"""What nobody may ask for at a door, since no role and no permission has it: the operator or time does it."""

AS_READING: Final[Mapping[Verb, Verb]] = {
    Verb.EXPORT_LIST: Verb.READ_USERS,
    Verb.SUBSCRIBE: Verb.READ_USERS,
    Verb.RENEW_SUBSCRIPTION: Verb.READ_USERS,
    Verb.UNSUBSCRIBE: Verb.READ_USERS,
    Verb.DOWNLOAD_HISTORY: Verb.READ_REVIEWS,
}
"""What whoever may read may do with what they read: held by no role of its own, and asked with the verb of reading.

That depends on what is read; here stands one with which it is asked.
"""

AS_MEMBER: Final = "invitedUserType"
"""The field that an invitation for an external *member* writes; it takes a Global Administrator."""

_INVITING: Final = frozenset({Verb.INVITE, Verb.REINVITE})
_READ_BY_ALL: Final = frozenset({Verb.READ_USERS, Verb.READ_GROUPS, Verb.READ_APPS, Verb.READ_ROLES})
_READ_GROUPS_TOO: Final = _READ_BY_ALL | {Verb.READ_DELETED_GROUPS}
_READ_BY_EVERYBODY_HERE: Final = frozenset({Verb.READ_ORGANIZATION, Verb.READ_DOMAINS})
READ_AS_MEMBER: Final = _READ_BY_ALL | _READ_BY_EVERYBODY_HERE
"""What members read without any role."""
_GRANTING: Final = frozenset({Verb.ASSIGN_APP_ROLE, Verb.UNASSIGN_APP_ROLE, Verb.GRANT_SCOPES, Verb.REVOKE_SCOPES})
_GRANT_API: Final = frozenset({roles.GLOBAL_ADMINISTRATOR, roles.PRIVILEGED_ROLE_ADMINISTRATOR})
_INVITERS: Final = frozenset(role for role, verbs in roles.ROLE_VERBS.items() if Verb.INVITE in verbs)


@dataclass(frozen=True, slots=True)
class Here:
    """What rights depend on in the organization that is acted on.

    Attributes:
        invites: who may invite.
        access: how much guests may read.
        guest: the actor is a guest here (userType Guest), or no user of this organization.
    """

    invites: InvitesFrom
    access: GuestAccess
    guest: bool


# --- The question --------------------------------------------------------------------------------------------------


def why_not(by: Actor, verb: Verb, on: Target, here: Here) -> Reason | None:
    """Return why ``by`` may not do ``verb`` on ``on``, or None when they may.

    Whether the target's stage and the organization's settings allow it is asked elsewhere (``lifecycle``, ``policy``).
    """
    match by.kind:
        case ActorKind.SYSTEM | ActorKind.OPERATOR:
            return None
        case ActorKind.APP:
            return _why_not_app(by, verb, on, here)
        case ActorKind.PERSON:
            return _why_not_person(by, verb, on, here)


def insist(by: Actor, verb: Verb, on: Target, here: Here) -> None:
    """Do nothing when ``by`` may do ``verb`` on ``on``.

    Raises:
        Refused: with the reason of ``why_not``; the fact ``role`` is the template id of the least role that would do.
    """
    reason = why_not(by, verb, on, here)
    if reason is not None:
        raise Refused(reason, role=None if reason is Reason.NOT_FOUND else roles.LEAST_ROLE.get(verb))


def reaches_members(by: Actor, verb: Verb) -> bool:
    """Whether the right to ``verb`` reaches internal users too; if not, a list must leave them out.

    True for programs, the worker and the operator.
    """
    if by.kind is not ActorKind.PERSON:
        return True
    widest = effective_roles(by) - roles.EXTERNAL_ONLY
    return verb in own_verbs(by) or any(verb in roles.ROLE_VERBS[role] for role in widest)


def effective_roles(by: Actor) -> frozenset[str]:
    """Return the built-in roles that take effect: none on an emailed code alone."""
    if by.kind is ActorKind.PERSON and by.strength not in STRONG:
        return frozenset()
    return by.roles & roles.ANYONE


def own_verbs(by: Actor) -> frozenset[Verb]:
    """What the organization's own roles let them do; nothing on an emailed code alone."""
    return frozenset() if by.kind is ActorKind.PERSON and by.strength not in STRONG else by.own_verbs


def role_verbs(by: Actor) -> frozenset[Verb]:
    """What all roles that take effect let them do together, to somebody or something at least."""
    return own_verbs(by).union(*(roles.ROLE_VERBS[role] for role in effective_roles(by)))


def may_hand_on(by: Actor) -> frozenset[Verb]:
    """What somebody may put into a role that they make: nothing that they may not do themselves.

    A person by their roles; a program by its permissions over everything, not those over what is its own.
    """
    if by.kind is ActorKind.PERSON:
        return role_verbs(by)
    if by.kind is not ActorKind.APP:
        return frozenset(Verb)
    return frozenset(verb for verb in Verb if permissions.granting(by.permissions, verb, delegated=False, own=False))


# --- How much a reader sees ----------------------------------------------------------------------------------------


class Sight(IntEnum):
    """How much of other users a reader sees; each step includes those before it."""

    NOTHING = 0
    SELF = 1  # only themselves
    KNOWN = 2  # others by id, a few properties
    BASIC = 3  # lists, basic properties
    ALL = 4


def sight(by: Actor, here: Here) -> Sight:
    """Return how much of the organization's users ``by`` may read: what the token allows or the person, the lesser."""
    match by.kind:
        case ActorKind.SYSTEM | ActorKind.OPERATOR:
            return Sight.ALL
        case ActorKind.APP:
            return _token_sight(by.permissions, delegated=False)
        case ActorKind.PERSON:
            token = Sight.ALL if by.through_pages else _token_sight(by.scopes, delegated=True)
            return min(token, _standing_sight(by, here, Verb.READ_USERS))


def sees_everybody(by: Actor, here: Here) -> bool:
    """Whether somebody sees who is in the organization as who they are here, whatever their program may read of them.

    True for programs, the worker and the operator.
    """
    return by.kind is not ActorKind.PERSON or _standing_sight(by, here, Verb.READ_USERS) >= Sight.BASIC


def _token_sight(names: frozenset[str], *, delegated: bool) -> Sight:
    granted = permissions.granting(names, Verb.READ_USERS, delegated=delegated, own=False)
    if any(not permission.basic for permission in granted):
        return Sight.ALL
    if granted:
        return Sight.BASIC
    own = permissions.granting(names, Verb.READ_USERS, delegated=delegated, own=True)
    return Sight.SELF if own else Sight.NOTHING


def _standing_sight(by: Actor, here: Here, verb: Verb) -> Sight:
    """What somebody sees as who they are here, whatever program they use."""
    if verb in role_verbs(by):
        return Sight.ALL
    if by.user_id is None:
        return Sight.SELF
    if not here.guest or here.access is GuestAccess.AS_MEMBER:
        return Sight.ALL
    return Sight.KNOWN if here.access is GuestAccess.LIMITED else Sight.SELF


# --- People --------------------------------------------------------------------------------------------------------


def _why_not_person(by: Actor, verb: Verb, on: Target, here: Here) -> Reason | None:
    reason = _why_not_as_signed_in(by, verb, on, here)
    if reason is None or by.strength in STRONG:
        return reason
    stronger = replace(by, strength=Strength.MULTI_FACTOR)
    return Reason.STRONGER_SIGN_IN if _why_not_as_signed_in(stronger, verb, on, here) is None else reason


def _why_not_as_signed_in(by: Actor, verb: Verb, on: Target, here: Here) -> Reason | None:
    own = _is_own(by, on)
    if on.tenant_id != by.tenant_id and not (own and verb in OWN_VERBS):
        return Reason.NOT_FOUND
    if not _token_grants(by, verb, on):
        return Reason.NOT_ALLOWED
    if own and (verb in OWN_VERBS or (verb in OWN_TOO and fields_of(on) <= roles.SELF_FIELDS)):
        return None
    if verb in _INVITING:
        return _why_no_person_invites(by, on, here)
    if _may_without_role(by, verb, on, here) or _some_role_allows(by, verb, on):
        return None
    return Reason.NOT_FOUND if _is_hidden(by, on, here) else Reason.NOT_ALLOWED


def _is_own(by: Actor, on: Target) -> bool:
    """Whether it is the person's own user object, here or in another organization."""
    return isinstance(on, OnUser) and (
        (by.person_id is not None and on.person_id == by.person_id)
        or (by.user_id is not None and on.user_id == by.user_id and on.tenant_id == by.tenant_id)
    )


def _is_hidden(by: Actor, on: Target, here: Here) -> bool:
    """Whether the person may not know of this object: it then looks like an id that leads to nothing."""
    return (
        not isinstance(on, Anything)
        and not _is_own(by, on)
        and _standing_sight(by, here, Verb.READ_USERS) <= Sight.SELF
    )


def _why_no_person_invites(by: Actor, on: Target, here: Here) -> Reason | None:
    held = effective_roles(by)
    if here.invites is InvitesFrom.NONE:
        return Reason.INVITING_FORBIDDEN
    if AS_MEMBER in fields_of(on) and roles.GLOBAL_ADMINISTRATOR not in held:
        return Reason.NOT_ALLOWED
    if held & _INVITERS or Verb.INVITE in own_verbs(by) or (by.user_id and here.invites is InvitesFrom.EVERYONE):
        return None
    member = by.user_id and not here.guest
    return None if member and here.invites is InvitesFrom.ADMINS_INVITERS_AND_MEMBERS else Reason.INVITING_FORBIDDEN


def _may_without_role(by: Actor, verb: Verb, on: Target, here: Here) -> bool:
    """Owners manage their group or app; members read; a limited guest reads what it knows the id of."""
    match on:
        case OnGroup(owned=True, role_assignable=privileged) if verb in GROUP_OWNER_VERBS:
            if not privileged or by.strength in STRONG:  # being in such a group can be as good as a role
                return True
        case OnApp(owned=True, powerful=powerful) if verb in APP_OWNER_VERBS:
            if not (powerful and verb in AS_THE_APP) or by.strength in STRONG:
                return True
        case OnReview(reviewer=True) if verb in REVIEWER_VERBS:
            return True
        case OnReview(owned=True) if verb in REVIEW_OWNER_VERBS:
            return True
    if verb in _READ_BY_EVERYBODY_HERE:
        return by.user_id is not None
    least = Sight.BASIC if isinstance(on, Anything) else Sight.KNOWN
    return verb in _READ_BY_ALL and _standing_sight(by, here, verb) >= least


def _some_role_allows(by: Actor, verb: Verb, on: Target) -> bool:
    return _own_role_allows(by, verb, on) or any(_role_allows(role, verb, on) for role in effective_roles(by))


def _own_role_allows(by: Actor, verb: Verb, on: Target) -> bool:
    """Whether a role that the organization made allows it.

    Such a role never reaches as far as a built-in one: no groups that may hold roles, nothing that lets somebody act
    as a powerful app or grants permissions of this API, and only users without an admin role.
    """
    if verb not in own_verbs(by):
        return False
    match on:
        case OnGroup(role_assignable=True):
            return verb in _READ_GROUPS_TOO
        case OnApp(grants_api=True) if verb in _GRANTING:
            return False
        case OnApp(powerful=True) if verb in AS_THE_APP:
            return False
        case OnReview(of_role=True):
            return verb is Verb.READ_REVIEWS
        case OnUser():
            return _own_role_reaches(verb, on)
        case _:
            return True


def _own_role_reaches(verb: Verb, on: OnUser) -> bool:
    if verb is Verb.UPDATE_USER:
        return on.fields.isdisjoint(roles.SENSITIVE_FIELDS)
    return not is_sensitive(verb, on.fields) or (on.roles <= roles.WITHOUT_POWER and not on.in_privileged_group)


def _role_allows(role: str, verb: Verb, on: Target) -> bool:
    match on:
        case OnGroup(role_assignable=True) if verb not in _READ_GROUPS_TOO:
            return verb in roles.ROLE_GROUP_VERBS.get(role, frozenset())
        case OnApp(grants_api=True) if verb in _GRANTING:
            return role in _GRANT_API
        case OnApp(powerful=True) if verb in AS_THE_APP:
            return role in _GRANT_API
        case OnReview(of_role=True) if verb is not Verb.READ_REVIEWS:
            return role in roles.REVIEW_ROLES and verb in roles.ROLE_VERBS[role]
        case OnReview(of_role=False) if role in roles.REVIEWS_ROLES_ONLY:
            return False
        case OnUser():
            return _role_reaches(role, verb, on)
        case _:
            return verb in roles.ROLE_VERBS[role]


# --- Programs ------------------------------------------------------------------------------------------------------


def _why_not_app(by: Actor, verb: Verb, on: Target, here: Here) -> Reason | None:
    if verb in OWN_VERBS:
        return Reason.NEEDS_PERSON
    if on.tenant_id != by.tenant_id:
        return Reason.NOT_FOUND
    if verb is Verb.DECIDE_REVIEW:
        return Reason.NEEDS_PERSON
    if not _token_grants(by, verb, on):
        return Reason.NOT_ALLOWED
    if verb in _INVITING:
        return _why_no_app_invites(by, on, here)
    if isinstance(on, OnUser) and is_sensitive(verb, on.fields) and not _app_reaches(by, verb, on):
        return Reason.NOT_ALLOWED
    if isinstance(on, OnApp) and on.powerful and verb in AS_THE_APP and not (on.owned or _grants_api(by)):
        return Reason.NOT_ALLOWED
    return None


def _grants_api(by: Actor) -> bool:
    """Whether a program could give itself whatever permission another program has."""
    return bool(permissions.granting(by.permissions, Verb.ASSIGN_APP_ROLE, delegated=False, own=False))


def _why_no_app_invites(by: Actor, on: Target, here: Here) -> Reason | None:
    """A program invites unless nobody may; where only admins and inviters may, it takes the permission to invite."""
    strict = here.invites is InvitesFrom.ADMINS_AND_INVITERS and permissions.INVITE_ALL not in by.permissions
    if here.invites is InvitesFrom.NONE or strict:
        return Reason.INVITING_FORBIDDEN
    creates = permissions.granting(by.permissions, Verb.CREATE_USER, delegated=False, own=False)
    return Reason.NOT_ALLOWED if AS_MEMBER in fields_of(on) and not creates else None


def _app_reaches(by: Actor, verb: Verb, on: OnUser) -> bool:
    """A program acts on people without any role, or by a role of its own.

    A program that may give and take roles decides on those of a deleted user too: it restores or purges them. It
    could also take the roles away first, so it removes and switches whomever a User Administrator may.
    """
    if not on.roles and not on.in_privileged_group:
        return True
    if permissions.ROLE_MANAGEMENT in by.permissions and _gives_roles_and_reaches(verb, on):
        return True
    return any(_role_reaches(role, verb, on) for role in effective_roles(by))


def _gives_roles_and_reaches(verb: Verb, on: OnUser) -> bool:
    if verb in {Verb.RESTORE, Verb.PURGE}:
        return True
    return verb in {Verb.REMOVE, Verb.DISABLE, Verb.ENABLE} and _role_reaches(roles.USER_ADMINISTRATOR, verb, on)


# --- Shared --------------------------------------------------------------------------------------------------------


def is_sensitive(verb: Verb, fields: frozenset[str]) -> bool:
    """Whether it matters for ``verb`` which roles the user holds to whom it is done, or in which groups they are.

    ``fields``: the properties that are written, by their Graph names.
    """
    if verb is Verb.UPDATE_USER:
        return not fields.isdisjoint(roles.SENSITIVE_FIELDS)
    return verb in roles.SENSITIVE_VERBS


def _role_reaches(role: str, verb: Verb, on: OnUser) -> bool:
    """Whether a role allows ``verb`` on this very user: by where they come from, and their own roles and groups."""
    if verb not in roles.ROLE_VERBS[role] or (role in roles.EXTERNAL_ONLY and not on.external):
        return False
    if verb is Verb.UPDATE_USER and not roles.may_write(role, on.fields):
        return False
    if not is_sensitive(verb, on.fields):
        return True
    too_high = on.in_privileged_group and role not in roles.REACHES_PRIVILEGED_GROUPS
    return not too_high and roles.reaches(role, verb, on.roles)


def _is_readers_or_reviewers(verb: Verb, on: OnReview) -> bool:
    """Whether it takes no role away by itself: looking at a review, or answering what one is asked."""
    return verb is Verb.READ_REVIEWS or (on.reviewer and verb in REVIEWER_VERBS)


def _token_grants(by: Actor, verb: Verb, on: Target) -> bool:
    """Whether the token's permissions let the program do it; in our own pages there is no program in between."""
    if by.through_pages:
        return True
    delegated = by.kind is ActorKind.PERSON
    names = by.scopes if delegated else by.permissions
    own = _is_own(by, on) if delegated else isinstance(on, OnApp) and on.owned
    granted = permissions.granting(names, verb, delegated=delegated, own=own)
    if isinstance(on, OnGroup) and on.role_assignable and verb not in _READ_GROUPS_TOO:
        return bool(granted) and permissions.ROLE_MANAGEMENT in names
    if isinstance(on, OnReview) and on.of_role and not _is_readers_or_reviewers(verb, on):
        return bool(granted) and permissions.ROLE_MANAGEMENT in names
    return permissions.covers(granted, fields_of(on)) if verb is Verb.UPDATE_USER else bool(granted)
