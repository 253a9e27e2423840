"""Sign-ins on a device without a keyboard: what the device asks with, and the code that a person types elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import device_grant
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit

WAITING: Final = "waiting"
APPROVED: Final = "approved"
DECLINED: Final = "declined"
USED: Final = "used"


@dataclass(frozen=True, slots=True)
class DeviceGrant:
    """One sign-in on a device.

    Attributes:
        tenant_id: the organization of the app. device_hash: of what the device asks with.
        user_code_mac: of the code that a person types, under the deployment's key.
        state: waiting, approved, declined or used.
        facts: scope, alias or organization that was asked for, where the device is; once approved the grant as well.
        user_tenant, user_id, person_id: who approved, and in which organization; None before.
        epoch, home_epoch: of that membership then. family_id: what the approval led to.
        polls_every: seconds between two questions of the device. polled_at, expires_at: machine time.
    """

    tenant_id: str
    device_hash: str
    user_code_mac: str
    app_id: str
    state: str
    facts: dict[str, Any]
    user_tenant: str | None
    user_id: str | None
    person_id: str | None
    epoch: int
    home_epoch: int
    family_id: str | None
    polls_every: int
    polled_at: datetime | None
    expires_at: datetime
    offset_at_birth: int
    generation: str


GRANTS: Final = Records(device_grant, DeviceGrant)
_IDENTITY: Final = {
    "tenant_id",
    "device_hash",
    "user_code_mac",
    "app_id",
    "expires_at",
    "offset_at_birth",
    "generation",
}
_FIND = GRANTS.where(device_grant.c.tenant_id == given("tenant_id"), device_grant.c.device_hash == given("device_hash"))
_BY_CODE = GRANTS.where(device_grant.c.user_code_mac == given("user_code_mac"))
_SAVE = Change(
    update(device_grant)
    .where(
        device_grant.c.tenant_id == given("in_tenant"),
        device_grant.c.device_hash == given("of_device"),
        device_grant.c.state == given("if_state"),
    )
    .values({name: given(name) for name in GRANTS.names if name not in _IDENTITY})
)
_POLLED = Change(
    update(device_grant)
    .where(device_grant.c.tenant_id == given("in_tenant"), device_grant.c.device_hash == given("of_device"))
    .values(polled_at=given("at"), polls_every=given("every"))
)
_DROP_OF_USER = Change(
    delete(device_grant).where(
        device_grant.c.user_tenant == given("tenant_id"), device_grant.c.user_id == given("user_id")
    )
)
_DROP_OF_APP = Change(
    delete(device_grant).where(device_grant.c.tenant_id == given("tenant_id"), device_grant.c.app_id == given("app_id"))
)
_FORGET = Change(delete(device_grant).where(device_grant.c.expires_at < given("before")))


async def find(reading: Reading, tenant_id: str, device_hash: str) -> DeviceGrant | None:
    """What the device asks with."""
    return await GRANTS.one(reading, _FIND, tenant_id=tenant_id, device_hash=device_hash)


async def find_by_code(reading: Reading, user_code_mac: str) -> DeviceGrant | None:
    """What the code stands for that somebody typed: the one look-up before any organization is known."""
    return await GRANTS.one(reading, _BY_CODE, user_code_mac=user_code_mac)


def insert(unit: Unit, new: DeviceGrant) -> None:
    """A device begins; a code that is in use raises Duplicate at commit."""
    GRANTS.insert(unit, new)


def save(unit: Unit, before: DeviceGrant, after: DeviceGrant) -> None:
    """The sign-in is a step further; the unit is stale when somebody was faster."""
    values = {name: value for name, value in GRANTS.values(after).items() if name not in _IDENTITY}
    unit.write(_SAVE, in_tenant=before.tenant_id, of_device=before.device_hash, if_state=before.state, **values)


def polled(unit: Unit, grant: DeviceGrant, every: int) -> None:
    """The device asked just now; from now on it waits ``every`` seconds."""
    at = to_us(unit.moment.machine)
    unit.write(_POLLED, in_tenant=grant.tenant_id, of_device=grant.device_hash, at=at, every=every)


def drop_of_user(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Nothing of this membership stays."""
    unit.write(_DROP_OF_USER, rows=None, tenant_id=tenant_id, user_id=user_id)


def drop_of_app(unit: Unit, tenant_id: str, app_id: str) -> None:
    """The app is gone."""
    unit.write(_DROP_OF_APP, rows=None, tenant_id=tenant_id, app_id=app_id)


def forget(unit: Unit, before: datetime) -> None:
    """What was over by the machine's clock ``before`` goes."""
    unit.write(_FORGET, rows=None, before=to_us(before))
