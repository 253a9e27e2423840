"""No column about a guest without a line that says why it is kept and how it goes."""

from itertools import pairwise

import pytest

from vestibule.actions import erasing
from vestibule.rules.retention import ABOUT_NOBODY, KEPT, STEPS, How, Step, as_markdown, is_listed
from vestibule.store.schema import keys_metadata, metadata

COLUMNS = [
    (table.name, column.name)
    for tables in (metadata, keys_metadata)
    for table in tables.tables.values()
    for column in table.columns
]


def test_every_column_has_a_line():
    missing = [f"{table}.{column}" for table, column in COLUMNS if not is_listed(table, column)]
    assert missing == [], "say in vestibule/rules/retention.py what it is kept for and how it goes"


def test_every_line_has_its_columns():
    known = set(COLUMNS)
    gone = [f"{one.table}.{column}" for one in KEPT for column in one.columns if (one.table, column) not in known]
    assert gone == []


def test_no_exception_is_left_over():
    tables, columns = {table for table, _ in COLUMNS}, {column for _, column in COLUMNS}
    names = tables | {f"{table}.{column}" for table, column in COLUMNS} | {f"*.{column}" for column in columns}
    assert [name for name in ABOUT_NOBODY if name not in names] == []
    assert all(ABOUT_NOBODY.values())


def test_no_column_that_leads_to_a_person_is_an_exception():
    telling = {"user_id", "person_id", "address", "address_mac", "mail", "display_name_key", "subject", "object_id"}
    excused = {name.rpartition(".")[2] for name in ABOUT_NOBODY if "." in name}
    assert telling & excused == set()
    about_things = {"directory_group.display_name_key"}
    whole = [f"{t}.{c}" for t, c in COLUMNS if t in ABOUT_NOBODY and c in telling]
    assert set(whole) <= about_things


@pytest.mark.parametrize("one", KEPT, ids=lambda one: f"{one.table}.{one.columns[0]}")
def test_a_line_says_everything(one):
    assert one.columns
    assert one.what
    assert one.why
    assert one.until
    taken_away = {How.ROW_DELETED, How.EMPTIED, How.KEY_DESTROYED}
    assert (one.step is not None) or one.how not in taken_away
    assert one.step is None or one.how is not How.STAYS


def test_no_column_has_two_lines():
    lines = [(one.table, column) for one in KEPT for column in one.columns]
    assert [line for line in lines if lines.count(line) > 1] == []


def test_the_list_is_in_the_order_of_the_steps():
    order = [STEPS.index(one.step) for one in KEPT if one.step is not None]
    assert order == sorted(order)
    assert STEPS[0] is Step.KEY


def test_a_data_removal_takes_these_steps():
    assert [name for name, _ in erasing.STEPS] == [step.value for step in STEPS if step is not Step.FINISH]


def test_the_markdown_has_a_line_for_each():
    lines = as_markdown().splitlines()
    assert len(lines) == len(KEPT) + 2
    assert {line.count(" | ") for line in lines if not line.startswith("|---")} == {5}
    assert all(earlier != later for earlier, later in pairwise(lines))
