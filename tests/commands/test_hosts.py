"""Requests as nobody's library would send them, to the real server: one Host header, or none of it is read."""

import socket
from pathlib import Path
from typing import Any

import pytest

from soak.sign_in_breakages_proofs import any_host_will_do
from tests.commands.conftest import Desk, initialise
from tests.support.broken import broken
from tests.support.ports import free_port
from vestibule import seeded
from vestibule.app import front
from vestibule.program import open_program
from vestibule.settings import Settings


def ask(port: int, head: str) -> str:
    """Send a request line and headers; the status line of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode("latin-1"))
        answered = b""
        while part := connection.recv(65_536):
            answered += part
    return answered.split(b"\r\n", 1)[0].decode()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory):
    """A server behind a proxy, as it will be."""
    desk = Desk(tmp_path_factory.mktemp("hosts") / "data")
    initialise(desk, "--emulator")
    port = free_port()
    server = desk.serve("--emulator", "--port", port).ready()
    yield port
    server.kill()


@pytest.mark.parametrize("path", ["/v1.0/users", "/signin", "/healthz", "/scim/contoso.example/v2/Users"])
@pytest.mark.parametrize(
    "host",
    [
        "",  # none at all
        "\r\nHost: ",
        "\r\nHost: x/y?z",
        "\r\nHost: one two",
        "\r\nHost: user@contoso.example",
        "\r\nHost: contoso.example:port",
        "\r\nHost: [::1",
        "\r\nHost: contoso.example\r\nHost: contoso.example",
        "\r\nHost: contoso.example evil.example",
    ],
)
def test_a_request_that_does_not_say_plainly_whom_it_is_for(port: int, path: str, host: str) -> None:
    assert ask(port, f"GET {path} HTTP/1.1{host}") == "HTTP/1.1 400 Bad Request"


@pytest.mark.parametrize(
    "host", ["localhost", "contoso.example:8443", "127.0.0.1", "[::1]:8443", "under_score.example"]
)
def test_a_host_is_a_host(port: int, host: str) -> None:
    assert ask(port, f"GET /healthz HTTP/1.1\r\nHost: {host}") == "HTTP/1.1 200 OK"


def test_a_program_of_long_ago_names_none(port: int) -> None:
    assert ask(port, "GET /healthz HTTP/1.0") == "HTTP/1.1 200 OK"


def test_what_is_asked_is_decided_by_the_path_that_is_served(port: int) -> None:
    """Neither a host in the request line nor one in front of the path leads past a door."""
    for target in ("http://evil.example/v1.0/users", "http://evil.example/v1.0/users?x=/healthz"):
        assert ask(port, f"GET {target} HTTP/1.1\r\nHost: localhost") == "HTTP/1.1 401 Unauthorized"


@broken(any_host_will_do)
async def test_it_is_refused_before_anything_looks_at_it(tmp_path: Path) -> None:
    """The same without a server, which refuses some of them by itself."""
    program = await open_program(Settings(data=tmp_path), serving=True, emulator_wanted=True)
    try:
        app = front(program, reset=lambda: seeded.reset(program))
        assert await answered(app, b"contoso.example") == 200
        assert [await answered(app, *hosts) for hosts in ((), (b"",), (b"x/y?z",), (b"one", b"two"))] == [400] * 4
    finally:
        await program.close()


async def answered(app: Any, *hosts: bytes) -> int:
    """The status of the answer to a request with these Host headers."""
    sent: list[Any] = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/healthz",
        "raw_path": b"/healthz",
        "query_string": b"",
        "headers": [(b"host", host) for host in hosts],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    status: int = sent[0]["status"]
    return status
