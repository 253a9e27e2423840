"""Long exports and changes to many users: they go on by themselves, are seen, stopped, and end with the session."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.doors.portal.admin.conftest import Office
from tests.support import world
from tests.support.pages import Page
from vestibule.actions import jobs as work
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.posting import LetterKind
from vestibule.doors.portal.admin import exports, log_paths, paths
from vestibule.doors.portal.admin.pages import acting_on_users, all_users
from vestibule.doors.portal.admin.running_jobs import RunningJobs
from vestibule.doors.portal.desk import open_desk
from vestibule.doors.web.form_tokens import FIELD as TOKEN
from vestibule.doors.web.static_files import StaticFiles
from vestibule.rules.roles import GLOBAL_ADMINISTRATOR
from vestibule.store import jobs
from vestibule.store.jobs import Job

GUESTS = 7


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is long here: more than three rows, in steps of two."""
    monkeypatch.setattr(exports, "AT_ONCE", 3)
    monkeypatch.setattr(exports, "_STEP", 2)
    monkeypatch.setattr(acting_on_users, "_AT_A_TIME", 2)
    monkeypatch.setattr(acting_on_users, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(all_users, "MOST_AT_ONCE", 3)


@pytest.fixture
async def crowd(office: Office) -> list[str]:
    """Guests of Contoso, by name."""
    made = [await world.guest(office.contoso, f"guest{n}@elsewhere.example", f"Guest {n}") for n in range(GUESTS)]
    return [one.user_id for one in made]


def running(office: Office) -> RunningJobs:
    """The worker's part, at a desk of its own as in another process."""
    house = office.town.house
    static = StaticFiles()
    desk = open_desk(
        house, KeyRing(house), office.town.passwords, static=static, origins={house.public_url}, operator=""
    )
    return RunningJobs(desk)


async def press(office: Office, address: str, **more: str) -> Page:
    """Press a button of the toolbar, for everybody who matches."""
    token = (await office.open(paths.USERS)).response.text.partition(f'name="{TOKEN}" value="')[2].partition('"')[0]
    return await office.browser.post(address, {TOKEN: token, "pick": "all", **more})


async def only(office: Office) -> Job:
    (job,) = await jobs.of_user(await office.town.house.store.read(), office.contoso.id, office.boss.user_id)
    return job


async def test_a_long_export_is_a_job_with_a_file_and_a_letter(office: Office, crowd: list[str]):
    page = await office.open(f"{paths.USERS_CSV}?type=guest")
    assert page.h1 == "Export CSV"
    assert f"0 of {GUESTS}" in page.text
    assert "It goes on when you leave this page, as long as you stay signed in." in page.text
    told = [event.record["facts"] for event in await world.events(office.contoso) if event.type == "list.export"]
    assert told == [{"list": "users", "rows": GUESTS}]

    assert await running(office).run_waiting() == 4
    page = await office.open(paths.job((await only(office)).job_id))
    assert "Done." in page.text
    answer = (await office.browser.follow("Download the file")).response
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Object ID,Name,Email")
    assert [line.split(",")[1] for line in lines[1:]] == [f"Guest {n}" for n in range(GUESTS)]
    assert 'filename="users-' in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    (letter,) = [one for one in await office.town.letters() if one.kind == LetterKind.EXPORT_READY]
    assert letter.facts["fileLink"].endswith(paths.job((await only(office)).job_id))
    assert "Export CSV" in (await office.open(paths.JOBS)).links


async def test_a_long_file_of_json_lines_is_a_job_too(office: Office, crowd: list[str]):
    address = f"{log_paths.AUDIT_LINES}?activity=user-invited&sort=time"
    page = await office.open(address)
    assert page.h1 == "Export JSON lines"
    assert "Export JSON lines" in (await office.open(paths.JOBS)).links
    assert await running(office).run_waiting() > 1
    await office.open(paths.job((await only(office)).job_id))
    answer = (await office.browser.follow("Download the file")).response
    assert answer.headers["content-type"] == "application/jsonl"
    assert '.jsonl"' in answer.headers["content-disposition"]
    told = [json.loads(line) for line in answer.text.splitlines()]
    assert {one["activityDisplayName"] for one in told} == {"User invited"}
    names = [target["displayName"] for one in told for target in one["targetResources"]]
    assert names == [f"Guest {n}" for n in range(GUESTS)]


async def test_a_step_is_a_transaction_and_nothing_comes_twice(office: Office, crowd: list[str]):
    """A worker dies behind each of the steps, once before it wrote down what it did; others go on."""
    house = office.town.house
    await office.open(f"{paths.USERS_CSV}?type=guest")
    died = 0
    while (taken := await work.take_job(house)) is not None:
        assert await work.take_job(house) is None, "nobody else has it for two minutes"
        doing = running(office)
        if died % 2:
            await doing._step(taken)
        else:
            await doing._handle(taken, exports.Sink(None))
        died += 1
        office.town.clock().advance(work.LEASE)
        if died > 20:
            break
    job = await only(office)
    assert job.state == "done"
    texts, _ = await work.written(house, await house.store.read(), job, 0)
    assert [line.split(",")[1] for line in "".join(texts).splitlines()[1:]] == [f"Guest {n}" for n in range(GUESTS)]


async def test_everybody_who_matches_is_disabled_in_the_background(office: Office, crowd: list[str]):
    page = await press(office, paths.DISABLE_USERS, of="type=guest")
    assert page.h1 == "Disable users"
    assert await running(office).run_waiting() == 4
    page = await office.open(paths.job((await only(office)).job_id))
    assert f"{GUESTS} of {GUESTS}" in page.text
    assert "Done." in page.text
    for user_id in crowd:
        assert not (await world.again(office.town.house, office.contoso.id, user_id)).standing.enabled_here


async def test_who_could_not_be_done_is_named(office: Office, crowd: list[str]):
    """The administrator is among all users, and cannot delete the only administrator."""
    page = await press(office, paths.DELETE_USERS, of="")
    await running(office).run_waiting()
    page = await office.open(paths.job((await only(office)).job_id))
    assert "Done, but 1 couldn't be." in page.text
    assert "Not done: they're the only administrator." in page.text
    gone = [await world.again(office.town.house, office.contoso.id, user_id) for user_id in crowd]
    assert {type(one.stage).__name__ for one in gone} == {"Deleted"}


async def test_stopped_is_stopped_and_what_was_done_stays(office: Office, crowd: list[str]):
    await press(office, paths.DISABLE_USERS, of="type=guest")
    taken = await work.take_job(office.town.house)
    assert taken is not None
    following = await running(office)._step(taken)
    assert following is not None
    await office.open(paths.job(taken.job_id))
    page = await office.browser.press("Stop")
    assert "You stopped it." in page.text
    assert await running(office)._step(following) is None
    assert await running(office).run_waiting() == 0


async def test_a_job_ends_with_its_session_and_with_the_role(office: Office, crowd: list[str]):
    await press(office, paths.DISABLE_USERS, of="type=guest")
    await office.role(office.boss, GLOBAL_ADMINISTRATOR, gives=False)
    assert await running(office).run_waiting() == 1
    assert (await only(office)).why in {"notAllowed", "sessionEnded"}
    for user_id in crowd:
        assert (await world.again(office.town.house, office.contoso.id, user_id)).standing.enabled_here


async def test_a_job_is_seen_by_whoever_began_it_and_for_a_day(office: Office, crowd: list[str]):
    await office.open(f"{paths.USERS_CSV}?type=guest")
    await running(office).run_waiting()
    job = await only(office)
    house = office.town.house

    async def moved(unit: object) -> None:
        jobs.drop(unit, job)  # type: ignore[arg-type]
        jobs.insert(unit, replace(job, user_id="00000000-0000-4000-8000-000000000001"))  # type: ignore[arg-type]

    await house.change(moved)
    for address in (paths.job(job.job_id), paths.job(f"{job.job_id}/file")):
        assert (await office.open(address)).status == 404
    office.town.clock().advance(timedelta(days=1, seconds=1))
    await work.forget_jobs(house)
    assert await jobs.find(await house.store.read(), office.contoso.id, job.job_id) is None
