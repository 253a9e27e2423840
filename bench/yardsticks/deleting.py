"""The rows that go with a purge and an erasure, deleted by raw SQL, five hundred people in one commit.

python -m bench.yardsticks.deleting task.msgpack report.msgpack
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bench.load import Report
from bench.people import id_of
from bench.yardsticks.by_hand import connect

BATCH = 500
_OF_THE_USER = (
    "organization_session",
    "authorization_code",
    "refresh_token",
    "token_family",
    "group_member",
    "role_assignment",
    "ownership",
    "app_assignment",
    "consent",
    "invitation",
    "guest_request",
    "letter",
    "profile",
)


class Task(msgspec.Struct, frozen=True):
    """``path`` is a SQLite file or a PostgreSQL address, ``keys`` the file of subject keys; empty for PostgreSQL."""

    path: str
    keys: str
    tenant_id: str
    seconds: float
    numbers: list[int]


def run(task: Task, folder: Path) -> Report:
    """Delete in a process of its own. ``good`` of the report counts people, its latencies are those of batches."""
    source, report = folder / "delete-task.msgpack", folder / "delete-report.msgpack"
    source.write_bytes(msgspec.msgpack.encode(task))
    subprocess.run([sys.executable, "-m", __name__, str(source), str(report)], check=True)
    return msgspec.msgpack.decode(report.read_bytes(), type=Report)


def _statements(tenant: str, among: str, keys: str) -> Iterator[tuple[str, str]]:
    """(whose ids it takes, statement); ``{among}`` is how a database is given a list."""
    yield "guestKey", f"DELETE FROM {keys} WHERE key_id {among}"
    yield "guestKey", f"DELETE FROM audit_payload WHERE tenant_id = {tenant} AND key_id {among}"
    yield "guest", f"DELETE FROM subject_index WHERE tenant_id = {tenant} AND object_id {among}"
    for table in _OF_THE_USER:
        yield "guest", f"DELETE FROM {table} WHERE tenant_id = {tenant} AND user_id {among}"
    yield "person", f"DELETE FROM person_membership WHERE tenant_id = {tenant} AND person_id {among}"
    facts = "stage = 'erased', person_id = NULL, subject_key_id = NULL, due_at = NULL, version = version + 2"
    yield "guest", f"UPDATE membership SET {facts} WHERE tenant_id = {tenant} AND user_id {among}"


def _batches(numbers: list[int]) -> Iterator[dict[str, list[str]]]:
    for start in range(0, len(numbers), BATCH):
        chosen = numbers[start : start + BATCH]
        yield {kind: [id_of(kind, number) for number in chosen] for kind in ("guest", "guestKey", "person")}


def _on_sqlite(task: Task) -> Callable[[dict[str, list[str]]], None]:
    connection = connect(task.path)
    connection.execute("ATTACH ? AS keys", (task.keys,))
    connection.execute("PRAGMA keys.synchronous = FULL")
    statements = list(_statements("?", "IN (SELECT value FROM json_each(?))", "keys.subject_key"))

    def delete(ids: dict[str, list[str]]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        for kind, sql in statements:
            given: list[Any] = [json.dumps(ids[kind])]
            connection.execute(sql, given if "tenant_id" not in sql else [task.tenant_id, *given])
        connection.execute("COMMIT")

    return delete


def _on_postgresql(task: Task) -> Callable[[dict[str, list[str]]], None]:
    loop = asyncio.new_event_loop()
    connection = loop.run_until_complete(asyncpg.connect(task.path))
    tenant = f"'{task.tenant_id}'"
    statements = list(_statements(tenant, "= ANY($1::text[])", "vestibule_keys.subject_key"))

    async def in_one(ids: dict[str, list[str]]) -> None:
        async with connection.transaction():
            for kind, sql in statements:
                await connection.execute(sql, ids[kind])

    return lambda ids: loop.run_until_complete(in_one(ids))


def main(arguments: list[str]) -> None:
    source, report = map(Path, arguments)
    task = msgspec.msgpack.decode(source.read_bytes(), type=Task)
    delete = _on_sqlite(task) if task.keys else _on_postgresql(task)
    people, latencies = 0, []
    begun = last = time.perf_counter_ns()
    for ids in _batches(task.numbers):
        delete(ids)
        now = time.perf_counter_ns()
        people += len(ids["guest"])
        latencies.append((now - last) // 1_000)
        last = now
        if now - begun > task.seconds * 1e9:
            break
    done = Report((last - begun) / 1e9, latencies, {200: people}, [], [], 1.0)
    report.write_bytes(msgspec.msgpack.encode(done))


if __name__ == "__main__":
    main(sys.argv[1:])
