"""Writes every letter in every language as HTML and text, to look at.

``python -m tests.doors.letters.gallery OUTDIR``
"""

import sys
from pathlib import Path

from tests.doors.letters.examples import EXAMPLES, written
from vestibule.doors.web.letter_reading import read
from vestibule.doors.web.words import NAMES


def write_gallery(folder: Path) -> list[Path]:
    """Write the gallery and return its HTML files."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = []
    for example in EXAMPLES:
        for language in NAMES:
            letter = read(written(example, language=language))
            page = folder / f"{example}.{language}.html"
            page.write_text(letter.html, encoding="utf-8")
            page.with_suffix(".txt").write_text(letter.text, encoding="utf-8")
            pages.append(page)
    return pages


if __name__ == "__main__":
    for written_page in write_gallery(Path(sys.argv[1])):
        sys.stdout.write(f"{written_page}\n")
