"""What apps may do in somebody's name: delegated permissions, given by a person for themselves or for everybody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, or_, update

from vestibule.ground.clock import to_us
from vestibule.store.columns import by_no_index
from vestibule.store.records import Records
from vestibule.store.schema import api_consent, consent
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit

EVERYBODY: Final = ""
"""In the place of a user: an administrator consented for the whole organization."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Delegated permissions of an app, for one user or for everybody.

    Attributes:
        user_id: ``EVERYBODY`` or whose.
        scopes: names of permissions as they are spelled, with spaces between them.
        grant_id: Graph's ``oauth2PermissionGrant`` id.
    """

    tenant_id: str
    app_id: str
    user_id: str
    scopes: str
    grant_id: str
    given_at: datetime

    @property
    def names(self) -> tuple[str, ...]:
        """The permissions one by one."""
        return tuple(self.scopes.split())


_CONSENTS: Final = Records(consent, Consent)
_of_app = (consent.c.tenant_id == given("tenant_id"), consent.c.app_id == given("app_id"))
_FIND = _CONSENTS.where(*_of_app, consent.c.user_id == given("user_id"))
_FOR = _CONSENTS.where(
    *_of_app,
    or_(consent.c.user_id == given("user_id"), consent.c.user_id == given("everybody")),
    order=consent.c.user_id,
)
_OF_APP = _CONSENTS.where(*_of_app, order=consent.c.user_id)
_OF_USER = _CONSENTS.where(  # an index in the order of apps would be taken, and it knows nobody
    consent.c.tenant_id == given("tenant_id"),
    consent.c.user_id == given("user_id"),
    order=by_no_index(consent.c.app_id),
)
_BY_GRANT = _CONSENTS.where(consent.c.tenant_id == given("tenant_id"), consent.c.grant_id == given("grant_id"))
_CHANGE = Change(
    update(consent)
    .where(*_of_app, consent.c.user_id == given("user_id"))
    .values(scopes=given("now_scopes"), given_at=given("at"))
)
_DROP = Change(delete(consent).where(*_of_app, consent.c.user_id == given("user_id")))
_DROP_OF_APP = Change(delete(consent).where(*_of_app))
_DROP_OF_USER = Change(
    delete(consent).where(consent.c.tenant_id == given("tenant_id"), consent.c.user_id == given("user_id"))
)
_DROP_API_OF_APP = Change(
    delete(api_consent).where(
        api_consent.c.tenant_id == given("tenant_id"),
        or_(api_consent.c.app_id == given("app_id"), api_consent.c.resource_id == given("app_id")),
    )
)
_DROP_API_OF_USER = Change(
    delete(api_consent).where(api_consent.c.tenant_id == given("tenant_id"), api_consent.c.user_id == given("user_id"))
)


async def find(reading: Reading, tenant_id: str, app_id: str, user_id: str) -> Consent | None:
    """What exactly this user (or ``EVERYBODY``) consented to for an app."""
    return await _CONSENTS.one(reading, _FIND, tenant_id=tenant_id, app_id=app_id, user_id=user_id)


async def names_for(reading: Reading, tenant_id: str, app_id: str, user_id: str) -> tuple[str, ...]:
    """Every delegated permission that an app has for a user: their own consents and those for everybody."""
    found = await _CONSENTS.all(reading, _FOR, tenant_id=tenant_id, app_id=app_id, user_id=user_id, everybody=EVERYBODY)
    return tuple(dict.fromkeys(name for one in found for name in one.names))


async def of_app(reading: Reading, tenant_id: str, app_id: str) -> list[Consent]:
    """Every consent that an app has."""
    return await _CONSENTS.all(reading, _OF_APP, tenant_id=tenant_id, app_id=app_id)


async def of_user(reading: Reading, tenant_id: str, user_id: str) -> list[Consent]:
    """Every consent that a user gave for themselves."""
    return await _CONSENTS.all(reading, _OF_USER, tenant_id=tenant_id, user_id=user_id)


async def find_by_grant(reading: Reading, tenant_id: str, grant_id: str) -> Consent | None:
    """The consent that Graph calls this."""
    return await _CONSENTS.one(reading, _BY_GRANT, tenant_id=tenant_id, grant_id=grant_id)


def insert(unit: Unit, new: Consent) -> None:
    """Write a first consent."""
    _CONSENTS.insert(unit, new)


def change(unit: Unit, before: Consent, scopes: str) -> None:
    """Write that a consent now covers these permissions."""
    unit.write(
        _CHANGE,
        tenant_id=before.tenant_id,
        app_id=before.app_id,
        user_id=before.user_id,
        now_scopes=scopes,
        at=to_us(unit.now),
    )


def drop(unit: Unit, gone: Consent) -> None:
    """Take a consent back."""
    unit.write(_DROP, tenant_id=gone.tenant_id, app_id=gone.app_id, user_id=gone.user_id)


def drop_of_app(unit: Unit, tenant_id: str, app_id: str) -> None:
    """The app is gone: everything it was allowed, and what others were allowed with it as an API."""
    for change in (_DROP_OF_APP, _DROP_API_OF_APP):
        unit.write(change, rows=None, tenant_id=tenant_id, app_id=app_id)


def drop_of_user(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing that this user allowed holds any more: a restore brings no consent back."""
    for change in (_DROP_OF_USER, _DROP_API_OF_USER):
        unit.write(change, rows=None, tenant_id=tenant_id, user_id=user_id)
