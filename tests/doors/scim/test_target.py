"""Accounts at a SCIM server are switched off, on and deleted: at our own server over HTTP, and at bad ones."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from tests.support import world
from tests.support.app_receiver import AppReceiver, answer, app_receiver
from tests.support.scim import Client, Scim
from tests.support.serving import served
from tests.support.world import Place
from vestibule.actions import app_connections, apps, due, erasing, leaving, removing, restoring, waiving
from vestibule.actions.house import House
from vestibule.actions.switching import disable, enable
from vestibule.doors.letters.connected import Connected
from vestibule.doors.scim.app import scim_app
from vestibule.ground.clock import StoppedClock
from vestibule.ground.outgoing import Outgoing
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.connections import Kind, State, Whom
from vestibule.rules.lifecycle import Erased, Purged
from vestibule.store.memberships import Membership
from vestibule.store.recipients import Recipient

SAM = "sam@elsewhere.example"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


@dataclass
class Office:
    """An organization, with an app that is reached at a SCIM server."""

    place: Place
    app_id: str

    @property
    def house(self) -> House:
        return self.place.house

    async def act(self, act: Any, guest: Membership) -> None:
        """Do something to somebody, and tell the app."""
        await act(self.house, tenant_id=guest.tenant_id, user_id=guest.user_id, by=self.place.admin)
        await self.deliver()

    async def deliver(self) -> int:
        return await Connected(self.house).deliver_waiting()

    async def answered(self, guest: Membership) -> Recipient:
        reading = await self.house.store.read()
        [one] = await waiving.recipients_of(reading, tenant_id=guest.tenant_id, user_id=guest.user_id)
        return one


async def reached_at(place: Place, address: str, token: str) -> Office:
    place.house.outgoing = Outgoing(allow_loopback=True)
    app = (await apps.create_app(place.house, NewApp("Travel"), tenant_id=place.id, by=operator())).app
    await app_connections.set_connection(
        place.house,
        Kind.SCIM,
        tenant_id=place.id,
        app_id=app.app_id,
        by=operator(),
        address=address,
        token=token,
        told_of=Whom.EVERYONE,
        required=True,
    )
    return Office(place, app.app_id)


# --- A real server ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def there(scim: Scim, house: House) -> AsyncIterator[tuple[str, Client]]:
    """The SCIM server of another organization on a port of this machine: its address, and a client of it."""
    fabrikam = await world.organization(house, "Fabrikam")
    client = await scim.client(fabrikam)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        async with served(scim_app(house, scim.graph.ring), listener):
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/scim/{fabrikam.id}/v2", client


@pytest.mark.parametrize("known_by", ["externalId", "userName"])
async def test_an_account_goes_off_and_on_and_away(contoso: Place, there: tuple[str, Client], known_by: str) -> None:
    address, client = there
    assert client.token is not None
    office = await reached_at(contoso, address, client.token)
    guest = await world.guest(contoso, SAM)
    known: dict[str, Any] = {"externalId": guest.user_id, "userName": "s.rivers@fabrikam.example"}
    if known_by == "userName":
        known = {"userName": SAM}
    account = await client.create("/Users", displayName="Sam Rivers", active=True, **known)
    path = f"/Users/{account['id']}"

    async def active() -> bool:
        return bool((await client.get(path)).json()["active"])

    await office.act(disable, guest)
    assert not await active()
    await office.act(enable, guest)
    assert await active()
    for act in (disable, removing.remove, restoring.restore):  # a restore leaves it disabled
        await office.act(act, guest)
    assert not await active()
    await office.act(enable, guest)
    await leaving.leave(office.house, tenant_id=guest.tenant_id, by=world.at_portal(guest), key="k")
    await office.deliver()
    assert not await active()
    assert (await office.answered(guest)).state == State.DISABLED_ONLY
    await office.act(restoring.restore, guest)
    assert await active()
    await office.act(removing.remove, guest)
    await office.act(erasing.purge, guest)
    assert (await client.get(path)).status_code == 404
    one = await office.answered(guest)
    assert (one.state, one.answer) == (State.CONFIRMED, "status 204")
    await due.run_due(office.house)
    assert isinstance((await world.again(office.house, guest.tenant_id, guest.user_id)).stage, Erased)


async def test_somebody_without_an_account_there_need_not_go(contoso: Place, there: tuple[str, Client]) -> None:
    address, client = there
    office = await reached_at(contoso, address, client.token or "")
    guest = await world.guest(contoso, SAM)
    await office.act(removing.remove, guest)
    await office.act(erasing.purge, guest)
    one = await office.answered(guest)
    assert (one.state, one.answer) == (State.CONFIRMED, "no account there")


async def test_a_token_that_is_not_good_any_more_is_a_refusal(contoso: Place, there: tuple[str, Client]) -> None:
    address, client = there
    office = await reached_at(contoso, address, "not-a-token")
    guest = await world.guest(contoso, SAM)
    await office.act(removing.remove, guest)
    assert ((await office.answered(guest)).state, (await office.answered(guest)).answer) == (
        State.REFUSED,
        "status 401 to the search",
    )
    of: dict[str, Any] = {"tenant_id": contoso.id, "app_id": office.app_id, "by": operator()}
    await app_connections.set_connection(office.house, Kind.SCIM, token=client.token, **of)
    await app_connections.send_again(office.house, Kind.SCIM, **of)
    await office.deliver()
    assert (await office.answered(guest)).state == State.DISABLED_ONLY


# --- Servers that do not do as they should ----------------------------------------------------------------------------


def listed(*ids: str) -> bytes:
    return answer(
        200,
        body=msgspec.json.encode(
            {"schemas": [LIST], "totalResults": len(ids), "Resources": [{"id": one} for one in ids]}
        ),
    )


class Scripted(AppReceiver):
    """A server that answers by method."""

    def say(self, **by_method: bytes) -> None:
        self.script = by_method

    async def serve(self, reader: Any, writer: Any) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.posts.append(({"line": head.decode().split("\r\n")[0]}, b""))
        writer.write(self.script[head.split(b" ")[0].decode().lower()])
        await writer.drain()
        writer.close()


WRONG = {
    "deletes not": ({"get": listed("7"), "delete": answer(501), "patch": answer(204)}, State.DISABLED_ONLY),
    "does nothing": ({"get": listed("7"), "delete": answer(403), "patch": answer(403)}, State.REFUSED),
    "gone meanwhile": ({"get": listed("7"), "delete": answer(404)}, State.CONFIRMED),
    "gone for good": ({"get": listed("7"), "delete": answer(410)}, State.CONFIRMED),
    "two of them": ({"get": listed("7", "8")}, State.REFUSED),
    "no list": ({"get": answer(200, body=b"<html>")}, State.REFUSED),
    "an empty page": ({"get": answer(200, body=b'{"totalResults": 1}')}, State.REFUSED),
    "not a path": ({"get": answer(404)}, State.REFUSED),
    "sends elsewhere": ({"get": answer(302, "Location: https://elsewhere.example/")}, State.REFUSED),
    "has trouble": ({"get": listed("7"), "delete": answer(503)}, State.SILENT),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_a_server_says_to_a_deletion(contoso: Place, name: str) -> None:
    script, state = WRONG[name]
    async with app_receiver(made=Scripted) as server:
        assert isinstance(server, Scripted)
        server.say(**script)
        office = await reached_at(contoso, f"{server.origin}/scim/", "a-token")
        guest = await world.guest(contoso, SAM)
        await removing.remove(office.house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
        await office.act(erasing.purge, guest)
        assert (await office.answered(guest)).state == state
        await due.run_due(office.house)
        now = await world.again(office.house, contoso.id, guest.user_id)
        assert isinstance(now.stage, Erased if state is State.CONFIRMED else Purged)
        first = server.posts[0][0]["line"]
        assert first.startswith("GET /scim/Users?filter=externalId%20eq%20%22")


async def test_an_id_of_theirs_stays_one_part_of_the_path(contoso: Place) -> None:
    async with app_receiver(made=Scripted) as server:
        assert isinstance(server, Scripted)
        server.say(get=listed("../../admin?x=1"), delete=answer(204))
        office = await reached_at(contoso, f"{server.origin}/scim", "a-token")
        guest = await world.guest(contoso, SAM)
        await removing.remove(office.house, tenant_id=contoso.id, user_id=guest.user_id, by=contoso.admin)
        await office.act(erasing.purge, guest)
        assert server.posts[-1][0]["line"] == "DELETE /scim/Users/..%2F..%2Fadmin%3Fx%3D1 HTTP/1.1"


async def test_after_trouble_it_is_asked_again(contoso: Place) -> None:
    async with app_receiver(made=Scripted) as server:
        assert isinstance(server, Scripted)
        server.say(get=answer(500))
        office = await reached_at(contoso, server.origin, "a-token")
        guest = await world.guest(contoso, SAM)
        await office.act(removing.remove, guest)
        assert (await office.answered(guest)).state == State.SILENT
        server.say(get=listed("7"), patch=answer(200, body=b"{}"))
        clock = office.house.clock
        assert isinstance(clock, StoppedClock)
        clock.advance(timedelta(minutes=2))
        assert await office.deliver() == 1
        assert (await office.answered(guest)).state == State.DISABLED_ONLY
