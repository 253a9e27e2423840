"""A browser without scripts, for pages answered in this process: it keeps cookies, follows links and fills in forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from tests.support.houses import PUBLIC_URL

_VOID = {"meta", "link", "input", "img", "br", "hr"}


@dataclass
class Form:
    """A form of a page.

    Attributes:
        action, method: as written. fields: what it sends as it stands. buttons: (name, value) by accessible name.
    """

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Page(HTMLParser):
    """An answered page, read.

    Attributes:
        response: the answer. h1, title, text, language: what it shows.
        links: address by accessible name. forms: in order. problem: the sentences of the error summary.
    """

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.response = response
        self.h1 = self.title = self.text = self.language = ""
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self.problem = ""
        self.refresh = ""
        self._open: list[tuple[str, dict[str, str], list[str]]] = []
        self.feed(response.text)
        self.close()

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def path(self) -> str:
        """The page's address on its own site."""
        return self.response.url.raw_path.decode()

    @property
    def location(self) -> str:
        """Where an answer that was not followed leads."""
        return str(self.response.headers.get("location", ""))

    def button(self, name: str) -> tuple[Form, tuple[str, str]]:
        """The form with this button, and what the button sends."""
        return next((form, form.buttons[name]) for form in self.forms if name in form.buttons)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "html":
            self.language = given["lang"]
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get")))
        unticked = given.get("type") == "checkbox" and "checked" not in given
        if tag == "input" and self.forms and self._inside("form") and "name" in given and not unticked:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag == "meta" and given.get("http-equiv") == "refresh":
            self.refresh = given["content"].partition("url=")[2]
        if tag not in _VOID:
            self._open.append((tag, given, []))

    def handle_data(self, data: str) -> None:
        for _, _, text in self._open:
            text.append(data)

    def handle_endtag(self, tag: str) -> None:
        opened, attrs, parts = self._open.pop()
        assert opened == tag
        text = " ".join("".join(parts).split())
        name = attrs.get("aria-label") or text
        match tag:
            case "h1":
                self.h1 = text
            case "title":
                self.title = text
            case "main":
                self.text = text
            case "a":
                self.links[name] = attrs.get("href", "")
            case "button" if self._inside("form"):
                self.forms[-1].buttons[name] = (attrs.get("name", ""), attrs.get("value", ""))
            case "div" if attrs.get("role") == "alert":
                self.problem = text

    def _inside(self, tag: str) -> bool:
        return any(opened == tag for opened, _, _ in self._open)


@dataclass
class Visitor:
    """Somebody in a browser.

    Attributes:
        http: with the cookies of this browser. page: where they are.
    """

    http: httpx.AsyncClient
    page: Page | None = None

    @property
    def here(self) -> Page:
        """The page in front of them."""
        assert self.page is not None
        return self.page

    async def open(self, address: str, **headers: str) -> Page:
        """Go to an address and wherever it leads on this site."""
        return await self._arrive(await self.http.get(address, headers=headers))

    async def follow(self, link: str) -> Page:
        """Follow a link by its name."""
        return await self.open(urljoin(str(self.here.response.url), self.here.links[link]))

    async def press(self, button: str, **typed: str) -> Page:
        """Fill in the form that has this button, and press it."""
        form, (name, value) = self.here.button(button)
        sent = {**form.fields, **typed, **({name: value} if name else {})}
        return await self.post(form.action, sent)

    async def post(self, address: str, sent: Mapping[str, str | list[str]], **headers: Any) -> Page:
        """Send a form, as our own pages do unless ``headers`` say otherwise."""
        said = {"origin": PUBLIC_URL, "sec-fetch-site": "same-origin", **headers}
        return await self._arrive(await self.http.post(address, data=sent, headers=said))

    async def _arrive(self, response: httpx.Response) -> Page:
        for _ in range(12):
            target = urljoin(str(response.url), response.headers.get("location", ""))
            if not response.is_redirect or urlsplit(target)[:2] != urlsplit(PUBLIC_URL)[:2]:
                break
            response = await self.http.get(target)
        self.page = Page(response)
        return self.page


def visitor(app: Any) -> Visitor:
    """A fresh browser in front of an application."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
    return Visitor(httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL))
