"""A letter as HTML, from the one template; it holds no words of its own."""

from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vestibule.doors.letters.draft import Block
from vestibule.doors.web.accent import Accent

_PAGES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters["shape"] = lambda block: type(block).__name__.lower()
_LETTER: Final = _PAGES.get_template("letter.html")


def render(title: str, body: tuple[Block, ...], foot: tuple[Block, ...], language: str, accent: Accent) -> str:
    """Return the HTML of a letter: one column, inline styles, no image, no script, nothing fetched from anywhere."""
    return _LETTER.render(title=title, body=body, foot=foot, language=language, shades=accent.shades)
