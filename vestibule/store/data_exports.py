"""Exports of what is kept about somebody: who asked for one can look how far it is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, literal_column, update

from vestibule.ground.clock import to_us
from vestibule.store.records import Records
from vestibule.store.schema import data_export
from vestibule.store.statements import Change, given
from vestibule.store.unit import Reading, Unit

WAITING: Final = "notStarted"
RUNNING: Final = "running"
COMPLETE: Final = "complete"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True)
class DataExport:
    """One export.

    Attributes:
        user_id: whose data. status: WAITING, RUNNING, COMPLETE or FAILED.
        location: where it goes, without the secret that opens it.
        submitted_at, completed_at: lifecycle time; ``completed_at`` also when it failed.
    """

    tenant_id: str
    export_id: str
    user_id: str
    status: str
    location: str
    submitted_at: datetime
    completed_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Nothing more happens with it."""
        return self.status in {COMPLETE, FAILED}


_EXPORTS: Final = Records(data_export, DataExport)
_this = (data_export.c.tenant_id == given("tenant_id"), data_export.c.export_id == given("export_id"))
_FIND = _EXPORTS.where(*_this)
_START = Change(
    update(data_export)
    .where(
        data_export.c.tenant_id == given("in_tenant"),
        data_export.c.export_id == given("of_export"),
        data_export.c.status == literal_column(f"'{WAITING}'"),
    )
    .values(status=literal_column(f"'{RUNNING}'"))
)
_FINISH = Change(
    update(data_export)
    .where(data_export.c.tenant_id == given("in_tenant"), data_export.c.export_id == given("of_export"))
    .values(status=given("status"), completed_at=given("completed_at"))
)
_DROP_OF = Change(
    delete(data_export).where(data_export.c.tenant_id == given("tenant_id"), data_export.c.user_id == given("user_id"))
)
_FORGET = Change(delete(data_export).where(data_export.c.submitted_at < given("before")))


async def find(reading: Reading, tenant_id: str, export_id: str) -> DataExport | None:
    """The export with this id."""
    return await _EXPORTS.one(reading, _FIND, tenant_id=tenant_id, export_id=export_id)


def insert(unit: Unit, new: DataExport) -> None:
    """Write a new export."""
    _EXPORTS.insert(unit, new)


def start(unit: Unit, tenant_id: str, export_id: str) -> None:
    """It is being collected; nothing happens when it is already, or is gone."""
    unit.write(_START, rows=None, in_tenant=tenant_id, of_export=export_id)


def finish(unit: Unit, tenant_id: str, export_id: str, status: str) -> None:
    """It arrived, or never will; nothing happens when it is gone."""
    unit.write(
        _FINISH, rows=None, in_tenant=tenant_id, of_export=export_id, status=status, completed_at=to_us(unit.now)
    )


def drop_of(unit: Unit, tenant_id: str, user_id: str) -> None:
    """Whose data it was is gone, and so is that somebody asked for it."""
    unit.write(_DROP_OF, rows=None, tenant_id=tenant_id, user_id=user_id)


def forget(unit: Unit, before: datetime) -> None:
    """What was asked for before that moment is no longer looked at."""
    unit.write(_FORGET, rows=None, before=to_us(before))
