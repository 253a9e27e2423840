"""Cross-tenant access settings: who of which organization gets to which shared apps by direct connect.

A property that is set to None, or never was, is inherited: a partner's from the default, the default's from the
system, which lets nobody through.
"""

from collections.abc import Mapping
from typing import Any, Final

from vestibule.actions import journal
from vestibule.actions.authorising import authorise
from vestibule.actions.carry_out import attempt
from vestibule.actions.grouping import find_organization
from vestibule.actions.house import House
from vestibule.rules import direct_connect
from vestibule.rules.actors import Actor
from vestibule.rules.direct_connect import ALL_APPLICATIONS, ALL_USERS, Access, AccessList, Entry, Setting, TargetType
from vestibule.rules.names import guid
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb
from vestibule.store import cross_tenant, organizations
from vestibule.store.cross_tenant import DEFAULT, INBOUND, OUTBOUND, Settings
from vestibule.store.unit import Reading, Unit

DIRECTIONS: Final = (INBOUND, OUTBOUND)
MOST_TARGETS: Final = 500

_PEOPLE: Final = frozenset({TargetType.USER, TargetType.GROUP})
_APPS: Final = frozenset({TargetType.APPLICATION})


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
    read = _read(changes)

    async def work(unit: Unit) -> Settings:
        await authorise(unit, by, Verb.CHANGE_CROSS_TENANT, tenant_id)
        if await organizations.find(unit, partner) is None:
            raise Refused(Reason.NOT_FOUND, objectId=partner)
        before = await cross_tenant.find(unit, tenant_id, partner)
        if before is not None and must_be_new:
            raise Refused(Reason.ALREADY_THERE, property="tenantId")
        return await _save(house, unit, tenant_id, partner, before, read, by=by)

    way = "addPartner" if must_be_new else "updatePartner"
    return await attempt(house, Verb.CHANGE_CROSS_TENANT, work, by=by, tenant_id=tenant_id, way=way)


async def set_default(house: House, *, tenant_id: str, changes: Mapping[str, Any], by: Actor) -> Settings:
    """Set directions of what holds towards every organization without settings of its own, in Graph's shape.

    Raises:
        Refused: NOT_ALLOWED; BAD_VALUE or MISSING_VALUE with the property.
    """
    read = _read(changes)

    async def work(unit: Unit) -> Settings:
        await authorise(unit, by, Verb.CHANGE_CROSS_TENANT, tenant_id)
        before = await cross_tenant.find(unit, tenant_id)
        return await _save(house, unit, tenant_id, DEFAULT, before, read, by=by)

    return await attempt(house, Verb.CHANGE_CROSS_TENANT, work, by=by, tenant_id=tenant_id)


async def reset_default(house: House, *, tenant_id: str, by: Actor) -> None:
    """Go back to what the system says: nobody connects.

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
    """What holds towards an organization, both directions, in Graph's shape."""
    inbound = await cross_tenant.direct_connect_inbound(reading, tenant_id, partner_id)
    outbound = await cross_tenant.direct_connect_outbound(reading, tenant_id, partner_id)
    return {INBOUND: cross_tenant.as_json(inbound), OUTBOUND: cross_tenant.as_json(outbound)}


# --- Inside -----------------------------------------------------------------------------------------------------------


def _read(changes: Mapping[str, Any]) -> dict[str, dict[str, Any] | None]:
    """What was sent, checked, as it is kept. Raises Refused."""
    unknown = next((name for name in changes if name not in DIRECTIONS), None)
    if unknown is not None:
        raise Refused(Reason.BAD_VALUE, property=unknown, why="unknown")
    return {name: None if value is None else _read_setting(name, value) for name, value in changes.items()}


def _read_setting(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) - {"@odata.type"} != {"usersAndGroups", "applications"}:
        raise Refused(Reason.BAD_VALUE, property=name)
    setting = Setting(
        people=_read_list(name, value["usersAndGroups"], _PEOPLE, ALL_USERS),
        apps=_read_list(name, value["applications"], _APPS, ALL_APPLICATIONS),
    )
    reason = direct_connect.why_not_save(setting)
    if reason is not None:
        raise Refused(reason, property=name)
    return cross_tenant.as_json(setting)


def _read_list(name: str, value: Any, kinds: frozenset[TargetType], everything: str) -> AccessList:
    if not isinstance(value, Mapping) or not isinstance(value.get("targets"), list):
        raise Refused(Reason.BAD_VALUE, property=name)
    targets = value["targets"]
    if value.get("accessType") not in {"allowed", "blocked"} or len(targets) > MOST_TARGETS:
        raise Refused(Reason.BAD_VALUE, property=name)
    entries = frozenset(_read_entry(name, target, kinds, everything) for target in targets)
    return AccessList(Access(value["accessType"]), entries)


def _read_entry(name: str, target: Any, kinds: frozenset[TargetType], everything: str) -> Entry:
    if not isinstance(target, Mapping) or target.get("targetType") not in {kind.value for kind in kinds}:
        raise Refused(Reason.BAD_VALUE, property=name)
    kind = TargetType(target["targetType"])
    named = str(target.get("target", ""))
    if named.lower() == everything.lower() and kind is not TargetType.GROUP:
        return Entry(everything, kind)
    found = guid(named)
    if found is None:
        raise Refused(Reason.BAD_VALUE, property=name)
    return Entry(found, kind)


async def _save(
    house: House,
    unit: Unit,
    tenant_id: str,
    partner_id: str,
    before: Settings | None,
    read: Mapping[str, dict[str, Any] | None],
    *,
    by: Actor,
) -> Settings:
    old = {} if before is None else before.setting
    setting = {name: kept for name, kept in {**old, **read}.items() if kept is not None}
    if before is None:
        after = Settings(tenant_id, partner_id, setting, 1)
        cross_tenant.insert(unit, after)
        way = "" if partner_id == DEFAULT else "addPartner"
    elif setting == old:
        return before
    else:
        after = cross_tenant.save(unit, before, setting)
        way = "" if partner_id == DEFAULT else "updatePartner"
    await _tell(house, unit, tenant_id, partner_id, way, before, after, changes=tuple(sorted(read)), by=by)
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
