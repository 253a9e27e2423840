"""SQLite by hand: the same work as plain SQL on one connection, one commit for each change, in a process of its own.

The connection is set up as the program sets up its own (WAL, ``synchronous=FULL``, ``secure_delete``, a checkpoint
every 16,000 pages), and all values are there before the clock runs.

    python -m bench.yardsticks.by_hand task.msgpack report.msgpack
"""

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import apsw
import msgspec

from bench.load import Report
from bench.people import id_of
from bench.stand import Stand
from bench.yardsticks.rows import Row
from vestibule.ground import signing

CHECKPOINT_PAGES = 16_000
MOST_A_SECOND = 12_000
SELECT_USER = """
    SELECT m.user_id, m.stage, m.enabled, m.created_at, m.version, p.user_principal_name, p.display_name, p.mail,
           p.given_name, p.surname, p.job_title, p.preferred_language, p.attributes
    FROM membership m JOIN profile p ON p.tenant_id = m.tenant_id AND p.user_id = m.user_id
    WHERE m.tenant_id = {tenant} AND m.user_id = {user}
"""
SELECT_ORGANIZATIONS = """
    SELECT o.tenant_id, o.display_name, o.initial_domain, o.privacy_contact, o.privacy_statement, o.technical_contact,
           o.guests_may_leave, m.tie, m.stage, m.stage_at, m.due_at, m.enabled
    FROM person_membership b
    JOIN membership m ON m.tenant_id = b.tenant_id AND m.user_id = b.user_id
    JOIN organization o ON o.tenant_id = b.tenant_id
    WHERE b.person_id = {person} ORDER BY o.display_name
"""
_MOVE = """
    UPDATE membership SET stage = 'deleted', stage_at = ?, due_at = ?, cause = 'left', was = 'present',
        was_at = stage_at, upn_key = NULL, epoch = epoch + 1, version = version + 1, self_service = 1
    WHERE tenant_id = ? AND user_id = ? AND version = 1 AND stage = 'present'
"""


class Task(msgspec.Struct, frozen=True):
    """What to do.

    Attributes:
        path: the database. what: leave, read, list, rotate, or sign (ES256, no database). tenant_id: where.
        seconds: how long at most.
        numbers: whose turn it is, in order. rows: those of a real leave or rotation, by table.
    """

    path: str
    what: str
    tenant_id: str
    seconds: float
    numbers: list[int]
    rows: dict[str, list[dict[str, Any]]] = {}


def run(task: Task, folder: Path) -> Report:
    """Do it in a process of its own, which gets the machine to itself."""
    source, report = folder / "hand-task.msgpack", folder / "hand-report.msgpack"
    source.write_bytes(msgspec.msgpack.encode(task))
    subprocess.run([sys.executable, "-m", __name__, str(source), str(report)], check=True)
    return msgspec.msgpack.decode(report.read_bytes(), type=Report)


def connect(path: str) -> apsw.Connection:
    """A connection that is set up as the program sets up its own."""
    connection = apsw.Connection(path, statementcachesize=512)
    for name, value in (("journal_mode", "WAL"), ("synchronous", "FULL"), ("secure_delete", True)):
        connection.pragma(name, value)
    connection.pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
    connection.pragma("cache_size", -65_536)
    return connection


Step = tuple[str, tuple[Any, ...]]


def _leaves(task: Task) -> Iterator[list[Step]]:
    """For each person the statements of their leave."""
    inserts = {
        table: f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({', '.join('?' * len(rows[0]))})"
        for table, rows in task.rows.items()
    }
    at = time.time_ns() // 1_000
    for number in task.numbers:
        user_id = id_of("guest", number)
        steps: list[Step] = [(_MOVE, (at, at + 30 * 86_400_000_000, task.tenant_id, user_id))]
        own = own_ids(number, user_id)
        for table, rows in task.rows.items():
            steps += [(inserts[table], tuple((row | _of_it(row, own)).values())) for row in rows]
        yield steps


def own_ids(number: int, user_id: str) -> Row:
    """What is this leave's own in its rows."""
    unlike = f"{number * 2_654_435_761 % 2**40:010X}"
    new = f"01990000-0000-7000-8000-{number:012d}"
    return {
        "event_id": new,
        "correlation_id": new,
        "letter_id": new,
        "receipt_id": new,
        "reference": f"VL-{unlike}",
        "idempotency_key": f"key-{unlike}",
        "owner": id_of("person", number),
        "person_id": id_of("person", number),
        "user_id": user_id,
        "object_tag": f"{unlike:>032}",
    }


def _of_it(row: Row, own: Row) -> Row:
    return {name: value for name, value in own.items() if name in row}


def _commit(connection: apsw.Connection, steps: list[Step]) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for place, (sql, values) in enumerate(steps):
        connection.execute(sql, values)
        if place == 0 and connection.changes() != 1:
            raise RuntimeError("the first statement changed nothing: it was done before")
    connection.execute("COMMIT")


def _rotations(task: Task) -> Iterator[list[Step]]:
    """For each turn: the token in use is marked, and the next one written."""
    row = task.rows["refresh_token"][0]
    insert = f"INSERT INTO refresh_token ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    mark = "UPDATE refresh_token SET used_at = ? WHERE tenant_id = ? AND token_hash = ? AND used_at IS NULL"
    at = time.time_ns() // 1_000
    for number in task.numbers:
        values = tuple((row | {"token_hash": token_hash(number + 1)}).values())
        yield [(mark, (at, row["tenant_id"], token_hash(number))), (insert, values)]


def token_hash(number: int) -> str:
    """The hash of a token; neighbours are far apart, as real ones are."""
    return f"{number * 11_400_714_819_323_198_485 % 2**64:016x}{number:048d}"


class Rotation:
    """Rotates one refresh token again and again, each run going on where the last one ended."""

    def __init__(self, stand: Stand, tenant_id: str, seconds: float, found: dict[str, list[Row]]) -> None:
        self._stand, self._tenant_id, self._seconds, self._found = stand, tenant_id, seconds, found
        self._next = 0
        row = found["refresh_token"][0] | {"token_hash": token_hash(0)}
        connection = connect(stand.copy)
        connection.execute(
            f"INSERT INTO refresh_token ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())
        )
        connection.close()

    def run(self) -> Report:
        numbers = list(range(self._next, self._next + int(self._seconds * MOST_A_SECOND)))
        task = Task(self._stand.copy, "rotate", self._tenant_id, self._seconds, numbers, self._found)
        report = run(task, self._stand.folder)
        self._next += report.good
        return report


def _timed(do: Callable[[Any], Any], turns: Iterable[Any], seconds: float) -> tuple[float, list[int]]:
    latencies: list[int] = []
    begun = last = time.perf_counter_ns()
    ends = begun + int(seconds * 1e9)
    for turn in turns:
        do(turn)
        now = time.perf_counter_ns()
        latencies.append((now - last) // 1_000)
        last = now
        if now >= ends:
            break
    return (last - begun) / 1e9, latencies


def _work(task: Task) -> tuple[float, list[int]]:
    if task.what == "sign":
        key, claims = signing.generate_es256("kid"), {"sub": "x" * 40, "roles": ["User.Read.All"], "aud": "y" * 400}
        return _timed(lambda _turn: signing.sign(key, claims, "at+jwt"), itertools.count(), task.seconds)
    connection = connect(task.path)
    execute = connection.execute
    try:
        if task.what in {"leave", "rotate"}:
            steps = list(_leaves(task) if task.what == "leave" else _rotations(task))
            return _timed(lambda turn: _commit(connection, turn), steps, task.seconds)
        if task.what == "read":
            sql = SELECT_USER.format(tenant="?", user="?")
            values = [[task.tenant_id, id_of("guest", number)] for number in task.numbers]
        else:
            sql = SELECT_ORGANIZATIONS.format(person="?")
            values = [[id_of("person", number)] for number in task.numbers]
        return _timed(lambda turn: execute(sql, turn).fetchall(), values, task.seconds)
    finally:
        connection.close()


def main(arguments: list[str]) -> None:
    source, report = map(Path, arguments)
    task = msgspec.msgpack.decode(source.read_bytes(), type=Task)
    seconds, latencies = _work(task)
    done = Report(seconds, latencies, {200: len(latencies)}, [], [], 1.0)
    report.write_bytes(msgspec.msgpack.encode(done))


if __name__ == "__main__":
    main(sys.argv[1:])
