"""The life of a guest in one organization.

    invited --redeem--> present --leave, remove--> deleted --purge--> purged --erase--> erased
       +------------------remove-------------------^   |
                  invited or present <----restore------+
    direct connect:      present --leave, remove--------------------> purged --erase--> erased

* A deleted guest can be restored, with groups and permissions, for 30 × 86,400 seconds, to the millisecond.
* A purge cannot be undone. An administrator may ask for it; otherwise it falls due when the 30 days end.
* Removing the guest's data starts with the purge and ends within 30 days of it.
* A direct connect user has no user object: leaving is the purge, and there is no restore.
* While a legal hold stands nothing is purged and nothing erased; both follow when the last one is lifted. A hold keeps
  data, never access: leaving, removing, disabling and the 30 days go on as ever.

Nothing here reads a clock, a database or a request. Time comes in as ``now``, and each move goes back to the
caller as a ``Move`` to carry out. Whether something is still good is decided from time and state at the
moment of use; a worker that comes late, or never, changes nothing about the answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

RESTORABLE_FOR = timedelta(seconds=30 * 86_400)
REMOVAL_TAKES_AT_MOST = timedelta(seconds=30 * 86_400)


class Tie(StrEnum):
    """How a person belongs to an organization."""

    HOME = "home"
    GUEST = "guest"
    EXTERNAL_MEMBER = "externalMember"
    DIRECT_CONNECT = "directConnect"


class Cause(StrEnum):
    """Why a membership ended."""

    LEFT = "left"
    REMOVED = "removed"
    DECLINED = "declined"
    INVITATION_EXPIRED = "invitationExpired"
    REVIEWED = "accessReview"


@dataclass(frozen=True, slots=True)
class Invited:
    """Asked in; has not answered yet."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Present:
    """Here. ``since`` is the redemption, or the creation for members and direct connect users."""

    since: datetime


@dataclass(frozen=True, slots=True)
class Deleted:
    """Gone from the organization, restorable until ``purge_due``; ``was`` is what a restore returns."""

    at: datetime
    purge_due: datetime
    cause: Cause
    was: Invited | Present


@dataclass(frozen=True, slots=True)
class Purged:
    """Gone for good; the data goes next and is gone by ``removal_due``."""

    at: datetime
    removal_due: datetime
    cause: Cause


@dataclass(frozen=True, slots=True)
class Erased:
    """Nothing of the person is left here."""

    at: datetime


Stage = Invited | Present | Deleted | Purged | Erased


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need to know of one membership.

    Attributes:
        tie: how the person belongs to the organization.
        stage: where in the life they are.
        enabled_here: the organization has not disabled the account.
        enabled_at_home: the home organization has not disabled it (True when the person has no home here).
        held: a legal hold stands, so that nothing about them may be deleted.
        released_at: when the last hold was lifted; None when there never was one. What it kept from being deleted
            counts from then.
    """

    tie: Tie
    stage: Stage
    enabled_here: bool = True
    enabled_at_home: bool = True
    held: bool = False
    released_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """One step of a life: what was, what is next, and when it happened."""

    verb: Verb
    before: Standing
    after: Standing
    at: datetime


def why_not_leave(guest: Standing, now: datetime, *, guests_may_leave: bool, only_administrator: bool) -> Reason | None:
    """Why this person may not leave on their own, or None.

    The same answer words the Leave link and refuses the request. The reasons are asked in this order.
    """
    if guest.tie is Tie.HOME:
        return Reason.HOME_ORGANIZATION
    if not isinstance(stage_at(guest, now), Present):
        return Reason.WRONG_STAGE
    if not (guest.enabled_here and guest.enabled_at_home):
        return Reason.ACCOUNT_DISABLED
    if not guests_may_leave:
        return Reason.ORGANIZATION_FORBIDS
    if only_administrator:
        return Reason.ONLY_ADMINISTRATOR
    return None


def redeem(guest: Standing, now: datetime) -> Move:
    """The invited person accepts. Raises Refused when nothing waits to be accepted or the account is disabled."""
    if not isinstance(guest.stage, Invited):
        raise Refused(Reason.WRONG_STAGE)
    if not (guest.enabled_here and guest.enabled_at_home):
        raise Refused(Reason.ACCOUNT_DISABLED)
    return _move(Verb.REDEEM, guest, Present(since=now), now)


def leave(guest: Standing, now: datetime, *, guests_may_leave: bool, only_administrator: bool) -> Move:
    """The person goes on their own. Raises Refused with the reason of ``why_not_leave``."""
    why_not = why_not_leave(guest, now, guests_may_leave=guests_may_leave, only_administrator=only_administrator)
    if why_not is not None:
        raise Refused(why_not)
    return _move(Verb.LEAVE, guest, gone(guest, now, Cause.LEFT), now)


def remove(guest: Standing, now: datetime, *, cause: Cause = Cause.REMOVED, verb: Verb = Verb.REMOVE) -> Move:
    """The organization takes the user object away, restorably. ``verb`` names a special way (decline, expiry)."""
    if not isinstance(guest.stage, Invited | Present):
        raise Refused(Reason.WRONG_STAGE)
    return _move(verb, guest, gone(guest, now, cause), now)


def restore(guest: Standing, now: datetime) -> Move:
    """Back to what was before the deletion; refused from ``purge_due`` on, whether or not a worker has run."""
    match guest.stage:
        case Deleted() as deleted if now < deleted.purge_due:
            return _move(Verb.RESTORE, guest, deleted.was, now)
        case Deleted():
            raise Refused(Reason.TOO_LATE)
        case _:
            raise Refused(Reason.WRONG_STAGE)


def purge(guest: Standing, now: datetime, *, asked: bool) -> Move:
    """Gone for good: because an administrator asked, or because time did (``asked=False``).

    A purge that time asks for happens at its due time, however late somebody comes to write it down; one that a hold
    kept from happening, when that was lifted. Raises Refused (WRONG_STAGE, TOO_EARLY, TOO_LATE, ON_HOLD).
    """
    if not isinstance(guest.stage, Deleted):
        raise Refused(Reason.WRONG_STAGE)
    overdue = now >= guest.stage.purge_due
    if not (asked or overdue):
        raise Refused(Reason.TOO_EARLY)
    if asked and overdue:
        raise Refused(Reason.TOO_LATE)
    at = freed(guest, guest.stage.purge_due) if overdue else now
    return _move(Verb.PURGE, guest, Purged(at, at + REMOVAL_TAKES_AT_MOST, guest.stage.cause), at)


def purge_again(guest: Standing, now: datetime) -> Move:
    """Gone for good, as they were already before an older backup brought them back: from whatever stage it knows.

    Raises Refused (WRONG_STAGE) when it knows of the purge. A hold that the backup knows was lifted before the purge
    that it does not know; it has to be taken away first.
    """
    if isinstance(guest.stage, Purged | Erased):
        raise Refused(Reason.WRONG_STAGE)
    cause = guest.stage.cause if isinstance(guest.stage, Deleted) else Cause.REMOVED
    return _move(Verb.PURGE, guest, Purged(now, now + REMOVAL_TAKES_AT_MOST, cause), now)


def erase(guest: Standing, now: datetime) -> Move:
    """The last trace is gone. Raises Refused (WRONG_STAGE, ON_HOLD)."""
    if not isinstance(guest.stage, Purged):
        raise Refused(Reason.WRONG_STAGE)
    return _move(Verb.ERASE, guest, Erased(now), now)


def disable(guest: Standing, now: datetime) -> Move:
    """The organization blocks the account."""
    return _switch(Verb.DISABLE, guest, now, enabled=False)


def enable(guest: Standing, now: datetime) -> Move:
    """The organization unblocks the account."""
    return _switch(Verb.ENABLE, guest, now, enabled=True)


def stage_at(guest: Standing, now: datetime) -> Stage:
    """The stage as time has made it: a deleted guest whose 30 days are over counts as purged at that moment."""
    match guest.stage:
        case Deleted() as deleted if now >= deleted.purge_due:
            at = freed(guest, deleted.purge_due)
            return Purged(at, at + REMOVAL_TAKES_AT_MOST, deleted.cause)
        case stage:
            return stage


def freed(guest: Standing, at: datetime) -> datetime:
    """The moment from which something that was due at ``at`` could happen: then, or when the last hold was lifted."""
    return at if guest.released_at is None else max(at, guest.released_at)


def may_sign_in(guest: Standing, now: datetime) -> bool:
    """Only someone who is present, and enabled here and at home, gets in."""
    return isinstance(stage_at(guest, now), Present) and guest.enabled_here and guest.enabled_at_home


def due(guest: Standing) -> tuple[datetime, Verb] | None:
    """What time alone will ask of this membership, and when; nothing while a hold stands."""
    match guest.stage:
        case _ if guest.held:
            return None
        case Deleted(purge_due=purge_due):
            return freed(guest, purge_due), Verb.PURGE
        case Purged(at=at):
            return freed(guest, at), Verb.ERASE
        case _:
            return None


def gone(guest: Standing, now: datetime, cause: Cause) -> Deleted | Purged:
    """Where a membership goes when it ends: restorable for 30 days, or at once for good when there is no user object.

    Raises Refused (WRONG_STAGE) when there is nothing to end.
    """
    if guest.tie is Tie.DIRECT_CONNECT:
        return Purged(now, now + REMOVAL_TAKES_AT_MOST, cause)
    if not isinstance(guest.stage, Invited | Present):
        raise Refused(Reason.WRONG_STAGE)
    return Deleted(now, now + RESTORABLE_FOR, cause, was=guest.stage)


def restorable_until(stage: Stage) -> datetime | None:
    """The moment from which a restore is refused; None when there is nothing to restore."""
    return stage.purge_due if isinstance(stage, Deleted) else None


def data_removed_by(stage: Stage) -> datetime | None:
    """The latest moment at which data of the person may still be here; None while they belong here."""
    match stage:
        case Deleted(purge_due=purge_due):
            return purge_due + REMOVAL_TAKES_AT_MOST
        case Purged(removal_due=removal_due):
            return removal_due
        case _:
            return None


def ends_access(move: Move) -> bool:
    """Whether every session, code and token of this organization dies with the move (the epoch goes up).

    Named by what keeps access, so that a verb added later ends it unless somebody decides otherwise. A restore
    brings no old session back: the deletion before it has already raised the epoch.
    """
    return move.verb not in {Verb.REDEEM, Verb.ENABLE, Verb.RESTORE}


def _switch(verb: Verb, guest: Standing, now: datetime, *, enabled: bool) -> Move:
    if not isinstance(guest.stage, Invited | Present):
        raise Refused(Reason.WRONG_STAGE)
    if guest.enabled_here is enabled:
        raise Refused(Reason.ALREADY_THERE)
    return Move(verb, guest, replace(guest, enabled_here=enabled), now)


def is_final(before: Stage, after: Stage) -> bool:
    """Whether a step lets data be deleted: a deleted user is purged, or a purged one erased.

    A direct connect user who leaves is purged at once, which ends their access; the hold keeps their data from the
    step after it.
    """
    return isinstance(after, Erased) or (isinstance(after, Purged) and isinstance(before, Deleted))


def _move(verb: Verb, before: Standing, stage: Stage, at: datetime) -> Move:
    """The one place where a step comes to be: whatever a verb asks for, nothing final passes a hold."""
    if before.held and is_final(before.stage, stage):
        raise Refused(Reason.ON_HOLD)
    return Move(verb, before, replace(before, stage=stage), at)
