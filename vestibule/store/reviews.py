"""Access reviews, their instances, and who is asked to decide in them. The decisions are ``review_decisions``."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, exists, literal_column, null, select, update

from vestibule.ground.clock import to_us
from vestibule.rules.reviews import State
from vestibule.store.records import Records
from vestibule.store.schema import (
    review,
    review_decision,
    review_earlier,
    review_instance,
    review_reviewer,
    review_stage,
)
from vestibule.store.statements import Change, Guard, Query, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Review:
    """A review.

    Attributes:
        definition: everything but the name, as Graph writes it.
        made_by: the user who made it; None for a program.
        started: how many times it has come round. next_at: when it comes round next; None when never again.
    """

    tenant_id: str
    review_id: str
    display_name: str
    definition: dict[str, Any]
    made_by: str | None
    made_at: datetime
    changed_at: datetime
    started: int
    next_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One time that a review comes round.

    Attributes:
        group_id: the group that is looked at; empty when it is not one.
        due_at: when time does something with it next; None for nothing.
        applied_by: who asked for the decisions to be applied; None when time did.
        step: the stage in which it is, counted from 0. decide_until: when that is over; None when it is the only one.
    """

    tenant_id: str
    instance_id: str
    review_id: str
    group_id: str
    starts_at: datetime
    ends_at: datetime
    state: str
    remind_at: datetime | None
    due_at: datetime | None
    applied_by: str | None
    version: int
    step: int = 0
    decide_until: datetime | None = None

    @property
    def stage(self) -> State:
        """Where it is; an open one whose time is over still says open."""
        return State(self.state)

    @property
    def until(self) -> datetime:
        """Until when those decide who are asked now."""
        return self.ends_at if self.decide_until is None else min(self.decide_until, self.ends_at)


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of an instance; an instance of a review without stages has none.

    Attributes:
        step: which, counted from 0.
        starts_at, ends_at: of one to come, when it does if those before it take their time.
        setting: how it is done, as Graph writes it.
    """

    tenant_id: str
    instance_id: str
    step: int
    stage_id: str
    starts_at: datetime
    ends_at: datetime
    setting: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who is asked to decide in a stage (``step``).

    Attributes:
        decision_id: about whom; empty for everybody who is in that stage.
    """

    tenant_id: str
    instance_id: str
    user_id: str
    decision_id: str
    contacted_at: datetime | None
    step: int = 0


_REVIEWS: Final = Records(review, Review)
_INSTANCES: Final = Records(review_instance, Instance)
_ASKED: Final = Records(review_reviewer, Asked)
_STAGES: Final = Records(review_stage, Stage)
_KEPT: Final = {"tenant_id", "review_id", "made_at", "made_by"}
_CHANGED_OF_STAGE: Final = ("starts_at", "ends_at", "setting")
_KEPT_OF_INSTANCE: Final = {"tenant_id", "instance_id", "review_id", "group_id", "starts_at"}

_FIND = _REVIEWS.where(review.c.tenant_id == given("tenant_id"), review.c.review_id == given("review_id"))
_ALL = _REVIEWS.where(review.c.tenant_id == given("tenant_id"), order=(review.c.made_at.desc(), review.c.review_id))
_DUE = _REVIEWS.where(
    review.c.next_at <= given("until"), order=(review.c.next_at, review.c.review_id), limit=given("limit")
)
_NEXT = _REVIEWS.where(
    review.c.next_at.is_not(None), order=(review.c.next_at, review.c.review_id), limit=given("limit")
)
_SAVE = Change(
    update(review)
    .where(
        review.c.tenant_id == given("in_tenant"),
        review.c.review_id == given("of_review"),
        review.c.version == given("if_version"),
    )
    .values({name: given(name) for name in _REVIEWS.names if name not in _KEPT})
)
_this = and_(review_instance.c.tenant_id == given("tenant_id"), review_instance.c.instance_id == given("instance_id"))
_FIND_INSTANCE = _INSTANCES.where(_this)
_OF_REVIEW = _INSTANCES.where(
    review_instance.c.tenant_id == given("tenant_id"),
    review_instance.c.review_id == given("review_id"),
    order=(review_instance.c.starts_at, review_instance.c.instance_id),
)
_HERE = _INSTANCES.where(review_instance.c.tenant_id == given("tenant_id"), order=review_instance.c.instance_id)
_INSTANCE_DUE = _INSTANCES.where(
    review_instance.c.due_at <= given("until"),
    order=(review_instance.c.due_at, review_instance.c.instance_id),
    limit=given("limit"),
)
_INSTANCE_NEXT = _INSTANCES.where(
    review_instance.c.due_at.is_not(None),
    order=(review_instance.c.due_at, review_instance.c.instance_id),
    limit=given("limit"),
)
_SAVE_INSTANCE = Change(
    update(review_instance)
    .where(
        review_instance.c.tenant_id == given("in_tenant"),
        review_instance.c.instance_id == given("of_instance"),
        review_instance.c.version == given("if_version"),
    )
    .values({name: given(name) for name in _INSTANCES.names if name not in _KEPT_OF_INSTANCE})
)
_UNCHANGED = Guard(
    select(literal_column("1")).where(_this, review_instance.c.version == given("version")).with_for_update(read=True)
)
_asked_here = and_(
    review_reviewer.c.tenant_id == given("tenant_id"), review_reviewer.c.instance_id == given("instance_id")
)
_ASKED_IN = _ASKED.where(_asked_here, order=(review_reviewer.c.user_id, review_reviewer.c.decision_id))
_ASKED_ONE = _ASKED.where(_asked_here, review_reviewer.c.user_id == given("user_id"))
_ASKING = Query(
    select(*_INSTANCES.columns)
    .where(
        review_instance.c.tenant_id == given("tenant_id"),
        exists(
            select(literal_column("1")).where(
                review_reviewer.c.tenant_id == review_instance.c.tenant_id,
                review_reviewer.c.instance_id == review_instance.c.instance_id,
                review_reviewer.c.user_id == given("user_id"),
            )
        ),
    )
    .order_by(review_instance.c.ends_at, review_instance.c.instance_id)
)
_UNASK = Change(
    delete(review_reviewer).where(
        _asked_here,
        review_reviewer.c.user_id == given("user_id"),
        review_reviewer.c.decision_id == given("decision_id"),
        review_reviewer.c.step == given("step"),
    )
)
_of_this_review = select(review_instance.c.instance_id).where(
    review_instance.c.tenant_id == given("tenant_id"), review_instance.c.review_id == given("review_id")
)
_DROP_BELOW: Final = [
    Change(delete(table).where(table.c.tenant_id == given("tenant_id"), table.c.instance_id.in_(_of_this_review)))
    for table in (review_decision, review_reviewer, review_earlier, review_stage)
]
_stages_here = and_(review_stage.c.tenant_id == given("tenant_id"), review_stage.c.instance_id == given("instance_id"))
_FIND_STAGE = _STAGES.where(_stages_here, review_stage.c.stage_id == given("stage_id"))
_STAGES_OF = _STAGES.where(_stages_here, order=review_stage.c.step)
_STAGES_OF_REVIEW = _STAGES.where(
    review_stage.c.tenant_id == given("tenant_id"),
    review_stage.c.instance_id.in_(_of_this_review),
    order=(review_stage.c.instance_id, review_stage.c.step),
)
_SAVE_STAGE = Change(
    update(review_stage)
    .where(
        review_stage.c.tenant_id == given("in_tenant"),
        review_stage.c.instance_id == given("of_instance"),
        review_stage.c.step == given("at_step"),
    )
    .values({name: given(name) for name in _CHANGED_OF_STAGE})
)
_DROP_INSTANCES = Change(
    delete(review_instance).where(
        review_instance.c.tenant_id == given("tenant_id"), review_instance.c.review_id == given("review_id")
    )
)
_DROP = Change(
    delete(review).where(
        review.c.tenant_id == given("tenant_id"),
        review.c.review_id == given("review_id"),
        review.c.version == given("version"),
    )
)
_FORGET: Final = (
    Change(
        delete(review_reviewer).where(
            review_reviewer.c.tenant_id == given("tenant_id"), review_reviewer.c.user_id == given("user_id")
        )
    ),
    Change(
        update(review)
        .where(review.c.tenant_id == given("in_tenant"), review.c.made_by == given("by_user"))
        .values(made_by=null())
    ),
    Change(
        update(review_instance)
        .where(review_instance.c.tenant_id == given("in_tenant"), review_instance.c.applied_by == given("by_user"))
        .values(applied_by=null())
    ),
)


async def find(reading: Reading, tenant_id: str, review_id: str) -> Review | None:
    """The review with this id."""
    return await _REVIEWS.one(reading, _FIND, tenant_id=tenant_id, review_id=review_id)


async def everything(reading: Reading, tenant_id: str) -> list[Review]:
    """Every review of an organization, newest first."""
    return await _REVIEWS.all(reading, _ALL, tenant_id=tenant_id)


async def due(reading: Reading, until: datetime, limit: int) -> list[Review]:
    """Reviews that come round at ``until`` or earlier, oldest first."""
    return await _REVIEWS.all(reading, _DUE, until=to_us(until), limit=limit)


async def upcoming(reading: Reading, limit: int) -> list[Review]:
    """The reviews that come round next."""
    return await _REVIEWS.all(reading, _NEXT, limit=limit)


def insert(unit: Unit, new: Review) -> None:
    """Write a new review."""
    _REVIEWS.insert(unit, new)


def save(unit: Unit, before: Review, after: Review) -> Review:
    """Write a changed review, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in _REVIEWS.values(saved).items() if name not in _KEPT}
    unit.write(_SAVE, in_tenant=before.tenant_id, of_review=before.review_id, if_version=before.version, **values)
    return saved


def drop(unit: Unit, gone: Review) -> None:
    """The review and all that came of it are gone."""
    for change in (*_DROP_BELOW, _DROP_INSTANCES):
        unit.write(change, rows=None, tenant_id=gone.tenant_id, review_id=gone.review_id)
    unit.write(_DROP, tenant_id=gone.tenant_id, review_id=gone.review_id, version=gone.version)


def forget(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nobody is named any more as having made, applied or decided something who is erased."""
    asked, made, applied = _FORGET
    unit.write(asked, rows=None, tenant_id=tenant_id, user_id=user_id)
    for change in (made, applied):
        unit.write(change, rows=None, in_tenant=tenant_id, by_user=user_id)


# --- Instances --------------------------------------------------------------------------------------------------------


async def find_instance(reading: Reading, tenant_id: str, instance_id: str) -> Instance | None:
    """The instance with this id."""
    return await _INSTANCES.one(reading, _FIND_INSTANCE, tenant_id=tenant_id, instance_id=instance_id)


async def instances_of(reading: Reading, tenant_id: str, review_id: str) -> list[Instance]:
    """Every instance of a review, oldest first."""
    return await _INSTANCES.all(reading, _OF_REVIEW, tenant_id=tenant_id, review_id=review_id)


async def instances_here(reading: Reading, tenant_id: str) -> list[Instance]:
    """Every instance of an organization."""
    return await _INSTANCES.all(reading, _HERE, tenant_id=tenant_id)


async def asking(reading: Reading, tenant_id: str, user_id: str) -> list[Instance]:
    """The instances in which somebody is or was asked to decide, by their ends."""
    return await _INSTANCES.all(reading, _ASKING, tenant_id=tenant_id, user_id=user_id)


async def instances_due(reading: Reading, until: datetime, limit: int) -> list[Instance]:
    """Instances with which time does something at ``until`` or earlier, oldest first."""
    return await _INSTANCES.all(reading, _INSTANCE_DUE, until=to_us(until), limit=limit)


async def instances_upcoming(reading: Reading, limit: int) -> list[Instance]:
    """The instances with which time does something next."""
    return await _INSTANCES.all(reading, _INSTANCE_NEXT, limit=limit)


def insert_instance(unit: Unit, new: Instance) -> None:
    """Write a new instance."""
    _INSTANCES.insert(unit, new)


def save_instance(unit: Unit, before: Instance, after: Instance) -> Instance:
    """Write a changed instance, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in _INSTANCES.values(saved).items() if name not in _KEPT_OF_INSTANCE}
    unit.write(
        _SAVE_INSTANCE,
        in_tenant=before.tenant_id,
        of_instance=before.instance_id,
        if_version=before.version,
        **values,
    )
    return saved


def guard_instance(unit: Unit, seen: Instance) -> None:
    """Insist that the instance goes on as it was read until the unit commits: in the same stage, and no other's."""
    unit.guard(_UNCHANGED, tenant_id=seen.tenant_id, instance_id=seen.instance_id, version=seen.version)


# --- Stages -----------------------------------------------------------------------------------------------------------


async def find_stage(reading: Reading, tenant_id: str, instance_id: str, stage_id: str) -> Stage | None:
    """The stage of an instance with this id."""
    return await _STAGES.one(reading, _FIND_STAGE, tenant_id=tenant_id, instance_id=instance_id, stage_id=stage_id)


async def stages_of(reading: Reading, tenant_id: str, instance_id: str) -> list[Stage]:
    """The stages of an instance, in their order."""
    return await _STAGES.all(reading, _STAGES_OF, tenant_id=tenant_id, instance_id=instance_id)


async def stages_of_review(reading: Reading, tenant_id: str, review_id: str) -> dict[str, list[Stage]]:
    """The stages of every instance of a review, in their order, by the instance's id."""
    found: dict[str, list[Stage]] = {}
    for one in await _STAGES.all(reading, _STAGES_OF_REVIEW, tenant_id=tenant_id, review_id=review_id):
        found.setdefault(one.instance_id, []).append(one)
    return found


def insert_stage(unit: Unit, new: Stage) -> None:
    """Write a new stage."""
    _STAGES.insert(unit, new)


def save_stage(unit: Unit, stage: Stage) -> None:
    """Write a stage's times and settings. Its instance is saved in the same unit, whose version guards both."""
    values = _STAGES.values(stage)
    unit.write(
        _SAVE_STAGE,
        in_tenant=stage.tenant_id,
        of_instance=stage.instance_id,
        at_step=stage.step,
        **{name: values[name] for name in _CHANGED_OF_STAGE},
    )


# --- Who is asked -----------------------------------------------------------------------------------------------------


async def asked_in(reading: Reading, tenant_id: str, instance_id: str) -> list[Asked]:
    """Everybody who is asked to decide in an instance."""
    return await _ASKED.all(reading, _ASKED_IN, tenant_id=tenant_id, instance_id=instance_id)


async def asked_of(reading: Reading, tenant_id: str, instance_id: str, user_id: str) -> list[Asked]:
    """What one person is asked in an instance; empty when they are not."""
    return await _ASKED.all(reading, _ASKED_ONE, tenant_id=tenant_id, instance_id=instance_id, user_id=user_id)


def ask(unit: Unit, asked: Asked) -> None:
    """Somebody is asked to decide."""
    _ASKED.insert(unit, asked)


def unask(unit: Unit, asked: Asked) -> None:
    """Somebody is not asked any more."""
    unit.write(
        _UNASK,
        tenant_id=asked.tenant_id,
        instance_id=asked.instance_id,
        user_id=asked.user_id,
        decision_id=asked.decision_id,
        step=asked.step,
    )
