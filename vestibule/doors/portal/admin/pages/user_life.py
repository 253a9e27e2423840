"""*Lifecycle* of a user: what happened when, from the invitation on, and what time will do."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.user import LIFE, UserView, find, head_of
from vestibule.doors.web.words import N_
from vestibule.rules.lifecycle import Deleted, Invited, data_removed_by, stage_at
from vestibule.store import audit, invitations
from vestibule.store.users import User

SENTENCES: Final = {
    "membership.invite": N_("Invited"),
    "membership.reinvite": N_("Invited again"),
    "membership.resetRedemption": N_("Redemption status reset"),
    "membership.redeem": N_("Invitation accepted"),
    "membership.decline": N_("Invitation declined"),
    "invitation.expire": N_("Invitation expired"),
    "invitation.ask": N_("New invitation asked for"),
    "membership.leave": N_("Left organization"),
    "membership.remove": N_("Deleted"),
    "membership.disable": N_("Account disabled"),
    "membership.enable": N_("Account enabled"),
    "membership.restore": N_("Restored"),
    "membership.askRemoval": N_("Removal requested"),
    "membership.answerRemoval": N_("Removal request answered: kept"),
    "membership.askErasure": N_("Removal of data requested"),
    "membership.withdrawErasure": N_("Request for removal of data withdrawn"),
    "membership.answerErasure": N_("Request for removal of data answered"),
    "membership.extendRequest": N_("Time to answer extended"),
    "membership.askRestore": N_("Restore requested"),
    "membership.setHold": N_("Legal hold set"),
    "membership.liftHold": N_("Legal hold lifted"),
    "user.create": N_("Created"),
}
"""Steps of a life, as the catalog knows them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line. ``ahead``: it has not happened yet, and is when it will at the latest."""

    at: datetime
    sentence: str
    ahead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LifePage(UserView):
    """The tab, oldest first."""

    template: ClassVar[str] = "portal/admin/user_life.html"
    steps: tuple[Step, ...]


async def show(admin: Admin) -> Response:
    """*Lifecycle*."""
    user = await find(admin)
    found = await audit.of_object(admin.reading, admin.tenant_id, user.membership.audit_tag)
    steps = [Step(one.at, SENTENCES[one.type]) for one in found if one.outcome == "success" and one.type in SENTENCES]
    steps.sort(key=lambda one: one.at)
    return admin.visit.page(LifePage(head=head_of(admin, user, LIFE), steps=(*steps, *await _ahead(admin, user))))


async def _ahead(admin: Admin, user: User) -> list[Step]:
    """What time will do; to somebody who is on hold nothing that can be told in advance."""
    if user.membership.standing.held:
        return []
    stage = stage_at(user.membership.standing, admin.reading.now)
    if isinstance(stage, Deleted):
        removed = data_removed_by(stage)
        last = [] if removed is None else [Step(removed, N_("Data removed at the latest"), ahead=True)]
        return [Step(stage.purge_due, N_("Permanent deletion"), ahead=True), *last]
    if not isinstance(stage, Invited):
        return []
    sent = await invitations.of_user(admin.reading, admin.tenant_id, user.membership.user_id)
    waiting = next((one for one in sent if one.state == "open" and one.expires_at > admin.reading.now), None)
    return [] if waiting is None else [Step(waiting.expires_at, N_("Invitation expires"), ahead=True)]
