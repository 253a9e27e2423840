"""Pictures of My Account and the Admin center for the README and the docs, drawn from the demo by Debian's Chromium.

    python scripts/pictures.py              writes docs/pictures/*.png
    python scripts/pictures.py FOLDER       writes them elsewhere, to be looked at

The demo is made anew in a folder of its own and served on a free port of this machine, with a stopped clock and seeded
chance, so that the pictures change only when the pages do.
"""

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, ViewportSize

ROOT: Final = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.chromium import chromium  # noqa: E402 - the checkout's own parts, wherever this is called from
from tests.support.demo import ServedDemo, served_demo  # noqa: E402
from tests.support.wanted import Missing  # noqa: E402
from vestibule.demo import cast  # noqa: E402
from vestibule.ground.chance import SeededChance  # noqa: E402

PICTURES: Final = ROOT / "docs" / "pictures"
NOW: Final = datetime(2026, 11, 20, 19, 0, tzinfo=UTC)
SIZE: Final[ViewportSize] = {"width": 1280, "height": 760}
LARGEST: Final = 200_000  # octets


async def organizations(page: Page, demo: ServedDemo) -> None:
    """The list: home, somewhere to leave at once, and somewhere that forbids it."""
    await page.goto(f"{demo.origin}/myaccount/organizations")


async def leave_dialog(page: Page, demo: ServedDemo) -> None:
    """The confirm dialog over the list."""
    await organizations(page, demo)
    await page.get_by_role("link", name="Leave Fabrikam", exact=True).click()
    await page.get_by_role("dialog").wait_for()
    await page.evaluate("() => document.activeElement.blur()")


async def deleted_users(page: Page, demo: ServedDemo) -> None:
    """Who can still come back, and until when."""
    await page.goto(f"{demo.origin}/admin/users/deleted")
    await page.get_by_role("checkbox", name="Select Grady Archie").check()


Going = Callable[[Page, ServedDemo], Awaitable[None]]
DRAWN: Final[dict[str, Going]] = {
    "organizations": organizations,
    "leave-dialog": leave_dialog,
}
DRAWN_FOR_ADMINISTRATORS: Final[dict[str, Going]] = {"deleted-users": deleted_users}


async def sign_in(page: Page, demo: ServedDemo, email: str, password: str) -> None:
    """Sign somebody in at home."""
    await page.goto(f"{demo.origin}/signin")
    await page.get_by_label("Email", exact=True).fill(email)
    await page.get_by_role("button", name="Next", exact=True).click()
    await page.get_by_label("Password", exact=True).fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("heading", name="Overview", level=1).wait_for()


async def adele(page: Page, demo: ServedDemo) -> None:
    """Adele at home, and at Fabrikam."""
    await sign_in(page, demo, cast.ADELE.email, cast.ADELE.password)
    fabrikam = demo.opened.tenant("fabrikam")["id"]
    await page.goto(f"{demo.origin}/signin?tenantId={fabrikam}&next=/myaccount/organizations")


async def administrator(page: Page, demo: ServedDemo) -> None:
    """Fabrikam's administrator."""
    admin = demo.opened.tenant("fabrikam")["admin"]
    await sign_in(page, demo, admin["userPrincipalName"], admin["password"])


async def draw(browser: Browser, demo: ServedDemo, folder: Path) -> list[Path]:
    """Draw everything. Returns the files."""
    drawn = await _draw(browser, demo, folder, adele, DRAWN)
    return drawn + await _draw(browser, demo, folder, administrator, DRAWN_FOR_ADMINISTRATORS)


async def _draw(browser: Browser, demo: ServedDemo, folder: Path, who: Going, pages: dict[str, Going]) -> list[Path]:
    context = await browser.new_context(
        viewport=SIZE, locale="en-GB", timezone_id="UTC", color_scheme="light", reduced_motion="reduce"
    )
    page = await context.new_page()
    await who(page, demo)
    drawn = []
    for name, go_to in pages.items():
        await go_to(page, demo)
        await page.evaluate("() => document.fonts.ready")
        path = folder / f"{name}.png"
        await page.screenshot(path=path, animations="disabled", caret="hide", scale="css")
        drawn.append(path)
    await context.close()
    return drawn


async def drawn_in(folder: Path) -> list[Path]:
    """Make the demo, serve it, and draw it into a folder. Returns the files."""
    with tempfile.TemporaryDirectory() as data:
        async with chromium() as browser, served_demo(Path(data), now=NOW, chance=SeededChance("pictures")) as demo:
            return await draw(browser, demo, folder)


def main(folder: Path) -> int:
    """The command line; exit status 1 when Chromium is missing or a picture grew too large."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        drawn = asyncio.run(drawn_in(folder))
    except Missing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    sizes = {path: path.stat().st_size for path in drawn}
    for path, size in sizes.items():
        sys.stdout.write(f"{path} {size} octets\n")
    return 1 if max(sizes.values()) >= LARGEST else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURES))
