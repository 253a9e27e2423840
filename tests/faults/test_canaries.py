"""Nothing of a person is left: unique texts go through the whole house, and are nowhere after their data is removed.

Everything is asked over HTTP, as a guest in a browser and as an organization's program. Captured mail stands apart:
it is kept sealed under its own key until the emulator is reset.
"""

import json
import re
from typing import Any

import httpx
import pytest

from tests.faults.town import Town
from tests.support import canaries, world
from tests.support.houses import PUBLIC_URL
from vestibule.actions import answering_data_requests, grouping, sealed_requests
from vestibule.doors.portal import paths
from vestibule.rules.actors import operator
from vestibule.rules.groups import NewGroup
from vestibule.rules.person_requests import Ground
from vestibule.store import data_requests
from vestibule.store.data_requests import DataRequest

CANARY = re.compile(rb"canary[a-z]+\d", re.IGNORECASE)
ADDRESS = "canarymailbox1@canarydomain2.example"
PROFILE = {
    "displayName": "Canaryname3 Canaryname4",
    "givenName": "Canaryname3",
    "surname": "Canaryname4",
    "jobTitle": "Canaryjob5",
    "department": "Canarydepartment6",
    "companyName": "Canarycompany7",
    "officeLocation": "Canaryoffice8",
    "city": "Canarycity9",
    "streetAddress": "Canarystreet1 7",
    "postalCode": "Canarypost2",
    "mobilePhone": "+31 canaryphone3",
    "otherMails": ["canaryother4@canarydomain2.example"],
}
MESSAGE = "Welcome, Canarymessage5"


async def test_nothing_of_a_guest_is_left_anywhere(town: Town, capfd: pytest.CaptureFixture[str]):
    house = town.program.house
    contoso = await world.organization(house, "Contoso")
    graph = await town.program_of(contoso)
    group = await grouping.create_group(house, NewGroup("Partners", "partners"), tenant_id=contoso.id, by=operator())

    user = await town.come_in(graph, _asked(ADDRESS))
    profile = await graph.patch(f"/v1.0/users/{user}", json=PROFILE)
    assert profile.status_code == 204, profile.text
    member = {"@odata.id": f"{PUBLIC_URL}/v1.0/directoryObjects/{user}"}
    assert (await graph.post(f"/v1.0/groups/{group.group_id}/members/$ref", json=member)).status_code == 204
    await _look_around(town)
    assert await _left(town) >= {"canarymailbox1", "canarydomain2", "canaryname3", "canaryjob5", "canarycity9"}

    await _leave_and_come_back(town, graph, contoso.id, user)
    await _sign_in(town)
    await _leave(town, contoso.id)
    await town.emulator("/emulator/clock", {"advance": "P31D"})
    assert (await graph.get(f"/v1.0/users/{user}")).status_code in {401, 404}
    assert await _left(town) == set()
    said = capfd.readouterr()
    assert CANARY.search((said.out + said.err).encode()) is None


async def test_nothing_is_left_a_tick_after_an_administrator_deleted_somebody_for_good(town: Town):
    """Minutes after they signed in, with a sign-in still under way; and somebody who never accepted."""
    contoso = await world.organization(town.program.house, "Contoso")
    graph = await town.program_of(contoso)
    user = await town.come_in(graph, _asked(ADDRESS))
    assert (await graph.patch(f"/v1.0/users/{user}", json=PROFILE)).status_code == 204
    await _look_around(town)
    waiting = await graph.post("/v1.0/invitations", json=_asked("canarywaiting7@canarydomain2.example"))
    assert await _left(town) >= {"canarymailbox1", "canarywaiting7", "canaryjob5"}
    for gone in (user, waiting.json()["invitedUser"]["id"]):
        assert (await graph.delete(f"/v1.0/users/{gone}")).status_code == 204
        assert (await graph.delete(f"/v1.0/directory/deletedItems/{gone}")).status_code == 204
    await town.emulator("/emulator/tick", {})
    assert await _left(town) == set()


async def test_nothing_of_who_asks_without_an_account_is_readable_and_afterwards_nothing_is_left(
    town: Town, capfd: pytest.CaptureFixture[str]
):
    """Neither before the code, nor while the request is open, answered or refused; and no key a month after that."""
    house = town.program.house
    contoso = await world.organization(house, "Contoso")
    before = await house.keys.all_ids()
    asked = []
    for wish in ("access", "erasure"):
        browser = town.browser()
        await browser.open(f"{paths.DATA_REQUEST}/contoso.example")
        await browser.press("Send code", wish=wish, email=ADDRESS, words=f"I am {MESSAGE}")
        assert await _left(town) == set()
        page = await browser.press("Send request", code=await town.code(ADDRESS))
        assert page.h1 == "Your request was sent", page.text
        assert await _left(town) == set()
        asked = await data_requests.waiting(await house.store.read(), contoso.id)
    said = await sealed_requests.opened(house, asked[0])
    assert (said.address, said.words) == (ADDRESS, f"I am {MESSAGE}")
    of: dict[str, Any] = {"tenant_id": contoso.id, "by": contoso.admin}
    await answering_data_requests.answer_request(
        house, request_id=asked[0].request_id, accounts={}, message="Canaryanswer6", **of
    )
    await answering_data_requests.refuse_request(
        house, request_id=asked[1].request_id, ground=Ground.UNFOUNDED, message="Canaryrefusal7", **of
    )
    assert await _left(town) == set()
    await town.emulator("/emulator/clock", {"advance": "P31D"})
    assert await house.keys.all_ids() == before
    for one in asked:
        assert await data_requests.find_any(await house.store.read(), contoso.id, one.request_id) is None
    assert await canaries_of_macs(town, *asked) == set()
    output = capfd.readouterr()
    assert CANARY.search((output.out + output.err).encode()) is None


async def canaries_of_macs(town: Town, *asked: DataRequest) -> set[str]:
    """What is left of the keyed hashes of their addresses."""
    macs = re.compile("|".join(one.address_mac for one in asked).encode())
    return await canaries.in_rows(town.url, macs) if town.url else canaries.in_files(town.folder, macs)


def _asked(address: str) -> dict[str, Any]:
    return {
        "invitedUserEmailAddress": address,
        "invitedUserDisplayName": PROFILE["displayName"],
        "inviteRedirectUrl": f"{PUBLIC_URL}{paths.OVERVIEW}",
        "sendInvitationMessage": True,
        "invitedUserMessageInfo": {
            "customizedMessageBody": MESSAGE,
            "ccRecipients": [{"emailAddress": {"address": "canarycopy8@canarydomain2.example"}}],
        },
    }


async def _look_around(town: Town) -> None:
    """Every page of their own; and sign-ins that are begun with the address and not ended."""
    guest = town.people[-1]
    for path in (paths.OVERVIEW, paths.ORGANIZATIONS):
        assert (await guest.open(path)).status == 200
    for typed in (ADDRESS, PROFILE["otherMails"][0]):
        other = town.browser()
        await other.open("/signin")
        await other.press("Next", email=str(typed))
    await town.people[-2].press("Send code")
    page = await town.people[-2].press("Sign in", code="00000000")
    assert page.problem
    town.people.append(guest)


async def _sign_in(town: Town) -> None:
    guest = town.browser()
    await guest.open("/signin")
    await guest.press("Next", email=ADDRESS)
    await guest.press("Send code")
    page = await guest.press("Sign in", code=await town.code(ADDRESS))
    assert not page.problem, page.problem


async def _leave(town: Town, tenant_id: str) -> None:
    guest = town.people[-1]
    page = await guest.open(paths.sign_in_to_leave(tenant_id))
    assert page.h1 == "Leave Contoso?", page.text
    assert (await guest.press("Leave")).h1 == "You left Contoso"


async def _leave_and_come_back(town: Town, graph: httpx.AsyncClient, tenant_id: str, user: str) -> None:
    await _leave(town, tenant_id)
    restored = await graph.post(f"/v1.0/directory/deletedItems/{user}/restore")
    assert restored.status_code == 200, restored.text
    log = await graph.get("/v1.0/auditLogs/directoryAudits")
    assert "canarymailbox1" in json.dumps(log.json()).lower()


async def _left(town: Town) -> set[str]:
    """Every unique text that is found in a file of the data folder, or in a row."""
    return await canaries.in_rows(town.url, CANARY) if town.url else canaries.in_files(town.folder, CANARY)
