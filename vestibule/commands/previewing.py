"""What would go with a user, before it goes: the same words as ``leavePreview`` of the API."""

from collections.abc import Iterable
from typing import Any

from vestibule.actions import leaving
from vestibule.actions.handing_over import Alone, owned_alone
from vestibule.ground.clock import iso
from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import Cause, Invited, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.hanging import Hanging, Kind
from vestibule.store.memberships import Membership
from vestibule.store.unit import Reading


async def before_leaving(reading: Reading, guest: Membership) -> dict[str, Any]:
    """What they would lose by leaving now, and why they may not (``refused``). Raises Refused (WRONG_STAGE)."""
    found = await _lost(reading, guest, Cause.LEFT)
    organization = await organizations.find(reading, guest.tenant_id)
    why = None if organization is None else await leaving.why_not(reading, guest, organization)
    return {**found, "refused": None if why is None else why.value}


async def before_deleting(reading: Reading, user: Membership) -> dict[str, Any]:
    """What would go with them if they were deleted now. Raises Refused (WRONG_STAGE)."""
    return await _lost(reading, user, Cause.REMOVED)


async def _lost(reading: Reading, user: Membership, cause: Cause) -> dict[str, Any]:
    if not isinstance(lifecycle.stage_at(user.standing, reading.now), Invited | Present):
        raise Refused(Reason.WRONG_STAGE)
    found = await leaving.preview(reading, user)
    gone = lifecycle.gone(user.standing, reading.now, cause)
    until, removed_by = lifecycle.restorable_until(gone), lifecycle.data_removed_by(gone)
    return {
        "id": user.user_id,
        "groups": _named(found.lost, Kind.GROUP),
        "apps": _named(found.lost, Kind.APP),
        "roles": _named(found.lost, Kind.ROLE),
        "hiddenCount": found.hidden,
        "ownedAlone": [_alone(one) for one in await owned_alone(reading, user, leaving=cause is Cause.LEFT)],
        "restorableUntil": None if until is None else iso(until),
        "dataRemovedBy": None if removed_by is None else iso(removed_by),
    }


def _named(lost: Iterable[Hanging], kind: Kind) -> list[dict[str, Any]]:
    return [{"id": one.target_id, "displayName": one.name} for one in lost if one.kind is kind and one.name]


def _alone(one: Alone) -> dict[str, Any]:
    heirs = [{"id": heir.user_id, "displayName": heir.name} for heir in one.heirs]
    return {"id": one.object_id, "displayName": one.name, "kind": one.kind, "candidates": heirs}
