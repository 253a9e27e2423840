"""What has to hold after a case; a failed check fails the run, however good its figures are.

Everything is read back from the database itself, by SQL of this module and not through the code that wrote it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import apsw
import asyncpg

from bench import machine
from bench.load import Report
from bench.people import id_of
from bench.stand import POSTGRESQL, Stand
from vestibule.program import Program
from vestibule.store.sqlite_unit import open_writer

_LEFT = "type = 'membership.leave' AND outcome = 'success'"
_OF_IT = f"event_id IN (SELECT event_id FROM audit_event WHERE {_LEFT})"
SEALED = (  # the sealer takes the one away as it writes the other
    "(SELECT tenant_id, event_id FROM audit_pending UNION ALL SELECT tenant_id, event_id FROM audit_seal) AS sealed"
)
PER_LEAVE = {
    "audit_event": (_LEFT, 1),
    "audit_payload": (_OF_IT, 2),
    SEALED: (_OF_IT, 1),
    "letter": ("kind = 'youLeft'", 1),
    "idempotency": ("asked LIKE 'leave %'", 1),
}
"""The rows that tell of leaves: which they are, and how many each leave has."""


class Lost(Exception):
    """A check failed; the text says which, and what was found."""


@dataclass(slots=True)
class Acknowledged:
    """Leaves that were answered with a receipt: person's number to the answer."""

    answers: dict[int, dict[str, Any]] = field(default_factory=dict)

    def add(self, number: int, body: bytes) -> None:
        self.answers[number] = json.loads(body)


def load_was_clean(report: Report, expected: int = 200) -> None:
    """Every request was answered, and well. Raises Lost."""
    others = {status: count for status, count in report.statuses.items() if status != expected}
    if others or report.broken:
        raise Lost(f"not everything was answered with {expected}: {others} {report.broken[:3]}")


def as_many_users(one: bytes, other: bytes) -> None:
    """Two pages show equally many users, so that what they cost can be compared. Raises Lost."""
    shown = [len(json.loads(page)["value"]) for page in (one, other)]
    if shown[0] != shown[1]:
        raise Lost(f"the pages that are compared show {shown[0]} and {shown[1]} users")


def durability(stand: Stand) -> dict[str, str]:
    """The settings that decide whether a commit outlives a power cut, read back. Raises Lost."""
    found, wanted = _of_postgresql(stand) if stand.kind == POSTGRESQL else _of_sqlite(stand)
    wrong = {name: found.get(name) for name, value in wanted.items() if found.get(name) != value}
    if wrong:
        raise Lost(f"commits are not durable: {wrong}")
    if machine.is_in_memory(stand.folder):
        raise Lost(f"{stand.folder} is not on a disk, so that nothing written there is durable")
    return found


def _of_sqlite(stand: Stand) -> tuple[dict[str, str], dict[str, str]]:
    connection = open_writer(str(stand.data / "vestibule.sqlite"), checkpoints=False)
    names = ("journal_mode", "synchronous", "secure_delete")
    found = {name: str(connection.pragma(name)) for name in names}
    connection.close()
    return found, {"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"}


def _of_postgresql(stand: Stand) -> tuple[dict[str, str], dict[str, str]]:
    names = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method")

    async def work(program: Program) -> dict[str, str]:
        pool: asyncpg.Pool[Any] = program.opened.store.pool  # type: ignore[union-attr]
        return {name: str(await pool.fetchval(f"SHOW {name}")) for name in names}

    return stand.do(work), {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


def rows(stand: Stand, sql: str) -> Sequence[Sequence[Any]]:
    """Whatever a query finds, with the same words for both databases."""
    if stand.kind == POSTGRESQL:

        async def work(program: Program) -> Sequence[Sequence[Any]]:
            pool: asyncpg.Pool[Any] = program.opened.store.pool  # type: ignore[union-attr]
            return await pool.fetch(sql)

        return stand.do(work)
    connection = apsw.Connection(str(stand.data / "vestibule.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return list(connection.execute(sql))
    finally:
        connection.close()


def counted(stand: Stand) -> dict[str, int]:
    """How many rows of each kind there are that a leave writes."""
    return {
        table: int(rows(stand, f"SELECT count(*) FROM {table} WHERE {which}")[0][0])
        for table, (which, _) in PER_LEAVE.items()
    }


def leaves(
    stand: Stand, acknowledged: Acknowledged, before: dict[str, int], *, leaving_out: Sequence[str] = ()
) -> None:
    """Every acknowledged leave is there, whole, and nothing else is. Raises Lost.

    Args:
        stand: where. acknowledged: the answers, all of them. before: ``counted`` before the first.
        leaving_out: tables from which something else took rows away meanwhile.
    """
    count = len(acknowledged.answers)
    after = counted(stand)
    for table, (_, each) in PER_LEAVE.items():
        if table not in leaving_out and after[table] - before[table] != each * count:
            raise Lost(
                f"{count} leaves were acknowledged, but {table} has {after[table] - before[table]} rows for them"
            )
    given = {
        str(row[0]): (str(row[1]), str(row[2]))
        for row in rows(
            stand,
            "SELECT receipt.reference, receipt.user_id, membership.stage FROM receipt JOIN membership"
            " ON membership.tenant_id = receipt.tenant_id AND membership.user_id = receipt.user_id",
        )
    }
    for number, answer in acknowledged.answers.items():
        found = given.get(answer["reference"])
        if found != (id_of("guest", number), "deleted"):
            raise Lost(f"the leave of person {number} was acknowledged, but its receipt leads to {found}")
