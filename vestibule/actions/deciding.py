"""Decisions in an access review: made by whom it asks, or by who manages reviews, while it is open.

A review with stages asks about whoever is in the stage that is open; what was decided about others is final.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from vestibule.actions import journal
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.actions.review_asking import EVERYBODY
from vestibule.actions.review_rounds import remind
from vestibule.actions.reviewing import find_instance, find_review, meaning_of, tell
from vestibule.rules import reviews, texts
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.reviews import Decision, Recommendation
from vestibule.rules.verbs import Verb
from vestibule.store import memberships, review_decisions
from vestibule.store import reviews as kept
from vestibule.store.review_decisions import Decided
from vestibule.store.reviews import Instance, Review
from vestibule.store.unit import Reading, Unit

WAYS: Final = {
    Decision.APPROVE: "",
    Decision.DENY: "deny",
    Decision.DONT_KNOW: "dontKnow",
    Decision.NOT_REVIEWED: "reset",
}


@dataclass(frozen=True, slots=True)
class Where:
    """An instance of a review of an organization. ``stage_id``: only while it is in this stage; empty for any."""

    tenant_id: str
    review_id: str
    instance_id: str
    stage_id: str = ""


async def decide(
    house: House, where: Where, decision_id: str, *, decision: Decision, justification: str | None, by: Actor
) -> Decided:
    """Decide about one person.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED for somebody who is not asked about them; NEEDS_PERSON for a program;
            WRONG_STAGE when the instance is over; MISSING_VALUE when whoever keeps somebody has to say why.
    """
    said = _justification(justification)

    async def work(unit: Unit) -> Decided:
        review, instance, mine = await _open(unit, where, by)
        found = await review_decisions.find(unit, where.tenant_id, where.instance_id, decision_id)
        if found is not None and found.step != instance.step:
            raise Refused(Reason.WRONG_STAGE, why="review", objectId=decision_id)
        if found is None or not mine(found):
            raise Refused(Reason.NOT_FOUND, objectId=decision_id)
        _insist_on_reason(review, decision, said)
        return await _record(house, unit, instance, found, decision, said, by=by)

    return await attempt(house, Verb.DECIDE_REVIEW, work, by=by, tenant_id=where.tenant_id, way=WAYS[decision])


async def decide_all(
    house: House,
    where: Where,
    *,
    decision: Decision,
    justification: str | None,
    by: Actor,
    user_id: str | None = None,
) -> int:
    """Decide about everybody one is asked about, or about one person (``user_id``). Returns about how many.

    Raises:
        Refused: as ``decide``.
    """
    said = _justification(justification)

    async def work(unit: Unit) -> int:
        review, instance, mine = await _open(unit, where, by)
        _insist_on_reason(review, decision, said)
        found = await review_decisions.in_instance(unit, where.tenant_id, where.instance_id)
        chosen = [one for one in found if mine(one) and user_id in {None, one.user_id}]
        if user_id is not None and not chosen:
            raise Refused(Reason.NOT_FOUND, objectId=user_id)
        for one in chosen:
            await _record(house, unit, instance, one, decision, said, by=by)
        return len(chosen)

    return await attempt(house, Verb.DECIDE_REVIEW, work, by=by, tenant_id=where.tenant_id, way=WAYS[decision])


async def accept_recommendations(house: House, where: Where, *, by: Actor) -> int:
    """Decide as recommended about everybody one is asked about and nobody decided about. Returns about how many.

    Raises:
        Refused: as ``decide``.
    """

    async def work(unit: Unit) -> int:
        _, instance, mine = await _open(unit, where, by)
        found = await review_decisions.in_instance(unit, where.tenant_id, where.instance_id)
        chosen = [one for one in found if mine(one) and one.decision == Decision.NOT_REVIEWED.value]
        recommended = [one for one in chosen if one.recommendation != Recommendation.NONE.value]
        for one in recommended:
            await _record(house, unit, instance, one, Decision(one.recommendation), None, by=by)
        return len(recommended)

    return await attempt(house, Verb.DECIDE_REVIEW, work, by=by, tenant_id=where.tenant_id)


async def reset_decisions(house: House, where: Where, *, by: Actor) -> int:
    """Take back everything decided in an open instance. Returns how many decisions that were.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; WRONG_STAGE when the instance is over.
    """

    async def work(unit: Unit) -> int:
        _, instance, mine = await _open(unit, where, by)
        found = await review_decisions.in_instance(unit, where.tenant_id, where.instance_id)
        chosen = [one for one in found if mine(one) and one.decision != Decision.NOT_REVIEWED.value]
        for one in chosen:
            await _record(house, unit, instance, one, Decision.NOT_REVIEWED, None, by=by)
        return len(chosen)

    return await attempt(house, Verb.DECIDE_REVIEW, work, by=by, tenant_id=where.tenant_id, way="reset")


async def send_reminder(house: House, where: Where, *, by: Actor) -> None:
    """Write to everybody who still has something to decide.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; WRONG_STAGE when the instance is over.
    """

    async def work(unit: Unit) -> None:
        review, instance = await find_instance(
            unit, by, Verb.REMIND_REVIEWERS, where.tenant_id, where.review_id, where.instance_id
        )
        _insist_on_open(instance, unit)
        await remind(house, unit, review, instance, unit.now)
        kept.save_instance(unit, instance, instance)
        await tell(house, unit, Verb.REMIND_REVIEWERS, review, review, by=by, instance=instance)

    await attempt(house, Verb.REMIND_REVIEWERS, work, by=by, tenant_id=where.tenant_id)


About = frozenset[tuple[int, str]]
"""What somebody is asked: in which stage, and which decision, by its id; ``EVERYBODY`` stands for all in that stage."""


async def asked_about(reading: Reading, tenant_id: str, instance_id: str, user_id: str | None) -> About:
    """What somebody is or was asked in an instance."""
    if user_id is None:
        return frozenset()
    found = await kept.asked_of(reading, tenant_id, instance_id, user_id)
    return frozenset((one.step, one.decision_id) for one in found)


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _open(unit: Unit, where: Where, by: Actor) -> tuple[Review, Instance, Callable[[Decided], bool]]:
    """An open instance, and which of its decisions ``by`` may make: those they are asked for, else all, by their role.

    Raises:
        Refused: as ``decide``.
    """
    here = by.kind is ActorKind.PERSON and by.tenant_id == where.tenant_id
    instance = await kept.find_instance(unit, where.tenant_id, where.instance_id)
    asked = await asked_about(unit, where.tenant_id, where.instance_id, by.user_id if here else None)
    about = {decision_id for step, decision_id in asked if instance is not None and step == instance.step}
    tenant_id, review_id = where.tenant_id, where.review_id
    try:
        review = await find_review(unit, by, Verb.DECIDE_REVIEW, tenant_id, review_id, reviewer=bool(about))
    except Refused as refused:
        if asked and refused.reason is Reason.NOT_ALLOWED:  # they are asked in another stage
            raise Refused(Reason.WRONG_STAGE, why="review", objectId=where.instance_id) from None
        raise
    if instance is None or instance.review_id != review_id:
        raise Refused(Reason.NOT_FOUND, objectId=where.instance_id)
    await _insist_on_stage(unit, where, instance)
    _insist_on_open(instance, unit)
    kept.guard_instance(unit, instance)  # whoever ends the stage has to see this decision
    return (
        review,
        instance,
        lambda one: one.step == instance.step and (not about or EVERYBODY in about or one.decision_id in about),
    )


async def _insist_on_stage(unit: Unit, where: Where, instance: Instance) -> None:
    """What is meant for one stage does not count in another, where the same people may be asked again."""
    if not where.stage_id:
        return
    stage = await kept.find_stage(unit, where.tenant_id, where.instance_id, where.stage_id)
    if stage is None:
        raise Refused(Reason.NOT_FOUND, objectId=where.stage_id)
    if stage.step != instance.step:
        raise Refused(Reason.WRONG_STAGE, why="review", objectId=where.stage_id)


def _insist_on_open(instance: Instance, unit: Unit) -> None:
    if not reviews.is_open(instance.stage, instance.until, unit.now):
        raise Refused(Reason.WRONG_STAGE, why="review", objectId=instance.instance_id)


def _justification(text: str | None) -> str | None:
    if not text:
        return None
    return texts.text_lines(text, limit=reviews.LONGEST_JUSTIFICATION, what="justification")


def _insist_on_reason(review: Review, decision: Decision, said: str | None) -> None:
    if decision is Decision.APPROVE and said is None and meaning_of(review).settings.justify:
        raise Refused(Reason.MISSING_VALUE, property="justification")


async def _record(
    house: House, unit: Unit, instance: Instance, before: Decided, decision: Decision, said: str | None, *, by: Actor
) -> Decided:
    taken_back = decision is Decision.NOT_REVIEWED
    after = review_decisions.save(
        unit,
        before,
        replace(
            before,
            decision=decision.value,
            justification=said,
            reviewed_by=None if taken_back else by.user_id,
            reviewed_at=None if taken_back else unit.now,
        ),
    )
    guest = await memberships.find(unit, before.tenant_id, before.user_id)
    if guest is not None:
        if (by.tenant_id, by.user_id) != (guest.tenant_id, guest.user_id):
            memberships.guard(unit, guest)
        event = journal.Event(
            Verb.DECIDE_REVIEW,
            before.tenant_id,
            journal.about(guest),
            unit.now,
            details={} if said is None else {"justification": said},
            facts={"review": instance.review_id, "instance": instance.instance_id},
            way=WAYS[decision],
        )
        await journal.write(house, unit, event, by=by)
    return after


def decisions_of(found: Sequence[Decided], about: About) -> list[Decided]:
    """Those of these decisions that somebody is or was asked to make."""
    return [one for one in found if not about.isdisjoint({(one.step, EVERYBODY), (one.step, one.decision_id)})]


def shown_of_earlier(found: Sequence[tuple[Decided, int]], about: About, *, histories: bool) -> list[Decided]:
    """Those of a stage's decisions that a reviewer sees: what they are or were asked, there or later.

    Args:
        found: decisions, each with the stage in which the person is now.
        about: what the reviewer is asked. histories: reviewers of a later stage see those of earlier ones.
    """

    def is_shown(one: Decided, now_at: int) -> bool:
        last = now_at if histories else one.step
        return any(one.step <= step <= last and whom in {EVERYBODY, one.decision_id} for step, whom in about)

    return [one for one, now_at in found if is_shown(one, now_at)]
