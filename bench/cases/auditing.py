"""The audit log: how fast events are sealed, verified and carried out of the house, and how long one waits for it."""

import asyncio
import hashlib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import apsw
import asyncpg
import msgspec

from bench import checks, stand
from bench.cases.leaving import Leaving
from bench.checks import Lost
from bench.rounds import How, Round, interleave, line
from bench.stand import SQLITE, Stand
from bench.table import Line, at_least, at_most
from vestibule.actions import exported_log, exporting_log, proving_log, sealing
from vestibule.ground import merkle
from vestibule.ground.clock import to_us
from vestibule.ground.signed_notes import Verifier
from vestibule.program import Program
from vestibule.store import schema
from vestibule.store.bulk import Step, filling

A_MINUTE: Final = 1_000_000 / 60
"""So many events a second verify a million in a minute."""
SEALED_AT_LEAST: Final = 0.85
"""Sealing takes at most 15 % of what leaving does without it."""
_FEW = 100
_WAITING: Final = "SELECT count(*) FROM audit_pending"
_CHUNK: Final = 5_000
_PART: Final = b"what is encrypted" * 16
_OLDEST: Final = (
    "SELECT min(e.at) FROM audit_pending p JOIN audit_event e ON e.tenant_id = p.tenant_id AND e.event_id = p.event_id"
)
_EVERY_S: Final = 0.05


def measure(kind: str, count: int, how: How) -> list[Line]:  # noqa: ARG001 - rounds would seal nothing more
    """``count`` events of one organization: sealed, verified in the database and from a folder. Raises Lost."""
    with stand.made(kind, _FEW) as place:
        place.do(lambda program: _write(program, place.cast.host.tenant_id, count))
        if place.postgres is not None:
            stand.execute(place.url, "VACUUM (ANALYZE)")
        took, findings = place.do(lambda program: _whole(program, place, place.folder / "log"))
    if findings:
        raise Lost(findings[0])
    lines = []
    for name, seconds in took.items():
        rate = count / seconds
        said, met = at_least(rate / A_MINUTE, 1.0)
        goal = {"goal": said, "met": met} if name.startswith("verify") else {}
        lines.append(
            Line(f"audit: {name}", kind, count, "a million in a minute", rate / A_MINUTE, rate=rate, **goal)  # type: ignore[arg-type]
        )
    return lines


async def _whole(program: Program, place: Stand, folder: Path) -> tuple[dict[str, float], list[str]]:
    house, tenant_id = program.house, place.cast.host.tenant_id
    begun = time.perf_counter()
    await sealing.seal_waiting(house)
    sealed = time.perf_counter()
    proof = await proving_log.verify(house, tenant_id)
    verified = time.perf_counter()
    done = await exporting_log.export(house, tenant_id, folder)
    exported = time.perf_counter()
    again = await exported_log.verify(folder, [Verifier.parse(one) for one in done.keys])
    took = {
        "seal": sealed - begun,
        "verify": verified - sealed,
        "export": exported - verified,
        "verify an export": time.perf_counter() - exported,
    }
    return took, [one.why for one in (*proof.findings, *again.findings)]


async def _write(program: Program, tenant_id: str, count: int) -> None:
    """Events as a leave leaves them, of a tenth as many people, that wait to be sealed."""
    for start in range(0, count, _CHUNK):
        numbers = range(start, min(start + _CHUNK, count))
        await program.opened.store.run_steps(_events(program, tenant_id, numbers))


def _events(program: Program, tenant_id: str, numbers: range) -> list[Step]:
    at = to_us(program.house.clock.now())
    rows: dict[str, list[list[object]]] = {"audit_event": [], "audit_payload": [], "audit_pending": []}
    for number in numbers:
        event_id, tag = f"ffffffff-0000-7000-8000-{number:012d}", f"{number // 10:032x}"
        record = _record(tenant_id, event_id, tag, number)
        values: dict[str, dict[str, object]] = {
            "audit_event": {
                "tenant_id": tenant_id, "event_id": event_id, "record": record, "leaf": merkle.leaf_hash(record),
                "type": "membership.update", "outcome": "success", "at": at + number, "object_tag": tag,
                "actor_tag": tag, "correlation_id": event_id,
            },
            "audit_payload": {
                "tenant_id": tenant_id, "event_id": event_id, "part": "subject", "key_id": tag, "ciphertext": _PART,
            },
            "audit_pending": {"tenant_id": tenant_id, "event_id": event_id},
        }  # fmt: skip
        for name, found in values.items():
            rows[name].append([found.get(column.name) for column in schema.metadata.tables[name].columns])
    dialect = program.opened.store.dialect
    return [filling(schema.metadata.tables[name], dialect, some) for name, some in rows.items()]


def _record(tenant_id: str, event_id: str, tag: str, number: int) -> bytes:
    return msgspec.json.encode(
        {
            "v": 1, "event_id": event_id, "tenant": tenant_id, "type": "membership.update",
            "time": "2026-03-02T09:30:00.000000Z", "outcome": "success", "reason_code": None,
            "object": {"kind": "membership", "tag": tag, "ver_before": number % 10, "ver_after": number % 10 + 1},
            "actor": {"kind": "person", "tag": tag, "auth_strength": "password"},
            "client_id": None, "request_id": event_id, "changes": ["displayName"], "facts": {},
            "parts": [{"key_id": tag, "h": hashlib.sha256(_PART).hexdigest()}],
        },
        order="sorted",
    )  # fmt: skip


# --- What sealing costs -----------------------------------------------------------------------------------------------


def measure_sealing(kind: str, count: int, how: How) -> list[Line]:
    """Leaves of ``count`` people with a sealer beside them, and without, in turn. Raises Lost."""
    with ExitStack() as stack:
        sealed, unsealed = (stack.enter_context(stand.made(kind, count)) for _ in range(2))
        stack.enter_context(sealed.serving())
        stack.enter_context(unsealed.serving(program=(sys.executable, "-m", "bench.unsealed")))
        leaving = {one.folder: Leaving(one, how) for one in (sealed, unsealed)}
        done = interleave({"sealed": leaving[sealed.folder].round, "unsealed": leaving[unsealed.folder].round}, how)
        for one in (sealed, unsealed):
            checks.leaves(one, leaving[one.folder].acknowledged, leaving[one.folder].before)
        left = {one.folder: len(leaving[one.folder].acknowledged.answers) for one in (sealed, unsealed)}
        waiting = {one.folder: int(checks.rows(one, _WAITING)[0][0]) for one in (sealed, unsealed)}
    if waiting[unsealed.folder] < left[unsealed.folder] or waiting[sealed.folder] > left[sealed.folder] // 2:
        raise Lost(f"sealed and unsealed are not what they say: {left} left, {waiting} events wait to be sealed")
    name, cpu = "leave, nothing sealed meanwhile", {which: _cpu_us(some) for which, some in done.items()}
    more: dict[str, object] = {"cpuUsByRound": cpu}
    return [line("leave, sealed meanwhile", sealed, done["sealed"], name, done["unsealed"], SEALED_AT_LEAST, more)]


def _cpu_us(some: list[Round]) -> list[int]:
    """What a leave took of all processors, the database's part too; steadier than a rate where others work as well."""
    return [round(one.cpu_us + one.database_cpu_us) for one in some]


# --- While people leave -----------------------------------------------------------------------------------------------


def measure_lag(place: Stand, how: How) -> list[Line]:
    """How long the oldest event waits to be sealed, looked at twenty times a second while people leave."""
    leaving = Leaving(place, how)
    leaving.round()
    with _sampling(place) as waits:
        rounds = [leaving.round() for _ in range(how.rounds)]
    checks.leaves(place, leaving.acknowledged, leaving.before)
    waits.sort()
    p99 = waits[int(len(waits) * 0.99)] if waits else 0.0
    said, met = at_most(p99, 1.0)
    rate = sum(one.rate for one in rounds) / len(rounds)
    more = {"samples": len(waits), "medianS": waits[len(waits) // 2] if waits else 0.0}
    return [Line("seal lag, p99", place.kind, place.cast.people, "seconds", p99, said, met, rate=rate, more=more)]


@contextmanager
def _sampling(place: Stand) -> Iterator[list[float]]:
    """The seconds that the oldest event waits, again and again, until the block ends."""
    waits: list[float] = []
    over = threading.Event()
    sample = _sample_file if place.kind == SQLITE else _sample_server
    thread = threading.Thread(target=sample, args=(place, waits, over), daemon=True)
    thread.start()
    try:
        yield waits
    finally:
        over.set()
        thread.join()


def _waited(oldest: object) -> float:
    return max(0.0, time.time() - int(str(oldest)) / 1e6) if oldest is not None else 0.0


def _sample_file(place: Stand, waits: list[float], over: threading.Event) -> None:
    connection = apsw.Connection(str(place.data / "vestibule.sqlite"), flags=apsw.SQLITE_OPEN_READONLY)
    while not over.wait(_EVERY_S):
        waits.append(_waited(connection.execute(_OLDEST).fetchall()[0][0]))
    connection.close()


def _sample_server(place: Stand, waits: list[float], over: threading.Event) -> None:
    async def work() -> None:
        connection = await asyncpg.connect(place.url)
        while not over.is_set():
            waits.append(_waited(await connection.fetchval(_OLDEST)))
            await asyncio.sleep(_EVERY_S)
        await connection.close()

    asyncio.run(work())
