import asyncio
import socket

import httpx
import pytest

from tests.support.network import LeavesThisMachine, is_loopback
from tests.support.ports import free_port


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "login.localhost", "", None, b"127.0.0.1"]
)
def test_loopback_is_this_machine(host: str | bytes | None) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.1",
        "10.0.0.1",
        "0.0.0.0",  # noqa: S104 - not bound, only asked about
        "::ffff:192.0.2.1",
        "contoso.example",
        "localhost.example",
        7,
    ],
)
def test_everything_else_is_not(host: object) -> None:
    assert not is_loopback(host)


def test_no_address_is_looked_up() -> None:
    with pytest.raises(LeavesThisMachine, match="not to 'contoso"):
        socket.getaddrinfo("contoso.example", 443)


def test_no_connection_is_made() -> None:
    with socket.socket() as out, pytest.raises(LeavesThisMachine):
        out.connect(("192.0.2.1", 80))
    with socket.socket(type=socket.SOCK_DGRAM) as out, pytest.raises(LeavesThisMachine):
        out.sendto(b"", ("192.0.2.1", 53))


async def test_no_request_leaves_from_an_event_loop() -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(LeavesThisMachine):
            await client.get("http://contoso.example/")
    with pytest.raises(LeavesThisMachine):
        await asyncio.open_connection("192.0.2.1", 25)


def test_this_machine_can_be_reached() -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("localhost", free_port()))
