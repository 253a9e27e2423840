"""Apps of other organizations, as an organization knows them that lets its people use them: their service principals.

The app itself is a row where it is registered. Here stands what this organization decides about it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import delete, update

from vestibule.store.records import Records
from vestibule.store.schema import foreign_principal
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class ForeignPrincipal:
    """What an organization decides about an app of another one.

    Attributes:
        tenant_id: whose decision it is. app_id, home_tenant: the app, and where it is registered.
        enabled: people of this organization may sign in to it.
    """

    tenant_id: str
    app_id: str
    home_tenant: str
    service_principal_id: str
    enabled: bool
    made_at: datetime
    version: int


_ROWS: Final = Records(foreign_principal, ForeignPrincipal)
_here = foreign_principal.c.tenant_id == given("tenant_id")
_FIND = _ROWS.where(_here, foreign_principal.c.app_id == given("app_id"))
_BY_ID = _ROWS.where(_here, foreign_principal.c.service_principal_id == given("principal_id"))
_IN = _ROWS.where(_here, order=foreign_principal.c.app_id)
_this = (
    foreign_principal.c.tenant_id == given("in_tenant"),
    foreign_principal.c.app_id == given("of_app"),
    foreign_principal.c.version == given("if_version"),
)
_SWITCH = Change(update(foreign_principal).where(*_this).values(enabled=given("enabled"), version=given("version")))
_DROP = Change(delete(foreign_principal).where(*_this))
_DROP_OF_APP = Change(delete(foreign_principal).where(foreign_principal.c.app_id == given("of_app")))


async def find(reading: Reading, tenant_id: str, app_id: str) -> ForeignPrincipal | None:
    """What an organization decided about an app of another one; None when it knows nothing of it."""
    return await _ROWS.one(reading, _FIND, tenant_id=tenant_id, app_id=app_id)


async def find_by_id(reading: Reading, tenant_id: str, principal_id: str) -> ForeignPrincipal | None:
    """The same by the service principal's id."""
    return await _ROWS.one(reading, _BY_ID, tenant_id=tenant_id, principal_id=principal_id)


async def everyone(reading: Reading, tenant_id: str) -> list[ForeignPrincipal]:
    """Every app of another organization that this one knows."""
    return await _ROWS.all(reading, _IN, tenant_id=tenant_id)


def insert(unit: Unit, new: ForeignPrincipal) -> None:
    """Write that an organization knows an app now."""
    _ROWS.insert(unit, new)


def switch(unit: Unit, before: ForeignPrincipal, *, enabled: bool) -> ForeignPrincipal:
    """Write whether people may sign in to it; returns what is there then."""
    after = replace(before, enabled=enabled, version=before.version + 1)
    unit.write(
        _SWITCH,
        in_tenant=before.tenant_id,
        of_app=before.app_id,
        if_version=before.version,
        enabled=enabled,
        version=after.version,
    )
    return after


def drop(unit: Unit, gone: ForeignPrincipal) -> None:
    """The organization knows nothing of it any more."""
    unit.write(_DROP, in_tenant=gone.tenant_id, of_app=gone.app_id, if_version=gone.version)


def drop_of_app(unit: Unit, app_id: str) -> None:
    """The app is gone for good, in every organization."""
    unit.write(_DROP_OF_APP, rows=None, of_app=app_id)
