"""Faults that a team asks the emulator for: the call fails, nothing of it happened, and the same call works then."""

from typing import Any

import pytest

from soak import laws
from tests.faults.town import Town
from tests.support import world
from vestibule.doors.portal import paths

ADDRESS = "guest@elsewhere.example"
ASKED = {
    "invitedUserEmailAddress": ADDRESS,
    "inviteRedirectUrl": "https://vestibule.example/myaccount/",
    "sendInvitationMessage": True,
}


async def _lawful(town: Town) -> dict[str, int]:
    facts = await laws.look(town.program.house)
    assert list(laws.of_stages(facts)) == []
    return laws.totals(facts)


@pytest.mark.parametrize(("answer", "status"), [(None, 503), (429, 429)], ids=["503", "429"])
@pytest.mark.parametrize("at", ["audit", "commit"])
async def test_a_call_of_a_program_fails_once(town: Town, at: str, answer: int | None, status: int):
    contoso = await world.organization(town.program.house, "Contoso")
    graph = await town.program_of(contoso)
    user = await town.come_in(graph, ASKED)
    calls: list[tuple[str, str, Any, str]] = [
        ("PATCH", f"/v1.0/users/{user}", {"accountEnabled": False}, "membership.disable"),
        ("PATCH", f"/v1.0/users/{user}", {"accountEnabled": True}, "membership.enable"),
        ("DELETE", f"/v1.0/users/{user}", None, "membership.remove"),
        ("POST", f"/v1.0/directory/deletedItems/{user}/restore", None, "membership.restore"),
        ("DELETE", f"/v1.0/users/{user}", None, "membership.remove"),
        ("DELETE", f"/v1.0/directory/deletedItems/{user}", None, "membership.purge"),
        ("POST", "/v1.0/invitations", ASKED, "membership.invite"),
    ]
    for method, path, body, event in calls:
        before = await _lawful(town)
        await town.emulator("/emulator/fault", {"at": at, "nth": 1, **({"answer": answer} if answer else {})})
        failed = await graph.request(method, path, json=body)
        assert failed.status_code == status, failed.text
        assert int(failed.headers["Retry-After"]) >= 1
        assert await _lawful(town) == before
        done = await graph.request(method, path, json=body)
        assert done.is_success, done.text
        assert (await _lawful(town))[event] == before.get(event, 0) + 1


@pytest.mark.parametrize("at", ["audit", "commit"])
async def test_the_button_works_when_it_is_pressed_again(town: Town, at: str):
    contoso = await world.organization(town.program.house, "Contoso")
    await town.come_in(await town.program_of(contoso), ASKED)
    guest = town.people[-1]
    assert (await guest.open(paths.sign_in_to_leave(contoso.id))).h1 == "Leave Contoso?"
    asking = guest.page
    before = await _lawful(town)
    await town.emulator("/emulator/fault", {"at": at, "nth": 1})
    page = await guest.press("Leave")
    assert page.status == 503
    assert await _lawful(town) == before
    guest.page = asking
    assert (await guest.press("Leave")).h1 == "You left Contoso"
    assert (await _lawful(town))["membership.leave"] == 1


async def test_the_second_of_three_fails(town: Town):
    contoso = await world.organization(town.program.house, "Contoso")
    graph = await town.program_of(contoso)
    await town.emulator("/emulator/fault", {"at": "commit", "nth": 2})
    addresses = [f"guest{number}@elsewhere.example" for number in range(3)]
    answers = [
        await graph.post("/v1.0/invitations", json={**ASKED, "invitedUserEmailAddress": one}) for one in addresses
    ]
    assert [answer.status_code for answer in answers] == [201, 503, 201]


async def test_a_letter_that_fails_once_comes_a_minute_later(town: Town):
    contoso = await world.organization(town.program.house, "Contoso")
    graph = await town.program_of(contoso)
    await town.emulator("/emulator/fault", {"at": "send", "nth": 1})
    assert (await graph.post("/v1.0/invitations", json=ASKED)).status_code == 201
    assert await town.emulator(f"/emulator/mail?to={ADDRESS}") == []
    await town.emulator("/emulator/clock", {"advance": "PT1M"})
    assert len(await town.emulator(f"/emulator/mail?to={ADDRESS}")) == 1


async def test_time_goes_on_where_a_fault_stopped_it(town: Town):
    """The clock was pushed; what fell due is done by the next round, each thing with its own time."""
    contoso = await world.organization(town.program.house, "Contoso")
    graph = await town.program_of(contoso)
    users = [await town.come_in(graph, {**ASKED, "invitedUserEmailAddress": f"g{n}@elsewhere.example"}) for n in "12"]
    for user in users:
        assert (await graph.delete(f"/v1.0/users/{user}")).status_code == 204
    await town.emulator("/emulator/fault", {"at": "audit", "nth": 2})
    failed = await town.people[0].http.post("/emulator/clock", json={"advance": "P31D"})
    assert failed.status_code == 503
    done = (await town.emulator("/emulator/tick", {}))["done"]
    happened = await _lawful(town)
    assert (happened["membership.purge"], happened["membership.erase"]) == (2, 2)
    assert done
    facts = await laws.look(town.program.house)
    assert list(laws.when_all_is_done(facts)) == []
