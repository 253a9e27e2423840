"""What time asks of access reviews: to begin, to remind, to end, to apply decisions, to delete who is blocked."""

from collections.abc import Awaitable, Callable

from vestibule.actions import applying, review_rounds
from vestibule.actions.house import House
from vestibule.actions.things_due import Done, Due
from vestibule.rules.reviews import State
from vestibule.rules.verbs import Verb
from vestibule.store import review_decisions, reviews
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Reading

Act = Callable[[], Awaitable[list[Done]]]


async def due(house: House, reading: Reading, limit: int) -> list[list[Due]]:
    """Everything of reviews that is due, kind by kind, each oldest first and no more than ``limit``."""
    beginning = [
        Due(one.next_at, one.review_id, _begin(house, one), leads_on=True)
        for one in await reviews.due(reading, reading.now, limit)
        if one.next_at is not None
    ]
    going = [
        Due(one.due_at, one.instance_id, _go_on(house, one), leads_on=True)
        for one in await reviews.instances_due(reading, reading.now, limit)
        if one.due_at is not None
    ]
    deleting = [
        Due(one.blocked_until, one.decision_id, _delete(house, one), leads_on=True)
        for one in await review_decisions.blocked(reading, reading.now, limit)
        if one.blocked_until is not None
    ]
    return [beginning, going, deleting]


async def upcoming(reading: Reading, limit: int) -> list[Done]:
    """The next things that time will do with reviews, in no particular order."""
    found = [
        Done(one.next_at, Verb.START_REVIEW, one.tenant_id, one.review_id)
        for one in await reviews.upcoming(reading, limit)
        if one.next_at is not None
    ]
    found += [
        Done(one.due_at, _verb_of(one), one.tenant_id, one.review_id)
        for one in await reviews.instances_upcoming(reading, limit)
        if one.due_at is not None
    ]
    found += [
        Done(one.blocked_until, Verb.REMOVE, one.tenant_id, one.user_id)
        for one in await review_decisions.blocked_next(reading, limit)
        if one.blocked_until is not None
    ]
    return found


def _verb_of(instance: Instance) -> Verb:
    if instance.stage is State.APPLYING:
        return Verb.APPLY_REVIEW
    return Verb.STOP_REVIEW if instance.remind_at is None else Verb.REMIND_REVIEWERS


def _begin(house: House, review: Review) -> Act:
    async def begin() -> list[Done]:
        at = await review_rounds.open_due(house, tenant_id=review.tenant_id, review_id=review.review_id)
        return [] if at is None else [Done(at, Verb.START_REVIEW, review.tenant_id, review.review_id)]

    return begin


def _go_on(house: House, instance: Instance) -> Act:
    async def go_on() -> list[Done]:
        here = {"tenant_id": instance.tenant_id, "instance_id": instance.instance_id}
        if instance.stage is State.APPLYING:
            found = await applying.apply_due(house, **here)
            return [Done(at, verb, instance.tenant_id, object_id) for at, verb, object_id in found]
        moved = await review_rounds.go_on_due(house, **here)
        return [] if moved is None else [Done(*moved, instance.tenant_id, instance.review_id)]

    return go_on


def _delete(house: House, decided: Decided) -> Act:
    async def delete() -> list[Done]:
        at = await applying.delete_due(
            house,
            tenant_id=decided.tenant_id,
            instance_id=decided.instance_id,
            decision_id=decided.decision_id,
        )
        return [] if at is None else [Done(at, Verb.REMOVE, decided.tenant_id, decided.user_id)]

    return delete
