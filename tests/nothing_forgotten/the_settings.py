"""Writes the table of ``docs/settings.md``: every setting with its type, default and meaning."""

from dataclasses import fields
from typing import Final

from vestibule.settings import Settings, table

KINDS: Final = {"bool": "`true` or `false`", "Path": "a folder", "str": "text"}
"""What each type is called on the page."""


def kind(name: str) -> str:
    """What can be said for a setting, by its variable's name."""
    types = {f"VESTIBULE_{one.name.upper()}": getattr(one.type, "__name__", str(one.type)) for one in fields(Settings)}
    return KINDS[types[name]]


def settings() -> str:
    """A line for each setting, in the order of the code."""
    head = "| Setting | Type | Default | What it is |\n|---|---|---|---|\n"
    lines = [
        f"| `{name}` | {kind(name)} | {f'`{default}`' if default else 'empty'} | {about} |\n"
        for name, default, about in table()
    ]
    return head + "".join(lines)
