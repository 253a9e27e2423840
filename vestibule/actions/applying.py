"""What was decided in an access review is done: who was denied loses access, or is blocked and deleted later.

Applying is asked for once, and written down then; each person's part of it is a transaction of its own, so that it
may be killed at any point and goes on where it was. Who is blocked is deleted when the time is over, restorably as
by any deletion, unless an administrator unblocked them meanwhile.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from vestibule.actions import assigning, group_members, journal, removing
from vestibule.actions.authorising import on_user
from vestibule.actions.carry_out import attempt, carry_out
from vestibule.actions.house import House
from vestibule.actions.reviewing import find_instance, meaning_of, role_name, tell
from vestibule.rules import lifecycle, reviews, roles
from vestibule.rules.actors import Actor, system
from vestibule.rules.lifecycle import Cause, Invited, Present, Tie
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.reviews import BLOCKED_FOR, Over, Result, Scope, State
from vestibule.rules.verbs import Verb
from vestibule.store import apps, group_assignments, groups, holdings, memberships, review_decisions
from vestibule.store import reviews as kept
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Unit

_AT_ONCE: Final = 200


async def apply_decisions(house: House, *, tenant_id: str, review_id: str, instance_id: str, by: Actor) -> Instance:
    """Ask for the decisions of an instance that is over to be applied; time does it next.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; WRONG_STAGE while it is open, or when it was asked for already.
    """

    async def work(unit: Unit) -> Instance:
        review, instance = await find_instance(unit, by, Verb.APPLY_REVIEW, tenant_id, review_id, instance_id)
        over = not reviews.is_open(instance.stage, instance.ends_at, unit.now) and reviews.is_last(
            instance.stage, instance.until, instance.ends_at
        )
        if instance.stage not in {State.OPEN, State.CLOSED} or not over:
            raise Refused(Reason.WRONG_STAGE, why="review", objectId=instance_id)
        after = replace(instance, state=State.APPLYING.value, remind_at=None, due_at=unit.now, applied_by=by.user_id)
        saved = kept.save_instance(unit, instance, after)
        await tell(house, unit, Verb.APPLY_REVIEW, review, review, by=by, instance=saved)
        return saved

    return await attempt(house, Verb.APPLY_REVIEW, work, by=by, tenant_id=tenant_id)


async def apply_due(house: House, *, tenant_id: str, instance_id: str) -> list[tuple[datetime, Verb, str]]:
    """Do what was decided in an instance, person by person. Returns what was done to whom, and when."""
    reading = await house.store.read()
    instance = await kept.find_instance(reading, tenant_id, instance_id)
    if instance is None or instance.stage is not State.APPLYING or instance.due_at is None:
        return []
    at = instance.due_at
    done: list[tuple[datetime, Verb, str]] = []
    while found := await review_decisions.pending(await house.store.read(), tenant_id, instance_id, _AT_ONCE):
        for one in found:
            done += [(at, *each) for each in await _apply(house, one, at)]
    if await _done_with(house, tenant_id, instance_id):
        done.append((at, Verb.APPLY_REVIEW, instance.review_id))
    return done


async def delete_due(house: House, *, tenant_id: str, instance_id: str, decision_id: str) -> datetime | None:
    """Time deletes somebody who was blocked long enough. Returns when that was, or None when they are not deleted."""

    async def work(unit: Unit) -> datetime | None:
        found = await review_decisions.find(unit, tenant_id, instance_id, decision_id)
        if found is None or found.blocked_until is None or unit.now < found.blocked_until:
            return None
        at = found.blocked_until
        review_decisions.save(unit, found, replace(found, blocked_until=None))
        await _finish_with(unit, found)
        guest = await memberships.find(unit, tenant_id, found.user_id)
        if guest is None or guest.standing.enabled_here or not isinstance(guest.stage, Invited | Present):
            return None  # unblocked meanwhile, or gone in another way
        await removing.end(house, unit, guest, by=system(), cause=Cause.REVIEWED, at=at)
        return at

    return await house.change(work)


async def _finish_with(unit: Unit, last: Decided) -> None:
    """The instance is applied with the last deletion; that nobody else thinks they are the last, each writes it."""
    instance = await kept.find_instance(unit, last.tenant_id, last.instance_id)
    if instance is None:
        return
    done = instance.due_at is None and await review_decisions.left(unit, last.tenant_id, last.instance_id) == 1
    applied = replace(instance, state=State.APPLIED.value) if done else instance
    kept.save_instance(unit, instance, applied)


# --- Person by person -------------------------------------------------------------------------------------------------


async def _apply(house: House, one: Decided, at: datetime) -> list[tuple[Verb, str]]:
    """One person's part. Returns what was done, beside saying that it is."""

    async def work(unit: Unit) -> list[tuple[Verb, str]]:
        instance = await kept.find_instance(unit, one.tenant_id, one.instance_id)
        review = None if instance is None else await kept.find(unit, one.tenant_id, instance.review_id)
        found = await review_decisions.find(unit, one.tenant_id, one.instance_id, one.decision_id)
        if instance is None or review is None or found is None or found.result != Result.NEW.value:
            return []
        meant = meaning_of(review)
        if not found.denies(meant.settings.otherwise):
            review_decisions.save(unit, found, replace(found, result=Result.DONE.value, applied_at=at))
            return []
        guest = await memberships.find(unit, one.tenant_id, one.user_id)
        if guest is None or not isinstance(guest.stage, Invited | Present):
            review_decisions.save(unit, found, replace(found, result=Result.GONE.value, applied_at=at))
            return []
        if meant.settings.blocks:
            return await _block(house, unit, review, found, guest, at)
        return await _take_access(house, unit, review, meant.scope, instance, found, guest, at)

    return await house.change(work)


async def _block(
    house: House, unit: Unit, review: Review, found: Decided, guest: Membership, at: datetime
) -> list[tuple[Verb, str]]:
    """Block a guest until they are deleted. Members, and guests with power over others, are left to administrators."""
    if await _is_left_alone(unit, guest):
        memberships.guard(unit, guest)
        review_decisions.save(unit, found, replace(found, result=Result.NOT_SUPPORTED.value, applied_at=at))
        return []
    done: list[tuple[Verb, str]] = []
    if guest.standing.enabled_here:
        guest = await carry_out(house, unit, guest, lifecycle.disable(guest.standing, at), by=system())
        done.append((Verb.DISABLE, guest.user_id))
    else:
        memberships.guard(unit, guest)
    until = at + BLOCKED_FOR
    review_decisions.save(unit, found, replace(found, result=Result.DONE.value, applied_at=at, blocked_until=until))
    await _tell(house, unit, review, found, guest, at)
    return done


async def _is_left_alone(unit: Unit, guest: Membership) -> bool:
    """Members, and guests with power over others, are blocked and deleted by administrators alone."""
    on = await on_user(unit, guest)
    powerful = on.in_privileged_group or not on.roles <= roles.WITHOUT_POWER
    return guest.standing.tie is Tie.HOME or powerful


async def _delete(
    house: House, unit: Unit, review: Review, found: Decided, guest: Membership, at: datetime
) -> list[tuple[Verb, str]]:
    """Where everybody is looked at, access is being a guest at all: who is denied is deleted, restorably."""
    if await _is_left_alone(unit, guest):
        memberships.guard(unit, guest)
        review_decisions.save(unit, found, replace(found, result=Result.NOT_SUPPORTED.value, applied_at=at))
        return []
    review_decisions.save(unit, found, replace(found, result=Result.DONE.value, applied_at=at))
    guest = await removing.end(house, unit, guest, by=system(), cause=Cause.REVIEWED, at=at)
    await _tell(house, unit, review, found, guest, at)
    return [(Verb.REMOVE, guest.user_id)]


async def _take_access(
    house: House,
    unit: Unit,
    review: Review,
    scope: Scope,
    instance: Instance,
    found: Decided,
    guest: Membership,
    at: datetime,
) -> list[tuple[Verb, str]]:
    """Take away what was looked at: being in the group, the assignments to the app, the role, or being a guest."""
    if scope.over is Over.EVERYBODY:
        return await _delete(house, unit, review, found, guest, at)
    verb: Verb | None = None
    stays = False
    if scope.over is Over.APP:
        verb, stays = await _unassign(house, unit, scope.target, guest)
    elif scope.over is Over.ROLE:
        verb, stays = await _take_role(house, unit, scope.target, guest)
    elif instance.group_id:
        verb = await _leave_group(house, unit, instance.group_id, guest)
    result = Result.NOT_SUPPORTED if stays else Result.GONE if verb is None else Result.DONE
    review_decisions.save(unit, found, replace(found, result=result.value, applied_at=at))
    if verb is None:
        memberships.guard(unit, guest)
        return []
    await _tell(house, unit, review, found, guest, at)
    return [(verb, guest.user_id)]


async def _leave_group(house: House, unit: Unit, group_id: str, guest: Membership) -> Verb | None:
    group = await groups.find(unit, guest.tenant_id, group_id)
    held = await holdings.IN_GROUPS.find(unit, guest.tenant_id, guest.user_id, group_id)
    if group is None or not group.is_live or held is None or held.struck is not None:
        return None
    await group_members.take_out(house, unit, group, guest, by=system())
    groups.guard(unit, group)
    return Verb.REMOVE_MEMBER


async def _unassign(house: House, unit: Unit, principal_id: str, guest: Membership) -> tuple[Verb | None, bool]:
    """Take the assignments of somebody themselves away; what a group gives is left to whoever looks after the group.

    Returns what was done, if anything, and whether a group still gives access.
    """
    app = await apps.find_by_principal(unit, guest.tenant_id, principal_id)
    if app is None:
        return None, False
    mine = await holdings.ASSIGNED.of_user(unit, guest.tenant_id, guest.user_id)
    held = [one for one in mine if one.app_id == app.app_id]
    stays = await group_assignments.is_through_group(unit, guest.tenant_id, guest.user_id, app.app_id)
    if not held:
        return None, stays
    for one in held:
        holdings.ASSIGNED.take(unit, one, guest)
    memberships.guard(unit, guest)
    event = journal.Event(
        Verb.UNASSIGN_APP_ROLE,
        guest.tenant_id,
        journal.about(guest),
        unit.now,
        details={"appId": app.client_id, "app": app.display_name},
        facts={"appId": app.client_id},
    )
    await journal.write(house, unit, event, by=system())
    return Verb.UNASSIGN_APP_ROLE, stays


async def _is_last_administrator(unit: Unit, role_id: str, guest: Membership) -> bool:
    """Whether nobody would be left to administer the organization: then the role stays, whatever was decided."""
    if role_id != roles.GLOBAL_ADMINISTRATOR:
        return False
    try:
        await removing.keep_an_administrator(unit, guest)
    except Refused:
        return True
    return False


async def _take_role(house: House, unit: Unit, role_id: str, guest: Membership) -> tuple[Verb | None, bool]:
    """Take a role from somebody. Returns what was done, if anything, and whether it stays whatever was decided."""
    if await _is_last_administrator(unit, role_id, guest):
        return None, True
    held = await holdings.ROLES.find(unit, guest.tenant_id, guest.user_id, role_id)
    if held is None or held.struck is not None:
        return None, False
    name = await role_name(unit, guest.tenant_id, role_id)
    await assigning.lose_role(house, unit, held, name, by=system())
    return Verb.UNASSIGN_ROLE, False


async def _tell(house: House, unit: Unit, review: Review, found: Decided, guest: Membership, at: datetime) -> None:
    facts = {"review": review.review_id, "instance": found.instance_id}
    event = journal.Event(Verb.APPLY_REVIEW, guest.tenant_id, journal.about(guest), at, facts=facts, way="decision")
    await journal.write(house, unit, event, by=system())


async def _done_with(house: House, tenant_id: str, instance_id: str) -> bool:
    """Say that nothing of an instance is left to do but the deletions, or nothing at all. Returns whether it is."""

    async def work(unit: Unit) -> bool:
        instance = await kept.find_instance(unit, tenant_id, instance_id)
        if instance is None or instance.stage is not State.APPLYING:
            return False
        if await review_decisions.pending(unit, tenant_id, instance_id, 1):
            return False
        done = await review_decisions.left(unit, tenant_id, instance_id) == 0
        state = State.APPLIED if done else State.APPLYING
        if instance.due_at is None and not done:
            return False
        kept.save_instance(unit, instance, replace(instance, state=state.value, due_at=None))
        return done

    return await house.change(work)
