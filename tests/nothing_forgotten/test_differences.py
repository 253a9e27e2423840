"""``docs/differences.md`` lists what is ours alone: activities, roles, calls."""

import re
from pathlib import Path

import pytest

from vestibule.doors.graph.leaving import ROUTES
from vestibule.rules.activities import EVENTS, Row

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "differences.md").read_text(encoding="utf-8")
OURS = sorted({row for rows in EVENTS.values() for row in rows if row.ours}, key=lambda row: row.activity)


@pytest.mark.parametrize("row", OURS, ids=lambda row: row.activity)
def test_every_activity_of_our_own_is_listed(row: Row):
    assert re.findall(rf"^\| `{row.activity}` \| {row.category.value} \| \S", PAGE, flags=re.MULTILINE), row.activity


def test_nothing_is_listed_as_ours_that_is_not():
    table = PAGE.partition("\n| Activity | Category |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `([^`]+)`", table, flags=re.MULTILINE) == [row.activity for row in OURS]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.pattern)
def test_every_call_of_our_own_is_listed(route):
    path = route.pattern.replace("{organization}", "{tenantId}")
    assert f"| `{route.method} /beta{path}` |" in PAGE
