"""The lists of parts, the locks and the page that says why each is there tell the same story."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = "docs/dependencies.md"
LISTS = {
    "requirements.in": ("To run it", "requirements.txt"),
    "requirements-build.in": ("To install it beside its sources", "requirements.txt"),
    "requirements-dev.in": ("To work on it", "requirements-dev.txt"),
}
LOCKS = sorted({lock for _, lock in LISTS.values()})


def _parts(listed: str) -> list[str]:
    lines = (ROOT / listed).read_text().splitlines()
    return [_name(line) for line in lines if line and not line.startswith(("#", "-r "))]


def _name(line: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", line)
    assert match, line
    return match[0].lower()


def _locked(lock: str) -> dict[str, str]:
    """Name to version and hashes, as one text each."""
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    return {_name(entry): entry for entry in entries}


@pytest.mark.parametrize("listed", LISTS)
def test_the_page_explains_exactly_the_parts_listed(listed: str) -> None:
    heading, _ = LISTS[listed]
    section = (ROOT / PAGE).read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]

    explained = re.findall(r"^\| ([a-z0-9-]+) \| \S", section, flags=re.MULTILINE)

    assert explained == _parts(listed)


@pytest.mark.parametrize("listed", LISTS)
def test_every_part_has_its_reason_beside_it(listed: str) -> None:
    lines = (ROOT / listed).read_text().splitlines()

    for before, line in pairwise(lines):
        if line in {"", "-r requirements.txt"} or line.startswith("#"):
            continue
        assert before.startswith("# "), f"{listed}: {line} has no reason above it"


@pytest.mark.parametrize("listed", LISTS)
def test_the_lock_knows_every_part(listed: str) -> None:
    assert set(_parts(listed)) <= set(_locked(LISTS[listed][1])), "make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_is_pinned_and_hashed(lock: str) -> None:
    for name, entry in _locked(lock).items():
        assert re.match(rf"{re.escape(name)}==\S+ \\\n    --hash=sha256:", entry), name


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_machine_and_no_registry(lock: str) -> None:
    text = (ROOT / lock).read_text()

    assert not re.findall(r"\S*://\S*|--index-url.*|--find-links.*|--trusted-host.*|(?<![\w.])/\w+/\S*", text)


def test_what_tests_use_stands_on_what_the_service_runs_on() -> None:
    runtime, everything = _locked("requirements.txt"), _locked("requirements-dev.txt")

    pins = {name: entry.split(" ", 1)[0] for name, entry in everything.items()}
    assert {name: pins[name] for name in runtime} == {name: entry.split(" ", 1)[0] for name, entry in runtime.items()}
