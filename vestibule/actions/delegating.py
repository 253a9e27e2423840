"""Grants of delegated permissions, each by itself: what an app may do in the name of one person, or of everybody.

It is what ``consenting`` keeps, seen by administrators and their programs: Graph's ``oauth2PermissionGrant``. What is
taken away ends at once: whatever the app has open for those people ends with it.
"""

from dataclasses import replace
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app
from vestibule.actions.foreign_principals import known_app
from vestibule.actions.grouping import can_hold, find_organization
from vestibule.actions.house import House
from vestibule.rules import apis
from vestibule.rules import apps as rules
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import api_consents, apps, consents, memberships, tokens
from vestibule.store.api_consents import ApiConsent
from vestibule.store.apps import App
from vestibule.store.consents import EVERYBODY, Consent
from vestibule.store.grant_lists import Grant
from vestibule.store.unit import Reading, Unit

GRANTS: Final = "oauth2PermissionGrants"
LONGEST: Final = 3850


async def grant_scopes(
    house: House, *, tenant_id: str, app_id: str, resource_id: str, user_id: str | None, scope: str, by: Actor
) -> Grant:
    """Let an app act in somebody's name, or in everybody's, at one resource.

    Args:
        house: the house. tenant_id: where. app_id: the app that may. by: who lets it.
        resource_id: the application object of the API; empty for the Graph API.
        user_id: for whom; None for everybody.
        scope: names with spaces between them.

    Raises:
        Refused: NOT_FOUND for app, API or user; NOT_ALLOWED; BAD_VALUE with the property ``scope``; ALREADY_THERE
            when there is such a grant, which can be changed.
    """

    async def work(unit: Unit) -> Grant:
        app = await _client(unit, by, Verb.GRANT_SCOPES, tenant_id, app_id, grants_api=not resource_id)
        if user_id is not None:
            user = await memberships.find(unit, tenant_id, user_id)
            if user is None or not can_hold(user):
                raise Refused(Reason.NOT_FOUND, objectId=user_id)
            memberships.guard(unit, user)
        names = await _names(unit, tenant_id, resource_id, scope)
        whose = EVERYBODY if user_id is None else user_id
        grant_id = house.chance.guid()
        if resource_id:
            if await api_consents.find(unit, tenant_id, app.app_id, whose, resource_id) is not None:
                raise Refused(Reason.ALREADY_THERE, property=GRANTS)
            new = ApiConsent(tenant_id, app.app_id, whose, resource_id, " ".join(names), grant_id, unit.now)
            api_consents.insert(unit, new)
        else:
            if await consents.find(unit, tenant_id, app.app_id, whose) is not None:
                raise Refused(Reason.ALREADY_THERE, property=GRANTS)
            consents.insert(unit, Consent(tenant_id, app.app_id, whose, " ".join(names), grant_id, unit.now))
        made = Grant(grant_id, app.app_id, user_id, resource_id, names)
        await _tell(house, unit, Verb.GRANT_SCOPES, tenant_id, app, made, by=by)
        return made

    return await attempt(house, Verb.GRANT_SCOPES, work, by=by, tenant_id=tenant_id)


async def change_scopes(house: House, *, tenant_id: str, grant_id: str, scope: str, by: Actor) -> None:
    """Say what a grant covers from now on: these scopes and no others.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``scope``.
    """

    async def work(unit: Unit) -> None:
        held = await find_grant(unit, tenant_id, grant_id)
        app = await _app_of(unit, by, Verb.GRANT_SCOPES, tenant_id, grant_id, held)
        names = await _names(unit, tenant_id, held.resource_id, scope) if held is not None else ()
        if held is None or names == held.scopes:
            return
        found: Consent | ApiConsent | None
        if held.resource_id:
            found = await api_consents.find_by_grant(unit, tenant_id, grant_id)
            if found is not None:
                api_consents.change(unit, found, " ".join(names))
        else:
            found = await consents.find_by_grant(unit, tenant_id, grant_id)
            if found is not None:
                consents.change(unit, found, " ".join(names))
        if not set(names) >= set(held.scopes):
            tokens.end_at_app(unit, tenant_id, app.client_id, held.user_id)
        after = replace(held, scopes=names)
        await _tell(house, unit, Verb.GRANT_SCOPES, tenant_id, app, after, by=by, way="change")

    await attempt(house, Verb.GRANT_SCOPES, work, by=by, tenant_id=tenant_id, way="change")


async def revoke_scopes(house: House, *, tenant_id: str, grant_id: str, by: Actor) -> None:
    """Take a grant away. What the app had open for those people ends.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        held = await find_grant(unit, tenant_id, grant_id)
        app = await _app_of(unit, by, Verb.REVOKE_SCOPES, tenant_id, grant_id, held)
        graph = await consents.find_by_grant(unit, tenant_id, grant_id)
        api = await api_consents.find_by_grant(unit, tenant_id, grant_id)
        if held is None:
            return
        if graph is not None:
            consents.drop(unit, graph)
        if api is not None:
            api_consents.drop(unit, api)
        tokens.end_at_app(unit, tenant_id, app.client_id, held.user_id)
        await _tell(house, unit, Verb.REVOKE_SCOPES, tenant_id, app, held, by=by)

    await attempt(house, Verb.REVOKE_SCOPES, work, by=by, tenant_id=tenant_id)


async def find_grant(reading: Reading, tenant_id: str, grant_id: str) -> Grant | None:
    """The grant with this id."""
    graph = await consents.find_by_grant(reading, tenant_id, grant_id)
    if graph is not None:
        return _of_graph(graph)
    api = await api_consents.find_by_grant(reading, tenant_id, grant_id)
    return None if api is None else _of_api(api)


async def grants_of_user(reading: Reading, tenant_id: str, user_id: str) -> list[Grant]:
    """The grants in the name of one user alone."""
    graph = await consents.of_user(reading, tenant_id, user_id)
    api = await api_consents.of_user(reading, tenant_id, user_id)
    return [*map(_of_graph, graph), *map(_of_api, api)]


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _app_of(unit: Unit, by: Actor, verb: Verb, tenant_id: str, grant_id: str, held: Grant | None) -> App:
    """The app that has a grant, when ``by`` may do ``verb`` about it. Raises Refused."""
    if held is None:
        on = OnApp(tenant_id, None, owned=False, grants_api=True, powerful=False)
        await authorise_on(unit, by, verb, on)
        raise Refused(Reason.NOT_FOUND, objectId=grant_id)
    return await _client(unit, by, verb, tenant_id, held.app_id, grants_api=not held.resource_id)


async def _client(unit: Unit, by: Actor, verb: Verb, tenant_id: str, app_id: str, *, grants_api: bool) -> App:
    """The app that may act, of this organization or of another that this one knows. Raises as ``find_app``."""
    known = await known_app(unit, tenant_id, app_id)
    if known is None:
        return await find_app(unit, by, verb, tenant_id, app_id, grants_api=grants_api)
    await authorise_on(unit, by, verb, OnApp(tenant_id, app_id, owned=False, grants_api=grants_api, powerful=False))
    return known[1]


async def _names(unit: Unit, tenant_id: str, resource_id: str, scope: str) -> tuple[str, ...]:
    """The scopes as they are published. Raises Refused: BAD_VALUE; NOT_FOUND for an API that is not there."""
    wanted = scope.split()
    if not wanted or len(scope) > LONGEST:
        raise Refused(Reason.BAD_VALUE, property="scope")
    if not resource_id:
        try:
            return tuple(rules.delegated_permissions(wanted))
        except Refused as unknown:
            raise Refused(Reason.BAD_VALUE, property="scope", value=unknown.facts.get("value")) from unknown
    api = await apps.find(unit, tenant_id, resource_id)
    if api is None or not api.is_usable:
        raise Refused(Reason.NOT_FOUND, objectId=resource_id)
    apps.guard(unit, api)
    published = apis.published(api.api_scopes)
    if any(name.lower() not in published for name in wanted):
        raise Refused(Reason.BAD_VALUE, property="scope")
    return tuple(dict.fromkeys(published[name.lower()] for name in wanted))


def _of_graph(one: Consent) -> Grant:
    return Grant(one.grant_id, one.app_id, one.user_id or None, "", one.names)


def _of_api(one: ApiConsent) -> Grant:
    return Grant(one.grant_id, one.app_id, one.user_id or None, one.resource_id, one.names)


async def _tell(
    house: House,
    unit: Unit,
    verb: Verb,
    tenant_id: str,
    app: App,
    granted: Grant,
    *,
    by: Actor,
    way: str = "",
) -> None:
    """The event is about the app; for whom it is stands in the part that is readable with the organization's key."""
    apps.guard(unit, app)
    organization = await find_organization(unit, tenant_id)
    facts: dict[str, Any] = {
        "clientId": app.client_id,
        "scopes": list(granted.scopes),
        "consentType": "AllPrincipals" if granted.user_id is None else "Principal",
    }
    subject = journal.about_thing(organization, "app", app.app_id, app.display_name, app.version, app.version)
    event = journal.Event(verb, tenant_id, subject, unit.now, facts=facts, way=way)
    await journal.write(house, unit, event, by=by)
