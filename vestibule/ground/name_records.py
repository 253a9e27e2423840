"""Texts in the DNS (RFC 1035, section 3.3.14): how the owner of a name proves that it is theirs.

The question goes to the machine's own resolvers, or to the one that the operator named. Only records of the very name
count: behind an alias (CNAME) somebody else speaks, who runs a shop or a web site for the name and does not own it.
"""

import ipaddress
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

PATIENCE: Final = 10.0
"""Seconds for one question, however many resolvers are asked."""


class BadResolver(Exception):
    """The text names no resolver; it says what would."""


class NoNameServer(Exception):
    """No resolver gave an answer that can be used. It may work later."""


class NameRecords:
    """Asks the DNS for texts.

    Args:
        server: the resolver's address, with a port if need be (``192.0.2.1``, ``[2001:db8::1]:5353``); empty for those
            that the machine is set up with.

    Raises:
        BadResolver: ``server`` is no address.
    """

    def __init__(self, server: str = "") -> None:
        self._server = read_server(server) if server else None

    async def texts(self, name: str) -> list[str]:
        """The texts of the name itself, each joined from its parts; empty when it has none or does not exist.

        Args:
            name: a domain as A-labels, without a dot at its end.

        Raises:
            NoNameServer: no answer in ten seconds, or none that can be used.
        """
        wanted = dns.name.from_text(f"{name}.")
        try:
            answer = await self._resolver().resolve(
                wanted, dns.rdatatype.TXT, search=False, raise_on_no_answer=False, lifetime=PATIENCE
            )
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError) as failure:
            raise NoNameServer(type(failure).__name__) from failure
        if answer.rrset is None or answer.canonical_name != wanted:
            return []
        return [b"".join(record.strings).decode("utf-8", "replace") for record in answer.rrset]

    def _resolver(self) -> dns.asyncresolver.Resolver:
        """Made for each question, so that nothing is remembered from one to the next."""
        if self._server is None:
            return dns.asyncresolver.Resolver()
        made = dns.asyncresolver.Resolver(configure=False)
        address, port = self._server
        made.nameservers = [address]
        made.port = port
        return made


def read_server(text: str) -> tuple[str, int]:
    """An address and a port in one text; port 53 when none is said. Raises BadResolver."""
    host, _, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "53")
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
        number = int(port)
    except ValueError:
        raise BadResolver("it has to be an address such as 192.0.2.1 or [2001:db8::1]:53") from None
    if not 0 < number < 65_536:
        raise BadResolver("its port has to be between 1 and 65535")
    return str(address), number
