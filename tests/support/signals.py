"""A receiver of Shared Signals: an app that sets up its stream over HTTP, is pushed to or polls, and checks it all."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.types import Receive, Scope, Send

from tests.support.app_receiver import AppReceiver, answer, app_receiver
from tests.support.world import Place
from vestibule.actions import apps, granting
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.doors import oidc, signals
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import operator
from vestibule.rules.apps import NewApp
from vestibule.store.apps import App

PERMISSION = "SharedSignals.Receive"
PUSH = "urn:ietf:rfc:8935"
POLL = "urn:ietf:rfc:8936"
CAEP = "https://schemas.openid.net/secevent/caep/event-type/"
RISC = "https://schemas.openid.net/secevent/risc/event-type/"
SSF = "https://schemas.openid.net/secevent/ssf/event-type/"
REVOKED = f"{CAEP}session-revoked"
DISABLED = f"{RISC}account-disabled"
ENABLED = f"{RISC}account-enabled"
PURGED = f"{RISC}account-purged"
TAKEN = answer(202)


def refusing(code: str, status: int = 400, kind: str = "application/json") -> bytes:
    """What RFC 8935 answers to a token that is not taken."""
    return answer(status, f"Content-Type: {kind}", body=b'{"err":"%s","description":"no"}' % code.encode())


@dataclass
class Receiver:
    """One app, over HTTP, with a token of its own.

    Attributes:
        place: its organization. app: as it is registered. token: None for nobody's.
        pushed: where it is pushed to, once it listens. stream_id: once it has a stream.
    """

    http: httpx.AsyncClient
    place: Place
    app: App
    token: str | None
    pushed: AppReceiver | None = None
    stream_id: str = ""
    ring: KeyRing | None = None

    async def renew(self) -> None:
        """Get another token, as apps do when the clock went on."""
        assert self.ring is not None
        scope = "https://graph.microsoft.com/.default"
        self.token = (await granting.for_app(self.place.house, self.ring, self.app, scope=scope)).access_token

    async def ask(self, method: str, address: str, body: Any = None, **more: Any) -> httpx.Response:
        """Send one request with its token."""
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        more |= {} if body is None else {"json": body}
        return await self.http.request(method, address, headers={**headers, **more.pop("headers", {})}, **more)

    async def metadata(self) -> dict[str, Any]:
        """What the transmitter says of itself, found as a receiver finds it: from the issuer."""
        found = await self.http.get(f"/.well-known/ssf-configuration/{self.place.id}/v2.0")
        assert found.status_code == 200, found.text
        return dict(found.json())

    async def call(self, what: str, method: str, body: Any = None, **more: Any) -> httpx.Response:
        """Ask an endpoint by what the metadata call it: ``configuration``, ``status``, ``verification``."""
        return await self.ask(method, (await self.metadata())[f"{what}_endpoint"], body, **more)

    async def create(self, **given: Any) -> dict[str, Any]:
        """Set up the stream."""
        made = await self.call("configuration", "POST", given)
        assert made.status_code == 201, made.text
        self.stream_id = made.json()["stream_id"]
        return dict(made.json())

    async def create_pushed(self, to: AppReceiver, **given: Any) -> dict[str, Any]:
        """Set up a stream that is pushed."""
        self.pushed = to
        return await self.create(delivery={"method": PUSH, "endpoint_url": to.url}, **given)

    async def set_status(self, status: str, **more: Any) -> httpx.Response:
        """Change the status of its stream."""
        return await self.call("status", "POST", {"stream_id": self.stream_id, "status": status, **more})

    async def poll(self, **given: Any) -> dict[str, Any]:
        """Poll once, at the address that the stream's configuration names."""
        found = await self.call("configuration", "GET", params={"stream_id": self.stream_id})
        polled = await self.ask("POST", found.json()["delivery"]["endpoint_url"], {"returnImmediately": True, **given})
        assert polled.status_code == 200, polled.text
        return dict(polled.json())

    async def told(self, **given: Any) -> list[dict[str, Any]]:
        """Poll once, and return the claims of each token, checked."""
        return [await self.checked(token) for token in (await self.poll(**given))["sets"].values()]

    async def take_all(self) -> list[str]:
        """Poll and acknowledge until nothing waits; the types of what came."""
        types: list[str] = []
        acks: list[str] = []
        while True:
            found = await self.told(ack=acks)
            if not found:
                return types
            types += [type_of(one) for one in found]
            acks = [one["jti"] for one in found]

    async def pushes(self) -> list[dict[str, Any]]:
        """The claims of what was pushed, taken or not, each checked."""
        assert self.pushed is not None
        for headers, _ in self.pushed.posts:
            assert headers["content-type"] == "application/secevent+jwt"
            assert headers["accept"] == "application/json"
        return [await self.checked(body.decode()) for _, body in self.pushed.posts]

    async def checked(self, token: str) -> dict[str, Any]:
        """The claims of a token, verified with the published keys as SSF 1.0, section 4, and RFC 8417 want it."""
        described = await self.metadata()
        keys = KeySet.import_key_set((await self.http.get(described["jwks_uri"])).json())
        found = jwt.decode(token, keys, algorithms=["RS256"])
        assert found.header["typ"] == "secevent+jwt"
        claims = found.claims
        assert claims["iss"] == described["issuer"]
        assert claims["aud"] == self.app.client_id
        assert not {"sub", "exp"} & set(claims)
        assert claims["jti"].startswith(claims["txn"])
        assert isinstance(claims["iat"], int)
        assert len(claims["events"]) == 1
        return claims


def type_of(claims: dict[str, Any]) -> str:
    """The type of a token's one event."""
    return str(next(iter(claims["events"])))


@dataclass
class Signals:
    """The door of one house beside the one with the keys, and receivers for it."""

    house: House
    ring: KeyRing
    http: httpx.AsyncClient

    async def receiver(self, place: Place, *permissions: str, name: str = "Travel") -> Receiver:
        """An app of an organization with a token of its own; with the permission, when none are named."""
        new = NewApp(name, application_permissions=permissions or (PERMISSION,))
        made = await apps.create_app(
            self.house, new, tenant_id=place.id, by=operator(), grant_admin_consent=True, with_secret=False
        )
        found = Receiver(self.http, place, made.app, None, ring=self.ring)
        await found.renew()
        return found


@asynccontextmanager
async def signals_door(house: House) -> AsyncIterator[Signals]:
    """The door over HTTP, in this process."""
    ring = KeyRing(house)
    passwords = Passwords(house.chance)
    door = signals.Signals(house, ring)
    keys = oidc.Protocol(oidc.Desk(house, ring, passwords, StaticFiles()))

    async def front(scope: Scope, receive: Receive, send: Send) -> None:
        await (door if signals.serves(scope["path"]) else keys)(scope, receive, send)

    try:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=front), base_url=house.public_url) as http:
            yield Signals(house, ring, http)
    finally:
        passwords.close()


@asynccontextmanager
async def push_receiver(tls: ssl.SSLContext | None = None) -> AsyncIterator[AppReceiver]:
    """Where tokens are pushed to, on a port of this machine; it takes them."""
    async with app_receiver(tls) as found:
        found.manner = TAKEN
        yield found
