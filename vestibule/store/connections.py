"""Connections of apps: where they are told of people, with what, and how they have answered lately."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, delete, exists, literal_column, or_, select, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import (
    app_assignment,
    app_connection,
    consent,
    delivery,
    group_assignment,
    group_member,
    sign_in,
    token_family,
)
from vestibule.store.statements import Change, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Connection:
    """One way in which an app is told.

    Attributes:
        kind: ``rules.connections.Kind``. client_id: of the app, by which its tokens and sign-ins are found.
        url: where. sealed: what we prove ourselves with, encrypted. told_of: ``Whom``.
        required: a data removal waits for it.
        not_before: until when it is left alone. tries: how often in a row it did not answer as it has to.
        lease_token: which worker is telling it at the moment, until ``lease_until`` (machine time).
        stream_id: of a stream of Shared Signals; None for the other kinds, as are those that follow.
        method: ``push`` or ``poll``. status: ``rules.signals.Status``, and its reason.
        events: what was asked for, divided by spaces; None: everything. description: the receiver's words.
        commands: of provider commands: which the app supports, divided by spaces; None: it did not say yet.
        claims: which claims it wants to be told; None: it did not say. asked_at: when it said so (machine time).
    """

    tenant_id: str
    app_id: str
    kind: str
    client_id: str
    url: str
    sealed: bytes
    told_of: str
    required: bool
    created_at: datetime
    not_before: datetime
    tries: int = 0
    lease_token: str | None = None
    lease_until: datetime | None = None
    stream_id: str | None = None
    method: str | None = None
    status: str | None = None
    reason: str | None = None
    events: str | None = None
    description: str | None = None
    commands: str | None = None
    claims: str | None = None
    asked_at: datetime | None = None


_ROWS: Final = Records(app_connection, Connection)
_KEY: Final = ("tenant_id", "app_id", "kind")
_CHANGED: Final = (
    "url", "sealed", "told_of", "required", "not_before", "tries", "method", "status", "reason", "events",
    "description", "commands", "claims", "asked_at",
)  # fmt: skip
_this = tuple(app_connection.c[name] == given(name) for name in _KEY)
_of = tuple(app_connection.c[name] == given(f"of_{name}") for name in _KEY)
_mine = app_connection.c.lease_token == given("token")
_nobody = {"lease_token": given("nobody"), "lease_until": given("nobody")}
_free = or_(app_connection.c.lease_until.is_(None), app_connection.c.lease_until < given("machine_now"))
_has_waiting = exists().where(
    delivery.c.tenant_id == app_connection.c.tenant_id,
    delivery.c.app_id == app_connection.c.app_id,
    delivery.c.kind == app_connection.c.kind,
    delivery.c.state == literal_column("'waiting'"),
    or_(
        app_connection.c.status.is_(None),
        app_connection.c.status == literal_column("'enabled'"),
        delivery.c.user_id == literal_column("':updated'"),  # that it is paused is told all the same
    ),
)
_is_asked = or_(app_connection.c.method.is_(None), app_connection.c.method == literal_column("'push'"))


def _theirs(table: Table) -> ColumnElement[bool]:
    return and_(table.c.tenant_id == app_connection.c.tenant_id, table.c.user_id == given("user_id"))


_knows = or_(
    app_connection.c.told_of == literal_column("'everyone'"),
    exists().where(_theirs(app_assignment), app_assignment.c.app_id == app_connection.c.app_id),
    exists()
    .where(_theirs(group_member), group_member.c.struck.is_(None))
    .where(
        group_assignment.c.tenant_id == app_connection.c.tenant_id,
        group_assignment.c.group_id == group_member.c.group_id,
        group_assignment.c.app_id == app_connection.c.app_id,
    ),
    exists().where(_theirs(consent), consent.c.app_id == app_connection.c.app_id),
    exists().where(_theirs(token_family), token_family.c.client_id == app_connection.c.client_id),
    exists().where(_theirs(sign_in), sign_in.c.client_id == app_connection.c.client_id),
)
_FIND = _ROWS.where(*_this)
_OF_APP = _ROWS.where(
    app_connection.c.tenant_id == given("tenant_id"),
    app_connection.c.app_id == given("app_id"),
    order=app_connection.c.kind,
)
_OF_TENANT = _ROWS.where(
    app_connection.c.tenant_id == given("tenant_id"), order=(app_connection.c.app_id, app_connection.c.kind)
)
_FAILING = Query(
    select(app_connection.c.app_id).where(
        app_connection.c.tenant_id == given("tenant_id"),
        or_(
            app_connection.c.tries > literal_column("0"),
            exists().where(
                delivery.c.tenant_id == app_connection.c.tenant_id,
                delivery.c.app_id == app_connection.c.app_id,
                delivery.c.kind == app_connection.c.kind,
                among(delivery.c.state, "failed"),
            ),
        ),
    )
)
_THAT_KNOW = _ROWS.where(
    app_connection.c.tenant_id == given("tenant_id"), _knows, order=(app_connection.c.app_id, app_connection.c.kind)
)
_WAITING = _ROWS.where(
    app_connection.c.not_before <= given("until"),
    _free,
    _is_asked,
    _has_waiting,
    order=(app_connection.c.not_before, app_connection.c.app_id, app_connection.c.kind),
    limit=given("limit"),
)
_SAVE = Change(
    update(app_connection)
    .where(*_of)
    .values(
        url=given("url"),
        sealed=given("sealed"),
        told_of=given("told_of"),
        required=given("required"),
        not_before=given("not_before"),
        tries=given("tries"),
        method=given("method"),
        status=given("status"),
        reason=given("reason"),
        events=given("events"),
        description=given("description"),
        commands=given("commands"),
        claims=given("claims"),
        asked_at=given("asked_at"),
    )
)
_LEARN = Change(
    update(app_connection)
    .where(*_of, _mine)
    .values(commands=given("commands"), claims=given("claims"), asked_at=given("asked_at"))
)
_CLAIM = Change(
    update(app_connection).where(*_of, _free).values(lease_token=given("token"), lease_until=given("until"))
)
_TOLD = Change(update(app_connection).where(*_of, _mine).values(tries=literal_column("0")))
_RELEASE = Change(update(app_connection).where(*_of, _mine).values(**_nobody))
_PUT_OFF = Change(
    update(app_connection)
    .where(*_of, _mine)
    .values(not_before=given("again_at"), tries=app_connection.c.tries + literal_column("1"), **_nobody)
)
_AT_ONCE = Change(update(app_connection).where(*_of).values(not_before=given("now"), tries=literal_column("0")))
_DROP = Change(delete(app_connection).where(*_this))
_DROP_OF_APP = Change(
    delete(app_connection).where(
        app_connection.c.tenant_id == given("tenant_id"), app_connection.c.app_id == given("app_id")
    )
)


async def find(reading: Reading, tenant_id: str, app_id: str, kind: str) -> Connection | None:
    """The connection of this kind that an app has."""
    return await _ROWS.one(reading, _FIND, tenant_id=tenant_id, app_id=app_id, kind=kind)


async def of_app(reading: Reading, tenant_id: str, app_id: str) -> list[Connection]:
    """Every connection of an app."""
    return await _ROWS.all(reading, _OF_APP, tenant_id=tenant_id, app_id=app_id)


async def of_tenant(reading: Reading, tenant_id: str) -> list[Connection]:
    """Every connection that apps of an organization have."""
    return await _ROWS.all(reading, _OF_TENANT, tenant_id=tenant_id)


async def failing(reading: Reading, tenant_id: str, failed: list[str]) -> frozenset[str]:
    """The apps with a connection that did not answer lately, or that has something in one of the states ``failed``."""
    return frozenset(str(app_id) for (app_id,) in await reading.all(_FAILING, tenant_id=tenant_id, failed=failed))


async def that_know(reading: Reading, tenant_id: str, user_id: str) -> list[Connection]:
    """Those that are told of this user: of everybody, or because the user has or had to do with the app.

    That is: an assignment of their own or through a group, a consent, tokens, or a sign-in that is in the log yet.
    """
    return await _ROWS.all(reading, _THAT_KNOW, tenant_id=tenant_id, user_id=user_id)


async def waiting(reading: Reading, limit: int) -> list[Connection]:
    """Those that have something to be told and that nobody is telling, in whatever organization.

    A stream that is polled is not among them, and of one that is paused or disabled only that it is.
    """
    return await _ROWS.all(
        reading, _WAITING, until=to_us(reading.now), machine_now=to_us(reading.moment.machine), limit=limit
    )


def insert(unit: Unit, new: Connection) -> None:
    """Write a new one."""
    _ROWS.insert(unit, new)


def save(unit: Unit, after: Connection) -> None:
    """Write what an administrator changed; whoever is telling it goes on with what was there."""
    values = _ROWS.values(after)
    unit.write(
        _SAVE,
        **_key(after),
        **{name: values[name] for name in _CHANGED},
    )


def claim(unit: Unit, one: Connection, token: str, until: datetime) -> Connection:
    """Take it for telling; the unit is stale when somebody else has it."""
    unit.write(_CLAIM, **_key(one), token=token, until=to_us(until), machine_now=to_us(unit.moment.machine))
    return replace(one, lease_token=token, lease_until=until)


def told(unit: Unit, one: Connection) -> None:
    """It answered; the unit is stale when the lease was lost meanwhile, so that nothing is written down twice."""
    unit.write(_TOLD, **_key(one), token=one.lease_token)


def learn(unit: Unit, one: Connection) -> None:
    """It said what it supports; the unit is stale when the lease was lost meanwhile."""
    asked_at = None if one.asked_at is None else to_us(one.asked_at)
    unit.write(_LEARN, **_key(one), token=one.lease_token, commands=one.commands, claims=one.claims, asked_at=asked_at)


def release(unit: Unit, one: Connection) -> None:
    """Nobody is telling it any more."""
    unit.write(_RELEASE, rows=None, **_key(one), token=one.lease_token, nobody=None)


def put_off(unit: Unit, one: Connection, again_at: datetime) -> None:
    """It is left alone until then; the unit is stale when the lease was lost."""
    unit.write(_PUT_OFF, **_key(one), token=one.lease_token, again_at=to_us(again_at), nobody=None)


def at_once(unit: Unit, one: Connection) -> None:
    """It is not left alone any longer."""
    unit.write(_AT_ONCE, **_key(one), now=to_us(unit.now))


def drop(unit: Unit, one: Connection) -> None:
    """It is told no more."""
    unit.write(_DROP, tenant_id=one.tenant_id, app_id=one.app_id, kind=one.kind)


def drop_of_app(unit: Unit, tenant_id: str, app_id: str) -> None:
    """The app is gone for good."""
    unit.write(_DROP_OF_APP, rows=None, tenant_id=tenant_id, app_id=app_id)


def _key(one: Connection) -> dict[str, Any]:
    return {f"of_{name}": getattr(one, name) for name in _KEY}
