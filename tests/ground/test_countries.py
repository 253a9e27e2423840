"""Which country an address is in, by a real file of the format that operators download."""

from pathlib import Path

import pytest

from tests.support.countries import write_countries
from vestibule.ground.countries import BadCountryFile, Countries

NETWORKS = {
    "192.0.2.0/25": {"country": {"iso_code": "NL", "names": {"en": "The Netherlands"}}, "continent": {"code": "EU"}},
    "198.51.100.0/24": {"country_code": "se", "country": "Sweden"},
    "203.0.113.7/32": {"country": "BE"},
    "203.0.113.8/32": {"country": "Belgium"},
    "203.0.113.9/32": {"continent": {"code": "EU"}},
    "203.0.113.10/32": ["BE"],
    "2001:db8:1::/48": {"country": {"iso_code": "FI"}},
}


@pytest.fixture
def countries(tmp_path: Path) -> Countries:
    found = Countries(write_countries(tmp_path / "countries.mmdb", NETWORKS))
    found.check()
    return found


@pytest.mark.parametrize(
    ("network", "code"),
    [
        ("192.0.2.1", "NL"),
        ("192.0.2.127", "NL"),
        ("192.0.2.128", None),
        ("198.51.100.9", "SE"),
        ("203.0.113.7", "BE"),
        ("203.0.113.8", None),
        ("203.0.113.9", None),
        ("203.0.113.10", None),
        ("2001:db8:1::7", "FI"),
        ("2001:db8:2::7", None),
        ("::ffff:192.0.2.1", "NL"),
        ("127.0.0.1", None),
        ("", None),
        ("nowhere", None),
    ],
)
def test_where_an_address_is(countries: Countries, network: str, code: str | None) -> None:
    assert countries.of(network) == code


def test_without_a_file_nothing_is_known() -> None:
    Countries().check()
    assert Countries().of("192.0.2.1") is None


def test_a_file_that_is_none_is_refused_when_it_is_checked(tmp_path: Path) -> None:
    other, empty = tmp_path / "other.mmdb", tmp_path / "empty.mmdb"
    other.write_bytes(b"network,country\n192.0.2.0/24,NL\n")
    empty.write_bytes(b"")
    for file, why in (
        (other, "is no MaxMind DB file"),
        (empty, "is no MaxMind DB file"),
        (tmp_path / "none", "cannot be read"),
    ):
        with pytest.raises(BadCountryFile, match=why):
            Countries(file).check()


def test_a_damaged_file_fails_no_sign_in(tmp_path: Path) -> None:
    file = write_countries(tmp_path / "countries.mmdb", NETWORKS)
    octets = file.read_bytes()
    cut = octets.index(bytes(16))
    file.write_bytes(octets[:cut] + bytes(16) + b"\xff" * 40 + octets[cut + 56 :])
    assert Countries(file).of("192.0.2.1") is None


def test_what_was_read_stays_when_the_file_is_replaced(tmp_path: Path) -> None:
    file = write_countries(tmp_path / "countries.mmdb", NETWORKS)
    countries = Countries(file)
    assert countries.of("192.0.2.1") == "NL"
    file.write_bytes(b"")
    assert countries.of("192.0.2.1") == "NL"
