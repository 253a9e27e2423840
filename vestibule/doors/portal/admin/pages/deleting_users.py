"""*Delete {name}?*: until when it can be taken back, and what goes with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.actions import leaving
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.all_users import chosen_of, why_not
from vestibule.doors.portal.admin.pages.restoring_users import Lines
from vestibule.doors.portal.admin.selection import picked
from vestibule.doors.web.frame import View
from vestibule.rules import lifecycle, names
from vestibule.rules.lifecycle import Cause
from vestibule.rules.roles import ROLES
from vestibule.store import users
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.users import OWNERS_OF

_KINDS: Final = {Kind.GROUP: "groups", Kind.APP: "apps", Kind.ROLE: "roles", Kind.OWNED: "owned"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletePage(View):
    """The page, and the dialog over the list.

    Attributes:
        who: the names of those selected. fields: the selection, for the form. until: they can be restored until then.
        lost: what they are in and hold, for one user. alone: things that nobody else owns.
        back: where *Cancel* leads.
    """

    template: ClassVar[str] = "portal/admin/delete.html"
    fragment: ClassVar[str] = "portal/admin/delete_dialog.html"
    who: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    until: datetime
    lost: tuple[Lines, ...] = ()
    alone: tuple[str, ...] = ()
    back: str = paths.USERS


async def ask_delete(admin: Admin) -> Response:
    """The question."""
    chosen = picked(admin.visit.request.query_params.multi_items())
    found = await chosen_of(admin, chosen)
    refused = why_not(admin, chosen, found)
    if refused is not None:
        return refused
    held = (await leaving.preview(admin.reading, found[0].membership)).lost if len(found) == 1 else []
    gone = lifecycle.gone(found[0].membership.standing, admin.reading.now, Cause.REMOVED)
    back = names.guid(admin.visit.request.query_params.get("back", ""))
    return admin.visit.page(
        DeletePage(
            who=tuple(user.profile.display_name for user in found),
            fields=tuple(chosen.fields),
            until=lifecycle.restorable_until(gone) or admin.reading.now,
            lost=lines(held),
            alone=await _owned_alone(admin, held),
            back=paths.USERS if back is None else paths.user(back),
        )
    )


def lines(held: list[Hanging]) -> tuple[Lines, ...]:
    """What somebody holds, by kind and name."""
    found = []
    for kind, word in _KINDS.items():
        named = [name_of(one) for one in held if one.kind is kind]
        if any(named):
            found.append(Lines(word, tuple(sorted(filter(None, named), key=str.casefold))))
    return tuple(found)


def name_of(one: Hanging) -> str:
    """What the thing is called; empty when nobody knows."""
    if one.kind is Kind.ROLE:
        role = ROLES.get(one.target_id)
        return "" if role is None else role.name
    return one.name or ""


async def _owned_alone(admin: Admin, held: list[Hanging]) -> tuple[str, ...]:
    """The names of what nobody else owns."""
    owned = [one for one in held if one.kind is Kind.OWNED]
    numbers = [await users.count(admin.reading, admin.tenant_id, scope=OWNERS_OF, of=one.target_id) for one in owned]
    return tuple(one.name or "" for one, number in zip(owned, numbers, strict=True) if number == 1 and one.name)
