"""What browsers say about themselves."""

import pytest

from vestibule.rules import user_agents

_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox 128.0", "Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36",
            "Chrome 131.0.0.0",
            "Windows 10",
        ),
        (
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.2903.70",
            "Edge 131.0.2903.70",
            "Windows 10",
        ),
        (
            f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_APPLE} Version/17.6 Safari/605.1.15",
            "Safari 17.6",
            "macOS",
        ),
        (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac) {_APPLE} Version/17.6 Mobile/15E148 Safari/604.1",
            "Safari 17.6",
            "iOS 17.6.1",
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SM) {_WEBKIT} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
            "Samsung Internet 26.0",
            "Android 14",
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36",
            "Chrome 131.0.0.0",
            "ChromeOS",
        ),
        (
            f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} HeadlessChrome/131.0.0.0 Safari/537.36",
            "Chrome 131.0.0.0",
            "Linux",
        ),
        ("curl/7.88.1", "curl 7.88.1", None),
        ("python-requests/2.32.3", "Python Requests 2.32.3", None),
        ("azsdk-python-identity/1.27.0 Python/3.11.7 (Linux-6.1)", "Azure SDK for Python 1.27.0", "Linux"),
        ("", None, None),
        ("something of my own", None, None),
        ("Windows NT 99.9", None, "Windows"),
    ],
)
def test_families(agent: str, browser: str | None, system: str | None) -> None:
    found = user_agents.read(agent)
    assert (found.browser, found.operating_system) == (browser, system)


def test_what_somebody_makes_up_stays_short() -> None:
    for agent in ("Firefox/" + "9" * 100_000, "Chrome/" + "1." * 100_000, "(iPhone" + " " * 100_000, "<b>" * 10_000):
        found = user_agents.read(agent)
        assert len(found.name) < 60
        assert "<" not in found.name


def test_in_short() -> None:
    assert user_agents.read("Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/128.0").name == "Firefox 128.0 · Linux"
    assert user_agents.read("curl/8.0").name == "curl 8.0"
    assert user_agents.read("").name == ""
