"""Serving, as the real program in processes of its own: listeners, certificates, signals, and more than one process."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.commands.conftest import PROGRAM, Desk, Templates, closing
from tests.commands.server import Server, client
from tests.support.ports import free_port
from tests.support.postgres import PostgresServer
from vestibule.ground import certificates
from vestibule.ground.clock import SystemClock

FORM = b"grant_type=client_credentials&client_id=00000000-0000-4000-8000-000000000000&client_secret=none"
SOON_ENOUGH = 10  # seconds from SIGTERM to the end


def plain(desk: Desk, *more: object, **settings: str) -> tuple[Server, int]:
    """A server that speaks http, as behind a proxy."""
    port = free_port()
    return desk.serve("--port", port, *more, **settings).ready(), port


class Slow:
    """A request whose body has not come to its end."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("localhost", port), timeout=60)
        head = (
            f"POST /contoso.example/oauth2/v2.0/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(FORM)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        self.socket.sendall(head.encode() + FORM[:10])

    def finish(self) -> bytes:
        """Send the rest, and read everything that is answered until the other side closes."""
        self.socket.sendall(FORM[10:])
        return self.rest()

    def rest(self) -> bytes:
        with self.socket as connection:
            answered = b""
            while part := connection.recv(65_536):
                answered += part
            return answered


def until_nobody_listens(port: int) -> None:
    """Knock until nobody opens."""
    for _ in range(1_000_000):
        try:
            socket.create_connection(("localhost", port), timeout=5).close()
        except (ConnectionRefusedError, ConnectionResetError):
            return
    raise AssertionError("it still listens")


# --- Listeners --------------------------------------------------------------------------------------------------------


def test_an_emulator_with_a_certificate_of_its_own_and_plain_http_beside_it(empty: Desk):
    port, plain_port = free_port(), free_port()
    server = empty.serve("--emulator", "--tls-dev", "--port", port, "--http-port", plain_port, "--json").ready()
    with client(port, empty.data / "ca.pem") as secure, client(plain_port) as other:
        for one in (secure, other):
            assert one.get("/healthz").text == "alive\n"
            assert one.get("/emulator/clock").json()["offset"] == "PT0S"
    status, seconds = server.stop()

    assert (status, seconds < SOON_ENOUGH) == (0, True)
    assert json.loads(server.out) == {
        "address": f"https://localhost:{port}",
        "publicUrl": f"https://localhost:{port}",
        "httpPort": plain_port,
    }
    assert empty.json("migrate") == {"migrated": True, "emulator": True}


def test_the_authority_is_made_once_and_continues(empty: Desk):
    port = free_port()
    made = []
    for _ in range(2):
        server = empty.serve("--emulator", "--tls-dev", "--port", port).ready()
        made.append((empty.data / "ca.pem").read_bytes())
        assert server.stop()[0] == 0

    assert made[0] == made[1]
    assert (empty.data / "ca-key.pem").stat().st_mode & 0o077 == 0


def test_commands_beside_a_development_server_make_its_links(empty: Desk):
    port = free_port()
    empty.serve("--emulator", "--tls-dev", "--port", port).ready()
    empty.json("organization", "create", "--name", "Contoso", "--domain", "contoso.example")
    made = empty.json("user", "create", "-o", "contoso.example", "--invite", "ann@elsewhere.example")

    assert made["inviteRedeemUrl"].startswith(f"https://localhost:{port}/invitations/")


def test_certificates_of_somebody_else(filed: Desk, tmp_path: Path):
    made = certificates.for_development(tmp_path, SystemClock().now())
    port = free_port()
    server = filed.serve("--port", port, "--tls-cert", made.certificate, "--tls-key", made.key).ready()
    with client(port, tmp_path / "ca.pem") as secure:
        assert secure.get("/healthz").status_code == 200

    assert server.stop()[0] == 0
    assert not (filed.data / "ca.pem").exists()


def test_a_real_database_has_no_plain_listener_and_no_emulator(desk: Desk):
    server = desk.serve("--port", free_port(), "--http-port", free_port())

    assert server.wait() == 2
    assert server.err == "vestibule: --http-port is for emulator databases only: passwords would travel readable\n"
    refused = desk.serve("--port", free_port(), "--emulator")
    assert refused.wait() == 1
    assert refused.err.startswith("vestibule: this database was not created as an emulator")
    port = plain(desk)[1]
    with client(port) as one:
        assert one.get("/emulator/clock").status_code == 404


def test_several_processes_need_postgresql(filed: Desk):
    server = filed.serve("--port", free_port(), "--workers", 2)

    assert server.wait() == 2
    assert "needs PostgreSQL" in server.err
    assert server.err.count("\n") == 1


def test_a_port_that_is_taken_is_found_before_anything_is_written(empty: Desk):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = empty.serve("--host", "127.0.0.1", "--port", port)
        assert server.wait() == 1

    assert server.err == f"vestibule: port {port} on 127.0.0.1 cannot be used: Address already in use; name another\n"
    assert not (empty.data / "vestibule.sqlite").exists()


def test_a_host_that_is_not_this_machine(empty: Desk):
    server = empty.serve("--host", "192.0.2.1", "--port", free_port())

    assert server.wait() == 1
    assert server.err == "vestibule: 192.0.2.1 is no address of this machine\n"


def test_one_process_serves_a_file(filed: Desk):
    first, _ = plain(filed)
    second = filed.serve("--port", free_port())

    assert second.wait() == 1
    assert f"another process ({first.process.pid}) already serves" in second.err
    assert first.stop()[0] == 0
    assert plain(filed)[0].stop()[0] == 0


def test_a_file_is_migrated_when_it_is_served(empty: Desk):
    assert plain(empty)[0].stop()[0] == 0
    assert empty.json("organization", "list") == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_database_server_is_migrated_by_hand(empty: Desk, postgres_url: str, workers: int):
    empty.url = postgres_url
    server = empty.serve("--port", free_port(), "--workers", workers)

    assert server.wait() == 1
    assert "run `vestibule migrate` first" in server.err


# --- Signals ----------------------------------------------------------------------------------------------------------


def test_ctrl_c_ends_it_well_and_soon(filed: Desk):
    server, port = plain(filed)
    with client(port) as idle:
        assert idle.get("/healthz").status_code == 200
        status, seconds = server.stop(signal.SIGINT)

    assert status == 0
    assert seconds < SOON_ENOUGH


def test_requests_in_flight_are_finished_and_nobody_else_gets_in(desk: Desk):
    server, port = plain(desk)
    slow = [Slow(port) for _ in range(5)]
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    until_nobody_listens(port)
    answers = [one.finish() for one in slow]

    assert server.wait() == 0
    assert time.monotonic() - began < SOON_ENOUGH
    for answer in answers:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert json.loads(body)["error"] == "unauthorized_client"


def test_a_request_that_never_ends_does_not_keep_it(filed: Desk):
    server, port = plain(filed)
    slow = Slow(port)
    status, seconds = server.stop()
    slow.rest()

    assert status == 0
    assert seconds < SOON_ENOUGH


def test_after_kill_9_it_is_ready_again(filed: Desk):
    server, _ = plain(filed)
    filed.json("user", "create", "-o", "contoso.example", "--upn", "ann@contoso.example", "--name", "Ann")
    server.process.kill()
    server.wait()
    _, port = plain(filed)

    with client(port) as one:
        assert ready(one).status_code == 200
    assert len(filed.json("user", "list", "-o", "contoso.example")) == 2


def ready(one: httpx.Client) -> httpx.Response:
    """The answer of ``/readyz``, once the worker was seen or after many questions."""
    answer = one.get("/readyz")
    for _ in range(2_000):
        if answer.status_code == 200:
            break
        answer = one.get("/readyz")
    return answer


# --- The worker -------------------------------------------------------------------------------------------------------


def test_without_a_worker_it_is_alive_but_not_ready_until_one_works_beside_it(desk: Desk):
    _, port = plain(desk, "--no-worker")
    with client(port) as one:
        assert one.get("/healthz").status_code == 200
        answer = one.get("/readyz")
        assert (answer.status_code, answer.json()["ready"]) == (503, False)
        worker = work(desk)
        assert ready(one).json() == {"ready": True, "problems": []}
    status, seconds = worker.stop()

    assert (status, seconds < SOON_ENOUGH) == (0, True)
    assert worker.out == '{"stopped":true}\n'


def work(desk: Desk) -> Server:
    """The background worker alone."""
    made = Server([*PROGRAM, "worker", "--json"], desk._for_programs({}))
    desk.servers.append(made)
    made.until("working")
    return made


# --- Several processes ------------------------------------------------------------------------------------------------


@pytest.fixture
def shared(tmp_path: Path, templates: Templates, postgres_server: PostgresServer) -> Iterator[Desk]:
    """Contoso on PostgreSQL."""
    yield from closing(templates.copy(tmp_path / "data", emulator=False, server=postgres_server))


def children(of: int) -> list[int]:
    """The processes that a process started."""
    return [int(one) for one in Path(f"/proc/{of}/task/{of}/children").read_text().split()]


def answering(port: int) -> bool:
    with client(port) as one:
        return ready(one).status_code == 200


def test_several_processes_serve_and_end_together(shared: Desk):
    server, port = plain(shared, "--workers", 2)
    assert answering(port)
    assert len(children(server.process.pid)) == 2
    slow = [Slow(port) for _ in range(4)]
    server.process.send_signal(signal.SIGTERM)
    until_nobody_listens(port)
    answers = [one.finish() for one in slow]

    assert server.wait() == 0
    assert all(b'"error":"unauthorized_client"' in answer for answer in answers)


def test_a_process_that_dies_is_started_anew(shared: Desk):
    server, port = plain(shared, "--workers", 2)
    assert answering(port)
    before = children(server.process.pid)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    told = "".join(server.until("process_died") for _ in before)

    assert all(f'"pid": {pid},' in told for pid in before)
    assert answering(port)
    after = children(server.process.pid)
    assert len(after) == 2
    assert not set(before) & set(after)
    assert server.stop()[0] == 0


def test_the_end_may_come_while_processes_begin(shared: Desk):
    port = free_port()
    server = shared.serve("--port", port, "--workers", 4).ready()
    assert server.stop()[0] == 0


def test_processes_do_not_outlive_the_one_that_started_them(shared: Desk):
    server, port = plain(shared, "--workers", 2)
    assert answering(port)
    server.process.kill()
    server.process.wait()

    until_nobody_listens(port)


def test_an_emulator_is_served_by_one_process(emulator: Desk):
    server = emulator.serve("--port", free_port(), "--workers", 2)

    assert server.wait() == 2
    assert ("served by one process" if emulator.url else "needs PostgreSQL, and no emulator") in server.err
