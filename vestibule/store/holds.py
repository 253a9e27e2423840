"""Legal holds: who set one on whom and why, and who lifted it. How many stand is also in the membership's row."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import legal_hold
from vestibule.store.statements import Change, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Hold:
    """One legal hold on one user of one organization.

    Attributes:
        reason: why it was set. reference: what the organization calls the case; None for nothing.
        set_by, lifted_by: the administrator's user id; None for the operator; a label once their own data is removed.
        lifted_at, lifted_why: None while it stands.
    """

    tenant_id: str
    hold_id: str
    user_id: str
    reason: str
    reference: str | None
    set_by: str | None
    set_at: datetime
    lifted_by: str | None = None
    lifted_at: datetime | None = None
    lifted_why: str | None = None

    @property
    def stands(self) -> bool:
        """It keeps data from being deleted."""
        return self.lifted_at is None

    def stood_at(self, moment: datetime) -> bool:
        """It was there at that moment, that moment itself included."""
        return self.set_at <= moment and (self.lifted_at is None or moment < self.lifted_at)


_ROWS: Final = Records(legal_hold, Hold)
_one = legal_hold.c
_here = _one.tenant_id == given("tenant_id")
_OF = _ROWS.where(_here, _one.user_id == given("user_id"), order=(_one.set_at, _one.hold_id))
_OF_MANY = _ROWS.where(_here, among(_one.user_id, "user_ids"), order=(_one.set_at, _one.hold_id))
_STANDING = _ROWS.where(
    _here, _one.lifted_at.is_(None), _one.hold_id > given("after"), order=(_one.hold_id,), limit=given("limit")
)
_LIFT = Change(
    update(legal_hold)
    .where(_one.tenant_id == given("in_tenant"), _one.hold_id == given("of_hold"), _one.lifted_at.is_(None))
    .values(lifted_by=given("lifted_by"), lifted_at=given("lifted_at"), lifted_why=given("lifted_why"))
)
_DROP = Change(delete(legal_hold).where(_here, _one.user_id == given("user_id")))
_FORGET_SETTER = Change(
    update(legal_hold)
    .where(_one.tenant_id == given("in_tenant"), _one.set_by == given("of_user"))
    .values(set_by=given("label"))
)
_FORGET_LIFTER = Change(
    update(legal_hold)
    .where(_one.tenant_id == given("in_tenant"), _one.lifted_by == given("of_user"))
    .values(lifted_by=given("label"))
)


async def of_user(reading: Reading, tenant_id: str, user_id: str) -> list[Hold]:
    """Every hold on a user, lifted ones too, oldest first."""
    return await _ROWS.all(reading, _OF, tenant_id=tenant_id, user_id=user_id)


async def of_users(reading: Reading, tenant_id: str, user_ids: list[str]) -> list[Hold]:
    """The same for several users."""
    return await _ROWS.all(reading, _OF_MANY, tenant_id=tenant_id, user_ids=user_ids) if user_ids else []


async def standing(reading: Reading, tenant_id: str, limit: int, after: str = "") -> list[Hold]:
    """Holds of an organization that stand, by their ids, those behind ``after``."""
    return await _ROWS.all(reading, _STANDING, tenant_id=tenant_id, after=after, limit=limit)


def insert(unit: Unit, new: Hold) -> None:
    """Write down a hold."""
    _ROWS.insert(unit, new)


def lift(unit: Unit, one: Hold, *, by: str | None, why: str) -> None:
    """It stands no more; the unit is stale when somebody else lifted it meanwhile."""
    unit.write(
        _LIFT,
        in_tenant=one.tenant_id,
        of_hold=one.hold_id,
        lifted_by=by,
        lifted_at=to_us(unit.now),
        lifted_why=why,
    )


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Everything about them goes, so do the holds that once kept it."""
    unit.write(_DROP, rows=None, tenant_id=tenant_id, user_id=user_id)


def forget_actor(unit: Unit, tenant_id: str, user_id: str, label: str) -> None:
    """Whoever set or lifted holds on others has their own data removed: a label stands for them."""
    for statement in (_FORGET_SETTER, _FORGET_LIFTER):
        unit.write(statement, rows=None, in_tenant=tenant_id, of_user=user_id, label=label)
