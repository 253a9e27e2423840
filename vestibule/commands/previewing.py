"""What would go with a user, before it goes: the same words as ``leavePreview`` of the API."""

from typing import Any

from vestibule.actions import leaving
from vestibule.actions.handing_over import owned_alone
from vestibule.doors.graph.leaving import alone_value, named
from vestibule.ground.clock import iso
from vestibule.rules import lifecycle
from vestibule.rules.lifecycle import Cause, Invited, Present
from vestibule.rules.refusals import Reason, Refused
from vestibule.store import organizations
from vestibule.store.hanging import Kind
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
        "groups": named(found.lost, Kind.GROUP),
        "apps": named(found.lost, Kind.APP),
        "roles": named(found.lost, Kind.ROLE),
        "hiddenCount": found.hidden,
        "ownedAlone": [alone_value(one) for one in await owned_alone(reading, user, leaving=cause is Cause.LEFT)],
        "restorableUntil": None if until is None else iso(until),
        "dataRemovedBy": None if removed_by is None else iso(removed_by),
    }
