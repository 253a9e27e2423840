"""Service principals: list, get, create, update, delete."""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import foreign_principals, service_principals
from vestibule.actions.foreign_principals import Known
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
    foreign_in,
    foreign_target,
    graph_itself,
    insist_on_app,
    names_graph,
    principal_in,
    readable,
)
from vestibule.doors.graph.routes.app_views import foreign_view, principal_view
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
    known = await foreign_principals.known_apps(call.reading, call.tenant_id)
    found += [(SERVICE_PRINCIPALS, foreign_view(one)) for one in known]
    found.append((SERVICE_PRINCIPALS, await graph_itself(call)))
    return answer_small(call, "servicePrincipals", found, orders=BY_NAME)


async def get_principal(call: Call) -> Reply:
    """One service principal, by its object id or its client id."""
    if names_graph(call):
        await call.may_read(Verb.READ_APPS)
        view = await graph_itself(call)
    else:
        here = await principal_in(call)
        known = await foreign_in(call) if here is None else None
        if known is not None:
            await call.may_read(Verb.READ_APPS, foreign_target(call))
            view = foreign_view(known)
        else:
            view = principal_view(await readable(call, here))
    return call.single("servicePrincipals", SERVICE_PRINCIPAL, SERVICE_PRINCIPALS.values(view, call.asked.select))


async def create_principal(call: Call) -> Reply:
    """Make the service principal of an application, of this organization or of another that serves it."""
    body = await call.body(SERVICE_PRINCIPAL, Mode.CREATE)
    client_id = body.values["appId"]
    foreign = await foreign_principals.serving(call.reading, call.tenant_id, client_id)
    if foreign is not None:
        return await _let_in(call, client_id, principal_changes(body.values))
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


async def _let_in(call: Call, client_id: str, changes: Mapping[str, Any]) -> Reply:
    await call.insist(Verb.CREATE_APP, foreign_target(call))
    _insist_switch(changes)
    known = await foreign_principals.let_in(call.house, tenant_id=call.tenant_id, client_id=client_id, by=call.by)
    if changes.get("enabled") is False:
        known = await _switch(call, known, changes)
    values = SERVICE_PRINCIPALS.values(foreign_view(known))
    where = call.location(f"/servicePrincipals/{known[0].service_principal_id}")
    return call.single("servicePrincipals", SERVICE_PRINCIPAL, values, status=201, headers=where)


async def _switch(call: Call, known: Known, changes: Mapping[str, Any]) -> Known:
    return await foreign_principals.switch(
        call.house,
        tenant_id=call.tenant_id,
        principal_id=known[0].service_principal_id,
        enabled=bool(changes.get("enabled", known[0].enabled)),
        by=call.by,
    )


def _insist_switch(changes: Mapping[str, Any]) -> None:
    """Insist that nothing is changed about another organization's app but whether people here may use it."""
    beyond = [*(changes.keys() - {"enabled", "properties"}), *changes.get("properties", {})]
    if beyond:
        raise errors.invalid("The app belongs to another organization; only accountEnabled is decided here.")


async def _update_foreign(call: Call, known: Known) -> Reply:
    await call.insist(Verb.UPDATE_APP, foreign_target(call))
    current = as_sent(SERVICE_PRINCIPALS.everything(foreign_view(known), beta=call.beta))
    body = await call.body(SERVICE_PRINCIPAL, Mode.UPDATE, current)
    changes = principal_changes(body.values)
    _insist_switch(changes)
    await _switch(call, known, changes)
    return NO_CONTENT


async def update_principal(call: Call) -> Reply:
    """Enable or disable a service principal, ask for assignments, or change what people read about it."""
    known = await foreign_in(call)
    if known is not None:
        return await _update_foreign(call, known)
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
    """Delete a service principal, restorably; the application stays. One of another organization's app is gone."""
    known = await foreign_in(call)
    if known is not None:
        await call.insist(Verb.DELETE_APP, foreign_target(call))
        principal_id = known[0].service_principal_id
        await foreign_principals.send_away(call.house, tenant_id=call.tenant_id, principal_id=principal_id, by=call.by)
        return NO_CONTENT
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
