"""*Background work*: exports of many rows, acts on many users, and looking at a long log; what came of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response, StreamingResponse

from vestibule.actions import jobs as work
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.exports import is_lines, kind_of
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.desk import NO_STORE
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import jobs as kept
from vestibule.store.jobs import DONE, RUNNING, Job

MOST_SHOWN: Final = 100
_TITLES: Final = {
    work.EXPORT: N_("Export CSV"),
    Verb.DISABLE.value: N_("Disable users"),
    Verb.ENABLE.value: N_("Enable users"),
    Verb.REINVITE.value: N_("Resend invitations"),
    Verb.REMOVE.value: N_("Delete users"),
    work.VERIFY: N_("Verify log"),
}
_JSON_LINES: Final = N_("Export JSON lines")
_WHY: Final = {
    work.BY_PERSON: N_("You stopped it."),
    work.SESSION_ENDED: N_("It stopped because you signed out or your session ended. Begin again for the rest."),
    "notAllowed": N_("It stopped because your role doesn't reach any more."),
}
_OTHERWISE: Final = N_("It stopped because something went wrong. Begin again for the rest.")


@dataclass(frozen=True, slots=True)
class Shown:
    """A job as it is shown.

    Attributes:
        title, why: sentences of the catalog; ``why`` is empty while it was not stopped.
        file: its file can be fetched. checks: it looks at something and changes nothing.
    """

    job_id: str
    title: str
    running: bool
    total: int
    done: int
    failed: int
    why: str
    begun_at: datetime
    kept_until: datetime
    file: bool
    checks: bool

    @property
    def parts(self) -> int:
        """How many have been looked at."""
        return self.done + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage(View):
    """One job; ``failures`` are names with a sentence of the catalog each."""

    template: ClassVar[str] = "portal/admin/job.html"
    job: Shown
    failures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsPage(View):
    """What whoever is signed in began in the last day."""

    template: ClassVar[str] = "portal/admin/jobs.html"
    jobs: tuple[Shown, ...]


async def everything(admin: Admin) -> Response:
    """The list."""
    found = await kept.of_user(admin.reading, admin.tenant_id, admin.by.user_id or "")
    return admin.visit.page(JobsPage(jobs=tuple(_shown(one) for one in found if _is_kept(admin, one))))


async def show(admin: Admin) -> Response:
    """One job."""
    job = await _mine(admin)
    failures: list[dict[str, str]] = []
    if job.what != work.EXPORT and job.failed:
        failures = await work.failures(admin.visit.house, admin.reading, job, MOST_SHOWN)
    return admin.visit.page(JobPage(job=_shown(job), failures=tuple((one["name"], one["why"]) for one in failures)))


async def stop(admin: Admin) -> Response:
    """*Stop*: what was done stays done."""
    await admin.visit.form(tenant_id=admin.tenant_id)
    job = await _mine(admin)
    await work.stop_job(admin.visit.house, tenant_id=admin.tenant_id, job_id=job.job_id, user_id=admin.by.user_id or "")
    return admin.visit.redirect(paths.job(job.job_id))


async def download(admin: Admin) -> Response:
    """*Download*: the file of an export that is done, while the list may still be read."""
    job = await _mine(admin)
    if job.what != work.EXPORT or job.state != DONE:
        raise Refused(Reason.NOT_FOUND)
    reads = Verb(job.asked["reads"])
    if not admin.may(reads):
        raise Refused(Reason.NOT_ALLOWED, role="")
    headers = {**NO_STORE, "Content-Disposition": f'attachment; filename="{job.asked["file"]}"'}
    return StreamingResponse(_rows(admin, job), headers=headers, media_type=kind_of(job.asked["file"]))


async def _rows(admin: Admin, job: Job) -> AsyncIterator[str]:
    after = 0
    while True:
        texts, after = await work.written(admin.visit.house, await admin.visit.fresh(), job, after)
        if not texts:
            return
        yield "".join(texts)


async def _mine(admin: Admin) -> Job:
    """The job in the address, when whoever is signed in began it. Raises Refused (NOT_FOUND)."""
    found = await kept.find(admin.reading, admin.tenant_id, admin.visit.captured("id").lower())
    if found is None or found.user_id != admin.by.user_id or not _is_kept(admin, found):
        raise Refused(Reason.NOT_FOUND)
    return found


def _is_kept(admin: Admin, job: Job) -> bool:
    return admin.reading.now < job.begun_at + work.KEPT_FOR


def _shown(job: Job) -> Shown:
    why = "" if job.why is None else _WHY.get(job.why, _OTHERWISE)
    return Shown(
        job_id=job.job_id,
        title=_JSON_LINES if is_lines(job.asked.get("file", "")) else _TITLES[job.what],
        running=job.state == RUNNING,
        total=max(job.total, 1),
        done=job.done,
        failed=job.failed,
        why=why,
        begun_at=job.begun_at,
        kept_until=job.begun_at + work.KEPT_FOR,
        file=job.what == work.EXPORT and job.state == DONE,
        checks=job.what == work.VERIFY,
    )
