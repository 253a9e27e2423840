"""What apps may do in somebody's name with the APIs that other apps of the organization publish.

Whatever ends consents as such (``consents.drop_of_user``, ``drop_of_app``) ends these with them.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, or_, update

from vestibule.ground.clock import to_us
from vestibule.store.columns import by_no_index
from vestibule.store.consents import EVERYBODY
from vestibule.store.records import Records
from vestibule.store.schema import api_consent
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class ApiConsent:
    """Scopes of one API that an app has, for one user or for everybody (``consents.EVERYBODY``).

    Attributes:
        resource_id: the application object of the API. scopes: values as it publishes them, with spaces between them.
    """

    tenant_id: str
    app_id: str
    user_id: str
    resource_id: str
    scopes: str
    grant_id: str
    given_at: datetime

    @property
    def names(self) -> tuple[str, ...]:
        """The scopes one by one."""
        return tuple(self.scopes.split())


_CONSENTS: Final = Records(api_consent, ApiConsent)
_of_app = (api_consent.c.tenant_id == given("tenant_id"), api_consent.c.app_id == given("app_id"))
_of_resource = (*_of_app, api_consent.c.resource_id == given("resource_id"))
_FIND = _CONSENTS.where(*_of_resource, api_consent.c.user_id == given("user_id"))
_FOR = _CONSENTS.where(
    *_of_resource,
    or_(api_consent.c.user_id == given("user_id"), api_consent.c.user_id == given("everybody")),
    order=api_consent.c.user_id,
)
_OF_USER = _CONSENTS.where(  # an index in the order of apps would be taken, and it knows nobody
    api_consent.c.tenant_id == given("tenant_id"),
    api_consent.c.user_id == given("user_id"),
    order=by_no_index(api_consent.c.app_id),
)
_here = api_consent.c.tenant_id == given("tenant_id")
_BY_GRANT = _CONSENTS.where(_here, api_consent.c.grant_id == given("grant_id"))
_CHANGE = Change(
    update(api_consent)
    .where(*_of_resource, api_consent.c.user_id == given("user_id"))
    .values(scopes=given("now_scopes"), given_at=given("at"))
)
_DROP = Change(delete(api_consent).where(*_of_resource, api_consent.c.user_id == given("user_id")))


async def find(reading: Reading, tenant_id: str, app_id: str, user_id: str, resource_id: str) -> ApiConsent | None:
    """What exactly this user (or everybody) consented to for an app and an API."""
    return await _CONSENTS.one(
        reading, _FIND, tenant_id=tenant_id, app_id=app_id, user_id=user_id, resource_id=resource_id
    )


async def names_for(reading: Reading, tenant_id: str, app_id: str, user_id: str, resource_id: str) -> tuple[str, ...]:
    """Every scope of an API that an app has for a user: their own consents and those for everybody."""
    found = await _CONSENTS.all(
        reading,
        _FOR,
        tenant_id=tenant_id,
        app_id=app_id,
        user_id=user_id,
        resource_id=resource_id,
        everybody=EVERYBODY,
    )
    return tuple(dict.fromkeys(name for one in found for name in one.names))


async def of_user(reading: Reading, tenant_id: str, user_id: str) -> list[ApiConsent]:
    """Every consent to an API that a user gave for themselves."""
    return await _CONSENTS.all(reading, _OF_USER, tenant_id=tenant_id, user_id=user_id)


async def find_by_grant(reading: Reading, tenant_id: str, grant_id: str) -> ApiConsent | None:
    """The consent that Graph calls this."""
    return await _CONSENTS.one(reading, _BY_GRANT, tenant_id=tenant_id, grant_id=grant_id)


def insert(unit: Unit, new: ApiConsent) -> None:
    """Write a first consent."""
    _CONSENTS.insert(unit, new)


def change(unit: Unit, before: ApiConsent, scopes: str) -> None:
    """Write that a consent now covers these scopes."""
    unit.write(_CHANGE, now_scopes=scopes, at=to_us(unit.now), **_identity(before))


def drop(unit: Unit, gone: ApiConsent) -> None:
    """Take a consent back."""
    unit.write(_DROP, **_identity(gone))


def _identity(of: ApiConsent) -> dict[str, Any]:
    return {
        "tenant_id": of.tenant_id,
        "app_id": of.app_id,
        "user_id": of.user_id,
        "resource_id": of.resource_id,
    }
