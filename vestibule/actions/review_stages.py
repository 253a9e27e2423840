"""Stages of access reviews: the next one begins when one is over, about those who move on; they can be changed.

A stage is over when its time is, or when somebody stops it. What was decided in it about whoever moves on is kept
beside and asked anew; all of that is one transaction with the instance's row, on whose version every decision rests,
and it rests on every decision of that stage. So nobody decides in a stage that is over, and none is passed over.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from vestibule.actions import reviewing
from vestibule.actions.carry_out import attempt
from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind
from vestibule.actions.review_asking import reviewers_of, write_to
from vestibule.actions.reviewing import find_instance, meaning_of, tell
from vestibule.rules import review_stages, reviews
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Invited, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.review_shapes import read_reviewers
from vestibule.rules.review_stages import StageSettings, read_stage
from vestibule.rules.reviews import Decision, Recommendation
from vestibule.rules.verbs import Verb
from vestibule.store import activity, memberships, organizations, review_decisions
from vestibule.store import reviews as kept
from vestibule.store.memberships import Membership
from vestibule.store.review_decisions import Decided, Earlier
from vestibule.store.reviews import Instance, Review, Stage
from vestibule.store.unit import Reading, Unit

_CHANGED: Final = frozenset({"reviewers", "fallbackReviewers"})


@dataclass(frozen=True, slots=True)
class Looked:
    """One person whom a stage is about, with when they signed in last and since when they are here."""

    guest: Membership
    last: datetime | None
    since: datetime


@dataclass(frozen=True, slots=True)
class WhichStage:
    """A stage of an instance of a review of an organization."""

    tenant_id: str
    review_id: str
    instance_id: str
    stage_id: str


# --- They begin -------------------------------------------------------------------------------------------------------


def lay_out(
    house: House, unit: Unit, instance: Instance, definition: Mapping[str, Any], stages: Sequence[StageSettings]
) -> None:
    """Write the stages of a new instance; when the later ones begin is what is expected now."""
    times = review_stages.times(instance.starts_at, [one.takes for one in stages])
    for step, (starts_at, ends_at) in enumerate(times):
        setting = definition["stageSettings"][step]
        stage_id = house.chance.guid()
        kept.insert_stage(
            unit, Stage(instance.tenant_id, instance.instance_id, step, stage_id, starts_at, ends_at, setting)
        )


async def look_at(reading: Reading, tenant_id: str, people: Sequence[Membership]) -> list[Looked]:
    """What is known of the sign-ins of these people."""
    signed_in = await activity.find_many(reading, tenant_id, [one.user_id for one in people])
    found = []
    for one in people:
        known = signed_in.get(one.user_id)
        found.append(Looked(one, None if known is None else known.last_success_at, _since(one)))
    return found


def recommend(one: Looked, stage: StageSettings, look_back: timedelta, at: datetime) -> Recommendation:
    """What is recommended about somebody in a stage; ``look_back`` where the stage says nothing of it."""
    if not stage.recommends:
        return Recommendation.NONE
    return reviews.recommend(one.last, one.since, at, stage.look_back or look_back)


def _since(guest: Membership) -> datetime:
    match guest.stage:
        case Present(since=since):
            return since
        case Invited(at=at):
            return at
        case _:
            return guest.created_at


# --- One is over ------------------------------------------------------------------------------------------------------


async def move_on(house: House, unit: Unit, review: Review, instance: Instance, at: datetime) -> Instance | None:
    """Begin the next stage of an open instance, whose stage is over at this time. Writes nothing when there is none.

    Returns:
        The instance then; None after the last stage, and when nobody moves on. What was decided is final then.
    """
    stages = await kept.stages_of(unit, instance.tenant_id, instance.instance_id)
    if instance.step + 1 >= len(stages):
        return None
    moving = await _moving(unit, instance, read_stage(stages[instance.step].setting))
    if not moving:
        return None
    after = _into_next(unit, review, instance, stages, at)
    following = read_stage(stages[after.step].setting)
    look_back = meaning_of(review).settings.look_back
    asked_anew = []
    for before, looked in moving:
        review_decisions.keep_as_earlier(unit, before)
        recommended = recommend(looked, following, look_back, at)
        asked_anew.append(review_decisions.save(unit, before, _anew(before, looked, recommended)))
    await _ask(house, unit, review, after, following, asked_anew, at)
    return after


async def _moving(unit: Unit, instance: Instance, stage: StageSettings) -> list[tuple[Decided, Looked]]:
    """Who moves on: by what was decided about them, and only who is still here. Who does not is guarded."""
    everybody = await review_decisions.in_instance(unit, instance.tenant_id, instance.instance_id)
    decided = [one for one in everybody if one.step == instance.step]
    chosen = [
        one
        for one in decided
        if review_stages.moves_on(Decision(one.decision), Recommendation(one.recommendation), stage.moves)
    ]
    people = await memberships.find_many(unit, instance.tenant_id, [one.user_id for one in chosen]) if chosen else []
    here = [one for one in people if isinstance(one.stage, Invited | Present)]
    looked = {one.guest.user_id: one for one in await look_at(unit, instance.tenant_id, here)} if here else {}
    moving = [(one, looked[one.user_id]) for one in chosen if one.user_id in looked]
    leaving = {one.decision_id for one, _ in moving}
    for one in decided:
        if one.decision_id not in leaving:
            review_decisions.guard(unit, one)
    return moving


def _into_next(unit: Unit, review: Review, instance: Instance, stages: Sequence[Stage], at: datetime) -> Instance:
    """Write when the stages are now, and that the instance is in the next one."""
    kept.save_stage(unit, replace(stages[instance.step], ends_at=at))
    later = stages[instance.step + 1 :]
    times = review_stages.times(at, [read_stage(one.setting).takes for one in later])
    for stage, (starts_at, ends_at) in zip(later, times, strict=True):
        kept.save_stage(unit, replace(stage, starts_at=starts_at, ends_at=ends_at))
    until = times[0][1]
    remind_at = reviews.remind_at(at, until - at) if meaning_of(review).settings.reminders else None
    after = replace(
        instance,
        step=instance.step + 1,
        decide_until=until,
        ends_at=times[-1][1],
        remind_at=remind_at,
        due_at=remind_at or until,
    )
    return kept.save_instance(unit, instance, after)


def _anew(before: Decided, looked: Looked, recommended: Recommendation) -> Decided:
    return replace(
        before,
        step=before.step + 1,
        decision=Decision.NOT_REVIEWED.value,
        justification=None,
        recommendation=recommended.value,
        last_sign_in=looked.last,
        reviewed_by=None,
        reviewed_at=None,
    )


async def _ask(
    house: House,
    unit: Unit,
    review: Review,
    instance: Instance,
    stage: StageSettings,
    decided: Sequence[Decided],
    at: datetime,
) -> None:
    """Ask who is not asked yet in the stage in which an instance is, and nobody else any more."""
    before = await kept.asked_in(unit, instance.tenant_id, instance.instance_id)
    known = {(one.user_id, one.decision_id): one for one in before if one.step == instance.step}
    wanted = {(one.user_id, one.decision_id): one for one in await reviewers_of(unit, instance, stage, decided)}
    for gone in known.keys() - wanted.keys():
        kept.unask(unit, known[gone])
    new = [wanted[one] for one in sorted(wanted.keys() - known.keys())]
    mails = meaning_of(review).settings.mails
    for one in new:
        kept.ask(unit, replace(one, contacted_at=at if mails else None))
    organization = await organizations.find(unit, instance.tenant_id)
    written_to = {one.user_id for one in known.values()}
    unknown = [one for one in new if one.user_id not in written_to]
    if mails and unknown and organization is not None:
        await write_to(house, unit, organization, review, instance, unknown, LetterKind.REVIEW_ASKED, at)


async def stop_stage(house: House, which: WhichStage, *, by: Actor) -> None:
    """End a stage before its time: the next one begins, or the instance ends, as if its time were over.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; WRONG_STAGE when it is over, or has not begun.
    """

    async def work(unit: Unit) -> None:
        review, instance, _ = await _find(unit, which, Verb.STOP_REVIEW, by=by, current=True)
        moved = await move_on(house, unit, review, instance, unit.now)
        if moved is None:
            moved = await reviewing.end(house, unit, review, instance, unit.now)
        way = "stage" if moved.step > instance.step else ""
        await tell(house, unit, Verb.STOP_REVIEW, review, review, by=by, instance=moved, way=way)

    await attempt(house, Verb.STOP_REVIEW, work, by=by, tenant_id=which.tenant_id)


# --- It is changed ----------------------------------------------------------------------------------------------------


async def update_stage(house: House, which: WhichStage, given: Mapping[str, Any], *, by: Actor) -> Stage:
    """Change who is asked in a stage that is not over. Whoever is asked instead of others is written to.

    What others decided in it meanwhile stays.

    Args:
        given: ``reviewers``, ``fallbackReviewers`` or both, as Graph writes them.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED; WRONG_STAGE when it is over; BAD_VALUE with the property.
    """
    for name, value in given.items():
        if name not in _CHANGED:
            raise Refused(Reason.BAD_VALUE, property=name)
        read_reviewers(value, name)

    async def work(unit: Unit) -> Stage:
        review, instance, stage = await _find(unit, which, Verb.UPDATE_REVIEW, by=by)
        after = replace(stage, setting=stage.setting | {name: value or [] for name, value in given.items()})
        meant = read_stage(after.setting)
        if after == stage:
            return stage
        kept.save_stage(unit, after)
        saved = kept.save_instance(unit, instance, instance)
        if stage.step == instance.step:
            decided = await review_decisions.in_instance(unit, instance.tenant_id, instance.instance_id)
            here = [one for one in decided if one.step == instance.step]
            await _ask(house, unit, review, saved, meant, here, unit.now)
        await tell(house, unit, Verb.UPDATE_REVIEW, review, review, by=by, instance=instance)
        return after

    return await attempt(house, Verb.UPDATE_REVIEW, work, by=by, tenant_id=which.tenant_id)


# --- Shared -----------------------------------------------------------------------------------------------------------


def is_over(instance: Instance, stage: Stage, now: datetime) -> bool:
    """Whether nothing is decided in a stage any more."""
    return review_stages.is_over(
        instance.stage, instance.step, stage.step, stage_ends=stage.ends_at, ends=instance.ends_at, now=now
    )


def status(instance: Instance, stage: Stage, now: datetime) -> str:
    """A stage's status in Graph's words."""
    return review_stages.status(
        instance.stage, instance.step, stage.step, stage_ends=stage.ends_at, ends=instance.ends_at, now=now
    )


def ended_at(instance: Instance, stage: Stage) -> datetime:
    """When a stage is over: the one in which an instance was stopped, then."""
    return min(stage.ends_at, instance.ends_at) if stage.step == instance.step else stage.ends_at


async def decisions_in(
    reading: Reading, instance: Instance, step: int, current: Iterable[Decided]
) -> list[tuple[Decided, int]]:
    """What was decided in a stage, each with the stage in which the person is now, by the decisions' ids.

    Args:
        current: every decision of the instance as it is now.
    """
    now_at = {one.decision_id: one.step for one in current}
    found = [(one, one.step) for one in current if one.step == step]
    earlier = await review_decisions.earlier_in(reading, instance.tenant_id, instance.instance_id)
    here = [one for one in earlier if one.step == step and one.decision_id in now_at]
    found += [(one.as_decided(), now_at[one.decision_id]) for one in here]
    return sorted(found, key=lambda one: one[0].decision_id)


async def earlier_of(reading: Reading, instance: Instance) -> dict[str, list[tuple[Earlier, str]]]:
    """What was decided in earlier stages, by the decision's id, in the stages' order; each with the decider's name.

    The name is empty where nobody decided, and for somebody who is not known any more.
    """
    earlier = await review_decisions.earlier_in(reading, instance.tenant_id, instance.instance_id)
    reviewers = sorted({one.reviewed_by for one in earlier if one.reviewed_by is not None})
    people = await memberships.find_many(reading, instance.tenant_id, reviewers) if reviewers else []
    called = {one.user_id: one.display_name for one in people}
    found: dict[str, list[tuple[Earlier, str]]] = {}
    for one in earlier:
        found.setdefault(one.decision_id, []).append((one, called.get(one.reviewed_by or "", "")))
    return found


async def _find(
    unit: Unit, which: WhichStage, verb: Verb, *, by: Actor, current: bool = False
) -> tuple[Review, Instance, Stage]:
    """A stage that is not over, or (``current``) that is open."""
    review, instance = await find_instance(unit, by, verb, which.tenant_id, which.review_id, which.instance_id)
    stage = await kept.find_stage(unit, which.tenant_id, which.instance_id, which.stage_id)
    if stage is None:
        raise Refused(Reason.NOT_FOUND, objectId=which.stage_id)
    if is_over(instance, stage, unit.now) or (current and stage.step != instance.step):
        raise Refused(Reason.WRONG_STAGE, why="review", objectId=which.stage_id)
    return review, instance, stage
