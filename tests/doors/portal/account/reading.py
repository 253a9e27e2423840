"""Rows, tables and moments of a page of My Account, read from its HTML as assistive technology reads it."""

from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser

from tests.support.pages import Page

_VOID = {"meta", "link", "input", "img", "br", "hr"}


@dataclass
class Row:
    """One list item with an id.

    Attributes:
        heading: its h3. chips: what they say. links: address by accessible name. buttons: by accessible name.
        text: everything it says, chips and controls included. times: what its ``time`` elements say in ISO 8601.
    """

    heading: str = ""
    chips: list[str] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)
    text: str = ""
    times: list[datetime] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: dict[str, Row] = {}
        self.headings: dict[str, str] = {}
        self.table: dict[str, str] = {}
        self.times: list[datetime] = []
        self.checked: dict[str, str] = {}
        self.statuses: list[str] = []
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self._row: Row | None = None
        self._label = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "li" and given.get("id", "").partition("-")[0] in {"org", "left"}:
            assert given["id"] not in self.rows, "an id that occurs twice"
            self._row = self.rows[given["id"]] = Row()
        if tag == "li" and "id" not in given and "row" in given.get("class", "").split():
            self._row = self.rows[f"row-{len(self.rows)}"] = Row()
        if tag == "time":
            moment = datetime.fromisoformat(given["datetime"])
            self.times.append(moment)
            if self._row is not None:
                self._row.times.append(moment)
        if tag == "input" and "checked" in given:
            self.checked[given["name"]] = given["value"]
        if tag not in _VOID:
            self._open.append((tag, given, []))

    def handle_data(self, data: str) -> None:
        if any(attrs.get("aria-hidden") == "true" for _, attrs, _ in self._open):
            return
        for _, _, text in self._open:
            text.append(data)

    def handle_endtag(self, tag: str) -> None:
        opened, attrs, parts = self._open.pop()
        assert opened == tag
        text = " ".join("".join(parts).split())
        if tag in {"h1", "h2", "h3"} and "id" in attrs and self._in_main():
            self.headings[attrs["id"]] = text
        if attrs.get("role") == "status":
            self.statuses.append(text)
        if tag == "th":
            self._label = text
        if tag == "td":
            self.table[self._label] = text
        if self._row is not None:
            self._end_in_row(self._row, tag, attrs, text)

    def _in_main(self) -> bool:
        return any(tag == "main" for tag, _, _ in self._open)

    def _end_in_row(self, row: Row, tag: str, attrs: dict[str, str], text: str) -> None:
        name, classes = attrs.get("aria-label") or text, attrs.get("class", "").split()
        if "chip" in classes:
            row.chips.append(text)
        match tag:
            case "h3":
                row.heading = text
            case "a":
                row.links[name] = attrs["href"]
            case "button":
                row.buttons.append(name)
            case "li" if "row" in classes:
                row.text = text
                self._row = None


def rows(page: Page) -> dict[str, Row]:
    """The rows of a list by their id; those without one are numbered, ``row-0`` and so on."""
    return _Reader(page.response.text).rows


def headings(page: Page) -> dict[str, str]:
    """The headings of the page itself by id."""
    return _Reader(page.response.text).headings


def table(page: Page) -> dict[str, str]:
    """The last table of labels and values."""
    return _Reader(page.response.text).table


def times(page: Page) -> list[datetime]:
    """Every ``time`` element in order, as an aware moment."""
    return _Reader(page.response.text).times


def checked(page: Page) -> dict[str, str]:
    """The chosen radio buttons: value by name."""
    return _Reader(page.response.text).checked


def statuses(page: Page) -> list[str]:
    """What the page announces as status messages."""
    return _Reader(page.response.text).statuses
