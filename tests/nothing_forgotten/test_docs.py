"""The pages explain every reason, every verb and every setting."""

import re
from pathlib import Path

import pytest

from tests.nothing_forgotten import the_refusals
from vestibule.rules.refusals import Reason
from vestibule.rules.retention import as_markdown
from vestibule.rules.verbs import Verb
from vestibule.settings import table

DOCS = Path(__file__).resolve().parents[2] / "docs"
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


def test_reasons_are_said_as_the_doors_say_them():
    hint = "`python -m tests.nothing_forgotten.the_refusals` writes the table of docs/refusals.md anew"
    assert page("refusals.md") == the_refusals.page(), hint


@pytest.mark.parametrize("verb", Verb)
def test_every_verb_has_a_line_on_the_map(verb: Verb):
    assert re.findall(rf"^\| `{verb.value}` \| `", page("map.md"), flags=re.MULTILINE), verb.value


@pytest.mark.parametrize("name", [name for name, _, _ in table()])
def test_every_setting_has_a_line(name: str):
    assert re.search(rf"^(\| `|#+ .*){name}\b", page("settings.md"), flags=re.MULTILINE), name


def test_what_is_kept_and_why_is_said_as_the_code_says_it():
    assert as_markdown() in page("lifecycle.md"), "`python -m vestibule.rules.retention` prints the table"
