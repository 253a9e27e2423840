"""Recipients of a removal: who has to be told that somebody is gone, frozen when they went, and what they answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, literal_column, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import removal_recipient
from vestibule.store.statements import Change, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Recipient:
    """One app that has to be told of somebody's removal, by one of its connections.

    Attributes:
        display_name: of the app when the person went. required: the removal is not complete without it.
        frozen_at: when the person went. state: ``rules.connections.State``.
        tries: how often it was asked. answer: what came back last. answered_at: when it got into this state.
        waived_by: the user who decided that it is not waited for; their label once their own data is removed.
        waived_why: the reason that they gave.
    """

    tenant_id: str
    user_id: str
    app_id: str
    kind: str
    display_name: str
    required: bool
    frozen_at: datetime
    state: str = "waiting"
    tries: int = 0
    answer: str | None = None
    answered_at: datetime | None = None
    waived_by: str | None = None
    waived_why: str | None = None


_ROWS: Final = Records(removal_recipient, Recipient)
_who = removal_recipient.c
_of_user = (_who.tenant_id == given("tenant_id"), _who.user_id == given("user_id"))
_this = (
    _who.tenant_id == given("in_tenant"),
    _who.user_id == given("of_user"),
    _who.app_id == given("of_app"),
    _who.kind == given("of_kind"),
)
_OF = _ROWS.where(*_of_user, order=(_who.display_name, _who.app_id, _who.kind))
_OF_MANY = _ROWS.where(
    _who.tenant_id == given("tenant_id"),
    among(_who.user_id, "user_ids"),
    order=(_who.user_id, _who.display_name, _who.app_id, _who.kind),
)
_not_waived = _who.state != literal_column("'waived'")
_ANSWERED = Change(
    update(removal_recipient)
    .where(*_this, _not_waived)
    .values(
        state=given("state"),
        tries=_who.tries + literal_column("1"),
        answer=given("answer"),
        answered_at=given("answered_at"),
    )
)
_ASKED = Change(
    update(removal_recipient)
    .where(*_this, _not_waived)
    .values(state=given("state"), answer=given("nothing"), answered_at=given("nothing"), tries=literal_column("0"))
)
_WAIVE = Change(
    update(removal_recipient)
    .where(*_this, _who.state == given("if_state"))
    .values(
        state=given("state"), waived_by=given("waived_by"), waived_why=given("why"), answered_at=given("answered_at")
    )
)
_LOST = Change(
    update(removal_recipient)
    .where(
        _who.tenant_id == given("in_tenant"),
        _who.app_id == given("of_app"),
        _who.kind == given("of_kind"),
        among(_who.state, "states"),
    )
    .values(state=given("state"), answer=given("answer"), answered_at=given("answered_at"))
)
_DROP = Change(delete(removal_recipient).where(*_of_user))
_FORGET_WAIVER = Change(
    update(removal_recipient)
    .where(_who.tenant_id == given("in_tenant"), _who.waived_by == given("of_user"))
    .values(waived_by=given("label"))
)


async def of_removal(reading: Reading, tenant_id: str, user_id: str) -> list[Recipient]:
    """Everyone who has to be told that this user is gone, by name."""
    return await _ROWS.all(reading, _OF, tenant_id=tenant_id, user_id=user_id)


async def of_removals(reading: Reading, tenant_id: str, user_ids: list[str]) -> list[Recipient]:
    """The same for several users."""
    return await _ROWS.all(reading, _OF_MANY, tenant_id=tenant_id, user_ids=user_ids)


def insert(unit: Unit, new: Recipient) -> None:
    """Write down that somebody has to be told."""
    _ROWS.insert(unit, new)


def answered(unit: Unit, one: tuple[str, str, str, str], state: str, answer: str) -> None:
    """A recipient (organization, user, app, kind) answered, or did not; nothing happens where none is, or waived."""
    unit.write(_ANSWERED, rows=None, **_key(one), state=state, answer=answer[:200], answered_at=to_us(unit.now))


def asked(unit: Unit, one: tuple[str, str, str, str], state: str) -> None:
    """A recipient is asked anew: what it answered before was to another question."""
    unit.write(_ASKED, rows=None, **_key(one), state=state, nothing=None)


def waive(unit: Unit, one: Recipient, *, by: str, why: str) -> None:
    """Somebody decided that it is not waited for; the unit is stale when its state changed meanwhile."""
    unit.write(
        _WAIVE,
        **_key((one.tenant_id, one.user_id, one.app_id, one.kind)),
        if_state=one.state,
        state="waived",
        waived_by=by,
        why=why,
        answered_at=to_us(unit.now),
    )


def lost(unit: Unit, tenant_id: str, app_id: str, kind: str, *, states: list[str], state: str, answer: str) -> None:
    """A connection is no more: whoever is in one of these states will not answer."""
    unit.write(
        _LOST,
        rows=None,
        in_tenant=tenant_id,
        of_app=app_id,
        of_kind=kind,
        states=states,
        state=state,
        answer=answer,
        answered_at=to_us(unit.now),
    )


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """They are back: nobody has to be told of a removal."""
    unit.write(_DROP, rows=None, tenant_id=tenant_id, user_id=user_id)


def forget_waiver(unit: Unit, tenant_id: str, user_id: str, label: str) -> None:
    """Whoever waived recipients has their own data removed: a label stands for them."""
    unit.write(_FORGET_WAIVER, rows=None, in_tenant=tenant_id, of_user=user_id, label=label)


def _key(one: tuple[str, str, str, str]) -> dict[str, Any]:
    return dict(zip(("in_tenant", "of_user", "of_app", "of_kind"), one, strict=True))
