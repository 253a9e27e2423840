"""Apps of other organizations in this one: let in, switched off and on, sent away.

An administrator's consent lets an app in, and so does making its service principal. What is decided here counts here
alone: the app goes on elsewhere. It is asked whenever a token is made; what the app has open for people here ends with
the decision itself.
"""

from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules.actors import Actor
from vestibule.rules.audiences import audience_of, serves
from vestibule.rules.permissions import is_powerful
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything, OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import apps, consents, foreign_principals, tokens
from vestibule.store.apps import App
from vestibule.store.foreign_principals import ForeignPrincipal
from vestibule.store.unit import Reading, Unit

DISABLED: Final = "disabledHere"
"""Why nobody signs in to an app here that goes on elsewhere."""

_WAY: Final = "principal"
Known = tuple[ForeignPrincipal, App]


async def let_in(house: House, *, tenant_id: str, client_id: str, by: Actor) -> Known:
    """Make the service principal of an app of another organization, which serves this one too; nothing is consented.

    Raises:
        Refused: NOT_FOUND for one that does not serve it; NOT_ALLOWED; ALREADY_THERE.
    """

    async def work(unit: Unit) -> Known:
        app = await serving(unit, tenant_id, client_id)
        await authorise_on(unit, by, Verb.CREATE_APP, _target(tenant_id, app))
        if app is None:
            raise Refused(Reason.NOT_FOUND, objectId=client_id)
        if await foreign_principals.find(unit, tenant_id, app.app_id) is not None:
            raise Refused(Reason.ALREADY_THERE, property="servicePrincipals")
        made = _make(house, unit, tenant_id, app)
        await _tell(house, unit, Verb.CREATE_APP, made, app, by=by)
        return made, app

    return await attempt(house, Verb.CREATE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def switch(house: House, *, tenant_id: str, principal_id: str, enabled: bool, by: Actor) -> Known:
    """Let people of the organization sign in to it, or not; what it has open for them ends with that.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> Known:
        before, app = await _insist(unit, by, Verb.UPDATE_APP, tenant_id, principal_id)
        if before.enabled == enabled:
            return before, app
        after = foreign_principals.switch(unit, before, enabled=enabled)
        if not enabled:
            tokens.end_at_app(unit, tenant_id, app.client_id, None)
        await _tell(house, unit, Verb.UPDATE_APP, after, app, by=by, changes=("enabled",))
        return after, app

    return await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def send_away(house: House, *, tenant_id: str, principal_id: str, by: Actor) -> None:
    """Delete the service principal, for good: every consent given here goes, and what the app has open here ends.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        gone, app = await _insist(unit, by, Verb.DELETE_APP, tenant_id, principal_id)
        foreign_principals.drop(unit, gone)
        consents.drop_of_app(unit, tenant_id, app.app_id)
        tokens.end_at_app(unit, tenant_id, app.client_id, None)
        await _tell(house, unit, Verb.DELETE_APP, gone, app, by=by)

    await attempt(house, Verb.DELETE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def know(house: House, unit: Unit, tenant_id: str, app: App) -> None:
    """Note down that an organization consented to an app of another one, if it is one and nothing is noted yet."""
    if app.tenant_id != tenant_id and await foreign_principals.find(unit, tenant_id, app.app_id) is None:
        _make(house, unit, tenant_id, app)


async def insist_enabled(reading: Reading, app: App, tenant_id: str) -> None:
    """Insist that an organization did not switch an app of another one off. Raises Refused (NOT_ALLOWED)."""
    if app.tenant_id == tenant_id:
        return
    found = await foreign_principals.find(reading, tenant_id, app.app_id)
    if found is not None and not found.enabled:
        raise Refused(Reason.NOT_ALLOWED, why=DISABLED, clientId=app.client_id)


async def serving(reading: Reading, tenant_id: str, client_id: str) -> App | None:
    """The app of another organization with this client id, while it is there and serves this one too."""
    app = await apps.find_by_client_id(reading, client_id.lower())
    if app is None or app.tenant_id == tenant_id or not app.is_usable:
        return None
    return app if serves(audience_of(app.attributes), app.tenant_id, tenant_id) else None


async def known_app(reading: Reading, tenant_id: str, app_id: str) -> Known | None:
    """What an organization knows of an app of another one, named by its application object."""
    found = await foreign_principals.find(reading, tenant_id, app_id)
    app = None if found is None else await app_of(reading, found)
    return None if found is None or app is None else (found, app)


async def known_apps(reading: Reading, tenant_id: str) -> list[Known]:
    """Every app of another organization that an organization knows, while it is there."""
    found = [(one, await app_of(reading, one)) for one in await foreign_principals.everyone(reading, tenant_id)]
    return [(one, app) for one, app in found if app is not None]


async def app_of(reading: Reading, known: ForeignPrincipal) -> App | None:
    """The app that stands behind it, while it is there."""
    app = await apps.find(reading, known.home_tenant, known.app_id)
    return app if app is not None and app.is_usable else None


async def _insist(unit: Unit, by: Actor, verb: Verb, tenant_id: str, principal_id: str) -> Known:
    found = await foreign_principals.find_by_id(unit, tenant_id, principal_id)
    app = None if found is None else await app_of(unit, found)
    await authorise_on(unit, by, verb, _target(tenant_id, app))
    if found is None or app is None:
        raise Refused(Reason.NOT_FOUND, objectId=principal_id)
    return found, app


def _target(tenant_id: str, app: App | None) -> OnApp | Anything:
    """Nobody here owns an app of another organization."""
    if app is None:
        return Anything(tenant_id)
    return OnApp(tenant_id, app.app_id, owned=False, grants_api=False, powerful=is_powerful(app.permissions))


def _make(house: House, unit: Unit, tenant_id: str, app: App) -> ForeignPrincipal:
    made = ForeignPrincipal(tenant_id, app.app_id, app.tenant_id, house.chance.guid(), True, unit.now, 1)
    foreign_principals.insert(unit, made)
    apps.guard(unit, app)
    return made


async def _tell(
    house: House,
    unit: Unit,
    verb: Verb,
    one: ForeignPrincipal,
    app: App,
    *,
    by: Actor,
    changes: tuple[str, ...] = (),
) -> None:
    organization = await find_organization(unit, one.tenant_id)
    after = one.version + 1 if verb is Verb.DELETE_APP else one.version
    before = after - 1
    id_ = one.service_principal_id
    subject = journal.about_thing(organization, "servicePrincipal", id_, app.display_name, before, after)
    facts: dict[str, Any] = {"clientId": app.client_id, "appOwnerOrganizationId": app.tenant_id}
    event = journal.Event(verb, one.tenant_id, subject, unit.now, changes=changes, facts=facts, way=_WAY)
    await journal.write(house, unit, event, by=by)
