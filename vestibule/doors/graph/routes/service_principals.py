"""Service principals: list, get, create, update, delete."""

from typing import Final

from vestibule.actions import service_principals
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.app import SERVICE_PRINCIPAL
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.app_bodies import principal_changes
from vestibule.doors.graph.routes.app_finding import (
    PRINCIPALS_AT,
    app_target,
    graph_itself,
    insist_on_app,
    names_graph,
    principal_in,
    readable,
)
from vestibule.doors.graph.routes.app_views import principal_view
from vestibule.doors.graph.routes.applications import BY_NAME
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import SERVICE_PRINCIPALS
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.verbs import Verb
from vestibule.store import apps


async def list_principals(call: Call) -> Reply:
    """Every service principal, this API's own too."""
    await call.may_read(Verb.READ_APPS)
    here = [app for app in await apps.everyone(call.reading, call.tenant_id) if app.is_usable]
    found = [(SERVICE_PRINCIPALS, principal_view(app)) for app in here]
    found.append((SERVICE_PRINCIPALS, await graph_itself(call)))
    return answer_small(call, "servicePrincipals", found, orders=BY_NAME)


async def get_principal(call: Call) -> Reply:
    """One service principal, by its object id or its client id."""
    if names_graph(call):
        await call.may_read(Verb.READ_APPS)
        view = await graph_itself(call)
    else:
        view = principal_view(await readable(call, await principal_in(call)))
    return call.single("servicePrincipals", SERVICE_PRINCIPAL, SERVICE_PRINCIPALS.values(view, call.asked.select))


async def create_principal(call: Call) -> Reply:
    """Make the service principal of an application of this organization."""
    body = await call.body(SERVICE_PRINCIPAL, Mode.CREATE)
    client_id = body.values["appId"]
    found = await apps.find_by_any_client_id(call.reading, client_id)
    here = found if found is not None and found.tenant_id == call.tenant_id and found.is_live else None
    await call.insist(Verb.CREATE_APP, await app_target(call, here))
    if here is None:
        raise errors.invalid(
            f"The appId '{client_id}' of the service principal does not reference a valid application object.",
            target="appId",
        )
    made = await service_principals.create_principal(
        call.house,
        tenant_id=call.tenant_id,
        client_id=client_id,
        by=call.by,
        changes=principal_changes(body.values),
    )
    values = SERVICE_PRINCIPALS.values(principal_view(made))
    where = call.location(f"/servicePrincipals/{made.service_principal_id}")
    return call.single("servicePrincipals", SERVICE_PRINCIPAL, values, status=201, headers=where)


async def update_principal(call: Call) -> Reply:
    """Enable or disable a service principal, ask for assignments, or change what people read about it."""
    app = await insist_on_app(call, Verb.UPDATE_APP, await principal_in(call))
    current = as_sent(SERVICE_PRINCIPALS.everything(principal_view(app), beta=call.beta))
    body = await call.body(SERVICE_PRINCIPAL, Mode.UPDATE, current)
    await service_principals.update_principal(
        call.house,
        tenant_id=call.tenant_id,
        principal_id=app.service_principal_id,
        changes=principal_changes(body.values),
        by=call.by,
    )
    return NO_CONTENT


async def delete_principal(call: Call) -> Reply:
    """Delete a service principal, restorably; the application stays."""
    app = await insist_on_app(call, Verb.DELETE_APP, await principal_in(call))
    await service_principals.delete_principal(
        call.house, tenant_id=call.tenant_id, principal_id=app.service_principal_id, by=call.by
    )
    return NO_CONTENT


_LISTED: Final = Collection(SERVICE_PRINCIPAL, options=LISTED - {"expand"})
_ONE: Final = Collection(SERVICE_PRINCIPAL, options=frozenset({"select", "format"}), single=True)


def _of_one(at: str) -> list[Route[Handler]]:
    return [
        Route("GET", at, get_principal, verb=Verb.READ_APPS, query=_ONE, summary="A service principal"),
        Route(
            "PATCH",
            at,
            update_principal,
            verb=Verb.UPDATE_APP,
            body=SERVICE_PRINCIPAL,
            status=204,
            summary="Update a service principal",
        ),
        Route("DELETE", at, delete_principal, verb=Verb.DELETE_APP, status=204, summary="Delete a service principal"),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    Route(
        "GET",
        "/servicePrincipals",
        list_principals,
        verb=Verb.READ_APPS,
        query=_LISTED,
        summary="List service principals",
    ),
    Route(
        "POST",
        "/servicePrincipals",
        create_principal,
        verb=Verb.CREATE_APP,
        body=SERVICE_PRINCIPAL,
        status=201,
        summary="Make the service principal of an application",
    ),
    *(route for at in PRINCIPALS_AT for route in _of_one(at)),
]
