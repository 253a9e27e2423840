"""Applications: list, get, create, update, delete."""

from collections import defaultdict
from typing import Final

from vestibule.actions import app_credentials, apps, deleting_apps
from vestibule.doors.graph import errors, versions
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import answer_small
from vestibule.doors.graph.model.app import APPLICATION
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.app_bodies import WantedKeys, app_changes, new_app, wanted_keys
from vestibule.doors.graph.routes.app_finding import APPLICATIONS_AT, application_in, insist_on_app, readable
from vestibule.doors.graph.routes.app_views import application_view
from vestibule.doors.graph.routing import Route
from vestibule.doors.graph.shapes.plain import APPLICATIONS, Plain
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.filters import Ordering
from vestibule.rules.verbs import Verb
from vestibule.store import app_keys
from vestibule.store import apps as kept_apps
from vestibule.store.app_keys import AppKey
from vestibule.store.apps import App, Secret

BY_NAME: Final = (Ordering(("displayName",)),)


async def list_applications(call: Call) -> Reply:
    """Every app that is registered here."""
    await call.may_read(Verb.READ_APPS)
    found = await views_of(call, await kept_apps.everyone(call.reading, call.tenant_id))
    return answer_small(call, "applications", [(APPLICATIONS, view) for view in found], orders=BY_NAME)


async def get_application(call: Call) -> Reply:
    """One app, by its object id or its client id."""
    app = await readable(call, await application_in(call))
    values = APPLICATIONS.values(await view_of(call, app), call.asked.select)
    return call.single("applications", APPLICATION, values, headers=versions.tag(app.version))


async def create_application(call: Call) -> Reply:
    """Register an app; it has no service principal yet, and so nobody signs in with it."""
    await call.insist(Verb.CREATE_APP)
    body = await call.body(APPLICATION, Mode.CREATE)
    keys = wanted_keys(body.values, [])
    made = await apps.create_app(
        call.house,
        new_app(body.values),
        tenant_id=call.tenant_id,
        by=call.by,
        with_secret=False,
        with_principal=False,
        owner_ids=body.binds.get("owners", ()),
        keys=() if keys is None else keys.new,
    )
    await call.fresh()
    values = APPLICATIONS.values(await view_of(call, made.app))
    where = call.location(f"/applications/{made.app.app_id}")
    return call.single("applications", APPLICATION, values, status=201, headers=where)


async def update_application(call: Call) -> Reply:
    """Change properties of an app; ``keyCredentials`` says which certificates it has from now on."""
    app = await insist_on_app(call, Verb.UPDATE_APP, await application_in(call))
    current = as_sent(APPLICATIONS.everything(await view_of(call, app), beta=call.beta))
    body = await call.body(APPLICATION, Mode.UPDATE, current)
    if body.binds:
        raise errors.invalid("'owners@odata.bind' is offered when an application is created.", target="owners")
    of_app = await app_keys.of_app(call.reading, call.tenant_id, app.app_id)
    keys = wanted_keys(body.values, [key.key_id for key in of_app])
    changes = app_changes(body.values, app)
    await apps.update_app(
        call.house,
        tenant_id=call.tenant_id,
        app_id=app.app_id,
        changes=changes,
        by=call.by,
        if_version=versions.wanted(call, app.version),
    )
    await _set_keys(call, app, keys)
    return NO_CONTENT


async def delete_application(call: Call) -> Reply:
    """Delete an app, restorably."""
    app = await insist_on_app(call, Verb.DELETE_APP, await application_in(call))
    insisted = versions.wanted(call, app.version)
    await deleting_apps.delete_app(
        call.house, tenant_id=call.tenant_id, app_id=app.app_id, by=call.by, if_version=insisted
    )
    return NO_CONTENT


async def view_of(call: Call, app: App) -> Plain:
    """An app with its secrets and certificates."""
    secrets = await kept_apps.secrets(call.reading, app.tenant_id, app.app_id)
    return application_view(app, secrets, await app_keys.of_app(call.reading, app.tenant_id, app.app_id))


async def views_of(call: Call, found: list[App]) -> list[Plain]:
    """The same for many, in two questions."""
    secrets: defaultdict[str, list[Secret]] = defaultdict(list)
    keys: defaultdict[str, list[AppKey]] = defaultdict(list)
    for secret in await kept_apps.secrets_in(call.reading, call.tenant_id):
        secrets[secret.app_id].append(secret)
    for key in await app_keys.of_all(call.reading, call.tenant_id):
        keys[key.app_id].append(key)
    return [application_view(app, secrets[app.app_id], keys[app.app_id]) for app in found]


async def _set_keys(call: Call, app: App, keys: WantedKeys | None) -> None:
    if keys is not None:
        of = {"tenant_id": call.tenant_id, "app_id": app.app_id}
        await app_credentials.set_key_credentials(call.house, keep=keys.keep, new=keys.new, by=call.by, **of)


_LISTED: Final = Collection(APPLICATION, options=LISTED - {"expand"})
_ONE: Final = Collection(APPLICATION, options=frozenset({"select", "format"}), single=True)


def _of_one(at: str) -> list[Route[Handler]]:
    return [
        Route("GET", at, get_application, verb=Verb.READ_APPS, query=_ONE, summary="An application"),
        Route(
            "PATCH",
            at,
            update_application,
            verb=Verb.UPDATE_APP,
            body=APPLICATION,
            status=204,
            summary="Update an application",
        ),
        Route("DELETE", at, delete_application, verb=Verb.DELETE_APP, status=204, summary="Delete an application"),
    ]


ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", "/applications", list_applications, verb=Verb.READ_APPS, query=_LISTED, summary="List applications"),
    Route(
        "POST",
        "/applications",
        create_application,
        verb=Verb.CREATE_APP,
        body=APPLICATION,
        status=201,
        summary="Register an application",
    ),
    *(route for at in APPLICATIONS_AT for route in _of_one(at)),
]
