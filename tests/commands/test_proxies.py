"""Who is calling, behind proxies: only what trusted proxies say is believed."""

import pytest
from starlette.types import Scope

from vestibule.proxies import Proxies
from vestibule.settings import BadSetting


def seen(setting: str, client: str | None, *forwarded: str) -> str | None:
    """Whose address counts."""
    scope: Scope = {
        "type": "http",
        "client": None if client is None else (client, 4711),
        "headers": [(b"host", b"id.example.org"), *((b"x-forwarded-for", one.encode("latin-1")) for one in forwarded)],
    }
    Proxies(setting).apply(scope)
    return None if scope["client"] is None else str(scope["client"][0])


@pytest.mark.parametrize(
    ("setting", "client", "forwarded", "who"),
    [
        ("", "10.0.0.5", "192.0.2.7", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.5", "10.0.0.6", "192.0.2.7", "10.0.0.6"),
        ("10.0.0.0/8", "10.9.9.9", "192.0.2.7", "192.0.2.7"),
        ("10.0.0.5/8", "10.9.9.9", "192.0.2.7", "192.0.2.7"),
        ("::1,10.0.0.5", "::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.5,10.0.0.6", "10.0.0.5", "198.51.100.9, 192.0.2.7, 10.0.0.6", "192.0.2.7"),
        ("10.0.0.5", "10.0.0.5", "6.6.6.6, 192.0.2.7", "192.0.2.7"),
        ("10.0.0.5,10.0.0.6", "10.0.0.5", "10.0.0.6", "10.0.0.6"),
        ("10.0.0.5", "10.0.0.5", "", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", "unknown", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", "192.0.2.7, evil", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", "192.0.2.7:443", "10.0.0.5"),
        ("10.0.0.5", "10.0.0.5", " 192.0.2.7 ", "192.0.2.7"),
        ("10.0.0.5", "unix", "192.0.2.7", "unix"),
    ],
)
def test_whose_address_counts(setting: str, client: str, forwarded: str, who: str):
    assert seen(setting, client, forwarded) == who


def test_a_caller_without_an_address_and_a_proxy_that_says_nothing():
    assert seen("10.0.0.5", None, "192.0.2.7") is None
    assert seen("10.0.0.5", "10.0.0.5") == "10.0.0.5"


def test_a_header_that_a_caller_sent_comes_before_the_one_that_the_proxy_wrote():
    """Several lines of one name are one list, in their order (RFC 9110, section 5.3)."""
    assert seen("10.0.0.5", "10.0.0.5", "6.6.6.6", "192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize("setting", ["10.0.0.5;10.0.0.6", "proxy.example.org", "10.0.0.300", "10.0.0.0/33"])
def test_what_is_no_address_is_refused(setting: str):
    with pytest.raises(BadSetting, match="VESTIBULE_TRUSTED_PROXIES"):
        Proxies(setting)
