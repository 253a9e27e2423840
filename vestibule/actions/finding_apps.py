"""Finding an app for a verb, with the right to do it; saving it, and telling the log."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise_on
from vestibule.actions.grouping import find_organization, owns
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, ActorKind
from vestibule.rules.permissions import is_powerful
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.targets import Anything, OnApp
from vestibule.rules.verbs import Verb
from vestibule.store import apps
from vestibule.store.apps import App
from vestibule.store.organizations import Organization
from vestibule.store.unit import Reading, Unit

OWNER_APPS: Final = "ownerApps"
"""The property that lists the programs that own an app, by their client ids."""


async def find_app(unit: Unit, by: Actor, verb: Verb, tenant_id: str, app_id: str, *, grants_api: bool = False) -> App:
    """The app whose application object or service principal has this id, when ``by`` may do ``verb`` to it.

    Raises:
        Refused: NOT_FOUND; as ``authorise``.
    """
    return await insist_on(unit, by, verb, tenant_id, app_id, await _find(unit, tenant_id, app_id), grants_api)


async def find_deleted_app(unit: Unit, by: Actor, verb: Verb, tenant_id: str, app_id: str) -> App:
    """The deleted app with this application object id that can still be restored.

    Raises:
        Refused: NOT_FOUND (never there, not deleted, or too late); as ``authorise``.
    """
    found = await apps.find_any(unit, tenant_id, app_id)
    there = found if found is not None and found.is_restorable(unit.now) else None
    return await insist_on(unit, by, verb, tenant_id, app_id, there)


async def insist_on(
    unit: Unit, by: Actor, verb: Verb, tenant_id: str, given: str, found: App | None, grants_api: bool = False
) -> App:
    """What was found, when there is something and ``by`` may do ``verb`` to it. Raises as ``find_app``."""
    if found is None:
        await authorise_on(unit, by, verb, Anything(tenant_id))
        raise Refused(Reason.NOT_FOUND, objectId=given)
    await authorise_on(unit, by, verb, await on_app(unit, by, found, grants_api=grants_api))
    return found


async def on_app(reading: Reading, by: Actor, app: App, *, grants_api: bool = False) -> OnApp:
    """An app as the rules see it when ``by`` does something to it."""
    owned = await owns_app(reading, by, app)
    return OnApp(app.tenant_id, app.app_id, owned, grants_api, powerful=is_powerful(app.permissions))


async def owns_app(reading: Reading, by: Actor, app: App) -> bool:
    """Whether the actor owns the app; an app counts as its own owner."""
    if by.kind is ActorKind.APP:
        return by.client_id == app.client_id or by.client_id in owner_apps(app)
    return await owns(reading, by, app.tenant_id, "app", app.app_id)


def owner_apps(app: App) -> list[str]:
    """The client ids of the programs that own an app."""
    return list(app.attributes.get(OWNER_APPS, []))


async def save(
    house: House,
    unit: Unit,
    before: App,
    after: App,
    *,
    by: Actor,
    verb: Verb = Verb.UPDATE_APP,
    changes: tuple[str, ...] = (),
    facts: Mapping[str, Any] | None = None,
    way: str = "",
) -> App:
    """Write an app's row and the event about it. Returns what is there then.

    An app that is switched off, or loses its service principal, loses what was given to it for good.
    """
    if (before.enabled and not after.enabled) or (after.principal_absent and not before.principal_absent):
        after = replace(after, epoch=before.epoch + 1)
    organization = await find_organization(unit, before.tenant_id)
    saved = apps.save(unit, before, after)
    await tell(house, unit, verb, organization, before, saved, by=by, changes=changes, facts=facts, way=way)
    return saved


async def tell(
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
    at: datetime | None = None,
) -> None:
    """Write the event about an app; ``at``: its due time, when time did it."""
    versions = (0 if before is None else before.version, after.version)
    subject = journal.about_thing(organization, "app", after.app_id, after.display_name, *versions)
    event = journal.Event(
        verb,
        after.tenant_id,
        subject,
        at or unit.now,
        changes=changes,
        facts={"clientId": after.client_id, **(facts or {})},
        way=way,
    )
    await journal.write(house, unit, event, by=by)


async def _find(unit: Unit, tenant_id: str, app_id: str) -> App | None:
    """By the application object's id or the service principal's."""
    found = await apps.find(unit, tenant_id, app_id)
    return found or await apps.find_by_principal(unit, tenant_id, app_id)
