"""The HTML part: what every mail program can show, and nothing the plain text does not say."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from tests.doors.letters.examples import EXAMPLES, written
from vestibule.doors.web import accent
from vestibule.doors.web.letter_reading import read
from vestibule.doors.web.words import NAMES

VOID = {"meta", "br", "img", "link", "input", "hr", "col"}


@dataclass
class Page(HTMLParser):
    """Elements and visible texts of a page, with what was left open."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "title"} & set(self.open):
            self.texts.append(data)

    def with_tag(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.texts).split())


def page_of(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    assert page.open == []
    return page


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_structure(example, language):
    letter = read(written(example, language=language))
    page = page_of(letter.html)
    assert [element["lang"] for element in page.with_tag("html")] == [language]
    assert {"name": "color-scheme", "content": "light dark"} in page.with_tag("meta")
    assert len(page.with_tag("h1")) == 1
    article = [attributes for _, attributes in page.elements if attributes.get("role") == "article"]
    assert [element["aria-label"] for element in article] == [letter.text.splitlines()[0]]
    assert {tag for tag, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "div", "table", "caption", "thead", "tbody", "tr", "td"),
        *("th", "h1", "p", "a", "ul", "li", "blockquote", "br"),
    }


@pytest.mark.parametrize("example", EXAMPLES)
def test_tables_are_layout_or_have_headers(example):
    html = read(written(example)).html
    for table in html.split("<table")[1:]:
        start = table.partition(">")[0]
        assert 'role="presentation"' in start or 'scope="row"' in table


@pytest.mark.parametrize("example", EXAMPLES)
def test_at_most_one_button_and_nothing_fetched(example):
    html = read(written(example)).html
    assert html.count('<a class="fill"') <= 1
    for word in ("<img", "<script", "src=", "url(", "@import", "<link", "http-equiv", "onclick", "cid:"):
        assert word not in html


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("example", EXAMPLES)
def test_both_parts_say_the_same(example, language):
    letter = read(written(example, language=language))
    page = page_of(letter.html)
    for line in letter.text.splitlines():
        for said in _sayings(line):
            assert said in page.words or said in letter.links, line


def _sayings(line: str) -> list[str]:
    """A line of the text without the marks that only text needs: ``>``, ``-``, and the colon after a row's label."""
    bare = line.removeprefix("> ").removeprefix(">").removeprefix("- ").removeprefix("---").strip()
    label, colon, value = bare.partition(": ")
    row = colon and not line.startswith(("-", ">")) and len(label) < 40
    return [label, value] if row else [bare]


def test_the_operators_colour_is_that_of_the_button():
    plain, coloured = (read(written("invitation", accent=accent.accent(one))).html for one in ("", "#0f6cbd"))
    assert "background-color:#0f6cbd" in coloured
    assert "background-color:#3a47c9" in plain
    assert "#3a47c9" not in coloured
