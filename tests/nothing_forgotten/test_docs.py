"""The pages explain every reason, every verb and every setting."""

import re

import pytest

from tests.nothing_forgotten import the_pages
from tests.nothing_forgotten.the_pages import DOCS
from vestibule.rules.refusals import Reason
from vestibule.rules.verbs import Verb
from vestibule.settings import table

SHORTEST = 40


def page(name: str) -> str:
    """The text of one page."""
    return (DOCS / name).read_text(encoding="utf-8")


def sections(text: str, level: str) -> dict[str, str]:
    """What stands under each heading of this level, up to the next heading of any."""
    parts = re.split(r"^(#{1,6}) (.+)\n", text, flags=re.MULTILINE)
    found = zip(parts[1::3], parts[2::3], parts[3::3], strict=True)
    return {heading: body.strip() for marks, heading, body in found if marks == level}


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_heading_and_an_explanation(reason: Reason):
    explained = sections(page("refusals.md"), "###")
    assert len(explained.get(reason.value, "")) > SHORTEST, f"docs/refusals.md: ### {reason.value}"


def test_no_reason_is_explained_that_is_none():
    assert sorted(sections(page("refusals.md"), "###")) == sorted(Reason)


@pytest.mark.parametrize("name", the_pages.TABLES)
def test_tables_say_what_the_code_says(name: str):
    hint = "`.venv/bin/python -m tests.nothing_forgotten.the_pages` writes the tables of the docs anew"
    assert page(name) == the_pages.page(name), hint


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_has_a_line_on_the_map(verb: Verb):
    assert re.findall(rf"^\| `{verb.value}` \| `", page("map.md"), flags=re.MULTILINE), verb.value


@pytest.mark.parametrize("name", [name for name, _, _ in table()])
def test_every_setting_has_a_line(name: str):
    assert re.search(rf"^(\| `|#+ .*){name}\b", page("settings.md"), flags=re.MULTILINE), name
