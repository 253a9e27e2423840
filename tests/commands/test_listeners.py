"""Taking ports, serving on several listeners in one process, and ending in order."""

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.ports import free_port
from vestibule import serving
from vestibule.ground import certificates
from vestibule.ground.clock import SystemClock
from vestibule.serving import Listener, bind


def closed(sockets: list[socket.socket]) -> list[tuple[Any, ...]]:
    """Where sockets listened."""
    found = [one.getsockname() for one in sockets]
    for one in sockets:
        one.close()
    return found


def test_localhost_is_every_address_of_the_name():
    port = free_port()
    names = {address[0] for address in closed(bind("localhost", port))}

    assert "127.0.0.1" in names
    assert names <= {"127.0.0.1", "::1"}


def test_a_port_can_be_taken_again_at_once():
    port = free_port()
    for _ in range(2):
        assert closed(bind("127.0.0.1", port)) == [("127.0.0.1", port)]


def test_a_port_that_is_taken_leaves_nothing_open():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            OSError, match=f"port {port} on localhost cannot be used: Address already in use; name another"
        ):
            bind("localhost", port)
    closed(bind("localhost", port))


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the scheme, once the body has come to its end."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})


async def until_ready(*listeners: Listener) -> "tuple[asyncio.Task[None], asyncio.Event]":
    """A server that answers, and the event that stops it."""
    ready, stopped = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(serving.serve(app, list(listeners), on_ready=ready, stopped=stopped))
    await ready.wait()
    return running, stopped


async def test_one_process_speaks_https_and_plain_http(tmp_path: Path):
    made = certificates.for_development(tmp_path, SystemClock().now())
    secure, plain = free_port(), free_port()
    running, stopped = await until_ready(
        Listener(bind("localhost", secure), made.certificate, made.key), Listener(bind("localhost", plain))
    )
    trusted = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    async with httpx.AsyncClient(verify=trusted, trust_env=False) as client:
        assert (await client.get(f"https://localhost:{secure}/")).text == "https"
        assert (await client.get(f"http://localhost:{plain}/")).text == "http"
        answer = await client.get(f"http://localhost:{plain}/")
        assert "server" not in answer.headers
    stopped.set()
    await running
    for port in (secure, plain):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_requests_in_flight_finish(how: signal.Signals):
    port = free_port()
    running, _ = await until_ready(Listener(bind("127.0.0.1", port)))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n1")
    await writer.drain()
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(f"http://127.0.0.1:{port}/")  # so that the request before it has arrived
    os.kill(os.getpid(), how)
    await _refused(port)
    assert not running.done()
    writer.write(b"2")
    answer = await reader.read()
    writer.close()
    await running

    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nhttp\r\n" in answer


async def _refused(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except (ConnectionRefusedError, ConnectionResetError):
            return
        writer.close()


async def test_a_server_that_is_stopped_before_it_began_ends_too():
    stopped = asyncio.Event()
    stopped.set()
    await serving.serve(app, [Listener(bind("127.0.0.1", free_port()))], stopped=stopped)


@pytest.fixture(autouse=True)
async def _handlers() -> Any:
    """The loop's signal handlers as they were."""
    before: list[tuple[signal.Signals, Callable[..., Any] | int | None]] = [
        (number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)
    ]
    yield
    for number, handler in before:
        asyncio.get_running_loop().remove_signal_handler(number)
        signal.signal(number, handler)
