"""The SCIM door over HTTP: callers with real access tokens of this deployment."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.graph import Graph, graph_door
from tests.support.world import Place
from vestibule.actions.house import House
from vestibule.doors.scim.app import scim_app
from vestibule.store.memberships import Membership

CORE_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CORE_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
DIRECTORY = "urn:vestibule:params:scim:schemas:extension:directory:1.0:User"
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
MEDIA = "application/scim+json"
BOTH = ("User.ReadWrite.All", "Group.ReadWrite.All")


@dataclass
class Client:
    """A provisioning client at an organization's address."""

    http: httpx.AsyncClient
    base: str
    token: str | None = None
    client_id: str = ""

    async def ask(
        self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Send one request; ``path`` is below the version."""
        sent = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            more["content"] = httpx.Request("POST", "https://x", json=body).content
            sent["Content-Type"] = MEDIA
        return await self.http.request(method, f"{self.base}{path}", headers={**sent, **(headers or {})}, **more)

    async def get(self, path: str, **more: Any) -> httpx.Response:
        return await self.ask("GET", path, **more)

    async def create(self, path: str, **resource: Any) -> dict[str, Any]:
        """Make a resource and return it."""
        answer = await self.ask("POST", path, resource)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def patch(self, path: str, *operations: dict[str, Any], **more: Any) -> httpx.Response:
        return await self.ask("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)}, **more)

    async def names(self, filter_: str, path: str = "/Users", attribute: str = "userName") -> list[str]:
        """What the resources that a filter finds are called, in alphabetical order."""
        answer = await self.get(path, params={"filter": filter_})
        assert answer.status_code == 200, answer.text
        return sorted(one[attribute] for one in answer.json()["Resources"])


@dataclass
class Scim:
    """The door of one house, and clients for it."""

    graph: Graph
    http: httpx.AsyncClient

    @property
    def house(self) -> House:
        """The house."""
        return self.graph.house

    def nobody(self, place: Place) -> Client:
        """Somebody without a token."""
        return Client(self.http, f"/scim/{place.id}/v2")

    async def client(self, place: Place, *permissions: str, at: Place | None = None) -> Client:
        """A program of an organization; ``at`` is where it knocks, its own organization when nothing is said."""
        caller = await self.graph.app(place, *(permissions or BOTH))
        return Client(self.http, f"/scim/{(at or place).id}/v2", caller.token, caller.client_id)

    async def person(self, who: Membership, *scopes: str) -> Client:
        """Somebody behind a program with these delegated permissions."""
        caller = await self.graph.person(who, *(scopes or BOTH))
        return Client(self.http, f"/scim/{who.tenant_id}/v2", caller.token, caller.client_id)


@asynccontextmanager
async def scim_door(house: House) -> AsyncIterator[Scim]:
    """The door over HTTP, in this process."""
    async with graph_door(house) as graph:
        transport = httpx.ASGITransport(app=scim_app(house, graph.ring))
        async with httpx.AsyncClient(transport=transport, base_url=house.public_url) as http:
            yield Scim(graph, http)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and ``scimType`` of a refusal, whose body is checked on the way."""
    body = answer.json()
    assert body["schemas"] == [ERROR]
    assert body["status"] == str(answer.status_code)
    assert body["detail"]
    assert answer.headers["content-type"].startswith(MEDIA)
    return answer.status_code, body.get("scimType", "")
