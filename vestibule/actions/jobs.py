"""Long work that somebody in the Admin center began, and that goes on when they leave the page.

A job does everything in the name of the session in which it was begun: each step asks for the rights that hold then,
and a job whose session has ended stops. Its steps are transactions; after a crash it goes on behind the last one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from vestibule.actions.house import House
from vestibule.actions.posting import LetterKind, post
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import jobs, memberships, organizations
from vestibule.store.jobs import DONE, RUNNING, STOPPED, Job, Part
from vestibule.store.unit import Reading, Unit

LEASE: Final = timedelta(minutes=2)
KEPT_FOR: Final = timedelta(days=1)
"""How long after its beginning a job and its file can be fetched."""

EXPORT: Final = "export"
VERIFY: Final = "verifyLog"
BY_PERSON: Final = "byPerson"
SESSION_ENDED: Final = "sessionEnded"
_SEALED_FOR: Final = "job"
_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did.

    Attributes:
        done, failed: how many in this step. written: what it wrote; empty for nothing.
        position: where the next one begins; None when there is none.
    """

    done: int
    failed: int = 0
    written: str = ""
    position: Sequence[Any] | None = None


async def begin_job(
    house: House,
    *,
    tenant_id: str,
    user_id: str,
    session_hash: str,
    what: str,
    asked: dict[str, Any],
    language: str,
    total: int,
) -> Job:
    """Write a job down; a worker takes it up. What it will do is asked of the rights when it does it."""

    async def work(unit: Unit) -> Job:
        made = Job(
            tenant_id=tenant_id,
            job_id=house.chance.guid(),
            user_id=user_id,
            session_hash=session_hash,
            what=what,
            asked=asked,
            language=language,
            state=RUNNING,
            total=total,
            begun_at=unit.now,
            leased_until=unit.moment.machine,
        )
        jobs.insert(unit, made)
        return made

    return await house.change(work)


async def take_job(house: House) -> Job | None:
    """Take up the job that waits longest; nobody else works on it for two minutes. None when none waits."""
    reading = await house.store.read()
    for waiting in await jobs.waiting(reading, reading.moment.machine, _AT_ONCE):

        async def work(unit: Unit, waiting: Job = waiting) -> Job | None:
            found = await jobs.find(unit, waiting.tenant_id, waiting.job_id)
            if found is None or found.version != waiting.version:
                return None
            return jobs.save(unit, found, replace(found, leased_until=unit.moment.machine + LEASE))

        taken = await house.change(work)
        if taken is not None:
            return taken
    return None


async def step_job(house: House, job: Job, step: Step) -> Job | None:
    """Write down what a step did. Returns the job behind it, or None when somebody stopped or took it meanwhile."""

    async def work(unit: Unit) -> Job | None:
        found = await jobs.find(unit, job.tenant_id, job.job_id)
        if found is None or found.version != job.version or found.state != RUNNING:
            return None
        ended = step.position is None
        after = replace(
            found,
            state=DONE if ended else RUNNING,
            done=found.done + step.done,
            failed=found.failed + step.failed,
            total=max(found.total, found.done + found.failed + step.done + step.failed),
            position=None if step.position is None else json.dumps(list(step.position)),
            ended_at=unit.now if ended else None,
            leased_until=unit.moment.machine + LEASE,
        )
        if step.written:
            jobs.add_part(unit, Part(job.tenant_id, job.job_id, found.version, _sealed(house, found, step.written)))
        if ended and found.what == EXPORT:
            await _tell(house, unit, found)
        return jobs.save(unit, found, after)

    return await house.change(work)


async def stop_job(house: House, *, tenant_id: str, job_id: str, user_id: str | None, why: str = BY_PERSON) -> Job:
    """Stop a job behind the step it is in; what it did stays done. One that has ended stays as it is.

    ``user_id`` is who asks; None for the worker itself.

    Raises:
        Refused: NOT_FOUND when there is no such job, or somebody else began it.
    """

    async def work(unit: Unit) -> Job:
        found = await jobs.find(unit, tenant_id, job_id)
        if found is None or user_id not in {None, found.user_id}:
            raise Refused(Reason.NOT_FOUND)
        if found.state != RUNNING:
            return found
        return jobs.save(unit, found, replace(found, state=STOPPED, why=why, ended_at=unit.now))

    return await house.change(work)


async def written(house: House, reading: Reading, job: Job, after: int) -> tuple[list[str], int]:
    """What a job wrote, behind the part with this number; and the number to go on behind. Nothing: the end."""
    found = await jobs.parts(reading, job, after, _AT_ONCE)
    key = house.sealer.derive(_SEALED_FOR)
    texts = [house.sealer.open(key, one.sealed, _of(job)).decode() for one in found]
    return texts, found[-1].number if found else after


async def failures(house: House, reading: Reading, job: Job, most: int) -> list[dict[str, str]]:
    """Who could not be done, and why, as the steps wrote it: at most so many."""
    found: list[dict[str, str]] = []
    after = 0
    while len(found) < most:
        texts, after = await written(house, reading, job, after)
        if not texts:
            break
        found += [one for text in texts for one in json.loads(text)]
    return found[:most]


async def forget_jobs(house: House) -> None:
    """Jobs that began a day ago go, with their files."""
    reading = await house.store.read()
    for one in await jobs.old(reading, reading.now - KEPT_FOR, 1_000):

        async def work(unit: Unit, one: Job = one) -> None:
            jobs.drop(unit, one)

        await house.change(work)


async def _tell(house: House, unit: Unit, job: Job) -> None:
    """Write to whoever began an export that its file is there."""
    who = await memberships.find(unit, job.tenant_id, job.user_id)
    organization = await organizations.find(unit, job.tenant_id)
    if who is None or organization is None:
        return
    post(
        house,
        unit,
        LetterKind.EXPORT_READY,
        organization=organization,
        user_id=who.user_id,
        recipient=who.contact,
        languages=[job.language],
        facts={
            "begunAt": job.begun_at,
            "keptUntil": job.begun_at + KEPT_FOR,
            "fileLink": f"{house.public_url}/admin/jobs/{job.job_id}",
        },
    )


def _sealed(house: House, job: Job, text: str) -> bytes:
    return house.sealer.seal(house.sealer.derive(_SEALED_FOR), text.encode(), _of(job))


def _of(job: Job) -> bytes:
    return f"{job.tenant_id}/{job.job_id}".encode()
