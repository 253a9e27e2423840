"""What apps may do for themselves at the APIs that other apps of the organization publish: roles of those.

What an app may do for itself at the Graph API stands in its own row (``apps.App.permissions``).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, or_

from vestibule.store.records import Records
from vestibule.store.schema import app_permission
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class AppPermission:
    """A role of an API that an app has. ``resource_id``: the application object of the API."""

    tenant_id: str
    app_id: str
    resource_id: str
    app_role_id: str
    assignment_id: str
    since: datetime


_HELD: Final = Records(app_permission, AppPermission)
_here = app_permission.c.tenant_id == given("tenant_id")
_of_app = (_here, app_permission.c.app_id == given("app_id"))
_this = (
    *_of_app,
    app_permission.c.resource_id == given("resource_id"),
    app_permission.c.app_role_id == given("app_role_id"),
)
_FIND = _HELD.where(*_this)
_BY_ID = _HELD.where(_here, app_permission.c.assignment_id == given("assignment_id"))
_OF_APP = _HELD.where(*_of_app, order=(app_permission.c.resource_id, app_permission.c.app_role_id))
_OF_RESOURCE = _HELD.where(
    _here,
    app_permission.c.resource_id == given("resource_id"),
    order=(app_permission.c.app_id, app_permission.c.app_role_id),
)
_DROP = Change(delete(app_permission).where(*_this))
_DROP_OF_APP = Change(
    delete(app_permission).where(
        _here, or_(app_permission.c.app_id == given("app_id"), app_permission.c.resource_id == given("app_id"))
    )
)


async def find(
    reading: Reading, tenant_id: str, app_id: str, resource_id: str, app_role_id: str
) -> AppPermission | None:
    """Whether an app has this role of an API."""
    return await _HELD.one(
        reading, _FIND, tenant_id=tenant_id, app_id=app_id, resource_id=resource_id, app_role_id=app_role_id
    )


async def find_by_id(reading: Reading, tenant_id: str, assignment_id: str) -> AppPermission | None:
    """What is held by this assignment."""
    return await _HELD.one(reading, _BY_ID, tenant_id=tenant_id, assignment_id=assignment_id)


async def of_app(reading: Reading, tenant_id: str, app_id: str) -> list[AppPermission]:
    """Every role that an app has at an API."""
    return await _HELD.all(reading, _OF_APP, tenant_id=tenant_id, app_id=app_id)


async def of_resource(reading: Reading, tenant_id: str, resource_id: str) -> list[AppPermission]:
    """Every role of an API that an app has."""
    return await _HELD.all(reading, _OF_RESOURCE, tenant_id=tenant_id, resource_id=resource_id)


def insert(unit: Unit, new: AppPermission) -> None:
    """Write that an app has a role; twice raises Duplicate at commit."""
    _HELD.insert(unit, new)


def drop(unit: Unit, gone: AppPermission) -> None:
    """The app has the role no more."""
    unit.write(
        _DROP,
        tenant_id=gone.tenant_id,
        app_id=gone.app_id,
        resource_id=gone.resource_id,
        app_role_id=gone.app_role_id,
    )


def drop_of_app(unit: Unit, tenant_id: str, app_id: str) -> None:
    """The app is gone: what it had at APIs, and what others had at its own."""
    unit.write(_DROP_OF_APP, rows=None, tenant_id=tenant_id, app_id=app_id)
