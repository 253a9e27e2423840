"""The service principal of an app: what makes it one that people of the organization sign in to.

It is part of the app's row. Without one an application is only a description: no token is given for it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from vestibule.actions.carry_out import attempt
from vestibule.actions.deleting_apps import drop_what_hangs_on, without_principal
from vestibule.actions.finding_apps import insist_on, save
from vestibule.actions.house import House
from vestibule.rules import app_properties
from vestibule.rules import apps as rules
from vestibule.rules.actors import Actor
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import app_permissions, apps, tokens
from vestibule.store.apps import App
from vestibule.store.unit import Unit

_WAY: Final = "principal"
_FIELDS: Final = frozenset({"enabled", "requires_assignment"})


async def create_principal(
    house: House, *, tenant_id: str, client_id: str, by: Actor, changes: Mapping[str, Any] | None = None
) -> App:
    """Make the service principal of an app of the organization, named by its client id.

    One that was deleted before is not the same: what hung on it goes for good.

    Args:
        house: the house. tenant_id: where. client_id: of which app. by: who.
        changes: as ``update_principal``.

    Raises:
        Refused: NOT_FOUND for an app that is not registered here; NOT_ALLOWED; ALREADY_THERE; BAD_VALUE.
    """

    async def work(unit: Unit) -> App:
        found = await apps.find_by_any_client_id(unit, client_id)
        here = found if found is not None and found.tenant_id == tenant_id and found.is_live else None
        before = await insist_on(unit, by, Verb.CREATE_APP, tenant_id, client_id, here)
        if not before.principal_absent:
            raise Refused(Reason.ALREADY_THERE, property="servicePrincipals")
        again = before.principal_deleted_at is not None
        after = replace(before, principal_absent=False, principal_deleted_at=None, enabled=True)
        if again:
            _empty(unit, before)
            after = replace(after, service_principal_id=house.chance.guid(), permissions=[])
        after = _changed(after, changes or {})
        return await save(house, unit, before, after, by=by, verb=Verb.CREATE_APP, way=_WAY)

    return await attempt(house, Verb.CREATE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def update_principal(
    house: House, *, tenant_id: str, principal_id: str, changes: Mapping[str, Any], by: Actor
) -> App:
    """Change a service principal: ``enabled``, ``requires_assignment``, and ``properties`` as ``update_app``.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED; BAD_VALUE or READ_ONLY with the property.
    """

    async def work(unit: Unit) -> App:
        found = await apps.find_by_principal(unit, tenant_id, principal_id)
        before = await insist_on(unit, by, Verb.UPDATE_APP, tenant_id, principal_id, found)
        after = _changed(before, changes)
        if after == before:
            return before
        if before.enabled and not after.enabled:
            tokens.end_of_app(unit, before.client_id)
        changed = tuple(sorted({*changes} - {"properties"} | {*changes.get("properties", {})}))
        return await save(house, unit, before, after, by=by, changes=changed, way=_WAY)

    return await attempt(house, Verb.UPDATE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def delete_principal(house: House, *, tenant_id: str, principal_id: str, by: Actor) -> App:
    """Delete a service principal, restorably for 30 days; the application stays. Its tokens are dead from now on.

    Raises:
        Refused: NOT_FOUND, NOT_ALLOWED.
    """

    async def work(unit: Unit) -> App:
        found = await apps.find_by_principal(unit, tenant_id, principal_id)
        before = await insist_on(unit, by, Verb.DELETE_APP, tenant_id, principal_id, found)
        tokens.end_of_app(unit, before.client_id)
        after = without_principal(before, unit.moment)
        return await save(house, unit, before, after, by=by, verb=Verb.DELETE_APP, way=_WAY)

    return await attempt(house, Verb.DELETE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def restore_principal(house: House, *, tenant_id: str, principal_id: str, by: Actor) -> App:
    """Bring a deleted service principal back, with its permissions, consents and assignments.

    Raises:
        Refused: NOT_FOUND when there is no such deleted one, or its application is deleted; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> App:
        before = await _find_deleted(unit, by, Verb.RESTORE_APP, tenant_id, principal_id)
        if not before.is_live:
            raise Refused(Reason.NOT_FOUND, objectId=principal_id)
        after = replace(before, principal_absent=False, principal_deleted_at=None)
        return await save(house, unit, before, after, by=by, verb=Verb.RESTORE_APP, way=_WAY)

    return await attempt(house, Verb.RESTORE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def purge_principal(house: House, *, tenant_id: str, principal_id: str, by: Actor) -> None:
    """Delete a deleted service principal for good: permissions, consents and assignments go; the application stays.

    Raises:
        Refused: NOT_FOUND when there is no such deleted one; NOT_ALLOWED.
    """

    async def work(unit: Unit) -> None:
        before = await _find_deleted(unit, by, Verb.PURGE_APP, tenant_id, principal_id)
        _empty(unit, before)
        # The next one is another: its id is drawn now, so that this one leads nowhere any more.
        after = replace(before, service_principal_id=house.chance.guid(), permissions=[], principal_deleted_at=None)
        await save(house, unit, before, after, by=by, verb=Verb.PURGE_APP, way=_WAY)

    await attempt(house, Verb.PURGE_APP, work, by=by, tenant_id=tenant_id, way=_WAY)


async def _find_deleted(unit: Unit, by: Actor, verb: Verb, tenant_id: str, principal_id: str) -> App:
    found = await apps.find_by_any_principal(unit, tenant_id, principal_id)
    there = found if found is not None and found.has_restorable_principal(unit.now) else None
    return await insist_on(unit, by, verb, tenant_id, principal_id, there)


def _empty(unit: Unit, before: App) -> None:
    drop_what_hangs_on(unit, before)
    app_permissions.drop_of_app(unit, before.tenant_id, before.app_id)


def _changed(before: App, changes: Mapping[str, Any]) -> App:
    plain = {name: value for name, value in changes.items() if name != "properties"}
    unknown = plain.keys() - _FIELDS
    if unknown:
        raise Refused(Reason.READ_ONLY, property=min(unknown))
    read = {name: rules.read(name, value, public=before.public) for name, value in plain.items()}
    after = replace(before, **read)
    if changes.get("properties"):
        after = replace(after, attributes=app_properties.merged(after.attributes, changes["properties"]))
    return after
