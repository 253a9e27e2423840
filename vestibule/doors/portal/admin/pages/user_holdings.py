"""*Groups*, *Apps* and *Roles* of a user."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from starlette.responses import Response

from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.pages.user import APPS, GROUPS, ROLES, UserView, find, head_of
from vestibule.store import hanging
from vestibule.store.hanging import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingsPage(UserView):
    """A tab.

    Attributes:
        held: the names of what they are in or hold. struck: of what was taken away while they were deleted.
        owned: the names of what they own of this kind.
        through: apps that come through a group, each with the names of its groups.
    """

    template: ClassVar[str] = "portal/admin/user_holdings.html"
    held: tuple[str, ...]
    struck: tuple[str, ...]
    owned: tuple[str, ...]
    through: tuple[tuple[str, tuple[str, ...]], ...]


_KINDS: Final = {GROUPS: Kind.GROUP, APPS: Kind.APP, ROLES: Kind.ROLE}
_OWNED: Final = {GROUPS: "group", APPS: "app"}


def tab(name: str) -> Callable[[Admin], Awaitable[Response]]:
    """The handler of one of the three tabs."""

    async def show(admin: Admin) -> Response:
        user = await find(admin)
        found = await hanging.everything(admin.reading, admin.tenant_id, user.membership.user_id)
        mine = [one for one in found if one.kind is _KINDS[name] and not one.through]
        owned = [one for one in found if one.kind is Kind.OWNED and one.detail == _OWNED.get(name) and not one.struck]
        return admin.visit.page(
            HoldingsPage(
                head=head_of(admin, user, name),
                held=_names([one for one in mine if not one.struck]),
                struck=_names([one for one in mine if one.struck]),
                owned=_names(owned),
                through=_through(found) if name == APPS else (),
            )
        )

    return show


def _names(found: list[hanging.Hanging]) -> tuple[str, ...]:
    return tuple(sorted((one.name for one in found if one.name), key=str.casefold))


def _through(found: list[hanging.Hanging]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The apps of their groups by name, each with those groups by name."""
    called = {one.target_id: one.name or "" for one in found if one.kind is Kind.GROUP}
    groups: dict[str, set[str]] = {}
    shown = {one.target_id: one.name for one in found if one.through and not one.struck and one.name}
    for one in found:
        if one.through and one.target_id in shown and not one.struck:
            groups.setdefault(one.target_id, set()).add(called[one.through])
    apps = [(name, tuple(sorted(groups[app_id], key=str.casefold))) for app_id, name in shown.items()]
    return tuple(sorted(apps, key=lambda app: app[0].casefold()))
