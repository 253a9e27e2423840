"""The Graph door over HTTP: callers with real access tokens of this deployment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.world import Place
from vestibule.actions import apps, granting
from vestibule.actions.granting import Grant
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors.graph.app import graph_app
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.store.apps import App
from vestibule.store.memberships import Membership

CALLBACK = "http://localhost:5000/cb"
EVENTUAL = {"ConsistencyLevel": "eventual"}

WRITES_USERS = ("User.ReadWrite.All", "User.Invite.All", "User.DeleteRestore.All")
EVERYTHING = (
    *WRITES_USERS,
    "Group.ReadWrite.All",
    "Application.ReadWrite.All",
    "AppRoleAssignment.ReadWrite.All",
    "DelegatedPermissionGrant.ReadWrite.All",
    "Organization.ReadWrite.All",
    "Domain.ReadWrite.All",
    "Policy.ReadWrite.ExternalIdentities",
    "Policy.ReadWrite.Authorization",
    "IdentityProvider.ReadWrite.All",
    "RoleManagement.ReadWrite.Directory",
    "AuditLog.Read.All",
    "Policy.ReadWrite.CrossTenantAccess",
    "CrossTenantInformation.ReadBasic.All",
    "CrossTenantUserProfileSharing.ReadWrite.All",
    "AccessReview.ReadWrite.All",
    "User.Export.All",
    "User-ConvertToInternal.ReadWrite.All",
    "ProvisioningLog.Read.All",
)
"""Permissions that exist for people and for programs, together as wide as the door."""


@dataclass
class Caller:
    """Somebody with an access token, or nobody at all."""

    http: httpx.AsyncClient
    token: str | None = None
    client_id: str = ""

    async def ask(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Send one request; ``more`` as httpx takes it (``json``, ``content``, ``params``)."""
        token = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        return await self.http.request(method, path, headers={**token, **(headers or {})}, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return await self.ask("POST", path, **({} if body is None else {"json": body}), **more)

    async def patch(self, path: str, body: Any, **more: Any) -> httpx.Response:
        return await self.ask("PATCH", path, json=body, **more)

    async def delete(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("DELETE", path, **more)

    async def pages(self, path: str, **more: Any) -> list[list[dict[str, Any]]]:
        """Every page of a list, following the links as clients do."""
        found = []
        link: str | None = path
        while link is not None:
            answer = await self.get(link, **more)
            assert answer.status_code == 200, answer.text
            found.append(answer.json()["value"])
            link = answer.json().get("@odata.nextLink")
        return found


@dataclass
class Graph:
    """The door of one house, and callers for it."""

    house: House
    ring: KeyRing
    http: httpx.AsyncClient
    _clients: dict[str, App] = field(default_factory=dict)

    @property
    def nobody(self) -> Caller:
        """A caller without a token."""
        return Caller(self.http)

    async def app(self, place: Place, *permissions: str) -> Caller:
        """A program of an organization with these application permissions, all granted."""
        new = NewApp("A program", application_permissions=permissions)
        made = await apps.create_app(
            self.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=True, with_secret=False
        )
        issued = await granting.for_app(self.house, self.ring, made.app, scope="https://graph.microsoft.com/.default")
        return Caller(self.http, issued.access_token, made.app.client_id)

    async def person(
        self, who: Membership, *scopes: str, strength: Strength = Strength.PASSWORD, through: App | None = None
    ) -> Caller:
        """Somebody who signed in to the organization of this membership, with these delegated permissions.

        Args:
            who, scopes, strength: whose token, for what, and how they signed in.
            through: the app; a public one of the organization when none is named.
        """
        app = through or await self._client(who.tenant_id)
        grant = Grant(
            scope=" ".join(scopes) or "openid",
            permissions=tuple(scopes),
            nonce=None,
            auth_time=self.house.clock.now(),
            strength=strength,
            redirect_uri=CALLBACK,
        )
        code = await granting.make_code(self.house, app, who, grant)
        issued = await granting.exchange_code(
            self.house, self.ring, app, tenant_id=who.tenant_id, code=code, redirect_uri=CALLBACK, verifier=None
        )
        return Caller(self.http, issued.access_token, app.client_id)

    async def _client(self, tenant_id: str) -> App:
        if tenant_id not in self._clients:
            new = NewApp("A tool", public=True, redirect_uris=(CALLBACK,))
            made = await apps.create_app(self.house, new, tenant_id=tenant_id, by=operator())
            self._clients[tenant_id] = made.app
        return self._clients[tenant_id]


@asynccontextmanager
async def graph_door(house: House) -> AsyncIterator[Graph]:
    """The door over HTTP, in this process."""
    ring = KeyRing(house)
    passwords = Passwords(house.chance, workers=1)
    transport = httpx.ASGITransport(app=graph_app(house, ring, passwords))
    try:
        async with httpx.AsyncClient(transport=transport, base_url=house.public_url) as http:
            yield Graph(house, ring, http)
    finally:
        passwords.close()


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal, whose envelope is checked on the way."""
    error = answer.json()["error"]
    assert set(error) <= {"code", "message", "target", "details", "innerError"}
    assert error["message"]
    inner = error["innerError"]
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["client-request-id"] == answer.headers["client-request-id"]
    assert answer.headers["content-type"] == "application/json"
    return answer.status_code, error["code"]
