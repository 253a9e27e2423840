"""What holds for the HTML of every page, in every language: read with a parser, no browser needed."""

from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.browser.gallery import LANGUAGES, speech, stories_in
from tests.browser.stories import Story, frame
from vestibule.doors.portal.pages import portal_pages
from vestibule.doors.portal.views.leaving import ConfirmLeave
from vestibule.doors.web.frame import Problem
from vestibule.doors.web.static_files import StaticFiles
from vestibule.doors.web.words import words
from vestibule.ground.clock import parse_iso

PAGES = list(stories_in("en"))
VOID = {"meta", "link", "input", "img", "br", "hr"}
PAYLOAD = """"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}${7*7}{org}%(n)s\u202eevil\u202c"""


@cache
def pages():
    return portal_pages(StaticFiles())


class Tree(HTMLParser):
    """The elements of a page in order, each with its attributes and text; a wrong nesting is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[int] = []
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.inside: dict[int, list[int]] = {}
        self.feed(html)
        self.close()
        assert not self.open, [self.elements[place][0] for place in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append((tag, dict(attrs), []))
        for place in self.open:
            self.inside.setdefault(place, []).append(len(self.elements) - 1)
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open[-1]][0] == tag, (tag, self.getpos())
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for place in self.open:
            self.elements[place][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attrs, " ".join("".join(text).split())) for name, attrs, text in self.elements if name == tag]


def read(story: Story, language: str = "en") -> Tree:
    return Tree(pages().render(story.view, frame(story, speech(language))))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_well_made(name, language):
    tree = read(stories_in(language)[name], language)
    assert tree.all("html")[0][0]["lang"] == language
    headings = [text for _, text in tree.all("h1")]
    assert len(headings) == 1
    assert headings[0]
    assert [attrs["id"] for attrs, _ in tree.all("main")] == ["main"]
    ids = [attrs["id"] or "" for _, attrs, _ in tree.elements if "id" in attrs]
    assert len(ids) == len(set(ids)), sorted(ids)
    for _, attrs, _ in tree.elements:
        assert "style" not in attrs
        assert not [attr for attr in attrs if attr.startswith("on")]
        for attr in ("aria-labelledby", "aria-describedby", "for", "popovertarget"):
            assert set((attrs.get(attr) or "").split()) <= set(ids)
        assert not (attrs.get("href") or "").startswith(("javascript:", "data:"))
    assert tree.all("style") == []
    scripts = [attrs["src"] for attrs, text in tree.all("script") if not text]
    assert scripts[0] == pages().static.url("vestibule.js")
    passkeys = [attrs for attrs, _ in tree.all("form") if "data-passkey" in attrs]
    assert scripts[1:] in ([], [pages().static.url("passkeys.js")])
    assert not passkeys or scripts[1:]
    assert all("hidden" in attrs for attrs in passkeys)
    for attrs, text in tree.all("time"):
        assert text
        parse_iso(attrs["datetime"] or "")


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_changes_something_carries_the_token(name):
    tree = read(stories_in("en")[name])
    for place, (tag, attrs, _) in enumerate(tree.elements):
        if tag == "form":
            inputs = [tree.elements[inner][1] for inner in tree.inside.get(place, ())]
            tokens = [field for field in inputs if field.get("name") == "form_token"]
            assert len(tokens) == (1 if attrs["method"] == "post" else 0), attrs
            assert all(field["value"] == "gallery-form-token" for field in tokens)


@pytest.mark.parametrize("name", PAGES)
def test_what_people_typed_stays_text(name):
    """Payloads in every text field of every view: nothing becomes an element, an attribute or a template."""
    story = stories_in("en")[name]
    honest = read(story)
    hostile = read(replace(story, view=_poisoned(story.view)))

    def shape(tree: Tree) -> set[str]:
        return {tag for tag, _, _ in tree.elements} - {"a", "img", "span", "bdi", "table", "tbody", "tr", "th", "td"}

    assert shape(hostile) - shape(honest) <= {"p", "ul", "li", "h2", "form", "input", "button", "div", "svg", "use"}
    assert hostile.all("script") == honest.all("script")
    assert not [attrs for attrs, _ in hostile.all("img") if attrs.get("src") == "x"]
    for _, attrs, _ in hostile.elements:
        assert not [attr for attr in attrs if attr.startswith("on")]
        assert not (attrs.get("href") or "").lower().startswith(("javascript:", "data:"))
    text = "".join(hostile.elements[0][2])
    assert text.count("alert(1)</script>") == text.count("{{7*7}}${7*7}{org}%(n)s")


def _poisoned(value: Any, name: str = "") -> Any:
    keys = ("_id", "ticket", "key", "url", "logo", "language", "flow")
    if isinstance(value, Problem):
        return value  # a sentence of our own
    if isinstance(value, str) and not isinstance(value, Enum):
        return value if name.endswith(keys) or not value else f"{value}{PAYLOAD}"
    if isinstance(value, tuple):
        return tuple(_poisoned(item, name) for item in value)
    if is_dataclass(value) and not isinstance(value, type | Enum):
        return replace(value, **{f.name: _poisoned(getattr(value, f.name), f.name) for f in fields(value) if f.init})
    return value


def test_names_are_set_apart_with_their_own_direction():
    html = pages().render(stories_in("en")["organizations-every-row"].view, _frame("organizations-every-row"))
    assert '<bdi dir="auto">خدمات البيانات</bdi>' in html
    assert 'aria-label="Leave خدمات البيانات"' in html


def test_privacy_statements_that_are_no_web_address_are_no_link():
    story = stories_in("en")["permission"]
    contacts = replace(story.view.contacts, privacy_statement="javascript:alert(1)")  # type: ignore[attr-defined]
    tree = read(replace(story, view=replace(story.view, contacts=contacts)))  # type: ignore[call-arg]
    assert ("javascript:alert(1)") in tree.all("table")[0][1]
    assert not [attrs for attrs, _ in tree.all("a") if "alert" in (attrs["href"] or "")]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("organizations", "Organizations - My Account - Vestibule"),
        ("confirm", "Leave Adatum Corporation? - My Account - Vestibule"),
        ("permission", "You need permission to leave Woodgrove - My Account - Vestibule"),
        ("receipt-signed-out", "You left Adatum Corporation - My Account - Vestibule"),
        ("sign-in", "Sign in - Sign in - Vestibule"),
        ("sign-in-wrong", "Error: Sign in - Sign in - Vestibule"),
        ("check-email", "Check your email - Sign in - Vestibule"),
        ("error-not-a-guest", "You're not a guest of Woodgrove - My Account - Vestibule"),
        ("error-you-left", "You left Woodgrove - Sign in - Vestibule"),
    ],
)
def test_titles(name, title):
    assert read(stories_in("en")[name]).all("title")[0][1] == title


def test_a_name_that_looks_like_markup_is_shown_as_it_is_in_the_title():
    story = stories_in("en")["confirm"]
    assert isinstance(story.view, ConfirmLeave)
    tree = read(replace(story, view=replace(story.view, name="A & <b>B</b>")))
    assert tree.all("title")[0][1] == "Leave A & <b>B</b>? - My Account - Vestibule"


def test_the_language_form_keeps_the_page_and_its_query():
    tree = read(stories_in("en")["organizations-not-found"])
    form = next(attrs for attrs, _ in tree.all("form") if attrs.get("class") == "foot-language")
    assert (form["method"], form["action"]) == ("get", "/myaccount/organizations")
    hidden = {attrs["name"]: attrs["value"] for attrs, _ in tree.all("input") if attrs["type"] == "hidden"}
    assert hidden["find"] == "zebra"
    assert [(attrs["value"], attrs["lang"], text) for attrs, text in tree.all("option")] == [
        ("en", "en", "English"),
        ("nl", "nl", "Nederlands"),
        ("sv", "sv", "Svenska"),
    ]


def test_the_address_of_a_form_leads_where_the_paths_say():
    tree = read(stories_in("en")["confirm"])
    leave = next(attrs for attrs, _ in tree.all("form") if attrs.get("class") == "confirm")
    story = stories_in("en")["confirm"]
    assert (leave["method"], leave["action"]) == ("post", story.path)
    fields_of_it = {attrs["name"]: attrs["value"] for attrs, _ in tree.all("input") if "name" in attrs}
    assert fields_of_it["idempotency_key"] == "gallery-idempotency-key"


def test_the_answer_has_the_headers_of_a_page():
    story = stories_in("nl")["confirm"]
    answer = pages().response(story.view, frame(story, words("nl", "pages")), 403)
    assert answer.status_code == 403
    assert answer.headers["content-language"] == "nl"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "form-action 'self';" in answer.headers["content-security-policy"]
    assert isinstance(story.view, ConfirmLeave)
    fragment = pages().fragment_response(story.view, frame(story, words("nl", "pages")))
    assert fragment.headers["vary"] == "Accept-Language, Cookie, Vestibule-Fragment"
    assert b"<main" not in fragment.body


def _frame(name: str):
    return frame(stories_in("en")[name], speech("en"))


def test_a_moment_is_written_in_the_time_elements_as_iso():
    tree = read(stories_in("en")["receipt"])
    shown = {attrs["datetime"]: text for attrs, text in tree.all("time")}
    assert shown["2026-12-20T19:00:00Z"] == "20 December 2026 at 19:00 UTC"
    assert datetime.fromisoformat("2027-01-19T19:00:00Z") in map(datetime.fromisoformat, (str(key) for key in shown))
