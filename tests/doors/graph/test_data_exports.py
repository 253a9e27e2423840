"""Exports of personal data over HTTP, and what arrives where they were to be brought."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.support import world
from tests.support.graph import Caller, Graph, code_of
from tests.support.serving import served
from tests.support.world import Place
from vestibule.actions import (
    apps,
    assigning,
    connecting,
    cross_tenant,
    data_exports,
    erasing,
    housekeeping,
    removing,
)
from vestibule.actions.house import House
from vestibule.doors.letters.calling import WAITS
from vestibule.doors.letters.exports import Exports
from vestibule.ground.clock import StoppedClock
from vestibule.ground.outgoing import Outgoing
from vestibule.rules import roles
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Refused
from vestibule.store import data_exports as kept
from vestibule.store import outbox, rates
from vestibule.store.memberships import Membership

EXPORTS = "User.Export.All"
OPEN = {
    "usersAndGroups": {"accessType": "allowed", "targets": [{"target": "AllUsers", "targetType": "user"}]},
    "applications": {"accessType": "allowed", "targets": [{"target": "AllApplications", "targetType": "application"}]},
}
SECRET = "sig=a-secret-that-opens-it"


@dataclass
class Storage:
    """A folder that takes what is put into it."""

    origin: str
    status: int = 201
    put: dict[str, bytes] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)

    @property
    def location(self) -> str:
        return f"{self.origin}/exports?{SECRET}"

    async def take(self, request: Request) -> Response:
        if self.status < 300 and request.url.query == SECRET:
            self.put[request.url.path] = await request.body()
            self.headers.append(dict(request.headers))
        return Response(status_code=self.status)


@asynccontextmanager
async def _storage() -> AsyncIterator[Storage]:
    storage = Storage("")
    app = Starlette(routes=[Route("/exports/{name}", storage.take, methods=["PUT"])])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        storage.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with served(app, listener):
            yield storage


@pytest.fixture
async def storage(house: House) -> AsyncIterator[Storage]:
    house.outgoing = Outgoing(allow_loopback=True)
    async with _storage() as found:
        yield found


async def _ask(caller: Caller, user_id: str, location: str) -> str:
    answer = await caller.post(f"/v1.0/users/{user_id}/exportPersonalData", {"storageLocation": location})
    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (202, "60", b""), answer.text
    return answer.headers["location"]


async def _look(caller: Caller, address: str) -> dict[str, Any]:
    found: dict[str, Any] = (await caller.get(address)).json()
    return found


async def _kept(place: Place, address: str) -> kept.DataExport:
    found = await kept.find(await place.house.store.read(), place.id, address.rpartition("/")[2])
    assert found is not None
    return found


async def test_an_export_is_brought_where_it_was_wanted(graph: Graph, contoso: Place, storage: Storage):
    guest = await world.guest(contoso, "robin@elsewhere.example", "Robin")
    admin = await graph.person(contoso.administrator, EXPORTS)
    address = await _ask(admin, guest.user_id, storage.location)
    waiting = await _look(admin, address)
    export_id = address.rpartition("/")[2]
    assert waiting.pop("@odata.context").endswith("$metadata#dataPolicyOperations/$entity")
    assert waiting.pop("submittedDateTime").endswith("Z")
    assert waiting == {
        "id": export_id,
        "userId": guest.user_id,
        "status": "notStarted",
        "progress": 0.0,
        "storageLocation": f"{storage.origin}/exports",
        "completedDateTime": None,
    }
    assert "dataExport" not in [one.kind for one in await outbox.waiting(await contoso.house.store.read(), 10)]
    assert await Exports(contoso.house).deliver_waiting() == 1
    done = await _look(admin, address)
    assert (done["status"], done["progress"]) == ("complete", 100.0)
    assert done["completedDateTime"].endswith("Z")
    ((path, octets),) = storage.put.items()
    assert path == f"/exports/{export_id}.json"
    assert storage.headers[0]["x-ms-blob-type"] == "BlockBlob"
    file = msgspec.json.decode(octets)
    assert (file["userId"], file["displayName"], file["profile"]["mail"]) == (
        guest.user_id,
        "Contoso",
        "robin@elsewhere.example",
    )
    assert "membership.redeem" in [one["event"] for one in file["log"]]
    told = await world.last_event(contoso)
    assert told.type == "user.exportData"
    assert await Exports(contoso.house).deliver_waiting() == 0
    auditor = await graph.app(contoso, "AuditLog.Read.All")
    rows = (await auditor.get("/v1.0/auditLogs/directoryAudits?$top=10")).json()
    assert "Export personal data" in [one["activityDisplayName"] for one in rows["value"]]
    assert SECRET not in str(rows)


async def test_who_exports(graph: Graph, contoso: Place, fabrikam: Place, storage: Storage):
    guest = await world.guest(contoso)
    body = {"storageLocation": storage.location}
    path = f"/v1.0/users/{guest.user_id}/exportPersonalData"
    program = await graph.app(contoso, EXPORTS)
    address = await _ask(program, guest.user_id, storage.location)
    reader = await graph.app(contoso, "User.Read.All")
    assert code_of(await reader.post(path, body)) == (403, "Authorization_RequestDenied")
    assert code_of(await reader.get(address)) == (403, "Authorization_RequestDenied")
    member = await world.member(contoso)
    await assigning.assign_role(
        contoso.house, tenant_id=contoso.id, user_id=member.user_id, role_id=roles.USER_ADMINISTRATOR, by=operator()
    )
    administrator = await graph.person(member, EXPORTS)
    assert code_of(await administrator.post(path, body)) == (403, "Authorization_RequestDenied")
    elsewhere = await graph.app(fabrikam, EXPORTS)
    assert code_of(await elsewhere.post(path, body)) == (404, "Request_ResourceNotFound")
    assert code_of(await elsewhere.get(address)) == (404, "Request_ResourceNotFound")
    assert code_of(await program.post(path, {})) == (400, "Request_BadRequest")
    wrong = {"storageLocation": "ftp://elsewhere.example/"}
    assert code_of(await program.post(path, wrong)) == (400, "Request_BadRequest")


async def test_of_somebody_who_uses_shared_apps(graph: Graph, contoso: Place, fabrikam: Place, storage: Storage):
    connected, colleague = await _connected(contoso, fabrikam), await world.guest(contoso)
    at = "/beta/directory/inboundSharedUserProfiles"
    body = {"storageLocation": storage.location}
    program = await graph.app(contoso, "CrossTenantUserProfileSharing.Read.All")
    answer = await program.post(f"{at}/{connected.user_id}/exportPersonalData", body)
    assert (answer.status_code, answer.headers["retry-after"], answer.content) == (202, "60", b""), answer.text
    assert await Exports(contoso.house).deliver_waiting() == 1
    assert (await _look(program, answer.headers["location"]))["status"] == "complete"
    ((_, octets),) = storage.put.items()
    file = msgspec.json.decode(octets)
    assert (file["userId"], file["kind"], file["displayName"]) == (connected.user_id, "directConnect", "Contoso")
    assert "membership.connect" in [one["event"] for one in file["log"]]
    assert (await world.last_event(contoso)).type == "membership.exportShared"
    # Neither permission reaches the other kind of people, and a role that reads is not enough to export.
    users = await graph.app(contoso, EXPORTS)
    assert code_of(await users.post(f"{at}/{connected.user_id}/exportPersonalData", body))[0] == 403
    assert code_of(await users.post(f"/v1.0/users/{connected.user_id}/exportPersonalData", body))[0] == 404
    assert code_of(await program.post(f"/v1.0/users/{colleague.user_id}/exportPersonalData", body))[0] == 403
    assert code_of(await program.post(f"{at}/{colleague.user_id}/exportPersonalData", body))[0] == 404
    for export, who in (
        (data_exports.export_personal_data, connected),
        (data_exports.export_shared_profile, colleague),
    ):
        of: dict[str, Any] = {"tenant_id": contoso.id, "user_id": who.user_id, "by": operator()}
        with pytest.raises(Refused, match="notFound"):
            await export(contoso.house, location=storage.location, **of)
    reader = await world.member(contoso)
    await assigning.assign_role(
        contoso.house, tenant_id=contoso.id, user_id=reader.user_id, role_id=roles.GLOBAL_READER, by=operator()
    )
    for who, status in ((reader, 403), (contoso.administrator, 202)):
        caller = await graph.person(who, "CrossTenantUserProfileSharing.Read.All")
        asked = await caller.post(f"{at}/{connected.user_id}/exportPersonalData", body)
        assert asked.status_code == status, asked.text
    elsewhere = await graph.app(fabrikam, "CrossTenantUserProfileSharing.Read.All")
    assert code_of(await elsewhere.post(f"{at}/{connected.user_id}/exportPersonalData", body))[0] == 404


async def test_an_export_of_a_shared_profile_goes_with_it(
    graph: Graph, contoso: Place, fabrikam: Place, storage: Storage
):
    connected = await _connected(contoso, fabrikam)
    program = await graph.app(contoso, "CrossTenantUserProfileSharing.ReadWrite.All")
    at = f"/beta/directory/inboundSharedUserProfiles/{connected.user_id}"
    asked = await program.post(f"{at}/exportPersonalData", {"storageLocation": storage.location})
    assert (await program.post(f"{at}/removePersonalData")).status_code == 204
    assert await Exports(contoso.house).deliver_waiting() == 0
    assert storage.put == {}
    await erasing.erase(contoso.house, tenant_id=contoso.id, user_id=connected.user_id)
    assert code_of(await program.get(asked.headers["location"]))[0] == 404


async def _connected(place: Place, home: Place) -> Membership:
    """Somebody at home elsewhere who uses a shared app here, and has no user object for it."""
    ways = ((home, place, "b2bDirectConnectOutbound"), (place, home, "b2bDirectConnectInbound"))
    for one, partner, way in ways:
        await cross_tenant.set_partner(
            place.house, tenant_id=one.id, partner_id=partner.id, changes={way: OPEN}, by=operator()
        )
    made = await apps.create_app(place.house, NewApp("Shared"), tenant_id=place.id, by=operator(), with_secret=False)
    who = await world.member(home, "Nestor Wilke")
    of: dict[str, Any] = {"person_id": who.person_id or "", "client_id": made.app.client_id, "by": operator()}
    return await connecting.connect(place.house, tenant_id=place.id, **of)


async def test_how_many_in_a_day(graph: Graph, contoso: Place, storage: Storage, monkeypatch: pytest.MonkeyPatch):
    guest = await world.guest(contoso)
    monkeypatch.setattr(data_exports, "A_DAY_OF_ONE", 1)
    program = await graph.app(contoso, EXPORTS)
    await _ask(program, guest.user_id, storage.location)
    body = {"storageLocation": storage.location}
    again = await program.post(f"/v1.0/users/{guest.user_id}/exportPersonalData", body)
    assert code_of(again) == (429, "TooManyRequests")
    assert int(again.headers["retry-after"]) <= rates.DAY.total_seconds() + 1


async def test_an_export_that_nobody_takes(graph: Graph, contoso: Place, storage: Storage):
    clock = contoso.house.clock
    assert isinstance(clock, StoppedClock)
    guest = await world.guest(contoso)
    program = await graph.app(contoso, EXPORTS)
    house = contoso.house
    storage.status = 403
    refused = await _ask(program, guest.user_id, storage.location)
    assert await Exports(house).deliver_waiting() == 0
    assert (await _look(program, refused))["status"] == "failed"
    storage.status = 503
    late = await _ask(program, guest.user_id, storage.location)
    for wait in WAITS:
        assert await Exports(house).deliver_waiting() == 0
        assert (await _kept(contoso, late)).status == kept.RUNNING
        clock.advance(wait + timedelta(seconds=1))
    assert await Exports(house).deliver_waiting() == 0
    assert (await _kept(contoso, late)).status == kept.FAILED
    assert storage.put == {}


async def test_with_the_data_goes_the_export(graph: Graph, contoso: Place, storage: Storage):
    clock = contoso.house.clock
    assert isinstance(clock, StoppedClock)
    guest, other = await world.guest(contoso), await world.guest(contoso, "sam@elsewhere.example")
    program = await graph.app(contoso, EXPORTS)
    gone = await _ask(program, guest.user_id, storage.location)
    stays = await _ask(program, other.user_id, storage.location)
    house = contoso.house
    to: dict[str, Any] = {"tenant_id": contoso.id, "user_id": guest.user_id}
    await removing.remove(house, by=operator(), **to)
    assert await Exports(house).deliver_waiting() == 1  # of a deleted user nothing is brought anywhere
    assert (await _look(program, gone))["status"] == "failed"
    await erasing.purge(house, by=operator(), **to)
    await erasing.erase(house, **to)
    assert (await program.get(gone)).status_code == 404
    assert (await program.get(stays)).status_code == 200
    clock.advance(housekeeping.EXPORTS_KNOWN + timedelta(seconds=1))
    await housekeeping.sweep(house)
    assert await kept.find(await house.store.read(), contoso.id, stays.rpartition("/")[2]) is None
