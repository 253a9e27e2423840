"""Apps that go and come back: delete, restore, delete for good.

A deleted application is kept for 30 days with everything that hangs on it, and nobody signs in with it. Its service
principal goes with it and does not come back by itself: it is restored or made anew. What had been signed in through
it stays ended, whatever comes back.
"""

from dataclasses import replace
from datetime import datetime

from vestibule.actions import app_connections
from vestibule.actions.carry_out import attempt, insist_version
from vestibule.actions.finding_apps import find_app, find_deleted_app, save, tell
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules.actors import Actor, system
from vestibule.rules.lifecycle import RESTORABLE_FOR
from vestibule.rules.verbs import Verb
from vestibule.store import apps, consents, foreign_principals, group_assignments, tokens
from vestibule.store.apps import App
from vestibule.store.holdings import ASSIGNED, OWNING
from vestibule.store.unit import Moment, Unit


async def delete_app(house: House, *, tenant_id: str, app_id: str, by: Actor, if_version: int | None = None) -> App:
    """Delete an app, restorably for 30 days. Its tokens are dead from now on.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; VERSION_MISMATCH when ``if_version`` is not the version.
    """

    async def work(unit: Unit) -> App:
        before = await find_app(unit, by, Verb.DELETE_APP, tenant_id, app_id)
        insist_version(before.version, if_version)
        after = without_principal(before, unit.moment)
        after = replace(after, deleted_at=unit.now, purge_due=unit.now + RESTORABLE_FOR)
        tokens.end_of_app(unit, before.client_id)
        way = "application" if before.principal_absent else ""
        return await save(house, unit, before, after, by=by, verb=Verb.DELETE_APP, way=way)

    return await attempt(house, Verb.DELETE_APP, work, by=by, tenant_id=tenant_id)


async def restore_app(house: House, *, tenant_id: str, app_id: str, by: Actor) -> App:
    """Bring a deleted application back, with its secrets, roles and owners; not its service principal.

    Raises:
        Refused: NOT_FOUND when there is no such deleted app (never, no longer, or the 30 days are over); NOT_ALLOWED.
    """

    async def work(unit: Unit) -> App:
        before = await find_deleted_app(unit, by, Verb.RESTORE_APP, tenant_id, app_id)
        after = replace(before, deleted_at=None, purge_due=None)
        return await save(house, unit, before, after, by=by, verb=Verb.RESTORE_APP)

    return await attempt(house, Verb.RESTORE_APP, work, by=by, tenant_id=tenant_id)


async def purge_app(house: House, *, tenant_id: str, app_id: str, by: Actor) -> None:
    """Delete a deleted app for good, before time does: its secrets, consents, assignments and owners go.

    Raises:
        Refused: NOT_FOUND when there is no such deleted app; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        gone = await find_deleted_app(unit, by, Verb.PURGE_APP, tenant_id, app_id)
        await _purge(house, unit, gone, unit.now, by=by)

    await attempt(house, Verb.PURGE_APP, work, by=by, tenant_id=tenant_id)


async def purge_app_due(house: House, *, tenant_id: str, app_id: str) -> datetime | None:
    """Time deletes a deleted app for good. Returns when that was, or None when it is not (or no longer) due."""

    async def work(unit: Unit) -> datetime | None:
        gone = await apps.find_any(unit, tenant_id, app_id)
        if gone is None or gone.purge_due is None or unit.now < gone.purge_due:
            return None
        await _purge(house, unit, gone, gone.purge_due, by=system())
        return gone.purge_due

    return await house.change(work)


def without_principal(before: App, moment: Moment) -> App:
    """The app when its service principal goes; one that it does not have stays as it is."""
    if before.principal_absent:
        return before
    return replace(before, principal_absent=True, principal_deleted_at=moment.now)


def drop_what_hangs_on(unit: Unit, app: App) -> None:
    """Consents to the app and at its API, and who is assigned to it, go for good."""
    consents.drop_of_app(unit, app.tenant_id, app.app_id)
    ASSIGNED.thing_gone(unit, app.tenant_id, app.app_id, app.display_name)
    group_assignments.app_gone(unit, app.tenant_id, app.app_id)


async def _purge(house: House, unit: Unit, gone: App, at: datetime, *, by: Actor) -> None:
    organization = await find_organization(unit, gone.tenant_id)
    apps.drop(unit, gone)
    await app_connections.forget_app(unit, gone.tenant_id, gone.app_id)
    drop_what_hangs_on(unit, gone)
    foreign_principals.drop_of_app(unit, gone.app_id)
    OWNING.thing_gone(unit, gone.tenant_id, gone.app_id, gone.display_name)
    after = replace(gone, version=gone.version + 1)
    await tell(house, unit, Verb.PURGE_APP, organization, gone, after, by=by, at=at)
