"""What an organization says about other organizations: its cross-tenant access settings, default and per partner.

The settings are kept in the shape of Microsoft Graph (*crossTenantAccessPolicyB2BSetting*) and read as the rules'
values here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import delete, update

from vestibule.rules.direct_connect import Access, AccessList, Entry, Setting, TargetType, effective
from vestibule.store.records import Records
from vestibule.store.schema import cross_tenant
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit

DEFAULT: Final = "default"
"""Stands for every organization that has no settings of its own."""

INBOUND: Final = "b2bDirectConnectInbound"
OUTBOUND: Final = "b2bDirectConnectOutbound"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings towards one partner, or the default.

    Attributes:
        partner_id: the other organization, or ``default``.
        setting: by Graph's property names; a property that is missing is inherited.
    """

    tenant_id: str
    partner_id: str
    setting: dict[str, Any]
    version: int

    def direction(self, name: str) -> Setting | None:
        """One direction as the rules see it; None when it is inherited."""
        kept = self.setting.get(name)
        return None if kept is None else as_setting(kept)


_SETTINGS: Final = Records(cross_tenant, Settings)
_FIND = _SETTINGS.where(
    cross_tenant.c.tenant_id == given("tenant_id"), cross_tenant.c.partner_id == given("partner_id")
)
_ALL = _SETTINGS.where(cross_tenant.c.tenant_id == given("tenant_id"), order=cross_tenant.c.partner_id)
_SAVE = Change(
    update(cross_tenant)
    .where(
        cross_tenant.c.tenant_id == given("in_tenant"),
        cross_tenant.c.partner_id == given("of_partner"),
        cross_tenant.c.version == given("if_version"),
    )
    .values(setting=given("setting"), version=given("version"))
)
_DROP = Change(
    delete(cross_tenant).where(
        cross_tenant.c.tenant_id == given("tenant_id"),
        cross_tenant.c.partner_id == given("partner_id"),
        cross_tenant.c.version == given("version"),
    )
)


async def find(reading: Reading, tenant_id: str, partner_id: str = DEFAULT) -> Settings | None:
    """What was set towards a partner, or as the default; None when nothing was."""
    return await _SETTINGS.one(reading, _FIND, tenant_id=tenant_id, partner_id=partner_id)


async def partners(reading: Reading, tenant_id: str) -> list[Settings]:
    """Every partner with settings of its own."""
    found = await _SETTINGS.all(reading, _ALL, tenant_id=tenant_id)
    return [settings for settings in found if settings.partner_id != DEFAULT]


async def direct_connect_inbound(reading: Reading, tenant_id: str, partner_id: str) -> Setting:
    """Who of ``partner_id`` gets to which apps of ``tenant_id``."""
    return await _effective(reading, tenant_id, partner_id, INBOUND)


async def direct_connect_outbound(reading: Reading, tenant_id: str, partner_id: str) -> Setting:
    """Who of ``tenant_id`` may go to which apps of ``partner_id``."""
    return await _effective(reading, tenant_id, partner_id, OUTBOUND)


def insert(unit: Unit, new: Settings) -> None:
    """Write the first settings towards a partner; twice raises Duplicate at commit."""
    _SETTINGS.insert(unit, new)


def save(unit: Unit, before: Settings, setting: dict[str, Any]) -> Settings:
    """Write changed settings, guarded by the version; returns what is there then."""
    saved = replace(before, setting=setting, version=before.version + 1)
    values = _SETTINGS.values(saved)
    unit.write(
        _SAVE,
        in_tenant=before.tenant_id,
        of_partner=before.partner_id,
        if_version=before.version,
        setting=values["setting"],
        version=saved.version,
    )
    return saved


def drop(unit: Unit, gone: Settings) -> None:
    """Nothing is set towards this partner any more."""
    unit.write(_DROP, tenant_id=gone.tenant_id, partner_id=gone.partner_id, version=gone.version)


def as_setting(kept: Mapping[str, Any]) -> Setting:
    """Graph's shape as the rules' value. Raises KeyError, TypeError or ValueError for another shape."""
    return Setting(people=_list(kept["usersAndGroups"]), apps=_list(kept["applications"]))


def as_json(setting: Setting) -> dict[str, Any]:
    """The rules' value in Graph's shape; entries in a fixed order, so that the same setting reads the same."""
    return {"usersAndGroups": _list_json(setting.people), "applications": _list_json(setting.apps)}


def _list(kept: Mapping[str, Any]) -> AccessList:
    entries = frozenset(Entry(target["target"], TargetType(target["targetType"])) for target in kept["targets"])
    return AccessList(Access(kept["accessType"]), entries)


def _list_json(listed: AccessList) -> dict[str, Any]:
    ordered = sorted(listed.entries, key=lambda entry: (entry.kind.value, entry.target))
    return {
        "accessType": listed.access.value,
        "targets": [{"target": entry.target, "targetType": entry.kind.value} for entry in ordered],
    }


async def _effective(reading: Reading, tenant_id: str, partner_id: str, direction: str) -> Setting:
    partner = await find(reading, tenant_id, partner_id)
    default = await find(reading, tenant_id)
    return effective(
        None if partner is None else partner.direction(direction),
        None if default is None else default.direction(direction),
    )
