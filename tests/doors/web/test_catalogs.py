"""Every sentence is in every language, says the same placeholders, and uses the agreed words."""

import csv
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from vestibule.doors.web.words import NAMES, catalog, words

HERE = Path(__file__)
ROOT = HERE.parents[3]
TRANSLATED = [language for language in NAMES if language != "en"]
PLACEHOLDER = re.compile(r"\{(\w+)\}")


def messages_script() -> ModuleType:
    spec = spec_from_file_location("messages", ROOT / "scripts" / "messages.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def po(language: str) -> Catalog:
    with (ROOT / "vestibule" / "locale" / language / "LC_MESSAGES" / "pages.po").open("rb") as file:
        return read_po(file, locale=language)


def glossary() -> list[tuple[str, str, str]]:
    with (HERE.parent / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return [(row["en"], row["nl"], row["sv"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("language", TRANSLATED)
def test_the_catalog_has_exactly_the_sentences_of_the_sources(language):
    script = messages_script()
    path = ROOT / "vestibule" / "locale" / language / "LC_MESSAGES" / "pages.po"
    assert script.updated(path, script.collected()) == path.read_bytes(), "run scripts/messages.py, then translate"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_sentence_is_translated_with_its_placeholders(language):
    for message in po(language):
        if not message.id:
            continue
        sources = [message.id] if isinstance(message.id, str) else list(message.id)
        targets = [message.string] if isinstance(message.string, str) else list(message.string or ())
        assert len(targets) == len(sources)
        assert not message.fuzzy
        for source, target in zip(sources, targets, strict=True):
            assert target.strip(), source
            assert set(PLACEHOLDER.findall(target)) == set(PLACEHOLDER.findall(source)), source
            assert target[-1:] == source[-1:] or source[-1:] not in ".:?…", source


@pytest.mark.parametrize("row", glossary(), ids=lambda row: row[0][:40])
def test_the_agreed_words_are_used(row):
    for language, agreed in zip(("en", "nl", "sv"), row, strict=True):
        if " | " in agreed:
            one, many = row[0].split(" | ")
            assert [catalog(language, "pages").ngettext(one, many, n) for n in (1, 2)] == agreed.split(" | ")
        else:
            assert catalog(language, "pages").gettext(row[0]) == agreed


def test_dutch_says_u_and_swedish_says_du():
    dutch = " ".join(str(message.string).lower() for message in po("nl"))
    swedish = " ".join(str(message.string).lower() for message in po("sv"))
    assert re.search(r"\b(je|jij|jouw|jullie)\b", dutch) is None
    # The administrator's row speaks to a whole organization: "er administratör" is its own plural.
    assert re.search(r"\b(ni|ert|era)\b", swedish) is None


def test_no_sentence_shouts_or_begs():
    for language in NAMES:
        for message in po("nl" if language == "en" else language):
            if not message.id:
                continue
            text = str(message.id if language == "en" else message.string).lower()
            assert "!" not in text
            assert not re.search(r"\b(please|oops|alstublieft|vänligen|snälla)\b", text)


def test_a_language_reads_in_a_moment_and_only_once():
    assert catalog("nl", "pages") is catalog("nl", "pages")
    assert words("sv", "pages").text("Leave {org}", org="Fabrikam") == "Lämna Fabrikam"
