"""The pages of this door, ready to be rendered."""

from pathlib import Path
from typing import Final

from vestibule.doors.web.pages import Pages
from vestibule.doors.web.static_files import StaticFiles

_TEMPLATES: Final = Path(__file__).parent / "templates"


def portal_pages(static: StaticFiles) -> Pages:
    """My Account and the sign-in pages, with style, script and icons served from ``static``."""
    return Pages({"portal": _TEMPLATES}, static)
