"""Apps as a directory lists and searches them: as applications, or as service principals, each by its own id."""

from typing import Final

from sqlalchemy import literal_column, select

from vestibule.rules.filters import Filter, Path
from vestibule.store import filtering
from vestibule.store.apps import APPS, App
from vestibule.store.filtering import Fields
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.schema import app
from vestibule.store.statements import given
from vestibule.store.unit import Reading

_COMMON: Final[dict[Path, filtering.Field]] = {
    ("appId",): filtering.identifier(app.c.client_id),
    ("displayName",): filtering.text(app.c.display_name),
    ("createdDateTime",): filtering.time(app.c.created_at),
}
APPLICATION_FIELDS: Final[Fields] = {**_COMMON, ("id",): filtering.identifier(app.c.app_id)}
PRINCIPAL_FIELDS: Final[Fields] = {
    **_COMMON,
    ("id",): filtering.identifier(app.c.service_principal_id),
    ("accountEnabled",): filtering.flag(app.c.enabled),
    ("appRoleAssignmentRequired",): filtering.flag(app.c.requires_assignment),
}

_LIVE: Final = (app.c.tenant_id == given("tenant_id"), app.c.deleted_at.is_(None))
_BASE: Final = select(*APPS.columns).where(*_LIVE)
_THERE: Final = select(*APPS.columns).where(*_LIVE, app.c.principal_absent == literal_column("false"))
_APPLICATIONS: Final = Listing(_BASE, width=len(APPS.columns), make=APPS.record, fields=APPLICATION_FIELDS)
_PRINCIPALS: Final = Listing(_THERE, width=len(APPS.columns), make=APPS.record, fields=PRINCIPAL_FIELDS)
_EVERY: Final = Scope("every app")


async def page(reading: Reading, tenant_id: str, asked: Asked) -> Page[App]:
    """A page of applications."""
    return await _APPLICATIONS.page(reading, _EVERY, asked, tenant_id=tenant_id)


async def count(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many applications."""
    return await _APPLICATIONS.count(reading, _EVERY, wanted, tenant_id=tenant_id)


async def page_principals(reading: Reading, tenant_id: str, asked: Asked) -> Page[App]:
    """A page of service principals."""
    return await _PRINCIPALS.page(reading, _EVERY, asked, tenant_id=tenant_id)


async def count_principals(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many service principals."""
    return await _PRINCIPALS.count(reading, _EVERY, wanted, tenant_id=tenant_id)
