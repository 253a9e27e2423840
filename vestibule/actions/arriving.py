"""Arrive: people and groups who come over from another directory, as they were there.

Each is one unit: somebody who was disabled or deleted is so from the first moment, also when the import is cut short.
Who is here already is never touched: an import brings nobody in twice, and nobody back who left.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from vestibule.actions import directory_users, inviting, removing
from vestibule.actions.carry_out import carry_out
from vestibule.actions.house import House
from vestibule.actions.inviting import Asked, Sent
from vestibule.actions.user_objects import NewMember
from vestibule.rules import lifecycle, user_properties
from vestibule.rules.actors import Actor
from vestibule.rules.lifecycle import Cause
from vestibule.store.memberships import Membership
from vestibule.store.unit import Unit


async def guest_arrives(
    house: House,
    asked: Asked,
    *,
    tenant_id: str,
    by: Actor,
    properties: Mapping[str, Any] | None = None,
    enabled: bool = True,
    deleted: bool = False,
) -> Sent:
    """Invite a guest who was one elsewhere. ``properties``: others than the name, by Graph's names, as they were sent.

    Raises:
        Refused: as ``inviting.invite``; ALREADY_THERE with the object's id for a guest who is here; BAD_VALUE or
            READ_ONLY with the property.
    """
    checked = user_properties.read(properties or {})
    asked = replace(asked, only_new=True, properties=checked)
    then = _as_they_were(house, by, enabled=enabled, deleted=deleted)
    return await inviting.invite(house, asked, tenant_id=tenant_id, by=by, then=then)


async def member_arrives(
    house: House, new: NewMember, *, tenant_id: str, by: Actor, deleted: bool = False
) -> Membership:
    """Make the user object of a member who was one elsewhere. Returns it as it was before it was deleted.

    Raises:
        Refused: as ``directory_users.create_user``.
    """
    then = _as_they_were(house, by, enabled=True, deleted=deleted)
    return await directory_users.create_user(house, new, tenant_id=tenant_id, by=by, then=then)


def _as_they_were(
    house: House, by: Actor, *, enabled: bool, deleted: bool
) -> Callable[[Unit, Membership], Awaitable[None]]:
    async def then(unit: Unit, user: Membership) -> None:
        if not enabled:
            user = await carry_out(house, unit, user, lifecycle.disable(user.standing, unit.now), by=by)
        if deleted:
            await removing.end(house, unit, user, by=by, cause=Cause.REMOVED)

    return then
