"""The six charts about guests: what they count, from one query each, as labels and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.doors.portal.admin import paths
from vestibule.doors.portal.admin.drawing import Form
from vestibule.doors.portal.admin.gate import Admin
from vestibule.doors.web.words import N_
from vestibule.store import insights, users
from vestibule.store.unit import Reading

WEEK: Final = timedelta(weeks=1)
WEEKS: Final = 12
YEAR: Final = 52
REMOVAL_DAYS: Final = 30
"""The burn-down shows as many days back as ahead."""

MANY: Final = 20_000
"""With more users than this, guests are counted once in ``KEPT_S`` seconds, and not for each page."""

KEPT_S: Final = 60

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


@dataclass(frozen=True, slots=True)
class Week:
    """The seven days that begin with ``first``, and how many events of each type they saw."""

    first: datetime
    counts: Mapping[str, int]

    def sum(self, types: tuple[str, ...]) -> int:
        """How many events of these types."""
        return sum(self.counts[name] for name in types)


@dataclass(frozen=True, slots=True)
class Counted:
    """What costs the more, the more guests there are: all of one moment.

    Attributes:
        here: how many guests there are. weeks: the last weeks, up to the seven days that end now.
        quiet: how many have not signed in for as many days as ``_QUIET`` says.
    """

    here: int
    weeks: tuple[Week, ...]
    quiet: tuple[int, int, int]


async def charts(admin: Admin, *, weeks: int) -> list[Chart]:
    """Every chart, in the page's order. ``weeks``: how far *Guests over time* goes back, at least ``WEEKS``."""
    counted = await count(admin, weeks)
    left_how = (N_("Leaves"), N_("Restores"), N_("Permanent deletions"))
    invited = (N_("Sent"), N_("Accepted"), N_("Expired"))
    return [
        guests(counted.weeks, counted.here),
        _by_week("leaves", N_("Leaves, restores and permanent deletions"), counted.weeks, _LEFT_HOW, left_how),
        await deleted(admin),
        await removals(admin),
        _by_week("invitations", N_("Invitations"), counted.weeks, _INVITED, invited),
        quiet(counted.quiet),
    ]


async def count(admin: Admin, weeks: int) -> Counted:
    """Count guests and what happened to them.

    Where there are many users, that is done beside other requests, and once a minute. Raises Unavailable.
    """
    tenant_id, now = admin.tenant_id, admin.reading.now
    if await users.count(admin.reading, tenant_id) <= MANY:
        return await _count(admin.reading, tenant_id, weeks)
    house = admin.visit.house
    hour = now.replace(minute=0, second=0, microsecond=0)  # a clock that is pushed counts anew
    asked = ("guest insights", tenant_id, weeks, hour)
    return await house.kept.of(
        asked, lambda: house.store.scan(lambda reading: _count(reading, tenant_id, weeks)), for_s=KEPT_S
    )


async def _count(reading: Reading, tenant_id: str, weeks: int) -> Counted:
    return Counted(
        await insights.guests_now(reading, tenant_id),
        await _weeks(reading, tenant_id, weeks),
        await insights.without_sign_in(reading, tenant_id, reading.now),
    )


async def _weeks(reading: Reading, tenant_id: str, count: int) -> tuple[Week, ...]:
    firsts = [reading.now - (count - place) * WEEK for place in range(count)]
    types = sorted({*_COME, *_GO, *_LEFT_HOW, *_INVITED})
    days = await insights.events_by_day(reading, tenant_id, types, firsts[0])
    found: list[dict[str, int]] = [dict.fromkeys(types, 0) for _ in firsts]
    for name, by_day in days.items():
        for day, times in by_day.items():
            found[min(day // 7, count - 1)][name] += times
    return tuple(Week(first, counts) for first, counts in zip(firsts, found, strict=True))


def guests(weeks: Sequence[Week], now: int) -> Chart:
    """How many people from outside there were at the end of each week: those who are here, without what came since.

    It begins with the first week at whose end somebody was here, so that a young organization sees no long nothing.
    """
    values = [now]
    for week in reversed(weeks[1:]):
        values.append(max(0, values[-1] - week.sum(_COME) + week.sum(_GO)))
    values.reverse()
    first = next((place for place, value in enumerate(values) if value), len(values))
    ends = tuple(week.first + WEEK for week in weeks)
    line = Line(N_("Guests"), tuple(values[first:]))
    return Chart("guests", N_("Guests over time"), Form.AREA, (line,), ends[first:])


def _by_week(key: str, title: str, weeks: Sequence[Week], types: tuple[str, ...], names: tuple[str, ...]) -> Chart:
    last = weeks[-WEEKS:]
    lines = tuple(Line(name, tuple(week.sum((one,)) for week in last)) for one, name in zip(types, names, strict=True))
    return Chart(key, title, Form.BARS, lines, tuple(week.first for week in last))


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


def quiet(values: tuple[int, int, int]) -> Chart:
    """How many guests have not signed in for so long; each leads to a review of them."""
    words = tuple((N_("{days} days or more"), {"days": days}) for days in _QUIET)
    links = tuple(f"{paths.NEW_REVIEW}?inactive={days}" for days in _QUIET)
    title = N_("Guests without a sign-in")
    return Chart("quiet", title, Form.BARS, (Line(N_("Guests"), values),), words=words, links=links)
