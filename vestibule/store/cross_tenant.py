"""What an organization says about other organizations: its cross-tenant access settings, default and per partner.

The settings are kept in the shape of Microsoft Graph (*crossTenantAccessPolicyB2BSetting*) and read as the rules'
values here and nowhere else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import delete, update

from vestibule.rules import collaboration, direct_connect
from vestibule.rules.direct_connect import Access, AccessList, Entry, Setting, TargetType, effective
from vestibule.store.records import Records
from vestibule.store.schema import cross_tenant
from vestibule.store.statements import Change, among, given
from vestibule.store.unit import Reading, Unit

DEFAULT: Final = "default"
"""Stands for every organization that has no settings of its own."""

INBOUND: Final = "b2bDirectConnectInbound"
OUTBOUND: Final = "b2bDirectConnectOutbound"
GUESTS_IN: Final = "b2bCollaborationInbound"
GUESTS_OUT: Final = "b2bCollaborationOutbound"
TRUST: Final = "inboundTrust"
CONSENT: Final = "automaticUserConsentSettings"
REDEMPTION: Final = "invitationRedemptionIdentityProviderConfiguration"

SYSTEM: Final[Mapping[str, Setting]] = {
    INBOUND: direct_connect.SYSTEM_DEFAULT,
    OUTBOUND: direct_connect.SYSTEM_DEFAULT,
    GUESTS_IN: collaboration.SYSTEM_DEFAULT,
    GUESTS_OUT: collaboration.SYSTEM_DEFAULT,
}
"""What holds, by direction, until an organization says otherwise."""


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
_TOWARDS = _SETTINGS.where(
    cross_tenant.c.tenant_id == given("tenant_id"), among(cross_tenant.c.partner_id, "partner_ids")
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


@dataclass(frozen=True, slots=True)
class Towards:
    """What an organization says about another: the settings for it, and its default. None where nothing was set."""

    partner: Settings | None
    default: Settings | None

    def direction(self, name: str) -> Setting:
        """The lists that hold in one direction."""
        return effective(
            None if self.partner is None else self.partner.direction(name),
            None if self.default is None else self.default.direction(name),
            SYSTEM[name],
        )

    @property
    def trusts_second_factor(self) -> bool:
        """Whether a second factor that was given in the other organization counts in this one."""
        return collaboration.trusts_second_factor(_kept(self.partner, TRUST), _kept(self.default, TRUST))

    @property
    def consent(self) -> Mapping[str, Any] | None:
        """Whether people come and go without being asked, which only a partner's settings say."""
        return _kept(self.partner, CONSENT)


async def towards(reading: Reading, tenant_id: str, partner_id: str) -> Towards:
    """Everything that ``tenant_id`` says about ``partner_id``."""
    found = await _SETTINGS.all(reading, _TOWARDS, tenant_id=tenant_id, partner_ids=[partner_id, DEFAULT])
    by_id = {one.partner_id: one for one in found}
    return Towards(by_id.get(partner_id), by_id.get(DEFAULT))


def _kept(settings: Settings | None, name: str) -> Mapping[str, Any] | None:
    return None if settings is None else settings.setting.get(name)


async def direct_connect_inbound(reading: Reading, tenant_id: str, partner_id: str) -> Setting:
    """Who of ``partner_id`` gets to which apps of ``tenant_id``."""
    return (await towards(reading, tenant_id, partner_id)).direction(INBOUND)


async def direct_connect_outbound(reading: Reading, tenant_id: str, partner_id: str) -> Setting:
    """Who of ``tenant_id`` may go to which apps of ``partner_id``."""
    return (await towards(reading, tenant_id, partner_id)).direction(OUTBOUND)


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
