"""Cross-tenant access settings: who of which organization may be a guest, or get to shared apps by direct connect.

A property that is set to None, or never was, is inherited: a partner's from the default, the default's from the
system, which lets guests come and go and nobody connect. A change of one list of a direction leaves the other as it
is. What the settings mean is ``rules.direct_connect`` and ``rules.collaboration``; how they are sent is
``cross_tenant_shapes``.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.cross_tenant_shapes import Lists, Read, read_changes
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import direct_connect
from vestibule.rules.actors import Actor
from vestibule.rules.direct_connect import Setting
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import cross_tenant, organizations
from vestibule.store.cross_tenant import DEFAULT, GUESTS_IN, GUESTS_OUT, INBOUND, OUTBOUND, Settings, Towards
from vestibule.store.unit import Reading, Unit

DIRECTIONS: Final = (INBOUND, OUTBOUND, GUESTS_IN, GUESTS_OUT)


async def set_partner(
    house: House, *, tenant_id: str, partner_id: str, changes: Mapping[str, Any], by: Actor, must_be_new: bool = False
) -> Settings:
    """Set directions of the settings towards another organization, in Graph's shape; None inherits the default.

    Raises:
        Refused: NOT_ALLOWED; NOT_FOUND for an organization that is not in this deployment; BAD_VALUE or MISSING_VALUE
            with the property; ALREADY_THERE when ``must_be_new`` and it is not.
    """
    partner = guid(partner_id)
    if partner is None or partner == tenant_id:
        raise Refused(Reason.BAD_VALUE, property="tenantId")
    read = read_changes(changes, of_default=False)

    async def work(unit: Unit) -> Settings:
        await authorise(unit, by, Verb.CHANGE_CROSS_TENANT, tenant_id)
        if await organizations.find(unit, partner) is None:
            raise Refused(Reason.NOT_FOUND, objectId=partner)
        before = await cross_tenant.find(unit, tenant_id, partner)
        if before is not None and must_be_new:
            raise Refused(Reason.ALREADY_THERE, property="tenantId")
        default = await cross_tenant.find(unit, tenant_id)
        setting = _merged(before, read, Towards(None, default))
        return await _save(house, unit, tenant_id, partner, before, setting, changes=read, by=by)

    way = "addPartner" if must_be_new else "updatePartner"
    return await attempt(house, Verb.CHANGE_CROSS_TENANT, work, by=by, tenant_id=tenant_id, way=way)


async def set_default(house: House, *, tenant_id: str, changes: Mapping[str, Any], by: Actor) -> Settings:
    """Set directions of what holds towards every organization without settings of its own, in Graph's shape.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE or MISSING_VALUE with the property.
    """
    read = read_changes(changes, of_default=True)

    async def work(unit: Unit) -> Settings:
        await authorise(unit, by, Verb.CHANGE_CROSS_TENANT, tenant_id)
        before = await cross_tenant.find(unit, tenant_id)
        setting = _merged(before, read, Towards(None, None))
        return await _save(house, unit, tenant_id, DEFAULT, before, setting, changes=read, by=by)

    return await attempt(house, Verb.CHANGE_CROSS_TENANT, work, by=by, tenant_id=tenant_id)


async def reset_default(house: House, *, tenant_id: str, by: Actor) -> None:
    """Go back to what the system says: guests come and go, nobody connects.

    Raises:
        Refused: NOT_ALLOWED.
    """
    await _forget(house, tenant_id, DEFAULT, "resetDefault", by=by)


async def delete_partner(house: House, *, tenant_id: str, partner_id: str, by: Actor) -> None:
    """Forget the settings towards an organization; the default holds again.

    Raises:
        Refused: NOT_FOUND when there are none; NOT_ALLOWED.
    """
    await _forget(house, tenant_id, guid(partner_id) or "", "deletePartner", by=by)


async def effective_settings(reading: Reading, tenant_id: str, partner_id: str) -> dict[str, Any]:
    """What holds towards an organization, in every direction, in Graph's shape."""
    towards = await cross_tenant.towards(reading, tenant_id, partner_id)
    return {name: cross_tenant.as_json(towards.direction(name)) for name in DIRECTIONS}


# --- Inside -----------------------------------------------------------------------------------------------------------


def _merged(before: Settings | None, read: Mapping[str, Read], inherited: Towards) -> dict[str, Any]:
    """The settings with what was sent; of a direction and of flags, what was not sent stays as it is, or was inherited.

    Raises:
        Refused: MISSING_VALUE or BAD_VALUE for lists that contradict each other.
    """
    setting = {} if before is None else dict(before.setting)
    for name, sent in read.items():
        if sent is None:
            setting.pop(name, None)
        elif isinstance(sent, Lists):
            own = None if before is None else before.direction(name)
            setting[name] = _direction(name, sent, own or inherited.direction(name))
        else:
            setting[name] = {**setting.get(name, {}), **sent}
    return setting


def _direction(name: str, sent: Lists, before: Setting) -> dict[str, Any]:
    setting = Setting(people=sent.people or before.people, apps=sent.apps or before.apps)
    reason = direct_connect.why_not_save(setting)
    if reason is not None:
        raise Refused(reason, property=name)
    return cross_tenant.as_json(setting)


async def _save(
    house: House,
    unit: Unit,
    tenant_id: str,
    partner_id: str,
    before: Settings | None,
    setting: dict[str, Any],
    *,
    changes: Mapping[str, Read],
    by: Actor,
) -> Settings:
    if before is None:
        after = Settings(tenant_id, partner_id, setting, 1)
        cross_tenant.insert(unit, after)
        way = "" if partner_id == DEFAULT else "addPartner"
    elif setting == before.setting:
        return before
    else:
        after = cross_tenant.save(unit, before, setting)
        way = "" if partner_id == DEFAULT else "updatePartner"
    await _tell(house, unit, tenant_id, partner_id, way, before, after, changes=tuple(sorted(changes)), by=by)
    return after


async def _forget(house: House, tenant_id: str, partner_id: str, way: str, *, by: Actor) -> None:
    async def work(unit: Unit) -> None:
        await authorise(unit, by, Verb.CHANGE_CROSS_TENANT, tenant_id)
        before = await cross_tenant.find(unit, tenant_id, partner_id)
        if before is None and partner_id == DEFAULT:
            return
        if before is None:
            raise Refused(Reason.NOT_FOUND, objectId=partner_id)
        cross_tenant.drop(unit, before)
        await _tell(house, unit, tenant_id, partner_id, way, before, None, changes=(), by=by)

    await attempt(house, Verb.CHANGE_CROSS_TENANT, work, by=by, tenant_id=tenant_id, way=way)


async def _tell(
    house: House,
    unit: Unit,
    tenant_id: str,
    partner_id: str,
    way: str,
    before: Settings | None,
    after: Settings | None,
    *,
    changes: tuple[str, ...],
    by: Actor,
) -> None:
    organization = await find_organization(unit, tenant_id)
    versions = (0 if before is None else before.version, 0 if after is None else after.version)
    subject = journal.about_thing(organization, "policy", partner_id, "crossTenantAccessPolicy", *versions)
    event = journal.Event(
        Verb.CHANGE_CROSS_TENANT,
        tenant_id,
        subject,
        unit.now,
        changes=changes,
        facts={"partner": partner_id},
        way=way,
        details={
            "old": {} if before is None else before.setting,
            "new": {} if after is None else after.setting,
        },
    )
    await journal.write(house, unit, event, by=by)
