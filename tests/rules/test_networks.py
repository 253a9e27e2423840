import pytest

from vestibule.rules import networks


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("192.0.2.255", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("", ""),
        ("testclient", ""),
        ("192.0.2", ""),
    ],
)
def test_neighbours_count_as_one(address: str, network: str) -> None:
    assert networks.of(address) == network


def test_loopback() -> None:
    for address in ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"):
        assert networks.is_loopback(address), address
    for address in ("192.0.2.7", "::2", "", "localhost"):
        assert not networks.is_loopback(address), address
