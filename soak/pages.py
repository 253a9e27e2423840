"""Every page, in every language, display and width: axe, layout and what the browser complains about.

Two sets of pages are looked at: the stories (My Account and sign-in in every state, which nobody could walk to one by
one) and the Admin center and My Account of the demo organizations, found by following every link from their overviews.
Each look that found nothing is remembered, so that the run can be taken up again; what was found is said, and looked
at again the next time.
"""

import argparse
import asyncio
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page

from soak.page_demo import lived_demo
from tests.browser.checks import accessibility, layout, listen
from tests.browser.gallery import LANGUAGES, WIDTHS, serving, stories_in
from tests.support.chromium import chromium
from tests.support.demo import ServedDemo
from vestibule.doors.web.words import NAMES

DISPLAYS: Final = ("light", "dark")
STARTS: Final = ("/admin/", "/myaccount/", "/gallery", "/verify")
MOST_ALIKE: Final = 3
"""So many pages of one shape (the same path but for ids) are looked at; more would show the same again."""

SAVED_EVERY: Final = 50
_BESIDE: Final = (".csv", ".jsonl", ".json", ".jws", ".txt", "/file")
Look = tuple[str, str, str, int]
"""Address, language, display and width."""


@dataclass(slots=True)
class Seen:
    """What was looked at, and what was found.

    ``until`` is when this piece ends (monotonic); ``share`` which part of all looks is its own, and of how many.
    """

    file: Path
    until: float
    share: tuple[int, int] = (1, 1)
    clean: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)
    left: int = 0

    def load(self) -> None:
        """Take up what earlier pieces saw."""
        if self.file.exists():
            self.clean = set(json.loads(self.file.read_text(encoding="utf-8")))

    def save(self) -> None:
        """Remember it for the next piece."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(sorted(self.clean)), encoding="utf-8")

    def wants(self, look: Look) -> bool:
        """Whether it is a look of this share that was not clean yet, and there is time for it."""
        name = _name(look)
        number, shares = self.share
        if name in self.clean or zlib.crc32(name.encode()) % shares != number - 1:
            return False
        if time.monotonic() > self.until:
            self.left += 1
            return False
        return True


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``--part pages``."""
    parser.add_argument("--minutes", type=float, default=9.0, help="length of one piece (default 9)")
    parser.add_argument("--share", type=_share, default=(1, 1), help="1/2 and 2/2 can run at once (default 1/1)")
    parser.add_argument("--folder", type=Path, default=Path("var/soak/pages"), help="where it remembers")


def main(arguments: argparse.Namespace) -> int:
    """Look at what was not clean yet. Returns 0 when everything is, 1 when something was found, 3 when not done."""
    name = "clean.json" if arguments.share == (1, 1) else "clean-{}-of-{}.json".format(*arguments.share)
    seen = Seen(arguments.folder / name, time.monotonic() + 60 * arguments.minutes, arguments.share)
    seen.load()
    asyncio.run(_look(seen, arguments.folder))
    seen.save()
    for one in seen.found:
        print(one)
    print(f"{len(seen.clean)} looks are clean, {len(seen.found)} findings, {seen.left} looks are left")
    return 1 if seen.found else 3 if seen.left else 0


def _share(said: str) -> tuple[int, int]:
    number, _, shares = said.partition("/")
    if not (number.isdecimal() and shares.isdecimal() and 1 <= int(number) <= int(shares)):
        msg = f"{said!r} is no share such as 1/2"
        raise argparse.ArgumentTypeError(msg)
    return int(number), int(shares)


async def _look(seen: Seen, folder: Path) -> None:
    async with chromium() as browser:
        async with serving() as origin:
            await _stories(seen, browser, origin)
        async with lived_demo(folder / f"demo-{time.time_ns()}") as demo:
            await _walked(seen, browser, demo)


async def _stories(seen: Seen, browser: Browser, origin: str) -> None:
    looks = [
        (name, language, display, width)
        for language, display, width in product(LANGUAGES, DISPLAYS, WIDTHS)
        for name in stories_in(language)
        if name != "go-on"
    ]
    async with await browser.new_context() as context:
        await _each(seen, context, looks, lambda look: f"{origin}/gallery/{look[1]}/{look[2]}/{look[0]}", why=_of_story)


async def _walked(seen: Seen, browser: Browser, demo: ServedDemo) -> None:
    """The demo's pages, as Fabrikam's administrator: what links lead to, in three languages."""
    for display in DISPLAYS:
        async with await browser.new_context(locale="en-GB") as context:
            await _sign_in(context, demo)
            addresses = await _found(seen, context, demo)
            for language in NAMES:
                looks = [(one, language, display, width) for one in addresses for width in WIDTHS]
                chooses = await context.new_page()
                await chooses.goto(f"{demo.origin}/myaccount/?lang={language}")
                await chooses.close()
                await _each(seen, context, looks, lambda look: demo.origin + look[0], why=_of_walk)


async def _each(
    seen: Seen,
    context: BrowserContext,
    looks: list[Look],
    address: Callable[[Look], str],
    *,
    why: Callable[[Look], str],
) -> None:
    page = await context.new_page()
    console = listen(page)
    for look in looks:
        if not seen.wants(look):
            continue
        _, _, display, width = look
        await page.emulate_media(color_scheme="dark" if display == "dark" else "light")
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(address(look))
        findings = [*await accessibility(page), *await layout(page), *console.complaints]
        console.complaints.clear()
        if findings:
            seen.found += [f"{why(look)}: {one}" for one in findings]
        else:
            seen.clean.add(_name(look))
            if len(seen.clean) % SAVED_EVERY == 0:
                seen.save()
    await page.close()


async def _found(seen: Seen, context: BrowserContext, demo: ServedDemo) -> list[str]:
    """Every address that links lead to from the overviews, a few of each shape."""
    page = await context.new_page()
    known: dict[str, None] = {}
    waiting = list(STARTS)
    alike: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        shape = _shape(address)
        if address in known or alike.get(shape, 0) >= MOST_ALIKE:
            continue
        answer = await page.goto(demo.origin + address)
        if answer is not None and answer.status != 200:
            seen.found.append(f"{address} answers {answer.status}")
        if answer is None or not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        known[address] = None
        alike[shape] = alike.get(shape, 0) + 1
        waiting += await _links(page, demo.origin)
    await page.close()
    return list(known)


async def _links(page: Page, origin: str) -> list[str]:
    hrefs: list[str] = await page.eval_on_selector_all("a[href]", "(all) => all.map((one) => one.href)")
    found = []
    for href in hrefs:
        parts = urlsplit(href)
        inside = href.startswith(origin) and parts.path.startswith(("/admin", "/myaccount"))
        if inside and not parts.path.endswith(_BESIDE):
            found.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


def _shape(address: str) -> str:
    """A path without ids, and the names of its query."""
    parts = urlsplit(address)
    path = "/".join("*" if len(one) > 30 else one for one in parts.path.split("/"))
    return path + "?" + ",".join(sorted(one.partition("=")[0] for one in parts.query.split("&")))


async def _sign_in(context: BrowserContext, demo: ServedDemo) -> None:
    admin = demo.opened.tenant("fabrikam")["admin"]
    page = await context.new_page()
    await page.goto(f"{demo.origin}/signin")
    await page.get_by_role("textbox", name="Email", exact=True).fill(admin["userPrincipalName"])
    await page.get_by_role("button", name="Next", exact=True).click()
    await page.get_by_role("textbox", name="Password", exact=True).fill(admin["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.wait_for_url(f"{demo.origin}/myaccount/**")
    await page.close()


def _of_story(look: Look) -> str:
    return "story " + " ".join(map(str, look))


def _of_walk(look: Look) -> str:
    return "page " + " ".join(map(str, look))


def _name(look: Look) -> str:
    return " ".join(map(str, look))
