"""*Sign-ins* and *Audit logs* of a user: the newest of what the logs say about them."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import journal
from vestibule.doors.portal.admin.activity_names import names_of
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.user import AUDIT, SIGN_INS, UserView, find, head_of
from vestibule.rules.filters import Compare, Op
from vestibule.rules.sign_ins import KEPT_FOR
from vestibule.rules.verbs import Verb
from vestibule.store import audit, sign_ins
from vestibule.store.listing import Asked

MOST: Final = 50


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A sign-in; ``failed`` says that it was one that did not succeed."""

    at: datetime
    app: str
    device: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Event:
    """An event: what it is called, as the catalog knows it; ``by``: who did it, empty when nobody knows."""

    at: datetime
    sentence: str
    by: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage(UserView):
    """A tab; ``readable`` says whether this role may read the log at all."""

    template: ClassVar[str] = "portal/admin/user_logs.html"
    readable: bool
    signed_in: tuple[SignedIn, ...] = ()
    events: tuple[Event, ...] = ()


async def signed_in(admin: Admin) -> Response:
    """*Sign-ins*."""
    user = await find(admin)
    head = head_of(admin, user, SIGN_INS)
    if not admin.may(Verb.READ_AUDIT):
        return admin.visit.page(LogPage(head=head, readable=False))
    wanted = Compare(("userId",), Op.EQ, user.membership.user_id)
    since = admin.reading.now - KEPT_FOR
    found = await sign_ins.page(
        admin.reading, admin.tenant_id, Asked(MOST, wanted), since=since, scope=sign_ins.EVERY_KIND
    )
    rows = [
        SignedIn(
            at=one.row.at,
            app=one.app or "",
            device=", ".join(filter(None, (one.row.browser, one.row.operating_system))),
            failed=one.row.error_code != 0,
        )
        for one in found.items
    ]
    return admin.visit.page(LogPage(head=head, readable=True, signed_in=tuple(rows)))


async def audited(admin: Admin) -> Response:
    """*Audit logs*."""
    user = await find(admin)
    head = head_of(admin, user, AUDIT)
    if not admin.may(Verb.READ_AUDIT):
        return admin.visit.page(LogPage(head=head, readable=False))
    found = (await audit.of_object(admin.reading, admin.tenant_id, user.membership.audit_tag))[-MOST:][::-1]
    parts = await audit.parts_of(admin.reading, admin.tenant_id, [one.event_id for one in found])
    rows = []
    for one in found:
        actor = (await journal.open_parts(admin.visit.house, one, parts.get(one.event_id, []))).get("actor", {})
        by = str(actor.get("displayName") or "")
        failed = one.outcome == "failure"
        rows.append(Event(one.at, names_of(one.type, refused=failed)[0], by, failed))
    return admin.visit.page(LogPage(head=head, readable=True, events=tuple(rows)))
