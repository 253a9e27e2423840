"""Jobs of the Admin center, step by step, by the same handlers that answer a browser.

A job is an address of a page and a session. For each step a visit is made as if a browser had sent it, without a
browser: the session is looked up, the gate asks for the rights that hold now, and the page's own handler does as much
as fits into a step. Nothing that a job does can therefore be done without it, and no right is asked differently.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from starlette.requests import Request
from starlette.responses import Response

from vestibule.actions import jobs
from vestibule.actions.access import session_that_stands
from vestibule.actions.jobs import Step
from vestibule.doors.portal import speech
from vestibule.doors.portal.admin import log_paths, paths
from vestibule.doors.portal.admin.exports import Sink
from vestibule.doors.portal.admin.gate import Admin, enter
from vestibule.doors.portal.admin.pages import (
    acting_on_users,
    all_users,
    audit_files,
    data_removal,
    deleted_users,
    log_check,
    sign_in_logs,
)
from vestibule.doors.portal.desk import Desk, Visit
from vestibule.doors.web.words import words
from vestibule.rules.refusals import Refused
from vestibule.rules.verbs import Verb
from vestibule.store.jobs import RUNNING, Job
from vestibule.store.unit import Unavailable

log = structlog.get_logger(__name__)

NOT_ALLOWED: Final = "notAllowed"
FAILED: Final = "failed"
Handler = Callable[[Admin], Awaitable[Response]]

_DEEDS: Final[Mapping[str, tuple[Verb, Handler]]] = {
    Verb.DISABLE.value: (Verb.READ_USERS, acting_on_users.disable),
    Verb.ENABLE.value: (Verb.READ_USERS, acting_on_users.enable),
    Verb.REINVITE.value: (Verb.READ_USERS, acting_on_users.resend),
    Verb.REMOVE.value: (Verb.READ_USERS, acting_on_users.delete),
    jobs.VERIFY: (Verb.READ_AUDIT, log_check.check),
}
_FILES: Final[Mapping[str, Handler]] = {
    paths.USERS_CSV: all_users.download,
    paths.DELETED_USERS_CSV: deleted_users.download,
    paths.DATA_REMOVAL_CSV: data_removal.download,
    log_paths.AUDIT_CSV: audit_files.as_csv,
    log_paths.AUDIT_LINES: audit_files.as_lines,
    log_paths.SIGN_IN_CSV: sign_in_logs.as_csv,
}


@dataclass(slots=True)
class RunningJobs:
    """Does the steps of jobs, for the desk of the pages."""

    desk: Desk

    async def run_waiting(self) -> int:
        """Take up each job that waits, and see it to its end. Returns how many steps were done."""
        steps = 0
        while (job := await jobs.take_job(self.desk.house)) is not None:
            steps += await self._see_to_the_end(job)
        return steps

    async def _see_to_the_end(self, job: Job) -> int:
        steps = 0
        following: Job | None = job
        while following is not None and following.state == RUNNING:
            job = following
            following = await self._step(job)
            steps += 1
            await asyncio.sleep(0)  # others have their turn between two steps
        return steps

    async def _step(self, job: Job) -> Job | None:
        """One step; a job that cannot go on is stopped, and says why."""
        sink = Sink(None if job.position is None else tuple(json.loads(job.position)))
        try:
            handled = await self._handle(job, sink)
        except Refused:
            return await self._stop(job, NOT_ALLOWED)
        except Unavailable:
            raise
        except Exception:
            log.exception("job_failed", job=job.job_id)
            return await self._stop(job, FAILED)
        if not handled:
            return await self._stop(job, jobs.SESSION_ENDED)
        step = Step(sink.done, sink.failed, sink.written, sink.following)
        return await jobs.step_job(self.desk.house, job, step)

    async def _stop(self, job: Job, why: str) -> Job:
        house = self.desk.house
        return await jobs.stop_job(house, tenant_id=job.tenant_id, job_id=job.job_id, user_id=None, why=why)

    async def _handle(self, job: Job, sink: Sink) -> bool:
        """Let the page's handler do a step. Returns whether the session still stands. Raises Refused."""
        verb, handler = self._of(job)
        visit = await self._visit(job, sink)
        if visit.signed_in is None or visit.current is None:
            return False
        await handler(await enter(visit, verb, None))
        return True

    def _of(self, job: Job) -> tuple[Verb, Handler]:
        if job.what == jobs.EXPORT:
            return Verb(job.asked["reads"]), _FILES[job.asked["path"]]
        return _DEEDS[job.what]

    async def _visit(self, job: Job, sink: Sink) -> Visit:
        query = job.asked["query"] if job.what == jobs.EXPORT else job.asked["filters"]
        visit = Visit.begin(self.desk, Request(_scope(job.asked["path"], query)))
        reading = await visit.fresh()
        visit.signed_in = await session_that_stands(reading, job.session_hash)
        visit.current = None if visit.signed_in is None else visit.signed_in.open_in.get(job.tenant_id)
        visit.words = words(job.language, speech.DOMAIN)
        visit.sink = sink
        return visit


def _scope(path: str, query: str) -> dict[str, Any]:
    """What a request for this address looks like when nobody sent it."""
    return {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost")],
        "path_params": {},
        "server": ("localhost", 443),
        "client": None,
    }
