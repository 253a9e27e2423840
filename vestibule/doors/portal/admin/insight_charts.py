"""The six charts about guests: what they count, from one query each, as labels and numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.drawing import Form
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.web.words import N_
from vestibule.store import insights

WEEK: Final = timedelta(weeks=1)
WEEKS: Final = 12
YEAR: Final = 52
REMOVAL_DAYS: Final = 30
"""The burn-down shows as many days back as ahead."""

_COME: Final = ("membership.invite", "membership.restore")
_GO: Final = ("membership.leave", "membership.remove", "membership.decline", "invitation.expire")
_LEFT_HOW: Final = ("membership.leave", "membership.restore", "membership.purge")
_INVITED: Final = ("membership.invite", "membership.redeem", "invitation.expire")
_BUCKETS: Final = ((0, 3), (4, 7), (8, 14), (15, 21), (22, 30))
_QUIET: Final = (30, 90, 180)


@dataclass(frozen=True, slots=True)
class Line:
    """A series: its name, marked with ``N_``, and its numbers."""

    name: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart before it is drawn.

    Attributes:
        key: its name in an address. title: marked with ``N_``. form: how it is drawn.
        days: the point's day, for charts over time; empty for others. words: else its words, marked with ``N_``.
        lines: the numbers. links: where each point leads, empty for nowhere. total: all of them say something together.
    """

    key: str
    title: str
    form: Form
    lines: tuple[Line, ...]
    days: tuple[datetime, ...] = ()
    words: tuple[tuple[str, Mapping[str, int]], ...] = ()
    links: tuple[str, ...] = ()

    @property
    def is_enough(self) -> bool:
        """Whether there is something to see: at least two points, and not all of them zero."""
        points = len(self.days or self.words)
        return points > 1 and any(value for one in self.lines for value in one.values)


async def charts(admin: Admin, *, weeks: int) -> list[Chart]:
    """Every chart, in the page's order. ``weeks``: how far *Guests over time* goes back."""
    return [
        await guests(admin, weeks),
        await _by_week(
            admin,
            "leaves",
            N_("Leaves, restores and permanent deletions"),
            _LEFT_HOW,
            (N_("Leaves"), N_("Restores"), N_("Permanent deletions")),
        ),
        await deleted(admin),
        await removals(admin),
        await _by_week(admin, "invitations", N_("Invitations"), _INVITED, (N_("Sent"), N_("Accepted"), N_("Expired"))),
        await quiet(admin),
    ]


def _weeks(admin: Admin, count: int) -> tuple[datetime, ...]:
    """The beginnings of the last weeks, up to the seven days that end now."""
    return tuple(admin.reading.now - (count - place) * WEEK for place in range(count))


async def guests(admin: Admin, weeks: int) -> Chart:
    """How many people from outside there were at the end of each week: those who are here, without what came since.

    It begins with the first week at whose end somebody was here, so that a young organization sees no long nothing.
    """
    days = _weeks(admin, weeks)
    counts = await insights.events_by_day(admin.reading, admin.tenant_id, [*_COME, *_GO], days[0])
    came = _per_week(counts, _COME, weeks)
    went = _per_week(counts, _GO, weeks)
    now = await insights.guests_now(admin.reading, admin.tenant_id)
    values = [now]
    for plus, minus in zip(reversed(came[1:]), reversed(went[1:]), strict=True):
        values.append(max(0, values[-1] - plus + minus))
    values.reverse()
    first = next((place for place, value in enumerate(values) if value), len(values))
    ends = tuple(day + WEEK for day in days)
    line = Line(N_("Guests"), tuple(values[first:]))
    return Chart("guests", N_("Guests over time"), Form.AREA, (line,), ends[first:])


async def _by_week(admin: Admin, key: str, title: str, types: tuple[str, ...], names: tuple[str, ...]) -> Chart:
    days = _weeks(admin, WEEKS)
    counts = await insights.events_by_day(admin.reading, admin.tenant_id, list(types), days[0])
    lines = tuple(Line(name, tuple(_per_week(counts, (one,), WEEKS))) for one, name in zip(types, names, strict=True))
    return Chart(key, title, Form.BARS, lines, days)


def _per_week(counts: dict[str, dict[int, int]], types: tuple[str, ...], weeks: int) -> list[int]:
    found = [0] * weeks
    for name in types:
        for day, count in counts.get(name, {}).items():
            found[min(day // 7, weeks - 1)] += count
    return found


async def deleted(admin: Admin) -> Chart:
    """How many deleted users have how many days left, counted as the list counts them: a begun day is one."""
    found = await insights.deleted_by_day(admin.reading, admin.tenant_id, admin.reading.now)
    values = tuple(
        sum(count for day, count in found.items() if first <= min(day + 1, 30) <= last) for first, last in _BUCKETS
    )
    words = tuple((N_("{first}–{last} days"), {"first": first, "last": last}) for first, last in _BUCKETS)
    links = (
        f"{paths.DELETED_USERS}?days=3",
        f"{paths.DELETED_USERS}?days=7",
        *[f"{paths.DELETED_USERS}?sort=left"] * 3,
    )
    line = Line(N_("Deleted users"), values)
    title = N_("Deleted users by days left")
    return Chart("deleted", title, Form.BARS, (line,), words=words, links=links)


async def removals(admin: Admin) -> Chart:
    """How many data removals are open, and how many may be: 30 days back, and 30 ahead as things stand."""
    since = admin.reading.now - timedelta(days=REMOVAL_DAYS)
    found = await insights.removals(admin.reading, admin.tenant_id, since)
    days = range(2 * REMOVAL_DAYS + 1)
    begun = {day: [one for one in found if one.began < day or one.began <= 0] for day in days}
    still = tuple(sum(one.count for one in begun[day] if one.finished is None or one.finished >= day) for day in days)
    may_be = tuple(sum(one.count for one in begun[day] if one.due >= day) for day in days)
    moments = tuple(since + timedelta(days=day) for day in days)
    lines = (Line(N_("Open removals"), still), Line(N_("Due line"), may_be))
    return Chart("removals", N_("Data removal burn-down"), Form.LINES, lines, moments)


async def quiet(admin: Admin) -> Chart:
    """How many guests have not signed in for so long; each leads to a review of them."""
    values = await insights.without_sign_in(admin.reading, admin.tenant_id, admin.reading.now)
    words = tuple((N_("{days} days or more"), {"days": days}) for days in _QUIET)
    links = tuple(f"{paths.NEW_REVIEW}?inactive={days}" for days in _QUIET)
    title = N_("Guests without a sign-in")
    return Chart("quiet", title, Form.BARS, (Line(N_("Guests"), values),), words=words, links=links)
