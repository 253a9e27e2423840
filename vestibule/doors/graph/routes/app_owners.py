"""Owners of an application and of its service principal: the same, since both are one app here."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from vestibule.actions import app_owners
from vestibule.actions.finding_apps import owner_apps
from vestibule.doors.graph.bodies import read_reference
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.directory_object import DIRECTORY_OBJECT
from vestibule.doors.graph.model.references import REFERENCE
from vestibule.doors.graph.odata.options import Collection
from vestibule.doors.graph.routes.app_finding import (
    APPLICATIONS_AT,
    PRINCIPALS_AT,
    application_in,
    insist_on_app,
    may_read_app,
    principal_in,
)
from vestibule.doors.graph.routes.app_views import principal_view
from vestibule.doors.graph.routes.finding import find_living, is_limited, sight_of_users
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import SERVICE_PRINCIPALS
from vestibule.doors.graph.shapes.user import USERS
from vestibule.doors.graph.views import user_view
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import apps
from vestibule.store.apps import App
from vestibule.store.holdings import OWNING

Find = Callable[[Call], Awaitable[App | None]]


def _list(find: Find) -> Handler:
    async def listed(call: Call) -> Reply:
        app = await find(call)
        acting = await may_read_app(call, app)
        if app is None:
            raise Refused(Reason.NOT_FOUND)
        if is_limited(acting, Verb.READ_APPS):
            raise Refused(Reason.NOT_ALLOWED)  # who knows an app by its id does not learn whose it is
        readable = await sight_of_users(call)
        found: list[tuple[Any, Any]] = []
        for held in await OWNING.of_thing(call.reading, call.tenant_id, app.app_id):
            user = await find_living(call, held.user_id)
            if user is not None:
                found.append((USERS, user_view(user)))
        programs = await apps.find_by_client_ids(call.reading, owner_apps(app))
        found += [(SERVICE_PRINCIPALS, principal_view(one)) for one in programs if one.is_usable]
        return answer_small(call, "directoryObjects", found, typed=True, readable=readable)

    return listed


def _add(find: Find) -> Handler:
    async def added(call: Call) -> Reply:
        app = await insist_on_app(call, Verb.ADD_APP_OWNER, await find(call))
        owner_id = read_reference(await call.json_object())
        await app_owners.add_app_owner(
            call.house, tenant_id=call.tenant_id, app_id=app.app_id, owner_id=owner_id, by=call.by
        )
        return NO_CONTENT

    return added


def _remove(find: Find) -> Handler:
    async def removed(call: Call) -> Reply:
        app = await insist_on_app(call, Verb.REMOVE_APP_OWNER, await find(call))
        owner_id = guid(call.parameters["owner"])
        if owner_id is None:
            raise await call.missing(Verb.REMOVE_APP_OWNER, call.parameters["owner"])
        await app_owners.remove_app_owner(
            call.house, tenant_id=call.tenant_id, app_id=app.app_id, owner_id=owner_id, by=call.by
        )
        return NO_CONTENT

    return removed


_LISTED: Final = Collection(
    DIRECTORY_OBJECT, options=frozenset({"select", "filter", "top", "skiptoken", "format", "count"}), reference=True
)


def _routes(at: str, find: Find, what: str) -> list[Route[Handler]]:
    return [
        Route("GET", f"{at}/owners", _list(find), verb=Verb.READ_APPS, query=_LISTED, summary=f"Owners of {what}"),
        Route(
            "POST",
            f"{at}/owners/$ref",
            _add(find),
            verb=Verb.ADD_APP_OWNER,
            body=REFERENCE,
            status=204,
            summary=f"Add an owner of {what}",
        ),
        Route(
            "DELETE",
            f"{at}/owners/{{owner}}/$ref",
            _remove(find),
            verb=Verb.REMOVE_APP_OWNER,
            status=204,
            summary=f"Remove an owner of {what}",
        ),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    *(route for at in APPLICATIONS_AT for route in _routes(at, application_in, "an application")),
    *(route for at in PRINCIPALS_AT for route in _routes(at, principal_in, "a service principal")),
]
