"""Programs that some tests need and a machine may lack: where they are, and how to get them.

A test that needs a missing one skips, and the run's summary repeats the reason. With ``VESTIBULE_TEST_ALL=1``
a skip is a failure (see ``manners.py``).
"""

import shutil
from pathlib import Path

HOW_TO_GET = {
    "PostgreSQL": "needs PostgreSQL; to get it: sudo apt-get install postgresql, or make test-all",
    "curl": "needs curl; to get it: sudo apt-get install curl, or make test-all",
    "Chromium": "needs Chromium; to get it: sudo apt-get install chromium, or make test-all",
}


class Missing(Exception):
    """A program is not on this machine; the message says how to get it."""

    def __init__(self, program: str) -> None:
        super().__init__(HOW_TO_GET[program])


def find_program(*names: str, beside: str | None = None) -> Path | None:
    """The first of ``names`` on PATH, else the newest in a folder that matches the pattern ``beside``."""
    for name in names:
        if found := shutil.which(name):
            return Path(found).resolve()
    if beside is None:
        return None
    # Folders are numbered by major version, so 9 comes before 15.
    folders = sorted(Path("/").glob(beside.lstrip("/")), key=lambda folder: (len(folder.parent.name), str(folder)))
    places = (folder / name for folder in reversed(folders) for name in names)
    return next((place for place in places if place.exists()), None)
