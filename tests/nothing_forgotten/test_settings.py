"""Every setting is explained, every explanation is of a setting, and each is used for something."""

import ast
import re
from dataclasses import fields
from pathlib import Path
from typing import Final

import pytest

from tests.nothing_forgotten import the_pages
from vestibule.settings import BadSetting, Settings, load, table

ROOT: Final = Path(__file__).resolve().parents[2]
NAMES: Final = [name for name, _, _ in table()]
LINE: Final = re.compile(r"^\| `(VESTIBULE_[A-Z_]+)` \| (.+?) \|", re.MULTILINE)

NOT_YET_READ: Final = {
    "allow_loopback_targets": "identity providers, webhooks and subscriptions, which call out, come with it",
    "metrics": "the addresses for Prometheus come with it",
}
"""Settings that nothing reads yet, and why they are there; the list only shrinks."""


def test_every_setting_has_a_line_with_type_default_and_meaning():
    page = (the_pages.DOCS / "settings.md").read_text()

    assert page == the_pages.page("settings.md")
    assert [found for found, _ in LINE.findall(page)] == NAMES
    assert all(len(about) > 15 and about.endswith(".") for _, _, about in table())


def test_the_readme_names_settings_that_there_are_with_their_defaults():
    lines = dict(LINE.findall((ROOT / "README.md").read_text()))
    defaults = {name: default for name, default, _ in table()}

    assert lines.keys() <= defaults.keys()
    assert {"VESTIBULE_DATA", "VESTIBULE_DATABASE_URL", "VESTIBULE_PUBLIC_URL", "VESTIBULE_SMTP_URL"} <= lines.keys()
    assert "VESTIBULE_TRUSTED_PROXIES" in lines
    for name, shown in lines.items():
        assert shown == (f"`{defaults[name]}`" if defaults[name] else shown)
        assert bool(defaults[name]) is shown.startswith("`")


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_known_and_its_misspelling_is_not(name: str):
    values = {one.name: one.default for one in fields(Settings)}
    usual = values[name.removeprefix("VESTIBULE_").lower()]
    load({name: "false" if usual is False else str(usual)})

    with pytest.raises(BadSetting, match=f"there is no setting {name}X; the nearest is {name}$"):
        load({f"{name}X": ""})


@pytest.mark.parametrize("one", fields(Settings), ids=lambda one: one.name)
def test_every_setting_is_read_by_somebody(one: "object"):
    name = one.name  # type: ignore[attr-defined] # a dataclass's field
    readers = [module for module in (ROOT / "vestibule").rglob("*.py") if name in _read_in(module)]

    assert readers or name in NOT_YET_READ, f"nothing reads {name}"


def _read_in(module: Path) -> set[str]:
    """The settings that a module reads as ``settings.name``; the settings' own module for what they follow from."""
    owners = {"self"} if module.name == "settings.py" else {"settings", "known", "found"}
    return {
        node.attr
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", getattr(node.value, "attr", "")) in owners
    }
