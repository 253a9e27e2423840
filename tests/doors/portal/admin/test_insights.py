"""*Guest insights*: what the charts count, their tables and files."""

import csv
import io
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from vestibule.actions import due, removing, restoring
from vestibule.doors.portal.admin import insight_charts, paths
from vestibule.doors.portal.admin.drawing import Form, Series, draw, top_of


async def numbers(office: Office, chart: str, more: str = "") -> list[list[str]]:
    """The rows of a chart's file, without its headings."""
    answer = await office.browser.http.get(f"{paths.INSIGHTS}/{chart}.csv{more}")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]


async def test_before_anything_happened_the_charts_say_so(office: Office):
    page = await office.open(paths.INSIGHTS)
    assert page.h1 == "Guest insights"
    assert page.text.count("Not enough data yet.") == 6


async def test_what_is_counted(office: Office):
    await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    await office.days_pass(15)
    ben, cas = await office.deleted("Ben", "Cas")
    await world.invited(office.contoso, "dan@elsewhere.example", "Dan")
    await office.days_pass(8)
    house = office.town.house
    await restoring.restore(house, tenant_id=office.contoso.id, user_id=ben.user_id, by=world.at_portal(office.boss))
    weeks = await numbers(office, "guests")
    assert [int(row[1]) for row in weeks] == [1, 1, 2, 3]  # Ann; and Dan; and Ben, who is back
    leaves = await numbers(office, "leaves")
    assert [sum(int(row[at]) for row in leaves) for at in (1, 2, 3)] == [0, 1, 0]
    sent = await numbers(office, "invitations")
    assert [sum(int(row[at]) for row in sent) for at in (1, 2, 3)] == [4, 3, 0]
    assert [row[1] for row in await numbers(office, "deleted")] == ["0", "0", "0", "0", "1"]  # Cas, 22 days
    page = await office.open(paths.INSIGHTS)
    assert 'role="img" aria-label="Guests over time. Guests: 1 on ' in page.response.text
    assert "Show data as a table" in page.text
    assert f'href="{paths.DELETED_USERS}?days=3"' in page.response.text.replace("&amp;", "&")
    await office.days_pass(40)
    await due.run_due(house)
    removals = await numbers(office, "removals")
    assert len(removals) == 61
    quiet = await numbers(office, "quiet")
    assert [row[1] for row in quiet] == ["2", "0", "0"]  # Ann and Ben; Dan has not accepted
    assert (await office.again(cas)).stage.__class__.__name__ == "Erased"


async def test_where_there_are_many_guests_they_are_counted_once_a_minute(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    ann = await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    await office.days_pass(31)
    assert [row[1] for row in await numbers(office, "quiet")] == ["1", "0", "0"]
    monkeypatch.setattr(insight_charts, "MANY", 0)
    assert [row[1] for row in await numbers(office, "quiet")] == ["1", "0", "0"]
    by = world.at_portal(office.boss)
    await removing.remove(office.town.house, tenant_id=office.contoso.id, user_id=ann.user_id, by=by)
    await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    assert [row[1] for row in await numbers(office, "quiet")] == ["1", "0", "0"]  # kept, though she is gone
    assert [row[1] for row in await numbers(office, "guests")][-1] == "1"
    assert [row[1] for row in await numbers(office, "guests", "?range=year")][-1] == "1"  # not asked before
    await office.days_pass(100)
    assert [row[1] for row in await numbers(office, "quiet")] == ["1", "1", "0"]  # Ben, counted anew


async def test_the_drawing_uses_no_style(office: Office):
    await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    await office.days_pass(10)
    page = await office.open(f"{paths.INSIGHTS}?range=year")
    drawings = re.findall(r'<svg class="chart".*?</svg>', page.response.text, re.DOTALL)
    assert drawings
    assert not any("style" in one or "#" in one for one in drawings)


async def test_taking_numbers_along_is_logged_and_unknown_charts_are_not_there(office: Office):
    answer = await office.browser.http.get(f"{paths.INSIGHTS}/nothing.csv")
    assert answer.status_code == 404
    keys = await office.browser.http.get(f"{paths.INSIGHTS}/quiet.csv?headers=keys")
    assert keys.text.lstrip("\ufeff").splitlines()[0] == "Group of days,Guests"


@given(st.integers(0, 10**9))
def test_the_scale_holds_its_values_in_round_steps(most: int):
    top = top_of(most)
    assert most <= max(top, 4)
    assert top % 4 == 0
    assert str(top // 4)[0] in "125"
    assert set(str(top // 4)[1:]) <= {"0"}


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60), st.sampled_from(Form))
def test_nothing_is_drawn_outside_the_frame(values: list[int], form: Form):
    drawn = str(draw(form, [str(at) for at in range(len(values))], [Series("a", tuple(values))], "A sentence."))
    points = re.findall(r'(?:y1?|y2)="([-0-9.]+)"', drawn)
    assert all(0 <= float(one) <= 220 for one in points)


def test_what_people_typed_stays_text():
    assert "<b>" not in draw(Form.BARS, ["<b>"], [Series("a", (1,))], '"><b>')


async def test_a_long_time_is_shown_by_year(office: Office):
    await world.guest(office.contoso, "ann@elsewhere.example", "Ann")
    await office.days_pass(timedelta(weeks=20).days)
    assert len(await numbers(office, "guests")) == 12
    assert len(await numbers(office, "guests", "?range=year")) == 20
