"""The operator's own colour in pages and letters, measured before it is used.

From one colour (or one for light and one for dark) every shade is made that pages need. What text stands on, or what
stands on text, keeps the contrast of WCAG 2.2: 4.5 for text (1.4.3), 3 for controls (1.4.11). A colour that cannot keep
it, such as a pale yellow on white, is not used in that theme; the ordinary one stays.
"""

import colorsys
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

TEXT: Final = 4.5
CONTROL: Final = 3.0
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")
_STEP: Final = 0.02
_SOFTLY: Final = (0.1, 0.25)
_READABLE: Final = 6.0
_ON: Final = ("#ffffff", "#10122a")


class BadColour(ValueError):
    """Not a colour, or more than two; the text says what would do."""


class Pair(NamedTuple):
    """A colour in the light and in the dark theme, each as ``#rrggbb``."""

    light: str
    dark: str


class TooWeak(NamedTuple):
    """A pair that cannot be read: the theme, the front and the ground by their names, and the contrast there is."""

    theme: str
    front: str
    ground: str
    contrast: float


GROUNDS: Final[Mapping[str, Pair]] = {
    "bg": Pair("#f7f7f8", "#0f1115"),
    "surface": Pair("#ffffff", "#171a21"),
    "surface-2": Pair("#f1f1f4", "#1f232c"),
    "warn-soft": Pair("#fdf3dc", "#33270d"),
    "ok-soft": Pair("#e5f4ea", "#12301f"),
    "danger-soft": Pair("#fdeceb", "#3a1b1c"),
}
TEXTS: Final[Mapping[str, Pair]] = {
    "text": Pair("#16181d", "#eceef2"),
    "text-2": Pair("#4a4f5c", "#b6bcc8"),
    "text-3": Pair("#5f6573", "#98a0af"),
}
STANDARD: Final[Mapping[str, Pair]] = {
    "accent": Pair("#3a47c9", "#8f9bff"),
    "on-accent": Pair("#ffffff", "#10122a"),
    "accent-hover": Pair("#2e39a8", "#a7b0ff"),
    "accent-text": Pair("#3640b8", "#a9b2ff"),
    "accent-soft": Pair("#ecedfb", "#23284d"),
    "focus": Pair("#3a47c9", "#a9b2ff"),
    "c1": Pair("#3a47c9", "#8f9bff"),
}
"""The colours of the stylesheet; a test compares them."""


@dataclass(frozen=True, slots=True)
class Accent:
    """The shades in use, by the name of their token, and what was too weak to be used."""

    shades: Mapping[str, Pair]
    refused: tuple[TooWeak, ...] = ()

    def style(self) -> str:
        """A rule that puts the shades in the place of the ordinary ones; empty when they are the ordinary ones."""
        if self.shades == STANDARD:
            return ""
        told = "".join(f"--{name}:light-dark({pair.light},{pair.dark});" for name, pair in self.shades.items())
        return f"\n:root{{{told}}}\n"


ORDINARY: Final = Accent(STANDARD)


def read(setting: str) -> Pair | None:
    """The colours of a setting: one, or one for light and one for dark, ``#rrggbb``; None when it is empty.

    Raises:
        BadColour: something else stands there.
    """
    given = setting.replace(",", " ").split()
    if not given:
        return None
    if len(given) > 2 or not all(_COLOUR.fullmatch(one) for one in given):
        raise BadColour("say one colour such as #0f6cbd, or two: for light and for dark pages")
    light = given[0].lower()
    return Pair(light, given[1].lower() if len(given) > 1 else _lifted(light))


def accent(setting: str) -> Accent:
    """The shades made from a setting.

    Raises:
        BadColour: see ``read``.
    """
    wanted = read(setting)
    if wanted is None:
        return ORDINARY
    made = [_shades(wanted[theme], theme) for theme in (0, 1)]
    weak = [list(_too_weak(made[theme], theme)) for theme in (0, 1)]
    shades = {
        name: Pair(*(STANDARD[name][theme] if weak[theme] else made[theme][name] for theme in (0, 1)))
        for name in STANDARD
    }
    return Accent(shades, (*weak[0], *weak[1]))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2)."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _shades(colour: str, theme: int) -> dict[str, str]:
    soft = _soft(colour, theme)
    on = max(_ON, key=lambda one: contrast(one, colour))
    grounds = [pair[theme] for pair in GROUNDS.values()]
    return {
        "accent": colour,
        "on-accent": on,
        "accent-hover": _away_from(colour, [on], max(contrast(colour, on) * 1.2, TEXT), lighter=on != _ON[0]),
        "accent-text": _away_from(colour, [*grounds, soft], TEXT, lighter=bool(theme)),
        "accent-soft": soft,
        "focus": _away_from(colour, [*grounds, soft], TEXT, lighter=bool(theme)),
        "c1": colour,
    }


def _too_weak(shades: Mapping[str, str], theme: int) -> Iterator[TooWeak]:
    known = {name: pair[theme] for name, pair in (*GROUNDS.items(), *TEXTS.items())} | dict(shades)
    pairs = [
        *(("accent-text", ground, TEXT) for ground in (*GROUNDS, "accent-soft")),
        *((text, "accent-soft", TEXT) for text in TEXTS),
        ("on-accent", "accent", TEXT),
        ("on-accent", "accent-hover", TEXT),
        *(("focus", ground, CONTROL) for ground in (*GROUNDS, "accent-soft")),
        ("accent", "surface", CONTROL),
    ]
    for front, ground, least in pairs:
        found = contrast(known[front], known[ground])
        if found < least:
            yield TooWeak(("light", "dark")[theme], front, ground, round(found, 2))


def _soft(colour: str, theme: int) -> str:
    """The ground of what is chosen: as much of the colour as leaves text on it readable."""
    part, surface = _SOFTLY[theme], GROUNDS["surface"][theme]
    while part > _STEP and any(contrast(text[theme], _mixed(colour, surface, part)) < TEXT for text in TEXTS.values()):
        part -= _STEP
    return _mixed(colour, surface, part)


def _away_from(colour: str, grounds: list[str], wanted: float, *, lighter: bool) -> str:
    """The same hue, lighter or darker until it stands out from all of these grounds, as far as there is."""
    hue, light, strength = colorsys.rgb_to_hls(*_channels(colour))
    end, found = (1.0 if lighter else 0.0), colour
    while light != end and min(contrast(found, ground) for ground in grounds) < wanted:
        light = min(1.0, light + _STEP) if lighter else max(0.0, light - _STEP)
        found = _hex(colorsys.hls_to_rgb(hue, light, strength))
    return found


def _lifted(colour: str) -> str:
    """The colour for dark pages of whoever named one for light pages."""
    return _away_from(colour, [GROUNDS["surface"].dark], _READABLE, lighter=True)


def _mixed(colour: str, ground: str, part: float) -> str:
    both = zip(_channels(colour), _channels(ground), strict=True)
    return _hex(tuple(over * part + under * (1 - part) for over, under in both))


def _channels(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _hex(channels: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(min(1.0, max(0.0, one)) * 255):02x}" for one in channels)


def _luminance(colour: str) -> float:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
