"""*Audit logs*: what happened in words, filters, pages of it, details, and files."""

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.doors.portal.admin.test_data_removal import purged
from tests.doors.portal.admin.test_jobs import running
from tests.support import world
from tests.support.logs import behind_its_back
from tests.support.pages import Page
from tests.support.witness import Witness
from tests.support.witness import running as served
from vestibule.actions import erasing, leaving, policies, proving_log, sealing
from vestibule.actions.witnessing import Witnessing
from vestibule.doors.portal.admin import activity_names, events, log_paths, paths
from vestibule.doors.portal.admin.pages import log_check
from vestibule.doors.portal.admin.reasons import REASONS, SIGN_IN_FAILURES, failure_of, reason_of
from vestibule.ground.clock import EPOCH
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.witnesses import read_witnesses
from vestibule.rules import activities
from vestibule.rules.actors import operator
from vestibule.rules.refusals import Reason, Refused
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR, GUEST_INVITER, PRIVACY_READER, USER_ADMINISTRATOR
from vestibule.rules.sign_ins import SENTENCES, SUCCESS
from vestibule.store import audit


def column(page: Page, label: str) -> list[str]:
    """The texts of one column, from top to bottom."""
    cells = re.findall(rf'<td role="cell" data-label="{label}"[^>]*>(.*?)</td>', page.response.text, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split()) for cell in cells]


def test_every_type_of_event_has_a_name_and_a_category():
    known = set(activities.EVENTS) | activities.RETIRED
    assert set(activity_names.NAME_OF) == known
    assert set(activity_names.CATEGORY_OF) == known


def test_every_name_can_be_chosen_and_finds_its_types():
    for of_type in activity_names.NAME_OF:
        for refused in (False, True):
            for name in activity_names.names_of(of_type, refused=refused, direct_connect=True):
                assert of_type in activity_names.types_of(name)
                assert activity_names.BY_KEY[activity_names.key_of(name)] == name
    offered = [name for part in activity_names.choices().values() for name in part]
    assert len(offered) == len(set(offered)) == len(activity_names.BY_KEY)


def test_every_reason_has_a_sentence():
    assert set(REASONS) == set(Reason)
    assert set(SIGN_IN_FAILURES) == set(SENTENCES) - {SUCCESS}
    assert reason_of(None) == ""
    assert reason_of("nothingWeKnow") == "nothingWeKnow"
    assert failure_of(1) == failure_of(50000)


@pytest.mark.parametrize(
    "name",
    [
        "User invited",
        "Invitation accepted",
        "Signed in",
        "Left organization",
        "Leave refused",
        "Removal requested",
        "User deleted",
        "User restored",
        "Restore requested",
        "User permanently deleted",
        "Data removal started",
        "Data removal finished",
        "Setting changed",
    ],
)
def test_the_activities_of_a_life_are_called_so(name: str):
    assert activity_names.types_of(name)


async def test_a_deletion_in_words(office: Office):
    [ada] = await office.deleted("Ada")
    page = await office.open(paths.AUDIT_LOGS)
    assert page.h1 == "Audit logs"
    assert column(page, "Activity")[0] == "User deleted"
    assert column(page, "Category")[0] == "Users"
    assert column(page, "Actor")[0] == "Boss"
    assert column(page, "Target")[0] == "Ada"
    assert column(page, "Result")[0] == "Succeeded"
    link = next(name for name in page.links if name.startswith("Details of User deleted at "))
    shown = await office.browser.follow(link)
    assert shown.h1 == link
    assert "ada@elsewhere.example" in shown.text
    assert ada.user_id not in page.text


async def test_a_refused_leave_has_its_own_name_and_its_reason(office: Office):
    ben = await world.guest(office.contoso, "ben@elsewhere.example", "Ben")
    here = office.contoso.id
    await policies.change_leave_setting(office.town.house, tenant_id=here, guests_may_leave=False, by=operator())
    with pytest.raises(Refused):
        await leaving.leave(office.town.house, tenant_id=here, by=world.at_portal(ben), key="k")
    page = await office.open(f"{paths.AUDIT_LOGS}?activity=leave-refused")
    assert column(page, "Activity") == ["Leave refused"]
    assert column(page, "Result") == ["Failed The organization doesn't let guests leave on their own."]
    assert column(await office.open(f"{paths.AUDIT_LOGS}?activity=left-organization"), "Activity") == []
    page = await office.open(f"{paths.AUDIT_LOGS}?activity=setting-changed")
    assert set(column(page, "Activity")) == {"Setting changed"}
    reading = await office.town.house.store.read()
    kind = "policy.changeLeaveSetting"
    [changed, *_] = await audit.walk(reading, here, EPOCH, reading.now, 9, of_type=kind)
    shown = await office.open(log_paths.event(changed.event_id))
    assert (column(shown, "Before"), column(shown, "After")) == (["true"], ["false"])


async def test_a_permanent_deletion_is_also_the_start_of_a_removal(office: Office):
    await purged(office, "Ada")
    page = await office.open(paths.AUDIT_LOGS)
    assert column(page, "Activity")[:2] == ["User permanently deleted", "Data removal started"]
    only = await office.open(f"{paths.AUDIT_LOGS}?activity=data-removal-started")
    assert column(only, "Activity") == ["Data removal started"]
    shown = await office.browser.follow(next(name for name in only.links if name.startswith("Details of Data removal")))
    assert shown.h1.startswith("Details of Data removal started at ")


async def test_whose_data_is_removed_is_a_label_everywhere_and_still_the_same_one(office: Office):
    [ada] = await office.deleted("Ada")
    here = office.contoso.id
    await erasing.purge(office.town.house, tenant_id=here, user_id=ada.user_id, by=office.contoso.admin)
    await erasing.erase(office.town.house, tenant_id=here, user_id=ada.user_id)
    page = await office.open(f"{paths.AUDIT_LOGS}?target=Removed+user")
    assert "Data removal finished" in column(page, "Activity")
    assert "User deleted" in column(page, "Activity")
    assert len(set(column(page, "Target"))) == 1
    assert "Ada" not in page.text


async def test_filters_by_who_and_whom_and_result(office: Office):
    await office.deleted("Ada", "Ben")
    found = await office.open(f"{paths.AUDIT_LOGS}?activity=user-deleted&target=ada")
    assert column(found, "Target") == ["Ada"]
    assert "Remove filter: Target ada" in found.links
    assert "Remove filter: Activity User deleted" in found.links
    both = await office.open(f"{paths.AUDIT_LOGS}?activity=user-deleted&activity=user-created&actor=boss")
    assert set(column(both, "Activity")) == {"User deleted"}
    assert column(await office.open(f"{paths.AUDIT_LOGS}?actor=nobody-at-all"), "Activity") == []
    assert column(await office.open(f"{paths.AUDIT_LOGS}?actor=command+line&result=failed"), "Activity") == []
    cleared = await office.browser.follow("Clear all filters")
    assert cleared.path == paths.AUDIT_LOGS


async def test_a_time_range(office: Office):
    await office.deleted("Ada")
    await office.days_pass(8)
    assert column(await office.open(f"{paths.AUDIT_LOGS}?activity=user-deleted&range=7d"), "Target") == []
    page = await office.open(f"{paths.AUDIT_LOGS}?activity=user-deleted&range=7d")
    assert "No events match. Try a longer time range." in page.text
    assert column(await office.open(f"{paths.AUDIT_LOGS}?activity=user-deleted&range=30d"), "Target") == ["Ada"]


async def test_pages_go_on_and_back_by_time(office: Office):
    names = [f"Guest{n:02}" for n in range(30)]
    await office.deleted(*names)
    address = f"{paths.AUDIT_LOGS}?activity=user-deleted"
    first = await office.open(address)
    assert column(first, "Target") == names[:4:-1]
    second = await office.browser.follow("Next page")
    assert column(second, "Target") == names[4::-1]
    assert "Next page" not in second.links
    back = await office.browser.follow("Previous page")
    assert column(back, "Target") == names[:4:-1]
    upwards = await office.open(f"{address}&sort=time")
    assert column(upwards, "Target") == names[:25]


async def test_a_filter_by_name_looks_at_so_many_events_at_once(office: Office, monkeypatch: pytest.MonkeyPatch):
    """A page that found nothing yet says so, and the next page looks further."""
    monkeypatch.setattr(events, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(events, "_BATCH", 2)
    await office.deleted("Ada")
    for name in ("Ben", "Cy", "Di", "Ed", "Flo", "Gus"):
        await world.guest(office.contoso, f"{name.lower()}@elsewhere.example", name)
    page = await office.open(f"{paths.AUDIT_LOGS}?actor=oss&activity=user-deleted&activity=invitation-accepted")
    pages = 1
    while not column(page, "Target"):
        assert "No events match so far. Look further with Next page." in page.text
        page = await office.browser.follow("Next page")
        pages += 1
    assert column(page, "Target") == ["Ada"]
    assert pages > 1


async def test_by_a_name_that_somebody_has_today_only_their_events_are_opened(
    office: Office, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(events, "MOST_LOOKED_AT", 1)
    monkeypatch.setattr(events, "_BATCH", 3)
    await office.deleted("Ada")
    for name in ("Ben", "Cy", "Di", "Ed", "Flo", "Gus"):
        await world.guest(office.contoso, f"{name.lower()}@elsewhere.example", name)
    found = await office.open(f"{paths.AUDIT_LOGS}?target=ada")
    assert column(found, "Activity")[0] == "User deleted"
    assert set(column(found, "Target")) == {"Ada"}
    assert "No events match so far" not in found.text
    boss = await office.open(f"{paths.AUDIT_LOGS}?actor=boss&activity=user-deleted")
    assert column(boss, "Target") == ["Ada"]
    assert column(await office.open(f"{paths.AUDIT_LOGS}?actor=boss&target=ada&result=failed"), "Target") == []


async def test_csv_has_the_same_rows(office: Office):
    await office.deleted("Ada", "Ben")
    page = await office.open(f"{paths.AUDIT_LOGS}?activity=user-deleted")
    answer = await office.open(page.links["Export CSV"])
    rows = list(csv.DictReader(io.StringIO(answer.response.text.removeprefix("\ufeff"))))
    assert [(row["Activity"], row["Actor"], row["Target"], row["Result"]) for row in rows] == [
        ("User deleted", "Boss", "Ben", "Succeeded"),
        ("User deleted", "Boss", "Ada", "Succeeded"),
    ]
    keys = await office.open(f"{log_paths.AUDIT_CSV}?activity=user-deleted&headers=keys")
    assert keys.response.text.startswith("\ufeffid,activityDateTime,activityDisplayName,category,initiatedBy,")
    assert (await world.last_event(office.contoso)).type == "list.export"


async def test_json_lines_tell_what_changed(office: Office):
    here = office.contoso.id
    await policies.change_leave_setting(office.town.house, tenant_id=here, guests_may_leave=False, by=operator())
    page = await office.open(f"{paths.AUDIT_LOGS}?activity=setting-changed&sort=time")
    answer = await office.open(page.links["Export JSON lines"])
    assert answer.response.headers["content-type"] == "application/jsonl"
    told = [json.loads(line) for line in answer.response.text.splitlines()]
    [changed] = [one for one in told if one["type"] == "policy.changeLeaveSetting"]
    assert changed["initiatedBy"] == {"displayName": "Command line", "userPrincipalName": None}
    assert changed["modifiedProperties"][0] | {"displayName": ""} == {
        "displayName": "",
        "oldValue": True,
        "newValue": False,
    }
    assert (await world.last_event(office.contoso)).type == "list.export"
    head = await office.browser.http.head(log_paths.AUDIT_LINES)
    assert (head.status_code, head.content) == (200, b"")


async def test_who_may_read_it(office: Office):
    member = await world.member(office.contoso, "Cy Ro")
    for role, opens in ((PRIVACY_READER, True), (USER_ADMINISTRATOR, False), (GUEST_INVITER, False)):
        await office.role(office.boss, role)
        await office.role(member, GLOBAL_ADMINISTRATOR)
        await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
        for address in (paths.AUDIT_LOGS, log_paths.AUDIT_CSV, log_paths.AUDIT_LINES, paths.SIGN_IN_LOGS):
            assert (await office.open(address)).status == (200 if opens else 403)
        await office.role(office.boss, GLOBAL_ADMINISTRATOR)
        await office.role(office.boss, role, gives=False)
        await office.role(member, GLOBAL_ADMINISTRATOR, gives=False)


async def test_an_event_of_another_organization_is_not_found(office: Office):
    await world.guest(office.town.fabrikam, "ben@elsewhere.example", "Ben")
    reading = await office.town.house.store.read()
    theirs = await audit.page(reading, office.town.fabrikam.id, EPOCH, reading.now, 1)
    page = await office.open(log_paths.event(theirs[0].event_id))
    assert page.status == 404
    assert (await office.open(log_paths.event("not-an-id"))).status == 404


async def test_types_together_are_read_in_the_order_of_time(office: Office):
    await office.deleted("Ada", "Ben")
    reading = await office.town.house.store.read()
    where = (reading, office.contoso.id, EPOCH, reading.now)
    types = ["membership.remove", "membership.redeem"]
    leads = [("type", type_) for type_ in types]
    every = await audit.walk(*where, 1_000)
    wanted = [one.event_id for one in every if one.type in types]
    assert [one.event_id for one in await audit.walk_leads(*where, 1_000, leads=leads)] == wanted
    first = await audit.walk_leads(*where, 2, leads=leads)
    after = (first[-1].at, first[-1].event_id)
    assert [one.event_id for one in await audit.walk_leads(*where, 2, leads=leads, after=after)] == wanted[2:4]
    upwards = await audit.walk_leads(*where, 2, leads=leads, oldest_first=True)
    assert [one.event_id for one in upwards] == wanted[::-1][:2]
    assert await audit.count(*where) == len(every)
    assert await audit.count(*where, types=types) == len(wanted)


# --- Verify log -------------------------------------------------------------------------------------------------------


async def verify(office: Office) -> Page:
    """Press the button."""
    await office.open(paths.AUDIT_LOGS)
    return await office.browser.press("Verify log")


async def tamper(office: Office) -> None:
    """Take a personal part of the event at place 1 away."""
    await sealing.seal_waiting(office.town.house)
    here = f"tenant_id = '{office.contoso.id}'"
    at = f"event_id = (SELECT event_id FROM audit_seal WHERE {here} AND place = 1)"
    await behind_its_back(office.town.house, f"DELETE FROM audit_payload WHERE {at}")


async def test_a_log_that_is_whole_says_how_many_events_were_checked(office: Office):
    await sealing.seal_waiting(office.town.house)
    size = (await proving_log.verify(office.town.house, office.contoso.id)).size
    page = await verify(office)
    assert f"The log is complete: {size} events checked." in page.text
    assert 'role="status" id="status"' in page.response.text
    assert "events checked" not in (await office.open(paths.AUDIT_LOGS)).text, "it is said once"


async def test_a_log_that_was_changed_says_where(office: Office):
    await tamper(office)
    page = await verify(office)
    assert "The log was changed at position 1." in page.text
    assert 'role="alert" id="status"' in page.response.text


async def test_a_long_log_is_checked_in_the_background(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(log_check, "AT_ONCE", 0)
    await sealing.seal_waiting(office.town.house)
    page = await verify(office)
    assert page.h1 == "Verify log"
    assert await running(office).run_waiting() == 1
    size = (await proving_log.verify(office.town.house, office.contoso.id)).size
    assert f"The log is complete: {size} events checked." in (await office.open(page.path)).text
    await tamper(office)
    page = await verify(office)
    await running(office).run_waiting()
    found = await office.open(page.path)
    assert "The log was changed at position 1." in found.text
    assert "a personal part is missing, and no event says" in found.text
    assert "Not done" not in found.text


async def test_whoever_may_not_read_the_log_cannot_have_it_checked(office: Office):
    await office.open(paths.AUDIT_LOGS)
    token = office.browser.here.response.text.partition('name="form" value="')[2].partition('"')[0]
    await office.role(office.boss, USER_ADMINISTRATOR)
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    assert (await office.browser.post(log_paths.AUDIT_VERIFY, {"form": token})).status == 403


# --- Witnesses --------------------------------------------------------------------------------------------------------


@pytest.fixture
def witness(office: Office, tmp_path: Path) -> Iterator[Witness]:
    """One that is asked about the logs of this house."""
    house = office.town.house
    folder = tmp_path / "certificates"
    folder.mkdir()
    with served(Witness(now=house.clock.now), folder) as made:
        house.outgoing = Outgoing(allow_loopback=True, extra_ca=made.authority)
        house.witnesses = read_witnesses(made.setting, house.outgoing.check)
        yield made


def rows_of_witnesses(page: Page) -> list[tuple[str, ...]]:
    names = ("Witness", "State", "Events signed", "Events behind")
    return list(zip(*(column(page, name) for name in names), strict=True))


async def test_without_witnesses_nothing_is_said_of_them(office: Office):
    assert "Witnesses" not in (await office.open(paths.AUDIT_LOGS)).text


async def test_each_witness_says_how_much_it_signed_and_how_far_it_is_behind(office: Office, witness: Witness):
    house = office.town.house
    await sealing.seal_waiting(house)
    size = (await proving_log.verify(house, office.contoso.id)).size
    page = await office.open(paths.AUDIT_LOGS)
    assert rows_of_witnesses(page) == [(witness.name, "Not asked yet", "0", str(size))]
    assert '<details class="more"><summary>Witnesses' in page.response.text
    await Witnessing(house).turn()
    page = await office.open(paths.AUDIT_LOGS)
    assert rows_of_witnesses(page) == [(witness.name, "Does not know this log", "0", str(size))]

    key = await sealing.signer(house)
    witness.knows(sealing.origin_of(key.name, office.contoso.id), *(str(one) for one in await sealing.verifiers(house)))
    office.town.clock().advance(timedelta(minutes=2))
    await Witnessing(house).turn()
    await world.guest(office.contoso, "late@elsewhere.example", "Late")
    await sealing.seal_waiting(house)
    behind = (await proving_log.verify(house, office.contoso.id)).size - size
    page = await verify(office)
    assert rows_of_witnesses(page) == [(witness.name, "Signed", str(size), str(behind))]
    assert column(page, "Signed at") != ["–"]
    assert '<details class="more" open><summary>Witnesses' in page.response.text, "whoever looked at the log sees them"


@pytest.mark.parametrize(
    ("known", "said"),
    [(1_000, "It signed 1,000 events, more than there are"), (2, "This log is not the one that it signed before")],
)
async def test_a_witness_that_knows_another_log_is_loud(office: Office, witness: Witness, known: int, said: str):
    house = office.town.house
    await sealing.seal_waiting(house)
    key = await sealing.signer(house)
    origin = sealing.origin_of(key.name, office.contoso.id)
    witness.knows(origin, *(str(one) for one in await sealing.verifiers(house)))
    witness.seen[origin] = (known, b"r" * 32)
    await Witnessing(house).turn()
    page = await office.open(paths.AUDIT_LOGS)
    assert '<details class="more" open><summary>Witnesses' in page.response.text
    assert said in page.text
    page = await verify(office)
    assert "The log was changed at position" in page.text
    assert witness.seen == {origin: (known, b"r" * 32)}
