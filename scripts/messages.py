"""Bring the catalogs of the pages up to date: collect every sentence of the sources, keep what is translated.

    python scripts/messages.py            writes vestibule/locale/*/LC_MESSAGES/pages.po
    python scripts/messages.py --check    writes nothing; exit status 1 when a catalog lags behind

A new language begins as a folder with an empty ``pages.po``. Entries stand in the order of their English sentence and
carry no line numbers, so that a change of a template changes no catalog it does not concern.
"""

import sys
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).parents[1]
DOORS: Final = ROOT / "vestibule" / "doors"
LOCALE: Final = ROOT / "vestibule" / "locale"
DOMAIN: Final = "pages"
METHODS: Final = [("**/*.py", "python"), ("**/*.html", "jinja2.ext.babel_extract")]
KEYWORDS: Final = {
    "N_": None,
    "NN_": (1, 2),
    "t": None,
    "text": None,
    "html": None,
    "nt": (1, 2),
    "plural": (1, 2),
    "plural_html": (1, 2),
}


def collected() -> Catalog:
    """Every sentence that the pages may show, from the shared kit and the portals."""
    catalog = Catalog(project="Vestibule", charset="utf-8", fuzzy=False)
    for folder in ("web", "portal"):
        for _, _, message, comments, _ in extract_from_dir(
            DOORS / folder, METHODS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        ):
            catalog.add(message, auto_comments=comments)
    return catalog


def updated(path: Path, sources: Catalog) -> bytes:
    """The catalog of one language with exactly the sentences of the sources."""
    language = path.parents[1].name
    with path.open("rb") as file:
        old = read_po(file, locale=language, domain=DOMAIN)
    new = Catalog(locale=language, domain=DOMAIN, project="Vestibule", charset="utf-8", fuzzy=False)
    for message in sorted(sources, key=lambda message: str(message.id)):
        if message.id:
            known = old.get(message.id)
            new.add(message.id, known.string if known else None, auto_comments=message.auto_comments)
    written = BytesIO()
    write_po(written, new, width=118, no_location=True, omit_header=True)
    return _header(language, new).encode() + written.getvalue()


def _header(language: str, catalog: Catalog) -> str:
    return (
        f"# What the pages say, in {catalog.locale.english_name if catalog.locale else language}.\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )


def main(arguments: list[str]) -> int:
    """The command line."""
    sources = collected()
    lagging = []
    for path in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        written = updated(path, sources)
        if written != path.read_bytes():
            lagging.append(path)
            if "--check" not in arguments:
                path.write_bytes(written)
    for path in lagging:
        sys.stderr.write(f"{path.relative_to(ROOT)} {'lags behind' if '--check' in arguments else 'written'}\n")
    return 1 if lagging and "--check" in arguments else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
