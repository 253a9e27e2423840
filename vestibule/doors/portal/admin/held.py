"""Legal holds as the pages show them: why, by whom, since when; to whoever may know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vestibule.doors.portal.admin.gate import Admin
from vestibule.rules.verbs import Verb
from vestibule.store import holds, users
from vestibule.store.holds import Hold


@dataclass(frozen=True, slots=True)
class Held:
    """A legal hold on a user.

    Attributes:
        by, lifted_by: a name; a label once their own data is removed; empty for the operator.
        lifted: when it was lifted, and ``lifted_why``; None while it stands.
    """

    hold_id: str
    user_id: str
    reason: str
    reference: str
    by: str
    since: datetime
    lifted: datetime | None = None
    lifted_by: str = ""
    lifted_why: str = ""


async def shown(admin: Admin, found: Sequence[Hold]) -> list[Held]:
    """These holds with the names of whoever set and lifted them."""
    actors = sorted({actor for one in found for actor in (one.set_by, one.lifted_by) if actor})
    known = {
        user.membership.user_id: user.profile.display_name
        for user in await users.find_many(admin.reading, admin.tenant_id, actors)
    }

    def name(actor: str | None) -> str:
        return "" if actor is None else known.get(actor, actor[:12])

    return [
        Held(
            hold_id=one.hold_id,
            user_id=one.user_id,
            reason=one.reason,
            reference=one.reference or "",
            by=name(one.set_by),
            since=one.set_at,
            lifted=one.lifted_at,
            lifted_by=name(one.lifted_by),
            lifted_why=one.lifted_why or "",
        )
        for one in found
    ]


async def standing_of(admin: Admin, user_ids: Sequence[str]) -> dict[str, tuple[Held, ...]]:
    """The holds that stand on these users, by user; nothing for who may not know why."""
    if not admin.may(Verb.READ_HOLDS):
        return {}
    found = await holds.of_users(admin.reading, admin.tenant_id, list(user_ids))
    told: dict[str, tuple[Held, ...]] = {}
    for one in await shown(admin, [each for each in found if each.stands]):
        told[one.user_id] = (*told.get(one.user_id, ()), one)
    return told
