"""Every test that the page about security names is there."""

import ast
import re
from pathlib import Path

import pytest

from soak.sign_in_breakages import BREAKAGES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`([a-z_/]+\.py)::(test_[a-z0-9_]+)`", PAGE)


def test_the_page_names_tests() -> None:
    assert len(NAMED) > 50
    assert len(set(NAMED)) == len(NAMED)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda part: part if part.startswith("test_") else "")
def test_it_is_there(path: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_the_broken_builds_are_described() -> None:
    assert len(BREAKAGES) >= 10
    assert all(breakage.__doc__ for breakage in BREAKAGES.values())
    assert "soak/sign_in_breakages.py" in PAGE
