"""Where the conversations take place: the stage, with the doors that programs speak to, and programs elsewhere.

``receiver`` is a program that is told of changes, ``provider`` an OpenID provider, ``saml`` one that speaks SAML. They
are servers on ports of this machine, so what they are called stands for their addresses. ``names`` is a name server
that knows no name. With ``browser``, Sam and
somebody who is not there have been at the sign-in page before. With ``desk``, Contoso has Robin, a member with a
password and a browser in which she is signed in, a program with a secret and a tool without one. With ``domain``,
Contoso has a second one, contoso-two.example.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.graph import Caller, Graph
from tests.support.name_server import name_server
from tests.support.provider import served_provider
from tests.support.receiver import served_receiver
from tests.support.saml import served_saml_provider
from tests.support.stage import Stage, stage
from vestibule.actions import apps, organizing, signing_in
from vestibule.actions.credentials import hashed
from vestibule.actions.directory_users import create_user
from vestibule.actions.house import House
from vestibule.actions.key_ring import KeyRing
from vestibule.actions.user_objects import NewMember
from vestibule.doors.graph.app import graph_app
from vestibule.doors.oidc import Desk, Protocol
from vestibule.doors.scim.app import scim_app
from vestibule.doors.web.static_files import StaticFiles
from vestibule.ground.outgoing import Outgoing
from vestibule.ground.passwords import Passwords
from vestibule.rules.actors import Strength, operator
from vestibule.rules.apps import NewApp
from vestibule.rules.refusals import Refused
from vestibule.rules.sign_ins import Whence

PASSWORD = "correct horse battery staple"
_DELEGATED: Final[dict[str, Any]] = {
    "delegated_permissions": ("User.Read", "openid", "profile", "email", "offline_access")
}
_BROWSER = Whence("192.0.2.44", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0")


@dataclass
class Scenery:
    """The stage, and what the programs elsewhere are called."""

    stage: Stage
    elsewhere: dict[str, str] = field(default_factory=dict)

    @property
    def house(self) -> House:
        """The house."""
        return self.stage.house

    def names(self) -> dict[str, str]:
        """What each id and each address is called."""
        return {**self.stage.names(), **self.elsewhere}

    async def caller(self, name: str) -> Caller:
        """Somebody by name, signed in just now."""
        return await self.stage.caller(name)


@asynccontextmanager
async def scene(house: House, programs: Iterable[str] = ()) -> AsyncIterator[Scenery]:
    """Set the scene in an empty house."""
    async with AsyncExitStack() as stack:
        on = Scenery(await stage(await stack.enter_async_context(_doors(house))))
        for name in programs:
            house.outgoing = Outgoing(allow_loopback=True)
            on.elsewhere |= await _program(stack, on, name)
        yield on


@asynccontextmanager
async def _doors(house: House) -> AsyncIterator[Graph]:
    """The doors for programs over HTTP, in this process."""
    ring = KeyRing(house)
    passwords = Passwords(house.chance, workers=1)
    front = _Front(
        graph_app(house, ring, passwords),
        scim_app(house, ring),
        Protocol(Desk(house, ring, passwords, StaticFiles())),
    )
    try:
        transport = httpx.ASGITransport(app=front)
        async with httpx.AsyncClient(transport=transport, base_url=house.public_url) as http:
            yield Graph(house, ring, http)
    finally:
        passwords.close()


@dataclass(frozen=True)
class _Front:
    """Each request goes to the door of its first segment."""

    graph: ASGIApp
    scim: ASGIApp
    protocol: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match scope["path"].split("/")[1].lower():
            case "v1.0" | "beta" | "openapi.json":
                await self.graph(scope, receive, send)
            case "scim":
                await self.scim(scope, receive, send)
            case _:
                await self.protocol(scope, receive, send)


async def _program(stack: AsyncExitStack, on: Scenery, name: str) -> dict[str, str]:
    house = on.house
    match name:
        case "browser":
            await _sign_in(on)
            return {}
        case "desk":
            return await _desk(on)
        case "receiver":
            return {name: (await stack.enter_async_context(served_receiver())).origin}
        case "provider":
            return {name: (await stack.enter_async_context(served_provider(house.clock))).issuer}
        case "names":
            server = await stack.enter_async_context(name_server())
            house.outgoing = Outgoing(allow_loopback=True, dns_server=server.at)
            return {}
        case "domain":
            two = "contoso-two.example"
            await organizing.add_domain(house, tenant_id=on.stage.contoso.id, name=two, by=operator())
            return {}
        case "saml":
            there = await stack.enter_async_context(served_saml_provider(house.clock))
            return {name: there.origin, "saml-certificate": there.keys[0].plain}
        case _:
            raise KeyError(name)


async def _sign_in(on: Scenery) -> None:
    """Sam signs in with an emailed code and opens Contoso; a name that nobody has is tried with a password."""
    house, sam = on.house, on.stage.sam
    opened = await signing_in.open_session(house, sam.person_id or "", Strength.EMAILED_CODE)
    await signing_in.open_organization(house, opened.signed_in, sam.tenant_id, network=_BROWSER)
    passwords = Passwords(house.chance, workers=1)
    try:
        with suppress(Refused):
            await signing_in.prove_password(
                house, passwords, email="nobody@contoso.example", password="a guess", network=_BROWSER
            )
    finally:
        passwords.close()


async def _desk(on: Scenery) -> dict[str, str]:
    house, contoso = on.house, on.stage.contoso
    passwords = Passwords(house.chance, workers=1)
    new = NewMember("Robin Kline", "robin@contoso.example", "robin", await hashed(passwords, PASSWORD))
    robin = await create_user(house, new, tenant_id=contoso.id, by=operator())
    opened = await signing_in.prove_password(
        house, passwords, email="robin@contoso.example", password=PASSWORD, network=_BROWSER
    )
    passwords.close()
    tool = NewApp(
        "Tool", public=True, password_grant=True, device_code=True, redirect_uris=("http://localhost",), **_DELEGATED
    )
    program = NewApp("Portal", redirect_uris=("https://portal.example/cb",), application_permissions=("User.Read.All",),
                     **_DELEGATED)  # fmt: skip
    made = [
        await apps.create_app(house, one, tenant_id=contoso.id, by=operator(), grant_admin_consent=True)
        for one in (tool, program)
    ]
    assert made[1].secret is not None
    return {
        "robin": robin.user_id,
        "robin-session": opened.token,
        "tool-client": made[0].app.client_id,
        "portal-client": made[1].app.client_id,
        "portal-secret": made[1].secret.text,
    }
