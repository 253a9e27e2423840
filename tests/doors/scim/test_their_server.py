"""A guest's life at a SCIM server of others: the scim2-server command, unmodified, in a process of its own."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.doors.scim.test_target import SAM, reached_at
from tests.support import world
from tests.support.ports import free_port
from tests.support.world import Place
from vestibule.actions import due, erasing, leaving, removing, restoring
from vestibule.actions.switching import disable, enable
from vestibule.rules.connections import State
from vestibule.rules.lifecycle import Erased

TOKEN = "a-token-of-theirs"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
PATIENCE_S = 60
# It writes its store when it is interrupted; whoever runs these tests in the background may have that ignored.
PROGRAM = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("scim2_server.testserver.cli", run_name="__main__")
"""


@dataclass
class Theirs:
    """The server while it runs. store: the file to which it writes everything it holds when it ends."""

    http: httpx.AsyncClient
    address: str
    store: Path

    async def provision(self, **attributes: Any) -> str:
        """Make an account there, as whoever runs the app does; its id there."""
        made = await self.http.post("Users", json={"schemas": [USER], "active": True, **attributes})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    async def active(self, account: str) -> bool:
        return bool((await self.http.get(f"Users/{account}")).json()["active"])

    def kept(self) -> dict[str, Any]:
        """Who is in its own store now that it has ended, by the name of the user: the whole account."""
        return {one["userName"]: one for one in json.loads(self.store.read_text())}


@asynccontextmanager
async def theirs(folder: Path) -> AsyncIterator[Theirs]:
    """The server on a port of this machine, until the end of the block; then it has written its store."""
    port, store = free_port(), folder / "their-store.json"
    more = ["--port", str(port), "--bearer-token", TOKEN, "--dump-resources", str(store)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *more,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        began = await asyncio.wait_for(process.stdout.readline(), PATIENCE_S)
        assert b"Serving SCIM" in began
        address = f"http://127.0.0.1:{port}/v2"
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/scim+json"}
        async with httpx.AsyncClient(base_url=f"{address}/", headers=headers) as http:
            yield Theirs(http, address, store)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        try:
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0
        finally:
            if process.returncode is None:
                process.kill()


async def test_a_life_at_a_server_of_others_and_what_is_in_its_store_afterwards(contoso: Place, tmp_path: Path) -> None:
    async with theirs(tmp_path) as server:
        office = await reached_at(contoso, server.address, TOKEN)
        guest = await world.guest(contoso, SAM)
        other = await world.guest(contoso, "kim@elsewhere.example")
        account = await server.provision(userName="s.rivers", externalId=guest.user_id)
        theirs_too = await server.provision(userName="kim", externalId=other.user_id)
        await office.act(disable, guest)
        assert not await server.active(account)
        await office.act(enable, guest)
        assert await server.active(account)
        await leaving.leave(office.house, tenant_id=contoso.id, by=world.at_portal(guest), key="k")
        await office.deliver()
        assert not await server.active(account)
        assert (await office.answered(guest)).state == State.DISABLED_ONLY
        await office.act(restoring.restore, guest)
        assert await server.active(account)
        await office.act(removing.remove, guest)
        await office.act(erasing.purge, guest)
        assert (await office.answered(guest)).state == State.CONFIRMED
        await office.act(removing.remove, other)
        assert not await server.active(theirs_too)
        await due.run_due(office.house)
        assert isinstance((await world.again(office.house, contoso.id, guest.user_id)).stage, Erased)
    kept = server.kept()
    assert set(kept) == {"kim"}
    assert kept["kim"]["active"] is False
    assert guest.user_id not in server.store.read_text()


async def test_a_server_of_others_that_refuses_our_token_keeps_what_it_has(contoso: Place, tmp_path: Path) -> None:
    async with theirs(tmp_path) as server:
        office = await reached_at(contoso, server.address, "not-a-token")
        guest = await world.guest(contoso, SAM)
        await server.provision(userName="s.rivers", externalId=guest.user_id)
        await office.act(removing.remove, guest)
        one = await office.answered(guest)
        assert (one.state, one.answer) == (State.REFUSED, "status 401 to the search")
    assert server.kept()["s.rivers"]["active"] is True
