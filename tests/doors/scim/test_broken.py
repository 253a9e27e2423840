"""Each check is left out on purpose, and the attempt that it was for is seen to succeed.

An attempt answers with the status that it got. On the build as it is each one is refused, on a build without the check
it is not: so the attempt proves something.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from soak.provisioning_breakages import BREAKAGES
from tests.support import world
from tests.support.scim import Client, Scim
from tests.support.world import Place, at_portal
from vestibule.actions import due, inviting, leaving, redeeming
from vestibule.ground.clock import StoppedClock
from vestibule.rules.actors import operator
from vestibule.store.memberships import Membership

ADDRESS = "sam@elsewhere.example"
Attempt = Callable[[Scim, Place], Awaitable[int]]


async def _take_over(scim: Scim, contoso: Place) -> int:
    client = await scim.client(contoso)
    alex = await world.member(contoso, "Alex Wilber")
    thief = {"op": "replace", "path": "emails", "value": [{"value": "thief@else.example", "primary": True}]}
    return (await client.patch(f"/Users/{alex.user_id}", thief)).status_code


async def _leaver(client: Client, contoso: Place) -> Membership:
    """Somebody whom the client brought, who came, and left."""
    made = await client.create("/Users", userName=ADDRESS, externalId="S-1")
    asked = inviting.check(ADDRESS, "https://apps.example/")
    sent = await inviting.invite(contoso.house, asked, tenant_id=contoso.id, by=operator())
    person_id = await world.mailbox_person(contoso.house, ADDRESS)
    by, ticket = world.person_at_pages(person_id), sent.redeem_url.rpartition("/")[2]
    await redeeming.redeem(contoso.house, person_id=person_id, ticket=ticket, by=by)
    guest = await world.again(contoso.house, contoso.id, made["id"])
    await leaving.leave(contoso.house, tenant_id=contoso.id, by=at_portal(guest), key="k")
    return guest


async def _bring_back_later(scim: Scim, contoso: Place) -> int:
    await _leaver(await scim.client(contoso), contoso)
    clock = contoso.house.clock
    assert isinstance(clock, StoppedClock)
    clock.advance(timedelta(days=31))
    await due.run_due(contoso.house)
    client = await scim.client(contoso)
    return (await client.ask("POST", "/Users", {"userName": ADDRESS})).status_code


async def _bring_back_by_id(scim: Scim, contoso: Place) -> int:
    client = await scim.client(contoso)
    await _leaver(client, contoso)
    pushed = {"userName": "other@elsewhere.example", "externalId": "S-1"}
    return (await client.ask("POST", "/Users", pushed)).status_code


async def _knock_elsewhere(scim: Scim, contoso: Place) -> int:
    fabrikam = await world.organization(scim.house, "Fabrikam")
    stranger = await scim.client(fabrikam, at=contoso)
    return (await stranger.get("/Users")).status_code


async def _invite_as_member(scim: Scim, contoso: Place) -> int:
    member = await scim.person(await world.member(contoso))
    return (await member.ask("POST", "/Users", {"userName": ADDRESS})).status_code


ATTEMPTS: dict[str, Attempt] = {
    "takes an account over": _take_over,
    "brings back whose data is gone": _bring_back_later,
    "brings back by its own id": _bring_back_by_id,
    "knocks at another organization": _knock_elsewhere,
    "invites as a member": _invite_as_member,
}


def test_each_breakage_has_its_attempt():
    assert ATTEMPTS.keys() == BREAKAGES.keys()


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
async def test_refused_as_it_is_built(scim: Scim, contoso: Place, name: str):
    assert await ATTEMPTS[name](scim, contoso) in {403, 409}


@pytest.mark.parametrize("name", sorted(ATTEMPTS))
async def test_succeeds_without_the_check(scim: Scim, contoso: Place, monkeypatch: pytest.MonkeyPatch, name: str):
    BREAKAGES[name](monkeypatch.setattr)
    assert await ATTEMPTS[name](scim, contoso) in {200, 201}
