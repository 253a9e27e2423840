"""Every ``vestibule …`` that a page names is a command, with the options that it is shown with."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from vestibule.cli import application
from vestibule.settings import table

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
NAMED = re.compile(r"(?:^|[`/\s!])vestibule ([a-z][^\n`|#&]*)")
SETTING = re.compile(r"\bVESTIBULE_[A-Z_]+\b")
BESIDE = {"VESTIBULE_CONFIG", "VESTIBULE_TEST_ALL", "VESTIBULE_"}


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _commands(page: Path) -> list[str]:
    code = "\n".join(CODE.findall(page.read_text()))
    return [found.strip() for found in NAMED.findall(code.replace("\\\n", " "))]


def _options(words: list[str]) -> set[str] | None:
    """The options of the command that the first words name; None when there is no such command."""
    command: Any = typer.main.get_command(application)
    for word in words:
        if not hasattr(command, "commands"):
            break
        command = command.commands.get(word)
        if command is None:
            return None
    return {option for parameter in command.params for option in [*parameter.opts, *parameter.secondary_opts]}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_of_a_page_exists(page: Path) -> None:
    for named in _commands(page):
        words = [word.strip(",.;:") for word in named.split()]
        known = _options(words)
        assert known is not None, named
        shown = {word.partition("=")[0] for word in words if word.startswith("--")}
        assert shown <= known, named


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_setting_of_a_page_exists(page: Path) -> None:
    known = {name for name, _, _ in table()} | BESIDE
    assert set(SETTING.findall(page.read_text())) <= known
