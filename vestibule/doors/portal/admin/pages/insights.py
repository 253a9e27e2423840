"""*Guest insights*: six charts, the numbers behind them as tables, and as files."""

import csv
import io
from dataclasses import dataclass
from typing import ClassVar, Final

from markupsafe import Markup
from starlette.responses import Response

from vestibule.actions import exporting
from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.drawing import Series, draw, swatch
from vestibule.doors.portal.admin.exports import as_text
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.portal.admin.insight_charts import WEEKS, YEAR, Chart, charts
from vestibule.doors.portal.desk import NO_STORE
from vestibule.doors.web.frame import View
from vestibule.doors.web.words import N_, Words
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.verbs import Verb

_FIRST: Final = {True: N_("Day"), False: N_("Group of days")}
KEYS: Final = "keys"


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart as the page shows it, all in the page's language.

    Attributes:
        drawing: None when there is not enough to draw. legend: swatch and name of each series.
        head: the headings of its table. rows: the point's words, where it leads (or empty), its numbers.
    """

    key: str
    title: str
    drawing: Markup | None
    legend: tuple[tuple[Markup, str], ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[int, ...]], ...]
    csv_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsightsPage(View):
    """The page. ``year``: *Guests over time* goes back a year, else twelve weeks."""

    template: ClassVar[str] = "portal/admin/insights.html"
    figures: tuple[Figure, ...]
    year: bool


async def show(admin: Admin) -> Response:
    """The page."""
    year = _is_year(admin)
    found = await charts(admin, weeks=YEAR if year else WEEKS)
    figures = tuple(_figure(one, admin.visit.words, year=year) for one in found)
    return admin.visit.page(InsightsPage(figures=figures, year=year))


def _is_year(admin: Admin) -> bool:
    return admin.visit.request.query_params.get("range") == "year"


def _figure(chart: Chart, words: Words, *, year: bool) -> Figure:
    labels = _labels(chart, words)
    series = [Series(words.text(one.name), one.values) for one in chart.lines]
    rows = tuple(
        (label, chart.links[at] if chart.links else "", tuple(one.values[at] for one in series))
        for at, label in enumerate(labels)
    )
    drawn = draw(chart.form, _short(chart, words, labels), series, _sentence(chart, words, labels, series))
    return Figure(
        key=chart.key,
        title=words.text(chart.title),
        drawing=drawn if chart.is_enough else None,
        legend=tuple((swatch(chart.form, place), one.name) for place, one in enumerate(series))
        if len(series) > 1
        else (),
        head=(words.text(_FIRST[bool(chart.days)]), *(one.name for one in series)),
        rows=rows if chart.is_enough else (),
        csv_url=f"{paths.INSIGHTS}/{chart.key}.csv" + ("?range=year" if year and chart.key == "guests" else ""),
    )


def _labels(chart: Chart, words: Words) -> list[str]:
    if chart.days:
        return [words.day(day) for day in chart.days]
    return [words.text(text, **dict(values)) for text, values in chart.words]


def _short(chart: Chart, words: Words, labels: list[str]) -> list[str]:
    """What fits below a point: the day and the month of a date."""
    return [words.short_day(day).rsplit(" ", 1)[0].rstrip(",") for day in chart.days] or labels


def _sentence(chart: Chart, words: Words, labels: list[str], series: list[Series]) -> str:
    """What is said to who does not see it: first, last and trend of each series, or every bar of a few."""
    title = words.text(chart.title)
    if not labels:
        return title
    if not chart.days:
        bars = ", ".join(f"{label}: {value}" for label, value in zip(labels, series[0].values, strict=True))
        return f"{title}. {bars}."
    said = []
    for one in series:
        first, last = one.values[0], one.values[-1]
        trend = N_("up") if last > first else N_("down") if last < first else N_("the same")
        said.append(
            words.text(
                "{name}: {first} on {start}, {last} on {end}, {trend}.",
                name=one.name,
                first=words.number(first),
                start=labels[0],
                last=words.number(last),
                end=labels[-1],
                trend=words.text(trend),
            )
        )
    return " ".join([f"{title}.", *said])


async def download(admin: Admin) -> Response:
    """The numbers of one chart as CSV; that somebody takes them along is in the audit log."""
    weeks = YEAR if _is_year(admin) else WEEKS
    key = admin.visit.captured("chart")
    chart = next((one for one in await charts(admin, weeks=weeks) if one.key == key), None)
    if chart is None:
        raise Refused(Reason.NOT_FOUND)
    headers = {
        **NO_STORE,
        "Content-Disposition": f'attachment; filename="{key}-{admin.reading.now.date().isoformat()}.csv"',
    }
    kind = "text/csv; charset=utf-8; header=present"
    if admin.visit.request.method == "HEAD":
        return Response(None, headers=headers, media_type=kind)
    points = len(chart.days or chart.words)
    await exporting.export_list(
        admin.visit.house,
        tenant_id=admin.tenant_id,
        what=f"{key}Insight",
        rows=points,
        reads=Verb.READ_AUDIT,
        by=admin.by,
    )
    with_keys = admin.visit.request.query_params.get("headers") == KEYS
    return Response(_file(chart, admin.visit.words, keys=with_keys), headers=headers, media_type=kind)


def _file(chart: Chart, words: Words, *, keys: bool) -> str:
    head = [_FIRST[bool(chart.days)], *(one.name for one in chart.lines)]
    first = [as_text(day) for day in chart.days] or _labels(chart, words)
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow([as_text(name if keys else words.text(name)) for name in head])
    for at, label in enumerate(first):
        rows.writerow([as_text(label), *(one.values[at] for one in chart.lines)])
    return "\ufeff" + text.getvalue()
