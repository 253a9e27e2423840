"""Consent: a person lets an app act in their name, or an administrator lets it act in everybody's.

What is consented to are permissions of the Graph API, and scopes that apps of the organization publish as APIs; each
is named as a client spells it (``User.Read``, ``api://…/read``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vestibule.actions import journal, resources
from vestibule.actions.authorising import authorise, authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.foreign_principals import know
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.actions.resources import Resource
from vestibule.rules import apis, lifecycle
from vestibule.rules import apps as rules
from vestibule.rules.actors import Actor
from vestibule.rules.audiences import audience_of, serves
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import api_consents, apps, consents, memberships
from vestibule.store.api_consents import ApiConsent
from vestibule.store.apps import App
from vestibule.store.consents import EVERYBODY, Consent
from vestibule.store.unit import Reading, Unit


async def consent(
    house: House, *, tenant_id: str, app_id: str, user_id: str, permissions: Iterable[str], by: Actor
) -> tuple[str, ...]:
    """A person consents for themselves to these scopes, beside those they consented to before.

    Returns every scope of the resource that the app has for them now.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED for somebody else, or ``why`` ``administrator`` for a scope that only an
            administrator consents to; NEEDS_PERSON; BAD_VALUE; ACCOUNT_DISABLED when they cannot sign in any more.
    """
    wanted = " ".join(permissions)

    async def work(unit: Unit) -> tuple[str, ...]:
        user = await memberships.find(unit, tenant_id, user_id)
        await authorise(unit, by, Verb.CONSENT, tenant_id, user)
        app = await apps.find(unit, tenant_id, app_id)
        if user is None or app is None or not app.is_usable or not app.enabled:
            raise Refused(Reason.NOT_FOUND)
        if not lifecycle.may_sign_in(user.standing, unit.now):
            raise Refused(Reason.ACCOUNT_DISABLED)
        given = await _read(house, unit, tenant_id, wanted)
        _insist_not_for_admins(given)
        added = await _add(house, unit, app, user_id, given)
        if added:
            memberships.guard(unit, user)
            apps.guard(unit, app)
            facts = {"clientId": app.client_id, "scopes": given.spelt}
            event = journal.Event(
                Verb.CONSENT, tenant_id, journal.about(user), unit.now, facts=facts, details={"app": app.display_name}
            )
            await journal.write(house, unit, event, by=by)
        have = await resources.consented(unit, app, user, given.resource)
        return tuple(dict.fromkeys([*have, *given.names, *given.openid]))

    return await attempt(house, Verb.CONSENT, work, by=by, tenant_id=tenant_id, user_id=user_id)


async def consent_for_everybody(
    house: House, *, tenant_id: str, app_id: str, permissions: Iterable[str], by: Actor, client_id: str | None = None
) -> tuple[str, ...]:
    """An administrator says which scopes of one resource an app has for everybody: these and no others.

    Args:
        house: the house. tenant_id: for whose people. app_id: the application object, or the service principal.
        permissions: Graph permissions, or scopes of one API; none takes back what the app has of the Graph API.
        by: who consents.
        client_id: names an app of another organization, which serves this one too, instead of ``app_id``.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED to whoever may not give the permissions of the API itself; BAD_VALUE.
    """
    wanted = " ".join(permissions)

    async def work(unit: Unit) -> tuple[str, ...]:
        app = await _app(unit, tenant_id, app_id, client_id)
        found_id = None if app is None else app.app_id
        on = OnApp(tenant_id, found_id, owned=False, grants_api=True, powerful=False)
        await authorise_on(unit, by, Verb.ASSIGN_APP_ROLE, on)
        if app is None:
            raise Refused(Reason.NOT_FOUND, objectId=client_id or app_id)
        given = await _read(house, unit, tenant_id, wanted)
        if not await _replace(house, unit, tenant_id, app, given):
            return given.all_names
        organization = await find_organization(unit, tenant_id)
        apps.guard(unit, app)
        if given.all_names:
            await know(house, unit, tenant_id, app)
        facts: dict[str, Any] = {
            "clientId": app.client_id, "scopes": given.spelt, "consentType": "AllPrincipals",
        }  # fmt: skip
        subject = journal.about_thing(organization, "app", app.app_id, app.display_name, app.version, app.version)
        await journal.write(house, unit, journal.Event(Verb.CONSENT, tenant_id, subject, unit.now, facts=facts), by=by)
        return given.all_names

    return await attempt(house, Verb.CONSENT, work, by=by, tenant_id=tenant_id)


@dataclass(frozen=True, slots=True)
class _Given:
    """What is consented to.

    Attributes:
        resource: whose scopes. names: those, as they are published. openid: scopes of OpenID Connect beside them.
    """

    resource: Resource
    names: tuple[str, ...]
    openid: tuple[str, ...]

    @property
    def all_names(self) -> tuple[str, ...]:
        return (*self.names, *self.openid)

    @property
    def spelt(self) -> list[str]:
        """As the log says it: an API's scopes with the API's client id in front."""
        prefix = "" if self.resource.app is None else f"{self.resource.app.client_id}/"
        return [*(prefix + name for name in self.names), *self.openid]


async def _read(house: House, reading: Reading, tenant_id: str, scope: str) -> _Given:
    """Raises Refused: BAD_VALUE, as ``resources``."""
    asked = resources.read_asked(house, scope)
    resource = await resources.find(reading, tenant_id, asked)
    lowered = [name for name, _ in asked.permissions]
    if resource.app is None:
        return _Given(resource, tuple(rules.delegated_permissions(lowered)), asked.openid)
    published = apis.published(resource.app.api_scopes)
    return _Given(resource, tuple(published[name] for name in lowered), asked.openid)


def _insist_not_for_admins(given: _Given) -> None:
    if given.resource.app is None:
        return
    closed = apis.for_admins(given.resource.app.api_scopes)
    if any(name.lower() in closed for name in given.names):
        raise Refused(Reason.NOT_ALLOWED, why="administrator")


async def _app(unit: Unit, tenant_id: str, app_id: str, client_id: str | None) -> App | None:
    if client_id is None:
        return await apps.find(unit, tenant_id, app_id)
    found = await apps.find_by_client_id(unit, client_id.lower())
    served = found is not None and serves(audience_of(found.attributes), found.tenant_id, tenant_id)
    return found if served else None


# --- Writing it down --------------------------------------------------------------------------------------------------


async def _add(house: House, unit: Unit, app: App, user_id: str, given: _Given) -> bool:
    """Write what a person consents to beside what they did before; whether it is more."""
    tenant_id = app.tenant_id
    graph = given.all_names if given.resource.app is None else given.openid
    before = await consents.find(unit, tenant_id, app.app_id, user_id)
    names = tuple(dict.fromkeys([*(() if before is None else before.names), *graph]))
    more = bool(graph) and (before is None or names != before.names)
    if more:
        _write(house, unit, tenant_id, app, user_id, before, names)
    if given.resource.app is None or not given.names:
        return more
    known = await api_consents.find(unit, tenant_id, app.app_id, user_id, given.resource.id)
    together = tuple(dict.fromkeys([*(() if known is None else known.names), *given.names]))
    if known is not None and together == known.names:
        return more
    _write_api(house, unit, tenant_id, app, user_id, given.resource, known, together)
    return True


async def _replace(house: House, unit: Unit, tenant_id: str, app: App, given: _Given) -> bool:
    """Write what everybody's consent covers from now on; whether anything changes."""
    if given.resource.app is None:
        before = await consents.find(unit, tenant_id, app.app_id, EVERYBODY)
        if (() if before is None else before.names) == given.all_names:
            return False
        _write(house, unit, tenant_id, app, EVERYBODY, before, given.all_names)
        return True
    known = await api_consents.find(unit, tenant_id, app.app_id, EVERYBODY, given.resource.id)
    if (() if known is None else known.names) == given.names:
        return False
    _write_api(house, unit, tenant_id, app, EVERYBODY, given.resource, known, given.names)
    return True


def _write(
    house: House,
    unit: Unit,
    tenant_id: str,
    app: App,
    user_id: str,
    before: Consent | None,
    names: tuple[str, ...],
) -> None:
    if before is None:
        new = Consent(tenant_id, app.app_id, user_id, " ".join(names), house.chance.guid(), unit.now)
        consents.insert(unit, new)
    elif names:
        consents.change(unit, before, " ".join(names))
    else:
        consents.drop(unit, before)


def _write_api(
    house: House,
    unit: Unit,
    tenant_id: str,
    app: App,
    user_id: str,
    resource: Resource,
    before: ApiConsent | None,
    names: tuple[str, ...],
) -> None:
    if before is None:
        new = ApiConsent(tenant_id, app.app_id, user_id, resource.id, " ".join(names), house.chance.guid(), unit.now)
        api_consents.insert(unit, new)
    elif names:
        api_consents.change(unit, before, " ".join(names))
    else:
        api_consents.drop(unit, before)
