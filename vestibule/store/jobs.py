"""Long work that somebody in the Admin center began: how far it is, and what came of it, part by part."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, literal_column, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import job, job_part
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit

RUNNING: Final = "running"
DONE: Final = "done"
STOPPED: Final = "stopped"


@dataclass(frozen=True, slots=True)
class Job:
    """One job.

    Attributes:
        user_id: who began it. session_hash: the session that it does everything in the name of.
        what: ``export``, or what is done to each user. asked: the address and its query, or the form's fields (JSON).
        language: of what it writes. state: RUNNING, DONE or STOPPED. why: why it was stopped; None for not.
        total: how many there are to do, as counted at the beginning. done, failed: of them, so far.
        position: where it goes on (JSON); None for at the beginning.
        begun_at, ended_at: lifecycle time. leased_until: machine time, until which a worker has it.
        version: rises with every step, so that two workers cannot both take one.
    """

    tenant_id: str
    job_id: str
    user_id: str
    session_hash: str
    what: str
    asked: dict[str, Any]
    language: str
    state: str
    total: int
    begun_at: datetime
    leased_until: datetime
    done: int = 0
    failed: int = 0
    position: str | None = None
    why: str | None = None
    ended_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Part:
    """What a step wrote: rows of a file, or who could not be done and why; sealed."""

    tenant_id: str
    job_id: str
    number: int
    sealed: bytes


_JOBS: Final = Records(job, Job)
_PARTS: Final = Records(job_part, Part)
_this = (job.c.tenant_id == given("tenant_id"), job.c.job_id == given("job_id"))
_FIND = _JOBS.where(*_this)
_OF_USER = _JOBS.where(
    job.c.tenant_id == given("tenant_id"), job.c.user_id == given("user_id"), order=job.c.begun_at.desc()
)
_WAITING = _JOBS.where(
    job.c.state == literal_column(f"'{RUNNING}'"),
    job.c.leased_until <= given("now"),
    order=(job.c.leased_until, job.c.job_id),
    limit=given("limit"),
)
_CHANGING: Final = ("state", "total", "done", "failed", "position", "why", "ended_at", "leased_until", "version")
_SAVE = Change(
    update(job)
    .where(job.c.tenant_id == given("in_tenant"), job.c.job_id == given("of_job"), job.c.version == given("if_version"))
    .values({name: given(name) for name in _CHANGING})
)
_PARTS_OF = _PARTS.where(
    job_part.c.tenant_id == given("tenant_id"),
    job_part.c.job_id == given("job_id"),
    job_part.c.number > given("after"),
    order=job_part.c.number,
    limit=given("limit"),
)
_DROP_PARTS_OF = Change(
    delete(job_part).where(job_part.c.tenant_id == given("tenant_id"), job_part.c.job_id == given("job_id"))
)
_OLD = _JOBS.where(job.c.begun_at < given("before"), limit=given("limit"))
_DROP = Change(delete(job).where(*_this))


async def find(reading: Reading, tenant_id: str, job_id: str) -> Job | None:
    """The job with this id."""
    return await _JOBS.one(reading, _FIND, tenant_id=tenant_id, job_id=job_id)


async def of_user(reading: Reading, tenant_id: str, user_id: str) -> list[Job]:
    """What somebody began, newest first."""
    return await _JOBS.all(reading, _OF_USER, tenant_id=tenant_id, user_id=user_id)


async def waiting(reading: Reading, now: datetime, limit: int) -> list[Job]:
    """Jobs that are under way and that no worker has, the longest waiting first. ``now`` is machine time."""
    return await _JOBS.all(reading, _WAITING, now=to_us(now), limit=limit)


async def old(reading: Reading, before: datetime, limit: int) -> list[Job]:
    """Jobs that began before a moment."""
    return await _JOBS.all(reading, _OLD, before=to_us(before), limit=limit)


async def parts(reading: Reading, of: Job, after: int, limit: int) -> list[Part]:
    """What it wrote, in order, behind the part with this number (numbers begin with 1)."""
    here = {"tenant_id": of.tenant_id, "job_id": of.job_id}
    return await _PARTS.all(reading, _PARTS_OF, **here, after=after, limit=limit)


def insert(unit: Unit, new: Job) -> None:
    """Write a new job."""
    _JOBS.insert(unit, new)


def add_part(unit: Unit, part: Part) -> None:
    """Write what a step wrote."""
    _PARTS.insert(unit, part)


def save(unit: Unit, before: Job, after: Job) -> Job:
    """Write how far it is. Whoever did not see the last step does not get through. Returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = _JOBS.values(saved)
    unit.write(
        _SAVE,
        in_tenant=before.tenant_id,
        of_job=before.job_id,
        if_version=before.version,
        **{name: values[name] for name in _CHANGING},
    )
    return saved


def drop(unit: Unit, of: Job) -> None:
    """A job and everything that it wrote go."""
    here = {"tenant_id": of.tenant_id, "job_id": of.job_id}
    unit.write(_DROP_PARTS_OF, rows=None, **here)
    unit.write(_DROP, rows=None, **here)
