"""From a view model to HTML.

Templates escape everything that is not already markup, and a name that is missing is an error, not an empty string.
What people typed (names, messages, reasons) goes through ``named`` in running text: it is set apart with its own
writing direction, so that it can turn nothing around it.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from types import CodeType
from typing import Any, ClassVar, Final, Protocol

from jinja2 import BytecodeCache, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup
from starlette.responses import HTMLResponse

from vestibule.doors.web.form_tokens import FIELD
from vestibule.doors.web.frame import Frame, View
from vestibule.doors.web.headers import page_headers
from vestibule.doors.web.static_files import StaticFiles
from vestibule.doors.web.words import NAMES, Words, days_left
from vestibule.ground.clock import iso

FRAGMENT_HEADER: Final = "Vestibule-Fragment"
"""Our script asks with ``dialog`` in this header for a page's fragment instead of the whole page."""

_TEMPLATES: Final = Path(__file__).parent / "templates"
_WEB: Final = ("http://", "https://")


class _Compiled(BytecodeCache):
    """What templates were compiled to in this process, by template and content.

    The pages of several doors share most of theirs, and compiling is nearly all of what making ``Pages`` takes. Every
    environment that uses it must be set up alike.
    """

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Put in what is known, or nothing."""
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember what was compiled."""
        if bucket.code is not None:
            self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED: Final = _Compiled()


class FragmentView(Protocol):
    """A view model that also knows how to be a part of another page."""

    fragment: ClassVar[str]


class Pages:
    """Renders the view models of the doors that are given."""

    def __init__(self, doors: Mapping[str, Path], static: StaticFiles) -> None:
        """Read and compile every template.

        Args:
            doors: template folders by the prefix that views use (``portal/organizations.html``).
            static: where stylesheet, script, icons and fonts are served.

        Raises:
            jinja2.TemplateSyntaxError: a template does not parse.
        """
        self.static = static
        loaders = {prefix: FileSystemLoader(folder) for prefix, folder in doors.items()}
        self._environment = Environment(
            loader=PrefixLoader({"web": FileSystemLoader(_TEMPLATES), **loaders}),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            bytecode_cache=_COMPILED,
        )
        self._environment.globals.update(
            static=static.url,
            logo=static.logo,
            languages=NAMES,
            form_token_field=FIELD,
            days_left=days_left,
            is_web_address=_is_web_address,
            initials=_initials,
            tint=_tint,
            code=_code,
        )
        self._environment.filters["named"] = named
        for name in self._environment.list_templates():
            self._environment.get_template(name)

    def render(self, view: View, frame: Frame) -> str:
        """The page as HTML: what it shows, and what surrounds it."""
        return self._environment.get_template(view.template).render(page=view, frame=frame, **_speech(frame.words))

    def response(
        self, view: View, frame: Frame, status: int = 200, *, form_targets: Iterable[str] = ()
    ) -> HTMLResponse:
        """The page as an answer with all its headers.

        Args:
            view: what it shows.
            frame: what surrounds it.
            status: the HTTP status.
            form_targets: where its forms may end besides our own origin, see ``headers.content_policy``.
        """
        headers = page_headers(frame.words.language, form_targets=form_targets)
        return HTMLResponse(self.render(view, frame), status, headers)

    def fragment_response(self, view: FragmentView, frame: Frame) -> HTMLResponse:
        """The part of a page that our script lays over another page, as an answer of its own."""
        html = self._environment.get_template(view.fragment).render(page=view, frame=frame, **_speech(frame.words))
        headers = page_headers(frame.words.language)
        headers["Vary"] += f", {FRAGMENT_HEADER}"
        return HTMLResponse(html, 200, headers)


def named(name: str) -> Markup:
    """A name that somebody typed, set apart from the text around it."""
    return Markup('<bdi dir="auto">{}</bdi>').format(name)


def _speech(words: Words) -> dict[str, Any]:
    """The names under which a template finds its language."""
    return {
        "t": words.html,
        "nt": words.plural_html,
        "named": named,
        "number": words.number,
        "joined": words.joined_html,
        "day": partial(_timed, words.day),
        "short_day": partial(_timed, words.short_day),
        "clock": partial(_timed, words.clock),
        "moment": partial(_timed, words.moment),
        "country": words.country,
        "ago": lambda then, now: _time(then, words.ago(then, now)),
    }


def _timed(shown: Callable[[datetime], str], moment: datetime) -> Markup:
    return _time(moment, shown(moment))


def _time(moment: datetime, text: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(iso(moment), text)


def _code(text: str) -> Markup:
    return Markup('<code id="reference" dir="ltr">{}</code>').format(text)


def _initials(name: str) -> str:
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


def _tint(id_: str) -> int:
    """Which of the six tile colours an organization has: always the same one."""
    return zlib.crc32(id_.encode()) % 6 + 1


def _is_web_address(address: str) -> bool:
    """Whether an address may become a link: nothing but http and https is ever followed from a page."""
    return address.lower().startswith(_WEB)
