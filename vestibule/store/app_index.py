"""Finding apps by what they are called as an API and by the origins of their pages: kept in step with their rows."""

from typing import Final

from sqlalchemy import delete, select

from vestibule.rules.apis import uri_key
from vestibule.rules.grants import origin_of
from vestibule.store.schema import app_identifier, app_origin
from vestibule.store.statements import Change, Query, given, inserting
from vestibule.store.unit import Reading, Unit

_OWNER = Query(
    select(app_identifier.c.app_id).where(
        app_identifier.c.tenant_id == given("tenant_id"), app_identifier.c.uri == given("uri")
    )
)
_ANY_PAGE = Query(select(app_origin.c.app_id).where(app_origin.c.origin == given("origin")).limit(given("most")))
_ADD_URI: Final = inserting(app_identifier)
_DROP_URI = Change(
    delete(app_identifier).where(app_identifier.c.tenant_id == given("tenant_id"), app_identifier.c.uri == given("uri"))
)
_ADD_ORIGIN: Final = inserting(app_origin)
_DROP_ORIGIN = Change(
    delete(app_origin).where(
        app_origin.c.tenant_id == given("tenant_id"),
        app_origin.c.app_id == given("app_id"),
        app_origin.c.origin == given("origin"),
    )
)


async def owner_of(reading: Reading, tenant_id: str, uri: str) -> str | None:
    """The app of the organization that is called this as an API."""
    row = await reading.one(_OWNER, tenant_id=tenant_id, uri=uri_key(uri))
    return None if row is None else str(row[0])


async def serves_pages_from(reading: Reading, origin: str) -> bool:
    """Whether any app in a browser is served from this origin (as ``grants.origin_of`` writes it)."""
    return await reading.one(_ANY_PAGE, origin=origin, most=1) is not None


def origins(spa_redirect_uris: list[str]) -> set[str]:
    """The origins of these redirect addresses."""
    return {origin_of(uri) for uri in spa_redirect_uris}


def keep_uris(unit: Unit, tenant_id: str, app_id: str, before: list[str], after: list[str]) -> None:
    """The app was called ``before`` and is called ``after``; a name that is taken raises Duplicate at commit."""
    old, new = {uri_key(uri) for uri in before}, {uri_key(uri) for uri in after}
    for uri in sorted(old - new):
        unit.write(_DROP_URI, rows=None, tenant_id=tenant_id, uri=uri)
    for uri in sorted(new - old):
        unit.write(_ADD_URI, tenant_id=tenant_id, uri=uri, app_id=app_id)


def keep_origins(unit: Unit, tenant_id: str, app_id: str, before: list[str], after: list[str]) -> None:
    """The app's pages were served from the origins of ``before`` and are from those of ``after``."""
    old, new = origins(before), origins(after)
    for origin in sorted(old - new):
        unit.write(_DROP_ORIGIN, rows=None, tenant_id=tenant_id, app_id=app_id, origin=origin)
    for origin in sorted(new - old):
        unit.write(_ADD_ORIGIN, tenant_id=tenant_id, app_id=app_id, origin=origin)
