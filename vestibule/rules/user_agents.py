"""What a browser says about itself (``User-Agent``, RFC 9110 section 10.1.5), as a family with its version.

A small table of families instead of a data base of every device: enough to recognize one's own sign-in by. Nothing is
decided by it, since anybody can say anything here. What is not in the table stays unknown.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LONGEST: Final = 512
"""Characters of it that are looked at and kept."""


@dataclass(frozen=True, slots=True)
class Device:
    """What signed in: ``Firefox 128.0`` on ``Windows 10``; None for what is not known."""

    browser: str | None = None
    operating_system: str | None = None

    @property
    def name(self) -> str:
        """Both, in short; empty when nothing is known."""
        return " · ".join(part for part in (self.browser, self.operating_system) if part)


_VERSION: Final = r"[/ ]([0-9]{1,5}(?:\.[0-9]{1,6}){0,3})"

# The order counts: nearly every browser also calls itself Chrome, Safari and Mozilla.
_BROWSERS: Final = tuple(
    (name, re.compile(words + _VERSION, re.ASCII))
    for name, words in (
        ("Edge", r"\b(?:Edg|EdgA|EdgiOS|Edge)"),
        ("Opera", r"\b(?:OPR|OPT|Opera)"),
        ("Samsung Internet", r"\bSamsungBrowser"),
        ("Vivaldi", r"\bVivaldi"),
        ("Firefox", r"\b(?:Firefox|FxiOS)"),
        ("Chrome", r"\b(?:HeadlessChrome|Chrome|Chromium|CriOS)"),
        ("Safari", r"\bVersion(?=/[0-9.]{1,24} (?:Mobile/[0-9A-Za-z]{1,12} )?Safari/)"),
        ("curl", r"\bcurl"),
        ("Python Requests", r"\bpython-requests"),
        ("Python HTTPX", r"\bpython-httpx"),
        ("Azure SDK for Python", r"\bazsdk-python-identity"),
        ("Go HTTP client", r"\bGo-http-client"),
        ("okhttp", r"\bokhttp"),
    )
)
_WINDOWS: Final = {"10.0": "10", "6.3": "8.1", "6.2": "8", "6.1": "7"}
_SYSTEMS: Final = (
    ("Windows", re.compile(r"\bWindows NT ([0-9]{1,2}\.[0-9])", re.ASCII)),
    ("iOS", re.compile(r"\b(?:iPhone|iPad|iPod)[^)]{0,60}? OS ([0-9]{1,2}(?:_[0-9]{1,2}){0,2})", re.ASCII)),
    ("Android", re.compile(r"\bAndroid ([0-9]{1,2}(?:\.[0-9]{1,2}){0,2})", re.ASCII)),
    ("ChromeOS", re.compile(r"\bCrOS ()", re.ASCII)),
    ("macOS", re.compile(r"\b(?:Macintosh|Mac OS X|Darwin)()", re.ASCII)),
    ("Linux", re.compile(r"\b(?:Linux|X11)()", re.ASCII)),
)


@lru_cache(1024)
def read(agent: str) -> Device:
    """The device behind a ``User-Agent``; whatever is not recognized is None."""
    text = agent[:LONGEST]
    return Device(_browser(text), _system(text))


def _browser(text: str) -> str | None:
    for name, pattern in _BROWSERS:
        found = pattern.search(text)
        if found is not None:
            return f"{name} {found[1]}"
    return None


def _system(text: str) -> str | None:
    for name, pattern in _SYSTEMS:
        found = pattern.search(text)
        if found is not None:
            return f"{name} {_release(name, found[1])}".rstrip()
    return None


def _release(system: str, written: str) -> str:
    """Browsers write Windows 11 as 10, and macOS always as 10.15: the first is passed on, the second left out."""
    return _WINDOWS.get(written, "") if system == "Windows" else written.replace("_", ".")
