import asyncio
import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from vestibule.ground.certificates import for_development
from vestibule.ground.outgoing import AnswerTooLarge, Outgoing, TargetAway, TargetRefused, is_public

Respond = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Listener:
    """A server that keeps what it was asked and answers what the test says."""

    def __init__(self) -> None:
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Kind: plain\r\n\r\nhi"
        self.asked: list[bytes] = []
        self.port = 0
        self.served = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            if not self.answer:
                await reader.read()
        self.served.set()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    found = Listener()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1",
        "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "2002:7f00:1::1", "2001:0:7f00:1::1", "2001:db8::1", "fe80::1%1",
    ],
)  # fmt: skip
def test_addresses_of_the_inside_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_addresses_of_the_outside_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1/", "ftp://1.1.1.1/", "file:///etc/passwd", "https://", "https://user@host/", "https://h/#part",
        "https://h\\@evil/", "https://h/a b", "https://h:0/", "https://h:99999/", "https://hö/", "gopher://h/",
        "https://h/\n", "//h/", "https://" + "a" * 3000,
    ],
)  # fmt: skip
async def test_only_plain_https_addresses_are_asked(url: str) -> None:
    with pytest.raises(TargetRefused):
        await Outgoing().request("GET", url)


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "::1"),
        ("[::1]", "::1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("[::ffff:127.0.0.1]", "::ffff:127.0.0.1"),
    ],
)
async def test_loopback_is_refused_however_it_is_written(host: str, found: str, listener: Listener) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return [found]

    with pytest.raises(TargetRefused):
        await Outgoing(resolve=resolve).request("GET", f"https://{host}:{listener.port}/")
    assert listener.asked == []


async def test_a_name_is_refused_when_only_one_of_its_addresses_is_inside() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["1.1.1.1", "10.0.0.7"]

    with pytest.raises(TargetRefused):
        await Outgoing(resolve=resolve).request("GET", "https://two-faced.example/")


async def test_the_connection_goes_to_the_address_that_was_checked(listener: Listener) -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["1.1.1.1"]

    outgoing = Outgoing(allow_loopback=True, resolve=rebinding)
    answer = await outgoing.request("POST", f"http://named.example:{listener.port}/x?y=1", body=b"z")
    assert (answer.status, answer.body, answer.headers["x-kind"]) == (200, b"hi", "plain")
    assert asked == ["named.example"]
    head = listener.asked[0].decode()
    assert head.startswith("POST /x?y=1 HTTP/1.1\r\n")
    assert f"\r\nHost: named.example:{listener.port}\r\n" in head


async def test_plain_http_stays_on_loopback() -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["1.1.1.1"]

    with pytest.raises(TargetRefused):
        await Outgoing(allow_loopback=True, resolve=resolve).request("GET", "http://public.example/")


async def test_redirects_are_answers_and_are_not_followed(listener: Listener) -> None:
    listener.answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    answer = await Outgoing(allow_loopback=True).request("GET", f"http://127.0.0.1:{listener.port}/")
    assert answer.status == 302
    assert len(listener.asked) == 1


async def test_an_answer_without_end_is_cut_off(listener: Listener) -> None:
    listener.answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000
    with pytest.raises(AnswerTooLarge):
        await Outgoing(allow_loopback=True).request("GET", f"http://127.0.0.1:{listener.port}/", largest=1000)
    await listener.served.wait()


async def test_silence_ends_at_the_deadline(listener: Listener) -> None:
    listener.answer = b""
    with pytest.raises(TargetAway, match="in time"):
        await Outgoing(allow_loopback=True).request("GET", f"http://127.0.0.1:{listener.port}/", deadline=0.05)
    with suppress(TimeoutError):  # on a busy machine the deadline may pass before it was ever reached
        await asyncio.wait_for(listener.served.wait(), 1)


async def test_nobody_there_is_said_without_an_address() -> None:
    with pytest.raises(TargetAway) as failure:
        await Outgoing(allow_loopback=True).request("GET", "http://127.0.0.1:9/")
    assert "127.0.0.1" not in str(failure.value)


async def test_a_certificate_counts_for_the_name_that_was_asked_for(tmp_path: Path) -> None:
    files = for_development(tmp_path, dt.datetime.now(dt.UTC), ["named.localhost"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.certificate, files.key)
    found = Listener()
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]

    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    trusting = Outgoing(allow_loopback=True, extra_ca=str(files.authority), resolve=resolve)
    assert (await trusting.request("GET", f"https://named.localhost:{port}/")).body == b"hi"
    with pytest.raises(TargetAway):
        await trusting.request("GET", f"https://other.localhost:{port}/")
    with pytest.raises(TargetAway):
        await Outgoing(allow_loopback=True, resolve=resolve).request("GET", f"https://named.localhost:{port}/")
    server.close()
