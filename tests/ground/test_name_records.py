"""Texts in the DNS, asked of a name server on loopback."""

import pytest

from tests.support.name_server import name_server
from vestibule.ground.name_records import BadResolver, NameRecords, NoNameServer, read_server
from vestibule.ground.outgoing import Outgoing, TargetAway


async def test_the_texts_of_a_name_and_nothing_behind_an_alias():
    async with name_server() as server:
        server.texts = {
            "shop.example": ["v=spf1 -all", "MS=ms0123456789"],
            "bare.example": [],
            "host.example": ["MS=ms1"],
        }
        server.aliases = {"alias.example": "host.example"}
        records = NameRecords(server.at)
        assert sorted(await records.texts("shop.example")) == ["MS=ms0123456789", "v=spf1 -all"]
        assert await records.texts("bare.example") == []
        assert await records.texts("nowhere.example") == []
        assert await records.texts("alias.example") == []
        server.texts["bare.example"] = ["now"]
        assert await records.texts("bare.example") == ["now"]  # nothing is remembered
        server.broken = True
        with pytest.raises(NoNameServer):
            await records.texts("shop.example")
        with pytest.raises(TargetAway):
            await Outgoing(dns_server=server.at).texts("shop.example")


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", ("192.0.2.1", 53)),
        ("192.0.2.1:5353", ("192.0.2.1", 5353)),
        ("2001:db8::1", ("2001:db8::1", 53)),
        ("[2001:db8::1]:5353", ("2001:db8::1", 5353)),
        ("[2001:db8::1]", ("2001:db8::1", 53)),
    ],
)
def test_a_resolver_is_named_by_its_address(text: str, server: tuple[str, int]):
    assert read_server(text) == server


@pytest.mark.parametrize("text", ["resolver.example", "192.0.2.1:no", "192.0.2.1:0", "192.0.2.1:70000", ":53", "[]"])
def test_anything_else_is_no_resolver(text: str):
    with pytest.raises(BadResolver):
        read_server(text)
