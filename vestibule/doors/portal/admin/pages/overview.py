"""*Overview*: four figures, what needs somebody's attention, and what happened last."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from starlette.responses import Response

from vestibule.actions import policies
from vestibule.doors.portal.admin.activity_names import key_of
from vestibule.doors.portal.admin.events import Event, Log, Wanted
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.audit_logs import ORDER, rows_of
from vestibule.doors.web.frame import View
from vestibule.rules.person_requests import Kind, Urgency, urgency
from vestibule.rules.verbs import Verb
from vestibule.store import data_requests, erasure_lists, requests, users
from vestibule.store.listing import Asked

MOST_ASKED = 5
MOST_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who asked for something: to be removed, restored or erased. ``late``: the answer is overdue."""

    user_id: str
    name: str
    asked: datetime
    answer_due: datetime
    late: bool
    soon: bool


@dataclass(frozen=True, slots=True)
class ByAddress:
    """How many requests by a confirmed address wait, and by when the first one has to be answered."""

    count: int
    answer_due: datetime
    late: bool
    soon: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage(View):
    """The page.

    Attributes:
        guests, waiting, deleted, removing: the figures. late: data removals whose time is over.
        held: people whose data would be removed by now, and is on hold.
        removals, restores, erasures: who asked, oldest first, at most five each. more_…: how many more of each.
        by_address: who asked by a confirmed address; None when nobody waits.
        privacy_missing: guests have nobody to turn to.
        events: the last of the audit log, a row each; None for a role that may not read it.
    """

    template: ClassVar[str] = "portal/admin/overview.html"
    organization: str
    guests: int
    waiting: int
    deleted: int
    removing: int
    late: int
    held: int
    removals: tuple[Asking, ...]
    more_removals: int
    restores: tuple[Asking, ...]
    more_restores: int
    erasures: tuple[Asking, ...]
    more_erasures: int
    by_address: ByAddress | None
    privacy_missing: bool
    events: tuple[Event, ...] | None

    def key(self, row: Event) -> str:
        """The row's activity in an address."""
        return key_of(row.names[0])

    @property
    def calm(self) -> bool:
        """Nothing needs attention."""
        asked = self.removals or self.restores or self.erasures or self.by_address
        return not (asked or self.late or self.held or self.privacy_missing)


async def show(admin: Admin) -> Response:
    """The page."""
    guests, waiting = await users.count_guests(admin.reading, admin.tenant_id)
    removing, late = await erasure_lists.unfinished(admin.reading, admin.tenant_id)
    removals, more_removals = await _asking(admin, "removal")
    restores, more_restores = await _asking(admin, "restore")
    erasures, more_erasures = await _asking(admin, Kind.ERASURE)
    return admin.visit.page(
        OverviewPage(
            organization=admin.organization.display_name,
            guests=guests,
            waiting=waiting,
            deleted=await users.count_deleted(admin.reading, admin.tenant_id, external_only=admin.external_only),
            removing=removing,
            late=late,
            held=await erasure_lists.held(admin.reading, admin.tenant_id),
            removals=removals,
            more_removals=more_removals,
            restores=restores,
            more_restores=more_restores,
            erasures=erasures,
            more_erasures=more_erasures,
            by_address=await _by_address(admin),
            privacy_missing=not policies.privacy_of(admin.organization).is_complete,
            events=await _last(admin) if admin.may(Verb.READ_AUDIT) else None,
        )
    )


async def _last(admin: Admin) -> tuple[Event, ...]:
    """The last rows of the audit log."""
    log = Log(admin.visit.house, admin.reading, admin.tenant_id, admin.visit.words)
    found = await log.page(Wanted(), Asked(MOST_EVENTS, orders=ORDER))
    return tuple([row for event in found.items for row in rows_of(event, Wanted())][:MOST_EVENTS])


async def _by_address(admin: Admin) -> ByAddress | None:
    waiting = await data_requests.waiting(admin.reading, admin.tenant_id)
    if not waiting:
        return None
    due = min(one.answer_due for one in waiting)
    how = urgency(due, admin.reading.now)
    return ByAddress(len(waiting), due, late=how is Urgency.LATE, soon=how is Urgency.SOON)


async def _asking(admin: Admin, kind: str) -> tuple[tuple[Asking, ...], int]:
    """Who waits for an answer, and how many more than fit."""
    every = await requests.of_organization(admin.reading, admin.tenant_id, kind)
    waiting = [one for one in every if one.answer is None]
    shown = waiting[:MOST_ASKED]
    found = await users.find_many(admin.reading, admin.tenant_id, [one.user_id for one in shown])
    names = {user.membership.user_id: user.profile.display_name for user in found}
    now = admin.reading.now
    how = {one.user_id: urgency(one.answer_due, now) for one in shown}
    asking = tuple(
        Asking(
            user_id=one.user_id,
            name=names.get(one.user_id, ""),
            asked=one.asked_at,
            answer_due=one.answer_due,
            late=how[one.user_id] is Urgency.LATE,
            soon=how[one.user_id] is Urgency.SOON,
        )
        for one in shown
    )
    return asking, len(waiting) - len(shown)
