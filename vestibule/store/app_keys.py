"""Keys and certificates that apps sign their assertions with, and the assertions that were used."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import app_key, client_assertion
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit

CERTIFICATE: Final = "certificate"
KEY: Final = "key"


@dataclass(frozen=True, slots=True)
class AppKey:
    """A public key that an app proves itself with (Graph's ``keyCredential``).

    Attributes:
        kid: how a token names it. kind: ``certificate`` or ``key``.
        public_jwk: JSON text (RFC 7517). thumbprint, thumbprint_sha256: of the certificate, in base64url.
        certificate: DER. starts_at, expires_at: machine time; None for a key without an end.
    """

    tenant_id: str
    app_id: str
    key_id: str
    kid: str
    kind: str
    display_name: str
    public_jwk: str
    thumbprint: str | None
    thumbprint_sha256: str | None
    certificate: bytes | None
    starts_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class UsedAssertion:
    """An assertion that an app presented, by the hash of its id; remembered until it expires (machine time)."""

    tenant_id: str
    app_id: str
    jti_hash: str
    expires_at: datetime


_KEYS: Final = Records(app_key, AppKey)
_USED: Final = Records(client_assertion, UsedAssertion)
_of_app = (app_key.c.tenant_id == given("tenant_id"), app_key.c.app_id == given("app_id"))
_OF_APP = _KEYS.where(*_of_app, order=app_key.c.key_id)
_IN = _KEYS.where(app_key.c.tenant_id == given("tenant_id"), order=app_key.c.key_id)
_DROP = Change(delete(app_key).where(*_of_app, app_key.c.key_id == given("key_id")))
_DROP_OF_APP = Change(delete(app_key).where(*_of_app))
_FORGET = Change(delete(client_assertion).where(client_assertion.c.expires_at < given("before")))


async def of_app(reading: Reading, tenant_id: str, app_id: str) -> list[AppKey]:
    """The keys of an app, those that ran out included."""
    return await _KEYS.all(reading, _OF_APP, tenant_id=tenant_id, app_id=app_id)


async def of_all(reading: Reading, tenant_id: str) -> list[AppKey]:
    """The keys of every app of an organization."""
    return await _KEYS.all(reading, _IN, tenant_id=tenant_id)


def insert(unit: Unit, new: AppKey) -> None:
    """Write a key."""
    _KEYS.insert(unit, new)


def drop(unit: Unit, gone: AppKey) -> None:
    """The key proves nothing any more."""
    unit.write(_DROP, tenant_id=gone.tenant_id, app_id=gone.app_id, key_id=gone.key_id)


def drop_of_app(unit: Unit, tenant_id: str, app_id: str) -> None:
    """The app is gone."""
    unit.write(_DROP_OF_APP, rows=None, tenant_id=tenant_id, app_id=app_id)


def use_assertion(unit: Unit, tenant_id: str, app_id: str, jti: str, expires_at: datetime) -> None:
    """The assertion with this id is used; one that was raises Duplicate at commit, on whatever node."""
    digest = hashlib.sha256(jti.encode()).hexdigest()
    _USED.insert(unit, UsedAssertion(tenant_id, app_id, digest, expires_at))


def forget(unit: Unit, before: datetime) -> None:
    """Assertions that expired before this moment of the machine's clock need not be remembered."""
    unit.write(_FORGET, rows=None, before=to_us(before))
