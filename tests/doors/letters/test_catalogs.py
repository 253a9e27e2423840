"""Every sentence of the letters is in every language, whole, with the same placeholders; and nothing else is."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import vestibule
from vestibule.doors.letters.wording import DOMAIN
from vestibule.doors.web.words import NAMES, SOURCE_LANGUAGE

PACKAGE = Path(vestibule.__file__).parent
TRANSLATED = [language for language in NAMES if language != SOURCE_LANGUAGE]
SAID_BY_WORDS = {"{date} at {time}"}
"""What ``doors.web.words`` asks the letters' catalog for."""


def sentences_in_code() -> set[str | tuple[str, ...]]:
    found = extract_from_dir(
        PACKAGE / "doors" / "letters", method_map=[("**.py", "python")], keywords={"say": None, "count": (1, 2)}
    )
    return {message for _, _, message, _, _ in found}


def read_catalog(language: str, domain: str = DOMAIN) -> Catalog:
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def entries(language: str) -> list[Message]:
    return [entry for entry in read_catalog(language) if entry.id]


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


@pytest.mark.parametrize("language", TRANSLATED)
def test_exactly_the_sentences_of_the_code_are_translated(language):
    assert {entry.id for entry in entries(language)} == sentences_in_code() | SAID_BY_WORDS
    assert not read_catalog(language).obsolete
    assert not [entry.id for entry in entries(language) if entry.fuzzy or not all(_forms(entry.string))]


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_agree(language):
    for entry in entries(language):
        wanted = {name for form in _forms(entry.id) for name in placeholders(form)}
        assert [placeholders(form) for form in _forms(entry.string)] == [wanted] * len(_forms(entry.string)), entry.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms_are_as_many_as_the_language_has(language):
    catalog = read_catalog(language)
    assert {len(_forms(entry.string)) for entry in entries(language) if entry.pluralizable} == {catalog.num_plurals}


def test_the_whole_house_style_holds_in_every_language():
    for language in TRANSLATED:
        for entry in entries(language):
            for form in (*_forms(entry.id), *_forms(entry.string)):
                assert "!" not in form
                assert form == form.strip()
            assert [form[-1:] in ".?:" for form in _forms(entry.string)] == [
                form[-1:] in ".?:" for form in _forms(entry.id)
            ], entry.id


@pytest.mark.parametrize("language", TRANSLATED)
def test_a_sentence_that_pages_say_too_is_the_same_there(language):
    pages = read_catalog(language, "pages")
    ours = {entry.id: entry.string for entry in entries(language)}
    assert {one: ours[one] for one in ours if one in pages} == {one: pages[one].string for one in ours if one in pages}


def test_the_template_says_nothing_itself():
    template = (PACKAGE / "doors" / "letters" / "templates" / "letter.html").read_text(encoding="utf-8")
    assert [text for text in _texts(template) if text.strip()] == []


def _forms(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def _texts(template: str) -> list[str]:
    """What stands between tags once everything Jinja does, and the style element, are taken away."""
    without = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<style>.*?</style>", "", template, flags=re.DOTALL)
    return re.findall(r">([^<]*)<", without)
