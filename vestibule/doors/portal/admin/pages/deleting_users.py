"""*Delete {name}?*: until when it can be taken back, and what goes with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from starlette.responses import Response

from vestibule.actions import leaving
from vestibule.actions.handing_over import Alone, owned_alone
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.all_users import chosen_of, why_not
from vestibule.doors.portal.admin.restore_items import Item, Lines, by_kind
from vestibule.doors.portal.admin.selection import Picked, picked
from vestibule.doors.web.frame import Problem, View
from vestibule.rules import lifecycle, names
from vestibule.rules.lifecycle import Cause
from vestibule.store.hanging import Hanging
from vestibule.store.users import User


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePage(View):
    """The page, and the dialog over the list.

    Attributes:
        who: the names of those selected. fields: the selection, for the form. until: they can be restored until then.
        lost: what they are in and hold, for one user. alone: things that nobody else owns.
        me: who deletes, and can become their owner.
        back: where *Cancel* leads.
    """

    template: ClassVar[str] = "portal/admin/delete.html"
    fragment: ClassVar[str] = "portal/admin/delete_dialog.html"
    who: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    until: datetime
    lost: tuple[Lines, ...] = ()
    alone: tuple[Alone, ...] = ()
    me: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    back: str = paths.USERS


async def ask_delete(admin: Admin) -> Response:
    """The question."""
    query = admin.visit.request.query_params
    chosen = picked(query.multi_items())
    found = await chosen_of(admin, chosen)
    refused = why_not(admin, chosen, found)
    return refused or await ask_again(admin, chosen, found, back=query.get("back", ""))


async def ask_again(
    admin: Admin,
    chosen: Picked,
    found: list[User],
    *,
    back: str,
    heirs: Mapping[str, str] | None = None,
    problems: tuple[Problem, ...] = (),
) -> Response:
    """The question, with what was chosen before when it could not be done."""
    one = found[0].membership if len(found) == 1 else None
    held = [] if one is None else (await leaving.preview(admin.reading, one)).lost
    gone = lifecycle.gone(found[0].membership.standing, admin.reading.now, Cause.REMOVED)
    back_to = names.guid(back)
    return admin.visit.page(
        DeletePage(
            who=tuple(user.profile.display_name for user in found),
            fields=tuple(chosen.fields),
            until=lifecycle.restorable_until(gone) or admin.reading.now,
            lost=lines(held),
            alone=() if one is None else tuple(await owned_alone(admin.reading, one)),
            me=admin.by.user_id or "",
            chosen=heirs or {},
            back=paths.USERS if back_to is None else paths.user(back_to),
            problems=problems,
        ),
        409 if problems else 200,
    )


def lines(held: list[Hanging]) -> tuple[Lines, ...]:
    """What somebody holds, by kind and name."""
    return by_kind([(one.kind, Item(one.name or "")) for one in held])
