"""Subscriptions: who wants to be told of which changes, where, and how far they have been told.

Nothing is written for them when something changes. Each has its own place in the order of commits (``feed``); the
worker looks what lies behind it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, func, or_, select, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import subscription
from vestibule.store.statements import Change, Query, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Subscription:
    """One subscription.

    Attributes:
        client_id: the program. user_id: the person behind it in the organization; None for a program alone.
        carried: the permissions or scopes of the token, lower-cased; what is granted now is asked each time.
        person_id, strength, epoch, home_epoch: the person behind the token; empty and 0 for a program alone.
        kind: users or groups. object_id: the one it is about; empty for all of them. members: who is in it, only.
        resource: as it was asked for. change_types: updated, deleted.
        notification_url, lifecycle_url: where to tell. sealed_state: what the program wants to recognise us by.
        tls: the version that the program says it speaks; kept as it was given.
        expires_at: machine time; offset_at_birth: see ``access.is_over``.
        feed, place: how far they have been told.
        tries, failing_since, not_before: when the last attempt failed; lifecycle time.
        missed: something was given up, and they are to be told so. warned: they were told that it ends soon.
        lease_token, lease_until: who is telling them at the moment.
    """

    tenant_id: str
    subscription_id: str
    client_id: str
    user_id: str | None
    person_id: str | None
    carried: list[str]
    strength: str
    epoch: int
    home_epoch: int
    kind: str
    object_id: str
    members: bool
    resource: str
    change_types: list[str]
    notification_url: str
    lifecycle_url: str | None
    sealed_state: bytes | None
    tls: str
    expires_at: datetime
    offset_at_birth: int
    created_at: datetime
    feed: str
    place: int
    not_before: datetime
    tries: int = 0
    failing_since: datetime | None = None
    missed: bool = False
    warned: bool = False
    lease_token: str | None = None
    lease_until: datetime | None = None
    version: int = 1


_ROWS: Final = Records(subscription, Subscription)
_KEY: Final = ("tenant_id", "subscription_id")
_this = (
    subscription.c.tenant_id == given("tenant_id"),
    subscription.c.subscription_id == given("subscription_id"),
)
_free = or_(subscription.c.lease_until.is_(None), subscription.c.lease_until < given("machine_now"))
_FIND = _ROWS.where(*_this)
_OF_APP = _ROWS.where(
    subscription.c.tenant_id == given("tenant_id"),
    subscription.c.client_id == given("client_id"),
    order=subscription.c.subscription_id,
)
_WAITING = _ROWS.where(
    subscription.c.not_before <= given("until"),
    _free,
    subscription.c.subscription_id > given("after"),
    order=subscription.c.subscription_id,
    limit=given("limit"),
)
_COUNT = Query(select(func.count()).where(subscription.c.tenant_id == given("tenant_id")))
_SAVE = Change(
    update(subscription)
    .where(
        subscription.c.tenant_id == given("in_tenant"),
        subscription.c.subscription_id == given("of_subscription"),
        subscription.c.version == given("if_version"),
    )
    .values({name: given(name) for name in _ROWS.names if name not in _KEY})
)
_CLAIM = Change(
    update(subscription)
    .where(
        subscription.c.tenant_id == given("in_tenant"),
        subscription.c.subscription_id == given("of_subscription"),
        subscription.c.version == given("if_version"),
        _free,
    )
    .values(lease_token=given("token"), lease_until=given("until"))
)
_DROP = Change(delete(subscription).where(*_this))
_DROP_OF_USER = Change(
    delete(subscription).where(
        subscription.c.tenant_id == given("tenant_id"), subscription.c.user_id == given("user_id")
    )
)


async def find(reading: Reading, tenant_id: str, subscription_id: str) -> Subscription | None:
    """The subscription with this id."""
    return await _ROWS.one(reading, _FIND, tenant_id=tenant_id, subscription_id=subscription_id)


async def of_app(reading: Reading, tenant_id: str, client_id: str) -> list[Subscription]:
    """Every subscription that a program has in an organization, whoever is behind it."""
    return await _ROWS.all(reading, _OF_APP, tenant_id=tenant_id, client_id=client_id)


async def count(reading: Reading, tenant_id: str) -> int:
    """How many there are in an organization."""
    row: Any = await reading.one(_COUNT, tenant_id=tenant_id)
    return 0 if row is None else int(row[0])


async def waiting(reading: Reading, *, limit: int, after: str = "") -> list[Subscription]:
    """Subscriptions that nobody is telling and that do not wait for another attempt, by id, of every organization."""
    return await _ROWS.all(
        reading,
        _WAITING,
        until=to_us(reading.now),
        machine_now=to_us(reading.moment.machine),
        after=after,
        limit=limit,
    )


def insert(unit: Unit, new: Subscription) -> None:
    """Write a new one."""
    _ROWS.insert(unit, new)


def save(unit: Unit, before: Subscription, after: Subscription) -> None:
    """Write changed values, guarded by the version that ``before`` had; ``after`` has another."""
    values = {name: value for name, value in _ROWS.values(after).items() if name not in _KEY}
    unit.write(
        _SAVE,
        in_tenant=before.tenant_id,
        of_subscription=before.subscription_id,
        if_version=before.version,
        **values,
    )


def claim(unit: Unit, one: Subscription, token: str, until: datetime) -> None:
    """Take it for telling; the unit is stale when somebody else has it or it changed."""
    unit.write(
        _CLAIM,
        in_tenant=one.tenant_id,
        of_subscription=one.subscription_id,
        if_version=one.version,
        machine_now=to_us(unit.moment.machine),
        token=token,
        until=to_us(until),
    )


def drop(unit: Unit, tenant_id: str, subscription_id: str) -> None:
    """It is over."""
    unit.write(_DROP, rows=None, tenant_id=tenant_id, subscription_id=subscription_id)


def drop_of_user(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing is told to programs in the name of this user any more."""
    unit.write(_DROP_OF_USER, rows=None, tenant_id=tenant_id, user_id=user_id)
