"""Writes the tables of the docs that are read from the code.

    python -m tests.nothing_forgotten.the_pages

Each stands between two marks in its page. A test compares; read the difference before committing it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tests.nothing_forgotten import the_graph, the_map, the_refusals, the_settings
from vestibule.rules import retention

DOCS: Final = Path(__file__).resolve().parents[2] / "docs"
BEGIN: Final = "<!-- python -m tests.nothing_forgotten.the_pages writes what follows -->"
END: Final = "<!-- end -->"

TABLES: Final[Mapping[str, Callable[[], str]]] = {
    "graph.md": the_graph.tables,
    "lifecycle.md": retention.as_markdown,
    "map.md": the_map.tables,
    "refusals.md": the_refusals.table,
    "settings.md": the_settings.settings,
}
"""The pages, and what stands between their marks."""


def page(name: str) -> str:
    """A page as it should be."""
    text = (DOCS / name).read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        msg = f"docs/{name} has lost its marks {BEGIN} and {END}"
        raise ValueError(msg)
    return f"{before}{BEGIN}\n\n{TABLES[name]()}\n{END}{after}"


if __name__ == "__main__":
    for name in TABLES:
        (DOCS / name).write_text(page(name), encoding="utf-8")
