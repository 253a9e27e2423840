"""Looking for unique texts ("canaries") where data may be left: files of a folder, rows of a PostgreSQL database."""

import re
from pathlib import Path

import asyncpg

_OCTETS = re.compile(r"\\\\?x([0-9a-f]*)")


def in_octets(content: bytes, canary: re.Pattern[bytes]) -> set[str]:
    """Every canary in it, in lower case."""
    return {found.decode().lower() for found in canary.findall(content)}


def in_files(folder: Path, canary: re.Pattern[bytes]) -> set[str]:
    """Every canary in any file below the folder."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            found |= in_octets(path.read_bytes(), canary)
    return found


async def in_rows(url: str, canary: re.Pattern[bytes]) -> set[str]:
    """Every canary in any row of the product's tables; octets are read as the characters they are."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('public', 'vestibule_keys')"
        )
        found: set[str] = set()
        for schema, table in tables:
            rows = await connection.fetch(f'SELECT t::text FROM "{schema}"."{table}" t')
            found |= in_octets("\n".join(decoded(row[0]) for row in rows).encode(), canary)
        return found
    finally:
        await connection.close()


def decoded(row: str) -> str:
    """Text of PostgreSQL with octets (``\\x…``) as the characters they are."""
    return _OCTETS.sub(lambda found: bytes.fromhex(found[1][: len(found[1]) // 2 * 2]).decode("latin-1"), row)
