"""The stretch of time that a filter is about, so that a log is read no further than need be."""

from datetime import UTC, datetime
from typing import Final

from vestibule.rules.filters import And, Compare, Filter, Op

EARLIEST: Final = datetime(1, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(9999, 12, 31, tzinfo=UTC)


def bounds(wanted: Filter | None, name: str) -> tuple[datetime, datetime]:
    """The times between which everything lies that the filter can want. ``name``: the property that holds the time."""
    since, until = EARLIEST, LATEST
    for part in wanted.parts if isinstance(wanted, And) else [wanted]:
        match part:
            case Compare(path, op, datetime() as moment) if path == (name,):
                if op in {Op.GE, Op.GT, Op.EQ}:
                    since = max(since, moment)
                if op in {Op.LE, Op.LT, Op.EQ}:
                    until = min(until, moment)
            case _:
                pass
    return since, until
