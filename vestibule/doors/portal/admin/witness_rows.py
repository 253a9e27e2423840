"""How the log of the organization stands with each witness that is asked, for the page of the audit logs."""

from dataclasses import dataclass
from datetime import datetime

from vestibule.doors.portal.admin.gate import Admin
from vestibule.rules.witnesses import CONFLICTS, State
from vestibule.store import audit_log, witnesses


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """A witness.

    Attributes:
        name: what it is called. size: so many events it signed. at: when, by its own clock; None for never.
        behind: so many events it did not sign. state: how the log stands; None while it was never asked.
        known: the events that it says it signed, where that are more than there are.
    """

    name: str
    size: int = 0
    at: datetime | None = None
    behind: int = 0
    state: State | None = None
    known: int = 0

    @property
    def conflicts(self) -> bool:
        """Whether it knows another log than this one."""
        return self.state in CONFLICTS


async def rows(admin: Admin) -> tuple[WitnessRow, ...]:
    """A row for each witness that is set; none where none is."""
    asked = admin.visit.house.witnesses
    if not asked:
        return ()
    head = await audit_log.head(admin.reading, admin.tenant_id)
    size = 0 if head is None else head.size
    standings = {one.witness: one for one in await witnesses.of_tenant(admin.reading, admin.tenant_id)}
    return tuple(_row(one.name, size, standings.get(str(one.key))) for one in asked)


def _row(name: str, size: int, stands: witnesses.Standing | None) -> WitnessRow:
    if stands is None:
        return WitnessRow(name, behind=size)
    state = State(stands.state) if stands.state else None
    return WitnessRow(name, stands.size, stands.cosigned_at, max(0, size - stands.size), state, stands.known)
