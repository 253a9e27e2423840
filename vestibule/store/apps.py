"""Apps: the application and its service principal in one row, and the secrets it proves itself with."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, delete, literal_column, or_, select, update

from vestibule.ground.clock import from_us, to_us
from vestibule.rules.lifecycle import RESTORABLE_FOR
from vestibule.store import app_index, app_keys, app_permissions, device_grants, feed, feed_more, organizations
from vestibule.store.columns import position
from vestibule.store.records import Records
from vestibule.store.schema import app, app_secret
from vestibule.store.statements import Change, Guard, Query, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class App:
    """A program that is registered in an organization.

    Attributes:
        app_id: the application object. service_principal_id: the same app as somebody who can be assigned things.
        client_id: how it names itself when it asks for tokens; unique in the deployment.
        public: it can keep no secret. device_code, password_grant: it may use these ways to sign people in.
        requires_assignment: only people who are assigned to it get in.
        redirect_uris, spa_redirect_uris, logout_uris: exactly as they were registered.
        app_roles: objects with id, value, displayName, description, allowedMemberTypes, isEnabled.
        permissions: application permissions of Graph with an administrator's consent, as they are spelled.
        delegated: delegated permissions of Graph that the app asks for.
        attributes: every other property, by its Graph name.
        identifier_uris: what it is called as an API, beside its client id and ``api://{client_id}``.
        api_scopes: the scopes it publishes as an API, in Graph's shape (id, value, type, isEnabled and texts).
        backchannel_logout_uri: where it is told that somebody is signed out; None: nowhere.
        backchannel_logout_session: it wants to be told which session ended, each by itself.
        deleted_at, purge_due: since when the application is deleted, and from when no restore brings it back.
        principal_absent: it has no service principal, so that nobody signs in with it; principal_deleted_at: since
            when it has none any more, None for one that never had.
        epoch: raised when everything that was given to it ends, in whatever organization: codes and tokens.
    """

    tenant_id: str
    app_id: str
    service_principal_id: str
    client_id: str
    display_name: str
    enabled: bool
    public: bool
    device_code: bool
    password_grant: bool
    requires_assignment: bool
    id_token_alg: str
    redirect_uris: list[str]
    spa_redirect_uris: list[str]
    logout_uris: list[str]
    app_roles: list[dict[str, Any]]
    permissions: list[str]
    delegated: list[str]
    attributes: dict[str, Any]
    version: int
    created_at: datetime
    identifier_uris: list[str] = field(default_factory=list)
    api_scopes: list[dict[str, Any]] = field(default_factory=list)
    backchannel_logout_uri: str | None = None
    backchannel_logout_session: bool = False
    deleted_at: datetime | None = None
    purge_due: datetime | None = None
    principal_absent: bool = False
    principal_deleted_at: datetime | None = None
    epoch: int = 0

    @property
    def is_live(self) -> bool:
        """The application is not deleted."""
        return self.deleted_at is None

    @property
    def is_usable(self) -> bool:
        """It is there with its service principal, so that tokens are given for it unless it is disabled."""
        return self.is_live and not self.principal_absent

    @property
    def pages(self) -> list[str]:
        """The addresses from which its pages may ask for tokens: none while it is not there."""
        return self.spa_redirect_uris if self.is_usable else []

    def is_restorable(self, now: datetime) -> bool:
        """The application is deleted, and its deadline not yet reached."""
        return self.purge_due is not None and now < self.purge_due

    def has_restorable_principal(self, now: datetime) -> bool:
        """The service principal is deleted, and can still come back."""
        gone = self.principal_deleted_at
        return self.principal_absent and gone is not None and now < gone + RESTORABLE_FOR


@dataclass(frozen=True, slots=True)
class Secret:
    """A client secret, as a hash; the secret itself was shown once.

    Attributes:
        hint: its first characters, to tell several apart.
        starts_at, expires_at: machine time; None for always.
        display_name: what people call it.
    """

    tenant_id: str
    app_id: str
    secret_id: str
    secret_hash: str
    hint: str
    expires_at: datetime | None
    display_name: str | None = None
    starts_at: datetime | None = None


APPS: Final = Records(app, App)
_SECRETS: Final = Records(app_secret, Secret)
_KEPT: Final = {"tenant_id", "app_id", "client_id", "created_at"}
_in_tenant = app.c.tenant_id == given("tenant_id")
_live = app.c.deleted_at.is_(None)
_usable = and_(_live, app.c.principal_absent == literal_column("false"))

_FIND = APPS.where(_in_tenant, app.c.app_id == given("app_id"), _live)
_FIND_ANY = APPS.where(_in_tenant, app.c.app_id == given("app_id"))
_FIND_MANY = APPS.where(_in_tenant, among(app.c.app_id, "app_ids"), _usable)
_BY_PRINCIPAL = APPS.where(_in_tenant, app.c.service_principal_id == given("service_principal_id"), _usable)
_BY_ANY_PRINCIPAL = APPS.where(_in_tenant, app.c.service_principal_id == given("service_principal_id"))
_BY_CLIENT = APPS.where(app.c.client_id == given("client_id"), _usable)
_WITH_TENANT = Query(
    select(*APPS.columns, organizations.epoch_of(app.c.tenant_id)).where(app.c.client_id == given("client_id"), _usable)
)
_BY_ANY_CLIENT = APPS.where(app.c.client_id == given("client_id"))
_BY_CLIENTS = APPS.where(among(app.c.client_id, "client_ids"))
_ALL = APPS.where(_in_tenant, _live, order=(app.c.display_name, app.c.app_id))
_DELETED = APPS.where(
    _in_tenant,
    or_(app.c.deleted_at.is_not(None), app.c.principal_deleted_at.is_not(None)),
    order=(app.c.display_name, app.c.app_id),
)
_DUE = APPS.where(app.c.purge_due <= given("until"), order=(app.c.purge_due, app.c.app_id), limit=given("limit"))
_NEXT_DUE = Query(
    select(app.c.purge_due, app.c.tenant_id, app.c.app_id)
    .where(app.c.purge_due.is_not(None))
    .order_by(app.c.purge_due, app.c.app_id)
    .limit(given("limit"))
)
_SAVE = Change(
    update(app)
    .where(app.c.tenant_id == given("in_tenant"), app.c.app_id == given("of_app"), app.c.version == given("if_version"))
    .values({name: given(name) for name in APPS.names if name not in _KEPT} | {"changed": position()})
)
_DROP = Change(delete(app).where(_in_tenant, app.c.app_id == given("app_id"), app.c.version == given("version")))
_UNCHANGED = Guard(
    select(literal_column("1"))
    .where(_in_tenant, app.c.app_id == given("app_id"), app.c.version == given("version"))
    .with_for_update(read=True)
)
_SECRETS_OF = _SECRETS.where(
    app_secret.c.tenant_id == given("tenant_id"), app_secret.c.app_id == given("app_id"), order=app_secret.c.secret_id
)
_SECRETS_IN = _SECRETS.where(app_secret.c.tenant_id == given("tenant_id"), order=app_secret.c.secret_id)
_DROP_SECRET = Change(
    delete(app_secret).where(
        app_secret.c.tenant_id == given("tenant_id"),
        app_secret.c.app_id == given("app_id"),
        app_secret.c.secret_id == given("secret_id"),
    )
)
_DROP_SECRETS = Change(
    delete(app_secret).where(app_secret.c.tenant_id == given("tenant_id"), app_secret.c.app_id == given("app_id"))
)


async def find(reading: Reading, tenant_id: str, app_id: str) -> App | None:
    """The app with this application object id, unless it is deleted."""
    return await APPS.one(reading, _FIND, tenant_id=tenant_id, app_id=app_id)


async def find_any(reading: Reading, tenant_id: str, app_id: str) -> App | None:
    """The app with this application object id, deleted or not."""
    return await APPS.one(reading, _FIND_ANY, tenant_id=tenant_id, app_id=app_id)


async def find_many(reading: Reading, tenant_id: str, app_ids: list[str]) -> list[App]:
    """Those of these apps that are there with their service principals, in no particular order."""
    return await APPS.all(reading, _FIND_MANY, tenant_id=tenant_id, app_ids=app_ids)


async def find_by_principal(reading: Reading, tenant_id: str, service_principal_id: str) -> App | None:
    """The app whose service principal has this id, while it is there."""
    return await APPS.one(reading, _BY_PRINCIPAL, tenant_id=tenant_id, service_principal_id=service_principal_id)


async def find_by_any_principal(reading: Reading, tenant_id: str, service_principal_id: str) -> App | None:
    """The app whose service principal has, had or would have this id."""
    return await APPS.one(reading, _BY_ANY_PRINCIPAL, tenant_id=tenant_id, service_principal_id=service_principal_id)


async def find_by_client_id(reading: Reading, client_id: str) -> App | None:
    """The app that calls itself this, in whatever organization it is registered: the one look-up across them.

    One that is deleted, or without a service principal, signs nobody in and is not found.
    """
    return await APPS.one(reading, _BY_CLIENT, client_id=client_id)


async def find_with_tenant(reading: Reading, client_id: str) -> tuple[App, int] | None:
    """The app that ``find_by_client_id`` finds, and the epoch of the organization it is registered in."""
    row = await reading.one(_WITH_TENANT, client_id=client_id)
    return None if row is None else (APPS.record(row[:-1]), row[-1])


async def find_by_any_client_id(reading: Reading, client_id: str) -> App | None:
    """The app that calls itself this, whatever its state: a client id is taken for ever."""
    return await APPS.one(reading, _BY_ANY_CLIENT, client_id=client_id)


async def find_by_client_ids(reading: Reading, client_ids: list[str]) -> list[App]:
    """The apps that call themselves these, in whatever organization they are registered, in no particular order."""
    return await APPS.all(reading, _BY_CLIENTS, client_ids=client_ids)


async def everyone(reading: Reading, tenant_id: str) -> list[App]:
    """Every app of an organization that is not deleted, by name."""
    return await APPS.all(reading, _ALL, tenant_id=tenant_id)


async def deleted(reading: Reading, tenant_id: str) -> list[App]:
    """Every app of an organization that is deleted, or whose service principal is, by name."""
    return await APPS.all(reading, _DELETED, tenant_id=tenant_id)


async def due(reading: Reading, until: datetime, limit: int) -> list[App]:
    """Deleted apps whose deadline is ``until`` or earlier, oldest deadline first."""
    return await APPS.all(reading, _DUE, until=to_us(until), limit=limit)


async def next_due(reading: Reading, limit: int) -> list[tuple[datetime, str, str]]:
    """The next deadlines: (when, organization, app)."""
    rows = await reading.all(_NEXT_DUE, limit=limit)
    return [(from_us(purge_due), tenant_id, app_id) for purge_due, tenant_id, app_id in rows]


async def secrets(reading: Reading, tenant_id: str, app_id: str) -> list[Secret]:
    """The secrets of an app, as hashes, expired ones included."""
    return await _SECRETS.all(reading, _SECRETS_OF, tenant_id=tenant_id, app_id=app_id)


async def secrets_in(reading: Reading, tenant_id: str) -> list[Secret]:
    """The secrets of every app of an organization."""
    return await _SECRETS.all(reading, _SECRETS_IN, tenant_id=tenant_id)


def insert(unit: Unit, new: App) -> None:
    """Write a new app; a client id that is taken, or a name as an API, raises Duplicate at commit."""
    APPS.insert(unit, new)
    _index(unit, new, [], [], new.identifier_uris, new.pages)


def save(unit: Unit, before: App, after: App) -> App:
    """Write changed values, guarded by the version; returns what is there then."""
    saved = replace(after, version=before.version + 1)
    values = {name: value for name, value in APPS.values(saved).items() if name not in _KEPT}
    unit.write(_SAVE, in_tenant=before.tenant_id, of_app=before.app_id, if_version=before.version, **values)
    _index(
        unit,
        before,
        before.identifier_uris,
        before.pages,
        after.identifier_uris,
        after.pages,
    )
    return saved


def _index(
    unit: Unit, of: App, uris: list[str], pages: list[str], uris_after: list[str], pages_after: list[str]
) -> None:
    app_index.keep_uris(unit, of.tenant_id, of.app_id, uris, uris_after)
    app_index.keep_origins(unit, of.tenant_id, of.app_id, pages, pages_after)


def drop(unit: Unit, gone: App) -> None:
    """Remove the app, its secrets and keys, and what waits for it."""
    unit.write(_DROP, tenant_id=gone.tenant_id, app_id=gone.app_id, version=gone.version)
    feed.thing_vanished(unit, gone.tenant_id, feed_more.APPLICATION, gone.app_id)
    feed.thing_vanished(unit, gone.tenant_id, feed_more.PRINCIPAL, gone.service_principal_id)
    unit.write(_DROP_SECRETS, rows=None, tenant_id=gone.tenant_id, app_id=gone.app_id)
    app_keys.drop_of_app(unit, gone.tenant_id, gone.app_id)
    app_permissions.drop_of_app(unit, gone.tenant_id, gone.app_id)
    device_grants.drop_of_app(unit, gone.tenant_id, gone.app_id)
    _index(unit, gone, gone.identifier_uris, gone.pages, [], [])


def guard(unit: Unit, seen: App) -> None:
    """Insist that the app is not changed or deleted before the unit commits."""
    unit.guard(_UNCHANGED, tenant_id=seen.tenant_id, app_id=seen.app_id, version=seen.version)


def insert_secret(unit: Unit, new: Secret) -> None:
    """Write the hash of a new secret."""
    _SECRETS.insert(unit, new)


def drop_secret(unit: Unit, gone: Secret) -> None:
    """The secret opens nothing any more."""
    unit.write(_DROP_SECRET, tenant_id=gone.tenant_id, app_id=gone.app_id, secret_id=gone.secret_id)
