"""Apps as a directory lists and searches them: as applications, or as service principals, each by its own id."""

from typing import Final

from sqlalchemy import Text, and_, case, func, literal_column, select

from vestibule.rules.filters import Filter, Path
from vestibule.store import filtering
from vestibule.store.apps import APPS, App
from vestibule.store.columns import by_no_index
from vestibule.store.filtering import Fields
from vestibule.store.group_assignments import people_at
from vestibule.store.listing import Asked, Listing, Page, Scope
from vestibule.store.schema import app, app_assignment, group_assignment, membership
from vestibule.store.statements import Query, among, given
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
PRINCIPALS: Final = Listing(_THERE, width=len(APPS.columns), make=APPS.record, fields=PRINCIPAL_FIELDS)
EVERY: Final = Scope("every app")

_HOME: Final = literal_column("'home'", Text())
_HERE: Final = (literal_column("'invited'", Text()), literal_column("'present'", Text()))
_at: Final = people_at(among(app_assignment.c.app_id, "app_ids"), among(group_assignment.c.app_id, "app_ids"))
_ASSIGNED: Final = Query(
    select(
        _at.c.app_id,
        func.count(_at.c.user_id.distinct()),
        func.count(case((membership.c.tie != _HOME, _at.c.user_id)).distinct()),
    )
    .join_from(
        _at,
        membership,
        and_(
            membership.c.tenant_id == _at.c.tenant_id,
            membership.c.user_id == _at.c.user_id,
            by_no_index(membership.c.stage).in_(_HERE),
        ),
    )
    .group_by(_at.c.app_id)
)


async def page(reading: Reading, tenant_id: str, asked: Asked) -> Page[App]:
    """A page of applications."""
    return await _APPLICATIONS.page(reading, EVERY, asked, tenant_id=tenant_id)


async def count(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many applications."""
    return await _APPLICATIONS.count(reading, EVERY, wanted, tenant_id=tenant_id)


async def page_principals(reading: Reading, tenant_id: str, asked: Asked) -> Page[App]:
    """A page of service principals."""
    return await PRINCIPALS.page(reading, EVERY, asked, tenant_id=tenant_id)


async def count_principals(reading: Reading, tenant_id: str, wanted: Filter | None = None) -> int:
    """How many service principals."""
    return await PRINCIPALS.count(reading, EVERY, wanted, tenant_id=tenant_id)


async def assigned_counts(reading: Reading, tenant_id: str, app_ids: list[str]) -> dict[str, tuple[int, int]]:
    """How many invited or present people are assigned to each of these apps, and how many of them are external.

    Whoever is assigned themselves and through groups is counted once. An app without any is left out.
    """
    rows = await reading.all(_ASSIGNED, tenant_id=tenant_id, app_ids=app_ids)
    return {app_id: (int(everybody), int(external)) for app_id, everybody, external in rows}
