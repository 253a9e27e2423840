"""Apps: register them and change them.

An app has one row here, in the organization where it is registered: the application, and its service principal while
it has one. Permissions count only with an administrator's consent, and giving that asks for more than managing apps:
who may do everything through an app of their own making would be an administrator by another name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from vestibule.actions import app_apis, key_credentials
from vestibule.actions.app_credentials import NewSecret, as_row, new_secret
from vestibule.actions.app_owners import owning
from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt, insist_version
from vestibule.actions.finding_apps import OWNER_APPS, find_app, save, tell
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.actions.key_credentials import NewKey
from vestibule.rules import app_properties, required_access
from vestibule.rules import apps as rules
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.apps import NewApp
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything, OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import app_keys, apps, consents, memberships
from vestibule.store.apps import App
from vestibule.store.consents import EVERYBODY, Consent
from vestibule.store.unit import Unit

ASKED: Final = "applicationPermissions"
"""The property that keeps the application permissions of the Graph API that an app asks for."""

_FIELDS: Final = {
    "display_name",
    "public",
    "device_code",
    "password_grant",
    "requires_assignment",
    "id_token_alg",
    "redirect_uris",
    "spa_redirect_uris",
    "logout_uris",
    "backchannel_logout_uri",
    "backchannel_logout_session",
    "identifier_uris",
    "api_scopes",
}


@dataclass(frozen=True, slots=True)
class Registered:
    """A new app, and its secret when it got one."""

    app: App
    secret: NewSecret | None


async def create_app(
    house: House,
    new: NewApp,
    *,
    tenant_id: str,
    by: Actor,
    grant_admin_consent: bool = False,
    with_secret: bool | None = None,
    with_principal: bool = True,
    owner_ids: Sequence[str] = (),
    keys: Sequence[NewKey] = (),
) -> Registered:
    """Register an app. A person or program that registers one owns it.

    Args:
        house: the house. new: what it is made from. tenant_id: where. by: who.
        grant_admin_consent: consent for everybody to all permissions it asks for.
        with_secret: make a client secret; by default for every app that is not public.
        with_principal: make its service principal as well, without which nobody signs in with it.
        owner_ids: further owners: users of the organization.
        keys: certificates and public keys that it proves itself with.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE with the property; DUPLICATE_VALUE for a client id that is in use; NOT_FOUND
            for an owner who is not there.
    """
    fields = _fields(new)
    application = rules.application_permissions(new.application_permissions)
    delegated = rules.delegated_permissions(new.delegated_permissions)
    if new.public and (application or with_secret or keys):
        raise Refused(Reason.BAD_VALUE, property="public", why="keepsNoSecret")
    properties = app_properties.merged({}, {**(new.properties or {}), **({ASKED: application} if application else {})})
    if by.kind is ActorKind.APP:
        properties[OWNER_APPS] = [by.client_id]
    secret = new_secret(house) if (not new.public if with_secret is None else with_secret) else None
    rows = [key_credentials.row(house, one) for one in keys]

    async def work(unit: Unit) -> Registered:
        await authorise_on(unit, by, Verb.CREATE_APP, Anything(tenant_id))
        _only_operator(by, wanted=new.password_grant)
        if grant_admin_consent:
            grants = OnApp(tenant_id, None, owned=False, grants_api=True, powerful=False)
            await authorise_on(unit, by, Verb.ASSIGN_APP_ROLE, grants)
        organization = await find_organization(unit, tenant_id)
        client_id = await _client_id(house, unit, tenant_id, new.client_id)
        await app_apis.insist_own(house, unit, tenant_id, client_id, list(new.identifier_uris))
        made = App(
            tenant_id=tenant_id,
            app_id=house.chance.guid(),
            service_principal_id=house.chance.guid(),
            client_id=client_id,
            enabled=True,
            app_roles=rules.roles(new.app_roles),
            permissions=application if grant_admin_consent else [],
            delegated=delegated,
            attributes=properties,
            version=1,
            created_at=unit.now,
            principal_absent=not with_principal,
            **fields,
        )
        apps.insert(unit, made)
        if secret is not None:
            apps.insert_secret(unit, as_row(made, secret))
        for row in rows:
            app_keys.insert(unit, row(made, unit.moment.machine))
        await owning(unit, made, [*_maker(by), *owner_ids])
        if grant_admin_consent and delegated:
            consents.insert(unit, _for_everybody(house, made, delegated, unit))
        way = "" if with_principal else "application"
        await tell(house, unit, Verb.CREATE_APP, organization, None, made, by=by, way=way)
        return Registered(made, secret)

    return await attempt(house, Verb.CREATE_APP, work, by=by, tenant_id=tenant_id)


async def update_app(
    house: House,
    *,
    tenant_id: str,
    app_id: str,
    changes: Mapping[str, Any],
    by: Actor,
    if_version: int | None = None,
) -> App:
    """Change fields of an app, named as ``App`` names them.

    Beside those: ``properties``, a mapping of which each member is changed by itself (None takes one away), and
    ``required_access``, what the app asks for in Graph's shape.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE or READ_ONLY with the property; VERSION_MISMATCH when
            ``if_version`` is not the version.
    """

    async def work(unit: Unit) -> App:
        before = await find_app(unit, by, Verb.UPDATE_APP, tenant_id, app_id)
        insist_version(before.version, if_version)
        after, changed = _changed(before, changes, by)
        if not changed:
            return before
        _check_whole(after)
        await app_apis.insist_own(house, unit, tenant_id, before.client_id, after.identifier_uris)
        return await save(house, unit, before, after, changes=changed, by=by)

    return await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id)


# --- Inside -----------------------------------------------------------------------------------------------------------


def _changed(before: App, changes: Mapping[str, Any], by: Actor) -> tuple[App, tuple[str, ...]]:
    """The app as it is to be, and what of it differs. Raises Refused (BAD_VALUE, READ_ONLY, NOT_ALLOWED)."""
    plain = {name: value for name, value in changes.items() if name not in {"properties", "required_access"}}
    public = plain.get("public", before.public)
    read = {name: rules.read(name, value, public=public is True) for name, value in plain.items()}
    _only_operator(by, wanted=bool(read.get("password_grant")) and not before.password_grant)
    properties = dict(changes.get("properties", {}))
    if "required_access" in changes:
        wanted = required_access.read(changes["required_access"])
        read["delegated"] = wanted.delegated
        properties |= {ASKED: wanted.application or None, required_access.PROPERTY: wanted.others or None}
    after = replace(before, **read)
    if properties:
        after = replace(after, attributes=app_properties.merged(after.attributes, properties))
    fields = {name for name in (*read, "attributes") if getattr(after, name) != getattr(before, name)}
    names = {name for name in properties if after.attributes.get(name) != before.attributes.get(name)}
    return after, tuple(sorted((fields - {"attributes"}) | names if properties else fields))


def _fields(new: NewApp) -> dict[str, Any]:
    values = {name: getattr(new, name) for name in _FIELDS}
    listed = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    return {name: rules.read(name, value, public=new.public) for name, value in listed.items()}


def _check_whole(app: App) -> None:
    """What only the whole app can get wrong: a public one keeps no secret, so it gets nothing that needs one."""
    if app.public and app.permissions:
        raise Refused(Reason.BAD_VALUE, property="public", why="keepsNoSecret")
    rules.read("redirect_uris", app.redirect_uris, public=app.public)


def _only_operator(by: Actor, *, wanted: bool) -> None:
    """Passwords typed into somebody else's program are a last resort; only whoever runs the machine switches it on."""
    if wanted and by.kind is not ActorKind.OPERATOR:
        raise Refused(Reason.NOT_ALLOWED, property="passwordGrant")


def _maker(by: Actor) -> list[str]:
    return [by.user_id] if by.kind is ActorKind.PERSON and by.user_id is not None else []


async def _client_id(house: House, unit: Unit, tenant_id: str, wanted: str | None) -> str:
    """A client id that is free. It may be no user's id either: then a token's subject could mean two things."""
    if wanted is None:
        return house.chance.guid()
    found = guid(wanted)
    if found is None or found == GRAPH_APP_ID:
        raise Refused(Reason.BAD_VALUE, property="appId")
    taken = await apps.find_by_any_client_id(unit, found)
    if taken is not None or await memberships.find(unit, tenant_id, found) is not None:
        raise Refused(Reason.DUPLICATE_VALUE, property="appId")
    return found


def _for_everybody(house: House, app: App, delegated: list[str], unit: Unit) -> Consent:
    return Consent(app.tenant_id, app.app_id, EVERYBODY, " ".join(delegated), house.chance.guid(), unit.now)
