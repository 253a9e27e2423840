"""Every row of attacks on the page about security names a test, and that test is known to fail without its check."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
HEAD = "| What is tried | The test, in `tests/` |"
ROWS = [
    row for part in PAGE.split(HEAD)[1:] for row in re.findall(r"(?m)^\| (.+?) \| (.+) \|$", part.partition("\n## ")[0])
]
NAMED = re.findall(r"`([a-z_/]+\.py)::(test_[a-z0-9_]+)`", PAGE)
BREAKAGES = sorted([*(ROOT / "soak").glob("sign_in_breakages*.py"), ROOT / "soak" / "removal_breakages.py"])


def test_the_page_names_tests() -> None:
    assert len(ROWS) > 60
    assert len(set(NAMED)) == len(NAMED)
    assert all(re.fullmatch(r"`[a-z_/]+\.py::test_[a-z0-9_]+`", test) for _, test in ROWS)


@pytest.mark.parametrize(("path", "name"), NAMED, ids=lambda part: part if part.startswith("test_") else "")
def test_it_is_there_and_runs_on_a_broken_build(path: str, name: str) -> None:
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    known = {one.name: one for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert name in known
    assert _broken_by(known[name]), "no build without a check is tried with it"


def test_every_broken_build_is_described_and_tried() -> None:
    tried = {
        breakage
        for path in (ROOT / "tests").rglob("test_*.py")
        if "@broken(" in (text := path.read_text(encoding="utf-8"))
        for one in ast.walk(ast.parse(text))
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        for breakage in _broken_by(one)
    }
    for module in BREAKAGES:
        for one in ast.parse(module.read_text(encoding="utf-8")).body:
            if isinstance(one, ast.FunctionDef) and _takes_a_setting(one):
                assert ast.get_docstring(one), one.name
                assert one.name in tried or _is_part_of_another(one.name), f"{one.name} is tried by no test"
    assert "soak/sign_in_breakages*.py" in PAGE


def _broken_by(test: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The checks that are left out for a test, by its decorators ``@broken(...)``."""
    marks = [one for one in test.decorator_list if isinstance(one, ast.Call)]
    named = [one for one in marks if isinstance(one.func, ast.Name) and one.func.id == "broken"]
    return [given.id for one in named for given in one.args if isinstance(given, ast.Name)]


def _takes_a_setting(one: ast.FunctionDef) -> bool:
    return [given.arg for given in one.args.args] == ["setting"]


def _is_part_of_another(name: str) -> bool:
    return any(f"    {name}(setting)" in module.read_text(encoding="utf-8") for module in BREAKAGES)
