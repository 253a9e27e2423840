"""Charts as SVG, drawn on the server: they print, need no script, and take their colours from the page's style.

Only presentation attributes are written, with ``var(--…)`` for colours, because the pages' policy forbids style
attributes. A drawing is close to the size it is shown at, so that its text stays readable. Areas and bars start at
zero. Series differ in colour and in pattern, and the legend is in the order of the drawing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from markupsafe import Markup

WIDTH, HEIGHT = 440, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 12, 28
_COLOURS: Final = ("var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)")
_DASHES: Final = ("", "6 4", "2 3", "8 3 2 3")
_TICKS: Final = 4
_MOST_LABELS: Final = 6


class Form(StrEnum):
    """How a chart is drawn."""

    AREA = "area"
    LINES = "lines"
    BARS = "bars"


@dataclass(frozen=True, slots=True)
class Series:
    """A row of numbers with its name, in the page's language."""

    name: str
    values: tuple[int, ...]


def top_of(most: int) -> int:
    """The top of the scale: the smallest 1, 2 or 5 times a power of ten, times the ticks, that holds ``most``."""
    step = 1
    while step * _TICKS < most:
        first = int(str(step)[0])
        step = step * 2 if first in {1, 5} else step * 5 // 2
    return step * _TICKS


def draw(form: Form, labels: Sequence[str], series: Sequence[Series], sentence: str) -> Markup:
    """The drawing, named by a full sentence.

    Args:
        form: how. labels: below each point, in the page's language. series: the numbers, as many as labels each.
        sentence: what a reader who does not see it is told.
    """
    top = top_of(max((value for one in series for value in one.values), default=0))
    parts = [_scale(top), _below(labels)]
    for place, one in enumerate(series):
        if form is Form.BARS:
            parts += _bars(place, len(series), one.values, top)
        else:
            parts += _line(place, one.values, top, filled=form is Form.AREA)
    return Markup(
        '<svg class="chart" role="img" aria-label="{}" width="{}" height="{}" viewBox="0 0 {} {}">{}</svg>'
    ).format(sentence, WIDTH, HEIGHT, WIDTH, HEIGHT, Markup("").join(parts))


def swatch(form: Form, place: int) -> Markup:
    """The piece of a legend for a series: its colour, and what tells it from its neighbours beside that."""
    if form is Form.BARS:
        drawn = Markup('<rect x="1" y="1" width="22" height="10" fill="{}" fill-opacity="{}" stroke="{}"/>').format(
            _COLOURS[place], _fill(place), _COLOURS[place]
        )
    else:
        drawn = Markup(
            '<line x1="0" y1="6" x2="24" y2="6" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>'
        ).format(_COLOURS[place], _DASHES[place])
    return Markup(
        '<svg width="24" height="12" viewBox="0 0 24 12" aria-hidden="true" focusable="false">{}</svg>'
    ).format(drawn)


def _fill(place: int) -> float:
    return 1 if place % 2 == 0 else 0.35


def _y(value: int, top: int) -> float:
    return round(HEIGHT - _BOTTOM - value * (HEIGHT - _TOP - _BOTTOM) / top, 1)


def _x(place: int, count: int) -> float:
    """The middle of a point's part of the width."""
    return round(_LEFT + (place + 0.5) * (WIDTH - _LEFT - _RIGHT) / count, 1)


def _scale(top: int) -> Markup:
    parts = []
    for tick in range(_TICKS + 1):
        value = top * tick // _TICKS
        y = _y(value, top)
        parts.append(
            Markup(
                '<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="var(--border)"/>'
                '<text x="{}" y="{}" text-anchor="end" font-size="12" fill="var(--text-3)">{}</text>'
            ).format(_LEFT, y, WIDTH - _RIGHT, y, _LEFT - 8, y + 4, value)
        )
    return Markup("").join(parts)


def _below(labels: Sequence[str]) -> Markup:
    every = max(1, -(-len(labels) // _MOST_LABELS))
    shown = [
        Markup('<text x="{}" y="{}" text-anchor="middle" font-size="12" fill="var(--text-3)">{}</text>').format(
            _x(place, len(labels)), HEIGHT - 8, label
        )
        for place, label in enumerate(labels)
        if place % every == 0
    ]
    return Markup("").join(shown)


def _bars(place: int, of: int, values: Sequence[int], top: int) -> list[Markup]:
    part = (WIDTH - _LEFT - _RIGHT) / len(values)
    width = round(part * 0.7 / of, 1)
    parts = []
    for at, value in enumerate(values):
        x, y = round(_x(at, len(values)) - part * 0.35 + place * width, 1), _y(value, top)
        height = round(HEIGHT - _BOTTOM - y, 1)
        parts.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" fill-opacity="{}" stroke="{}"/>').format(
                x, y, width, height, _COLOURS[place], _fill(place), _COLOURS[place]
            )
        )
    return parts


def _line(place: int, values: Sequence[int], top: int, *, filled: bool) -> list[Markup]:
    points = [(_x(at, len(values)), _y(value, top)) for at, value in enumerate(values)]
    along = " ".join(f"{x},{y}" for x, y in points)
    line = Markup(
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}" stroke-linejoin="round"/>'
    ).format(along, _COLOURS[place], _DASHES[place])
    if not filled or not points:
        return [line]
    floor = HEIGHT - _BOTTOM
    around = f"{points[0][0]},{floor} {along} {points[-1][0]},{floor}"
    return [Markup('<polygon points="{}" fill="{}" fill-opacity="0.16"/>').format(around, _COLOURS[place]), line]
