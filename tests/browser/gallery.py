"""Every page in every state, language and display: served for the browser tests, or drawn to be looked at.

    python -m tests.browser.gallery OUTDIR [--only NAME] [--language nl] [--width 320] [--display dark]

The pages are answered with their real headers. The leave flow works: the list, the confirm page or its fragment, the
receipt; it changes nothing.
"""

import argparse
import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.browser.pseudo import LANGUAGE as PSEUDO
from tests.browser.pseudo import pseudo_words
from tests.browser.stories import CONFIRM, NOW, Story, frame, stories
from tests.support.chromium import chromium
from tests.support.serving import served
from vestibule.doors.portal.pages import portal_pages
from vestibule.doors.portal.views.receipts import ReceiptPage, receipt_text
from vestibule.doors.web.cookies import DISPLAY, keep_wish, read_wishes
from vestibule.doors.web.frame import Display
from vestibule.doors.web.static_files import StaticFiles
from vestibule.doors.web.words import NAMES, Words, words

LANGUAGES: Final = (*NAMES, PSEUDO)
WIDTHS: Final = (320, 375, 768, 1280)


@cache
def speech(language: str) -> Words:
    """The words of a language, the pseudo-language included."""
    return pseudo_words() if language == PSEUDO else words(language, "pages")


@cache
def stories_in(language: str) -> dict[str, Story]:
    """Every story, sorted as the language sorts."""
    return stories(speech(language))


def gallery_app() -> Starlette:
    """The gallery as an application."""
    static = StaticFiles()
    pages = portal_pages(static)

    def answer(request: Request, story: Story) -> Response:
        language = request.path_params.get("language") or request.query_params.get("lang", "en")
        display = Display(request.path_params.get("display", "system"))
        return pages.response(story.view, frame(story, speech(language), display), story.status)

    def story(request: Request) -> Response:
        found = stories_in(request.path_params["language"]).get(request.path_params["name"])
        return answer(request, found) if found else PlainTextResponse("no such story", 404)

    def organizations(request: Request) -> Response:
        return answer(request, stories_in("en")["organizations-every-row"])

    def leave(request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if request.method == "POST":
            return RedirectResponse("/myaccount/receipts/1", 303)
        view = replace(CONFIRM, tenant_id=tenant, asks_reason=True)
        told = Story("confirm", view, path=request.url.path)
        if request.headers.get("vestibule-fragment") == "dialog":
            return pages.fragment_response(view, frame(told, speech("en")))
        return answer(request, told)

    def receipt(request: Request) -> Response:
        told = stories_in("en")["receipt"]
        if request.path_params["name"].endswith(".txt"):
            assert isinstance(told.view, ReceiptPage)
            return PlainTextResponse(receipt_text(told.view.receipt, speech("en"), NOW))
        return answer(request, told)

    def wish(request: Request) -> Response:
        host, port = request.url.hostname or "", request.url.port or 0
        found = read_wishes(request.cookies, host=host, port=port)
        response = PlainTextResponse(found.display.value)
        keep_wish(response, DISPLAY, Display.DARK, host=host, port=port)
        return response

    return Starlette(
        routes=[
            static.route(),
            Route("/gallery-wish", wish),
            Route("/gallery/{language}/{display}/{name}", story),
            Route("/myaccount/organizations", organizations),
            Route("/myaccount/organizations/{tenant}/leave", leave, methods=["GET", "POST"]),
            Route("/myaccount/receipts/{name}", receipt),
            Route("/gallery-landing", lambda _: PlainTextResponse("landed")),
        ]
    )


@asynccontextmanager
async def serving() -> AsyncIterator[str]:
    """The gallery on a free port of this machine; yields its origin."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        origin = f"http://localhost:{listener.getsockname()[1]}"
        async with served(gallery_app(), listener):
            yield origin


async def draw(
    folder: Path, only: Iterable[str], languages: Iterable[str], widths: Iterable[int], displays: Iterable[str]
) -> None:
    """Write a picture of every page that is asked for; ``only`` holds beginnings of names."""
    beginnings = tuple(only)
    async with serving() as origin, chromium() as browser:
        for width in widths:
            page = await browser.new_page(viewport={"width": width, "height": 800})
            for language in languages:
                for display in displays:
                    for name in stories_in(language):
                        if name == "go-on" or (beginnings and not name.startswith(beginnings)):
                            continue
                        await page.goto(f"{origin}/gallery/{language}/{display}/{name}")
                        await page.screenshot(path=folder / f"{name}.{language}.{display}.{width}.png", full_page=True)
            await page.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.gallery")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", default=[], help="pages whose names begin like this")
    parser.add_argument("--language", action="append", choices=LANGUAGES)
    parser.add_argument("--width", action="append", type=int)
    parser.add_argument("--display", action="append", choices=["light", "dark"])
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(
        draw(
            asked.folder,
            asked.only,
            asked.language or NAMES,
            asked.width or WIDTHS,
            asked.display or ["light", "dark"],
        )
    )


if __name__ == "__main__":
    main()
