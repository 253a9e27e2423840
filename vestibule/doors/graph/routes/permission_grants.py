"""Grants of delegated permissions: what apps may do in the name of one person, or of everybody."""

from dataclasses import replace
from typing import Final

from vestibule.actions import delegating
from vestibule.actions.delegating import GRANTS
from vestibule.doors.graph import errors
from vestibule.doors.graph.bodies import Mode
from vestibule.doors.graph.call import NO_CONTENT, Call, Handler, Reply
from vestibule.doors.graph.lists import Source, answer_page, answer_small
from vestibule.doors.graph.model.app import PERMISSION_GRANT
from vestibule.doors.graph.odata.options import LISTED, Collection
from vestibule.doors.graph.routes.app_finding import app_target, client_of, every_app, known_here, resource
from vestibule.doors.graph.routes.finding import find_living, is_limited, readable_user
from vestibule.doors.graph.routing import Route, for_me
from vestibule.doors.graph.shapes.plain import PERMISSION_GRANTS, Plain
from vestibule.doors.graph.shapes.wire import as_sent
from vestibule.rules.filters import And, Compare, Filter, Not, OneOf, Op, Or, Path, matches
from vestibule.rules.graph_objects import graph_principal_id
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp, Target
from vestibule.rules.verbs import Verb
from vestibule.store import apps, grant_lists, listing
from vestibule.store.apps import App
from vestibule.store.grant_lists import Grant
from vestibule.store.listing import Page

_EVERYBODY: Final = "AllPrincipals"
_ONE_PERSON: Final = "Principal"


async def list_grants(call: Call) -> Reply:
    """The grants of the organization."""
    await _may_read(call)
    known = await every_app(call)
    there = sorted(known)

    async def page(asked: listing.Asked) -> Page[Grant]:
        wanted = None if asked.wanted is None else _as_kept(call, asked.wanted, known)
        return await grant_lists.page(call.reading, call.tenant_id, replace(asked, wanted=wanted), there)

    async def count(wanted: Filter | None) -> int:
        kept = None if wanted is None else _as_kept(call, wanted, known)
        return await grant_lists.count(call.reading, call.tenant_id, kept, there)

    def view(one: Grant) -> Plain:
        return _view(call, one, known)

    return await answer_page(call, Source(GRANTS, PERMISSION_GRANTS, view, page, count, _FIELDS))


async def list_of_user(call: Call) -> Reply:
    """What apps may do in this user's name alone; what they may do in everybody's is in the list of grants."""
    user_id = await readable_user(call)
    await _may_read(call)
    found = await delegating.grants_of_user(call.reading, call.tenant_id, user_id)
    known = await every_app(call)
    views = [_view(call, one, known) for one in found if _is_shown(one, known) and one.user_id == user_id]
    return answer_small(call, GRANTS, [(PERMISSION_GRANTS, view) for view in views])


async def get_grant(call: Call) -> Reply:
    """One grant."""
    await _may_read(call)
    found = await _grant(call)
    known = await every_app(call)
    if found is None or not _is_shown(found, known):
        raise Refused(Reason.NOT_FOUND)
    values = PERMISSION_GRANTS.values(_view(call, found, known), call.asked.select)
    return call.single(GRANTS, PERMISSION_GRANT, values)


async def create_grant(call: Call) -> Reply:
    """Let an app act in somebody's name, or in everybody's."""
    values = (await call.body(PERMISSION_GRANT, Mode.CREATE)).values
    client = await client_of(call, values["clientId"])
    at = await resource(call, values["resourceId"])
    on_graph = at is None or at.app is None
    await call.insist(Verb.GRANT_SCOPES, await _target(call, client, on_graph=on_graph))
    for found, name in ((client, "clientId"), (at, "resourceId")):
        if found is None:
            raise await call.missing(Verb.GRANT_SCOPES, values[name])
    made = await delegating.grant_scopes(
        call.house,
        tenant_id=call.tenant_id,
        app_id="" if client is None else client.app_id,
        resource_id="" if at is None else at.id,
        user_id=await _whose(call, values.get("principalId"), values["consentType"] == _EVERYBODY),
        scope=values["scope"],
        by=call.by,
    )
    known = {app.app_id: app for app in (client, at.app if at is not None else None) if app is not None}
    shown = PERMISSION_GRANTS.values(_view(call, made, known))
    where = call.location(f"/{GRANTS}/{made.grant_id}")
    return call.single(GRANTS, PERMISSION_GRANT, shown, status=201, headers=where)


async def update_grant(call: Call) -> Reply:
    """Say which scopes a grant covers from now on."""
    held, known = await _changeable(call, Verb.GRANT_SCOPES)
    current = as_sent(PERMISSION_GRANTS.everything(_view(call, held, known)))
    values = (await call.body(PERMISSION_GRANT, Mode.UPDATE, current)).values
    if "scope" in values:
        await delegating.change_scopes(
            call.house, tenant_id=call.tenant_id, grant_id=held.grant_id, scope=values["scope"], by=call.by
        )
    return NO_CONTENT


async def delete_grant(call: Call) -> Reply:
    """Take a grant away; what the app has open for those people ends."""
    held, _ = await _changeable(call, Verb.REVOKE_SCOPES)
    await delegating.revoke_scopes(call.house, tenant_id=call.tenant_id, grant_id=held.grant_id, by=call.by)
    return NO_CONTENT


async def _may_read(call: Call) -> None:
    acting = await call.may_read(Verb.READ_APPS)
    if is_limited(acting, Verb.READ_APPS):
        raise Refused(Reason.NOT_ALLOWED)


async def _grant(call: Call) -> Grant | None:
    found = guid(call.parameters["grant"])
    return None if found is None else await delegating.find_grant(call.reading, call.tenant_id, found)


async def _changeable(call: Call, verb: Verb) -> tuple[Grant, dict[str, App]]:
    """The grant in the path, and the apps that it is about. Raises Refused."""
    held = await _grant(call)
    client = None if held is None else await known_here(call, held.app_id)
    await call.insist(verb, await _target(call, client, on_graph=held is None or not held.resource_id))
    if held is None or client is None:
        raise await call.missing(verb)
    api = await apps.find(call.reading, call.tenant_id, held.resource_id) if held.resource_id else None
    return held, {app.app_id: app for app in (client, api) if app is not None}


async def _target(call: Call, client: App | None, *, on_graph: bool) -> Target:
    if client is None or client.tenant_id != call.tenant_id:
        return OnApp(call.tenant_id, None, owned=False, grants_api=on_graph, powerful=False)
    return await app_target(call, client, grants_api=on_graph)


async def _whose(call: Call, user_id: str | None, everybody: bool) -> str | None:
    """For whom: None for everybody. Raises GraphError (400) when the two properties do not fit."""
    if everybody is not (user_id is None):
        raise errors.invalid_value("principalId", PERMISSION_GRANT.title)
    if user_id is not None and await find_living(call, user_id) is None:
        raise await call.missing(Verb.GRANT_SCOPES, user_id)
    return user_id


def _is_shown(one: Grant, known: dict[str, App]) -> bool:
    """Grants hang on service principals: while one is away, they are not shown."""
    return one.app_id in known and (not one.resource_id or one.resource_id in known)


def _view(call: Call, one: Grant, known: dict[str, App]) -> Plain:
    return {
        "id": one.grant_id,
        "clientId": known[one.app_id].service_principal_id,
        "consentType": _EVERYBODY if one.user_id is None else _ONE_PERSON,
        "principalId": one.user_id,
        "resourceId": _principal_of(call, one.resource_id, known),
        "scope": " ".join(one.scopes),
    }


def _principal_of(call: Call, resource_id: str, known: dict[str, App]) -> str:
    api = known.get(resource_id)
    return graph_principal_id(call.tenant_id) if api is None else api.service_principal_id


# --- Filters ----------------------------------------------------------------------------------------------------------

_FIELDS: Final[dict[Path, None]] = dict.fromkeys(
    (("id",), ("clientId",), ("consentType",), ("principalId",), ("resourceId",))
)


def _as_kept(call: Call, wanted: Filter, known: dict[str, App]) -> Filter:
    """A filter as the store has it: apps and APIs by their application objects, everybody as nobody in particular."""
    match wanted:
        case And(parts):
            return And(tuple(_as_kept(call, part, known) for part in parts))
        case Or(parts):
            return Or(tuple(_as_kept(call, part, known) for part in parts))
        case Compare(path) | OneOf(path):
            return _leaf(call, wanted, path, known)
        case _:
            msg = "properties of a grant are compared with eq and in alone"
            raise TypeError(msg)


def _leaf(call: Call, wanted: Compare | OneOf, path: Path, known: dict[str, App]) -> Filter:
    match path[0]:
        case "clientId":
            fit = [app_id for app_id, app in known.items() if _fits(wanted, path, app.service_principal_id)]
            return _one_of(grant_lists.APP, fit)
        case "resourceId":
            fit = [one for one in ("", *known) if _fits(wanted, path, _principal_of(call, one, known))]
            return _one_of(grant_lists.RESOURCE, fit)
        case "consentType":
            everybody = Compare(grant_lists.USER, Op.EQ, "")
            either = ((_EVERYBODY, everybody), (_ONE_PERSON, Not(everybody)))
            return Or(tuple(kept for name, kept in either if _fits(wanted, path, name)))
        case "principalId":
            return replace(wanted, path=grant_lists.USER)
        case _:
            return wanted


def _fits(wanted: Filter, path: Path, value: str) -> bool:
    return matches(wanted, {path[0]: value})


def _one_of(path: Path, fit: list[str]) -> Filter:
    """One of these; of a single one an index gives the grants in their order."""
    return Compare(path, Op.EQ, fit[0]) if len(fit) == 1 else OneOf(path, tuple(fit))


_LISTED: Final = Collection(PERMISSION_GRANT, options=LISTED - {"expand", "search", "orderby"}, directory=False)
_OF_USER: Final = Collection(
    PERMISSION_GRANT, options=frozenset({"select", "filter", "top", "count", "skiptoken", "format"}), directory=False
)
_ONE: Final = Collection(PERMISSION_GRANT, options=frozenset({"select", "format"}), single=True)
_AT: Final = f"/{GRANTS}/{{grant}}"
ROUTES: Final[list[Route[Handler]]] = [
    Route("GET", f"/{GRANTS}", list_grants, verb=Verb.READ_APPS, query=_LISTED, summary="List delegated permissions"),
    *(
        Route[Handler](
            "GET",
            f"{pattern}/{GRANTS}",
            list_of_user,
            verb=Verb.READ_APPS,
            query=_OF_USER,
            summary="What apps may do in a user's name",
        )
        for pattern in ("/users/{user}", for_me("/users/{user}"))
    ),
    Route(
        "POST",
        f"/{GRANTS}",
        create_grant,
        verb=Verb.GRANT_SCOPES,
        body=PERMISSION_GRANT,
        status=201,
        summary="Grant delegated permissions",
    ),
    Route("GET", _AT, get_grant, verb=Verb.READ_APPS, query=_ONE, summary="A grant of delegated permissions"),
    Route(
        "PATCH",
        _AT,
        update_grant,
        verb=Verb.GRANT_SCOPES,
        body=PERMISSION_GRANT,
        status=204,
        summary="Change delegated permissions",
    ),
    Route("DELETE", _AT, delete_grant, verb=Verb.REVOKE_SCOPES, status=204, summary="Take delegated permissions back"),
]
