"""Lines about what an organization's contacts are told, and about work that goes on by itself: see ``lines``."""

from datetime import timedelta

from tests.faults.lines import ADDRESS, Act, line, push
from tests.faults.quiet_lines import quiet
from tests.support import world
from tests.support.world import Place
from vestibule.actions import digests, erasing, jobs, leaving, organizing, removing, restoring_backup
from vestibule.actions.jobs import Step
from vestibule.rules.actors import operator
from vestibule.store.jobs import Job


@line("organization.sendDigest")
async def _digest(place: Place) -> Act:
    changes = {digests.SETTING: "day"}
    await organizing.update_organization(place.house, tenant_id=place.id, changes=changes, by=operator())
    guest = await world.guest(place, ADDRESS)
    await leaving.leave(place.house, tenant_id=place.id, by=world.at_portal(guest), key="key")
    push(place.house, timedelta(days=1))
    return lambda house: digests.send_digest_due(house, tenant_id=place.id)


@line("organization.warnOfRemovals")
async def _warning(place: Place) -> Act:
    guest = await world.guest(place, ADDRESS)
    await removing.remove(place.house, tenant_id=place.id, user_id=guest.user_id, by=operator())
    await erasing.purge(place.house, tenant_id=place.id, user_id=guest.user_id, by=operator())
    push(place.house, timedelta(days=15))
    return lambda house: digests.warn_of_removals_due(house, tenant_id=place.id)


@line("organization.restoreBackup")
async def _came_back(place: Place) -> Act:
    facts = {"takenAt": "2026-03-01T00:00:00Z", "erasuresKnown": True}
    return lambda house: restoring_backup.note_restore(house, tenant_id=place.id, facts=facts, by=operator())


async def _job(place: Place) -> Job:
    return await jobs.begin_job(
        place.house,
        tenant_id=place.id,
        user_id=place.administrator.user_id,
        session_hash="a session",
        what=jobs.EXPORT,
        asked={"path": "/admin/users.csv", "query": ""},
        language="en",
        total=1,
    )


@quiet("jobs.begin_job")
async def _begin_job(place: Place) -> Act:
    return lambda house: jobs.begin_job(
        house,
        tenant_id=place.id,
        user_id=place.administrator.user_id,
        session_hash="a session",
        what=jobs.EXPORT,
        asked={},
        language="en",
        total=1,
    )


@quiet("jobs.take_job")
async def _take_job(place: Place) -> Act:
    await _job(place)
    return jobs.take_job


@quiet("jobs.step_job")
async def _step_job(place: Place) -> Act:
    await _job(place)
    taken = await jobs.take_job(place.house)
    assert taken is not None
    return lambda house: jobs.step_job(house, taken, Step(1, written="rows"))


@quiet("jobs.stop_job")
async def _stop_job(place: Place) -> Act:
    job = await _job(place)
    return lambda house: jobs.stop_job(house, tenant_id=place.id, job_id=job.job_id, user_id=job.user_id)


@quiet("jobs.forget_jobs")
async def _forget_jobs(place: Place) -> Act:
    await _job(place)
    push(place.house, jobs.KEPT_FOR + timedelta(seconds=1))
    return jobs.forget_jobs
