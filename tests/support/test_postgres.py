import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from tests.support.postgres import PostgresServer

_FILL = """
import asyncio, asyncpg, sys
async def fill():
    connection = await asyncpg.connect(sys.argv[1])
    await connection.execute("create table filled (id int)")
    await connection.close()
asyncio.run(fill())
"""


async def test_answers_on_loopback_with_durable_commits(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        durable = [await connection.fetchval(f"show {name}") for name in ("fsync", "synchronous_commit")]
        encoding = await connection.fetchval("show server_encoding")
        version = await connection.fetchval("select current_setting('server_version_num')::int")
    finally:
        await connection.close()

    assert "@127.0.0.1:" in postgres_url
    assert durable == ["on", "on"]
    assert encoding == "UTF8"
    assert version >= 140_000


def test_never_runs_as_root(postgres_server: PostgresServer) -> None:
    assert Path(f"/proc/{postgres_server.pid}").stat().st_uid != 0


async def test_each_database_starts_empty(postgres_server: PostgresServer) -> None:
    first, second = postgres_server.create_database(), postgres_server.create_database()
    await _execute(first, "create table only_here (id int)")

    assert await _tables(first) == ["only_here"]
    assert await _tables(second) == []

    for url in (first, second):
        postgres_server.drop_database(url)


async def test_a_recipe_is_prepared_once_and_copied(postgres_server: PostgresServer) -> None:
    prepared: list[str] = []

    def prepare(url: str) -> None:
        prepared.append(url)
        subprocess.run([sys.executable, "-c", _FILL, url], check=True)

    copies = [postgres_server.create_from("with one table", prepare) for _ in range(2)]
    await _execute(copies[0], "drop table filled")

    assert len(prepared) == 1
    assert len({*copies, *prepared}) == 3
    assert await _tables(copies[0]) == []
    assert await _tables(copies[1]) == ["filled"]


async def test_dropping_ends_connections_that_were_left_open(postgres_server: PostgresServer) -> None:
    url = postgres_server.create_database()
    left_open = await asyncpg.connect(url)

    postgres_server.drop_database(url)

    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
    left_open.terminate()


async def test_stops_abruptly_comes_back_on_its_port_and_leaves_nothing(postgres_server: PostgresServer) -> None:
    del postgres_server  # only to skip where PostgreSQL is missing; this server is our own to stop
    with PostgresServer(max_connections="10") as server:
        folder, port = server._folder, server.port
        url = server.create_database()
        await _execute(url, "create table kept (id int)")
        os.kill(server.pid, 0)
        server.stop(signal.SIGQUIT)
        server.start()
        assert server.port == port
        assert await _tables(url) == ["kept"]
        pid = server.pid

    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_says_why_it_did_not_start(postgres_server: PostgresServer) -> None:
    del postgres_server
    with pytest.raises(RuntimeError, match="no_such_setting"), PostgresServer(no_such_setting="1"):
        pass


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(statement)
    await connection.close()


async def _tables(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public' order by 1")
    await connection.close()
    return [row["tablename"] for row in rows]
