"""Deliveries: what a connection is to be told of one person, the newest thing only, and what it answered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, literal_column, select, update

from vestibule.ground.clock import from_us, to_us
from vestibule.store.records import Records
from vestibule.store.schema import delivery
from vestibule.store.statements import Change, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one connection is told of one person.

    Attributes:
        delivery_id: a random id by which a receiver knows the same thing told twice.
        event: ``rules.connections.Event``. sealed: who it is about, encrypted.
        written_at: when it happened (lifecycle time). state: ``rules.connections.State``.
        tries: how often it was offered. answer: what came back last. tried_at: when.
        taken: of a stream: which of the tokens about it the receiver took, divided by spaces.
    """

    tenant_id: str
    app_id: str
    kind: str
    user_id: str
    delivery_id: str
    event: str
    sealed: bytes
    written_at: datetime
    state: str = "waiting"
    tries: int = 0
    answer: str | None = None
    tried_at: datetime | None = None
    taken: str | None = None


VERIFICATION: Final = ":verification"
UPDATED: Final = ":updated"
METADATA: Final = ":metadata"
"""What a connection is told about itself stands where a user's id does."""

_ROWS: Final = Records(delivery, Delivery)
_at_connection = (
    delivery.c.tenant_id == given("tenant_id"),
    delivery.c.app_id == given("app_id"),
    delivery.c.kind == given("kind"),
)
_of_connection = (
    delivery.c.tenant_id == given("in_tenant"),
    delivery.c.app_id == given("of_app"),
    delivery.c.kind == given("of_kind"),
)
_waits = delivery.c.state == literal_column("'waiting'")
_FIND = _ROWS.where(*_at_connection, delivery.c.user_id == given("user_id"))
_WAITING = _ROWS.where(
    *_at_connection,
    _waits,
    order=(delivery.c.tries, delivery.c.written_at, delivery.c.user_id),  # one that always fails holds up no other
    limit=given("limit"),
)
_of_a_person = func.substr(delivery.c.user_id, literal_column("1"), literal_column("1")) != literal_column("':'")
_BY_ID = _ROWS.where(*_at_connection, among(delivery.c.delivery_id, "delivery_ids"))
_STATES = Query(
    select(delivery.c.state, func.count(), func.max(delivery.c.tried_at))
    .where(*_at_connection, _of_a_person)
    .group_by(delivery.c.state)
)
_PUT = Change(delete(delivery).where(*_at_connection, delivery.c.user_id == given("user_id")))
_ANSWERED = Change(
    update(delivery)
    .where(*_of_connection, delivery.c.user_id == given("of_user"), delivery.c.delivery_id == given("of_delivery"))
    .values(
        state=given("state"),
        tries=delivery.c.tries + literal_column("1"),
        answer=given("answer"),
        tried_at=given("tried_at"),
    )
)
_TAKE = Change(
    update(delivery)
    .where(*_of_connection, delivery.c.user_id == given("of_user"), delivery.c.delivery_id == given("of_delivery"))
    .values(taken=given("taken"))
)
_OFFERED = Change(
    update(delivery)
    .where(*_of_connection, among(delivery.c.delivery_id, "delivery_ids"))
    .values(tries=delivery.c.tries + literal_column("1"), tried_at=given("tried_at"))
)
_NOT_HELD = Change(
    update(delivery)
    .where(*_of_connection, _of_a_person, delivery.c.state == literal_column("'waiting'"))
    .values(state=given("state"), answer=given("answer"))
)
_AGAIN = Change(
    update(delivery)
    .where(*_of_connection, among(delivery.c.state, "states"))
    .values(state=given("state"), tries=literal_column("0"), written_at=given("written_at"))
)
_AGAIN_OF = Change(
    update(delivery)
    .where(*_of_connection, delivery.c.user_id == given("of_user"), among(delivery.c.state, "states"))
    .values(state=given("state"), tries=literal_column("0"), written_at=given("written_at"))
)
_DROP_OF_USER = Change(
    delete(delivery).where(delivery.c.tenant_id == given("tenant_id"), delivery.c.user_id == given("user_id"))
)
_DROP_OF = Change(delete(delivery).where(*_at_connection))
_DROP_OF_APP = Change(
    delete(delivery).where(delivery.c.tenant_id == given("tenant_id"), delivery.c.app_id == given("app_id"))
)


async def find(reading: Reading, tenant_id: str, app_id: str, kind: str, user_id: str) -> Delivery | None:
    """What a connection is to be told, or was told last, of a user."""
    return await _ROWS.one(reading, _FIND, tenant_id=tenant_id, app_id=app_id, kind=kind, user_id=user_id)


async def waiting(reading: Reading, tenant_id: str, app_id: str, kind: str, limit: int) -> list[Delivery]:
    """What a connection is to be told, what was tried least first, then oldest first."""
    return await _ROWS.all(reading, _WAITING, tenant_id=tenant_id, app_id=app_id, kind=kind, limit=limit)


async def by_id(reading: Reading, tenant_id: str, app_id: str, kind: str, ids: list[str]) -> list[Delivery]:
    """What a connection is to be told under these ids."""
    return await _ROWS.all(reading, _BY_ID, tenant_id=tenant_id, app_id=app_id, kind=kind, delivery_ids=ids)


async def states(reading: Reading, tenant_id: str, app_id: str, kind: str) -> dict[str, tuple[int, datetime | None]]:
    """Of how many people there is something in each state, and when the last of them was tried."""
    rows = await reading.all(_STATES, tenant_id=tenant_id, app_id=app_id, kind=kind)
    return {state: (int(many), None if last is None else from_us(last)) for state, many, last in rows}


def put(unit: Unit, new: Delivery) -> None:
    """Tell a connection something of a user; what it was not told yet of the same user is not told any more."""
    unit.write(_PUT, rows=None, tenant_id=new.tenant_id, app_id=new.app_id, kind=new.kind, user_id=new.user_id)
    _ROWS.insert(unit, new)


def answered(unit: Unit, one: Delivery, state: str, answer: str) -> None:
    """Write down what came back; the unit is stale when something newer took its place."""
    unit.write(
        _ANSWERED,
        in_tenant=one.tenant_id,
        of_app=one.app_id,
        of_kind=one.kind,
        of_user=one.user_id,
        of_delivery=one.delivery_id,
        state=state,
        answer=answer[:200],
        tried_at=to_us(unit.now),
    )


def withdraw(unit: Unit, tenant_id: str, app_id: str, kind: str, user_id: str) -> None:
    """Tell a connection nothing of a user: what it was not told yet is not true any more."""
    unit.write(_PUT, rows=None, tenant_id=tenant_id, app_id=app_id, kind=kind, user_id=user_id)


def take(unit: Unit, one: Delivery, taken: str) -> None:
    """A receiver took some of the tokens; the unit is stale when something newer took their place."""
    unit.write(_TAKE, **_where(one), of_user=one.user_id, of_delivery=one.delivery_id, taken=taken)


def offered(unit: Unit, several: list[Delivery]) -> None:
    """These, all of one connection, were handed to a receiver that asked."""
    ids = [one.delivery_id for one in several]
    unit.write(_OFFERED, rows=None, **_where(several[0]), delivery_ids=ids, tried_at=to_us(unit.now))


def not_held(unit: Unit, tenant_id: str, app_id: str, kind: str, *, state: str, answer: str) -> None:
    """What waits for a connection does not wait any longer: nobody tells it."""
    unit.write(_NOT_HELD, rows=None, in_tenant=tenant_id, of_app=app_id, of_kind=kind, state=state, answer=answer)


def again(unit: Unit, tenant_id: str, app_id: str, kind: str, states: list[str], user_id: str | None = None) -> None:
    """Offer what is in one of these states anew: everything of the connection, or of one user."""
    of = {} if user_id is None else {"of_user": user_id}
    unit.write(
        _AGAIN if user_id is None else _AGAIN_OF,
        rows=None,
        in_tenant=tenant_id,
        of_app=app_id,
        of_kind=kind,
        states=states,
        state="waiting",
        written_at=to_us(unit.now),
        **of,
    )


def drop_of_user(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing more is told of this user, and nothing is known of what was."""
    unit.write(_DROP_OF_USER, rows=None, tenant_id=tenant_id, user_id=user_id)


def drop_of(unit: Unit, tenant_id: str, app_id: str, kind: str) -> None:
    """A connection is no more."""
    unit.write(_DROP_OF, rows=None, tenant_id=tenant_id, app_id=app_id, kind=kind)


def drop_of_app(unit: Unit, tenant_id: str, app_id: str) -> None:
    """An app is gone for good."""
    unit.write(_DROP_OF_APP, rows=None, tenant_id=tenant_id, app_id=app_id)


def _where(one: Delivery) -> dict[str, Any]:
    return {"in_tenant": one.tenant_id, "of_app": one.app_id, "of_kind": one.kind}
