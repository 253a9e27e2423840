"""What apps prove themselves with: client secrets, and certificates and public keys for signed assertions.

Whoever gives an app a secret can act as that app, so the right to it depends on what the app may do.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from vestibule.actions import key_credentials
from vestibule.actions.carry_out import attempt
from vestibule.actions.finding_apps import find_app, save
from vestibule.actions.house import House
from vestibule.actions.key_credentials import KEY_CREDENTIALS, NewKey
from vestibule.rules import texts
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import app_keys, apps
from vestibule.store.app_keys import AppKey
from vestibule.store.apps import App, Secret
from vestibule.store.unit import Unit

PASSWORD_CREDENTIALS: Final = "passwordCredentials"  # noqa: S105 - the name of a property
MOST: Final = 50
LONGEST_NAME: Final = 120
_HINT: Final = 3


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A client secret that was just made. ``text`` exists only here; the store keeps its hash."""

    secret_id: str
    text: str
    hint: str
    expires_at: datetime | None
    display_name: str | None = None
    starts_at: datetime | None = None


def new_secret(
    house: House,
    *,
    expires_at: datetime | None = None,
    starts_at: datetime | None = None,
    display_name: str | None = None,
) -> NewSecret:
    """A secret for an app, to be written with ``as_row``.

    Raises:
        Refused: BAD_VALUE with the property ``passwordCredentials``.
    """
    if starts_at is not None and expires_at is not None and expires_at <= starts_at:
        raise Refused(Reason.BAD_VALUE, property=PASSWORD_CREDENTIALS)
    named = texts.text_line(display_name, limit=LONGEST_NAME, what=PASSWORD_CREDENTIALS) if display_name else None
    text = house.chance.token()
    return NewSecret(house.chance.guid(), text, text[:_HINT], expires_at, named, starts_at)


def as_row(app: App, secret: NewSecret) -> Secret:
    """How a secret is kept: as a hash."""
    digest = hashlib.sha256(secret.text.encode()).hexdigest()
    return Secret(
        app.tenant_id,
        app.app_id,
        secret.secret_id,
        digest,
        secret.hint,
        secret.expires_at,
        secret.display_name,
        secret.starts_at,
    )


async def add_secret(
    house: House,
    *,
    tenant_id: str,
    app_id: str,
    by: Actor,
    expires_at: datetime | None = None,
    starts_at: datetime | None = None,
    display_name: str | None = None,
) -> NewSecret:
    """Give an app another client secret. It is shown once, here.

    Args:
        house: the house. tenant_id, app_id: whose. by: who gives it.
        starts_at, expires_at: between which moments of the machine's clock it opens; None for always.
        display_name: what people call it.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE for a public app, which could not keep it, and beyond 50 secrets.
    """
    secret = new_secret(house, expires_at=expires_at, starts_at=starts_at, display_name=display_name)

    async def work(unit: Unit) -> NewSecret:
        before = await _find(unit, by, tenant_id, app_id, PASSWORD_CREDENTIALS)
        if len(await apps.secrets(unit, tenant_id, before.app_id)) >= MOST:
            raise Refused(Reason.BAD_VALUE, property=PASSWORD_CREDENTIALS, why="tooMany")
        apps.insert_secret(unit, as_row(before, secret))
        await _save(house, unit, before, PASSWORD_CREDENTIALS, by=by)
        return secret

    return await attempt(house, Verb.CHANGE_APP_CREDENTIALS, work, by=by, tenant_id=tenant_id)


async def remove_secret(house: House, *, tenant_id: str, app_id: str, secret_id: str, by: Actor) -> None:
    """Take a client secret away; it opens nothing from now on.

    Raises:
        Refused: NOT_FOUND for app or secret; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        before = await find_app(unit, by, Verb.CHANGE_APP_CREDENTIALS, tenant_id, app_id)
        kept = await apps.secrets(unit, tenant_id, before.app_id)
        gone = next((secret for secret in kept if secret.secret_id == secret_id), None)
        if gone is None:
            raise Refused(Reason.NOT_FOUND, objectId=secret_id)
        apps.drop_secret(unit, gone)
        await _save(house, unit, before, PASSWORD_CREDENTIALS, by=by)

    await attempt(house, Verb.CHANGE_APP_CREDENTIALS, work, by=by, tenant_id=tenant_id)


async def add_key_credential(house: House, credential: NewKey, *, tenant_id: str, app_id: str, by: Actor) -> AppKey:
    """Register a certificate or public key that the app signs its assertions with (RFC 7523).

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``keyCredentials`` for a public app.
    """
    new = key_credentials.row(house, credential)

    async def work(unit: Unit) -> AppKey:
        before = await _find(unit, by, tenant_id, app_id, KEY_CREDENTIALS)
        made = new(before, unit.moment.machine)
        app_keys.insert(unit, made)
        await _save(house, unit, before, KEY_CREDENTIALS, by=by)
        return made

    return await attempt(house, Verb.CHANGE_APP_CREDENTIALS, work, by=by, tenant_id=tenant_id)


async def remove_key_credential(house: House, *, tenant_id: str, app_id: str, key_id: str, by: Actor) -> None:
    """Take a certificate or key away; it proves nothing from now on.

    Raises:
        Refused: NOT_FOUND for app or key; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        before = await find_app(unit, by, Verb.CHANGE_APP_CREDENTIALS, tenant_id, app_id)
        kept = await app_keys.of_app(unit, tenant_id, before.app_id)
        gone = next((key for key in kept if key.key_id == key_id), None)
        if gone is None:
            raise Refused(Reason.NOT_FOUND, objectId=key_id)
        app_keys.drop(unit, gone)
        await _save(house, unit, before, KEY_CREDENTIALS, by=by)

    await attempt(house, Verb.CHANGE_APP_CREDENTIALS, work, by=by, tenant_id=tenant_id)


async def set_key_credentials(
    house: House, *, tenant_id: str, app_id: str, keep: Sequence[str], new: Sequence[NewKey], by: Actor
) -> None:
    """Say which certificates and keys an app has from now on: those kept by their ids, and new ones.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE with the property ``keyCredentials`` for an id that it does not
            have, for a public app and beyond 50.
    """
    rows: list[Callable[[App, datetime], AppKey]] = [key_credentials.row(house, one) for one in new]

    async def work(unit: Unit) -> None:
        before = await find_app(unit, by, Verb.CHANGE_APP_CREDENTIALS, tenant_id, app_id)
        kept = await app_keys.of_app(unit, tenant_id, before.app_id)
        gone = [key for key in kept if key.key_id not in keep]
        if not gone and not rows and len(kept) == len(set(keep)):
            return
        if (before.public and rows) or len(keep) + len(rows) > MOST or not {key.key_id for key in kept} >= set(keep):
            raise Refused(Reason.BAD_VALUE, property=KEY_CREDENTIALS)
        for key in gone:
            app_keys.drop(unit, key)
        for row in rows:
            app_keys.insert(unit, row(before, unit.moment.machine))
        await _save(house, unit, before, KEY_CREDENTIALS, by=by)

    await attempt(house, Verb.CHANGE_APP_CREDENTIALS, work, by=by, tenant_id=tenant_id)


async def _find(unit: Unit, by: Actor, tenant_id: str, app_id: str, what: str) -> App:
    """An app that can keep a secret. Raises Refused."""
    found = await find_app(unit, by, Verb.CHANGE_APP_CREDENTIALS, tenant_id, app_id)
    if found.public:
        raise Refused(Reason.BAD_VALUE, property=what, why="keepsNoSecret")
    return found


async def _save(house: House, unit: Unit, before: App, what: str, *, by: Actor) -> None:
    await save(house, unit, before, before, by=by, verb=Verb.CHANGE_APP_CREDENTIALS, changes=(what,))
