"""Requests that go out: other providers' metadata and keys, logout notices, webhooks.

An address that somebody typed may name anything, so each request is bound twice: the name is resolved here, every
address it resolves to has to be public, and the connection goes to the very address that was checked (a name that
answers differently a moment later changes nothing). Redirects are not followed; time and size are bounded.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from vestibule.ground.name_records import NameRecords, NoNameServer

DEADLINE: Final = 10.0
"""Seconds for one request, from resolving the name to the last octet of the answer."""

LARGEST: Final = 512 * 1024
"""Octets of an answer."""

LONGEST_URL: Final = 2048

_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_NAT64_LOCAL: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str, int], Awaitable[list[str]]]


class OutgoingFailure(Exception):
    """A request did not bring an answer. The text names no address of the inside."""


class TargetRefused(OutgoingFailure):
    """The address may not be reached from here, and trying again changes nothing."""


class TargetAway(OutgoingFailure):
    """No answer: the other side is away, slow, or its certificate is not trusted. It may work later."""


class AnswerTooLarge(OutgoingFailure):
    """The answer is larger than what was asked for allows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. ``headers`` by lower-case name; ``body`` at most as long as was allowed."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Outgoing:
    """Sends requests to where they may go.

    Args:
        allow_loopback: loopback addresses may be reached too, over plain http as well (tests, development).
        extra_ca: a file of further certificate authorities (PEM), beside the system's.
        resolve: how a name becomes addresses; by default the system's resolver.
        dns_server: who is asked for texts in the DNS (``name_records``); empty for the system's resolvers.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool = False,
        extra_ca: str = "",
        resolve: Resolver | None = None,
        dns_server: str = "",
    ) -> None:
        self._allow_loopback = allow_loopback
        self._extra_ca = extra_ca
        self._resolve = resolve or _system_resolve
        self._records = NameRecords(dns_server)

    @property
    def allows_loopback(self) -> bool:
        """Whether loopback addresses may be reached."""
        return self._allow_loopback

    async def texts(self, name: str) -> list[str]:
        """The texts that a name has in the DNS; nothing is sent to the name itself. Raises TargetAway."""
        try:
            return await self._records.texts(name)
        except NoNameServer as failure:
            raise TargetAway(f"no answer of the DNS: {failure}") from None

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        largest: int = LARGEST,
        deadline: float = DEADLINE,
    ) -> Answer:
        """Send one request and read its answer, whatever its status.

        Raises:
            TargetRefused: no https address, or one that is not public.
            TargetAway: no answer in time. AnswerTooLarge: more than ``largest`` octets.
        """
        try:
            async with asyncio.timeout(deadline):
                return await self._send(method, self.check(url), headers or {}, body, largest)
        except TimeoutError:
            raise TargetAway("no answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as failure:
            raise TargetAway(f"no answer: {type(failure).__name__}") from None

    def check(self, url: str) -> SplitResult:
        """Take an address apart, if it is one that may be asked for at all.

        Raises:
            TargetRefused: another scheme than https, user information, a fragment, signs that do not belong.
        """
        if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' \\"<>^`{|}'):
            raise TargetRefused("the address has signs that do not belong there, or is too long")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise TargetRefused("the address cannot be read") from None
        if (
            parts.username is not None
            or parts.password is not None
            or parts.fragment
            or not parts.hostname
            or port == 0
        ):
            raise TargetRefused("the address has parts that do not belong there")
        if parts.scheme != "https" and not (parts.scheme == "http" and self._allow_loopback):
            raise TargetRefused("the address does not begin with https://")
        return parts

    async def _send(
        self, method: str, parts: SplitResult, headers: Mapping[str, str], body: bytes, largest: int
    ) -> Answer:
        host = parts.hostname or ""
        address = await self._pinned(host, parts)
        where = f"[{address}]" if address.version == 6 else str(address)
        port = "" if parts.port is None else f":{parts.port}"
        pinned = parts._replace(netloc=where + port).geturl()
        named = {"Host": (f"[{host}]" if ":" in host else host) + port, "Accept-Encoding": "identity", **headers}
        transport = httpx.AsyncHTTPTransport(verify=_trusted(self._extra_ca), retries=0, trust_env=False)
        async with (
            httpx.AsyncClient(transport=transport, follow_redirects=False, trust_env=False, timeout=None) as client,  # noqa: S113 - the whole request has a deadline
            client.stream(
                method, pinned, headers=named, content=body or None, extensions={"sni_hostname": host}
            ) as response,
        ):
            return Answer(
                response.status_code,
                {name.lower(): value for name, value in response.headers.items()},
                await _read(response, largest),
            )

    async def _pinned(self, host: str, parts: SplitResult) -> Address:
        """The address to connect to: the first, when every one that the name has is allowed."""
        default = 443 if parts.scheme == "https" else 80
        try:
            found = [ipaddress.ip_address(one) for one in await self._resolve(host, parts.port or default)]
        except ValueError:
            raise TargetRefused("the address leads nowhere that may be reached") from None
        if not found:
            raise TargetAway("the name has no address")
        for address in found:
            if not self._may_reach(address, plain=parts.scheme == "http"):
                raise TargetRefused("the address leads to a network that may not be reached")
        return found[0]

    def _may_reach(self, address: Address, *, plain: bool) -> bool:
        if self._allow_loopback and address.is_loopback:
            return True
        return not plain and is_public(address)


@lru_cache(maxsize=4)
def _trusted(extra_ca: str) -> ssl.SSLContext:
    """Whom we believe: read once in a process, which takes 30 milliseconds."""
    context = ssl.create_default_context()
    if extra_ca:
        context.load_verify_locations(Path(extra_ca))
    return context


def is_public(address: Address) -> bool:
    """Whether an address is out on the public network, whichever way it is written.

    IPv4 addresses inside IPv6 (mapped, RFC 4291 section 2.5.5; NAT64, RFC 6052) are judged as what they stand for;
    6to4 and Teredo (RFC 3056, RFC 4380) lead through tunnels and are never public here.
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in _NAT64:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None or address.teredo is not None or address.is_site_local:
            return False
        if address in _NAT64_LOCAL or address in _COMPATIBLE or address.scope_id is not None:
            return False
    inward = address.is_private or address.is_loopback or address.is_link_local or address.is_unspecified
    return address.is_global and not (inward or address.is_multicast or address.is_reserved)


async def _system_resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (socket.gaierror, UnicodeError):
        return []
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _read(response: httpx.Response, largest: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in response.aiter_raw():
        size += len(chunk)
        if size > largest:
            raise AnswerTooLarge("the answer is too large")
        chunks.append(chunk)
    return b"".join(chunks)
