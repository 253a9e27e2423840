"""What the pages claim about this checkout: commands, files and headings that exist."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
# "make" is an English word too, so a command is only what stands in code.
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_make_command_exists(page: Path) -> None:
    code = "\n".join(CODE.findall(page.read_text()))

    named = set(re.findall(r"(?:^|`|\n|&& )make ([a-z][a-z-]*)", code))

    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_into_the_checkout_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            assert anchor in _anchors(target), link


def test_help_lists_every_target() -> None:
    said = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    listed = set(re.findall(r"^  make ([a-z-]+) +\S", said, flags=re.MULTILINE))
    headings = re.findall(r"^\S.+$", said, flags=re.MULTILINE)

    assert listed == TARGETS
    assert headings == ["Begin", "Check", "Measure", "Keep house"]
