"""PostgreSQL's own pgbench: the same work as prepared SQL from C, as many connections at once as the case has.

A leave is written as one statement, a chain of ``WITH`` parts, and as six statements between BEGIN and COMMIT. Both
read the organization's leave setting under a share lock, as a leave must, and insist on the version of the membership.
"""

import re
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.load import Report
from bench.people import stride
from bench.yardsticks.by_hand import SELECT_ORGANIZATIONS, SELECT_USER
from bench.yardsticks.rows import Row
from tests.support.postgres import find_binaries

_TURN = """
\\set k :k + 1
\\set n (((:k * :clients) + :client_id) * :stride) % :people
"""
_AT_RANDOM = "\\set n random(0, :people - 1)\n"
_NEW = "('01990000-0000-7000-8000-' || lpad(:n::bigint::text, 12, '0'))"
_UNLIKE = "substr(md5(:n::bigint::text), 1, 10)"


def _id(kind: int) -> str:
    return f"('{kind:08d}-0000-7000-8000-' || lpad(:n::bigint::text, 12, '0'))"


_PERSON, _GUEST = _id(1), _id(2)
_OWN = {
    "event_id": _NEW,
    "correlation_id": _NEW,
    "letter_id": _NEW,
    "receipt_id": _NEW,
    "reference": f"('VL-' || {_UNLIKE})",
    "idempotency_key": f"('key-' || {_UNLIKE})",
    "owner": _PERSON,
    "person_id": _PERSON,
    "user_id": _GUEST,
    "object_tag": "md5(:n::bigint::text)",
}
_MICROSECONDS = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"


def read_script(tenant_id: str) -> str:
    return _AT_RANDOM + SELECT_USER.format(tenant=f"'{tenant_id}'", user=_GUEST) + ";"


def list_script() -> str:
    return _AT_RANDOM + SELECT_ORGANIZATIONS.format(person=_PERSON) + ";"


def one_statement(tenant_id: str, rows: dict[str, list[Row]]) -> str:
    """A leave as one CTE; it divides by zero when the membership was not as it should be."""
    parts = [
        f"may AS ({_policy(tenant_id)})",
        f"moved AS ({_move(tenant_id)} AND EXISTS (SELECT 1 FROM may) RETURNING 1)",
    ]
    parts += [f"w{at} AS ({_insert(table, found)})" for at, (table, found) in enumerate(rows.items())]
    return f"{_TURN}WITH {', '.join(parts)} SELECT 1 / (SELECT count(*) FROM moved);"


def six_statements(tenant_id: str, rows: dict[str, list[Row]]) -> str:
    """A leave as six statements; what goes into two tables at once is one of them."""
    statements = [
        _policy(tenant_id),
        f"WITH moved AS ({_move(tenant_id)} RETURNING 1) SELECT 1 / (SELECT count(*) FROM moved)",
        f"WITH w AS ({_insert('audit_event', rows['audit_event'])}) {_insert('audit_pending', rows['audit_pending'])}",
        _insert("audit_payload", rows["audit_payload"]),
        f"WITH w AS ({_insert('receipt', rows['receipt'])}) {_insert('idempotency', rows['idempotency'])}",
        _insert("letter", rows["letter"]),
    ]
    return _TURN + ";\n".join(["BEGIN", *statements, "COMMIT"]) + ";"


_ROTATED = "(lpad(({connection})::bigint::text, 24, '0') || lpad(({turn})::bigint::text, 40, '0'))"


def rotation(rows: dict[str, list[Row]]) -> str:
    """Each connection marks the newest token of its own and writes the next one."""
    row = rows["refresh_token"][0]
    newest = "(SELECT turn FROM bench_rotation WHERE connection = :client_id::bigint)"
    token = _ROTATED.format(connection=":client_id", turn="{turn}")
    values = ", ".join(token.format(turn="turn") if name == "token_hash" else _literal(v) for name, v in row.items())
    mark = (
        f"UPDATE refresh_token SET used_at = {_MICROSECONDS} WHERE tenant_id = '{row['tenant_id']}'"
        f" AND token_hash = {token.format(turn=newest)} AND used_at IS NULL"
    )
    step = "UPDATE bench_rotation SET turn = turn + 1 WHERE connection = :client_id::bigint RETURNING turn"
    return (
        f"WITH used AS ({mark} RETURNING 1), step AS ({step}), new AS (INSERT INTO refresh_token ({', '.join(row)})"
        f" SELECT {values} FROM step) SELECT 1 / (SELECT count(*) FROM used);"
    )


def first_tokens(rows: dict[str, list[Row]], connections: int) -> str:
    """What has to be there before: a token for each connection, and which turn it is in."""
    row = rows["refresh_token"][0]
    token = _ROTATED.format(connection="n", turn="0")
    values = ", ".join(token if name == "token_hash" else _literal(value) for name, value in row.items())
    return f"""
        CREATE TABLE bench_rotation (connection bigint PRIMARY KEY, turn bigint) WITH (fillfactor = 50);
        INSERT INTO bench_rotation SELECT n, 0 FROM generate_series(0, {connections - 1}) AS n;
        INSERT INTO refresh_token ({", ".join(row)}) SELECT {values} FROM generate_series(0, {connections - 1}) AS n;
    """


def _policy(tenant_id: str) -> str:
    return f"SELECT 1 FROM organization WHERE tenant_id = '{tenant_id}' AND guests_may_leave FOR SHARE"


def _move(tenant_id: str) -> str:
    return f"""
        UPDATE membership SET stage = 'deleted', stage_at = {_MICROSECONDS}, due_at = {_MICROSECONDS} + 2592000000000,
            cause = 'left', was = 'present', was_at = stage_at, upn_key = NULL, epoch = epoch + 1,
            version = version + 1, self_service = true
        WHERE tenant_id = '{tenant_id}' AND user_id = {_GUEST} AND version = 1 AND stage = 'present'
    """


def _insert(table: str, rows: list[Row]) -> str:
    values = [", ".join(_OWN.get(name) or _literal(value) for name, value in row.items()) for row in rows]
    return f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES {', '.join(f'({one})' for one in values)}"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    # A colon in a text would be taken for a variable.
    return "'" + str(value).replace("'", "''").replace(":", "' || chr(58) || '") + "'"


class Pgbench:
    """One script, run again and again against one database.

    Args:
        url: the database. script: what one transaction is. people: how many there are. connections: at once.
    """

    def __init__(self, url: str, script: str, folder: Path, *, people: int, connections: int) -> None:
        binaries = find_binaries()
        assert binaries is not None, "PostgreSQL runs, so its folder is known"
        self._program = binaries / "pgbench"
        if not self._program.exists():
            raise FileNotFoundError(f"{self._program} is missing; Debian has it in postgresql-contrib or postgresql")
        self._url, self._script, self._folder = urlsplit(url), script, folder
        self._people, self._connections = people, connections

    def for_seconds(self, seconds: float) -> Report:
        """As many as fit."""
        return self._run(["-T", str(max(1, round(seconds)))], first=0)

    def times(self, each: int, first: int) -> Report:
        """``each`` transactions on every connection, their turns beginning behind ``first``."""
        return self._run(["-t", str(each)], first=first)

    def _run(self, how: list[str], first: int) -> Report:
        (self._folder / "script.sql").write_text(self._script, encoding="utf-8")
        for old in self._folder.glob("pgbench-log.*"):
            old.unlink()
        given = {"k": first, "clients": self._connections, "stride": stride(self._people), "people": self._people}
        command = [str(self._program), "-n", "-M", "prepared", "-c", str(self._connections), "-j", "2", *how]
        command += [
            "-f",
            "script.sql",
            "-l",
            "--log-prefix",
            "pgbench-log",
            "-h",
            "127.0.0.1",
            "-p",
            str(self._url.port),
        ]
        command += [part for name, value in given.items() for part in ("-D", f"{name}={value}")]
        command += ["-U", self._url.username or "", self._url.path[1:]]
        done = subprocess.run(command, cwd=self._folder, capture_output=True, text=True, check=False)
        rate = re.search(r"tps = ([0-9.]+)", done.stdout)
        if done.returncode != 0 or rate is None or "aborted" in done.stderr:
            raise RuntimeError(f"pgbench failed: {done.stderr[-800:]}")
        latencies = self._latencies()
        return Report(len(latencies) / float(rate[1]), latencies, {200: len(latencies)}, [], [], 0.0)

    def _latencies(self) -> list[int]:
        found: list[int] = []
        for path in self._folder.glob("pgbench-log.*"):
            found += [int(line.split(" ")[2]) for line in path.read_text(encoding="ascii").splitlines()]
        return found
