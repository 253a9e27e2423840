"""How handlers find the application or service principal that a path names, and the right to it."""

from dataclasses import dataclass, replace
from typing import Final

from vestibule.actions import foreign_principals
from vestibule.actions.authorising import Acting
from vestibule.actions.finding_apps import on_app
from vestibule.actions.foreign_principals import Known
from vestibule.doors.graph.call import Call
from vestibule.doors.graph.routes.app_views import graph_principal
from vestibule.doors.graph.shapes.plain import Plain
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.graph_objects import graph_principal_id
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp, Target
from vestibule.rules.verbs import Verb
from vestibule.store import apps, organizations
from vestibule.store import foreign_principals as kept
from vestibule.store.apps import App

APPLICATIONS_AT: Final = ("/applications/{app}", "/applications(appId={client})")
PRINCIPALS_AT: Final = ("/servicePrincipals/{principal}", "/servicePrincipals(appId={client})")
"""The two addresses of each: by its id, and by its client id."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What roles and scopes are granted at. ``app``: who publishes the API; None for the Graph API itself."""

    app: App | None

    @property
    def id(self) -> str:
        """The application object; empty for the Graph API."""
        return "" if self.app is None else self.app.app_id


async def application_in(call: Call) -> App | None:
    """The application that the path names, while it is not deleted."""
    if "client" in call.parameters:
        return await _by_client(call)
    found = guid(call.parameters["app"])
    return None if found is None else await apps.find(call.reading, call.tenant_id, found)


async def principal_in(call: Call) -> App | None:
    """The app whose service principal the path names, while it is there."""
    if "client" in call.parameters:
        found = await _by_client(call)
        return found if found is not None and found.is_usable else None
    return await principal(call, call.parameters["principal"])


async def foreign_in(call: Call) -> Known | None:
    """The app of another organization whose service principal here the path names."""
    if "client" in call.parameters:
        app = await foreign_principals.serving(call.reading, call.tenant_id, call.parameters["client"])
        found = None if app is None else await kept.find(call.reading, call.tenant_id, app.app_id)
        return None if app is None or found is None else (found, app)
    named = guid(call.parameters["principal"])
    found = None if named is None else await kept.find_by_id(call.reading, call.tenant_id, named)
    app = None if found is None else await foreign_principals.app_of(call.reading, found)
    return None if found is None or app is None else (found, app)


async def client_of(call: Call, given: str) -> App | None:
    """The app whose service principal here has this id: the organization's own, or one of another that it knows."""
    own = await principal(call, given)
    named = guid(given)
    if own is not None or named is None:
        return own
    found = await kept.find_by_id(call.reading, call.tenant_id, named)
    return None if found is None else await known_here(call, found.app_id)


async def known_here(call: Call, app_id: str) -> App | None:
    """The app with this application object, under the id that its service principal has here."""
    own = await apps.find(call.reading, call.tenant_id, app_id)
    if own is not None:
        return own
    known = await foreign_principals.known_app(call.reading, call.tenant_id, app_id)
    return None if known is None else _as_known(known)


def _as_known(known: Known) -> App:
    return replace(known[1], service_principal_id=known[0].service_principal_id)


async def every_app(call: Call) -> dict[str, App]:
    """Every app that has a service principal here, by its application object."""
    found = {app.app_id: app for app in await apps.everyone(call.reading, call.tenant_id) if app.is_usable}
    known = await foreign_principals.known_apps(call.reading, call.tenant_id)
    return found | {app.app_id: _as_known((one, app)) for one, app in known}


def foreign_target(call: Call) -> Target:
    """An app of another organization as a target of rights: nobody here owns it."""
    return OnApp(call.tenant_id, None, owned=False, grants_api=False, powerful=False)


async def principal(call: Call, given: str) -> App | None:
    """The app with this service principal, while it is there."""
    found = guid(given)
    return None if found is None else await apps.find_by_principal(call.reading, call.tenant_id, found)


async def resource(call: Call, given: str) -> Resource | None:
    """What a service principal stands for: an app's API, or this API itself."""
    if given.lower() == graph_principal_id(call.tenant_id):
        return Resource(None)
    app = await principal(call, given)
    return None if app is None else Resource(app)


async def resource_in(call: Call) -> Resource | None:
    """The same for the service principal that the path names."""
    if names_graph(call):
        return Resource(None)
    app = await principal_in(call)
    return None if app is None else Resource(app)


async def app_target(call: Call, app: App | None, *, grants_api: bool = False) -> Target:
    """The app as a target of rights; what stands for anything when there is none."""
    return call.anything if app is None else await on_app(call.reading, call.by, app, grants_api=grants_api)


async def insist_on_app(call: Call, verb: Verb, app: App | None, *, grants_api: bool = False) -> App:
    """The app, when there is one and the caller may do ``verb`` to it. Raises Refused."""
    await call.insist(verb, await app_target(call, app, grants_api=grants_api))
    if app is None:
        raise await call.missing(verb)
    return app


async def may_read_app(call: Call, app: App | None) -> Acting:
    """Insist on the right to read an app, or any app when there is none. Raises Refused."""
    return await call.may_read(Verb.READ_APPS, await app_target(call, app))


async def readable(call: Call, app: App | None) -> App:
    """The app, when there is one and the caller may read it. Raises Refused."""
    await may_read_app(call, app)
    if app is None:
        raise Refused(Reason.NOT_FOUND)
    return app


def names_graph(call: Call) -> bool:
    """Whether the path names this API's own service principal."""
    given = call.parameters
    if given.get("client", "").lower() == GRAPH_APP_ID:
        return True
    return given.get("principal", "").lower() == graph_principal_id(call.tenant_id)


async def graph_itself(call: Call) -> Plain:
    """This API's service principal. Raises Refused (NOT_FOUND)."""
    organization = await organizations.find(call.reading, call.tenant_id)
    if organization is None:
        raise Refused(Reason.NOT_FOUND)
    return graph_principal(call.tenant_id, organization.created_at)


async def _by_client(call: Call) -> App | None:
    found = await apps.find_by_any_client_id(call.reading, call.parameters["client"].lower())
    return found if found is not None and found.tenant_id == call.tenant_id and found.is_live else None
