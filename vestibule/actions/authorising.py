"""Rights, asked once for every door: inside the transaction, on the final ids, with what the store says now.

``authorise`` is for units that change something; ``authorise_reading`` asks the same question for reads. Both look
up the actor's directory roles and standing themselves: what a token or session said about them when it was made has
no say here. In a unit the actor's row is guarded, so that a role taken away meanwhile counts.
"""

from dataclasses import dataclass, replace
from typing import Final

from vestibule.rules import lifecycle, rights
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.lifecycle import Tie
from vestibule.rules.policy import GuestAccess, InvitesFrom
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.rights import Here
from vestibule.rules.roles import ANYONE
from vestibule.rules.targets import Anything, OnUser, Target
from vestibule.rules.verbs import Verb
from vestibule.store import groups, hanging, memberships, organizations, role_definitions
from vestibule.store.memberships import Membership
from vestibule.store.organizations import Organization
from vestibule.store.role_definitions import RoleDefinition
from vestibule.store.unit import Reading, Unit

NOTHING: Final[frozenset[str]] = frozenset()
NO_VERBS: Final[frozenset[Verb]] = frozenset()
_TRUSTED: Final = frozenset({ActorKind.SYSTEM, ActorKind.OPERATOR})


@dataclass(frozen=True, slots=True)
class Acting:
    """An actor as the store knows them now.

    Attributes:
        by: the actor with the directory roles held in ``by.tenant_id``.
        membership: their user object there; None for programs, the operator, and people without one.
        here: what rights depend on in the organization that is acted on.
        own_roles: those of their roles that their organization made itself.
        ended: their account cannot sign in any more, so that nothing but what is their own is left to them.
    """

    by: Actor
    membership: Membership | None
    here: Here
    ended: bool = False
    own_roles: tuple[RoleDefinition, ...] = ()


async def authorise(
    unit: Unit,
    by: Actor,
    verb: Verb,
    tenant_id: str,
    target: Membership | None = None,
    *,
    fields: frozenset[str] = NOTHING,
) -> Actor:
    """Insist that ``by`` may do ``verb``, in the unit that does it. Returns the actor with their directory roles.

    Args:
        unit: the unit of the change. by: who acts. verb: what is to be done.
        tenant_id: the organization that is acted on.
        target: the user object that is acted on; None for the organization, a list, or something to be made.
        fields: the properties that are written, by their Graph names, where a right depends on it.

    Raises:
        Refused: NOT_FOUND when they may not know of it (another organization's, for one), NOT_ALLOWED,
            STRONGER_SIGN_IN, INVITING_FORBIDDEN; NEEDS_PERSON for a program; NOT_SIGNED_IN when the actor's own
            account ended meanwhile. The fact ``role`` names the least role that would do.
    """
    if by.kind in _TRUSTED:
        return by
    on = Anything(tenant_id, fields) if target is None else await on_user(unit, target, fields, verb=verb)
    return await authorise_on(unit, by, verb, on)


async def authorise_on(unit: Unit, by: Actor, verb: Verb, on: Target, *, writes: str | None = None) -> Actor:
    """The same for whatever the rules know as a target: a group, an app. Raises as ``authorise``.

    Args:
        unit: the unit of the change. by: who acts. verb: what is to be done. on: what it is done to.
        writes: the user in ``on.tenant_id`` whose membership this unit writes, when ``on`` does not say so.
    """
    if by.kind in _TRUSTED:
        return by
    acting = await acting_as(unit, by, on.tenant_id)
    _insist(acting, verb, on)
    _guard(unit, acting, on.tenant_id, on.user_id if isinstance(on, OnUser) else writes)
    return acting.by


async def authorise_reading(reading: Reading, by: Actor, verb: Verb, on: Target) -> Acting:
    """The same for reads, which guard nothing. Raises as ``authorise``."""
    acting = await acting_as(reading, by, on.tenant_id)
    if by.kind not in _TRUSTED:
        _insist(acting, verb, on)
    return acting


async def is_allowed(reading: Reading, by: Actor, verb: Verb, on: Target) -> bool:
    """The same as a question."""
    try:
        await authorise_reading(reading, by, verb, on)
    except Refused:
        return False
    return True


def insist_own(by: Actor, verb: Verb, target: Membership, *, by_link: bool = False) -> None:
    """Insist on what belongs to the person alone: the token has to grant it, and the user object has to be theirs.

    It asks nothing of the store, since no role and no setting has a say in it.

    Args:
        by: who acts. verb: one of ``rights.OWN_VERBS``. target: the user object.
        by_link: whoever holds the link from the mail, or from the receipt, may act in our own pages without signing
            in; whether they are the one it was sent to is asked where that matters.

    Raises:
        Refused: NEEDS_PERSON for a program; NOT_ALLOWED when the token does not grant it; NOT_FOUND for another
            organization's user object that is not theirs.
    """
    if by.kind in _TRUSTED or (by_link and by.through_pages):
        return
    whose = by.person_id if by_link else target.person_id
    insist_themselves(by, verb, _own_object(target.tenant_id, target.user_id, whose))


def insist_themselves(by: Actor, verb: Verb, on: OnUser | None = None) -> None:
    """Insist on a verb of the person's own where no organization is named, such as the list of organizations.

    Raises:
        Refused: NEEDS_PERSON for a program; NOT_ALLOWED when the token does not grant it.
    """
    anybody = Here(InvitesFrom.NONE, GuestAccess.RESTRICTED, guest=True)
    mine = _own_object(by.tenant_id or "", by.user_id or "", by.person_id)
    rights.insist(replace(by, roles=NOTHING) if by.roles else by, verb, on or mine, anybody)


def _own_object(tenant_id: str, user_id: str, person_id: str | None) -> OnUser:
    return OnUser(tenant_id, user_id, person_id, external=True, roles=NOTHING, in_privileged_group=False)


async def find_user(
    unit: Unit, by: Actor, verb: Verb, tenant_id: str, user_id: str, *, fields: frozenset[str] = NOTHING
) -> tuple[Membership, Actor]:
    """The user object with this id, when ``by`` may do ``verb`` to it, and the actor with their roles.

    An id that leads nowhere is asked about as if it could be anything, so that the answer tells nobody what exists.

    Raises:
        Refused: NOT_FOUND for an unknown id; as ``authorise``.
    """
    found = await memberships.find(unit, tenant_id, user_id)
    actor = await authorise(unit, by, verb, tenant_id, found, fields=fields)
    if found is None:
        raise Refused(Reason.NOT_FOUND, objectId=user_id)
    return found, actor


def grants_roles(actor: Actor) -> bool:
    """Whether an actor, as ``authorise`` returned them, could give directory roles in their organization."""
    if actor.kind in _TRUSTED:
        return True
    anybody = Here(InvitesFrom.NONE, GuestAccess.RESTRICTED, guest=True)
    return rights.why_not(actor, Verb.ASSIGN_ROLE, Anything(actor.tenant_id or ""), anybody) is None


async def acting_as(reading: Reading, by: Actor, tenant_id: str) -> Acting:
    """The actor as the store knows them now, and what rights depend on in the organization ``tenant_id``.

    Raises:
        Refused: NOT_FOUND when there is no such organization.
    """
    organization = await organizations.find(reading, tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    if by.kind is not ActorKind.PERSON or by.tenant_id is None or by.user_id is None:
        return Acting(replace(by, roles=NOTHING), None, _here(organization, guest=by.kind is ActorKind.PERSON))
    own = await memberships.find(reading, by.tenant_id, by.user_id)
    if own is None or not lifecycle.may_sign_in(own.standing, reading.now):
        return Acting(replace(by, roles=NOTHING), own, _here(organization, guest=True), ended=True)
    held = await hanging.roles(reading, own.tenant_id, own.user_id)
    is_guest = own.tenant_id != tenant_id or own.user_type == "Guest"
    made = tuple(await role_definitions.find_many(reading, own.tenant_id, sorted(held - ANYONE)))
    own_verbs = NO_VERBS.union(*(one.verbs for one in made))
    return Acting(
        replace(by, roles=held, own_verbs=own_verbs), own, _here(organization, guest=is_guest), own_roles=made
    )


async def on_user(
    reading: Reading, target: Membership, fields: frozenset[str] = NOTHING, *, verb: Verb | None = None
) -> OnUser:
    """A user object as the rules see it when something is done to it.

    When ``verb`` says what, its roles and groups are looked up only where they have a say.
    """
    matters = verb is None or rights.is_sensitive(verb, fields)
    return OnUser(
        tenant_id=target.tenant_id,
        user_id=target.user_id,
        person_id=target.person_id,
        external=target.standing.tie is not Tie.HOME,
        roles=await hanging.roles(reading, target.tenant_id, target.user_id) if matters else NOTHING,
        in_privileged_group=matters and await groups.is_in_privileged_group(reading, target.tenant_id, target.user_id),
        fields=fields,
    )


def _insist(acting: Acting, verb: Verb, on: Target) -> None:
    if acting.ended and verb not in rights.OWN_VERBS:
        raise Refused(Reason.NOT_SIGNED_IN)
    rights.insist(acting.by, verb, on, acting.here)


def _guard(unit: Unit, acting: Acting, tenant_id: str, written: str | None) -> None:
    """The decision rests on the actor's row, and on the roles that their organization made.

    A unit that writes that row guards it by writing it.
    """
    own = acting.membership
    if own is not None and (own.tenant_id, own.user_id) != (tenant_id, written):
        memberships.guard(unit, own)
    for role in acting.own_roles:
        role_definitions.guard(unit, role)


def _here(organization: Organization, *, guest: bool) -> Here:
    return Here(InvitesFrom(organization.allow_invites_from), GuestAccess(organization.guest_access), guest)
