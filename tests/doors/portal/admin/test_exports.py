"""Tables as CSV: what is in the file, and what the log says of it."""

import csv
import io

import pytest

from tests.doors.portal.admin.conftest import BOSS, Office
from tests.support import world
from vestibule.actions import directory_users, erasing
from vestibule.doors.portal.admin import exports, paths
from vestibule.doors.portal.admin.exports import as_text
from vestibule.rules.actors import operator
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GUEST_INVITER, PRIVACY_READER


async def lines(office: Office, address: str) -> list[list[str]]:
    """The rows of a file, its marks and line ends looked at."""
    answer = await office.browser.http.get(address)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.content.count(b"\n") == answer.content.count(b"\r\n")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+31", "'+31"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\x07x", "'\x07x"),
        ("\u202e=1", "'\u202e=1"),
        ("\uff1d1", "'\uff1d1"),
        ("a=b", "a=b"),
        ("", ""),
        (None, ""),
        (True, "true"),
        (-1, "-1"),
    ],
)
def test_no_cell_is_a_formula(value: exports.Value, cell: str):
    assert as_text(value) == cell


async def test_deleted_users_as_a_file_in_two_kinds_of_words(office: Office):
    [ada] = await office.deleted("Ada")
    first, row = await lines(office, f"{paths.DELETED_USERS_CSV}?headers=keys")
    assert first == [
        "id",
        "displayName",
        "mail",
        "userType",
        "deletedDateTime",
        "permanentDeletionDateTime",
        "deletedBy",
        "cause",
        "restoreRequestedDateTime",
        "onHold",
    ]
    at, until = "2026-03-02T09:30:00Z", "2026-04-01T09:30:00Z"
    assert row == [ada.user_id, "Ada", "ada@elsewhere.example", "Guest", at, until, "Boss", "removed", "", "false"]
    await office.open("/admin/?lang=nl")
    first, row = await lines(office, paths.DELETED_USERS_CSV)
    assert first[1:4] == ["Naam", "E-mailadres", "Gebruikerstype"]
    assert row[7] == "Verwijderd door een beheerder"


async def test_the_file_has_the_filter_and_the_order_of_the_page_and_all_its_pages(office: Office, monkeypatch):
    monkeypatch.setattr(exports, "_CHUNK", 4)
    await office.deleted(*(f"G{number:02}" for number in range(11)))
    await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    page = await office.open(f"{paths.DELETED_USERS}?search=g0&sort=-name")
    found = await lines(office, page.links["Export CSV"])
    assert [row[1] for row in found[1:]] == [f"G{number:02}" for number in range(9, -1, -1)]
    told = (await world.last_event(office.contoso)).record
    assert (told["type"], told["facts"]) == ("list.export", {"list": "deletedUsers", "rows": 10})


async def test_the_name_of_the_file_says_the_day_and_asking_for_its_head_is_no_export(office: Office):
    before = len(await world.events(office.contoso))
    answer = await office.browser.http.head(paths.USERS_CSV)
    assert answer.headers["content-disposition"] == 'attachment; filename="users-2026-03-02.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert len(await world.events(office.contoso)) == before


async def test_a_name_that_is_a_formula_is_none_in_the_file(office: Office):
    guest = await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    await directory_users.update_user(
        office.town.house,
        tenant_id=office.contoso.id,
        user_id=guest.user_id,
        changes={"displayName": '=1+1,"x"'},
        by=operator(),
    )
    found = await lines(office, f"{paths.USERS_CSV}?search=ben@")
    assert found[1][1] == '\'=1+1,"x"'


async def test_who_may_not_read_the_list_gets_no_file(office: Office):
    await office.role(office.boss, GUEST_INVITER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    office.holds = False
    answer = await office.browser.http.get(paths.DELETED_USERS_CSV)
    assert answer.status_code == 403
    assert "You need the User Administrator role" in answer.text
    assert "list.export" not in [event.type for event in await world.events(office.contoso)]


async def test_a_file_that_the_log_cannot_tell_of_is_not_given(office: Office):
    await office.deleted("Ada")
    office.town.house.faults.arm("audit", 1, 503)
    answer = await office.browser.http.get(paths.DELETED_USERS_CSV)
    assert answer.status_code == 503
    assert "Ada" not in answer.text


async def test_data_removal_as_a_file_for_a_privacy_reader(office: Office):
    [ada] = await office.deleted("Ada")
    await erasing.purge(office.town.house, tenant_id=office.contoso.id, user_id=ada.user_id, by=operator())
    await office.role(office.boss, PRIVACY_READER)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    first, row = await lines(office, f"{paths.DATA_REMOVAL_CSV}?headers=keys")
    assert first[:2] == ["id", "reason"]
    assert row[:2] == [ada.audit_tag, "purge"]
    told = await world.last_event(office.contoso)
    assert told.record["facts"] == {"list": "dataRemoval", "rows": 1}
    assert told.actor["userPrincipalName"] == BOSS
