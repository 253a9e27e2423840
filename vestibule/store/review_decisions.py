"""The decisions of access reviews: one for each person whom an instance is about."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, func, literal_column, null, select, update

from vestibule.ground.clock import to_us
from vestibule.rules import reviews
from vestibule.store import memberships
from vestibule.store.group_assignments import people_at_one
from vestibule.store.memberships import Membership
from vestibule.store.records import Records
from vestibule.store.schema import group_member, membership, profile, review_decision, review_earlier
from vestibule.store.statements import Change, Guard, Query, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided about one person, and what became of it.

    Attributes:
        user_id: whom it is about. decision, recommendation, result: words of ``rules.reviews``.
        recommendation, last_sign_in: as it was when the stage began in which the person is.
        blocked_until: the person is blocked until then, and deleted then; None for nobody who is.
        step: that stage, counted from 0.
    """

    tenant_id: str
    instance_id: str
    decision_id: str
    user_id: str
    decision: str
    justification: str | None
    recommendation: str
    last_sign_in: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None
    result: str
    applied_at: datetime | None
    blocked_until: datetime | None
    version: int
    step: int = 0

    def denies(self, otherwise: reviews.Otherwise) -> bool:
        """Whether the person loses access when it is applied."""
        return reviews.denied(reviews.Decision(self.decision), reviews.Recommendation(self.recommendation), otherwise)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was decided about one person in a stage that is over, and is asked anew in the next one."""

    tenant_id: str
    instance_id: str
    step: int
    decision_id: str
    user_id: str
    decision: str
    justification: str | None
    recommendation: str
    last_sign_in: datetime | None
    reviewed_by: str | None
    reviewed_at: datetime | None

    def as_decided(self) -> Decided:
        """The same as a decision; it is never applied."""
        return Decided(
            **{name: getattr(self, name) for name in _EARLIER.names},
            result=reviews.Result.NEW.value,
            applied_at=None,
            blocked_until=None,
            version=1,
        )


_ROWS: Final = Records(review_decision, Decided)
_EARLIER: Final = Records(review_earlier, Earlier)
_FIXED: Final = {"tenant_id", "instance_id", "decision_id", "user_id"}


def _text(value: str) -> Any:
    return literal_column(f"'{value}'")


_in_instance = and_(
    review_decision.c.tenant_id == given("tenant_id"), review_decision.c.instance_id == given("instance_id")
)
_FIND = _ROWS.where(_in_instance, review_decision.c.decision_id == given("decision_id"))
_ALL = _ROWS.where(_in_instance, order=review_decision.c.decision_id)
_UNCHANGED = Guard(
    select(literal_column("1"))
    .where(
        _in_instance,
        review_decision.c.decision_id == given("decision_id"),
        review_decision.c.version == given("version"),
    )
    .with_for_update(read=True)
)
_SOME = _ROWS.where(
    _in_instance,
    review_decision.c.decision_id > given("after"),
    order=review_decision.c.decision_id,
    limit=given("limit"),
)
_PENDING = Query(
    select(*_ROWS.columns)
    .where(_in_instance, review_decision.c.result == _text("New"))
    .order_by(review_decision.c.decision_id)
    .limit(given("limit"))
)
_LEFT = Query(
    select(func.count()).where(
        _in_instance, (review_decision.c.result == _text("New")) | review_decision.c.blocked_until.is_not(None)
    )
)
_BLOCKED = _ROWS.where(
    review_decision.c.blocked_until <= given("until"),
    order=(review_decision.c.blocked_until, review_decision.c.decision_id),
    limit=given("limit"),
)
_NEXT_BLOCKED = _ROWS.where(
    review_decision.c.blocked_until.is_not(None),
    order=(review_decision.c.blocked_until, review_decision.c.decision_id),
    limit=given("limit"),
)
_SAVE = Change(
    update(review_decision)
    .where(
        review_decision.c.tenant_id == given("in_tenant"),
        review_decision.c.instance_id == given("in_instance"),
        review_decision.c.decision_id == given("of_decision"),
        review_decision.c.version == given("if_version"),
    )
    .values({name: given(name) for name in _ROWS.names if name not in _FIXED})
)
_FORGET: Final = (
    Change(
        delete(review_decision).where(
            review_decision.c.tenant_id == given("tenant_id"), review_decision.c.user_id == given("user_id")
        )
    ),
    Change(
        update(review_decision)
        .where(
            review_decision.c.tenant_id == given("in_tenant"),
            review_decision.c.reviewed_by == given("by_user"),
            review_decision.c.user_id != given("by_user"),  # that row is deleted
        )
        .values(reviewed_by=null(), justification=null())
    ),
    Change(
        delete(review_earlier).where(
            review_earlier.c.tenant_id == given("tenant_id"), review_earlier.c.user_id == given("user_id")
        )
    ),
    Change(
        update(review_earlier)
        .where(
            review_earlier.c.tenant_id == given("in_tenant"),
            review_earlier.c.reviewed_by == given("by_user"),
            review_earlier.c.user_id != given("by_user"),
        )
        .values(reviewed_by=null(), justification=null())
    ),
)
_EARLIER_IN = _EARLIER.where(
    review_earlier.c.tenant_id == given("tenant_id"),
    review_earlier.c.instance_id == given("instance_id"),
    order=(review_earlier.c.decision_id, review_earlier.c.step),
)

_here = membership.c.stage.in_([_text("invited"), _text("present")])
_GUESTS = Query(
    memberships.selecting()
    .where(membership.c.tenant_id == given("tenant_id"), _here, profile.c.user_type == _text("Guest"))
    .order_by(membership.c.user_id)
)
_IN_GROUP = Query(
    memberships.selecting()
    .join(
        group_member,
        and_(group_member.c.tenant_id == membership.c.tenant_id, group_member.c.user_id == membership.c.user_id),
    )
    .where(
        group_member.c.tenant_id == given("tenant_id"),
        group_member.c.group_id == given("target"),
        group_member.c.struck.is_(None),
        _here,
    )
    .order_by(membership.c.user_id)
)
_at_app = people_at_one()
_AT_APP = Query(
    memberships.selecting()
    .where(membership.c.tenant_id == given("tenant_id"), membership.c.user_id.in_(select(_at_app.c.user_id)), _here)
    .order_by(membership.c.user_id)
)
_GROUPS = Query(
    select(group_member.c.group_id)
    .distinct()
    .where(group_member.c.tenant_id == given("tenant_id"), group_member.c.struck.is_(None))
    .order_by(group_member.c.group_id)
)


async def find(reading: Reading, tenant_id: str, instance_id: str, decision_id: str) -> Decided | None:
    """One decision."""
    return await _ROWS.one(reading, _FIND, tenant_id=tenant_id, instance_id=instance_id, decision_id=decision_id)


async def in_instance(reading: Reading, tenant_id: str, instance_id: str) -> list[Decided]:
    """Every decision of an instance."""
    return await _ROWS.all(reading, _ALL, tenant_id=tenant_id, instance_id=instance_id)


async def some_in(reading: Reading, tenant_id: str, instance_id: str, after: str, limit: int) -> list[Decided]:
    """Decisions of an instance behind the one with this id, in the order of ids."""
    here = {"tenant_id": tenant_id, "instance_id": instance_id}
    return await _ROWS.all(reading, _SOME, **here, after=after, limit=limit)


async def pending(reading: Reading, tenant_id: str, instance_id: str, limit: int) -> list[Decided]:
    """Decisions of an instance that are not applied yet."""
    return await _ROWS.all(reading, _PENDING, tenant_id=tenant_id, instance_id=instance_id, limit=limit)


async def left(reading: Reading, tenant_id: str, instance_id: str) -> int:
    """How many decisions of an instance are still to be applied, or wait for the deletion."""
    row = await reading.one(_LEFT, tenant_id=tenant_id, instance_id=instance_id)
    return 0 if row is None else int(row[0])


async def blocked(reading: Reading, until: datetime, limit: int) -> list[Decided]:
    """Decisions whose person was blocked long enough at ``until``, oldest first."""
    return await _ROWS.all(reading, _BLOCKED, until=to_us(until), limit=limit)


async def blocked_next(reading: Reading, limit: int) -> list[Decided]:
    """The decisions whose person is deleted next."""
    return await _ROWS.all(reading, _NEXT_BLOCKED, limit=limit)


def insert(unit: Unit, new: Decided) -> None:
    """Write a new decision."""
    _ROWS.insert(unit, new)


def save(unit: Unit, before: Decided, after: Decided) -> Decided:
    """Write a changed decision, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in _ROWS.values(saved).items() if name not in _FIXED}
    unit.write(
        _SAVE,
        in_tenant=before.tenant_id,
        in_instance=before.instance_id,
        of_decision=before.decision_id,
        if_version=before.version,
        **values,
    )
    return saved


def guard(unit: Unit, seen: Decided) -> None:
    """Insist that nobody decides otherwise before the unit commits."""
    unit.guard(
        _UNCHANGED,
        tenant_id=seen.tenant_id,
        instance_id=seen.instance_id,
        decision_id=seen.decision_id,
        version=seen.version,
    )


def forget(unit: Unit, tenant_id: str, user_id: str) -> None:
    """What was decided about somebody is gone, and that they decided about others, with the words they used."""
    about, by, earlier_about, earlier_by = _FORGET
    for change in (about, earlier_about):
        unit.write(change, rows=None, tenant_id=tenant_id, user_id=user_id)
    for change in (by, earlier_by):
        unit.write(change, rows=None, in_tenant=tenant_id, by_user=user_id)


# --- Earlier stages ---------------------------------------------------------------------------------------------------


async def earlier_in(reading: Reading, tenant_id: str, instance_id: str) -> list[Earlier]:
    """What was decided in earlier stages of an instance and asked anew, person by person, in the stages' order."""
    return await _EARLIER.all(reading, _EARLIER_IN, tenant_id=tenant_id, instance_id=instance_id)


def keep_as_earlier(unit: Unit, before: Decided) -> None:
    """Keep what was decided in a stage, before the next one asks anew."""
    _EARLIER.insert(unit, Earlier(**{name: getattr(before, name) for name in _EARLIER.names}))


# --- Whom a review is about -------------------------------------------------------------------------------------------


async def guests(reading: Reading, tenant_id: str) -> list[Membership]:
    """Every guest who is invited or present."""
    return [memberships.from_row(row) for row in await reading.all(_GUESTS, tenant_id=tenant_id)]


async def in_group(reading: Reading, tenant_id: str, group_id: str) -> list[Membership]:
    """Who is in a group, and invited or present."""
    rows = await reading.all(_IN_GROUP, tenant_id=tenant_id, target=group_id)
    return [memberships.from_row(row) for row in rows]


async def at_app(reading: Reading, tenant_id: str, app_id: str) -> list[Membership]:
    """Who is assigned to an app, themselves or through a group, and invited or present."""
    return [memberships.from_row(row) for row in await reading.all(_AT_APP, tenant_id=tenant_id, app_id=app_id)]


async def groups_with_members(reading: Reading, tenant_id: str) -> list[str]:
    """The groups that anybody is in."""
    return [row[0] for row in await reading.all(_GROUPS, tenant_id=tenant_id)]
