from dataclasses import replace
from datetime import timedelta

import pytest

from tests.browser.stories import GUEST, HOME, LEFT, NOW
from vestibule.doors.portal.views.organizations import OrganizationRow, RowState, organizations_page
from vestibule.doors.web.words import words
from vestibule.rules.lifecycle import Tie
from vestibule.rules.refusals import Reason

EN, SV = words("en", "pages"), words("sv", "pages")


def named(name: str, **facts: object) -> OrganizationRow:
    return replace(GUEST, name=name, tenant_id=name, domain=f"{name.lower()}.example", **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (HOME, RowState.HOME),
        (replace(HOME, why_not=Reason.ACCOUNT_DISABLED), RowState.HOME),
        (GUEST, RowState.SIGNED_IN),
        (replace(GUEST, signed_in_there=False), RowState.NOT_SIGNED_IN),
        (replace(GUEST, why_not=Reason.ACCOUNT_DISABLED, signed_in_there=False), RowState.DISABLED),
        (replace(GUEST, why_not=Reason.ORGANIZATION_FORBIDS, signed_in_there=False), RowState.FORBIDDEN),
        (replace(GUEST, why_not=Reason.ONLY_ADMINISTRATOR, signed_in_there=False), RowState.ONLY_ADMINISTRATOR),
        (replace(GUEST, tie=Tie.EXTERNAL_MEMBER), RowState.SIGNED_IN),
        (replace(GUEST, tie=Tie.DIRECT_CONNECT, signed_in_there=False), RowState.DIRECT_CONNECT),
        (
            replace(GUEST, tie=Tie.DIRECT_CONNECT, why_not=Reason.ORGANIZATION_FORBIDS),
            RowState.FORBIDDEN,
        ),
        (replace(GUEST, available=False), RowState.UNAVAILABLE),
    ],
)
def test_the_first_state_that_applies_decides_the_row(row, state):
    assert row.state is state
    assert row.needs_permission is (state in (RowState.DISABLED, RowState.FORBIDDEN))


def test_home_comes_first_and_the_rest_is_sorted_as_the_language_sorts():
    rows = [named("Öland"), HOME, named("zebra"), named("Ada"), named("Édith")]
    assert [row.name for row in organizations_page(rows, EN).others] == ["Ada", "Édith", "Öland", "zebra"]
    page = organizations_page(rows, SV)
    assert [row.name for row in page.others] == ["Ada", "Édith", "zebra", "Öland"]
    assert page.home is HOME
    assert page.count == 4


def test_without_a_home_organization_there_is_no_home():
    page = organizations_page([named("Ada")], EN)
    assert page.home is None
    assert not page.homeless_and_alone
    assert organizations_page([], EN).homeless_and_alone


def test_a_search_field_stands_above_more_than_eight():
    rows = [named(f"O{n}") for n in range(9)]
    assert not organizations_page(rows[:8], EN).searchable
    assert organizations_page(rows, EN).searchable
    assert organizations_page(rows, EN, find="O3").searchable


@pytest.mark.parametrize("text", ["edi", "ÉDI", "édith.example", "  edith "])
def test_the_search_ignores_case_and_accents_and_knows_domains(text):
    page = organizations_page([HOME, named("Édith"), named("Ada")], EN, find=text)
    assert [row.name for row in page.others] == ["Édith"]
    assert page.home is HOME


@pytest.mark.parametrize(
    ("asked", "first", "last", "previous", "following"),
    [
        (1, 1, 50, "", "?page=2"),
        (2, 51, 100, "?page=1", "?page=3"),
        (3, 101, 130, "?page=2", ""),
        (99, 101, 130, "?page=2", ""),
        (-4, 1, 50, "", "?page=2"),
    ],
)
def test_a_long_list_comes_in_pages_of_fifty(asked, first, last, previous, following):
    page = organizations_page([named(f"O{n:03d}") for n in range(130)], EN, page=asked)
    assert page.paging is not None
    assert (page.paging.first, page.paging.last, page.paging.total) == (first, last, 130)
    assert (page.paging.previous_url, page.paging.next_url) == (previous, following)
    assert len(page.others) == last - first + 1


def test_pages_keep_the_search():
    page = organizations_page([named(f"O&{n:03d}") for n in range(60)], EN, find="o&")
    assert page.paging is not None
    assert page.paging.next_url == "?find=o%26&page=2"


def test_fifty_fit_on_one_page():
    assert organizations_page([named(f"O{n}") for n in range(50)], EN).paging is None


def test_organizations_of_one_name_show_their_domains():
    twins = [replace(named("Fabrikam"), tenant_id="a"), replace(named("FABRIKAM"), tenant_id="b"), named("Ada")]
    page = organizations_page(twins, EN)
    assert [page.shows_domain(row) for row in page.others] == [False, True, True]


def test_organizations_left_stand_latest_first():
    older = replace(LEFT, tenant_id="older", left_at=NOW - timedelta(days=30))
    page = organizations_page([HOME], EN, left=[older, LEFT])
    assert [row.tenant_id for row in page.left] == [LEFT.tenant_id, "older"]
