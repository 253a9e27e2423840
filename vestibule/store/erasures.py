"""Erasures: data removal as a ledger of finished steps, and the journal that outlives every backup."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import exists, literal_column, not_, select, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import deployment, erasure, erasure_journal, erasure_step, removal_recipient
from vestibule.store.statements import Change, Query, among, given, inserting
from vestibule.store.unit import Reading, Unit

RUNNING: Final = "running"
ON_HOLD: Final = "onHold"
REMOVING: Final = "removing"
WAITING: Final = "waitingForRecipients"


@dataclass(frozen=True, slots=True)
class Erasure:
    """The data removal of one purged membership.

    Attributes:
        started_at: the purge. due_by: 30 days later.
        state: running (a hold can still stop it), onHold, removing (from here on nothing stops it),
            waitingForRecipients, done.
        sealed_contact: address and language for the last letter, encrypted; dropped with it.
        alarm_at: when somebody is told that it is not done; None once it is, or when they were told for good.
    """

    tenant_id: str
    user_id: str
    started_at: datetime
    due_by: datetime
    reason: str
    state: str
    sealed_contact: bytes | None
    finished_at: datetime | None
    alarm_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A finished step: which, when, how many rows it removed."""

    tenant_id: str
    user_id: str
    step: str
    finished_at: datetime
    removed: int


_ERASURES = Records(erasure, Erasure)
_STEPS = Records(erasure_step, Step)
_FIND = _ERASURES.where(erasure.c.tenant_id == given("tenant_id"), erasure.c.user_id == given("user_id"))
_oldest = (erasure.c.started_at, erasure.c.user_id)
_RUNNING = _ERASURES.where(erasure.c.state == given("state"), order=_oldest, limit=given("limit"))
_awaited = exists().where(
    removal_recipient.c.tenant_id == erasure.c.tenant_id,
    removal_recipient.c.user_id == erasure.c.user_id,
    removal_recipient.c.required == literal_column("true"),
    not_(among(removal_recipient.c.state, "enough")),
)
_ANSWERED = _ERASURES.where(erasure.c.state == given("state"), not_(_awaited), order=_oldest, limit=given("limit"))
_OPEN_HERE = _ERASURES.where(
    erasure.c.tenant_id == given("tenant_id"),
    erasure.c.state != literal_column("'done'"),
    order=(erasure.c.due_by, erasure.c.user_id),
    limit=given("limit"),
)
_FAILED = Query(
    select(removal_recipient.c.app_id, removal_recipient.c.kind)
    .distinct()
    .select_from(
        removal_recipient.join(
            erasure,
            (erasure.c.tenant_id == removal_recipient.c.tenant_id) & (erasure.c.user_id == removal_recipient.c.user_id),
        )
    )
    .where(
        erasure.c.tenant_id == given("tenant_id"),
        erasure.c.state != literal_column("'done'"),
        removal_recipient.c.required == literal_column("true"),
        among(removal_recipient.c.state, "failed"),
    )
    .order_by(removal_recipient.c.app_id, removal_recipient.c.kind)
)
_PASS = Change(
    update(erasure)
    .where(
        erasure.c.tenant_id == given("in_tenant"),
        erasure.c.user_id == given("of_user"),
        erasure.c.state == given("if_state"),
    )
    .values(state=given("state"))
)
_STEPS_OF = _STEPS.where(erasure_step.c.tenant_id == given("tenant_id"), erasure_step.c.user_id == given("user_id"))
_ALARMING = _ERASURES.where(
    erasure.c.alarm_at <= given("until"), order=(erasure.c.alarm_at, erasure.c.user_id), limit=given("limit")
)
_ALARMING_HERE = _ERASURES.where(
    erasure.c.alarm_at <= given("until"),
    erasure.c.tenant_id == given("tenant_id"),
    order=(erasure.c.alarm_at, erasure.c.user_id),
    limit=given("limit"),
)
_ALARMED = Change(
    update(erasure)
    .where(
        erasure.c.tenant_id == given("in_tenant"),
        erasure.c.user_id == given("of_user"),
        erasure.c.alarm_at == given("if_alarm_at"),
    )
    .values(alarm_at=given("alarm_at"))
)
_FINISH = Change(
    update(erasure)
    .where(
        erasure.c.tenant_id == given("in_tenant"),
        erasure.c.user_id == given("of_user"),
        erasure.c.state == given("if_state"),
    )
    .values(
        state=given("state"),
        sealed_contact=given("sealed_contact"),
        finished_at=given("finished_at"),
        alarm_at=given("alarm_at"),
    )
)
_JOURNAL = inserting(erasure_journal)
_WANT_SCRUB = Change(
    update(deployment)
    .where(deployment.c.id == given("id"))
    .values(scrub_wanted=deployment.c.scrub_wanted + literal_column("1"))
)
_SCRUB = Query(select(deployment.c.scrub_wanted, deployment.c.scrub_done).where(deployment.c.id == given("id")))
_SCRUBBED = Change(update(deployment).where(deployment.c.id == given("of_id")).values(scrub_done=given("done")))


def start(unit: Unit, new: Erasure) -> None:
    """An erasure begins with the purge, in the same unit."""
    _ERASURES.insert(unit, new)


async def find(reading: Reading, tenant_id: str, user_id: str) -> Erasure | None:
    """The erasure of this membership."""
    return await _ERASURES.one(reading, _FIND, tenant_id=tenant_id, user_id=user_id)


async def running(reading: Reading, limit: int) -> list[Erasure]:
    """Erasures whose steps are not done, oldest first; none that is on hold."""
    begun = await _ERASURES.all(reading, _RUNNING, state=REMOVING, limit=limit)
    return begun + await _ERASURES.all(reading, _RUNNING, state=RUNNING, limit=limit)


async def open_here(reading: Reading, tenant_id: str, limit: int) -> list[Erasure]:
    """Erasures of an organization that are not done, those that are due first."""
    return await _ERASURES.all(reading, _OPEN_HERE, tenant_id=tenant_id, limit=limit)


async def failed_connections(reading: Reading, tenant_id: str, failed: list[str]) -> list[tuple[str, str]]:
    """App and kind of the required recipients of open removals that are in one of the states ``failed``."""
    rows = await reading.all(_FAILED, tenant_id=tenant_id, failed=failed)
    return [(str(app_id), str(kind)) for app_id, kind in rows]


async def answered(reading: Reading, enough: list[str], limit: int) -> list[Erasure]:
    """Erasures that waited for recipients, each of whom is in one of the states that are ``enough``; oldest first."""
    return await _ERASURES.all(reading, _ANSWERED, state=WAITING, enough=enough, limit=limit)


async def alarming(reading: Reading, until: datetime, limit: int) -> list[Erasure]:
    """Erasures that somebody is to be told of by this moment, in the order of their alarms."""
    return await _ERASURES.all(reading, _ALARMING, until=to_us(until), limit=limit)


async def alarming_here(reading: Reading, tenant_id: str, until: datetime, limit: int) -> list[Erasure]:
    """The same, of one organization."""
    return await _ERASURES.all(reading, _ALARMING_HERE, tenant_id=tenant_id, until=to_us(until), limit=limit)


def alarmed(unit: Unit, of: Erasure, following: datetime | None) -> None:
    """Somebody is told of it; the next alarm is at ``following``. A second one who tells finds it told."""
    if of.alarm_at is not None:
        unit.write(
            _ALARMED,
            in_tenant=of.tenant_id,
            of_user=of.user_id,
            if_alarm_at=to_us(of.alarm_at),
            alarm_at=None if following is None else to_us(following),
        )


async def ledger(reading: Reading, tenant_id: str, user_id: str) -> list[Step]:
    """The steps that are done."""
    return await _STEPS.all(reading, _STEPS_OF, tenant_id=tenant_id, user_id=user_id)


async def steps(reading: Reading, tenant_id: str, user_id: str) -> set[str]:
    """The names of the steps that are done."""
    return {one.step for one in await ledger(reading, tenant_id, user_id)}


async def removed_by_step(reading: Reading, tenant_id: str, user_id: str) -> dict[str, int]:
    """How many rows each step removed that is done."""
    return {one.step: one.removed for one in await ledger(reading, tenant_id, user_id)}


def step_done(unit: Unit, of: Erasure, step: str, removed: int = 0) -> None:
    """Mark a step; doing it twice at once raises Duplicate and the second one finds it done."""
    _STEPS.insert(unit, Step(of.tenant_id, of.user_id, step, unit.now, removed))


def become(unit: Unit, of: Erasure, state: str) -> None:
    """It is held, goes on, removes the first thing, or waits for recipients. Stale when its state is another by now."""
    unit.write(_PASS, in_tenant=of.tenant_id, of_user=of.user_id, if_state=of.state, state=state)


def finish(unit: Unit, of: Erasure, state: str, at: datetime) -> Erasure:
    """The last state; the contact for the last letter is dropped with it."""
    after = replace(of, state=state, sealed_contact=None, finished_at=at, alarm_at=None)
    unit.write(
        _FINISH,
        in_tenant=of.tenant_id,
        of_user=of.user_id,
        if_state=of.state,
        state=state,
        sealed_contact=None,
        finished_at=to_us(at),
        alarm_at=None,
    )
    return after


def journal(unit: Unit, key_id: str) -> None:
    """Remember for every backup, present and future, that this key was destroyed."""
    unit.write(_JOURNAL, key_id=key_id, destroyed_at=to_us(unit.now))


def want_scrub(unit: Unit) -> None:
    """Old pages have to leave the disk soon: the next checkpoint truncates the log."""
    unit.write(_WANT_SCRUB, id=1)


async def scrub_wanted(reading: Reading) -> int | None:
    """The number of the scrub that is wanted, or None when every erasure has been scrubbed."""
    row = await reading.one(_SCRUB, id=1)
    return None if row is None or row[0] <= row[1] else int(row[0])


def scrubbed(unit: Unit, number: int) -> None:
    """Everything up to this number is off the disk."""
    unit.write(_SCRUBBED, of_id=1, done=number)
