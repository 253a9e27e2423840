"""What is looked for on a page in a real browser, besides what a test asks of it by role and name."""

from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

from playwright.async_api import ConsoleMessage, Page

_AXE: Final = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
_STANDARDS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_MOVING: Final = """
() => document.getAnimations().some((animation) =>
  animation.playState === "running" && Number.isFinite(animation.effect.getComputedTiming().endTime))
"""

# Controls that touch each other's area, and texts of one row that lie on a control. axe does not see either.
_LAYOUT: Final = """
async () => {
  // Media queries are asked again with the next frame after a change of width.
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) {
    const wide = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > width + 0.5
      && !e.closest(".unseen, .skip, .scroll")).map((e) => e.outerHTML.slice(0, 120));
    found.push(`scrolls sideways in ${width}: ${wide.slice(0, 3).join(" | ")}`);
  }
  const clipped = (e) => e && (getComputedStyle(e).clipPath.startsWith("inset") || clipped(e.parentElement));
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !clipped(e);
  const boxes = (selector) => [...document.querySelectorAll(selector)].filter(shown).flatMap((e) =>
    [...e.getClientRects()].filter((r) => r.width > 1 && r.height > 1).map((r) => ({ e, r })));
  const controls = boxes("a, button, input:not([type=hidden]), select, textarea, summary");
  const texts = boxes("h1, h2, h3, .chip, .facts li, .row-text p, th, td > time, label, legend");
  const apart = (a, b) =>
    a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
  const compare = (one, other, what) => {
    if (one.e !== other.e && !one.e.contains(other.e) && !other.e.contains(one.e) && !apart(one.r, other.r)) {
      found.push(`${what}: ${one.e.outerHTML.slice(0, 90)} / ${other.e.outerHTML.slice(0, 90)}`);
    }
  };
  controls.forEach((one, i) => controls.slice(i + 1).forEach((other) => compare(one, other, "controls overlap")));
  controls.forEach((one) => texts.forEach((other) => compare(one, other, "control over text")));
  texts.forEach((one, i) => texts.slice(i + 1).forEach((other) => compare(one, other, "texts overlap")));
  for (const { e, r } of controls) {
    if (r.left < -0.5 || (r.right > width + 0.5 && !e.closest(".scroll"))) {
      found.push(`outside the page: ${e.outerHTML.slice(0, 120)}`);
    }
    const least = e.matches("input[type=radio], label input[type=checkbox]") ? 20
      : e.closest("td, th, p, li.error") ? 0 : 40;
    const inLine = getComputedStyle(e).display === "inline";
    if (!inLine && e.getBoundingClientRect().height < least - 0.5) {
      found.push(`lower than ${least} px: ${e.outerHTML.slice(0, 120)}`);
    }
    if (e.scrollWidth > e.clientWidth + 1 && !e.matches("input, select, textarea") && !inLine) {
      found.push(`text cut off: ${e.outerHTML.slice(0, 120)}`);
    }
  }
  return found;
}
"""


@dataclass(frozen=True, slots=True)
class Console:
    """What the browser complained about while it showed pages: policy violations, errors of the script."""

    complaints: list[str]


def listen(page: Page) -> Console:
    """Collect the browser's complaints from now on."""
    console = Console([])

    def note(message: ConsoleMessage) -> None:
        # An error page is answered with an error status on purpose; the browser notes that too.
        if message.type in ("error", "warning") and "the server responded with a status" not in message.text:
            console.complaints.append(f"{page.url}: {message.text}")

    page.on("console", note)
    page.on("pageerror", lambda error: console.complaints.append(f"{page.url}: {error}"))
    return console


async def accessibility(page: Page) -> list[str]:
    """What axe finds on the page: WCAG 2.2 A and AA and best practice; empty is what we want."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(_AXE)
    await _settled(page)
    result: dict[str, Any] = await page.evaluate(
        "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", _STANDARDS
    )
    return [
        f"{violation['id']}: {violation['help']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]


async def _settled(page: Page) -> None:
    """Wait for fades to end: a colour half way through is no colour of ours. Asked from here, since a page whose
    scripts are off keeps no promise.
    """
    for _ in range(100):
        if not await page.evaluate(_MOVING):
            return
        await page.wait_for_timeout(20)


async def layout(page: Page) -> list[str]:
    """Sideways scrolling, overlaps, targets that are too small, text that is cut off."""
    findings: list[str] = await page.evaluate(_LAYOUT)
    return findings
