"""A name server on loopback, which knows the texts that a test gives it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

Address = tuple[str, int]


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """What it answers, and what it was asked.

    Attributes:
        texts: by name without a dot at its end; each text is one record. aliases: names that lead to another.
        asked: every question, in order. broken: it answers that it failed. at: ``address:port``.
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    broken: bool = False
    at: str = ""
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        assert self._transport is not None
        self._transport.sendto(self._answer(dns.message.from_wire(data)).to_wire(), addr)

    def _answer(self, query: dns.message.Message) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        name = query.question[0].name.to_text(omit_final_dot=True)
        self.asked.append(name)
        if self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer
        owner = self.aliases.get(name, name)
        if owner != name:
            answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "CNAME", f"{owner}."))
        if owner not in self.texts:
            answer.set_rcode(dns.rcode.NXDOMAIN)
            return answer
        # A text in two parts is one text (RFC 7208, section 3.3).
        quoted = [f'"{one[:9]}" "{one[9:]}"' for one in self.texts[owner]]
        if quoted:
            answer.answer.append(dns.rrset.from_text_list(f"{owner}.", 60, "IN", "TXT", quoted))
        return answer


@asynccontextmanager
async def name_server() -> AsyncIterator[NameServer]:
    """The server, while it is needed."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", 0))
    host, port = transport.get_extra_info("sockname")[:2]
    server.at = f"{host}:{port}"
    try:
        yield server
    finally:
        transport.close()
