"""What guests asked for: to be removed, restored, erased. One open request per membership and kind."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import guest_request
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class GuestRequest:
    """A request of a guest to the organization.

    Attributes:
        kind: ``removal``, ``restore`` or ``erasure``. reason: why they could not do it themselves.
        answer_due: one month after asking, or as extended (GDPR art. 12(3)). first_due: before it was extended.
        answer: kept, removed, restored, left, refused, withdrawn; None while open. ground: why it was refused.
    """

    tenant_id: str
    user_id: str
    kind: str
    reason: str
    asked_at: datetime
    answer_due: datetime
    answer: str | None = None
    answered_at: datetime | None = None
    first_due: datetime | None = None
    ground: str | None = None


REQUESTS: Final = Records(guest_request, GuestRequest)
_OF = REQUESTS.where(guest_request.c.tenant_id == given("tenant_id"), guest_request.c.user_id == given("user_id"))
_HERE = REQUESTS.where(
    guest_request.c.tenant_id == given("tenant_id"),
    guest_request.c.kind == given("kind"),
    order=guest_request.c.asked_at,
)
_SAVE = Change(
    update(guest_request)
    .where(
        guest_request.c.tenant_id == given("in_tenant"),
        guest_request.c.user_id == given("of_user"),
        guest_request.c.kind == given("of_kind"),
        guest_request.c.asked_at == given("if_asked_at"),
    )
    .values(
        reason=given("reason"),
        asked_at=given("asked_at"),
        answer_due=given("answer_due"),
        answer=given("answer"),
        answered_at=given("answered_at"),
        first_due=given("first_due"),
        ground=given("ground"),
    )
)
_DROP = Change(
    delete(guest_request).where(
        guest_request.c.tenant_id == given("tenant_id"), guest_request.c.user_id == given("user_id")
    )
)


async def of_membership(reading: Reading, tenant_id: str, user_id: str) -> dict[str, GuestRequest]:
    """The requests of a membership by kind."""
    rows = await REQUESTS.all(reading, _OF, tenant_id=tenant_id, user_id=user_id)
    return {request.kind: request for request in rows}


async def of_organization(reading: Reading, tenant_id: str, kind: str) -> list[GuestRequest]:
    """All requests of a kind in an organization, oldest first."""
    return await REQUESTS.all(reading, _HERE, tenant_id=tenant_id, kind=kind)


def insert(unit: Unit, new: GuestRequest) -> None:
    """Write the first request of this kind."""
    REQUESTS.insert(unit, new)


def save(unit: Unit, before: GuestRequest, after: GuestRequest) -> None:
    """Ask again, or answer."""
    values = REQUESTS.values(after)
    unit.write(
        _SAVE,
        in_tenant=before.tenant_id,
        of_user=before.user_id,
        of_kind=before.kind,
        if_asked_at=to_us(before.asked_at),
        reason=values["reason"],
        asked_at=values["asked_at"],
        answer_due=values["answer_due"],
        answer=values["answer"],
        answered_at=values["answered_at"],
        first_due=values["first_due"],
        ground=values["ground"],
    )


def answer(unit: Unit, request: GuestRequest, answer: str, *, ground: str | None = None) -> GuestRequest:
    """The organization answered, by what it did or with why it does not. Returns the answered request."""
    answered = replace(request, answer=answer, answered_at=unit.now, ground=ground)
    save(unit, request, answered)
    return answered


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """The requests of a membership go."""
    unit.write(_DROP, rows=None, tenant_id=tenant_id, user_id=user_id)
