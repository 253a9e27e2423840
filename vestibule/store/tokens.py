"""Authorization codes and refresh tokens, as hashes, with the family that they belong to.

Everything that descends from one sign-in is one family. Using a code or a refresh token twice ends the family.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, not_, select, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import authorization_code, refresh_token, token_family
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """A code that an app may exchange once.

    Attributes:
        facts: redirect_uri, scope, nonce, challenge, auth_time, strength and the like.
        epoch, home_epoch: of the membership here and at home when it was made.
        expires_at: machine time. offset_at_birth: the clock's offset then, in microseconds.
        used_at: when it was exchanged; None while it is good.
    """

    tenant_id: str
    code_hash: str
    app_id: str
    user_id: str
    person_id: str
    facts: dict[str, Any]
    epoch: int
    home_epoch: int
    family_id: str
    expires_at: datetime
    offset_at_birth: int
    generation: str
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token; good once, its successor takes over."""

    tenant_id: str
    token_hash: str
    family_id: str
    app_id: str
    user_id: str
    person_id: str
    facts: dict[str, Any]
    epoch: int
    home_epoch: int
    expires_at: datetime
    offset_at_birth: int
    generation: str
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Everything that descends from one sign-in to one app.

    Attributes:
        ended_at: all of it is dead since then.
        session_id: the browser session that it ends with; None when it outlives it (``offline_access``).
        client_id: whose it is. began_in: the browser session that it began in, as the app knows it; empty without one.
    """

    tenant_id: str
    family_id: str
    user_id: str
    ended_at: datetime | None
    expires_at: datetime
    session_id: str | None = None
    client_id: str | None = None
    began_in: str | None = None


_CODES = Records(authorization_code, AuthorizationCode)
_TOKENS = Records(refresh_token, RefreshToken)
_FAMILIES = Records(token_family, Family)

_CODE = _CODES.where(
    authorization_code.c.tenant_id == given("tenant_id"), authorization_code.c.code_hash == given("code_hash")
)
_TOKEN = _TOKENS.where(
    refresh_token.c.tenant_id == given("tenant_id"), refresh_token.c.token_hash == given("token_hash")
)
_FAMILY = _FAMILIES.where(
    token_family.c.tenant_id == given("tenant_id"), token_family.c.family_id == given("family_id")
)
_USE_CODE = Change(
    update(authorization_code)
    .where(
        authorization_code.c.tenant_id == given("in_tenant"),
        authorization_code.c.code_hash == given("of_code"),
        authorization_code.c.used_at.is_(None),
    )
    .values(used_at=given("at"))
)
_USE_TOKEN = Change(
    update(refresh_token)
    .where(
        refresh_token.c.tenant_id == given("in_tenant"),
        refresh_token.c.token_hash == given("of_token"),
        refresh_token.c.used_at.is_(None),
    )
    .values(used_at=given("at"))
)
_END_FAMILY = Change(
    update(token_family)
    .where(
        token_family.c.tenant_id == given("in_tenant"),
        token_family.c.family_id == given("of_family"),
        token_family.c.ended_at.is_(None),
    )
    .values(ended_at=given("at"))
)
_DROP_OF = tuple(
    Change(delete(table).where(table.c.tenant_id == given("tenant_id"), table.c.user_id == given("user_id")))
    for table in (authorization_code, refresh_token, token_family)
)
_END_SESSION = Change(
    update(token_family)
    .where(token_family.c.session_id == given("of_session"), token_family.c.ended_at.is_(None))
    .values(ended_at=given("at"))
)
_END_OF = Change(
    update(token_family)
    .where(
        token_family.c.tenant_id == given("in_tenant"),
        token_family.c.user_id == given("of_user"),
        token_family.c.ended_at.is_(None),
    )
    .values(ended_at=given("at"))
)
_END_OF_APP = Change(
    update(token_family)
    .where(token_family.c.client_id == given("of_client"), token_family.c.ended_at.is_(None))
    .values(ended_at=given("at"))
)
_END_AT_APP = Change(
    update(token_family)
    .where(
        token_family.c.tenant_id == given("in_tenant"),
        token_family.c.client_id == given("of_client"),
        token_family.c.ended_at.is_(None),
    )
    .values(ended_at=given("at"))
)
_END_OF_AT_APP = Change(
    update(token_family)
    .where(
        token_family.c.tenant_id == given("in_tenant"),
        token_family.c.user_id == given("of_user"),
        token_family.c.client_id == given("of_client"),
        token_family.c.ended_at.is_(None),
    )
    .values(ended_at=given("at"))
)
_OPEN_OF = _FAMILIES.where(
    token_family.c.tenant_id == given("tenant_id"),
    token_family.c.user_id == given("user_id"),
    token_family.c.ended_at.is_(None),
    token_family.c.client_id.is_not(None),
)
_BEGAN_IN = _FAMILIES.where(
    token_family.c.began_in == given("session_id"),
    token_family.c.ended_at.is_(None),
    token_family.c.client_id.is_not(None),
)
_living = exists(
    select(refresh_token.c.token_hash).where(
        refresh_token.c.tenant_id == token_family.c.tenant_id,
        refresh_token.c.family_id == token_family.c.family_id,
        refresh_token.c.expires_at >= given("before"),
    )
)
_FORGET = (
    *(
        Change(delete(table).where(table.c.expires_at < given("before")))
        for table in (authorization_code, refresh_token)
    ),
    # A family lives on for as long as it has a token: each rotation may move the end.
    Change(delete(token_family).where(token_family.c.expires_at < given("before"), not_(_living))),
)


async def find_code(reading: Reading, tenant_id: str, code_hash: str) -> AuthorizationCode | None:
    """The code with this hash, used or not."""
    return await _CODES.one(reading, _CODE, tenant_id=tenant_id, code_hash=code_hash)


async def find_refresh(reading: Reading, tenant_id: str, token_hash: str) -> RefreshToken | None:
    """The refresh token with this hash, used or not."""
    return await _TOKENS.one(reading, _TOKEN, tenant_id=tenant_id, token_hash=token_hash)


async def find_family(reading: Reading, tenant_id: str, family_id: str) -> Family | None:
    """The family with this id."""
    return await _FAMILIES.one(reading, _FAMILY, tenant_id=tenant_id, family_id=family_id)


def insert_code(unit: Unit, new: AuthorizationCode) -> None:
    """A code was made."""
    _CODES.insert(unit, new)


def insert_refresh(unit: Unit, new: RefreshToken) -> None:
    """A refresh token was made."""
    _TOKENS.insert(unit, new)


def insert_family(unit: Unit, new: Family) -> None:
    """A family begins."""
    _FAMILIES.insert(unit, new)


def use_code(unit: Unit, code: AuthorizationCode) -> None:
    """The code is exchanged; the unit is stale when it was already."""
    unit.write(_USE_CODE, in_tenant=code.tenant_id, of_code=code.code_hash, at=to_us(unit.moment.machine))


def use_refresh(unit: Unit, token: RefreshToken) -> None:
    """The token is rotated; the unit is stale when it was already."""
    unit.write(_USE_TOKEN, in_tenant=token.tenant_id, of_token=token.token_hash, at=to_us(unit.moment.machine))


def end_family(unit: Unit, tenant_id: str, family_id: str) -> None:
    """Everything of the family is dead."""
    at = to_us(unit.moment.machine)
    unit.write(_END_FAMILY, rows=None, in_tenant=tenant_id, of_family=family_id, at=at)


def end_session(unit: Unit, session_id: str) -> None:
    """A browser session ended, and every family that lasts no longer than it."""
    unit.write(_END_SESSION, rows=None, of_session=session_id, at=to_us(unit.moment.machine))


async def open_of(reading: Reading, tenant_id: str, user_id: str) -> list[Family]:
    """What a membership has open in apps, as far as nothing said that it ended."""
    return await _FAMILIES.all(reading, _OPEN_OF, tenant_id=tenant_id, user_id=user_id)


async def began_in(reading: Reading, session_id: str) -> list[Family]:
    """What was begun in a browser session, as far as nothing said that it ended."""
    return await _FAMILIES.all(reading, _BEGAN_IN, session_id=session_id)


def end_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Everything that a membership has open in apps ends."""
    unit.write(_END_OF, rows=None, in_tenant=tenant_id, of_user=user_id, at=to_us(unit.moment.machine))


def end_of_app(unit: Unit, client_id: str) -> None:
    """Everything that anybody has open in an app ends, in whatever organization."""
    unit.write(_END_OF_APP, rows=None, of_client=client_id, at=to_us(unit.moment.machine))


def end_at_app(unit: Unit, tenant_id: str, client_id: str, user_id: str | None) -> None:
    """Everything that a membership (None: everybody in the organization) has open in an app ends."""
    at = to_us(unit.moment.machine)
    if user_id is None:
        unit.write(_END_AT_APP, rows=None, in_tenant=tenant_id, of_client=client_id, at=at)
    else:
        unit.write(_END_OF_AT_APP, rows=None, in_tenant=tenant_id, of_client=client_id, of_user=user_id, at=at)


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing of this membership stays."""
    for change in _DROP_OF:
        unit.write(change, rows=None, tenant_id=tenant_id, user_id=user_id)


def forget(unit: Unit, before: datetime) -> None:
    """What was over by the machine's clock ``before`` goes, and with it the knowledge that it was used."""
    for change in _FORGET:
        unit.write(change, rows=None, before=to_us(before))
