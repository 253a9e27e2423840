"""Every pair of colours that a page uses, measured by the formula of WCAG 2.2, in both themes."""

import re
from pathlib import Path

import pytest

import vestibule.doors.web

STATIC = Path(vestibule.doors.web.__file__).parent / "static"
STYLE, ADMIN = ((STATIC / name).read_text(encoding="utf-8") for name in ("vestibule.css", "admin.css"))
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", STYLE)
}
TEXT, CONTROL = 4.5, 3.0

ON_PLAIN = [
    (text, ground)
    for text in ("text", "text-2", "text-3", "accent-text", "danger-text")
    for ground in ("bg", "surface", "surface-2")
]
PAIRS = [
    *((text, ground, TEXT) for text, ground in ON_PLAIN),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    ("on-danger", "danger", TEXT),
    ("on-danger", "danger-text", TEXT),
    ("accent-text", "accent-soft", TEXT),
    ("text", "accent-soft", TEXT),
    ("text-2", "accent-soft", TEXT),
    ("text-3", "accent-soft", TEXT),
    ("danger-text", "danger-soft", TEXT),
    ("text", "danger-soft", TEXT),
    ("warn-text", "warn-soft", TEXT),
    ("text", "warn-soft", TEXT),
    ("accent-text", "warn-soft", TEXT),
    ("ok-text", "ok-soft", TEXT),
    ("text", "ok-soft", TEXT),
    ("accent-text", "ok-soft", TEXT),
    *((f"tile-{n}-text", f"tile-{n}", TEXT) for n in range(1, 7)),
    *(("border-strong", ground, CONTROL) for ground in ("bg", "surface")),
    *(("focus", ground, CONTROL) for ground in ("bg", "surface", "surface-2", "danger-soft", "accent-soft")),
    *((f"c{n}", "surface", CONTROL) for n in range(1, 5)),
    ("danger", "surface", CONTROL),
    ("accent", "surface", CONTROL),
]


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("front", "back", "least"), PAIRS, ids=str)
def test_the_pair_can_be_read(front, back, least):
    for theme in (0, 1):
        assert contrast(TOKENS[front][theme], TOKENS[back][theme]) >= least


def test_the_formula_agrees_with_known_values():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_every_colour_stands_in_the_tokens():
    rules = STYLE[STYLE.index("--- The page ---") :] + ADMIN
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{}]*\{)", rules)) - {"#fff"} == set()
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", rules)) <= {*TOKENS, "shadow", "radius", "radius-card", "control"}
