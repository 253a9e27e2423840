"""Apps: applications and service principals, for reading."""

from typing import Final

from vestibule.actions.authorising import Acting
from vestibule.actions.grouping import owns
from vestibule.doors.graph.call import Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.app import APPLICATION, SERVICE_PRINCIPAL
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.app_views import (
    application_view,
    graph_principal,
    graph_principal_id,
    principal_view,
)
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import APPLICATIONS, SERVICE_PRINCIPALS, Plain
from vestibule.rules.actors import ActorKind
from vestibule.rules.filters import Ordering
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp, Target
from vestibule.rules.verbs import Verb
from vestibule.store import apps, organizations
from vestibule.store.apps import App

_BY_NAME: Final = (Ordering(("displayName",)),)


async def list_applications(call: Call) -> Reply:
    """Every app that is registered here."""
    await call.may_read(Verb.READ_APPS)
    found = [(APPLICATIONS, application_view(app)) for app in await apps.everyone(call.reading, call.tenant_id)]
    return answer_small(call, "applications", found, orders=_BY_NAME)


async def get_application(call: Call) -> Reply:
    """One app, by its object id or its client id."""
    app = await _readable(call, await _application(call))
    values = APPLICATIONS.values(application_view(app), call.asked.select)
    return call.single("applications", APPLICATION, values)


async def list_principals(call: Call) -> Reply:
    """Every service principal, this API's own too."""
    await call.may_read(Verb.READ_APPS)
    found = [(SERVICE_PRINCIPALS, principal_view(app)) for app in await apps.everyone(call.reading, call.tenant_id)]
    found.append((SERVICE_PRINCIPALS, await _graph(call)))
    return answer_small(call, "servicePrincipals", found, orders=_BY_NAME)


async def get_principal(call: Call) -> Reply:
    """One service principal, by its object id or its client id."""
    if _names_graph(call):
        await call.may_read(Verb.READ_APPS)
        view = await _graph(call)
    else:
        view = principal_view(await _readable(call, await _principal(call)))
    return call.single("servicePrincipals", SERVICE_PRINCIPAL, SERVICE_PRINCIPALS.values(view, call.asked.select))


async def _application(call: Call) -> App | None:
    if "client" in call.parameters:
        return await _by_client(call)
    found = guid(call.parameters["app"])
    return None if found is None else await apps.find(call.reading, call.tenant_id, found)


async def _principal(call: Call) -> App | None:
    if "client" in call.parameters:
        return await _by_client(call)
    found = guid(call.parameters["principal"])
    return None if found is None else await apps.find_by_principal(call.reading, call.tenant_id, found)


async def _by_client(call: Call) -> App | None:
    found = await apps.find_by_client_id(call.reading, call.parameters["client"].lower())
    return found if found is not None and found.tenant_id == call.tenant_id else None


async def _readable(call: Call, app: App | None) -> App:
    await may_read_app(call, app)
    if app is None:
        raise Refused(Reason.NOT_FOUND)
    return app


async def may_read_app(call: Call, app: App | None) -> Acting:
    """Insist on the right to read an app, or any app when there is none. Raises Refused."""
    on: Target = call.anything
    if app is not None:
        itself = call.by.kind is ActorKind.APP and call.by.client_id == app.client_id
        owned = itself or await owns(call.reading, call.by, call.tenant_id, "app", app.app_id)
        on = OnApp(call.tenant_id, app.app_id, owned=owned, grants_api=False)
    return await call.may_read(Verb.READ_APPS, on)


def _names_graph(call: Call) -> bool:
    return call.parameters.get("client", "").lower() == GRAPH_APP_ID or call.parameters.get(
        "principal", ""
    ).lower() == graph_principal_id(call.tenant_id)


async def _graph(call: Call) -> Plain:
    organization = await organizations.find(call.reading, call.tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    return graph_principal(call.tenant_id, organization.created_at)


_OPTIONS: Final = LISTED - {"expand"}
_ONE_QUERY: Final = frozenset({"select", "format"})
_APPS: Final = Collection(APPLICATION, options=_OPTIONS)
_APP: Final = Collection(APPLICATION, options=_ONE_QUERY, single=True)
_PRINCIPALS: Final = Collection(SERVICE_PRINCIPAL, options=_OPTIONS)
_PRINCIPAL: Final = Collection(SERVICE_PRINCIPAL, options=_ONE_QUERY, single=True)
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/applications", list_applications, verb=Verb.READ_APPS, query=_APPS, summary="List applications"),
    Route("GET", "/applications/{app}", get_application, verb=Verb.READ_APPS, query=_APP, summary="An application"),
    Route(
        "GET",
        "/applications(appId={client})",
        get_application,
        verb=Verb.READ_APPS,
        query=_APP,
        summary="An application by its client id",
    ),
    Route(
        "GET",
        "/servicePrincipals",
        list_principals,
        verb=Verb.READ_APPS,
        query=_PRINCIPALS,
        summary="List service principals",
    ),
    Route(
        "GET",
        "/servicePrincipals/{principal}",
        get_principal,
        verb=Verb.READ_APPS,
        query=_PRINCIPAL,
        summary="A service principal",
    ),
    Route(
        "GET",
        "/servicePrincipals(appId={client})",
        get_principal,
        verb=Verb.READ_APPS,
        query=_PRINCIPAL,
        summary="A service principal by its client id",
    ),
]
