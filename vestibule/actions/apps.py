"""Apps: create, update, delete; their secrets; what an administrator lets them do.

An app and its service principal are one thing here, in the organization where it is registered. Permissions count
only with an administrator's consent, and giving that asks for more than managing apps: who may do everything through
an app of their own making would be an administrator by another name.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from vestibule.actions import app_apis, journal, key_credentials
from vestibule.actions.authorising import authorise_on
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization, owns
from vestibule.actions.house import House
from vestibule.actions.key_credentials import KEY_CREDENTIALS, NewKey
from vestibule.rules import apps as rules
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.apps import NewApp
from vestibule.rules.grants import GRAPH_APP_ID
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything, OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import app_keys, apps, consents, memberships
from vestibule.store.app_keys import AppKey
from vestibule.store.apps import App, Secret
from vestibule.store.consents import EVERYBODY, Consent
from vestibule.store.holdings import ASSIGNED, OWNING, Owning
from vestibule.store.organizations import Organization
from vestibule.store.unit import Unit

_HINT: Final = 3
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
class NewSecret:
    """A client secret that was just made. ``text`` exists only here; the store keeps its hash."""

    secret_id: str
    text: str
    hint: str
    expires_at: datetime | None


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
) -> Registered:
    """Register an app. A person who registers one owns it.

    Args:
        house: the house. new: what it is made from. tenant_id: where. by: who.
        grant_admin_consent: consent for everybody to all permissions it asks for.
        with_secret: make a client secret; by default for every app that is not public.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE with the property; DUPLICATE_VALUE for a client id that is in use.
    """
    fields = _fields(new)
    application = rules.application_permissions(new.application_permissions)
    delegated = rules.delegated_permissions(new.delegated_permissions)
    if new.public and (application or with_secret):
        raise Refused(Reason.BAD_VALUE, property="public", why="keepsNoSecret")
    secret = _new_secret(house, None) if (not new.public if with_secret is None else with_secret) else None

    async def work(unit: Unit) -> Registered:
        await authorise_on(unit, by, Verb.CREATE_APP, Anything(tenant_id))
        _only_operator(by, wanted=new.password_grant)
        if grant_admin_consent:
            await _authorise_grant(unit, by, tenant_id, None)
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
            attributes={**(new.properties or {}), **({"applicationPermissions": application} if application else {})},
            version=1,
            created_at=unit.now,
            **fields,
        )
        apps.insert(unit, made)
        if secret is not None:
            apps.insert_secret(unit, _as_row(made, secret))
        if by.kind is ActorKind.PERSON and by.user_id is not None:
            OWNING.give(unit, Owning(tenant_id, by.user_id, "app", made.app_id, unit.now), before=None)
        if grant_admin_consent and delegated:
            consents.insert(unit, _for_everybody(house, made, delegated, unit))
        await _tell(house, unit, Verb.CREATE_APP, organization, None, made, by=by)
        return Registered(made, secret)

    return await attempt(house, Verb.CREATE_APP, work, by=by, tenant_id=tenant_id)


async def update_app(house: House, *, tenant_id: str, app_id: str, changes: Mapping[str, Any], by: Actor) -> App:
    """Change fields of an app, named as ``App`` names them.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE or READ_ONLY with the property.
    """

    async def work(unit: Unit) -> App:
        before = await find_app(unit, by, Verb.UPDATE_APP, tenant_id, app_id)
        public = changes.get("public", before.public)
        read = {name: rules.read(name, value, public=public is True) for name, value in changes.items()}
        _only_operator(by, wanted=bool(read.get("password_grant")) and not before.password_grant)
        after = replace(before, **read)
        changed = tuple(sorted(name for name in read if getattr(after, name) != getattr(before, name)))
        if not changed:
            return before
        _check_whole(after)
        await app_apis.insist_own(house, unit, tenant_id, before.client_id, after.identifier_uris)
        return await _save(house, unit, before, after, changed, by=by)

    return await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id)


async def delete_app(house: House, *, tenant_id: str, app_id: str, by: Actor) -> None:
    """Delete an app at once and for good: its secrets, consents and assignments go, its tokens are dead.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        gone = await find_app(unit, by, Verb.DELETE_APP, tenant_id, app_id)
        organization = await find_organization(unit, tenant_id)
        apps.drop(unit, gone)
        consents.drop_of_app(unit, tenant_id, gone.app_id)
        ASSIGNED.thing_gone(unit, tenant_id, gone.app_id, gone.display_name)
        OWNING.thing_gone(unit, tenant_id, gone.app_id, gone.display_name)
        after = replace(gone, version=gone.version + 1)
        await _tell(house, unit, Verb.DELETE_APP, organization, gone, after, by=by)

    await attempt(house, Verb.DELETE_APP, work, by=by, tenant_id=tenant_id)


# --- Secrets ----------------------------------------------------------------------------------------------------------


async def add_secret(
    house: House, *, tenant_id: str, app_id: str, by: Actor, expires_at: datetime | None = None
) -> NewSecret:
    """Give an app another client secret. It is shown once, here.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE for a public app, which could not keep it.
    """
    secret = _new_secret(house, expires_at)

    async def work(unit: Unit) -> NewSecret:
        before = await find_app(unit, by, Verb.UPDATE_APP, tenant_id, app_id)
        if before.public:
            raise Refused(Reason.BAD_VALUE, property="passwordCredentials", why="keepsNoSecret")
        apps.insert_secret(unit, _as_row(before, secret))
        await _save(house, unit, before, before, ("passwordCredentials",), by=by)
        return secret

    return await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id)


async def remove_secret(house: House, *, tenant_id: str, app_id: str, secret_id: str, by: Actor) -> None:
    """Take a client secret away; it opens nothing from now on.

    Raises:
        Refused: NOT_FOUND for app or secret; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        before = await find_app(unit, by, Verb.UPDATE_APP, tenant_id, app_id)
        kept = await apps.secrets(unit, tenant_id, before.app_id)
        gone = next((secret for secret in kept if secret.secret_id == secret_id), None)
        if gone is None:
            raise Refused(Reason.NOT_FOUND, objectId=secret_id)
        apps.drop_secret(unit, gone)
        await _save(house, unit, before, before, ("passwordCredentials",), by=by)

    await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id)


async def add_key_credential(house: House, credential: NewKey, *, tenant_id: str, app_id: str, by: Actor) -> AppKey:
    """Register a certificate or public key that the app signs its assertions with (RFC 7523).

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``keyCredentials`` for a public app.
    """
    new = key_credentials.row(house, credential)

    async def work(unit: Unit) -> AppKey:
        before = await find_app(unit, by, Verb.UPDATE_APP, tenant_id, app_id)
        if before.public:
            raise Refused(Reason.BAD_VALUE, property=KEY_CREDENTIALS, why="keepsNoSecret")
        made = new(before, unit.moment.machine)
        app_keys.insert(unit, made)
        await _save(house, unit, before, before, (KEY_CREDENTIALS,), by=by)
        return made

    return await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id)


async def remove_key_credential(house: House, *, tenant_id: str, app_id: str, key_id: str, by: Actor) -> None:
    """Take a certificate or key away; it proves nothing from now on.

    Raises:
        Refused: NOT_FOUND for app or key; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        before = await find_app(unit, by, Verb.UPDATE_APP, tenant_id, app_id)
        kept = await app_keys.of_app(unit, tenant_id, before.app_id)
        gone = next((key for key in kept if key.key_id == key_id), None)
        if gone is None:
            raise Refused(Reason.NOT_FOUND, objectId=key_id)
        app_keys.drop(unit, gone)
        await _save(house, unit, before, before, (KEY_CREDENTIALS,), by=by)

    await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id)


# --- What it may do ---------------------------------------------------------------------------------------------------


async def set_permissions(
    house: House, *, tenant_id: str, app_id: str, application_permissions: Iterable[str], by: Actor
) -> App:
    """Say which application permissions the app has, with an administrator's consent: these and no others.

    Raises:
        Refused: NOT_FOUND; NOT_ALLOWED to whoever may not give the permissions of the API itself; BAD_VALUE.
    """
    wanted = rules.application_permissions(application_permissions)

    async def work(unit: Unit) -> App:
        before = await _find(unit, tenant_id, app_id)
        verb = (
            Verb.ASSIGN_APP_ROLE if set(wanted) - set(before.permissions if before else ()) else Verb.UNASSIGN_APP_ROLE
        )
        await _authorise_grant(unit, by, tenant_id, before, verb)
        if before is None:
            raise Refused(Reason.NOT_FOUND, objectId=app_id)
        if before.public and wanted:
            raise Refused(Reason.BAD_VALUE, property="public", why="keepsNoSecret")
        if sorted(before.permissions) == sorted(wanted):
            return before
        organization = await find_organization(unit, tenant_id)
        saved = apps.save(unit, before, replace(before, permissions=wanted))
        facts = {"old": before.permissions, "new": wanted}
        await _tell(house, unit, verb, organization, before, saved, by=by, facts=facts, way="app")
        return saved

    return await attempt(house, Verb.ASSIGN_APP_ROLE, work, by=by, tenant_id=tenant_id, way="app")


async def find_app(unit: Unit, by: Actor, verb: Verb, tenant_id: str, app_id: str) -> App:
    """The app whose application object or service principal has this id, when ``by`` may do ``verb`` to it.

    Raises:
        Refused: NOT_FOUND; as ``authorise``.
    """
    found = await _find(unit, tenant_id, app_id)
    if found is None:
        await authorise_on(unit, by, verb, Anything(tenant_id))
        raise Refused(Reason.NOT_FOUND, objectId=app_id)
    owned = await owns_app(unit, by, found)
    await authorise_on(unit, by, verb, OnApp(tenant_id, found.app_id, owned=owned, grants_api=False))
    return found


async def owns_app(unit: Unit, by: Actor, app: App) -> bool:
    """Whether the actor owns the app; an app counts as its own owner."""
    if by.kind is ActorKind.APP:
        return by.client_id == app.client_id
    return await owns(unit, by, app.tenant_id, "app", app.app_id)


async def _find(unit: Unit, tenant_id: str, app_id: str) -> App | None:
    """By the application object's id or the service principal's."""
    found = await apps.find(unit, tenant_id, app_id)
    return found or await apps.find_by_principal(unit, tenant_id, app_id)


# --- Inside -----------------------------------------------------------------------------------------------------------


async def _authorise_grant(
    unit: Unit, by: Actor, tenant_id: str, app: App | None, verb: Verb = Verb.ASSIGN_APP_ROLE
) -> None:
    on = OnApp(tenant_id, None if app is None else app.app_id, owned=False, grants_api=True)
    await authorise_on(unit, by, verb, on)


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


async def _client_id(house: House, unit: Unit, tenant_id: str, wanted: str | None) -> str:
    """A client id that is free. It may be no user's id either: then a token's subject could mean two things."""
    if wanted is None:
        return house.chance.guid()
    found = guid(wanted)
    if found is None or found == GRAPH_APP_ID:
        raise Refused(Reason.BAD_VALUE, property="appId")
    taken = await apps.find_by_client_id(unit, found)
    if taken is not None or await memberships.find(unit, tenant_id, found) is not None:
        raise Refused(Reason.DUPLICATE_VALUE, property="appId")
    return found


def _new_secret(house: House, expires_at: datetime | None) -> NewSecret:
    text = house.chance.token()
    return NewSecret(house.chance.guid(), text, text[:_HINT], expires_at)


def _as_row(app: App, secret: NewSecret) -> Secret:
    digest = hashlib.sha256(secret.text.encode()).hexdigest()
    return Secret(app.tenant_id, app.app_id, secret.secret_id, digest, secret.hint, secret.expires_at)


def _for_everybody(house: House, app: App, delegated: list[str], unit: Unit) -> Consent:
    return Consent(app.tenant_id, app.app_id, EVERYBODY, " ".join(delegated), house.chance.guid(), unit.now)


async def _save(house: House, unit: Unit, before: App, after: App, changed: tuple[str, ...], *, by: Actor) -> App:
    organization = await find_organization(unit, before.tenant_id)
    saved = apps.save(unit, before, after)
    await _tell(house, unit, Verb.UPDATE_APP, organization, before, saved, by=by, changes=changed)
    return saved


async def _tell(
    house: House,
    unit: Unit,
    verb: Verb,
    organization: Organization,
    before: App | None,
    after: App,
    *,
    by: Actor,
    changes: tuple[str, ...] = (),
    facts: Mapping[str, Any] | None = None,
    way: str = "",
) -> None:
    versions = (0 if before is None else before.version, after.version)
    subject = journal.about_thing(organization, "app", after.app_id, after.display_name, *versions)
    event = journal.Event(
        verb,
        after.tenant_id,
        subject,
        unit.now,
        changes=changes,
        facts={"clientId": after.client_id, **(facts or {})},
        way=way,
    )
    await journal.write(house, unit, event, by=by)
