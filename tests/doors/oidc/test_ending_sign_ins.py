"""Everything that was given in an organization, to one app or to one person ends, at every place that takes it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from soak.sign_in_breakages import epoch_of_the_app_forgotten, epoch_of_the_organization_forgotten
from soak.sign_in_breakages_protocol import apps_get_it_all_back
from tests.doors.oidc.conftest import CALLBACK, SCOPE, Office
from tests.doors.oidc.test_device_code import approve, poll
from tests.doors.oidc.test_on_behalf_of import READ, on_behalf
from tests.support import world
from tests.support.broken import broken
from tests.support.graph import graph_door
from tests.support.scim import scim_door
from vestibule.actions import consenting, granting, signing_in
from vestibule.actions.access import authenticate_session
from vestibule.actions.apps import Registered
from vestibule.actions.deleting_apps import delete_app, restore_app
from vestibule.actions.directory_users import revoke_sign_in_sessions
from vestibule.actions.ending_sign_ins import end_app_sign_ins, end_organization_sign_ins
from vestibule.actions.service_principals import restore_principal, update_principal
from vestibule.rules.actors import operator
from vestibule.store import apps as kept_apps
from vestibule.store.apps import App

DEFAULT = "https://graph.microsoft.com/.default"


@dataclass
class Tried:
    """Something that was given, and the way to see whether it is still taken."""

    name: str
    whose: str  # person, or program
    is_taken: Callable[[], Awaitable[bool]]


@dataclass
class Doors:
    """The office, with an app that does everything, and the other doors of the same house."""

    office: Office
    app: Registered
    graph: httpx.AsyncClient
    scim: httpx.AsyncClient

    async def everything(self) -> list[Tried]:
        """Everything that a person and a program can hold of the app, given now."""
        office = self.office
        signed_in = await office.sign_in()
        session = str(office.http.cookies.get("__Host-vestibule-session"))
        first, second, third = await self._tokens(), await self._tokens(), await self._tokens()
        own_api = await self._tokens(f"{self.app.app.client_id}/Orders.Read openid")
        code = await office.code(client_id=self.app.app.client_id)
        asked = {**self._client, "scope": SCOPE}
        device = (await office.http.post(office.at("oauth2/v2.0/devicecode"), data=asked)).json()
        await approve(office, device)
        assert signed_in.home is not None
        own = await granting.for_app(office.house, office.ring, await self.fresh(), scope=DEFAULT)
        return [
            Tried("session", "browser", lambda: self._session(session)),
            Tried("userinfo", "person", lambda: _is_ok(office.userinfo(first["access_token"]))),
            Tried("Graph", "person", lambda: _asks(self.graph, "/v1.0/me", first["access_token"])),
            Tried("introspected access token", "person", lambda: self._is_active(first["access_token"])),
            Tried("introspected refresh token", "person", lambda: self._is_active(second["refresh_token"])),
            Tried("refresh", "person", lambda: _is_ok(self._refresh(third["refresh_token"]))),
            Tried("code", "person", lambda: _is_ok(self._exchange(code))),
            Tried("device code", "person", lambda: _is_ok(self._poll(device))),
            Tried("assertion", "person", lambda: _is_ok(on_behalf(office, self.app, own_api["access_token"]))),
            Tried("its own token at Graph", "program", lambda: _asks(self.graph, "/v1.0/users", own.access_token)),
            Tried("its own token at SCIM", "program", lambda: _asks(self.scim, self._users, own.access_token)),
            Tried("its own token introspected", "program", lambda: self._is_active(own.access_token)),
        ]

    async def fresh(self) -> App:
        """The app as it is now."""
        found = await kept_apps.find_by_client_id(await self.office.house.store.read(), self.app.app.client_id)
        assert found is not None
        return found

    @property
    def _users(self) -> str:
        return f"/scim/{self.office.contoso.id}/v2/Users"

    @property
    def _client(self) -> dict[str, str]:
        assert self.app.secret is not None
        return {"client_id": self.app.app.client_id, "client_secret": self.app.secret.text}

    async def _tokens(self, scope: str = SCOPE) -> dict[str, Any]:
        code = await self.office.code(client_id=self.app.app.client_id, scope=scope)
        response = await self._exchange(code)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def _exchange(self, code: str) -> httpx.Response:
        return await self.office.exchange(code, **self._client)

    async def _refresh(self, token: str) -> httpx.Response:
        return await self.office.refresh(token, **self._client)

    async def _poll(self, device: dict[str, Any]) -> httpx.Response:
        return await poll(self.office, self.app, device, client_secret=self._client["client_secret"])

    async def _is_active(self, token: str) -> bool:
        asked = {**self._client, "token": token}
        answer = await self.office.http.post(self.office.at("oauth2/v2.0/introspect"), data=asked)
        assert answer.status_code == 200, answer.text
        return bool(answer.json()["active"])

    async def _session(self, token: str) -> bool:
        return await authenticate_session(await self.office.house.store.read(), token) is not None


async def _is_ok(asking: Awaitable[httpx.Response]) -> bool:
    response = await asking
    assert response.status_code in {200, 400, 401}, response.text
    return response.status_code == 200


async def _asks(http: httpx.AsyncClient, path: str, token: str) -> bool:
    return await _is_ok(http.get(path, headers={"Authorization": f"Bearer {token}"}))


async def taken(several: list[Tried]) -> set[str]:
    """What of it is taken; each is tried once, since some are good once."""
    return {one.name for one in several if await one.is_taken()}


def named(several: list[Tried], *whose: str) -> set[str]:
    return {one.name for one in several if one.whose in whose}


@pytest.fixture
async def doors(office: Office) -> AsyncIterator[Doors]:
    app = await office.register(
        "Orders",
        redirect_uris=(CALLBACK,),
        device_code=True,
        application_permissions=("User.ReadWrite.All",),
        api_scopes=(READ,),
    )
    own = [f"{app.app.client_id}/Orders.Read"]
    at = {"tenant_id": office.contoso.id, "app_id": app.app.app_id}
    await consenting.consent_for_everybody(office.house, **at, permissions=own, by=operator())
    async with AsyncExitStack() as opened:
        graph = await opened.enter_async_context(graph_door(office.house))
        scim = await opened.enter_async_context(scim_door(office.house))
        yield Doors(office, app, graph.http, scim.http)


async def end_for_organization(doors: Doors) -> None:
    await end_organization_sign_ins(doors.office.house, tenant_id=doors.office.contoso.id, by=operator())


async def end_for_app(doors: Doors) -> None:
    at = {"tenant_id": doors.office.contoso.id, "app_id": doors.app.app.app_id}
    await end_app_sign_ins(doors.office.house, **at, by=operator())


async def end_for_person(doors: Doors) -> None:
    at = {"tenant_id": doors.office.contoso.id, "user_id": doors.office.adele.user_id}
    await revoke_sign_in_sessions(doors.office.house, **at, by=operator())


LEVELS = {
    "organization": (end_for_organization, {"browser", "person", "program"}),
    "app": (end_for_app, {"person", "program"}),
    "person": (end_for_person, {"browser", "person"}),
}


@pytest.mark.parametrize("level", LEVELS)
@broken(epoch_of_the_organization_forgotten, case="organization")
@broken(epoch_of_the_app_forgotten, case="app")
async def test_what_is_older_is_refused_everywhere_and_what_is_newer_is_not(doors: Doors, level: str) -> None:
    end, ends = LEVELS[level]
    assert await taken(several := await doors.everything()) == named(several, "browser", "person", "program")
    older, second_older = await doors.everything(), await doors.everything()
    await end(doors)
    left = {"browser", "person", "program"} - ends
    assert await taken(older) == named(older, *left), "the clock stands still: not even a second lies between"
    newer = await doors.everything()
    assert await taken(newer) == named(newer, "browser", "person", "program")
    assert await taken(second_older) == named(second_older, *left), "and what is newer brings nothing back"


async def test_each_level_ends_what_the_others_do_not(doors: Doors) -> None:
    office = doors.office
    fabrikam = await world.organization(office.house, "Fabrikam")
    reads = ("User.Read.All",)
    theirs = await office.register("Theirs", fabrikam, redirect_uris=(CALLBACK,), application_permissions=reads)
    other = await office.register("Other", application_permissions=reads)
    own = {
        name: (await granting.for_app(office.house, office.ring, app.app, scope=DEFAULT)).access_token
        for name, app in (("theirs", theirs), ("other", other))
    }
    adele = await office.adele_at(fabrikam)
    signed_in = await office.sign_in()
    at_other = await office.tokens()
    opened = await signing_in.open_organization(office.house, signed_in, fabrikam.id)
    office.keep(opened.token)
    client = {"client_id": theirs.app.client_id, "tenant": fabrikam.id}
    assert theirs.secret is not None
    code = await office.code(**client)
    at_fabrikam = (await office.exchange(code, client_secret=theirs.secret.text, **client)).json()

    async def stands() -> set[str]:
        found = await authenticate_session(await office.house.store.read(), opened.token)
        things = {
            "other program": await _asks(doors.graph, "/v1.0/users", own["other"]),
            "their program": await _asks(doors.graph, "/v1.0/users", own["theirs"]),
            "at another app": await _is_ok(office.userinfo(at_other["access_token"])),
            "at Fabrikam": await _is_ok(office.userinfo(at_fabrikam["access_token"])),
            "session": found is not None,
            "session at Fabrikam": found is not None and found.at(fabrikam.id) is not None,
        }
        return {name for name, good in things.items() if good}

    everything = await stands()
    assert len(everything) == 6
    await end_for_app(doors)
    assert await stands() == everything
    await end_organization_sign_ins(office.house, tenant_id=fabrikam.id, by=operator())
    assert await stands() == everything - {"their program", "at Fabrikam", "session at Fabrikam"}
    assert (await world.again(office.house, fabrikam.id, adele.user_id)).standing == adele.standing
    await end_for_organization(doors)
    assert await stands() == set(), "whoever is at home there is signed out of all of it"


@broken(apps_get_it_all_back)
async def test_what_an_app_was_given_does_not_come_back_with_it(doors: Doors) -> None:
    """Switched off and on, or deleted and restored: what had been given before stays dead."""
    house, at = doors.office.house, {"tenant_id": doors.office.contoso.id}
    principal = {**at, "principal_id": doors.app.app.service_principal_id}

    async def off_and_on() -> None:
        for on in (False, True):
            await update_principal(house, changes={"enabled": on}, by=operator(), **principal)

    async def gone_and_back() -> None:
        for act in (delete_app, restore_app):
            await act(house, app_id=doors.app.app.app_id, by=operator(), **at)
        await restore_principal(house, by=operator(), **principal)

    for go in (off_and_on, gone_and_back):
        before = await doors.everything()
        await go()
        assert await taken(before) == {"session"}
