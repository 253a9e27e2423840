"""Deleted applications and service principals, as far as they can be restored."""

from dataclasses import dataclass
from typing import Final

from vestibule.actions import deleting_apps, service_principals
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small, answer_small_count
from vestibule.doors.graph.model.app import APPLICATION, SERVICE_PRINCIPAL
from vestibule.doors.graph.odata.options import COUNTED, LISTED, Collection
from vestibule.doors.graph.routes.app_finding import app_target
from vestibule.doors.graph.routes.app_views import principal_view
from vestibule.doors.graph.routes.applications import BY_NAME, view_of, views_of
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import APPLICATIONS, SERVICE_PRINCIPALS, Plain
from vestibule.rules.names import guid
from vestibule.rules.verbs import Verb
from vestibule.store import apps
from vestibule.store.apps import App


@dataclass(frozen=True, slots=True)
class DeletedApp:
    """An app of which the path names what is deleted: the application, or the service principal alone."""

    app: App
    is_principal: bool


async def find_deleted(call: Call) -> DeletedApp | None:
    """The restorable application or service principal that the path names."""
    found = guid(call.parameters["object"])
    if found is None:
        return None
    now = call.reading.now
    app = await apps.find_any(call.reading, call.tenant_id, found)
    if app is not None and app.is_restorable(now):
        return DeletedApp(app, is_principal=False)
    app = await apps.find_by_any_principal(call.reading, call.tenant_id, found)
    return DeletedApp(app, is_principal=True) if app is not None and app.has_restorable_principal(now) else None


async def show(call: Call, found: DeletedApp) -> Reply:
    """It, with its type."""
    if found.is_principal:
        values = SERVICE_PRINCIPALS.values(principal_view(found.app), call.asked.select)
        return call.single("directoryObjects", SERVICE_PRINCIPAL, values, typed=True)
    values = APPLICATIONS.values(await view_of(call, found.app), call.asked.select)
    return call.single("directoryObjects", APPLICATION, values, typed=True)


async def restore_app(call: Call, found: DeletedApp) -> Reply:
    """Bring it back."""
    await call.insist(Verb.RESTORE_APP, await app_target(call, found.app))
    of = {"tenant_id": call.tenant_id}
    if found.is_principal:
        principal_id = found.app.service_principal_id
        back = await service_principals.restore_principal(call.house, principal_id=principal_id, by=call.by, **of)
    else:
        back = await deleting_apps.restore_app(call.house, app_id=found.app.app_id, by=call.by, **of)
    await call.fresh()
    return await show(call, DeletedApp(back, found.is_principal))


async def purge_app(call: Call, found: DeletedApp) -> Reply:
    """Delete it for good."""
    await call.insist(Verb.PURGE_APP, await app_target(call, found.app))
    of = {"tenant_id": call.tenant_id}
    if found.is_principal:
        principal_id = found.app.service_principal_id
        await service_principals.purge_principal(call.house, principal_id=principal_id, by=call.by, **of)
    else:
        await deleting_apps.purge_app(call.house, app_id=found.app.app_id, by=call.by, **of)
    return NO_CONTENT


async def list_applications(call: Call) -> Reply:
    """The deleted applications."""
    found = [(APPLICATIONS, view) for view in await _applications(call)]
    return answer_small(call, "applications", found, orders=BY_NAME, typed=True)


async def count_applications(call: Call) -> Reply:
    """How many deleted applications."""
    return answer_small_count(call, [(APPLICATIONS, view) for view in await _applications(call)])


async def list_principals(call: Call) -> Reply:
    """The deleted service principals."""
    found = [(SERVICE_PRINCIPALS, view) for view in await _principals(call)]
    return answer_small(call, "servicePrincipals", found, orders=BY_NAME, typed=True)


async def count_principals(call: Call) -> Reply:
    """How many deleted service principals."""
    return answer_small_count(call, [(SERVICE_PRINCIPALS, view) for view in await _principals(call)])


async def _applications(call: Call) -> list[Plain]:
    await call.may_read(Verb.READ_APPS)
    gone = await apps.deleted(call.reading, call.tenant_id)
    return await views_of(call, [app for app in gone if app.is_restorable(call.reading.now)])


async def _principals(call: Call) -> list[Plain]:
    await call.may_read(Verb.READ_APPS)
    gone = await apps.deleted(call.reading, call.tenant_id)
    return [principal_view(app) for app in gone if app.has_restorable_principal(call.reading.now)]


_AT: Final = "/directory/deletedItems"
_OPTIONS: Final = LISTED - {"expand"}
ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        f"{_AT}/graph.application",
        list_applications,
        verb=Verb.READ_APPS,
        query=Collection(APPLICATION, options=_OPTIONS),
        summary="Deleted applications",
    ),
    Route(
        "GET",
        f"{_AT}/graph.application/$count",
        count_applications,
        verb=Verb.READ_APPS,
        query=Collection(APPLICATION, options=COUNTED, counted=True),
        summary="Count deleted applications",
    ),
    Route(
        "GET",
        f"{_AT}/graph.servicePrincipal",
        list_principals,
        verb=Verb.READ_APPS,
        query=Collection(SERVICE_PRINCIPAL, options=_OPTIONS),
        summary="Deleted service principals",
    ),
    Route(
        "GET",
        f"{_AT}/graph.servicePrincipal/$count",
        count_principals,
        verb=Verb.READ_APPS,
        query=Collection(SERVICE_PRINCIPAL, options=COUNTED, counted=True),
        summary="Count deleted service principals",
    ),
]
