"""What provisioning clients know people and groups by, and who of them they brought.

Each client has names of its own: the same external id of two clients means nothing to each other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, delete, update

from vestibule.store.records import Records
from vestibule.store.schema import provisioned
from vestibule.store.statements import Change, among, given
from vestibule.store.unit import Reading, Unit


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A client knows a user or a group.

    Attributes:
        client_id: the client. object_kind: user or group.
        external_id: what the client calls it; None when it calls it nothing.
        brought: this client made it.
    """

    tenant_id: str
    client_id: str
    object_id: str
    object_kind: str
    external_id: str | None
    brought: bool
    since: datetime


USER: Final = "user"
GROUP: Final = "group"

_RECORDS: Final = Records(provisioned, Provisioned)
_of_client = and_(provisioned.c.tenant_id == given("tenant_id"), provisioned.c.client_id == given("client_id"))
_FIND = _RECORDS.where(_of_client, provisioned.c.object_id == given("object_id"))
_BY_EXTERNAL_ID = _RECORDS.where(
    _of_client,
    provisioned.c.external_id == given("external_id"),
    provisioned.c.object_kind == given("object_kind"),
    order=provisioned.c.object_id,
)
_OF_OBJECTS = _RECORDS.where(
    provisioned.c.tenant_id == given("tenant_id"), among(provisioned.c.object_id, "object_ids")
)
_RENAME = Change(
    update(provisioned)
    .where(
        provisioned.c.tenant_id == given("in_tenant"),
        provisioned.c.client_id == given("of_client"),
        provisioned.c.object_id == given("of_object"),
    )
    .values(external_id=given("external_id"))
)
_FORGET = Change(
    delete(provisioned).where(
        provisioned.c.tenant_id == given("tenant_id"), provisioned.c.object_id == given("object_id")
    )
)


async def find(reading: Reading, tenant_id: str, client_id: str, object_id: str) -> Provisioned | None:
    """What a client knows of an object."""
    return await _RECORDS.one(reading, _FIND, tenant_id=tenant_id, client_id=client_id, object_id=object_id)


async def by_external_id(
    reading: Reading, tenant_id: str, client_id: str, object_kind: str, external_id: str
) -> list[Provisioned]:
    """The objects that a client calls by exactly this id, deleted ones too."""
    return await _RECORDS.all(
        reading,
        _BY_EXTERNAL_ID,
        tenant_id=tenant_id,
        client_id=client_id,
        object_kind=object_kind,
        external_id=external_id,
    )


async def of_objects(reading: Reading, tenant_id: str, object_ids: list[str]) -> list[Provisioned]:
    """What any client knows of these objects."""
    if not object_ids:
        return []
    return await _RECORDS.all(reading, _OF_OBJECTS, tenant_id=tenant_id, object_ids=object_ids)


def insert(unit: Unit, new: Provisioned) -> None:
    """A client gets to know an object."""
    _RECORDS.insert(unit, new)


def rename(unit: Unit, known: Provisioned, external_id: str | None) -> None:
    """A client calls an object by another id from now on, or by none."""
    unit.write(
        _RENAME,
        in_tenant=known.tenant_id,
        of_client=known.client_id,
        of_object=known.object_id,
        external_id=external_id,
    )


def forget(unit: Unit, tenant_id: str, object_id: str) -> None:
    """No client knows an object any more: it is gone for good."""
    unit.write(_FORGET, rows=None, tenant_id=tenant_id, object_id=object_id)
